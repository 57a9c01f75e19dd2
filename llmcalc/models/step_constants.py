"""Physical constants of the step's time: what they are, between which bounds, and which hold for a device."""

from .. import datasets
from ..checks import require
from ..vocabulary import between

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..datasets import Row

# By name: unit, lowest and highest value that makes sense, meaning.
MEANINGS = {
    "matrix_efficiency": ("1", 0.02, 1, "share of the peak that large matrix products of a number format reach"),
    "matrix_efficiency_16": ("1", 0.02, 1, "the same in 16 bits: attention's scores and the logits stay there"),
    "expert_factor": ("1", 0.05, 1, "rate of the experts' products over that of one product of their size"),
    "routing_passes": (
        "1",
        2,
        50,
        "times a copy of a token is read or written on its way to its expert and back, forward",
    ),
    "attention_forward_efficiency": ("1", 0.02, 1, "share of the 16-bit peak that fused attention reaches forward"),
    "attention_backward_efficiency": ("1", 0.02, 1, "the same backward"),
    "attention_half_context": ("1", 0, 1e5, "length of a sequence at which attention reaches half of that"),
    "computed_scores": (
        "1",
        0.5,
        1,
        "share of the scores that fused attention computes: 0.5 if it skips what is masked",
    ),
    "unfused_efficiency": ("1", 0.02, 1, "share of the 16-bit peak that scores reach as separate products"),
    "memory_efficiency": ("1", 0.05, 1, "share of the memory's rate that kernels reach"),
    "link_efficiency": ("1", 0.05, 1, "share of the links' rate that collectives reach"),
    "network_efficiency": ("1", 0.02, 1, "share of the network's rate that collectives reach"),
    "hop_seconds": ("s", 0, 1e-2, "time of a hop of a collective, whatever its size"),
    "launch_seconds": ("s", 0, 1e-3, "time to launch a kernel"),
    "kernels_of_a_layer": ("1", 0, 1e4, "kernels of a layer besides its products, forward"),
    "kernels_of_a_mixture": ("1", 0, 1e4, "the same of a layer with experts"),
    "host_seconds_of_a_layer": ("s", 0, 1, "time in which a host issues a layer, forward and backward"),
    "host_seconds_of_a_mixture": ("s", 0, 1, "the same of a layer with experts"),
    "tensor_overlap": (
        "1",
        0,
        0.95,
        "share of tensor parallelism's exchange that computation hides, where it overlaps",
    ),
    "context_overlap": ("1", 0, 0.99, "share of context parallelism's exchange that attention may hide"),
    "expert_overlap": ("1", 0, 0.99, "share of expert parallelism's exchange that computation hides"),
    "pipeline_overlap": ("1", 0, 0.99, "share of the pipeline's sends that computation hides"),
    "gradient_overlap": ("1", 0, 0.99, "share of the gradients' exchange that may hide, where it overlaps"),
    "recomputed_share": ("1", 0, 1, "share of a layer's forward pass that full recomputation repeats"),
    "gather_factor": ("1", 0.001, 1, "rate of gathers of sharded parameters over that of a hierarchical collective"),
}


# A row holds for all, for a generation of devices, for one device, or for a stack; the last that fits counts, and
# among equals the one that names the number format.
KINDS = ("any", "generation", "device", "stack")

# Constants that multiply the efficiency of matrix products: how a stack's training runs beside kernel measurements.
FACTOR = "matrix_factor"
NARROW = ("fp8", "fp4")

# The stack whose constants a reader fitted to measurements of one's own.
OWN_STACK = "own"


class Constants:
    """Constants for one device, number format and stack of software, each an attribute; refused if out of bounds.

    Examples
    --------
    >>> Constants({"hop_seconds": -1})
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: hop_seconds = -1 [s] is not accepted: give a number from 0 to 0.01
    """

    def __init__(self, values: "Mapping[str, float]") -> None:
        for name in values:
            if name not in MEANINGS:
                raise ValueError(f"{name} is not a constant of the step's time")
            unit, lowest, highest, _ = MEANINGS[name]
            require(name, values[name], between(lowest, highest), unit=unit)
        self.values = dict(values)

    def __getattr__(self, name: str) -> float:
        # Reached only where the usual look-up found nothing.
        if name == "values" or name not in self.values:
            raise AttributeError(name)
        return self.values[name]

    def changed(self, **values: float) -> "Constants":
        """The same constants, some of them changed."""
        merged = dict(self.values)
        merged.update(values)
        return Constants(merged)


def rows() -> "list[Row]":
    """Rows of `data/step-constants.csv`."""
    return datasets.records("step-constants")


def generations() -> "dict[str, str]":
    """Generation by the first word of a device's name."""
    return {row["word"]: row["generation"] for row in datasets.records("accelerator-generations")}


def generation(device: str) -> str:
    """Generation of a device, or an empty text.

    Examples
    --------
    >>> generation("H200 SXM"), generation("RTX 4090")
    ('Hopper', '')
    """
    return generations().get(device.split()[0] if device.split() else "", "")


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


def _holds_for(scope: str, stack: "str | None") -> bool:
    # "megatron-bridge" holds for "megatron-bridge 26.06", too.
    return stack is not None and (stack == scope or stack.startswith(scope + " "))


def lookup(table: "Sequence[Row]", device: str, number_format: str, stack: "str | None" = None) -> "dict[str, float]":
    """Values by constant, of the rows that hold; `device` is a name."""
    scopes = {"any": "any", "generation": generation(device), "device": device}
    found: dict[str, tuple[tuple[int, int, bool], float]] = {}
    for row in table:
        holds = _holds_for(row["scope"], stack) if row["kind"] == "stack" else scopes[row["kind"]] == row["scope"]
        if not holds or row["number_format"] not in (None, "", number_format):
            continue
        rank = (KINDS.index(row["kind"]), len(row["scope"]), row["number_format"] == number_format)
        if row["constant"] not in found or rank >= found[row["constant"]][0]:
            found[row["constant"]] = (rank, row["value"])
    return {name: value for name, (_, value) in found.items()}


def resolve(
    device: str, number_format: str, stack: "str | None" = None, table: "Sequence[Row] | None" = None
) -> "Constants":
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
    table = rows() if table is None else table
    usual = "bf16" if number_format in NARROW else number_format
    values = lookup(table, device, number_format, stack)
    wide = lookup(table, device, usual, stack)
    values["matrix_efficiency"] = min(1.0, values["matrix_efficiency"] * values.pop(FACTOR))
    values["matrix_efficiency_16"] = min(1.0, wide["matrix_efficiency"] * wide[FACTOR])
    return Constants({name: values[name] for name in values if name in MEANINGS})
