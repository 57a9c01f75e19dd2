"""Ranges of predictions: where 80 % of the published times of their kind lay, each predicted without it."""

from .. import datasets
from ..messages import marked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..datasets import Row

SHARE = 0.8
KNOWN_STACK, NEW_STACK, MIXTURE = KINDS = (marked("known stack"), marked("new stack"), marked("mixture"))

# What stands behind a prediction.
MEASURED, FITTED, BOUND = marked("measured"), marked("fitted"), marked("bound")

_intervals: "dict[str, tuple[float, float]]" = {}


def kind(mixture: bool, known: bool) -> str:
    """Kind of a prediction: of a mixture of experts, of a stack whose constants are known, or of another."""
    if mixture:
        return MIXTURE
    return KNOWN_STACK if known else NEW_STACK


def interval(of_kind: str) -> "tuple[float, float]":
    """Ends of the range of a kind, in shares of the prediction.

    Examples
    --------
    >>> low, high = interval("known stack")
    >>> 0.8 < low < 1 < high < 1.3
    True
    """
    if of_kind not in _intervals:
        _intervals[of_kind] = ends([row for row in datasets.records("prediction-errors") if row["kind"] == of_kind])
    return _intervals[of_kind]


def ends(rows: "Iterable[Row]") -> "tuple[float, float]":
    """Quantiles of published over predicted time of rows with their errors left out, each end cutting off as many."""
    ratios = sorted(1 / (1 + row["left_out_error"]) for row in rows)
    return quantile(ratios, (1 - SHARE) / 2), quantile(ratios, (1 + SHARE) / 2)


def quantile(ordered: "Sequence[float]", share: float) -> float:
    """Quantile of sorted numbers, between two of them in proportion."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def badge(known: bool, measured: bool) -> str:
    """What stands behind a prediction.

    "measured" where such a run was published, "fitted" where constants were fitted to others of its stack, and "bound"
    where constants were carried over from other stacks.
    """
    if measured:
        return MEASURED
    return FITTED if known else BOUND
