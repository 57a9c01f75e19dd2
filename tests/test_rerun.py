"""Reruns: what is written for a reader's own assumptions, and that bad ones leave nothing behind."""

import csv
import errno
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

import llmcalc
from bookbuild import notebooks
from bookbuild.run import execute, parameters, rerun, target
from llmcalc import cli, datasets, scenarios
from llmcalc.formulas import devices, training
from llmcalc.questions import find
from llmcalc.units import DAY, PFLOPS_DAY, TERA
from tests.conftest import Checkout, shared

ROOT = Path(__file__).parent.parent
NOTEBOOK = "training-gpus"
CHANGED = {"days": 10.0, "mfu": 0.4, "number_format": "bf16", "devices_per_server": 16, "accelerator": "H100 PCIe"}
PARAMS = " ".join(f"{name}='{value}'" for name, value in CHANGED.items())
BAD_PARAMETERS = [
    ("dayz=10", "no parameter 'dayz'; did you mean 'days'?"),
    ("days=ten", "days = 'ten' is not accepted: give a number [day] with 0.01 ≤ days ≤ 3650"),
    ("days=", "days = '' is not accepted"),
    ("devices_per_server=8.5", "devices_per_server = '8.5' is not accepted: give a whole number"),
    ("mfu=1.5", "mfu = '1.5' is not accepted: give a number"),
    ("mfu=nan", "mfu = 'nan' is not accepted"),
    ("days=inf", "days = 'inf' is not accepted"),
    ("tokens=1e999", "tokens = '1e999' is not accepted"),
    ("number_format=bf61", "did you mean 'bf16'?"),
    ("accelerator='A100 PCIe 80 GB'", "did you mean 'A100 PCIe 80GB'?"),
    ("days", "PARAMS has 'days': write name=value"),
    ("days = 10", "PARAMS has 'days': write name=value, without spaces"),
    ("=10", "PARAMS has '=10': write name=value"),
    ("days=1 days=2", "PARAMS gives days twice"),
    ("accelerator='A100", "PARAMS can't be read: No closing quotation"),
]
BAD_FOLDERS = [
    (".", "OUT = '.' holds other files"),
    ("book", "OUT = 'book' lies among the book's sources"),
    ("notebooks/mine", "lies among the book's sources"),
    ("Makefile", "OUT = 'Makefile' is a file: give a new folder"),
    ("Makefile/mine", "OUT = 'Makefile/mine' can't be written: Not a directory"),
    ("_build/executed", "OUT = '_build/executed' holds other files, which no rerun wrote"),
    ("~nobody-at-all/mine", "begins with the name of nobody's home"),
    ("/proc/mine", "OUT = '/proc/mine' can't be written: No such file"),
    ("mine/" + 230 * "m", "can't be written: File name too long"),
]


def headline(params, tokens, flop_per_param_token, days, accelerator, number_format, mfu, devices_per_server):
    peak_flops = datasets.peak_flops(accelerator, number_format)
    flop = training.train_flop(params, tokens, flop_per_param_token)
    gpus = devices.round_up(training.devices_for_deadline(flop, days * DAY, peak_flops, mfu))
    return {
        "gpus": gpus,
        "servers": devices.servers(gpus, devices_per_server),
        "flop": flop,
        "pflops_days": flop / PFLOPS_DAY,
        "required_tflops": devices.required_flops(flop, days * DAY) / TERA,
        "sustained_tflops": devices.sustained_flops(peak_flops, mfu) / TERA,
    }


def values(results):
    return {name: result["value"] for name, result in results.items()}


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def defaults():
    return {name: parameter.default for name, parameter in parameters.declared(NOTEBOOK).items()}


@pytest.fixture(scope="module")
def reran(executed, tmp_path_factory):
    """A copy of the project where the notebook has run with other parameters, and what was printed."""

    def make(folder):
        status, printed, errors = executed.copy(folder).rerun("--params", PARAMS)
        assert status == 0, errors
        (folder / "printed").write_text(printed, encoding="utf-8")

    made = Checkout(shared(tmp_path_factory, "reran", make))
    checkout = made.copy(tmp_path_factory.mktemp("copy") / "checkout")
    printed = (checkout.folder / "printed").read_text(encoding="utf-8")
    return checkout, checkout.build / "rerun" / NOTEBOOK, printed


@pytest.fixture
def refused(reran):
    """Rerun in vain; return the one line that was said. Earlier results are as they were."""
    checkout, _, _ = reran

    def run(*arguments, **options):
        before = contents(checkout.build)
        status, printed, errors = checkout.rerun(*arguments, **options)
        assert contents(checkout.build) == before
        assert checkout.left_over() == []
        return in_one_line(status, printed, errors)

    return run


def in_one_line(status, printed, errors):
    """Return the one line in which a rerun was refused."""
    assert status == 1
    assert printed == ""
    assert errors.startswith("rerun: ")
    assert errors.count("\n") == 1
    assert errors.endswith("\n")
    return errors


REFUSE = """
import contextlib, io, json, sys
from bookbuild.run import rerun
told = []
for arguments in json.load(sys.stdin):
    printed, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(errors):
        status = rerun.main(["--notebook", "training-gpus", *arguments])
    told.append((status, printed.getvalue(), errors.getvalue()))
json.dump(told, sys.stdout)
"""


@pytest.fixture(scope="module")
def refusals(reran):
    """What reruns say that are all refused in one process, by their arguments. Earlier results are as they were."""
    checkout, _, _ = reran
    asked = [["--params", text] for text, _ in BAD_PARAMETERS]
    asked += [["--out", out, "--params", "days=10"] for out, _ in BAD_FOLDERS]
    before = contents(checkout.build)
    command = [str(checkout.folder / ".venv/bin/python"), "-c", REFUSE]
    run = subprocess.run(
        command,
        input=json.dumps(asked),
        cwd=checkout.folder,
        env=checkout.environment,
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stderr
    assert contents(checkout.build) == before
    assert checkout.left_over() == []
    return dict(zip(map(tuple, asked), json.loads(run.stdout), strict=True))


def test_results_are_those_of_the_formulas(reran):
    _, target, _ = reran
    record = json.loads((target / "results.json").read_text(encoding="utf-8"))
    assert list(record) == ["notebook", "parameters", "results", "llmcalc_version"]
    assert record["notebook"] == NOTEBOOK
    assert record["llmcalc_version"] == llmcalc.__version__
    assert values(record["results"]) == headline(**record["parameters"])


def test_results_tell_every_parameter_with_its_type(reran):
    _, target, _ = reran
    recorded = json.loads((target / "results.json").read_text(encoding="utf-8"))["parameters"]
    assert recorded == defaults() | CHANGED
    assert {name: type(value) for name, value in recorded.items()} == {
        name: parameter.type for name, parameter in parameters.declared(NOTEBOOK).items()
    }


def test_results_have_value_unit_and_label(reran):
    _, target, _ = reran
    results = json.loads((target / "results.json").read_text(encoding="utf-8"))["results"]
    for result in results.values():
        assert {name: type(value) for name, value in result.items()} == {"value": float, "unit": str, "label": str}
    assert results["gpus"]["unit"] == "GPU"
    assert results["flop"]["unit"] == "FLOP"


def test_defaults_are_printed_beside_the_results(reran):
    _, _, printed = reran
    table = {line[:30].strip(): line.split() for line in printed.splitlines()}
    assert table["result"][-2:] == ["default", "yours"]
    by_default, changed = headline(**defaults()), headline(**defaults() | CHANGED)
    assert table["Servers for them"][-2:] == [f"{by_default['servers']:,.0f}", f"{changed['servers']:,.0f}"]
    assert str(Path("_build", "rerun", NOTEBOOK, "index.html")) in printed


def test_the_page_shows_the_results_and_no_traceback(reran):
    _, target, _ = reran
    page = (target / "index.html").read_text(encoding="utf-8")
    assert "citation_" not in page  # whose assumptions these are, the book does not know
    assert f"{headline(**defaults() | CHANGED)['gpus']:,.0f}" in page
    assert "Traceback" not in page
    assert "output traceback" not in page


def test_the_notebook_is_valid_and_tells_its_parameters(reran):
    _, target, _ = reran
    notebook = nbformat.read(target / f"{NOTEBOOK}.ipynb", as_version=4)
    nbformat.validate(notebook)
    [injected] = [cell for cell in notebook.cells if "injected-parameters" in cell.metadata.get("tags", [])]
    assert all(f"{name} = " in injected.source for name in CHANGED)


def test_make_rerun_writes_where_it_is_told_and_replaces_what_it_wrote(reran, tmp_path):
    checkout, target, _ = reran
    earlier = contents(target)
    out = tmp_path / "mine"
    shutil.copytree(target, out)
    (out / ".DS_Store").touch()  # by looking into it
    status, output = checkout.make("rerun", f"NOTEBOOK={NOTEBOOK}", 'PARAMS=accelerator="H100 PCIe"', f"OUT={out}")
    assert status == 0, output
    record = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert record["parameters"] == defaults() | {"accelerator": "H100 PCIe"}
    assert not (out / ".DS_Store").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert contents(target) == earlier


def test_make_rerun_fails_when_the_rerun_does(reran):
    checkout, _, _ = reran
    status, output = checkout.make("rerun", "NOTEBOOK=training-gpu")
    assert status != 0
    assert output.startswith("rerun: no notebook 'training-gpu'; did you mean 'training-gpus'?")


def test_scenarios_are_compared_and_a_bad_one_is_told(reran, tmp_path):
    checkout, _, _ = reran
    table, out = tmp_path / "scenarios.csv", tmp_path / "out"
    table.write_text("scenario,days,mfu\nquick dirty,10,\nslack,60,0.4\nwild,,<b>2</b>\n")
    status, printed, errors = checkout.rerun("--scenarios", str(table), "--out", str(out))
    assert status == 1
    assert "scenario wild failed: mfu = '<b>2</b>' is not accepted" in errors
    assert "Traceback" not in errors
    expected = {
        "default": headline(**defaults()),
        "quick dirty": headline(**defaults() | {"days": 10.0}),
        "slack": headline(**defaults() | {"days": 60.0, "mfu": 0.4}),
    }
    with (out / "comparison.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["scenario"]: row for row in csv.DictReader(file)}
    assert list(rows) == [*expected, "wild"]
    for name, results in expected.items():
        written = {header.split(" [")[0]: value for header, value in rows[name].items() if " [" in header}
        assert {key: float(value) for key, value in written.items()} == results
        assert rows[name]["error"] == ""
    assert rows["slack"]["mfu"] == "0.4"
    assert "mfu = '<b>2</b>' is not accepted" in rows["wild"]["error"]
    assert rows["wild"]["gpus [GPU]"] == ""
    page = (out / "index.html").read_text(encoding="utf-8")
    for name in ("quick dirty", "slack"):
        record = json.loads((out / name / "results.json").read_text(encoding="utf-8"))
        assert values(record["results"]) == expected[name]
        assert f"{expected[name]['gpus']:,.0f}" in page
    assert not (out / "wild").exists()
    assert 'href="quick%20dirty/results.json"' in page
    assert 'href="slack/results.json"' in page
    assert "<code>wild</code> failed" in page
    assert "<b>2</b>" not in page
    assert printed.splitlines()[0].split()[-4:] == ["default", "quick", "dirty", "slack"]


@pytest.mark.parametrize(("text", "said"), BAD_PARAMETERS)
def test_bad_parameters_are_named_and_nothing_runs(refusals, text, said):
    assert said in in_one_line(*refusals["--params", text])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"", "has no scenarios"),
        (b"scenario,days\n", "has no scenarios"),
        (b"scenario,dayz\na,1\n", "no parameter 'dayz'; did you mean 'days'?"),
        (b"scenario,days,days\na,1,2\n", "has the column days twice"),
        (b"scenario,days\na,1,2\n", "scenario 1: 3 cells where the first line has 2"),
        (b"scenario,days\na,1\nb\n", "scenario 2: 1 cells where the first line has 2"),
        (b"scenario,days\na,1\na,2\n", "'a' can't name a scenario"),
        (b"scenario,days\n../a,1\n", "'../a' can't name a scenario"),
        (b"scenario,days\na/b,1\n", "'a/b' can't name a scenario"),
        (b"scenario,days\n_static,1\n", "'_static' can't name a scenario"),
        (b'scenario,days\n"a: b",1\n', "'a: b' can't name a scenario"),
        (b"scenario,days\ndefault,1\n", "'default' can't name a scenario"),
        (b"\xff\xfe\x00junk\x9d", "can't be read"),
        (b'scenario,days\n"a,1\n', "can't be read"),
    ],
)
def test_bad_scenario_files_are_refused_whole(tmp_path, table, said):
    path = tmp_path / "scenarios.csv"
    path.write_bytes(table)
    with pytest.raises(rerun.UsageError) as error:
        rerun.read_scenarios(NOTEBOOK, path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_bad_scenario_file_is_one_line(refused, tmp_path):
    path = tmp_path / "scenarios.csv"
    assert f"SCENARIOS file {path} can't be read: No such file" in refused("--scenarios", str(path))
    path.write_bytes(b"\xff\xfe\x00junk\x9d")
    assert f"SCENARIOS file {path} can't be read: 'utf-8' codec" in refused("--scenarios", str(path))


def test_scenario_files_of_spreadsheets_are_read(tmp_path):
    path = tmp_path / "scenarios.csv"
    path.write_bytes('\ufeffdays,mfu,accelerator\r\n10,,"H100 PCIe"\r\n,,\r\n, 0.4 ,\r\n'.encode())
    first, second = rerun.read_scenarios(NOTEBOOK, path)
    assert (first.name, first.given) == ("1", {"days": "10", "accelerator": "H100 PCIe"})
    assert (second.name, second.given) == ("2", {"mfu": "0.4"})


def test_an_unknown_notebook_is_refused(refused):
    assert "no notebook 'training-gpu'; did you mean 'training-gpus'?" in refused(notebook="training-gpu")
    assert "no notebook given: write NOTEBOOK=name, with one of training-gpus" in refused(notebook="")


def test_parameters_and_scenarios_together_are_refused(refused):
    assert "give PARAMS or SCENARIOS, not both" in refused("--params", "days=10", "--scenarios", "some.csv")


@pytest.mark.parametrize(("out", "said"), BAD_FOLDERS)
def test_folders_that_can_t_be_had_are_refused_before_anything_runs(refusals, out, said):
    assert said in in_one_line(*refusals["--out", out, "--params", "days=10"])


def test_a_folder_that_merely_has_results_is_not_replaced(refused, tmp_path):
    (tmp_path / "results.json").write_text("{}")
    assert "holds other files" in refused("--out", str(tmp_path))
    assert (tmp_path / "results.json").read_text() == "{}"


def test_a_home_is_the_reader_s_own(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert target.find("~/mine", tmp_path) == tmp_path / "mine"
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_rerun_s_folder_keeps_what_its_reader_put_there(refused, reran, tmp_path):
    _, earlier, _ = reran
    for number, (place, what) in enumerate(
        [("notes.txt", "notes.txt"), ("_static/mine/notes.txt", "_static/mine"), ("results.json", "results.json")]
    ):
        out = tmp_path / str(number)
        shutil.copytree(earlier, out)
        (out / place).parent.mkdir(exist_ok=True)
        (out / place).write_text("mine")
        said = refused("--out", str(out))
        assert f"holds other files, which no rerun wrote or somebody changed since: {what}" in said
        assert (out / place).read_text() == "mine"


def test_links_are_no_folders_to_write(refused, reran, tmp_path):
    _, earlier, _ = reran
    out = tmp_path / "link"
    out.symlink_to(earlier, target_is_directory=True)
    assert "is a link: name the folder that it leads to" in refused("--out", str(out))
    assert out.is_symlink()
    out.unlink()
    out.symlink_to(tmp_path / "nowhere")
    assert "is a link" in refused("--out", str(out))
    inside = tmp_path / "inside"
    shutil.copytree(earlier, inside)
    (inside / "linked").symlink_to(tmp_path)
    assert "holds other files, which no rerun wrote or somebody changed since: linked" in refused("--out", str(inside))


@pytest.mark.skipif(os.geteuid() == 0, reason="who may do everything is refused nothing")
def test_a_folder_without_the_right_to_write_is_refused(refused, tmp_path):
    tmp_path.chmod(0o500)
    assert "can't be written: Permission denied" in refused("--out", str(tmp_path / "mine"))


def test_a_disk_that_takes_nothing_is_told_before_anything_runs(monkeypatch, tmp_path):
    def full(**options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    with pytest.raises(target.TargetError, match="can't be written: No space left on device; give another folder"):
        target.find(str(tmp_path / "mine"), tmp_path)


def test_what_comes_into_the_folder_while_a_rerun_runs_stays(monkeypatch, tmp_path):
    finished, out = tmp_path / "finished", tmp_path / "out"
    finished.mkdir()
    (finished / "index.html").write_text("new")
    out.mkdir()
    assert target.find(str(out), out) == out
    (out / "notes.txt").write_text("mine")
    with pytest.raises(target.TargetError, match=r"holds other files.*notes\.txt"):
        rerun.finish(out, finished)
    assert contents(out) == {out / "notes.txt": b"mine"}


@pytest.mark.parametrize("name", ["../training-gpus", "../README", "/etc/hosts", "notebooks/training-gpus", "*", "%"])
def test_a_notebook_is_a_name_and_no_path(reran, name):
    checkout, _, _ = reran
    before = contents(checkout.build)
    status, output = checkout.make("rerun", f"NOTEBOOK={name}")
    assert status != 0
    assert output.splitlines()[0].startswith(f"rerun: no notebook {name!r}")
    assert "training-gpus" in output.splitlines()[0]
    assert "Traceback" not in output
    status, output = checkout.make("executed", f"NOTEBOOK={name}")
    assert status != 0
    assert output.startswith(f"book: no notebook {name!r}")
    assert contents(checkout.build) == before


@pytest.mark.parametrize("variable", ["NOTEBOOK", "PARAMS", "SCENARIOS", "OUT", "PORT"])
@pytest.mark.parametrize("given", ["argument", "environment"])
def test_what_a_reader_gives_is_no_program(reran, tmp_path, variable, given):
    checkout, _, _ = reran
    text = f"$(shell touch {tmp_path}/ran)`touch {tmp_path}/ran`$(touch {tmp_path}/ran)"
    asked = {} if variable == "SCENARIOS" else {"PARAMS": "day=1"}
    arguments = {"NOTEBOOK": NOTEBOOK} | asked | {variable: text}
    command = ["make", "rerun"]
    command += [f"{name}={value}" for name, value in arguments.items() if given == "argument"]
    environment = checkout.environment | (arguments if given == "environment" else {})
    run = subprocess.run(command, cwd=checkout.folder, env=environment, capture_output=True, encoding="utf-8")
    assert run.returncode != 0
    assert run.stderr.startswith("rerun: ")
    if variable not in ("PORT", "OUT"):
        assert "$(shell" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_table_answers_as_the_command_does_and_starts_no_kernel(monkeypatch, tmp_path):
    monkeypatch.setattr(execute, "execute", None)
    table = tmp_path / "table.csv"
    table.write_text("scenario,days,mfu,params\na,10,40%,70B\nb,soon,,\nc,,0.3,\n")
    question = find(NOTEBOOK)
    answered = rerun.answer_scenarios(question, rerun.read_scenarios(NOTEBOOK, table))
    run = CliRunner().invoke(cli.command, ["answer", NOTEBOOK, "--scenarios", str(table)])
    rows = {row["scenario"]: row for row in csv.DictReader(io.StringIO(run.stdout))}
    assert list(answered) == list(rows) == ["a", "b", "c"]
    for name, row in rows.items():
        assert answered[name].problem == row["error"]
        shown = {key: float(value) for key, value in row.items() if " [" in key and value}
        assert {f"{key} [{each['unit']}]": each["value"] for key, each in answered[name].results.items()} == shown
    assert answered["a"].parameters == scenarios.run(question, {})["parameters"] | {
        "days": 10,
        "mfu": 0.4,
        "params": 70e9,
    }


def test_a_thousand_scenarios_take_seconds(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("days\n" + "".join(f"{1 + number / 100}\n" for number in range(1000)))
    answered = rerun.answer_scenarios(find(NOTEBOOK), rerun.read_scenarios(NOTEBOOK, table))
    assert len(answered) == 1000
    assert answered["1000"].parameters["days"] == 10.99


def test_a_table_that_is_too_long_is_sent_to_the_command(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("days\n" + "1\n" * (rerun.MOST + 1))
    with pytest.raises(rerun.UsageError, match=r"has 10,001 scenarios.*llmcalc answer training-gpus --scenarios"):
        rerun.read_scenarios(NOTEBOOK, table)


def test_what_changes_no_answer_is_no_column(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("words_per_token\n0.5\n")
    with pytest.raises(rerun.UsageError, match="words_per_token changes what the chapter derives, not its answer"):
        rerun.read_scenarios("how-much-data", table)


def test_a_failing_notebook_is_told_and_leaves_the_earlier_results(refused):
    said = refused("--params", "accelerator='GTX 1660'")
    assert "notebook training-gpus, cell " in said
    assert "Refusal: accelerator = 'GTX 1660' is not accepted" in said


def test_defaults_that_have_not_run_are_run(executed, tmp_path):
    checkout = executed.copy(tmp_path / "checkout")
    checkout.executed.write_text(checkout.executed.read_text(encoding="utf-8")[:-1000], encoding="utf-8")
    status, printed, errors = checkout.rerun("--params", "days=10")
    assert status == 0, errors
    assert "  run   training-gpus" in printed
    assert "yours" in printed


def test_papermill_gives_the_same_results(reran, tmp_path):
    _, target, _ = reran
    given = [word for name, value in CHANGED.items() for word in ("-p", name, str(value))]
    papermill([f"notebooks/{NOTEBOOK}.md", str(tmp_path / "out.ipynb"), *given])
    expected = json.loads((target / "results.json").read_text(encoding="utf-8"))["results"]
    assert notebooks.results(notebooks.load(tmp_path / "out.ipynb")) == expected


def test_papermill_tells_the_parameters():
    help_text = " ".join(papermill(["--help-notebook", f"notebooks/{NOTEBOOK}.md"]).split())
    for name, parameter in parameters.declared(NOTEBOOK).items():
        assert f"{name}: {parameter.type.__name__} (default" in help_text
        assert f"[{parameter.unit}]" in help_text


def papermill(arguments):
    command = [Path(sys.executable).with_name("papermill"), *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    return run.stdout
