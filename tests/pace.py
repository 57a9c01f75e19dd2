"""How slow a machine is, so that a test of times in pages says something of the pages."""

import timeit

SQUARES = 200_000
AIMED_AT = 0.009  # [s] that CPython takes for them on a core for which times are aimed at


def slower():
    """Return how many times as long as that core this one takes, at least 1.

    It is measured when a page was too slow for the aim, since what else the machine does differs from minute to minute.
    """
    taken = min(timeit.repeat("for i in range(n): total += i * i % 7", "total = 0", number=1, globals={"n": SQUARES}))
    return max(1.0, taken / AIMED_AT)
