"""Why two answers differ: how much of the change of each result belongs to each input.

The inputs are changed one at a time, from those of the first answer to those of the second. What a change brings
depends on what was changed before it, so it is averaged over orders. Over all orders that is the Shapley value, which
shares the whole change out and leaves no rest (Shapley 1953, A value for n-person games; Albrecht, François and Schoors
2002, Energy Policy 30, 727-736, for decompositions). A result that is positive in both answers is shared out as
factors, which multiply to the whole: their logarithms are averaged. Any other is shared out as differences, which add
up to it.

>>> from llmcalc import answers
>>> found = compare(answers.training_gpus, {"mfu": 0.5, "days": 30.0}, {"mfu": 0.4, "days": 60.0})
>>> required = found["results"]["required_tflops"]
>>> required["kind"], round(required["change"], 9), [round(required["parts"][name], 9) for name in found["inputs"]]
('factor', 0.5, [0.5, 1.0])
"""

from collections import OrderedDict
from math import exp, log

from .checks import Refusal
from .formats import number
from .spread import Spread
from .vocabulary import WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .results import Results

FACTOR, DIFFERENCE = "factor", "difference"
EXACT = 6  # inputs up to which all orders are looked at
NOISE = 1e-12  # of a result, below which a difference is one of rounding


class Comparison:
    """Two answers, and those to combinations of their inputs, as many as have been worked out so far.

    Up to `EXACT` inputs all orders count. Beyond, those count that take the inputs by the alphabet, beginning with each
    of them in turn, and these orders backwards: two an input, in which each input has every place twice.

    Parameters
    ----------
    answer : callable
        Takes parameters by name, and returns `llmcalc.results.Results`.
    first, second : dict
        Parameters of the two answers by name, values alone; the same names in both.

    Attributes: ``names`` of the inputs that differ, in alphabetical order; ``left``, how many combinations have not
    been worked out; ``refused``, by combination the reason why it has no answer.

    Raises
    ------
    Refusal
        If one of the two answers is refused, or if their parameters are not the same.

    Examples
    --------
    >>> from llmcalc import answers
    >>> found = Comparison(answers.training_gpus, {"mfu": 0.5, "days": 30.0}, {"mfu": 0.4, "days": 60.0})
    >>> found.names, found.left
    (['days', 'mfu'], 2)
    """

    def __init__(
        self, answer: "Callable[..., Results]", first: "Mapping[str, Any]", second: "Mapping[str, Any]"
    ) -> None:
        for name in sorted(first) + sorted(second):
            if name not in first or name not in second:
                raise Refusal(name, None, "a value in both answers")
        self.answer, self.first, self.second = answer, first, second
        self.names = sorted([name for name in first if first[name] != second[name]])
        whole = 2 ** len(self.names) - 1
        self.ends = (answer(**first), answer(**second))
        self.refused: dict[int, str] = {}
        self._numbers = {0: self.ends[0].numbers(), whole: self.ends[1].numbers()}
        self._waiting = [mask for mask in self._combinations() if mask not in (0, whole)]

    @property
    def left(self) -> int:
        """How many combinations have not been worked out."""
        return len(self._waiting)

    @property
    def orders(self) -> int:
        """How many orders count."""
        count = 1
        for factor in range(2, len(self.names) + 1):
            count *= factor
        return count if len(self.names) <= EXACT else 2 * len(self.names)

    def _combinations(self) -> "list[int]":
        """Which combinations of changes orders come through, each as a number whose bits are the inputs."""
        if len(self.names) <= EXACT:
            return list(range(2 ** len(self.names)))
        return sorted({mask for order in self._listed_orders() for mask, _ in order})

    def _listed_orders(self) -> "list[list[tuple[int, int]]]":
        """Orders as steps: what was changed before, and what is changed."""
        count, found = len(self.names), []
        for start in range(count):
            turned = [(start + place) % count for place in range(count)]
            for order in (turned, turned[::-1]):
                mask, steps = 0, []
                for place in order:
                    steps.append((mask, place))
                    mask |= 1 << place
                found.append(steps)
        return found

    def go_on(self, combinations: int) -> None:
        """Work so many combinations more out."""
        for _ in range(min(combinations, len(self._waiting))):
            mask = self._waiting.pop(0)
            values = dict(self.first)
            for name in self._changed(mask):
                values[name] = self.second[name]
            try:
                self._numbers[mask] = self.answer(**values).numbers()
            except Refusal as refusal:
                self.refused[mask] = str(refusal)

    def _changed(self, mask: int) -> "list[str]":
        return [name for place, name in enumerate(self.names) if mask >> place & 1]

    def told(self, names: "Sequence[str]" = ()) -> "dict[str, Any]":
        """What belongs to what: the inputs that differ, the results, and combinations that have no answer.

        Parameters
        ----------
        names : sequence of str, optional
            The order of the results, for Pythons whose mappings keep none.

        Returns
        -------
        dict
            ``inputs``; ``results`` by name with ``unit``, ``label``, ``first``, ``second``, ``kind``, ``change`` and
            ``parts`` by input, which have no numbers where there is nothing to share out, and ``orders``, how many of
            them could be gone through; ``orders`` in all; and ``refused``, with the inputs that were ``changed`` alone
            and the ``reason``.
        """
        self.go_on(self.left)
        listed = [{result["name"]: result for result in end.listed()} for end in self.ends]
        results = OrderedDict()
        for name in names or list(listed[0]):
            if name in listed[1]:
                results[name] = self._result(name, listed[0][name], listed[1][name])
        refused = []
        for mask in sorted(self.refused):
            refused.append(OrderedDict([("changed", self._changed(mask)), ("reason", self.refused[mask])]))
        return OrderedDict(
            [("inputs", self.names), ("results", results), ("orders", self.orders), ("refused", refused)]
        )

    def _result(self, name: str, first: "dict[str, Any]", second: "dict[str, Any]") -> "dict[str, Any]":
        whole = 2 ** len(self.names) - 1
        ends = [self._numbers[mask].get(name) for mask in (0, whole)]
        found = OrderedDict([("unit", first["unit"]), ("label", first["label"])])
        for key, result, value in (("first", first, ends[0]), ("second", second, ends[1])):
            found[key] = (result.get("reason") or result["value"]) if value is None else value
        kind, change, parts, passed = "", None, None, 0
        if ends[0] is not None and ends[1] is not None:
            kind = FACTOR if ends[0] > 0 and ends[1] > 0 else DIFFERENCE
            change = ends[1] / ends[0] if kind == FACTOR else self._plain(ends[1] - ends[0], ends)
            sums, passed = self._shared_out(name, kind)
            if passed:
                parts = [exp(part) if kind == FACTOR else self._plain(part, ends) for part in sums]
        found["kind"], found["change"] = kind, change
        found["parts"] = OrderedDict(
            [(each, None if parts is None else parts[place]) for place, each in enumerate(self.names)]
        )
        found["orders"] = passed
        return found

    def _plain(self, difference: float, ends: "Sequence[Any]") -> float:
        return difference if abs(difference) > NOISE * max(abs(ends[0]), abs(ends[1])) else 0.0

    def _shared_out(self, name: str, kind: str) -> "tuple[list[float], int]":
        """Each input's part of a result, averaged over orders on whose way it has numbers; and how many these are."""
        values = {}
        for mask, numbers in self._numbers.items():
            value = numbers.get(name)
            if value is not None and (kind == DIFFERENCE or value > 0):
                values[mask] = log(value) if kind == FACTOR else value
        steps, passed = self._steps(values)
        sums = [0.0] * len(self.names)
        for mask, place in sorted(steps):  # so that the last digit is the same in every Python
            sums[place] += steps[mask, place] * (values[mask | 1 << place] - values[mask])
        return [part / passed for part in sums] if passed else sums, passed

    def _steps(self, values: "Mapping[int, float]") -> "tuple[dict[tuple[int, int], int], int]":
        """How many orders take each step, of those that come through values alone; and how many these are."""
        count = len(self.names)
        steps: dict[tuple[int, int], int] = {}
        if count > EXACT:
            passing = [
                order
                for order in self._listed_orders()
                if all([mask in values for mask, _ in order])  # noqa: C419
            ]
            for order in passing:
                for step in order:
                    steps[step] = steps.get(step, 0) + 1
            return steps, len(passing)
        # Ways from the first answer to a combination, and from there to the second.
        whole = 2**count - 1
        to, back = {0: 1}, {whole: 1}
        for mask in range(1, whole + 1):
            to[mask] = sum([to[mask ^ 1 << place] for place in range(count) if mask >> place & 1 and mask in values])
        for mask in range(whole - 1, -1, -1):
            ways = [back[mask | 1 << place] for place in range(count) if not mask >> place & 1 and mask in values]
            back[mask] = sum(ways)
        for mask in range(whole):
            for place in range(count):
                if not mask >> place & 1 and to[mask] * back[mask | 1 << place]:
                    steps[mask, place] = to[mask] * back[mask | 1 << place]
        return steps, to[whole]


def compare(
    answer: "Callable[..., Results]", first: "Mapping[str, Any]", second: "Mapping[str, Any]"
) -> "dict[str, Any]":
    """Why two answers differ.

    Parameters
    ----------
    answer : callable
        A question's answer, one of `llmcalc.answers`.
    first, second : dict
        Parameters of the two answers by name, values alone; the same names in both.

    Returns
    -------
    dict
        As `Comparison.told` has it. Factors have no unit [1]; differences have that of their result.

    Raises
    ------
    Refusal
        As of `Comparison`.

    References
    ----------
    Shapley 1953, A value for n-person games; Albrecht, François and Schoors 2002 (doi:10.1016/S0301-4215(01)00131-8).

    Examples
    --------
    >>> from llmcalc import answers
    >>> found = compare(answers.training_gpus, {"mfu": 0.5, "days": 30.0}, {"mfu": 0.4, "days": 60.0})
    >>> gpus = found["results"]["gpus"]
    >>> print(gpus["first"], gpus["second"], *[told(gpus["kind"], gpus["parts"][name]) for name in found["inputs"]])
    1559.0 974.0 × 0.5002 × 1.249
    """
    return Comparison(answer, first, second).told()


def numbers(values: "Mapping[str, Any]") -> "Mapping[str, Any]":
    """Refuse parameters among which there is a range: its answer is many.

    Raises
    ------
    Refusal
        Naming the parameter.

    Examples
    --------
    >>> from llmcalc.spread import Spread
    >>> numbers({"days": Spread("days", 20, 40)})
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: days = '20 to 40' [day] is not accepted: give a single number, to compare two answers
    """
    for name in sorted(values):
        if isinstance(values[name], Spread):
            raise Refusal(name, str(values[name]), "a single number, to compare two answers", unit=WORDS[name].shown)
    return values


def told(kind: str, value: "float | None") -> str:
    """A part of a change, or all of it, as people write it.

    Examples
    --------
    >>> told("factor", 1.25), told("difference", 3.0), told("difference", -3.0), told("difference", 0.0), told("", None)
    ('× 1.25', '+3', '-3', '0', '–')
    """
    if value is None:
        return "–"
    return "× " + number(value) if kind == FACTOR else ("+" if value > 0 else "") + number(value)
