"""What the executed notebooks say together: the ledger, the errata and the headline results."""

import csv
import io
import re
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from bookbuild import notebooks
from bookbuild.run import parameters
from bookbuild.site import documents
from llmcalc.formats import headed, number, written
from llmcalc.messages import message
from llmcalc.report import ledger


class LedgerError(Exception):
    """A row of the ledger is missing, or its claim does not hold."""


@dataclass(frozen=True)
class Record:
    """Ledger rows, errata and headline results of the whole book, in the notebooks' order."""

    rows: list[dict[str, Any]]
    errata: list[dict[str, Any]]
    results: dict[str, dict[str, Any]]
    titles: dict[str, str]

    @property
    def reproduced(self) -> dict[str, str]:
        """Titles of the chapters that reproduce something."""
        return {name: heading for name, heading in self.titles.items() if name not in notebooks.WITHOUT_SOURCE}


def collect(executed: dict[str, NotebookNode]) -> Record:
    """Gather what executed notebooks emitted, and refuse a ledger that is incomplete or untrue."""
    rows, errata, results, complaints = [], [], {}, []
    for name, notebook in executed.items():
        entries = notebooks.emitted(notebook, notebooks.LEDGER)
        if not entries and name not in notebooks.WITHOUT_SOURCE:
            complaints.append(f"notebook {name} shows no ledger")
        for entry in entries:
            rows += entry["rows"]
            errata += entry["errata"]
            complaints += [f"no row for {name}/{fact}" for fact in entry["missing"]]
        results[name] = notebooks.results(notebook)
    complaints += problems(rows, errata)
    if complaints:
        raise LedgerError("the ledger does not hold: " + "; ".join(complaints))
    titles = {name: title(notebook) for name, notebook in executed.items()}
    return Record(rows, errata, results, titles)


def problems(rows: list[dict[str, Any]], errata: list[dict[str, Any]]) -> list[str]:
    """List what is wrong with ledger rows and errata, one line each."""
    found = []
    identifiers = [row["id"] for row in rows]
    found += [f"two rows for {name}" for name in sorted(set(identifiers)) if identifiers.count(name) > 1]
    for row in rows:
        if ledger.verdict(row) == "differs":
            found.append(f"{row['id']} is not {row['status']}: printed {row['printed']}, computed {row['computed']}")
        if row["status"] in ("corrected", "underivable") and not row["note"]:
            found.append(f"{row['id']} is {row['status']} without a note")
    explained = {identifier for erratum in errata for identifier in erratum["rows"]}
    corrected = {row["id"] for row in rows if row["status"] == "corrected"}
    found += [f"no erratum explains {identifier}" for identifier in sorted(corrected - explained)]
    found += [f"an erratum names {identifier}, which no row corrects" for identifier in sorted(explained - corrected)]
    return found


def title(notebook: NotebookNode) -> str:
    """Return a notebook's title, its first heading."""
    for cell in notebook.cells:
        lines: list[str] = cell.source.splitlines()
        for line in lines:
            if cell.cell_type == "markdown" and line.startswith("# "):
                return line.removeprefix("# ")
    raise ValueError("a notebook has no title")


def ledger_csv(record: Record) -> str:
    """Return the ledger as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ledger.COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        row | {"computed": "" if row["computed"] is None else repr(row["computed"])} for row in record.rows
    )
    return text.getvalue()


def substitutions(record: Record) -> dict[str, Any]:
    """Return the values that pages quote: tables in Markdown, and numbers written for people."""
    return {
        "results": {
            name: {key: written(result["value"]) for key, result in results.items()}
            for name, results in record.results.items()
        },
        "printed": {row["id"]: number(ledger.printed_value(row["printed"]), 7) for row in record.rows},
        "computed": {row["id"]: number(row["computed"], 7) for row in record.rows},
        "totals": {status: sum(row["status"] == status for row in record.rows) for status in ledger.STATUSES}
        | {"numbers": len(record.rows)},
        "parameter_tables": parameter_tables(record),
        "scoreboard": scoreboard(record),
        "scoreboard_summary": scoreboard_summary(record),
        "errata": errata(record),
    }


def scoreboard_summary(record: Record) -> str:
    """Return a Markdown table of how many rows each chapter has of each status."""
    heads = [message("Chapter"), *map(message, ledger.STATUSES), message("all")]
    lines = ["| " + " | ".join(heads) + " |", "|:--|" + "--:|" * (len(ledger.STATUSES) + 1)]
    together = message("Together")
    for name in [*record.reproduced, None]:
        chosen = [row for row in record.rows if name in (None, row["chapter"])]
        counts = [sum(row["status"] == status for row in chosen) for status in ledger.STATUSES]
        label = f"**{together}**" if name is None else f"{{ref}}`{record.titles[name]} <scoreboard-{name}>`"
        lines.append(f"| {label} | " + " | ".join(map(str, counts)) + f" | {len(chosen)} |")
    return "\n".join(lines)


def address(name: str) -> str:
    """Return the anchor of a row, which leads to it as long as the row has its name."""
    return f'<span id="row-{_slug(name)}"></span>'


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def scoreboard(record: Record) -> str:
    """Return every ledger row as Markdown, a table for each chapter."""
    parts = []
    read = message("Read the chapter")
    for name, heading in record.reproduced.items():
        parts += [f"(scoreboard-{name})=", f"## {heading}", "", f"{{ref}}`{read} <{name}>`.", ""]
        heads = [message("Quantity [unit]"), message("Printed"), message("Computed")]
        heads += [message("Status"), message("Line"), message("Note")]
        parts += [f"| {' | '.join(heads)} |", "|:--|--:|--:|:--|:--|:--|"]
        for row in record.rows:
            if row["chapter"] == name:
                document = f'<span class="facet-document">{row["document"][:3]}</span>'
                cells = [
                    address(row["id"]) + headed(message(row["quantity"]), message(row["unit"])),
                    number(ledger.printed_value(row["printed"]), 7),
                    number(row["computed"], 7),
                    message(row["status"]),
                    documents.written(row["document"], row["line"], f"{document}:{row['line']}"),
                    documents.with_lines(row["note"], row["document"]),
                ]
                parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        parts.append("")
    return "\n".join(parts)


def parameter_tables(record: Record) -> str:
    """Return what every chapter lets its readers change as Markdown, a table for each."""
    parts = []
    for name, heading in record.titles.items():
        parts += [f"### {name}", "", f"{{ref}}`{heading} <{name}>`", ""]
        heads = [message("Parameter"), message("Default"), message("Unit"), message("What it is"), message("Accepted")]
        parts += [f"| {' | '.join(heads)} |", "|:--|:--|:--|:--|:--|"]
        for parameter in parameters.declared(name).values():
            cells = [f"`{parameter.name}`", f"`{parameter.default}`", message(parameter.unit)]
            parts.append(f"| {' | '.join([*cells, parameter.help, parameter.accepted])} |")
        parts.append("")
    return "\n".join(parts)


def _lines(document: str, line: str) -> str:
    """Write the line of a slip, or its lines, each with a link."""
    several = len(re.findall(r"\d+", line)) > 1
    linked = re.sub(r"\d+(?:-\d+)?", lambda match: documents.written(document, match[0], match[0]), line)
    return message("lines {lines}", lines=linked) if several else message("line {line}", line=linked)


def errata(record: Record) -> str:
    """Return every slip as Markdown, a section each."""
    parts = []
    for position, slip in enumerate(record.errata, start=1):
        parts += [
            f"(row-{_slug(slip['chapter'] + ' ' + slip['title'])})=",
            f"## {position}. {slip['title']}",
            "",
            message(
                "Document {document}, {lines}; chapter {chapter}.",
                document=f'<span class="facet-document">{slip["document"][:3]}</span>',
                lines=_lines(slip["document"], slip["line"]),
                chapter='<span class="facet-chapter">'
                f"{{ref}}`{record.titles[slip['chapter']]} <{slip['chapter']}>`</span>",
            ),
            "",
            "**" + message("Printed:") + f"** {slip['printed']}",
            "",
            "**" + message("Right:") + f"** {slip['right']}",
            "",
            "**" + message("How we know:") + f"** {slip['proof']}",
            "",
            "**" + message("How much it matters:") + f"** {slip['effect']}",
            "",
        ]
    return "\n".join(parts)
