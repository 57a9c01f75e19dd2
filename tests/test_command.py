"""The command: what it answers, how it refuses, and that nothing that is asked ends in a traceback."""

import csv
import io
import json
import os
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

import llmcalc
from llmcalc import cli, files
from llmcalc.questions import questions

QUESTION = "training-gpus"


def run(*arguments, stdin="", environment=None):
    process = subprocess.run(
        [sys.executable, "-m", "llmcalc.cli", *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **(environment or {})},
        check=False,
        timeout=120,
    )
    assert "Traceback" not in process.stderr
    return process.returncode, process.stdout, process.stderr


def invoke(capsys, *arguments):
    """Run the command in this process."""
    status = cli.run(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture
def refused(capsys):
    def check(*arguments):
        status, printed, said = invoke(capsys, *arguments)
        assert status == 2
        assert printed == ""
        assert said.count("\n") == 1
        return said

    return check


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_all_questions_are_listed_with_their_default_answers(capsys):
    status, printed, said = invoke(capsys)
    assert (status, said) == (0, "")
    lines = printed.splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(questions())
    for line, question in zip(lines, questions().values(), strict=True):
        assert question.title in line
        assert next(iter(question.answer().formatted().values())) in line


def test_an_answer_stands_beside_the_default(capsys):
    status, printed, _ = invoke(capsys, "answer", QUESTION, "days=2 weeks", "mfu=40%")
    assert status == 0
    lines = {line.split("  ")[0]: line.split() for line in printed.splitlines()}
    assert lines["result"] == ["result", "unit", "default", "yours"]
    asked = questions()[QUESTION].answer
    expected = [f"{asked(**values)['gpus']:,.0f}" for values in ({}, {"days": 14.0, "mfu": 0.4})]
    assert lines["GPUs that finish in time"][-2:] == expected


@pytest.mark.parametrize("name", list(questions()))
def test_json_holds_the_whole_answer_of_every_question(capsys, name):
    status, printed, _ = invoke(capsys, "answer", name, "--json")
    assert status == 0
    found = json.loads(printed)
    assert list(found) == ["question", "parameters", "results", "version"]
    assert found["question"] == name
    assert found["version"] == llmcalc.__version__
    assert found["parameters"] == {key: one.default for key, one in questions()[name].parameters.items()}
    for listed in questions()[name].answer().listed():
        result = found["results"][listed["name"]]
        assert (result["unit"], result["label"]) == (listed["unit"], listed["label"])
        if isinstance(listed["value"], float):
            assert set(result) == {"value", "unit", "label"}
            assert result["value"] == pytest.approx(listed["value"], rel=1e-11, abs=0)
            assert listed["value"] % 1 or listed["value"] > 1e15 or result["value"] == listed["value"]
        else:
            assert result["value"] is None
            assert result["reason"] == (listed["value"] or listed["reason"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["answer", "trainin-gpus"], "did you mean 'training-gpus'?"),
        (["answer", QUESTION, "mfux=1"], "did you mean 'mfu'?"),
        (["answer", QUESTION, "mfu=1.6"], "mfu = 1.6 is not accepted: give a number from 0.001 to 1"),
        (["answer", QUESTION, "mfu=nan"], "mfu = 'nan' is not accepted"),
        (["answer", QUESTION, "days=1_0"], "days = '1_0' [day] is not accepted"),
        (["answer", QUESTION, "days=1", "days=2"], "given twice"),
        (["answer", QUESTION, "days"], "write name=value"),
        (["answer", QUESTION, "number_format=bf61"], "did you mean 'bf16'?"),
        (["answer", QUESTION, "devices_per_server=8.5"], "a whole number"),
        (["answer", QUESTION, "--scenarios", "no/such.csv"], "can't be read: No such file or directory"),
        (["answer", QUESTION, "--output", "no/such/folder/a.txt"], "can't be written"),
        (["answer", QUESTION, "--output", "."], "is a folder"),
        (["answr"], "did you mean 'answer'?"),
        (["answer"], "Missing argument"),
        (["answer", QUESTION, "--jsn"], "--json"),
        (["device", "H100 SXN"], "did you mean"),
    ],
)
def test_what_is_refused_is_one_line(refused, arguments, said):
    assert said in refused(*arguments)


def test_refusals_as_json(capsys):
    status, printed, said = invoke(capsys, "answer", QUESTION, "days=5000", "--json")
    assert (status, printed) == (2, "")
    assert json.loads(said) == {
        "error": {
            "argument": "days",
            "value": 5000.0,
            "unit": "day",
            "accepted": "a number from 0.01 to 3650",
            "message": "days = 5000.0 [day] is not accepted: give a number from 0.01 to 3650",
        }
    }


def test_scenarios_keep_rows_order_and_columns():
    rows = "id,days,mfu\nå,10,0.4\nb,,\nc,x,\nd,1\n"
    status, printed, said = run("answer", QUESTION, "--scenarios", "-", stdin=rows)
    assert status == 2
    assert said == 'llmcalc: rows refused: 2; the reasons are in the column "error"\n'
    answers = table(printed)
    assert [row["id"] for row in answers] == ["å", "b", "c", "d"]
    asked = questions()[QUESTION].answer
    assert float(answers[0]["gpus [GPU]"]) == asked(days=10.0, mfu=0.4)["gpus"]
    assert float(answers[1]["gpus [GPU]"]) == asked()["gpus"]
    assert "days = 'x' [day] is not accepted" in answers[2]["error"]
    assert answers[2]["gpus [GPU]"] == ""
    assert answers[3]["error"] == "2 cells where the first line has 3"


def test_values_hold_for_all_scenarios_that_do_not_say_otherwise(tmp_path, capsys):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("days,mfu\n10,\n10,0.3\n", encoding="utf-8")
    status, printed, said = invoke(
        capsys, "answer", QUESTION, "mfu=0.4", "--scenarios", str(source), "--output", str(target)
    )
    assert (status, printed, said) == (0, "", "")
    asked = questions()[QUESTION].answer
    expected = [asked(days=10.0, mfu=mfu)["gpus"] for mfu in (0.4, 0.3)]
    assert [float(row["gpus [GPU]"]) for row in table(target.read_text(encoding="utf-8"))] == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "no first line"),
        (b"dayz\n1\n", "did you mean 'days'?"),
        (b"days,days\n1,1\n", "stands there twice"),
        (b"days,error\n1,\n", "a column of the answers"),
        (b"days\n\xff\n", "can't be read"),
        (b'days\n"1\n', "can't be read"),
    ],
)
def test_a_bad_table_is_refused_whole(refused, tmp_path, text, said):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(text)
    target.write_text("as it was", encoding="utf-8")
    assert said in refused("answer", QUESTION, "--scenarios", str(source), "--output", str(target))
    assert target.read_text(encoding="utf-8") == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_many_rows_come_out_in_order_from_all_cores(tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,days\n" + "".join(f"{n},{1 + n % 300}\n" for n in range(5000)), encoding="utf-8")
    status, printed, said = run("answer", QUESTION, "--scenarios", str(source), "--output", str(target))
    assert (status, printed, said) == (0, "", "")
    answers = table(target.read_text(encoding="utf-8"))
    assert [int(row["id"]) for row in answers] == list(range(5000))
    expected = {days: questions()[QUESTION].answer(days=float(days))["gpus"] for days in range(1, 301)}
    assert all(float(row["gpus [GPU]"]) == expected[int(row["days"])] for row in answers)


@pytest.mark.parametrize("name", list(questions()))
def test_a_schema_says_what_every_parameter_may_be(capsys, name):
    status, printed, _ = invoke(capsys, "schema", name)
    assert status == 0
    found = json.loads(printed)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert list(found["properties"]) == list(questions()[name].parameters)
    for key, rules in found["properties"].items():
        parameter = questions()[name].parameters[key]
        assert rules["default"] == parameter.default
        if rules["type"] in ("number", "integer"):
            assert rules["unit"] == parameter.unit
            assert rules["minimum"] <= rules["default"] <= rules.get("maximum", float("inf"))
        assert rules.get("enum", [parameter.default]).count(parameter.default) == 1


def test_a_device_has_its_facts_with_their_sources(capsys):
    status, printed, _ = invoke(capsys, "device", "h100", "--json")
    assert status == 0
    assert json.loads(printed)["facts"]["server_power"]["source"] == "nvidia2026dgxh100"
    status, printed, _ = invoke(capsys, "device", "h100")
    assert status == 0
    assert "server_power" in printed
    assert "https://docs.nvidia.com" in printed


def test_a_terminal_without_unicode_gets_the_same_numbers():
    status, printed, said = run("answer", QUESTION, environment={"PYTHONIOENCODING": "ascii"})
    assert (status, said) == (0, "")
    assert printed.isascii()
    assert "3.15e23" in printed


def test_a_reader_that_has_enough_ends_it_quietly():
    script = f"{sys.executable} -m llmcalc.cli schema training-gpus | head -1"
    process = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert process.stdout == "{\n"
    assert process.stderr == ""


def test_a_fault_is_one_line(capsys, monkeypatch):
    def broken(name):
        raise RuntimeError("broken\nin two")

    monkeypatch.setattr("llmcalc.questions.find", broken)
    assert invoke(capsys, "schema", QUESTION) == (1, "", "llmcalc: fault: RuntimeError: broken in two\n")


def test_an_interrupt_is_one_line(capsys, monkeypatch):
    def interrupted(name):
        raise KeyboardInterrupt

    monkeypatch.setattr("llmcalc.questions.find", interrupted)
    status, _, said = invoke(capsys, "schema", QUESTION)
    assert status == 130
    assert said.strip() == "llmcalc: interrupted"


def test_help_has_examples_for_every_command():
    for name in cli.command.commands:
        printed = CliRunner().invoke(cli.command, [name, "--help"]).output
        assert f"llmcalc {name}" in printed.partition("Example")[2]


def test_the_shell_completes_questions_and_parameters():
    words = {"_LLMCALC_COMPLETE": "bash_complete", "COMP_WORDS": "llmcalc answer training-g", "COMP_CWORD": "2"}
    assert CliRunner().invoke(cli.command, env=words, prog_name="llmcalc").output == "plain,training-gpus\n"
    words |= {"COMP_WORDS": "llmcalc answer training-gpus day", "COMP_CWORD": "3"}
    assert CliRunner().invoke(cli.command, env=words, prog_name="llmcalc").output == "plain,days=\n"


@pytest.mark.alone
def test_the_command_starts_in_015_s_over_a_bare_interpreter():
    # Where Python may not keep what it compiled, it would compile all of llmcalc each time.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def fastest(*arguments):
        times = []
        for _ in range(9):
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=kept)
            times.append(time.perf_counter() - start)
        return min(times)

    assert fastest("-m", "llmcalc.cli", "answer", QUESTION) - fastest("-c", "pass") < 0.15


@pytest.mark.alone
def test_ten_thousand_scenarios_take_under_ten_seconds(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("days\n" + "30\n" * 10_000, encoding="utf-8")
    start = time.perf_counter()
    status, _, _ = run("answer", QUESTION, "--scenarios", str(source), "--output", str(tmp_path / "out.csv"))
    assert status == 0
    assert time.perf_counter() - start < 10


def test_a_model_is_told_by_its_name_and_by_its_config(capsys, tmp_path):
    from llmcalc import known_models

    for name in known_models.names():
        status, printed, said = invoke(capsys, "model", name, "--json")
        assert status == 0, said
        assert json.loads(printed)["params"] == known_models.model(name).params
        assert json.loads(printed)["source"]
    status, printed, _ = invoke(capsys, "model", "Llama 3 70B")
    assert status == 0
    assert f"{known_models.model('Llama 3 70B').params:,}" in printed
    assert "huggingface.co" in printed
    units = {line.split()[0]: line.split()[-1] for line in printed.splitlines()[2:]}
    assert (units["params"], units["cache_bytes"], units["flop_per_token"]) == ("parameter", "byte", "FLOP/token")
    config = {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4}
    config |= {"intermediate_size": 128, "vocab_size": 1000, "max_position_embeddings": 512}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    status, printed, said = invoke(capsys, "model", str(path), "--json")
    assert status == 0, said
    # Two embeddings, and a layer's four projections, three matrices and two norms; one norm at the end.
    assert json.loads(printed)["params"] == 2 * 1000 * 64 + 2 * (4 * 64 * 64 + 3 * 64 * 128 + 2 * 64) + 64


def test_a_model_that_is_none_is_refused_in_one_line(refused, tmp_path):
    assert "did you mean 'Llama 3.1 8B'?" in refused("model", "Llama 3.1 9B")
    path = tmp_path / "config.json"
    assert "No such file" in refused("model", str(path))
    path.write_bytes(b"\xff")
    assert "can't be read" in refused("model", str(path))
    path.write_text("[1, 2", encoding="utf-8")
    assert "give a JSON object" in refused("model", str(path))
    path.write_bytes(b" " * (files.LARGEST_FILE + 1))
    assert "Larger than" in refused("model", str(path))


def test_services_are_predicted_row_by_row(tmp_path):
    runs, predicted = tmp_path / "runs.csv", tmp_path / "predicted.csv"
    rows = ["gpu,model,tp,precision,isl,osl", "H200,Llama 3.3 70B,2,FP8,128,2048", "H2000,Llama 3.3 70B,2,FP8,128,128"]
    runs.write_text("\n".join(rows))
    assert cli.run(["predict", "serving", str(runs), "--output", str(predicted)]) == 0
    with predicted.open(newline="") as file:
        good, bad = csv.DictReader(file)
    assert good["model"] == "Llama 3.3 70B"
    assert float(good["low"]) < float(good["predicted_output_tokens_s"]) < float(good["high"])
    assert bad["predicted_output_tokens_s"] == ""
    assert "did you mean" in bad["refused"]


def test_runs_that_cannot_be_read_are_refused(tmp_path, capsys):
    assert cli.run(["predict", "serving", str(tmp_path / "none.csv")]) == 2
    assert capsys.readouterr().err.startswith("llmcalc: RUNS = ")


def test_a_vision_network_is_counted_with_settings_as_people_write_them(capsys):
    status, printed, said = invoke(
        capsys, "vision", "MobileNetV2", "input_size=256x192", "classes=10", "width=1.4", "--json"
    )
    told = json.loads(printed)
    assert (status, said) == (0, "")
    assert (told["name"], told["input"], told["classes"]) == ("mobilenet_v2", [3, 256, 192], 10)
    # The last layer has 1,792 weights and a bias for each class.
    assert told["params"] == 6_108_776 - 990 * 1793
    assert told["flop"] == 2 * told["macs"]
    assert sum(row["params"] for row in told["layers"]) == told["params"]


def test_layers_of_a_vision_network_are_printed_where_they_are_asked_for(capsys):
    _, short, _ = invoke(capsys, "vision", "ViT-B/16")
    _, long, _ = invoke(capsys, "vision", "ViT-B/16", "--layers")
    assert "17,582,740,224" in short  # as fvcore counts
    assert long.startswith(short)
    assert "3 × 224 × 224" in long.removeprefix(short)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (["resnet51"], "did you mean 'resnet50'?"),
        (["resnet50", "size=3"], "size = '3' is not accepted: give one of input_size, classes, width, depth"),
        (["resnet50", "input_size=2x3x4"], "give pixels: one number for height and width, or both as 256x192"),
        (["resnet50", "input_size=0"], "input_size = '0' [pixel] is not accepted: give a finite number above 0"),
        (["vit_b_16", "input_size=230"], "input_size = '230' [pixel] is not accepted: give multiples of 16 pixels"),
        (["resnet50", "classes=many"], "classes = 'many' is not accepted: give a whole number"),
        (["vgg16", "width=2"], "vgg16 has no multiplier of that kind"),
    ],
)
def test_what_a_vision_network_does_not_take_is_refused(refused, values, sentence):
    assert sentence in refused("vision", *values)
