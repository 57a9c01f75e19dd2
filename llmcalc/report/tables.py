"""The data files as tables of pandas, and display of tables."""

import re

import pandas as pd

from ..files import DATA, contract
from ..formats import number

POWER = re.compile(r"(\d[\d.]*)e(\d+)")
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pandas.io.formats.style import Styler


def read(name: str, as_printed: bool = False) -> "pd.DataFrame":
    """Read `data/NAME.csv` with the column types of its contract.

    Parameters
    ----------
    name : str
        File name without its ending.
    as_printed : bool
        Keep numbers as the texts that stand in the file, for their significant digits.

    Returns
    -------
    pandas.DataFrame
        The table, one column for each of the contract's.
    """
    columns = contract(name)["columns"]
    types = {column: "str" if as_printed else rules["dtype"] for column, rules in columns.items()}
    return pd.read_csv(DATA / f"{name}.csv", dtype=types, keep_default_na=False, na_values=[""])


def printed(name: str) -> "pd.DataFrame":
    """Read a file of single printed numbers: line, quantity, unit and the printed text, by id."""
    return read(name).set_index("id")


def cells(name: str) -> "pd.DataFrame":
    """Single printed numbers of a wide table, by id, as `printed` gives them.

    A column of printed numbers says in its contract what it counts (``quantity``), in which
    ``unit``, and how many lines below the row's own ``line`` its numbers stand (``line_offset``).
    A unit that differs between rows is ``that of the column`` which holds it.

    Parameters
    ----------
    name : str
        File name without its ending, of a table with the columns ``id``, ``document``, ``line`` and ``name``.

    Returns
    -------
    pandas.DataFrame
        One row a number that is not empty, its id made of the row's and the column's.

    Examples
    --------
    >>> cells("training-schedules").loc["pangu-100b-duration", ["line", "unit", "printed"]].tolist()
    ['146', 'day', '28']
    """
    numeric = {column: rules for column, rules in contract(name)["columns"].items() if "line_offset" in rules}
    facts = [
        {
            "id": f"{row['id']}-{column.replace('_', '-')}",
            "document": row["document"],
            "line": str(int(row["line"]) + rules["line_offset"]),
            "quantity": f"{row['name']}: {rules['quantity']}",
            "unit": row.get(rules["unit"].removeprefix("that of the column "), rules["unit"]),
            "printed": row[column],
        }
        for _, row in read(name, as_printed=True).iterrows()
        for column, rules in numeric.items()
        if isinstance(row[column], str)
    ]
    return pd.DataFrame(facts).set_index("id")


def accelerators() -> "pd.DataFrame":
    """Accelerators by name: dense peaks [FLOP/s or op/s], memory [byte], bandwidth [byte/s], power [W]."""
    return read("accelerators").pivot_table(index="accelerator", columns="quantity", values="value", sort=False)


def show(
    frame: "pd.DataFrame",
    caption: str,
    digits: int = 4,
    wide: "Sequence[str]" = (),
    filtered: bool = False,
    keys: "Sequence[str]" = (),
    facets: "Sequence[str]" = (),
) -> "Styler":
    """Display a table: numbers written for people and set right, a caption, no index.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table; its column headers carry the units.
    caption : str
        What the table shows.
    digits : int
        Significant digits of numbers.
    wide : sequence of str
        Columns of running text.
    filtered : bool
        Whether the page offers to filter the rows; such tables scroll in a box, and each row has an address.
    keys : sequence of str
        Columns that name a row of a filtered table, for its address; the first column, if none are given.
    facets : sequence of str
        Columns of a filtered table whose values can be chosen from.

    Returns
    -------
    pandas.io.formats.style.Styler
        The table, for display.
    """
    numeric = [
        column
        for column in frame.columns
        if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in frame[column])
    ]
    texts = frame.astype(object)
    for column in numeric:
        texts[column] = [number(value, digits) for value in frame[column]]
    if "unit" in texts:
        texts["unit"] = texts["unit"].replace("1", "")
    texts = texts.fillna("–").map(_for_people)
    attributes = 'class="dataframe"'
    if filtered:
        attributes = f'class="dataframe filtered" data-facets="{"; ".join(f"{name}: {name}" for name in facets)}"'
        first = frame.columns[0]
        names = [" ".join(row) for row in texts[list(keys or [first])].astype(str).itertuples(index=False)]
        texts[first] = [
            f'<span id="{address}"></span>{text}'
            for address, text in zip(_addresses(caption, names), texts[first], strict=True)
        ]
    styler = texts.style.hide(axis="index").set_caption(caption)
    styler = styler.set_table_attributes(attributes).set_uuid(_slug(caption))
    alignment = [(column, "right" if column in numeric else "left") for column in frame.columns]
    rules = [
        {"selector": f".col{frame.columns.get_loc(column)}", "props": [("text-align", side)]}
        for column, side in alignment
    ]
    rules += [
        {"selector": f".col{frame.columns.get_loc(column)}", "props": [("min-width", "11rem")]} for column in wide
    ]
    return styler.set_table_styles(rules)


def _for_people(cell: object) -> object:
    """Write a printed number that `data/` keeps with its power of ten, such as 1750e8, as people do: 1750 × 10⁸."""
    match = POWER.fullmatch(cell) if isinstance(cell, str) else None
    return cell if match is None else f"{match[1]} × 10{match[2].translate(SUPERSCRIPTS)}"


def _addresses(caption: str, names: "Iterable[str]") -> "list[str]":
    """An address for each row, made of its name; of those that are alike, later ones are counted."""
    found: dict[str, int] = {}
    addresses = []
    for name in names:
        address = "-".join(part for part in re.split(r"[^a-z0-9]+", f"row {caption} {name}".lower()) if part)
        found[address] = found.get(address, 0) + 1
        addresses.append(address if found[address] == 1 else f"{address}-{found[address]}")
    return addresses


def _slug(text: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower())[:40]
