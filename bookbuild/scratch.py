"""What a run writes on its way, so that nothing of it is left behind, whenever it is stopped."""

import atexit
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

_owned: set[Path] = set()
_swaps = 0
_waiting: list[Callable[[], None]] = []
_until_the_end = ExitStack()
atexit.register(_until_the_end.close)


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


def for_this_process(parent: Path, prefix: str) -> Path:
    """Make a folder that is removed when this process ends."""
    return _until_the_end.enter_context(folder(parent, prefix))


@cache
def use_private_temporary_folder() -> None:
    """Let what libraries and programs write into the temporary folder be in one that goes with this process."""
    path = for_this_process(Path(tempfile.gettempdir()), "book-")
    tempfile.tempdir = os.environ["TMPDIR"] = str(path)


def write(path: Path, text: str) -> None:
    """Write a file in one step: a reader sees the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with owned(path.with_name(f".{path.name}.{os.getpid()}")) as temporary:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a signal wait for the end of a few steps that belong together."""
    global _swaps
    _swaps += 1
    try:
        yield
    finally:
        _swaps -= 1
        if _waiting and not _swaps:
            _waiting.pop()()


def when_undisturbed(action: Callable[[], None]) -> None:
    """Do something now, or behind steps that belong together."""
    if _swaps:
        _waiting.append(action)
    else:
        action()


def is_in_use() -> bool:
    """Say whether this process owns anything that it would have to remove at its end."""
    return bool(_owned)


def sweep() -> None:
    """Remove all that this process owns: it was stopped."""
    for path in list(_owned):
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
