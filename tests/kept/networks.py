"""What vision networks of all names come to, at sizes, classes and multipliers of round numbers and others."""

from llmcalc.checks import Refusal
from llmcalc.models import counting_tools, networks, vision
from tests.kept.cells import digest

COUNTS = {
    "params": vision.params,
    "macs": vision.macs,
    "attention_macs": vision.attention_macs,
    "flop": vision.flop,
    "activations": vision.activations,
    "opcounter": counting_tools.opcounter_count,
    "early_opcounter": counting_tools.early_opcounter_count,
    "thop": counting_tools.thop_count,
    "ptflops": counting_tools.ptflops_count,
    "fvcore": counting_tools.fvcore_count,
    "training_macs": lambda layers: vision.macs(layers, batch=3, training=True),
    "training_attention_macs": lambda layers: vision.attention_macs(layers, batch=3, training=True),
}
# Sides in patches of the network beyond the least that it takes; odd ones, and two that differ.
SIZES = {"as made": None, "odd": (7, 7), "wide": (9, 12), "small": (1, 1)}
MULTIPLIED = (0.35, 1.4)


def settings(name):
    """Arguments of networks, by what they say."""
    multiple = networks.multiple(name)
    about = 224 // 7 // multiple * multiple or multiple
    for told, factors in SIZES.items():
        size = None if factors is None else tuple(about * factor + (0 if multiple > 1 else 3) for factor in factors)
        yield told, {"image_size": size}
    yield "few classes", {"classes": 3}
    for multiplier in networks.multipliers(name):
        for value in MULTIPLIED:
            yield f"{multiplier} {value}", {multiplier: value}
    if name.startswith("mnasnet"):
        yield "first stem", {"first_stem": True, "width": 0.5}


def built():
    """Counts of networks, and why some are refused."""
    for name in networks.NAMES:
        for told, arguments in settings(name):
            row = {"network": name, "setting": told}
            try:
                layers = networks.build(name, **arguments)
            except Refusal as refusal:
                yield row | {"refused": str(refusal)}
                continue
            row |= {count: f"{counted(layers):.15g}" for count, counted in COUNTS.items()}
            yield row | {"layers": str(len(layers)), "digest": digest(vision.table(layers))}
