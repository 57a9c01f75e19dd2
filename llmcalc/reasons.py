"""Why every default of a question is what it is: the line, publication or table that it comes from, or the choice."""

from . import datasets
from .checks import Refusal
from .messages import message

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
    accepted = message("a parameter of {question} in {file}", question=question, file="data/default-reasons.csv")
    raise Refusal("parameter", parameter, accepted)


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
        document = row["document"][:3]
        if last:
            return message("document {document}, lines {first} to {last}", document=document, first=first, last=last)
        return message("document {document}, line {line}", document=document, line=first)
    if row["kind"] == "publication":
        return message("{source} in the bibliography", source=row["source"])
    return f"data/{row['table']}.csv" if row["kind"] == "data" else message("our choice")
