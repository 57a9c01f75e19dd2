"""What a page's menus offer: devices that answer its question, why the others can't, and number formats by device."""

import re
from collections.abc import Collection
from typing import Any

from bookbuild.messages import in_english
from llmcalc import catalogue
from llmcalc.checks import Refusal
from llmcalc.datasets import FORMATS
from llmcalc.messages import marked
from llmcalc.questions import Question, questions

FORMAT_PARAMETERS = ("number_format", "weight_format", "serving_format")
BEST = "best"
# Weights of 16 bits are multiplied in whichever of these a device has, and those of 4 bits, too, which are expanded.
SIXTEEN_BITS = ["bf16", "fp16", "fp32"]
NO_NUMBERS = marked("none of its numbers is known")
NO_PEAK = marked("no peak is known")
NO_SUCH_PEAK = marked("no peak in these formats is known")
LACKS = {
    "memory": marked("no memory is known"),
    "memory_bandwidth": marked("no memory bandwidth is known"),
    "link_bandwidth": marked("no link bandwidth is known"),
    "link_devices": marked("no number of linked devices is known"),
    "network_bandwidth": marked("no network bandwidth is known"),
    "power": marked("no power is known"),
    "server_power": marked("no server power is known"),
    "price_per_hour": marked("no price per hour is known"),
}
_LACKS = re.compile(r" has no (\w+) \[")
_worked_out: dict[str, dict[str, str]] = {}


def devices(question: Question) -> dict[str, str]:
    """Every device by name, with why it can't answer a question with its other defaults; an empty text where it can.

    These are texts for the catalogue, in English.
    """
    if question.name not in _worked_out:
        _worked_out[question.name] = {device.name: why_not(question, device) for device in catalogue.devices()}
    return _worked_out[question.name]


def of_questions(names: Collection[str]) -> dict[str, dict[str, str]]:
    """Those of some questions that a device is chosen for, by their names."""
    asked = {name: question for name, question in questions().items() if name in names}
    return {name: devices(question) for name, question in asked.items() if "accelerator" in question.parameters}


def know(worked_out: dict[str, dict[str, str]]) -> None:
    """Take what another process has worked out: it takes seconds, since every device is tried."""
    _worked_out.update(worked_out)


def why_not(question: Question, device: Any) -> str:
    """Why a device can't answer a question, or an empty text if it can in one of its number formats."""
    if device.name not in question.parameters["accelerator"].choices:
        return NO_NUMBERS
    given = {"accelerator": device.name}
    for name in format_parameters(question):
        able = [choice for choice in question.parameters[name].choices if _is_able(device, name, choice)]
        if not able:
            return NO_SUCH_PEAK if device.formats else NO_PEAK
        given[name] = able[0]
    try:
        with in_english():  # to know what it says
            question.answer(**given)
    except Refusal as refusal:
        return _shortly(str(refusal))
    return ""


def format_parameters(question: Question) -> list[str]:
    """Parameters whose formats are those of a device's products, and not only of what it holds."""
    if "accelerator" not in question.parameters:
        return []
    return [
        name
        for name in FORMAT_PARAMETERS
        if name in question.parameters and set(question.parameters[name].choices) <= {BEST, *FORMATS}
    ]


def formats(question: Question) -> dict[str, Any]:
    """What a page needs to offer only formats that its device has: the parameters, and the formats of each device."""
    parameters = format_parameters(question)
    if not parameters:
        return {}
    known = {device.name: list(device.formats) for device in catalogue.devices()}
    return {
        "parameters": {
            name: {choice: products(name, choice) for choice in question.parameters[name].choices}
            for name in parameters
        },
        "devices": {name: known[name] for name in question.parameters["accelerator"].choices},
    }


def products(parameter: str, choice: str) -> list[str]:
    """Formats of which a device needs one for a choice; none for the best, which it has by itself.

    Examples
    --------
    >>> products("number_format", "bf16"), products("weight_format", "int4"), products("serving_format", "best")
    (['bf16'], ['bf16', 'fp16', 'fp32'], [])
    """
    if choice == BEST:
        return []
    return SIXTEEN_BITS if parameter != "number_format" and choice in ("bf16", "int4") else [choice]


def _is_able(device: Any, parameter: str, choice: str) -> bool:
    needed = products(parameter, choice)
    return not needed or any(form in device.formats for form in needed)


def _shortly(sentence: str) -> str:
    lacking = _LACKS.search(sentence)
    if lacking:
        return LACKS[lacking[1]]
    if "peak" in sentence:
        return NO_SUCH_PEAK
    if "whose power" in sentence:
        return LACKS["power"]
    return sentence
