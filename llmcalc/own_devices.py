"""Devices of one's own: all their numbers in a text.

>>> device('{"name": "my card", "memory": "24 GB", "peak_fp16": "120 TFLOP/s"}').memory
24000000000.0
"""

import json

from . import datasets
from .checks import INFINITY, Refusal, did_you_mean
from .messages import message
from .models.device import Device
from .quantities import expected, read
from .units import HOUR
from .vocabulary import WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_TEXT = 4000  # characters of a device of one's own
LONGEST_NAME = 60

# What is asked of a device of one's own besides its peaks, as words of the vocabulary by what a `Device` calls them.
QUANTITIES = (
    ("memory", "memory_gib"),
    ("memory_bandwidth", "memory_bandwidth"),
    ("link_bandwidth", "link_bandwidth"),
    ("link_devices", "link_devices"),
    ("network_bandwidth", "network_bandwidth"),
    ("power", "design_power"),
    ("server_power", "server_power"),
    ("price_per_hour", "price_per_device_hour"),
)


def is_own(text: object) -> bool:
    """Whether a text holds the numbers of a model or a device, and not its name.

    Examples
    --------
    >>> is_own('{"memory": "24 GB"}'), is_own("H100 SXM")
    (True, False)
    """
    return isinstance(text, str) and text.strip()[:1] == "{"


def device_quantities() -> "list[tuple[str, str]]":
    """What is asked of a device of one's own: by its name in the text, the word of the vocabulary.

    Examples
    --------
    >>> [name for name, word in device_quantities()][:2]
    ['memory', 'memory_bandwidth']
    """
    peaks = [("peak_" + form, "peak_ops" if form[:3] == "int" else "peak_flops") for form in datasets.FORMATS]
    return list(QUANTITIES) + peaks


def device(text: str, argument: str = "accelerator") -> "Device":
    """The `Device` of a text as `choosing.device_named` takes it.

    Raises
    ------
    Refusal
        Naming the argument, and the quantity that is not accepted.

    Examples
    --------
    >>> device('{"memory": 24, "peak_fp8": 100}').formats
    ('fp8',)
    """
    mapping = None
    if len(text) <= MOST_TEXT and text.count("{") == 1 and "[" not in text:  # a flat object, whatever stands in it
        try:
            mapping = json.loads(text)
        except ValueError:
            mapping = None
    if not isinstance(mapping, dict):
        accepted = message(
            "a flat JSON object of at most {most} characters, e.g. {example}",
            most=MOST_TEXT,
            example='{"name": "mine", "memory": "24 GB"}',
        )
        raise Refusal(argument, start(text), accepted)
    try:
        return _made(mapping)
    except Refusal as refusal:
        raise Refusal(
            argument,
            refusal.value,
            refusal.accepted,
            reason=message("{argument}: {refusal}", argument=argument, refusal=refusal),
        ) from None


def _made(mapping: "dict[str, Any]") -> "Device":
    words = dict(device_quantities())
    name = mapping.get("name", message("custom"))
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise Refusal("name", name, message("a text of 1 to {most} characters", most=LONGEST_NAME))
    numbers: dict[str, Any] = {}
    peaks: dict[str, float] = {}
    for quantity in mapping:
        if quantity == "name":
            continue
        if quantity not in words:
            accepted = message("only {names}", names=", ".join(["name"] + [known for known, _ in device_quantities()]))
            raise Refusal(quantity, mapping[quantity], did_you_mean(accepted, quantity, words))
        value = _quantity(quantity, words[quantity], mapping[quantity])
        if quantity[:5] == "peak_":
            peaks[quantity[5:]] = value
        else:
            numbers["price_per_second" if quantity == "price_per_hour" else quantity] = value
    return Device(name=name.strip(), peaks=peaks, **numbers)


def _quantity(quantity: str, name: str, value: "Any") -> float:
    """A quantity in SI units: a plain number is in the unit in which its word is shown."""
    word = WORDS[name]
    assert word.usual is not None
    try:
        shown: Any = read(value, name) if isinstance(value, str) else value
        low, high = word.usual or (0.0, INFINITY)
        if type(shown) not in (int, float) or not low <= shown <= high or (word.whole and shown % 1):
            raise Refusal(name, value, expected(name))
    except Refusal as refusal:
        raise Refusal(quantity, value, refusal.accepted) from None
    return float(shown * word.scale)


def facts(text: str) -> "dict[str, float]":
    """Numbers of a device of one's own by the quantities of `data/accelerators.csv`, in their units.

    Examples
    --------
    >>> facts('{"memory": "24 GB", "price_per_hour": 2}')["rent"]
    2.0
    """
    made = device(text)
    numbers = made.numbers()
    found = {quantity: numbers[quantity]["value"] for quantity in numbers}
    if "price_per_second" in found:
        found["rent"] = found.pop("price_per_second") * HOUR
    return found


def start(text: str) -> str:
    """The beginning of a text, for a refusal that is one line.

    Examples
    --------
    >>> start("a\\n b " * 20)
    'a b a b a b a b a b a b a b a b a b a...'
    """
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:37] + "..."
