"""Memory for serving a model: what a device holds, how much fits on it, and how many devices are needed.

>>> from llmcalc.models.model import Model
>>> shape = {"layers": 64, "hidden_size": 5120, "heads": 40, "kv_heads": 8, "mlp_size": 27648, "context": 32768}
>>> qwen = Model("Qwen2.5-32B", vocabulary_size=152064, query_bias=True, **shape)
>>> answer = fits(qwen, 24576 * 2**20, context=4096)
>>> answer["bf16"]["sequences"], answer["awq-int4-g128"]["sequences"]
(0, 5)
"""

from ..checks import Refusal
from ..messages import message
from .numbers import size, whole
from .weights import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .model import Model

GIBI = 2.0**30
MOST = 1e18  # bytes and parameters beyond which a number is a slip

# The device's context and loaded kernels, as measured on an A100: stas00/ml-engineering,
# training/performance/README.md, "Preloaded CUDA kernels memory usage". Engines with more (graphs, communicators) are
# told so: vLLM 0.6.4 printed 1.79 GiB beside PyTorch's memory on one H100 and 3.58 on each of two
# (vllm-project/vllm#10511).
ENGINE_BYTES = 0.55 * GIBI

# Tokens of prompts that an engine reads in one step: vLLM's default of max_num_batched_tokens with chunked prefill.
PROMPT_TOKENS = 2048

# Sampling holds logits in 16 and 32 bits, sorted, their places in 64 bits, probabilities and masks: about 40 bytes a
# logit, from the 1.26 GiB at 256 sequences and 128,256 tokens of Llama 3 8B (vllm-project/vllm#10511).
SAMPLER_BYTES = 40.0


def serving_memory(
    model: "Model",
    context: float,
    batch: float = 1,
    weight_format: str = "bf16",
    bytes_per_value: float = 2.0,
    tensor_parallel: int = 1,
    prompt_tokens: float = PROMPT_TOKENS,
    engine_bytes: float = ENGINE_BYTES,
) -> "dict[str, float]":
    """Memory of each device that serves a model, by purpose [byte].

    Parameters
    ----------
    model : Model
        What is served.
    context, batch : int
        Tokens of each sequence, and sequences at once.
    weight_format : str
        One of `llmcalc.models.weights.names`.
    bytes_per_value : float
        Bytes of a value in the cache: 2 in 16 bits, 1 in FP8.
    tensor_parallel : int
        Devices that share each layer.
    prompt_tokens : int
        Tokens of prompts that are read in one step.
    engine_bytes : float
        What the engine and the device's context take.

    Returns
    -------
    dict
        ``weights``, ``cache``, ``activations`` and ``engine``.

    Raises
    ------
    ValueError
        If an argument is out of range, or the heads cannot be shared.
    """
    tensor_parallel = whole("tensor_parallel", tensor_parallel)
    if tensor_parallel not in legal_sizes(model, tensor_parallel):
        sizes = ", ".join([str(number) for number in legal_sizes(model, model.heads)])
        accepted = message("one that divides the {heads} heads: {numbers}", heads=model.heads, numbers=sizes)
        raise Refusal("tensor_parallel", tensor_parallel, accepted)
    return {
        "weights": model.weight_bytes_per_device(weight_format, tensor_parallel),
        "cache": model.cache_bytes_per_device(context, batch, bytes_per_value, tensor_parallel),
        "activations": engine_activations(model, batch, tensor_parallel, prompt_tokens),
        "engine": size("engine_bytes", engine_bytes, 0, MOST),
    }


def engine_activations(
    model: "Model", batch: float, tensor_parallel: int = 1, prompt_tokens: float = PROMPT_TOKENS
) -> float:
    """Bytes of a layer at work on a step's tokens, or of sampling, whichever is larger [byte].

    A layer holds the residual and its norm, and the widths inside its MLP; experts, as many as a token uses.
    """
    tokens = max(size("prompt_tokens", prompt_tokens, 1), size("batch", batch, 0))
    width = max(model.mlp_size, model.experts_per_token * model.expert_mlp_size + model.shared_mlp_size)
    copies = max(1, model.experts_per_token)
    layer = 2.0 * tokens * ((3 + copies) * model.hidden_size + model.mlp_matrices * width / tensor_parallel)
    return max(layer, SAMPLER_BYTES * batch * model.vocabulary_size)


def legal_sizes(model: "Model", most: float) -> "list[int]":
    """Numbers of devices that can share each layer [1]: powers of two that divide the query heads.

    Engines refuse others; of key and value heads fewer than devices they keep copies, and others must divide, too.
    """
    sizes, number = [1], 2  # one device shares nothing, whatever the layers are
    while number <= most and number <= model.heads:
        of_keys = model.kv_heads
        shared = model.attention == "latent" or not of_keys or of_keys % number == 0 or number % of_keys == 0
        if model.heads % number == 0 and shared:
            sizes.append(number)
        number *= 2
    return sizes


def sequences_that_fit(
    model: "Model", device_memory: float, context: float, utilisation: float = 1.0, **serving: "Any"
) -> float:
    """Sequences of a context that fit on the devices that share a model [1]: not rounded, 0 if the weights do not fit.

    Parameters
    ----------
    model, context
        See `serving_memory`.
    device_memory : float
        Memory of each device, as the driver reports it [byte].
    utilisation : float
        Share of it that the engine is given (vLLM: gpu_memory_utilization) [1].
    serving
        Other arguments of `serving_memory`, but the batch.
    """
    room = size("device_memory", device_memory, 0, MOST) * size("utilisation", utilisation, 0, 1)
    one = serving_memory(model, context, 1, **serving)
    left, each = room - (one["weights"] + one["engine"]), one["cache"]
    return sequences_in(model, max(0.0, left), each, serving.get("tensor_parallel", 1), _prompt_tokens(serving))


def sequences_in(
    model: "Model", left: float, each: float, tensor_parallel: int = 1, prompt_tokens: float = PROMPT_TOKENS
) -> float:
    """Sequences whose caches fit beside what reading and sampling take [1]: not rounded.

    Parameters
    ----------
    model, tensor_parallel, prompt_tokens
        See `serving_memory`.
    left : float
        Memory of a device beside the weights and the engine [byte].
    each : float
        Cache of a sequence on a device [byte].
    """
    left, each = size("left", left, 0, MOST), size("each", each, 1e-9, MOST)
    reading = engine_activations(model, 0, tensor_parallel, prompt_tokens)
    # A step generates a token for each sequence: a layer's work on many, and their sampling, grow with them.
    tokens = max(size("prompt_tokens", prompt_tokens, 1), 1)
    of_one = max(reading / tokens, SAMPLER_BYTES * model.vocabulary_size)
    return max(0.0, min((left - reading) / each, left / (each + of_one)))


def _prompt_tokens(serving: "Mapping[str, Any]") -> "Any":
    return serving.get("prompt_tokens", PROMPT_TOKENS)


def longest_context(
    model: "Model",
    device_memory: float,
    batch: float = 1,
    utilisation: float = 1.0,
    limit: "int | None" = None,
    **serving: "Any",
) -> int:
    """Longest context of a number of sequences that fits [1]: at most the limit, or what the model was made for.

    0 if the weights do not fit. Arguments as in `sequences_that_fit`.
    """
    room = size("device_memory", device_memory, 0, MOST) * size("utilisation", utilisation, 0, 1)
    high = whole("limit", limit or model.context or 2**20)
    parts = serving_memory(model, 1, batch, **serving)
    left = room - (parts["weights"] + parts["engine"] + parts["activations"])
    return context_in(
        model, max(0.0, left), batch, high, serving.get("bytes_per_value", 2.0), serving.get("tensor_parallel", 1)
    )


def context_in(
    model: "Model",
    left: float,
    batch: float = 1,
    limit: int = 2**20,
    bytes_per_value: float = 2.0,
    tensor_parallel: int = 1,
) -> int:
    """Longest context of a number of sequences whose caches fit into what is left of a device [1]: 0 if none does.

    A cache grows with the context in straight pieces: layers with a window are full at its end, and a state is as large
    whatever the context. So the piece in which it meets what is left is looked up, and divided.

    Parameters
    ----------
    model, batch, bytes_per_value, tensor_parallel
        See `serving_memory`.
    left : float
        Memory of a device beside weights, engine and activations [byte].
    limit : int
        Longest context that is asked for [1].
    """
    left, limit = size("left", left, 0, MOST), whole("limit", limit)
    return context_at(cache_by_context(model, batch, limit, bytes_per_value, tensor_parallel), left)


def cache_by_context(
    model: "Model", batch: float, limit: int, bytes_per_value: float = 2.0, tensor_parallel: int = 1
) -> "list[tuple[int, float]]":
    """Contexts between which a cache grows in a straight line, up to a limit, and its size at each [byte].

    Arguments as in `context_in`.
    """
    windows = {int(part.window) for part in model.mixers if part.window and 1 < part.window < limit}
    return [
        (context, model.cache_bytes_per_device(context, batch, bytes_per_value, tensor_parallel))
        for context in sorted({1, limit} | windows)
    ]


def context_at(caches: "list[tuple[int, float]]", left: float) -> int:
    """Longest context whose cache fits into what is left [1], by the points of `cache_by_context`: 0 if none does."""
    low, at_low = caches[0]
    if at_low > left:
        return 0
    for high, at_high in caches:
        if at_high > left:
            found = low + int((left - at_low) * (high - low) // (at_high - at_low))
            # A quotient just below a whole number is rounded up.
            return found - 1 if at_low + (at_high - at_low) * (found - low) / (high - low) > left else found
        low, at_low = high, at_high
    return low


def _within(room: float, model: "Model", context: float, batch: float, serving: "Mapping[str, Any]") -> bool:
    return sum(serving_memory(model, context, batch, **serving).values()) <= room


def fits(
    model: "Model", device_memory: float, context: "float | None" = None, utilisation: float = 1.0, **serving: "Any"
) -> "dict[str, dict[str, float]]":
    """What fits on a device, or on those that share the model, for every format of weights.

    Parameters
    ----------
    model, device_memory, utilisation, serving
        See `sequences_that_fit`.
    context : int, optional
        Tokens of a sequence; the model's context, if left out.

    Returns
    -------
    dict
        By format: ``weights`` [byte a device], ``sequences`` of the context [1], ``longest_context`` of one [1].
    """
    context = size("context", model.context if context is None else context, 0)
    found = {}
    for weight_format in names():
        chosen = dict(serving)
        chosen["weight_format"] = weight_format
        parts = serving_memory(model, context, 1, **chosen)
        found[weight_format] = {
            "weights": parts["weights"],
            "sequences": int(sequences_that_fit(model, device_memory, context, utilisation, **chosen)),
            "longest_context": longest_context(model, device_memory, 1, utilisation, **chosen),
        }
    return found


def devices_needed(
    model: "Model",
    device_memory: float,
    context: float,
    batch: float = 1,
    utilisation: float = 1.0,
    most: float = 64,
    **serving: "Any",
) -> int:
    """Fewest devices, of the legal sizes, that serve a batch [1].

    Raises
    ------
    ValueError
        If even the most do not.
    """
    room = size("device_memory", device_memory, 0, MOST) * size("utilisation", utilisation, 0, 1)
    for number in legal_sizes(model, most):
        chosen = dict(serving)
        chosen["tensor_parallel"] = number
        if _within(room, model, context, batch, chosen):
            return number
    raise Refusal("device_memory", device_memory, message("more: {most} devices are too few", most=most))
