"""Answers as people write them."""

from ..checks import Refusal
from ..formats import plural
from ..messages import message
from ..quantities import measure
from .writing import LETTERS

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
ABOUT = ("about", "approximately", "approx.", "ca.", "~", "≈", "=")
# Different words for one thing that is counted.
SAME = (
    ("device", "gpu", "card", "accelerator", "chip", "npu", "tpu"),
    ("server", "node", "machine"),
    ("year", "yr"),
    ("%", "percent", "per cent"),
)


def number(text: str, unit: str) -> float:
    """Read a number that was written for a unit.

    Parameters
    ----------
    text : str
        What was written, e.g. ``1,072 devices``, ``3.15 × 10²³``, ``0.5 PFLOP/s``, ``40 %``.
    unit : str
        The unit that is asked for.

    Raises
    ------
    Refusal
        If the text is no such number, in a sentence that says what would be.

    Examples
    --------
    >>> number("0.5 PFLOP/s", "TFLOP/s"), number("1,072 GPUs", "device"), number("3.15 x 10^23", "FLOP")
    (500.0, 1072.0, 3.15e+23)
    >>> number("80 GiB", "GB"), number("40", "%"), number("40 %", "%")
    (85.89934592, 40.0, 40.0)
    """
    bare = without_noun(plain(text), unit)
    if unit == "%":
        return float(measure(bare, "1"))
    return float(measure(bare, unit))


def plain(text: str) -> str:
    """A text without what people put around a number, and with powers of ten as Python writes them.

    Examples
    --------
    >>> plain("≈ 3.15·10²³ FLOP"), plain("2*10**6"), plain("10^9"), plain("123 000 tokens")
    ('3.15e23 FLOP', '2e6', '1e9', '123000 tokens')
    """
    if not isinstance(text, str):
        text = str(text)
    for space in ("\u00a0", "\u2009", "\u202f"):
        text = text.replace(space, " ")
    text = text.replace("−", "-").strip()
    for word in ABOUT:
        if text.lower()[: len(word)] == word:
            text = text[len(word) :].strip()
    text = _joined(_powers(text).replace("**", "^"))
    for sign in ("×", "·", "*", "x"):
        for mark in (" " + sign + " 10^", sign + "10^", sign + " 10^", " " + sign + "10^"):
            text = text.replace(mark, "e")
    return "1e" + text[3:] if text[:3] == "10^" else text


def without_noun(text: str, unit: str) -> str:
    """A text without the name of what is counted.

    Examples
    --------
    >>> without_noun("12 GPUs", "device"), without_noun("12 days", "device"), without_noun("37.7M weights", "weight")
    ('12', '12 days', '37.7M')
    """
    words = [unit] if unit[:1].isalpha() or unit == "%" else []
    for group in SAME:
        if unit.lower() in group:
            words = list(group)
    lower = text.lower()
    for word in words:
        for ending in (plural(word.lower()), word.lower()):
            # Of TFLOP the FLOP is no word of its own.
            before = lower[: -len(ending)][-1:]
            if lower[-len(ending) :] == ending and (before == " " or before.isdigit()):
                return text[: -len(ending)].strip()
    return text


def letters(text: str, count: int) -> str:
    """Read letters of options, e.g. ``b``, ``C, A, B`` or ``cab``.

    Raises
    ------
    Refusal
        If there are other letters, or one twice.

    Examples
    --------
    >>> letters("C, a b", 3)
    'c a b'
    """
    found = []
    for letter in str(text).lower():
        if letter in " ,;.<>()":
            continue
        if letter not in LETTERS[:count] or letter in found:
            raise _no_letters(text, count)
        found.append(letter)
    if not found:
        raise _no_letters(text, count)
    return " ".join(found)


def _no_letters(text: str, count: int) -> Refusal:
    return Refusal("answer", text, message("letters from a to {last}, each once", last=LETTERS[count - 1]), unit="1")


def _joined(text: str) -> str:
    """A text whose digits stand together, where blanks or apostrophes divide them into groups of three."""
    found = ""
    for place, letter in enumerate(text):
        group, after = text[place + 1 : place + 4], text[place + 4 : place + 5]
        divides = letter in " '’" and text[:place][-1:].isdigit() and len(group) == 3 and group.isdigit()
        if not divides or after.isdigit():
            found += letter
    return found


def _powers(text: str) -> str:
    found, raised = "", False
    for letter in text:
        if letter in SUPERSCRIPTS or letter == "⁻":
            found += ("" if raised else "^") + ("-" if letter == "⁻" else str(SUPERSCRIPTS.index(letter)))
            raised = True
        else:
            found, raised = found + letter, False
    return found
