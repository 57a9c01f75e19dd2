"""What is left out of a description is not there: numbers that nobody gives, and those that links leave out."""

import inspect
import json

import pytest

from llmcalc import known_models
from llmcalc.checks import Refusal
from llmcalc.models import short
from llmcalc.models.layers import Attention, LatentAttention, Matrix, Mixture, Mlp, Recurrent
from llmcalc.models.model import Model

# Of most models, and so of those of which nothing else is said: two norms of one vector (RMSNorm) a layer and one at
# the end, a table for the logits, a gated MLP, and values that have a matrix and are kept.
USUAL = {
    Attention: {"value_matrix": True, "cached": True},
    LatentAttention: {},
    Recurrent: {},
    Matrix: {"copies": 1},
    Mlp: {"mlp_matrices": 3},
    Mixture: {"mlp_matrices": 3},
    Model: {
        "mlp_matrices": 3,
        "norm_vectors": 1,
        "layer_norms": 2,
        "final_norms": 1,
        "embedding_tables": 2,
        "convolution_width": 4,  # of Qwen3-Next and of every published model with a delta rule
    },
}


def numbers_left_out(made):
    defaults = {name: each.default for name, each in inspect.signature(made).parameters.items()}
    return {name: value for name, value in defaults.items() if isinstance(value, (int, float))}


@pytest.mark.parametrize("made", USUAL, ids=lambda made: made.__name__)
def test_what_nobody_gives_is_not_there(made):
    found = numbers_left_out(made)
    assert {name: value for name, value in found.items() if value} == USUAL[made]


@pytest.mark.parametrize("kind", short.KINDS)
def test_links_leave_out_what_the_parts_have_unasked(kind):
    made, numbers = short.KINDS[kind]
    own = numbers_left_out(made)
    assert {name: usual for name, usual in numbers if isinstance(usual, (int, float))} == own
    required = [name for name, each in inspect.signature(made).parameters.items() if each.default is each.empty]
    assert [name for name, usual in numbers if usual is None] == required


def test_links_leave_out_what_models_and_states_have_unasked():
    for numbers, made in ((short.OF_MODEL, Model), (short.OF_STATE, Recurrent)):
        own = numbers_left_out(made)
        said = {name: usual for name, usual in numbers if isinstance(usual, (int, float))}
        assert {name: own.get(name, "required") for name in said} == said


def test_a_part_of_required_numbers_is_written_with_these_alone():
    model = Model("Small", layers=2, hidden_size=64, vocabulary_size=100, heads=4, mlp_size=128)
    assert json.loads(short.written(model)) == {
        "name": "Small",
        "layers": 2,
        "hidden_size": 64,
        "vocabulary_size": 100,
        "mixers": [{"kind": "standard", "layers": 2, "heads": 4, "kv_heads": 4, "head_size": 16}],
        "mlps": [{"kind": "dense", "layers": 2, "mlp_size": 128}],
    }


def mapping(**changes):
    return json.loads(short.written(known_models.model("Qwen3 Next 80B A3B"))) | changes


def state(**changes):
    read = mapping()
    [part] = [part for part in read["mixers"] if part["kind"] == "delta"]
    part.update(changes)
    return read


def test_links_take_texts_up_to_four_thousand_characters():
    text = json.dumps(mapping())
    assert short.read(text + " " * (4000 - len(text))).layers == 48
    with pytest.raises(Refusal, match="4000 characters"):
        short.read(text + " " * (4001 - len(text)))
    parts = [Attention(1, 4, 4, 16 + number, norm_values=10**6, gate_size=10**6) for number in range(60)]
    long = Model("Long", layers=60, hidden_size=64, vocabulary_size=100, mixers=parts, mlps=[Mlp(60, 128)])
    with pytest.raises(Refusal, match=r"too long for a link: \d+ characters, and at most 4000"):
        short.written(long)


def test_links_take_six_levels_and_no_more():
    def nested(depth):
        return "[" * (depth - 2) + "]" * (depth - 2)

    for depth, complaint in ((6, "name"), (7, "model")):
        with pytest.raises(Refusal) as refused:
            short.read('{"none": {"a": ' + nested(depth) + "}}")
        assert refused.value.argument == ("none" if complaint == "name" else "model")


def test_names_in_links_are_sixty_plain_letters_at_most():
    model = Model('<"x">' + "y" * 70, layers=1, hidden_size=8, vocabulary_size=9, heads=2, mlp_size=8)
    assert json.loads(short.written(model))["name"] == "x" + "y" * 59


@pytest.mark.parametrize("name", ["mixers", "mlps"])
def test_links_have_sixteen_parts_at_most(name):
    each = mapping()[name][:1]
    each[0]["layers"] = 1
    assert len(getattr(short.read(mapping(**{name: each * 16})), name)) == 16
    with pytest.raises(Refusal, match="at most 16 parts"):
        short.read(mapping(**{name: each * 17}))


@pytest.mark.parametrize("flop", [0, 0.5, 9e17])
def test_flop_of_a_state_are_taken(flop):
    [part] = [part for part in short.read(state(flop=flop)).mixers if part.kind == "delta"]
    assert part.flop == flop


@pytest.mark.parametrize("flop", [-0.5, -1, 1e18, "1", None, [1]])
def test_flop_of_a_state_that_are_none_are_refused(flop):
    with pytest.raises(Refusal, match=r"^flop"):
        short.read(state(flop=flop))


@pytest.mark.parametrize("side", [1, 10**9])
def test_sides_of_a_states_matrices_are_taken(side):
    for sides in ([1, side], [side, 1]):
        [part] = [part for part in short.read(state(matrices=[["in", *sides]])).mixers if part.kind == "delta"]
        assert part.weights(0) == side


@pytest.mark.parametrize(
    "matrices",
    [None, {}, ["in"], [["in", 1]], [["in", 1, 1, 1]], [[1, 1, 1]], [["in", 1, 1]] * 17]
    + [[["in", side, 1]] for side in (0, 10**9 + 1, 1.0, True)]
    + [[["in", 1, side]] for side in (0, 10**9 + 1, 1.0, True)],
    ids=str,
)
def test_matrices_of_a_state_that_are_none_are_refused(matrices):
    with pytest.raises(Refusal, match=r"^matrices"):
        short.read(state(matrices=matrices))
    assert short.read(state(matrices=[["in", 1, 1]] * 16)).layers == 48


def test_parts_stand_where_their_kind_belongs():
    right = mapping()
    for changes in ({"mixers": right["mlps"]}, {"mlps": right["mixers"]}, {"mixers": [{"layers": 1}]}, {"mlps": ["x"]}):
        with pytest.raises(Refusal) as refused:
            short.read(mapping(**changes))
        assert refused.value.argument in changes
    for name in ("layers", "hidden_size", "vocabulary_size"):
        without = mapping()
        del without[name]
        with pytest.raises(Refusal, match=rf"^{name} is missing: give the number"):
            short.read(without)


def test_numbers_that_no_part_has_are_refused_by_name():
    right = mapping()
    for part in (right, right["mixers"][0], right["mlps"][0]):
        part["colour"] = 3
        with pytest.raises(Refusal, match=r"^colour = 3 is not accepted: give only layers, "):
            short.read(right)
        del part["colour"]
    assert short.read(right).layers == 48


def test_latent_attention_needs_its_sizes():
    shape = {"layers": 2, "hidden_size": 64, "vocabulary_size": 100, "heads": 4, "mlp_size": 128}
    with pytest.raises(Refusal, match=r"^kv_rank = 0 "):
        Model("latent", attention="latent", value_size=16, nope_size=16, **shape)
    with pytest.raises(Refusal, match=r"^rotary_size and nope_size together = 0 "):
        Model("latent", attention="latent", kv_rank=8, value_size=16, **shape)
    model = Model("latent", attention="latent", kv_rank=8, value_size=16, nope_size=12, **shape)
    # Queries, the compressed vector, its keys and values, and the output; and the norm of the compressed vector.
    weights = 64 * 4 * 12 + 64 * 8 + 8 * 4 * (12 + 16) + 4 * 16 * 64
    assert model.params == 2 * (weights + 3 * 64 * 128 + 2 * 64 + 8) + 64 + 2 * 64 * 100
    assert model.cache_bytes(10) == 2 * 8 * 10 * 2


def test_a_shape_without_more_is_a_gpt_2_whose_logits_take_the_embeddings():
    shape = {"layers": 3, "hidden_size": 64, "heads": 4, "kv_heads": 2, "mlp_size": 160, "mlp_matrices": 3}
    shape |= {"vocabulary_size": 100, "name": "shape"}
    weights = 3 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 160)
    model = Model.from_shape(shape)
    assert (model.name, model.context) == ("shape", None)
    assert model.params == weights + 3 * 13 * 64 + 100 * 64
    given = {"embedding_tables": 2, "learned_positions": 7, "layer_vectors": 2, "final_vectors": 1}
    assert Model.from_shape(shape | given).params == weights + 3 * 2 * 64 + 2 * 100 * 64 + 7 * 64 + 64
    wide = Model.from_shape(shape | {"head_size": 32, "context": 512})
    assert wide.params == model.params + 3 * (2 * 64 * 64 + 2 * 64 * 32)
    assert wide.context == 512
    for nothing in ({"head_size": None}, {"context": None}):
        assert Model.from_shape(shape | nothing).params == model.params
