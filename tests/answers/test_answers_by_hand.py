"""Answers by arithmetic alone, away from the defaults."""

import numpy as np
import pytest

from llmcalc import answers
from llmcalc.checks import Refusal


def test_a_year_of_vision_models_by_hand():
    given = {"tasks_per_year": 6, "trials": 4, "trial_days": 5.0, "setup_days": 3.0, "cluster_cards": 32}
    given |= {"cards_per_trial": 8, "card_tflops": 250.0, "days_in_year": 100.0}
    # Each task stands three days, and then trains its four times eight cards on all of them for five.
    found = answers.cv_backlog(**given)
    assert found["last_day"] == pytest.approx(6 * (3 + 5))
    assert found["slack_days"] == pytest.approx(100 - 48)
    assert found["utilisation"] == pytest.approx(100 * 6 * 4 * 8 * 5 / (32 * 100))
    assert found["cluster_pflops"] == pytest.approx(8)
    # Where only the task itself stands, another trains meanwhile: three days, and then one after the other.
    beside = answers.cv_backlog(**given, setup_holds_cluster=False)
    assert beside["last_day"] == pytest.approx(3 + 6 * 5)
    assert beside["slack_days"] == pytest.approx(100 - 33)
    # Of tasks that come every 100 / 6 days, the last comes after five of these.
    spread = answers.cv_backlog(**given, arrivals_spread=True)
    assert spread["last_day"] == pytest.approx(5 * 100 / 6 + 3 + 5)
    # A cluster of half as many cards, or as fast, takes twice as long for the table's FLOP.
    half = answers.cv_backlog(**(given | {"card_tflops": 125.0}))
    for name in ("literal_days", "contained_days"):
        assert half[name] == pytest.approx(2 * found[name])


def test_time_is_trained_stalled_or_lost():
    found = answers.failures()
    parts = ("goodput", "stalled", "detecting", "restarting", "reworked")
    assert sum(found[name] for name in parts) == pytest.approx(100)
    assert all(found[name] > 0 for name in parts)
    days = 54.0
    longer = answers.failures(days=days)
    assert longer["calendar_days"] == pytest.approx(days / (longer["goodput"] / 100))
    assert longer["lost_days"] == pytest.approx(longer["calendar_days"] - days)
    assert longer["run_failures"] == pytest.approx(longer["calendar_days"] * 24 / longer["mtbf_hours"])
    devices = 4096
    few = answers.failures(devices=devices, days=days)
    assert few["lost_hours"] == pytest.approx(devices * few["lost_days"] * 24)
    assert few["mtbf_hours"] * devices / 24 / 365.25 == pytest.approx(few["device_years"], rel=1e-3)
    assert few["detecting"] / few["restarting"] == pytest.approx(found["detecting"] / found["restarting"], rel=1e-9)


def test_a_rent_of_0_is_the_published_one_among_the_rents_of_a_sweep_too():
    usual, at_two = (answers.training_cost(price_per_device_hour=price)["rent"] for price in (0.0, 2.0))
    over_arrays = answers.training_cost.__wrapped__
    rents = np.array([0.0, 2.0])
    assert over_arrays(price_per_device_hour=rents)["rent"] == pytest.approx([usual, at_two])
    of_no_rent = {"accelerator": "V100 SXM2 32GB", "number_format": "fp16"}
    assert answers.training_cost(**of_no_rent)["rent"] is None
    with pytest.raises(Refusal):  # so that the sweep answers to each
        over_arrays(**of_no_rent, price_per_device_hour=rents)
