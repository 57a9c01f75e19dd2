"""What every formula of llmcalc must do, whatever it computes."""

import ast
import math

import dask.array
import numpy as np
import pandas as pd
import pint
import pytest
import xarray
from numpydoc.docscrape import FunctionDoc

from llmcalc.vocabulary import UNITS
from tests.formulas import FORMULAS, MODULES, SOURCE, every_argument, every_formula

CARRIERS = {
    "numpy": np.array,
    "pandas": pd.Series,
    "xarray": lambda values: xarray.DataArray(values, dims="scenario"),
    "dask": lambda values: dask.array.from_array(np.array(values), chunks=2),
}


@pytest.fixture(scope="module")
def units():
    registry = pint.UnitRegistry(None)
    bases = "second FLOP MAC op token parameter character pixel sample byte USD J kg"
    for base in bases.split():
        registry.define(f"{base} = [{base}]")
    registry.define("s = second")
    registry.define("W = J / second")
    return registry


@every_formula
def test_the_units_of_the_docstring_are_true(formula, units):
    plain = formula.function(**formula.typical)
    with_units = formula.function(
        **{argument.name: argument.typical * units.parse_units(argument.unit) for argument in formula.arguments}
    )
    assert with_units.to(formula.unit).magnitude == pytest.approx(plain, rel=1e-12)


def test_a_wrong_unit_would_be_noticed(units):
    formula = next(formula for formula in FORMULAS if formula.name == "required_flops")
    with pytest.raises(pint.DimensionalityError):
        formula.function(flop=units.Quantity(1.0, "op"), seconds=units.Quantity(1.0, "s")).to(formula.unit)


@every_argument
def test_an_argument_has_one_unit_everywhere(formula, argument):
    assert UNITS[argument.name] == argument.unit


def test_the_vocabulary_has_no_word_too_many():
    used = {argument.name for formula in FORMULAS for argument in formula.arguments}
    of_scheduled_tasks = {"arrival", "interval", "setup", "setup_cards"}
    of_plans = {"microbatch", "overhead"}
    assert set(UNITS) == used | of_scheduled_tasks | of_plans


@every_formula
def test_a_formula_says_where_it_comes_from_and_what_it_refuses(formula):
    documentation = FunctionDoc(formula.function)
    assert documentation["References"], "no source"
    assert documentation["Examples"], "no example with a printed number"
    assert [entry.type for entry in documentation["Raises"]] == ["ValueError"]
    assert ".. math::" in formula.function.__doc__


@every_formula
@pytest.mark.parametrize("carrier", CARRIERS)
def test_an_array_gives_what_its_elements_give(formula, carrier):
    # From 0.9 to the typical value, which keeps fractions and order relations between arguments in range.
    shares = [0.9, 0.95, 1.0]
    arrays = {name: CARRIERS[carrier]([share * value for share in shares]) for name, value in formula.typical.items()}
    expected = [
        formula.function(**{name: share * value for name, value in formula.typical.items()}) for share in shares
    ]
    result = formula.function(**arrays)
    assert type(result) is type(next(iter(arrays.values())))
    np.testing.assert_array_equal(np.asarray(result), expected)


@every_argument
def test_a_single_array_is_broadcast(formula, argument):
    values = formula.typical | {argument.name: np.array([[argument.typical], [0.9 * argument.typical]])}
    assert formula.function(**values).shape == (2, 1)


@every_argument
def test_nonsense_is_refused_by_name(formula, argument):
    for bad in [*argument.refused, "many", None]:
        with pytest.raises(ValueError, match=rf"^{argument.name} = ") as refusal:
            formula.function(**formula.typical | {argument.name: bad})
        assert f"[{argument.unit}]" in str(refusal.value)
        assert "\n" not in str(refusal.value)


@every_argument
@pytest.mark.parametrize("carrier", CARRIERS)
def test_one_bad_element_is_found_and_named(formula, argument, carrier):
    for bad in argument.refused:
        values = CARRIERS[carrier]([argument.typical, bad, argument.typical])
        with pytest.raises(ValueError, match=rf"^{argument.name} = {str(bad).replace('.', '[.]')} "):
            formula.function(**formula.typical | {argument.name: values})


@every_argument
def test_the_ends_of_a_range_are_accepted_where_it_includes_them(formula, argument):
    ends = ([] if argument.low_open else [0.0]) + ([1.0] if argument.fraction and not argument.high_open else [])
    for end in ends:
        assert math.isfinite(formula.function(**formula.typical | {argument.name: end}))


def test_an_empty_sweep_stays_empty():
    from llmcalc.training import train_flop

    assert train_flop(np.array([]), 300e9).size == 0


@pytest.mark.parametrize("module", [*MODULES, "checks", "units", "vocabulary"])
def test_formula_modules_import_only_their_siblings(module):
    tree = ast.parse((SOURCE / f"{module}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= {"math"}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1
            assert node.module in {*MODULES, "checks", "units", "vocabulary"}
