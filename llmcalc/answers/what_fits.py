"""What fits on my card?"""

from ..answering import question
from ..choosing import device_named, model_named
from ..formats import number, number_of
from ..messages import marked, message, plural
from ..once import Latest, Once
from ..plans import cards
from ..results import GOOD, UNFIT, Results
from ..units import GIBI, TERA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..models.device import Device
    from ..models.model import Model
    from ..plans.cards import Fit, Tuning

BEST = "best"
LISTED = marked("more than share a model's layers")
VALUES = {"bf16": 2.0, "fp8": 1.0}
TUNED = {
    "full": "All of it, Adam",
    "full_8bit": "All of it, Adam in 8 bits",
    "lora": "Adapters (LoRA)",
    "qlora": "Adapters, NF4 (QLoRA)",
}


_latest = Latest()


def _once_of(model: "Model") -> Once:
    """What counts the weights of a model once: those of another make room for them."""
    return Once()


class Fitting(Results):
    """What fits, with what it was counted from.

    ``model``, ``device``, ``formats`` (a `llmcalc.plans.cards.Fit` for each), ``chosen`` (the one in the headline) and
    ``tunings`` (a `llmcalc.plans.cards.Tuning` for each way to train).
    """

    def __init__(
        self,
        model: "Model",
        device: "Device",
        formats: "list[Fit]",
        chosen: "Fit",
        tunings: "list[Tuning]",
        **results: "Any",
    ) -> None:
        super().__init__(**results)
        self.model, self.device, self.formats, self.chosen, self.tunings = model, device, formats, chosen, tunings


@question(
    model="model in data/models.csv",
    context=(0, 10000000),
    batch=(1, 100000),
    device_count=(1, 64),
    weight_format=(
        "best",
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
    ),
)
def what_fits(
    model: str = "Qwen2.5 32B",
    accelerator: str = "RTX 4090",
    device_count: int = 1,
    context: int = 0,
    batch: int = 1,
    weight_format: str = "best",
    cache_format: str = "bf16",
    memory_share: float = 0.92,
    overhead_gib: float = 0.55,
    adapter_rank: int = 64,
) -> Fitting:
    """What fits on a card: formats of a model, sequences, the longest context, ways to train it, and what would help.

    A context of 0 stands for the model's. Cards are at most as many as share a model's layers anywhere, and formats
    are those in which people find models.

    Parameters
    ----------
    model : str
        Model.
    accelerator : str
        Card.
    device_count : int
        Cards that share the model [device].
    context : int
        Tokens of a sequence, 0 for the model's, at most 8,192 [token].
    batch : int
        Sequences at once [sample].
    weight_format : str
        Format of the weights, or the best that fits.
    cache_format : str
        Number format of the caches.
    memory_share : float
        Share of the card's memory that the engine may fill [1].
    overhead_gib : float
        Memory for the engine and the card's context [GiB].
    adapter_rank : int
        Rank of the adapters, if adapters are trained [1].

    Returns
    -------
    Fitting
        Whether it fits and how, what would help, and every format and every way to train; ``formats`` and ``tunings``
        have them as numbers.

    References
    ----------
    `llmcalc.plans.cards`, on `llmcalc.models.serving_memory` and `llmcalc.models.memory`.

    Examples
    --------
    >>> answer = what_fits()
    >>> answer["verdict"]
    'yes, in 7 of 14 formats'
    >>> answer["format"], answer["sequences"], answer["longest_context"]
    ('GGUF Q4_K_M', 1.0, 10822.0)
    """
    shape, device = _latest(model_named, model), _latest(device_named, accelerator)
    once = _latest(_once_of, shape)
    of = (cards.usual_context(shape, context), batch)
    beside = (VALUES[cache_format], memory_share, overhead_gib * GIBI)
    formats = cards.formats_on(shape, device, of[0], of[1], device_count, *beside, once=once)
    best = cards.best(formats)
    chosen = best or cards.smallest(formats)
    if weight_format != BEST:
        chosen = formats[cards.FORMATS.index(weight_format)]
    needed = cards.cards_needed(shape, device, chosen.weight_format, *of, *beside, once=once)
    published = cards.cards_needed(shape, device, cards.FORMATS[0], *of, *beside, once=once)
    tunings = cards.tunings_of(
        _latest(cards.training_parts, shape, of[0], adapter_rank, cards.LOSS, once), device, device_count
    )
    results: dict[str, Any] = {"answer": "Serving it"}
    results["verdict"] = (_verdict(formats, chosen, weight_format), "", "Fits")
    results.update(_chosen(chosen, device, device_count, cards.shared_by(shape, device_count)))
    results["helping"] = "What would help"
    results["help"] = (_help(chosen, best, needed, device_count, batch, of[0]), "", "To make it fit")
    results["cards_needed"] = _counted(needed, "device", "Cards in this format", LISTED)
    results["cards_16_bits"] = _counted(published, "device", "Cards in 16 bits", LISTED)
    results["table"] = "By format: weights on each card, and what is left [GiB]"
    for fit in formats:
        results[result_name(fit.weight_format)] = (_line(fit), "", fit.weight_format)
    results["training"] = "Training it further, a sequence at a time"
    results.update(_training(tunings))
    fitting = Fitting(shape, device, formats, chosen, tunings, **results)
    fitting.tell(_told, device_count, batch, of[0])
    return fitting


def _told(answer: Fitting, device_count: int, batch: int, context: int) -> "tuple[str, str]":
    chosen, card = answer.chosen, answer.device.name
    if device_count == 1:
        on = message("one {device}", device=card)
    else:
        # Translators: how many of which device, such as 2 H100 SXM.
        on = message("{devices} {device}", devices=device_count, device=card)
    given = {"model": answer.model.name, "devices": on, "format": chosen.weight_format}
    if not chosen.fits:
        return UNFIT, message(
            "{model} does not fit on {devices} in {format}. What would help: {ways}.",
            ways=message(answer["help"]),
            **given,
        )
    return GOOD, message(
        "{model} fits on {devices} in {format}, {needed} GiB with {sequences} of {tokens}; the longest may have "
        "{longest}.",
        needed=_gib(chosen.needed),
        sequences=number_of(batch, "sequence"),
        tokens=number_of(context, "token", 7),
        longest=number(chosen.longest_context, 7),
        **given,
    )


def result_name(weight_format: str) -> str:
    """The name of a format's result.

    Examples
    --------
    >>> result_name("GGUF Q4_K_M"), result_name("awq-int4-g128")
    ('gguf_q4_k_m', 'awq_int4_g128')
    """
    return weight_format.lower().replace(" ", "_").replace("-", "_")


def _verdict(formats: "list[Fit]", chosen: "Fit", weight_format: str) -> str:
    if weight_format != BEST:
        return marked("yes") if chosen.fits else message("no: {size} GiB are missing", size=_gib(-chosen.free))
    fitting = len([fit for fit in formats if fit.fits])
    if not fitting:
        return message(
            "no: even in {format} {size} GiB are missing", format=chosen.weight_format, size=_gib(-chosen.free)
        )
    return message("yes, in {count} of {all} formats", count=fitting, all=len(formats))


def _chosen(chosen: "Fit", device: "Device", device_count: int, shared: int) -> "dict[str, tuple[Any, ...]]":
    multiplied: tuple[Any, ...] = (None, "", "Multiplied in", marked("no peak of this card is known"))
    if chosen.number_format:
        unit = "TOPS" if chosen.number_format[:3] == "int" else "TFLOP/s"
        peak = message(
            "{format}, at most {peak} {unit}",
            format=chosen.number_format,
            peak=number(device.peak(chosen.number_format) / TERA),
            unit=message(unit),
        )
        multiplied = (peak, "", "Multiplied in")
    sharing = number(shared)
    if shared != device_count:
        sharing = message("{count} of {all}: no more can share its layers", count=shared, all=device_count)
    room = device.memory / GIBI
    return {
        "format": (chosen.weight_format, "", "Weights in"),
        "bits": (chosen.bits, "bit", "Bits a parameter"),
        "multiplied_in": multiplied,
        "shared_by": (sharing, "", "Cards that share it"),
        "memory_gib": (room, "GiB", "Memory of a card"),
        "needed_gib": (chosen.needed / GIBI, "GiB", "Needed"),
        "weights_gib": (chosen.weights / GIBI, "GiB", "Weights"),
        "cache_gib": (chosen.cache / GIBI, "GiB", "Caches"),
        "activations_gib": (chosen.activations / GIBI, "GiB", "Activations"),
        "engine_gib": (chosen.engine / GIBI, "GiB", "Engine"),
        "free_gib": (chosen.free / GIBI, "GiB", "Left, or missing (negative)"),
        "sequences": (chosen.sequences, "sequence", "Sequences that fit"),
        "longest_context": (chosen.longest_context, "token", "Longest context"),
    }


def _training(tunings: "list[Tuning]") -> "dict[str, tuple[Any, ...]]":
    results: dict[str, tuple[Any, ...]] = {}
    for tuning in tunings:
        results[tuning.name + "_gib"] = (tuning.needed / GIBI, "GiB", TUNED[tuning.name])
        fewest = _counted(tuning.cards_needed, "device", "Cards for that", marked("more than 1,024"))
        results[tuning.name + "_cards"] = fewest
    return results


def _help(chosen: "Fit", best: "Fit | None", needed: "int | None", device_count: int, batch: int, context: int) -> str:
    if chosen.fits:
        return marked("it fits")
    ways = []
    if best is not None:
        ways.append(message("a smaller format, {format}", format=best.weight_format))
    if needed is not None and needed > device_count:
        ways.append(plural("{n} card", "{n} cards", needed))
    if 0 < chosen.longest_context < context:
        ways.append(message("a context of {length} tokens", length=number(chosen.longest_context, 9)))
    if 0 < chosen.sequences < batch:
        ways.append(message("{sequences} at once", sequences=number_of(chosen.sequences, "sequence")))
    if not ways:
        return marked("a smaller model, or cards with more memory")
    told = ways[0]
    for way in ways[1:]:
        # Translators: things that would help, such as 2 cards, or a context of 4,096 tokens.
        told = message("{ways}, or {way}", ways=told, way=way)
    return told


def _line(fit: "Fit") -> str:
    if fit.fits:
        return message("yes: {weights}, {size} left", weights=_gib(fit.weights), size=_gib(fit.free))
    return message("no: {weights}, {size} too much", weights=_gib(fit.weights), size=_gib(-fit.free))


def _gib(size: float) -> str:
    tenths = int(10 * size / GIBI + 0.5)
    return f"{tenths // 10}.{tenths % 10}"


def _counted(value: "float | None", unit: str, label: str, reason: str) -> "tuple[Any, ...]":
    return (None, unit, label, reason) if value is None else (value, unit, label)
