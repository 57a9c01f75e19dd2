"""Every default has a reason, exactly one, and whoever asks for it finds where it comes from."""

import re

import pytest
from bs4 import BeautifulSoup

from bookbuild import notebooks
from bookbuild.calculator import reasons as shown
from bookbuild.notebooks import ROOT
from bookbuild.site import documents
from llmcalc import files, reasons
from llmcalc.checks import Refusal
from llmcalc.questions import json_schema, questions
from tests.grouped import together

ROWS = files.rows("default-reasons")
HTML = notebooks.BUILD / "html" / "notebooks"
ORIGIN = {"document": ["document", "line"], "publication": ["source"], "data": ["table"], "choice": []}


def test_every_parameter_of_every_answer_has_one_reason_and_none_is_orphaned():
    asked = [(question.name, name) for question in questions().values() for name in question.parameters]
    assert len(asked) > 200
    assert sorted((row["question"], row["parameter"]) for row in ROWS) == sorted(asked)


@together
@pytest.mark.parametrize("row", ROWS)
def test_a_reason_says_where_the_default_comes_from_and_nothing_else(row):
    given = [column for column in ("document", "line", "source", "table") if row[column] is not None]
    assert given == ORIGIN[row["kind"]]
    assert len(row["reason"]) > 8
    assert not row["reason"].endswith(".")
    if row["kind"] == "document":
        lines = documents.quoted()[documents.number(row["document"])]
        assert lines.issuperset(documents.span(row["line"]))
    if row["table"]:
        assert (ROOT / "data" / f"{row['table']}.csv").exists()


def digits(value):
    return f"{value:.10g}".partition("e")[0].replace(".", "").strip("0") or "0"


def test_a_number_from_a_document_stands_in_the_line_that_is_named():
    """By its digits, as a printed number may have another unit; those that follow from it are few, and listed."""
    derived = {
        ("cv-backlog", "cluster_cards"),
        ("how-much-data", "budget_flop"),
        ("how-much-data", "first_params"),
        ("how-much-data", "params"),
        ("how-much-data", "second_params"),
        ("inference-cards", "frame_width"),
        ("inference-gpus", "busiest_hour_share"),
        ("inference-gpus", "tokens_per_character"),
        ("memory", "memory_gib"),
        ("training-cost", "params"),
        ("training-schedules", "counted_tflops"),
    }
    found = set()
    for row in ROWS:
        default = questions()[row["question"]].parameters[row["parameter"]].default
        if row["kind"] != "document" or isinstance(default, str | bool):
            continue
        quotes = [
            line["quote"]
            for line in files.rows("source-lines")
            if line["document"] == row["document"]
            and set(documents.span(line["line"])) & set(documents.span(row["line"]))
        ]
        if digits(default) not in re.sub(r"[,.\s]", "", " ".join(quotes)):
            found.add((row["question"], row["parameter"]))
    assert found == derived


def test_an_unknown_parameter_is_refused_by_name():
    with pytest.raises(Refusal, match="'mfus' is not accepted: give a parameter of training-gpus"):
        reasons.reason("training-gpus", "mfus")


def test_the_schema_tells_reasons():
    told = json_schema(questions()["training-gpus"])["properties"]["days"]["default_reason"]
    assert told == "the time that the deck allows (document 004, line 102)"
    planner = json_schema(questions()["planner"])["properties"]
    assert planner["mfu"]["default_reason"].endswith("it differs from run to run (data/training-runs.csv)")


@pytest.mark.parametrize(
    ("question", "parameter", "default", "asked", "link"),
    [
        ("training-gpus", "days", "30", "Why 30?", '<a href="../documents.html#004-102">document 004, line 102</a>'),
        (
            "planner",
            "tokens",
            "15T",
            "Why 15T?",
            '<a href="https://arxiv.org/abs/2407.21783">Grattafiori et al. 2024</a>',
        ),
        ("planner", "mfu", "0", "Why 0?", "data/training-runs.csv"),
        ("serving-users", "autoscaling", "false", "Why this?", "our choice"),
    ],
)
def test_a_form_asks_and_answers(question, parameter, default, asked, link):
    told = shown.why(question, parameter, default)
    assert told["asked"] == asked
    assert told["answer"].endswith(f": {link}.")


@pytest.mark.built
@pytest.mark.parametrize("name", questions())
def test_every_field_of_a_form_has_its_reason_beside_it(name):
    page = BeautifulSoup((HTML / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    for parameter in questions()[name].parameters:
        field = page.find(id=f"calculator-{parameter.replace('_', '-')}").find_parent(class_="calculator-field")
        reason = reasons.reason(name, parameter)["reason"]
        [fold] = field.select("details.calculator-why")
        assert reason[1:] in fold.p.get_text()
