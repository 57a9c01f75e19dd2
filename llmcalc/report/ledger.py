"""The ledger: every printed number, what it comes out as, and the verdict.

A notebook's `Ledger` takes the facts of a data file (line, quantity, unit and digits as
printed) and is told the computed values. It never fails a rerun with other parameters:
`verdict` says whether a row's claim holds, and the build checks it for the defaults.
"""

import math
from decimal import Decimal
from fractions import Fraction

from ..formats import headed, number
from ..messages import marked, message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import pandas as pd

MIME_TYPE = "application/vnd.llmcalc.ledger+json"
COLUMNS = ["id", "chapter", "document", "line", "quantity", "unit", "printed", "computed", "status", "note"]
STATUSES = {
    marked("given"): marked("an input of the document"),
    marked("reproduced"): marked("agrees to within one unit of the last printed digit"),
    marked("corrected"): marked("follows only from a mistake; the right value stands beside it"),
    marked("underivable"): marked("nothing in the documents determines it"),
}
DIFFERS = marked("differs")  # where a row's claim does not hold


def agrees(printed: str, computed: float) -> bool:
    """Whether a computed value is within one unit of the last printed digit.

    Parameters
    ----------
    printed : str
        The number with the digits that were printed, e.g. ``"4760e21"`` or ``"0.90"``.
    computed : float
        The computed number, in the same unit.

    Examples
    --------
    >>> agrees("1558", 1558.05), agrees("4760e21", 2777e21), agrees("3.5", 3.46), agrees("4/3", 1.33)
    (True, False, True, False)
    """
    if "/" in printed:
        return math.isclose(computed, printed_value(printed), rel_tol=1e-12)
    digits = Decimal(printed)
    last_digit = Decimal(1).scaleb(int(digits.as_tuple().exponent))
    return abs(Decimal(repr(float(computed))) - digits) <= last_digit


def printed_value(printed: str) -> float:
    """Value of a printed number or fraction.

    Parameters
    ----------
    printed : str
        E.g. ``"4760e21"`` or ``"4/3"``.

    Examples
    --------
    >>> printed_value("3/4")
    0.75
    """
    return float(Fraction(printed))


class Ledger:
    """Rows of one chapter.

    Parameters
    ----------
    chapter : str
        The notebook's name.
    facts : pandas.DataFrame
        Printed numbers by id, with ``document``, ``line``, ``quantity``, ``unit`` and ``printed``.
    """

    def __init__(self, chapter: str, facts: "pd.DataFrame") -> None:
        self.chapter = chapter
        self.facts = facts
        self.rows: list[dict[str, Any]] = []
        self.errata: list[dict[str, Any]] = []

    def given(self, fact: str, computed: float, note: str = "") -> None:
        """Record an input of the document, and the value that the notebook uses for it."""
        self._add(fact, "given", computed, note)

    def reproduced(self, fact: str, computed: float, note: str = "") -> None:
        """Record a printed number that comes out."""
        self._add(fact, "reproduced", computed, note)

    def corrected(self, fact: str, computed: float, mistaken: float, note: str) -> None:
        """Record a printed number that follows from a mistake: the right value, and the mistake's."""
        self._add(fact, "corrected", computed, note, mistaken=float(mistaken))

    def underivable(self, fact: str, note: str, computed: "float | None" = None) -> None:
        """Record a printed number that nothing determines: what is missing, and a value to set beside it."""
        self._add(fact, "underivable", computed, note)

    def erratum(
        self,
        title: str,
        document: str,
        line: str,
        printed: str,
        right: str,
        proof: str,
        effect: str,
        facts: "Sequence[str]" = (),
    ) -> None:
        """Record a slip for the Errata page, in Markdown.

        Parameters
        ----------
        title : str
            The slip in a few words.
        document, line : str
            Where it stands: the document's file name, and its line or lines.
        printed, right : str
            What the document says, and what is right.
        proof : str
            How we know.
        effect : str
            How much it matters.
        facts : sequence of str
            Ids of the corrected rows that it explains.
        """
        self.errata.append(
            {
                "chapter": self.chapter,
                "title": title,
                "document": document,
                "line": line,
                "printed": printed,
                "right": right,
                "proof": proof,
                "effect": effect,
                "rows": [f"{self.chapter}/{fact}" for fact in facts],
            }
        )

    def frame(self) -> "pd.DataFrame":
        """Rows as a table with the ledger's columns."""
        import pandas as pd  # which a build need not wait for, and each of its processes reads this module

        return pd.DataFrame(self.rows)[COLUMNS]

    def _add(
        self, fact: str, status: str, computed: "float | None", note: str, mistaken: "float | None" = None
    ) -> None:
        if fact not in self.facts.index:
            raise KeyError(f"no fact {fact!r} in the data of {self.chapter}")
        printed = self.facts.loc[fact]
        self.rows.append(
            {
                "id": f"{self.chapter}/{fact}",
                "chapter": self.chapter,
                "document": printed["document"],
                "line": str(printed["line"]),
                "quantity": printed["quantity"],
                "unit": printed["unit"],
                "printed": str(printed["printed"]),
                "computed": None if computed is None else float(computed),
                "status": status,
                "note": note,
                "mistaken": mistaken,
            }
        )

    def _repr_html_(self) -> str:
        used = [row for row in self.rows if verdict(row) == "given"]
        others = [row for row in self.rows if verdict(row) != "given"]
        parts = [self._table(others, message("Printed and computed"))] if others else []
        if used:
            summary = message("Inputs of the document, used as printed: {count}", count=len(used))
            table = self._table(used, message("Inputs"))
            parts.append(f"<details><summary>{summary}</summary>{table}</details>")
        return "".join(parts)

    def _table(self, rows: "list[dict[str, Any]]", caption: str) -> str:
        import pandas as pd

        from . import tables

        quantity, note = message("quantity [unit]"), message("note")
        frame = pd.DataFrame(
            {
                quantity: [headed(row["quantity"], row["unit"]) for row in rows],
                message("printed"): [number(printed_value(row["printed"]), 7) for row in rows],
                message("computed"): [number(row["computed"], 7) for row in rows],
                message("status"): [message(verdict(row)) for row in rows],
                message("line"): [row["line"] for row in rows],
                note: [row["note"] for row in rows],
            }
        )
        return str(tables.show(frame, caption, wide=[quantity, note]).to_html())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> "dict[str, Any]":
        missing = sorted(set(self.facts.index) - {row["id"].split("/", 1)[1] for row in self.rows})
        bundle = {"rows": self.rows, "errata": self.errata, "missing": missing}
        return {"text/html": self._repr_html_(), MIME_TYPE: bundle}


def verdict(row: "dict[str, Any]") -> str:
    """A row's status, or ``differs`` where its claim does not hold.

    Parameters
    ----------
    row : dict
        A row of a `Ledger`, with ``status``, ``printed``, ``computed`` and ``mistaken``.
    """
    computed: float = row["computed"]
    status: str = row["status"]
    if status in ("given", "reproduced"):
        return status if computed is not None and agrees(row["printed"], computed) else DIFFERS
    if status == "corrected":
        slip_found = row["mistaken"] is not None and agrees(row["printed"], row["mistaken"])
        return status if slip_found and not agrees(row["printed"], computed) else DIFFERS
    return status
