"""Faults of the machine in one line each, with their cause and their cure."""

import csv
import errno
import importlib.metadata
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from bookbuild.edition import EditionError
from bookbuild.inputs import BUILD, FOLDERS, ROOT

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}
ANEW = "rm -r .venv; make book"
NPM = Path(sys.prefix) / "npm" / "node_modules"


def explain(error: BaseException) -> str:
    """Return a line for a fault of the machine or of the settings, and nothing for a fault of the program."""
    if isinstance(error, EditionError):
        return str(error)
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return no_room(error.filename)
    if isinstance(error, OSError) and error.errno in NOT_WRITABLE and error.filename:
        return f"{error.filename}: {error.strerror}; give yourself the right to write there, and run it again"
    if isinstance(error, FileNotFoundError) and "No usable temporary directory" in str(error):
        return "no temporary folder can be written; free some room there, or name another: TMPDIR=/path make book"
    if gone := _gone(error):
        return f"{gone} went while it was read; if it is not missing, run make book again"
    if isinstance(error, MemoryError):
        return "the memory is used up; end other programs, and run it again"
    if type(error).__name__ == "ZMQError":
        return f"a kernel can't be reached: {error}; choose another temporary folder, as in TMPDIR=/tmp make book"
    lacks = damage()
    if not lacks and isinstance(error, ModuleNotFoundError) and error.name and not _is_own(error.name):
        return f"the environment .venv lacks the module {error.name}; make it anew: {ANEW}"
    return lacks


def _gone(error: BaseException) -> str:
    """Return the path of a source that was there when its folder was listed, and not when it was read."""
    if isinstance(error, shutil.Error):
        paths = [str(source) for source, *_ in error.args[0]]
    else:
        paths = [str(error.filename)] if isinstance(error, FileNotFoundError) else []
    sources = [path for path in paths if any(path.startswith(f"{ROOT / folder}{os.sep}") for folder in FOLDERS)]
    return os.path.relpath(sources[0], ROOT) if sources and not os.path.exists(sources[0]) else ""


def _is_own(module: str) -> bool:
    return module.partition(".")[0] in ("bookbuild", "llmcalc")


def explain_log(log: str) -> str:
    """Return a line for the fault of the machine that a program's output tells of, and nothing if it tells of none."""
    if any(f"[Errno {number}]" in log for number in NO_ROOM):
        return no_room(None)
    if "MemoryError" in log:
        return explain(MemoryError())
    return (
        damage() if re.search("Error: .*(No module|cannot import|No such file|has no attribute)|MathJax", log) else ""
    )


def no_room(path: str | None) -> str:
    """Say that a disk is full, or a file larger than allowed."""
    where = path or f"{BUILD} or {tempfile.gettempdir()}"
    return f"no room is left to write {where}; free some (df -h tells where), and run it again"


def damage() -> str:
    """Say what the environment lacks of what was installed, and nothing if it is whole."""
    # Not by `files`, which in some versions leaves out what is missing.
    lacking = [
        file
        for distribution in importlib.metadata.distributions(path=_installed())
        for file, *_ in csv.reader((distribution.read_text("RECORD") or "").splitlines())
        if not file.endswith(".pyc") and not os.path.exists(str(distribution.locate_file(file)))
    ]
    lacking += [f"node_modules/{name}" for name in _packages() if not (NPM / name / "package.json").exists()]
    if not lacking:
        return ""
    others = f" and {len(lacking) - 1:,} more of its files" if len(lacking) > 1 else ""
    return f"the environment .venv lacks {lacking[0]}{others}; make it anew: {ANEW}"


def _installed() -> list[str]:
    return [path for path in sys.path if path.startswith(sys.prefix)]


def _packages() -> list[str]:
    asked = json.loads((ROOT / "requirements" / "package.json").read_text(encoding="utf-8"))
    return list(asked.get("dependencies", {}))
