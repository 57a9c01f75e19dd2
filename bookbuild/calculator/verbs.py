"""The first page's form: a few verbs, each a question of the book with its most important parameters."""

import tomllib
from collections.abc import Iterable
from functools import cache
from typing import Any

from bookbuild.calculator import calculators
from bookbuild.notebooks import ROOT
from bookbuild.templates import TEMPLATES
from llmcalc.formats import counted, number
from llmcalc.messages import message
from llmcalc.questions import Parameter, Question, find

PLACE = '<div class="verbs-place"></div>'
FILE = "verbs.json"
POINTS = 9
SPAN = 4.0  # the picture goes from a quarter of a value to four times it


@cache
def _listed() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = tomllib.loads((ROOT / "book" / "verbs.toml").read_text(encoding="utf-8"))["verbs"]
    return listed


def asked() -> set[str]:
    """Return the names of the questions that verbs ask."""
    return {verb["question"] for verb in _listed()}


@cache
def described() -> list[dict[str, Any]]:
    """Return the verbs with their fields, their default answers and the points of their first pictures."""
    return [_verb(verb, find(verb["question"])) for verb in _listed()]


def _verb(verb: dict[str, Any], question: Question) -> dict[str, Any]:
    answer = question.answer()
    listed = {result["name"]: result for result in answer.listed()}
    texts, when = answer.formatted(), verb.get("when", {})
    fields = [
        calculators.describe(question.parameters[name], question) | {"when": when.get(name, {})}
        for name in verb["fields"]
    ]
    first = {field["name"]: field["default"] for field in fields}
    for field in fields:
        field["waits"] = any(first[name] != text for name, text in field["when"].items())
    results = [
        {
            "name": name,
            "label": message(listed[name]["label"]),
            "text": message(texts[name]),
            "unit": ""
            if listed[name]["value"] is None
            else message(counted(listed[name]["unit"], listed[name]["value"])),
        }
        for name in verb["results"]
    ]
    pictures = [_picture(picture, question, listed) for picture in verb["pictures"]]
    return {
        "name": verb["name"],
        "asks": message(verb["asks"]),
        "question": question.name,
        "title": message(question.title),
        "sentence": answer.sentence,
        "kind": answer.kind,
        "fields": fields,
        "results": results,
        "pictures": pictures,
        "points": _points(question, pictures[0]) if pictures else None,
    }


def _picture(picture: dict[str, Any], question: Question, listed: dict[str, Any]) -> dict[str, Any]:
    across, along = question.parameters[picture["across"]], listed[picture["along"]]
    return {
        "when": picture.get("when", {}),
        "only": picture.get("only", {}),
        "across": calculators.describe(across, question),
        "along": {
            "name": along["name"],
            "label": message(along["label"]),
            "unit": message(along["unit"]),
            "units": message(counted(along["unit"])),
        },
    }


def _points(question: Question, picture: dict[str, Any]) -> dict[str, Any]:
    """Return the first picture's points, which are worked out here as the page works out those that follow.

    The last value, beyond those across, is where the answer is.
    """
    across, found = question.parameters[picture["across"]["name"]], []
    asked = [*spaced(across), across.default]
    for value in asked:
        answer = question.answer(**{across.name: value})
        counts = all(answer[name] == text for name, text in picture["only"].items())
        found.append(answer.numbers()[picture["along"]["name"]] if counts else None)
    return {
        "across": spaced(across),
        "here": across.default,
        "values": found,
        "texts": [number(value) for value in found],
        "given": [number(value) for value in asked],
    }


def spaced(parameter: Parameter) -> list[float]:
    """Return values round a parameter's default, evenly in their logarithms, within its limits.

    Examples
    --------
    >>> spaced(find("serving-users").parameters["users"])[::4]
    [250000.0, 1000000.0, 4000000.0]
    """
    assert parameter.low is not None
    assert parameter.high is not None
    middle = parameter.default or 1
    values = [middle * SPAN ** (place / (POINTS // 2) - 1) for place in range(POINTS)]
    kept = sorted({min(parameter.high, max(parameter.low, value)) for value in values})
    return sorted({round(value) for value in kept}) if parameter.type is int else kept


def place(body: str, address: str, listed: Iterable[dict[str, Any]]) -> str:
    """Put the form of verbs, as they were described, into the first page's HTML."""
    template = TEMPLATES.get_template("verbs.html")
    shown = [verb | {"fields": [{"choices": [], "own": ""} | field for field in verb["fields"]]} for verb in listed]
    return body.replace(PLACE, template.render(verbs=shown, address=address))


def files() -> dict[str, str]:
    """Return what the form fetches, by file name."""
    return {FILE: calculators.packed({"verbs": described()})}
