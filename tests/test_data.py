"""Every data file keeps the contract beside it, and says where its values come from."""

import csv
import re
from pathlib import Path

import pandas as pd
import pandera.errors
import pandera.io.pandas_io
import pytest
from pybtex.database import parse_file

from llmcalc.report import tables
from tests.grouped import together

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data"
NAMES = sorted(path.stem for path in DATA.glob("*.csv"))
# The source documents are not part of the book; where they lie beside it, the data is held against them.
DOCUMENTS = ROOT.parent / "shared" / "documents"
PANDERA_WORDS = {"unit", "line_column", "line_offset", "quantity"}

# Numbers that the documents write as words.
WORDS = {
    "1": ("千万", "十臺", "千甚至", "萬個", "千億", "千PD", "百億", "百倍"),
    "2": ("兩千億", "兩個"),
    "1/2": ("一半",),
}

every_file = pytest.mark.parametrize("name", NAMES)


def schema(name):
    contract = tables.contract(name)
    columns = {
        column: {"nullable": False, "required": True}
        | {word: value for word, value in rules.items() if word not in PANDERA_WORDS}
        for column, rules in contract["columns"].items()
    }
    return pandera.io.pandas_io.deserialize_schema(
        {"columns": columns, "strict": True, "ordered": True, "unique": contract.get("unique")}
    )


@together
@every_file
def test_a_data_file_keeps_its_contract(name):
    schema(name).validate(tables.read(name), lazy=True)


@together
@every_file
def test_a_contract_tells_what_every_column_means_and_where_it_comes_from(name):
    contract = tables.contract(name)
    assert contract["title"]
    assert contract.get("source") or (contract["document"] and contract["lines"])
    for column, rules in contract["columns"].items():
        assert rules["description"], column
        if rules["dtype"] in ("float64", "Int64") and column != "line":
            assert rules["unit"], column


@together
@every_file
def test_a_data_file_has_no_stray_spaces_or_ragged_lines(name):
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, strict=True))
    assert {len(line) for line in lines} == {len(lines[0])}
    assert all(cell == cell.strip() for line in lines for cell in line)


def test_every_contract_has_its_file():
    assert sorted(path.stem for path in DATA.glob("*.toml")) == NAMES


def test_a_broken_contract_is_noticed():
    table = tables.read("accelerators")
    table.loc[0, "value"] = -1.0
    with pytest.raises(pandera.errors.SchemaErrors):
        schema("accelerators").validate(table, lazy=True)


@together
@every_file
def test_every_source_is_in_the_bibliography(name):
    table = tables.read(name)
    if "source" in table:
        known = set(parse_file(str(ROOT / "book" / "references.bib")).entries)
        assert set(table["source"].dropna()) <= known


def test_peaks_of_a_device_are_ordered_by_the_width_of_their_format():
    peaks = tables.accelerators()
    pairs = [("fp32", "fp64"), ("tf32", "fp32"), ("bf16", "tf32"), ("fp8", "bf16"), ("fp4", "fp8"), ("int4", "int8")]
    for narrow, wide in pairs:
        both = peaks[[f"peak_{narrow}", f"peak_{wide}"]].dropna()
        assert (both[f"peak_{narrow}"] >= both[f"peak_{wide}"]).all(), (narrow, wide)


def test_integers_are_as_fast_as_fp16_but_on_blackwell_ultra():
    # NVIDIA gave most of the integer units of the B300 up for FP4.
    peaks = tables.accelerators()[["peak_int8", "peak_fp16"]].dropna()
    slower = peaks[peaks["peak_int8"] < peaks["peak_fp16"]]
    assert set(slower.index) == {"B300", "GB300"}


def test_tensor_core_formats_halve_as_they_widen():
    peaks = tables.accelerators().filter(regex="A100|H100|H200", axis=0)
    assert (peaks["peak_bf16"] / peaks["peak_tf32"]).between(1.99, 2.01).all()
    assert (peaks["peak_int8"] / peaks["peak_bf16"]).between(1.99, 2.01).all()


def facts(name):
    """Single printed numbers of a data file, an empty table where it has none."""
    columns = tables.contract(name)["columns"]
    if any("line_offset" in rules for rules in columns.values()):
        return tables.cells(name).reset_index()
    return tables.read(name) if "printed" in columns else pd.DataFrame()


FILES_OF_FACTS = [name for name in NAMES if len(facts(name))]


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the source documents do not lie beside the book")
@pytest.mark.parametrize("name", FILES_OF_FACTS)
def test_printed_digits_stand_at_the_line_that_is_named(name):
    for fact in facts(name).itertuples():
        first, _, last = fact.line.partition("-")
        lines = (DOCUMENTS / fact.document).read_text(encoding="utf-8").splitlines()
        text = re.sub(r"[,.\s]", "", " ".join(lines[int(first) - 1 : int(last or first)]))
        digits = fact.printed.partition("e")[0].rstrip("0").replace(".", "")
        assert any(word in text for word in (digits, *WORDS.get(digits, ()))), (
            f"{name}: {fact.id} is not at {fact.line}"
        )
