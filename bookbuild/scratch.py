"""What a run writes on its way, so that nothing of it is left behind, whenever it is stopped."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_owned: set[Path] = set()


@contextmanager
def owned(path: Path) -> Iterator[Path]:
    """Own a path: it is removed at the end, and by `sweep` if the end never comes."""
    _owned.add(path)
    try:
        yield path
    finally:
        _remove(path)
        _owned.discard(path)


@contextmanager
def folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Make a folder for what is needed for a while."""
    parent.mkdir(parents=True, exist_ok=True)
    # Named before it is made: a signal in between must not leave it.
    with owned(parent / f"{prefix}{secrets.token_hex(4)}") as path:
        path.mkdir(mode=0o700)
        yield path


def write(path: Path, text: str) -> None:
    """Write a file in one step: a reader sees the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with owned(path.with_name(f".{path.name}.{os.getpid()}")) as temporary:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)


def sweep() -> None:
    """Remove all that this process owns: it was stopped."""
    for path in list(_owned):
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
