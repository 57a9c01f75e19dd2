"""Sphinx directive that runs the command, so that a page shows what it really prints."""

import shlex
import subprocess
import sys
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from bookbuild.notebooks import ROOT


class Command(Directive):  # type: ignore[misc]  # docutils has none
    """Show commands and their output; option ``exit`` is the exit code that the last one has."""

    has_content = True
    option_spec: ClassVar = {"exit": int}

    def run(self) -> list[nodes.Node]:
        shown, status = [], 0
        for line in self.content:
            status, output = run(line)
            shown += [f"$ {line}", output]
        if status != self.options.get("exit", 0):
            raise self.error(f"{self.content[-1]} ended with exit code {status}")
        text = "\n".join(shown)
        return [nodes.literal_block(text, text, language="console")]


def run(line: str) -> tuple[int, str]:
    """Run one line that calls `llmcalc`, alone or behind a pipe, and return its exit code and what it printed."""
    python = f"{shlex.quote(sys.executable)} -m llmcalc.cli"
    script = f'llmcalc() {{ {python} "$@"; }}\n{line}'
    process = subprocess.run(
        ["sh", "-c", script],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"},
        check=False,
        timeout=120,
    )
    return process.returncode, process.stdout.rstrip("\n")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("command", Command)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
