"""What varies in a sweep: grids, lists and distributions of a question's parameters, as people write them.

A scenario is a number. What it gives each parameter follows from that number alone, drawn values included, so that any
worker can work out any scenario, in any order, as often as need be.
"""

import re
from statistics import NormalDist
from typing import Any

import numpy as np

from .. import spread
from ..answering import accept
from ..checks import Refusal, one_of
from ..messages import marked, message
from ..quantities import read
from ..questions import Parameter

MOST_VALUES = 1_000_000  # of a parameter
# Numbers that each distribution takes.
DISTRIBUTIONS = {
    "normal": marked("mean and standard deviation"),
    "lognormal": marked("median and the factor of a standard deviation"),
    "uniform": marked("lowest and highest"),
    "loguniform": marked("lowest and highest"),
    "triangular": marked("lowest, most likely and highest"),
}
FORMS = marked(
    "a value, a list as [10,20,30], a range as 10..30:5 or 10..1000:log:5, or a distribution as normal(20,3)"
)
# Standard deviations from the middle to an end of a range such as "0.3 to 0.5".
TO_AN_END = NormalDist().inv_cdf((1 + spread.WITHIN) / 2)
_RANGE = re.compile(r"(?P<first>[^:]+?)\s*\.\.\s*(?P<last>[^:]+?)(?P<log>:log)?(?::(?P<count>\d+))?")
_DRAWN = re.compile(r"(?P<kind>[a-z]+)\s*\((?P<numbers>.*)\)")


class Axis:
    """A parameter that varies: the values it takes one by one, or the distribution that it is drawn from.

    Attributes: ``name``; ``values``, an array of numbers or a list of texts, None where it is drawn; ``kind`` and
    ``numbers`` of a distribution, in the unit that people write.
    """

    def __init__(
        self, parameter: Parameter, values: Any = None, kind: str = "", numbers: tuple[float, ...] = ()
    ) -> None:
        self.name, self.parameter, self.values, self.kind, self.numbers = (
            parameter.name,
            parameter,
            values,
            kind,
            numbers,
        )

    @property
    def drawn(self) -> bool:
        """Whether each scenario has a value of its own."""
        return self.values is None

    @property
    def numeric(self) -> bool:
        """Whether values are numbers."""
        return self.drawn or isinstance(self.values, np.ndarray)

    def draw(self, uniform: Any) -> Any:
        """Values of the distribution from two numbers between 0 and 1 for each."""
        first, second = uniform[:, 0], uniform[:, 1]
        one, other = self.numbers[0], self.numbers[-1]
        if self.kind == spread.LOGIT_NORMAL:
            one, other = np.log(one / (1 - one)), np.log(other / (1 - other))
            middle, deviation = (one + other) / 2, (other - one) / 2 / TO_AN_END
            drawn = 1 / (1 + np.exp(-(middle + deviation * _standard(first, second))))
        elif self.kind == "uniform":
            drawn = one + first * (other - one)
        elif self.kind == "loguniform":
            drawn = one * (other / one) ** first
        elif self.kind == "triangular":
            drawn = _triangular(first, *self.numbers)
        else:
            standard = _standard(first, second)
            drawn = one + other * standard if self.kind == "normal" else one * other**standard
        return np.round(drawn) if self.parameter.type is int else drawn


def _standard(first: Any, second: Any) -> Any:
    # Box and Muller 1958 (doi:10.1214/aoms/1177706645); 1 - u is above 0, as its logarithm has to be.
    return np.sqrt(-2 * np.log1p(-first)) * np.cos(2 * np.pi * second)


def _triangular(uniform: Any, low: float, mode: float, high: float) -> Any:
    rising = low + np.sqrt(uniform * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - uniform) * (high - low) * (high - mode))
    return np.where(uniform * (high - low) < mode - low, rising, falling)


def read_axis(parameter: Parameter, given: Any, limits: Any = None) -> Axis | None:
    """What somebody wrote for a parameter as an axis, or None if it is a single value.

    Parameters
    ----------
    parameter : Parameter
        Of a question.
    given : str or list or array or number
        One of `FORMS`, or values.
    limits : tuple, optional
        Of the question, where they differ from the vocabulary's.

    Raises
    ------
    Refusal
        If it is none of these, or one of the values is not accepted.

    Examples
    --------
    >>> from llmcalc.questions import find
    >>> mfu = find("training-gpus").parameters["mfu"]
    >>> read_axis(mfu, "20%..60%:5").values.tolist()
    [0.2, 0.3, 0.4, 0.5, 0.6]
    >>> read_axis(mfu, "normal(0.4,0.05)").kind
    'normal'
    """
    if not isinstance(given, str):
        if not hasattr(given, "__len__"):
            return None
        return _listed(parameter, list(given), limits)
    text = given.strip()
    if parameter.type not in (int, float):
        return _of_texts(parameter, text, limits)
    if spread.is_range(text):
        return _expected(parameter, text, limits)
    if drawn := _DRAWN.fullmatch(text):
        return _distribution(parameter, text, drawn["kind"], drawn["numbers"], limits)
    if steps := _RANGE.fullmatch(text):
        return _range(parameter, text, steps, limits)
    if text.startswith("[") and text.endswith("]"):
        return _listed(parameter, text[1:-1].split(","), limits)
    parts = text.split(",")
    if len(parts) == 1 or not all(_is_value(part, parameter) for part in parts):
        return None
    if _is_value(text, parameter):
        if any(part[:1] == "0" for part in parts[1:]):  # 1,000 is no list
            return None
        number = text.replace(",", "")
        sentence = message(
            "{argument} = {value} could be one number or a list: write {number} or {list}",
            argument=parameter.name,
            value=repr(text),
            number=number,
            list=f"[{text}]",
        )
        raise Refusal(parameter.name, given, FORMS, reason=sentence)
    return _listed(parameter, parts, limits)


def _is_value(text: str, parameter: Parameter) -> bool:
    try:
        read(text, parameter.name)
    except Refusal:
        return False
    return True


def _number(parameter: Parameter, text: Any, limits: Any) -> Any:
    value = read(text.strip(), parameter.name, limits) if isinstance(text, str) else text
    value = value.item() if hasattr(value, "item") else value
    accept(parameter.name, value, limits)
    return value


def _of_texts(parameter: Parameter, text: str, limits: Any) -> Axis | None:
    # A model or device of one's own is written in braces, with commas.
    if text in parameter.choices or text.startswith("{") or "," not in text:
        return None
    inside = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    return _listed(parameter, [part.strip() for part in inside.split(",")], limits)


def _listed(parameter: Parameter, given: list[Any], limits: Any) -> Axis:
    if not 1 <= len(given) <= MOST_VALUES:
        found = message("{count} values", count=len(given))
        raise Refusal(parameter.name, found, message("{low} to {high} values", low=1, high=MOST_VALUES))
    values = [_number(parameter, value, limits) for value in given]
    if len(set(values)) != len(values):
        twice = next(value for value in values if values.count(value) > 1)
        raise Refusal(parameter.name, twice, "each value once")
    return Axis(parameter, np.array(values, float) if parameter.type in (int, float) else values)


def _range(parameter: Parameter, text: str, steps: re.Match[str], limits: Any) -> Axis:
    name, whole = parameter.name, parameter.type is int
    first, last = (float(_number(parameter, steps[end], limits)) for end in ("first", "last"))
    if not first < last:
        sentence = message(
            "{argument} = {value} is no range: the second end has to be above the first",
            argument=name,
            value=repr(text),
        )
        raise Refusal(name, text, FORMS, reason=sentence)
    if steps["count"] is None and not (whole and not steps["log"]):
        sentence = message(
            "{argument} = {value} does not say how many values: write {example}",
            argument=name,
            value=repr(text),
            example=f"{text}:50",
        )
        raise Refusal(name, text, FORMS, reason=sentence)
    count = int(steps["count"]) if steps["count"] else int(last - first) + 1
    if not 2 <= count <= MOST_VALUES:
        raise Refusal(name, text, message("{low} to {high} values", low=2, high=MOST_VALUES))
    if steps["log"]:
        if not first > 0:
            raise Refusal(name, text, "a range above 0, if it is logarithmic")
        values = np.geomspace(first, last, count)
    else:
        values = np.linspace(first, last, count)
    # Neighbours that round to the same whole number are one value.
    return Axis(parameter, np.unique(np.round(values)) if whole else values)


def _expected(parameter: Parameter, text: str, limits: Any) -> Axis:
    """A range as `llmcalc answer` takes it, of which a distribution follows."""
    known = spread.read(text, parameter.name, limits)
    numbers = (float(known.low), float(known.high))
    if known.kind == spread.LOGNORMAL:
        low, high = numbers
        numbers = (float(np.sqrt(low * high)), float((high / low) ** (0.5 / TO_AN_END)))
    return Axis(parameter, kind=known.kind, numbers=numbers)


def _distribution(parameter: Parameter, text: str, kind: str, numbers: str, limits: Any) -> Axis:
    name, given = parameter.name, numbers.split(",")
    if kind not in DISTRIBUTIONS:
        raise Refusal(name, text, one_of(map(_form, DISTRIBUTIONS)))
    form = _form(kind)
    if len(given) != (3 if kind == "triangular" else 2):
        raise Refusal(name, text, form)
    if kind in ("normal", "lognormal"):
        middle = float(_number(parameter, given[0], limits))
        wide = float(read(given[1].strip(), name)) if kind == "normal" else _factor(name, text, given[1], form)
        if not wide > 0 or (kind == "lognormal" and not middle > 0):
            raise Refusal(name, text, message("{form}, above 0", form=form))
        return Axis(parameter, kind=kind, numbers=(middle, wide))
    ends = tuple(float(_number(parameter, part, limits)) for part in given)
    if list(ends) != sorted(ends) or ends[0] == ends[-1] or (kind == "loguniform" and not ends[0] > 0):
        if kind == "loguniform":
            raise Refusal(name, text, message("{form}, in this order, above 0", form=form))
        raise Refusal(name, text, message("{form}, in this order", form=form))
    return Axis(parameter, kind=kind, numbers=ends)


def _form(kind: str) -> str:
    return f"{kind}({message(DISTRIBUTIONS[kind])})"


def _factor(name: str, text: str, given: str, form: str) -> float:
    try:
        factor = float(given)
    except ValueError:
        raise Refusal(name, text, form) from None
    if not 1 < factor < float("inf"):
        raise Refusal(name, text, message("{form} above 1", form=form))
    return factor


def uniforms(seed: int, stream: int, indexes: Any) -> Any:
    """Two numbers between 0 and 1 for each scenario, which depend on its number alone.

    Parameters
    ----------
    seed, stream : int
        Of the sweep, and of the parameter.
    indexes : array of int
        Numbers of the scenarios, rising.

    Examples
    --------
    >>> one_by_one = [uniforms(1, 0, np.array([index]))[0].tolist() for index in (3, 4, 7)]
    >>> uniforms(1, 0, np.arange(8))[[3, 4, 7]].tolist() == one_by_one
    True
    """
    breaks = np.flatnonzero(np.diff(indexes) != 1) + 1
    return np.concatenate([_consecutive(seed, stream, int(run[0]), len(run)) for run in np.split(indexes, breaks)])


def _consecutive(seed: int, stream: int, first: int, count: int) -> Any:
    # A step of Philox's counter (Salmon et al. 2011, doi:10.1145/2063384.2063405) makes four numbers: two scenarios.
    bits = np.random.Philox(key=np.array([seed, stream], dtype=np.uint64))
    bits.advance(first // 2)
    odd = first % 2
    return np.random.Generator(bits).random((count + odd, 2))[odd:]
