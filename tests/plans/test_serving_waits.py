"""Waits against events: an engine whose steps take a second, and longer by each prompt that came meanwhile."""

import numpy as np
import pytest

from llmcalc.models.device import Device
from llmcalc.models.service import Service
from llmcalc.plans.serving import replica
from tests.models.test_service_laws import DENSE, NOTHING

LENGTH = 1000  # tokens of a prompt
ANSWER = 500
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def engine(prompt_seconds, **options):
    """A service whose steps take a second, and by so much longer for each prompt."""
    card = Device(
        "multiplies and reads at once", {"bf16": 1e30}, memory=1e30, memory_bandwidth=1e30, network_bandwidth=1e30
    )
    scores = 10 * 4 * 64 * LENGTH * LENGTH / 2
    constants = NOTHING | {"step_seconds": 1.0, "attention_share": scores / prompt_seconds / 1e30, "chunk_tokens": 1e7}
    texts = {"question_tokens": LENGTH, "answer_tokens": ANSWER}
    return Service(DENSE, card, constants=constants, **(texts | options))


def events(rate, prompt_seconds, steps=30_000):
    """Times to the first token, and to each other one over stretches of an answer's length, as they come about."""
    chance = np.random.default_rng(5)
    lasts, first = [1.0], []
    for _ in range(steps):
        came = chance.poisson(rate * lasts[-1])
        own = 1.0 + prompt_seconds * came
        first += list(
            chance.uniform(0, lasts[-1], came) + own
        )  # whoever comes waits for the rest, and for the own step
        lasts.append(own)
    after = np.cumsum(lasts)
    return np.array(first), (after[ANSWER:] - after[:-ANSWER])[::7] / ANSWER


@pytest.mark.parametrize(("rate", "prompt_seconds", "close"), [(0.5, 0.5, 0.03), (0.3, 2.0, 0.04), (0.6, 1.0, 0.06)])
def test_waits_are_those_of_events(rate, prompt_seconds, close):
    at = engine(prompt_seconds, largest_batch=1e5)
    busy = replica(at, rate)
    first, token = events(rate, prompt_seconds)
    # As much work comes in a step as is done in it.
    mean = 1 / (1 - rate * prompt_seconds)
    assert busy.output_token["mean"] == pytest.approx(mean, rel=1e-6)
    assert busy.batch == pytest.approx(rate * ANSWER * mean, rel=1e-6)
    assert token.mean() == pytest.approx(mean, rel=0.02)
    assert busy.first_token["mean"] == pytest.approx(first.mean(), rel=0.02)
    for name, share in QUANTILES.items():
        assert busy.first_token[name] == pytest.approx(np.quantile(first, share), rel=close), name
        assert busy.output_token[name] == pytest.approx(np.quantile(token, share), rel=close / 2), name
    spread = busy.output_token["p95"] - mean
    assert spread == pytest.approx(1.645 * token.std(), rel=0.1)
    # What answers of one length take varies as its parts do.
    assert busy.answer["mean"] == pytest.approx(first.mean() + (ANSWER - 1) * mean, rel=0.01)
    both = (first.std() ** 2 + ((ANSWER - 1) * token.std()) ** 2) ** 0.5
    assert busy.answer["p95"] - busy.answer["mean"] == pytest.approx(1.645 * both, rel=0.12)
    # Groups of devices in stages are engines of their own, each with its share of the requests.
    staged = replica(engine(prompt_seconds, largest_batch=1e5, pipeline_stages=5), 5 * rate)
    assert staged.first_token == pytest.approx(busy.first_token, rel=1e-6)
    assert staged.output_token == pytest.approx(busy.output_token, rel=1e-6)
    assert staged.batch == pytest.approx(5 * busy.batch, rel=1e-6)
