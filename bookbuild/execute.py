"""Run notebooks through papermill, several at a time.

``python -m bookbuild.execute NAME...`` leaves each executed notebook in `_build/executed`, with a
file of Make rules beside it that names the modules and data the notebook was seen to use.
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

from bookbuild import kernels, notebooks

EXECUTED = notebooks.BUILD / "executed"
DEPENDENCIES = "application/vnd.bookbuild.dependencies+json"

ADDRESS = re.compile(r" at 0x[0-9a-f]+")

BEFORE = """\
import sys as _sys
_opened = set()
_sys.addaudithook(lambda event, args: _opened.add(str(args[0])) if event == "open" else None)
"""
AFTER = f"""\
from IPython.display import display as _display
_modules = [getattr(_module, "__file__", None) for _module in list(_sys.modules.values())]
_display({{"{DEPENDENCIES}": sorted(_opened.union(filter(None, _modules)))}}, raw=True)
"""


class NotebookError(Exception):
    """A notebook that stopped with an error: its name, the cell and the error in one line."""


@dataclass(frozen=True)
class Execution:
    """An executed notebook and the project's own files that it was seen to read."""

    notebook: NotebookNode
    dependencies: list[str]


def execute(name: str, parameters: dict[str, Any] | None = None) -> Execution:
    """Execute a notebook with parameters in place of its defaults."""
    source = notebooks.read(name)
    source.cells.insert(0, nbformat.v4.new_code_cell(BEFORE, id="watch"))
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


def execute_all(
    jobs: Iterable[Any], run: Callable[[Any], Any], done: Callable[[Any, Any, float], None]
) -> list[tuple[Any, Any]]:
    """Run jobs on all cores and report each as it ends; a job's failure is its result."""
    jobs = list(jobs)

    def timed(job: Any) -> tuple[Any, Any]:
        start = time.monotonic()
        try:
            result = run(job)
        except NotebookError as failure:
            result = failure
        done(job, result, time.monotonic() - start)
        return job, result

    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        return list(pool.map(timed, jobs))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def write(path: Path, text: str) -> None:
    """Write a file in one step: a reader sees the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


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


def _save(name: str, execution: Execution, started: int) -> None:
    target = EXECUTED / f"{name}.ipynb"
    # The rules without a recipe let Make go on when a file that was used is deleted.
    rules = f"{target.relative_to(notebooks.ROOT)}: {' '.join(execution.dependencies)}\n"
    rules += "".join(f"{path}:\n" for path in execution.dependencies)
    write(target.with_suffix(".d"), rules)
    write(target, nbformat.writes(execution.notebook))
    # Of the time it started: Make sees what was changed while it ran.
    os.utime(target, ns=(started, started))


def main() -> int:
    parser = argparse.ArgumentParser(prog="bookbuild.execute", description="Run notebooks through papermill.")
    parser.add_argument("names", nargs="+", metavar="NAME", help="a notebook's file name without its ending")
    names = parser.parse_args().names
    kernels.use_warm_kernels()
    width = max(map(len, names))

    def run(name: str) -> Execution:
        print(f"  run   {name}", flush=True)
        started = time.time_ns()
        execution = execute(name)
        _save(name, execution, started)
        return execution

    def done(name: str, result: Any, seconds: float) -> None:
        state = "FAIL" if isinstance(result, NotebookError) else "done"
        print(f"  {state}  {name:<{width}}  {seconds:5.1f} s", flush=True)

    try:
        results = execute_all(names, run, done)
    except KeyboardInterrupt:
        print("book: interrupted", file=sys.stderr)
        kernels.remove_sockets()
        os._exit(130)  # without waiting for the kernels, which end with this process
    failures = [result for _, result in results if isinstance(result, NotebookError)]
    for failure in failures:
        print(f"book: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
