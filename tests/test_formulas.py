"""What every formula of llmcalc must do, whatever it computes."""

import math

import dask.array
import numpy as np
import pandas as pd
import pint
import pytest
import xarray
from numpydoc.docscrape import FunctionDoc

from llmcalc.checks import CACHED, Refusal
from llmcalc.formulas.training import train_flop
from llmcalc.vocabulary import WORDS
from tests.formulas import FORMULAS, every_formula

CARRIERS = {
    "numpy": np.array,
    "pandas": pd.Series,
    "xarray": lambda values: xarray.DataArray(values, dims="scenario"),
    "dask": lambda values: dask.array.from_array(np.array(values), chunks=3, name=False),
}
NONSENSE = [
    "many",
    None,
    True,
    2j,
    pd.NA,
    [1.0],
    np.array(["1"]),
    np.array([True]),
    np.array([1.0, None], dtype=object),
    np.array([1j]),
    np.array(3, dtype="timedelta64[s]"),
    pd.Series([1.0, pd.NA], dtype="Float64"),
    pd.Series([1, None], dtype="Int64"),
    10**400,
]

FIRST_OF_RANGE = {}
for formula in FORMULAS:
    for argument in formula.arguments:
        FIRST_OF_RANGE.setdefault(tuple(map(str, argument.refused)), (formula.name, argument.name))


@pytest.fixture(autouse=True, scope="module")
def nearby():
    """Threads would cost more than they compute."""
    with dask.config.set(scheduler="synchronous"):
        yield


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


@every_formula
def test_an_argument_is_a_word_of_the_vocabulary_with_its_unit(formula):
    for argument in formula.arguments:
        assert WORDS[argument.name].unit == argument.unit


@every_formula
def test_a_docstring_names_the_ends_that_its_word_has(formula):
    for argument in formula.arguments:
        if argument.range.high == 1:
            low, high = ("<" if argument.range.low_open else "<="), ("<" if argument.range.high_open else "<=")
            assert f"0 {low} {argument.name} {high} 1" in argument.text
        elif not argument.range.low_open:
            assert f"{argument.range.low} or more" in argument.text


@every_formula
def test_a_formula_says_where_it_comes_from_and_what_it_refuses(formula):
    documentation = FunctionDoc(formula.function)
    assert documentation["References"], "no source"
    assert documentation["Examples"], "no example with a printed number"
    assert [entry.type for entry in documentation["Raises"]] == ["ValueError"]
    assert ".. math::" in formula.function.__doc__


@every_formula
def test_an_array_gives_what_its_elements_give(formula):
    # From 0.9 to the typical value, which keeps fractions and order relations between arguments in range.
    shares = [0.9, 0.95, 1.0]
    expected = [
        formula.function(**{name: share * value for name, value in formula.typical.items()}) for share in shares
    ]
    for carry in CARRIERS.values():
        arrays = {name: carry([share * value for share in shares]) for name, value in formula.typical.items()}
        result = formula.function(**arrays)
        assert type(result) is type(next(iter(arrays.values())))
        np.testing.assert_array_equal(np.asarray(result), expected)


@every_formula
def test_a_single_array_is_broadcast(formula):
    for argument in formula.arguments:
        values = formula.typical | {argument.name: np.array([[argument.typical], [0.9 * argument.typical]])}
        assert formula.function(**values).shape == (2, 1)


LARGEST = {
    "int8": 99,
    "uint8": 199,
    "int16": 30_000,
    "int32": 2 * 10**9,
    "int64": 4 * 10**18,
    "uint64": 4 * 10**18,
}


@every_formula
def test_whole_numbers_give_what_floats_give(formula):
    for width, largest in LARGEST.items():
        values = {
            argument.name: 1 if argument.range.high == 1 else 7 if argument.limited else largest
            for argument in formula.arguments
            if argument.range.holds(1)
        }
        floats = formula.typical | {name: np.array([float(value)]) for name, value in values.items()}
        whole = formula.typical | {name: np.array([value], dtype=width) for name, value in values.items()}
        with np.errstate(over="ignore"):
            np.testing.assert_allclose(
                np.asarray(formula.function(**whole), dtype=float), formula.function(**floats), rtol=1e-6
            )


@every_formula
def test_nonsense_is_refused_by_name(formula):
    for argument in formula.arguments:
        for bad in [*argument.refused, *NONSENSE]:
            with pytest.raises(Refusal, match=rf"^{argument.name} = ") as refusal:
                formula.function(**formula.typical | {argument.name: bad})
            assert refusal.value.argument == argument.name
            assert refusal.value.unit == argument.unit
            assert refusal.value.accepted
            assert argument.unit == "1" or f"[{argument.unit}]" in str(refusal.value)
            assert "\n" not in str(refusal.value)


@every_formula
def test_one_bad_element_is_found_and_named(formula):
    for argument in formula.arguments:
        for carrier in CARRIERS:
            # They take their time, and the same code checks all arguments: one of each range has them.
            first = FIRST_OF_RANGE[tuple(map(str, argument.refused))] == (formula.name, argument.name)
            for bad in argument.refused if first or carrier not in ("dask", "xarray") else ():
                values = CARRIERS[carrier]([argument.typical, bad, argument.typical])
                with pytest.raises(Refusal, match=rf"^{argument.name} = {str(bad).replace('.', '[.]')} "):
                    formula.function(**formula.typical | {argument.name: values})


@every_formula
def test_the_ends_of_a_range_are_accepted_where_it_includes_them(formula):
    for argument in formula.arguments:
        for end in argument.ends:
            assert math.isfinite(formula.function(**formula.typical | {argument.name: end}))


@every_formula
def test_arrays_that_do_not_line_up_are_refused(formula):
    if len(formula.arguments) < 2:
        return
    first, second = formula.arguments[:2]
    for one, other in [
        (pd.Series([1.0] * 2), pd.Series([1.0] * 2, index=[1, 2])),
        (np.ones(2), np.ones(3)),
        (pd.Series([1.0] * 2), np.ones(3)),
        (xarray.DataArray([1.0] * 2, {"x": [0, 1]}, "x"), xarray.DataArray([1.0] * 2, {"x": [1, 2]}, "x")),
    ]:
        values = {first.name: one * first.typical, second.name: other * second.typical}
        with pytest.raises(Refusal, match="line up"):
            formula.function(**formula.typical | values)


@pytest.mark.parametrize("place", [0, CACHED - 1, CACHED, 2 * CACHED + 5])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, 0.0])
def test_one_bad_element_of_an_array_larger_than_a_cache_is_found(bad, place):
    tokens = np.full(2 * CACHED + 6, 3e11)
    assert train_flop(175e9, tokens).size == tokens.size
    tokens[place] = bad
    with pytest.raises(Refusal, match=rf"^tokens = {bad} "):
        train_flop(175e9, tokens)


def test_an_empty_sweep_stays_empty():
    assert train_flop(np.array([]), 300e9).size == 0


def test_columns_of_whole_numbers_do_not_overflow():
    """A table of GPT-3 and Chinchilla, read from a file, with integer columns."""
    table = pd.DataFrame({"params": [175_000_000_000, 70_000_000_000], "tokens": [300_000_000_000, 1_400_000_000_000]})
    assert train_flop(table.params, table.tokens).tolist() == [3.15e23, 5.88e23]
