"""Laws that the formulas obey for any numbers: inverses, and powers of each argument."""

import importlib
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcalc.formulas import backlog, devices, serving, training
from tests.formulas import FORMULAS

amounts = st.floats(min_value=1e-3, max_value=1e18)
from_one = st.floats(min_value=100.0, max_value=1e18)  # and still so after it has been scaled
shares = st.floats(min_value=1e-3, max_value=1.0)

# tests/laws says how results that are products grow with each argument: 1 in proportion, -1 inversely.
LAWS = [importlib.import_module(f"tests.laws.{path.stem}") for path in sorted(Path(__file__).parent.glob("laws/*.py"))]
POWERS = {function: powers for laws in LAWS for function, powers in laws.POWERS.items()}


def within(argument):
    return shares if argument.range.high == 1 else from_one if argument.range.low == 1 else amounts


@pytest.mark.parametrize("function", POWERS, ids=lambda function: function.__name__)
def test_results_scale_by_the_powers_of_their_arguments(function):
    formula = next(formula for formula in FORMULAS if formula.function is function)
    drawn = st.fixed_dictionaries({argument.name: within(argument) for argument in formula.arguments})

    @settings(max_examples=40)
    @given(values=drawn, factor=st.floats(min_value=0.01, max_value=1.0))
    def scales(values, factor):
        base = function(**values)
        assert set(POWERS[function]) == set(values)
        for name, power in POWERS[function].items():
            scaled = function(**values | {name: values[name] * factor})
            assert math.isclose(scaled, base * factor**power, rel_tol=1e-9)

    scales()


@given(params=amounts, tokens=amounts)
def test_a_budget_buys_back_the_parameters_and_tokens_it_was_made_for(params, tokens):
    flop = training.train_flop(params, tokens)
    assert math.isclose(training.affordable_params(flop, tokens), params, rel_tol=1e-12)
    assert math.isclose(training.affordable_tokens(flop, params), tokens, rel_tol=1e-12)
    assert math.isclose(training.largest_active_share(flop, params, tokens), 1.0, rel_tol=1e-12)


@given(flop=amounts, seconds=amounts, peak=amounts, mfu=shares)
def test_devices_days_and_utilisation_are_three_views_of_one_run(flop, seconds, peak, mfu):
    count = training.devices_for_deadline(flop, seconds, peak, mfu)
    assert math.isclose(training.training_seconds(flop, count, peak, mfu), seconds, rel_tol=1e-12)
    assert math.isclose(training.implied_mfu(flop, seconds, count, peak), mfu, rel_tol=1e-12)
    assert math.isclose(training.budget_flop(count, seconds, peak, mfu), flop, rel_tol=1e-12)


@given(params=amounts, rate=amounts, peak=amounts, mfu=shares)
def test_devices_sized_for_a_token_rate_serve_that_rate(params, rate, peak, mfu):
    count = devices.devices_for_flops(serving.inference_flops(params, rate), peak, mfu)
    assert math.isclose(serving.served_token_rate(count, params, peak, mfu), rate, rel_tol=1e-12)


@given(share=shares, rate=amounts)
def test_a_flat_day_has_no_peak_and_no_hour_is_below_the_mean_of_its_own_share(share, rate):
    assert math.isclose(serving.peak_rate(rate, 1 / 24), rate, rel_tol=1e-12)
    assert serving.peak_rate(rate, share) <= 24 * rate


@given(work=amounts, cluster=amounts)
def test_work_occupies_a_cluster_for_the_time_in_which_it_delivers_it(work, cluster):
    seconds = backlog.cluster_seconds(work, cluster)
    assert math.isclose(backlog.trial_work(cluster, seconds, 1), work, rel_tol=1e-12)


@given(count=st.floats(min_value=1e-6, max_value=1e11))
def test_rounding_up_covers_the_demand_by_less_than_one(count):
    whole = devices.round_up(count)
    assert whole == int(whole)
    assert count * (1 - 2e-12) <= whole < count + 1


@given(count=st.floats(min_value=1.0, max_value=1e11))
def test_rounding_down_and_up_meet_at_whole_numbers_and_differ_by_one_elsewhere(count):
    gap = devices.round_up(count) - devices.round_down(count)
    assert gap in (0, 1)
    assert devices.round_up(int(count)) == devices.round_down(int(count)) == int(count)


@given(whole=st.integers(min_value=1, max_value=10**9), part=st.floats(min_value=0.1, max_value=9.9))
def test_rounding_forgives_the_noise_of_a_product(whole, part):
    assert devices.round_up(whole * part / part) == whole
    assert devices.round_down(whole * part / part) == whole


@given(count=st.integers(min_value=1, max_value=10**6), per_server=st.integers(min_value=1, max_value=72))
def test_servers_hold_all_devices_and_one_fewer_does_not(count, per_server):
    needed = devices.servers(count, per_server)
    assert (needed - 1) * per_server < count <= needed * per_server
