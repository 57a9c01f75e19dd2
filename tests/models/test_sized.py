"""Models of which only the size is known."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmcalc import known_models
from llmcalc.checks import Refusal
from llmcalc.choosing import model_named
from llmcalc.models.sized import LARGEST, SMALLEST, sized


@given(st.floats(SMALLEST, LARGEST))
@example(631443339.0)  # whose tables alone would take most of it at twice the width
def test_a_size_is_kept(params):
    assert sized(params).params == pytest.approx(params, rel=0.005)


@pytest.mark.parametrize(("params", "name"), [(70.55e9, "Llama 3 70B"), (8.03e9, "Llama 3 8B")])
def test_sizes_of_the_family_have_its_proportions(params, name):
    model, known = sized(params), known_models.model(name)
    assert (model.layers, model.hidden_size, model.heads, model.kv_heads, model.mlp_size) == (
        known.layers,
        known.hidden_size,
        known.heads,
        known.kv_heads,
        known.mlp_size,
    )


@given(st.floats(SMALLEST, LARGEST / 2))
def test_a_larger_model_is_no_narrower_and_no_shallower(params):
    smaller, larger = sized(params), sized(2 * params)
    assert smaller.layers <= larger.layers
    assert smaller.hidden_size <= larger.hidden_size
    assert larger.layers % 4 == larger.hidden_size % 1024 == 0


def test_a_size_stands_for_a_model():
    model = model_named("100B")
    assert (model.name, model.assumed) == (
        "a dense model of 100B",
        ["a dense model in the proportions of Llama 3: 88 layers of width 9216"],
    )
    assert model_named("1.5T").name == "a dense model of 1.5T"
    assert model_named("Llama 3 70B").params == known_models.model("Llama 3 70B").params


@pytest.mark.parametrize("text", ["100", "0.1B", "90T", "B", "-5B", "1e3B to 2B", ""])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(Refusal):
        model_named(text)
