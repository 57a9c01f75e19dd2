"""What a sweep keeps of its scenarios: counts, quantiles, the best and the front, merged in any order to the same.

Nothing grows with the number of scenarios. Counts are whole numbers and sums are fractions, so that it makes no
difference which worker saw what first.
"""

from fractions import Fraction
from typing import Any

import numpy as np

# Quantiles are right to within this share of their value: DDSketch (Masson, Rim and Lee 2019, arXiv:1908.10693).
ACCURACY = 1e-3
_GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
_FAR = 10**15  # beyond any bucket of a float, so that those of negative values lie on the other side of 0
REASONS = 3  # refusals that are quoted
PIVOTS = 4


class Sketch:
    """Counts of values by buckets that are a thousandth wide, with which any quantile is known to within that."""

    def __init__(self) -> None:
        self.count, self.total = 0, Fraction(0)
        self.least, self.most = float("inf"), -float("inf")
        # By sign: the first bucket, and the counts from there on.
        self.buckets: dict[int, tuple[int, Any]] = {}

    def add(self, values: Any) -> None:
        """Add finite numbers."""
        if not len(values):
            return
        self.count += len(values)
        self.total += Fraction(float(values.sum()))
        least, most = float(values.min()), float(values.max())
        self.least, self.most = min(self.least, least), max(self.most, most)
        for sign in (1, -1):
            some = values if sign * least > 0 and sign * most > 0 else values[sign * values > 0]
            if len(some):
                keys = np.floor(np.log(np.abs(some)) / np.log(_GAMMA)).astype(np.int64)
                first = int(keys.min())
                self._join(sign, first, np.bincount(keys - first))
        if zeros := int((values == 0).sum()):
            self._join(0, 0, np.array([zeros]))

    def _join(self, sign: int, first: int, counts: Any) -> None:
        if sign not in self.buckets:
            self.buckets[sign] = (first, counts)
            return
        mine, known = self.buckets[sign]
        start = min(mine, first)
        joined = np.zeros(max(mine + len(known), first + len(counts)) - start, np.int64)
        joined[mine - start :][: len(known)] += known
        joined[first - start :][: len(counts)] += counts
        self.buckets[sign] = (start, joined)

    def merge(self, other: "Sketch") -> None:
        """Add what another one has counted."""
        self.count, self.total = self.count + other.count, self.total + other.total
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)
        for sign, (first, counts) in other.buckets.items():
            self._join(sign, first, counts)

    @property
    def mean(self) -> float:
        """Mean of all values."""
        return float(self.total / self.count)

    def _ascending(self) -> tuple[Any, Any]:
        """Representative values of the buckets with their counts, the lowest first."""
        values, counts = [], []
        for sign in sorted(self.buckets):
            first, known = self.buckets[sign]
            # The value whose relative distance from both ends is the same.
            middles = sign * 2 * _GAMMA ** (first + np.arange(len(known)) + 1.0) / (_GAMMA + 1)
            order = slice(None, None, -1 if sign < 0 else 1)
            values.append(middles[order])
            counts.append(known[order])
        return np.clip(np.concatenate(values), self.least, self.most), np.concatenate(counts)

    def quantile(self, share: float) -> float:
        """The value below which a share of all lies.

        Examples
        --------
        >>> sketch = Sketch()
        >>> sketch.add(np.arange(1.0, 1001.0))
        >>> abs(sketch.quantile(0.5) / 500 - 1) < 0.002, sketch.quantile(0.0), sketch.quantile(1.0)
        (True, 1.0, 1000.0)
        """
        if share in (0, 1):
            return self.most if share else self.least
        values, counts = self._ascending()
        return float(values[np.searchsorted(np.cumsum(counts), share * (self.count - 1), side="right")])

    def histogram(self, bins: int) -> list[tuple[float, float, int]]:
        """Lower and upper end, and count, of so many bins of equal width; one, where values hardly differ."""
        if self.most - self.least <= ACCURACY * max(abs(self.least), abs(self.most)):
            return [(self.least, self.most, self.count)]
        values, counts = self._ascending()
        heights, edges = np.histogram(values, bins, (self.least, self.most), weights=counts)
        return [
            (float(low), float(high), int(count))
            for low, high, count in zip(edges[:-1], edges[1:], heights, strict=True)
        ]

    def to_json(self) -> dict[str, Any]:
        """As what a JSON file can hold."""
        return {
            "count": self.count,
            "total": str(self.total),
            "least": self.least if self.count else None,
            "most": self.most if self.count else None,
            "buckets": {str(sign): [first, counts.tolist()] for sign, (first, counts) in self.buckets.items()},
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Sketch":
        """From what `to_json` made."""
        sketch = cls()
        if kept["count"]:
            sketch.count, sketch.total = int(kept["count"]), Fraction(kept["total"])
            sketch.least, sketch.most = float(kept["least"]), float(kept["most"])
            sketch.buckets = {
                int(sign): (int(first), np.array(counts, np.int64)) for sign, (first, counts) in kept["buckets"].items()
            }
        return sketch


class Rows:
    """Scenarios that are kept by their numbers, with their costs: what they are compared by, less being better."""

    def __init__(self, indexes: Any, costs: Any) -> None:
        self.indexes, self.costs = indexes, costs

    def joined(self, other: "Rows") -> "Rows":
        """These and others."""
        indexes = np.concatenate([self.indexes, other.indexes])
        return Rows(indexes, np.concatenate([self.costs, other.costs]))

    def chosen(self, places: Any) -> "Rows":
        """Those at some places."""
        return Rows(self.indexes[places], self.costs[places])

    def best(self, number: int) -> "Rows":
        """Those with the least of the first cost; among equals the first in number."""
        if len(self.indexes) > number:
            # Only what is at least as good as the last that is taken has to be sorted.
            bound = np.partition(self.costs[:, 0], number - 1)[number - 1]
            rows = self.chosen(self.costs[:, 0] <= bound)
        else:
            rows = self
        return rows.chosen(np.lexsort((rows.indexes, rows.costs[:, 0]))[:number])

    def front(self, resolution: float) -> "Rows":
        """Those that none is better than in all costs; of several that differ by less than `resolution` one.

        Costs are sorted into boxes whose width is a share of them. A box that lies behind another one is left out, and
        of those in a box stays the first by its costs, so that whatever stays is behind no other scenario (epsilon
        dominance: Laumanns et al. 2002, doi:10.1162/106365602760234108).
        """
        rows = self
        boxes = _boxes(rows.costs, resolution)
        for weights in _directions(boxes.shape[1]):
            if len(boxes) > 1:
                pivot = boxes[np.argmin(boxes @ weights)]
                stays = (boxes < pivot).any(axis=1) | (boxes == pivot).all(axis=1)
                rows, boxes = rows.chosen(stays), boxes[stays]
        columns = (rows.indexes, *rows.costs.T[::-1], *boxes.T[::-1])
        order = np.lexsort(columns)
        rows, boxes = rows.chosen(order), boxes[order]
        first = np.ones(len(boxes), bool)
        first[1:] = (boxes[1:] != boxes[:-1]).any(axis=1)
        rows, boxes = rows.chosen(first), boxes[first]
        return rows.chosen(_ahead(boxes))

    def to_json(self) -> list[Any]:
        """As what a JSON file can hold."""
        return [self.indexes.tolist(), self.costs.tolist()]

    @classmethod
    def from_json(cls, kept: list[Any], width: int) -> "Rows":
        """From what `to_json` made."""
        return cls(np.array(kept[0], np.int64), np.array(kept[1], float).reshape(-1, width))


def _boxes(costs: Any, resolution: float) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.floor(np.log(np.abs(costs)) / np.log1p(resolution))
        return np.where(costs == 0, 0, np.sign(costs) * (far + _FAR))


def _directions(width: int) -> list[Any]:
    """Weights of costs: whatever is least by one of them is ahead of many others."""
    spread = np.linspace(0.2, 0.8, PIVOTS)
    return [np.array([share, *[(1 - share) / max(1, width - 1)] * (width - 1)]) for share in spread]


def _ahead(boxes: Any) -> Any:
    """Places of the boxes, sorted and different, that lie behind no other."""
    if boxes.shape[1] == 1:
        return np.arange(min(1, len(boxes)))
    if boxes.shape[1] == 2:
        least = np.minimum.accumulate(boxes[:, 1])
        return np.flatnonzero(np.concatenate([[True], boxes[1:, 1] < least[:-1]])) if len(boxes) else np.arange(0)
    places, position = np.arange(len(boxes)), 0
    while position < len(places):
        # A box stays if it is less in some cost, or the same box.
        pivot = boxes[places[position]]
        stays = (boxes[places] < pivot).any(axis=1)
        stays[position] = True
        position = int(stays[:position].sum()) + 1
        places = places[stays]
    return places


class Summary:
    """What is kept of scenarios: how many, how many were refused and why, and what was asked for."""

    def __init__(self, results: list[str], objectives: int, best: int, resolution: float) -> None:
        self.scenarios = self.refused = 0
        self.keep, self.resolution = best, resolution
        # The first refusals by the scenarios' numbers.
        self.reasons: list[tuple[int, str]] = []
        self.sketches = {name: Sketch() for name in results}
        nothing = Rows(np.zeros(0, np.int64), np.zeros((0, max(1, objectives))))
        self.best, self.front = nothing, nothing

    def add(
        self, indexes: Any, results: dict[str, Any], costs: Any, refused: int, reasons: list[tuple[int, str]]
    ) -> None:
        """Add scenarios with their results, in which NaN stands where there is no number."""
        self.scenarios += len(indexes)
        self.refused += refused
        self.reasons = sorted(self.reasons + reasons)[:REASONS]
        for name, sketch in self.sketches.items():
            values = results[name]
            sketch.add(values[np.isfinite(values)])
        if costs is not None:
            known = np.isfinite(costs).all(axis=1)
            self._keep(Rows(indexes[known], costs[known]), Rows(indexes[known], costs[known]))

    def _keep(self, best: Rows, front: Rows) -> None:
        self.best = self.best.joined(best).best(self.keep)
        self.front = self.front.joined(front.front(self.resolution)).front(self.resolution)

    def merge(self, other: "Summary") -> "Summary":
        """Add what another one has kept; returns itself."""
        self.scenarios += other.scenarios
        self.refused += other.refused
        self.reasons = sorted(self.reasons + other.reasons)[:REASONS]
        for name, sketch in self.sketches.items():
            sketch.merge(other.sketches[name])
        self._keep(other.best, other.front)
        return self

    def to_json(self) -> dict[str, Any]:
        """As what a JSON file can hold."""
        return {
            "scenarios": self.scenarios,
            "refused": self.refused,
            "reasons": self.reasons,
            "sketches": {name: sketch.to_json() for name, sketch in self.sketches.items()},
            "best": self.best.to_json(),
            "front": self.front.to_json(),
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """Take up what `to_json` made."""
        width = self.best.costs.shape[1]
        self.scenarios, self.refused = int(kept["scenarios"]), int(kept["refused"])
        self.reasons = [(int(index), str(reason)) for index, reason in kept["reasons"]]
        self.sketches = {name: Sketch.from_json(kept["sketches"][name]) for name in self.sketches}
        self.best, self.front = Rows.from_json(kept["best"], width), Rows.from_json(kept["front"], width)
