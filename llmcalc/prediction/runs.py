"""Runs as rows of a table, with the columns of `data/training-runs.csv`: read, predicted, written.

An empty cell means that a number was not published. The usual setting of such runs is taken, and the row's answer
says which. A row that cannot be predicted is answered with the reason; no row stops the others.
"""

import csv
import math

from .. import catalogue
from ..checks import Refusal
from ..messages import message
from ..models.device import USUAL_LINKS, Device
from ..models.memory import training_memory
from ..models.model import Model
from ..models.run import Run
from ..models.stacks import OWN_STACK, has_own, is_known, is_measured, resolve, stack_of
from ..plans import ranges
from ..plans.step import predict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, TextIO, TypeAlias

    from ..datasets import Row
    from ..models.step_constants import Constants
    from ..plans.step import TrainingStep

    Key: TypeAlias = tuple[str, str, str | None]  # device, number format and stack

GIBI = 2**30

# What DeepSeek's latent attention has, the only one in wide use; a row has one column for the kind alone.
LATENT = {"query_rank": 1536, "kv_rank": 512, "rotary_size": 64, "nope_size": 128, "value_size": 128}

COUNTS = (
    "layers",
    "hidden_size",
    "heads",
    "kv_heads",
    "head_size",
    "mlp_size",
    "mlp_matrices",
    "vocabulary_size",
    "embedding_tables",
    "experts",
    "experts_per_token",
    "expert_mlp_size",
    "shared_mlp_size",
    "dense_layers",
)
NEEDED = ("layers", "hidden_size", "vocabulary_size", "context", "accelerator", "devices", "batch")

# Columns whose words may name the software.
STACK_NAMES = ("source", "citation", "set", "id")

# The usual setting where a cell is empty, and why.
USUAL: "dict[str, float | str]" = {
    "tensor_parallel": 1,
    "pipeline_stages": 1,
    "model_chunks": 1,
    "context_parallel": 1,
    "expert_parallel": 1,
    "microbatch": 1,
    "recomputation": "none",
    "fused_attention": 1,
    "sequence_parallel": 1,
    "zero_stage": 1,
    "gradient_bytes": 4,
    "dropout": 0,
    "overlap_tensor_parallel": 0,
    "overlap_gradients": 1,
}

OUTPUT = (
    "predicted_seconds",
    "low_seconds",
    "high_seconds",
    "mfu",
    "predicted_peak_gib",
    "fits",
    "refused",
    "badge",
    "assumed",
    "longest_part",
)


class Predicted:
    """A row with what was made of it: run, constants and what they hold for, kind, badge, and what was assumed."""

    def __init__(
        self, run: "Run", key: "Key", constants: "Constants", kind: str, badge: str, assumed: "list[str]"
    ) -> None:
        self.run, self.key, self.constants, self.assumed = run, key, constants, assumed
        self.kind, self.badge = kind, badge

    def step(self) -> "TrainingStep":
        """The predicted step."""
        return predict(self.run, self.constants)


def read_row(row: "Row", table: "Sequence[Row] | None" = None) -> "Predicted":
    """A run from a row of texts or numbers by column.

    Parameters
    ----------
    row : dict
        Cells by column; columns may be missing, and others are ignored.
    table : list of dict, optional
        Constants of a calibration, in place of `data/step-constants.csv`.

    Returns
    -------
    Predicted
        The run, its constants and what was assumed.

    Raises
    ------
    ValueError
        In one line, if a number is missing that nothing can stand for, or is not accepted.
    """
    assumed: list[str] = []
    for name in NEEDED:
        if _text(row, name) is None:
            raise Refusal(name, "", "a value: the row has none")
    device = _joined(catalogue.device(_text(row, "accelerator") or ""), assumed)
    model = _model(row, assumed)
    settings: dict[str, Any] = {name: _setting(row, name, usual, assumed) for name, usual in USUAL.items()}
    number_format = _text(row, "number_format")
    if number_format is None:
        number_format = device.best_format()
        assumed.append(f"number_format = {number_format}")
    network, replicas = _number(row, "network_bytes_per_s"), _number(row, "replicas")
    run = Run(
        model,
        device,
        devices=_number(row, "devices"),
        batch=_number(row, "batch"),
        context=_number(row, "context"),
        replicas=replicas,
        number_format=number_format,
        network_bandwidth=network,
        **settings,
    )
    published = None if has_own(table) else stack_of([_text(row, name) for name in STACK_NAMES])
    stack = _text(row, "stack") or published or (OWN_STACK if has_own(table) else None)
    if stack:
        assumed.append(message("constants of {stack}", stack=stack))
    else:
        assumed.append(message("constants of no stack in particular"))
    key = (device.name, number_format, stack)
    constants = resolve(*key, table)
    known = is_known(device.name, stack)
    badge = ranges.badge(known, is_measured(run, stack))
    return Predicted(run, key, constants, ranges.kind(bool(model.experts), known), badge, assumed)


def _joined(device: "Device", assumed: "list[str]") -> "Device":
    """The device, with the usual links and network where its own are not known."""
    joined, unknown = device.with_usual_links()
    assumed += [f"{name} = {USUAL_LINKS[name]:g}" for name in unknown]
    return joined


def _model(row: "Row", assumed: "list[str]") -> "Model":
    given = _without_nones({name: _whole(row, name) for name in COUNTS})
    attention = _text(row, "attention") or "standard"
    if "heads" not in given:
        given["heads"] = max(1, given["hidden_size"] // 128)
        assumed.append(f"heads = {given['heads']}")
    if given.get("experts") and "mlp_matrices" not in given:
        given["mlp_matrices"] = 3
        assumed.append("mlp_matrices = 3")
    if not given.get("experts") and not given.get("mlp_size"):
        given["mlp_size"] = 4 * given["hidden_size"]
        assumed.append(f"mlp_size = {given['mlp_size']}")
    extra = dict(LATENT, head_size=None) if attention == "latent" else {}
    given.update(extra)
    return Model(_text(row, "id") or "", attention=attention, context=_whole(row, "context"), **_without_nones(given))


def _without_nones(values: "dict[str, Any]") -> "dict[str, Any]":
    return {name: value for name, value in values.items() if value is not None}


def _text(row: "Row", name: str) -> "str | None":
    value = row.get(name)
    if value is None or value != value or str(value).strip() == "":
        return None
    return str(value).strip()


def _number(row: "Row", name: str) -> "float | None":
    text = _text(row, name)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise Refusal(name, text, "a number") from None


def _whole(row: "Row", name: str) -> "int | None":
    number = _number(row, name)
    if number is None:
        return None
    if not (0 <= number < math.inf and number == int(number)):
        raise Refusal(name, number, "a whole number, 0 or more")
    return int(number)


def _setting(row: "Row", name: str, usual: "float | str", assumed: "list[str]") -> "float | str":
    value = _text(row, name) if isinstance(usual, str) else _number(row, name)
    if value is None:
        assumed.append(f"{name} = {usual}")
        return usual
    return value


def predict_row(row: "Row", table: "Sequence[Row] | None" = None) -> "dict[str, Any]":
    """The answer to one row: a value by column of `OUTPUT`, texts empty where there is nothing to say."""
    answer = dict.fromkeys(OUTPUT, "")
    try:
        read = read_row(row, table)
        step = read.step()
    except ValueError as refusal:
        answer["refused"] = " ".join(str(refusal).split())
        return answer
    low, high = ranges.interval(read.kind)
    answer["predicted_seconds"] = step.seconds
    answer["low_seconds"], answer["high_seconds"] = step.seconds * low, step.seconds * high
    answer["mfu"] = step.mfu
    answer["badge"] = read.badge
    answer["assumed"] = "; ".join(read.assumed)
    answer["longest_part"] = step.largest()[0]
    try:
        peak = training_memory(read.run)["peak"]
        answer["predicted_peak_gib"] = peak / GIBI
        answer["fits"] = "yes" if peak <= read.run.device.memory else "no"
    except ValueError as refusal:
        answer["assumed"] += "; " + message("no memory: {reason}", reason=refusal)
    return answer


def predict_rows(rows: "Iterable[Row]", table: "Sequence[Row] | None" = None) -> "list[dict[str, Any]]":
    """Answers to rows, in their order (see `predict_row`)."""
    return [predict_row(row, table) for row in rows]


def predict_table(source: "TextIO", target: "TextIO", table: "Sequence[Row] | None" = None) -> None:
    """Predict the rows of an open CSV file, and write them to another with the columns `OUTPUT` behind their own."""
    reader = csv.DictReader(source)
    own = [name for name in reader.fieldnames or [] if name not in OUTPUT]
    writer = csv.DictWriter(target, [*own, *OUTPUT], extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in reader:
        answer = predict_row(row, table)
        writer.writerow({**row, **{name: _written(answer[name]) for name in OUTPUT}})


def _written(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value
