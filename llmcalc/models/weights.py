"""Bytes of a model's weights in the formats in which they are stored and served.

A format says of each kind of weight how many bits it keeps: of the matrices of layers, which are what is quantised, and
of tables of tokens, norms, biases and routers, which mostly stay in 16 bits. Formats of llama.cpp are mixtures of its
block types by what a matrix does and by its layer.

Sources of the numbers: ggml-org/llama.cpp, ggml/src/ggml-common.h (blocks) and src/llama-quant.cpp (mixtures);
Frantar et al. 2022 (arXiv:2210.17323) and Lin et al. 2023 (arXiv:2306.00978) for groups of 128 weights with a scale of
16 bits and a zero point of 4; Dettmers et al. 2023 (arXiv:2305.14314), section 3, for NF4 with scales quantised twice,
0.127 bits a weight; Open Compute Project, Microscaling Formats specification 1.0, for MXFP4: a scale of 8 bits for 32
weights; NVIDIA's NVFP4: a scale of 8 bits for 16 weights.
"""

from ..checks import Refusal, one_of
from ..formulas.quantisation import block_bits, stored_bytes
from .numbers import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .layers import Matrix
    from .model import Model

SIXTEEN: "dict[str, Any]" = {"bits": 16.0}

# Of the layers' matrices: bits of a weight; where they come in blocks, weights of a block and bits of its scale and
# zero point; bits beside for each output or input of a matrix. `kept` is what all else takes. `only` names the group
# that a mixture quantises.
FORMATS: "dict[str, dict[str, Any]]" = {
    "fp32": {"bits": 32.0, "kept": 32.0},
    "bf16": SIXTEEN,
    "fp16": SIXTEEN,
    "fp8": {"bits": 8.0, "matrix": 32.0},
    "fp4": {"bits": 4.0, "block": 16, "scale": 8.0, "matrix": 32.0},
    "int8": {"bits": 8.0, "output": 16.0},
    "int4": {"bits": 4.0, "block": 128, "scale": 16.0},
    "gptq-int4-g128": {"bits": 4.0, "block": 128, "scale": 20.0, "input": 32.0},
    "awq-int4-g128": {"bits": 4.0, "block": 128, "scale": 20.0},
    "nf4": {"bits": 4.0, "block": 64, "scale": 8.0 + 32.0 / 256},
    "mxfp4": {"bits": 4.0, "block": 32, "scale": 8.0, "only": "experts"},
}

# Types of llama.cpp: bytes of a block, and its weights.
TYPES = {
    "Q2_K": (84, 256),
    "Q3_K": (110, 256),
    "Q4_K": (144, 256),
    "Q5_K": (176, 256),
    "Q6_K": (210, 256),
    "Q4_0": (18, 32),
    "Q4_1": (20, 32),
    "Q5_0": (22, 32),
    "Q5_1": (24, 32),
    "Q8_0": (34, 32),
    "F16": (2, 1),
    "F32": (4, 1),
}

# The type taken where rows are no multiple of 256.
FALLBACKS = {"Q2_K": "Q4_0", "Q3_K": "Q4_0", "Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}

# Mixtures of llama.cpp and the type that most of their matrices have.
MIXTURES = {
    "F16": "F16",
    "Q8_0": "Q8_0",
    "Q6_K": "Q6_K",
    "Q5_K_M": "Q5_K",
    "Q5_K_S": "Q5_K",
    "Q5_1": "Q5_1",
    "Q5_0": "Q5_0",
    "Q4_K_M": "Q4_K",
    "Q4_K_S": "Q4_K",
    "Q4_1": "Q4_1",
    "Q4_0": "Q4_0",
    "Q3_K_L": "Q3_K",
    "Q3_K_M": "Q3_K",
    "Q3_K_S": "Q3_K",
    "Q2_K": "Q2_K",
}

# Of these, those whose matrices are all of one type, and the matrices that may be of another in the rest.
UNIFORM = ("F16", "Q8_0", "Q6_K", "Q5_0", "Q5_1", "Q4_0", "Q4_1", "Q5_K_S", "Q3_K_S")
VARIED = ("attn_v", "attn_k", "attn_output", "attn_qkv", "ffn_down")


def names() -> "list[str]":
    """Names of all formats."""
    return list(FORMATS) + ["GGUF " + name for name in MIXTURES]


def weight_bytes(model: "Model", weight_format: str = "bf16") -> int:
    """Bytes of a model's weights in a format, by its name as in `names`; whole ones, rounded up [byte].

    Examples
    --------
    >>> from llmcalc.models.model import Model
    >>> shape = {"layers": 32, "hidden_size": 4096, "heads": 32, "kv_heads": 8, "mlp_size": 14336}
    >>> llama = Model("Llama 3.1 8B", vocabulary_size=128256, **shape)
    >>> weight_bytes(llama, "bf16")
    16060522496
    >>> round(weight_bytes(llama, "GGUF Q4_K_M") / 2**30, 2)
    4.58
    """
    found = _found(weight_format)
    if found in FORMATS:
        return _up(_plain_bytes(model, FORMATS[found]))
    return _up(_mixed_bytes(model, found))


def bits_per_weight(model: "Model", weight_format: str) -> float:
    """Bits of a parameter on average in a format [1]."""
    return 8 * weight_bytes(model, weight_format) / model.params


def weight_bytes_per_device(model: "Model", weight_format: str = "bf16", tensor_parallel: int = 1) -> int:
    """Bytes on one of the devices that share each layer: norms, biases and routers stand on all of them [byte].

    Key and value heads are copied where they are fewer than devices.
    """
    devices = whole("tensor_parallel", tensor_parallel)
    total = weight_bytes(model, weight_format)
    groups = model.groups
    bits = FORMATS[_found(weight_format)].get("kept", 16.0) if _found(weight_format) in FORMATS else 32.0
    everywhere = (groups["vectors"] + groups["router"]) * bits / 8
    copied: float = 0
    for part in model.mixers:
        if part.kind == "standard" and 0 < part.kv_heads < devices:
            copies = devices - part.kv_heads
            copied += part.layers * copies * model.hidden_size * (part.head_size + part.value_size)
    share = 8 * (total - everywhere) / max(1, model.params - groups["vectors"] - groups["router"])
    return _up((total - everywhere + copied * share / 8) / devices + everywhere)


def _found(weight_format: str) -> str:
    name = weight_format if isinstance(weight_format, str) else ""
    short = name[5:] if name[:5].upper() == "GGUF " else name
    if name.lower() in FORMATS:
        return name.lower()
    if short.upper() in MIXTURES:
        return short.upper()
    raise Refusal("format", weight_format, one_of(names()))


def _up(number: float) -> int:
    return int(-(-number // 1))


# Formats of one kind for all matrices


def _plain_bytes(model: "Model", rule: "dict[str, Any]") -> float:
    kept: float = rule.get("kept", 16.0)
    matrices: float = 0
    only = rule.get("only") if model.groups["experts"] else None
    quantised: float = 0
    beside = 0.0
    for part in model.parts:
        for matrix in part.matrices(model.hidden_size):
            if matrix.group == "router" or (only and matrix.group != only):
                continue
            copies = part.layers * matrix.copies
            quantised += part.layers * matrix.weights
            beside += copies * rule.get("matrix", 0.0)
            beside += copies * (matrix.inputs * rule.get("input", 0.0) + matrix.outputs * rule.get("output", 0.0))
    if quantised:
        matrices = stored_bytes(quantised, rule["bits"], rule.get("block", 1), rule.get("scale", 0.0))
    return matrices + beside / 8 + (model.params - quantised) * kept / 8


# Mixtures of llama.cpp


def _mixed_bytes(model: "Model", mixture: str) -> float:
    usual = MIXTURES[mixture]
    total = 4.0 * (model.groups["vectors"] + model.groups["positions"])
    output = usual if usual in ("F16", "Q8_0") else "Q6_K"
    total += _typed(model.embedding_values, model.embedding_size, usual if model.embedding_tables == 2 else output)
    if model.embedding_tables == 2:
        total += _typed(model.embedding_values, model.embedding_size, output)
    if model.projection_values:
        total += _typed(model.projection_values, model.hidden_size, "F16")
    attentions = sum([int(part.layers) for part in model.mixers if part.kind in ("standard", "latent")])
    for part in model.mixers:
        for matrix in part.matrices(model.hidden_size):
            total += _matrix_bytes(model, mixture, matrix, part.layers, range(attentions), attentions)
    first, every = int(model.dense_layers), int(model.layers)
    for mlp in model.mlps:
        # Dense layers come first in mixtures; where they alternate, shares of the layers are about the same.
        layers = range(every)
        if model.experts and first:
            layers = range(first, every) if mlp.kind == "mixture" else range(first)
        for matrix in mlp.matrices(model.hidden_size):
            total += _matrix_bytes(model, mixture, matrix, mlp.layers, layers, model.layers)
    return total


def _matrix_bytes(
    model: "Model", mixture: str, matrix: "Matrix", count: float, layers: "range", of_layers: float
) -> float:
    if matrix.group == "router":
        return 4.0 * count * matrix.weights
    name = matrix.name.replace("_exps", "").replace("_shexp", "")
    if name not in VARIED or (mixture in UNIFORM and model.experts != 8):
        return _typed(matrix.weights, matrix.inputs, MIXTURES[mixture]) * count
    kinds: dict[str, int] = {}
    for layer in layers:
        kind = _type(model, mixture, name, layer, of_layers)
        kinds[kind] = kinds.get(kind, 0) + 1
    total = 0.0
    for kind in kinds:
        total += _typed(matrix.weights, matrix.inputs, kind) * (count * kinds[kind] / len(layers))
    return total


def _typed(weights: float, row: float, kind: str) -> float:
    if row % TYPES[kind][1]:
        kind = FALLBACKS.get(kind, "F16")
        kind = "F16" if row % TYPES[kind][1] else kind
    size, block = TYPES[kind]
    return weights / block * size


def _more(layer: int, layers: float) -> bool:
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def _type(model: "Model", mixture: str, name: str, layer: int, layers: float) -> str:
    usual = MIXTURES[mixture]
    eight, grouped = model.experts == 8, model.kv_heads > 0 and model.heads // model.kv_heads >= 4
    if name == "attn_v":
        return _type_of_values(model, mixture, layer, layers, eight, grouped)
    if name == "attn_k":
        return "Q8_0" if eight and usual != "F16" else usual
    if name == "attn_output":
        if eight:
            return "Q5_K" if mixture in ("Q2_K", "Q3_K_S", "Q3_K_M", "Q4_K_S", "Q4_K_M") else usual
        return {"Q2_K": "Q3_K", "Q3_K_M": "Q4_K", "Q3_K_L": "Q5_K"}.get(mixture, usual)
    if name == "attn_qkv":
        return {"Q3_K_M": "Q4_K", "Q3_K_L": "Q4_K", "Q4_K_M": "Q5_K", "Q5_K_M": "Q6_K"}.get(mixture, usual)
    if name == "ffn_down":
        if mixture == "Q3_K_M":
            return "Q5_K" if layer < layers // 16 else "Q4_K"
        if mixture in ("Q4_K_M", "Q5_K_M"):
            return "Q6_K" if _more(layer, layers) else usual
        if mixture == "Q4_K_S":
            return "Q5_K" if layer < layers // 8 else usual
        return {"Q2_K": "Q3_K", "Q3_K_L": "Q5_K"}.get(mixture, usual)
    return usual


def _type_of_values(model: "Model", mixture: str, layer: int, layers: float, eight: bool, grouped: bool) -> str:
    usual = MIXTURES[mixture]
    kind = usual
    if mixture == "Q2_K":
        kind = "Q4_K" if grouped else "Q3_K"
    elif mixture == "Q3_K_M":
        kind = "Q5_K" if layer < 2 else "Q4_K"
    elif mixture == "Q3_K_L":
        kind = "Q5_K"
    elif mixture in ("Q4_K_M", "Q5_K_M") and _more(layer, layers):
        kind = "Q6_K"
    elif mixture == "Q4_K_S" and layer < 4:
        kind = "Q5_K"
    if model.layers == 80 and model.kv_heads < model.heads and kind in ("Q3_K", "Q4_K"):
        kind = "Q5_K"  # llama.cpp's models of 70e9 parameters, which it tells by their 80 layers
    return "Q8_0" if eight and usual != "F16" else kind


def average_bits(name: str) -> float:
    """Bits of a weight of the layers' matrices in a format that has one kind for all [1].

    Examples
    --------
    >>> average_bits("gptq-int4-g128")
    4.15625
    """
    found = _found(name)
    if found not in FORMATS:
        raise Refusal("format", name, one_of(FORMATS))
    rule = FORMATS[found]
    bits: float = block_bits(rule["bits"], rule.get("block", 1), rule.get("scale", 0.0))
    return bits
