"""Why every default of a question is what it is: the line, publication or table that it comes from, or the choice."""

from . import datasets
from .checks import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def reason(question: str, parameter: str) -> "dict[str, Any]":
    """The row of `data/default-reasons.csv` for a parameter of a question.

    Parameters
    ----------
    question : str
        Name of a question, e.g. ``training-gpus``.
    parameter : str
        One of its parameters.

    Raises
    ------
    Refusal
        If there is none.

    Examples
    --------
    >>> reason("training-gpus", "days")["reason"]
    'the time that the deck allows'
    """
    for row in datasets.records("default-reasons"):
        if (row["question"], row["parameter"]) == (question, parameter):
            return row
    raise Refusal("parameter", parameter, f"a parameter of {question} in data/default-reasons.csv")


def origin(row: "dict[str, Any]") -> str:
    """Where a default comes from, in some words.

    Parameters
    ----------
    row : dict
        A row of `data/default-reasons.csv`, as `reason` returns it.

    Examples
    --------
    >>> origin(reason("training-gpus", "days")), origin(reason("planner", "mfu")), origin(reason("planner", "users"))
    ('document 004, line 102', 'data/training-runs.csv', 'our choice')
    """
    if row["kind"] == "document":
        first, _, last = row["line"].partition("-")
        return f"document {row['document'][:3]}, " + (f"lines {first} to {last}" if last else f"line {first}")
    if row["kind"] == "publication":
        return f"{row['source']} in the bibliography"
    return f"data/{row['table']}.csv" if row["kind"] == "data" else "our choice"
