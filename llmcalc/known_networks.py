"""The vision networks of `data/`, found by any of their usual names, and what the command tells of them.

>>> find("ResNet-50"), find("ViT-B/16"), find("deit_small_patch16_224")
('resnet50', 'vit_b_16', 'vit_s_16')
"""

import re
from typing import Any

from . import datasets, quantities
from .checks import Refusal, column_of, did_you_mean, one_of
from .models import counting_tools, networks, vision

SETTINGS = ("input_size", "classes", "width", "depth")
UNITS = {
    "params": "parameter",
    "macs": "MAC",
    "attention_macs": "MAC",
    "flop": "FLOP",
    "activations": "1",
}
TOOLS = {
    "thop": counting_tools.thop_count,
    "ptflops": counting_tools.ptflops_count,
    "fvcore": counting_tools.fvcore_count,
}


def names() -> list[str]:
    """Names of all networks, as `find` gives them."""
    return list(networks.NAMES)


def find(text: str) -> str:
    """Name of the network that a text means, whatever its case, dashes and slashes.

    Raises
    ------
    Refusal
        Naming the closest, if there is none.

    Examples
    --------
    >>> find("efficientnet-b9")
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: network = 'efficientnet-b9' is not accepted: give one of name in \
data/vision-networks.csv; did you mean 'efficientnet_b0'?
    """
    known = {}
    for row in datasets.records("vision-networks"):
        for name in (row["name"], row["title"], *(row["aliases"] or "").split(";")):
            known[_plain(name)] = row["name"]
    known.pop("", None)
    if _plain(text) in known:
        return str(known[_plain(text)])
    accepted = did_you_mean(one_of([column_of("name", "vision-networks")]), text.lower(), networks.NAMES)
    raise Refusal("network", text, accepted)


def describe(text: str, settings: dict[str, str]) -> dict[str, Any]:
    """All that follows from a network, with settings as people write them.

    Parameters
    ----------
    text : str
        Name of the network.
    settings : dict of str
        By name: ``input_size`` (``224``, or height and width as ``256x192``), ``classes``, ``width`` and ``depth``.

    Returns
    -------
    dict
        What `llmcalc.models.networks.describe` gives, and `tools`: what programs print of the same network.

    Raises
    ------
    Refusal
        If there is no such network or setting, or a value is not accepted.

    Examples
    --------
    >>> describe("MobileNetV2", {"width": "1.4"})["params"]
    6108776
    """
    for name, value in settings.items():
        if name not in SETTINGS:
            raise Refusal(name, value, did_you_mean(one_of(SETTINGS), name, SETTINGS))
    given: dict[str, Any] = {
        name: quantities.read(value, name) for name, value in settings.items() if name != "input_size"
    }
    network = find(text)
    try:
        if "input_size" in settings:
            given["image_size"] = _sides(settings["input_size"])
        told = networks.describe(network, **given)
    except Refusal as refusal:
        if refusal.argument != "image_size":
            raise
        raise Refusal("input_size", settings.get("input_size"), refusal.accepted, unit="pixel") from None
    layers = networks.build(network, **given)
    rows = told.pop("layers")
    tools = {tool: count(layers) for tool, count in TOOLS.items()}
    return told | {"kinds": vision.by_kind(layers), "tools": tools, "layers": rows}


def _sides(text: str) -> int | tuple[int, int]:
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) > 2 or not all(part.strip().isascii() and part.strip().isdigit() for part in parts):
        raise Refusal("input_size", text, "pixels: one number for height and width, or both as 256x192")
    sides = [int(part) for part in parts]
    return sides[0] if len(sides) == 1 else (sides[0], sides[1])


def _plain(text: str) -> str:
    """Letters and digits, and a point for all that stands between two digits: 1.6 is not 16."""
    plain = "".join(letter if letter.isalnum() else " " for letter in text.lower().replace("×", "x"))
    return "".join(_BETWEEN_DIGITS.sub(".", plain).split())


_BETWEEN_DIGITS = re.compile(r"(?<=\d) +(?=\d)")
