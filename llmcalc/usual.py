"""Usual ranges of what nobody knows exactly beforehand: worked out from the tables of data/, or as published.

>>> usual("training-cost", "pue").low, usual("training-cost", "pue").high
(1.08, 1.2)
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from . import datasets

DIGITS = 2  # of a range: more would claim to be known
FEW = 20  # values: of fewer the lowest and the highest, of more the middle half
FAST = 1e12  # [byte/s] memory of devices that train large models
SIXTEEN_BITS = ("bf16", "fp16")


class Usual(NamedTuple):
    """A usual range in the unit in which people write the parameter, and how it came about.

    Attributes
    ----------
    low, high : float
        Its ends, rounded to two digits.
    unit : str
        Their unit.
    how : str
        What the ends are, in some words.
    of : int or None
        How many published values they come from, if they were worked out.
    source : str or None
        Key of the publication, if they are one's.
    table : str or None
        The table of data/, if they were worked out from one.
    """

    low: float
    high: float
    unit: str
    how: str
    of: int | None
    source: str | None
    table: str | None


def usual(question: str, parameter: str) -> Usual | None:
    """The usual range of a parameter of a question; None where none is known.

    Parameters
    ----------
    question : str
        Name of a question.
    parameter : str
        One of its parameters.

    Examples
    --------
    >>> usual("failures", "failures").of, usual("training-gpus", "days")
    (5, None)
    """
    for row in datasets.records("usual-values"):
        if (row["question"], row["parameter"]) == (question, parameter):
            return _range(row)
    return None


def _range(row: dict[str, Any]) -> Usual:
    count, low, high = None, row["low"], row["high"]
    if row["computed"]:
        values = COMPUTED[row["computed"]]()
        count = len(values)
        ends = middle_half(values) if count > FEW else (min(values), max(values))
        low, high = (float(f"{end:.{DIGITS}g}") for end in ends)
    return Usual(low, high, row["unit"], row["how"], count, row["source"], row["table"])


def middle_half(values: list[float]) -> tuple[float, float]:
    """First and third quartile of some values.

    Examples
    --------
    >>> middle_half([1.0, 2.0, 3.0, 4.0, 5.0])
    (2.0, 4.0)
    """
    from statistics import quantiles  # slow to load

    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


@lru_cache
def utilisations() -> list[float]:
    """Model FLOPs utilisation of every published step of a dense model in 16 bits [1]."""
    from .prediction.runs import read_row

    found = []
    for row in datasets.records("training-runs"):
        if row["experts"] or row["number_format"] not in SIXTEEN_BITS or not row["step_seconds"]:
            continue
        run = read_row(row).run
        flop = run.model.flop_per_token(run.context) * run.context * run.batch
        found.append(flop / (row["step_seconds"] * run.devices * run.device.peak(run.number_format)))
    return found


def rents() -> list[float]:
    """Published rents of devices for training: linked to others, with fast memory [USD/h]."""
    return [
        numbers["rent"]
        for numbers in datasets.specifications().values()
        if "rent" in numbers and "link_bandwidth" in numbers and numbers["memory_bandwidth"] >= FAST
    ]


def failures() -> list[float]:
    """Failures that 16,384 devices would have in 54 days, by the rate of each published count [1]."""
    chosen = datasets.record("failures-published", "id", "llama-3")
    device_days = chosen["devices"] * chosen["days"]
    counted = [row for row in datasets.records("failures-published") if row["failures"] and row["days"]]
    return [row["failures"] / (row["devices"] * row["days"]) * device_days for row in counted]


def tokens_a_parameter() -> list[float]:
    """Training tokens a parameter of published models [token/parameter]."""
    return [row["tokens"] / row["params"] for row in datasets.records("how-much-data-models")]


def _on_chinese() -> list[dict[str, Any]]:
    rows = [*datasets.records("inference-gpus-tokenisers"), *datasets.records("how-much-data-tokenisers")]
    return [row for row in rows if "Chinese characters" in row["text"]]


def tokens_a_character() -> list[float]:
    """Tokens that tokenisers make of a Chinese character [token/character]."""
    return [row["tokens"] / row["characters"] for row in _on_chinese()]


def characters_a_token() -> list[float]:
    """Chinese characters in a token, by tokeniser [character/token]."""
    return [row["characters"] / row["tokens"] for row in _on_chinese()]


COMPUTED: dict[str, Callable[[], list[float]]] = {
    function.__name__: function
    for function in (utilisations, rents, failures, tokens_a_parameter, tokens_a_character, characters_a_token)
}
