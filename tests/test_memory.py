"""Memory of models: numbers that others published, and properties that hold for any shape."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc.formulas import memory
from llmcalc.plans import fitting
from llmcalc.report import tables

GIB = 2**30
SHAPES = tables.read("transformer-shapes").set_index("model")
LLAMA = ["LLaMA-7B", "LLaMA-13B", "LLaMA-30B", "LLaMA-65B"]
ACTIVATIONS = tables.read("memory-activations").set_index("model")

sizes = st.integers(min_value=1, max_value=10**4)
heads = st.sampled_from([1, 2, 4, 8, 16, 32, 64])


# By hand: l (4 h^2 + 3 h f + 2 h) + 2 V h + h, e.g. for 7B l = 32, h = 4096, f = 11008, V = 32000.
# Touvron et al. 2023, table 2, print 6.7, 13.0, 32.5 and 65.2 x 10^9.
@pytest.mark.parametrize(
    ("model", "params"),
    [("LLaMA-7B", 6738415616), ("LLaMA-13B", 13015864320), ("LLaMA-30B", 32528943616), ("LLaMA-65B", 65285660672)],
)
def test_kinds_of_parameters_add_up_to_the_model(model, params):
    kinds = fitting.parameter_kinds(SHAPES.loc[model])
    assert kinds["linear"] + kinds["other"] == params


# Document 000, lines 78-128.
@pytest.mark.parametrize(
    ("model", "size", "card", "ram"),
    [("LLaMA-7B", 3.5, 6, 16), ("LLaMA-13B", 6.5, 10, 32), ("LLaMA-30B", 15.8, 20, 64), ("LLaMA-65B", 31.2, 40, 128)],
)
def test_twelve_printed_numbers_are_gibibytes(model, size, card, ram):
    parts = fitting.serving_bytes(SHAPES.loc[model], 2048, bytes_per_param=0.5, scale_bytes=8.0)
    in_16_bits = fitting.serving_bytes(SHAPES.loc[model], 2048)["weights"]
    assert round(parts["weights"] / GIB, 1) == size
    assert round(parts["weights"] / 1e9, 1) != size
    assert fitting.smallest_size([4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 80], sum(parts.values()) / GIB + 1) == card
    assert fitting.smallest_size([2**power for power in range(10)], in_16_bits / GIB) == ram


def test_decimal_gigabytes_would_not_fit_the_printed_cards_and_ram():
    parts = fitting.serving_bytes(SHAPES.loc["LLaMA-30B"], 2048, bytes_per_param=0.5, scale_bytes=8.0)
    assert sum(parts.values()) / 1e9 > 20
    assert fitting.serving_bytes(SHAPES.loc["LLaMA-30B"], 2048)["weights"] / 1e9 > 64


# README of GPTQ-for-LLaMa, measured on an RTX 3090 with 2,048 tokens.
@pytest.mark.parametrize(
    "row", list(tables.read("memory-measured").itertuples()), ids=lambda row: f"{row.model}-{row.bits}"
)
def test_files_and_measured_memory_come_close(row):
    scale = 0.0 if row.bits == 16 else 8.0
    parts = fitting.serving_bytes(SHAPES.loc[row.model], 2048, bytes_per_param=row.bits / 8, scale_bytes=scale)
    assert parts["weights"] / GIB == pytest.approx(row.file_gib, rel=0.025)
    if not pd.isna(row.used_mib):
        assert 1 <= row.used_mib * 2**20 / sum(parts.values()) < 1.03


# Bytes a token of the shapes in Grattafiori et al. 2024, table 3: 2 x 32 x 8 x 128 x 2, and 2 x 126 x 8 x 128 x 2.
@pytest.mark.parametrize(("model", "expected"), [("Llama 3 8B", 131072), ("Llama 3.1 405B", 516096)])
def test_cache_of_a_token(model, expected):
    assert fitting.serving_bytes(SHAPES.loc[model], 1)["KV cache"] == expected


def test_a_latent_cache_is_one_head_of_half_the_pair():
    # DeepSeek-V3 keeps one vector of 512 + 64 numbers a layer: 61 x 576 x 2 = 70,272 bytes a token.
    assert memory.kv_cache_bytes(61, 576, 1, 1, 1) / 2 == 70272


# Rajbhandari et al. 2020, figure 1, and table 1 (7.5e9 parameters; 1e12 on 1,024 devices takes 16 GB at stage 3).
@pytest.mark.parametrize(
    ("params", "stage", "devices", "expected"),
    [(7.5e9, 0, 64, 120), (7.5e9, 1, 64, 31.4), (7.5e9, 2, 64, 16.6), (7.5e9, 3, 64, 1.9), (1e12, 3, 1024, 15.6)],
)
def test_zero_as_published(params, stage, devices, expected):
    state = memory.training_state_bytes(params, **fitting.zero_shards(stage, devices))
    assert round(state / 1e9, 1) == expected


# Korthikanti et al. 2022, figure 1; Gradients in FP32 make 18 bytes a parameter.
@pytest.mark.parametrize("model", ACTIVATIONS.index)
def test_memory_of_the_four_trainings_of_korthikanti(model):
    printed, shape = ACTIVATIONS.loc[model], SHAPES.loc[model]
    on_device = fitting.parameter_kinds(shape)["linear"] / (printed["tensor_parallel"] * printed["pipeline_stages"])
    layers = shape["layers"]
    if printed["model_chunks"] > 1:
        layers = memory.interleaved_layers(layers, printed["pipeline_stages"], printed["model_chunks"])
    size = (layers, shape["hidden_size"], shape["heads"], 2048, printed["batch"], printed["tensor_parallel"])
    selective = memory.ACTIVATIONS["selective, sequence parallel"]
    assert memory.training_state_bytes(on_device, gradient_bytes_per_param=4.0) / GIB == printed["state_gib"]
    assert memory.activation_bytes(*size) / GIB == pytest.approx(printed["none_gib"], rel=1e-12)
    assert memory.activation_bytes(*size, **selective) / GIB == pytest.approx(printed["selective_gib"], rel=1e-12)


# Korthikanti et al. 2022, figure 7, in per cent of plain tensor parallelism; read off the figure, hence the tolerance.
@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("Megatron 22B", [66.84, 49.42, 16.18, 7.64]),
        ("Megatron 175B", [62.04, 56.53, 18.49, 8.71]),
        ("Megatron 530B", [58.31, 62.04, 20.27, 9.42]),
        ("Megatron 1T", [58.31, 62.04, 20.27, 9.42]),
    ],
)
def test_savings_of_each_kind_of_recomputation(model, expected):
    shape = SHAPES.loc[model]
    size = (1, shape["hidden_size"], shape["heads"], 2048, 1, 8)
    kinds = ["none, sequence parallel", "selective", "selective, sequence parallel", "full"]
    shares = [
        memory.activation_bytes(*size, **memory.ACTIVATIONS[kind]) / memory.activation_bytes(*size) for kind in kinds
    ]
    assert [100 * share for share in shares] == pytest.approx(expected, abs=0.2)


@given(hidden=sizes, count=heads, context=sizes, batch=sizes)
def test_without_parallelism_a_layer_keeps_34_bytes_and_the_scores(hidden, count, context, batch):
    expected = context * batch * hidden * (34 + 5 * count * context / hidden)
    for kind in ("none", "none, sequence parallel"):
        size = (1, hidden, count, context, batch)
        assert math.isclose(memory.activation_bytes(*size, **memory.ACTIVATIONS[kind]), expected, rel_tol=1e-12)


@given(hidden=sizes, count=heads, context=sizes, tensor_parallel=st.integers(min_value=1, max_value=64))
def test_more_recomputation_keeps_less(hidden, count, context, tensor_parallel):
    size = (1, hidden, count, context, 1, tensor_parallel)
    none, selective, full = (
        memory.activation_bytes(*size, **memory.ACTIVATIONS[kind]) for kind in ("none", "selective", "full")
    )
    assert none > selective > full


@given(stage=st.integers(min_value=0, max_value=2), devices=st.integers(min_value=2, max_value=10**4))
def test_each_stage_of_zero_saves(stage, devices):
    states = [memory.training_state_bytes(1e9, **fitting.zero_shards(each, devices)) for each in (stage, stage + 1)]
    assert states[0] > states[1] >= 16e9 / devices * (1 - 1e-12)


def test_an_unknown_stage_is_refused():
    with pytest.raises(ValueError, match="stage = 4 is not accepted"):
        fitting.zero_shards(4, 8)


@given(
    device=st.integers(min_value=1, max_value=10**6),
    fixed=st.integers(min_value=0, max_value=10**6),
    sequence=st.integers(min_value=1, max_value=10**4),
    step=st.integers(min_value=1, max_value=64),
)
def test_closed_form_and_bisection_find_the_same_batch(device, fixed, sequence, step):
    def fits(count):
        return fixed + count * sequence <= device

    found, trials = fitting.largest_batch_by_bisection(fits, step)
    assert trials <= 2 * math.log2(found / step + 1) + 2
    assert not fits(found + step)
    if fixed < device:
        assert memory.largest_batch(device, fixed, sequence, step) == found
        expected = found or memory.largest_batch(device, fixed, sequence)
        assert fitting.batch_that_fits(device, fixed, sequence, step) == expected
    else:
        assert found == fitting.batch_that_fits(device, fixed, sequence, step) == 0


def test_nothing_on_offer_may_be_large_enough():
    assert fitting.smallest_size([8, 16], 16.1) is None
    assert fitting.smallest_size([8, 16], 16) == 16


def test_the_layer_at_work_is_what_recomputation_brings_back():
    shape = SHAPES.loc["LLaMA-7B"]
    parts = {kind: fitting.training_bytes(shape, 2048, recomputation=kind) for kind in ("none", "selective", "full")}
    assert parts["none"]["layer at work"] == 0
    assert parts["selective"]["layer at work"] == 5 * 32 * 2048**2
    assert parts["full"]["layer at work"] == 2048 * 4096 * 32 + 5 * 32 * 2048**2
    assert parts["full"]["activations"] == 32 * 2 * 2048 * 4096
