"""The scenarios of a sweep, by their numbers, and what the question answers for them."""

import inspect
import json
from copy import deepcopy
from functools import lru_cache
from typing import Any

import numpy as np

from .. import scenarios
from ..answering import accept
from ..checks import Refusal, did_you_mean
from ..messages import message
from ..models.numbers import take
from ..questions import find
from .axes import read_axis, uniforms
from .reductions import Summary

MOST_SCENARIOS = 10**15
MOST_OBJECTIVES = 4
MAXIMUM = "max:"
TRIED = 7  # scenarios at which an answer over arrays is held to the answer to each
ALIKE = 1e-12
# How an answer ends that is given an array where it takes a number.
NO_ARRAYS = (ValueError, TypeError, AttributeError, ArithmeticError, LookupError)


class Space:
    """A question with its axes, and a number for each scenario.

    The axes that a question takes as arrays stand last, so that consecutive scenarios differ in them alone; drawn
    values are drawn anew for each.

    Parameters
    ----------
    spec : dict
        ``question``, ``values`` (by parameter, as people write them), ``samples``, ``seed``, ``objectives``,
        ``results``, ``best``, ``resolution``, and, once it is known, ``arrays``: the parameters taken as arrays.

    Raises
    ------
    Refusal
        If a part of it is not accepted.
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec, self.question = spec, find(spec["question"])
        self.answer = inspect.unwrap(self.question.answer)
        limits = getattr(self.question.answer, "limits", {})
        axes, common = [], dict[str, Any]()
        for name, given in spec["values"].items():
            # Names that are unknown are refused there.
            parameter = self.question.parameters.get(name)
            axis = read_axis(parameter, given, limits.get(name)) if parameter else None
            if axis is None:
                common |= scenarios.read_values(self.question, {name: given})
                accept(name, common[name], limits.get(name))
            else:
                axes.append(axis)
        self.common = common
        drawn = [axis for axis in axes if axis.drawn]
        self.samples = spec["samples"] if drawn else 1
        arrays = spec.get("arrays", [])
        grid = [axis for axis in axes if not axis.drawn]
        self.axes = sorted(grid, key=lambda axis: axis.name in arrays) + drawn
        self.arrays = {axis.name for axis in axes if axis.name in arrays}
        # Drawn values that are not taken as arrays differ from each scenario to the next.
        self.alone = not self.arrays or any(axis.name not in self.arrays for axis in drawn)
        self.total = self.samples
        for axis in grid:
            self.total *= len(axis.values)
        if not axes:
            sentence = message(
                "nothing varies: give a list, a range or a distribution, such as {example}", example="mfu=0.2..0.6:50"
            )
            raise Refusal("name=value", None, "a parameter that varies", reason=sentence)
        if self.total > MOST_SCENARIOS:
            raise Refusal("scenarios", self.total, message("at most {most} of them", most=MOST_SCENARIOS))
        self._results()

    def _results(self) -> None:
        """The results and objectives that are asked for; all numbers, if nobody says."""
        spec, default = self.spec, self.question.answer(**self.common).listed()
        known = {result["name"]: result for result in default if not isinstance(result["value"], str)}
        wanted = [objective.removeprefix(MAXIMUM) for objective in spec["objectives"]]
        for name in wanted + spec["results"]:
            if name not in known:
                sentence = message(
                    "--objective: {name} is no number that {question} gives",
                    name=repr(name),
                    question=self.question.name,
                )
                sentence = message(
                    "{sentence}: known are {names}",
                    sentence=did_you_mean(sentence, name, known),
                    names=", ".join(known),
                )
                raise Refusal("--objective", name, "results", reason=sentence)
        if len(set(wanted)) != len(wanted) or len(wanted) > MOST_OBJECTIVES:
            raise Refusal(
                "--objective", ",".join(wanted), message("up to {most} different results", most=MOST_OBJECTIVES)
            )
        self.results = list(dict.fromkeys(wanted + spec["results"])) or list(known)
        self.units = {name: str(known[name]["unit"]) for name in self.results}
        self.labels = {name: str(known[name]["label"]) for name in self.results}
        # Less is better: what is to be large counts negative.
        self.objectives = [
            (objective.removeprefix(MAXIMUM), -1.0 if objective.startswith(MAXIMUM) else 1.0)
            for objective in spec["objectives"]
        ]

    def summary(self) -> Summary:
        """An empty summary of what is asked for."""
        return Summary(self.results, len(self.objectives), self.spec["best"], self.spec["resolution"])

    def columns(self, indexes: Any) -> dict[str, Any]:
        """What scenarios give each parameter that varies: an array of numbers, or of places in a list of texts."""
        found, rest = {}, indexes
        if any(axis.drawn for axis in self.axes):
            rest = indexes // self.samples
        for stream, axis in reversed(list(enumerate(self.axes))):
            if axis.drawn:
                found[axis.name] = axis.draw(uniforms(self.spec["seed"], stream, indexes))
                continue
            place = rest % len(axis.values)
            rest = rest // len(axis.values)
            found[axis.name] = axis.values[place] if axis.numeric else place
        return found

    def summarise(self, start: int, stop: int) -> Summary:
        """Answer consecutive scenarios, and keep what is asked for."""
        indexes, summary = np.arange(start, stop), self.summary()
        answered = Answered(self, indexes)
        costs = None
        if self.objectives:
            costs = np.stack([sign * answered.results[name] for name, sign in self.objectives], axis=1)
        summary.add(indexes, answered.results, costs, answered.refused, answered.reasons)
        return summary

    def rows(self, indexes: Any) -> dict[str, list[Any]]:
        """Parameters that vary, and results, of some scenarios: a column for each."""
        if not len(indexes):
            return {}
        order = np.argsort(indexes)
        back = np.argsort(order)
        answered = Answered(self, indexes[order])
        axes, columns = {axis.name: axis for axis in self.axes}, {}
        for name in self.spec["values"]:
            if name in axes:
                axis, column = axes[name], answered.columns[name]
                values = column.tolist() if axis.numeric else [axis.values[place] for place in column]
                columns[name] = [axis.parameter.type(values[place]) for place in back]
        for name in self.results:
            column = answered.results[name][back].tolist()
            columns[name] = [value if value == value else None for value in column]
        return columns


class Answered:
    """Scenarios with their results: NaN where there is no number, and how many were refused, with reasons."""

    def __init__(self, space: Space, indexes: Any) -> None:
        self.space, self.indexes = space, indexes
        self.columns = space.columns(indexes)
        self.results = {name: np.full(len(indexes), np.nan) for name in space.results}
        self.refused, self.reasons = 0, list[tuple[int, str]]()
        self.checked = False
        kept = self._in_range()
        if space.alone:
            for place in np.flatnonzero(kept):
                self._one(int(place))
            return
        apart = [self.columns[axis.name] for axis in space.axes if axis.name not in space.arrays]
        changes = np.zeros(len(indexes), bool)
        for column in apart:
            changes[1:] |= column[1:] != column[:-1]
        for places in np.split(np.arange(len(indexes)), np.flatnonzero(changes)):
            if kept[places].all():
                # Slices are no copies.
                self._several(slice(int(places[0]), int(places[-1]) + 1))
            elif len(some := places[kept[places]]):
                self._several(some)

    def _in_range(self) -> Any:
        """Whether each scenario's drawn values lie where the question takes them."""
        kept = np.ones(len(self.indexes), bool)
        for axis in self.space.axes:
            if not axis.drawn:
                continue
            drawn, parameter = self.columns[axis.name], axis.parameter
            good = (drawn >= parameter.low) & (drawn <= parameter.high)
            if not good.all():
                first = int(np.flatnonzero(~good)[0])
                sentence = message(
                    "{argument} = {value} is beyond {low} to {high}",
                    argument=axis.name,
                    value=f"{drawn[first]:g}",
                    low=f"{parameter.low:g}",
                    high=f"{parameter.high:g}",
                )
                self.reasons.append((int(self.indexes[first]), sentence))
            kept &= good
        self.refused += int((~kept).sum())
        return kept

    def _given(self, places: Any, plain: bool) -> dict[str, Any]:
        """Arguments of the answer: arrays where it takes them, else the one value that the places have in common."""
        given = dict(self.space.common)
        for axis in self.space.axes:
            column = self.columns[axis.name]
            if axis.name in self.space.arrays and not plain:
                given[axis.name] = column[places]
                continue
            value = column[places if plain else _first(places)]
            given[axis.name] = axis.parameter.type(value) if axis.numeric else axis.values[value]
        return given

    def _one(self, place: int) -> None:
        try:
            listed = self.space.question.answer(**self._given(place, plain=True)).listed()
        except Refusal as refusal:
            self.refused += 1
            self.reasons = sorted([*self.reasons, (int(self.indexes[place]), str(refusal))])[:10]
            return
        for result in listed:
            if result["name"] in self.results:
                self.results[result["name"]][place] = _as_number(result["value"])

    def _several(self, places: Any) -> None:
        length = places.stop - places.start if isinstance(places, slice) else len(places)
        if length == 1:
            self._one(_first(places))
            return
        try:
            with np.errstate(all="ignore"):
                listed = self.space.answer(**self._given(places, plain=False)).listed()
        except Refusal:
            # Some of them are refused: each half says which.
            middle = length // 2
            whole = np.arange(places.start, places.stop) if isinstance(places, slice) else places
            self._several(whole[:middle])
            self._several(whole[middle:])
            return
        except NO_ARRAYS:
            # What was tried took arrays, and these scenarios take another way through the answer.
            for place in np.arange(len(self.indexes))[places]:
                self._one(int(place))
            return
        for result in listed:
            if result["name"] in self.results:
                value = result["value"]
                self.results[result["name"]][places] = value if getattr(value, "ndim", 0) else _as_number(value)
        self._check(_first(places))

    def _check(self, place: int) -> None:
        """Hold an answer over arrays, once for each block, to the answer to one of its scenarios."""
        if self.checked:
            return
        self.checked = True
        together = {name: self.results[name][place] for name in self.results}
        for column in self.results.values():
            column[place] = np.nan
        self._one(place)
        for name, value in together.items():
            if not _alike(value, self.results[name][place]):
                raise ArithmeticError(f"{name} over arrays is {value}, and {self.results[name][place]} alone")


def _first(places: Any) -> int:
    return int(places.start if isinstance(places, slice) else places[0])


def _as_number(value: Any) -> float:
    return float("nan") if value is None or isinstance(value, str) else float(value)


def _alike(one: float, other: float) -> bool:
    if one != one or other != other:
        return one != one and other != other
    return one == other or abs(one - other) <= ALIKE * abs(other)


def taken_as_arrays(space: Space) -> list[str]:
    """The axes that a question's answer takes as arrays: tried, and held to the answers to each of some scenarios."""
    generator = np.random.default_rng(0)
    found: list[str] = []
    tried = np.unique(generator.integers(0, min(space.total, 2**62), 50 * TRIED))
    tried = tried[np.sort(generator.permutation(len(tried))[:TRIED])]
    if len(tried) < 2:  # an array of one number may pass for a number
        return []
    columns = space.columns(tried)
    for axis in space.axes:
        if axis.numeric and _takes(space, [*found, axis.name], columns):
            found.append(axis.name)
    return found


def _takes(space: Space, names: list[str], columns: dict[str, Any]) -> bool:
    """Whether an answer to scenarios at once, the parameters named as arrays, is that to each of them."""
    length = len(next(iter(columns.values())))
    given = dict(space.common)
    for axis in space.axes:
        column = columns[axis.name]
        given[axis.name] = axis.parameter.type(column[0]) if axis.numeric else axis.values[column[0]]
        if axis.drawn:  # mended, where it is out of range
            columns[axis.name] = np.clip(column, axis.parameter.low, axis.parameter.high)
    together = given | {name: columns[name] for name in names}
    kinds = {axis.name: axis.parameter.type for axis in space.axes}
    try:
        with np.errstate(all="ignore"):
            answered = {result["name"]: result["value"] for result in space.answer(**together).listed()}
    except NO_ARRAYS:
        return False
    for place in range(length):
        one = given | {name: kinds[name](columns[name][place]) for name in names}
        try:
            alone = {result["name"]: result["value"] for result in space.question.answer(**one).listed()}
        except Refusal:
            return False
        for name in space.results:
            value = answered.get(name)
            value = take(value, place)
            if not _alike(_as_number(value), _as_number(alone.get(name))):
                return False
    return True


@lru_cache(maxsize=4)
def _space(spec: str) -> Space:
    return Space(json.loads(spec))


def summarise(spec: str, start: int, stop: int) -> Summary:
    """Answer consecutive scenarios of a sweep, which is given as JSON: what a worker does."""
    return _space(spec).summarise(start, stop)


def merged(summaries: list[Summary]) -> Summary:
    """One summary of several."""
    first, *others = summaries
    total = deepcopy(first)  # a worker may hold the first for others, too
    for other in others:
        total.merge(other)
    return total
