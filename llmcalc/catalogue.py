"""The devices of `data/`: made of their rows, found by name, described with their sources."""

import re
from functools import lru_cache
from pathlib import Path

from . import choosing, datasets
from .models.device import Device

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .datasets import Row

_PACKAGED = Path(__file__).parent / "data" / "references.bib"
REFERENCES = _PACKAGED if _PACKAGED.is_file() else Path(__file__).parent.parent / "book" / "references.bib"

_ENTRY = re.compile(r"^@\w+\{(?P<key>[^,]+),\n(?P<fields>.*?)^\}", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"^\s*url\s*=\s*\{(.*)\}", re.MULTILINE)


@lru_cache
def links() -> "dict[str, str]":
    """Links of the bibliography by key, of those entries that have one.

    Examples
    --------
    >>> links()["nvidia2026dgxh100"]
    'https://docs.nvidia.com/dgx/dgxh100-user-guide/introduction-to-dgxh100.html'
    """
    text = REFERENCES.read_text(encoding="utf-8")
    entries = {match["key"]: _LINK.search(match["fields"]) for match in _ENTRY.finditer(text)}
    return {key: found[1] for key, found in entries.items() if found}


@lru_cache
def facts() -> "dict[str, dict[str, Row]]":
    """Rows of `data/accelerators.csv` by accelerator and quantity."""
    return _by_accelerator("accelerators")


@lru_cache
def missing() -> "dict[str, dict[str, str]]":
    """Reasons for missing numbers by accelerator and quantity."""
    return {
        name: {quantity: row["reason"] for quantity, row in rows.items()}
        for name, rows in _by_accelerator("accelerators-missing").items()
    }


def _by_accelerator(name: str) -> "dict[str, dict[str, Row]]":
    known: dict[str, dict[str, Row]] = {}
    for row in datasets.records(name):
        known.setdefault(row["accelerator"], {})[row["quantity"]] = row
    return known


def names() -> "list[str]":
    """Names of all devices, those of which nothing but the gaps is known among them."""
    return list(dict.fromkeys([*facts(), *missing()]))


def device(text: str) -> "Device":
    """The device that a text means, as a `Device` (see `llmcalc.choosing.device_named`).

    Examples
    --------
    >>> device("h100").name, device("4090").memory_bandwidth
    ('H100 SXM', 1008000000000.0)
    """
    return choosing.device_named(text, "device")


def devices() -> "list[Device]":
    """All devices, in the order of the data."""
    return [device(name) for name in names()]


def describe(chosen: "str | Device") -> "dict[str, Any]":
    """Everything that is known of a device, with its sources, and what is missing, with the reasons.

    Parameters
    ----------
    chosen : str or Device
        A name of a device in the data, or a device of one's own, whose numbers then have no source.

    Returns
    -------
    dict
        ``name``; ``formats`` with a peak; ``training_format``, the one to train in, or None; ``memory_basis``,
        ``"driver"`` or ``"datasheet"``; ``facts`` by quantity, each with ``value`` and ``unit``, and from the data
        ``source``, ``kind``, ``locator`` and ``link``; and ``missing``, the reason by quantity.

    Examples
    --------
    >>> fact = describe("h100")["facts"]["server_power"]
    >>> fact["value"], fact["unit"], fact["source"], fact["kind"]
    (1275.0, 'W', 'nvidia2026dgxh100', 'primary')
    """
    own = isinstance(chosen, Device)
    described = chosen if isinstance(chosen, Device) else device(chosen)
    known = facts().get(described.name, {})
    return {
        "name": described.name,
        "formats": list(described.formats),
        "training_format": described.training_format,
        "memory_basis": described.memory_basis if described.has("memory") else None,
        "facts": described.numbers() if own else {quantity: _sourced(row) for quantity, row in known.items()},
        "missing": described.gaps() if own else missing().get(described.name, {}),
    }


def _sourced(row: "Row") -> "dict[str, Any]":
    fact = {column: row[column] for column in ("value", "unit", "source", "kind", "locator")}
    return {**fact, "link": links().get(row["source"])}
