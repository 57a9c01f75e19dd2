"""Models and devices of people's own reach every answer that asks for one: in Python, in the command, in tables."""

import csv
import json
from pathlib import Path

import pytest

from llmcalc import answers, cli, files
from llmcalc.choosing import model_named
from llmcalc.models import short
from llmcalc.questions import json_schema, questions

CONFIG = Path(__file__).parents[1] / "models" / "configs" / "llama-3.2-1b.json"
CARD = {
    "name": "mine",
    "memory": "80 GB",
    "memory_bandwidth": "2 TB/s",
    "power": 400,
    "price_per_hour": "$2",
    "peak_fp32": "20 TFLOP/s",
    "peak_bf16": "100 TFLOP/s",
    "peak_fp8": 200,
}
WITH = {
    own: [
        name for name, question in questions().items() if question.parameters.get(own) and question.parameters[own].own
    ]
    for own in ("model", "accelerator")
}
BF16 = {"number_format": "bf16"}


def asked(name, **given):
    takes = questions()[name].parameters
    return {key: value for key, value in (BF16 | given).items() if key in takes}


def test_every_question_about_a_device_takes_ones_own():
    assert WITH["accelerator"] == [
        name for name, question in questions().items() if "accelerator" in question.parameters
    ]
    assert len(WITH["accelerator"]) >= 8


def test_every_question_about_any_model_takes_ones_own():
    assert WITH["model"] == ["planner", "serving-users", "what-fits", "memory", "does-it-predict"]


@pytest.mark.parametrize("name", WITH["accelerator"])
def test_a_device_of_ones_own_is_answered_and_its_numbers_count(name):
    question = questions()[name]
    slow = json.dumps(CARD | {"peak_bf16": "10 TFLOP/s", "peak_fp8": 20, "memory": "40 GB"})
    one, other = (question.answer(**asked(name, accelerator=text)) for text in (json.dumps(CARD), slow))
    assert one.formatted() != other.formatted()


@pytest.mark.parametrize("name", WITH["model"])
def test_a_model_of_ones_own_is_answered_as_by_its_name(name):
    question = questions()[name]
    # The specimen has no fields but those of the shape.
    config = json.dumps(json.loads(CONFIG.read_text(encoding="utf-8")) | {"max_position_embeddings": 131072})
    own = question.answer(**asked(name, model=config)).formatted()
    assert own == question.answer(**asked(name, model=short.written(model_named(config)))).formatted()
    named = question.answer(**asked(name, model="Llama 3.2 1B")).formatted()
    # Measurements of the very model are known by its name alone.
    assert {key for key in own if own[key] != named[key]} <= {"badge", "founded", "range", "days_low", "days_high"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"model": '{"model_type": "llama"}'},
            "model: num_hidden_layers is missing: give the field, which llama needs",
        ),
        ({"model": "{"}, "model: config.json is not accepted: give a JSON object"),
        ({"model": "Llama 9"}, "model = 'Llama 9' is not known"),
        ({"model": 3}, "model = 3 is not accepted: give one of GPT-2, "),
        ({"accelerator": '{"memory": "24 XB"}'}, "accelerator: memory = '24 XB' is not accepted"),
        ({"accelerator": "H100 SMX"}, "accelerator = 'H100 SMX' is not accepted: give one of "),
        ({"accelerator": '{"power": 3}'}, "custom has no memory [byte]: it was not given"),
        ({"accelerator": "{" + " " * 5000 + "}"}, "accelerator = '{ }' is not accepted: give a flat JSON object"),
    ],
)
def test_what_is_no_model_and_no_device_is_refused_in_one_line(given, said):
    with pytest.raises(ValueError, match=r"is missing|is not accepted|is not known|has no memory") as refused:
        answers.what_fits(**given)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_a_quantity_that_a_question_needs_is_asked_for():
    bare = json.dumps({"name": "mine", "peak_bf16": 100})
    with pytest.raises(ValueError, match=r"^accelerator = .* is not accepted: give its power among its numbers$"):
        answers.training_cost(accelerator=bare, number_format="bf16")
    with pytest.raises(ValueError, match=r"^number_format = 'tf32' is not accepted: give a format of which "):
        answers.training_gpus(accelerator=bare)


def test_a_schema_has_names_and_texts():
    property_ = json_schema(questions()["what-fits"])["properties"]["model"]
    assert "Qwen2.5 32B" in property_["anyOf"][0]["enum"]
    assert property_["anyOf"][1] == {"pattern": r"^\s*\{"}
    assert "enum" not in property_


def run(capsys, *arguments):
    code = cli.run(list(arguments))
    return code, capsys.readouterr()


def test_the_command_takes_files_and_keeps_short_texts(tmp_path, capsys):
    card = tmp_path / "card.json"
    card.write_text(json.dumps(CARD, indent=2), encoding="utf-8")
    code, said = run(capsys, "answer", "what-fits", f"model=@{CONFIG}", f"accelerator=@{card}", "--json")
    assert not code
    told = json.loads(said.out)
    assert told["parameters"]["model"] == short.written(model_named(CONFIG.read_text(encoding="utf-8")))
    assert json.loads(told["parameters"]["accelerator"]) == CARD
    assert told["results"]["memory_gib"]["value"] == pytest.approx(80e9 / 2**30)
    # What is kept gives the same answer again.
    again = run(
        capsys,
        "answer",
        "what-fits",
        "--json",
        *[f"{key}={told['parameters'][key]}" for key in ("model", "accelerator")],
    )
    assert json.loads(again[1].out) == told


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "can't be read: 'utf-8' codec can't decode"),
        (b"[1]", "model: the file holds no JSON object"),
        (b'{"model_type": "llama"}', "num_hidden_layers is missing"),
        (b"{" * 3000, "give objects nested at most"),
        (b" " * (files.LARGEST_FILE + 1), "Larger than 2,000,000 bytes"),
    ],
    ids=["bytes", "list", "empty", "deep", "long"],
)
def test_a_file_that_is_no_model_is_refused_in_one_line(tmp_path, capsys, content, said):
    path = tmp_path / "config.json"
    path.write_bytes(content)
    code, told = run(capsys, "answer", "what-fits", f"model=@{path}")
    assert code == 2
    assert said in told.err
    assert told.err.count("\n") == 1


def test_a_folder_and_a_file_that_is_not_there_are_refused(tmp_path, capsys):
    assert "Not a file" in run(capsys, "answer", "what-fits", f"model=@{tmp_path}")[1].err
    assert "No such file" in run(capsys, "answer", "what-fits", f"accelerator=@{tmp_path / 'none.json'}")[1].err


def test_a_table_of_scenarios_takes_texts_and_files(tmp_path, capsys):
    table = tmp_path / "scenarios.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file).writerow
        write(["model", "accelerator"])
        write([f"@{CONFIG}", "RTX 4090"])
        write([CONFIG.read_text(encoding="utf-8"), json.dumps(CARD)])
        write(["Qwen3 8B", '{"memory": 0}'])
    code, said = run(capsys, "answer", "what-fits", "--scenarios", str(table))
    first, second, third = csv.DictReader(said.out.splitlines())
    assert code == 2
    assert first["weights_gib [GiB]"] == second["weights_gib [GiB]"]
    assert float(second["memory_gib [GiB]"]) == pytest.approx(80e9 / 2**30)
    assert third["error"].startswith("accelerator: memory = 0 is not accepted")
