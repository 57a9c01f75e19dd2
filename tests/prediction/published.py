"""Errors of predicted published runs by set, as a file keeps them: `python -m tests.prediction.published` renews it."""

import csv
from pathlib import Path
from statistics import fmean, median

from llmcalc import datasets
from llmcalc.prediction import runs

KEPT = Path(__file__).with_name("errors.csv")
COLUMNS = ("set", "rows", "mean", "median", "largest")


def errors():
    """Error of each published run [%], None where it was refused, and its set."""
    rows = datasets.records("training-runs")
    answers = runs.predict_rows(rows)
    return [
        (row["set"], None if answer["refused"] else 100 * (answer["predicted_seconds"] / row["step_seconds"] - 1))
        for row, answer in zip(rows, answers, strict=True)
    ]


def by_set():
    """Rows, and mean, median and largest error [%], by set."""
    found = {}
    for name, error in errors():
        if error is not None:
            found.setdefault(name, []).append(abs(error))
    return {
        name: {"rows": len(sizes), "mean": fmean(sizes), "median": median(sizes), "largest": max(sizes)}
        for name, sizes in found.items()
    }


def kept():
    """The same, as the file has it."""
    with KEPT.open(encoding="utf-8", newline="") as file:
        return {row["set"]: {name: float(row[name]) for name in COLUMNS[1:]} for row in csv.DictReader(file)}


if __name__ == "__main__":
    with KEPT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for name, numbers in by_set().items():
            writer.writerow([name, numbers["rows"], *(f"{numbers[column]:.2f}" for column in COLUMNS[2:])])
