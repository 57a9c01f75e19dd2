"""Failures: the closed form against events, the best interval against a search, and spares against the binomial."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc import answers, datasets
from llmcalc.checks import Refusal
from llmcalc.formulas import reliability
from llmcalc.interruptions import simulate
from llmcalc.models import availability
from llmcalc.units import DAY, HOUR, MINUTE

# Training between checkpoints, stall, recovery and time between failures: rare, frequent and desperate failures [s].
CASES = [(250.0, 3.0, 900.0, 11124.0), (7000.0, 300.0, 600.0, 86400.0), (540.0, 300.0, 600.0, 900.0)]


@pytest.mark.parametrize("case", CASES)
def test_the_closed_form_gives_what_events_give(case):
    drawn = [simulate(*case, segments=2000, seed=seed) for seed in range(12)]
    error = np.std(drawn) / math.sqrt(len(drawn))
    assert reliability.goodput(*case) == pytest.approx(np.mean(drawn), abs=4 * error)
    assert error < 0.02 * np.mean(drawn)


def test_daly_prints_the_intervals_of_his_figures():
    printed = {24 * HOUR: 117, 6 * HOUR: 57, 15 * MINUTE: 9.1}
    for mtbf, minutes in printed.items():
        found = reliability.daly_interval(5 * MINUTE, mtbf) / MINUTE
        assert found == pytest.approx(minutes, abs=0.5 if minutes > 10 else 0.05)


@pytest.mark.parametrize("share", [1e-6, 1e-4, 1e-2, 0.1, 0.5, 1.0])
def test_no_interval_is_better_than_dalys(share):
    mtbf = 3 * HOUR
    stall = share * mtbf
    tried = np.geomspace(0.01, 30, 3001) * reliability.young_interval(stall, mtbf)
    best = reliability.goodput(reliability.daly_interval(stall, mtbf), stall, 600.0, mtbf)
    assert best >= (1 - 5e-3 * share) * reliability.goodput(tried, stall, 600.0, mtbf).max()


def test_daly_saves_once_between_failures_where_saving_takes_twice_as_long_as_they_do():
    assert reliability.daly_interval(200.0, 100.0) == 100.0
    assert reliability.daly_interval(199.999, 100.0) < 90


def test_young_and_daly_agree_where_a_checkpoint_costs_little():
    young, daly = (interval(1e-3, 1e6) for interval in (reliability.young_interval, reliability.daly_interval))
    assert young == pytest.approx(daly, rel=1e-4)


TIMES = st.floats(1.0, 1e5)


@given(interval=TIMES, stall=TIMES, recovery=TIMES, mtbf=TIMES, factor=st.floats(1.0, 100.0))
def test_rarer_failures_and_faster_recovery_never_cost_more(interval, stall, recovery, mtbf, factor):
    base = reliability.goodput(interval, stall, recovery, mtbf)
    assert 0 <= base <= 1
    for better in (
        reliability.goodput(interval, stall, recovery, factor * mtbf),
        reliability.goodput(interval, stall, recovery / factor, mtbf),
        reliability.goodput(interval, stall / factor, recovery, mtbf),
    ):
        assert better >= base * (1 - 1e-9)


def test_without_failures_only_checkpoints_cost():
    assert reliability.goodput(100.0, 1.0, 1000.0, 1e15) == pytest.approx(100 / 101, rel=1e-9)
    assert reliability.downtime_share(1000.0, 1e15) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("mean", [0.01, 1.0, 7.7, 150.0, 1e5])
@pytest.mark.parametrize("probability", [0.5, 0.9, 0.999])
def test_spares_are_a_quantile_of_the_poisson_distribution(mean, probability):
    from scipy import stats  # which takes a second to load

    assert availability.spares(mean, probability) == int(stats.poisson.ppf(probability, mean))


def test_spares_of_few_servers_are_those_of_the_binomial_distribution():
    blocks, out = 200, 0.004
    distribution = availability.working_blocks(blocks, 1 - out)[::-1]
    reached = np.cumsum(distribution)
    assert availability.spares(blocks * out, 0.99) == int(np.argmax(reached >= 0.99))


def test_a_node_of_rsc_1_makes_the_hours_that_its_paper_projects():
    row = datasets.record("failures-published", "id", "rsc-1")
    of_node = reliability.device_mtbf(row["devices"], row["days"] * DAY, row["failures"])
    assert reliability.mtbf_of_all(of_node, 16384) / HOUR == pytest.approx(1.8, abs=0.05)


def test_llama_3_trains_effectively_for_nine_tenths_of_the_time():
    row = datasets.record("failures-published", "id", "llama-3")
    assert answers.failures()["goodput"] / 100 == pytest.approx(row["effective"], abs=0.01)


def test_the_shares_of_the_time_are_all_of_it():
    answer = answers.failures(blocking_share=0.3, checkpoint_minutes=20)
    parts = ("goodput", "stalled", "detecting", "restarting", "reworked")
    assert sum(answer[name] for name in parts) == pytest.approx(100)
    assert all(answer[name] > 0 for name in parts)
    assert answer["calendar_days"] == pytest.approx(54 / answer["goodput"] * 100)


def test_more_devices_never_finish_with_more_goodput():
    goodputs = [answers.failures(devices=devices)["goodput"] for devices in (8, 1024, 16384, 131072, 1000000)]
    assert goodputs == sorted(goodputs, reverse=True)


def test_a_checkpoint_cannot_start_before_the_last_is_written():
    slow = {"write_bandwidth": 10.0, "blocking_share": 0.0}
    answer = answers.failures(**slow)
    assert answer["interval_minutes"] * 60 >= answer["write_seconds"]
    with pytest.raises(Refusal) as refusal:
        answers.failures(**slow, checkpoint_minutes=1)
    assert refusal.value.argument == "checkpoint_minutes"


def test_a_run_that_does_not_end_says_so():
    answer = answers.failures(devices=1000000, failures=1e5, checkpoint_minutes=600)
    assert answer["calendar_days"] is None
    assert "faster" in answer.formatted()["calendar_days"]
