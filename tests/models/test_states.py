"""Layers with a state in training: what they keep of a token, by hand, and what a step's time is made of."""

import json
from pathlib import Path

import pytest

from llmcalc.choosing import device_named, model_named
from llmcalc.models import short
from llmcalc.models.configs import from_config
from llmcalc.models.memory import training_memory
from llmcalc.models.run import Run
from llmcalc.models.stacks import resolve
from llmcalc.plans.step import Machine, predict

CONFIGS = Path(__file__).parent / "configs"
# Values of 16 bits, by hand from what the kernels that states.py names save.
KEPT = {
    # In front of the convolution; q and k of 32 heads, v, output, norm, gate; chunk, decay, two norms, two gates.
    "qwen3-next-80b": ("delta", 8192 + 2 * 4096 + 4 * 4096 + 32 * (64 + 2 + 4 + 2)),
    # z, x, B, C and dt; the output; the norm's number.
    "mamba-codestral": ("mamba2", 8192 + (8192 + 2 * 8 * 128) + 128 + 8192 + 2),
    # x and z; the output; dt of rank 256, B and C, and these again; 16 pairs of 32 bits an element in 2,048 tokens.
    "jamba-v0.1": ("mamba", 3 * 8192 + 256 + 2 * 16 + 2 * 16 + 8192 * 16 * 8 // 2 // 2048),
    "lfm2-1.2b": ("convolution", 6 * 2048),
    "minimax-text-01": ("lightning", 10 * 64 * 128),
    # Convolutions, q, k, v, decay, gate, output, norm; low ranks; two matrices of the chunk, two norms, beta twice.
    "kimi-linear": ("delta", 10 * 4096 + 2 * 128 + 32 * (2 * 64 + 4 + 2)),
}


def read(name):
    return from_config((CONFIGS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", KEPT)
def test_kernels_keep_what_is_counted_by_hand(name):
    kind, values = KEPT[name]
    (part,) = [part for part in read(name).mixers if part.kind == kind]
    assert part.kept_values == values
    (kept,) = [part for part in short.read(short.written(read(name))).mixers if part.kind == kind]
    assert kept.kept_values == values


def test_links_from_before_count_what_comes_out_of_the_matrices():
    model = read("lfm2-1.2b")
    text = json.loads(short.written(model))
    for part in text["mixers"]:
        part.pop("kept_values", None)
    (part,) = [part for part in short.read(text).mixers if part.kind == "convolution"]
    assert part.kept_values == 4 * 2048


def run_of(model, **cut):
    known = {"devices": 8, "batch": 64, "context": 4096, "recomputation": "none", "number_format": "bf16"}
    return Run(model, device_named("H100 SXM"), **known | cut)


def test_activations_are_the_mean_of_the_layers():
    model = model_named("Qwen3 Next 80B A3B")
    run = run_of(model, devices=1, batch=1)
    values = KEPT["qwen3-next-80b"][1]
    of_state = 4 * 2048 + 2 * values
    of_attention = 4 * 2048 + 2 * 2 * 256 * (16 + 2) + 4 * 16
    of_experts = 4 * 2048 + 3 * 2 * 512 + 2 * 10 * (2048 + 3 * 512)
    kept = 4096 * (36 * of_state + 12 * of_attention + 48 * of_experts)
    assert training_memory(run)["parts"]["activations"] == pytest.approx(kept, rel=1e-9)


@pytest.mark.parametrize("name", [*KEPT, "nemotron-nano-9b-v2", "granite-4.0-h-small"])
def test_training_holds_every_parameter_and_a_step_multiplies_every_matrix(name):
    model = read(name)
    run = run_of(model, devices=1, batch=1, gradient_bytes=2)
    parts = training_memory(run, "adam")["parts"]
    state = parts["weights"] + parts["gradients"] + parts["optimiser"]
    assert state == pytest.approx(16 * model.params, rel=2e-4)
    if model.attention == "none":
        return
    machine = Machine(run, resolve("H100 SXM", "bf16", "megatron-bridge"))
    mixed = model.layers * machine.weights(machine.attention_products())
    assert mixed == pytest.approx(sum(part.layers * part.weights(model.hidden_size) for part in model.mixers), rel=0.01)
    routers = 6 * model.groups["router"]  # which reports of a step leave out
    flop = machine.model_flop() / (run.batch * run.context)
    assert flop == pytest.approx(model.flop_per_token(run.context, masked=False) - routers, rel=0.003)


def test_a_state_costs_as_much_for_every_token_and_attention_more_for_later_ones():
    model = read("lfm2-1.2b")
    constants = resolve("H100 SXM", "bf16", "megatron-bridge")
    short_one, long_one = (
        Machine(run_of(model, context=context, batch=2**21 // context), constants) for context in (4096, 65536)
    )
    (state,) = [part for part in model.mixers if part.kind == "convolution"]
    (attention,) = [part for part in model.mixers if part.kind == "standard"]
    for place in (0, 1):
        assert long_one.state(state)[place] == pytest.approx(16 * short_one.state(state)[place])
        assert long_one.scores(attention)[place] > 100 * short_one.scores(attention)[place]
    of_both = [10 * machine.state(state)[0] + 6 * machine.scores(attention)[0] for machine in (short_one, long_one)]
    assert [16 * machine.attention()[0] for machine in (short_one, long_one)] == pytest.approx(of_both)
    seconds = predict(run_of(model), constants).seconds
    assert predict(run_of(model, devices=16), constants).seconds < seconds
