"""What fits on a card, or on a few that share a model: in which formats, how much of it, and what would help.

>>> from llmcalc.choosing import device_named, model_named
>>> found = formats_on(model_named("Qwen2.5 32B"), device_named("RTX 4090"), context=8192)
>>> best(found).weight_format
'GGUF Q4_K_M'
"""

from ..models.device import Device
from ..models.memory import ANY_DEVICE, tuning_memory
from ..models.numbers import size, whole
from ..models.run import Run
from ..models.serving_memory import (
    ENGINE_BYTES,
    cache_by_context,
    context_at,
    engine_activations,
    legal_sizes,
    sequences_in,
)
from ..models.weights import weight_bytes, weight_bytes_per_device
from ..once import at_once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..models.model import Model

GIBI = 2.0**30

# Formats that people find models in, the largest first: as they are published, in 8 bits, and in fewer.
FORMATS = (
    "bf16",
    "GGUF Q8_0",
    "fp8",
    "int8",
    "GGUF Q6_K",
    "GGUF Q5_K_M",
    "GGUF Q4_K_M",
    "fp4",
    "gptq-int4-g128",
    "awq-int4-g128",
    "nf4",
    "mxfp4",
    "GGUF Q3_K_M",
    "GGUF Q2_K",
)

# What engines multiply in: the weights' own format where the device has it, else 16 bits, to which they are expanded.
SIXTEEN_BITS = ("bf16", "fp16", "fp32")
OWN_PRODUCTS = ("fp8", "int8", "fp4")

# vLLM's default of gpu_memory_utilization (https://docs.vllm.ai/en/stable/api/vllm/config/cache/).
MEMORY_SHARE = 0.92

MOST_CARDS = 64  # that are tried: more than share layers anywhere
MOST_POWER = 10  # of two: 1,024 cards that are tried in training
MOST_CONTEXT = 2**20  # tokens, where nobody says what a model was made for
USUAL_CONTEXT = 8192  # tokens, which most models were made for

# Ways to train a model further: all parameters, or adapters beside weights in a format, and the optimiser.
ALL = "all parameters"
TUNINGS = (
    ("full", ALL, "adam"),
    ("full_8bit", ALL, "adam 8-bit"),
    ("lora", "bf16", "adam"),
    ("qlora", "nf4", "adam"),
)
LOSS = "fused"  # as in kernels that trainers come with: linkedin/Liger-Kernel, and unslothai/unsloth
ADAPTER_RANK = 64  # as in Dettmers et al. 2023 (arXiv:2305.14314), section 4, with adapters at every matrix of a layer

# Of what a card holds, what cards share in training; and how many of them are looked at to tell what each has.
STATE = ("weights", "gradients", "optimiser", "reference", "adapters")
PAIR = 2

# NCCL's part of a device's memory where devices exchange: stas00/ml-engineering, training/performance/README.md.
EXCHANGE_BYTES = 1.5 * GIBI


class Fit:
    """A model in a format on one of the cards that share it.

    Attributes are ``weight_format``; ``bits`` a parameter [1]; ``weights``, ``cache``, ``activations``, ``engine``,
    ``needed`` and ``free`` [byte], negative where it does not fit; ``fits``; ``sequences`` of the context, whole
    ones [1]; ``longest_context`` of the batch [1]; and ``number_format`` of the products, None where no peak is known.
    """

    weight_format: str
    bits: float
    weights: float
    cache: float
    activations: float
    engine: float
    needed: float
    free: float
    fits: bool
    sequences: int
    longest_context: int
    number_format: "str | None"

    def __init__(self, **attributes: object) -> None:
        for name in attributes:
            setattr(self, name, attributes[name])


def usual_context(model: "Model", context: int = 0) -> int:
    """A context, or for 0 the model's, at most 8,192 tokens [1].

    Examples
    --------
    >>> from llmcalc.choosing import model_named
    >>> usual_context(model_named("GPT-2")), usual_context(model_named("GPT-2"), 512)
    (1024, 512)
    """
    return whole("context", context, 0) or int(min(model.context or USUAL_CONTEXT, USUAL_CONTEXT))


def shared_by(model: "Model", cards: int) -> int:
    """Cards of those at hand that share each layer: the largest number that engines accept [1].

    Examples
    --------
    >>> from llmcalc.choosing import model_named
    >>> shared_by(model_named("Qwen2.5 32B"), 3)
    2
    """
    return max(legal_sizes(model, whole("cards", cards)))


def formats_on(
    model: "Model",
    device: "Device",
    context: int = 0,
    batch: int = 1,
    cards: int = 1,
    bytes_per_value: float = 2.0,
    memory_share: float = MEMORY_SHARE,
    engine_bytes: float = ENGINE_BYTES,
    weight_formats: "tuple[str, ...]" = FORMATS,
    once: "Callable[..., Any]" = at_once,
) -> "list[Fit]":
    """A model on cards that share it, in every format, in the order of the formats.

    Parameters
    ----------
    model : Model
        What is served.
    device : Device
        The card, of which the memory must be known.
    context, batch : int
        Tokens of a sequence, 0 for the model's and at most 8,192, and sequences at once [1].
    cards : int
        Cards at hand; so many share each layer as engines accept [1].
    bytes_per_value : float
        Bytes of a value in the cache [byte].
    memory_share : float
        Share of a card's memory that the engine may fill [1].
    engine_bytes : float
        What the engine and the device's context take [byte].
    weight_formats : tuple of str
        Names of `llmcalc.models.weights.names`.
    once : callable
        What calls a function, such as `llmcalc.once.Once()`, to count a model's weights once.

    Returns
    -------
    list of Fit
        One a format.

    Raises
    ------
    Refusal
        If the card's memory is not known, or an argument is out of range.
    """
    context = usual_context(model, context)
    batch = whole("batch", batch)
    shards = shared_by(model, cards)
    room = device.memory * size("memory_share", memory_share, 0, 1)
    engine = size("engine_bytes", engine_bytes, 0, 1e13)
    each = model.cache_bytes_per_device(context, 1, bytes_per_value, shards)
    cache = model.cache_bytes_per_device(context, batch, bytes_per_value, shards)
    activations = engine_activations(model, batch, shards)
    limit = max(context, int(model.context or MOST_CONTEXT))
    caches = cache_by_context(model, batch, limit, bytes_per_value, shards)
    params = model.params
    found = []
    for weight_format in weight_formats:
        total = once(weight_bytes, model, weight_format)
        weights = _weights(model, weight_format, shards, once)
        left = room - weights - engine
        needed = weights + cache + activations + engine
        found.append(
            Fit(
                weight_format=weight_format,
                bits=8 * total / params,
                weights=weights,
                cache=cache,
                activations=activations,
                engine=engine,
                needed=needed,
                free=room - needed,
                fits=needed <= room,
                sequences=int(sequences_in(model, max(0.0, left), each, shards)),
                longest_context=context_at(caches, left - activations),
                number_format=product_format(device, weight_format),
            )
        )
    return found


def best(found: "list[Fit]") -> "Fit | None":
    """Of those that fit, the one with most bits a weight, the first of equals; None if none fits."""
    chosen = None
    for fit in found:
        if fit.fits and (chosen is None or fit.bits > chosen.bits):
            chosen = fit
    return chosen


def smallest(found: "list[Fit]") -> "Fit":
    """The one that needs least, the first of equals."""
    chosen = found[0]
    for fit in found:
        if fit.needed < chosen.needed:
            chosen = fit
    return chosen


def product_format(device: "Device", weight_format: str) -> "str | None":
    """The number format in which a device multiplies weights of a format; None where no peak is known.

    Examples
    --------
    >>> from llmcalc.choosing import device_named
    >>> product_format(device_named("RTX 4090"), "fp8"), product_format(device_named("T4"), "awq-int4-g128")
    ('fp8', 'fp16')
    """
    if weight_format in OWN_PRODUCTS and device.has("peak_" + weight_format):
        return weight_format
    for number_format in SIXTEEN_BITS:
        if device.has("peak_" + number_format):
            return number_format
    return None


def cards_needed(
    model: "Model",
    device: "Device",
    weight_format: str,
    context: int = 0,
    batch: int = 1,
    bytes_per_value: float = 2.0,
    memory_share: float = MEMORY_SHARE,
    engine_bytes: float = ENGINE_BYTES,
    once: "Callable[..., Any]" = at_once,
) -> "int | None":
    """Fewest cards that serve a model in a format [1], of the numbers that can share it; None if up to 64 do not.

    Arguments as in `formats_on`.

    Examples
    --------
    >>> from llmcalc.choosing import device_named, model_named
    >>> cards_needed(model_named("Qwen2.5 32B"), device_named("RTX 4090"), "bf16")
    4
    """
    context = usual_context(model, context)
    batch = whole("batch", batch)
    room = device.memory * size("memory_share", memory_share, 0, 1) - size("engine_bytes", engine_bytes, 0, 1e13)
    for cards in legal_sizes(model, MOST_CARDS):
        needed = _weights(model, weight_format, cards, once) + engine_activations(model, batch, cards)
        if needed + model.cache_bytes_per_device(context, batch, bytes_per_value, cards) <= room:
            return cards
    return None


def _weights(model: "Model", weight_format: str, shards: int, once: "Callable[..., Any]") -> float:
    """Weights on each of the devices that share every layer [byte]."""
    if shards == 1:
        held: float = once(weight_bytes, model, weight_format)
    else:
        held = once(weight_bytes_per_device, model, weight_format, shards)
    return held


class Tuning:
    """A way to train a model on cards.

    Attributes are ``name``; ``needed`` of each card and its ``parts`` [byte]; ``fits``; and ``cards_needed``, the
    fewest that do, of powers of two [1], None if 1,024 do not.
    """

    name: str
    needed: float
    parts: "dict[str, float]"
    fits: bool
    cards_needed: "int | None"

    def __init__(self, **attributes: object) -> None:
        for name in attributes:
            setattr(self, name, attributes[name])


def tunings_on(
    model: "Model",
    device: "Device",
    context: int = 0,
    cards: int = 1,
    adapter_rank: int = ADAPTER_RANK,
    loss: str = LOSS,
    once: "Callable[..., Any]" = at_once,
) -> "list[Tuning]":
    """Memory of a card that trains a model further, a sequence at a time, in the order of `TUNINGS`.

    Activations are computed again, and several cards share all that they hold (FSDP).
    A training program may fill the whole card, other than an engine, which leaves a share of it free.

    Parameters
    ----------
    model : Model
        What is trained.
    device : Device
        The card, of which the memory must be known.
    context : int
        Tokens of a sequence, 0 for the model's and at most 8,192 [1].
    cards : int
        Cards that train together [1].
    adapter_rank : int
        Rank of LoRA's adapters [1].
    loss : str
        One of `llmcalc.models.memory.LOSSES`: "plain" is PyTorch's own.
    once : callable
        As in `formats_on`.

    Examples
    --------
    >>> from llmcalc.choosing import device_named, model_named
    >>> tunings_on(model_named("Qwen2.5 32B"), device_named("RTX 4090"))[3].cards_needed
    8
    """
    return tunings_of(training_parts(model, context, adapter_rank, loss, once), device, cards)


def training_parts(
    model: "Model",
    context: int = 0,
    adapter_rank: int = ADAPTER_RANK,
    loss: str = LOSS,
    once: "Callable[..., Any]" = at_once,
) -> "list[list[dict[str, float]]]":
    """What a card holds in training, in the order of `TUNINGS`: of one alone, and of each of two [byte].

    From these follows what each of any number holds: cards share all of the state alike. Arguments as in `tunings_on`.
    """
    whole("adapter_rank", adapter_rank)
    return [
        tuning_memory(_run(model, context, count), _ways(model, adapter_rank, once), loss, outside)
        for count, outside in ((1, ENGINE_BYTES), (PAIR, ENGINE_BYTES + EXCHANGE_BYTES))
    ]


def tunings_of(parts: "list[list[dict[str, float]]]", device: "Device", cards: int = 1) -> "list[Tuning]":
    """Ways to train on cards, from `training_parts`; arguments as in `tunings_on`."""
    cards = whole("cards", cards)
    alone, shared = parts
    return [
        _tuning(TUNINGS[place][0], device.memory, cards, alone[place], shared[place]) for place in range(len(TUNINGS))
    ]


def _ways(model: "Model", adapter_rank: int, once: "Callable[..., Any]") -> "list[dict[str, Any]]":
    ways: list[dict[str, Any]] = []
    for _, trained, optimiser in TUNINGS:
        way: dict[str, Any] = {"optimiser": optimiser}
        if trained != ALL:
            way.update(adapter_rank=adapter_rank, frozen_bytes=once(frozen_bytes, model, trained))
        ways.append(way)
    return ways


def _tuning(name: str, room: float, cards: int, alone: "dict[str, float]", shared: "dict[str, float]") -> Tuning:
    """A way to train, from what one card needs, and each of two, which share all of its state alike."""
    divided = PAIR * sum([shared[part] for part in STATE])
    on_each = sum([shared[part] for part in shared if part not in STATE])
    parts = alone
    if cards > 1:
        parts = {part: shared[part] * PAIR / cards if part in STATE else shared[part] for part in shared}
    needed = sum(parts.values())
    # One card shares nothing, and needs no room to exchange.
    fewest = 1 if sum(alone.values()) <= room else None
    power = 1
    while fewest is None and power <= MOST_POWER:
        fewest = 2**power if divided / 2**power + on_each <= room else None
        power += 1
    return Tuning(name=name, needed=needed, parts=parts, fits=needed <= room, cards_needed=fewest)


def frozen_bytes(model: "Model", weight_format: str) -> float:
    """Bytes of a parameter on average in a format [byte].

    Examples
    --------
    >>> from llmcalc.choosing import model_named
    >>> frozen_bytes(model_named("Llama 3.1 8B"), "bf16")
    2.0
    """
    return weight_bytes(model, weight_format) / model.params


def _run(model: "Model", context: int, cards: int) -> Run:
    return Run(
        model,
        ANY_DEVICE,
        devices=cards,
        batch=cards,
        context=usual_context(model, context),
        recomputation="full",
        zero_stage=3 if cards > 1 else 0,
        gradient_bytes=4 if cards > 1 else 2,
    )
