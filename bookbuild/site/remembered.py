"""What earlier builds made of the very same parts, so that it is not made again.

A build that goes on from an earlier one has a folder for it, with a file for each thing under the digest of what it was
made of. Code and data need not be among that: with other code a build begins from nothing.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

FOLDER, BEFORE = "made", "made-before"


class Remembered:
    """Things made for the pages that Sphinx writes into a folder."""

    def __init__(self, written: Path) -> None:
        self._folder = written.parents[1] / FOLDER
        self._before = self._folder.with_name(BEFORE)

    def made(self, make: Callable[..., str], *parts: str) -> str:
        """Return what a function makes of some texts, and of nothing else."""
        digest = hashlib.sha256(repr((make.__name__, parts)).encode()).hexdigest()
        file, former = self._folder / digest, self._before / digest
        if former.exists():
            former.rename(file)
        if file.exists():
            return file.read_text(encoding="utf-8")
        text = make(*parts)
        if self._folder.exists():
            file.write_text(text, encoding="utf-8")
        return text


def begin(work: Path) -> None:
    """Remember in the folder of a build what is made from now on, and what was until now if it is asked for."""
    if (work / FOLDER).exists():
        (work / FOLDER).rename(work / BEFORE)
    (work / FOLDER).mkdir()
