"""Sweeps: a question answered for every combination of lists, ranges and distributions, and what is kept of it.

A billion scenarios take no more memory than a thousand: each block of them is reduced where it is computed, to counts,
quantiles, the best and the front. It needs the extra `sweep`.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import __version__
from ..checks import Refusal
from ..messages import message
from ..models.numbers import size, whole
from .reductions import Summary
from .running import PROCESSES, THREADS, Interrupted, Progress, kept, run
from .space import Space, taken_as_arrays

__all__ = ["Interrupted", "Sweep", "sweep"]

SAMPLES = 1000
BEST = 10
RESOLUTION = 1e-4
QUANTILES = (0.1, 0.5, 0.9)
BINS = 20
# Scenarios that are answered together: enough that calls cost little, few enough that their arrays stay in the caches.
BLOCK = 131_072
# Those that are answered one by one are as many as take so long [s].
BLOCK_SECONDS = 0.2


class Sweep:
    """What is kept of a sweep.

    Attributes: ``question``; ``total``, the scenarios; ``refused``, how many of them were, with ``reasons`` of the
    first; ``arrays``, the parameters over which the question is answered at once; ``objectives``; ``results`` with
    ``units`` and ``labels``.
    """

    def __init__(self, space: Space, summary: Summary) -> None:
        self._space, self._summary = space, summary
        self.question, self.total, self.refused = space.question.name, summary.scenarios, summary.refused
        self.reasons = [reason for _, reason in summary.reasons]
        self.arrays = sorted(space.arrays)
        self.objectives = [name for name, _ in space.objectives]
        self.results, self.units, self.labels = list(space.results), dict(space.units), dict(space.labels)

    def known(self, result: str) -> int:
        """How many scenarios have a number for a result."""
        return self._summary.sketches[result].count

    def quantile(self, result: str, share: float) -> float | None:
        """The value of a result below which a share of the scenarios lies, right to within a thousandth of it."""
        size("share", share, 0, 1)
        sketch = self._summary.sketches[result]
        return sketch.quantile(share) if sketch.count else None

    def mean(self, result: str) -> float | None:
        """Mean of a result over all scenarios that have it."""
        sketch = self._summary.sketches[result]
        return sketch.mean if sketch.count else None

    def histogram(self, result: str, bins: int = BINS) -> list[tuple[float, float, int]]:
        """Lower end, upper end and count of so many bins of a result."""
        sketch = self._summary.sketches[result]
        return sketch.histogram(whole("bins", bins)) if sketch.count else []

    def best(self) -> dict[str, list[Any]]:
        """The scenarios with the best of the first objective, the best first: parameters and results by column."""
        return self._space.rows(self._summary.best.indexes)

    def front(self) -> dict[str, list[Any]]:
        """The scenarios that no other one beats in all objectives, by the first of them."""
        return self._space.rows(self._summary.front.indexes)

    def to_dict(self, quantiles: Sequence[float] = QUANTILES, bins: int = BINS) -> dict[str, Any]:
        """All of it as what JSON can hold."""
        described = {}
        for name in self.results:
            sketch = self._summary.sketches[name]
            described[name] = {
                "unit": self.units[name],
                "label": self.labels[name],
                "count": sketch.count,
                "least": self.quantile(name, 0),
                "most": self.quantile(name, 1),
                "mean": self.mean(name),
                "quantiles": {f"{share:g}": self.quantile(name, share) for share in quantiles},
                "histogram": [list(bin_) for bin_ in self.histogram(name, bins)],
            }
        return {
            "question": self.question,
            "scenarios": self.total,
            "refused": self.refused,
            "reasons": self.reasons,
            "results": described,
            "best": self.best(),
            "front": self.front(),
            "version": __version__,
        }


def sweep(
    question: str,
    values: Mapping[str, Any],
    objectives: Sequence[str] = (),
    results: Sequence[str] = (),
    samples: int = SAMPLES,
    best: int = BEST,
    resolution: float = RESOLUTION,
    seed: int = 1,
    scheduler: str | None = None,
    workers: int | None = None,
    state: str | None = None,
    resume: str | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Answer a question for every combination of values, and keep quantiles, the best and the front.

    Parameters
    ----------
    question : str
        Name of a question.
    values : dict
        By parameter: a value, a list or an array, or a text: ``[10,20,30]``, ``0.2..0.6:50``, ``64..16384:log:200``,
        ``0.3 to 0.5``, ``normal(2,0.3)``, ``lognormal(2,1.5)``, ``uniform(1,3)``, ``loguniform(1,3)`` or
        ``triangular(1,2,4)``.
    objectives : list of str
        Results that are to be small, or large as ``max:name``; none, if quantiles are all that is asked for.
    results : list of str
        Further results whose quantiles are kept; all, if neither these nor objectives are given.
    samples : int
        Scenarios that are drawn for each combination of the others' values, if there is a distribution [1].
    best : int
        How many of the best are kept [1].
    resolution : float
        Scenarios of the front that differ by less, as a share, are one [1].
    seed : int
        Of the drawn values; the same seed draws the same.
    scheduler : str, optional
        ``threads``, ``processes``, or the address of a `distributed` scheduler; if left out, threads where the question
        is answered over arrays, which run beside each other, and processes where it is not.
    workers : int, optional
        Threads or processes; as many as there are cores, if left out.
    state : str, optional
        File that keeps what is finished while the sweep runs.
    resume : str, optional
        File that a stopped sweep has left, from which this one goes on.
    told : callable, optional
        Called with the scenarios that are finished, and all.

    Returns
    -------
    Sweep
        What is kept.

    Raises
    ------
    Refusal
        If an argument is not accepted.
    Interrupted
        If it was interrupted, and there is a file to go on from.

    Examples
    --------
    >>> swept = sweep("training-cost", {"mfu": "0.2..0.6:5", "days": [10, 30]}, ["gpus", "rent"], scheduler="threads")
    >>> swept.total, swept.front()["mfu"], swept.front()["days"]
    (10, [0.6], [30.0])
    """
    spec = {
        "question": question,
        "values": {name: _plain(given) for name, given in values.items()},
        "samples": whole("samples", samples),
        "seed": whole("seed", seed, 0),
        "objectives": list(objectives),
        "results": list(results),
        "best": whole("best", best, 1, 10_000),
        "resolution": size("resolution", resolution, 1e-6, 0.5),
        "version": __version__,
    }
    workers = _cores() if workers is None else whole("workers", workers, 1, 1024)
    if scheduler is not None and scheduler not in (THREADS, PROCESSES) and "://" not in scheduler:
        raise Refusal("--scheduler", scheduler, "threads, processes, or the address of a scheduler as tcp://host:8786")
    if resume is None:
        spec |= _plan(spec)
        progress = Progress(spec, Space(spec), state)
    else:
        progress = _resumed(spec, resume, state)
    space = Space(progress.spec)
    if scheduler is None:
        scheduler = PROCESSES if space.alone else THREADS

    def tell(done: int) -> None:
        if told is not None:
            told(done, space.total)

    if progress.next:
        tell(progress.next)
    summary = run(progress, space.total, scheduler, workers, tell)
    progress.remove()
    return Sweep(space, summary)


def _plan(spec: dict[str, Any]) -> dict[str, Any]:
    """The parameters that the question takes as arrays, and how many scenarios are answered together."""
    arrays = taken_as_arrays(Space(spec))
    space = Space(spec | {"arrays": arrays})
    start = time.perf_counter()
    few = min(8, space.total)
    space.summarise(0, few)
    # Of those that are answered one by one, each takes as long.
    number = BLOCK_SECONDS * few / (time.perf_counter() - start)
    return {"arrays": arrays, "block": int(min(BLOCK, max(16, number))) if space.alone else BLOCK}


def _resumed(spec: dict[str, Any], resume: str, state: str | None) -> Progress:
    found = kept(resume)
    for name, value in spec.items():
        if found["spec"].get(name) != value:
            sentence = message(
                "--resume = {file} is of another sweep: its {name} is {value}",
                file=repr(resume),
                name=name,
                value=repr(found["spec"].get(name)),
            )
            raise Refusal("--resume", resume, "the file that the same sweep has left", reason=sentence)
    progress = Progress(found["spec"], Space(found["spec"]), state or resume)
    progress.summary.restore(found["summary"])
    progress.next = int(found["next"])
    return progress


def _plain(given: Any) -> Any:
    """Values as JSON has them."""
    if isinstance(given, (str, int, float, bool)):
        return given
    listed = given.tolist() if hasattr(given, "tolist") else given
    return list(listed) if isinstance(listed, (list, tuple, range)) else listed


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
