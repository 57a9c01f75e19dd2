"""Times that simulated engines take, which the closed form of waiting is held to."""

import statistics

from llmcalc import catalogue, known_models
from llmcalc.models.service import Service
from llmcalc.plans.pools import pools_plan
from llmcalc.plans.serving import replica
from llmcalc.simulation import simulate
from tests.kept.cells import written

# Model, device, ranks, format, tokens of a question and of an answer, and what is asked besides.
EVEN = {
    "8B on one H200": ("Llama 3.1 8B", "H200", 1, "fp8", 1000, 200, {}),
    "8B in 16 bits on one H100": ("Llama 3.1 8B", "H100", 1, "bf16", 500, 100, {}),
    "70B on four H200": ("Llama 3.3 70B", "H200", 4, "fp8", 2000, 300, {}),
}
# Beyond one answer to each question, written token by token.
OTHERWISE = {
    "eight answers to a question": ("Llama 3.1 8B", "H200", 1, "fp8", 1000, 200, {"answers_per_question": 8}),
    "four drafted tokens": ("Llama 3.1 8B", "H200", 1, "fp8", 1000, 200, {"draft_tokens": 4, "acceptance": 0.7}),
    "a mixture, uneven questions": ("MiniMax M2", "H200", 8, "fp8", 600, 300, {"question_spread": 1.0}),
}
HALF, FULL = ({"question_spread": spread, "answer_spread": spread} for spread in (0.5, 1.0))
UNEVEN = {
    "70B on four H200, uneven": ("Llama 3.3 70B", "H200", 4, "fp8", 2000, 300, HALF),
    "a mixture on one H100, uneven": ("Qwen3 30B A3B", "H100", 1, "bf16", 1000, 300, HALF),
    "8B on one H200, very uneven": ("Llama 3.1 8B", "H200", 1, "fp8", 1000, 200, FULL),
}
# Standard deviations of the time between requests, in shares of its mean, and loads.
BURSTS = [(2.0, 0.3), (2.0, 0.5), (2.0, 0.7), (2.0, 0.8), (1.5, 0.8)]
# Those that read prompts and those that write answers, each with the tokens of a question.
POOLS = [("Llama 3.1 8B", 500), ("Llama 3.1 8B", 4000), ("Llama 3.3 70B", 4000)]
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def simulations():
    """Latencies of services at some loads; bursts differ so much that a single run says little."""
    for name, numbers in EVEN.items():
        for load in (0.3, 0.5, 0.7, 0.8):
            yield simulated("even", name, service(*numbers), load, 5000, [2])
        for spread, load in BURSTS:
            bursty = service(*numbers[:-1], {"arrival_spread": spread})
            yield simulated(f"bursts of {spread:g}", name, bursty, load, 4000, range(6))
    for name, numbers in OTHERWISE.items():
        # Requests that hardly meet are all alike.
        yield simulated("otherwise", name, service(*numbers), 0.05, 3000, [0])
        yield simulated("otherwise", name, service(*numbers), 0.2, 3000, range(3))
    for name, numbers in UNEVEN.items():
        for load in (0.3, 0.5, 0.7, 0.8):
            yield simulated("uneven", name, service(*numbers), load, 3000, [2])
    for name, question in POOLS:
        for pool, at in pools(name, question).items():
            for load in (0.3, 0.6, 0.8):
                yield simulated(f"pool for {pool}", f"{name}, {question}", at, load, 6000, [3])


def service(name, device, ranks, number_format, question, answer, options):
    """A replica, by the names of its model and its device."""
    texts = {"question_tokens": question, "answer_tokens": answer}
    return Service(known_models.model(name), catalogue.device(device), number_format, ranks, **texts, **options)


def pools(name, question):
    """The replica that reads and the one that writes, of a plan for both."""
    texts = {"question_tokens": question, "answer_tokens": 300} | HALF
    plan = pools_plan(known_models.model(name), catalogue.device("H100"), 50.0, number_format="fp8", **texts)
    return {"reading": plan.reading.replica.service, "writing": plan.writing.replica.service}


def of_row(row):
    """The service of a row."""
    kind, name = row["kind"], row["service"]
    if kind.startswith("pool for "):
        model, question = name.rsplit(", ", 1)
        return pools(model, int(question))[kind.removeprefix("pool for ")]
    numbers = (EVEN | OTHERWISE | UNEVEN)[name]
    bursts = {"arrival_spread": float(kind.removeprefix("bursts of "))} if kind.startswith("bursts") else {}
    return service(*numbers[:-1], numbers[-1] | bursts)


def simulated(kind, name, at, load, requests, seeds):
    """A row: how often requests come at a load, and what they take [s]."""
    rate = load * replica(at).requests
    row = {"kind": kind, "service": name, "load": str(load), "requests_per_second": written(rate)}
    runs = [simulate(at, float(row["requests_per_second"]), requests, seed=seed) for seed in seeds]
    for latency in ("first_token", "output_token", "answer"):
        times = sorted(time for run in runs for time in run[latency])
        if not times:  # a pool that reads writes no second token
            continue
        row[f"{latency} mean"] = written(statistics.mean(times))
        row |= {f"{latency} {point}": written(times[int(share * len(times))]) for point, share in QUANTILES.items()}
    return row
