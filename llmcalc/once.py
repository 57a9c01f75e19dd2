"""Calls that are worked out once.

A search looks at thousands of cuts of one model, and most of what a cut is made of is the same in many of them.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Once:
    """Calls functions, each with the same arguments only once; the arguments are single numbers, no arrays.

    Examples
    --------
    >>> once, asked = Once(), []
    >>> [once(lambda number: asked.append(number) or 2 * number, 21) for _ in range(2)]
    [42, 42]
    >>> double = lambda number: asked.append(number) or 2 * number
    >>> once(double, 3), once(double, 3), asked
    (6, 6, [21, 21, 3])
    """

    def __init__(self) -> None:
        self._found: dict[Any, Any] = {}

    def __call__(self, function: "Callable[..., Any]", *arguments: "Any") -> "Any":
        key = (function, arguments)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = function(*arguments)
        return found


class Latest:
    """Calls functions, each anew only when its arguments have changed since the last time.

    A page asks for the same plan again and again while somebody moves what it does not depend on.

    Parameters
    ----------
    times : int, optional
        After so many calls one is made anew all the same: what remembers things itself is not to grow for ever.

    Examples
    --------
    >>> latest, asked = Latest(), []
    >>> double = lambda number: asked.append(number) or 2 * number
    >>> latest(double, 3), latest(double, 3), latest(double, 4), latest(double, 3), asked
    (6, 6, 8, 6, [3, 4, 3])
    >>> latest, asked = Latest(times=2), []
    >>> [latest(double, 3) for _ in range(5)], asked
    ([6, 6, 6, 6, 6], [3, 3, 3])
    """

    def __init__(self, times: "int | None" = None) -> None:
        self._latest: dict[Any, Any] = {}
        self._times = times

    def __call__(self, function: "Callable[..., Any]", *arguments: "Any") -> "Any":
        known = self._latest.get(function)
        if known is None or known[0] != arguments or known[2] == self._times:
            known = [arguments, function(*arguments), 0]
            self._latest[function] = known
        known[2] += 1
        return known[1]


def at_once(function: "Callable[..., Any]", *arguments: "Any") -> "Any":
    """Call a function, in place of `Once`: for arrays, and where nothing comes twice.

    Examples
    --------
    >>> at_once(max, 1, 2)
    2
    """
    return function(*arguments)
