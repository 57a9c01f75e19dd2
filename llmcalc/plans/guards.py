"""Refusals of what plans take: things of a kind, and heads that belong together."""

from ..checks import Refusal, single, whole
from ..messages import message


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
    sizes = {"hidden_size": hidden_size, "heads": heads, "kv_heads": kv_heads}
    single(**sizes)
    whole(**sizes)
    if heads > hidden_size:
        raise Refusal("heads", heads, message("at most hidden_size = {size}", size=hidden_size))
    if kv_heads > heads:
        raise Refusal("kv_heads", kv_heads, message("at most as many as heads = {heads}", heads=heads))
    if heads % kv_heads:
        raise Refusal("kv_heads", kv_heads, message("a divisor of heads = {heads}", heads=heads))
