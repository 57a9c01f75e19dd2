"""Refusal of nonsense, in one line that names the argument.

Every check works on scalars, NumPy, xarray and dask arrays and pandas Series,
and needs no array library: it uses comparison operators, and the array's own
namespace where it has one.
"""

from .vocabulary import UNITS

INFINITY = float("inf")


def positive(**quantities):
    """Refuse quantities that are not finite numbers above zero.

    Raises
    ------
    ValueError
        Naming the argument, its first bad value, its unit and what is accepted.

    Examples
    --------
    >>> positive(tokens=-3)
    Traceback (most recent call last):
    ...
    ValueError: tokens = -3 [token] is not accepted: give a finite number above 0
    """
    for name, value in quantities.items():
        _require(name, value, lambda low, high: (low > 0) & (high != INFINITY), "a finite number above 0")


def non_negative(**quantities):
    """Refuse quantities that are not finite numbers of zero or more (errors as in `positive`)."""
    for name, value in quantities.items():
        _require(name, value, lambda low, high: (low >= 0) & (high != INFINITY), "a finite number, 0 or more")


def fraction(**quantities):
    """Refuse quantities outside 0 < x <= 1 (errors as in `positive`).

    Examples
    --------
    >>> fraction(mfu=1.63)
    Traceback (most recent call last):
    ...
    ValueError: mfu = 1.63 [1] is not accepted: give a fraction above 0 and at most 1
    """
    for name, value in quantities.items():
        _require(name, value, lambda low, high: (low > 0) & (high <= 1), "a fraction above 0 and at most 1")


def share_below_one(**quantities):
    """Refuse quantities outside 0 <= x < 1 (errors as in `positive`)."""
    for name, value in quantities.items():
        _require(name, value, lambda low, high: (low >= 0) & (high < 1), "a share of 0 or more and below 1")


def fewer(than, **quantities):
    """Refuse quantities that are not 0 or more and below a limit, element by element (errors as in `positive`).

    Examples
    --------
    >>> fewer(than=("cards", 188), failed_cards=188)
    Traceback (most recent call last):
    ...
    ValueError: failed_cards = 188 [1] is not accepted: give 0 or more, and fewer than cards = 188
    """
    limit_name, limit = than
    for name, value in quantities.items():
        non_negative(**{name: value})
        if not _all(value < limit):
            pairs = _pairs(value + 0 * limit, limit + 0 * value)
            refused, bound = next((low, high) for low, high in pairs if not low < high)
            accepted = f"0 or more, and fewer than {limit_name} = {bound}"
            raise ValueError(f"{name} = {refused} [{UNITS[name]}] is not accepted: give {accepted}")


def _require(name, value, holds, accepted):
    try:
        accepted_everywhere = _all(holds(*_extremes(value)))
    except TypeError:
        accepted_everywhere = False
    if not accepted_everywhere:
        unit = UNITS.get(name, "1")
        raise ValueError(f"{name} = {_first_refused(value, holds)} [{unit}] is not accepted: give {accepted}")


def _extremes(value):
    # Two reductions are twice as fast as elementwise comparisons over a large array, and,
    # unlike those of pandas, the standard's reductions hand a NaN on.
    namespace = getattr(value, "__array_namespace__", None)
    if namespace is None or not getattr(value, "size", 0):
        return value, value
    return namespace().min(value), namespace().max(value)


def _all(condition):
    every = getattr(condition, "all", None)
    return bool(condition if every is None else every())


def _pairs(values, limits):
    if not getattr(values, "ndim", 0):
        yield values, limits
        return
    for value, limit in zip(values, limits):  # noqa: B905 - MicroPython's zip knows no `strict`
        yield from _pairs(value, limit)


def _first_refused(value, holds):
    if isinstance(value, str) or value is None:
        return repr(value)
    dimensions = getattr(value, "ndim", None)
    if dimensions == 0:
        return float(value)
    if dimensions is None:
        return value
    for element in value:
        refused = _first_refused(element, holds)
        if not _accepts(holds, refused):
            return refused
    return value


def _accepts(holds, value):
    try:
        return bool(holds(value, value))
    except TypeError:
        return False
