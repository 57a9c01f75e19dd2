"""What the build takes from a question for its calculator."""

import ast
import random
import re
from collections import Counter

import pytest

from bookbuild.calculator import calculators
from llmcalc import datasets
from llmcalc.quantities import read
from llmcalc.questions import questions

QUESTION = questions()["training-gpus"]
LOOKS_UP = """\
from .. import datasets

def shape(name):
    return datasets.record("transformer-shapes", "model", name)["layers"]
"""


def test_data_go_along_that_modules_look_up_or_choices_are_taken_from():
    found = calculators.tables(QUESTION, [LOOKS_UP])
    assert sorted(found) == ["accelerators", "transformer-shapes"]
    assert found["transformer-shapes"][0] == {"model": "GPT-1", "layers": 12}
    assert found["accelerators"][0] == {"accelerator": datasets.records("accelerators")[0]["accelerator"]}


def test_a_look_up_of_accelerators_takes_them_along():
    assert calculators.looked_up(ast.parse("datasets.peak_flops(accelerator, number_format)")) == {"accelerators"}
    assert calculators.looked_up(ast.parse("devices.peak_flops(accelerator, number_format)")) == set()


def test_modules_are_those_that_an_answer_imports_and_those_import():
    found = calculators.closure({"llmcalc.answers.training_gpus"})
    assert {"llmcalc.answering", "llmcalc.formulas.training", "llmcalc.checks", "llmcalc.vocabulary"} <= found
    assert "llmcalc.formulas.memory" not in found
    assert not any(name.startswith("llmcalc.report") for name in found)


def test_a_parameter_is_described_by_its_question():
    described = calculators.describe(QUESTION.parameters["mfu"])
    word = QUESTION.parameters["mfu"]
    assert described["default"] == "0.5"
    assert (described["low"], described["high"]) == (word.low, word.high)
    assert "choices" in calculators.describe(QUESTION.parameters["number_format"])
    assert "low" not in calculators.describe(QUESTION.parameters["number_format"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (175e9, "175B"),
        (1.4e12, "1.4T"),
        (1e6, "1M"),
        (123456789.0, "1.23456789e8"),
        (2.5e15, "2.5e15"),
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


def test_every_default_is_read_as_it_is_written():
    for question in questions().values():
        for name, parameter in question.parameters.items():
            if parameter.type is not str:
                described = calculators.describe(parameter)
                assert read(described["default"], name) == parameter.default, (question.name, name)


def test_an_abbreviated_number_is_read_as_the_number():
    for value in (1e6, 1.8e12, 175e9, 999.9e9, 6.74e9, 1.37e9, 4.096e6):
        assert calculators.text(value)[-1] in "MBT"
        assert read(calculators.text(value), "tokens") == value


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


def programs():
    """The programs that the interpreter of a chapter's page runs one after another, by their names in its script."""
    script = (calculators.RUNTIME / "python.mjs").read_text(encoding="utf-8")
    for name, program in re.findall(r"^const ([A-Z]+) = `\n(.*?)`;", script, re.DOTALL | re.MULTILINE):
        if name != "DRILL":  # which has an interpreter for itself
            yield name, ast.parse(re.sub(r"\$\{\w+\}", '""', program))


def names_of(tree):
    """What a program calls something of its own."""
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            yield statement.name
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id != "file":
                yield node.id


def test_programs_of_an_interpreter_have_names_of_their_own():
    named = [name for _, tree in programs() for name in set(names_of(tree))]
    assert {"latest", "take", "weigh", "pose", "shorten"} <= set(named)
    assert [name for name, count in Counter(named).items() if count > 1] == []
