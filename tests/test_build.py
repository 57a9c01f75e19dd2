"""Builds: what runs again after which change, and that a failed one leaves the old site as it was."""

import csv
import hashlib
import os
import re
import time

import pytest

DATA = "data/training-gpus.csv"
CELL = "\n```{{code-cell}} ipython3\n{}\n```\n"
FAILING_CELL = CELL.format("unlucky = 1\n1 / 0")
DYING_CELL = CELL.format("import os; os._exit(1)")
READING_CELL = CELL.format('from llmcalc import datasets; datasets.records("hardware-claims")')
HEAD = """\
---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Another notebook
"""


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def steps(output):
    return re.findall(r"^  (run|site) ", output, re.MULTILINE)


def planned(checkout):
    status, output = checkout.make("--dry-run", "book")
    assert status == 0
    commands = {"run": "bookbuild.run.execute training-gpus", "site": "bookbuild.site.assemble"}
    return [step for step, command in commands.items() if command in output]


@pytest.fixture(scope="module")
def planning(built, tmp_path_factory):
    """A copy in which nothing is built, and every test leaves the files as they were."""
    return built.copy(tmp_path_factory.mktemp("planning") / "checkout")


def before_make(output):
    return [line for line in output.splitlines() if not line.startswith("make")]


def build_refused(checkout):
    """Build, in vain; return what was said. The site is as it was, and nothing is left over."""
    site = digest(checkout.site)
    status, output = checkout.make("book")
    assert status != 0, output
    assert "Traceback" not in output
    assert "No rule to make target" not in output
    assert digest(checkout.site) == site
    assert checkout.left_over() == []
    return output


def set_printed(checkout, fact, printed):
    path = checkout.folder / DATA
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    [row] = [row for row in rows if row[0] == fact]
    row[rows[0].index("printed")] = printed
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def test_make_alone_prints_the_targets(built):
    status, output = built.make()
    assert status == 0
    assert all(f"make {target} " in output for target in ("book", "test", "rerun", "bench", "lint", "clean"))


def test_book_builds_the_site_and_the_ledger(built):
    assert (built.site / "index.html").is_file()
    assert (built.site / "notebooks" / "training-gpus.html").is_file()
    header, *rows = csv.reader((built.site / "reproduction.csv").read_text(encoding="utf-8").splitlines())
    assert header[0] == "id"
    assert {row[0] for row in rows} >= {"training-gpus/gpus", "training-gpus/servers"}
    assert built.left_over() == []


def test_nothing_runs_when_nothing_changed(built):
    status, output = built.make("book")
    assert status == 0
    assert steps(output) == []


@pytest.mark.alone
def test_nothing_takes_half_a_second(built):
    def seconds():
        start = time.monotonic()
        assert built.make("book")[0] == 0
        return time.monotonic() - start

    assert min(seconds() for _ in range(3)) < 0.5


def test_defaults_do_not_run_again_for_a_rerun(built):
    status, output = built.make("executed")
    assert (status, output) == (0, "")


@pytest.mark.parametrize(
    ("touched", "expected"),
    [
        ("README.md", ["site"]),
        ("LICENSE", ["site"]),
        ("CITATION.cff", ["site"]),
        ("_config.yml", ["site"]),
        ("_toc.yml", ["site"]),
        ("book/index.md", ["site"]),
        ("llmcalc/cli.py", ["site"]),
        ("bookbuild/site/assemble.py", ["site"]),
        ("llmcalc/formulas/training.py", ["run", "site"]),
        ("data/accelerators.csv", ["run", "site"]),
        ("data/training-gpus.toml", ["run", "site"]),
        ("notebooks/training-gpus.md", ["run", "site"]),
        ("bookbuild/run/execute.py", ["run", "site"]),
    ],
)
def test_what_a_change_makes_run(planning, touched, expected):
    path = planning.folder / touched
    before = path.stat()
    os.utime(path)
    assert planned(planning) == expected
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert planned(planning) == []


def test_a_file_taken_from_the_book_rebuilds_the_site(planning):
    path = planning.folder / "book" / "references.bib"
    taken = path.rename(planning.folder / "taken")
    assert planned(planning) == ["site"]
    taken.rename(path)
    assert planned(planning) == []


SENTENCE = "\nOne more sentence.\n"
LINK = "\nSee [there](#nowhere).\n"
# What comes first and goes last.
ADDED = [
    ("book/glossary.md", "\nOne more sentence.\n"),
    ("book/index.md", "\n(anew)=\n## A new heading, with $x^2$\n\nSee {ref}`anew` and a [](training-gpus).\n"),
]
IN_THE_NOTEBOOK = "\nOne more sentence on GPUs, with $y^2$.\n"


def test_builds_of_changed_prose_are_that_of_everything(checkout):
    """Sentences and a heading come and go, and in the end the site is that of a build from nothing without them."""
    executed, site = checkout.executed.read_bytes(), digest(checkout.site)
    settings = checkout.build / "sphinx" / "kept" / "stage" / "_config.yml"
    index = checkout.site / "index.html"
    checkout.append("book/index.md", SENTENCE)
    os.utime(checkout.folder / DATA)
    status, output = checkout.make("book")  # of everything: nothing is known here
    assert status == 0, output
    assert steps(output) == ["run", "site"]
    assert checkout.executed.read_bytes() == executed
    assert "One more sentence" in index.read_text(encoding="utf-8")
    differing = {path for path, value in digest(checkout.site).items() if site.get(path) != value}
    pages = {path for path in differing if path.endswith((".html", ".csv"))}
    assert pages == {"index.html"}, "data that were written again changed the site"
    staged = settings.stat().st_mtime_ns

    def build():
        status, output = checkout.make("book")
        assert status == 0, output
        assert steps(output) == ["site"], "prose was taken for code"
        assert settings.stat().st_mtime_ns == staged, "the build began from nothing"
        return index.read_text(encoding="utf-8")

    checkout.append("notebooks/training-gpus.md", IN_THE_NOTEBOOK)
    for path, added in ADDED:
        checkout.append(path, added)
    assert "A new heading" in build()
    checkout.append("book/index.md", LINK)
    output = build_refused(checkout)
    assert re.search(r"^index\.md:\d+: WARNING: .*'nowhere'", output, re.MULTILINE)
    checkout.edit("book/index.md", LINK, "")
    checkout.edit("book/index.md", SENTENCE, "")
    checkout.edit("notebooks/training-gpus.md", IN_THE_NOTEBOOK, "")
    assert "One more sentence" not in build()
    for path, added in ADDED:
        checkout.edit(path, added, "")
    assert "A new heading" not in build()
    assert digest(checkout.site) == site


def test_a_ledger_that_does_not_hold_is_refused_row_by_row(checkout):
    checkout.edit("llmcalc/formulas/training.py", "return params * tokens", "return 2 * params * tokens")
    set_printed(checkout, "servers", "999")
    checkout.edit("notebooks/training-gpus.md", 'book.given("days", days)\n', "")
    output = build_refused(checkout)
    assert steps(output) == ["run"]
    last = before_make(output)[-1]
    assert last.startswith("book: the ledger does not hold: ")
    # The module as it is now was used.
    assert "training-gpus/flop is not reproduced: printed 315e21, computed 6.3e+23" in last
    assert "training-gpus/servers is not reproduced: printed 999, computed 390" in last
    assert "no row for training-gpus/days" in last


def test_failing_notebooks_are_named_with_their_cells_and_errors(checkout):
    executed = checkout.executed.read_bytes()
    checkout.append("notebooks/training-gpus.md", FAILING_CELL)
    for name, cell in (("dying", DYING_CELL), ("reading", READING_CELL)):
        (checkout.folder / "notebooks" / f"{name}.md").write_text(HEAD + cell, encoding="utf-8")
    (checkout.folder / "data" / "hardware-claims.csv").unlink()
    said = [line for line in before_make(build_refused(checkout)) if line.startswith("book: ")]
    assert len(said) == 3
    by_name = {re.match(r"book: notebook ([\w-]+)", line)[1]: line for line in said}
    assert by_name["dying"].startswith("book: notebook dying: its kernel died")
    assert by_name["reading"].startswith("book: notebook reading, cell ")
    assert "FileNotFoundError" in by_name["reading"]
    assert "hardware-claims.csv" in by_name["reading"]
    failing = r"book: notebook training-gpus, cell \d+ \(from 'unlucky = 1'\): ZeroDivisionError"
    assert re.match(failing, by_name["training-gpus"])
    assert checkout.executed.read_bytes() == executed


def test_a_deleted_data_file_runs_the_notebook_that_read_it(planning):
    path = planning.folder / DATA
    taken = path.rename(planning.folder / "taken")
    assert planned(planning) == ["run", "site"]
    taken.rename(path)
