"""Memory of training by hand and by laws: what stages hold, what is shared out, and what is kept of a token."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcalc.checks import Refusal
from llmcalc.models.device import Device
from llmcalc.models.memory import (
    LOSSES,
    OPTIMISERS,
    fullest_stages,
    kept_by_layers,
    layers_of_stage,
    training_memory,
    zero3_state,
)
from llmcalc.models.model import Model
from llmcalc.models.run import Run

LINKS = {"link_bandwidth": 3e11, "link_devices": 8, "network_bandwidth": 5e10}
DEVICE = Device("card", {"bf16": 1e15}, memory=8e10, memory_bandwidth=3e12, **LINKS)
SHAPE = {"layers": 6, "hidden_size": 64, "heads": 8, "kv_heads": 2, "vocabulary_size": 1000}
DENSE = Model("dense", mlp_size=160, **SHAPE)
EXPERTS = {"experts": 4, "experts_per_token": 2, "expert_mlp_size": 48, "shared_mlp_size": 32}
MIXED = Model("mixed", mlp_size=160, dense_layers=2, **EXPERTS, **SHAPE)
MODELS = {"dense": DENSE, "mixed": MIXED}
ATTENTION = 2 * 64 * 64 + 2 * 64 * 16
NORMS = 2 * 64


def run(model, **cut):
    cut = {"devices": 8, "batch": 64, "context": 128} | cut
    return Run(model, DEVICE, **cut)


def parts(model, options=None, **cut):
    return training_memory(run(model, **cut), **(options or {}))["parts"]


def test_state_of_a_dense_model_by_hand():
    layer = ATTENTION + 3 * 64 * 160 + NORMS
    params = 6 * layer + 2 * 64_000 + 64
    assert params == DENSE.params
    for stage, shards in ((0, (1, 1, 1)), (1, (1, 1, 8)), (2, (1, 8, 8))):
        for name, size in OPTIMISERS.items():
            found = parts(DENSE, {"optimiser": name}, zero_stage=stage)
            expected = [each * params / shared for each, shared in zip((2, 4, size), shards, strict=True)]
            assert [found["weights"], found["gradients"], found["optimiser"]] == pytest.approx(expected)
    # The shards of FSDP are in 32 bits, and stand for the optimiser's copy.
    found = parts(DENSE, zero_stage=3)
    assert found["weights"] + found["optimiser"] == pytest.approx((4 + 8) * params / 8)
    found = parts(DENSE, {"offload": True}, zero_stage=1)
    assert [found["weights"], found["gradients"], found["optimiser"]] == [2 * params, 0, 0]
    half = parts(DENSE, zero_stage=0, gradient_bytes=2)
    assert half["gradients"] == 2 * params
    # Two devices that share each layer keep half of it, but both all norms.
    shared = parts(DENSE, zero_stage=0, tensor_parallel=2)
    assert shared["weights"] == 2 * ((6 * (layer - NORMS) + 128_000) / 2 + 6 * NORMS + 64)


def test_state_of_a_mixture_by_hand():
    dense = ATTENTION + 3 * 64 * 160 + NORMS
    mixed = ATTENTION + 3 * 64 * 32 + NORMS + 4 * 64
    experts = 4 * 4 * 3 * 64 * 48
    outside = 2 * 64_000 + 64
    assert 2 * dense + 4 * mixed + experts + outside == MIXED.params
    for spread in (1, 2, 4):
        found = parts(MIXED, zero_stage=1, expert_parallel=spread)
        repeated, routed = 2 * dense + 4 * mixed + outside, experts / spread
        assert found["weights"] == pytest.approx(2 * (repeated + routed))
        # Of eight devices, so many as there are for each share of the experts share their optimiser's state.
        assert found["optimiser"] == pytest.approx(12 * (repeated / 8 + routed / (8 / spread)))
    found = parts(MIXED, {"reference_bytes": 2.0}, zero_stage=2, expert_parallel=2)
    assert found["reference"] == pytest.approx(2 * (repeated + experts / 2))


def test_adapters_by_hand():
    rank = 4
    of_attention = rank * ((64 + 64) + 2 * (64 + 16) + (64 + 64))
    of_mlp = 3 * rank * (64 + 160)
    found = parts(DENSE, {"adapter_rank": rank, "frozen_bytes": 0.5}, zero_stage=0)
    assert found["adapters"] == 16 * 6 * (of_attention + of_mlp)
    assert found["weights"] == pytest.approx(0.5 * DENSE.params)
    assert found["gradients"] == found["optimiser"] == 0
    shared = parts(DENSE, {"adapter_rank": rank}, zero_stage=0, tensor_parallel=2)
    assert shared["adapters"] == found["adapters"] / 2
    mixed = parts(MIXED, {"adapter_rank": rank}, zero_stage=0)
    of_shared = 3 * rank * (64 + 32)
    assert mixed["adapters"] == 16 * (2 * (of_attention + of_mlp) + 4 * (of_attention + of_shared))
    assert parts(DENSE, {"adapter_rank": rank}, zero_stage=3)["adapters"] == found["adapters"] / 8


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("recomputation", ["none", "selective", "full"])
@pytest.mark.parametrize("more", [{}, {"tensor_parallel": 2}, {"zero_stage": 3}, {"context_parallel": 2}], ids=str)
def test_one_stage_keeps_what_all_layers_keep_of_one_microbatch(name, recomputation, more):
    for options in ({}, {"fused_norms": False}, {"load_factor": 1.5}):
        one = run(MODELS[name], recomputation=recomputation, microbatch=4, **more)
        all_of_it = training_memory(one, **options)["parts"]["activations"]
        assert kept_by_layers(one, **options) == pytest.approx(all_of_it)
        assert training_memory(one)["parts"] == training_memory(one, fused_norms=True, load_factor=1.0)["parts"]
    if recomputation == "full":
        shards = one.tensor_parallel * one.context_parallel
        assert all_of_it == 6 * 2 * 64 * 4 * 128 / shards  # a layer's input in 16 bits


@pytest.mark.parametrize("name", MODELS)
def test_stages_keep_one_microbatch_more_the_earlier_they_are(name):
    kept = []
    for stage in range(3):
        told = training_memory(run(MODELS[name], devices=3, pipeline_stages=3), stages=[stage])
        assert told["stage"] == stage
        kept.append(told["parts"]["activations"])
    if name == "dense":
        assert kept == pytest.approx([kept[2] * number for number in (3, 2, 1)])
    one = kept_by_layers(run(MODELS[name], devices=1))
    assert kept[0] / 3 + kept[1] / 2 + kept[2] == pytest.approx(one)
    few = training_memory(run(MODELS[name], devices=3, pipeline_stages=3, batch=2), stages=[0])
    assert few["parts"]["activations"] == pytest.approx(2 * kept[0] / 3)


@given(st.integers(1, 200), st.integers(1, 64))
def test_stages_hold_all_layers_as_evenly_as_can_be(layers, stages):
    held = [layers_of_stage(layers, stages, stage) for stage in range(stages)]
    assert [before for before, _ in held] == [sum(own for _, own in held[:stage]) for stage in range(stages)]
    counts = [own for _, own in held]
    assert sum(counts) == layers
    assert counts == sorted(counts, reverse=True)
    assert max(counts) - min(counts) <= 1


@settings(max_examples=40)
@given(st.sampled_from(sorted(MODELS)), st.sampled_from([1, 2, 3, 6]), st.integers(1, 64), st.sampled_from([0, 1, 2]))
def test_the_fullest_stage_is_among_those_that_are_looked_at(name, stages, batch, zero_stage):
    one = run(MODELS[name], devices=stages, pipeline_stages=stages, batch=batch, zero_stage=zero_stage)
    every, some = training_memory(one), training_memory(one, stages=fullest_stages(one))
    assert some["peak"] == every["peak"] == max(every["stages"])
    assert len(every["stages"]) == stages
    assert set(fullest_stages(one)) <= set(range(stages))


def test_losses_keep_logits_in_their_own_ways():
    logits = 128 * 1000
    peaks = {loss: parts(DENSE, {"loss": loss}, devices=1)["at work"] for loss in LOSSES}
    assert peaks["plain"] - peaks["in place"] == pytest.approx(8 * logits)
    assert peaks["in place"] - peaks["fused"] == pytest.approx(4 * logits)
    usual = parts(DENSE, {}, devices=1)["at work"]
    assert usual == peaks["fused"]
    assert parts(DENSE, {}, devices=1, fused_attention=0, zero_stage=0)["at work"] < peaks["plain"]


def test_what_is_reserved_and_what_is_outside_come_on_top():
    plain = training_memory(run(DENSE))
    more = training_memory(run(DENSE), fragmentation=0.25, outside_bytes=1e9)
    assert more["peak"] == pytest.approx(1.25 * plain["peak"] + 1e9)
    assert more["parts"]["outside"] == 1e9
    assert plain["parts"]["fragmentation"] == plain["parts"]["outside"] == 0


@pytest.mark.parametrize("name", ["frozen_bytes", "reference_bytes", "fragmentation", "outside_bytes"])
def test_bytes_are_nothing_or_more(name):
    for value in (0, 1e18):
        training_memory(run(DENSE), **{name: value})
    for value in (-0.1, 1.1e18):
        with pytest.raises(Refusal, match=f"^{name}"):
            training_memory(run(DENSE), **{name: value})


def test_numbers_of_stages_and_adapters_are_whole():
    one = run(DENSE, devices=3, pipeline_stages=3)
    for stages in ([-1], [3], [0.5]):
        with pytest.raises(Refusal, match=r"^stages"):
            training_memory(one, stages=stages)
    for options in (
        {"adapter_rank": -1},
        {"adapter_rank": 0.5},
        {"load_factor": 0.9},
        {"optimiser": "x"},
        {"loss": "x"},
    ):
        with pytest.raises(Refusal, match=f"^{next(iter(options))}"):
            training_memory(one, **options)
    assert zero3_state(1e9, 8, 1e7) == 4e7 + 18e9 / 8
    assert zero3_state(1e9, 8, 0, offload=True) == 2e9 / 8
    for params, devices, layer in ((0.5, 1, 0), (1, 0.5, 0), (1, 1, -1), (1.1e18, 1, 0), (1, 1, 1.1e18)):
        with pytest.raises(Refusal):
            zero3_state(params, devices, layer)


def test_a_layer_at_work_holds_the_gradients_of_its_widths():
    def at_work(model, stage, **options):
        cut = {"devices": 3, "pipeline_stages": 3}
        return training_memory(run(model, **cut), stages=[stage], **options)["parts"]["at work"]

    # Two products into the width, in 16 bits with their gradients, and what the layer gets with its gradient.
    assert at_work(DENSE, 0) == at_work(MIXED, 0) == (2 * 2 * 160 + 4 * 64) * 128
    # In a mixture the widths of the experts of a token, more where some are busier; or of the shared one.
    for factor in (1.0, 1.5):
        assert at_work(MIXED, 1, load_factor=factor) == (2 * 2 * factor * 2 * 48 + 4 * 64) * 128
    wide = Model("wide", mlp_size=160, dense_layers=2, **(EXPERTS | {"shared_mlp_size": 500}), **SHAPE)
    assert at_work(wide, 1) == (2 * 2 * 500 + 4 * 64) * 128
