"""The step's time: each term against a hand calculation, its limits, and what may never make it longer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcalc import catalogue
from llmcalc.formulas import collectives, step
from llmcalc.models.device import Device
from llmcalc.models.model import Model
from llmcalc.models.run import Run
from llmcalc.models.stacks import resolve
from llmcalc.models.step_constants import MEANINGS
from llmcalc.plans.step import predict

SHAPE = {"layers": 8, "hidden_size": 1024, "heads": 8, "kv_heads": 8, "head_size": 128, "mlp_size": 4096}
DENSE = Model("dense", vocabulary_size=32000, mlp_matrices=2, context=2048, **SHAPE)
ROUTED = Model(
    "routed", vocabulary_size=32000, context=2048, experts=16, experts_per_token=2, expert_mlp_size=512, **SHAPE
)
# Everything at its best: no latency, no launches, all of each rate, nothing hidden.
IDEAL = {
    **dict.fromkeys(MEANINGS, 0),
    **dict.fromkeys([name for name in MEANINGS if "efficiency" in name or "factor" in name], 1),
    "computed_scores": 1,
    "recomputed_share": 1,
    "routing_passes": 2,
}


def constants(**changes):
    return resolve("A100 SXM 80GB", "bf16").changed(**IDEAL).changed(**changes)


def device(**changes):
    numbers = {
        "memory": 80e9,
        "memory_bandwidth": 1e30,
        "link_bandwidth": 1e30,
        "link_devices": 8,
        "network_bandwidth": 1e30,
    }
    return Device(peaks={"bf16": 100e12}, **(numbers | changes))


def run(model=DENSE, card=None, **changes):
    return Run(model, card or device(), **({"devices": 1, "batch": 4, "microbatch": 1} | changes))


def test_with_infinite_rates_a_step_is_its_flop_over_the_peak():
    found = predict(run(), constants())
    weights = 8 * (4 * 1024**2 + 2 * 1024 * 4096) + 32000 * 1024
    scores = 2 * 8 * 2048 * 1024
    # A fused kernel computes the scores again backward: 3.5 times the forward pass, not 3.
    by_hand = 4 * 2048 * 2 * (3 * weights + 3.5 * scores) / 100e12
    assert found.seconds == pytest.approx(by_hand, rel=1e-9)
    assert found.mfu == pytest.approx(4 * 2048 * 6 * (weights + scores) / 100e12 / by_hand, rel=1e-9)


def test_terms_add_up():
    found = predict(run(devices=16, tensor_parallel=2, pipeline_stages=4, batch=64), resolve("A100 SXM 80GB", "bf16"))
    assert sum(found.terms.values()) == pytest.approx(found.seconds, rel=1e-12)


def test_the_exchange_of_tensor_parallelism_is_four_all_reduces_a_layer():
    found = predict(run(card=device(link_bandwidth=1e9), devices=4, tensor_parallel=4), constants())
    message = 2 * 2048 * 1024
    by_hand = 4 * 8 * 4 * collectives.all_reduce_seconds(message, 4, 1e9)
    assert found.terms["tensor-parallel exchange"] == pytest.approx(by_hand)
    assert by_hand == pytest.approx(4 * 8 * 4 * 2 * 3 / 4 * message / 1e9)


def test_the_exchange_of_experts_is_four_all_to_alls_a_layer():
    found = predict(run(ROUTED, device(link_bandwidth=1e9), devices=4, expert_parallel=4), constants())
    assert found.terms["expert-parallel exchange"] == pytest.approx(8 * 4 * 3 / 4 * 2 * 2048 * 2 * 1024 / 1e9)


def test_experts_on_other_servers_get_each_token_once():
    found = predict(run(ROUTED, device(network_bandwidth=1e9), devices=16, batch=16, expert_parallel=16), constants())
    copies = 1 * (1 - 0.5**2)
    assert found.terms["expert-parallel exchange"] == pytest.approx(8 * 4 * 2 * 2048 * 1024 * copies / 1e9)


def test_context_parallelism_sends_keys_and_values_round():
    found = predict(run(card=device(link_bandwidth=1e9), devices=4, context_parallel=4), constants())
    assert found.terms["context-parallel exchange"] == pytest.approx(4 * 8 * 3 * 3 * 512 * 2 * 2 * 1024 / 1e9)


def test_a_pipeline_waits_for_its_filling():
    found = predict(run(devices=4, pipeline_stages=4, model_chunks=2, batch=8), constants())
    layers = sum(found.terms[name] for name in ("matrix products", "attention", "element-wise"))
    assert found.terms["pipeline bubble"] == pytest.approx(layers / 8 * 3 / 2)
    assert found.terms["logits and uneven stages"] == pytest.approx(8 * 3 * 2 * 2048 * 1024 * 32000 / 100e12)


def test_a_pipeline_sends_activations_and_gradients_for_every_chunk():
    card = device(link_bandwidth=1e9)
    found = predict(run(card=card, devices=4, pipeline_stages=4, model_chunks=2, batch=8), constants())
    assert found.terms["pipeline sends"] == pytest.approx(8 * 2 * 2 * 2 * 2048 * 1024 / 1e9)


def test_gradients_are_reduced_and_parameters_gathered():
    card = device(network_bandwidth=1e9, link_devices=1)
    found = predict(run(card=card, devices=4, gradient_bytes=4, overlap_gradients=0), constants())
    params = 8 * (4 * 1024**2 + 2 * 1024 * 4096) + 2 * 32000 * 1024
    assert found.terms["gradient exchange"] == pytest.approx(3 / 4 * params * (4 + 2) / 1e9)


def test_sharded_parameters_are_gathered_twice_and_their_gradients_scattered():
    card = device(network_bandwidth=1e9, link_devices=1)
    found = predict(run(card=card, devices=4, zero_stage=3, gradient_bytes=2), constants())
    traffic = 8 * (4 * 1024**2 + 2 * 1024 * 4096) * 3 / 4 * (2 + 2 + 2) / 1e9
    parts = ("matrix products", "attention", "element-wise", "sharded parameters")
    assert sum(found.terms[name] for name in parts) == pytest.approx(traffic)


def test_the_optimiser_moves_thirty_bytes_a_parameter_over_all_that_share_it():
    card = device(memory_bandwidth=1e9)
    params = 8 * (4 * 1024**2 + 2 * 1024 * 4096) + 2 * 32000 * 1024
    alone = predict(run(card=card, devices=4, zero_stage=0), constants()).terms["optimiser"]
    assert alone == pytest.approx(30 * params / 1e9)
    assert predict(run(card=card, devices=4, zero_stage=1), constants()).terms["optimiser"] == pytest.approx(alone / 4)


def test_recomputation_repeats_the_forward_pass_or_attention_alone():
    forward = 8 * (4 * 2048 * 2 * (4 * 1024**2 + 2 * 1024 * 4096 + 2 * 2048 * 1024)) / 100e12
    attention = 8 * 4 * 2048 * 2 * 2 * 2048 * 1024 / 100e12
    for recomputation, repeated in (("none", 0), ("selective", attention), ("full", forward)):
        found = predict(run(recomputation=recomputation), constants())
        assert found.terms["recomputation"] == pytest.approx(repeated)


def test_experts_of_which_every_token_uses_all_compute_like_one_wide_mlp():
    shape = {**SHAPE, "mlp_size": 0}
    whole = Model(
        "whole", vocabulary_size=32000, context=2048, experts=4, experts_per_token=4, expert_mlp_size=1024, **shape
    )
    wide = Model("wide", vocabulary_size=32000, context=2048, mlp_matrices=3, **SHAPE)
    found, dense = predict(run(whole), constants()), predict(run(wide), constants())
    in_experts = 3 * 8 * 4 * 2 * 3 * 1024 * 4096 * 2048 / 100e12
    half_a_tile = 1 + 64 / 2048
    assert found.terms["experts"] == pytest.approx(in_experts * half_a_tile)
    assert dense.terms["matrix products"] == pytest.approx(found.terms["matrix products"] + in_experts)


def test_one_device_exchanges_nothing():
    found = predict(run(), resolve("A100 SXM 80GB", "bf16"))
    exchanges = [name for name in found.terms if "exchange" in name or "pipeline" in name or "sharded" in name]
    assert exchanges
    assert all(found.terms[name] == 0 for name in exchanges)


def test_unfused_attention_costs_more_than_a_fused_kernel():
    real = resolve("A100 SXM 80GB", "bf16")
    card = catalogue.device("A100")
    assert predict(run(card=card, fused_attention=0), real).seconds > predict(run(card=card), real).seconds


def test_all_arguments_may_be_arrays():
    real = resolve("A100 SXM 80GB", "bf16")
    card = catalogue.device("A100")
    cuts = [(1, 1, 1), (2, 2, 1), (4, 2, 2), (8, 8, 4)]
    tensor, stages, microbatch = (np.array(numbers, float) for numbers in zip(*cuts, strict=True))
    swept = predict(
        run(card=card, devices=64, batch=512, tensor_parallel=tensor, pipeline_stages=stages, microbatch=microbatch),
        real,
    )
    for index, (one, two, three) in enumerate(cuts):
        single = predict(
            run(card=card, devices=64, batch=512, tensor_parallel=one, pipeline_stages=two, microbatch=three), real
        )
        assert swept.seconds[index] == pytest.approx(single.seconds, rel=1e-12)
        for name in single.terms:
            assert np.broadcast_to(swept.terms[name], 4)[index] == pytest.approx(
                single.terms[name], rel=1e-9, abs=1e-15
            )


CUTS = st.fixed_dictionaries(
    {
        "tensor_parallel": st.sampled_from([1, 2, 4, 8, 16]),
        "pipeline_stages": st.sampled_from([1, 2, 4, 8]),
        "context_parallel": st.sampled_from([1, 2, 4]),
        "expert_parallel": st.sampled_from([1, 4, 16]),
        "microbatch": st.sampled_from([1, 2, 4]),
        "zero_stage": st.sampled_from([0, 1, 3]),
        "recomputation": st.sampled_from(["none", "selective", "full"]),
        "fused_attention": st.sampled_from([0, 1]),
        "overlap_tensor_parallel": st.sampled_from([0, 1]),
    }
)
FASTER = ["memory_bandwidth", "link_bandwidth", "network_bandwidth", "peak"]


@settings(max_examples=60, deadline=None)
@given(cut=CUTS, faster=st.sampled_from(FASTER), times=st.floats(1.0, 8.0), routed=st.booleans())
def test_a_faster_device_never_takes_longer(cut, faster, times, routed):
    rates = {"memory_bandwidth": 2e12, "link_bandwidth": 3e11, "network_bandwidth": 2.5e10, "peak": 3e14}
    model, real = (ROUTED if routed else DENSE), resolve("A100 SXM 80GB", "bf16")

    def seconds(**changes):
        numbers = rates | changes
        card = Device(peaks={"bf16": numbers.pop("peak")}, memory=80e9, link_devices=8, **numbers)
        return predict(run(model, card, devices=1024, batch=1024, **cut), real).seconds

    assert seconds(**{faster: times * rates[faster]}) <= seconds() * (1 + 1e-12)


@settings(max_examples=40, deadline=None)
@given(cut=CUTS, fewer=st.sampled_from([8, 16, 24]))
def test_fewer_layers_never_take_longer(cut, fewer):
    real, card = resolve("A100 SXM 80GB", "bf16"), catalogue.device("A100")
    models = [
        Model("", vocabulary_size=32000, mlp_matrices=2, context=2048, **{**SHAPE, "layers": layers})
        for layers in (fewer, fewer + 8)
    ]
    few, more = (predict(run(model, card, devices=1024, batch=1024, **cut), real).seconds for model in models)
    assert few <= more


def test_a_hidden_exchange_leaves_what_computation_does_not_cover():
    assert step.exposed_seconds(10.0, 0.5, 100.0) == 5.0
    assert step.exposed_seconds(10.0, 0.5, 2.0) == 8.0


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"devices": 3, "tensor_parallel": 4}, "devices = 3"),
        ({"microbatch": 0.5}, "microbatch = 0.5"),
        ({"recomputation": "some"}, "recomputation = 'some'"),
        ({"pipeline_stages": 16, "devices": 16}, "pipeline_stages = 16"),
        ({"number_format": "fp8"}, "number_format = 'fp8'"),
        ({"fused_attention": 2}, "fused_attention = 2"),
    ],
)
def test_a_cut_that_cannot_be_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=named):
        run(**changes)
