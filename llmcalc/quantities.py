"""Numbers as people write them, read for a word of the vocabulary.

Pages, the command and reruns read what they are given with `read`, so that the same text means the same everywhere.
What could mean two things is refused: ``1,5``, ``80G``, ``1_0``, digits that only look like digits.

>>> read("15T", "tokens"), read("80 GiB", "memory_gib"), read("2 weeks", "days"), read("40%", "mfu")
(15000000000000.0, 80.0, 14.0, 0.4)
"""

from .answering import numbers_between
from .checks import Refusal, column_of, one_of
from .messages import marked, message
from .units import DAY, HOUR, MINUTE, WEEK, YEAR
from .vocabulary import POSITIVE, WORDS, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from .vocabulary import Word

    Unit: TypeAlias = tuple[list[str], int, float]  # names, power of ten, and factor

DIGITS = "0123456789"
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

# Powers of ten. A capital M is a million, never a minute, a month or a thousandth.
MAGNITUDES = {"k": 3, "K": 3, "M": 6, "B": 9, "T": 12, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
DECIMAL = {"k": 3, "K": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21}
BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50}

# What each unit is: what it measures, its power of ten, and its factor beside that.
SCALED = {
    "FLOP": ("FLOP", 0, 1.0),
    "MAC": ("MAC", 0, 1.0),
    "op": ("op", 0, 1.0),
    "B": ("byte", 0, 1.0),
    "byte": ("byte", 0, 1.0),
    "bit": ("byte", 0, 0.125),
    "W": ("W", 0, 1.0),
    "J": ("J", 0, 1.0),
    "Wh": ("J", 2, 36.0),
    "g": ("kg", -3, 1.0),
}
PLAIN = {
    "ms": ("s", -3, 1.0),
    "s": ("s", 0, 1.0),
    "sec": ("s", 0, 1.0),
    "second": ("s", 0, 1.0),
    "min": ("s", 0, MINUTE),
    "minute": ("s", 0, MINUTE),
    "h": ("s", 0, HOUR),
    "hr": ("s", 0, HOUR),
    "hour": ("s", 0, HOUR),
    "d": ("s", 0, DAY),
    "day": ("s", 0, DAY),
    "week": ("s", 0, WEEK),
    "year": ("s", 0, YEAR),
    "USD": ("USD", 0, 1.0),
    "$": ("USD", 0, 1.0),
    "dollar": ("USD", 0, 1.0),
    "param": ("parameter", 0, 1.0),
    "px": ("pixel", 0, 1.0),
    "1": ("", 0, 1.0),
}
SUGGESTED = {
    "s": marked("s, min, h, days, weeks, years"),
    "byte": "MB, GB, TB, MiB, GiB, TiB",
    "USD": marked("USD or $"),
}


def read(text: str, name: str, limits: "tuple[float, float] | tuple[str, ...] | None" = None) -> "float | str | bool":
    """Read what somebody wrote for a parameter.

    Parameters
    ----------
    text : str
        What was written: a number, a fraction, a percentage, a number with ``k``, ``M``, ``B`` or ``T`` or with a unit.
    name : str
        Name of the parameter, a word of the vocabulary.
    limits : tuple, optional
        Smallest and largest number that the question accepts, for the sentence of a refusal.

    Returns
    -------
    float, int, str or bool
        The value in the unit that the word is shown in: an int where people give whole numbers only. That it is in
        its range is for `answering.accept` to say.

    Raises
    ------
    Refusal
        If the text is no such value, naming the parameter, the text and what is accepted.

    Examples
    --------
    >>> read("1,400,000", "tokens"), read("1/24", "busiest_hour_share") == 1 / 24, read("8", "devices_per_server")
    (1400000.0, True, 8)
    >>> read("80GB", "memory_gib")
    74.50580596923828
    >>> read("312 TFLOPS", "gpu_tflops"), read("$2", "price_per_device_hour"), read("12 h", "days")
    (312.0, 2.0, 0.5)
    >>> read("1_0", "mfu")
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: mfu = '1_0' is not accepted: give a number from 0.001 to 1, e.g. 0.4 or 40%
    """
    if name not in WORDS:
        sentence = message("{name} is no word of the vocabulary", name=name)
        raise Refusal(name, text, "a known parameter", reason=sentence)
    word = WORDS[name]
    bare = text.strip(" \t\r\n") if isinstance(text, str) else ""
    if word.choices and bare:
        return bare
    if word.range is None and not word.choices and bare.lower() in TRUTH:
        return TRUTH[bare.lower()]
    value = _number(bare, word) if word.range is not None else None
    if value is None:
        raise Refusal(name, text, expected(name, limits), unit=word.shown)
    if word.whole and value == value // 1:
        # Digits alone are exact, however many.
        digits = bare.replace(",", "")
        return int(digits) if _all_digits(digits) else int(value)
    return value


def measure(text: str, unit: str) -> float:
    """Read what somebody wrote for a unit, where no word of the vocabulary is asked for.

    Parameters
    ----------
    text : str
        What was written: a number, a fraction, a number with ``k``, ``M``, ``B`` or ``T`` or with a unit.
    unit : str
        The unit that is asked for: one that the vocabulary knows, or the name of something that is counted.

    Raises
    ------
    Refusal
        If the text is no such value.

    Examples
    --------
    >>> measure("0.5 PFLOP/s", "TFLOP/s"), measure("80 GiB", "GB"), measure("40%", "1"), measure("3k", "switch")
    (500.0, 85.89934592, 0.4, 3000.0)
    """
    word = Word(unit if _unit(unit) else "1", "answer", POSITIVE)
    value = _number(text.strip(" \t\r\n"), word)
    if value is None:
        counted = word.unit == "1" and unit != "1"
        if unit == "1" or counted:
            raise Refusal("answer", text, "a number", unit=unit)
        accepted = message("a number, with or without the unit {unit}", unit=message(unit))
        raise Refusal("answer", text, accepted, unit=unit)
    return value


def expected(name: str, limits: "tuple[float, float] | tuple[str, ...] | None" = None) -> str:
    """What is accepted for a parameter, in words that complete "give".

    Examples
    --------
    >>> expected("mfu"), expected("devices_per_server")
    ('a number from 0.001 to 1, e.g. 0.4 or 40%', 'a whole number from 1 to 72')
    """
    word = WORDS[name]
    if word.choices:
        column, found, file = word.choices.partition(" in data/")
        return one_of([column_of(column, file[: -len(".csv")]) if found else word.choices])
    if word.range is None:
        return message("true or false")
    ends: tuple[Any, ...] | None = limits or word.usual
    number = numbers_between(ends[0], ends[1], word.whole) if ends else message(word.range.accepted)
    if word.unit == "1" and word.shown == "1" and not word.whole and ends and ends[1] <= 1:
        return message("{number}, e.g. 0.4 or 40%", number=number)
    if word.shown in ("1", "device", "sample", "sequence"):
        return number
    names = SUGGESTED.get(word.unit)
    if names:
        return message("{number}, with or without a unit ({units})", number=number, units=message(names))
    return message("{number}, with or without the unit {unit}", number=number, unit=message(word.shown))


def _number(text: str, word: "Word") -> "float | None":
    """The value of a text in the unit shown, or None."""
    shown = _unit(word.shown)
    assert shown is not None, f"{word.shown} is no unit"
    if text[:1] == "$":
        if shown[0][:1] != ["USD"]:
            return None
        text = text[1:]
        # $48/day is 48 USD/day, and $2 is in the unit asked for.
        place = text.find("/")
        text = text + " " + word.shown if place < 0 else text[:place] + " USD" + text[place:]
    mantissa, exponent, divisor, rest = _leading(text)
    if mantissa is None:
        return None
    attached, rest = rest[:1] != " ", rest.strip(" ")
    if rest == "%":
        if word.unit != "1" or word.shown != "1" or word.whole:
            return None
        return _finite(mantissa, exponent - 2, divisor)
    power, rest = _magnitude(rest, shown, attached, divisor)
    if not rest:
        # 5k for a word in GB could mean kilobytes, and for one in GiB, too; 5k a day are five thousand.
        if power and (shown[1] or (shown[2] != 1 and shown[0][:1] == ["byte"])):
            return None
        return _finite(mantissa, exponent + power, divisor)
    unit = _unit(rest)
    # A magnitude and a unit with a magnitude of its own are one too many.
    if unit is None or not _same(unit[0], shown[0]) or (power and unit[1]):
        return None
    value = _finite(mantissa, exponent + power + unit[1] - shown[1], divisor)
    if value is None or unit[2] == shown[2]:
        return value
    value = value * unit[2] / shown[2]
    return value if value - value == 0 else None


def _magnitude(rest: str, shown: "Unit", attached: bool, divisor: "float | None") -> "tuple[int, str]":
    """The power of ten that a text begins with, and what follows it."""
    if divisor is not None or shown[0][:1] == ["s"]:
        return 0, rest
    first = rest.split(" ")[0].split("/")[0]
    # A B alone is a byte where bytes are asked for.
    if first in MAGNITUDES and not (first == "B" and shown[0][:1] == ["byte"]) and (attached or len(first) > 1):
        return MAGNITUDES[first], rest[len(first) :].strip(" ")
    return 0, rest


def _leading(text: str) -> "tuple[str | None, int, float | None, str]":
    """Digits, power of ten and divisor of the number that a text begins with, and the rest of the text."""
    digits, exponent, rest = _decimal(text)
    if digits is None or rest[:1] != "/" or exponent:
        return digits, exponent, None, rest
    below, power, after = _decimal(rest[1:])
    if below is None:  # 5/day
        return digits, exponent, None, rest
    if below[:1] == "-" or power or float(below) == 0:
        return None, 0, None, text
    return digits, exponent, float(below), after


def _decimal(text: str) -> "tuple[str | None, int, str]":
    """Digits with a sign and a point, the power of ten written after them, and the rest; None where there are none."""
    sign = text[:1] if text[:1] and text[:1] in "+-" else ""
    place = len(sign)
    whole, place = _digits(text, place)
    if whole and text[place : place + 1] == ",":
        grouped, place = _groups(text, place, whole)
        if grouped is None:
            return None, 0, text
        whole = grouped
    part = ""
    if text[place : place + 1] == ".":
        part, place = _digits(text, place + 1)
    if not whole and not part:
        return None, 0, text
    exponent = 0
    if text[place : place + 1] and text[place] in "eE":
        mark = text[place + 1 : place + 2]
        signed = 1 if mark and mark in "+-" else 0
        power, end = _digits(text, place + 1 + signed)
        if power:
            # An exponent of more digits than any float's is as good as this one.
            exponent, place = int(power[:6]) * (-1 if mark == "-" else 1), end
    return sign.replace("+", "") + (whole or "0") + "." + (part or "0"), exponent, text[place:]


def _groups(text: str, place: int, first: str) -> "tuple[str | None, int]":
    """Digits in groups of three, of which the first has one to three and no leading zero."""
    whole = first
    while text[place : place + 1] == ",":
        group, place = _digits(text, place + 1)
        if len(group) != 3:
            return None, place
        whole += group
    return (whole if len(first) <= 3 and first[0] != "0" else None), place


def _digits(text: str, place: int) -> "tuple[str, int]":
    start = place
    while place < len(text) and text[place] in DIGITS:
        place += 1
    return text[start:place], place


def _all_digits(text: str) -> bool:
    return bool(text) and all(letter in DIGITS for letter in text)


def _finite(digits: str, exponent: int, divisor: "float | None") -> "float | None":
    # One reading of one text rounds once: 40% is 0.4 and 1.1M is 1100000.
    value = float(digits + "e" + str(exponent))
    if divisor is not None:
        value = value / divisor
    vanished = value == 0 and any(digit in "123456789" for digit in digits)
    return None if vanished or value - value != 0 else value


def _unit(text: str) -> "Unit | None":
    """What a unit measures, as names above and below the stroke, its power of ten and its factor; None if unknown."""
    for ending in ("FLOPS", "OPS"):
        if text[-len(ending) :] == ending:
            prefix = text[: -len(ending)]
            if prefix == "" or prefix in DECIMAL:
                name = "FLOP" if ending == "FLOPS" else "op"
                return [name, "s"], DECIMAL.get(prefix, 0), 1.0
    parts = [part.strip(" ") for part in text.replace(" per ", "/").split("/")]
    if text[:4] == "per ":
        parts = ["1"] + [part.strip(" ") for part in text[4:].split("/")]
    if parts[0] == "" and len(parts) > 1:
        parts[0] = "1"
    names, power, factor = [], 0, 1.0
    for position, part in enumerate(parts):
        atom = _atom(part)
        if atom is None:
            return None
        names.append(atom[0])
        power = power + (atom[1] if position == 0 else -atom[1])
        factor = factor * atom[2] if position == 0 else factor / atom[2]
    return names, power, factor


def _atom(text: str) -> "tuple[str, int, float] | None":
    for candidate in (text, text[:-1] if text[-1:] == "s" else text):
        if candidate in PLAIN:
            return PLAIN[candidate]
        for prefixes in (BINARY, DECIMAL, {"": 0}):
            for prefix in prefixes:
                name = candidate[len(prefix) :]
                if candidate[: len(prefix)] != prefix or name not in SCALED:
                    continue
                measured, power, factor = SCALED[name]
                if prefixes is not BINARY:
                    return measured, power + int(prefixes[prefix]), factor
                if measured == "byte":
                    return measured, power, factor * prefixes[prefix]
        if candidate in COUNTED:
            return candidate, 0, 1.0
    return None


def _same(given: "list[str]", shown: "list[str]") -> bool:
    # What is counted may go without saying: 5/s are 5 image/s.
    return given == shown or (given[1:] == shown[1:] and given[0] == "" and shown[0] in COUNTED)


def _counted() -> "set[str]":
    """Names of things that the vocabulary counts, which are units that nothing converts."""
    names = set()
    for word in WORDS.values():
        for part in word.shown.split("/"):
            if part not in PLAIN and part not in SCALED:
                names.add(part)
    return names


COUNTED = _counted()
