"""No number in a table of the documents is without a row in the ledger."""

from collections import Counter

import pytest

from bookbuild import notebooks
from bookbuild.build import EXECUTED
from bookbuild.site import publications
from tests import numeric_cells


@pytest.fixture(scope="module")
def rows():
    executed = {name: notebooks.load(EXECUTED / f"{name}.ipynb") for name in notebooks.names()}
    return publications.collect(executed).rows


@pytest.mark.skipif(not numeric_cells.DOCUMENTS.is_dir(), reason="the source documents do not lie beside the book")
def test_the_frozen_list_is_what_the_documents_hold():
    assert numeric_cells.frozen() == numeric_cells.cells()


def digits(printed):
    return printed.partition("e")[0].replace(".", "").rstrip("0") or "0"


def test_every_number_of_every_table_has_a_row(rows):
    at_line = Counter()
    for row in rows:
        first, _, last = row["line"].partition("-")
        for line in range(int(first), int(last or first) + 1):
            at_line[row["document"], line, digits(row["printed"])] += 1
    missing = [
        (document, line, number)
        for document, line, number in numeric_cells.frozen()
        if not at_line[document, line, digits(number)]
    ]
    assert not missing
