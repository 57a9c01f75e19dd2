"""Jupyter Book in a process of its own, which loads while other work goes on.

``python -m bookbuild.site.jupyter_book`` imports Jupyter Book, waits for what to build on standard
input (JSON), and builds on all cores. What Sphinx writes stays as it is, for a later build to go on
from; the finished pages stand beside it.
"""

import gc
import importlib
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, Self

from bookbuild import faults
from bookbuild.inputs import ROOT

# Extensions that Jupyter Book adds to those of the settings, and modules that some load at their first page.
BROUGHT_ALONG = (
    "sphinx_book_theme",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_external_toc",
    "sphinx_multitoc_numbering",
    "sphinx_togglebutton",
    "sphinxcontrib.bibtex",
    "myst_nb.sphinx_ext",
    "myst_parser.sphinx_ext.main",
)


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


def main() -> int:
    # A third of a build went by in looking for garbage among trees of pages, of which there is next to none.
    gc.disable()
    import jupyter_book.sphinx
    import pybtex.plugin
    import yaml

    # Jupyter Book reads its settings three times, and a thousand computed values are among them.
    yaml.SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    load_extensions(yaml.load((ROOT / "_config.yml").read_text(encoding="utf-8"), yaml.SafeLoader))
    # It looks for a style of citations among all that is installed, for every citation.
    pybtex.plugin.entry_points = cache(pybtex.plugin.entry_points)
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


def load_extensions(settings: dict[str, Any]) -> None:
    """Load all that Sphinx would load one by one once it starts."""
    import sphinx.application
    import sphinx.builders

    extensions = [*sphinx.application.builtin_extensions, *settings["sphinx"]["extra_extensions"], *BROUGHT_ALONG]
    for name in extensions:
        importlib.import_module(name)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # to take its trees apart would take a second
