"""Numbers that nobody knows exactly: a range in place of a number goes in, and how far the answer spreads comes out.

``0.3 to 0.5`` says that 90 of 100 would expect the number there, five of 100 below and five above. A positive number
is taken to be lognormal, a share logit-normal, and any other uniform; ``uniform`` may be written behind a range, and
means that nothing lies outside. The answer is worked out at points that fill the ranges evenly (Halton 1960), the same
ones each time and in every Python, so that a page, the command and a colleague get the same numbers.

>>> spread = read("0.3 to 0.5", "mfu", (0.001, 1))
>>> round(spread.at(0.05), 6), round(spread.at(0.5), 4), round(spread.at(0.95), 6)
(0.3, 0.3956, 0.5)
"""

from math import exp, log, sqrt

from .answering import written
from .checks import Refusal, choice
from .messages import message
from .plans.ranges import quantile
from .quantities import read as read_number
from .vocabulary import WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .results import Results

LOGNORMAL, LOGIT_NORMAL, UNIFORM = KINDS = ("lognormal", "logit-normal", "uniform")
BETWEEN = " to "
WITHIN = 0.9  # of what is expected lies in the range that people write
ERRORS_WITHIN = 0.8  # and in the range of a prediction
POINTS = 512
BARS = 12
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9  # what is told of a result
# One for each number that may be a range; further ones take turns.
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53)


class Spread:
    """A number of which only a range is known.

    Parameters
    ----------
    name : str
        What the number is for, a word of the vocabulary.
    low, high : float
        Ends of the range, in the unit shown.
    kind : str, optional
        One of `KINDS`; if left out, by what the number is.
    limits : tuple of float, optional
        What the question accepts; the tails end there.

    Raises
    ------
    Refusal
        If the range is none, or of a kind that it can't have.

    Examples
    --------
    >>> round(Spread("days", 20, 45).at(0.5), 9)
    30.0
    >>> Spread("days", 40, 20)
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: days = '40 to 20' [day] is not accepted: give a range from a smaller to a larger number
    """

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        kind: "str | None" = None,
        limits: "tuple[float, float] | None" = None,
    ) -> None:
        word = WORDS[name]
        self.name, self.low, self.high = name, low, high
        self.limits = limits or word.usual or (low, high)
        self.whole = word.whole
        if not low < high:
            raise Refusal(name, str(self), "a range from a smaller to a larger number", unit=word.shown)
        share = word.shown == "1" and not word.whole and low > 0 and high < 1 and self.limits[1] <= 1
        self.kind = kind or (LOGIT_NORMAL if share else LOGNORMAL if low > 0 else UNIFORM)
        choice("kind", self.kind, KINDS)
        if (self.kind == LOGNORMAL and low <= 0) or (self.kind == LOGIT_NORMAL and not (low > 0 and high < 1)):
            raise Refusal(name, str(self), message("a range that can be {kind}", kind=self.kind), unit=word.shown)

    def __str__(self) -> str:
        return written(self.low) + BETWEEN + written(self.high)

    def at(self, share: float) -> float:
        """The number below which a share of what is expected lies."""
        if self.kind == UNIFORM:
            value = self.low + share * (self.high - self.low)
        else:
            value = _between(self.low, self.high, WITHIN, share, self.kind == LOGIT_NORMAL)
        value = min(max(value, self.limits[0]), self.limits[1])
        # Halves up, in every Python alike.
        return int((value + 0.5) // 1) if self.whole else value


def is_range(text: object) -> bool:
    """Whether somebody wrote a range.

    Examples
    --------
    >>> is_range("0.3 to 0.5"), is_range("0.4"), is_range(0.4)
    (True, False, False)
    """
    return isinstance(text, str) and BETWEEN in text


def read(text: str, name: str, limits: "tuple[float, float] | None" = None) -> Spread:
    """Read a range that somebody wrote for a parameter, each end as `llmcalc.quantities.read` does.

    Parameters
    ----------
    text : str
        ``LOW to HIGH``, and behind it the kind, if it is another than usual; a unit may stand behind the second alone.
    name : str
        Name of the parameter.
    limits : tuple, optional
        Smallest and largest number that the question accepts.

    Raises
    ------
    Refusal
        If the text is no range, or its ends are out of range.

    Examples
    --------
    >>> spread = read("2 to 3 weeks", "days", (1, 400))
    >>> spread.low, spread.high, spread.kind
    (14.0, 21.0, 'lognormal')
    >>> read("30% to 50% uniform", "mfu").at(0.5)
    0.4
    """
    word = WORDS.get(name)
    if word is None or word.range is None:
        raise Refusal(name, text, "a single value, as it is no number")
    body, kind = text.strip(), None
    for known in KINDS:
        if body.endswith(" " + known):
            body, kind = body[: -len(known)].strip(), known
    first, _, second = body.partition(BETWEEN)
    low, high = (_end(end, name, limits, text) for end in (_with_unit(first.strip(), second.strip()), second.strip()))
    return Spread(name, low, high, kind, limits)


def _end(text: str, name: str, limits: "tuple[float, float] | None", text_given: str) -> float:
    value = read_number(text, name, limits)
    assert not isinstance(value, str), f"{name} is a number"
    low, high = limits or WORDS[name].usual or (value, value)
    if not low <= value <= high:
        accepted = message("a range between {low} and {high}", low=written(low), high=written(high))
        raise Refusal(name, text_given, accepted, unit=WORDS[name].shown)
    return value


def _with_unit(first: str, second: str) -> str:
    """The first end, with the unit of the second where it has none of its own."""
    place = len(second)
    while place and not (second[place - 1].isdigit() or second[place - 1] == "."):
        place -= 1
    bare = first[-1:].isdigit() or first[-1:] == "."
    return first + second[place:] if bare and second[:1] != "$" else first


def _between(low: float, high: float, within: float, share: float, logit: bool) -> float:
    """Quantile of a lognormal or a logit-normal number of which a share lies between two ends."""
    odds = [log(end / (1 - end)) if logit else log(end) for end in (low, high)]
    middle, half = (odds[0] + odds[1]) / 2, (odds[1] - odds[0]) / 2
    value = exp(middle + half * normal_quantile(share) / normal_quantile((1 + within) / 2))
    return value / (1 + value) if logit else value


def normal_quantile(share: float) -> float:
    """Number below which a share of a standard normal distribution lies.

    Parameters
    ----------
    share : float
        More than 0 and less than 1 [1].

    Returns
    -------
    float
        In standard deviations [1].

    Raises
    ------
    Refusal
        If the share is out of range.

    References
    ----------
    Wichura 1988, Algorithm AS 241, PPND16 (doi:10.2307/2347330): 16 digits.

    Examples
    --------
    >>> normal_quantile(0.5), round(normal_quantile(0.95), 12)
    (0.0, 1.644853626951)
    """
    if not (isinstance(share, float) and 0 < share < 1):
        raise Refusal("share", share, "a share above 0 and below 1")
    off = share - 0.5
    if abs(off) <= 0.425:
        return off * _ratio(0.180625 - off * off, CENTRE)
    far = sqrt(-log(share if off < 0 else 1 - share))
    value = _ratio(far - 1.6, NEAR) if far <= 5 else _ratio(far - 5, FAR)
    return -value if off < 0 else value


# Coefficients of the algorithm's three pairs of polynomials, the highest power first.
# fmt: off
CENTRE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)
NEAR = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
     3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
     0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
)
FAR = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
     0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
     0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)
# fmt: on


def _ratio(value: float, pair: "tuple[tuple[float, ...], tuple[float, ...]]") -> float:
    above, below = 0.0, 0.0
    for coefficient in pair[0]:
        above = above * value + coefficient
    for coefficient in pair[1]:
        below = below * value + coefficient
    return above / below


def halton(number: int, place: int) -> float:
    """Coordinate of a point that fills a range evenly, together with those of the points before it.

    Parameters
    ----------
    number : int
        Of the point, from 1.
    place : int
        Of the coordinate, from 0.

    Returns
    -------
    float
        Above 0 and below 1 [1].

    References
    ----------
    Halton 1960, Numerische Mathematik 2, 84-90.

    Examples
    --------
    >>> [halton(number, 0) for number in (1, 2, 3)], halton(1, 1)
    ([0.5, 0.25, 0.75], 0.3333333333333333)
    """
    base = PRIMES[place % len(PRIMES)]
    # Every further round of bases begins elsewhere, so that no two coordinates are the same.
    number += 409 * (place // len(PRIMES))
    digits, scale = 0, 1
    while number:
        digits, scale = digits * base + number % base, scale * base
        number //= base
    return digits / scale


class Sample:
    """An answer at points of its ranges, as many as have been asked for so far.

    Parameters
    ----------
    answer : callable
        Takes parameters by name, and returns `llmcalc.results.Results`.
    given : dict
        Parameters by name, values or `Spread`; at least one of these.
    together : list of tuple of str, optional
        Names that are high together and low together.

    Attributes: ``middle``, the answer to ``in_the_middle``, where as much is expected above each number as below it;
    ``points`` so far, and ``refused``, how many of them had no answer.

    Raises
    ------
    Refusal
        If there is no range, if a name that moves with others has none, or if there is no answer in the middle.
    """

    def __init__(
        self,
        answer: "Callable[..., Results]",
        given: "dict[str, Any]",
        together: "Sequence[Sequence[str]]" = (),
    ) -> None:
        self.answer, self.given = answer, given
        self.spreads = {name: given[name] for name in given if isinstance(given[name], Spread)}
        if not self.spreads:
            raise Refusal("given", None, "at least one range, such as 0.3 to 0.5")
        self.groups = self._groups(together)
        self.in_the_middle = self._at([MIDDLE] * len(self.groups))
        self.middle = answer(**self.in_the_middle)
        self.points, self.refused = 0, 0
        self.values: dict[str, list[float]] = {
            name: [] for name, value in self.middle.numbers().items() if value is not None
        }

    def _groups(self, together: "Sequence[Sequence[str]]") -> "list[list[str]]":
        grouped: dict[str, int] = {}
        for place, names in enumerate(together):
            for name in names:
                if name not in self.spreads:
                    accepted = message("names of ranges: {names}", names=", ".join(sorted(self.spreads)))
                    raise Refusal("together", name, accepted)
                grouped[name] = place
        groups: list[list[str]] = []
        for name in sorted(self.spreads):  # in this order everywhere: mappings of MicroPython have none
            members = [other for other in sorted(self.spreads) if grouped.get(other, other) == grouped.get(name, name)]
            if members not in groups:
                groups.append(members)
        return groups

    def _at(self, shares: "Sequence[float]") -> "dict[str, Any]":
        values = dict(self.given)
        for share, names in zip(shares, self.groups):  # noqa: B905 - MicroPython's zip knows no `strict`
            for name in names:
                values[name] = self.spreads[name].at(share)
        return values

    def go_on(self, points: int) -> None:
        """Work the answer out at so many points more."""
        dimensions = len(self.groups)
        for _ in range(points):
            self.points += 1
            try:
                answered = self.answer(**self._at([halton(self.points, place) for place in range(dimensions)]))
            except Refusal:
                self.refused += 1
                continue
            found = answered.numbers()
            # A prediction's own error is one more coordinate, the same for all that follows from it.
            off = halton(self.points, dimensions)
            for name, known in self.values.items():
                value = found.get(name)
                if value is not None:
                    factor = answered.errors.get(name)
                    known.append(value * (_between(factor[0], factor[1], ERRORS_WITHIN, off, False) if factor else 1.0))

    def told(self) -> "dict[str, dict[str, Any]]":
        """By result: ``p10``, ``median``, ``p90``, ``share`` of the points that have a number, and a histogram.

        The histogram has the number of points in each of `BARS` bars of equal width, between ``first`` and ``last``.
        """
        told = {}
        for name, values in self.values.items():
            ordered = sorted(values)
            if not ordered:
                continue
            first, last = ordered[0], ordered[-1]
            bars = [0] * BARS
            for value in ordered:
                # On the edge of two bars a last digit decides nothing.
                place = (value - first) / (last - first) * BARS + 1e-9 if last > first else 0
                bars[min(BARS - 1, int(place))] += 1
            ends = {"p10": quantile(ordered, LOW), "median": quantile(ordered, MIDDLE), "p90": quantile(ordered, HIGH)}
            if all([value % 1 == 0 for value in ordered]):  # noqa: C419 - of whole things no parts
                ends = {end: (ends[end] + 0.5) // 1 for end in ends}
            told[name] = {
                "p10": ends["p10"],
                "median": ends["median"],
                "p90": ends["p90"],
                "share": len(ordered) / self.points,
                "first": first,
                "last": last,
                "bars": bars,
            }
        return told

    def tornado(self, result: str) -> "list[dict[str, Any]]":
        """What moves a result most: by range, the result at its ends, where all others stand in their middle.

        Parameters
        ----------
        result : str
            Name of a result that is a number.

        Returns
        -------
        list of dict
            ``names`` that move together, and the result at the ``low`` and the ``high`` end of their ranges, None where
            it has no number; the one that moves it furthest first.
        """
        choice("result", result, list(self.values))
        found = []
        for place, names in enumerate(self.groups):
            ends = []
            for share in ((1 - WITHIN) / 2, (1 + WITHIN) / 2):
                shares = [MIDDLE] * len(self.groups)
                shares[place] = share
                try:
                    ends.append(self.answer(**self._at(shares)).numbers().get(result))
                except Refusal:
                    ends.append(None)
            found.append({"names": names, "low": ends[0], "high": ends[1]})
        return sorted(found, key=lambda row: (-_width(row), row["names"]))


def _width(row: "dict[str, Any]") -> float:
    return 0.0 if row["low"] is None or row["high"] is None else abs(row["high"] - row["low"])


def sample(
    answer: "Callable[..., Results]",
    given: "dict[str, Any]",
    points: int = POINTS,
    together: "Sequence[Sequence[str]]" = (),
) -> Sample:
    """Work an answer out at points of its ranges.

    Parameters
    ----------
    answer : callable
        A question's answer, one of `llmcalc.answers`.
    given : dict
        Parameters by name: values, or texts of ranges as `read` takes them.
    points : int
        How many [1].
    together : list of tuple of str, optional
        Names of parameters that are high together and low together, such as utilisation and price.

    Returns
    -------
    Sample
        With `Sample.told` and `Sample.tornado`.

    Raises
    ------
    Refusal
        If nothing is a range, or a value is out of range.

    Examples
    --------
    >>> from llmcalc import answers
    >>> found = sample(answers.training_gpus, {"mfu": "0.3 to 0.5"})
    >>> {name: round(value) for name, value in found.told()["gpus"].items() if name in ("p10", "median", "p90")}
    {'p10': 1637, 'median': 1971, 'p90': 2436}
    """
    limits = getattr(answer, "limits", {})
    values = {name: read(value, name, limits.get(name)) if is_range(value) else value for name, value in given.items()}
    found = Sample(answer, values, together)
    found.go_on(points)
    return found


def sobol_indices(
    answer: "Callable[..., Results]",
    given: "dict[str, Any]",
    result: str,
    points: int = 1024,
    together: "Sequence[Sequence[str]]" = (),
) -> "dict[str, tuple[float, float]]":
    """Shares of a result's variance that come from each range: by itself, and with all that it interacts with.

    Parameters
    ----------
    answer, given, together
        As of `sample`; at least two ranges.
    result : str
        Name of a result that is a number everywhere in the ranges.
    points : int
        A power of two; the answer is worked out at (2 + number of ranges) times as many [1].

    Returns
    -------
    dict
        By names that move together, joined by commas: first-order and total index [1].

    Raises
    ------
    Refusal
        If nothing is a range, or the result is no number somewhere.

    References
    ----------
    Saltelli et al. 2010 (doi:10.1016/j.cpc.2009.09.018), as in scipy.stats.sobol_indices, which this needs.

    Examples
    --------
    >>> from llmcalc import answers
    >>> found = sobol_indices(answers.training_gpus, {"mfu": "0.3 to 0.5", "days": "20 to 80"}, "gpus", 256)
    >>> found["days"][1] > found["mfu"][1] > 0
    True
    """
    from scipy.stats import sobol_indices as indices
    from scipy.stats import uniform

    found = sample(answer, given, 2, together)
    choice("result", result, list(found.values))

    def values(shares: "Any") -> "list[float]":
        answered = [answer(**found._at([float(share) for share in point])).numbers().get(result) for point in shares.T]
        if None in answered:
            raise Refusal("result", result, "a result that is a number everywhere in the ranges")
        return answered  # type: ignore[return-value]

    told = indices(func=values, n=points, dists=[uniform(1e-9, 1 - 2e-9)] * len(found.groups), rng=0)
    names = [",".join(group) for group in found.groups]
    return {
        name: (float(first), float(total))
        for name, first, total in zip(names, told.first_order, told.total_order, strict=True)
    }
