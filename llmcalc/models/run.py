"""A training run: a model, a machine, and how the one is cut for the other."""

from ..checks import Refusal, choice, require
from ..messages import marked, message
from ..vocabulary import FROM_ONE, POSITIVE, between

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..checks import Numeric
    from .device import Device
    from .model import Model

RECOMPUTATIONS = ("none", "selective", "full")

# Counts of at least 1; each may be an array, so that one run stands for a sweep over many cuts.
COUNTS = (
    "devices",
    "tensor_parallel",
    "pipeline_stages",
    "model_chunks",
    "context_parallel",
    "expert_parallel",
    "microbatch",
    "batch",
    "context",
)

# 1 or 0.
SWITCHES = ("fused_attention", "sequence_parallel", "dropout", "overlap_tensor_parallel", "overlap_gradients")


class Run:
    """A training run, checked once. Every number may be an array: then the run stands for many at once.

    Parameters
    ----------
    model : Model
        What is trained.
    device : Device
        What it is trained on.
    devices : float or array
        Devices in all [1].
    batch : float or array
        Sequences a step, on all devices [1].
    context : float or array
        Tokens of a sequence; the model's context, if left out [1].
    replicas : float or array
        Copies of the model that work on different sequences; if left out, what the cut leaves of the devices [1].
    tensor_parallel, pipeline_stages, context_parallel, expert_parallel : float or array
        The cut: devices that share each layer, each copy, each sequence, each layer's experts [1].
    model_chunks : float or array
        Chunks of layers on a stage, for an interleaved schedule [1].
    microbatch : float or array
        Sequences that a replica works on at a time [1].
    number_format : str
        Of the matrix products; the usual one of the device, if left out.
    recomputation : str or array
        "none", "selective" (of attention alone) or "full"; in an array their places in `RECOMPUTATIONS`.
    fused_attention, sequence_parallel, overlap_tensor_parallel, overlap_gradients : float or array
        1 if so, 0 if not [1].
    zero_stage : float or array
        0 to 2, or 3 where parameters are sharded, too (FSDP) [1].
    gradient_bytes : float or array
        Bytes of a gradient as it is summed and exchanged [byte].
    dropout : float or array
        1 with dropout, 0 without [1].
    network_bandwidth : float or array
        A device's share of the network, where it differs from the usual one of its kind [byte/s].

    Raises
    ------
    ValueError
        If a number is out of range, or the cut needs more devices than there are.
    """

    def __init__(
        self,
        model: "Model",
        device: "Device",
        devices: "Numeric",
        batch: "Numeric",
        context: "Numeric | None" = None,
        replicas: "Numeric | None" = None,
        tensor_parallel: "Numeric" = 1,
        pipeline_stages: "Numeric" = 1,
        model_chunks: "Numeric" = 1,
        context_parallel: "Numeric" = 1,
        expert_parallel: "Numeric" = 1,
        microbatch: "Numeric" = 1,
        number_format: "str | None" = None,
        recomputation: "str | Numeric" = "none",
        fused_attention: "Numeric" = 1,
        sequence_parallel: "Numeric" = 1,
        zero_stage: "Numeric" = 1,
        gradient_bytes: "Numeric" = 4,
        dropout: "Numeric" = 0,
        network_bandwidth: "Numeric | None" = None,
        overlap_tensor_parallel: "Numeric" = 0,
        overlap_gradients: "Numeric" = 1,
    ) -> None:
        self.model = model
        self.device = device
        self.devices = devices
        self.batch = batch
        self.context: Numeric = model.context if context is None else context
        self.tensor_parallel = tensor_parallel
        self.pipeline_stages = pipeline_stages
        self.model_chunks = model_chunks
        self.context_parallel = context_parallel
        self.expert_parallel = expert_parallel
        self.microbatch = microbatch
        self.number_format = device.best_format() if number_format is None else number_format
        self.recomputation = recomputation
        self.fused_attention = fused_attention
        self.sequence_parallel = sequence_parallel
        self.zero_stage = zero_stage
        self.gradient_bytes = gradient_bytes
        self.dropout = dropout
        self.overlap_tensor_parallel = overlap_tensor_parallel
        self.overlap_gradients = overlap_gradients
        for name in COUNTS:
            require(name, getattr(self, name), FROM_ONE)
        require("gradient_bytes", gradient_bytes, POSITIVE, unit="byte")
        for name in SWITCHES:
            require(name, getattr(self, name), between(0, 1), marked("1 or 0"))
        require("zero_stage", zero_stage, between(0, 3))
        if getattr(recomputation, "ndim", 0):
            require("recomputation", recomputation, between(0, len(RECOMPUTATIONS) - 1))
        else:
            choice("recomputation", recomputation, RECOMPUTATIONS)
        self.network_bandwidth = device.network_bandwidth if network_bandwidth is None else network_bandwidth
        require("network_bandwidth", self.network_bandwidth, POSITIVE)
        device.peak(self.number_format)
        cut = tensor_parallel * pipeline_stages * context_parallel
        if not _all(devices >= cut):
            raise Refusal(
                "devices", devices, message("at least tensor x pipeline x context parallelism, {cut}", cut=cut)
            )
        self.replicas = devices / cut if replicas is None else replicas
        require("replicas", self.replicas, FROM_ONE)
        if not _all(pipeline_stages <= model.layers):
            raise Refusal(
                "pipeline_stages", pipeline_stages, message("at most the layers, {layers}", layers=model.layers)
            )
        if model.experts and not _all(expert_parallel <= model.experts):
            raise Refusal(
                "expert_parallel", expert_parallel, message("at most the experts, {experts}", experts=model.experts)
            )

    @property
    def microbatches(self) -> "Numeric":
        """Microbatches of a replica in a step [1]: the last one may be smaller and takes as long."""
        return -(-self.batch / (self.replicas * self.microbatch) // 1)

    @property
    def data_parallel(self) -> "Numeric":
        """Devices that hold the same parameters and sum their gradients [1]."""
        return self.replicas * self.context_parallel


def _all(condition: "Any") -> bool:
    every = getattr(condition, "all", None)
    return bool(condition if every is None else every())
