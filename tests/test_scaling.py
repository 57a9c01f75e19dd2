"""The scaling laws against what their authors print, and their optima against a search."""

import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc.formulas import scaling, training
from llmcalc.report import tables

CONSTANTS = {
    law: dict(zip(group["constant"], group["value"], strict=True))
    for law, group in tables.read("scaling-law-constants").groupby("law")
}
budgets = st.floats(min_value=1e18, max_value=1e27)
exponents = st.floats(min_value=0.05, max_value=0.9)
coefficients = st.floats(min_value=1.0, max_value=1e5)


def without_limit(law):
    return {name: value for name, value in CONSTANTS[law].items() if name != "irreducible_loss"}


@pytest.mark.parametrize(
    ("function", "law"),
    [
        (scaling.kaplan_frontier_params, "kaplan-frontier"),
        (scaling.kaplan_loss, "kaplan-loss"),
        (scaling.kaplan_steps_loss, "kaplan-steps"),
        (scaling.kaplan_steps_params, "kaplan-steps"),
        (scaling.chinchilla_loss, "chinchilla"),
    ],
)
def test_the_constants_on_file_are_the_functions_defaults(function, law):
    arguments = {
        name: 1e20 for name in ("params", "tokens", "budget_flop") if name in inspect.signature(function).parameters
    }
    assert function(**arguments, **CONSTANTS[law]) == function(**arguments)


# Hoffmann et al. 2022 (arXiv:2203.15556), table 3: FLOP, parameters and tokens by its first approach.
TABLE_3 = [
    (1.92e19, 400e6, 8.0e9),
    (1.21e20, 1e9, 20.2e9),
    (1.23e22, 10e9, 205.1e9),
    (5.76e23, 67e9, 1.5e12),
    (3.85e24, 175e9, 3.7e12),
    (9.90e24, 280e9, 5.9e12),
]


@pytest.mark.parametrize(("flop", "params", "tokens"), TABLE_3)
def test_twenty_tokens_a_parameter_are_the_chinchilla_papers_table_3(flop, params, tokens):
    assert scaling.optimal_tokens(params) == pytest.approx(tokens, rel=0.12)
    assert scaling.optimal_params(flop) == pytest.approx(params, rel=0.05)


def test_the_exponents_of_the_frontier_are_those_of_the_papers():
    def growth(function, **constants):
        return math.log10(function(1e24, **constants) / function(1e23, **constants))

    # Hoffmann et al. 2022, table 2: 0.46 by its third approach, from exponents of more digits than it prints.
    assert growth(scaling.chinchilla_params, params_exponent=0.3392, tokens_exponent=0.2849) == pytest.approx(
        0.46, abs=0.005
    )
    # Besiroglu et al. 2024: 0.513, in agreement with the other two approaches' 0.50 and 0.49.
    assert growth(scaling.chinchilla_params, **without_limit("replication")) == pytest.approx(0.513, abs=0.0005)
    # Kaplan et al. 2020, equation 6.1.
    assert growth(scaling.kaplan_frontier_params) == pytest.approx(0.73)


def test_the_replication_finds_about_twenty_tokens_a_parameter_at_chinchillas_budget():
    budget = 5.76e23
    params = scaling.chinchilla_params(budget, **without_limit("replication"))
    assert training.tokens_per_param(training.affordable_tokens(budget, params), params) == pytest.approx(20, rel=0.15)


# Kaplan et al. 2020 (arXiv:2001.08361), equation 4.4: 5e3 N^0.74 tokens keep the loss within 0.02 of endless data's.
@pytest.mark.parametrize("params", [1e7, 1e8, 1.5e9])
def test_kaplans_law_needs_the_data_that_its_authors_say(params):
    excess = scaling.kaplan_loss(params, 5e3 * params**0.74) / scaling.kaplan_loss(params, 1e30) - 1
    assert excess == pytest.approx(0.02, abs=0.004)


def test_kaplans_law_has_its_limits():
    # Equation 1.5 for endless data and for an endless model: pure power laws of one argument.
    assert scaling.kaplan_loss(1e9, 1e60) == pytest.approx((6.4e13 / 1e9) ** 0.076)
    assert scaling.kaplan_loss(1e60, 1e9) == pytest.approx((1.8e13 / 1e9) ** 0.103)


def test_the_larger_of_the_talks_two_models_is_worse_by_every_loss():
    # Computed by hand from the constants.
    assert scaling.kaplan_loss(100e9, 200e9) == pytest.approx(1.7325, abs=5e-5)
    assert scaling.kaplan_loss(200e9, 100e9) == pytest.approx(1.7664, abs=5e-5)
    assert scaling.chinchilla_loss(100e9, 200e9) == pytest.approx(2.0453, abs=5e-5)
    assert scaling.chinchilla_loss(200e9, 100e9) == pytest.approx(2.0900, abs=5e-5)
    assert scaling.chinchilla_loss(100e9, 200e9, **CONSTANTS["replication"]) == pytest.approx(2.0424, abs=5e-5)
    assert scaling.chinchilla_loss(200e9, 100e9, **CONSTANTS["replication"]) == pytest.approx(2.0712, abs=5e-5)


def is_least(loss, budget, best):
    """Whether no other split of the budget has a smaller loss."""
    others = best * np.geomspace(0.01, 100, 41)
    least = loss(best, training.affordable_tokens(budget, best))
    return bool((loss(others, training.affordable_tokens(budget, others)) >= least * (1 - 1e-12)).all())


@given(budget=budgets, a=coefficients, b=coefficients, alpha=exponents, beta=exponents)
def test_chinchillas_closed_form_minimises_the_loss_along_the_isoflop_curve(budget, a, b, alpha, beta):
    constants = {
        "params_coefficient": a,
        "tokens_coefficient": b,
        "params_exponent": alpha,
        "tokens_exponent": beta,
    }
    best = scaling.chinchilla_params(budget, **constants)
    assert is_least(lambda n, d: scaling.chinchilla_loss(n, d, **constants), budget, best)


@given(budget=budgets, alpha=exponents, beta=exponents)
def test_kaplans_closed_form_minimises_the_loss_along_the_isoflop_curve(budget, alpha, beta):
    constants = {"params_exponent": alpha, "tokens_exponent": beta}
    best = scaling.kaplan_loss_params(budget, **constants)
    assert is_least(lambda n, d: scaling.kaplan_loss(n, d, **constants), budget, best)


@given(budget=budgets, unit=st.sampled_from([1e3, 1e6, 1e9]))
def test_counting_in_other_units_changes_the_coefficients_and_nothing_else(budget, unit):
    scaled = {"params_coefficient": 406.4 / unit**0.34, "params_unit": unit}
    assert math.isclose(scaling.chinchilla_params(budget, **scaled), scaling.chinchilla_params(budget), rel_tol=1e-9)
    assert math.isclose(scaling.chinchilla_loss(1e9, 1e10, **scaled), scaling.chinchilla_loss(1e9, 1e10), rel_tol=1e-9)


@given(budget=budgets, ratio=st.floats(min_value=0.1, max_value=1000))
def test_the_rule_spends_the_whole_budget(budget, ratio):
    params = scaling.optimal_params(budget, ratio)
    assert math.isclose(training.train_flop(params, scaling.optimal_tokens(params, ratio)), budget, rel_tol=1e-9)


@given(size=st.floats(min_value=1.0, max_value=1e18), width=st.floats(1, 4), characters=st.floats(0.25, 20))
def test_tokens_of_a_corpus_give_back_its_size(size, width, characters):
    tokens = scaling.corpus_tokens(size, width, characters)
    assert math.isclose(scaling.corpus_size(tokens, width, characters), size, rel_tol=1e-12)
    assert math.isclose(scaling.bytes_per_token(size, tokens), width * characters, rel_tol=1e-12)


@pytest.mark.parametrize(("params", "tokens"), [(100e9, 200e9), (200e9, 100e9), (1e6, 1e15), (1e14, 1e6)])
def test_kaplans_law_of_steps_solves_its_own_equation(params, tokens):
    loss = scaling.kaplan_steps_loss(params, tokens)
    steps = tokens / (2.1e8 / loss ** (1 / 0.21))
    assert (6.5e13 / params) ** 0.077 + (2.1e3 / steps) ** 0.76 == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("budget", [8.64e19, 1.2e23, 1e26])
def test_no_neighbour_of_the_best_split_by_steps_is_better(budget):
    best = scaling.kaplan_steps_params(budget)
    least = scaling.kaplan_steps_loss(best, training.affordable_tokens(budget, best))
    for size in (0.5 * best, 0.99 * best, 1.01 * best, 2 * best):
        assert scaling.kaplan_steps_loss(size, training.affordable_tokens(budget, size)) > least
    # Equation B.5: it stops a share of the exponents' ratio above the loss of endless training.
    endless = scaling.kaplan_steps_loss(best, 1e60)
    assert least / endless - 1 == pytest.approx(0.077 / 0.76)


def test_kaplans_law_of_steps_prefers_the_smaller_of_the_talks_models():
    # Document 001, line 39, says the opposite in the name of the same paper.
    assert scaling.kaplan_steps_loss(100e9, 200e9) < scaling.kaplan_steps_loss(200e9, 100e9)
