"""Builds: what runs again after which change, and that a failed one leaves the old site as it was."""

import csv
import hashlib
import os
import re
import shutil
import signal
import time

import pytest

DATA = "data/training-gpus.csv"
FAILING_CELL = "\n```{code-cell} ipython3\nunlucky = 1\n1 / 0\n```\n"


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


def test_changed_data_rebuild_the_same_site(checkout):
    executed, site = checkout.executed.read_bytes(), digest(checkout.site)
    os.utime(checkout.folder / DATA)
    status, output = checkout.make("book")
    assert status == 0
    assert steps(output) == ["run", "site"]
    assert checkout.executed.read_bytes() == executed
    differing = {path for path, value in digest(checkout.site).items() if site.get(path) != value}
    assert not {path for path in differing if path.endswith((".html", ".csv"))}


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
def test_what_a_change_makes_run(checkout, touched, expected):
    os.utime(checkout.folder / touched)
    assert planned(checkout) == expected


def test_a_file_taken_from_the_book_rebuilds_the_site(checkout):
    (checkout.folder / "book" / "references.bib").unlink()
    assert planned(checkout) == ["site"]


def test_a_changed_page_is_published_and_nothing_runs(checkout):
    checkout.append("book/index.md", "\nOne more sentence.\n")
    status, output = checkout.make("book")
    assert status == 0
    assert steps(output) == ["site"]
    assert "One more sentence." in (checkout.site / "index.html").read_text(encoding="utf-8")


def test_builds_of_changed_prose_are_that_of_everything(checkout):
    settings = checkout.build / "sphinx" / "kept" / "stage" / "_config.yml"
    os.utime(checkout.folder / "book" / "index.md")
    assert checkout.make("book")[0] == 0  # of everything: nothing is known here
    staged = settings.stat().st_mtime_ns
    for path, added in (
        ("book/index.md", "\nOne more sentence, with $x^2$ and a [](training-gpus).\n"),
        ("notebooks/training-gpus.md", "\nOne more sentence on GPUs, with $y^2$.\n"),
        ("book/glossary.md", "\nOne more sentence.\n"),
        ("book/index.md", "\n(anew)=\n## A new heading\n\nSee {ref}`anew`.\n"),
    ):
        checkout.append(path, added)
        status, output = checkout.make("book")
        assert status == 0, output
        assert steps(output) == ["site"], "prose was taken for code"
        assert settings.stat().st_mtime_ns == staged, "the build began from nothing"
    site = digest(checkout.site)
    shutil.rmtree(checkout.build / "sphinx")
    os.utime(checkout.folder / "book" / "index.md")
    assert checkout.make("book")[0] == 0
    assert digest(checkout.site) == site


def test_a_used_module_runs_the_notebook_again(checkout):
    checkout.edit("llmcalc/formulas/training.py", "return params * tokens", "return 2 * params * tokens")
    output = build_refused(checkout)
    assert steps(output) == ["run"]
    assert "training-gpus/flop is not reproduced: printed 315e21, computed 6.3e+23" in output


def test_a_deleted_data_file_is_named(checkout):
    (checkout.folder / DATA).unlink()
    last = before_make(build_refused(checkout))[-1]
    assert last.startswith("book: notebook training-gpus, cell ")
    assert "FileNotFoundError" in last
    assert "training-gpus.csv" in last


def test_a_failing_notebook_is_named_with_its_cell_and_error(checkout):
    executed = checkout.executed.read_bytes()
    checkout.append("notebooks/training-gpus.md", FAILING_CELL)
    last = before_make(build_refused(checkout))[-1]
    assert re.match(r"book: notebook training-gpus, cell \d+ \(from 'unlucky = 1'\): ZeroDivisionError", last)
    assert checkout.executed.read_bytes() == executed


def test_a_dying_kernel_is_told(checkout):
    checkout.append("notebooks/training-gpus.md", FAILING_CELL.replace("1 / 0", "import os; os._exit(1)"))
    assert "book: notebook training-gpus: its kernel died" in before_make(build_refused(checkout))[-1]


def test_a_broken_link_is_refused_with_its_page(checkout):
    checkout.append("book/index.md", "\nSee [there](#nowhere).\n")
    output = build_refused(checkout)
    assert re.search(r"^index\.md:\d+: WARNING: .*'nowhere'", output, re.MULTILINE)


def test_a_ledger_that_does_not_hold_is_refused_row_by_row(checkout):
    set_printed(checkout, "servers", "999")
    checkout.edit("notebooks/training-gpus.md", 'book.given("days", days)\n', "")
    last = before_make(build_refused(checkout))[-1]
    assert last.startswith("book: the ledger does not hold: ")
    assert "training-gpus/servers is not reproduced: printed 999, computed 195" in last
    assert "no row for training-gpus/days" in last


@pytest.mark.parametrize("stage", ["run", "done"])
def test_an_interrupted_build_leaves_the_old_site(checkout, stage):
    site = digest(checkout.site)
    os.utime(checkout.folder / DATA)
    with checkout.start("make", "book") as making:
        while f"  {stage} " not in making.stdout.readline():
            assert making.poll() is None
        time.sleep(1)
        os.killpg(making.pid, signal.SIGINT)
        making.communicate()
    assert making.returncode != 0
    assert digest(checkout.site) == site
    assert checkout.left_over() == []
    assert "site" in planned(checkout)
