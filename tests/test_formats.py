"""Numbers as people write them: rounded as Python rounds, to the last digit."""

import random

import pytest

from llmcalc.formats import number


def by_python(value, digits):
    fixed = f"{value:,.{max(0, digits - 1 - int(f'{value:e}'.partition('e')[2]))}f}"
    return fixed.rstrip("0").rstrip(".") if "." in fixed else fixed


@pytest.mark.parametrize("digits", [1, 3, 4, 6, 7])
def test_rounding_is_that_of_python(digits):
    generator = random.Random(digits)
    for _ in range(20_000):
        value = generator.choice([10 ** generator.uniform(-4, 8.9), generator.randint(1, 10**9 - 1) / 8])
        assert number(value, digits) == by_python(value, digits)
        assert number(-value, digits) == "-" + by_python(value, digits)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.5, 1, "0.5"),
        (2.5, 1, "2"),
        (3.5, 1, "4"),
        (1234567.5, 6, "1,234,568"),
        (1234566.5, 6, "1,234,566"),
        (999_999.96, 6, "1,000,000"),
        (999_999_999.9999999, 6, "1,000,000,000"),
        (9.9999999e23, 3, "1 × 10²⁴"),
        (1e9, 4, "1 × 10⁹"),
        (-1.25e-7, 2, "-1.2 × 10⁻⁷"),
        (0.0001, 4, "0.0001"),
        (0, 4, "0"),
        (None, 4, "–"),
        (float("nan"), 4, "–"),
    ],
)
def test_edges(value, digits, text):
    assert number(value, digits) == text
