"""Jupyter Book in a process of its own, which loads while other work goes on.

``python -m bookbuild.jupyter_book`` imports Jupyter Book, waits for the arguments of its
``build`` command on standard input (a JSON list), and builds.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from bookbuild import faults


class BuildError(Exception):
    """The pages can't be built: what Jupyter Book complained of."""


class Builder:
    """A Jupyter Book that is loading, to be told what to build."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bookbuild.jupyter_book"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env=os.environ | {"NO_COLOR": "1"},
        )

    def build(self, folder: Path, output: Path, *options: str, as_one_page: bool = False) -> Path:
        """Build a staged book and return the folder of its pages, or raise BuildError."""
        if as_one_page:
            options += ("--builder", "singlehtml")
        log, _ = self._process.communicate(json.dumps(["build", *options, str(folder), "--path-output", str(output)]))
        if self._process.returncode:
            if fault := faults.explain_log(log):
                raise BuildError(fault)
            log = re.sub(r"\x1b\[[\d;]*m", "", log).replace(f"{folder}{os.sep}", "")
            complaints = [line for line in log.splitlines() if "WARNING" in line or "ERROR" in line or "Error" in line]
            raise BuildError("Jupyter Book refused the pages:\n" + "\n".join(complaints or log.splitlines()[-20:]))
        return output / "_build" / ("singlehtml" if as_one_page else "html")

    def close(self) -> None:
        """Give up a builder that was not used."""
        self._process.kill()
        self._process.wait()


def main() -> None:
    # Sphinx would import these one by one once it starts.
    import jupyter_book.sphinx  # noqa: F401
    import myst_nb  # noqa: F401
    import sphinx_book_theme  # noqa: F401
    import sphinx_design  # noqa: F401
    import sphinx_exercise  # noqa: F401
    import sphinxcontrib.bibtex  # noqa: F401
    from jupyter_book.cli.main import main as jupyter_book_command

    jupyter_book_command(json.loads(sys.stdin.read()))


if __name__ == "__main__":
    main()
