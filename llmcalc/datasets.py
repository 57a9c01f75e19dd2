"""Rows of the files in data/, by their contracts, and look-ups in them.

Nothing but the standard library is needed. A page has other files: those with the rows that it may need.

>>> record("transformer-shapes", "model", "GPT-3")["layers"]
96
"""

import json

from .checks import Refusal, choice, column_of, did_you_mean, one_of
from .messages import message
from .units import HOUR

FORMATS = ("fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp4", "int8", "int4")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Row = dict[str, Any]

_folder = ""  # of tables as JSON, in place of those in data/
_tables: "dict[str, list[Row]]" = {}
_specifications: "dict[str, dict[str, float]]" = {}
_values: "dict[tuple[str, str], list[Any]]" = {}


def records(name: str) -> "list[Row]":
    """Rows of `data/NAME.csv` as mappings by column; empty cells are None.

    Parameters
    ----------
    name : str
        File name without its ending.

    Examples
    --------
    >>> records("transformer-shapes")[0]["model"]
    'GPT-1'
    """
    if name not in _tables:
        _tables[name] = _read(name)
    return _tables[name]


def _read(name: str) -> "list[Row]":
    if not _folder:
        from . import files

        return files.rows(name)
    with open(f"{_folder}/{name}.json") as file:
        table = json.load(file)
    return [dict(zip(table["columns"], row)) for row in table["rows"]]  # noqa: B905 - MicroPython's zip knows no `strict`


def read_from(folder: str) -> None:
    """Read tables from a folder of JSON files from now on, each with its `columns` and `rows`."""
    global _folder
    _folder = folder
    for read_before in (_tables, _specifications, _values):
        read_before.clear()


def record(name: str, column: str, value: str) -> "Row":
    """The one row of `data/NAME.csv` whose column has a value.

    Raises
    ------
    Refusal
        Naming the column and the closest value, if there is no such row.
    """
    rows = records(name)
    for candidate in rows:
        if candidate[column] == value:
            return candidate
    accepted = one_of([column_of(column, name)])
    raise Refusal(column, value, did_you_mean(accepted, value, [str(row[column]) for row in rows]))


def values(name: str, column: str) -> "list[Any]":
    """The different values of a column of `data/NAME.csv`, in order.

    Examples
    --------
    >>> values("transformer-shapes", "model")[:2]
    ['GPT-1', 'GPT-2 XL']
    """
    if (name, column) not in _values:  # a page asks at every move of a slider
        found, seen = [], set()
        for row in records(name):
            if row[column] not in seen:
                seen.add(row[column])
                found.append(row[column])
        _values[name, column] = found
    return list(_values[name, column])


def specifications() -> "dict[str, dict[str, float]]":
    """Numbers of the datasheets in SI units, by accelerator and quantity."""
    if not _specifications:
        for row in records("accelerators"):
            _specifications.setdefault(row["accelerator"], {})[row["quantity"]] = row["value"]
    return _specifications


def specification(accelerator: str, quantity: str) -> float:
    """A number of an accelerator's datasheet, in SI units.

    Parameters
    ----------
    accelerator : str
        A name in `data/accelerators.csv`, or the numbers of one's own as `own_devices.device` takes them.
    quantity : str
        A quantity there, e.g. ``power`` [W] or ``memory`` [byte].

    Raises
    ------
    Refusal
        If there is no such accelerator, or no such number of it.

    Examples
    --------
    >>> specification("A100 SXM 80GB", "power")
    400.0
    """
    known = _numbers(accelerator)
    if quantity not in known:
        # By the rows, because mappings have no order in MicroPython.
        others = [row["accelerator"] for row in records("accelerators") if row["quantity"] == quantity]
        if accelerator[:1] == "{":
            accepted = message("its {quantity} among its numbers", quantity=quantity)
        elif others:
            accepted = message(
                "one whose {quantity} is in {file}, e.g. {device}",
                quantity=quantity,
                file="data/accelerators.csv",
                device=others[0],
            )
        else:
            accepted = message("another quantity")
        raise Refusal("accelerator", accelerator, accepted)
    return known[quantity]


def peak_flops(accelerator: str, number_format: str, argument: str = "number_format") -> float:
    """Dense peak of an accelerator for a number format [FLOP/s], of integer formats [op/s].

    Parameters
    ----------
    accelerator : str
        A name in `data/accelerators.csv`, or the numbers of one's own as `own_devices.device` takes them.
    number_format : str
        One of `FORMATS`.
    argument : str
        Name under which the format was given, for refusals.

    Raises
    ------
    Refusal
        If there is no such accelerator, or no sourced peak of it for the format.

    Examples
    --------
    >>> peak_flops("A100 PCIe 80GB", "tf32")
    156000000000000.0
    """
    numbers = _numbers(accelerator)
    known = [form for form in FORMATS if f"peak_{form}" in numbers]
    choice(argument, number_format, FORMATS)
    if number_format not in known:
        if not known:
            raise Refusal("accelerator", accelerator, "one with a peak in data/accelerators.csv")
        accepted = message("a format of which {device} has a peak: {names}", device=accelerator, names=", ".join(known))
        raise Refusal(argument, number_format, accepted)
    return numbers[f"peak_{number_format}"]


def electric_power(accelerator: str) -> float:
    """Power to plan with [W]: a device's share of the most that its server draws, where that is known, else its own.

    Raises
    ------
    Refusal
        If there is no such accelerator, or no power of it is known.

    Examples
    --------
    >>> electric_power("H100 SXM"), electric_power("A100 PCIe 80GB")
    (1275.0, 300.0)
    """
    quantity = "server_power" if "server_power" in _numbers(accelerator) else "power"
    return specification(accelerator, quantity)


def published_rent(accelerator: str) -> "float | None":
    """Rent of a device with its share of the server, as published [USD/s]; None where none is.

    Raises
    ------
    Refusal
        If there is no such accelerator.

    Examples
    --------
    >>> round(3600 * published_rent("A100 SXM 80GB"), 2), published_rent("TPU v4")
    (1.39, None)
    """
    rent = _numbers(accelerator).get("rent")
    return None if rent is None else rent / HOUR


def title(accelerator: str) -> str:
    """What a sentence calls an accelerator: its name, of one's own what its text calls it.

    Examples
    --------
    >>> title("H100 SXM"), title('{"name": "my card", "memory": "24 GB"}')
    ('H100 SXM', 'my card')
    """
    if accelerator[:1] == "{":
        from .own_devices import device  # which imports this file

        return device(accelerator).name
    return accelerator


def _numbers(accelerator: str) -> "dict[str, float]":
    known = specifications()
    if isinstance(accelerator, str) and accelerator[:1] == "{":
        from .own_devices import facts  # which imports this file

        return facts(accelerator)
    if not isinstance(accelerator, str) or accelerator not in known:
        accepted = did_you_mean(message("a name in data/accelerators.csv"), accelerator, known)
        raise Refusal("accelerator", accelerator, accepted)
    return known[accelerator]
