"""Bring executed notebooks and the site up to date: what is missing, or was made from other files than there are now.

``make book``, ``make pdf`` and ``make executed`` call this. With nothing to do it imports none of the libraries
that the work takes.
"""

import argparse
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

from bookbuild import edition, inputs, scratch
from bookbuild.inputs import BUILD, ROOT, Fingerprints

EXECUTED = BUILD / "executed"
SITE = BUILD / "html" / "index.html"
SITE_RECORD = BUILD / "site.json"
# Besides its own source, and the modules and data that it was seen to use.
EVERY_NOTEBOOK = (inputs.ENVIRONMENT, "bookbuild/run/execute.py", "bookbuild/run/kernels.py", "bookbuild/notebooks.py")


def known() -> list[str]:
    """Return the names of all notebooks."""
    return sorted(path.stem for path in (ROOT / "notebooks").glob("*.md"))


def out_of_date(names: Iterable[str], now: Fingerprints) -> list[str]:
    """Return the notebooks whose executed form is missing, damaged, or made from other files than there are now."""
    return [name for name in names if not _is_executed(name, now)]


def _is_executed(name: str, now: Fingerprints) -> bool:
    found = recorded(name)
    return {f"notebooks/{name}.md", *EVERY_NOTEBOOK} & now.keys() <= found.keys() and inputs.hold(found, now)


def recorded(name: str) -> dict[str, str | None]:
    """Return what a notebook was executed from, or nothing if its form is missing, damaged, or of another edition."""
    record = inputs.read_record(EXECUTED / f"{name}.json")
    found = record.get("inputs")
    try:
        whole = inputs.contents(EXECUTED / f"{name}.ipynb") == record.get("contents")
    except OSError:
        whole = False
    return found if whole and isinstance(found, dict) and edition.is_this(found) else {}


def record_executed(name: str, used: Iterable[str], before: Fingerprints) -> None:
    """Record what a notebook was executed from, of the fingerprints taken before it was."""
    paths = {f"notebooks/{name}.md", *EVERY_NOTEBOOK, *edition.files(), *used}
    seen = inputs.vouched({path: before.get(path) for path in paths if path in before or path in used})
    contents = inputs.contents(EXECUTED / f"{name}.ipynb")
    inputs.write_record(EXECUTED / f"{name}.json", {"contents": contents, "inputs": seen})


def bring_executed(names: list[str], dry_run: bool = False) -> int:
    """Execute those notebooks that are out of date, and return the exit code."""
    now = inputs.taken()
    return _execute(out_of_date(names, now), now, dry_run)


def _execute(names: list[str], now: Fingerprints, dry_run: bool = False) -> int:
    if names and dry_run:
        print("bookbuild.run.execute", *names)
    elif names:
        _prepare()
        from bookbuild.run import execute

        return execute.run(names, now)
    return 0


@cache
def _prepare() -> None:
    inputs.check_bytecode_by_contents()
    scratch.use_private_temporary_folder()


def bring_site(with_pdf: bool = False, dry_run: bool = False) -> int:
    """Make the site, after the notebooks, if any of what it is made of has changed, and return the exit code."""
    now, names = inputs.taken(), known()
    stale = out_of_date(names, now)
    if not (with_pdf or stale or not _is_site(now | _of_executed(names))):
        return 0
    if dry_run:
        _execute(stale, now, dry_run)
        print("bookbuild.site.assemble")
        return 0
    _prepare()
    from bookbuild.site.jupyter_book import Builder

    with Builder() as builder:  # it loads in a process of its own, while this one does
        if status := _execute(stale, now):
            return status
        from bookbuild.site import assemble

        sources = now | _of_executed(names)
        if status := assemble.make(builder, with_pdf):
            return status
    inputs.write_record(SITE_RECORD, {"inputs": _vouched_sources(sources, now)})
    return 0


def _of_executed(names: list[str]) -> Fingerprints:
    return inputs.of(EXECUTED / f"{name}.ipynb" for name in names)


def _is_site(sources: Fingerprints) -> bool:
    recorded: Any = inputs.read_record(SITE_RECORD).get("inputs")
    return SITE.exists() and inputs.hold(recorded, sources) and recorded.keys() == sources.keys()


def _vouched_sources(sources: Fingerprints, now: Fingerprints) -> Fingerprints:
    """Vouch for sources, as for executed notebooks, which this build has made, if they are still the same."""
    made = {path: mark for path, mark in sources.items() if path not in now}
    again = inputs.of(ROOT / path for path in made)
    return inputs.vouched(now) | {path: mark if again.get(path) == mark else None for path, mark in made.items()}


def main(arguments: list[str]) -> int:
    """Do what Make asks for: the first argument is `book`, `pdf` or `executed`, then names of notebooks."""
    parser = argparse.ArgumentParser(prog="bookbuild", description="Bring the book up to date.")
    parser.add_argument("target", choices=["book", "pdf", "executed"])
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks to execute; all by default")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    given = parser.parse_args(arguments)
    for name in given.names:
        if name not in known():
            from bookbuild import notebooks

            print(f"book: {notebooks.problem(name)}", file=sys.stderr)
            return 2
    if given.target == "executed":
        return bring_executed(given.names or known(), given.dry_run)
    return bring_site(given.target == "pdf", given.dry_run)
