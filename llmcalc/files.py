"""Files of data/: a CSV each, and beside it its contract in TOML, which says what each column means and holds."""

import csv
import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

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
