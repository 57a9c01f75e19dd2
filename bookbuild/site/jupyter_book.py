"""Jupyter Book in a process of its own, which loads while other work goes on.

``python -m bookbuild.site.jupyter_book`` imports Jupyter Book, waits for what to build on standard
input (JSON), and builds on all cores. What Sphinx writes stays as it is, for a later build to go on
from; the finished pages stand beside it.
"""

import gc
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from bookbuild import faults


class BuildError(Exception):
    """The pages can't be built: what Jupyter Book complained of."""


class Builder:
    """A Jupyter Book that is loading, to be told what to build; whoever leaves its context without that gives it up."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bookbuild.site.jupyter_book"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env=os.environ | {"NO_COLOR": "1"},
        )

    def build(self, folder: Path, output: Path, strict: bool = False, as_one_page: bool = False) -> Path:
        """Build a staged book and return the folder of its finished pages, or raise BuildError.

        If it is strict, a warning or a link to nowhere is an error.
        """
        kind = "singlehtml" if as_one_page else "html"
        work = {"folder": str(folder), "output": str(output / kind), "builder": kind, "strict": strict}
        log, _ = self._process.communicate(json.dumps(work))
        if self._process.returncode:
            if fault := faults.explain_log(log):
                raise BuildError(fault)
            log = re.sub(r"\x1b\[[\d;]*m", "", log).replace(f"{folder}{os.sep}", "")
            complaints = [line for line in log.splitlines() if "WARNING" in line or "ERROR" in line or "Error" in line]
            raise BuildError("Jupyter Book refused the pages:\n" + "\n".join(complaints or log.splitlines()[-20:]))
        return finished(output / kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def finished(written: Path) -> Path:
    """Return the folder of finished pages beside that of pages as Sphinx writes them."""
    return written.with_name(f"{written.name}-finished")


def told_of_failures(tasks: Any) -> Any:
    """Return Sphinx's parallel tasks, which leave out pages without a word when one fails while another is begun."""

    class Tasks(tasks):  # type: ignore[misc]
        def terminate(self) -> None:
            super().terminate()
            if failure := sys.exc_info()[1]:
                raise failure

    return Tasks


def main() -> int:
    # A third of a build went by in looking for garbage among trees of pages, of which there is next to none.
    gc.disable()
    # Sphinx would import these one by one once it starts.
    import jupyter_book.sphinx
    import myst_nb  # noqa: F401
    import sphinx.builders
    import sphinx_book_theme  # noqa: F401
    import sphinx_design  # noqa: F401
    import sphinx_exercise  # noqa: F401
    import sphinxcontrib.bibtex  # noqa: F401
    import yaml
    from sphinx.util.parallel import ParallelTasks

    # Jupyter Book reads its settings three times, and a thousand computed values are among them.
    yaml.SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    sphinx.builders.ParallelTasks = told_of_failures(ParallelTasks)  # type: ignore[attr-defined]
    work = json.loads(sys.stdin.read())
    # What the command `jupyter-book build -W -n --keep-going` does, which knows no number of processes.
    failed = jupyter_book.sphinx.build_sphinx(
        work["folder"],
        work["output"],
        noconfig=True,
        path_config=Path(work["folder"], "_config.yml"),
        confoverrides={
            "external_toc_path": str(Path(work["folder"], "_toc.yml")),
            "latex_individualpages": False,
            **({"nitpicky": True} if work["strict"] else {}),
        },
        builder=work["builder"],
        warningiserror=work["strict"],
        keep_going=work["strict"],
        jobs=os.cpu_count(),
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
