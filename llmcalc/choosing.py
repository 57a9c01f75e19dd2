"""Models and devices from what somebody wrote: a name of the book's, or all the numbers of one of their own.

>>> model_named("qwen2.5-32b").layers, device_named("rtx 4090").memory
(64, 25757220864.0)
>>> mine = device_named('{"name": "my card", "memory": "24 GB", "peak_fp16": "120 TFLOP/s"}')
>>> mine.memory, mine.best_format()
(24000000000.0, 'fp16')
"""

import json

from . import datasets, known_models
from .checks import INFINITY, Refusal, did_you_mean
from .models import short
from .models.device import Device, find
from .models.model import Model
from .quantities import expected, read
from .vocabulary import WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .models.model import Model

MOST_TEXT = 4000  # characters of a device of one's own
LONGEST_NAME = 60
MODELS = "model in data/models.csv"
DEVICES = "accelerator in data/accelerators.csv"

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


def model_named(text: str) -> "Model":
    """The `Model` that a text means.

    Parameters
    ----------
    text : str
        A name or an alias of a model of the book's, the text of a `config.json`, or a short text of `models.short`.

    Raises
    ------
    Refusal
        Naming ``model``, and the field that is missing or not accepted, or the closest names.

    Examples
    --------
    >>> model_named('{"model_type": "llama"}')
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: model: num_hidden_layers is missing: give the field, which llama needs
    """
    if not is_own(text):
        for row in datasets.records("models"):  # a page asks at every move of a slider, mostly by a name of its menu
            if row["model"] == text:
                return Model.from_row(row)
        return known_models.model(text)
    try:
        if '"mixers":' in text[: short.MOST_TEXT]:
            return short.read(text)
        from .models.configs import from_config  # which pages have only where somebody gives them a file

        return from_config(text)
    except Refusal as refusal:
        raise Refusal("model", _start(text), refusal.accepted, reason=f"model: {refusal}") from None


def device_named(text: str, argument: str = "accelerator") -> "Device":
    """The `Device` that a text means.

    Parameters
    ----------
    text : str
        A name or an alias of a device of the book's, or a JSON object with numbers of one's own: ``name``; ``memory``,
        ``memory_bandwidth``, ``link_bandwidth``, ``link_devices``, ``network_bandwidth``, ``power``, ``server_power``,
        ``price_per_hour``; and by number format ``peak_bf16`` and others. Quantities are texts with their units, or
        plain numbers in the units of the vocabulary: GiB, GB/s, W, USD/h, TFLOP/s and TOPS.
    argument : str
        What to call it in refusals.

    Raises
    ------
    Refusal
        Naming the argument, and the quantity that is not accepted, or the closest names.

    Examples
    --------
    >>> device_named('{"memory": "24 XB"}')
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: accelerator: memory = '24 XB' is not accepted: give a number from 1 to 100000, with or \
without a unit (MB, GB, TB, MiB, GiB, TiB)
    """
    if is_own(text):
        return _own_device(text, argument)
    known = datasets.specifications()
    if text in known:
        name = text
    else:
        names = datasets.values("accelerators", "accelerator")
        names += [name for name in datasets.values("accelerators-missing", "accelerator") if name not in names]
        aliases = {row["alias"]: row["accelerator"] for row in datasets.records("accelerator-aliases")}
        try:
            name = find(names, text, aliases)
        except Refusal as refusal:
            sentence = str(refusal).replace("device = ", argument + " = ", 1)
            raise Refusal(argument, text, refusal.accepted, reason=sentence) from None
    rows = datasets.records("accelerators-missing")
    missing = {row["quantity"]: row["reason"] for row in rows if row["accelerator"] == name}
    return Device.from_facts(name, known.get(name, {}), missing)


def device_quantities() -> "list[tuple[str, str]]":
    """What is asked of a device of one's own: by its name in the text, the word of the vocabulary.

    Examples
    --------
    >>> [name for name, word in device_quantities()][:2]
    ['memory', 'memory_bandwidth']
    """
    peaks = [("peak_" + form, "peak_ops" if form[:3] == "int" else "peak_flops") for form in datasets.FORMATS]
    return list(QUANTITIES) + peaks


def _own_device(text: str, argument: str) -> "Device":
    mapping = None
    if len(text) <= MOST_TEXT and text.count("{") == 1 and "[" not in text:  # a flat object, whatever stands in it
        try:
            mapping = json.loads(text)
        except ValueError:
            mapping = None
    if not isinstance(mapping, dict):
        accepted = (
            f"a flat JSON object of at most {MOST_TEXT} characters, e.g. " + '{"name": "mine", "memory": "24 GB"}'
        )
        raise Refusal(argument, _start(text), accepted)
    try:
        return _made(mapping)
    except Refusal as refusal:
        raise Refusal(argument, refusal.value, refusal.accepted, reason=f"{argument}: {refusal}") from None


def _made(mapping: "dict[str, Any]") -> "Device":
    words = dict(device_quantities())
    name = mapping.get("name", "custom")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise Refusal("name", name, f"a text of 1 to {LONGEST_NAME} characters")
    numbers: dict[str, Any] = {}
    peaks: dict[str, float] = {}
    for quantity in mapping:
        if quantity == "name":
            continue
        if quantity not in words:
            accepted = "only name, " + ", ".join([known for known, _ in device_quantities()])
            raise Refusal(quantity, mapping[quantity], accepted + did_you_mean(quantity, words))
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


def _start(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:37] + "..."
