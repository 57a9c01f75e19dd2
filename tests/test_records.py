"""Records of answers: their numbers in every digit, and commands and programs that repeat them."""

import csv
import io
import json
import math
import random
import shlex
import struct

import pytest

from llmcalc import cli, records
from llmcalc.questions import find, questions
from llmcalc.results import Results
from llmcalc.scenarios import read_values, run, run_ranges

NAME = "training-gpus"
GIVEN = {"accelerator": "H100 SXM", "number_format": "bf16", "mfu": "40%", "days": "2 weeks"}


def printed(capsys, *arguments):
    assert cli.run(list(arguments)) == 0
    return capsys.readouterr().out


def test_a_parameter_is_written_so_that_it_comes_back():
    generator = random.Random(1)
    floats = [struct.unpack(">d", generator.randbytes(8))[0] for _ in range(2000)]
    awkward = [0.1, 1 / 3, 2.0**-44, 2.0**53, 1e16, 1e15, 9.999999999999999e22, 1e-5, 1e-4, 123456789012345678.0, 30.0]
    for value in [*awkward, *(value for value in floats if math.isfinite(value) and abs(value) > 1e-290)]:
        text = records.scalar(value)
        assert float(text) == value
        assert json.loads(text) == value
        assert type(json.loads(text)) is float
        assert len(text) <= len(repr(value)) + 1  # of two neighbours as short, Python may find the shorter
    for value in awkward:
        assert records.scalar(-value) == "-" + records.scalar(value)


@pytest.mark.parametrize("value", [0.0, 1.0, 30.0, 0.5, 1e22, 3.15e23, 15e12, 1e-7, 12345.678])
def test_short_numbers_are_written_as_python_writes_them(value):
    assert records.scalar(value) == json.dumps(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, "0.333333333333"),
        (2e15 / 3, "666666666667000.0"),
        (405853388800.0, "405853388800.0"),
        (123456789012345.0, "123456789012345.0"),
        (1.0000000000004, "1.0"),
        (999999999999.96, "1000000000000.0"),
        (0.1 + 0.2, "0.3"),
    ],
)
def test_a_result_has_twelve_digits_and_a_whole_number_all(value, text):
    assert records.scalar(value, records.DIGITS) == text


def test_json_is_what_any_reader_of_json_reads():
    awkward = {
        "parameters": {"a": 'quoted "\\" and\n\tü ­\x01'},
        "results": {},
        "empty": [],
        "bars": [0, 1, None, False],
    }
    text = records.as_json(awkward)
    assert json.loads(text) == awkward
    assert "ü" in text
    assert records.as_json({"a": [{"b": 1.5}]}) == json.dumps({"a": [{"b": 1.5}]}, indent=2)


def test_what_is_no_number_has_its_reason():
    answer = Results(a=(float("inf"), "day", "A"), b=("nf4", "1", "B"), c=(None, "card", "C", "none fits"))
    reasons = {name: (part["value"], part["reason"]) for name, part in records.results_of(answer).items()}
    assert reasons == {"a": (None, "no finite number"), "b": (None, "nf4"), "c": (None, "none fits")}
    assert list(records.results_of(answer, ["c", "a", "b"])) == ["c", "a", "b"]


@pytest.mark.parametrize("name", list(questions()))
def test_csv_has_every_parameter_and_every_result(capsys, name):
    rows = list(csv.DictReader(io.StringIO(printed(capsys, "answer", name, "--csv"))))
    found = run(find(name), {})
    assert [row["name"] for row in rows] == [*found["parameters"], *found["results"]]
    assert {(row["question"], row["version"]) for row in rows} == {(name, found["version"])}
    for row in rows:
        if row["kind"] == "parameter":
            parameter = find(name).parameters[row["name"]]
            assert (row["label"], row["unit"]) == (parameter.meaning, parameter.unit)
            value = found["parameters"][row["name"]]
            assert row["value"] == (value if isinstance(value, str) else json.dumps(value))
        else:
            result = found["results"][row["name"]]
            assert (row["label"], row["unit"], row["reason"]) == (
                result["label"],
                result["unit"],
                result.get("reason", ""),
            )
            assert row["value"] == ("" if result["value"] is None else records.scalar(result["value"], 12))


def test_csv_of_ranges_has_their_ends(capsys):
    text = printed(capsys, "answer", NAME, "mfu=0.3 to 0.5", "--points", "40", "--csv")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(text))}
    told = run_ranges(find(NAME), read_values(find(NAME), {"mfu": "0.3 to 0.5"}), 40)["results"]["gpus"]
    assert rows["mfu"]["value"] == "0.3 to 0.5"
    assert [float(rows["gpus"][end]) for end in records.ENDS] == [told[end] for end in records.ENDS]


@pytest.mark.parametrize("other", [("--json",), ("--scenarios", "-")])
def test_csv_is_for_one_answer(capsys, other):
    assert cli.run(["answer", NAME, "--csv", *other]) == 2
    assert f"leave out {other[0]}" in capsys.readouterr().err


def test_the_command_repeats_an_answer(capsys):
    words = shlex.split(records.command(NAME, GIVEN))
    assert words[0] == "llmcalc"
    expected = run(find(NAME), read_values(find(NAME), GIVEN))
    assert printed(capsys, *words[1:], "--json") == records.as_json(expected) + "\n"


def test_the_program_repeats_an_answer(capsys):
    values = read_values(find(NAME), GIVEN)
    exec(records.program(NAME, values), {})
    assert capsys.readouterr().out == f"{find(NAME).answer(**values)}\n"


def test_the_program_repeats_ranges(capsys):
    exec(records.program(NAME, {"mfu": "0.3 to 0.5", "days": 60.0}, 20), {})
    found = run_ranges(find(NAME), read_values(find(NAME), {"mfu": "0.3 to 0.5", "days": "60"}), 20)
    told = eval(capsys.readouterr().out)
    assert {end: told["gpus"][end] for end in records.ENDS} == {
        end: found["results"]["gpus"][end] for end in records.ENDS
    }


@pytest.mark.parametrize(
    "value", ['{"name": "my card"}', "it's", "both \" and '", "back\\slash", "two\nlines", True, 1e30, 8]
)
def test_a_program_has_any_value_as_it_is(value):
    seen = {}
    exec(
        records.program(NAME, {"x": value})
        .partition("\n\n")[2]
        .replace("print", "keep", 1)
        .replace("answers.training_gpus", "dict"),
        {"keep": seen.update},
    )
    assert seen == {"x": value}


@pytest.mark.parametrize("text", ["plain", "two words", "it's", '"', "$2", "`x`", "a;b", "", "a\\b", "é"])
def test_a_shell_reads_a_quoted_text_as_it_is(text):
    assert shlex.split(f"x {records.quoted(text)} y") == ["x", text, "y"]


def test_bibtex_escapes_what_tex_would_not_read():
    work = {"title": "50% & more", "author": "A_B", "version": "1", "date": "2026-01-02"}
    bibtex, text = records.citation(work, NAME, "#1?", "https://a.example/?a=1&b=2", "2026-03-04")
    assert "title = {{50\\% \\& more}}" in bibtex
    assert 'Chapter "\\#1?"' in bibtex
    assert "url = {https://a.example/?a=1&b=2}" in bibtex
    assert text.startswith('A_B (2026). 50% & more. Version 1 of 2 January 2026. Chapter "#1?" ')
    assert text.endswith("(seen on 4 March 2026).")
