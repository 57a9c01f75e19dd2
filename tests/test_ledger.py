"""The ledger tells the truth: each verdict is checked here again, from the published file and the notebooks."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from bookbuild import notebooks
from bookbuild.build import EXECUTED
from bookbuild.site import publications
from llmcalc.report import ledger

PUBLISHED = notebooks.BUILD / "html" / "reproduction.csv"


@pytest.fixture(scope="module")
def record():
    return publications.collect({name: notebooks.load(EXECUTED / f"{name}.ipynb") for name in notebooks.names()})


@pytest.fixture(scope="module")
def published():
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("printed", "computed", "agreed"),
    [
        ("1558", 1558.048, True),
        ("1558", 1559.0, True),
        ("1558", 1559.001, False),
        ("0.90", 0.91, True),
        ("0.90", 0.92, False),
        ("4760e21", 4760.9e21, True),
        ("4760e21", 2776.7e21, False),
        ("7.933e12", 7.93333e12, True),
        ("79330e8", 79333.33e8, False),
        ("3", 3, True),
        ("4/3", 1.3333333333333333, True),
        ("4/3", 1.333, False),
    ],
)
def test_agreement_is_one_unit_of_the_last_printed_digit(printed, computed, agreed):
    assert ledger.agrees(printed, computed) is agreed


def test_the_published_file_has_the_ledgers_columns_and_every_row(published, record):
    assert list(published[0]) == ledger.COLUMNS
    assert [row["id"] for row in published] == [row["id"] for row in record.rows]


def test_reproduced_and_given_numbers_agree_with_what_was_printed(published):
    for row in published:
        if row["status"] in ("given", "reproduced"):
            assert ledger.agrees(row["printed"], float(row["computed"])), row["id"]


def test_the_mistake_behind_a_correction_gives_the_printed_number(record):
    corrected = [row for row in record.rows if row["status"] == "corrected"]
    assert corrected
    for row in corrected:
        assert ledger.agrees(row["printed"], row["mistaken"]), row["id"]
        assert not ledger.agrees(row["printed"], row["computed"]), row["id"]
        assert row["note"], row["id"]


def test_an_underivable_number_says_what_is_missing(published):
    for row in published:
        if row["status"] == "underivable":
            assert len(row["note"]) > 20, row["id"]


def test_every_row_names_its_chapter_document_line_and_unit(published):
    for row in published:
        assert row["chapter"] in notebooks.names()
        assert row["document"].endswith(".txt")
        assert row["line"].replace("-", "").isdigit()
        assert row["quantity"]
        assert row["unit"]
        assert row["status"] in ledger.STATUSES


@pytest.mark.parametrize(
    ("identifier", "status", "computed"),
    [
        ("training-gpus/flop", "reproduced", 3.15e23),
        ("training-gpus/required_tflops", "reproduced", 121527.7778),
        ("inference-gpus/gpus", "corrected", 412018),
        ("inference-gpus/servers", "corrected", 51503),
        ("inference-cards/cards", "reproduced", 188),
        ("hardware-claims/a100_ratio", "reproduced", 127375 / 42870.7),
        ("how-much-data/gigabyte_second", "reproduced", 0.25),
        ("transformer-flops/gemm_percent", "reproduced", 99.944933739),
        ("training-schedules/pangu-100b-pflops", "given", 512),
    ],
)
def test_known_findings_stand_in_the_ledger(published, identifier, status, computed):
    [row] = [row for row in published if row["id"] == identifier]
    assert row["status"] == status
    assert float(row["computed"]) == pytest.approx(computed, rel=1e-6)


@pytest.fixture
def facts():
    return pd.DataFrame(
        {"document": "d.txt", "line": "1", "quantity": "cards", "unit": "card", "printed": ["188", "209"]},
        index=["cards", "reserve"],
    )


def rows_of(book):
    return book._repr_mimebundle_()[ledger.MIME_TYPE]


def test_a_fact_without_a_row_is_missing(facts):
    book = ledger.Ledger("a-chapter", facts)
    book.reproduced("cards", 187.5)
    assert rows_of(book)["missing"] == ["reserve"]


def test_a_row_without_a_fact_is_refused(facts):
    with pytest.raises(KeyError, match="no fact 'spares'"):
        ledger.Ledger("a-chapter", facts).given("spares", 21)


@pytest.mark.parametrize(
    ("fill", "complaint"),
    [
        (lambda book: book.reproduced("cards", 200), "a-chapter/cards is not reproduced: printed 188, computed 200.0"),
        (lambda book: book.given("cards", 200), "a-chapter/cards is not given"),
        (lambda book: book.corrected("cards", 200, mistaken=150, note="why"), "a-chapter/cards is not corrected"),
        (lambda book: book.corrected("cards", 188, mistaken=188, note="why"), "a-chapter/cards is not corrected"),
        (lambda book: book.corrected("cards", 200, mistaken=188, note=""), "corrected without a note"),
        (lambda book: book.corrected("cards", 200, mistaken=188, note="why"), "no erratum explains a-chapter/cards"),
        (lambda book: book.underivable("cards", ""), "underivable without a note"),
        (lambda book: (book.given("cards", 188), book.given("cards", 188)), "two rows for a-chapter/cards"),
    ],
)
def test_a_ledger_that_does_not_hold_is_refused(facts, fill, complaint):
    book = ledger.Ledger("a-chapter", facts)
    fill(book)
    assert any(complaint in found for found in publications.problems(book.rows, book.errata))


def test_a_ledger_that_holds_has_no_problems(facts):
    book = ledger.Ledger("a-chapter", facts)
    book.given("cards", 188)
    book.corrected("reserve", 215, mistaken=208.9, note="divided, not rounded")
    book.erratum("Slip", "d.txt", "1", "209", "215", "proof", "effect", facts=["reserve"])
    assert publications.problems(book.rows, book.errata) == []


def test_a_rerun_shows_what_differs_and_does_not_fail(facts):
    book = ledger.Ledger("a-chapter", facts)
    book.given("cards", 100)
    assert "differs" in book._repr_html_()


def test_notebooks_type_no_results():
    for path in Path(notebooks.SOURCES).glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert "_build" not in text
        assert "read_csv" not in text, f"{path.name} reads a file by itself"
