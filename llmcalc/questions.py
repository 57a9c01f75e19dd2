"""The questions of the book, found by looking: each with its parameters, as forms, commands and schemas need them."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from . import answers, reasons, usual
from .answering import choices, takes_own
from .checks import Refusal, did_you_mean, one_of
from .messages import message
from .results import Results
from .vocabulary import WORDS

_DESCRIBED = re.compile(r"^    (\w+) : .*\n((?:        .*\n)+)", re.MULTILINE)


@dataclass(frozen=True)
class Parameter:
    """A parameter of a question, in the unit that people write."""

    name: str
    type: type
    default: Any
    unit: str
    meaning: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    # The list in whose place people may give one of their own, as a text of its numbers.
    own: str = ""


@dataclass(frozen=True)
class Question:
    """A question: its name, its title, its parameters, and the function that answers it."""

    name: str
    title: str
    parameters: dict[str, Parameter]
    answer: Callable[..., Results]


@lru_cache
def questions() -> dict[str, Question]:
    """Return all questions by name, in the order of `llmcalc.answers`.

    Examples
    --------
    >>> questions()["training-gpus"].parameters["mfu"].high
    1
    """
    return {name.replace("_", "-"): _question(name) for name in answers.__all__}


def find(name: str) -> Question:
    """Return a question by its name.

    Raises
    ------
    Refusal
        If there is no such question, naming the closest.
    """
    known = [function.replace("_", "-") for function in answers.__all__]
    if name not in known:
        raise Refusal("question", name, did_you_mean(one_of(known), name, known))
    return _question(name.replace("-", "_"))


# One at a time: a command asks one question, and does not wait for the others' parameters to be read.
@lru_cache
def _question(function: str) -> Question:
    answer: Callable[..., Results] = getattr(answers, function)
    module = inspect.getmodule(inspect.unwrap(answer))
    assert module is not None
    described = {name: " ".join(text.split()) for name, text in _DESCRIBED.findall(answer.__doc__ or "")}
    parameters = {
        name: _parameter(name, parameter, described[name], answer)
        for name, parameter in inspect.signature(answer).parameters.items()
    }
    title = (module.__doc__ or "").strip().splitlines()[0]
    return Question(function.replace("_", "-"), title, parameters, answer)


def _parameter(name: str, declared: inspect.Parameter, described: str, answer: Callable[..., Results]) -> Parameter:
    word, limits = WORDS[name], getattr(answer, "limits", {}).get(name)
    match = re.match(r"(.*?)\s*(?:\[([^\]]*)\])?\.$", described)
    assert match is not None, f"{name} is described without a full stop"
    meaning, unit = match.groups()
    source = limits or word.choices
    listed = tuple(choices(source)) if word.choices else ()
    low, high = (None, None)
    if word.range is not None:
        low, high = limits or word.usual or (word.range.low, word.range.high)
    own = source if isinstance(source, str) and takes_own(source) else ""
    kind, default = type(declared.default), declared.default
    return Parameter(name, kind, default, unit or word.shown, meaning, low, high, listed, own)


def json_schema(question: Question) -> dict[str, Any]:
    """Return the JSON Schema of a question's parameters, with the unit of each under ``unit``.

    Why a default is what it is stands under ``default_reason``, and a usual range, where one is known, under ``usual``.

    Examples
    --------
    >>> json_schema(find("training-gpus"))["properties"]["mfu"]["maximum"]
    1
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": question.title,
        "type": "object",
        "properties": {
            name: _property(parameter) | {"default_reason": _reason(question.name, name)} | _usual(question.name, name)
            for name, parameter in question.parameters.items()
        },
        "additionalProperties": False,
    }


def _reason(question: str, parameter: str) -> str:
    why = reasons.reason(question, parameter)
    return message("{reason} ({origin})", reason=message(why["reason"]), origin=reasons.origin(why))


def _usual(question: str, parameter: str) -> dict[str, Any]:
    found = usual.usual(question, parameter)
    return {"usual": {"low": found.low, "high": found.high, "how": found.how}} if found else {}


def answer_schema(question: Question) -> dict[str, Any]:
    """Return the JSON Schema of what ``llmcalc answer NAME --json`` writes: an answer, or a refusal.

    Names, units and order of the results are the question's, whatever it is asked. Where ranges were given, results
    have their quantiles, too.

    Examples
    --------
    >>> answer = answer_schema(find("training-gpus"))["$defs"]["answer"]
    >>> answer["properties"]["results"]["properties"]["gpus"]["properties"]["unit"]
    {'const': 'GPU'}
    """
    asked = json_schema(question)["properties"]
    results = {result["name"]: _result(result) for result in question.answer().listed()}
    moves = {"type": "array", "items": {"$ref": "#/$defs/move"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": question.title,
        "description": (
            "What llmcalc answer writes with --json: an answer on standard output, or a refusal on standard error."
        ),
        "oneOf": [{"$ref": "#/$defs/answer"}, {"$ref": "#/$defs/refusal"}],
        "$defs": {
            "answer": _object(
                {
                    "question": {"const": question.name},
                    "parameters": _object({name: _given(described) for name, described in asked.items()}),
                    "results": _object(results),
                    "version": {"type": "string", "description": "Version of llmcalc"},
                },
                {
                    "points": {"type": "integer", "description": "Points at which the ranges were looked at"},
                    "refused": {"type": "integer", "description": "Points at which the question has no answer"},
                    "moves": {
                        "type": "object",
                        "description": "By result, the ranges that move it, the strongest first",
                        "additionalProperties": moves,
                    },
                },
            ),
            "move": _object(
                {
                    "names": {"type": "array", "items": {"enum": list(asked)}, "description": "What moves together"},
                    "low": {"type": ["number", "null"], "description": "The result at the low end"},
                    "high": {"type": ["number", "null"], "description": "The result at the high end"},
                }
            ),
            "refusal": _object({"error": _object(_REFUSAL)}),
        },
    }


_REFUSAL = {
    "argument": {"type": "string", "description": "What was refused: a parameter, or an option of the command"},
    "value": {"type": ["string", "number", "boolean", "null"], "description": "What was given"},
    "unit": {"type": "string", "description": "Unit of the argument, empty where it has none"},
    "accepted": {"type": "string", "description": "What to give instead"},
    "message": {"type": "string", "description": "All of it in a sentence, in one line"},
}
_SPREAD = {
    "p10": {"type": "number", "description": "10 of 100 points stay below it"},
    "median": {"type": "number", "description": "Half of the points stay below it"},
    "p90": {"type": "number", "description": "90 of 100 points stay below it"},
    "share": {"type": "number", "description": "Share of the points that have a number"},
    "first": {"type": "number", "description": "Where the first bar of the histogram begins"},
    "last": {"type": "number", "description": "Where the last bar ends"},
    "bars": {"type": "array", "items": {"type": "integer"}, "description": "Points in each bar of equal width"},
}


def _object(needed: dict[str, Any], further: "dict[str, Any] | None" = None) -> dict[str, Any]:
    properties = needed | (further or {})
    return {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False}


def _given(described: dict[str, Any]) -> dict[str, Any]:
    """A parameter as an answer repeats it: a number may have been a range, which is a text."""
    if described["type"] in ("number", "integer"):
        kinds: Any = ["number", "string"]
    else:
        kinds = described["type"]
    kept = {word: described[word] for word in ("description", "unit") if word in described}
    return {"type": kinds} | kept


def _result(result: dict[str, Any]) -> dict[str, Any]:
    described = _object(
        {
            "value": {"type": ["number", "null"], "description": "null where no number suffices"},
            "unit": {"const": result["unit"]},
            "label": {"type": "string", "description": "What it is"},
        },
        {"reason": {"type": "string", "description": "Why there is no number, or the words that answer"}, **_SPREAD},
    )
    without = {"properties": {"value": {"type": "null"}}}
    return {"title": result["label"]} | described | {
        "if": without, "then": {"required": ["reason"]}, "else": {"not": {"required": ["reason"]}}
    }  # fmt: skip


def _property(parameter: Parameter) -> dict[str, Any]:
    kinds = {float: "number", int: "integer", str: "string", bool: "boolean"}
    described: dict[str, Any] = {"type": kinds[parameter.type], "description": parameter.meaning}
    if parameter.type in (int, float):
        described |= {"unit": parameter.unit, "minimum": parameter.low, "maximum": parameter.high}
    if parameter.own:
        described["anyOf"] = [{"enum": list(parameter.choices)}, {"pattern": r"^\s*\{"}]
    elif parameter.choices:
        described["enum"] = list(parameter.choices)
    return described | {"default": parameter.default}
