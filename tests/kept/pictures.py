"""Networks of pictures."""

from llmcalc.checks import Refusal
from llmcalc.models import counting_tools, networks, vision
from tests.kept.cells import written

PICTURES = {
    "native": {},
    "other": {"image_size": 448, "classes": 37},
    "odd": {"image_size": 236},
    "wider": {"width": 1.3},
    "deeper": {"depth": 1.7},
}
TOOLS = ("opcounter_count", "early_opcounter_count", "thop_count", "ptflops_count", "fvcore_count")


def pictures():
    """Sums of networks, as several tools count them, and a sum over all layers in which their order counts."""
    for name in networks.NAMES:
        for picture, options in PICTURES.items():
            told = {"network": name, "picture": picture}
            try:
                layers = networks.build(name, **options)
            except Refusal as refusal:
                yield told | {"refused": str(refusal)}
                continue
            sums = ("params", "macs", "attention_macs", "activations")
            told |= {quantity: str(getattr(vision, quantity)(layers)) for quantity in sums}
            told |= {tool: written(getattr(counting_tools, tool)(layers)) for tool in TOOLS}
            order = sum(place * (layer["macs"] + layer["terms"]) for place, layer in enumerate(layers))
            yield told | {"layers": str(len(layers)), "in order": str(order)}
