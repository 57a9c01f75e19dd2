"""No edit is lost: whatever is saved at whatever moment of a build is in the next one."""

import csv
import os
import subprocess
import sys
import time
import zipfile

import pytest

import bookbuild
from bookbuild import inputs

MOMENTS = [
    ("start", 0),
    ("start", 0.2),
    ("run", 0),
    ("run", 0.5),
    ("run", 1.5),
    ("done", 0),
    ("done", 0.5),
    ("done", 1.5),
    ("done", 3),
    ("site", 0),
]
CELL = """
```{{code-cell}} ipython3
from llmcalc import datasets
from llmcalc.formulas import training
print("formula", training.MARK, "data", datasets.records("training-gpus")[0]["quantity"])
```

Notebook mark 100.
"""
# What is edited, with the text before each mark. Marks are of one length: a size tells nothing.
EDITED = {
    "book/index.md": "Page mark ",
    "notebooks/training-gpus.md": "Notebook mark ",
    "llmcalc/formulas/training.py": "MARK = ",
    "data/training-gpus.csv": "mark ",
    "bookbuild/site/downloads.py": "1. Download mark ",
    "README.md": "Readme mark ",
}


def mark(checkout, number):
    for path, before in EDITED.items():
        file = checkout.folder / path
        text = file.read_text(encoding="utf-8")
        assert text.count(f"{before}{number - 1}") == 1, path
        # In one step, as editors save: a half-written file may fail the build that reads it.
        saved = checkout.folder / "saved"
        saved.write_text(text.replace(f"{before}{number - 1}", f"{before}{number}"), encoding="utf-8")
        saved.replace(file)


def prepare(checkout):
    """Give each of the files a mark that shows in the site."""
    checkout.append("book/index.md", "\nPage mark 100.\n")
    checkout.append("README.md", "\nReadme mark 100.\n")
    checkout.append("llmcalc/formulas/training.py", "\nMARK = 100\n")
    checkout.append("notebooks/training-gpus.md", CELL.format())
    checkout.edit("bookbuild/site/downloads.py", "1. Download `", "1. Download mark 100 `")
    data = checkout.folder / "data/training-gpus.csv"
    rows = list(csv.reader(data.read_text(encoding="utf-8").splitlines()))
    rows[1][rows[0].index("quantity")] = "mark 100"
    with data.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def build(checkout, event, delay, edit):
    """Build, and edit a while after an event; return what was printed."""
    printed = ""
    with checkout.start("make", "book") as making:
        while event != "start" and f"  {event} " not in printed:
            line = making.stdout.readline()
            assert line, printed
            printed += line
        time.sleep(delay)
        edit()
        printed += making.communicate()[0]
    assert making.returncode == 0, printed
    return printed


def missing(checkout, number):
    """Return the files of which the site does not show a mark."""
    chapter = (checkout.site / "notebooks" / "training-gpus.html").read_text(encoding="utf-8")
    [wheel] = checkout.site.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith("METADATA")]
        told = archive.read(metadata).decode()
    download = checkout.site / "_sources" / "notebooks" / "training-gpus.ipynb"
    shown = {
        "book/index.md": f"Page mark {number}" in (checkout.site / "index.html").read_text(encoding="utf-8"),
        "notebooks/training-gpus.md": f"Notebook mark {number}" in chapter,
        "llmcalc/formulas/training.py": f"formula {number} data" in chapter,
        "data/training-gpus.csv": f"data mark {number}" in chapter,
        "bookbuild/site/downloads.py": f"1. Download mark {number}" in download.read_text(encoding="utf-8"),
        "README.md": f"Readme mark {number}" in told,
    }
    assert shown.keys() == EDITED.keys()
    return {path for path, seen in shown.items() if not seen}


def test_an_edit_at_any_moment_is_in_the_next_build(checkout):
    prepare(checkout)
    for number, (event, delay) in enumerate(MOMENTS, start=101):
        build(checkout, event, delay, lambda number=number: mark(checkout, number))
        lost = missing(checkout, number)
        if number > 101:
            assert not lost & missing(checkout, number - 1), (event, delay)
        # What is not shown yet makes the site out of date, each file by itself.
        recorded = inputs.read_record(checkout.build / "site.json")["inputs"]
        for path in lost:
            file = checkout.folder / path
            assert recorded[path] != f"{inputs.contents(file)} {file.stat().st_mtime_ns}", (event, delay, path)
    status, output = checkout.make("book")
    assert status == 0, output
    assert missing(checkout, number) == set()
    status, output = checkout.make("book")
    assert "  site " not in output
    assert "  run " not in output


def test_a_notebook_named_for_something_else_takes_nothing_from_the_book(checkout):
    os.utime(checkout.folder / "llmcalc/formulas/training.py")
    for arguments in (["NOTEBOOK=memory"], []):
        status, output = checkout.make("--dry-run", "book", *arguments)
        assert status == 0
        assert "bookbuild.run.execute training-gpus" in output
        assert "bookbuild.site.assemble" in output


def test_a_damaged_result_is_made_again(checkout):
    checkout.executed.write_bytes(checkout.executed.read_bytes()[:-100])
    assert "bookbuild.run.execute training-gpus" in checkout.make("--dry-run", "book")[1]


def test_an_older_file_put_in_place_is_seen(checkout):
    page = checkout.folder / "book/index.md"
    page.write_text(page.read_text(encoding="utf-8") + "\nOlder.\n", encoding="utf-8")
    os.utime(page, (0, 0))
    assert "bookbuild.site.assemble" in checkout.make("--dry-run", "book")[1]


def begin(monkeypatch):
    """Begin a build now. The clock of files stands still for some milliseconds at a time."""
    time.sleep(0.02)
    monkeypatch.setattr(bookbuild, "STARTED", time.time_ns())
    time.sleep(0.02)


@pytest.fixture
def project(monkeypatch, tmp_path):
    """A folder in the place of the project's."""
    monkeypatch.setattr(inputs, "ROOT", tmp_path)
    for folder in inputs.FOLDERS:
        (tmp_path / folder).mkdir()
    return tmp_path


def test_what_was_changed_and_changed_back_is_not_vouched_for(project, monkeypatch):
    page = project / "book/index.md"
    page.write_text("one")
    before = inputs.taken()
    begin(monkeypatch)
    assert inputs.vouched(before) == before
    times = page.stat().st_atime_ns, page.stat().st_mtime_ns
    page.write_text("two")
    page.write_text("one")
    os.utime(page, ns=times)
    assert inputs.taken() == before
    assert inputs.vouched(before)["book/index.md"] is None
    assert not inputs.hold(inputs.vouched(before), inputs.taken())


def test_what_came_and_went_is_not_vouched_for(project, monkeypatch):
    before = inputs.taken()
    begin(monkeypatch)
    assert inputs.hold(inputs.vouched(before), inputs.taken())
    (project / "book/ghost.md").touch()
    (project / "book/ghost.md").unlink()
    assert inputs.taken() == before
    assert inputs.vouched(before)["book"] is None


def test_a_module_saved_twice_in_a_second_is_not_taken_for_the_first(project):
    module = project / "llmcalc/example.py"
    read = [sys.executable, "-c", "import example; print(example.MARK)"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def imported(text):
        module.write_text(text)
        os.utime(module, (1e9, 1e9))
        return subprocess.run(
            read, cwd=module.parent, env=environment, capture_output=True, encoding="utf-8", check=True
        ).stdout

    assert imported("MARK = 1") == "1\n"
    assert imported("MARK = 2") == "1\n"  # so Python does by itself
    inputs.check_bytecode_by_contents()
    assert imported("MARK = 3") == "3\n"
    assert imported("MARK = 4") == "4\n"
    inputs.check_bytecode_by_contents()
    assert imported("MARK = 5") == "5\n"


@pytest.mark.parametrize(
    ("text", "started"),
    [("12.5", 12_500_000_000), ("12.123456789", 12_123_456_789), ("12.N", 12_000_000_000), ("12.%N", 12_000_000_000)],
)
def test_make_s_clock_is_read_with_and_without_decimals(monkeypatch, text, started):
    monkeypatch.setenv("BUILD_STARTED", text)
    assert bookbuild._started() == started
