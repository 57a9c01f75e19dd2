"""What the search of cuts leaves out is never better than what it keeps, and what it looks at is what programs run."""

import itertools
import math

import pytest

from llmcalc import catalogue, known_models
from llmcalc.checks import Refusal
from llmcalc.models.device import Device
from llmcalc.models.memory import training_memory
from llmcalc.models.model import Model
from llmcalc.models.stacks import resolve
from llmcalc.plans.cuts import CHEAPEST, FASTEST, FEWEST, Search, _Way

H100 = catalogue.device("H100 SXM")
MEMORY = {"outside_bytes": 2.2e9, "fragmentation": 0.06}
LIMITS = [(FASTEST, {"devices": 256}), (FEWEST, {"seconds": 40.0}), (CHEAPEST, {"seconds": 40.0})]


def searching(name, batch=256, context=4096, device=H100, memory=MEMORY, run=None, **fixed):
    model = name if isinstance(name, Model) else known_models.model(name)
    constants = resolve(device.name, "bf16")
    return Search(model, device, constants, batch, context, "bf16", fixed=fixed, memory=memory, run=run)


def ways(search):
    for layer, recomputation in itertools.product(search.layers, search._recomputations()):
        for stages in search._stages() if layer.zero_stage < 3 else [1]:
            for chunks in search._chunks(stages):
                yield _Way(search, layer, recomputation, stages, chunks)


def value(cut, goal):
    if goal == CHEAPEST:
        return cut.run.devices * cut.step.seconds
    return cut.step.seconds if goal == FASTEST else cut.run.devices


@pytest.mark.parametrize("name", ["Llama 3.1 8B", "Llama 3.1 70B", "Mixtral 8x7B"])
@pytest.mark.parametrize(("goal", "limits"), LIMITS, ids=lambda part: part if isinstance(part, str) else "")
def test_bounds_are_below_what_they_bound(name, goal, limits):
    search = searching(name, tensor_parallel=4)
    seen = 0
    for way in ways(search):
        bound = way.bound(goal, limits.get("devices"), limits.get("seconds"))
        cut = way.cut(goal, limits.get("devices"), limits.get("seconds"))
        if cut is None:
            continue
        seen += 1
        assert bound <= value(cut, goal) * (1 + 1e-9)
        # And near it, else they would bound nothing: layers and logits are most of a step that gathers nothing.
        assert goal == FEWEST or way.layer.zero_stage == 3 or bound > 0.3 * value(cut, goal)
        assert cut.step.seconds <= limits.get("seconds", math.inf)
        assert cut.run.devices <= limits.get("devices", math.inf)
        if way.surely_too_large():
            assert not cut.fits
        elif not cut.fits:
            assert cut.memory["peak"] > search.device.memory
    assert seen > 20


@pytest.mark.parametrize("name", ["Llama 3.1 8B", "Mixtral 8x7B"])
@pytest.mark.parametrize("options", [{}, {"adapter_rank": 8}, {"offload": True}], ids=str)
def test_weights_and_gradients_are_no_more_than_a_device_holds(name, options):
    search = searching(name, memory=options, tensor_parallel=2, microbatch=1)
    for layer in search.layers:
        if layer.zero_stage == 3:
            assert layer.state() == 0
            continue
        run = layer.with_replicas(layer.run.replicas, 8, 1, "none")
        parts = training_memory(run, stages=[3], **options)["parts"]  # without tables
        held = layer.state() * search.model.layers / 8  # of all stages that there can be, those of one of eight
        assert held <= parts["weights"] + parts["gradients"]
        # 16-bit weights and 32-bit gradients, but of norms.
        assert held == 0 if options else held > 0.75 * (parts["weights"] + parts["gradients"])


def test_gradients_in_16_bits_or_shared_out_are_less():
    def state(**options):
        fixed = {"zero_stage": options.pop("zero_stage", 1)}
        [layer] = searching("Llama 3.1 8B", run=options, tensor_parallel=1, microbatch=1, **fixed).layers
        return layer.state()

    assert state(gradient_bytes=2) / state() == pytest.approx(4 / 6)
    assert state(zero_stage=2) / state() == pytest.approx(2 / 6)
    assert state(zero_stage=0) == state()


# What is looked at


def test_devices_that_share_a_layer_are_joined_and_divide_the_heads():
    def tensor(name, device=H100):
        return sorted({layer.tensor for layer in searching(name, device=device).layers})

    assert tensor("Llama 3.1 8B") == [1, 2, 4, 8]
    assert tensor("Llama 3.1 8B", catalogue.device("GB200")) == [1, 2, 4, 8, 16]
    numbers = {"memory": 8e10, "memory_bandwidth": 3e12, "network_bandwidth": 5e10}
    numbers |= {"link_bandwidth": 1e11, "link_devices": 1}
    assert tensor("Llama 3.1 8B", Device("H100 SXM", {"bf16": 1e15}, **numbers)) == [1]
    assert tensor("GPT-2 124M") == [1, 2, 4]  # of 12 heads
    few = Model("few", layers=4, hidden_size=768, heads=12, kv_heads=3, mlp_size=4096, vocabulary_size=100)
    assert tensor(few) == [1]  # neither shares three heads of keys nor copies them evenly


def test_stages_divide_the_layers_or_are_powers_of_two():
    def stages(layers):
        shape = {"hidden_size": 1024, "heads": 8, "mlp_size": 4096, "vocabulary_size": 100}
        return searching(Model("deep", layers=layers, **shape))._stages()

    assert stages(1) == [1]
    assert stages(12) == [1, 2, 3, 4, 6, 12]  # eight stages of two layers would leave two without
    assert stages(30) == [1, 2, 3, 4, 5, 6, 8, 10, 15, 30]
    assert stages(126) == [1, 2, 3, 4, 6, 7, 8, 9, 14, 16, 18, 21, 32, 42, 63, 126]
    assert max(stages(256)) == 128
    assert max(stages(254)) == 127


def test_chunks_hold_four_layers_or_two_or_one():
    search = searching("GPT-3 175B")  # of 96 layers
    assert search._chunks(1) == [1]
    assert search._chunks(8) == [1, 3, 6, 12]
    assert search._chunks(16) == [1, 3, 6]  # six layers are not chunks of four
    assert search._chunks(24) == [1, 2, 4]  # all four in a chunk is no chunk
    assert search._chunks(32) == [1, 3]
    assert search._chunks(48) == [1, 2]
    assert search._chunks(96) == [1]
    assert search._chunks(64) == [1]
    fixed = searching("GPT-3 175B", model_chunks=6)
    assert (fixed._chunks(8), fixed._chunks(16), fixed._chunks(17)) == ([6], [6], [])


def test_long_sequences_are_cut_and_short_ones_are_not():
    def context(tokens):
        return sorted({layer.context for layer in searching("Llama 3.1 8B", context=tokens).layers})

    assert context(16384) == [1]
    assert context(16388) == [1, 2, 4]
    assert context(32768) == [1, 2, 4, 8, 16]
    assert context(131072) == [1, 2, 4, 8, 16, 32, 64]


def test_a_device_works_on_32768_tokens_at_a_time_at_most():
    def microbatches(tokens, batch=256):
        return sorted({layer.microbatch for layer in searching("Llama 3.1 8B", batch, tokens).layers})

    assert microbatches(8192) == [1, 2, 4]
    assert microbatches(8194) == [1, 2]
    assert microbatches(16384) == [1, 2]
    assert microbatches(32768) == microbatches(131072) == [1]
    assert microbatches(4096, 3) == [1, 2]
    assert microbatches(4096, 1) == [1]


def test_experts_are_spread_in_the_two_ways_that_are_best_for_a_layer():
    search = searching("Mixtral 8x7B", zero_stage=1, tensor_parallel=2)
    assert len({layer.experts for layer in search.layers}) == 2
    assert {layer.experts for layer in searching("Llama 3.1 8B").layers} == {1}
    for layer in search.layers:
        # Replicas come in numbers that share the experts evenly, the fewest.
        shared = [number for number in range(1, 9) if number * 2 % layer.experts == 0]
        assert layer.run.replicas == shared[0]


@pytest.mark.parametrize(
    ("fixed", "complaint"),
    [
        (
            {"tensor_parallel": 3},
            "tensor_parallel = 3 is not accepted: give a cut of Llama 3.1 8B: one of 1, 2, 4, 8, 16",
        ),
        ({"tensor_parallel": 64}, "tensor_parallel = 64 is not accepted"),
        ({"pipeline_stages": 12}, "pipeline_stages = 12 is not accepted: give a cut of Llama 3.1 8B: one of 1, 2, 3"),
        ({"pipeline_stages": 33}, "pipeline_stages = 33 is not accepted"),
        ({"expert_parallel": 2}, "expert_parallel = 2 is not accepted: give a cut of Llama 3.1 8B: one of 1"),
        ({"context_parallel": 3}, "context_parallel = 3 is not accepted"),
        ({"microbatch": 257}, "microbatch = 257 is not accepted"),
        ({"pipeline_stages": 4, "zero_stage": 3}, "pipeline_stages = 4 is not accepted: give 1 with FSDP"),
        ({"zero_stage": 4}, "zero_stage = 4 is not accepted"),
        ({"recomputation": "some"}, "recomputation = 'some' is not accepted"),
        ({"data_parallel": 2}, "data_parallel = 2 is not accepted: give one of tensor_parallel, pipeline_stages"),
    ],
    ids=str,
)
def test_cuts_that_no_program_runs_are_refused(fixed, complaint):
    with pytest.raises(Refusal) as refused:
        searching("Llama 3.1 8B", **fixed).best(FASTEST, devices=64)
    assert str(refused.value).startswith(complaint)


def test_what_is_fixed_at_an_end_is_taken():
    for fixed in (
        {"tensor_parallel": 32},
        {"pipeline_stages": 32, "zero_stage": 1},
        {"context_parallel": 4096, "tensor_parallel": 1},
        {"microbatch": 256},
        {"zero_stage": 0},
        {"zero_stage": 3, "pipeline_stages": 1},
    ):
        search = searching("Llama 3.1 8B", **fixed)
        assert search.layers
        for way in itertools.islice(ways(search), 20):
            numbers = {"tensor_parallel": way.layer.tensor, "pipeline_stages": way.stages}
            numbers |= {"context_parallel": way.layer.context, "microbatch": way.layer.microbatch}
            numbers |= {"zero_stage": way.layer.zero_stage}
            assert {name: numbers[name] for name in fixed} == fixed


def test_a_goal_needs_a_limit():
    search = searching("Llama 3.1 8B")
    with pytest.raises(Refusal, match="a number of devices, or seconds of a step"):
        search.best(FASTEST)
    for limit in ({"devices": 0}, {"devices": 1.5}, {"seconds": 0.0}):
        with pytest.raises(Refusal, match=next(iter(limit))):
            search.best(FASTEST, **limit)


def test_the_smallest_cut_is_the_smallest_that_fits():
    search = searching("Llama 3.1 70B")
    smallest = search.smallest()
    assert smallest.fits
    assert search.best(FASTEST, devices=int(smallest.run.devices)) is not None
    tried = []
    for way in ways(search):
        for replicas in (1, 2, 4, 8, 16, 32) if way.layer.zero_stage == 3 else (1,):
            if way.chunks == 1 and replicas * way.devices < smallest.run.devices:
                tried.append(way.at(replicas).fits)
    assert len(tried) > 20
    assert not any(tried)
