"""Run notebooks through papermill, several at a time.

``python -m bookbuild.run.execute NAME...`` leaves each executed notebook in `_build/executed`, with a
record beside it of the modules and data that the notebook was seen to use, as they were before it ran.
A notebook that fails leaves nothing and what an earlier run left stays.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from bookbuild import build, inputs, notebooks, scratch
from bookbuild.__main__ import enter
from bookbuild.build import EXECUTED
from bookbuild.notebooks import NotebookError
from bookbuild.run import kernels

DEPENDENCIES = "application/vnd.bookbuild.dependencies+json"

ADDRESS = re.compile(r" at 0x[0-9a-f]+")

BEFORE = """\
import sys as _sys
_opened = set()
_sys.addaudithook(lambda event, args: _opened.add(str(args[0])) if event == "open" else None)
"""
# A rerun publishes no figures, and to make files of them takes a third of its time.
BEFORE_A_RERUN = f"""\
{BEFORE}
import os as _os
_os.environ["LLMCALC_PICTURES"] = "no"
"""
AFTER = f"""\
from IPython.display import display as _display
_modules = [getattr(_module, "__file__", None) for _module in list(_sys.modules.values())]
_display({{"{DEPENDENCIES}": sorted(_opened.union(filter(None, _modules)))}}, raw=True)
"""


@dataclass(frozen=True)
class Execution:
    """An executed notebook and the project's own files that it was seen to read."""

    notebook: NotebookNode
    dependencies: list[str]


def execute(name: str, parameters: dict[str, Any] | None = None) -> Execution:
    """Execute a notebook with parameters in place of its defaults."""
    source = notebooks.read(name)
    before = BEFORE if parameters is None else BEFORE_A_RERUN
    source.cells.insert(0, nbformat.v4.new_code_cell(before, id="watch"))
    source.cells.append(nbformat.v4.new_code_cell(AFTER, id="report"))
    try:
        notebook = papermill.execute_notebook(
            source, None, parameters=parameters, progress_bar=False, shutdown_kernel="immediate"
        )
    except PapermillExecutionError as error:
        raise NotebookError(_describe(name, source, error)) from None
    except DeadKernelError:
        raise NotebookError(f"notebook {name}: its kernel died; it may have run out of memory") from None
    [used] = notebooks.emitted(notebook, DEPENDENCIES)
    notebook.cells = notebook.cells[1:-1]
    _make_reproducible(notebook)
    return Execution(notebook, _within_project(used))


def with_new_prose(name: str, now: inputs.Fingerprints) -> Execution | None:
    """Return a notebook with its results of an earlier run, if its prose is all that changed since."""
    recorded = build.recorded(name)
    own = f"notebooks/{name}.md"
    used = {path: mark for path, mark in recorded.items() if path != own}
    if own not in recorded or not inputs.hold(used, now):
        return None
    source, earlier = notebooks.read(name), notebooks.load(EXECUTED / f"{name}.ipynb")
    ran = [cell for cell in earlier.cells if cell.cell_type == "code"]
    asked = [cell for cell in source.cells if cell.cell_type == "code"]
    if [(cell.source, cell.metadata) for cell in ran] != [(cell.source, cell.metadata) for cell in asked]:
        return None
    if earlier.metadata != earlier.metadata | source.metadata:
        return None
    results = iter(ran)
    cells = [next(results) if cell.cell_type == "code" else cell for cell in source.cells]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    earlier.cells = cells
    return Execution(earlier, sorted(path for path in used if path not in build.EVERY_NOTEBOOK))


def execute_all(
    jobs: Iterable[Any], run: Callable[[Any], Any], done: Callable[[Any, Any, float], None]
) -> list[tuple[Any, Any]]:
    """Run jobs side by side and report each as it ends; a job's failure is its result."""
    jobs = list(jobs)

    def timed(job: Any) -> tuple[Any, Any]:
        start = time.monotonic()
        try:
            result = run(job)
        except NotebookError as failure:
            result = failure
        done(job, result, time.monotonic() - start)
        return job, result

    # One more than there are cores: for a third of its time a notebook waits, for its kernel to start or to answer.
    pool = ThreadPoolExecutor((os.cpu_count() or 1) + 1)
    try:
        return list(pool.map(timed, jobs))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _describe(name: str, source: NotebookNode, error: PapermillExecutionError) -> str:
    # papermill inserts the injected parameters as a cell of its own, so the number is only right by the source text.
    cells = [cell.source for cell in source.cells[1:-1]]
    place = f"cell {cells.index(error.source) + 1}" if error.source in cells else "the injected parameters"
    first_line = error.source.strip().partition("\n")[0]
    message = " ".join(str(error.evalue).split())
    return f"notebook {name}, {place} (from {first_line!r}): {error.ename}: {message}"


def _make_reproducible(notebook: NotebookNode) -> None:
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)  # which papermill adds, and prose that is put in its place does not have
        if cell.cell_type == "code" and cell.execution_count:
            cell.execution_count -= 1
            for output in cell.outputs:
                if "execution_count" in output:
                    output["execution_count"] = cell.execution_count
                if "text/plain" in output.get("data", {}):
                    output["data"]["text/plain"] = ADDRESS.sub("", output["data"]["text/plain"])
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.metadata.tags.append("remove-input")


def _within_project(paths: list[str]) -> list[str]:
    found = set()
    for path in paths:
        absolute = Path(path).absolute()
        for folder in ("data", "llmcalc"):
            if absolute.is_relative_to(notebooks.ROOT / folder) and absolute.suffix in {".py", ".csv", ".toml"}:
                found.add(str(absolute.relative_to(notebooks.ROOT)))
    return sorted(found)


def _save(name: str, execution: Execution, before: inputs.Fingerprints) -> None:
    # First the notebook: without its record, or with an older one's, it counts as out of date.
    scratch.write(EXECUTED / f"{name}.ipynb", nbformat.writes(execution.notebook))
    build.record_executed(name, execution.dependencies, before)


def run(names: list[str], before: inputs.Fingerprints, all_again: bool = False) -> int:
    """Bring notebooks up to date side by side, given the fingerprints of all that they may read; return the exit code.

    One whose prose alone changed keeps its results, unless all are to be executed again.
    """
    width = max(map(len, names))
    unchanged = {name: None if all_again else with_new_prose(name, before) for name in names}
    if None in unchanged.values():
        kernels.use_warm_kernels()

    def one(name: str) -> Execution:
        execution = unchanged[name]
        if execution is None:
            print(f"  run   {name}\n", end="", flush=True)  # in one piece, among others
            execution = execute(name)
        _save(name, execution, before)
        return execution

    def done(name: str, result: Any, seconds: float) -> None:
        state = "FAIL" if isinstance(result, NotebookError) else "done"
        print(f"  {state}  {name:<{width}}  {seconds:5.1f} s\n", end="", flush=True)

    failures = [result for _, result in execute_all(names, one, done) if isinstance(result, NotebookError)]
    for failure in failures:
        print(f"book: {failure}", file=sys.stderr)
    return 1 if failures else 0


def main(arguments: list[str]) -> int:
    """Execute the notebooks that are named, whether they are out of date or not."""
    parser = argparse.ArgumentParser(prog="bookbuild.run.execute", description="Run notebooks through papermill.")
    parser.add_argument("names", nargs="+", metavar="NAME", help="a notebook's file name without its ending")
    names = parser.parse_args(arguments).names
    for name in names:
        if problem := notebooks.problem(name):
            print(f"book: {problem}", file=sys.stderr)
            return 2
    return run(names, inputs.taken(), all_again=True)


if __name__ == "__main__":
    enter("execute")
