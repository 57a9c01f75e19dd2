"""Another edition: with every text translated, nothing that code tells its readers is left in English."""

import ast
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
from importlib import import_module

import pytest

from bookbuild.calculator import calculators
from llmcalc import answers, cli, datasets, differences, messages, quantities, reasons, records, spread
from llmcalc.answers.planner import planner_curves
from llmcalc.checks import Refusal
from llmcalc.files import DATA
from llmcalc.formats import SPOKEN, THINGS, in_words, number_of
from llmcalc.models import networks, vision
from llmcalc.once import Latest
from llmcalc.questions import questions
from llmcalc.vocabulary import WORDS
from tests.answers.test_sentences import SLOW, drawn
from tests.editions import WORD, left_in_english, made_up
from tests.formulas import SOURCE
from tests.grouped import together
from tests.test_micropython import NODE, PACKAGES, SCRIPT

every_question = pytest.mark.parametrize("name", list(questions()))
TRIES, SLOW_TRIES = 60, 20
BAD = ("many", "0.3 to 0.2", "0.3 to 0.9", "-1", "1e400", "1_0", "", "{}", '{"memory": "24 XB"}', -1, 1e300, 0.5, None)
ELSEWHERE = {"exercises"}  # prose of the book, which is translated as such

OWN = '{"name": "H100 SXM", "memory": "80 GB", "memory_bandwidth": 3350, "peak_bf16": 900}'
# Settings that are late, unfit or impossible, and answers in other words.
TOLD = [
    ("cv-backlog", {"trials": 10}),
    ("cnn-macs", {"network": "vit_b_16"}),
    ("does-it-predict", {"devices": 8192}),
    ("does-it-predict", {"measured_seconds": 6.45}),
    ("does-it-predict", {"measured_seconds": 9.0}),
    ("does-it-predict", {"accelerator": OWN}),
    ("failures", {"devices": 1000000, "checkpoint_minutes": 1000.0}),
    ("failures", {"devices": 1, "days": 1.0}),
    ("hardware-claims", {"gpus": 1}),
    ("hardware-claims", {"token_rate": 10.0}),
    ("inference-cards", {"stream_tops": 90.0}),
    ("inference-cards", {"headroom": 0.9}),
    ("inference-cards", {"streams": 1}),
    ("memory", {"data_parallel": 1}),
    ("memory", {"memory_gib": 4.0}),
    ("memory", {"batch": 64, "memory_gib": 200.0}),
    ("planner", {"days": 1.0}),
    ("planner", {"days": 7.0, "batch": 256}),
    ("planner", {"sized_by": "devices", "device_count": 4}),
    ("planner", {"sized_by": "devices", "device_count": 1024}),
    ("planner", {"tensor_parallel": 1, "pipeline_stages": 1, "sharding": "none"}),
    ("planner", {"model": "Llama 3 8B", "sized_by": "devices", "device_count": 8, "time_per_output_token": 0.001}),
    ("planner", {"accelerator": OWN}),
    ("planner", {"model": "100B"}),
    ("planner", {"days": 0.01, "batch": 100}),
    ("planner", {"model": "GPT-2", "sized_by": "devices", "device_count": 1, "tokens": 1e9}),
    ("planner", {"accelerator": "Ascend 910B4", "model": "GPT-2", "sized_by": "devices", "device_count": 1}),
    ("planner", {"model": "DeepSeek V3"}),
    ("serving-users", {"time_per_output_token": 0.001}),
    ("serving-users", {"time_to_first_token": 0.01}),
    ("serving-users", {"accelerator": "T4"}),
    ("serving-users", {"accelerator": "Ascend 910B4", "users": 1.0, "model": "Llama 3.2 1B"}),
    ("serving-users", {"users": 10.0, "model": "Llama 3.1 8B"}),
    ("training-cost", {"accelerator": "A100 PCIe 40GB"}),
    ("training-schedules", {"a100_tflops": 100.0}),
    ("training-schedules", {"flop_per_param_token": 1.0}),
    ("transformer-flops", {"iteration_seconds": 0.5}),
    ("what-fits", {"model": "Llama 3.1 405B"}),
    ("what-fits", {"context": 32768, "batch": 8}),
    ("what-fits", {"context": 8192, "weight_format": "fp8"}),
    ("what-fits", {"device_count": 7}),
    ("what-fits", {"model": "GPT-2", "weight_format": "bf16"}),
]

# Settings that are refused for more than a range.
REFUSED = [
    ("cv-backlog", {"trials": 20, "trials_high": 1}),
    ("does-it-predict", {"batch": 1}),
    ("does-it-predict", {"devices": 16383}),
    ("does-it-predict", {"tensor_parallel": 3}),
    ("failures", {"checkpoint_minutes": 0.001, "blocking_share": 0.01}),
    ("hardware-claims", {"chips_per_host": 3}),
    ("inference-gpus", {"accelerator": "H100 SXM", "number_format": "fp4"}),
    ("planner", {"pipeline_stages": 1000}),
    ("planner", {"pipeline_stages": 4, "sharding": "FSDP"}),
    ("serving-users", {"devices_per_replica": 3}),
    ("transformer-flops", {"hidden_size": 64, "heads": 128, "kv_heads": 128}),
    ("transformer-flops", {"kv_heads": 7}),
    ("transformer-flops", {"heads": 7}),
]


def around_values(text):
    """A made-up translation whose brackets leave out what is filled in, so that it has to be translated itself."""
    return re.sub(r"\{\w+\}", r"⟧\g<0>⟦", text)


@pytest.fixture(scope="module")
def catalogue():
    return {
        text: around_values(made) if isinstance(made, str) else [around_values(form) for form in made]
        for text, made in made_up().items()
    }


@pytest.fixture
def edition(catalogue, monkeypatch):
    for question in ("planner", "what_fits"):  # they keep plans, and with them their texts
        monkeypatch.setattr(import_module(f"llmcalc.answers.{question}"), "_latest", Latest())
    messages.use(catalogue)
    yield
    messages.use({})


@pytest.fixture(scope="module")
def names():
    """Names that every language leaves as they are, of models, devices, networks and formats."""
    found = {*datasets.FORMATS, *(form.upper() for form in datasets.FORMATS), "ZeRO-1", "ZeRO-2", "FSDP", "8B"}
    for table, column in (
        ("models", "model"),
        ("transformer-shapes", "model"),
        ("accelerators", "accelerator"),
        ("accelerators-missing", "accelerator"),
        ("vision-networks", "name"),
        ("step-stacks", "stack"),
    ):
        found |= {row[column] for row in datasets.records(table)}
    found |= set(answers.what_fits.limits["weight_format"]) - {"best"}
    return {name for name in found if WORD.search(name)}


@pytest.fixture(scope="module")
def written(names):
    """Names, and what is written in a form or for the command: parameters, choices, fields, units and files."""
    found = {*names, *questions(), *WORDS, *datasets.values("accelerators", "quantity"), *map(str, BAD)}
    found |= {f"data/{path.name}" for path in DATA.glob("*.csv")}
    found |= {"name", "device", "num_hidden_layers", "config.json", "24 XB", "MB, GB, TB, MiB, GiB, TiB"}
    for question in questions().values():
        for parameter in question.parameters.values():
            found |= set(parameter.choices)
    return {name for name in found if WORD.search(name)}


def texts(answer):
    """All that is read of an answer."""
    for result in answer.listed():
        yield from (result["label"], result["heading"])
        if isinstance(result["value"], str):
            yield result["value"]
        if result["value"] is None:
            yield result["reason"]
    yield from answer.formatted().values()
    yield from answer.units().values()
    yield answer.sentence
    yield re.sub(r"<[^>]*>", "\n", answer._repr_html_())


def english(told, names):
    """By text, the words that are in no brackets and in no name."""
    outside = {text: re.sub("⟦[^⟧]*⟧", " ", text) for text in told}
    return {text: left for text, rest in outside.items() if (left := left_in_english(rest, names))}


@every_question
def test_an_answer_is_in_the_language_of_the_edition(name, edition, names, written):
    question, generator = questions()[name], random.Random(name)
    assert english(texts(question.answer()), names) == {}
    for _ in range(SLOW_TRIES if name in SLOW else TRIES):
        chosen = generator.sample(list(question.parameters), generator.choice([1, 2, 3]))
        given = {key: drawn(question.parameters[key], generator) for key in chosen}
        try:
            told, known = list(texts(question.answer(**given))), names
        except Refusal as refusal:
            told, known = [str(refusal)], written
        assert english(told, known) == {}, given


@pytest.mark.parametrize(("name", "given"), TOLD, ids=lambda value: "-".join(value) if isinstance(value, dict) else "")
def test_so_is_one_that_is_late_or_unfit_or_impossible(name, given, edition, names):
    assert english(texts(questions()[name].answer(**given)), names) == {}


@pytest.mark.parametrize(
    ("name", "given"), REFUSED, ids=lambda value: "-".join(value) if isinstance(value, dict) else ""
)
def test_so_is_what_cannot_go_together(name, given, edition, written):
    with pytest.raises(Refusal) as refused:
        questions()[name].answer(**given)
    assert english([str(refused.value), refused.value.accepted], written) == {}


def test_so_are_curves(edition, names):
    shown = planner_curves(model="Llama 3 8B", sized_by="devices", device_count=64)
    told = [column[key] for column in shown.data() for key in ("label", "unit", "units")]
    assert english([*told, re.sub(r"<[^>]*>", "\n", shown._repr_html_())], names) == {}


def refusals(question):
    """What is said of bad values of every parameter, written and given."""
    limits = getattr(question.answer, "limits", {})
    for key in question.parameters:
        for value in BAD:
            try:
                if isinstance(value, str):
                    if spread.is_range(value):
                        spread.read(value, key, limits.get(key))
                    else:
                        question.answer(**{key: quantities.read(value, key, limits.get(key))})
                else:
                    question.answer(**{key: value})
            except Refusal as refusal:
                yield f"{refusal}"
                yield refusal.accepted


@every_question
def test_so_are_refusals(name, edition, written):
    told = list(refusals(questions()[name]))
    assert len(told) > len(questions()[name].parameters)
    assert english(told, written) == {}


def test_so_are_counts(edition):
    things = {*THINGS, *SPOKEN}
    assert english([number_of(count, thing) for thing in things for count in (1, 2)], ()) == {}
    assert english([in_words(value) for value in (2e6, 3e9, 4e12)], ()) == {}
    assert english([messages.message(kind) for kind in vision.KINDS], ()) == {}


def test_kinds_of_layers_are_marked():
    kinds = {kind for name in networks.NAMES for kind in vision.by_kind(networks.build(name))}
    assert {kind for kind in kinds if kind.islower()} <= set(vision.KINDS)


def test_so_are_sources_and_citations(edition):
    rows = datasets.records("default-reasons")
    told = [reasons.origin(row) for row in rows]
    assert english(told, {row["source"] or "" for row in rows} | {f"data/{row['table']}.csv" for row in rows}) == {}
    book = {"title": "A book", "author": "Its authors", "version": "0.1.0", "date": "2026-11-21"}
    bibtex, text = records.citation(book, "memory", "How much?", "https://a.example/", "2026-02-27")
    given = ("A book", "Its authors", "How much?", "https://a.example/")
    assert english([text], given) == {}
    assert "note = {⟦Chapter" in bibtex


def test_so_are_differences_that_cannot_be_told(edition, written):
    with pytest.raises(Refusal) as refused:
        differences.numbers({"days": spread.Spread("days", 20, 40)})
    assert english([str(refused.value)], {*written, "20 to 40"}) == {}


def test_numbers_are_the_same_in_every_edition(catalogue):
    for name in ("planner", "what-fits", "failures"):
        first = questions()[name].answer().numbers()
        messages.use(catalogue)
        try:
            assert questions()[name].answer().numbers() == first
        finally:
            messages.use({})


def test_what_programs_know_is_english_in_every_edition(edition):
    answer = answers.does_it_predict(measured_seconds=9.0)
    assert (answer["badge"], answer["within"], answer.kind) == ("measured", "no", "good")
    assert {result["unit"] for result in answer.listed()} >= {"s", "%", "GiB"}


# The command


@pytest.mark.parametrize(
    ("arguments", "code", "own"),
    [
        ("answer training-gpus mfu=0.4", 0, ()),
        ("answer training-gpus 'mfu=0.3 to 0.4'", 0, ("p10", "p90")),
        ("answer training-gpus mfu=0.3..0.4 --json", 2, ("error", "argument", "value", "unit", "accepted", "message")),
        ("answer training-gpus mfu=40% --instead mfu=50% --instead days=60", 0, ()),
        ("answer training-gps", 2, ("question", "training-gps")),
        ("answr", 2, ("command", "answr", "sweep", "calibrate", "predict", "vision", "schema", "exam", "answer")),
        ("answer training-gpus mfu", 2, ()),
        ("answer training-gpus mfu=0.4 mfu=0.3", 2, ()),
        ("answer training-gpus mf=0.4", 2, ("mf",)),
        ("answer training-gpus --csv --scenarios -", 2, ("--csv", "--scenarios")),
        ("device H101", 2, ("H101",)),
        ("model 9B", 2, ("9B",)),
        ("vision resnet50", 0, ("thop", "ptflops", "fvcore", "attention_macs", "activations", "macs", "flop")),
        ("exam --minutes 1", 2, ("minutes",)),
        ("exam --chapters training-gps", 2, ("chapter", "training-gps")),
        ("predict training /no/such/file", 2, ("RUNS", "/no/such/file", "No such file or directory")),
    ],
)
def test_so_is_the_command(arguments, code, own, edition, written, capsys):
    assert cli.run(shlex.split(arguments)) == code
    printed = "".join(capsys.readouterr()).removeprefix("llmcalc: ")
    assert english(printed.splitlines(), {*written, *own}) == {}


def test_the_environment_names_the_catalogue(catalogue, tmp_path):
    path = tmp_path / "messages.json"
    path.write_text(json.dumps(catalogue), encoding="utf-8")
    program = "from llmcalc import answers; print(answers.training_gpus().sentence)"
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "LLMCALC_MESSAGES": str(path), "PYTHONIOENCODING": "utf-8"},
        cwd=SOURCE.parent,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert run.stdout.startswith("⟦It takes ⟧1,559⟦ ⟧A100 PCIe 80GB⟦ to train ⟧⟦⟧")


# Pages

TELL = """
import json
from llmcalc import datasets, messages
from llmcalc.checks import Refusal
with open("work.json") as file:
    work = json.load(file)
datasets.read_from("data")
messages.use(work["catalogue"])
answer = getattr(__import__("llmcalc.answers." + work["function"], None, None, ["*"]), work["function"])
for given in work["settings"]:
    try:
        results = answer(**given)
        texts = results.formatted()
        print(json.dumps([texts[name] for name in sorted(texts)] + [results.sentence]))
    except Refusal as refusal:
        print(json.dumps([str(refusal)]))
"""


def told_by(answer, **given):
    try:
        results = answer(**given)
    except Refusal as refusal:
        return [str(refusal)]
    return [text for _, text in sorted(results.formatted().items())] + [results.sentence]


@pytest.mark.built
@every_question
def test_pages_tell_the_same(name, edition, catalogue, tmp_path):
    """The same texts in MicroPython, in which a page's calculator runs."""
    question = questions()[name]
    sources = calculators.modules_of(name)
    settings = [{}] + [given for of, given in TOLD + REFUSED if of == name]
    settings += [{key: -1} for key, parameter in question.parameters.items() if parameter.type in (int, float)]
    work = {
        "catalogue": catalogue,
        "function": name.replace("-", "_"),
        "settings": settings,
    }
    modules = {module.replace(".", "/") + ".py": source for module, source in sources.items()}
    modules["work.json"] = json.dumps(work)
    data = calculators.by_columns(calculators.tables(question, list(sources.values())))
    modules |= {f"data/{table}.json": json.dumps(rows) for table, rows in data.items()}
    (tmp_path / "node_modules").symlink_to(PACKAGES / "node_modules")
    shutil.copy(SCRIPT, tmp_path)
    given = json.dumps({"modules": modules, "calls": [{"statements": TELL}]})
    command = [NODE, tmp_path / SCRIPT.name]
    run = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr[-2000:]
    found = [json.loads(line) for line in json.loads(run.stdout)]
    assert found == [told_by(question.answer, **values) for values in settings]


# Sources

TAKING = ("message", "plural", "marked")  # what takes texts from the catalogue, or marks them for it
NAMING = ("one_of", "getattr", "get", "repr", "join", "_needs", "unreadable", "unwritable")  # what takes names
# Keys of tables.
KEYS = {"f'{stack} on {generation(device)}'", "'GGUF ' + name"}


def files(*rooms):
    found = [path for path in sorted(SOURCE.rglob("*.py")) if not ELSEWHERE & set(path.parts)]
    return [path for path in found if not rooms or path.relative_to(SOURCE).parts[0] in rooms]


def named(call):
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def calls(tree, *names):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and named(node) in names]


def unmarked(node):
    """Texts with words in an expression, as far as they are neither marked nor names."""
    if isinstance(node, ast.Call) and named(node) in TAKING + NAMING:
        return
    if isinstance(node, ast.Subscript):  # what stands between brackets is a name
        yield from unmarked(node.value)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and WORD.search(node.value):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from unmarked(child)


def told_in(function, name):
    """What is assigned to a name in a function."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == name for target in node.targets):
            yield node.value


def unmarked_refusals(source):
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        for call in calls(function, "Refusal", "Impossible"):
            given = [(place == 2, node) for place, node in enumerate(call.args) if place in (2, 4)]
            given += [(False, word.value) for word in call.keywords if word.arg in ("accepted", "reason")]
            for extracted, node in given:
                if isinstance(node, ast.Name):
                    for value in told_in(function, node.id):
                        yield from unmarked(value)
                elif not (extracted and named(call) == "Refusal" and isinstance(node, ast.Constant)):
                    yield from unmarked(node)


def composed(source):
    """Texts with two words and more that are put together without the catalogue."""
    tree = ast.parse(source)
    apart = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)] + calls(tree, *TAKING, "AttributeError")
    inside = {child for node in apart for child in ast.walk(node)}
    for node in ast.walk(tree):
        parts = []
        if isinstance(node, ast.JoinedStr):
            parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            sides = (node.left, node.right)
            parts = [side.value for side in sides if isinstance(side, ast.Constant) and isinstance(side.value, str)]
        if node not in inside and any(WORD.search(part) and " " in part for part in parts):
            yield ast.unparse(node)


def badly_called(source):
    """Calls whose texts Babel can't read, or whose values are not those that the text names."""
    for call in calls(ast.parse(source), "message", "plural", "marked"):
        count = 2 if named(call) == "plural" else 1
        wanted = set()
        for node in call.args[:count]:
            if isinstance(node, (ast.JoinedStr, ast.BinOp, ast.IfExp, ast.BoolOp)):
                yield ast.unparse(call)
            wanted |= set(re.findall(r"\{(\w+)\}", node.value)) if isinstance(node, ast.Constant) else set()
        given = {word.arg for word in call.keywords}
        read = all(isinstance(node, ast.Constant) for node in call.args[:count]) and None not in given
        if read and call.args[count:] == [] and wanted != given and named(call) == "message" and given:
            yield ast.unparse(call)


@together
@pytest.mark.parametrize("path", files())
def test_refusals_are_from_the_catalogue(path):
    assert list(unmarked_refusals(path.read_text(encoding="utf-8"))) == []


@together
@pytest.mark.parametrize("path", files("answers", "models", "plans"))
def test_answers_are_put_together_from_the_catalogue(path):
    assert set(composed(path.read_text(encoding="utf-8"))) <= KEYS


@together
@pytest.mark.parametrize("path", files())
def test_texts_can_be_extracted(path):
    assert list(badly_called(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", files("answers"), ids=lambda path: path.stem)
def test_things_that_sentences_count_are_in_the_catalogue(path):
    counts = calls(ast.parse(path.read_text(encoding="utf-8")), "number_of")
    things = {call.args[1].value for call in counts if isinstance(call.args[1], ast.Constant)}
    assert things <= {*THINGS, *SPOKEN}


def test_texts_are_found_that_are_not_marked():
    given = """
def check(value):
    raise Refusal("mfu", value, f"at most {value}")
    raise Refusal("mfu", value, "at " + most)
    raise Refusal("mfu", value, "one" if value else "another")
    raise Refusal("mfu", value, "a number", reason="too much")
    accepted = f"at least {value}"
    raise Refusal("mfu", value, accepted)
    raise Refusal("mfu", value, "a number", reason=marked("too much"))
    raise Refusal("mfu", value, message("at most {most}", most=value))
"""
    assert list(unmarked_refusals(given)) == ["at most ", "at ", "one", "another", "too much", "at least "]
    told = 'GOOD, f"It takes {days} days."'
    assert list(composed(told)) == ["f'It takes {days} days.'"]
    assert list(composed('message("{days} days", days=f"about {days} or so")')) == []
    wrong = ['message(f"It takes {days}")', 'message("one" if one else "two")', 'message("{days}", day=1)']
    assert [len(list(badly_called(text))) for text in wrong] == [1, 1, 1]
    assert list(badly_called('message("{days} days", days=1)')) == []


def test_what_is_left_in_english_is_found(catalogue, names):
    """A text that is told, and that the catalogue lacks."""
    label = questions()["training-gpus"].answer().listed()[0]["label"]
    messages.use({text: translated for text, translated in catalogue.items() if text != label})
    try:
        assert label in english(texts(questions()["training-gpus"].answer()), names)
    finally:
        messages.use({})
