"""What fits on cards, in which format and how it can be trained there."""

from llmcalc import catalogue
from llmcalc.checks import Refusal
from llmcalc.plans import cards
from tests.kept.cells import brief, digest, written
from tests.kept.memory import MODELS

DEVICES = ("RTX 4090", "H100 SXM", "T4")
# Cards, context, batch and bytes of a number in the caches; 0 for the model's own context.
SHARED = ((1, 0, 1, 2.0), (3, 512, 4, 1.0), (8, 20_000, 16, 2.0), (64, 0, 1, 0.5))


def fits():
    """Models on cards: the best format and the smallest, and a digest of all formats and of all ways to train."""
    for model in MODELS:
        for name in DEVICES:
            device = catalogue.device(name)
            for count, context, batch, width in SHARED:
                told = {"model": model.name, "device": name, "cards": str(count)}
                try:
                    found = cards.formats_on(model, device, context, batch, count, width)
                    tunings = cards.tunings_on(model, device, context, count)
                except Refusal as refusal:
                    yield told | {"refused": str(refusal)}
                    continue
                for way, fit in (("best", cards.best(found)), ("smallest", cards.smallest(found))):
                    told |= {way: f"{fit.weight_format}: {written(fit.needed)}" if fit else "none"}
                told |= {f"{tuning.name} on": str(tuning.cards_needed) for tuning in tunings}
                told["bf16 on"] = str(cards.cards_needed(model, device, "bf16", context, batch, width))
                yield told | {"digest": digest([cells(thing) for thing in (*found, *tunings)])}


def cells(thing):
    """All that a fit or a way to train has, to the digits that do not depend on the machine."""
    numbers = {}
    for name, value in vars(thing).items():
        numbers |= value if isinstance(value, dict) else {name: value}
    return [(name, brief(value)) for name, value in sorted(numbers.items())]
