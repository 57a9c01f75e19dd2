"""Published tables: descriptors say what is so, and a reader who knows nothing but them accepts every file."""

import csv
import hashlib
import json
import re

import pytest

from bookbuild.notebooks import ROOT
from bookbuild.site import citing, data_page
from llmcalc import files
from tests.grouped import together

NAMES = data_page.names()
DOCUMENTED = {"name", "type", "description", "constraints", "trueValues", "falseValues"}
# By the standard: which constraints a type may have.
NUMERIC = {"required", "unique", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
ALLOWED = {
    "string": {"required", "unique", "enum", "pattern"},
    "number": NUMERIC,
    "integer": NUMERIC,
    "boolean": {"required", "enum"},
}
CAST = {
    "string": str,
    "number": float,
    "integer": lambda cell: int(cell) if re.fullmatch(r"[+-]?\d+", cell) else 1 / 0,
    "boolean": lambda cell: {"True": True, "False": False}[cell],
}
every_table = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The folder of tables as it is laid out for the site."""
    folder = tmp_path_factory.mktemp("site") / data_page.FOLDER
    data_page.stage(folder)
    return folder


def described(folder, name):
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def complaints(fields, rows):
    """What a reader objects to who knows the schema alone."""
    found = []
    for field in fields:
        limits = field.get("constraints", {})
        cells = [row[field["name"]] for row in rows]
        if "" in cells and limits.get("required"):
            found.append(f"{field['name']}: empty")
        try:
            values = [CAST[field["type"]](cell) for cell in cells if cell != ""]
        except (ValueError, KeyError, ZeroDivisionError):
            found.append(f"{field['name']}: no {field['type']}")
            continue
        checks = {
            "enum": lambda value, limit: value in limit,
            "pattern": lambda value, limit: re.fullmatch(limit, value),
            "minimum": lambda value, limit: value >= limit,
            "maximum": lambda value, limit: value <= limit,
            "exclusiveMinimum": lambda value, limit: value > limit,
        }
        for limit in limits.keys() & checks.keys():
            found += [
                f"{field['name']}: {value}, {limit}" for value in values if not checks[limit](value, limits[limit])
            ]
        if limits.get("unique") and len(set(values)) < len(values):
            found.append(f"{field['name']}: not unique")
    return found


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@together
@every_table
def test_a_file_is_what_its_descriptor_says(published, name):
    told, path = described(published, name), published / f"{name}.csv"
    content = path.read_bytes()
    assert content == (ROOT / "data" / f"{name}.csv").read_bytes()
    assert told["path"] == path.name
    assert (told["bytes"], told["hash"]) == (len(content), "sha256:" + hashlib.sha256(content).hexdigest())
    schema, rows = told["schema"], rows_of(path)
    assert [field["name"] for field in schema["fields"]] == list(rows[0])
    assert complaints(schema["fields"], rows) == []
    for key in schema.get("uniqueKeys", []):
        assert len({tuple(row[column] for column in key) for row in rows}) == len(rows)


@together
@every_table
def test_a_descriptor_keeps_to_the_standard_and_loses_nothing_of_the_contract(published, name):
    told, contract = described(published, name), files.contract(name)
    assert told["$schema"] == "https://datapackage.org/profiles/2.0/dataresource.json"
    assert re.fullmatch(r"[-a-z0-9._/]+", told["name"])
    assert (told["type"], told["format"], told["mediatype"], told["encoding"]) == ("table", "csv", "text/csv", "utf-8")
    assert told["title"] == contract["title"]
    assert told.get("description") == contract.get("description")
    assert told["sources"]
    assert all(source["title"] for source in told["sources"])
    assert all(re.match(r"https?://", source["path"]) for source in told["sources"] if "path" in source)
    [licence] = told["licenses"]
    assert (published / licence["path"]).read_text(encoding="utf-8") == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert licence["title"].startswith("The numbers in data/ are facts")
    for field in told["schema"]["fields"]:
        rules = contract["columns"][field["name"]]
        assert field["description"] == rules["description"]
        assert field.get("unit") == rules.get("unit")
        assert field.keys() - DOCUMENTED <= set(data_page.KEPT)
        limits = field.get("constraints", {})
        assert limits.keys() <= ALLOWED[field["type"]]
        # One word of the descriptor for each of the contract's, and "required" where it says nothing of empty cells.
        words = rules.keys() - {"dtype", "description", "nullable"} - set(data_page.KEPT)
        assert len(limits) == len(words) + (not rules.get("nullable", False))


def test_a_reader_who_knows_the_descriptor_alone_notices_what_is_wrong(published):
    fields, rows = (
        described(published, "failures-published")["schema"]["fields"],
        rows_of(published / "failures-published.csv"),
    )
    wrong = {"devices": ("0", "1.5", "many"), "effective": ("1.01", "0", "-1"), "run": ("",), "source": ("",)}
    for column, cells in wrong.items():
        for cell in cells:
            assert complaints(fields, [rows[0] | {column: cell}]), (column, cell)
    numbers, row = (
        described(published, "training-gpus")["schema"]["fields"],
        rows_of(published / "training-gpus.csv")[0],
    )
    for column, cell in (("line", "a-b"), ("line", "12 "), ("printed", "1,5")):
        assert complaints(numbers, [row | {column: cell}]), (column, cell)
    assert complaints(numbers, [row, row]) == ["id: not unique"]


def test_sources_are_publications_with_their_addresses(published):
    told = {source.get("key"): source for source in described(published, "failures-published")["sources"]}
    assert told["grattafiori2024llama3"]["title"] == "The Llama 3 Herd of Models (2024)"
    assert told["grattafiori2024llama3"]["path"] == "https://arxiv.org/abs/2407.21783"
    where, deck = described(published, "training-gpus")["sources"]
    assert where["title"] == "004_12c58f00a955f317.txt, lines 98-106"
    assert deck["title"].startswith("Source document 004: AI大语言模型")
    keys = {row["source"] for row in rows_of(published / "accelerators.csv")}
    assert {source["key"] for source in described(published, "accelerators")["sources"]} == keys


def test_the_package_names_every_table_once_and_is_that_of_the_citation(published):
    told = json.loads((published / "datapackage.json").read_text(encoding="utf-8"))
    assert [resource["name"] for resource in told["resources"]] == NAMES
    for resource in told["resources"]:
        alone = described(published, resource["name"])
        assert alone.pop("$schema")
        assert alone == resource
    citation = citing.citation()
    assert told["version"] == citation["version"]
    assert told["created"] == f"{citation['date-released']}T00:00:00Z"
    assert [each["title"] for each in told["contributors"]] == citing.authors()


def test_the_same_data_make_the_same_bytes(published, tmp_path):
    data_page.stage(tmp_path / "again")
    first = {path.name: path.read_bytes() for path in published.iterdir()}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert len(first) == 2 * len(NAMES) + 2


def test_a_table_is_put_where_its_contract_says():
    groups = {name: data_page.group(name) for name in NAMES}
    assert set(groups.values()) == set(data_page.GROUPS)
    for name, title in groups.items():
        assert (title == "Printed in the source documents") == ("document" in files.contract(name))
    assert groups["accelerators"] == groups["kernel-rates"] == "Devices"
    assert groups["models"] == groups["vision-published"] == "Models and networks"
    assert groups["training-runs"] == groups["serving-published"] == "Runs and services that others measured"
    assert groups["serving-constants"] == groups["prediction-errors"] == "Fitted, worked out, or chosen by this book"
    assert groups["scaling-law-constants"] == "Other numbers that others published"
