"""The tables of data/, published: each as it is, with a descriptor made of its contract, and a page that lists them.

Descriptors follow Data Package 2.0 (https://datapackage.org), which programs for statistics and spreadsheets read.
What a contract says beyond that, above all the unit of a column, is kept as a property of its own.
"""

import hashlib
import re
import shutil
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pybtex.richtext import Text

from bookbuild import build, notebooks
from bookbuild.notebooks import ROOT
from bookbuild.site import citing, downloads, publications
from bookbuild.site.markdown import plain
from bookbuild.site.staging import write_json
from llmcalc import files
from llmcalc.messages import marked, message

FOLDER = "data"  # of the site
PACKAGE = "datapackage.json"
PROFILES = "https://datapackage.org/profiles/2.0"
TYPES = {"str": "string", "float64": "number", "Int64": "integer", "boolean": "boolean"}
CONSTRAINTS = {
    "unique": "unique",
    "isin": "enum",
    "greater_than": "exclusiveMinimum",
    "greater_than_or_equal_to": "minimum",
    "less_than_or_equal_to": "maximum",
}
# What the descriptor keeps of a contract's column under the contract's own word.
KEPT = ("unit", "quantity", "line_offset", "line_column")
OTHER_TABLES = re.compile(r"\b[\w-]+\.csv\b|\bllmcalc\.|\bthe column ")
MACHINES = {"devices", "gpus", "cards", "batch", "replicas"}
MODELS = {"model", "models", "name", "network"}
DEVICES = {"accelerator", "system"}

Contract = dict[str, Any]
# The first group that takes a table has it.
GROUPS: dict[str, Callable[[Contract], bool]] = {
    marked("Printed in the source documents"): lambda contract: "document" in contract,
    marked("Devices"): lambda contract: _published(contract) and next(iter(contract["columns"])) in DEVICES,
    marked("Models and networks"): lambda contract: (
        _published(contract) and _has(contract, MODELS) and not _has(contract, MACHINES)
    ),
    marked("Runs and services that others measured"): lambda contract: (
        _published(contract) and _has(contract, MACHINES)
    ),
    marked("Other numbers that others published"): lambda contract: _published(contract),
    marked("Fitted, worked out, or chosen by this book"): lambda contract: True,
}


def names() -> list[str]:
    """Return the names of all tables."""
    return sorted(path.stem for path in files.DATA.glob("*.csv"))


def stage(folder: Path) -> None:
    """Lay out tables, descriptors, and the licence that both name."""
    folder.mkdir(parents=True)
    for name in names():
        shutil.copyfile(files.DATA / f"{name}.csv", folder / f"{name}.csv")
        write_json(folder / f"{name}.json", {"$schema": f"{PROFILES}/dataresource.json", **resource(name)})
    write_json(folder / PACKAGE, package())
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE.txt")


def package() -> dict[str, Any]:
    """Return the descriptor of all tables together."""
    told = citing.citation()
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": "how-much-compute-do-i-need",
        "title": f"{told['title']} The tables of the book",
        "description": " ".join(told["abstract"].split()),
        "version": told["version"],
        "created": f"{told['date-released']}T00:00:00Z",
        "contributors": [{"title": name, "roles": ["author"]} for name in citing.authors()],
        "keywords": told["keywords"],
        "licenses": _licences(),
        "resources": [resource(name) for name in names()],
    }


def resource(name: str) -> dict[str, Any]:
    """Return the descriptor of a table, made of its contract and of its file."""
    contract, content = files.contract(name), (files.DATA / f"{name}.csv").read_bytes()
    return {
        "name": name,
        "type": "table",
        "title": contract["title"],
        **({"description": contract["description"]} if "description" in contract else {}),
        "path": f"{name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "sources": sources(name),
        "licenses": _licences(),
        "schema": _schema(contract),
    }


def _licences() -> list[dict[str, str]]:
    # The file ends with what it says of data.
    said = (ROOT / "LICENSE").read_text(encoding="utf-8").strip().rpartition("\n\n")[2]
    return [{"path": "LICENSE.txt", "title": " ".join(said.split())}]


def _schema(contract: Contract) -> dict[str, Any]:
    fields = [_field(column, rules) for column, rules in contract["columns"].items()]
    together = {"uniqueKeys": [contract["unique"]]} if "unique" in contract else {}
    return {"$schema": f"{PROFILES}/tableschema.json", "fields": fields, "missingValues": [""], **together}


def _field(column: str, rules: dict[str, Any]) -> dict[str, Any]:
    constraints: dict[str, Any] = {} if rules.get("nullable") else {"required": True}
    constraints |= {told: rules[word] for word, told in CONSTRAINTS.items() if word in rules}
    if "str_matches" in rules:
        # Patterns of a descriptor hold for the whole cell, and know no anchors.
        pattern = rules["str_matches"].removeprefix("^")
        constraints["pattern"] = pattern[:-1] if pattern.endswith("$") else f"{pattern}.*"
    written: dict[str, Any] = {}
    if rules["dtype"] == "boolean":
        written = {"trueValues": ["True"], "falseValues": ["False"]}
    described = {"name": column, "type": TYPES[rules["dtype"]], "description": rules["description"]}
    kept = {word: rules[word] for word in KEPT if word in rules}
    return described | written | kept | ({"constraints": constraints} if constraints else {})


def sources(name: str) -> list[dict[str, str]]:
    """Return where the numbers come from: documents with lines, publications of the rows, or other tables."""
    contract, rows = files.contract(name), _rows(name)
    if "document" in contract:
        keys = re.findall(r"\b(\d{3})_\w+\.txt", contract["document"])
        where = {"title": f"{contract['document']}, lines {contract['lines']}"}
        return [where, *(_publication(f"doc{number}") for number in keys)]
    columns = contract["columns"]
    if "source" in columns:
        return [_publication(key) for key in _different(rows, "source")]
    if "citation" in columns:
        return [{"title": text} for text in _different(rows, "citation")]
    if "link" in columns:
        return [{"title": link, "path": link} for link in _different(rows, "link")]
    return [{"title": contract["source"]}]


@cache
def _publication(key: str) -> dict[str, str]:
    entry = downloads.bibliography()[key]
    title = re.sub(r"\\[a-z]+ *", "", str(Text.from_latex(entry.fields["title"])))
    address = entry.fields.get("url") or (f"https://doi.org/{entry.fields['doi']}" if "doi" in entry.fields else "")
    # Rows name publications by their keys.
    return {"title": f"{title} ({entry.fields['year']})", "key": key} | ({"path": address} if address else {})


def _different(rows: list[dict[str, Any]], column: str) -> list[str]:
    return sorted({row[column] for row in rows if row[column]})


@lru_cache
def _rows(name: str) -> list[dict[str, Any]]:
    return files.rows(name)


def _has(contract: Contract, columns: set[str]) -> bool:
    return bool(columns & contract["columns"].keys())


def _published(contract: Contract) -> bool:
    """Whether each row comes from a publication, and not from this book's own work on other tables."""
    named = {"source", "citation", "link"} & contract["columns"].keys()
    return bool(named) and not OTHER_TABLES.search(contract["source"])


def group(name: str) -> str:
    """Return the group of the page that has a table, found from its contract."""
    return next(title for title, takes in GROUPS.items() if takes(files.contract(name)))


def readers() -> dict[str, list[str]]:
    """Return the chapters that were seen to read each table when they ran, in the order of the book."""
    found: dict[str, list[str]] = {name: [] for name in names()}
    for chapter in notebooks.names():
        used = build.recorded(chapter)
        for name in found:
            if f"data/{name}.csv" in used:
                found[name].append(chapter)
    return found


def sections() -> str:
    """Return a section for each group of tables."""
    chapters = readers()
    members: dict[str, list[str]] = {title: [] for title in GROUPS}
    for name in names():
        members[group(name)].append(name)
    parts = []
    heads = [message("Table"), message("Rows")]
    for title, those in members.items():
        if those:
            parts += [f"\n## {message(title)}\n", f"| {' | '.join(heads)} |", "|:--|--:|"]
            parts += [_line(name, chapters[name]) for name in those]
    return "\n".join(parts) + "\n"


def _line(name: str, chapters: list[str]) -> str:
    contract = files.contract(name)
    about = message(" ".join(contract.get("description", "").split()))
    links = [
        f'<a href="{FOLDER}/{name}.{ending}" aria-label="{name}, {text}">{text}</a>'
        for ending, text in (("csv", "CSV"), ("json", message("descriptor")))
    ]
    read = ", ".join(f'<span class="facet-chapter">{{ref}}`{chapter}`</span>' for chapter in chapters)
    title = f"{publications.address(name)}**{plain(message(contract['title']))}**"
    read_by = message("Read by {chapters}", chapters=read) if read else message("Read by no chapter")
    told = [title, plain(about), " · ".join([*links, read_by])]
    return f"| {'<br>'.join(part for part in told if part)} | {len(_rows(name)):,} |"
