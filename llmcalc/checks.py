"""Refusal of nonsense, in one line that names the argument.

Ranges and units come from the vocabulary. Every check works on scalars, NumPy, xarray and dask
arrays and pandas Series, and needs no array library: it uses comparison operators, and the
array's own namespace where it has one.
"""

import sys

from .messages import message
from .vocabulary import WORDS, Range

INFINITY = float("inf")
MOST = 1.7976931348623157e308  # whole numbers of Python may be larger than any float
NUMBERS = (float, int)
CACHED = 1 << 16  # numbers of an array that fit into a processor's cache
CLOSE = 0.35  # share of common letters from which on a name may be meant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, TypeVar

    Numeric = Any  # a float, or an array of any library
    Function = TypeVar("Function", bound=Callable[..., Any])
else:
    Numeric = float


def formula(function: "Function") -> "Function":
    """Mark a formula: whole numbers in arrays become floats before it computes, so that no product overflows."""
    if sys.implementation.name == "micropython":  # whose whole numbers have no width
        return function
    from functools import wraps
    from types import FunctionType

    floats = as_floats  # known to the call by its closure: its globals are those of the formula's module, for doctest

    def call(*values: "Numeric", **named: "Numeric") -> "Numeric":
        return function(*[floats(value) for value in values], **{key: floats(named[key]) for key in named})

    call = FunctionType(call.__code__, function.__globals__, function.__name__, None, call.__closure__)
    return wraps(function)(call)  # type: ignore[return-value]


def as_floats(value: "Numeric") -> "Numeric":
    """Whole numbers of an array as floats, and everything else as it is."""
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    return value.astype(float) if kind in ("i", "u") and not getattr(value, "hasnans", False) else value


class Refusal(ValueError):
    """An input that is not accepted.

    Parameters
    ----------
    argument : str
        Name of the argument.
    value
        What was given.
    accepted : str
        What to give instead.
    unit : str, optional
        Unit of the argument, if it is not that of the vocabulary.
    reason : str, optional
        The whole sentence, where the usual one would not do.

    Examples
    --------
    >>> raise Refusal("mfu", 1.63, "a fraction above 0 and at most 1")
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: mfu = 1.63 is not accepted: give a fraction above 0 and at most 1
    """

    def __init__(self, argument: str, value: object, accepted: str, unit: str = "", reason: str = "") -> None:
        if not unit and argument in WORDS:
            unit = WORDS[argument].unit
        accepted = message(accepted)
        self.argument, self.value, self.unit, self.accepted = argument, value, unit, accepted
        super().__init__(message(reason) if reason else _refused(argument, value, accepted, unit))


def _refused(argument: str, value: object, accepted: str, unit: str) -> str:
    if unit in ("", "1"):
        return message(
            "{argument} = {value} is not accepted: give {accepted}",
            argument=argument,
            value=_written(value),
            accepted=accepted,
        )
    return message(
        "{argument} = {value} [{unit}] is not accepted: give {accepted}",
        argument=argument,
        value=_written(value),
        unit=message(unit),
        accepted=accepted,
    )


def accept(**quantities: "Numeric") -> None:
    """Refuse quantities that are out of the range of their word, or do not line up with each other.

    Raises
    ------
    Refusal
        Naming the argument, its first bad value, its unit and what is accepted.

    Examples
    --------
    >>> accept(tokens=-3)
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: tokens = -3 [token] is not accepted: give a finite number above 0
    """
    arrays = []
    for name, value in quantities.items():
        within = WORDS[name].range
        # Most of what a plan's thousands of calls are given, without a call of its own.
        if type(value) in NUMBERS and within is not None and within.low < value < within.high and value <= MOST:
            continue
        require(name, value, within)
        if getattr(value, "ndim", 0):
            arrays.append((name, value))
    if len(arrays) > 1:
        _line_up(arrays)


def require(name: str, value: "Numeric", within: "Range | None", accepted: str = "", unit: str = "") -> None:
    """Refuse a number, or an array of numbers, out of a range (errors as in `accept`)."""
    assert within is not None, f"{name} is no number"
    if type(value) in NUMBERS:
        good = value <= MOST and within.holds(value)
    else:
        good = _are_numbers(value) and _holds(value, within)
    if not good:
        raise Refusal(name, _first_refused(value, within), accepted or within.accepted, unit)


def single(**quantities: object) -> None:
    """Refuse what is not one number in the range of its word (errors as in `accept`).

    Examples
    --------
    >>> single(batch=0)
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: batch = 0 is not accepted: give a finite number above 0
    """
    for name, value in quantities.items():
        accept(**{name: value})
        if getattr(value, "ndim", 0):
            raise Refusal(name, value, "a single number")


def whole(**quantities: "Numeric") -> None:
    """Refuse single numbers that are not whole (errors as in `accept`).

    Examples
    --------
    >>> whole(layers=1.5)
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: layers = 1.5 is not accepted: give a whole number
    """
    for name, value in quantities.items():
        if type(value) is bool or not _is_whole(value):
            raise Refusal(name, value, "a whole number")


def choice(name: str, value: object, choices: "Sequence[str]") -> None:
    """Refuse a text that is not one of some (errors as in `accept`).

    Examples
    --------
    >>> choice("mode", "ful", ["none", "full"])
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: mode = 'ful' is not accepted: give one of none, full; did you mean 'full'?
    """
    if not (isinstance(value, str) and value in choices):
        raise Refusal(name, value, did_you_mean(one_of(choices), value, choices))


def one_of(names: "Iterable[str]") -> str:
    """What is accepted where it is one of some names.

    Examples
    --------
    >>> one_of(["none", "full"])
    'one of none, full'
    """
    return message("one of {names}", names=", ".join(names))


def column_of(column: str, name: str) -> str:
    """The values of a column of `data/NAME.csv`, in words.

    Examples
    --------
    >>> column_of("model", "models")
    'model in data/models.csv'
    """
    return message("{column} in {file}", column=column, file=f"data/{name}.csv")


def did_you_mean(accepted: str, value: object, names: "Iterable[str]") -> str:
    """What is accepted, with a hint at the closest of some names if one is close.

    Examples
    --------
    >>> did_you_mean("a question", "trainig-gpus", ["training-gpus", "memory"])
    "a question; did you mean 'training-gpus'?"
    """
    close = closest(str(value), names, CLOSE)
    return message("{accepted}; did you mean {name}?", accepted=accepted, name=repr(close)) if close else accepted


def unknown(argument: str, value: str, accepted: str, near: str = "") -> Refusal:
    """The refusal of a name that nothing has, with the one that was perhaps meant.

    Examples
    --------
    >>> raise unknown("device", "RTX 4080", "the name of a device", "RTX 4090")
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: device = 'RTX 4080' is not known: did you mean 'RTX 4090'?
    """
    given = {"argument": argument, "value": repr(value)}
    if near:
        sentence = message("{argument} = {value} is not known: did you mean {name}?", name=repr(near), **given)
    else:
        sentence = message("{argument} = {value} is not known", **given)
    return Refusal(argument, value, accepted, reason=sentence)


def ambiguous(argument: str, value: str, names: "Sequence[str]") -> Refusal:
    """The refusal of a name that could be one of several.

    Examples
    --------
    >>> raise ambiguous("device", "RTX", ["RTX 3090", "RTX 4090"])
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: device = 'RTX' could be any of RTX 3090, RTX 4090: give one of them
    """
    sentence = message(
        "{argument} = {value} could be any of {names}: give one of them",
        argument=argument,
        value=repr(value),
        names=", ".join(names),
    )
    return Refusal(argument, value, one_of(names), reason=sentence)


def closest(text: str, names: "Iterable[str]", likeness: float = 0.0) -> str:
    """The first of those names that have most pairs of neighbouring letters in common with a text; none if too few.

    Examples
    --------
    >>> closest("RTX 4080", ["RTX 4090", "H100 SXM"])
    'RTX 4090'
    """
    best, found = likeness, ""
    pairs = _letter_pairs(text)
    for name in names:
        others = _letter_pairs(name)
        common = 2 * len([pair for pair in pairs if pair in others]) / (len(pairs) + len(others))
        if common > best:
            best, found = common, name
    return found


def _letter_pairs(text: str) -> "list[str]":
    padded = " " + text.lower() + " "
    return [padded[place : place + 2] for place in range(len(padded) - 1)]


def fewer(than: "tuple[str, Numeric]", **quantities: "Numeric") -> None:
    """Refuse quantities that are not 0 or more and below a limit, element by element (errors as in `accept`).

    Examples
    --------
    >>> fewer(than=("cards", 188), failed_cards=188)
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: failed_cards = 188 is not accepted: give 0 or more, and fewer than cards = 188
    """
    limit_name, limit = than
    for name, value in quantities.items():
        accept(**{name: value, limit_name: limit})
        if not _all(value < limit):
            pairs = _pairs(value + 0 * limit, limit + 0 * value)
            refused, bound = next((low, high) for low, high in pairs if not low < high)
            accepted = message("0 or more, and fewer than {name} = {limit}", name=limit_name, limit=_written(bound))
            raise Refusal(name, refused, accepted)


def _are_numbers(value: "Numeric") -> bool:
    # Yes or no, texts, objects, dates and complex numbers are none; what carries a unit is.
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if kind is None:
        return type(getattr(value, "magnitude", None)) in NUMBERS
    missing = getattr(value, "hasnans", False)
    return kind in "fiu" and not missing


def _holds(value: "Numeric", within: Range) -> bool:
    try:
        return _all(within.holds(*_extremes(value)))
    except TypeError:
        return False


def _extremes(value: "Numeric") -> "tuple[Numeric, Numeric]":
    # Two reductions are twice as fast as elementwise comparisons over a large array, and,
    # unlike those of pandas, the standard's reductions hand a NaN on.
    namespace = getattr(value, "__array_namespace__", None)
    if namespace is None or not getattr(value, "size", 0):
        return value, value
    library = namespace()
    if value.size <= CACHED or not _is_row(value):
        return library.min(value), library.max(value)
    # Both of a part while it is in the processor's cache: memory is read once.
    parts = [value[start : start + CACHED] for start in range(0, value.size, CACHED)]
    ends = [(part.min(), part.max()) for part in parts]
    return library.min([low for low, _ in ends]), library.max([high for _, high in ends])


def _is_row(value: "Numeric") -> bool:
    namespace = getattr(value, "__array_namespace__", None)
    return namespace is not None and value.ndim == 1 and namespace().__name__ == "numpy"


def _all(condition: "Numeric") -> bool:
    every = getattr(condition, "all", None)
    return bool(condition if every is None else every())


def _line_up(arrays: "list[tuple[str, Numeric]]") -> None:
    for position, (name, value) in enumerate(arrays):
        for other_name, other in arrays[:position]:
            if not _fits(value, other):
                accepted = message("values that line up with {name} = {value}", name=other_name, value=_outline(other))
                raise Refusal(name, _outline(value), accepted)


def _fits(value: "Numeric", other: "Numeric") -> bool:
    # Labels that differ would be aligned or dropped without a word.
    for index, other_index in _labels(value, other):
        if not index.equals(other_index):
            return False
    if hasattr(value, "dims") and hasattr(other, "dims"):
        sizes = dict(zip(other.dims, other.shape))  # noqa: B905 - MicroPython's zip knows no `strict`
        return all(sizes.get(name, size) == size for name, size in zip(value.dims, value.shape))  # noqa: B905
    pairs = zip(reversed(value.shape), reversed(other.shape))  # noqa: B905
    one_dimensional = hasattr(value, "index") or hasattr(other, "index")
    return all(size == size2 or (1 in (size, size2) and not one_dimensional) for size, size2 in pairs)


def _labels(value: "Numeric", other: "Numeric") -> "list[tuple[Numeric, Numeric]]":
    if hasattr(value, "index") and hasattr(other, "index"):
        return [(value.index, other.index)]
    if hasattr(value, "indexes") and hasattr(other, "indexes"):
        return [(index, other.indexes[name]) for name, index in value.indexes.items() if name in other.indexes]
    return []


def _outline(value: "Numeric") -> str:
    return message("{kind} of shape {shape}", kind=type(value).__name__, shape=tuple(value.shape))


def _pairs(values: "Numeric", limits: "Numeric") -> "Iterator[tuple[Numeric, Numeric]]":
    if not getattr(values, "ndim", 0):
        yield values, limits
        return
    for value, limit in zip(values, limits):  # noqa: B905 - MicroPython's zip knows no `strict`
        yield from _pairs(value, limit)


def _first_refused(value: "Numeric", within: Range) -> "Numeric":
    if getattr(value, "dtype", None) is None or not getattr(value, "ndim", 0):
        return value
    if _is_row(value) and _are_numbers(value):
        while value.size > 1:  # to the half with the first that is refused
            half = value[: value.size // 2]
            value = value[half.size :] if _holds(half, within) else half
    for element in value:
        refused = _first_refused(element, within)
        if not (type(refused) in NUMBERS or _are_numbers(refused)) or not _holds(refused, within):
            return refused
    return value


def _is_whole(value: "Numeric") -> bool:
    try:
        return bool(value == value // 1)
    except (TypeError, ArithmeticError):
        return False


def _written(value: "Numeric") -> str:
    if getattr(value, "ndim", None) == 0 and hasattr(value, "dtype"):
        value = value.item() if hasattr(value, "item") else float(value)
    text = _written_float(value) if type(value) is float else repr(value)
    # One line, and a short one, whatever was given.
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:77] + "..."


def _written_float(value: float) -> str:
    # Not every Python writes the last digits alike.
    text = f"{value:.15g}"
    return text if "." in text or "e" in text or "n" in text else text + ".0"
