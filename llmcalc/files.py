"""Files of data/: a CSV each, and beside it its contract in TOML, which says what each column means and holds."""

import csv
import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from .checks import Refusal
from .messages import message

LARGEST_FILE = 2_000_000  # bytes of a config.json: hundreds of times a usual one

_PACKAGED = Path(__file__).parent / "data"

# An installed package has the data inside it, a checkout beside it.
DATA = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parent.parent / "data"

_READ: dict[str, Callable[[str], Any]] = {
    "str": str,
    "float64": float,
    "Int64": int,
    "boolean": lambda text: text == "True",
}


@lru_cache
def contract(name: str) -> dict[str, Any]:
    """Return the contract of `data/NAME.csv`: title, source, and dtype and meaning of every column."""
    with (DATA / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def rows(name: str) -> list[dict[str, Any]]:
    """Read `data/NAME.csv` as mappings by column, of the types of its contract; empty cells are None."""
    read = {column: _READ[rules["dtype"]] for column, rules in contract(name)["columns"].items()}
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [
            {column: read[column](cell) if cell else None for column, cell in row.items()}
            for row in csv.DictReader(file)
        ]


def own_text(argument: str, name: str) -> str:
    """Read a file that somebody names: a small one, in UTF-8.

    Raises
    ------
    Refusal
        Naming the argument and the file, and why it can't be read.
    """
    path = Path(name)
    try:
        if path.exists() and not path.is_file():
            raise OSError(0, message("Not a file"))
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise OSError(0, message("Larger than {most} bytes", most=f"{LARGEST_FILE:,}"))
        return content.decode("utf-8-sig")
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError, and so is what is no UTF-8
        sentence = unreadable(argument, name, error)
        raise Refusal(argument, name, "a JSON file in UTF-8", reason=sentence) from None


def unreadable(argument: str, name: str, error: Exception | str) -> str:
    """Return the sentence about a file that can't be read, and why."""
    reason = getattr(error, "strerror", None) or error
    return message("{argument} = {value} can't be read: {reason}", argument=argument, value=repr(name), reason=reason)


def unwritable(argument: str, name: str, error: OSError) -> str:
    """Return the sentence about a file or folder that can't be written, and why."""
    return message(
        "{argument} = {value} can't be written: {reason}", argument=argument, value=repr(name), reason=error.strerror
    )
