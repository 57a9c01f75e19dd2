"""Errors of published services whose model was left out of the fit.

`python -m tests.prediction.serving_left_out` writes them. The fitted constants of `data/serving-constants.csv` are
fitted again to the measurements of all other models, as they were: by least squares of the logarithms of predicted over
measured, those of mixtures after the others.
"""

import csv
import math
import sys
from functools import cache
from pathlib import Path
from unittest import mock

from llmcalc import catalogue, datasets, known_models
from llmcalc.models import service
from llmcalc.prediction import serving

SETS = ("saturated", "static", "first token")  # that constants were fitted to
KEPT = Path(__file__).parents[2] / "data" / "serving-left-out.csv"
FITTED = {
    mixture: [
        row["constant"]
        for row in datasets.records("serving-constants")
        if (row["fitted_to"] or "").split(",")[0] in (("mixtures",) if mixture else ("dense", "static"))
    ]
    for mixture in (False, True)
}
MOST = {"products_share": 1.0, "memory_share": 1.0, "overlap": 1.0}


def rows():
    """Published measurements, each with what is read of it and whether its model is a mixture."""
    found = []
    for row in datasets.records("serving-published"):
        if row["set"] not in SETS:
            continue
        given = serving._read(serving.published_row(row))
        first = row["set"] == "first token"
        measured = row["first_token_ms" if first else "output_tokens_per_s"]
        found.append(
            (
                row,
                given,
                "ttft_ms" if first else "predicted_output_tokens_s",
                measured,
                serving._is_mixture(row["model"]),
            )
        )
    return found


def ratios(chosen, constants):
    """Logarithms of predicted over measured with some constants."""
    with (
        mock.patch.object(service, "known_constants", return_value=constants),
        mock.patch.object(serving, "known_models", mock.Mock(model=cache(known_models.model))),
        mock.patch.object(serving, "catalogue", mock.Mock(device=cache(catalogue.device))),
        mock.patch.object(serving, "badge", return_value=""),
    ):
        return [math.log(serving.predict(given)[name] / measured) for _, given, name, measured, _ in chosen]


def fit(chosen, constants, names):
    """Constants with some of them fitted to measurements."""
    from scipy.optimize import least_squares

    def with_these(logarithms):
        return constants | {name: math.exp(power) for name, power in zip(names, logarithms, strict=True)}

    start = [math.log(constants[name]) for name in names]
    # Anywhere within a factor of ten, and no share above 1.
    ends = (
        [start[place] - 2.3 for place in range(len(names))],
        [math.log(MOST[name]) + 1e-9 if name in MOST else start[place] + 2.3 for place, name in enumerate(names)],
    )
    found = least_squares(
        lambda tried: ratios(chosen, with_these(tried)), start, bounds=ends, diff_step=1e-3, xtol=1e-4
    )
    return with_these(found.x)


def left_out(model):
    """Of each measurement of a model its error with the constants that all others give."""
    everything = rows()
    mixture = serving._is_mixture(model)
    others = [row for row in everything if row[4] == mixture and row[0]["model"] != model]
    own = [row for row in everything if row[0]["model"] == model]
    constants = fit(others, dict(service.known_constants()), FITTED[mixture])
    return [(row[0], math.exp(ratio) - 1) for row, ratio in zip(own, ratios(own, constants), strict=True)]


def main():
    models = list(dict.fromkeys(row["model"] for row, *_ in rows()))
    names = [
        "set",
        "model",
        "accelerator",
        "number_format",
        "tensor_parallel",
        "question_tokens",
        "answer_tokens",
        "batch",
    ]
    with KEPT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*names, "left_out_error"])
        for model in models:
            for row, error in left_out(model):
                writer.writerow(["" if row[name] is None else row[name] for name in names] + [f"{error:.4f}"])
            print(model, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
