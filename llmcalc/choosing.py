"""Models and devices from what somebody wrote: a name of the book's, or all the numbers of one of their own.

>>> model_named("qwen2.5-32b").layers, device_named("rtx 4090").memory
(64, 25757220864.0)
>>> mine = device_named('{"name": "my card", "memory": "24 GB", "peak_fp16": "120 TFLOP/s"}')
>>> mine.memory, mine.best_format()
(24000000000.0, 'fp16')
"""

from . import datasets, known_models, own_devices
from .checks import Refusal
from .messages import message
from .models import short
from .models.device import Device, find
from .models.model import Model
from .models.sized import size_of, sized
from .own_devices import device_quantities as device_quantities
from .own_devices import is_own as is_own


def model_named(text: str) -> "Model":
    """The `Model` that a text means.

    Parameters
    ----------
    text : str
        A name or an alias of a model of the book's; a size, such as ``100B``, for a dense model of which no more is
        known; the text of a `config.json`, or a short text of `models.short`.

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
        params = size_of(text) if isinstance(text, str) else None
        return known_models.model(text) if params is None else sized(params)
    try:
        if '"mixers":' in text[: short.MOST_TEXT]:
            return short.read(text)
        from .models.configs import from_config  # which pages have only where somebody gives them a file

        return from_config(text)
    except Refusal as refusal:
        sentence = message("{argument}: {refusal}", argument="model", refusal=refusal)
        raise Refusal("model", own_devices.start(text), refusal.accepted, reason=sentence) from None


def attentive_model(text: str) -> "Model":
    """The `Model` that a text means, of which at least some layers have attention.

    Raises
    ------
    Refusal
        Naming ``model``, as `model_named` does, or because times of layers with a state alone are not known.

    Examples
    --------
    >>> attentive_model("Qwen3 Next 80B A3B").attention
    'standard'
    """
    model = model_named(text)
    if model.attention == "none":
        sentence = message(
            "model: {model} has no attention, and nothing is known of how quick layers with a state alone are",
            model=model.name,
        )
        raise Refusal("model", own_devices.start(text), "a model with attention", reason=sentence)
    return model


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
        return own_devices.device(text, argument)
    known = datasets.specifications()
    if text in known:
        name = text
    else:
        names = datasets.values("accelerators", "accelerator")
        names += [name for name in datasets.values("accelerators-missing", "accelerator") if name not in names]
        aliases = {row["alias"]: row["accelerator"] for row in datasets.records("accelerator-aliases")}
        name = find(names, text, aliases, argument)
    rows = datasets.records("accelerators-missing")
    missing = {row["quantity"]: row["reason"] for row in rows if row["accelerator"] == name}
    return Device.from_facts(name, known.get(name, {}), missing)
