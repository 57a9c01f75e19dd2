"""Constants fitted to one's own runs."""

import pytest

from llmcalc import datasets
from llmcalc.prediction import calibration, runs

scipy = pytest.importorskip("scipy")

# One stack on one machine, its own constants unknown.
OWN = [row for row in datasets.records("training-runs") if row["set"] == "SimuMax-B200-dense"]
HIDDEN = {"set": None, "citation": None, "id": None}


def test_a_machine_of_ones_own_is_predicted_better_once_it_is_calibrated(tmp_path):
    measured = [{**row, **HIDDEN} for row in OWN]
    tried, tested = measured[:6], measured[6:]
    table, errors = calibration.calibrate(tried)
    calibration.write(table, tmp_path / "mine.csv")
    table = calibration.read(tmp_path / "mine.csv")
    before = [runs.predict_row(row)["predicted_seconds"] / row["step_seconds"] - 1 for row in tested]
    after = [runs.predict_row(row, table)["predicted_seconds"] / row["step_seconds"] - 1 for row in tested]
    assert max(map(abs, after)) < 0.1 < min(map(abs, before))
    assert len(errors) == len(tried)


def test_a_run_without_a_time_is_refused():
    with pytest.raises(ValueError, match="step_seconds"):
        calibration.calibrate([{**OWN[0], "step_seconds": ""}])


def test_errors_are_told_of_a_known_stack_and_of_one_of_which_nothing_is_known():
    def key(row):
        return row["set"], row["id"]

    table, shipped = datasets.records("step-constants"), datasets.records("prediction-errors")
    runs_of = {key(row): row for row in datasets.records("training-runs")}
    mixtures = [key(row) for row in shipped if row["kind"] == calibration.MIXTURE][:2]
    dense = list(dict.fromkeys(key(row) for row in shipped if row["kind"] == calibration.NEW_STACK))
    chosen = mixtures + dense[:3] + dense[-3:]
    assert len({runs.read_row(runs_of[name], table).key[2] for name in chosen}) >= 3
    found = {(*key(row), row["kind"]): row for row in calibration.published_errors([*map(runs_of.get, chosen)], table)}
    expected = {(*key(row), row["kind"]): row for row in shipped if key(row) in chosen}
    assert set(found) == set(expected)
    assert len(found) == len(mixtures) + 2 * 6
    for name, row in found.items():
        assert row["error"] == pytest.approx(expected[name]["error"], abs=1e-4)
