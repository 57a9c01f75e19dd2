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


def _first_refused(value, holds):
    if isinstance(value, str) or value is None:
        return repr(value)
    if getattr(value, "ndim", 0) == 0 and not isinstance(value, (list, tuple)):
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
