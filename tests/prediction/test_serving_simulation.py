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
from tests.kept.catalogue import kept
from tests.kept.simulations import of_row, service

ROWS = kept("simulations")


def serves(name, device, ranks, number_format, question, answer, options=None):
    return service(name, device, ranks, number_format, question, answer, options or {})


def rows(kind):
    return [pytest.param(row, id=f"{row['service']}-{row['load']}") for row in ROWS if row["kind"].startswith(kind)]


def agrees(row, latency, points, within):
    """Whether the closed form has what the simulation had at the same rate, so close."""
    closed = getattr(replica(of_row(row), float(row["requests_per_second"])), latency)
    for point in points:
        assert closed[point] == pytest.approx(float(row[f"{latency} {point}"]), rel=within), (latency, point)


def test_every_simulation_is_looked_at():
    kinds = {row["kind"].split(" ")[0] for row in ROWS}
    assert kinds == {"even", "bursts", "otherwise", "uneven", "pool"}


@pytest.mark.parametrize("row", rows("even"))
def test_times_come_as_the_simulation_has_them(row):
    agrees(row, "first_token", ("mean", "p95"), 0.10)
    agrees(row, "output_token", ("mean", "p95", "p99"), 0.10)


@pytest.mark.parametrize("row", rows("otherwise"))
def test_times_of_other_services_are_as_the_simulation_has_them(row):
    for latency in ("first_token", "output_token"):
        agrees(row, latency, ("mean",), 0.10)
        agrees(row, latency, ("p95",), 0.12)


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


@pytest.mark.parametrize("row", rows("bursts"))
def test_first_tokens_of_bursts_come_as_the_simulation_has_them(row):
    agrees(row, "output_token", ("p95",), 0.15)
    agrees(row, "first_token", ("mean", "p95"), 0.10)


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


@pytest.mark.parametrize("row", rows("uneven"))
def test_latencies_over_load_follow_the_simulation_where_lengths_are_uneven(row):
    for latency, within in (("first_token", 0.2), ("answer", 0.2), ("output_token", 0.15)):
        agrees(row, latency, ("p50", "p95"), within)


@pytest.mark.parametrize("row", rows("pool"))
def test_pools_wait_as_simulated_engines_do(row):
    latency = "first_token" if row["kind"] == "pool for reading" else "output_token"
    if float(row["load"]) < 0.8:
        agrees(row, latency, ("mean",), 0.11)
        agrees(row, latency, ("p95",), 0.13)
        return
    # Closer to full load nobody is promised a time that the engine does not keep.
    closed = getattr(replica(of_row(row), float(row["requests_per_second"])), latency)
    assert 0.9 < closed["p95"] / float(row[f"{latency} p95"]) < 1.5


def test_the_same_seed_gives_the_same_events():
    service = Service(known_models.model("Llama 3.1 8B"), catalogue.device("H200"), "fp8", answer_tokens=20)
    assert simulate(service, 5.0, requests=50) == simulate(service, 5.0, requests=50)


def test_lengths_that_spread_make_a_request_wait_longer():
    texts = {"question_tokens": 2000, "answer_tokens": 200}
    model, device = known_models.model("Llama 3.3 70B"), catalogue.device("H200")
    even, uneven = (Service(model, device, "fp8", 4, question_spread=spread, **texts) for spread in (0, 1.5))
    waits = [statistics.mean(simulate(service, 5.0, requests=1000)["first_token"]) for service in (even, uneven)]
    assert waits[0] < waits[1]
