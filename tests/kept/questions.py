"""Formulas at points of their ranges, and what questions are answered."""

import json
import random

from llmcalc.checks import Refusal
from llmcalc.questions import questions
from tests.formulas import FORMULAS
from tests.kept.cells import brief, written


def formulas():
    """Every formula at a point in its range, with each argument smaller, too; their sources hold them elsewhere."""
    for formula in FORMULAS:
        smaller = {argument.name: 0.31 * argument.typical for argument in formula.arguments}
        points = {"typical": {}} | {f"smaller {name}": {name: value} for name, value in smaller.items()}
        for point, changed in points.items():
            told = {"formula": f"{formula.module}.{formula.name}", "point": point}
            try:
                yield told | {"result": written(float(formula.function(**(formula.typical | changed))))}
            except Refusal as refusal:
                yield told | {"refused": str(refusal)}


def parameters():
    """Defaults of all questions, and what their parameters take: forms, links and scenarios of readers rest on them."""
    for name, question in questions().items():
        for parameter in question.parameters.values():
            told = {"question": name, "parameter": parameter.name, "default": repr(parameter.default)}
            ends = {"low": parameter.low, "high": parameter.high}
            yield told | {end: "" if value is None else repr(value) for end, value in ends.items()}


SCENARIOS = 30
EACH = ("network", "number_format", "serving_format", "weight_format", "recomputation", "optimiser", "sharding")


def answers():
    """Answers to all questions where some of their parameters are others, with their sentences."""
    for name, question in questions().items():
        chance = random.Random(name)
        each = [{key: choice} for key, one in question.parameters.items() if key in EACH for choice in one.choices]
        for given in [*(scenario(question, chance) for _ in range(SCENARIOS)), *each]:
            told = {"question": name, "given": json.dumps(given)}
            try:
                answer = question.answer(**given)
            except Refusal as refusal:
                yield told | {"refused": str(refusal)}
                continue
            values = {result["name"]: result["value"] for result in answer.listed()}
            numbers = [f"{result}={brief(value)}" for result, value in values.items()]
            told |= {"kind": answer.kind, "sentence": answer.sentence, "results": " ".join(numbers)}
            ranges = [f"{name}={brief(low)}..{brief(high)}" for name, (low, high) in sorted(answer.errors.items())]
            yield told | {"errors": " ".join(ranges)}


def scenario(question, chance):
    """Some parameters of a question, chosen by chance: up to ten times as much or as little, or any of the choices."""
    several = chance.sample(sorted(question.parameters), min(chance.randint(1, 5), len(question.parameters)))
    given = {}
    for parameter in map(question.parameters.__getitem__, several):
        if parameter.choices:
            given[parameter.name] = chance.choice(parameter.choices)
        elif parameter.type is bool:
            given[parameter.name] = not parameter.default
        elif parameter.type in (int, float):
            around = (parameter.default or 1) * 10 ** chance.uniform(-1, 1)
            value = float(f"{min(max(around, parameter.low), parameter.high):.3g}")
            given[parameter.name] = round(value) if parameter.type is int else value
    return given
