"""What the build takes from a notebook for its calculator."""

import random

import nbformat
import pytest

from bookbuild import calculators, notebooks

SETUP = """\
import pandas as pd
from llmcalc import datasets
from llmcalc.formulas import devices, training
from llmcalc.report import plots, tables
from llmcalc.results import Results
from llmcalc.units import DAY, TERA

plots.use_style()
unused = pd.Series([1.0])
rows = datasets.records("cnn-macs")
first = rows[0]
"""
HEADLINE = """\
seconds = days * DAY

Results(
    seconds=(seconds, "s", first["name"]),
)"""


@pytest.fixture
def notebook(monkeypatch):
    def make(headline=HEADLINE, setup=SETUP, tag="headline"):
        cells = [
            nbformat.v4.new_code_cell(setup),
            nbformat.v4.new_code_cell("days: float = 1.0", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(headline, metadata={"tags": [tag]}),
        ]
        made = nbformat.v4.new_notebook(cells=cells)
        monkeypatch.setattr(notebooks, "read", lambda name: made)
        return calculators.code("made-up")

    return make


def test_only_what_the_headline_needs_goes_along(notebook):
    found = notebook()
    assert found.prelude.splitlines() == [
        "from llmcalc import tables",
        "from llmcalc.results import Results",
        "from llmcalc.units import DAY",
        "rows = datasets.records('cnn-macs')",
        "first = rows[0]",
    ]
    assert found.modules == ["formats", "lookups", "results", "tables", "units"]
    assert found.data == ["cnn-macs"]
    assert "days" in found.names
    assert "unused" not in found.names


def test_the_last_expression_gets_a_name(notebook):
    assert notebook().runnable == HEADLINE.replace("\nResults(", "\nresults = Results(")


@pytest.mark.parametrize(
    ("headline", "needs"),
    [
        ("Results(mean=(pd.Series([days]).mean(), '1', 'Mean'))", "import pandas as pd"),
        ("Results(mean=(unused.mean(), '1', 'Mean'))", "import pandas as pd"),
        ("Results(size=(plots.SIZE, '1', 'Size'))", "from llmcalc import plots"),
    ],
)
def test_a_headline_that_needs_a_library_has_no_calculator(notebook, headline, needs):
    with pytest.raises(calculators.NoCalculator, match=f"made-up: the headline cell needs '{needs}'"):
        notebook(headline)


def test_a_notebook_without_a_headline_has_no_calculator(notebook):
    with pytest.raises(calculators.NoCalculator, match="one headline cell"):
        notebook(tag="answer")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (175e9, "1.75e11"),
        (30.0, "30"),
        (0.5, "0.5"),
        (0.0, "0"),
        (4 / 3, "1.3333333333333333"),
        (1e-5, "1e-5"),
        (8, "8"),
        (True, "true"),
        ("A100", "A100"),
    ],
)
def test_values_are_written_as_one_types_them(value, text):
    assert calculators.text(value) == text


def test_a_written_number_is_the_number():
    generator = random.Random(1)
    for _ in range(2000):
        value = 10 ** generator.uniform(-12, 30)
        assert float(calculators.text(value)) == value


@pytest.mark.parametrize(
    ("low", "high", "scale"),
    [
        (0.01, 1.0, "linear"),
        (1, 72, "linear"),
        (0.001, 1.0, "log"),
        (0.01, 3650, "log"),
        (1e6, 1e14, "log"),
        (0, 10000, "power"),
        (0, 0.9, "linear"),
    ],
)
def test_a_slider_runs_as_its_range_asks(low, high, scale):
    assert calculators.scale(low, high) == scale


def test_what_pages_load_stands_under_the_name_of_its_contents(tmp_path, monkeypatch):
    for number in (1, 2, 3):
        monkeypatch.setattr(calculators, "MICROPYTHON", tmp_path / "micropython")
        (tmp_path / "micropython").mkdir(exist_ok=True)
        (tmp_path / "micropython" / "micropython.mjs").write_text("// the same", encoding="utf-8")
        (tmp_path / "micropython" / "micropython.wasm").write_bytes(b"new" if number == 3 else b"old")
        calculators.stage(tmp_path / str(number), {})
    first, second, third = [
        [path.name for path in tmp_path.glob(f"{number}/extra/calculator/*")] for number in (1, 2, 3)
    ]
    assert len(first) == 1
    assert first == second != third


@pytest.mark.parametrize(
    ("body", "message"),
    [("<p>no table</p>", "no headline table"), (calculators.HEADLINE_TABLE, "stands in no cell_output")],
)
def test_a_page_without_a_place_for_its_calculator_is_refused(body, message):
    with pytest.raises(ValueError, match=message):
        calculators.place(body, "../calculator/0", {})
