"""Stacks of software: the constants that hold for one, a device and a number format, and the runs behind them.

Constants come from `data/step-constants.csv`, published runs from `data/training-runs.csv`.
"""

from .. import datasets
from .step_constants import MEANINGS, Constants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..datasets import Row
    from .run import Run

# A row holds for all, for a generation of devices, for one device, for a stack, or for a stack on a generation; the
# last that fits counts, and among equals the one that names the number format.
KINDS = ("any", "generation", "device", "stack", "stack on generation")

# Constants that multiply the efficiency of matrix products: how a stack's training runs beside kernel measurements.
FACTOR = "matrix_factor"
NARROW = ("fp8", "fp4")

# The stack whose constants a reader fitted to measurements of one's own.
OWN_STACK = "own"

# A run is another one if its devices or its context differ by more than this factor.
NEAR = 2.0

# What has been worked out of the data: a page asks at every move of a slider.
_generations: "dict[str, str]" = {}
_resolved: "dict[tuple[str, str, str | None], Constants]" = {}
_published: "list[tuple[str | None, Row]]" = []


def rows() -> "list[Row]":
    """Rows of `data/step-constants.csv`."""
    return datasets.records("step-constants")


def generation(device: str) -> str:
    """Generation of a device, or an empty text.

    Examples
    --------
    >>> generation("H200 SXM"), generation("RTX 4090")
    ('Hopper', '')
    """
    if not _generations:
        for row in datasets.records("accelerator-generations"):
            _generations[row["word"]] = row["generation"]
    return _generations.get(device.split()[0], "")


def stack_of(texts: "Iterable[str | None]") -> "str | None":
    """The stack of software that some texts name, by the words of `data/training-stacks.csv`, or None.

    Examples
    --------
    >>> stack_of(["mosaicml/llm-foundry scripts/train/benchmarking/README.md"])
    'llm-foundry'
    """
    words = " | ".join(text for text in texts if text).lower()
    for row in datasets.records("training-stacks"):
        if row["word"].lower() in words and (row["release"] or "").lower() in words:
            return str(row["stack"])
    return None


def published() -> "list[tuple[str | None, Row]]":
    """Published runs that constants were fitted to, each with its stack."""
    if not _published:
        for row in datasets.records("training-runs"):
            _published.append((stack_of([row["citation"], row["set"], row["id"]]), row))
    return _published


def is_known(device: str, stack: "str | None") -> bool:
    """Whether constants were fitted to runs of a stack on such devices, published ones or one's own.

    Examples
    --------
    >>> is_known("A100 SXM 80GB", "llm-foundry"), is_known("H100 SXM", "llm-foundry")
    (True, False)
    """
    if stack is None or stack == OWN_STACK:
        return stack == OWN_STACK
    wanted = generation(device)
    return any(stack == other and wanted == generation(row["accelerator"]) for other, row in published())


def is_measured(run: "Run", stack: "str | None") -> bool:
    """Whether somebody published a step of a run like this one.

    The model has the same shape, the device, the format and the stack are the same, and devices and context alike.
    """
    model = run.model
    return any(
        stack == other
        and run.device.name == row["accelerator"]
        and run.number_format == row["number_format"]
        and (model.layers, model.hidden_size, model.experts) == (row["layers"], row["hidden_size"], row["experts"])
        and _near(run.devices, row["devices"])
        and _near(run.context, row["context"])
        for other, row in published()
    )


def _near(one: float, other: float) -> bool:
    return one <= NEAR * other and other <= NEAR * one


def has_own(table: "Sequence[Row] | None") -> bool:
    """Whether constants were fitted to somebody's own runs."""
    return table is not None and any(row["scope"] == OWN_STACK for row in table)


def _holds_for(scope: str, stack: "str | None") -> bool:
    # "megatron-bridge" holds for "megatron-bridge 26.06", too.
    return stack is not None and (stack == scope or stack.startswith(scope + " "))


def lookup(table: "Sequence[Row]", device: str, number_format: str, stack: "str | None" = None) -> "dict[str, float]":
    """Values by constant, of the rows that hold; `device` is a name."""
    scopes = {
        "any": "any",
        "generation": generation(device),
        "device": device,
        "stack on generation": f"{stack} on {generation(device)}",
    }
    found: dict[str, tuple[tuple[int, int, bool], float]] = {}
    for row in table:
        holds = _holds_for(row["scope"], stack) if row["kind"] == "stack" else scopes[row["kind"]] == row["scope"]
        if not holds or row["number_format"] not in (None, "", number_format):
            continue
        rank = (KINDS.index(row["kind"]), len(row["scope"]), row["number_format"] == number_format)
        if row["constant"] not in found or rank >= found[row["constant"]][0]:
            found[row["constant"]] = (rank, row["value"])
    return {name: found[name][1] for name in found}


def resolve(
    device: str, number_format: str, stack: "str | None" = None, table: "Sequence[Row] | None" = None
) -> Constants:
    """Constants for a device's name, a number format and a stack (None: one of which nothing is known).

    Parameters
    ----------
    device : str
        Name of a device.
    number_format : str
        Of the matrix products.
    stack : str, optional
        Name of a stack in `data/training-stacks.csv`.
    table : list of dict, optional
        Rows in place of `data/step-constants.csv`, from a calibration.

    Examples
    --------
    >>> resolve("A100 SXM 80GB", "fp16").link_efficiency
    0.8
    """
    if table is None:
        key = (device, number_format, stack)
        if key not in _resolved:
            _resolved[key] = resolve(device, number_format, stack, rows())
        return _resolved[key]
    usual = "bf16" if number_format in NARROW else number_format
    values = lookup(table, device, number_format, stack)
    wide = lookup(table, device, usual, stack)
    values["matrix_efficiency"] = min(1.0, values["matrix_efficiency"] * values.pop(FACTOR))
    values["matrix_efficiency_16"] = min(1.0, wide["matrix_efficiency"] * wide[FACTOR])
    return Constants({name: values[name] for name in values if name in MEANINGS})
