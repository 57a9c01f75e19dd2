"""What is kept of scenarios: right beside the plain way, and the same in whatever order it is merged."""

import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc.sweep.reductions import ACCURACY, Rows, Sketch, Summary

NUMBERS = st.floats(-1e12, 1e12).map(lambda value: 0.0 if abs(value) < 1e-12 else value)


def sketch_of(values):
    sketch = Sketch()
    sketch.add(np.array(values, float))
    return sketch


@given(st.lists(NUMBERS, min_size=1, max_size=60), st.floats(0, 1))
def test_quantiles_are_right_to_within_a_thousandth(values, share):
    expected = np.quantile(values, share, method="lower")
    assert sketch_of(values).quantile(share) == pytest.approx(expected, rel=1.001 * ACCURACY)


@given(st.lists(NUMBERS, min_size=1, max_size=60), st.integers(0, 60))
def test_sketches_are_merged_to_the_same(values, cut):
    whole, parts = sketch_of(values), sketch_of(values[:cut])
    parts.merge(sketch_of(values[cut:]))
    kept, joined = whole.to_json(), parts.to_json()
    assert {key: kept[key] for key in ("count", "least", "most")} == {
        key: joined[key] for key in ("count", "least", "most")
    }
    assert [whole.quantile(share) for share in (0, 0.3, 0.5, 1)] == [
        parts.quantile(share) for share in (0, 0.3, 0.5, 1)
    ]
    assert parts.mean == pytest.approx(np.mean(values), rel=1e-9, abs=1e-3)
    assert sum(count for _, _, count in parts.histogram(7)) == len(values)


def test_a_histogram_counts_what_lies_in_its_bins():
    values = np.random.default_rng(1).normal(100, 20, 10_000)
    for low, high, count in sketch_of(values).histogram(5):
        # What is a thousandth from an end may be counted beyond it.
        fewest = ((values > low * (1 + 2 * ACCURACY)) & (values < high * (1 - 2 * ACCURACY))).sum()
        most = ((values > low * (1 - 2 * ACCURACY)) & (values < high * (1 + 2 * ACCURACY))).sum()
        assert fewest <= count <= most


def behind(costs):
    """Whether each is beaten: another one is at least as good in all costs, and better in one."""
    return np.array([((costs <= one).all(axis=1) & (costs < one).any(axis=1)).any() for one in costs])


@pytest.mark.parametrize("width", [1, 2, 3])
@given(seed=st.integers(0, 10_000), number=st.integers(1, 300), signed=st.booleans())
def test_the_front_is_that_of_comparing_all(width, seed, number, signed):
    draw = np.random.default_rng(seed)
    costs = np.exp(draw.normal(0, 1, (number, width))) - signed
    rows = Rows(np.arange(number), costs)
    front = rows.front(1e-9)
    expected = np.flatnonzero(~behind(costs))
    assert sorted(front.indexes) == sorted(expected)
    assert (np.diff(front.costs[:, 0]) >= 0).all()
    coarse = rows.front(0.05)
    assert set(coarse.indexes) <= set(expected)
    # Every scenario of the front has one that is kept, worse by the resolution at most.
    for one in costs[expected]:
        assert ((coarse.costs - one) <= 0.06 * np.abs(one) + 1e-12).all(axis=1).any()


@given(seed=st.integers(0, 1000), width=st.integers(1, 3), cut=st.integers(0, 200))
def test_fronts_are_merged_to_the_same(seed, width, cut):
    costs = np.random.default_rng(seed).integers(-3, 20, (200, width)) / 7.0
    rows = Rows(np.arange(200), costs)
    for resolution in (1e-6, 0.1):
        whole = rows.front(resolution)
        halves = [rows.chosen(slice(cut, None)).front(resolution), rows.chosen(slice(None, cut)).front(resolution)]
        joined = halves[0].joined(halves[1]).front(resolution)
        assert (whole.indexes == joined.indexes).all()
        assert (whole.costs == joined.costs).all()


def test_the_best_are_the_first_in_number_among_equals():
    costs = np.array([[3.0], [1.0], [2.0], [1.0], [1.0]])
    assert Rows(np.arange(5), costs).best(2).indexes.tolist() == [1, 3]
    assert Rows(np.arange(5), costs).best(9).indexes.tolist() == [1, 3, 4, 2, 0]


def test_a_summary_is_the_same_in_any_order_and_through_a_file():
    draw = np.random.default_rng(2)
    blocks = []
    for block in range(12):
        values = {"a": draw.lognormal(3, 2, 500), "b": draw.normal(0, 5, 500)}
        values["a"][:3] = np.nan
        blocks.append((np.arange(500 * block, 500 * (block + 1)), values))

    def total(order):
        whole = Summary(["a", "b"], 2, 5, 1e-4)
        for place in order:
            indexes, values = blocks[place]
            part = Summary(["a", "b"], 2, 5, 1e-4)
            part.add(indexes, values, np.stack([values["a"], values["b"]], axis=1), 3, [(int(indexes[0]), "too much")])
            whole.merge(part)
        return whole

    order = list(range(12))
    first = total(order)
    random.Random(1).shuffle(order)
    second = total(order)

    def outcome(summary):
        quantiles = [sketch.quantile(share) for sketch in summary.sketches.values() for share in (0.1, 0.5, 0.9)]
        kept = summary.to_json()
        return (
            quantiles,
            [sketch.total for sketch in summary.sketches.values()],
            kept["best"],
            kept["front"],
            kept["reasons"],
        )

    assert outcome(first) == outcome(second)
    assert first.refused == 36
    assert first.sketches["a"].count == 12 * 497
    again = Summary(["a", "b"], 2, 5, 1e-4)
    again.restore(json.loads(json.dumps(first.to_json())))
    assert again.to_json() == first.to_json()
