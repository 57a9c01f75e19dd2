"""Numbers as the texts of exercises tell them."""

from ..formats import number

_POWERS = ((12, "10¹²"), (9, "10⁹"), (6, "10⁶"))


def told(value: "float | str", digits: int = 4) -> str:
    """A number in thousands, in millions, 10⁹ or 10¹², or as a power of ten; a text as it is.

    Examples
    --------
    >>> told(13e9), told(1559), told(3.15e23), told(2.5e12), told("H100 SXM"), told(-37.5)
    ('13 × 10⁹', '1,559', '3.15 × 10²³', '2.5 × 10¹²', 'H100 SXM', '−37.5')
    """
    if isinstance(value, str):
        return value
    for exponent, power in _POWERS:
        if 10.0**exponent <= abs(value) < 1e15:
            return _signed(number(value / 10.0**exponent, digits)) + " × " + power
    return _signed(number(value, digits))


def _signed(text: str) -> str:
    """A number with the sign that formulas have, not a hyphen."""
    return "−" + text[1:] if text[:1] == "-" else text


def percent(share: float, digits: int = 3) -> str:
    """A share in per cent.

    Examples
    --------
    >>> percent(0.35)
    '35 %'
    """
    return number(100 * share, digits) + " %"
