"""Results side by side, for a terminal."""

from typing import Any

from .formats import written
from .messages import message


def compare(columns: dict[str, dict[str, dict[str, Any]]]) -> list[list[str]]:
    """Set the results of several runs side by side: a line of headers, then a line a result.

    Examples
    --------
    >>> compare({"default": {"gpus": {"value": 1559.0, "unit": "GPU", "label": "GPUs"}}})
    [['result', 'unit', 'default'], ['GPUs', 'GPU', '1,559']]
    """
    lines = [[message("result"), message("unit"), *columns]]
    for name, result in next(iter(columns.values())).items():
        cells = [_cell(run.get(name)) for run in columns.values()]
        lines.append([str(result["label"]), message(str(result["unit"])), *cells])
    return lines


def _cell(result: dict[str, Any] | None) -> str:
    if result is None:
        return "–"
    if result["value"] is None and result.get("reason"):
        return message(str(result["reason"]))
    return written(result["value"], 6)


def as_text(lines: list[list[str]], texts: int = 2) -> str:
    """Lay a comparison out for a terminal: its first columns are texts, the others numbers.

    Examples
    --------
    >>> print(as_text([["result", "unit", "default"], ["GPUs", "GPU", "9"]]))
    result  unit  default
    GPUs    GPU         9
    """
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if position < texts else cell.rjust(width)
            for position, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
