"""Whole numbers and switches of things with parts: taken from any library, or refused in one line."""

from math import log

from ..checks import Refusal, as_floats, require
from ..messages import message
from ..vocabulary import between

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..checks import Numeric

LARGEST = 10**9  # more than any size of a model, and small enough that nothing takes long


def whole(name: str, value: object, low: float = 1, high: float = LARGEST, high_name: str = "") -> int:
    """A whole number within limits as an `int`.

    Examples
    --------
    >>> whole("layers", 32.0)
    32
    >>> whole("layers", 1.5)
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: layers = 1.5 is not accepted: give a whole number from 1 to 1000000000
    """
    number = plain(value)
    if type(number) is int and low <= number <= high:
        return number
    if type(number) is float and low <= number <= high and number == int(number):
        return int(number)
    most = high_name + " = " + str(high) if high_name else high
    raise Refusal(name, value, message("a whole number from {low} to {high}", low=low, high=most))


def size(name: str, value: object, low: float = 1, high: float = LARGEST) -> float:
    """A number within limits, whole or not, as an `int` where it is whole, else as a `float`.

    Examples
    --------
    >>> size("hidden_size", 4096.0), size("hidden_size", 4096.5)
    (4096, 4096.5)
    """
    number = plain(value)
    if type(number) in (int, float) and low <= number <= high:
        return int(number) if number == int(number) else number
    raise Refusal(name, value, message("a number from {low} to {high}", low=low, high=high))


def sizes(name: str, value: "Numeric", low: float = 1, high: float = LARGEST) -> "Numeric":
    """A number within limits as `size` takes it, or an array of such numbers.

    Examples
    --------
    >>> sizes("answer_tokens", 200.0)
    200
    """
    if not getattr(value, "ndim", 0):
        return size(name, value, low, high)
    require(name, value, between(low, high))
    return as_floats(value)


def choose(condition: "Any", first: "Any", second: "Any") -> "Any":
    """One of two numbers or, by an array of yes and no, of two arrays element by element.

    Examples
    --------
    >>> choose(2 > 1, "first", "second")
    'first'
    """
    if condition is True or condition is False or not getattr(condition, "ndim", 0):
        return first if condition else second
    return condition.__array_namespace__().where(condition, first, second)


def take(value: "Any", places: "Any") -> "Any":
    """The elements of an array at some places, and anything else whole."""
    return value[places] if getattr(value, "ndim", 0) else value


def least(first: "Numeric", second: "Numeric") -> "Numeric":
    """The smaller of two numbers or, element by element, of arrays."""
    less = first < second
    if less is True or less is False:
        return first if less else second
    return less.__array_namespace__().minimum(first, second) if getattr(less, "ndim", 0) else min(first, second)


def most(first: "Numeric", second: "Numeric") -> "Numeric":
    """The larger of two numbers or, element by element, of arrays."""
    more = first > second
    if more is True or more is False:
        return first if more else second
    return more.__array_namespace__().maximum(first, second) if getattr(more, "ndim", 0) else max(first, second)


def logarithm(value: "Numeric") -> "Numeric":
    """The natural logarithm of a number or of an array."""
    return value.__array_namespace__().log(value) if getattr(value, "ndim", 0) else log(value)


def switch(name: str, value: object) -> bool:
    """A yes or no as a `bool`; 0 and 1 are taken, too.

    Examples
    --------
    >>> switch("output_bias", 1)
    True
    """
    number = plain(value)
    if type(number) is bool or (type(number) in (int, float) and number in (0, 1)):
        return bool(number)
    raise Refusal(name, value, "true or false")


def plain(value: object) -> "Any":
    """A number of an array library as Python's own."""
    if type(value) in (int, float, bool):
        return value
    convert = getattr(value, "item", None)
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if convert is None or getattr(value, "ndim", None) or kind not in ("b", "f", "i", "u"):  # dates are no numbers
        return value
    return convert()


def missing(name: str, needed_by: str = "") -> "Refusal":
    """The refusal of a description that lacks a field."""
    if needed_by:
        sentence = message("{name} is missing: give the field, which {family} needs", name=name, family=needed_by)
    else:
        sentence = message("{name} is missing: give the field", name=name)
    return Refusal(name, None, "the field", reason=sentence)
