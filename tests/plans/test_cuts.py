"""The search of cuts finds what trying all would find, all that it finds is legal, and more never costs less."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcalc import catalogue, known_models
from llmcalc.answers import planner
from llmcalc.checks import Refusal
from llmcalc.models.device import Device
from llmcalc.models.stacks import resolve
from llmcalc.plans.cuts import CHEAPEST, FASTEST, FEWEST, Search, _Way, cut_numbers
from llmcalc.plans.step import predict
from llmcalc.plans.training import GOOD, LATE, TOO_LARGE, by_devices, training_plan, usual_context
from llmcalc.units import DAY

MODELS = {name: known_models.model(name) for name in ("Llama 3 8B", "Llama 3 70B", "Qwen3 30B-A3B", "GPT-3 175B")}
DEVICES = {name: catalogue.device(name) for name in ("A100 SXM 80GB", "H100 SXM", "GB200")}
MEMORY = {"outside_bytes": 2.2e9, "fragmentation": 0.06}


def searching(model, device, batch, context, **fixed):
    constants = resolve(device.name, "bf16")
    return Search(model, device, constants, batch, context, "bf16", fixed=fixed, memory=MEMORY)


def all_cuts(search, goal, devices=None, seconds=None):
    """Every cut within the limits that fits: no bounds, no shortcuts."""
    for layer, recomputation in itertools.product(search.layers, search._recomputations()):
        for stages in search._stages() if layer.zero_stage < 3 else [1]:
            for chunks in search._chunks(stages):
                way = _Way(search, layer, recomputation, stages, chunks)
                cut = way.cut(goal, devices, seconds)
                if cut is not None and not cut.fits and goal != FASTEST:
                    cut = way.roomier(goal, cut, devices, math.inf)
                if cut is not None and cut.fits:
                    yield cut


VALUES = {
    FASTEST: lambda cut: cut.step.seconds,
    FEWEST: lambda cut: cut.run.devices,
    CHEAPEST: lambda cut: cut.run.devices * cut.step.seconds,
}


def described(cut):
    return cut_numbers(cut.run), cut.run.recomputation, cut.run.zero_stage, cut.run.replicas, cut.step.seconds


LIMITS = st.one_of(
    st.tuples(st.just(FASTEST), st.builds(lambda power: {"devices": 2**power}, st.integers(3, 14))),
    st.tuples(st.sampled_from((FEWEST, CHEAPEST)), st.builds(lambda limit: {"seconds": limit}, st.floats(0.5, 500))),
)


@pytest.mark.built  # too long for `make check`
@settings(max_examples=20)
@given(st.sampled_from(("Llama 3 70B", "Qwen3 30B-A3B")), st.lists(LIMITS, min_size=2, max_size=6))
def test_what_was_asked_before_does_not_change_what_a_search_finds(model, limits):
    used = searching(MODELS[model], DEVICES["H100 SXM"], 1024, 8192)
    for goal, limit in limits:
        found = used.ranked(goal, number=3, **limit)
        fresh = searching(MODELS[model], DEVICES["H100 SXM"], 1024, 8192).ranked(goal, number=3, **limit)
        assert [described(cut) for cut in found] == [described(cut) for cut in fresh]


def test_the_planner_keeps_its_search_while_the_cut_depends_on_the_same_numbers():
    def search(**asked):
        return planner(**asked).run.planner.search

    first = search(model="Llama 3 8B", days=30)
    assert search(model="Llama 3 8B", days=20, tokens=1e13) is first
    assert search(model="Llama 3 8B", sized_by="devices", device_count=256) is first
    assert search(model="Llama 3 8B", days=30, batch=512) is not first
    assert search(model="Llama 3 8B", days=30, tensor_parallel=2).fixed == {"tensor_parallel": 2}


def test_stages_of_sharding_are_fixed_from_none_to_all():
    for stage in (0, 1, 2, 3):
        search = searching(MODELS["Llama 3 8B"], DEVICES["H100 SXM"], 512, 8192, zero_stage=stage)
        assert search.best(FASTEST, devices=64).run.zero_stage == stage
    # A copy of what it takes to train it fits no device; shares of it do.
    whole = {"zero_stage": 3, "tensor_parallel": 1, "pipeline_stages": 1}
    assert searching(MODELS["Llama 3 70B"], DEVICES["H100 SXM"], 512, 8192, **whole).best(FASTEST, devices=512)
    for stage in (-1, 4):
        with pytest.raises(Refusal, match=r"^zero_stage = "):
            searching(MODELS["Llama 3 8B"], DEVICES["H100 SXM"], 512, 8192, zero_stage=stage)


@pytest.mark.parametrize("bad", [np.array([1, 2]), pd.NA, math.nan, None, "x", [1]], ids=str)
@pytest.mark.parametrize(
    "given", [("fixed", "tensor_parallel"), ("memory", "fragmentation"), ("run", "gradient_bytes")]
)
def test_nonsense_within_a_mapping_is_refused(given, bad):
    mapping, name = given
    with pytest.raises(Refusal) as refused:
        training_plan(MODELS["Llama 3 8B"], DEVICES["H100 SXM"], 1e12, 512, devices=64, **{mapping: {name: bad}})
    assert refused.value.argument == name


def test_plans_of_others_follow_what_they_are_given():
    fixed = {"tensor_parallel": 2}
    for number in (2, 4):
        fixed["tensor_parallel"] = number
        plan = training_plan(
            MODELS["Llama 3 8B"], DEVICES["H100 SXM"], 1e12, 512, devices=64, fixed=fixed, memory=MEMORY
        )
        assert plan.cut.run.tensor_parallel == number


@pytest.mark.parametrize(
    ("model", "device", "limit"),
    [
        ("Llama 3 8B", "H100 SXM", {"devices": 64}),
        ("Llama 3 70B", "H100 SXM", {"devices": 512}),
        ("Llama 3 70B", "H100 SXM", {"seconds": 30.0}),
        ("Qwen3 30B-A3B", "H100 SXM", {"devices": 128}),
        ("GPT-3 175B", "A100 SXM 80GB", {"seconds": 60.0}),
    ],
)
def test_the_search_finds_what_trying_all_finds(model, device, limit):
    model, device = MODELS[model], DEVICES[device]
    search = searching(model, device, 512, usual_context(model))
    for goal in [FASTEST] if "devices" in limit else [FEWEST, CHEAPEST]:
        tried = list(all_cuts(search, goal, **limit))
        best = search.best(goal, **limit)
        # Of cuts that take as long to within a millionth any will do.
        assert math.isclose(VALUES[goal](best), min(map(VALUES[goal], tried)), rel_tol=1e-6)


@pytest.mark.parametrize(
    ("goal", "model", "device", "batch", "limit", "fixed"),
    [
        # What is cheapest does not fit, and with more replicas it does.
        (CHEAPEST, "GPT-3 175B", "H100 SXM", 128, {"seconds": 14.4}, {"tensor_parallel": 1}),
        (CHEAPEST, "Llama 3.1 70B", "GB200", 96, {"seconds": 12.4}, {"tensor_parallel": 1, "zero_stage": 1}),
        (CHEAPEST, "Llama 3.1 8B", "H100 SXM", 512, {"seconds": 139.0}, {"pipeline_stages": 4}),
        # Stages have different numbers of layers.
        (FASTEST, "Llama 3.1 405B", "H100 SXM", 128, {"devices": 2048}, {"pipeline_stages": 16}),
        (FEWEST, "Llama 3.1 405B", "GB200", 256, {"seconds": 17.165}, {"pipeline_stages": 5}),
        (CHEAPEST, "GPT-3 175B", "GB200", 96, {"seconds": 4.23}, {"pipeline_stages": 10}),
    ],
)
def test_of_cuts_that_keep_to_some_numbers_the_best_is_found(goal, model, device, batch, limit, fixed):
    search = searching(known_models.model(model), DEVICES[device], batch, 2048, **fixed)
    least = min(map(VALUES[goal], all_cuts(search, goal, **limit)))
    assert math.isclose(VALUES[goal](search.best(goal, **limit)), least, rel_tol=1e-6)


def test_the_best_cut_is_that_of_all_numbers_of_replicas():
    batch, limit = 64, 15.0
    search = searching(known_models.model("Llama 3.1 70B"), DEVICES["H100 SXM"], batch, 4096)
    least = dict.fromkeys([FEWEST, CHEAPEST], math.inf)
    for layer, recomputation in itertools.product(search.layers, search._recomputations()):
        for stages, chunks in search._spreads() if layer.zero_stage < 3 else [(1, 1)]:
            way = _Way(search, layer, recomputation, stages, chunks)
            for replicas in range(layer.multiple, batch // layer.microbatch + 1, layer.multiple):
                if chunks > 1 and way.microbatches(replicas) < stages:
                    continue
                cut = way.at(replicas)
                better = [goal for goal, value in least.items() if VALUES[goal](cut) < value]
                # What does not help is not worth the look at its memory.
                if better and cut.step.seconds <= limit and cut.fits:
                    least.update({goal: VALUES[goal](cut) for goal in better})
    for goal, value in least.items():
        assert VALUES[goal](search.best(goal, seconds=limit)) <= 1.002 * value


def test_the_fastest_cut_keeps_a_deadline_or_there_is_none():
    search = searching(MODELS["Llama 3 8B"], DEVICES["H100 SXM"], 512, 8192)
    fastest = search.best(FASTEST, devices=64)
    assert search.best(FASTEST, devices=64, seconds=fastest.step.seconds).run.devices == fastest.run.devices
    assert search.best(FASTEST, devices=64, seconds=0.99 * fastest.step.seconds) is None


@settings(max_examples=25)
@given(
    st.sampled_from(sorted(MODELS)),
    st.sampled_from(sorted(DEVICES)),
    st.integers(8, 4096),
    st.integers(8, 4096),
)
def test_what_is_found_is_legal_and_fits(model, device, batch, devices):
    model, device = MODELS[model], DEVICES[device]
    search = searching(model, device, batch, usual_context(model))
    cut = search.best(FASTEST, devices=devices)
    if cut is None:
        return
    run = cut.run
    assert run.devices <= devices
    assert cut.memory["peak"] <= device.memory
    assert model.heads % run.tensor_parallel == 0
    assert run.context % run.context_parallel == 0
    assert -(-model.layers // run.pipeline_stages) * (run.pipeline_stages - 1) < model.layers
    assert run.model_chunks == 1 or model.layers % (run.pipeline_stages * run.model_chunks) == 0
    assert run.model_chunks == 1 or run.microbatches >= run.pipeline_stages
    assert not model.experts or model.experts % run.expert_parallel == 0
    assert (run.replicas * run.tensor_parallel * run.context_parallel) % run.expert_parallel == 0
    assert run.replicas * run.microbatch <= batch
    # The search adds up layers in its own way; the step is that of anybody else's prediction.
    assert math.isclose(cut.step.seconds, predict(run, search.constants).seconds, rel_tol=1e-9)


@settings(max_examples=20)
@given(st.sampled_from(["Llama 3 8B", "Llama 3 70B"]), st.integers(64, 2048), st.floats(1.01, 8), st.floats(5, 200))
def test_a_looser_deadline_never_takes_more_devices(model, batch, factor, days):
    plans = [
        training_plan(MODELS[model], DEVICES["H100 SXM"], tokens=1e12, batch=batch, seconds=limit * DAY, memory=MEMORY)
        for limit in (days, days * factor)
    ]
    if plans[0].verdict == GOOD:
        assert plans[1].verdict == GOOD
        assert plans[1].devices <= plans[0].devices
        assert plans[0].seconds <= days * DAY * (1 + 1e-9)


@settings(max_examples=20)
@given(st.sampled_from(sorted(MODELS)), st.integers(64, 1024), st.floats(1, 16))
def test_more_devices_never_take_longer(model, devices, factor):
    model = MODELS[model]
    search = searching(model, DEVICES["H100 SXM"], 1024, usual_context(model))
    few, many = (search.best(FASTEST, devices=int(number)) for number in (devices, devices * factor))
    if few is not None:
        assert many.step.seconds <= few.step.seconds * (1 + 1e-9)


@pytest.mark.parametrize("quantity", ["memory", "memory_bandwidth", "link_bandwidth", "network_bandwidth", "peaks"])
@pytest.mark.parametrize("model", ["Llama 3 70B", "Qwen3 30B-A3B"])
def test_a_better_device_never_takes_longer(model, quantity):
    h100 = DEVICES["H100 SXM"]
    names = ("memory", "memory_bandwidth", "link_bandwidth", "link_devices", "network_bandwidth")
    numbers = {name: getattr(h100, name) for name in names}

    def seconds(factor):
        changed = dict(numbers)
        peaks = {"bf16": h100.peak("bf16")}
        if quantity == "peaks":
            peaks = {"bf16": factor * peaks["bf16"]}
        else:
            changed[quantity] *= factor
        device = Device("H100 SXM", peaks, **changed)
        return searching(MODELS[model], device, 256, 4096).best(FASTEST, devices=256).step.seconds

    times = [seconds(factor) for factor in (1, 1.3, 2, 4)]
    assert times == sorted(times, reverse=True)


def test_a_given_cut_is_kept():
    search = searching(MODELS["Llama 3 70B"], DEVICES["H100 SXM"], 512, 8192, tensor_parallel=8, pipeline_stages=4)
    cut = search.best(FASTEST, devices=512)
    assert (cut.run.tensor_parallel, cut.run.pipeline_stages) == (8, 4)


def test_what_is_too_large_says_how_many_devices_hold_it():
    options = {"tokens": 3e11, "batch": 1536, "memory": MEMORY}
    plan = training_plan(MODELS["GPT-3 175B"], DEVICES["H100 SXM"], devices=4, **options)
    assert plan.verdict == TOO_LARGE
    assert plan.cut is None
    held = training_plan(MODELS["GPT-3 175B"], DEVICES["H100 SXM"], devices=int(plan.smallest), **options)
    assert held.verdict == GOOD


def test_what_is_late_says_which_batch_would_do():
    options = {"tokens": 15e12, "seconds": 10 * DAY, "memory": MEMORY}
    plan = training_plan(MODELS["Llama 3 70B"], DEVICES["H100 SXM"], batch=1024, **options)
    assert plan.verdict == LATE
    larger = training_plan(MODELS["Llama 3 70B"], DEVICES["H100 SXM"], batch=plan.batch_in_time, **options)
    assert larger.verdict == GOOD


def test_a_batch_close_by_is_offered_where_it_takes_much_fewer_devices():
    # Whole microbatches: with 13 devices' worth of work, a batch of few sequences leaves many idle.
    found = []
    for batch in range(64, 200, 8):
        plan = training_plan(
            MODELS["Llama 3 70B"], DEVICES["H100 SXM"], tokens=1e12, batch=batch, seconds=30 * DAY, memory=MEMORY
        )
        if plan.other_batch:
            assert plan.other_devices <= 0.9 * plan.devices
            assert batch / 1.25 <= plan.other_batch <= 1.25 * batch
            found.append(plan)
    assert found


@settings(max_examples=15)
@given(st.floats(0.05, 0.9), st.floats(5, 300))
def test_a_utilisation_that_is_given_decides_the_days(mfu, days):
    h100 = DEVICES["H100 SXM"]
    plan = training_plan(
        MODELS["Llama 3 8B"], h100, tokens=1e12, batch=1024, seconds=days * DAY, mfu=mfu, memory=MEMORY
    )
    assert math.isclose(plan.seconds * plan.devices * h100.peak("bf16") * mfu, plan.flop)
    assert plan.low == plan.seconds == plan.high
    if plan.verdict == GOOD:
        assert plan.seconds <= days * DAY
        group = plan.devices / plan.replicas
        assert plan.seconds * plan.devices / max(plan.devices - group, 1e-9) > days * DAY


def test_a_plan_lies_on_its_curve():
    plan = training_plan(MODELS["Llama 3 8B"], DEVICES["H100 SXM"], tokens=1e12, batch=512, devices=64, memory=MEMORY)
    others = by_devices(plan, points=10)
    assert [other.devices for other in others] == sorted(other.devices for other in others)
    [same] = [other for other in others if other.devices == 64]
    assert math.isclose(same.seconds, plan.seconds)


@pytest.mark.parametrize(
    ("devices", "tokens", "most"),
    [(16384, 15.6e12, 110), (8192, 15.6e12, 200)],
)
def test_llama_3_405b_fits_where_it_was_trained(devices, tokens, most):
    """Finding: an earlier planner called the run impossible. Meta took 78 days on 16,384."""
    plan = training_plan(
        known_models.model("Llama 3.1 405B"), DEVICES["H100 SXM"], tokens, 2048, devices=devices, memory=MEMORY
    )
    assert plan.verdict == GOOD
    assert plan.seconds < most * DAY


def test_405b_in_90_days_takes_no_more_than_it_should():
    """Finding: an earlier planner took 49,152 H100 and 99 days; eight chunks on 16,384 take 86."""
    plan = training_plan(
        known_models.model("Llama 3.1 405B"), DEVICES["H100 SXM"], 15.6e12, 2048, seconds=90 * DAY, memory=MEMORY
    )
    assert plan.verdict == GOOD
    assert plan.devices < 18000
