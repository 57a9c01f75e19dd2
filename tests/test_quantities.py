"""Numbers as people write them: what is read, and what could mean something else and is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc.checks import Refusal
from llmcalc.quantities import _unit, read
from llmcalc.vocabulary import WORDS


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("15T", "tokens", 15e12),
        ("300B", "params", 300e9),
        ("300 billion tokens", "tokens", 300e9),
        ("1.1M", "tokens", 1100000.0),
        ("1,400,000", "tokens", 1400000.0),
        ("4/3", "bytes_per_param", 4 / 3),
        ("40%", "mfu", 0.4),
        (" 1e9 ", "tokens", 1e9),
        ("80GB", "overhead_gb", 80.0),
        ("80GiB", "overhead_gb", 80 * 2**30 / 1e9),
        ("80 GB", "memory_gib", 80e9 / 2**30),
        ("80 B", "fixed_bytes", 80.0),
        ("30 days", "days", 30.0),
        ("2 weeks", "days", 14.0),
        ("12 h", "days", 0.5),
        ("1/2 day", "hours", 12.0),
        ("312 TFLOP/s", "gpu_tflops", 312.0),
        ("312 TFLOPS", "gpu_tflops", 312.0),
        ("0.312 PFLOP/s", "gpu_tflops", 312.0),
        ("2 USD/h", "price_per_device_hour", 2.0),
        ("$2", "price_per_device_hour", 2.0),
        ("$48/day", "price_per_device_hour", 2.0),
        ("400 g/kWh", "carbon_intensity", 0.4),
        ("1B/day", "visits_per_day", 1e9),
        ("3.5B", "visits_per_day", 3.5e9),
        ("8 devices", "devices_per_server", 8),
        ("Yes", "arrivals_spread", True),
        ("tf32", "number_format", "tf32"),
    ],
)
def test_what_people_write_is_read(text, name, value):
    assert read(text, name) == value
    assert type(read(text, name)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1_0",
            "１０",
            "٣",
            "1\u00a0000",
            "30\u00a0days",
            "nan",
            "inf",
            "-inf",
            "0x10",
            "",
            " ",
            "30 GB",
            "1,5",
            "1,40,000",
        ),
        *("0,500", "1e999", "1e-999", "1/0", "40%", "$2", "1 2", "5M", "1e", "--1", ".", "1/", "9" * 400, "3\n0", "²"),
    ],
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(Refusal) as refused:
        read(text, "days")
    assert refused.value.argument == "days"
    assert refused.value.value == text
    assert "from 0.01 to 3650" in refused.value.accepted
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("text", "name"), [("80G", "overhead_gb"), ("80k", "overhead_gb"), ("2 USD", "mfu")])
def test_what_could_mean_two_things_is_refused(text, name):
    with pytest.raises(Refusal, match="is not accepted"):
        read(text, name)


def test_every_unit_shown_is_the_multiple_of_the_formulas_that_the_vocabulary_says():
    for name, word in WORDS.items():
        shown, unit = _unit(word.shown), _unit(word.unit)
        assert shown is not None, name
        if shown[0] == unit[0]:
            ratio = 10.0 ** (shown[1] - unit[1]) * shown[2] / unit[2]
            assert ratio == pytest.approx(word.scale, rel=1e-12), name


@given(st.floats(min_value=1e-300, allow_infinity=False), st.sampled_from(["tokens", "days", "gpu_tflops"]))
def test_what_python_writes_is_read_back(number, name):
    assert read(repr(number), name) == number
    assert read(f"{number!r} {WORDS[name].shown}", name) == number


@given(st.integers(0, 10**18))
def test_groups_of_thousands_are_read_back(number):
    assert read(f"{number:,}", "layers") == number
    assert read(str(number), "layers") == number


@given(st.text(max_size=12))
def test_any_text_is_a_finite_number_or_refused(text):
    try:
        value = read(text, "days")
    except Refusal:
        return
    assert value - value == 0
    assert text.isascii()
