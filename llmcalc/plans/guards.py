"""Refusals of what plans take: single numbers, numbers of which 0 means the best, and mappings."""

from ..checks import NUMBERS, Refusal, single, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def counted(**quantities: object) -> None:
    """Refuse what is not one whole number in the range of its word (errors as in `llmcalc.checks.accept`)."""
    single(**quantities)
    whole(**quantities)


def counted_or_0(**quantities: object) -> None:
    """Refuse what is neither a whole number in the range of its word nor 0 (errors as in `llmcalc.checks.accept`)."""
    for name, value in quantities.items():
        if not (type(value) in NUMBERS and value == 0):
            counted(**{name: value})


def mapping(name: str, value: "Any", keys: "Iterable[str]", accepted: str) -> None:
    """Refuse what does not have a value for each of some keys.

    Examples
    --------
    >>> mapping("device", None, ("peak_flops",), "a mapping")
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: device = None is not accepted: give a mapping
    """
    try:
        for key in keys:
            value[key]
    except (TypeError, KeyError, IndexError, ValueError, AttributeError):
        raise Refusal(name, value, accepted) from None


def thing(name: str, value: object, attribute: str, accepted: str) -> None:
    """Refuse what is not a thing of a kind, told by an attribute that only those have.

    Examples
    --------
    >>> thing("model", 70e9, "attention", "a Model")
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: model = 70000000000.0 is not accepted: give a Model
    """
    if not hasattr(value, attribute):
        raise Refusal(name, value, accepted)


def heads(hidden_size: float, heads: float, kv_heads: float) -> None:
    """Refuse heads that do not belong together: some of each, key and value heads a divisor of the query heads.

    Examples
    --------
    >>> heads(5120, 7, 40)
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: kv_heads = 40 is not accepted: give at most as many as heads = 7
    """
    counted(hidden_size=hidden_size, heads=heads, kv_heads=kv_heads)
    if heads > hidden_size:
        raise Refusal("heads", heads, f"at most hidden_size = {hidden_size}")
    if kv_heads > heads:
        raise Refusal("kv_heads", kv_heads, f"at most as many as heads = {heads}")
    if heads % kv_heads:
        raise Refusal("kv_heads", kv_heads, f"a divisor of heads = {heads}")
