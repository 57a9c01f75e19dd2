"""Physical constants of the step's time: what they are, in which unit, between which bounds."""

from ..checks import require
from ..messages import message
from ..vocabulary import between

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

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
                raise ValueError(message("{name} is not a constant of the step's time", name=name))
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
