"""Predictions held to runs that other people published."""

from statistics import fmean

import pytest

from llmcalc import datasets
from llmcalc.plans import ranges
from tests.prediction import published


def test_errors_by_set_are_those_in_the_file():
    """A set that moves by more than 0.2 points has to be renewed on purpose, with both numbers in CHANGELOG.md."""
    now, kept = published.by_set(), published.kept()
    assert set(now) == set(kept)
    moved = {
        f"{name} {column}": (kept[name][column], round(now[name][column], 2))
        for name in kept
        for column in ("rows", "mean", "median")
        if abs(now[name][column] - kept[name][column]) > 0.2
    }
    assert not moved, "python -m tests.prediction.published renews the file"


def test_nearly_every_row_is_answered():
    errors = [error for _, error in published.errors()]
    assert sum(error is not None for error in errors) >= 0.95 * len(errors)


def left_out(kind):
    return [row for row in datasets.records("prediction-errors") if row["kind"] == kind]


@pytest.mark.parametrize("kind", ranges.KINDS)
def test_ranges_hold_what_was_left_out(kind):
    """Ranges of half of the left-out rows hold 70 to 90 % of the published times of the other half."""
    rows = left_out(kind)
    held = []
    for part in (0, 1):
        low, high = ranges.ends(rows[part::2])
        held += [low <= 1 / (1 + row["left_out_error"]) <= high for row in rows[1 - part :: 2]]
    assert 0.7 <= fmean(held) <= 0.9
