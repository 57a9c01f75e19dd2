"""The public formulas, and what their docstrings say of their arguments."""

import importlib
import inspect
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from numpydoc.docscrape import FunctionDoc

import llmcalc

SOURCE = Path(llmcalc.__file__).parent
NOT_OF_FORMULAS = {
    "__init__",
    "availability",
    "catalogue",
    "checks",
    "fitting",
    "diagnosis",
    "formats",
    "ledger",
    "lookups",
    "networks",
    "planning",
    "plots",
    "results",
    "scheduling",
    "tables",
    "timelines",
    "units",
    "vocabulary",
}
MODULES = sorted({path.stem for path in SOURCE.glob("*.py")} - NOT_OF_FORMULAS)
UNIT = re.compile(r"\[([^\]]+)\]\.$")
BOUNDS = re.compile(r"0 (?P<low><=?) (?P<name>\w+) (?P<high><=?) 1\b")
FEWER = re.compile("0 or more and fewer")
FROM_ZERO = re.compile("0 or more")


@dataclass(frozen=True)
class Argument:
    name: str
    unit: str
    low_open: bool = True
    fraction: bool = False
    high_open: bool = True
    limited: bool = False

    @property
    def typical(self):
        """A value inside the range, apart from that of other arguments."""
        if self.fraction:
            return 0.4
        return 10.0 if self.limited else 1000.0 + 7 * len(self.name)

    @property
    def refused(self):
        bad = [float("nan"), float("inf"), float("-inf"), -1.0]
        if self.low_open:
            bad.append(0.0)
        if self.fraction:
            bad += [1.0, 1.5] if self.high_open else [1.5]
        return bad


@dataclass(frozen=True)
class Formula:
    module: str
    name: str
    function: object
    arguments: list
    unit: str

    @property
    def typical(self):
        return {argument.name: argument.typical for argument in self.arguments}


def _unit(lines, where):
    match = UNIT.search(" ".join(lines).strip())
    assert match, f"{where} ends without a unit in brackets and a full stop"
    return match[1]


def _argument(described, where):
    text = " ".join(described.desc)
    bounds = BOUNDS.search(text)
    return Argument(
        name=described.name,
        unit=_unit(described.desc, f"{where}, argument {described.name},"),
        low_open=not (bounds and bounds["low"] == "<=") and not FROM_ZERO.search(text),
        fraction=bool(bounds),
        high_open=bool(bounds) and bounds["high"] == "<",
        limited=bool(FEWER.search(text)),
    )


def _formulas():
    for module_name in MODULES:
        module = importlib.import_module(f"llmcalc.{module_name}")
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
                where = f"{module_name}.{name}"
                documentation = FunctionDoc(function)
                signature = inspect.signature(function).parameters
                described = documentation["Parameters"]
                assert [entry.name for entry in described] == list(signature), f"{where} documents other arguments"
                arguments = [_argument(entry, where) for entry in described]
                [result] = documentation["Returns"]
                yield Formula(module_name, name, function, arguments, _unit(result.desc, f"{where}, result,"))


FORMULAS = list(_formulas())
every_formula = pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: f"{formula.module}.{formula.name}")
every_argument = pytest.mark.parametrize(
    ("formula", "argument"),
    [(formula, argument) for formula in FORMULAS for argument in formula.arguments],
    ids=lambda value: value.name,
)
