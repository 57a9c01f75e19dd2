"""The closed form of waiting, held to the scheduler's events."""

import statistics

import pytest

from llmcalc import catalogue, known_models
from llmcalc.models.service import Service
from llmcalc.plans.serving import replica

pytest.importorskip("simpy")

from llmcalc.simulation import simulate

CASES = {
    "8B on one H200": ("Llama 3.1 8B", "H200", 1, "fp8", 1000, 200),
    "8B in 16 bits on one H100": ("Llama 3.1 8B", "H100", 1, "bf16", 500, 100),
    "70B on four H200": ("Llama 3.3 70B", "H200", 4, "fp8", 2000, 300),
}


@pytest.mark.parametrize("load", [0.3, 0.5, 0.7, 0.8])
@pytest.mark.parametrize("case", CASES)
def test_first_tokens_come_as_the_simulation_has_them(case, load):
    name, device, ranks, number_format, question, answer = CASES[case]
    service = Service(
        known_models.model(name),
        catalogue.device(device),
        number_format,
        ranks,
        question_tokens=question,
        answer_tokens=answer,
    )
    rate = load * replica(service).requests
    closed, events = replica(service, rate), simulate(service, rate, requests=5000, seed=2)
    ordered = sorted(events["first_token"])
    assert closed.first_token["p95"] == pytest.approx(ordered[int(0.95 * len(ordered))], rel=0.10)
    assert closed.first_token["mean"] == pytest.approx(statistics.mean(ordered), rel=0.10)
    assert closed.output_token["mean"] == pytest.approx(statistics.mean(events["output_token"]), rel=0.10)


UNEVEN = {
    "70B on four H200": ("Llama 3.3 70B", "H200", 4, "fp8", 2000, 300, 0.5),
    "a mixture on one H100": ("Qwen3 30B A3B", "H100", 1, "bf16", 1000, 300, 0.5),
    "8B on one H200, of very uneven lengths": ("Llama 3.1 8B", "H200", 1, "fp8", 1000, 200, 1.0),
}


@pytest.mark.parametrize("case", UNEVEN)
def test_latencies_over_load_follow_the_simulation_where_lengths_are_uneven(case):
    name, device, ranks, number_format, question, answer, spread = UNEVEN[case]
    service = Service(
        known_models.model(name),
        catalogue.device(device),
        number_format,
        ranks,
        question_tokens=question,
        answer_tokens=answer,
        question_spread=spread,
        answer_spread=spread,
    )
    for load in (0.3, 0.5, 0.7, 0.8):
        rate = load * replica(service).requests
        closed, events = replica(service, rate), simulate(service, rate, requests=3000, seed=2)
        for latency in ("first_token", "answer"):
            ordered = sorted(events[latency])
            for quantile, share in (("p50", 0.5), ("p95", 0.95)):
                found = getattr(closed, latency)[quantile]
                assert found == pytest.approx(ordered[int(share * len(ordered))], rel=0.2), (load, latency, quantile)
        assert closed.output_token["p50"] == pytest.approx(statistics.median(events["output_token"]), rel=0.15)


def test_the_same_seed_gives_the_same_events():
    service = Service(known_models.model("Llama 3.1 8B"), catalogue.device("H200"), "fp8", answer_tokens=20)
    assert simulate(service, 5.0, requests=50) == simulate(service, 5.0, requests=50)


def test_lengths_that_spread_make_a_request_wait_longer():
    texts = {"question_tokens": 2000, "answer_tokens": 200}
    model, device = known_models.model("Llama 3.3 70B"), catalogue.device("H200")
    even, uneven = (Service(model, device, "fp8", 4, question_spread=spread, **texts) for spread in (0, 1.5))
    waits = [statistics.mean(simulate(service, 5.0, requests=1000)["first_token"]) for service in (even, uneven)]
    assert waits[0] < waits[1]
