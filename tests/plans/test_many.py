"""Many cuts at once take as long as each of them alone."""

import math
import time

import numpy as np
import pytest

from llmcalc import catalogue, known_models
from llmcalc.checks import Refusal
from llmcalc.models.run import RECOMPUTATIONS, Run
from llmcalc.models.stacks import resolve
from llmcalc.plans.many import predict_cuts
from llmcalc.plans.step import predict

CUTS = 300
MODELS = ("Llama 3 70B", "GPT-3 175B", "Qwen3 30B-A3B", "DeepSeek-V3")


def random_cuts(model, number, seed):
    draw = np.random.default_rng(seed)

    def one_of(*values):
        return draw.choice(values, number).astype(float)

    stages = one_of(1, 2, 3, 4, 7, 8, 16)
    cuts = {
        "tensor_parallel": one_of(1, 2, 4, 8, 16),
        "pipeline_stages": stages,
        "model_chunks": np.where(stages > 1, one_of(1, 2, 4), 1.0),
        "context_parallel": one_of(1, 2, 4),
        "replicas": draw.integers(1, 300, number).astype(float),
        "microbatch": one_of(1, 2, 4),
        "batch": draw.integers(64, 4096, number).astype(float),
        "context": one_of(2048, 4096, 8192, 32768),
        "zero_stage": draw.integers(0, 4, number),
        "recomputation": draw.integers(0, len(RECOMPUTATIONS), number),
        "fused_attention": draw.integers(0, 2, number),
        "sequence_parallel": draw.integers(0, 2, number),
        "overlap_gradients": draw.integers(0, 2, number),
        "overlap_tensor_parallel": draw.integers(0, 2, number),
        "dropout": draw.integers(0, 2, number),
        "gradient_bytes": one_of(2, 4),
    }
    if model.experts:
        cuts["expert_parallel"] = one_of(1, 2, 4, 8, 32)
    cuts["devices"] = cuts["tensor_parallel"] * stages * cuts["context_parallel"] * cuts["replicas"]
    return cuts


def alone(cuts, place):
    """The arguments of one of many cuts."""
    one = {name: column[place].item() for name, column in cuts.items()}
    return one | {"recomputation": RECOMPUTATIONS[one["recomputation"]]}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("device", "number_format"), [("H100 SXM", "fp8"), ("A100 SXM 80GB", "bf16")])
def test_many_cuts_are_each_of_them_alone(name, device, number_format):
    model, device = known_models.model(name), catalogue.device(device)
    constants = resolve(device.name, number_format)
    cuts = random_cuts(model, CUTS, seed=len(name))
    # Slices of which the last is shorter.
    many = predict_cuts(model, device, constants, cuts, slice_size=128, number_format=number_format)
    for place in range(CUTS):
        one = predict(Run(model, device, number_format=number_format, **alone(cuts, place)), constants)
        assert math.isclose(many.seconds[place], one.seconds, rel_tol=1e-12)
        assert math.isclose(many.mfu[place], one.mfu, rel_tol=1e-12)
        assert many.terms.keys() == one.terms.keys()
        for term, seconds in one.terms.items():
            column = many.terms[term]
            value = column[place] if getattr(column, "ndim", 0) else column
            # A term that is a difference of two others is as exact as those.
            assert math.isclose(value, seconds, rel_tol=1e-12, abs_tol=1e-12 * one.seconds), term


def test_slices_make_no_difference():
    model, device = known_models.model("Qwen3 30B-A3B"), catalogue.device("H100 SXM")
    constants, cuts = resolve(device.name, "bf16"), random_cuts(model, 1000, seed=5)
    whole = predict_cuts(model, device, constants, cuts, number_format="bf16")
    sliced = predict_cuts(model, device, constants, cuts, 7, number_format="bf16")
    assert (whole.seconds == sliced.seconds).all()
    assert all((whole.terms[name] == sliced.terms[name]).all() for name in whole.terms)


@pytest.mark.parametrize(
    ("cuts", "argument"),
    [
        ({}, "cuts"),
        ({"devices": 64}, "devices"),
        ({"devices": np.array([])}, "devices"),
        ({"devices": np.array([64.0, 64.0]), "tensor_parallel": np.array([1.0])}, "tensor_parallel"),
        ({"devices": np.array([64.0, 64.0]), "tensor_parallel": np.array([1.0, 128.0])}, "devices"),
        ({"devices": np.array([64.0, 64.0]), "recomputation": np.array([0, 3])}, "recomputation"),
        ({"devices": np.array([64.0, np.nan])}, "devices"),
    ],
)
def test_what_are_no_cuts_is_refused(cuts, argument):
    model, device = known_models.model("Llama 3 8B"), catalogue.device("H100 SXM")
    with pytest.raises(Refusal) as refused:
        predict_cuts(model, device, resolve(device.name, "bf16"), cuts, batch=256, number_format="bf16")
    assert refused.value.argument == argument


@pytest.mark.alone
@pytest.mark.parametrize("name", ["Llama 3 70B", "Qwen3 30B-A3B"])
def test_a_core_predicts_a_million_cuts_a_second(name):
    model, device, number = known_models.model(name), catalogue.device("H100 SXM"), 300_000
    constants, cuts = resolve(device.name, "bf16"), random_cuts(model, number, seed=1)
    times = []
    for _ in range(5):
        start = time.process_time()
        predict_cuts(model, device, constants, cuts, number_format="bf16")
        times.append(time.process_time() - start)
    assert number / min(times) >= 1e6
