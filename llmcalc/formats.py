"""Numbers as people write them.

Rounding is done in whole numbers, exactly, so that every Python writes the same digits.
"""

import math

from .messages import marked, message
from .units import TERA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"


def number(value: "float | None", digits: int = 4) -> str:
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
    if value is None or value != value:
        return "–"
    if value == 0:
        return "0"
    sign, size = "-" if value < 0 else "", abs(float(value))
    exponent = _exponent(size)
    if -4 <= exponent < 9:
        places = max(0, digits - 1 - exponent)
        text = str(_scaled(size, places))
        text = "0" * (places + 1 - len(text)) + text
        whole, part = text[: len(text) - places], text[len(text) - places :]
        return sign + _in_thousands(whole) + _after_point(part)
    text, exponent = exact_digits(size, digits)
    power = ("⁻" if exponent < 0 else "") + "".join([_SUPERSCRIPTS[int(digit)] for digit in str(abs(exponent))])
    return f"{sign}{text[0]}{_after_point(text[1:])} × 10{power}"


def headed(name: str, unit: str) -> str:
    """What a number is, with its unit in brackets if it has one: a header of a column, or a label of an axis.

    Examples
    --------
    >>> headed("speed", "km/h"), headed("speed-up", "1")
    ('speed [km/h]', 'speed-up')
    """
    return name if unit in ("", "1") else f"{name} [{unit}]"


def exact_digits(size: float, digits: int) -> "tuple[str, int]":
    """The first digits of a number above 0, rounded exactly, and the power of ten of the first.

    Examples
    --------
    >>> exact_digits(0.1, 20), exact_digits(999.96, 4)
    (('10000000000000000555', -1), ('1000', 3))
    """
    exponent = _exponent(size)
    mantissa = _scaled(size, digits - 1 - exponent)
    if mantissa == 10**digits:
        return str(mantissa)[:-1], exponent + 1
    return str(mantissa), exponent


def _exponent(size: float) -> int:
    exponent = math.floor(math.log10(size))
    # The logarithm is rounded, so just below a power of ten it may be the power's own.
    return exponent - 1 if size < 10.0**exponent else exponent


def written(value: "float | str", digits: int = 4) -> str:
    """Write a number as `number` does, and leave a text as it is.

    Examples
    --------
    >>> written(1048576.0), written("fits")
    ('1,048,576', 'fits')
    """
    return value if isinstance(value, str) else number(value, digits)


def in_words(value: float, digits: int = 3) -> str:
    """Write a large number as sentences have it.

    Examples
    --------
    >>> in_words(12369331.0), in_words(15e12), in_words(1162.08), in_words(1e6), in_words(1e15)
    ('12.4 million', '15 trillion', '1,160', '1 million', '1,000 trillion')
    """
    if value < 1e16:
        for scale, words in SCALES:
            if value >= scale:
                return message(words, number=number(value / scale, digits))
    if 1e3 <= value < 1e6:
        step = 10 ** (len(str(int(value))) - digits)
        value = int(value / step + 0.5) * step if step > 1 else int(value + 0.5)
    return number(value, digits)


SCALES = (
    (1e12, marked("{number} trillion")),
    (1e9, marked("{number} billion")),
    (1e6, marked("{number} million")),
)
# Units that are things one counts, and so have a plural.
THINGS = {
    "answer", "batch", "camera", "card", "chip", "chunk", "cube", "day", "device", "epoch", "failure", "gene", "GPU",
    "head", "host", "layer", "link", "microbatch", "model", "parameter", "person", "picture", "replica", "request",
    "sample", "sequence", "server", "stage", "step", "stream", "switch", "task", "token", "training", "trial", "user",
    "week", "weight", "word", "year",
}  # fmt: skip
# What sentences count besides, and what is no unit.
SPOKEN = {
    marked("device-hour"): marked("device-hours"),
    marked("hour"): marked("hours"),
    marked("mask"): marked("masks"),
    marked("minute"): marked("minutes"),
    marked("second"): marked("seconds"),
    marked("visit"): marked("visits"),
}
IRREGULAR = {"batch": "batches", "microbatch": "microbatches", "person": "people", "switch": "switches"}


def plural(thing: str) -> str:
    """The plural of a thing that one counts.

    Examples
    --------
    >>> plural("GPU"), plural("switch"), plural("box")
    ('GPUs', 'switches', 'boxes')
    """
    return SPOKEN.get(thing) or IRREGULAR.get(thing) or thing + ("es" if thing[-1] in "xs" else "s")


def counted(unit: str, value: "float | str | None" = None) -> str:
    """A unit as it stands behind a number: in the plural, if it is a thing that one counts, and never "1".

    Examples
    --------
    >>> counted("device", 1072.0), counted("device", 1), counted("GB", 80), counted("1", 0.4), counted("switch", 4)
    ('devices', 'device', 'GB', '', 'switches')
    """
    if unit == "1":
        return ""
    named = unit if unit not in THINGS or value in (1, 1.0) else plural(unit)
    return message(named)


def number_of(value: float, thing: str, digits: int = 4, in_word: bool = False) -> str:
    """A number of things, as sentences have it; with `in_word` a large number has its scale as a word.

    Examples
    --------
    >>> number_of(30, "day"), number_of(1.00001, "day"), number_of(8, "box")
    ('30 days', '1 day', '8 boxes')
    >>> number_of(175e9, "parameter", 3, in_word=True)
    '175 billion parameters'
    """
    text = in_words(value, digits) if in_word else number(value, digits)
    named = thing if text == "1" else plural(thing)
    # Translators: how many of what, such as 30 days.
    return message("{number} {things}", number=text, things=message(named))


def together(first: str, second: str) -> str:
    """Two sentences, one after the other.

    Examples
    --------
    >>> together("It fits.", "It is late.")
    'It fits. It is late.'
    """
    # Translators: two sentences, one after the other.
    return message("{first} {second}", first=first, second=second)


def listed(texts: "Iterable[str]") -> str:
    """Some texts in a row.

    Examples
    --------
    >>> listed(["attention", "optimiser"])
    'attention, optimiser'
    """
    # Translators: what stands between the parts of a list.
    return message(", ").join(texts)


def sustained(devices: float, mfu: float, peak_flops: float, number_format: str) -> str:
    """What each of some devices sustains of its peak, as a sentence's condition has it.

    Examples
    --------
    >>> sustained(1559, 0.5, 312e12, "bf16")
    'each sustains 50 % of its 312 TFLOP/s in BF16'
    """
    given = {"share": number(100 * mfu), "peak": number(peak_flops / TERA), "format": number_format.upper()}
    if devices == 1:
        return message("it sustains {share} % of its {peak} TFLOP/s in {format}", **given)
    return message("each sustains {share} % of its {peak} TFLOP/s in {format}", **given)


def _scaled(size: float, places: int) -> int:
    # size × 10 ** places as the nearest whole number, the even one of two. Most are nowhere near the middle of two, so
    # that floats tell, whose last digits differ from Python to Python.
    near = size * 10.0**places if abs(places) < 300 else math.inf
    if near < 1e9:
        down = int(near)
        if abs(near - down - 0.5) > 1e-6:
            return down + (near - down > 0.5)
    fraction, exponent = math.frexp(size)
    exponent -= 53
    above = int(fraction * 2.0**53) * 10 ** max(places, 0) * 2 ** max(exponent, 0)
    below = 10 ** max(-places, 0) * 2 ** max(-exponent, 0)
    whole, rest = divmod(above, below)
    return int(whole + (2 * rest > below or (2 * rest == below and whole % 2 == 1)))


def _in_thousands(whole: str) -> str:
    first = len(whole) % 3 or 3
    return ",".join([whole[:first]] + [whole[start : start + 3] for start in range(first, len(whole), 3)])


def _after_point(part: str) -> str:
    part = part.rstrip("0")
    return "." + part if part else ""
