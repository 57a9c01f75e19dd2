"""Plans keep their limits, and none with fewer devices would."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc import datasets
from llmcalc.checks import Refusal
from llmcalc.formulas import cost, memory, serving, training
from llmcalc.plans import fitting, planning
from llmcalc.report import tables
from llmcalc.units import DAY

SHAPES = {row["model"]: row for row in datasets.records("transformer-shapes")}
A100 = {
    "peak_flops": 312e12,
    "device_memory": 80e9,
    "memory_bandwidth": 2039e9,
    "overhead": 4e9,
    "devices_per_server": 8,
}
RUN = {"tokens": 300e9, "mfu": 0.4, "batch": 1536}
SERVICE = {"request_rate": 50.0, "prompt_tokens": 600.0, "answer_tokens": 200.0, "mfu": 0.4, "mbu": 0.6}

shapes = st.sampled_from(sorted(SHAPES))
runs = st.fixed_dictionaries(
    {
        "tokens": st.floats(1e9, 1e14),
        "mfu": st.floats(0.05, 1.0),
        "batch": st.integers(1, 8192),
        "microbatch": st.integers(1, 4),
        "model_chunks": st.integers(1, 8),
        "zero_stage": st.integers(0, 3),
        "recomputation": st.sampled_from(["none", "selective", "full"]),
    }
)


def plan_with(cut, shape, run, **limit):
    across, along = cut
    return planning.training_plan(shape, A100, tensor_parallel=across, pipeline_stages=along, **run, **limit)


def cuts_of(shape):
    across = [size for size in (1, 2, 4, 8) if shape["heads"] % size == 0]
    along = {-(-shape["layers"] // longest) for longest in range(1, shape["layers"] + 1)}
    return [(size, 1) for size in across] + [(across[-1], stages) for stages in sorted(along - {1})]


@given(model=shapes, run=runs, days=st.floats(1, 1000))
def test_of_all_cuts_that_fit_in_time_the_one_with_the_fewest_devices_is_taken(model, run, days):
    shape, limit = SHAPES[model], {"seconds": days * DAY}
    plan = planning.training_plan(shape, A100, **run, **limit)
    tried = [plan_with(cut, shape, run, **limit) for cut in cuts_of(shape)]
    good = [other for other in tried if other["free_bytes"] >= 0 and other["seconds"] <= limit["seconds"]]
    if good:
        assert plan["seconds"] <= limit["seconds"]
        assert plan["free_bytes"] >= 0
        assert plan["devices"] == min(other["devices"] for other in good)
    else:
        assert plan["free_bytes"] < 0 or plan["seconds"] > limit["seconds"]


@given(model=shapes, run=runs, devices=st.integers(1, 100_000))
def test_of_devices_at_hand_no_more_are_used_and_the_fastest_cut_is_taken(model, run, devices):
    shape = SHAPES[model]
    plan = planning.training_plan(shape, A100, devices=devices, **run)
    assert plan["devices"] <= devices
    cuts = [cut for cut in cuts_of(shape) if cut[0] * cut[1] <= devices]
    tried = [plan_with(cut, shape, run, devices=devices) for cut in cuts]
    fitting_ones = [other for other in tried if other["free_bytes"] >= 0]
    if fitting_ones:
        assert plan["seconds"] == min(other["seconds"] for other in fitting_ones)
    else:
        assert plan["free_bytes"] == max(other["free_bytes"] for other in tried) < 0


@given(model=shapes, run=runs, days=st.floats(1, 1000))
def test_one_replica_fewer_would_be_too_late(model, run, days):
    shape = SHAPES[model]
    plan = planning.training_plan(shape, A100, seconds=days * DAY, **run)
    if plan["seconds"] > days * DAY or plan["replicas"] == 1:
        return
    cut = plan["tensor_parallel"], plan["pipeline_stages"]
    later = plan_with(cut, shape, run, devices=(plan["replicas"] - 1) * cut[0] * cut[1])
    assert later["seconds"] > days * DAY * (1 - 1e-9)


def test_a_model_that_is_not_cut_takes_the_time_and_the_memory_of_the_formulas():
    shape = SHAPES["GPT-2 XL"]
    plan = planning.training_plan(shape, A100, devices=8, zero_stage=0, recomputation="full", **RUN)
    assert (plan["tensor_parallel"], plan["pipeline_stages"], plan["replicas"]) == (1, 1, 8)
    assert math.isclose(plan["seconds"], training.training_seconds(plan["flop"], 8, 312e12, 0.4))
    assert math.isclose(cost.device_time(plan["flop"], 312e12, 0.4), plan["devices"] * plan["seconds"])
    parts = fitting.training_bytes(shape, shape["context"], recomputation="full")
    kept = parts["weights"] + parts["gradients"] + parts["optimiser state"]
    final_norm = 16 * shape["final_vectors"] * shape["hidden_size"]
    assert math.isclose(plan["state_bytes"], kept - final_norm)
    # Alone on a device, a layer's scores are shared with no other.
    assert math.isclose(plan["activation_bytes"], parts["activations"] + parts["layer at work"])


def test_stages_share_the_state_and_interleaving_takes_more_activations():
    shape = SHAPES["GPT-3"]
    options = {"devices": 512, "tensor_parallel": 8, "pipeline_stages": 8, "zero_stage": 0}
    plain = planning.training_plan(shape, A100, **options, **RUN)
    chunked = planning.training_plan(shape, A100, model_chunks=3, **options, **RUN)
    assert chunked["seconds"] < plain["seconds"]
    assert chunked["state_bytes"] == plain["state_bytes"]
    layers = memory.interleaved_layers(96, 8, 3) / 96
    of_layers = {"replicated_bytes": 0.0, "split_bytes": 34.0, "score_bytes": 0.0}
    kept = memory.activation_bytes(96, 12288, 96, 2048, 1, 8, **of_layers)
    assert math.isclose(chunked["activation_bytes"] - plain["activation_bytes"], (layers - 1) * kept)


@given(model=shapes, run=runs, devices=st.integers(1, 100_000))
def test_more_replicas_end_sooner_and_cost_no_less(model, run, devices):
    shape = SHAPES[model]
    plan = planning.training_plan(shape, A100, devices=devices, **run)
    others = planning.trade_off(shape, A100, plan, **run)
    assert len(others) <= 16
    assert others[0]["replicas"] == 1
    assert others[-1]["microbatches"] == 1
    for fewer, more in itertools.pairwise(others):
        assert fewer["devices"] < more["devices"]
        assert fewer["seconds"] > more["seconds"]
        # Replicas beyond a divisor of the batch wait for the others at the end of a step: the whole waste is bounded.
        assert more["devices"] * more["seconds"] >= others[0]["devices"] * others[0]["seconds"] * (1 - 1e-9)


def test_a_plan_lies_on_its_curve():
    plan = planning.training_plan(SHAPES["GPT-3"], A100, seconds=30 * DAY, **RUN)
    points = planning.trade_off(SHAPES["GPT-3"], A100, plan, points=10_000, **RUN)
    assert plan in points


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tensor_parallel": 97}, r"tensor_parallel = 97 is not accepted: give at most heads = 96, or 0"),
        ({"pipeline_stages": 97}, r"pipeline_stages = 97 is not accepted: give at most layers = 96, or 0"),
        ({"tensor_parallel": 8, "pipeline_stages": 96, "devices": 512}, r"devices = 512 .* give at least 768"),
        ({"microbatch": 0}, r"microbatch = 0 is not accepted"),
        ({"mfu": 1.5}, r"mfu = 1.5 is not accepted"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        planning.training_plan(SHAPES["GPT-3"], A100, **({"devices": 1024} | RUN | options))


def test_a_program_that_leaves_no_memory_is_refused():
    with pytest.raises(ValueError, match=r"overhead = 90.* fewer than device_memory"):
        planning.training_plan(SHAPES["GPT-3"], A100 | {"overhead": 90e9}, devices=8, **RUN)


@given(model=shapes, rate=st.floats(0.01, 1e4), interval=st.floats(0.005, 2), wait=st.floats(0.1, 10))
def test_a_service_keeps_its_limits_and_carries_its_load(model, rate, interval, wait):
    shape = SHAPES[model]
    limits = {"time_per_output_token": interval, "time_to_first_token": wait}
    plan = planning.service_plan(shape, A100, **(SERVICE | limits | {"request_rate": rate}))
    assert plan["time_per_output_token"] <= interval * (1 + 1e-9)
    assert plan["time_to_first_token"] <= wait
    assert plan["devices"] == plan["replicas"] * plan["devices_per_replica"]
    answered = plan["replicas"] * plan["batch"] / (plan["time_per_output_token"] * SERVICE["answer_tokens"])
    assert answered >= rate * (1 - 1e-9)
    assert (plan["replicas"] - 1) * answered / plan["replicas"] < rate
    stored = fitting.serving_bytes(shape, 800.0, plan["batch"])
    assert sum(stored.values()) <= plan["devices_per_replica"] * 76e9 * (1 + 1e-9)


@given(model=shapes, interval=st.floats(0.005, 2))
def test_one_answer_more_would_not_fit_or_be_too_slow(model, interval):
    shape, whole, middle = SHAPES[model], 800.0, 700.0
    plan = planning.service_plan(shape, A100, **SERVICE, time_per_output_token=interval, time_to_first_token=10.0)
    size, batch = plan["devices_per_replica"], plan["batch"] + 1
    stored = fitting.serving_bytes(shape, whole, 1)
    weights, cache = stored["weights"], stored["KV cache"]
    reading = serving.reading_seconds(weights, batch * cache * middle / whole, size, A100["memory_bandwidth"], 0.6)
    token = planning.sequence_flop(shape, middle) / middle
    computing = training.training_seconds(batch * token, size, A100["peak_flops"], 0.4)
    prompt = training.training_seconds(planning.sequence_flop(shape, 600.0), size, A100["peak_flops"], 0.4)
    too_slow = serving.time_per_output_token(max(reading, computing), batch, prompt, 200.0) > interval * (1 - 1e-9)
    too_large = weights + batch * cache > size * 76e9 * (1 - 1e-9)
    assert too_slow or too_large


def test_a_replica_spreads_over_servers_only_if_it_may_or_must():
    gpt3 = SHAPES["GPT-3"]
    limits = {"time_per_output_token": 0.1, "time_to_first_token": 2.0}
    one = planning.service_plan(gpt3, A100, **SERVICE, **limits)
    eight = planning.service_plan(gpt3, A100, **SERVICE, **limits, replica_servers=8)
    hasty = planning.service_plan(gpt3, A100, **SERVICE, **(limits | {"time_per_output_token": 0.02}))
    assert one["devices_per_replica"] == 8 < eight["devices_per_replica"]
    assert eight["devices"] <= one["devices"]
    assert hasty["devices_per_replica"] == 16  # eight devices take longer to read the weights once


@given(model=shapes, layers=st.integers(0, 200), hidden_size=st.integers(0, 20_000), heads=st.integers(0, 128))
def test_a_shape_keeps_the_proportions_that_are_not_changed(model, layers, hidden_size, heads):
    shape = SHAPES[model]
    if heads > (hidden_size or shape["hidden_size"]):
        with pytest.raises(Refusal, match=r"heads = .* give at most hidden_size"):
            planning.shape_like(shape, layers=layers, hidden_size=hidden_size, heads=heads)
        return
    changed = planning.shape_like(shape, layers=layers, hidden_size=hidden_size, heads=heads)
    assert changed["layers"] == (layers or shape["layers"])
    assert changed["vocabulary_size"] == shape["vocabulary_size"]
    size = changed["hidden_size"] / shape["hidden_size"]
    assert changed["mlp_size"] == max(1, round(size * shape["mlp_size"]))
    assert changed["heads"] == (heads or max(1, round(size * shape["heads"])))
    assert changed["heads"] % changed["kv_heads"] == 0
    assert planning.shape_like(shape) == shape


def test_more_kv_heads_than_heads_are_refused():
    with pytest.raises(ValueError, match=r"kv_heads = 97 is not accepted: give at most as many as heads = 96"):
        planning.shape_like(SHAPES["GPT-3"], kv_heads=97)


def test_waiting_explains_most_of_what_a_published_run_lost_on_twice_the_devices():
    published = tables.read("planner-published")
    rates = [
        plan["flop"] / (plan["seconds"] * plan["devices"])
        for plan in (
            planning.training_plan(
                SHAPES["Llama 3.1 405B"],
                A100,
                tokens=1e12,
                mfu=0.5,
                batch=row["data_parallel"] * row["sequences_per_replica"],
                devices=row["gpus"],
                tensor_parallel=int(row["tensor_parallel"]),
                pipeline_stages=int(row["pipeline_stages"]),
                model_chunks=8,
            )
            for _, row in published.iterrows()
        )
    ]
    measured = published["tflops_per_gpu"].iloc[1] / published["tflops_per_gpu"].iloc[0]
    assert 0.5 < (1 - rates[1] / rates[0]) / (1 - measured) < 1
    assert list(published["data_parallel"] * published["tensor_parallel"] * published["pipeline_stages"]) == list(
        published["gpus"]
    )
