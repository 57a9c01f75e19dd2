"""Rows in, rows out: every row is answered, in order, with a reason where there is no time."""

import csv

import pytest

from llmcalc import datasets
from llmcalc.models.stacks import resolve
from llmcalc.prediction import runs
from tests.grouped import together

ROWS = datasets.records("training-runs")


def test_a_file_is_answered_row_by_row(tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    rows = [ROWS[0], {**ROWS[1], "accelerator": "Cray-1"}, {**ROWS[2], "devices": 1}, {**ROWS[3], "batch": ""}]
    with source.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    with source.open(newline="") as file, target.open("w", newline="") as answers:
        runs.predict_table(file, answers)
    with target.open(newline="") as file:
        answers = list(csv.DictReader(file))
    assert [row["id"] for row in answers] == [row["id"] for row in rows]
    assert list(answers[0]) == [*rows[0], *runs.OUTPUT]
    assert float(answers[0]["predicted_seconds"]) > 0
    assert not answers[0]["refused"]
    for answer, named in zip(answers[1:], ("Cray-1", "devices = 1", "batch"), strict=True):
        assert named in answer["refused"]
        assert not answer["predicted_seconds"]
        assert "\n" not in answer["refused"]


def test_ranges_hold_the_prediction():
    answer = runs.predict_row(ROWS[0])
    assert answer["low_seconds"] < answer["predicted_seconds"] < answer["high_seconds"]


def test_what_is_assumed_is_said():
    bare = {"layers": 32, "hidden_size": 4096, "vocabulary_size": 32000, "context": 4096, "accelerator": "h100"}
    answer = runs.predict_row({**bare, "devices": 8, "batch": 128, "more": "columns"})
    assert not answer["refused"]
    for word in ("heads = 32", "mlp_size = 16384", "microbatch = 1", "constants of no stack in particular"):
        assert word in answer["assumed"]


@together
@pytest.mark.parametrize("name", sorted(ROWS[0]))
def test_nonsense_in_a_cell_is_refused_not_raised(name):
    for bad in ("-1", "nan", "many", "1e400", "0", ""):
        answer = runs.predict_row({**ROWS[60], name: bad})
        assert bool(answer["refused"]) != bool(answer["predicted_seconds"])


def test_constants_of_a_stack_on_a_generation_hold_there_alone():
    hopper, ampere, others = (
        resolve(device, "bf16", stack).attention_forward_efficiency
        for device, stack in (("H100 SXM", "llm-foundry"), ("A100 SXM 80GB", "llm-foundry"), ("H100 SXM", "llama-3"))
    )
    assert hopper == 0.35 < others < ampere
