"""What the site shows besides prose: what is computed from executed notebooks, from the package and its data."""

import multiprocessing
import shutil
import signal
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from bookbuild.calculator import calculators, drill, exercises, menus, verbs
from bookbuild.notebooks import ROOT
from bookbuild.site import data_page, downloads, figures, programs, publications
from bookbuild.site.staging import write_settings


def stage(folder: Path, executed: dict[str, NotebookNode]) -> None:
    """Lay it out beside the prose: values in the settings, calculators, downloads."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as aside:
        listed = _begin(aside, menus.of_questions, {*executed, *verbs.asked()})
        record = publications.collect(executed)
        toc = (ROOT / "_toc.yml").read_text(encoding="utf-8").replace("book/", "")
        (folder / "_toc.yml").write_text(toc, encoding="utf-8")
        wheel = downloads.build_wheel(folder / "extra").name
        write_settings(folder, publications.substitutions(record) | {"wheel": f'<a href="{wheel}">{wheel}</a>'})
        shutil.copy(ROOT / "data" / "source-lines.csv", folder / "extra")
        (folder / "extra" / "reproduction.csv").write_text(publications.ledger_csv(record), encoding="utf-8")
        data_page.stage(folder / "extra" / data_page.FOLDER)
        figures.stage(folder / "extra" / figures.FOLDER, executed)
        programs.stage_schemas(folder / "extra" / programs.SCHEMAS)
        of_exercises = exercises.files(executed)
        menus.know(listed.result())
    beside = of_exercises | verbs.files() | {drill.FILE: drill.file()}
    calculators.stage(folder, executed, beside)


def _begin(aside: Executor, work: Callable[..., Any], *given: Any) -> Future[Any]:
    """Begin work in another process, which leaves an interrupt at a terminal to this one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return aside.submit(work, *given)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
