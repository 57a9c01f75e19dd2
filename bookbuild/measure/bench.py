"""Measure what readers wait for: builds, a rerun, an import, ten million scenarios, the first page.

``make bench`` prints one line a figure with the aim it is held to. Every figure is the best of a
few tries, since other work on the machine only ever adds time.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bookbuild import notebooks
from bookbuild.browser import (
    MIXTURE,
    SEARCHING,
    browse,
    find_browser,
    measure_calculator,
    measure_first_page,
    scenarios,
    serve,
)
from bookbuild.build import EXECUTED
from bookbuild.measure import lighthouse
from bookbuild.notebooks import BUILD, ROOT
from bookbuild.site import publications, staging
from llmcalc import catalogue, choosing, known_models
from llmcalc.formulas import devices, training
from llmcalc.models.description import describe
from llmcalc.models.stacks import resolve
from llmcalc.plans import serving
from llmcalc.plans.many import predict_cuts
from llmcalc.questions import questions

SCENARIOS = 10_000_000
SERVICES = 100_000
CUTS = 300_000

# Cuts a second of a core that others' calculators predict, as measured on a machine like this one: calculon, which is
# timed anew where CALCULON names a checkout of github.com/calculon-ai/calculon, and SimuMax.
CALCULON_CUTS, SIMUMAX_CUTS = 432, 22


def best(action: Callable[[], object], tries: int) -> float:
    """Return the shortest time that an action took [s]."""
    times = []
    for _ in range(tries):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def command(*words: str, folder: Path = ROOT) -> None:
    """Run a command quietly, and fail with its output if it does."""
    result = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, env=_environment(folder))
    if result.returncode:
        raise RuntimeError(f"{' '.join(words)} failed:\n{result.stdout}{result.stderr}")


def _environment(folder: Path) -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    for key in ("NOTEBOOK", "PARAMS", "SCENARIOS", "OUT"):
        environment.pop(key, None)
    return environment | {"PYTHONPATH": str(folder)}


def copy_sources(folder: Path) -> None:
    """Copy the project's sources, with the environment linked, so that a clean build leaves the real one alone."""
    ignored = shutil.ignore_patterns("_build", ".venv", ".git", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, folder, ignore=ignored)
    (folder / ".venv").symlink_to(ROOT / ".venv")


def clean_build(folder: Path) -> Callable[[], None]:
    def build() -> None:
        shutil.rmtree(folder / "_build", ignore_errors=True)
        command("make", "book", folder=folder)

    return build


def change_of_a_sentence(folder: Path) -> Callable[[], None]:
    """Return a build after another sentence was added to a notebook."""
    notebook = folder / "notebooks" / "memory.md"

    def build() -> None:
        with notebook.open("a", encoding="utf-8") as file:
            file.write("\nOne more sentence.\n")
        command("make", "book", folder=folder)

    return build


def build_by_jupyter_book_alone(folder: Path) -> Callable[[], None]:
    """Return a build of the same pages in which Jupyter Book executes the same notebooks itself."""
    executed = {name: notebooks.load(EXECUTED / f"{name}.ipynb") for name in notebooks.names()}
    shutil.copytree(ROOT / "book", folder)
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8").replace("book/", "")
    (folder / "_toc.yml").write_text(toc, encoding="utf-8")
    staging.write_settings(folder, publications.substitutions(publications.collect(executed)))
    settings = yaml.safe_load((folder / "_config.yml").read_text(encoding="utf-8"))
    settings["execute"] = {"execute_notebooks": "force"}
    (folder / "_config.yml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    output = folder.with_name("by-jupyter-book")
    jupyter_book = Path(sys.executable).with_name("jupyter-book")

    def build() -> None:
        shutil.rmtree(output, ignore_errors=True)
        command(str(jupyter_book), "build", "--all", str(folder), "--path-output", str(output))

    return build


def formula_speed() -> tuple[float, float]:
    """Return the times of the checked formula and of the bare expression over ten million scenarios [s]."""
    generator = np.random.default_rng(1)
    params, tokens = generator.uniform(1e9, 1e12, (2, SCENARIOS))
    seconds = generator.uniform(1e5, 1e7, SCENARIOS)
    peak = generator.uniform(1e14, 1e15, SCENARIOS)
    mfu = generator.uniform(0.1, 1.0, SCENARIOS)

    def checked() -> Any:
        flop = training.train_flop(params, tokens)
        return devices.round_up(training.devices_for_deadline(flop, seconds, peak, mfu))

    def bare() -> Any:
        return np.ceil(6 * params * tokens / (seconds * peak * mfu))

    return best(checked, 5), best(bare, 5)


def services_planned() -> float:
    """Return the services that are planned in a second of a core, over arrays of rates, limits and texts [1/s]."""
    generator = np.random.default_rng(1)
    rate, first, token, question, answer = (
        generator.uniform(low, high, SERVICES)
        for low, high in ((1, 1000), (0.5, 5), (0.03, 0.1), (100, 4000), (50, 1000))
    )
    model, device = known_models.model("Llama 3.1 8B"), catalogue.device("H200")

    def plan() -> float:
        start = time.process_time()
        serving.service_devices(
            model,
            device,
            rate,
            time_to_first_token=first,
            time_per_output_token=token,
            number_format="fp8",
            question_tokens=question,
            answer_tokens=answer,
        )
        return time.process_time() - start

    return SERVICES / min(plan() for _ in range(3))


def cuts_predicted() -> float:
    """Return the cuts of a training run whose step is predicted in a second of a core [1/s]."""
    draw = np.random.default_rng(1)
    tensor, stages, context, microbatch = (draw.choice([1.0, 2.0, 4.0, 8.0], CUTS) for _ in range(4))
    replicas = draw.integers(1, 64, CUTS).astype(float)
    cuts = {
        "devices": tensor * stages * context * replicas,
        "replicas": replicas,
        "tensor_parallel": tensor,
        "pipeline_stages": stages,
        "context_parallel": context,
        "microbatch": microbatch,
        "zero_stage": draw.integers(0, 3, CUTS),
        "recomputation": draw.integers(0, 3, CUTS),
    }
    model, device = known_models.model("GPT-3 175B"), catalogue.device("A100 SXM 80GB")
    constants = resolve(device.name, "fp16")

    def predict() -> float:
        start = time.process_time()
        predict_cuts(model, device, constants, cuts, batch=1536, number_format="fp16")
        return time.process_time() - start

    return CUTS / min(predict() for _ in range(5))


def calculon_cuts(checkout: Path) -> float:
    """Return the executions that a checkout of calculon predicts in a second of a core [1/s]."""
    program = (
        "import json, sys, time\n"
        "import logging\n"
        "from calculon import System\n"
        "from calculon.llm import Llm\n"
        "read = lambda path: json.load(open(path))\n"
        "application = Llm.Application(read('models/gpt3-175B.json'))\n"
        "execution = read('validation/seqsel/fig7/gpt3-175B_seqsel.json')\n"
        "system = System(read('systems/a100_80g.json'))\n"
        "def predict():\n"
        "    model = Llm(application, logging.getLogger())\n"
        "    model.compile(system, Llm.Execution.from_json(execution))\n"
        "    model.run(system)\n"
        "    return model.get_total_time()\n"
        "predict()\n"
        "times = []\n"
        "for _ in range(5):\n"
        "    start = time.process_time()\n"
        "    for _ in range(50):\n"
        "        predict()\n"
        "    times.append(time.process_time() - start)\n"
        "print(50 / min(times))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=checkout, capture_output=True, text=True, check=True)
    return float(run.stdout)


def calculon_line() -> str:
    """Return how fast calculon is: measured now where there is a checkout, else as it was measured before."""
    checkout = os.environ.get("CALCULON")
    if not checkout:
        return f"calculon {CALCULON_CUTS} (measured before; set CALCULON to a checkout)"
    return f"calculon {calculon_cuts(Path(checkout)):,.0f}"


def _told(text: str) -> object:
    return describe(choosing.model_named(text))


def config_speed() -> tuple[str, float]:
    """Return the configuration file that takes longest to be read and told all about, and its time [s]."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "tests/models/configs").glob("*.json")}
    times = {name: best(partial(_told, text), 5) for name, text in texts.items()}
    slowest = max(times, key=times.__getitem__)
    return slowest, times[slowest]


def report(label: str, value: str, aim: str) -> None:
    print(f"  {label:<58} {value:>22}   {aim}", flush=True)


def main() -> None:
    print("Measured in one run, best of a few tries:")
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as temporary:
        ours, theirs = Path(temporary, "ours"), Path(temporary, "theirs")
        copy_sources(ours)
        own = best(clean_build(ours), 2)
        report(f"clean build of {len(notebooks.names())} notebooks", f"{own:.1f} s", "")
        alone = best(build_by_jupyter_book_alone(theirs), 2)
        report("the same, Jupyter Book executing the notebooks itself", f"{alone:.1f} s", "")
        report("ratio of the two", f"{own / alone:.2f}", "aim 0.5 or less")
        nothing = best(lambda: command("make", "book", folder=ours), 5)
        report("build with nothing changed", f"{nothing:.3f} s", "aim 0.5 s or less")
        report(
            "build with a sentence changed in a notebook",
            f"{best(change_of_a_sentence(ours), 3):.1f} s",
            "aim 5 s or less",
        )
        rerun = best(
            lambda: command(
                "make", "rerun", "NOTEBOOK=inference-gpus", "PARAMS=visits_per_day=1e9 mfu=0.4", folder=ours
            ),
            3,
        )
        papermill = best(
            lambda: command(
                str(Path(sys.executable).with_name("papermill")),
                *("notebooks/inference-gpus.md", str(Path(temporary, "executed.ipynb"))),
                *("-p", "visits_per_day", "1e9", "-p", "mfu", "0.4"),
                folder=ours,
            ),
            3,
        )
        report("one notebook rerun, with page and results", f"{rerun:.1f} s", "")
        report("the same notebook by papermill alone", f"{papermill:.1f} s", "")
        report("ratio of the two", f"{rerun / papermill:.2f}", "aim 1.5 or less")
    python = [sys.executable, "-c"]
    bare = best(lambda: command(*python, "pass"), 20)
    with_import = best(lambda: command(*python, "from llmcalc.formulas import backlog, serving, streams, training"), 20)
    report(
        "import of llmcalc's formulas, over a bare interpreter",
        f"{1000 * (with_import - bare):.1f} ms",
        "aim under 30 ms",
    )
    slowest, seconds = config_speed()
    report(f"config.json read and all derived ({slowest})", f"{1000 * seconds:.1f} ms", "aim under 5 ms")
    checked, expression = formula_speed()
    report("training GPUs, evaluations a second", f"{SCENARIOS / checked / 1e6:.0f} million", "")
    report("services planned, all sizes of replicas searched", f"{services_planned():,.0f} a second", "aim 100,000")
    theirs_a_second = f"{calculon_line()}, SimuMax {SIMUMAX_CUTS}"
    report(
        "cuts of a training step predicted",
        f"{cuts_predicted() / 1e6:.1f} million",
        f"aim 1 million; {theirs_a_second}",
    )
    report("time over the bare NumPy expression", f"{checked / expression:.2f} times", "aim within 3 times")
    if find_browser():
        with serve(BUILD / "html") as address, browse() as browser:
            pages = [measure_first_page(browser, address) for _ in range(3)]
        first_page = min(pages, key=lambda measured: measured.readable)
        report("first page readable on localhost", f"{first_page.readable:.2f} s", "aim under 1 s")
        report(
            "first page, compressed, all it loads", f"{first_page.compressed_bytes / 1e3:.0f} kB", "aim under 1,000 kB"
        )
        with serve(BUILD / "html") as address, browse() as browser:
            measured = {}
            files = [path for name in questions() for path in BUILD.glob(f"html/calculator/*/{name}.json")]
            for model in map(json.loads, map(Path.read_text, files)):
                page = f"{address}notebooks/{model['notebook']}.html"
                for named, scenario in scenarios(model).items():
                    measured[named] = [measure_calculator(browser, page, scenario) for _ in range(5)]
        first = {name: min(page.first_result for page in pages) for name, pages in measured.items()}
        update = {name: min(page.update for page in pages) for name, pages in measured.items()}
        weight = {name: pages[0].compressed_bytes for name, pages in measured.items()}
        report(
            f"calculator, first result after the page shows ({max(first, key=first.__getitem__)})",
            f"{1000 * max(first.values()):.0f} ms",
            "aim under 500 ms",
        )
        for searching, aim in ((False, 16), (True, 100)):
            of_kind = [name for name in update if (name.partition(",")[0] in SEARCHING) == searching]
            for mixture in (False, True):
                slowest = max((name for name in of_kind if (MIXTURE in name) == mixture), key=update.__getitem__)
                report(f"calculator, an update ({slowest})", f"{1000 * update[slowest]:.1f} ms", f"aim under {aim} ms")
        plans = statistics.median(page.update for page in measured["serving-users"])
        report("a service planned in its page, at the median", f"{1000 * plans:.1f} ms", "aim under 100 ms")
        curves = min(page.curves for page in measured["planner"])
        report("planner, its curves drawn anew", f"{1000 * curves:.1f} ms", "aim under 16 ms")
        report(
            f"calculator, compressed, all it loads ({max(weight, key=weight.__getitem__)})",
            f"{max(weight.values()) / 1e3:.0f} kB",
            "aim under 400 kB",
        )
        site = BUILD / "html"
        for page in lighthouse.PAGES:
            for form in lighthouse.FORMS:
                tries = [lighthouse.audit(site, [page], [form])[0].scores for _ in range(3)]
                best_scores = {name: max(scores[name] for scores in tries) for name in tries[0]}
                value = " ".join(str(score) for score in best_scores.values())
                report(f"Lighthouse, {page}, {form}: {', '.join(best_scores)}", value, f"aim {lighthouse.AIM} each")
    else:
        report("first page", "no browser found", "")


if __name__ == "__main__":
    main()
