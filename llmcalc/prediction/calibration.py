"""Constants fitted to measured steps: those of `data/step-constants.csv`, and those of a reader's own machine.

Needs scipy. Each fitted constant starts from what was assumed of it beforehand and is drawn back to it by how far it
may be off, its spread: rows that say nothing of a constant leave it where it was.
"""

import csv
import math

from .. import datasets
from ..checks import Refusal
from ..messages import message
from ..models.stacks import FACTOR, OWN_STACK, resolve
from ..models.step_constants import MEANINGS
from ..plans.ranges import MIXTURE, NEW_STACK
from ..plans.step import predict
from . import runs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from typing import Any

    from ..datasets import Row

# How well a step is expected to be predicted: an error of this size weighs as much as a constant off by its spread.
EXPECTED_ERROR = 0.05
FACTOR_BOUNDS = (0.2, 1.9)
COLUMNS = ("constant", "unit", "kind", "scope", "number_format", "value", "basis", "assumed", "spread", "because")

ERRORS = ("error", "one_left_out_error", "left_out_error")

# What is fitted to somebody's own runs, and how far each may be from what is shipped.
OWN = {
    FACTOR: 0.2,
    "attention_forward_efficiency": 0.1,
    "attention_backward_efficiency": 0.1,
    "memory_efficiency": 0.1,
    "network_efficiency": 0.15,
    "host_seconds_of_a_layer": 2e-3,
    "host_seconds_of_a_mixture": 4e-3,
}


class Calibration:
    """Measured runs, the constants that are free, and a fit of these to those.

    Parameters
    ----------
    rows : list of dict
        Runs with the columns of `data/training-runs.csv`, each with its step_seconds.
    table : list of dict
        Constants as in `data/step-constants.csv`; those whose basis is "fitted" are free.
    """

    def __init__(self, rows: "Sequence[Row]", table: "Sequence[Row]") -> None:
        self.table = [dict(row) for row in table]
        self.free = [row for row in self.table if row["basis"] == "fitted"]
        self.reads = [runs.read_row(row, self.table) for row in rows]
        self.measured = [float(row["step_seconds"]) for row in rows]
        sizes: dict[str | None, int] = {}
        for row in rows:
            sizes[row.get("set")] = sizes.get(row.get("set"), 0) + 1
        # Rows of a set resemble each other: a set of n counts like 9 independent rows, however many it has.
        self.weights = [3 / math.sqrt(sizes[row.get("set")]) / EXPECTED_ERROR for row in rows]

    def predicted(self, values: "Iterable[float]") -> "list[float]":
        """Seconds of all runs with some values of the free constants."""
        for row, value in zip(self.free, values, strict=True):
            row["value"] = float(value)
        known, seconds = {}, []
        for read in self.reads:
            if read.key not in known:
                known[read.key] = resolve(*read.key, self.table)
            seconds.append(predict(read.run, known[read.key]).seconds)
        return seconds

    def fit(self, steps: int = 25) -> "list[Row]":
        """Fit the free constants; returns the table with their values."""
        from scipy.optimize import least_squares

        start = [row["value"] for row in self.free]
        bounds = list(zip(*(_bounds(row["constant"]) for row in self.free), strict=True))

        def residuals(values: "Sequence[float]") -> "list[float]":
            seconds = self.predicted(values)
            errors = [
                weight * math.log(one / other)
                for one, other, weight in zip(seconds, self.measured, self.weights, strict=True)
            ]
            pulls = [(value - row["assumed"]) / row["spread"] for row, value in zip(self.free, values, strict=True)]
            return errors + pulls

        spreads = [row["spread"] for row in self.free]
        found = least_squares(
            residuals, start, bounds=bounds, loss="soft_l1", x_scale=spreads, diff_step=1e-3, max_nfev=steps
        )
        self.predicted(found.x)
        return self.table

    def errors(self) -> "list[float]":
        """Errors of all runs with the present values of the constants, as shares."""
        seconds = self.predicted([row["value"] for row in self.free])
        return [one / other - 1 for one, other in zip(seconds, self.measured, strict=True)]


def left_out_errors(
    rows: "Sequence[Row]",
    table: "Sequence[Row]",
    group: "Callable[[Row], Any]",
    wanted: "Sequence[Row] | None" = None,
    steps: int = 3,
) -> "list[float]":
    """Errors of rows that nothing was fitted to: for each group, the others are fitted and it is predicted.

    Parameters
    ----------
    rows : list of dict
        Measured runs.
    table : list of dict
        Constants, from whose values each fit starts.
    group : callable
        Group of a row: its index for "leave one out", its model for "leave one model out".
    wanted : list of dict, optional
        Rows whose errors are wanted, if not all.
    steps : int
        Steps of each fit, which starts from the fit to all.

    Returns
    -------
    list of float
        Error of each row that is wanted, as a share.
    """
    wanted = rows if wanted is None else wanted
    tables = {}
    for left in dict.fromkeys(map(group, wanted)):
        tables[left] = Calibration([row for row in rows if group(row) != left], table).fit(steps)
    return [runs.read_row(row, tables[group(row)]).step().seconds / float(row["step_seconds"]) - 1 for row in wanted]


def one_left_out_errors(rows: "Sequence[Row]", table: "Sequence[Row]") -> "list[float]":
    """Errors of rows that were each left out of the fit alone, without fitting anew for each.

    Near the fit, what a row adds to it is linear, and then its error without itself is its error over 1 less its
    leverage: Allen 1974, "The relationship between variable selection and data augmentation and a method for
    prediction", Technometrics 16: 125.

    Parameters
    ----------
    rows : list of dict
        Measured runs.
    table : list of dict
        Constants fitted to them.

    Returns
    -------
    list of float
        Error of each row, as a share.
    """
    import numpy as np

    fit = Calibration(rows, table)
    values = [row["value"] for row in fit.free]
    inside = [index for index, row in enumerate(fit.free) if _is_inside(row)]

    def logarithms(changed: "Sequence[float]") -> "Any":
        ratios = [one / other for one, other in zip(fit.predicted(changed), fit.measured, strict=True)]
        return np.log(ratios)

    errors = logarithms(values)
    slopes = np.zeros((len(rows), len(inside)))
    for column, index in enumerate(inside):
        step = 1e-3 * fit.free[index]["spread"]
        moved = [value + step * (place == index) for place, value in enumerate(values)]
        slopes[:, column] = (logarithms(moved) - errors) / 1e-3
    fit.predicted(values)
    weights = np.asarray(fit.weights) ** 2
    weights = weights / np.sqrt(1 + weights * errors**2)  # of the loss "soft_l1"
    pulls = np.array([(values[index] - fit.free[index]["assumed"]) / fit.free[index]["spread"] for index in inside])
    curvature = slopes.T @ (weights[:, None] * slopes) + np.diag(1 / np.sqrt(1 + pulls**2))
    leverages = weights * np.einsum("ij,ij->i", slopes @ np.linalg.inv(curvature), slopes)
    return list(np.exp(errors / (1 - leverages)) - 1)


def _is_inside(row: "Row") -> bool:
    """Whether a fitted constant lies between its bounds and not at one of them, where it cannot move."""
    lowest, highest = _bounds(row["constant"])
    value: float = row["value"]
    return lowest * 1.001 < value < highest * 0.999


def shape(row: "Row") -> "tuple[str, ...]":
    """What makes a model: rows of the same shape are left out together."""
    return tuple(str(row.get(name)) for name in runs.COUNTS)


def shape_and_machine(row: "Row") -> "tuple[str, ...]":
    """A model on a device: a stack whose only model is left out would not be known."""
    return *shape(row), row["accelerator"]


def calibrate(rows: "Sequence[Row]", table: "Sequence[Row] | None" = None) -> "tuple[list[Row], list[float]]":
    """Constants for the machine and the software behind somebody's own measured steps.

    Parameters
    ----------
    rows : list of dict
        Runs with the columns of `data/training-runs.csv`; step_seconds is needed.
    table : list of dict, optional
        Constants to start from, in place of the shipped ones.

    Returns
    -------
    tuple
        Constants with those of a stack called "own" added, which predictions take as `table`, and the errors of
        each row with the others fitted.

    Raises
    ------
    Refusal
        If a row has no step_seconds, or cannot be predicted.
    """
    table = datasets.records("step-constants") if table is None else table
    if not rows:
        raise Refusal("runs", 0, "at least one row")
    owned = []
    for row in rows:
        try:
            measured = float(row.get("step_seconds") or "")
        except ValueError:
            raise Refusal("step_seconds", row.get("step_seconds"), "seconds, in every row") from None
        if not 0 < measured < math.inf:
            raise Refusal("step_seconds", measured, "a finite number above 0")
        owned.append({**row, "stack": OWN_STACK, "set": OWN_STACK})
    start = [dict(row, basis="shipped") for row in table] + _own(owned, table)
    fitted = Calibration(owned, start).fit()
    numbers = {id(row): index for index, row in enumerate(owned)}
    errors = left_out_errors(owned, fitted, lambda row: numbers[id(row)]) if len(owned) > 1 else []
    return fitted, errors


def _own(rows: "Sequence[Row]", table: "Sequence[Row]") -> "list[Row]":
    """Free constants of a stack of one's own, each at the value that holds for its first run."""
    read = runs.read_row({**rows[0], "stack": None, "source": None, "set": None, "id": None}, table)
    values = {**read.constants.values, FACTOR: 1.0}
    return [
        {
            "constant": name,
            "unit": MEANINGS[name][0] if name in MEANINGS else "1",
            "kind": "stack",
            "scope": OWN_STACK,
            "number_format": None,
            "value": values[name],
            "basis": "fitted",
            "assumed": values[name],
            "spread": spread,
            "because": message("{count} runs of one's own", count=len(rows)),
        }
        for name, spread in OWN.items()
    ]


def _bounds(name: str) -> "tuple[float, float]":
    if name == FACTOR:
        return FACTOR_BOUNDS
    _, lowest, highest, _ = MEANINGS[name]
    return lowest, highest


def write(table: "Sequence[Row]", path: "str | Path") -> None:
    """Write constants as a CSV that predictions accept."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in table:
            value = row["value"]
            shown = float(f"{value:.4g}") if isinstance(value, float) else value
            writer.writerow({**{name: "" if row[name] is None else row[name] for name in COLUMNS}, "value": shown})


def read(path: "str | Path") -> "list[Row]":
    """Constants from a CSV that `write` wrote."""
    with open(path, encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    if not table or set(COLUMNS) - set(table[0]):
        raise Refusal("constants", str(path), "a file that llmcalc calibrate wrote")
    for row in table:
        row["number_format"] = row["number_format"] or None
        for name in ("value", "assumed", "spread"):
            row[name] = float(row[name]) if row[name] else None
    return table


def published_errors(rows: "Sequence[Row]", table: "Sequence[Row]") -> "list[Row]":
    """What the ranges come from: the errors of published runs that were left out of the fit.

    Parameters
    ----------
    rows : list of dict
        Rows of `data/training-runs.csv`.
    table : list of dict
        Constants fitted to all of them.

    Returns
    -------
    list of dict
        Of each row ``set``, ``id``, ``kind``, ``error`` as fitted, ``one_left_out_error`` with the row alone left out,
        and ``left_out_error``: of a dense model once as a
        known stack, with its model on its device left out, and once as a new stack, with its stack left out and
        nothing known of it. Published mixtures are so few that they are all taken like the latter.
    """
    fitted = list(zip(Calibration(rows, table).errors(), one_left_out_errors(rows, table), strict=True))
    reads = [runs.read_row(row, table) for row in rows]
    dense = [row for row, read in zip(rows, reads, strict=True) if read.kind != MIXTURE]
    known = dict(zip(map(id, dense), left_out_errors(rows, table, shape_and_machine, dense), strict=True))
    found = [
        _published(row, read.kind, errors, known[id(row)])
        for row, read, errors in zip(rows, reads, fitted, strict=True)
        if id(row) in known
    ]
    stacks = [read.key[2] for read in reads]
    for stack in dict.fromkeys(stacks):
        others = Calibration([row for row, name in zip(rows, stacks, strict=True) if name != stack], table).fit(3)
        for row, read, errors in zip(rows, reads, fitted, strict=True):
            if read.key[2] == stack:
                seconds = predict(read.run, resolve(*read.key[:2], None, others)).seconds
                left = seconds / float(row["step_seconds"]) - 1
                found.append(_published(row, MIXTURE if read.kind == MIXTURE else NEW_STACK, errors, left))
    return found


def _published(row: "Row", kind: str, errors: "Sequence[float]", left_out: float) -> "Row":
    found = dict(zip(ERRORS, (*errors, left_out), strict=True))
    return {"set": row["set"], "id": row["id"], "kind": kind, **found}


def main() -> None:
    """Fit the shipped constants anew and write them and their errors: `python -m llmcalc.prediction.calibration`."""
    from ..files import DATA

    rows = datasets.records("training-runs")
    table = Calibration(rows, datasets.records("step-constants")).fit()
    found = published_errors(rows, table)
    write(table, DATA / "step-constants.csv")
    with (DATA / "prediction-errors.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ("set", "id", "kind", *ERRORS), lineterminator="\n")
        writer.writeheader()
        for row in found:
            errors = {name: f"{row[name]:.4f}" for name in ERRORS}
            writer.writerow({**row, **errors})


if __name__ == "__main__":
    main()
