"""Lists, ranges and distributions as people write them, and values that depend on a scenario's number alone."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc import spread
from llmcalc.checks import Refusal
from llmcalc.questions import find
from llmcalc.sweep.axes import DISTRIBUTIONS, read_axis, uniforms

COST = find("training-cost").parameters
STEP = find("does-it-predict").parameters


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("mfu", "0.2..0.6:5", [0.2, 0.3, 0.4, 0.5, 0.6]),
        ("mfu", "20% .. 60%:3", [0.2, 0.4, 0.6]),
        ("mfu", "[0.5,20%]", [0.5, 0.2]),
        ("mfu", "0.4,0.5", [0.4, 0.5]),
        ("mfu", [0.4, 0.5], [0.4, 0.5]),
        ("mfu", np.array([0.4, 0.5]), [0.4, 0.5]),
        ("days", "1 week..3 weeks:3", [7, 14, 21]),
        ("params", "1B..100B:log:3", [1e9, 1e10, 1e11]),
        ("days", "[100,200]", [100, 200]),
    ],
)
def test_what_is_written_is_read(name, text, values):
    assert read_axis(COST[name], text).values == pytest.approx(values, rel=1e-12)


def test_whole_numbers_stay_whole_and_come_once():
    assert read_axis(STEP["devices"], "8..12").values.tolist() == [8, 9, 10, 11, 12]
    spread = read_axis(STEP["devices"], "1..64:log:200").values
    assert (spread == np.round(spread)).all()
    assert (np.diff(spread) > 0).all()
    assert spread[0] == 1
    assert spread[-1] == 64


def test_texts_are_lists_too():
    assert read_axis(COST["accelerator"], "A100 SXM 80GB, H100 SXM").values == ["A100 SXM 80GB", "H100 SXM"]
    assert read_axis(COST["accelerator"], "H100 SXM") is None
    assert read_axis(COST["mfu"], "0.4") is None
    assert read_axis(COST["tokens"], "1,400,000,000") is None


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("mfu", "0.2..0.6", "does not say how many"),
        ("mfu", "0.6..0.2:5", "no range"),
        ("mfu", "0.2..1.6:5", "mfu = 1.6 is not accepted"),
        ("mfu", "0.2..0.6:1", "2 to"),
        ("mfu", "0.2..many:3", "'many'"),
        ("mfu", "[0.4,0.4]", "each value once"),
        ("mfu", "[]", "''"),
        ("mfu", [], "1 to"),
        ("days", "100,200", "could be one number or a list"),
        ("mfu", "gauss(0.4,1)", "normal(mean"),
        ("mfu", "normal(0.4)", "normal(mean"),
        ("mfu", "normal(0.4,0)", "above 0"),
        ("mfu", "normal(1.4,0.1)", "mfu = 1.4"),
        ("mfu", "lognormal(0.4,0.9)", "above 1"),
        ("mfu", "lognormal(0.4,wide)", "factor"),
        ("mfu", "uniform(0.5,0.4)", "in this order"),
        ("mfu", "triangular(0.2,0.4)", "most likely"),
        ("mfu", "triangular(0.2,0.7,0.6)", "in this order"),
        ("accelerator", "H100 SXM,H101", "H101"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(name, text, said):
    with pytest.raises(Refusal) as refused:
        read_axis(COST[name], text)
    assert refused.value.argument == name
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@given(st.integers(0, 2**40), st.integers(1, 50), st.integers(0, 2**32), st.integers(0, 5))
def test_drawn_numbers_depend_on_the_scenario_alone(first, count, seed, stream):
    together = uniforms(seed, stream, np.arange(first, first + count))
    assert together.shape == (count, 2)
    place = count // 2
    assert (uniforms(seed, stream, np.array([first + place])) == together[place]).all()
    halves = [np.arange(first, first + place), np.arange(first + place, first + count)]
    apart = np.concatenate([uniforms(seed, stream, half) for half in halves if len(half)])
    assert (apart == together).all()


def test_streams_and_seeds_differ():
    draws = [uniforms(seed, stream, np.arange(100))[:, 0] for seed in (1, 2) for stream in (0, 1)]
    assert len({tuple(draw) for draw in draws}) == 4


# Mean and standard deviation, of the logarithm where it says so.
MOMENTS = {
    "normal(20,3)": (False, 20, 3),
    "lognormal(20,1.5)": (True, math.log(20), math.log(1.5)),
    "uniform(10,30)": (False, 20, 20 / math.sqrt(12)),
    "loguniform(10,30)": (True, math.log(300) / 2, math.log(3) / math.sqrt(12)),
    "triangular(10,15,35)": (False, 20, math.sqrt((100 + 225 + 1225 - 150 - 350 - 525) / 18)),
}


@pytest.mark.parametrize("text", MOMENTS)
def test_draws_have_the_distributions_mean_and_spread(text):
    number = 200_000
    logarithm, mean, spread = MOMENTS[text]
    drawn = read_axis(COST["days"], text).draw(uniforms(3, 0, np.arange(number)))
    drawn = np.log(drawn) if logarithm else drawn
    # Five standard errors.
    assert abs(drawn.mean() - mean) < 5 * spread / math.sqrt(number)
    assert abs(drawn.std() / spread - 1) < 5 / math.sqrt(number)


@pytest.mark.parametrize(("name", "text"), [("mfu", "0.3 to 0.5"), ("days", "20 to 45"), ("days", "20 to 45 uniform")])
def test_a_range_is_what_an_answer_takes_it_for(name, text):
    known = spread.read(text, name)
    drawn = read_axis(COST[name], text).draw(uniforms(4, 0, np.arange(200_000)))
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        # Of 200,000 draws, a share is known to within five thousandths.
        assert (drawn < known.at(share)).mean() == pytest.approx(share, abs=0.005)


def test_every_distribution_has_its_moments():
    assert {text.partition("(")[0] for text in MOMENTS} == set(DISTRIBUTIONS)
