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
