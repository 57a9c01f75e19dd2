"""Memory of a device in a training run: by purpose, of each stage of the pipeline, and where it peaks.

Any object with the attributes of `llmcalc.models.run.Run` will do, and any model with those of `Model`.

Two kinds of programs are told apart, as their memory differs: Megatron-LM's, in which each device keeps whole weights
in 16 bits and at most shares what the optimiser keeps (zero_stage 0 to 2), and FSDP's (zero_stage 3), which shares
parameters in 32 bits and gathers a layer at a time.
"""

from ..checks import Refusal, choice, one_of
from ..formulas import activations, attention
from ..once import at_once
from .device import Device
from .numbers import size, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from ..checks import Numeric
    from .run import Run

# Bytes of a parameter that the optimiser keeps beside weight and gradient in mixed precision: an FP32 copy of the
# weight (4) and Adam's two moments (8; Rajbhandari et al. 2020, arXiv:1910.02054, section 3.1), in 8 bits (2;
# Dettmers et al. 2021, arXiv:2110.02861), factored into rows and columns (about none; Shazeer and Stern 2018,
# arXiv:1804.04235), none or one moment of SGD, and one of Muon (4; Liu et al. 2025, arXiv:2502.16982, section 2.4).
MASTER = 4.0
OPTIMISERS = {"adam": 12.0, "adam 8-bit": 6.0, "adafactor": 4.0, "sgd": 4.0, "sgd with momentum": 8.0, "muon": 8.0}

# Bytes of a logit with what follows from it; see `activations.logits_bytes`.
LOSSES = {"fused": 2.0, "in place": 6.0, "plain": 14.0}

# Memory depends on no peak and no link of a device, which one of one's own may not have.
ANY_DEVICE = Device("any", {"bf16": 1.0}, network_bandwidth=1.0)

# What PyTorch's loss over logits that devices share keeps beside: the sum of two gradients is a third
# (pytorch/pytorch, torch/distributed/tensor/parallel/loss.py).
SHARED_LOSS_BYTES = 4.0

# Of an FSDP unit at work: gathered weights as one flat buffer and once more by parameter (16 bits), gradients in
# 16 bits and, to be summed, in 32: pytorch/pytorch, torch/distributed/fsdp/_fully_shard/_fsdp_collectives.py.
GATHERED_BYTES = 4.0
GRADIENT_BYTES_AT_WORK = 6.0

# Transformer Engine keeps, for each shape of a weight whose gradient is summed in place, one placeholder in 16 bits:
# NVIDIA/TransformerEngine, transformer_engine/pytorch/module/base.py, get_dummy_wgrad (since 2.3).
PLACEHOLDER_BYTES = 2.0

MOST = 1e18  # bytes and parameters beyond which a number is a slip

# Bytes of an adapter's parameter: weight, gradient and Adam, all in FP32.
ADAPTER_BYTES = 16.0


def training_memory(
    run: "Run",
    optimiser: str = "adam",
    offload: bool = False,
    loss: "str | None" = None,
    load_factor: float = 1.0,
    fused_norms: bool = True,
    adapter_rank: int = 0,
    frozen_bytes: float = 2.0,
    reference_bytes: float = 0.0,
    fragmentation: float = 0.0,
    outside_bytes: float = 0.0,
    stages: "Sequence[int] | None" = None,
    once: "Callable[..., Any] | None" = None,
) -> "dict[str, Any]":
    """Memory of a device of the stage that takes most, by purpose.

    Parameters
    ----------
    run : Run
        The training run.
    optimiser : str
        One of `OPTIMISERS`.
    offload : bool
        Whether gradients and the optimiser's state stay in the host's memory (DeepSpeed's ZeRO-Offload).
    loss : str, optional
        One of `LOSSES`; if left out, "plain" with FSDP, else "fused" with fused attention and "in place" without.
    load_factor : float
        Tokens of the device with the busiest experts, in shares of the mean [1].
    fused_norms : bool
        Whether norms and gates are single kernels, which keep no intermediate results.
    adapter_rank : int
        Rank of adapters of every matrix of attention and MLP (LoRA), 0 to train all parameters.
    frozen_bytes : float
        Bytes of a weight under adapters: 2, or 0.52 in NF4 (QLoRA, arXiv:2305.14314, section 3) [byte].
    reference_bytes : float
        Bytes a parameter of a second, frozen model, for preference tuning: 2 in 16 bits, 0 without [byte].
    fragmentation : float
        What the allocator reserves beyond what is allocated, as a share of it: SimuMax plans with 1 / 0.94 - 1
        (docs/strategy.md, mem_factor) [1].
    outside_bytes : float
        What the allocator does not see: the device's context and kernels, 0.55 GiB, and NCCL, 1.5 GiB, as measured in
        stas00/ml-engineering, training/performance/README.md [byte].
    stages : list of int, optional
        Numbers of the stages to look at, from 0; all, if left out.
    once : llmcalc.once.Once, optional
        Keeps what other cuts of the same model need as well.

    Returns
    -------
    dict
        ``peak`` [byte], ``stage`` that has it, ``parts`` of it by purpose [byte], and ``stages``: the peaks of all.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    if optimiser not in OPTIMISERS:
        raise Refusal("optimiser", optimiser, one_of(sorted(OPTIMISERS)))
    if loss is None:
        loss = "plain" if run.zero_stage == 3 else "fused" if run.fused_attention else "in place"
    if loss not in LOSSES:
        raise Refusal("loss", loss, one_of(sorted(LOSSES)))
    called = _calls(once)
    size("load_factor", load_factor)
    whole("adapter_rank", adapter_rank, 0)
    for name, value in (
        ("frozen_bytes", frozen_bytes),
        ("reference_bytes", reference_bytes),
        ("fragmentation", fragmentation),
        ("outside_bytes", outside_bytes),
    ):
        size(name, value, 0, MOST)
    tuning = (OPTIMISERS[optimiser], offload, adapter_rank, frozen_bytes, reference_bytes)
    found = []
    looked_at = range(int(run.pipeline_stages)) if stages is None else stages
    for index in looked_at:
        whole("stages", index, 0, run.pipeline_stages - 1, "stages")
        stage = _Stage(run, index, load_factor, fused_norms, called)
        parts = stage.state(*tuning)
        parts.update(stage.work(LOSSES[loss]))
        parts["fragmentation"] = fragmentation * sum(parts.values())
        parts["outside"] = outside_bytes
        found.append(parts)
    peaks = [sum(parts.values()) for parts in found]
    most = peaks.index(max(peaks))
    return {"peak": peaks[most], "stage": looked_at[most], "parts": found[most], "stages": peaks}


def tuning_memory(
    run: "Run", ways: "Sequence[Mapping[str, Any]]", loss: str = "fused", outside_bytes: float = 0.0
) -> "list[dict[str, float]]":
    """Memory of a device by purpose for several ways to train in one run, which has a single stage [byte].

    As `training_memory` for each way, whose activations, loss and buffers are the same.

    Parameters
    ----------
    run : Run
        The training run.
    ways : list of dict
        Of each way ``optimiser``, and ``adapter_rank`` and ``frozen_bytes`` where adapters are trained.
    loss, outside_bytes
        As of `training_memory`.
    """
    if run.pipeline_stages != 1:
        raise Refusal("pipeline_stages", run.pipeline_stages, "a single stage")
    choice("loss", loss, tuple(LOSSES))
    size("outside_bytes", outside_bytes, 0, MOST)
    stage = _Stage(run, 0, 1.0, True, at_once)
    work, found = stage.work(LOSSES[loss]), []
    for way in ways:
        choice("optimiser", way.get("optimiser"), tuple(OPTIMISERS))
        rank = whole("adapter_rank", way.get("adapter_rank", 0), 0)
        frozen = size("frozen_bytes", way.get("frozen_bytes", 2.0), 0, MOST)
        parts = stage.state(OPTIMISERS[way["optimiser"]], False, rank, frozen, 0.0)
        parts.update(work)
        parts["outside"] = outside_bytes
        found.append(parts)
    return found


def fullest_stages(run: "Run") -> "list[int]":
    """Stages of which one takes most: the first of each kind of layers, which waits longest, and the last.

    Parameters
    ----------
    run : Run
        The training run.
    """
    last = int(run.pipeline_stages) - 1
    mixed = int(run.model.dense_layers * run.pipeline_stages // run.model.layers) if run.model.experts else 0
    return sorted({0, min(mixed, last), min(mixed + 1, last), last})


def kept_by_layers(
    run: "Run", load_factor: float = 1.0, fused_norms: bool = True, once: "Callable[..., Any] | None" = None
) -> "Numeric":
    """What all layers keep of one microbatch on a device, if one device held them all [byte].

    Parameters
    ----------
    run : Run
        The training run.
    load_factor, fused_norms, once
        As of `training_memory`.
    """
    stage = _Stage(run, 0, load_factor, fused_norms, _calls(once))
    dense = run.model.dense_layers if run.model.experts else run.model.layers
    mixed = run.model.layers - dense
    kept = (dense * stage.kept_bytes() if dense else 0.0) + (mixed * stage.kept_bytes(True) if mixed else 0.0)
    return kept * stage.tokens


def _calls(once: "Callable[..., Any] | None") -> "Callable[..., Any]":
    if once is not None and not callable(once):
        raise Refusal("once", once, "what calls a function, such as llmcalc.once.Once()")
    return once or at_once


def layers_differ(model: "Any") -> bool:
    """Whether layers of a model mix tokens in different ways, by a state, or behind a gate: then each part counts.

    Examples
    --------
    >>> from llmcalc.choosing import model_named
    >>> layers_differ(model_named("Gemma 3 27B")), layers_differ(model_named("Qwen3 Next 80B A3B"))
    (False, True)
    """
    mixers = getattr(model, "mixers", ())
    sizes = {part.weights(model.hidden_size) for part in mixers}
    return len(sizes) > 1 or any(part.kind not in ("standard", "latent") or part.gate_size for part in mixers)


def share_with_mlp(model: "Any", kind: str) -> float:
    """Share of the layers that are counted as of a kind, "dense" or "mixture", that have such an MLP [1].

    In some models a layer either mixes tokens or has an MLP.

    Examples
    --------
    >>> from llmcalc.choosing import model_named
    >>> share_with_mlp(model_named("DeepSeek V3"), "mixture")
    1
    """
    dense = model.dense_layers if model.experts else model.layers
    layers = dense if kind == "dense" else model.layers - dense
    parts = getattr(model, "mlps", None)
    if parts is None or not layers:
        return 1
    having: float = sum([part.layers for part in parts if part.kind == kind])
    return 1 if having == layers else having / layers


class _Stage:
    """A stage of a run's pipeline: how many of which layers it holds, and the memory of one of its devices."""

    def __init__(
        self, run: "Run", index: int, load_factor: float, fused_norms: bool, once: "Callable[..., Any]"
    ) -> None:
        self.run, self.model, self.index, self.once = run, run.model, index, once
        self.first, self.last = index == 0, index == run.pipeline_stages - 1
        self.load_factor, self.fused_norms = load_factor, fused_norms
        self.shards = run.tensor_parallel
        self.sequence_shards = run.tensor_parallel if run.sequence_parallel else 1
        self.sharded = run.zero_stage == 3
        before, self.layers = layers_of_stage(self.model.layers, run.pipeline_stages, index)
        dense = self.model.dense_layers if self.model.experts else self.model.layers
        self.dense = max(0, min(dense, before + self.layers) - before)
        self.mixed = self.layers - self.dense
        self.tokens = run.microbatch * run.context / run.context_parallel
        self.differ = layers_differ(self.model)
        self.with_mlp = share_with_mlp(self.model, "dense"), share_with_mlp(self.model, "mixture")

    # Weights of one layer

    def attention_weights(self) -> "Numeric":
        m = self.model
        if self.differ:  # of layers that differ the mean, as if every stage had as many of each kind
            each = [part.layers * (part.weights(m.hidden_size) + part.vectors(m.hidden_size)) for part in m.mixers]
            return sum(each) / m.layers
        if m.attention == "latent":
            sizes = (m.query_rank, m.kv_rank, m.nope_size, m.rotary_size, m.value_size)
            return self.once(attention.latent_weights, m.hidden_size, m.heads, *sizes)
        value_size = getattr(m, "value_size", m.head_size) or m.head_size
        return self.once(attention.head_weights, m.hidden_size, m.heads, m.kv_heads, m.head_size, value_size)

    def mlp_weights(self, width: float) -> "Numeric":
        return self.model.mlp_matrices * self.model.hidden_size * width

    def expert_weights(self) -> "Numeric":
        return self.with_mlp[1] * self.model.experts * self.mlp_weights(self.model.expert_mlp_size)

    def layer_weights(self, mixed: bool = False) -> "Numeric":
        """Weights of a layer on a device, but those of routed experts."""
        width = self.model.shared_mlp_size if mixed else self.model.mlp_size
        router = self.model.hidden_size * self.model.experts if mixed else 0
        whole_on_each = 2 * self.model.hidden_size + router  # two norms
        of_mlp = self.with_mlp[mixed] * self.mlp_weights(width)
        return (self.attention_weights() + of_mlp) / self.shards + whole_on_each

    def table(self) -> "Numeric":
        columns = getattr(self.model, "embedding_size", 0) or self.model.hidden_size
        return self.model.vocabulary_size * columns / self.shards

    def tables(self) -> "Numeric":
        tied = self.model.embedding_tables == 1
        return self.first + self.last - (1 if tied and self.first and self.last else 0)

    # Memory by purpose

    def params(self) -> "tuple[Numeric, Numeric]":
        """Parameters of the stage on a device: of all that data parallelism repeats, and of routed experts."""
        dense = self.dense * self.layer_weights() + self.mixed * self.layer_weights(True)
        dense += self.tables() * self.table() + self.last * self.model.hidden_size
        dense += self.first * getattr(self.model, "learned_positions", 0) * self.model.hidden_size
        return dense, self.mixed * self.expert_weights() / self.run.expert_parallel

    def state(
        self, optimiser_bytes: float, offload: bool, adapter_rank: int, frozen_bytes: float, reference_bytes: float
    ) -> "dict[str, Numeric]":
        run, stage = self.run, self.run.zero_stage
        weight, gradient = 2.0, run.gradient_bytes
        if self.sharded:  # the shard in 32 bits is the optimiser's copy
            weight, optimiser_bytes = MASTER, optimiser_bytes - MASTER
        if offload:
            weight, gradient, optimiser_bytes = 2.0, 0.0, 0.0
        if adapter_rank:
            weight, gradient, optimiser_bytes = frozen_bytes, 0.0, 0.0
        data = run.replicas * run.context_parallel
        of_experts = max(1, run.devices / (run.pipeline_stages * run.expert_parallel))
        parts = {"weights": 0.0, "gradients": 0.0, "optimiser": 0.0, "reference": 0.0, "adapters": 0.0}
        for count, shards in zip(self.params(), (data, of_experts)):  # noqa: B905 - MicroPython's zip knows no `strict`
            of_weights = shards if stage == 3 else 1
            parts["weights"] += count * weight / of_weights
            parts["gradients"] += count * gradient / (shards if stage >= 2 else 1)
            parts["optimiser"] += count * optimiser_bytes / (shards if stage >= 1 else 1)
            parts["reference"] += count * reference_bytes / of_weights
        if adapter_rank:
            parts["adapters"] = self.adapters(adapter_rank) * ADAPTER_BYTES / (data if stage == 3 else 1)
        return parts

    def adapters(self, rank: int) -> "Numeric":
        """Parameters of adapters of all matrices of a layer but those of routed experts."""
        m = self.model
        h, queries, keys = m.hidden_size, m.heads * m.head_size, m.kv_heads * m.head_size
        # How many matrices of each size: a template may have a number of them that is not whole.
        alike = [(1.0, h, queries), (2.0, h, keys), (1.0, queries, h)]
        if self.differ:
            alike = [
                (part.layers * matrix.copies / m.layers, matrix.inputs, matrix.outputs)
                for part in m.mixers
                for matrix in part.matrices(h)
            ]
        dense = [(self.with_mlp[0] * m.mlp_matrices, h, m.mlp_size)] if m.mlp_size else []
        shared = [(self.with_mlp[1] * m.mlp_matrices, h, m.shared_mlp_size)] if m.shared_mlp_size else []
        total: float = 0
        for count, of_mlp in ((self.dense, dense), (self.mixed, shared)):
            for matrices, inputs, outputs in alike + of_mlp if count else []:
                total += count * matrices * self.once(activations.adapter_params, inputs, outputs, rank)
        return total / self.shards

    def token_bytes(self, mixed: bool = False, scores: bool = True) -> "Numeric":
        """Bytes that a layer keeps of a token if nothing is computed again."""
        m, run = self.model, self.run
        shards = (self.shards, self.sequence_shards)
        mask, norm = (1.0 if run.dropout else 0.0), (0.0 if self.fused_norms else 4.0)
        if self.differ:  # the mean
            parts = [part.layers * self.mixer_bytes(part, part.kind, scores) for part in m.mixers]
            of_attention = sum(parts) / m.layers
        else:
            of_attention = self.mixer_bytes(m, m.attention, scores)
        if not self.with_mlp[mixed]:
            return of_attention
        width = m.shared_mlp_size if mixed else m.mlp_size
        unfused = 0.0 if self.fused_norms or m.mlp_matrices == 2 else 2.0
        of_mlp = self.once(
            activations.mlp_activation_bytes, m.hidden_size, width or 1, m.mlp_matrices, *shards, norm, mask, unfused
        )
        if not mixed:
            return of_attention + self.with_mlp[0] * of_mlp
        experts = (m.expert_mlp_size, m.experts_per_token, m.mlp_matrices, self.load_factor, self.sequence_shards)
        of_experts = self.once(activations.expert_activation_bytes, m.hidden_size, *experts)
        return of_attention + self.with_mlp[1] * (of_mlp + of_experts)

    def mixer_bytes(self, part: "Any", kind: str, scores: bool) -> "Numeric":
        """Bytes of a token that a layer keeps of what mixes tokens: a model's attention, or one of its parts."""
        hidden, run = self.model.hidden_size, self.run
        shards = (self.shards, self.sequence_shards)
        mask, norm = (1.0 if run.dropout else 0.0), (0.0 if self.fused_norms else 4.0)
        if kind == "latent":
            latent = (part.query_rank, part.kv_rank, part.rotary_size, part.nope_size, part.value_size)
            return self.once(activations.latent_activation_bytes, hidden, part.heads, *latent, *shards)
        if kind != "standard":  # a state, of which kernels keep what goes in and comes out
            inside = activations.state_activation_bytes
            return self.once(inside, hidden, part.kept_values, *shards, norm, mask)
        of_scores = 0.0 if run.fused_attention or not scores else 5.0 if run.dropout else 2.0
        of_heads = 4.0 if run.fused_attention else 0.0
        sizes = (hidden, part.heads, part.kv_heads, part.head_size, run.context / run.context_parallel)
        of_attention = self.once(
            activations.attention_activation_bytes, *sizes, *shards, norm, mask, of_heads, of_scores
        )
        if run.context_parallel > 1:  # what attention gives is kept before and after it is exchanged
            of_attention += 2.0 * part.heads * part.head_size / self.shards
        return of_attention

    def kept_bytes(self, mixed: bool = False) -> "Numeric":
        """Bytes that a layer keeps of a token with the run's recomputation."""
        m, run = self.model, self.run
        layer_input = 2.0 * m.hidden_size / self.sequence_shards
        if run.recomputation == "full":
            return layer_input
        of_titan = self.sharded and run.fused_attention and not mixed and not self.differ
        if run.recomputation == "selective" and of_titan:
            # torchtitan's keeps fused attention and every second product: queries, values, one of the MLP's two first
            # and its last (pytorch/torchtitan, torchtitan/parallelisms/parallelize_llama.py, December 2024).
            of_heads = m.head_size * (2 * m.heads + m.kv_heads)
            of_layer = 2.0 * (of_heads + m.mlp_size) + 4.0 * m.heads
            return layer_input + of_layer / self.shards + 2.0 * m.hidden_size / self.sequence_shards
        return self.token_bytes(mixed, run.recomputation == "none")

    def activations(self) -> "Numeric":
        """Kept of all microbatches under way."""
        dense = self.dense * self.kept_bytes() if self.dense else 0.0
        mixed = self.mixed * self.kept_bytes(True) if self.mixed else 0.0
        return (dense + mixed) * self.tokens * self.under_way()

    def work(self, loss_bytes: float) -> "dict[str, Numeric]":
        """What a device holds beside the state."""
        return {
            "activations": self.activations(),
            "at work": self.at_work(loss_bytes),
            "communication": self.buffers(),
        }

    def under_way(self) -> "Numeric":
        run = self.run
        microbatches = -(-run.batch / (run.replicas * run.microbatch) // 1)
        chunks = run.model_chunks
        return chunks_under_way(run.pipeline_stages, self.index, microbatches, chunks) / chunks

    def at_work(self, loss_bytes: float) -> "Numeric":
        """What is held only while a layer or the loss works."""
        m, run = self.model, self.run
        width = max(
            m.mlp_size if self.dense else 0,
            m.shared_mlp_size if self.mixed else 0,
            self.load_factor * m.experts_per_token * m.expert_mlp_size if self.mixed else 0,
        )
        # Gradients of the widths inside the MLP, and a layer's input and its gradient, gathered.
        copies = 8.0 if self.sharded and self.sequence_shards > 1 else 4.0
        gathered = copies * m.hidden_size
        layer = 2.0 * (m.mlp_matrices - 1) * width / self.shards + gathered
        if run.recomputation != "none":
            kinds = ([False] if self.dense else []) + ([True] if self.mixed else [])
            layer += max([self.token_bytes(mixed) - self.kept_bytes(mixed) for mixed in kinds])
            if self.sharded and m.attention == "standard":
                # Keys and values of the rest of the sequence, for every query head, and their gradients
                # (pytorch/torchtitan, context_parallel_rotate_method = "allgather").
                layer += 8.0 * m.heads * m.head_size * (run.context_parallel - 1) / self.shards
        head = 0.0
        if self.last:
            if self.sharded and self.shards > 1:
                loss_bytes += SHARED_LOSS_BYTES
            head = self.once(activations.logits_bytes, self.tokens, 1, m.vocabulary_size, self.shards, loss_bytes)
            head += gathered * self.tokens
            head += PLACEHOLDER_BYTES * self.table() if self.has_placeholders() else 0.0
        return max(layer * self.tokens, head)

    def has_placeholders(self) -> bool:
        return not self.sharded and bool(self.run.fused_attention) and self.run.gradient_bytes == 4

    def buffers(self) -> "Numeric":
        """What the program keeps to gather weights and to sum gradients."""
        run, m = self.run, self.model
        if self.sharded:
            layer = max(
                self.layer_weights() if self.dense else 0,
                self.layer_weights(True) + self.expert_weights() / run.expert_parallel if self.mixed else 0,
            )
            if run.pipeline_stages > 1:  # gathered, and gradients summed, until the last microbatch is through
                return sum(self.params()) * (GATHERED_BYTES / 2 + 4.0)
            unit = max(layer, self.table() if self.tables() else 0)
            return unit * (GATHERED_BYTES + GRADIENT_BYTES_AT_WORK) + 2 * layer * GATHERED_BYTES / 2
        if not self.has_placeholders():
            return 0.0
        shapes = self.attention_weights()
        shapes += self.mlp_weights(m.mlp_size) if self.dense else 0
        shapes += self.mlp_weights(m.shared_mlp_size) if self.mixed else 0
        expert = self.mlp_weights(m.expert_mlp_size) if self.mixed else 0
        # Both widths of a gated MLP are one matrix.
        return PLACEHOLDER_BYTES * (shapes / self.shards + expert)


def zero3_state(params: float, devices: float, largest_layer: float, offload: bool = False) -> float:
    """State of a device in DeepSpeed's ZeRO-3 with Adam, as its own estimator counts it [byte].

    18 bytes a parameter, or 2 with gradients and optimiser offloaded, and the largest layer gathered in FP32.

    Examples
    --------
    >>> round(zero3_state(6805e6, 4, 131.08e6) / 2**30, 2), round(zero3_state(6805e6, 4, 131.08e6, True) / 2**30, 2)
    (29.01, 3.66)
    """
    size("params", params, 1, MOST)
    size("devices", devices)
    size("largest_layer", largest_layer, 0, MOST)
    return 4.0 * largest_layer + (2.0 if offload else 18.0) * params / devices


def layers_of_stage(layers: float, pipeline_stages: float, stage: int) -> "tuple[float, float]":
    """Layers before a stage, and its own: as even as can be, the first stages with one more.

    Examples
    --------
    >>> layers_of_stage(126, 8, 0), layers_of_stage(126, 8, 7)
    ((0, 16), (111, 15))
    """
    each, over = layers // pipeline_stages, layers % pipeline_stages
    return each * stage + min(stage, over), each + (1 if stage < over else 0)


def chunks_under_way(pipeline_stages: float, stage: float, microbatches: float, model_chunks: float = 1) -> float:
    r"""Chunks of layers whose activations a stage holds at most.

    .. math::

        \min \left( p - i, \, b \right) \\
        \min \left( 2 \, (p - i - 1) + (m - 1) \, p + 1, \, b \, m \right)

    The first for the plain schedule, in which forward and backward passes take turns, the second if it is interleaved.

    Parameters
    ----------
    pipeline_stages : float
        Stages p [1].
    stage : float
        Number of the stage i, from 0 [1].
    microbatches : float
        Microbatches of a step b [1].
    model_chunks : float
        Chunks of layers m that a stage holds [1].

    Returns
    -------
    float
        Chunks [1].

    References
    ----------
    Narayanan et al. 2021 (arXiv:2104.04473), section 2.2; Korthikanti et al. 2022 (arXiv:2205.05198), section 4.2.3.

    Examples
    --------
    >>> chunks_under_way(8, 0, 64, 3) * 96 / (8 * 3)  # as `interleaved_layers` counts GPT-3
    124.0
    """
    size("pipeline_stages", pipeline_stages)
    size("stage", stage, 0)
    size("microbatches", microbatches)
    size("model_chunks", model_chunks)
    if model_chunks == 1:
        return min(pipeline_stages - stage, microbatches)
    return min(
        2 * (pipeline_stages - stage - 1) + (model_chunks - 1) * pipeline_stages + 1, microbatches * model_chunks
    )
