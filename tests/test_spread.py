"""Ranges in place of numbers: what they mean, against SciPy and the standard library, and the same in MicroPython."""

import csv
import io
import json
import math
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bookbuild.calculator import calculators
from llmcalc import answers, cli, spread
from llmcalc.checks import Refusal
from llmcalc.questions import questions

NODE = Path(sys.prefix) / "bin" / "node"
NORMAL = statistics.NormalDist()


@given(st.floats(1e-300, 1, exclude_max=True))
def test_the_normal_quantile_is_the_standard_librarys(share):
    assert math.isclose(spread.normal_quantile(share), NORMAL.inv_cdf(share), rel_tol=1e-14, abs_tol=1e-15)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, math.nan, 1, "0.5", None, True])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(Refusal, match="share"):
        spread.normal_quantile(share)


def test_points_are_scipys():
    from scipy.stats import qmc  # which takes a second to load

    dimensions = len(spread.PRIMES)
    expected = qmc.Halton(dimensions, scramble=False).random(200)[1:]  # of which the first is the corner
    found = [[spread.halton(number, place) for place in range(dimensions)] for number in range(1, 200)]
    assert np.allclose(found, expected, rtol=1e-14)


def test_coordinates_beyond_the_primes_are_all_different():
    columns = [tuple(spread.halton(number, place) for number in range(1, 50)) for place in range(40)]
    assert len(set(columns)) == 40


@given(st.floats(0.001, 0.99), st.floats(0.001, 0.99), st.floats(0.01, 0.99))
def test_nine_of_ten_lie_in_a_range(one, other, share):
    low, high = sorted((one, other))
    if high - low < 1e-6:
        return
    for name, kind in (("mfu", spread.LOGIT_NORMAL), ("mfu", spread.LOGNORMAL), ("price_per_device_hour", None)):
        known = spread.Spread(name, low, high, kind, (0.0, 1e9))
        assert math.isclose(known.at(0.05), low, rel_tol=1e-9)
        assert math.isclose(known.at(0.95), high, rel_tol=1e-9)
        assert known.at(share) <= known.at(min(0.999, share + 0.01))


def test_kinds_are_those_of_their_names():
    lognormal, uniform = (spread.read(f"2 to 8{kind}", "price_per_device_hour", (0, 1000)) for kind in ("", " uniform"))
    assert (lognormal.kind, uniform.kind) == (spread.LOGNORMAL, spread.UNIFORM)
    assert math.isclose(lognormal.at(0.5), 4.0)
    assert (uniform.at(0.0), uniform.at(0.5), uniform.at(1.0)) == (2.0, 5.0, 8.0)
    shares = spread.read("0.2 to 0.8", "mfu", (0.001, 1))
    assert shares.kind == spread.LOGIT_NORMAL
    assert math.isclose(shares.at(0.5), 0.5)
    assert spread.read("0 to 8", "price_per_device_hour", (0, 1000)).kind == spread.UNIFORM


def test_tails_end_where_the_question_does_and_whole_numbers_are_whole():
    assert spread.read("20 to 300", "days", (1, 400)).at(0.9999) == 400
    counts = {spread.read("2 to 9", "devices_per_server", (1, 72)).at(share / 50) for share in range(1, 50)}
    assert counts >= {2, 3, 4, 5, 6, 7, 8, 9}
    assert all(isinstance(count, int) for count in counts)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2 to 3 weeks", 14, 21),
        ("2 weeks to 30 days", 14, 30),
        ("12 h to 2 days", 0.5, 2),
        ("10 to 20", 10, 20),
        (" 1/2 to 4/3 uniform ", 0.5, 4 / 3),
    ],
)
def test_ends_are_read_as_numbers_are(text, low, high):
    found = spread.read(text, "days", (0.1, 400))
    assert (found.low, found.high) == pytest.approx((low, high))


@pytest.mark.parametrize(
    "text", ["5 to 3", "3 to 3", "a to b", "1 to", " to 2", "1 to 2 to 3", "1 to 2 parsec", "0 to 5"]
)
def test_what_is_no_range_is_refused_in_a_line(text):
    with pytest.raises(Refusal) as refused:
        spread.read(text, "days", (1, 400))
    assert refused.value.argument == "days"
    assert "\n" not in str(refused.value)


def test_texts_and_switches_have_no_ranges():
    for name in ("accelerator", "model"):
        with pytest.raises(Refusal, match="no number"):
            spread.read("A to B", name)


def test_one_range_gives_what_its_quantiles_give():
    found = spread.sample(answers.training_gpus, {"mfu": "0.3 to 0.5"}, 2048).told()["gpus"]
    known = spread.read("0.3 to 0.5", "mfu", (0.001, 1))
    for part, share in (("p10", 0.9), ("median", 0.5), ("p90", 0.1)):  # more utilisation takes fewer
        assert found[part] == pytest.approx(answers.training_gpus(mfu=known.at(share))["gpus"], rel=0.005)
    assert sum(found["bars"]) == 2048


def test_independent_ranges_multiply_as_lognormals_do():
    given = {"price_per_device_hour": "1 to 4", "days": "20 to 40", "sized_by": "devices"}
    found = spread.Sample(
        lambda price_per_device_hour, days, sized_by: product(price_per_device_hour * days),
        {name: spread.read(text, name) if spread.is_range(text) else text for name, text in given.items()},
    )
    found.go_on(4096)
    ends = [math.log(4 / 1), math.log(40 / 20)]
    sigma = math.hypot(*ends) / 2 / NORMAL.inv_cdf(0.95)
    told = found.told()["cost"]
    assert told["median"] == pytest.approx(2 * math.sqrt(800), rel=0.005)
    for part, share in (("p10", 0.1), ("p90", 0.9)):
        assert told[part] == pytest.approx(2 * math.sqrt(800) * math.exp(sigma * NORMAL.inv_cdf(share)), rel=0.01)


def product(value):
    from llmcalc.results import Results

    return Results(cost=(value, "USD", "Cost"))


def test_what_moves_together_spreads_further():
    given = {"params": "100e9 to 300e9", "tokens": "2e11 to 5e11"}
    alone = spread.sample(answers.training_gpus, given).told()["gpus"]
    together = spread.sample(answers.training_gpus, given, together=[("params", "tokens")])
    told = together.told()["gpus"]
    assert told["p10"] < alone["p10"] < alone["p90"] < told["p90"]
    assert [row["names"] for row in together.tornado("gpus")] == [["params", "tokens"]]
    with pytest.raises(Refusal, match="together"):
        spread.sample(answers.training_gpus, given, together=[("params", "mfu")])


def test_a_tornado_has_the_answers_at_the_ends():
    found = spread.sample(answers.training_gpus, {"mfu": "0.3 to 0.5", "days": "10 to 90"}, 8)
    first, second = found.tornado("gpus")
    assert (first["names"], second["names"]) == (["days"], ["mfu"])
    middle = spread.read("0.3 to 0.5", "mfu", (0.001, 1)).at(0.5)
    assert first["low"] == answers.training_gpus(mfu=middle, days=10.0)["gpus"]
    assert first["high"] == answers.training_gpus(mfu=middle, days=90.0)["gpus"]
    with pytest.raises(Refusal, match="result"):
        found.tornado("cards")


def test_predictions_bring_their_own_error():
    given = {"sized_by": "devices", "price_per_device_hour": "1.9999 to 2.0001"}
    exact, found = answers.planner(sized_by="devices"), spread.sample(answers.planner, given).told()
    assert found["days"]["p10"] == pytest.approx(exact["days_low"], rel=0.02)
    assert found["days"]["p90"] == pytest.approx(exact["days_high"], rel=0.02)
    assert found["rent"]["p90"] / found["rent"]["median"] == pytest.approx(
        found["days"]["p90"] / found["days"]["median"], rel=0.001
    )
    typed = spread.sample(answers.planner, given | {"mfu": 0.4}).told()["days"]
    assert typed["p10"] == typed["p90"]


def test_refused_points_are_counted():
    def answer(days):
        if days > 30:
            raise Refusal("days", days, "at most 30")
        return product(days)

    found = spread.Sample(answer, {"days": spread.read("20 to 40", "days")})
    found.go_on(256)
    assert 0 < found.refused < 256
    assert found.told()["cost"]["share"] == 1 - found.refused / 256


def test_without_a_range_there_is_nothing_to_spread():
    with pytest.raises(Refusal, match="range"):
        spread.sample(answers.training_gpus, {"mfu": 0.4})


def test_shares_of_the_variance_add_up():
    # A product of two lognormals, nearly without rounding: first-order indices of its logarithm are known.
    found = spread.sobol_indices(answers.training_gpus, {"mfu": "0.3 to 0.31", "days": "20 to 20.5"}, "required_tflops")
    assert found["days"][0] == pytest.approx(1, abs=0.01)
    assert found["mfu"][1] == pytest.approx(0, abs=0.01)
    found = spread.sobol_indices(answers.training_gpus, {"mfu": "0.35 to 0.45", "days": "25 to 35"}, "gpus")
    logits = [math.log(0.45 / 0.35), math.log(35 / 25)]
    assert found["days"][0] == pytest.approx(logits[1] ** 2 / (logits[0] ** 2 + logits[1] ** 2), abs=0.05)
    assert sum(first for first, _ in found.values()) == pytest.approx(1, abs=0.05)


MICROPYTHON = """\
import { readFileSync } from "node:fs";
import { load, prepare } from "./python.mjs";
const { model, given } = JSON.parse(readFileSync(0, "utf8"));
const python = await load();
prepare(python, model);
python.runPython(`
import json
from llmcalc import spread
def spreads(texts):
    values = {}
    for name, text in json.loads(texts).items():
        values[name] = spread.read(text, name, limits.get(name)) if spread.is_range(text) else text
    found = spread.Sample(answer, values)
    found.go_on(200)
    return json.dumps([found.told(), found.tornado(sorted(found.values)[0])])
`);
const spreads = python.globals.get("spreads");
process.stdout.write(JSON.stringify(given.map((one) => JSON.parse(spreads(JSON.stringify(one))))));
"""


@pytest.mark.built
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("training-gpus", [{"mfu": "0.3 to 0.5"}, {"mfu": "0.3 to 0.5 uniform", "days": "2 to 9 weeks"}]),
        ("cv-backlog", [{"trials": "3 to 8", "trial_days": "5 to 9"}]),
    ],
)
def test_pages_get_the_same(name, given, tmp_path):
    question = questions()[name]
    wanted = calculators.closure(
        {f"llmcalc.answers.{name.replace('-', '_')}", "llmcalc.spread", *calculators.CALLED_BY_PAGES}
    )
    modules = {module: calculators.shipped(module) for module in sorted(wanted)}
    model = {
        "function": name.replace("-", "_"),
        "parameters": [calculators.describe(parameter, question) for parameter in question.parameters.values()],
        "curves": "",
        "modules": modules,
        "data": calculators.by_columns(calculators.tables(question, list(modules.values()))),
    }
    calculators.copy_runtime(tmp_path, calculators.SHARED.as_uri())
    (tmp_path / "run.mjs").write_text(MICROPYTHON, encoding="utf-8")
    work = json.dumps({"model": model, "given": given})
    run = subprocess.run(
        [NODE, "run.mjs"], input=work, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    for texts, (told, tornado) in zip(given, json.loads(run.stdout), strict=True):
        found = spread.sample(question.answer, texts, 200)
        expected = found.told()
        assert told.keys() == expected.keys()
        for result, parts in expected.items():
            assert told[result].pop("bars") == parts.pop("bars")
            assert told[result] == pytest.approx(parts, rel=1e-12), result
        assert tornado == found.tornado(min(found.values))


def run(*arguments):
    return CliRunner(catch_exceptions=False).invoke(cli.command, arguments, standalone_mode=False)


def test_the_command_answers_ranges():
    lines = run("answer", "training-gpus", "mfu=0.3 to 0.5", "days=20 to 40").output.splitlines()
    assert lines[0].split() == ["result", "unit", "default", "p10", "median", "p90"]
    assert any(line.startswith("what moves: GPUs that finish in time") for line in lines)
    answered = json.loads(run("answer", "training-gpus", "mfu=0.3 to 0.5", "--json", "--points", "100").output)
    gpus = answered["results"]["gpus"]
    assert gpus["p10"] < gpus["median"] < gpus["p90"]
    assert (answered["points"], answered["parameters"]["mfu"]) == (100, "0.3 to 0.5")


def test_a_table_may_have_ranges(tmp_path):
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("mfu,days\n0.3 to 0.5,30\n0.4,30\n", encoding="utf-8")
    arguments = ("answer", "training-gpus", "--scenarios", str(source), "--output", str(output))
    run(*arguments, "--ranges")
    ranged, plain = csv.DictReader(io.StringIO(output.read_text(encoding="utf-8")))
    assert float(ranged["gpus p10 [GPU]"]) < float(ranged["gpus [GPU]"]) < float(ranged["gpus p90 [GPU]"])
    assert plain["gpus p10 [GPU]"] == plain["error"] == ""
    assert run(*arguments).exit_code == 2
    refused, plain = csv.DictReader(io.StringIO(output.read_text(encoding="utf-8")))
    assert "--ranges" in refused["error"]
    assert plain["gpus [GPU]"] == "1948.0"
