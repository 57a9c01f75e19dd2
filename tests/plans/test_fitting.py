"""What fits, by hand: a shape of small numbers, and what is taken where nothing is said."""

import pytest

from llmcalc.checks import Refusal
from llmcalc.models import scheduling
from llmcalc.plans import diagnosis, fitting, ranges

SHAPE = {
    "layers": 2,
    "hidden_size": 8,
    "heads": 4,
    "kv_heads": 2,
    "mlp_size": 32,
    "mlp_matrices": 2,
    "vocabulary_size": 100,
    "embedding_tables": 2,
    "learned_positions": 10,
    "layer_vectors": 13,
    "final_vectors": 2,
    "context": 10,
}
LINEAR = 2 * (8 * 8 + 8 * 4 + 8 * 4 + 8 * 8 + 2 * 8 * 32)  # queries, keys, values, output, and two matrices of 32
OTHER = 2 * 13 * 8 + 2 * 100 * 8 + 10 * 8 + 2 * 8
CHANNELS = 2 * (8 + 4 + 4 + 8 + 32 + 8)
CACHE = 2 * 2 * 4 * 10 * 2  # keys and values of 2 heads of 2 in two layers, for 10 tokens, in 2 bytes
KEPT = 34 * 10 * 8 + 5 * 4 * 10 * 10  # Korthikanti et al. 2022, equation 1, of a layer


def test_parameters_by_kind():
    assert fitting.parameter_kinds(SHAPE) == {"linear": LINEAR, "other": OTHER, "channels": CHANNELS}


def test_serving_takes_16_bits_where_nothing_is_said():
    assert fitting.serving_bytes(SHAPE, 10) == {"weights": 2 * (LINEAR + OTHER), "KV cache": CACHE}
    quantised = fitting.serving_bytes(SHAPE, 10, 3, 0.5, 8.0, 1.0)
    assert quantised == {"weights": LINEAR / 2 + 2 * OTHER + 8 * CHANNELS, "KV cache": 3 * CACHE / 2}
    parts = fitting.serving_parts(SHAPE, 10, 4, 1000.0)
    fixed = 2 * (LINEAR + OTHER) + 1000
    assert parts == {
        "parts": {"weights": 2 * (LINEAR + OTHER), "KV cache": 4 * CACHE},
        "bytes": fixed + 4 * CACHE,
        "fixed": fixed,
        "sequence": CACHE,
    }


def test_training_takes_16_bytes_a_parameter_and_activations():
    params = LINEAR + OTHER
    alone = fitting.training_bytes(SHAPE, 10)
    assert alone == {
        "weights": 2 * params,
        "gradients": 2 * params,
        "optimiser state": 12 * params,
        "activations": 2 * KEPT,
        "layer at work": 0,
    }
    fixed = 16 * params + 50.0
    together = fitting.training_parts(SHAPE, 10, 1, 50.0)
    assert (together["fixed"], together["sequence"], together["bytes"]) == (fixed, 2 * KEPT, fixed + 2 * KEPT)
    recomputed = fitting.training_bytes(SHAPE, 10, 3, recomputation="full")
    assert recomputed["activations"] == 2 * 3 * 2 * 10 * 8
    assert recomputed["layer at work"] == 3 * (KEPT - 2 * 10 * 8)


@pytest.mark.parametrize(("stage", "shards"), [(0, (1, 1, 1)), (1, (1, 1, 8)), (2, (1, 8, 8)), (3, (8, 8, 8))])
def test_stages_of_zero_share_one_kind_more_each(stage, shards):
    assert tuple(fitting.zero_shards(stage, 8).values()) == shards
    whole, shared = fitting.training_bytes(SHAPE, 10), fitting.training_bytes(SHAPE, 10, 1, stage, 8)
    kinds = ("weights", "gradients", "optimiser state")
    assert [whole[kind] / shared[kind] for kind in kinds] == list(shards)
    with pytest.raises(Refusal, match=f"^zero_stage = {stage + 4}"):
        fitting.zero_shards(stage + 4, 8)


def test_batches_that_fit():
    assert fitting.batch_that_fits(20.0, 20.0, 1.0) == 0.0
    assert fitting.batch_that_fits(20.0, 19.0, 1.0) == 1.0
    assert fitting.batch_that_fits(20.0, 0.0, 1.0, 3) == 18.0
    assert fitting.batch_that_fits(20.0, 18.0, 1.0, 3) == 2.0


@pytest.mark.parametrize("largest", [0, 1, 2, 5, 8, 13, 16, 1000])
@pytest.mark.parametrize("step", [1, 4])
def test_bisection_finds_the_largest_batch(largest, step):
    tried = []

    def fits(batch):
        tried.append(batch)
        return batch <= largest

    batch, trials = fitting.largest_batch_by_bisection(fits, step)
    assert batch == largest // step * step
    assert trials == len(tried) == len(set(tried))
    assert all(number % step == 0 for number in tried)
    assert trials <= 2 * (largest // step).bit_length() + 1


def test_the_smallest_size_that_is_enough():
    assert fitting.smallest_size([40, 16, 24], 24) == 24
    assert fitting.smallest_size([40, 16, 24], 25) == 40
    assert fitting.smallest_size([40, 16, 24], 41) is None


def test_bottlenecks_at_their_thresholds():
    ways = {"link": (80.0, 1.0, 100.0), "network": (30.0, 2.0, 100.0), "idle": (0.0, 9.0, 100.0)}
    assert diagnosis.communication_bottleneck([0.1, 0.31], ways) == ("device", "waiting")
    assert diagnosis.communication_bottleneck([0.1, 0.3], ways) == ("network", "efficiency")
    assert diagnosis.communication_bottleneck([], {"link": ways["link"]}) == ("link", "bandwidth")
    assert diagnosis.communication_bottleneck([], {"link": (79.0, 1.0, 100.0)}) == ("link", "efficiency")
    assert diagnosis.communication_bottleneck([0.5], {"idle": ways["idle"]}) == ("nothing", "none")
    assert diagnosis.communication_bottleneck([0.1, 0.2], ways, wait_threshold=0.05) == ("device", "waiting")
    assert diagnosis.communication_bottleneck([], ways, bandwidth_share=0.15) == ("network", "bandwidth")


def test_quantiles_lie_between_their_neighbours():
    assert ranges.quantile([3.0], 0.7) == 3.0
    assert [ranges.quantile([1.0, 2.0, 4.0], share) for share in (0, 0.25, 0.5, 0.75, 1)] == [1, 1.5, 2, 3, 4]


def test_tasks_have_no_set_up_where_none_is_said():
    [first, second] = scheduling.equal_tasks(2, 3, 4, 5.0)
    assert first == {"name": "1", "arrival": 0, "setup": 0, "setup_cards": 0, "seconds": 5.0, "runs": 3, "cards": 4}
    assert second == first | {"name": "2"}
    assert scheduling.equal_tasks(2, 3, 4, 5.0, interval=7)[1]["arrival"] == 7
