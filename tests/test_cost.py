"""Costs of training against those that others published, and laws that hold for any run."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc.formulas import cost, training
from llmcalc.units import DAY, HOUR, KILOWATT_HOUR, MEGAWATT_HOUR, YEAR

amounts = st.floats(min_value=1e-3, max_value=1e15)
shares = st.floats(min_value=1e-3, max_value=1)


@pytest.mark.parametrize(
    ("gpu_hours", "megawatt_hours", "tonnes"),
    [(82432, 36, 14), (135168, 59, 23), (530432, 233, 90), (1022362, 449, 173)],
)
def test_energy_and_emissions_of_llama(gpu_hours, megawatt_hours, tonnes):
    # Touvron et al. 2023 (arXiv:2302.13971), table 15: 400 W, PUE 1.1, 0.385 kg a kWh; printed cut off.
    joules = cost.energy(gpu_hours * HOUR, 400, 1.1)
    assert joules / MEGAWATT_HOUR == pytest.approx(megawatt_hours, abs=1)
    assert cost.emissions(joules, 0.385 / KILOWATT_HOUR) / 1e3 == pytest.approx(tonnes, abs=1)


def test_gpu_years_of_gpt3():
    # Li 2020, lambda.ai/blog/demystifying-gpt-3: 355 GPU-years of a V100 at 28 TFLOP/s, 665 of an RTX 8000 at 15.
    assert cost.device_time(3.14e23, 28e12, 1) / YEAR == pytest.approx(355, abs=1)
    assert cost.device_time(3.14e23, 15e12, 1) / YEAR == pytest.approx(665, abs=2)


@pytest.mark.parametrize(
    ("million_gpu_hours", "million_dollars"), [(2.664, 5.328), (0.119, 0.238), (0.005, 0.01), (2.788, 5.576)]
)
def test_rent_of_deepseek_v3(million_gpu_hours, million_dollars):
    # DeepSeek-AI 2024 (arXiv:2412.19437), table 1: 2 dollars a GPU-hour.
    assert cost.rent(million_gpu_hours * 1e6 * HOUR, 2 / HOUR) == pytest.approx(million_dollars * 1e6, rel=1e-12)


@given(flop=amounts, price=amounts, peak=amounts, mfu=shares)
def test_what_a_run_costs_buys_that_run(flop, price, peak, mfu):
    seconds = cost.device_time(flop, peak, mfu)
    bill = cost.rent(seconds, price)
    assert math.isclose(cost.affordable_flop(bill, price, peak, mfu), flop, rel_tol=1e-12)
    assert math.isclose(cost.implied_price(bill, seconds), price, rel_tol=1e-12)


@given(flop=amounts, days=st.floats(min_value=0.1, max_value=1e4), peak=amounts, mfu=shares)
def test_a_deadline_changes_the_devices_and_not_the_device_time(flop, days, peak, mfu):
    devices = training.devices_for_deadline(flop, days * DAY, peak, mfu)
    assert math.isclose(devices * days * DAY, cost.device_time(flop, peak, mfu), rel_tol=1e-12)
