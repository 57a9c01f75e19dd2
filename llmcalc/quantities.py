"""Numbers as people write them: `15T`, `1,400,000`, `4/3`, `40%`, `80GiB`, `2 weeks`.

One function reads them for forms in pages, for the command and for reruns.

>>> read("15T", "tokens"), read("40%", "mfu"), read("2 weeks", "days"), read("80GiB", "memory_gib")
(15000000000000.0, 0.4, 14.0, 80.0)
"""

from .checks import Refusal
from .units import DAY, GIBI, GIGA, HOUR, KILOWATT_HOUR, MEBI, MINUTE, PETA, TERA, WEEK, YEAR
from .vocabulary import INFINITY, WORDS, Word

DIGITS = "0123456789"
MULTIPLES = {"k": 1e3, "thousand": 1e3, "M": 1e6, "million": 1e6, "B": 1e9, "G": 1e9, "billion": 1e9}
MULTIPLES.update({"bn": 1e9, "T": 1e12, "trillion": 1e12})

# How much of the unit in which formulas take a number one of these is.
SECONDS = {"s": 1.0, "sec": 1.0, "second": 1.0, "ms": 1e-3, "min": MINUTE, "minute": MINUTE, "h": HOUR, "hr": HOUR}
SECONDS.update({"hour": HOUR, "d": DAY, "day": DAY, "week": WEEK, "month": YEAR / 12, "year": YEAR})
BYTES = {"B": 1.0, "byte": 1.0, "kB": 1e3, "MB": 1e6, "GB": GIGA, "TB": TERA, "PB": PETA, "KiB": 1024.0, "MiB": MEBI}
BYTES.update({"GiB": GIBI, "TiB": 2.0**40})
RATES = {"": 1.0, "k": 1e3, "M": 1e6, "G": GIGA, "T": TERA, "P": PETA, "E": 1e18}


def _rates(*endings: str) -> "dict[str, float]":
    return {prefix + ending: factor for prefix, factor in RATES.items() for ending in endings}


UNITS = {
    "s": SECONDS,
    "byte": BYTES,
    "byte/s": {unit + "/s": factor for unit, factor in BYTES.items()},
    "FLOP/s": _rates("FLOP/s", "FLOPS"),
    "FLOP": _rates("FLOP", "FLOPs"),
    "op/s": _rates("OPS", "op/s", "OP/s"),
    "W": {"mW": 1e-3, "W": 1.0, "kW": 1e3, "MW": 1e6},
    "USD": {"USD": 1.0, "$": 1.0},
    "USD/s": {"USD/h": 1 / HOUR, "$/h": 1 / HOUR, "USD/day": 1 / DAY},
    "USD/J": {"USD/kWh": 1 / KILOWATT_HOUR, "$/kWh": 1 / KILOWATT_HOUR},
    "kg/J": {"kg/kWh": 1 / KILOWATT_HOUR, "g/kWh": 1e-3 / KILOWATT_HOUR},
    "1/s": {"1/s": 1.0, "/s": 1.0, "1/day": 1 / DAY, "/day": 1 / DAY},
    "token/s": {"token/s": 1.0, "tokens/s": 1.0, "token/day": 1 / DAY, "tokens/day": 1 / DAY},
}
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read(text: str, name: str) -> "float | int | str | bool":
    """Read what somebody wrote for a parameter, in the unit that its word is shown in.

    Parameters
    ----------
    text : str
        E.g. ``"300B"`` or ``"30 days"``.
    name : str
        A word of the vocabulary.

    Returns
    -------
    float, int, str or bool
        The number, a whole one as ``int``; the text itself where the word stands for one.

    Raises
    ------
    Refusal
        Naming the parameter, the text and how it may be written.

    Examples
    --------
    >>> read("1,400,000", "layers")
    1400000
    >>> read("80GB", "memory_gib")  # 80e9 bytes
    74.50580596923828
    >>> read("1_0", "days")
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: days = '1_0' [day] is not accepted: give a number such as 12, 1.5e9, 300B or 30 day
    """
    word = WORDS[name]
    if word.choices:
        return text
    if word.range is None:
        if text.lower() not in TRUTH:
            raise Refusal(name, text, "true or false")
        return TRUTH[text.lower()]
    value = _quantity(text.strip(" "), word)
    if value is None:
        hint = "" if word.shown == "1" else f" or 30 {word.shown}"
        raise Refusal(name, text, f"a number such as 12, 1.5e9, 300B{hint}", unit=word.shown)
    return int(value) if word.whole and value == value // 1 else value


def _quantity(text: str, word: Word) -> "float | None":
    """The number in the unit shown, or None if the text is none."""
    if text[:1] == "$" and word.unit in ("USD", "USD/s"):
        text = text[1:]
    size = len(text)
    for end in range(size, 0, -1):
        number = _number(text[:end])
        if number is not None:
            factor = _factor(text[end:].strip(" "), word)
            return None if factor is None else number * factor
    return None


def _factor(unit: str, word: Word) -> "float | None":
    """What a number with a unit or a multiple is to be multiplied with, or None if they do not belong to the word."""
    if unit in ("", word.shown):
        return 1.0
    if unit == "%":
        return 0.01 if word.unit == "1" and word.range.high == 1 else None
    known = UNITS.get(word.unit, {})
    for candidate in (unit, unit[:-1] if unit[-1:] == "s" else unit):
        if candidate in known:
            return known[candidate] / word.scale
    for multiple, factor in MULTIPLES.items():
        rest = unit[len(multiple) :]
        # A letter alone is a multiple only where it is no unit, like the B of bytes.
        if unit[: len(multiple)] == multiple and rest in ("", " " + word.shown, " " + word.shown + "s"):
            return factor
    return 1.0 if word.unit not in UNITS and unit in (word.shown + "s",) else None


def _number(text: str) -> "float | None":
    """A plain number, one with separated thousands, or a fraction of two numbers; None if it is no number."""
    over, slash, under = text.partition("/")
    if slash:
        top, bottom = _decimal(over.strip(" ")), _decimal(under.strip(" "))
        return None if top is None or not bottom else top / bottom
    return _decimal(text)


def _decimal(text: str) -> "float | None":
    body = text[1:] if text[:1] in ("+", "-") else text
    mantissa, exponent = body, ""
    for letter in ("e", "E"):
        if letter in body:
            mantissa, _, exponent = body.partition(letter)
            power = exponent[1:] if exponent[:1] in ("+", "-") else exponent
            if not _digits(power) or len(power) > 3:
                return None
    whole, point, part = mantissa.partition(".")
    if point and part and not _digits(part):
        return None
    if "," in whole:
        groups = whole.split(",")
        if not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:]):
            return None
        whole = "".join(groups)
    if (whole and not _digits(whole)) or not (whole or part):
        return None
    number = float((whole or "0") + "." + (part or "0") + ("e" + exponent if exponent else ""))
    if number == INFINITY:
        return None
    return -number if text[:1] == "-" else number


def _digits(text: str) -> bool:
    return bool(text) and all(letter in DIGITS for letter in text)
