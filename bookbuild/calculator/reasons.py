"""Beside every field of a form: why its default is what it is, with a link to where that can be read."""

import functools
import html
from typing import Any

from markupsafe import Markup
from pybtex.database import parse_file

from bookbuild.notebooks import ROOT
from bookbuild.site import documents
from llmcalc import reasons, usual
from llmcalc.messages import message

LONGEST = 24  # letters of a default that a question repeats


def why(question: str, parameter: str, default: str) -> dict[str, Markup | str]:
    """Return the question and the answer of a fold: why a parameter's default is what it is."""
    row = reasons.reason(question, parameter)
    said = default not in ("true", "false") and len(default) <= LONGEST
    asked = message("Why {default}?", default=message(default)) if said else message("Why this?")
    reason = message(row["reason"])
    text = reason[:1].upper() + reason[1:]
    origin = message(reasons.origin(row))
    if row["kind"] == "document":
        linked = documents.written(row["document"], row["line"], origin, "../")
    elif row["kind"] == "publication":
        linked = published(row["source"])
    else:
        linked = html.escape(origin)
    return {"asked": asked, "answer": Markup(f"{documents.as_html(text)}: {linked}.")} | often(question, parameter)


def often(question: str, parameter: str) -> dict[str, Markup | str]:
    """Return a usual range as a field takes it, and what it is; empty texts where none is known."""
    found = usual.usual(question, parameter)
    if found is None:
        return {"range": "", "often": ""}
    if found.source:
        linked = published(found.source)
    else:
        linked = message("{count} values of data/{table}.csv", count=found.of, table=found.table)
    text = " to ".join(f"{end:.10g}" for end in (found.low, found.high))  # as a field takes it
    how = html.escape(message(found.how))
    return {
        "range": text,
        "often": Markup(message("Usual, {range}: {how}: {source}.", range=text, how=how, source=linked)),
    }


@functools.cache
def published(key: str) -> str:
    """Return a publication's first author and year as HTML, with a link to it."""
    entry = _bibliography()[key]
    author = entry.persons["author"][0]
    name = " ".join(author.last_names).replace("{", "").replace("}", "")
    year = entry.fields["year"]
    several = len(entry.persons["author"]) > 1
    label = html.escape(message("{name} et al. {year}", name=name, year=year) if several else f"{name} {year}")
    address = entry.fields.get("url", "")
    return f'<a href="{html.escape(address)}">{label}</a>' if address else label


@functools.cache
def _bibliography() -> dict[str, Any]:
    return dict(parse_file(str(ROOT / "book" / "references.bib")).entries)
