"""The folder that a rerun writes: tried before anything runs, and never emptied of what no rerun wrote.

A rerun leaves a list of what it wrote, with the hashes of the contents. Only a folder in which nothing else lies, and
nothing has been changed, is replaced.
"""

import errno
import json
import os
import tempfile
from pathlib import Path

from bookbuild import inputs
from bookbuild.inputs import FOLDERS, ROOT

WRITTEN = ".written-by-rerun.json"
FOLDER = "folder"
LONGEST_NAME = 200  # [byte], so that there is room for what a swap of folders adds
BY_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}  # written by looking into a folder


class TargetError(Exception):
    """A folder that can't be had, in one line with what would do."""


def find(text: str, default: Path) -> Path:
    """Return the folder that a text names, or raise TargetError if a rerun can't write it, or must not."""
    try:
        target = Path(text).expanduser() if text else default
        if text.startswith("~") and str(target).startswith("~"):
            raise RuntimeError
    except RuntimeError:
        raise TargetError(f"OUT = {text!r} begins with the name of nobody's home: give a path") from None
    named = f"OUT = {text!r}" if text else f"the folder {default}"
    target = Path(os.path.normpath(target.absolute()))
    if target.is_relative_to(ROOT) and target.relative_to(ROOT).parts[:1] in {(folder,) for folder in FOLDERS}:
        raise TargetError(f"{named} lies among the book's sources: give a folder elsewhere, such as _build/mine")
    try:
        check(target, named)
        _try(target)
    except OSError as error:
        raise TargetError(f"{named} can't be written: {error.strerror}; give another folder") from None
    return target


def check(target: Path, named: str) -> None:
    """Raise TargetError if a folder may not be replaced."""
    if target.is_symlink():
        raise TargetError(f"{named} is a link: name the folder that it leads to, or give a new one")
    if not os.path.lexists(target):
        return
    if not target.is_dir():
        raise TargetError(f"{named} is a file: give a new folder, or one of an earlier rerun")
    if others := foreign(target):
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        raise TargetError(
            f"{named} holds other files, which no rerun wrote or somebody changed since: {others[0]}{more}; "
            "move them elsewhere, or give a new folder"
        )


def foreign(folder: Path) -> list[str]:
    """List what lies in a folder and is not as a rerun wrote it."""
    written = inputs.read_record(folder / WRITTEN)
    found = []
    for parent, folders, files in os.walk(folder, onerror=_raise):
        for name in [*folders, *files]:
            path = Path(parent, name)
            relative = path.relative_to(folder).as_posix()
            if path.is_symlink():
                own = False
            elif name in folders:
                own = written.get(relative) == FOLDER
            else:
                own = relative == WRITTEN or name in BY_SYSTEMS or written.get(relative) == inputs.contents(path)
            if not own:
                found.append(relative)
    return sorted(found)


def _raise(error: OSError) -> None:
    raise error


def list_written(folder: Path) -> None:
    """Leave the list of what a rerun wrote."""
    written = {
        path.relative_to(folder).as_posix(): FOLDER if path.is_dir() else inputs.contents(path)
        for path in folder.rglob("*")
    }
    (folder / WRITTEN).write_text(json.dumps(written, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def _try(target: Path) -> None:
    """Write where the folder is to be, and in it if it is there, and leave nothing."""
    beside = target.parent
    while not os.path.lexists(beside):
        beside = beside.parent
    for name in target.relative_to(beside).parts:
        if len(os.fsencode(name)) > LONGEST_NAME:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    for folder in (beside, target) if target.exists() else (beside,):
        os.rmdir(tempfile.mkdtemp(dir=folder, prefix="."))
