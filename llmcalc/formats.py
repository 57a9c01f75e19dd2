"""Numbers as people write them."""

import math

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value, digits=4):
    """Write a number for people: thousands separated, powers of ten as such.

    Parameters
    ----------
    value : float
        Any number.
    digits : int
        Significant digits, of numbers that need more to their units none is dropped.

    Examples
    --------
    >>> number(706315.29), number(3.15e23, 3), number(0.61446, 3), number(1558.0484, 6)
    ('706,315', '3.15 × 10²³', '0.614', '1,558.05')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if -4 <= exponent < 9:
        text = f"{value:,.{max(0, digits - 1 - exponent)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa} × 10{str(int(power)).translate(_SUPERSCRIPTS)}"
