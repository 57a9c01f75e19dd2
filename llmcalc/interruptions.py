"""A training run with failures, event by event, which the closed form of `formulas.reliability` is held to."""

import random

from .checks import Refusal, require
from .messages import message
from .vocabulary import FROM_ZERO, POSITIVE

LONGEST = 8  # mean times between failures that a stretch may take: one in 3,000 such stretches passes


def simulate(
    interval: float, stall_seconds: float, recovery_seconds: float, mtbf: float, segments: int = 1000, seed: int = 1
) -> float:
    """Goodput of a run whose failures come at random, also while it writes a checkpoint or recovers.

    Parameters
    ----------
    interval : float
        Training from one checkpoint to the next [s].
    stall_seconds : float
        Time for which a checkpoint stops training [s].
    recovery_seconds : float
        Time from a failure until training goes on [s].
    mtbf : float
        Mean time between failures [s].
    segments : int
        Checkpoints that the run writes [1].
    seed : int
        Seed of the failures.

    Returns
    -------
    float
        Training that was kept over the time that it took [1].

    Examples
    --------
    >>> 0.8 < simulate(600.0, 10.0, 900.0, 10800.0) < 1
    True
    """
    for name, value in (("interval", interval), ("mtbf", mtbf)):
        require(name, value, POSITIVE)
    for name, value in (("stall_seconds", stall_seconds), ("recovery_seconds", recovery_seconds)):
        require(name, value, FROM_ZERO)
    for name, value in (("interval", interval + stall_seconds), ("recovery_seconds", recovery_seconds)):
        if value > LONGEST * mtbf:
            accepted = message(
                "at most {most} times mtbf: beyond, hardly any stretch passes without a failure", most=LONGEST
            )
            raise Refusal(name, value, accepted)
    draw = random.Random(seed)

    def recovered() -> float:
        took = 0.0
        while (failure := draw.expovariate(1 / mtbf)) < recovery_seconds:
            took += failure
        return took + recovery_seconds

    def kept() -> float:
        took = 0.0
        while (failure := draw.expovariate(1 / mtbf)) < interval + stall_seconds:
            took += failure + recovered()
        return took + interval + stall_seconds

    took = sum(kept() for _ in range(segments))
    return segments * interval / took
