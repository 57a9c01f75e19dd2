"""The public formulas, found by looking, and what the vocabulary says of their arguments."""

import importlib
import inspect
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from numpydoc.docscrape import FunctionDoc

import llmcalc
from llmcalc.vocabulary import INFINITY, WORDS
from tests.grouped import together

SOURCE = Path(llmcalc.__file__).parent
MODULES = sorted(path.stem for path in (SOURCE / "formulas").glob("*.py") if path.stem != "__init__")
UNIT = re.compile(r"\[([^\]]+)\]\.$")
FEWER = re.compile("0 or more and fewer")


@dataclass(frozen=True)
class Argument:
    name: str
    unit: str
    text: str
    limited: bool = False

    @property
    def range(self):
        return WORDS[self.name].range

    @property
    def typical(self):
        """A value inside the range, apart from that of other arguments."""
        if self.range.high == 1:
            return 0.4
        return 10.0 if self.limited else 1000.0 + 7 * len(self.name)

    @property
    def refused(self):
        """Numbers just outside, and far outside, the range."""
        bad = [float("nan"), INFINITY, -INFINITY, self.range.low - 1.0]
        if self.range.low_open:
            bad.append(float(self.range.low))
        if self.range.high != INFINITY:
            bad += [self.range.high + 0.5, *([float(self.range.high)] if self.range.high_open else [])]
        return bad

    @property
    def ends(self):
        """The ends that belong to the range."""
        low = [] if self.range.low_open else [float(self.range.low)]
        return low + ([] if self.range.high_open else [float(self.range.high)])


@dataclass(frozen=True)
class Formula:
    module: str
    name: str
    function: object
    arguments: list
    unit: str

    def __str__(self):
        return f"{self.module}.{self.name}"

    @property
    def typical(self):
        return {argument.name: argument.typical for argument in self.arguments}


def unit_in(lines, where):
    match = UNIT.search(" ".join(lines).strip())
    assert match, f"{where} ends without a unit in brackets and a full stop"
    return match[1]


def _argument(described, where):
    text = " ".join(described.desc)
    unit = unit_in(described.desc, f"{where}, argument {described.name},")
    return Argument(described.name, unit, text, limited=bool(FEWER.search(text)))


def _formulas():
    for module_name in MODULES:
        module = importlib.import_module(f"llmcalc.formulas.{module_name}")
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
                where = f"{module_name}.{name}"
                documentation = FunctionDoc(function)
                signature = inspect.signature(function).parameters
                described = documentation["Parameters"]
                assert [entry.name for entry in described] == list(signature), f"{where} documents other arguments"
                arguments = [_argument(entry, where) for entry in described]
                [result] = documentation["Returns"]
                yield Formula(module_name, name, function, arguments, unit_in(result.desc, f"{where}, result,"))


FORMULAS = list(_formulas())


def every_formula(test):
    """Run a test for every formula, those of a module together."""
    return together(pytest.mark.parametrize("formula", FORMULAS)(test), by=lambda formula: formula.module)
