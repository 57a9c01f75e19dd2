"""Layers that keep a state of fixed size, from the fields of a file: their matrices, other values, and state.

What training keeps of a token inside a layer is what public kernels save for the backward pass, in values of 16 bits;
chunks and their states are computed again. Sources: state-spaces/mamba, mamba_ssm/ops/selective_scan_interface.py
(MambaInnerFn) and mamba_ssm/ops/triton/ssd_combined.py (MambaSplitConv1dScanCombinedFn);
fla-org/flash-linear-attention, fla/ops/gated_delta_rule/chunk.py and fla/ops/kda/chunk.py;
OpenNLPLab/lightning-attention, lightning_attn/ops/triton/lightning_attn2.py (LightningAttention2).
"""

from ..checks import Refusal, one_of
from ..formulas import attention
from .layers import Matrix, Recurrent
from .numbers import whole

DELTA_CHUNK = 64  # tokens, each of which is compared with those of its chunk: the delta rule keeps the matrix
SCAN_CHUNK = 2048  # tokens after which Mamba's scan keeps its states, in pairs of 32 bits (csrc/selective_scan)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .configs import Fields
    from .layers import Mixer


def recurrent_parts(fields: "Fields", kinds: "list[str]", hidden_size: int) -> "list[Mixer]":
    """Parts for the names of layers with a state, in any order."""
    parts = []
    for kind in sorted(set(kinds)):
        if kind not in READERS:
            raise Refusal("layer_types", kind, one_of(_known()))
        reader = fields.family.get("state") or READERS[kind]
        parts.append(reader(fields, kinds.count(kind), hidden_size))
    return parts


def _known() -> "list[str]":
    return ["full_attention", "sliding_attention", "chunked_attention"] + sorted(READERS)  # noqa: RUF005 - MicroPython has no starred displays


def delta(fields: "Fields", layers: int, hidden_size: int) -> "Recurrent":
    """Gated delta rule, from a file's fields."""
    heads = (fields.number("linear_num_key_heads"), fields.number("linear_num_value_heads"))
    sizes = (fields.number("linear_key_head_dim"), fields.number("linear_value_head_dim"))
    return delta_part(layers, hidden_size, *heads, *sizes, fields.number("linear_conv_kernel_dim", 4))


def delta_part(
    layers: float, hidden_size: float, key_heads: int, value_heads: int, key_size: int, value_size: int, width: int
) -> "Recurrent":
    """Gated delta rule, as in Qwen3-Next: a convolution over queries, keys and values, and a gate of the output."""
    key_heads, value_heads = whole("linear_key_heads", key_heads), whole("linear_value_heads", value_heads)
    key_size, value_size = whole("linear_key_size", key_size), whole("linear_value_size", value_size)
    width = whole("convolution_width", width)
    mixed = 2 * key_heads * key_size + value_heads * value_size
    matrices = [
        Matrix("ssm_in", hidden_size, mixed + value_heads * value_size),
        Matrix("ssm_ba", hidden_size, 2 * value_heads),
        Matrix("ssm_out", value_heads * value_size, hidden_size),
    ]
    vectors = mixed * width + 2 * value_heads + value_size
    state = value_heads * key_size * value_size + mixed * (width - 1)
    flop = attention.delta_flop(value_heads, key_size, value_size)
    # What goes into the convolution; queries and keys for every value head, and values; output, its norm, and its gate.
    kept = mixed + value_heads * (2 * key_size + 4 * value_size)
    # A head: its part of the chunk's matrix, decay and both norms of the delta rule in 32 bits, both gates.
    kept += value_heads * (DELTA_CHUNK + 3 * 2 + 2)
    return Recurrent(layers, "delta", matrices, vectors, state, mixed * width, flop, kept)


def lightning(fields: "Fields", layers: int, hidden_size: int) -> "Recurrent":
    """Linear attention with a fixed decay, as in MiniMax-Text-01: a gate and a norm of the output."""
    heads = fields.number("heads")
    head_size = fields.number("head_size", hidden_size // heads or 1)
    inner = heads * head_size
    matrices = [
        Matrix("attn_qkv", hidden_size, 3 * inner),
        Matrix("attn_gate", hidden_size, inner),
        Matrix("attn_output", inner, hidden_size),
    ]
    flop = attention.state_flop(inner, head_size)
    # Queries, keys and values before and after their activation; output, its norm, its gate, and their product.
    return Recurrent(layers, "lightning", matrices, inner, inner * head_size, 0, flop, 10 * inner)


def mamba(fields: "Fields", layers: int, hidden_size: int) -> "Recurrent":
    """Selective state space, as in Mamba: inner width, state, convolution, and time step of low rank."""
    inner = fields.number("mamba_inner", fields.number("mamba_expand", 2) * hidden_size)
    state, width = fields.number("mamba_state", 16), fields.number("mamba_width", 4)
    rank = fields.find("mamba_rank")[1]
    rank = -(-hidden_size // 16) if rank in (None, "auto") else fields.number("mamba_rank")
    matrices = [
        Matrix("ssm_in", hidden_size, 2 * inner),
        Matrix("ssm_x", inner, rank + 2 * state),
        Matrix("ssm_dt", rank, inner),
        Matrix("ssm_out", inner, hidden_size),
    ]
    convolution = inner * width
    vectors = convolution + inner * state + 2 * inner  # decays, the skipped part, and the time step's bias
    vectors += inner if fields.flag("mamba_convolution_bias", True) else 0
    vectors += 2 * inner + hidden_size if fields.flag("mamba_bias", False) else 0
    vectors += rank + 2 * state if fields.family.get("mamba_norms") else 0
    kept = inner * state + inner * (width - 1)
    # Both halves of the input, the output, the state's projections and once more its two vectors; states of chunks.
    saved = 3 * inner + rank + 4 * state + -(-4 * inner * state // SCAN_CHUNK)
    return Recurrent(layers, "mamba", matrices, vectors, kept, convolution, attention.state_flop(inner, state), saved)


def mamba2(fields: "Fields", layers: int, hidden_size: int) -> "Recurrent":
    """State space of Mamba-2: heads with a decay each, groups that share projections, and a norm of the output."""
    heads, head_size = fields.number("mamba_heads"), fields.number("mamba_head_size")
    inner, state = heads * head_size, fields.number("mamba_state")
    groups, width = fields.number("mamba_groups", 1), fields.number("mamba_width", 4)
    mixed = inner + 2 * groups * state
    matrices = [Matrix("ssm_in", hidden_size, inner + mixed + heads), Matrix("ssm_out", inner, hidden_size)]
    vectors = mixed * width + 3 * heads  # decay, skipped part and time step a head
    vectors += inner if fields.flag("mamba_rms_norm", True) else 0
    vectors += mixed if fields.flag("mamba_convolution_bias", True) else 0
    vectors += inner + mixed + heads + hidden_size if fields.flag("mamba_bias", False) else 0
    kept = inner * state + mixed * (width - 1)
    saved = inner + mixed + heads + inner + 2  # all of the input, the output, and its norm's number in 32 bits
    flop = attention.state_flop(inner, state)
    return Recurrent(layers, "mamba2", matrices, vectors, kept, mixed * width, flop, saved)


def convolution(fields: "Fields", layers: int, hidden_size: int) -> "Recurrent":
    """Short gated convolution, as in LFM2."""
    width = fields.number("conv_L_cache", 3)
    matrices = [Matrix("shortconv_in", hidden_size, 3 * hidden_size), Matrix("shortconv_out", hidden_size, hidden_size)]
    vectors = hidden_size * width + (5 * hidden_size if fields.flag("conv_bias", False) else 0)
    # Three inputs, the product of two of them, what the convolution gives, and its product with the third.
    saved = 6 * hidden_size
    state = hidden_size * (width - 1)
    return Recurrent(layers, "convolution", matrices, vectors, state, hidden_size * width, 0.0, saved)


def kimi_delta(fields: "Fields", layers: int, hidden_size: int) -> "Recurrent":
    """Delta rule with a gate a channel (Kimi Delta Attention): convolutions, and gates of low rank."""
    settings = fields.find("linear_attn_config")[1]
    inner_fields = fields.within(settings)
    heads, head_size = inner_fields.number("num_heads"), inner_fields.number("head_dim")
    width = inner_fields.number("short_conv_kernel_size", 4)
    inner = heads * head_size
    matrices = [Matrix(name, hidden_size, inner) for name in ("attn_q", "attn_k", "attn_v")]
    matrices.append(Matrix("ssm_f_a", hidden_size, head_size))
    matrices.append(Matrix("ssm_f_b", head_size, inner))
    matrices.append(Matrix("ssm_beta", hidden_size, heads))
    if inner_fields.flag("use_full_rank_gate", False):
        matrices.append(Matrix("ssm_g", hidden_size, inner))
    else:
        matrices.append(Matrix("ssm_g_a", hidden_size, head_size))
        matrices.append(Matrix("ssm_g_b", head_size, inner))
    matrices.append(Matrix("attn_output", inner, hidden_size))
    vectors = 3 * inner * width + heads + inner + head_size  # convolutions, decays, the step's bias, the norm
    kept = inner * head_size + 3 * inner * (width - 1)
    flop = attention.delta_flop(heads, head_size, head_size)
    # As of the gated delta rule, with a decay a channel, whose sums are computed again, and two matrices of the chunk.
    saved = 10 * inner + 2 * head_size + heads * (2 * DELTA_CHUNK + 2 * 2 + 2)
    return Recurrent(layers, "delta", matrices, vectors, kept, 3 * inner * width, flop, saved)


READERS = {
    "linear_attention": delta,
    "lightning_attention": lightning,
    "mamba": mamba,
    "mamba2": mamba2,
    "conv": convolution,
    "kda": kimi_delta,
}
