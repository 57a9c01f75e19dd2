"""What results were made from, by times and contents, so that an edit at any moment of a build is in the next one.

A build takes the fingerprints of all that it may read before it reads any. Beside its results it records those of
what it read, but vouches for no file that was changed since the build began: a result with such a file is out of
date from the start. Times alone would not do. Make calls a site newer than a page that was saved while
the site was made, and calls it newer than a file that an older one replaced.
"""

import hashlib
import importlib.util
import json
import os
import py_compile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bookbuild
from bookbuild import scratch

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
FOLDERS = ("book", "data", "llmcalc", "bookbuild", "notebooks")
# The environment counts as one file, with the time when its making began; what it is made of is Make's to watch.
ENVIRONMENT = ".venv/.installed"
# Of these the package's wheel and the pages tell readers.
SINGLE_FILES = ("_config.yml", "_toc.yml", "pyproject.toml", "README.md", "LICENSE", "CITATION.cff", ENVIRONMENT)
CHECKED_BY_CONTENTS = 0b11  # the flags of such a .pyc

Fingerprints = dict[str, str | None]


def taken() -> Fingerprints:
    """Return the fingerprints of everything that a build reads, by paths from the project's folder.

    A folder has one, too: a file that comes and goes while a build runs shows in nothing else.
    """
    paths = [ROOT / name for name in SINGLE_FILES]
    for folder in FOLDERS:
        for parent, folders, files in os.walk(ROOT / folder):
            folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
            paths += [Path(parent, name) for name in files if not name.startswith(".")]
            if folder not in ("llmcalc", "bookbuild"):  # importing makes folders in these
                paths.append(Path(parent))
    return of(paths)


def of(paths: Iterable[Path]) -> Fingerprints:
    """Return the fingerprints of files, by paths from the project's folder; those that do not exist have none."""
    found: Fingerprints = {}
    for path in paths:
        try:
            mark = "folder" if path.is_dir() else f"{contents(path)} {path.stat().st_mtime_ns}"
        except OSError:
            continue
        found[path.relative_to(ROOT).as_posix()] = mark
    return found


def contents(path: Path) -> str:
    """Return the hash of a file's contents."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def vouched(fingerprints: Fingerprints) -> Fingerprints:
    """Return fingerprints without those of files that were changed, moved or deleted since the build began."""
    return {
        path: None if path != ENVIRONMENT and _changed(ROOT / path) else mark for path, mark in fingerprints.items()
    }


def _changed(path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return True
    # The second time can't be set: it shows a file that was put in place with an older time of change.
    return max(status.st_mtime_ns, status.st_ctime_ns) >= bookbuild.STARTED


def hold(recorded: Any, now: Fingerprints) -> bool:
    """Say whether recorded inputs were all vouched for, and are what they were."""
    return isinstance(recorded, dict) and all(mark and now.get(path) == mark for path, mark in recorded.items())


def read_record(path: Path) -> dict[str, Any]:
    """Read what was recorded beside a result; what can't be read says nothing."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Record what a result was made from."""
    scratch.write(path, json.dumps(record, ensure_ascii=False, indent=0, sort_keys=True) + "\n")


def check_bytecode_by_contents() -> None:
    """Let Python compare the contents of the project's modules with what it compiled.

    By default it compares the size and the second of the last change, and takes an old module for
    one that was saved twice within a second. Modules compiled once in the other way stay so.
    """
    for package in ("llmcalc", "bookbuild"):
        for source in (ROOT / package).rglob("*.py"):
            compiled = Path(importlib.util.cache_from_source(str(source)))
            try:
                with compiled.open("rb") as file:
                    flags = file.read(8)[4:]
            except OSError:
                flags = b""
            if flags != CHECKED_BY_CONTENTS.to_bytes(4, "little"):
                mode = py_compile.PycInvalidationMode.CHECKED_HASH
                py_compile.compile(str(source), doraise=False, quiet=2, invalidation_mode=mode)
