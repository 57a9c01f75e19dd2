"""Every default of a formula is one on which an example depends that leaves it out, so that none can move unnoticed."""

import doctest
import importlib
import inspect
import sys

import pytest

from tests.formulas import FORMULAS
from tests.grouped import together

DEFAULTS = [
    (formula, parameter)
    for formula in FORMULAS
    for parameter in inspect.signature(formula.function).parameters.values()
    if parameter.default is not inspect.Parameter.empty
]
assert DEFAULTS


def printed(example, names):
    """What an example prints, or the refusal that it ends in."""
    shown = []
    hook, sys.displayhook = sys.displayhook, lambda value: shown.append(repr(value))
    try:
        exec(compile(example.source, "example", "single"), names)
    except ValueError as refusal:
        return repr(refusal)
    finally:
        sys.displayhook = hook
    return " ".join(shown)


@together
@pytest.mark.parametrize("share", [0.9, 1.1])
@pytest.mark.parametrize(("formula", "parameter"), DEFAULTS)
def test_an_example_would_notice_another_default(formula, parameter, share):
    names = dict(vars(importlib.import_module(f"llmcalc.formulas.{formula.module}")))
    other = parameter.default * share if parameter.default else share - 1

    def moved(*values, **named):
        given = inspect.signature(formula.function).bind(*values, **named).arguments
        return formula.function(*values, **({} if parameter.name in given else {parameter.name: other}), **named)

    [documented] = doctest.DocTestFinder(recurse=False).find(formula.function, globs=names)
    changed = names | {formula.name: moved}
    assert any(printed(example, names) != printed(example, changed) for example in documented.examples), (
        f"no example of {formula.name} leaves out {parameter.name} and depends on it"
    )
