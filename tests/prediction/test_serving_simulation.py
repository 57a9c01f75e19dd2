"""The closed form of waiting, held to the scheduler's events."""

import random
import statistics

import pytest

from llmcalc import catalogue, known_models
from llmcalc.formulas.waiting import dispersion
from llmcalc.models.service import Service
from llmcalc.plans.serving import replica

pytest.importorskip("simpy")

from llmcalc.simulation import _gap, simulate

CASES = {
    "8B on one H200": ("Llama 3.1 8B", "H200", 1, "fp8", 1000, 200),
    "8B in 16 bits on one H100": ("Llama 3.1 8B", "H100", 1, "bf16", 500, 100),
    "70B on four H200": ("Llama 3.3 70B", "H200", 4, "fp8", 2000, 300),
}


def serves(name, device, ranks, number_format, question, answer, options=None):
    return Service(
        known_models.model(name),
        catalogue.device(device),
        number_format,
        ranks,
        question_tokens=question,
        answer_tokens=answer,
        **(options or {}),
    )


@pytest.mark.parametrize("load", [0.3, 0.5, 0.7, 0.8])
@pytest.mark.parametrize("case", CASES)
def test_first_tokens_come_as_the_simulation_has_them(case, load):
    service = serves(*CASES[case])
    rate = load * replica(service).requests
    closed, events = replica(service, rate), simulate(service, rate, requests=5000, seed=2)
    ordered = sorted(events["first_token"])
    assert closed.first_token["p95"] == pytest.approx(ordered[int(0.95 * len(ordered))], rel=0.10)
    assert closed.first_token["mean"] == pytest.approx(statistics.mean(ordered), rel=0.10)
    tokens = sorted(events["output_token"])
    assert closed.output_token["mean"] == pytest.approx(statistics.mean(tokens), rel=0.10)
    for quantile, share in (("p95", 0.95), ("p99", 0.99)):
        assert closed.output_token[quantile] == pytest.approx(tokens[int(share * len(tokens))], rel=0.10)


# What people ask for beyond one answer to each question, written token by token.
OTHERWISE = {
    "eight answers to a question": ("Llama 3.1 8B", "H200", 1, "fp8", 1000, 200, {"answers_per_question": 8}),
    "four drafted tokens": ("Llama 3.1 8B", "H200", 1, "fp8", 1000, 200, {"draft_tokens": 4, "acceptance": 0.7}),
    "a mixture, uneven questions": ("MiniMax M2", "H200", 8, "fp8", 600, 300, {"question_spread": 1.0}),
}


@pytest.mark.parametrize("load", [0.05, 0.2])
@pytest.mark.parametrize("case", OTHERWISE)
def test_times_of_other_services_are_as_the_simulation_has_them(case, load):
    service = serves(*OTHERWISE[case])
    rate = load * replica(service).requests
    closed, first, token = replica(service, rate), [], []
    for seed in range(3 if load > 0.1 else 1):  # requests that hardly meet are all alike
        events = simulate(service, rate, requests=3000, seed=seed)
        first += events["first_token"]
        token += events["output_token"]
    for found, times in ((closed.first_token, sorted(first)), (closed.output_token, sorted(token))):
        assert found["mean"] == pytest.approx(statistics.mean(times), rel=0.10)
        assert found["p95"] == pytest.approx(times[int(0.95 * len(times))], rel=0.12)


def test_a_draft_writes_as_many_tokens_a_step_as_are_accepted():
    service = serves("Llama 3.1 8B", "H200", 1, "fp8", 10, 400, {"draft_tokens": 3, "acceptance": 0.6})
    # Alone, so that all steps are alike.
    events = simulate(service, 1e-3, requests=200, seed=1)
    step = service.drafted(service.step_seconds(1, service.mean_context()))
    assert statistics.mean(events["output_token"]) == pytest.approx(step / service.written(), rel=0.01)


def test_answers_to_one_question_begin_together_and_are_all_counted():
    service = serves("Llama 3.1 8B", "H200", 1, "fp8", 100, 20, {"answers_per_question": 5})
    events = simulate(service, 1e-3, requests=100, warm=0.0, seed=1)
    assert len(events["first_token"]) == 100
    assert len(events["answer"]) == len(events["output_token"]) == 500
    alone = service.step_seconds(5, 110)
    assert statistics.mean(events["output_token"]) == pytest.approx(alone, rel=0.01)


# Standard deviations of the time between requests, in shares of its mean, and loads.
BURSTS = [(2.0, 0.3), (2.0, 0.5), (2.0, 0.7), (2.0, 0.8), (1.5, 0.8)]


@pytest.mark.parametrize(("spread", "load"), BURSTS)
@pytest.mark.parametrize("case", CASES)
def test_first_tokens_of_bursts_come_as_the_simulation_has_them(case, spread, load):
    service = serves(*CASES[case], {"arrival_spread": spread})
    rate = load * replica(service).requests
    closed, ordered, tokens = replica(service, rate), [], []
    for seed in range(6):  # bursts differ so much that a single run says little
        events = simulate(service, rate, requests=4000, seed=seed)
        ordered += events["first_token"]
        tokens += events["output_token"]
    ordered.sort()
    tokens.sort()
    assert closed.output_token["p95"] == pytest.approx(tokens[int(0.95 * len(tokens))], rel=0.15)
    assert closed.first_token["p95"] == pytest.approx(ordered[int(0.95 * len(ordered))], rel=0.10)
    assert closed.first_token["mean"] == pytest.approx(statistics.mean(ordered), rel=0.10)


def test_gaps_of_bursts_have_the_mean_and_the_spread_that_were_asked_for():
    chance = random.Random(1)
    for spread in (1.0, 1.5, 3.0):
        gaps = [_gap(4.0, spread, chance) for _ in range(200_000)]
        assert statistics.mean(gaps) == pytest.approx(0.25, rel=0.03)
        assert statistics.pstdev(gaps) / statistics.mean(gaps) == pytest.approx(spread, rel=0.03)


def test_arrivals_within_a_time_are_as_dispersed_as_the_formula_says():
    chance, counts = random.Random(2), [0] * 40_000
    now = 0.0
    while True:  # windows in which three come on average
        now += _gap(1.0, 2.0, chance) / 3
        if now >= len(counts):
            break
        counts[int(now)] += 1
    found = statistics.pvariance(counts) / statistics.mean(counts)
    assert dispersion(3.0, 2.0) == pytest.approx(found, rel=0.05)


def test_bursts_wait_longer_the_more_they_are_and_without_them_nothing_changes():
    texts = {"question_tokens": 2000, "answer_tokens": 200}
    model, device = known_models.model("Llama 3.3 70B"), catalogue.device("H200")
    plain = Service(model, device, "fp8", 4, **texts)
    rate = 0.7 * replica(plain).requests
    usual = replica(plain, rate)
    assert replica(Service(model, device, "fp8", 4, arrival_spread=1, **texts), rate).first_token == usual.first_token
    waits = [usual.first_token["p95"]]
    for spread in (1.000001, 1.5, 2, 3, 5):
        bursty = Service(model, device, "fp8", 4, arrival_spread=spread, **texts)
        # How much can be served at most does not depend on when it comes.
        assert replica(bursty).requests == replica(plain).requests
        waits.append(replica(bursty, rate).first_token["p95"])
    assert waits == sorted(waits)
    assert waits[1] == pytest.approx(waits[0], rel=1e-3)
    assert waits[-1] > 2 * waits[0]


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
        tokens = sorted(events["output_token"])
        for quantile, share in (("p50", 0.5), ("p95", 0.95)):
            assert closed.output_token[quantile] == pytest.approx(tokens[int(share * len(tokens))], rel=0.15)


def test_the_same_seed_gives_the_same_events():
    service = Service(known_models.model("Llama 3.1 8B"), catalogue.device("H200"), "fp8", answer_tokens=20)
    assert simulate(service, 5.0, requests=50) == simulate(service, 5.0, requests=50)


def test_lengths_that_spread_make_a_request_wait_longer():
    texts = {"question_tokens": 2000, "answer_tokens": 200}
    model, device = known_models.model("Llama 3.3 70B"), catalogue.device("H200")
    even, uneven = (Service(model, device, "fp8", 4, question_spread=spread, **texts) for spread in (0, 1.5))
    waits = [statistics.mean(simulate(service, 5.0, requests=1000)["first_token"]) for service in (even, uneven)]
    assert waits[0] < waits[1]
