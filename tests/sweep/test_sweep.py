"""Sweeps: held to answers one by one, the same on threads, processes and a cluster, stopped and resumed."""

import itertools
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from llmcalc import answers, cli
from llmcalc.checks import Refusal
from llmcalc.questions import questions
from llmcalc.sweep import Interrupted, running, sweep
from llmcalc.sweep.space import Space

GRID = {"mfu": "0.2..0.6:9", "days": [10, 30, 60], "accelerator": "A100 SXM 80GB,H100 SXM"}
DRAWN = {"mfu": "0.3..0.5:3", "price_per_device_hour": "normal(2,0.3)", "accelerator": "A100 SXM 80GB,H100 SXM"}
# Long enough to be stopped half-way.
LONG = {"mfu": "0.2..0.6:50", "days": "10..100:20", "pue": "1.1..1.5:10", "price_per_device_hour": "normal(2,0.3)"}
LONG_SAMPLES = 300
OBJECTIVES = ["gpus", "rent"]


def spec(question, values, **changed):
    kept = {"samples": 1000, "seed": 1, "objectives": [], "results": [], "best": 10, "resolution": 1e-4}
    return {"question": question, "values": values} | kept | changed


def test_a_grid_is_every_combination_answered():
    swept = sweep("training-cost", GRID, OBJECTIVES, workers=1)
    grid = itertools.product(np.linspace(0.2, 0.6, 9), [10, 30, 60], ["A100 SXM 80GB", "H100 SXM"])
    alone = [answers.training_cost(mfu=float(mfu), days=days, accelerator=name) for mfu, days, name in grid]
    assert swept.total == len(alone) == 54
    assert swept.arrays == ["days", "mfu"]
    for result in OBJECTIVES:
        values = np.sort([answer[result] for answer in alone])
        assert swept.quantile(result, 0) == values[0]
        assert swept.quantile(result, 1) == values[-1]
        assert swept.quantile(result, 0.5) == pytest.approx(np.quantile(values, 0.5, method="lower"), rel=1e-3)
        assert swept.mean(result) == pytest.approx(values.mean(), rel=1e-12)
    points = {(answer["gpus"], answer["rent"]) for answer in alone}
    ahead = {
        point
        for point in points
        if not any(other != point and other[0] <= point[0] and other[1] <= point[1] for other in points)
    }
    front = swept.front()
    found = set(zip(front["gpus"], front["rent"], strict=True))
    assert len(found) == len(ahead)
    assert {gpus for gpus, _ in found} == {gpus for gpus, _ in ahead}
    # Rows say what gives them.
    for mfu, days, name, gpus, rent in zip(*front.values(), strict=True):
        answer = answers.training_cost(mfu=mfu, days=days, accelerator=name)
        assert (answer["gpus"], answer["rent"]) == (gpus, pytest.approx(rent, rel=1e-12))


def test_what_is_to_be_large_is_largest():
    swept = sweep("training-cost", GRID, ["max:gpus"], best=3, workers=1)
    best = swept.best()
    assert best["gpus"] == sorted(best["gpus"], reverse=True)
    assert best["gpus"][0] == swept.quantile("gpus", 1)
    assert (best["mfu"][0], best["days"][0]) == (0.2, 10)


def test_draws_are_answered_each_for_itself():
    space = Space(spec("training-cost", DRAWN, samples=50, arrays=["mfu", "price_per_device_hour"]))
    assert space.total == 300
    rows = space.rows(np.arange(300))
    assert len(set(rows["price_per_device_hour"])) == 300
    for mfu, price, name, rent in zip(
        rows["mfu"], rows["price_per_device_hour"], rows["accelerator"], rows["rent"], strict=True
    ):
        answer = answers.training_cost(mfu=mfu, price_per_device_hour=price, accelerator=name)
        assert answer["rent"] == pytest.approx(rent, rel=1e-12)


def test_arrays_and_one_by_one_are_the_same():
    arrays = Space(spec("training-cost", DRAWN, samples=50, arrays=["mfu", "price_per_device_hour"]))
    # As a question whose answer takes no arrays.
    alone = Space(spec("training-cost", DRAWN, samples=50, arrays=["mfu", "price_per_device_hour"]))
    assert not alone.alone
    alone.alone = True
    several, each = arrays.summarise(0, 300), alone.summarise(0, 300)
    for name in arrays.results:
        assert each.sketches[name].count == several.sketches[name].count == 300
        assert each.sketches[name].mean == pytest.approx(several.sketches[name].mean, rel=1e-12)


def test_an_answer_that_takes_no_arrays_after_all_is_asked_for_each():
    values = {"device_watts": [0, 500, 700], "mfu": "0.2..0.6:9"}
    found = sweep("training-cost", values, ["energy"], workers=1)
    assert found.arrays == ["mfu"]
    wrongly = Space(spec("training-cost", values, results=["energy"], arrays=["device_watts", "mfu"]))
    summary = wrongly.summarise(0, 27)
    assert summary.refused == 0
    assert summary.sketches["energy"].count == 27
    assert summary.sketches["energy"].mean == pytest.approx(found.mean("energy"), rel=1e-12)


def test_draws_out_of_range_and_scenarios_without_an_answer_are_counted():
    swept = sweep("training-gpus", {"mfu": "normal(0.9,0.2)"}, samples=1000, workers=1)
    assert 200 < swept.refused < 400
    assert swept.known("gpus") == 1000 - swept.refused
    assert swept.quantile("sustained_tflops", 1) <= 156
    assert "beyond 0.001 to 1" in swept.reasons[0]
    assert len(swept.reasons) == 1


@pytest.mark.parametrize("name", sorted(questions()))
def test_every_question_can_be_swept(name):
    question = questions()[name]
    numeric = [parameter for parameter in question.parameters.values() if parameter.type in (int, float)]
    values = {}
    for parameter in numeric[:2]:
        other = parameter.low if parameter.default != parameter.low else parameter.high
        values[parameter.name] = sorted({parameter.default, (parameter.default + other) / 2 // 1 or other})
    values = {key: value for key, value in values.items() if len(value) > 1}
    swept = sweep(name, values, workers=1, scheduler="threads")
    default = question.answer()
    number = swept.total - swept.refused
    assert number > 0
    for result in swept.results:
        if swept.known(result):
            assert swept.quantile(result, 0) <= swept.quantile(result, 1)
        if swept.known(result) == swept.total and isinstance(default[result], float):
            # The default is one of the scenarios.
            assert swept.quantile(result, 0) <= default[result] * (1 + 1e-12) + 1e-12
            assert swept.quantile(result, 1) >= default[result] * (1 - 1e-12) - 1e-12


@pytest.mark.parametrize(
    ("question", "values", "given", "argument"),
    [
        ("training-gpu", {"mfu": "0.2..0.6:3"}, {}, "question"),
        ("training-gpus", {"mfuu": "0.2..0.6:3"}, {}, "mfuu"),
        ("training-gpus", {"mfu": 0.4}, {}, "name=value"),
        ("training-gpus", {}, {}, "name=value"),
        ("training-gpus", {"mfu": 4, "days": [1, 2]}, {}, "mfu"),
        ("training-gpus", {"days": [1, 2]}, {"objectives": ["cards"]}, "--objective"),
        ("training-gpus", {"days": [1, 2]}, {"objectives": ["gpus", "max:gpus"]}, "--objective"),
        ("training-gpus", {"days": [1, 2]}, {"samples": 0}, "samples"),
        ("training-gpus", {"days": [1, 2]}, {"best": 0}, "best"),
        ("training-gpus", {"days": [1, 2]}, {"seed": -1}, "seed"),
        ("training-gpus", {"days": [1, 2]}, {"resolution": 0}, "resolution"),
        ("training-gpus", {"days": [1, 2]}, {"workers": 0}, "workers"),
        ("training-gpus", {"days": [1, 2]}, {"scheduler": "quick"}, "--scheduler"),
        ("training-gpus", {"days": [1, 2]}, {"resume": "nowhere.part"}, "--resume"),
        (
            "training-gpus",
            dict.fromkeys(("params", "tokens"), "1e9..1e12:1000000") | {"mfu": "normal(0.4,0.1)"},
            {"samples": 10**6},
            "scenarios",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(question, values, given, argument):
    with pytest.raises(Refusal) as refused:
        sweep(question, values, **given)
    assert refused.value.argument == argument


def test_a_scheduler_that_does_not_answer_is_refused(monkeypatch):
    monkeypatch.setattr(running, "PATIENCE", 1)
    with pytest.raises(Refusal, match="can't be reached"):
        sweep("training-gpus", {"days": [1, 2]}, scheduler="tcp://127.0.0.1:1")


def test_processes_give_what_threads_give():
    values = {"mfu": "0.2..0.6:20", "accelerator": "A100 SXM 80GB,H100 SXM", "device_watts": [500, 700]}
    threads = sweep("training-cost", values, OBJECTIVES, scheduler="threads", workers=2)
    processes = sweep("training-cost", values, OBJECTIVES, scheduler="processes", workers=2)
    assert threads.to_dict() == processes.to_dict()


# Stopped and resumed


def test_an_interrupted_sweep_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "MOST", 2)
    state = str(tmp_path / "long.part")
    arguments = ("training-cost", LONG, OBJECTIVES)
    seen = []

    def stop(done, total):
        seen.append(done)
        if done >= total / 2:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stopped:
        sweep(*arguments, samples=LONG_SAMPLES, state=state, told=stop, workers=1)
    assert 0 < stopped.value.done == seen[-1] < stopped.value.total
    assert os.listdir(tmp_path) == ["long.part"]
    for changed in ({"seed": 2}, {"samples": 10}, {"best": 3}):
        with pytest.raises(Refusal, match="of another sweep"):
            sweep(*arguments, **({"samples": LONG_SAMPLES, "resume": state} | changed))
    later = []
    resumed = sweep(
        *arguments, samples=LONG_SAMPLES, resume=state, told=lambda done, total: later.append(done), workers=1
    )
    assert later[0] == stopped.value.done
    assert os.listdir(tmp_path) == []
    whole = sweep(*arguments, samples=LONG_SAMPLES, workers=2)
    assert resumed.to_dict() == whole.to_dict()


def test_an_interrupt_at_a_terminal_says_how_to_go_on(tmp_path):
    # The file is written after every few blocks, so that nobody waits for it.
    eager = "from llmcalc import cli; from llmcalc.sweep import running; running.SAVED_EVERY = 0; cli.main()"
    command = [sys.executable, "-c", eager, "sweep", "training-cost", "--output", "front.csv"]
    # So many that no machine comes to the end of them first.
    command += ["--samples", str(5000 * LONG_SAMPLES), "--objective", ",".join(OBJECTIVES), "--workers", "1"]
    command += [f"{name}={text}" for name, text in LONG.items()]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Of tests in the background nobody can interrupt what they start, unless they allow it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    state = tmp_path / "front.csv.part"
    try:
        until(lambda: process.poll() is not None or (state.exists() and json.loads(state.read_text())["next"] > 0))
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == cli.INTERRUPTED
    assert "--resume" in err
    assert "Traceback" not in err
    assert out == ""
    kept = json.loads(state.read_text())
    assert 0 < kept["next"] == kept["summary"]["scenarios"]
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == cli.REFUSED
    assert "give --resume" in again.stderr


# A cluster


@contextmanager
def cluster(folder, workers):
    """A scheduler and workers of `distributed`, each a process of its own, which dies when it is killed."""
    file = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    dask = [sys.executable, "-m", "dask"]
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    processes = [subprocess.Popen([*dask, "scheduler", *options], **quiet)]
    try:
        until(file.exists)
        address = json.loads(file.read_text())["address"]

        def start():
            options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder)]
            processes.append(subprocess.Popen([*dask, "worker", address, *options], **quiet))
            return processes[-1]

        yield address, [start() for _ in range(workers)], start
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def wait_for_workers(address, number):
    from distributed import Client

    with Client(address, set_as_default=False, timeout=60) as client:
        client.wait_for_workers(number, timeout=60)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_worker_that_dies_takes_nothing_along(tmp_path):
    arguments = ("training-cost", LONG, OBJECTIVES)
    with cluster(tmp_path, 2) as (address, workers, _):
        wait_for_workers(address, 2)
        killed = []

        def kill_half_way(done, total):
            if done >= total / 4 and not killed:
                # In the middle of what is under way next.
                killed.append(done / total)
                threading.Timer(0.3, workers[0].kill).start()

        swept = sweep(*arguments, samples=LONG_SAMPLES, scheduler=address, told=kill_half_way)
        assert workers[0].wait(timeout=60) == -signal.SIGKILL
        assert workers[1].poll() is None
    assert killed[0] < 1
    assert swept.total == 50 * 20 * 10 * LONG_SAMPLES
    assert swept.known("rent") == swept.total
    assert swept.to_dict() == sweep(*arguments, samples=LONG_SAMPLES, scheduler="threads").to_dict()


UNSHARED = """
import sys
from llmcalc.sweep import sweep
from tests.sweep.test_sweep import LONG, OBJECTIVES
print("ready", flush=True)
sys.stdin.readline()
sweep("training-cost", LONG, OBJECTIVES, samples=int(sys.argv[1]), scheduler="threads", workers=1)
"""


def unshared_seconds(processes, samples):
    """Time that processes take which know nothing of each other: two cores may be less than twice one core."""
    command = [sys.executable, "-c", UNSHARED, str(samples)]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(processes)]
    for process in running:
        assert process.stdout.readline() == b"ready\n"
    begin = time.perf_counter()
    for process in running:
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in running:
        process.communicate()
        assert process.returncode == 0
    return time.perf_counter() - begin


@pytest.mark.alone
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_two_workers_lose_a_tenth_of_what_two_cores_can_do(tmp_path):
    # Long enough that connecting and starting, which are not shared, hardly count.
    samples = 10 * LONG_SAMPLES
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with cluster(folders[0], 1) as (one, _, _), cluster(folders[1], 2) as (two, _, _):
        wait_for_workers(one, 1)
        wait_for_workers(two, 2)

        def seconds(address):
            begin = time.perf_counter()
            sweep("training-cost", LONG, OBJECTIVES, samples=samples, scheduler=address)
            return time.perf_counter() - begin

        # All four in turn, so that a slow minute of the machine falls on each; a loss would stay in every round.
        fastest = [math.inf] * 4
        for _ in range(5):
            measured = [seconds(one), seconds(two), *(unshared_seconds(count, samples // count) for count in (1, 2))]
            fastest = list(map(min, fastest, measured))
            if fastest[1] / fastest[0] <= fastest[3] / fastest[2] + 0.1:
                return
    pytest.fail("{1:.1f} s with two workers, {0:.1f} s with one; alone {3:.1f} s and {2:.1f} s".format(*fastest))


@pytest.mark.alone
def test_memory_does_not_grow_with_the_scenarios():
    program = (
        "import resource, sys\n"
        "from llmcalc.sweep import sweep\n"
        "from tests.sweep.test_sweep import LONG, OBJECTIVES\n"
        "sweep('training-cost', LONG, OBJECTIVES, samples=int(sys.argv[1]), scheduler='threads', workers=2)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )

    def peak(samples):
        command = [sys.executable, "-c", program, str(samples)]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    # 4 and 20 million.
    assert peak(2000) < 1.2 * peak(400)


# The command


def test_the_command_writes_the_front(tmp_path, capsys):
    import pyarrow.parquet

    for name in ("front.csv", "front.parquet"):
        path = tmp_path / name
        words = ["sweep", "training-cost", "mfu=0.2..0.6:5", "days=[10,30]", "--objective", "gpus,rent"]
        assert cli.run([*words, "--workers", "1", "--output", str(path)]) == 0
        said = capsys.readouterr()
        assert "10 scenarios of training-cost" in said.out
        assert said.err == ""
        assert os.listdir(tmp_path) == [name]
        if name == "front.csv":
            assert path.read_text().splitlines()[0] == "mfu,days,gpus [device],rent [USD]"
            rows = len(path.read_text().splitlines()) - 1
        else:
            table = pyarrow.parquet.read_table(path).to_pydict()
            assert len(table["mfu"]) == rows == 1
            assert table["mfu"] == [0.6]
            assert table["rent [USD]"] == [pytest.approx(answers.training_cost(mfu=0.6)["rent"])]
        path.unlink()


def test_the_command_prints_json(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["sweep", "training-gpus", "mfu=0.2..0.6:5", "--quantiles", "25%,0.5", "--workers", "1", "--json"]
    assert cli.run(words) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["scenarios"] == 5
    assert list(printed["results"]["gpus"]["quantiles"]) == ["0.25", "0.5"]
    assert sum(count for _, _, count in printed["results"]["gpus"]["histogram"]) == 5
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["training-gpus", "mfu=0.2..0.6"], "write 0.2..0.6:50"),
        (["training-gpus", "mfu"], "no assignment"),
        (["training-gpus", "mfu=0.2..0.6:5", "--quantiles", "2"], "--quantiles = '2'"),
        (["training-gpus", "mfu=0.2..0.6:5", "--resume"], "can't be read"),
        (["training-gpus", "mfu=0.2..0.6:5", "--output", "/nowhere/front.csv"], "can't be written"),
        (["training-gpus", "mfu=0.2..0.6:5", "--objective", "gpu"], "did you mean 'gpus'?"),
        (["training-gpus", "mfu=0.2..0.6:5", "--workers", "none"], "none"),
    ],
)
def test_the_command_refuses_in_a_line(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.run(["sweep", *words]) == cli.REFUSED
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert os.listdir(tmp_path) == []
