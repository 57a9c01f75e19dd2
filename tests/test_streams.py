"""Cards for video streams: cases worked by hand, and properties that hold for any site."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmcalc.formulas import streams as video

TERA = 1e12

counts = st.integers(min_value=1, max_value=10**6)
held_streams = st.integers(min_value=1, max_value=10**4)
rates = st.floats(min_value=0.01, max_value=1e4).map(lambda tops: tops * TERA)
shares = st.floats(min_value=0, max_value=0.95)
efficiencies = st.floats(min_value=0.05, max_value=1)


@pytest.mark.parametrize(
    ("card", "stream", "headroom", "chips", "expected"),
    [
        (88, 5.5, 0, 1, 16),  # the memo's
        (88, 5.5, 0, 4, 16),  # 22 / 5.5 is whole too
        (88, 5.5, 0.1, 1, 14),  # 79.2 / 5.5 = 14.4
        (88, 5.5, 0.1, 4, 12),  # 19.8 / 5.5 = 3.6 on each chip
        (88, 5.51, 0, 1, 15),  # just above a sixteenth
        (88, 6.6, 0, 1, 13),  # 13.33
        (88, 22, 0, 4, 4),  # a chip each
        (88, 88, 0, 1, 1),
        (88, 88.1, 0, 1, 0),  # does not fit
        (88, 22.1, 0, 4, 0),  # fits on the card, not on a chip
        (0.3, 0.1, 0, 1, 3),  # 0.3 / 0.1 is 2.9999999999999996 in floating point
    ],
)
def test_streams_per_card_by_hand(card, stream, headroom, chips, expected):
    assert video.streams_per_card(card * TERA, stream * TERA, headroom, chips) == expected


@pytest.mark.parametrize(
    ("streams", "held", "efficiency", "expected"),
    [
        (3000, 16, 1, 188),  # 187.5
        (3000, 16, 0.9, 209),  # 208.9
        (3000, 14, 1, 215),  # 214.3
        (3008, 16, 1, 188),  # exactly full
        (3009, 16, 1, 189),
        (1, 16, 1, 1),
        (1, 1, 0.5, 2),
    ],
)
def test_cards_for_streams_by_hand(streams, held, efficiency, expected):
    assert video.cards_for_streams(streams, held, efficiency) == expected


def test_load_and_service_by_hand():
    assert video.card_load(16, 1, 5.5 * TERA, 88 * TERA) == 1
    assert video.card_load(3000, 188, 5.5 * TERA, 88 * TERA) == pytest.approx(16500 / 16544)
    assert video.card_load(3000, 188, 5.5 * TERA, 88 * TERA, failed_cards=1) > 1
    assert video.card_load(3000, 209, 5.5 * TERA, 88 * TERA, failed_cards=21) == pytest.approx(16500 / 16544)
    assert video.served_streams(188, 16) == 3008
    assert video.served_streams(188, 16, failed_cards=1) == 2992
    assert video.served_streams(209, 14) == 2926
    assert video.spare_cards(209, 3000, 16) == 21
    assert video.spare_cards(188, 3000, 16) == 0
    assert video.spare_cards(180, 3000, 16) == -8


@pytest.mark.parametrize(
    ("pixels", "frame_rate", "tops"),
    [(1920 * 1080, 25, 5.5), (3840 * 2160, 25, 22), (1920 * 1080, 30, 6.6), (1280 * 720, 12.5, 5.5 * 4 / 9 / 2)],
)
def test_scaled_stream_ops_by_hand(pixels, frame_rate, tops):
    assert video.scaled_stream_ops(5.5 * TERA, pixels, frame_rate) == pytest.approx(tops * TERA)


@given(counts, held_streams)
def test_cards_are_enough_and_one_fewer_is_not(streams, held):
    cards = video.cards_for_streams(streams, held)
    assert video.served_streams(cards, held) >= streams
    assert cards == 1 or video.served_streams(cards - 1, held) < streams
    assert video.spare_cards(cards, streams, held) == 0


@given(counts, held_streams, efficiencies)
def test_spare_cards_may_fail_and_one_more_may_not(streams, held, efficiency):
    cards = video.cards_for_streams(streams, held, efficiency)
    spare = video.spare_cards(cards, streams, held)
    assert spare >= 0
    assert video.served_streams(cards, held, failed_cards=spare) >= streams
    assume(spare + 1 < cards)
    assert video.served_streams(cards, held, failed_cards=spare + 1) < streams


@given(counts, held_streams, efficiencies, efficiencies)
def test_a_lower_efficiency_never_needs_fewer_cards(streams, held, one, other):
    low, high = sorted((one, other))
    assert video.cards_for_streams(streams, held, low) >= video.cards_for_streams(streams, held, high)


@given(counts, rates, rates, shares, shares, st.integers(min_value=1, max_value=8))
def test_headroom_never_needs_fewer_cards(streams, card_ops, stream_ops, one, other, chips):
    little, much = sorted((one, other))
    roomy = video.streams_per_card(card_ops, stream_ops, much, chips)
    full = video.streams_per_card(card_ops, stream_ops, little, chips)
    assert roomy <= full
    assume(roomy > 0)
    assert video.cards_for_streams(streams, roomy) >= video.cards_for_streams(streams, full)


@given(rates, rates, shares, st.integers(min_value=1, max_value=8))
def test_a_card_is_not_loaded_beyond_its_headroom(card_ops, stream_ops, headroom, chips):
    held = video.streams_per_card(card_ops, stream_ops, headroom, chips)
    assert held % chips == 0
    assert held <= video.streams_per_card(card_ops, stream_ops, headroom)
    assume(held > 0)
    assert video.card_load(held, 1, stream_ops, card_ops) <= (1 - headroom) * (1 + 1e-9)


@given(counts, st.integers(min_value=2, max_value=10**5), rates, rates, st.data())
def test_each_failure_raises_the_load(streams, cards, stream_ops, card_ops, data):
    failed = data.draw(st.integers(min_value=1, max_value=cards - 1))
    load = video.card_load(streams, cards, stream_ops, card_ops, failed)
    assert load > video.card_load(streams, cards, stream_ops, card_ops, failed - 1)
    assert load == pytest.approx(video.card_load(streams, cards - failed, stream_ops, card_ops))


@given(rates, st.integers(min_value=1, max_value=10**8), st.floats(min_value=0.1, max_value=1000))
def test_scaling_to_the_reference_changes_nothing(stream_ops, pixels, frame_rate):
    scaled = video.scaled_stream_ops(stream_ops, pixels, frame_rate)
    back = video.scaled_stream_ops(scaled, 1920 * 1080, 25, reference_pixels=pixels, reference_frame_rate=frame_rate)
    assert back == pytest.approx(stream_ops)


@pytest.mark.parametrize("array", [np.array, pd.Series])
def test_arrays_give_what_scalars_give(array):
    headrooms = [0.0, 0.05, 0.1, 0.5]
    held = video.streams_per_card(88 * TERA, 5.5 * TERA, array(headrooms))
    assert list(held) == [video.streams_per_card(88 * TERA, 5.5 * TERA, share) for share in headrooms]
    cards = video.cards_for_streams(3000, held, 0.9)
    assert list(cards) == [video.cards_for_streams(3000, one, 0.9) for one in held]
    assert list(video.spare_cards(cards, 3000, 16)) == [video.spare_cards(one, 3000, 16) for one in cards]


@pytest.mark.parametrize(
    ("function", "arguments", "named"),
    [
        (video.streams_per_card, {"card_ops": 0, "stream_ops": 1}, "card_ops = 0 [op/s]"),
        (video.streams_per_card, {"card_ops": 1, "stream_ops": float("nan")}, "stream_ops = nan [op/s]"),
        (video.streams_per_card, {"card_ops": 1, "stream_ops": 1, "headroom": 1}, "headroom = 1"),
        (video.streams_per_card, {"card_ops": 1, "stream_ops": 1, "headroom": -0.1}, "headroom = -0.1"),
        (video.streams_per_card, {"card_ops": 1, "stream_ops": 1, "chips_per_card": 0}, "chips_per_card = 0"),
        (video.cards_for_streams, {"streams": -3, "streams_per_card": 16}, "streams = -3"),
        (video.cards_for_streams, {"streams": 3, "streams_per_card": 0}, "streams_per_card = 0"),
        (video.cards_for_streams, {"streams": 3, "streams_per_card": 1, "efficiency": 1.1}, "efficiency = 1.1"),
        (video.cards_for_streams, {"streams": 3, "streams_per_card": 1, "efficiency": 0}, "efficiency = 0"),
        (video.card_load, {"streams": 1, "cards": 2, "stream_ops": 1, "card_ops": 0}, "card_ops = 0 [op/s]"),
        (
            video.card_load,
            {"streams": 1, "cards": 2, "stream_ops": 1, "card_ops": 1, "failed_cards": -1},
            "failed_cards = -1",
        ),
        (video.served_streams, {"cards": 0, "streams_per_card": 1}, "cards = 0"),
        (video.spare_cards, {"cards": float("inf"), "streams": 1, "streams_per_card": 1}, "cards = inf"),
        (video.scaled_stream_ops, {"stream_ops": 1, "pixels": 0, "frame_rate": 1}, "pixels = 0 [pixel]"),
        (video.scaled_stream_ops, {"stream_ops": 1, "pixels": 1, "frame_rate": 0}, "frame_rate = 0 [1/s]"),
    ],
)
def test_errors_name_the_argument(function, arguments, named):
    with pytest.raises(ValueError, match="is not accepted") as error:
        function(**arguments)
    assert named in str(error.value)


@pytest.mark.parametrize("function", [video.served_streams, video.card_load])
def test_at_least_one_card_must_be_left(function):
    arguments = {"cards": 5, "streams_per_card": 16} if function is video.served_streams else None
    arguments = arguments or {"streams": 80, "cards": 5, "stream_ops": 1, "card_ops": 16}
    with pytest.raises(ValueError, match="failed_"):
        function(**arguments, failed_cards=5)
