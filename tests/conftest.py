"""Private copies of the project, to build, break and rerun in."""

import fcntl
import gc
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from bookbuild.browser import find_browser

# No test depends on how busy the machine is.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

ROOT = Path(__file__).parent.parent
NOTEBOOK = "training-gpus"
SOURCES = ["Makefile", "pyproject.toml", "README.md", "LICENSE", "CITATION.cff", "_config.yml", "_toc.yml"]
FOLDERS = ["book", "bookbuild", "data", "llmcalc", "notebooks", "requirements"]
INDEX = """\
# Book

{{ scoreboard_summary }}

{{ scoreboard }}

{{ errata }}

```{bibliography}
:style: plain
```

"""
TOC = f"format: jb-book\nroot: book/index\nchapters:\n  - file: notebooks/{NOTEBOOK}\n  - file: book/glossary\n"
VERBS = f"""\
[[verbs]]
name = "Train"
asks = "How many devices train it?"
question = "{NOTEBOOK}"
fields = ["days"]
results = ["gpus"]
pictures = []
"""
LABEL = re.compile(r"^\((\S+)\)=$", re.MULTILINE)


def pytest_report_header():
    """Say once which browser the tests use, or that those in a browser are left out."""
    return f"browser: {find_browser() or 'none, so the tests in a browser are skipped; install Chromium to run them'}"


def pytest_collection_modifyitems(items):
    """Mark what needs a build, so that `make check` can leave it out."""
    for item in items:
        module = getattr(item, "module", None)
        looks = any(hasattr(module, name) for name in ("SITE", "EXECUTED", "BUILD"))
        if looks or {"built", "executed", "checkout", "contributed"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("built")


def pytest_collection_finish():
    """Look no more for garbage among all modules and tests, which stay to the end."""
    gc.collect()
    gc.freeze()


class Checkout:
    """A copy of the project with one notebook, which runs its own modules in the environment of the tests."""

    def __init__(self, folder):
        self.folder = folder
        self.build = folder / "_build"
        self.site = self.build / "html"
        self.executed = self.build / "executed" / f"{NOTEBOOK}.ipynb"
        self.notebook = folder / "notebooks" / f"{NOTEBOOK}.md"
        self.formula = folder / "llmcalc" / "formulas" / "training.py"  # which the notebook uses
        passed_on_by_make = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "NOTEBOOK", "PARAMS", "SCENARIOS", "OUT", "PORT")
        passed_on_by_make += ("BUILD_STARTED", "PYTHONUTF8")
        inherited = {name: value for name, value in os.environ.items() if name not in passed_on_by_make}
        self.environment = inherited | {"PYTHONPATH": str(folder)}

    def make(self, *arguments):
        """Run make; return its status, and what it wrote on both streams together."""
        run = self._run("make", *arguments, stderr=subprocess.STDOUT)
        return run.returncode, run.stdout

    def python(self, *arguments, **variables):
        """Run the environment's Python; return its status, standard output and standard error."""
        run = self._run(str(self.folder / ".venv/bin/python"), *arguments, stderr=subprocess.PIPE, **variables)
        return run.returncode, run.stdout, run.stderr

    def rerun(self, *arguments, notebook=NOTEBOOK):
        """Rerun a notebook without Make; return its status, standard output and standard error."""
        return self.python("-m", "bookbuild.run.rerun", "--notebook", notebook, *arguments)

    def start(self, *command):
        """Start a command in a process group of its own, which can be interrupted even if the tests can't."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in what a shell runs aside
        )

    def edit(self, path, old, new):
        """Replace a text that occurs once in a file."""
        text = (self.folder / path).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {path}"
        (self.folder / path).write_text(text.replace(old, new), encoding="utf-8")

    def append(self, path, text):
        """Add a text to the end of a file."""
        with (self.folder / path).open("a", encoding="utf-8") as file:
            file.write(text)

    def left_over(self):
        """Names of what a run left in the build folder besides its results."""
        results = {"executed", "html", "rerun", "site.json", "sphinx"}
        found = [path.name for path in self.build.iterdir() if path.name not in results]
        found += [path.name for path in self.build.glob("sphinx/*") if path.name not in ("kept", "lock")]
        return sorted(found)

    def copy(self, folder):
        """Copy it as it stands, with what is built and the times of its files.

        Elsewhere builds begin from nothing, so that what they would go on from stays behind.
        """
        shutil.copytree(self.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("sphinx"))
        return Checkout(folder)

    def _run(self, *command, stderr, **variables):
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
        )


def copy_project(folder, with_exercises=False):
    """Copy the project's sources, with one of the notebooks; the exercises of the others come along if asked for."""
    for name in SOURCES:
        shutil.copy2(ROOT / name, folder / name)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    protect_environment(folder)
    leave_out_chapters(folder)
    if not with_exercises:
        leave_out_exercises(folder)
    return Checkout(folder)


def protect_environment(folder):
    """Use the environment of the tests, and never install into it."""
    (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    (folder / "requirements" / "install.sh").write_text("echo 'run make first' >&2; exit 1\n")
    asked = [folder / "pyproject.toml", folder / "bookbuild" / "pyproject.toml"]
    for path in [*asked, *(folder / "requirements").iterdir()]:
        os.utime(path, (0, 0))


def leave_out_chapters(folder):
    """Leave out all chapters but the notebook's; their labels stay, for links, and the ledger is on the first page."""
    pages = [path for part in ("book", "notebooks") for path in (folder / part).glob("*.md")]
    others = [path for path in pages if path.stem not in (NOTEBOOK, "glossary")]
    labels = [label for path in others for label in LABEL.findall(path.read_text(encoding="utf-8"))]
    for path in others:
        path.unlink()
    headings = "".join(f"({label})=\n## {label}\n\n" for label in labels)
    (folder / "book" / "index.md").write_text(INDEX + headings, encoding="utf-8")
    (folder / "_toc.yml").write_text(TOC, encoding="utf-8")
    (folder / "book" / "verbs.toml").write_text(VERBS, encoding="utf-8")


def leave_out_exercises(folder):
    """Leave out the exercises of all chapters but the notebook's, which the drill would draw from."""
    for path in (folder / "llmcalc" / "teaching" / "exercises").glob("*.py"):
        if path.stem not in ("__init__", NOTEBOOK.replace("-", "_")):
            path.unlink()


def shared(tmp_path_factory, name, make):
    """A folder that whichever worker comes first makes for all of them, while the others wait for it."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder, made = root / name, root / f"{name}.made"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            made.touch()
    return folder


@pytest.fixture(scope="session")
def executed(tmp_path_factory):
    """A copy of the project with its notebook run, for tests that only look."""

    def make(folder):
        folder.mkdir()
        status, output = copy_project(folder).make("executed")
        assert status == 0, output

    return Checkout(shared(tmp_path_factory, "executed", make))


@pytest.fixture(scope="session")
def built(executed, tmp_path_factory):
    """A copy of the project with its site built, for tests that only look."""

    def make(folder):
        status, output = executed.copy(folder).make("book")
        assert status == 0, output
        assert "  run " not in output

    return Checkout(shared(tmp_path_factory, "built", make))


@pytest.fixture
def checkout(built, tmp_path):
    """A private copy of the project with its site built, for tests that change it."""
    return built.copy(tmp_path / "checkout")
