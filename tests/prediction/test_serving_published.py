"""The errors of the serving model on published measurements, by set: none may grow unnoticed."""

import csv
import io
import statistics
from pathlib import Path

import pytest

from llmcalc import datasets
from llmcalc.prediction import serving
from tests.prediction import serving_left_out

ERRORS = Path(__file__).with_name("serving-errors.csv")
MOVED = 0.2  # points of the mean error
AIMS = {
    "saturated dense": (9, 25),
    "static dense": (9, 25),
    "first token dense": (10, 25),
    "saturated mixture": (20, 60),
}


@pytest.fixture(scope="module")
def measured():
    """Published values over predictions, by set and kind of model, each with its model and card."""
    found = {}
    for row in serving.published_errors():
        assert not row["refused"], row["refused"]
        group = (row["model"], row["accelerator"])
        found.setdefault(row["kind"], []).append((group, row["measured"] / row["predicted"]))
    return found


def errors(pairs):
    return [100 * abs(1 / ratio - 1) for _, ratio in pairs]


def test_no_set_of_measurements_moved(measured):
    kept = {row["set"]: row for row in csv.DictReader(ERRORS.read_text(encoding="utf-8").splitlines())}
    now = {kind: statistics.mean(errors(pairs)) for kind, pairs in measured.items()}
    assert set(kept) == set(now)
    for kind, error in now.items():
        assert abs(error - float(kept[kind]["mean_error_percent"])) <= MOVED, f"{kind}: {error:.2f} %"
        assert len(measured[kind]) == int(kept[kind]["rows"])


def test_the_errors_are_within_what_is_aimed_at(measured):
    for kind, (mean, most) in AIMS.items():
        assert statistics.mean(errors(measured[kind])) <= mean, kind
        assert max(errors(measured[kind])) <= most, kind


def unseen():
    found = {}
    for row in datasets.records("serving-left-out"):
        kind = f"{row['set']} {'mixture' if serving._is_mixture(row['model']) else 'dense'}"
        found.setdefault(kind, []).append(100 * abs(row["left_out_error"]))
    return found


def test_the_errors_on_models_that_were_not_fitted_are_within_what_is_aimed_at(measured):
    left = unseen()
    fitted = [kind for kind in measured if kind.rpartition(" ")[0] in serving_left_out.SETS]
    assert {kind: len(found) for kind, found in left.items()} == {kind: len(measured[kind]) for kind in fitted}
    for kind, (mean, most) in (AIMS | {"saturated mixture": (20, 65)}).items():
        assert statistics.mean(left[kind]) <= mean, kind
        assert max(left[kind]) <= most, kind


@pytest.mark.parametrize(("name", "mixture"), [("other cards", 20), ("next version", 25)])
def test_the_errors_on_cards_and_versions_that_were_not_fitted_are_within_what_is_aimed_at(measured, name, mixture):
    dense = errors(measured[f"{name} dense"])
    assert statistics.mean(dense) <= 9
    assert max(dense) <= 25
    assert statistics.mean(errors(measured[f"{name} mixture"])) <= mixture


def test_requests_that_come_at_once_are_written_in_rounds():
    asked = LLAMA | {"precision": "fp8", "isl": "2000", "osl": "2000"}
    endless, rounds = serving.predict_row(asked), {}
    assert endless["assumed"].endswith("8 bits of each number in the caches; requests without end")
    batch = float(endless["batch"])
    for many in (0.5, 1, 1.5, 100.5):
        rounds[many] = serving.predict_row(asked | {"requests": str(many * batch)})
        assert "requests" not in rounds[many]["assumed"]
    rate = {many: float(answer["predicted_output_tokens_s"]) for many, answer in rounds.items()}
    alone = serving.predict_row(asked | {"concurrency": str(0.5 * batch)})
    assert rate[0.5] == pytest.approx(float(alone["predicted_output_tokens_s"]), rel=1e-4)
    assert rate[1] == pytest.approx(float(endless["predicted_output_tokens_s"]), rel=1e-4)
    # A round that is half full takes more than half of the time.
    by_hand = 1.5 * batch / (batch / rate[1] + 0.5 * batch / rate[0.5])
    assert rate[1.5] == pytest.approx(by_hand, rel=1e-3)
    assert rate[0.5] < rate[1.5] < rate[100.5] < rate[1]
    # What the engine's makers say that they send is taken for lengths that they measure, and for their engine only.
    known = LLAMA | {"precision": "fp8"}
    assert "30000 requests at once" in serving.predict_row(known)["assumed"]
    assert "requests without end" in serving.predict_row(known | {"engine": "vLLM"})["assumed"]
    assert (
        serving.predict_row(known | {"requests": "30000"})["predicted_output_tokens_s"]
        == (serving.predict_row(known)["predicted_output_tokens_s"])
    )


def test_the_errors_of_what_was_left_out_are_those_of_a_fit_without_it():
    pytest.importorskip("scipy")
    for model in ("Llama 3.1 8B", "Qwen3 30B A3B"):
        kept = [row["left_out_error"] for row in datasets.records("serving-left-out") if row["model"] == model]
        assert [error for _, error in serving_left_out.left_out(model)] == pytest.approx(kept, abs=0.002)


@pytest.mark.parametrize("kind", ["dense", "mixture"])
def test_a_range_from_other_models_and_cards_holds_for_those_left_out(measured, kind):
    pairs = [
        pair for name, found in measured.items() if name.split()[-1] == kind and "first" not in name for pair in found
    ]
    held = []
    for left in {group for group, _ in pairs}:
        tenths = statistics.quantiles([ratio for group, ratio in pairs if group != left], n=10, method="inclusive")
        held += [tenths[0] <= ratio <= tenths[-1] for group, ratio in pairs if group == left]
    assert 0.7 <= statistics.mean(held) <= 0.9


@pytest.mark.parametrize("kind", ["dense", "mixture"])
def test_the_ranges_of_the_data_are_the_tenths_of_the_measurements(measured, kind):
    ratios = [
        ratio
        for name, found in measured.items()
        if name.split()[-1] == kind and "first" not in name
        for _, ratio in found
    ]
    tenths = statistics.quantiles(ratios, n=10, method="inclusive")
    assert serving.interval(kind) == (pytest.approx(tenths[0], abs=0.003), pytest.approx(tenths[-1], abs=0.003))


def test_the_range_of_first_tokens_is_that_of_the_measurements(measured):
    tenths = statistics.quantiles([ratio for _, ratio in measured["first token dense"]], n=10, method="inclusive")
    assert serving.interval("first") == (pytest.approx(tenths[0], abs=0.003), pytest.approx(tenths[-1], abs=0.003))


LLAMA = {"model": "meta-llama/Llama-3.1-8B-Instruct", "gpu": "NVIDIA H100", "isl": "128", "osl": "128"}


def test_columns_come_in_any_order_and_under_any_usual_name():
    plain = serving.predict_row(LLAMA | {"precision": "FP8", "tp": "2", "concurrency": "64"})
    other = {
        "remark": "kept",
        "osl": "128",
        "Input Length": "128",
        "max_concurrency": "64",
        "tp_size": "2.0",
        "Number-Format": "fp8",
        "system": "h100",
        "model_path": "Llama 3.1 8B",
        "pp": "-",
        "attention_dp_size": "0",
    }
    assert serving.predict_row(other) == plain
    assert float(plain["batch"]) == 64
    assert float(plain["tpot_ms"]) == pytest.approx(64e3 / float(plain["predicted_output_tokens_s"]), rel=1e-4)


def test_requests_that_come_at_a_rate_have_latencies_that_spread():
    asked = LLAMA | {"precision": "fp8", "isl": "1000", "osl": "200"}
    answer = serving.predict_row(asked | {"rps": "10"})
    first = [float(answer[f"ttft_{quantile}_ms"]) for quantile in ("p50", "p95", "p99")]
    token = [float(answer[f"tpot_{quantile}_ms"]) for quantile in ("p50", "p95", "p99")]
    assert first == sorted(first)
    assert token == sorted(token)
    assert float(answer["predicted_output_tokens_s"]) == pytest.approx(2000, rel=1e-4)
    assert float(answer["tpot_low_ms"]) < float(answer["tpot_ms"]) < float(answer["tpot_high_ms"])
    assert "less than the replica serves" in serving.predict_row(asked | {"rps": "1000"})["refused"]
    alone = serving.predict_row({name: asked[name] for name in ("model", "gpu", "isl", "precision")})
    assert float(alone["ttft_low_ms"]) < float(alone["ttft_ms"]) < float(alone["ttft_high_ms"])


def test_first_tokens_under_load_have_a_range_that_opens_towards_full_load():
    asked = LLAMA | {"precision": "fp8", "isl": "1000", "osl": "200"}
    most = float(serving.predict_row(asked)["predicted_output_tokens_s"]) / 200
    widths = []
    for load in (0.1, 0.5, 0.8):
        answer = serving.predict_row(asked | {"rps": str(load * most)})
        low, middle, high = (float(answer[f"ttft_{name}ms"]) for name in ("low_", "", "high_"))
        assert low < middle < high
        widths.append(high / low)
    assert widths == sorted(widths)
    # Where an engine at the slow end could not keep up, there is no upper end.
    full = serving.predict_row(asked | {"rps": str(0.95 * most)})
    assert full["ttft_low_ms"]
    assert full["ttft_high_ms"] == ""
    users = serving.predict_row(asked | {"concurrency": "64"})
    alone = serving.predict_row({name: asked[name] for name in ("model", "gpu", "isl", "precision")})
    assert float(users["ttft_low_ms"]) > float(alone["ttft_low_ms"])
    # Users whose requests come apart wait for their own prompt, those who come together for eight.
    assert float(users["ttft_high_ms"]) > 3 * float(users["ttft_low_ms"])


def test_a_number_may_be_of_any_size_that_is_meant():
    assert serving._number("osl", "950,000,000,000") == 9.5e11


def test_bursts_of_a_load_generator_lengthen_the_first_token():
    asked = LLAMA | {"precision": "fp8", "isl": "1000", "osl": "200", "rps": "30"}
    at_random, even, bursty = (serving.predict_row(asked | {"burstiness": shape}) for shape in ("1", "5", "0.25"))
    assert at_random == even == serving.predict_row(asked)
    assert float(bursty["ttft_p95_ms"]) > 1.2 * float(at_random["ttft_p95_ms"])
    # Gaps of a gamma distribution of the shape 1/4 deviate from their mean by twice of it.
    assert serving._service(serving._read(asked | {"burstiness": "0.25"})).arrival_spread == 2.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gpu": "H900"}, "H900"),
        ({"model": "GPT-9"}, "GPT-9"),
        ({"isl": "many"}, "question_tokens"),
        ({"isl": "1e12"}, "above 0 and below 1e12"),
        ({"precision": "fp5"}, "fp5"),
        ({"tp": "3"}, "tensor_parallel"),
        ({"isl": ""}, "isl"),
        ({"gpu": ""}, "device"),
    ],
)
def test_a_row_that_cannot_be_predicted_says_why(change, said):
    answer = serving.predict_row(LLAMA | change)
    assert said in answer["refused"]
    assert answer["predicted_output_tokens_s"] == ""


def test_what_does_not_fit_is_no_answer():
    answer = serving.predict_row(LLAMA | {"model": "Llama 3.1 405B", "precision": "bf16"})
    assert answer["fits"] == "no"
    assert answer["predicted_output_tokens_s"] == answer["tpot_ms"] == ""


def test_a_table_has_a_row_out_for_each_row_in():
    lines = ["isl,note,model,gpu,osl", "128,a,Llama 3.1 8B,H200,128", "128,b,nothing,H200,128", "128,c,GPT-J,A100,"]
    predicted = io.StringIO()
    serving.predict_table(io.StringIO("\n".join(lines)), predicted)
    rows = list(csv.DictReader(predicted.getvalue().splitlines()))
    assert [row["note"] for row in rows] == ["a", "b", "c"]
    assert [bool(row["refused"]) for row in rows] == [False, True, False]
    assert rows[2]["ttft_ms"]
    assert not rows[2]["tpot_ms"]


def first_token(**row):
    return float(serving.predict_row({"model": "Llama 3.1 8B", "gpu": "H100", "precision": "fp8", **row})["ttft_ms"])


def test_users_whose_requests_come_together_wait_for_each_others_prompts():
    texts = {"isl": "1024", "osl": "256"}
    waits = [first_token(**texts, concurrency=str(users)) for users in (1, 2, 4, 8, 64)]
    assert waits == sorted(waits)
    # A step has room for eight such prompts: eight users wait for them all, and more do not come together.
    assert waits[3] > 4 * first_token(isl="1024")
    assert waits[4] < 1.5 * waits[3]


def test_a_single_user_waits_for_the_step_that_runs_and_for_the_prompt():
    row = {"model": "Llama 3.1 8B", "gpu": "H100", "precision": "fp8", "isl": "1024", "osl": "256", "concurrency": "1"}
    answer = serving.predict_row(row)
    half_a_step = float(answer["tpot_ms"]) / 2
    assert float(answer["ttft_ms"]) == pytest.approx(first_token(isl="1024") + half_a_step, rel=1e-3)
