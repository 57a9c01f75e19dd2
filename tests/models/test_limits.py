"""Numbers of things with parts are taken up to the ends of their ranges, and refused beyond them."""

import json

import pytest

from llmcalc.checks import Refusal
from llmcalc.models import configs, short
from llmcalc.models.layers import Attention, LatentAttention, Matrix, Mixture, Mlp, Recurrent
from llmcalc.models.memory import training_memory
from llmcalc.models.model import Model
from llmcalc.models.numbers import LARGEST
from llmcalc.models.run import Run
from llmcalc.models.service import Service, legal_ranks
from llmcalc.models.serving_memory import engine_activations, legal_sizes, serving_memory
from llmcalc.models.stacks import FACTOR, resolve, rows
from tests.grouped import together
from tests.kept.steps import DEVICE, SERVING

MODEL = Model("model", layers=8, hidden_size=256, heads=8, kv_heads=2, mlp_size=512, vocabulary_size=100, context=4096)
MIXED = Model(
    layers=8, hidden_size=256, heads=8, vocabulary_size=100, experts=4, experts_per_token=2, expert_mlp_size=64
)
ATTENTION = {"layers": 4, "heads": 8, "kv_heads": 2, "head_size": 32}
LATENT = {"layers": 4, "heads": 8, "query_rank": 8, "kv_rank": 16, "rotary_size": 4, "nope_size": 4, "value_size": 8}
STATE = {"layers": 4, "kind": "mamba", "matrices": [Matrix("ssm_in", 8, 8)], "vector_values": 8, "state_values": 8}
MLP = {"layers": 4, "mlp_size": 512}
EXPERTS = {"layers": 4, "experts": 8, "experts_per_token": 2, "expert_mlp_size": 64}
RUN = {"model": MODEL, "device": DEVICE, "devices": 64.0, "batch": 64.0}
SERVICE = {"model": MODEL, "device": DEVICE, "constants": SERVING}

# What is made of what, and the whole numbers of it with the ends of their ranges.
WHOLE = [
    (Attention, ATTENTION, ("layers", "head_size", "value_size"), 1, LARGEST),
    (Attention, ATTENTION | {"kv_heads": 1}, ("heads",), 1, LARGEST),
    (Attention, ATTENTION, ("window", "norm_values", "gate_size", "other_values"), 0, LARGEST),
    (LatentAttention, LATENT, ("layers", "heads", "kv_rank", "value_size"), 1, LARGEST),
    (LatentAttention, LATENT, ("query_rank", "index_heads", "index_size", "index_window", "gate_size"), 0, LARGEST),
    (Recurrent, STATE, ("layers",), 1, LARGEST),
    (Recurrent, STATE, ("vector_values", "state_values", "convolution_weights"), 0, LARGEST),
    (Mlp, MLP, ("layers", "mlp_size"), 1, LARGEST),
    (Mlp, MLP, ("mlp_matrices",), 2, 3),
    (Mlp, MLP, ("other_values",), 0, LARGEST),
    (Mixture, EXPERTS, ("layers", "expert_mlp_size"), 1, LARGEST),
    (Mixture, EXPERTS, ("experts_per_token",), 1, 8),
    (Mixture, EXPERTS, ("mlp_matrices",), 2, 3),
    (Mixture, EXPERTS, ("shared_mlp_size", "latent_size", "other_values"), 0, LARGEST),
    (Service, SERVICE, ("data_parallel",), 1, LARGEST),
    (Service, SERVICE, ("pipeline_stages",), 1, 8),
    (Service, SERVICE, ("expert_parallel",), 1, 1),
    (Service, SERVICE, ("draft_tokens",), 0, 64),
    (Service, SERVICE, ("answers_per_question",), 1, 1000),
    (Service, SERVICE, ("adapters",), 0, 10**6),
    (Service, SERVICE, ("adapter_rank",), 1, 4096),
]
ANY = [
    (Service, SERVICE, ("bytes_per_weight", "bytes_per_value"), 0.1, 8),
    (Service, SERVICE, ("question_tokens", "answer_tokens", "chunk_tokens"), 1, 10**7),
    (Service, SERVICE, ("question_spread", "answer_spread"), 0, 10),
    (Service, SERVICE, ("hit_share", "acceptance"), 0, 0.999),
    (Service, SERVICE, ("draft_cost",), 0, 1),
    (Service, SERVICE, ("engine_bytes",), 0, 1e13),
    (Service, SERVICE, ("cache_share",), 0.01, 1),
    (Service, SERVICE, ("largest_batch",), 1, 10**6),
    (Run, RUN, ("sequence_parallel", "fused_attention", "dropout", "overlap_gradients"), 0, 1),
    (Run, RUN, ("overlap_tensor_parallel",), 0, 1),
    (Run, RUN, ("zero_stage",), 0, 3),
    (Run, RUN, ("pipeline_stages",), 1, 8),
]
SWITCHES = [
    (Attention, ATTENTION, ("query_bias", "output_bias", "value_matrix", "cached")),
    (LatentAttention, LATENT, ("query_bias", "output_bias")),
    (Mlp, MLP, ("bias",)),
    (Mixture, EXPERTS, ("shared_gate", "bias", "router_bias")),
]


def each(table):
    return [(make, given, name, *ends) for make, given, names, *ends in table for name in names]


def refused(make, given):
    with pytest.raises(Refusal) as refusal:
        make(**given)
    return str(refusal.value)


@together
@pytest.mark.parametrize(("make", "given", "name", "low", "high"), each(WHOLE))
def test_whole_numbers_are_taken_up_to_their_ends(make, given, name, low, high):
    for number in {low, high if high <= 64 else low + 3}:
        assert getattr(make(**(given | {name: number})), name) == number
    make(**(given | {name: high}))
    for number in (low - 1, high + 1, low + 0.5):
        assert refused(make, given | {name: number}).startswith(f"{name} = {number} is not accepted: give a whole")


@pytest.mark.parametrize(("make", "given", "name", "low", "high"), each(ANY))
def test_numbers_are_taken_up_to_their_ends(make, given, name, low, high):
    for number in (low, high):
        assert getattr(make(**(given | {name: number})), name) == number
    for number in (low - 0.01, high * 1.01):
        assert name in refused(make, given | {name: number})


@pytest.mark.parametrize(("make", "given", "name"), each(SWITCHES))
def test_switches_are_on_or_off(make, given, name):
    made = [make(**(given | {name: value})) for value in (0, 1, False, True)]
    assert [getattr(part, name) for part in made] == [False, True, False, True]
    vectors = [part.vectors(256) + part.weights(256) + part.cached_values for part in made[:2]]
    assert vectors[0] != vectors[1]
    assert name in refused(make, given | {name: 2})


def test_the_cut_of_a_run_fits_the_model_and_the_devices():
    assert "devices" in refused(Run, RUN | {"tensor_parallel": 8, "pipeline_stages": 4, "context_parallel": 4})
    run = Run(**RUN, tensor_parallel=8, pipeline_stages=4, context_parallel=2, microbatch=3)
    assert (run.replicas, run.data_parallel, run.microbatches) == (1, 2, 22)
    assert "expert_parallel" in refused(Run, RUN | {"model": MIXED, "context": 8, "expert_parallel": 5})
    Run(**(RUN | {"model": MIXED, "context": 8, "expert_parallel": 4}))


def file(**changed):
    fields = {"model_type": "llama", "hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 8}
    return fields | {"intermediate_size": 512, "vocab_size": 100} | changed


@pytest.mark.parametrize(
    ("field", "most"),
    [("num_hidden_layers", configs.MOST_LAYERS), ("vocab_size", LARGEST), ("max_position_embeddings", 10**12)],
)
def test_fields_of_files_are_taken_up_to_their_ends(field, most):
    Model.from_config(file(**{field: most}))
    assert refused(Model.from_config, {"mapping": file(**{field: most + 1})}).startswith(f"{field} = {most + 1} is")


def test_values_outside_of_layers_are_taken_up_to_their_end():
    shape = {"layers": 1, "hidden_size": 8, "heads": 2, "mlp_size": 8, "vocabulary_size": 9}
    assert Model(other_values=10**13, **shape).params > 10**13
    assert refused(Model, shape | {"other_values": 10**13 + 1}).startswith("other_values = 10000000000001 ")


def test_caches_are_of_one_sequence_in_16_bits_with_states_in_32_where_nothing_is_said():
    delta = {"linear_key_heads": 2, "linear_value_heads": 4, "linear_key_size": 8, "linear_value_size": 16}
    shape = {"layers": 3, "hidden_size": 64, "heads": 4, "mlp_size": 8, "vocabulary_size": 9}
    model = Model(**shape, linear_layers=1, **delta)
    keys, state = 2 * 2 * 64 * 100, 4 * 8 * 16 + 3 * (2 * 2 * 8 + 4 * 16)
    assert model.cache_bytes(100) == 2 * keys + 4 * state
    assert model.cache_bytes(100, 5, 0.5, 2, 0.5) == 5 * 0.5 * (keys + state)
    assert model.cache_bytes_per_device(100, tensor_parallel=4) == (2 * keys + 4 * state) / 4
    assert model.cache_bytes_per_device(100) == model.cache_bytes(100)
    assert model.cache_bytes(0, state_bytes_per_value=0) == 0
    assert model.weight_bytes() == 2 * model.params
    for name in delta:
        assert refused(Model, shape | delta | {"linear_layers": 1, name: 0}).startswith(f"{name} = 0 ")
        less = {other: delta[other] for other in delta if other != name}
        assert refused(Model, shape | less | {"linear_layers": 1}).startswith(f"{name} = 0 ")


def test_ends_of_what_a_file_may_hold():
    assert (configs.MOST_LAYERS, configs.MOST_TEXT, configs.MOST_VALUES, configs.DEEPEST) == (2000, 2**23, 500_000, 12)
    text = json.dumps(file())
    assert Model.from_config(text.ljust(configs.MOST_TEXT)).layers == 4
    assert "characters" in refused(Model.from_config, {"mapping": text.ljust(configs.MOST_TEXT + 1)})
    fields = file()
    room = configs.MOST_VALUES - len(fields) - 1
    assert Model.from_config(fields | {"other": [0] * room}).layers == 4
    assert "values" in refused(Model.from_config, {"mapping": fields | {"other": [0] * (room + 1)}})
    deep = []
    for _ in range(configs.DEEPEST - 2):
        deep = [deep]
    assert Model.from_config(file(other=deep)).layers == 4
    assert "nested" in refused(Model.from_config, {"mapping": file(other=[deep])})
    assert Model.from_config(file(max_position_embeddings=10**12)).context == LARGEST
    assert Model.from_config(file()).context is None


def test_ends_of_what_a_short_text_may_hold():
    assert (short.MOST_TEXT, short.MOST_PARTS, short.DEEPEST, short.LONGEST_NAME) == (4000, 16, 6, 60)
    text = short.written(MODEL)
    assert short.read(text.ljust(4000)).params == MODEL.params
    assert "4000 characters" in refused(short.read, {"text": text.ljust(4001)})
    parts = [Attention(1, 8, 2, 32, norm_values=number) for number in range(17)]
    for count, taken in ((16, True), (17, False)):
        shape = {"layers": count, "hidden_size": 256, "vocabulary_size": 100, "mlp_size": 512}
        written = short.written(Model("m" * 70, mixers=parts[:count], **shape))
        assert json.loads(written)["name"] == "m" * 60
        if taken:
            assert short.read(written).params == Model(mixers=parts[:count], **shape).params
        else:
            assert "at most 16 parts" in refused(short.read, {"text": written})
    sides = json.loads(
        short.written(Model(layers=4, hidden_size=8, vocabulary_size=9, mixers=[Recurrent(**STATE)], mlps=[]))
    )
    for side, taken in ((10**9, True), (10**9 + 1, False), (0, False), (8.0, False)):
        sides["mixers"][0]["matrices"][0][1] = side
        if taken:
            assert short.read(json.dumps(sides)).layer_weights == 4 * 8 * side
        else:
            assert "whole sizes from 1 to" in refused(short.read, {"text": json.dumps(sides)})


def test_ends_of_what_memory_takes():
    run = Run(**RUN)
    for name, high in (("frozen_bytes", 1e18), ("fragmentation", 1e18), ("adapter_rank", LARGEST)):
        training_memory(run, **{name: high})
        assert name in refused(training_memory, {"run": run, name: high * 2})
    assert "load_factor" in refused(training_memory, {"run": run, "load_factor": 0.5})
    assert "tensor_parallel" in refused(serving_memory, {"model": MODEL, "context": 8, "tensor_parallel": 3})


def test_caches_of_nothing_take_nothing():
    assert MODEL.cache_bytes(0) == MODEL.cache_bytes(8, 0) == MODEL.cache_bytes(8, 1, 0) == 0
    assert MODEL.kv_bytes_per_token(0) == 0
    assert MODEL.cache_bytes(1) == MODEL.kv_bytes_per_token() == 8 * 2 * 2 * 32 * 2
    for arguments in ((-1,), (8, -1), (8, 1, -1), (8, 1, 2, 0), (8, 1, 2, 1, -1)):
        assert "is not accepted" in refused(lambda given: MODEL.cache_bytes(*given), {"given": arguments})
    state = Model(layers=4, hidden_size=8, vocabulary_size=9, mixers=[Recurrent(**STATE)], mlps=[])
    assert (state.cache_bytes(0), state.cache_bytes(9, 3, 2, 2, 1)) == (4 * 8 * 4, 3 * 4 * 8)


def test_numbers_of_a_prompt_and_of_a_token_are_positive():
    for number in (MODEL.flop_per_token, MODEL.prompt_flop, MODEL.decode_flop, MODEL.forward_flop_per_token):
        assert number(1) > 0
        assert "context = 0" in refused(number, {"context": 0})
    assert MODEL.flop_per_token(8) == 3 * MODEL.forward_flop_per_token(8)
    assert MODEL.prompt_flop(8) == 8 * MODEL.forward_flop_per_token(8, logits=1 / 8)
    assert MODEL.forward_flop_per_token(8, masked=False) > MODEL.forward_flop_per_token(8) > MODEL.decode_flop(1)
    assert MODEL.decode_flop(8) == MODEL.forward_flop_per_token(8, masked=False)


def test_the_main_part_is_the_one_of_most_layers_that_sees_all():
    near, far = Attention(5, 8, 4, 32, window=16), Attention(3, 8, 2, 64)
    mixers, shape = [near, far], {"layers": 8, "hidden_size": 256, "vocabulary_size": 100, "mlp_size": 512}
    assert (Model(mixers=mixers, **shape).kv_heads, Model(mixers=mixers, **shape).head_size) == (2, 64)
    assert Model(mixers=[near, Attention(3, 8, 0, 64)], **shape).kv_heads == 4
    assert Model(mixers=[Attention(3, 8, 1, 64), Attention(5, 8, 2, 64)], **shape).kv_heads == 2
    assert Model(mixers=[Attention(4, 8, 1, 64), Attention(4, 8, 2, 64)], **shape).kv_heads == 1
    states = Model(mixers=[Recurrent(**STATE)], **shape)
    assert (states.attention, states.heads, states.kv_heads, states.head_size) == ("none", 0, 0, 0)
    latent = Model(mixers=[LatentAttention(**LATENT), Recurrent(**STATE)], **shape)
    assert (latent.attention, latent.query_rank, latent.kv_rank) == ("latent", 8, 16)
    assert (latent.rotary_size, latent.nope_size, latent.value_size) == (4, 4, 8)
    mixed = Model(
        mixers=mixers,
        mlps=[Mlp(1, 64), Mlp(2, 96, 2), Mixture(**EXPERTS), Mixture(1, 2, 1, 8)],
        **{name: shape[name] for name in ("layers", "hidden_size", "vocabulary_size")},
    )
    assert (mixed.mlp_size, mixed.mlp_matrices, mixed.experts, mixed.dense_layers) == (96, 2, 8, 3)
    assert (mixed.experts_per_token, mixed.expert_mlp_size, mixed.shared_mlp_size) == (2, 64, 0)


def test_of_nested_objects_the_first_key_that_is_filled_counts():
    first, second = file(vocab_size=1000), file(vocab_size=2000)
    keys = [key for key in configs.NESTED if key in ("text_config", "llm_config", "language_config")]
    nested = {keys[0]: first, keys[1]: second}
    assert Model.from_config(nested).vocabulary_size == 1000
    assert Model.from_config(nested | {keys[0]: {}}).vocabulary_size == 2000
    assert Model.from_config({keys[1]: nested}).vocabulary_size == 1000
    tied = {"tie_word_embeddings": True}
    assert Model.from_config({keys[0]: first} | tied).embedding_tables == 1
    assert Model.from_config({keys[0]: {keys[0]: first, "tie_word_embeddings": False}} | tied).embedding_tables == 2


def test_an_engine_of_one_device_is_meant_where_none_is_said():
    assert engine_activations(MODEL, 1) == engine_activations(MODEL, 1, 1, 2048) > engine_activations(MODEL, 1, 2)
    # Two bytes of 2,048 tokens in four rows of hidden size and three of the MLP's.
    assert engine_activations(MODEL, 1) == 2 * 2048 * (4 * 256 + 3 * 512)
    # Logits in 40 bytes, where there are many sequences.
    assert engine_activations(MODEL, 4000, 1, 1) == max(2 * 4000 * (4 * 256 + 3 * 512), 40 * 4000 * 100)
    many = Model(layers=1, hidden_size=8, heads=1, mlp_size=8, vocabulary_size=10**6)
    assert engine_activations(many, 7, 1, 1) == 40 * 7 * 10**6


@pytest.mark.parametrize(
    ("heads", "kv_heads", "legal"),
    [(12, 12, [1, 2, 3, 4, 6, 12]), (12, 2, [1, 2, 4, 6, 12]), (12, 3, [1, 3, 6, 12]), (12, 4, [1, 2, 4, 12])],
)
def test_devices_share_whole_heads(heads, kv_heads, legal):
    model = Model(layers=1, hidden_size=48, heads=heads, kv_heads=kv_heads, mlp_size=8, vocabulary_size=9)
    assert legal_ranks(model, 64) == legal
    assert legal_ranks(model, 4) == [number for number in legal if number <= 4]
    assert legal_sizes(model, 64) == [number for number in legal if number in (1, 2, 4, 8, 16, 32, 64)]
    parts = [LatentAttention(1, heads, 8, 16, 4, 4, 8)]
    latent = Model(layers=1, hidden_size=48, mixers=parts, mlp_size=8, vocabulary_size=9)
    assert legal_ranks(latent, 64) == [1, 2, 3, 4, 6, 12]
    Service(model, DEVICE, constants=SERVING, tensor_parallel=legal[-1])
    assert "heads" in refused(Service, SERVICE | {"model": model, "tensor_parallel": 5})


@pytest.mark.parametrize(("value", "tied"), [(True, True), (False, False), (1, True), (0, False)])
def test_flags_of_files_are_on_or_off(value, tied):
    assert Model.from_config(file(tie_word_embeddings=value)).embedding_tables == 2 - tied
    for other in (2, -1, 1.0, 0.0, "true", [], {}):
        assert "true or false" in refused(Model.from_config, {"mapping": file(tie_word_embeddings=other)})


def test_what_keeps_nothing_keeps_nothing():
    assert Attention(**ATTENTION).cached_values == 2 * 2 * 32
    assert (
        Attention(**ATTENTION, cached=False).cached_values == Attention(**(ATTENTION | {"kv_heads": 0})).cached_values
    )
    assert Attention(**ATTENTION, cached=False).cached_values == Recurrent(**STATE).cached_values == 0
    assert LatentAttention(**LATENT, index_size=3).cached_values == 16 + 4 + 3


def test_no_kernel_is_faster_than_the_device():
    table = [row | {"value": 1.9 if row["constant"] == FACTOR else row["value"]} for row in rows() if row["value"]]
    table = [row | {"value": 0.9 if row["constant"] == "matrix_efficiency" else row["value"]} for row in table]
    for number_format in ("bf16", "fp8"):
        resolved = resolve("H100 SXM", number_format, None, table)
        assert (resolved.matrix_efficiency, resolved.matrix_efficiency_16) == (1.0, 1.0)
    slow = [row | {"value": 0.5 if row["constant"] == FACTOR else row["value"]} for row in table]
    assert resolve("H100 SXM", "fp8", None, slow).matrix_efficiency == 0.45


def test_a_file_with_too_few_experts_says_which_number_is_wrong():
    experts = {"num_experts": 4, "num_experts_per_tok": 5, "moe_intermediate_size": 64, "model_type": "qwen3_moe"}
    message = refused(Model.from_config, {"mapping": file(**experts)})
    assert message.startswith("num_experts_per_tok = 5 is not accepted: give at most 4")
