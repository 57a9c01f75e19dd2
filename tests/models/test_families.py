"""Fields that few families have, each by hand: which layers are of which shape, and what they add to the parameters."""

import re
from pathlib import Path

import pytest

from llmcalc.checks import Refusal
from llmcalc.models import configs
from llmcalc.models.families import FAMILIES, NAMES
from llmcalc.models.model import Model
from tests.grouped import together
from tests.kept.models import OWN

SIZES = {
    "num_hidden_layers": 12,
    "hidden_size": 64,
    "num_attention_heads": 8,
    "intermediate_size": 160,
    "vocab_size": 1000,
    "max_position_embeddings": 512,
}


def read(family, **fields):
    return Model.from_config({"model_type": family} | SIZES | fields)


def mixers(model):
    """Layers, heads, heads of keys, size of a head, of values, window, values of norms, of other vectors."""
    return [
        (each.layers, each.heads, each.kv_heads, each.head_size, each.value_size, each.window, each.norm_values)
        + ((each.other_values,) if each.other_values else ())
        for each in model.mixers
    ]


def mlps(model):
    return [
        (each.layers, each.mlp_size, each.mlp_matrices)
        if each.kind == "dense"
        else (
            each.layers,
            each.experts,
            each.experts_per_token,
            each.expert_mlp_size,
            each.mlp_matrices,
            each.shared_mlp_size,
        )
        for each in model.mlps
    ]


def refusal(family, **fields):
    with pytest.raises(Refusal) as refused:
        read(family, **fields)
    return str(refused.value)


def test_layers_of_longcat_are_two_blocks_with_one_mixture():
    # meituan-longcat/LongCat-Flash-Chat: 560e9 parameters.
    sizes = {"hidden_size": 6144, "ffn_hidden_size": 12288, "num_layers": 28, "num_attention_heads": 64}
    model = Model.from_config({"model_type": "longcat_flash", "vocab_size": 131072, "zero_expert_num": 256} | sizes)
    assert mlps(model) == [(28, 12288, 3), (28, 512, 12, 2048, 3, 12288)]
    assert model.params == pytest.approx(560e9, rel=2e-3)
    assert model.kv_bytes_per_token() == 2 * 56 * (512 + 64)
    assert "give it back as it is" in model.assumed[0]


def test_arcee_s_mixtures_gate_their_attention_and_slide_in_three_of_four_layers():
    # arcee-ai/Trinity-Nano-Preview and Trinity-Mini: 6B with 1B active, and 26B with 3B active.
    shape = {
        "num_experts": 128,
        "num_experts_per_tok": 8,
        "num_shared_experts": 1,
        "num_dense_layers": 2,
        "head_dim": 128,
    }
    shape |= {"global_attn_every_n_layers": 4, "sliding_window": 2048, "vocab_size": 200192, "model_type": "afmoe"}
    nano = {"hidden_size": 1024, "intermediate_size": 3072, "moe_intermediate_size": 256, "num_hidden_layers": 56}
    mini = {"hidden_size": 2048, "intermediate_size": 6144, "moe_intermediate_size": 1024, "num_hidden_layers": 32}
    small = Model.from_config(shape | nano | {"num_attention_heads": 8, "num_key_value_heads": 2})
    large = Model.from_config(shape | mini | {"num_attention_heads": 32, "num_key_value_heads": 4})
    assert [round(model.params / 1e9, 1) for model in (small, large)] == [6.1, 26.1]
    assert [round(model.active_params / 1e9) for model in (small, large)] == [1, 3]
    assert [(part.layers, part.window) for part in small.mixers] == [(14, 0), (42, 2048)]
    assert small.assumed == large.assumed == []


def test_attention_and_state_side_by_side_are_two_layers():
    model = read("falcon_h1", mamba_n_heads=16, mamba_d_ssm=512, mamba_d_state=32)
    assert [(part.kind, part.layers) for part in model.mixers] == [("standard", 12), ("mamba2", 12)]
    assert (model.layers, mlps(model)) == (24, [(12, 160, 3)])


def test_an_unknown_file_that_speaks_of_a_state_says_so():
    model = read("tomorrow", mamba_d_state=64, hybrid_layer_ids=[1, 2])
    assert any("though hybrid_layer_ids, mamba_d_state may speak" in sentence for sentence in model.assumed)
    assert not any("may speak" in sentence for sentence in read("tomorrow").assumed)


def test_the_first_chatglm_has_as_many_parameters_as_published():
    # THUDM/chatglm-6b: 6,173,286,400, of which nobody's file names the activation or the biases.
    fields = {"num_layers": 28, "hidden_size": 4096, "num_attention_heads": 32, "inner_hidden_size": 16384}
    model = Model.from_config({"model_type": "chatglm", "vocab_size": 130528, "max_sequence_length": 2048} | fields)
    assert model.params == 6_173_286_400
    assert model.cache_bytes(1) == 28 * 2 * 4096 * 2


def test_chatglm_shares_heads_and_has_biases_if_asked():
    plain = read("chatglm", ffn_hidden_size=160)
    assert mixers(plain) == [(12, 8, 8, 8, 8, 0, 0)]
    shared = read("chatglm", multi_query_attention=True, multi_query_group_num=2)
    assert mixers(shared) == [(12, 8, 2, 8, 8, 0, 0)]
    ignored = read("chatglm", multi_query_attention=False, multi_query_group_num=2)
    assert ignored.params == plain.params
    biased = read("chatglm", add_qkv_bias=True)
    assert biased.params - plain.params == 12 * 3 * 64
    everywhere = read("chatglm", add_bias_linear=True)
    assert everywhere.params - plain.params == 12 * (3 * 64 + 64 + 2 * 160 + 64)
    assert plain.params - read("chatglm", post_layer_norm=False).params == 64
    assert read("chatglm", rmsnorm=False).params - plain.params == 25 * 64


def test_qwens_first_mlp_is_half_as_wide_as_its_file_says():
    assert mlps(read("qwen", intermediate_size=160, kv_channels=8)) == [(12, 80, 3)]
    assert mlps(read("qwen", intermediate_size=161, kv_channels=8)) == [(12, 80, 3)]
    assert mlps(read("qwen", intermediate_size=2, kv_channels=8)) == [(12, 1, 3)]
    assert refusal("qwen", intermediate_size=1).startswith("intermediate_size = 1 ")


def test_falcons_norms_and_heads():
    def told(**fields):
        model = read("falcon", **fields)
        return model.layer_norms, model.mixers[0].kv_heads

    assert told() == (1, 1)
    assert told(multi_query=False) == (1, 8)
    assert told(parallel_attn=False) == (2, 1)
    assert told(new_decoder_architecture=True) == (2, 8)
    assert told(new_decoder_architecture=True, num_kv_heads=2) == (2, 2)
    assert told(new_decoder_architecture=True, num_ln_in_parallel_attn=1) == (1, 8)
    assert told(num_ln_in_parallel_attn=2) == (2, 1)
    assert mlps(read("falcon", intermediate_size=None)) == [(12, 256, 2)]
    assert read("refinedweb", n_head_kv=2).mixers[0].kv_heads == 2
    assert read("refinedweb").mixers[0].kv_heads == 1


def test_mpts_fields_within_fields():
    plain = read("mpt")
    assert mlps(plain) == [(12, 256, 2)]
    assert mlps(read("mpt", expansion_ratio=2)) == [(12, 128, 2)]
    assert read("mpt", attn_config={"kv_n_heads": 4}).mixers[0].kv_heads == 4
    assert read("mpt", attn_config={"attn_type": "multiquery_attention"}).mixers[0].kv_heads == 1
    assert plain.mixers[0].kv_heads == 8
    # Positions are learned unless they are computed; biases go with norms' biases.
    for said in ({"attn_config": {"alibi": True}}, {"attn_config": {"rope": True}}, {"learned_pos_emb": False}):
        assert plain.params - read("mpt", **said).params == 512 * 64
    biased = read("mpt", no_bias=False)
    assert biased.params - plain.params == 12 * (3 * 64 + 64 + 256 + 64) + 25 * 64


def test_opts_norms_biases_and_positions():
    plain = read("opt", ffn_dim=160, intermediate_size=None)
    assert plain.learned_positions == 512 + 2
    assert plain.params - read("opt", do_layer_norm_before=False).params == 2 * 64
    assert plain.params - read("opt", _remove_final_layer_norm=True).params == 2 * 64
    assert plain.params - read("opt", layer_norm_elementwise_affine=False).params == 25 * 2 * 64
    assert plain.params - read("opt", enable_bias=False).params == 12 * (4 * 64 + 160 + 64)
    narrow = read("opt", word_embed_proj_dim=16)
    assert plain.params - narrow.params == 1000 * (64 - 16) - 2 * 64 * 16


def test_gpt_neos_layers_take_turns():
    def told(pattern):
        return [each[:1] + each[5:6] for each in mixers(read("gpt_neo", attention_types=pattern, window_size=256))]

    assert told([[["global", "local"], 6]]) == [(6, 0), (6, 256)]
    assert told([[["global", "local", "local"], 4]]) == [(4, 0), (8, 256)]
    assert told([[["global"], 5], [["local"], 7]]) == [(5, 0), (7, 256)]
    assert told([[["local"], 12]]) == [(12, 256)]
    for useless in (
        [[["local"], 13]],
        [[["local"], 0]],
        [[["local"], -(10**30)]],
        [[["local"], True]],
        "local",
        [["local", 12]],
        [[["local"]]],
    ):
        assert told(useless) == [(12, 0)]


def test_dbrxs_fields_within_fields():
    inside = {"attn_config": {"kv_n_heads": 2}, "ffn_config": {"ffn_hidden_size": 96, "moe_num_experts": 6}}
    model = read("dbrx", **inside)
    assert mixers(model) == [(12, 8, 2, 8, 8, 0, 0)]
    assert mlps(model) == [(12, 6, 1, 96, 3, 0)]
    model = read("dbrx", ffn_config={"ffn_hidden_size": 96, "moe_top_k": 3})
    assert mixers(model) == [(12, 8, 1, 8, 8, 0, 0)]
    assert mlps(model) == [(12, 4, 3, 96, 3, 0)]


@pytest.mark.parametrize(("share", "own"), [(None, 6), (1, 12), (2, 6), (3, 4), (5, 3), (12, 1), (13, 1)])
def test_hunyuans_layers_take_the_keys_of_the_first_of_some(share, own):
    said = {"use_cla": True, "num_key_value_heads": 4} | ({} if share is None else {"cla_share_factor": share})
    found = [(own, 8, 4, 8, 8, 0, 0)] + ([(12 - own, 8, 0, 8, 8, 0, 0)] if own < 12 else [])
    model = read("hunyuan", **said)
    assert mixers(model) == found
    assert model.cache_bytes(1) == own * 2 * 4 * 8 * 2
    normed = read("hunyuan", use_qk_norm=True, **said)
    assert normed.params - model.params == own * 2 * 8 + (12 - own) * 8
    assert mlps(read("hunyuan_v1_moe", num_experts=1)) == [(12, 160, 3)]


def test_jambas_and_bambas_attention_layers():
    def attentions(model):
        return {each.kind: each.layers for each in model.mixers}

    said = {"mamba_d_state": 8, "mamba_dt_rank": 4, "num_experts": 2}
    assert attentions(read("jamba", **said, num_hidden_layers=16)) == {"standard": 2, "mamba": 14}
    assert attentions(read("jamba", **said, attn_layer_period=5, attn_layer_offset=1)) == {"standard": 3, "mamba": 9}
    assert attentions(read("jamba", **said, attn_layer_period=5, attn_layer_offset=4)) == {"standard": 2, "mamba": 10}
    assert attentions(read("jamba", **said, attn_layer_period=4, attn_layer_offset=0)) == {"standard": 3, "mamba": 9}
    said = {"mamba_n_heads": 16, "mamba_d_state": 8, "mamba_n_groups": 2}
    model = read("bamba", attn_layer_indices=[0, 5], **said)
    assert attentions(model) == {"standard": 2, "mamba2": 10}
    # The inner width is twice the hidden one, in 16 heads of 8: in, out, and by hand what is no matrix.
    mixed = 128 + 2 * 2 * 8
    [state] = [each for each in model.mixers if each.kind == "mamba2"]
    assert state.weights(64) == 64 * (128 + mixed + 16) + 128 * 64
    assert state.vectors(64) == 4 * mixed + mixed + 3 * 16 + 128
    assert state.state_values == 128 * 8 + 3 * mixed
    wide = read("bamba", attn_layer_indices=[0, 5], mamba_expand=4, mamba_d_head="auto", **said)
    assert [each.state_values for each in wide.mixers if each.kind == "mamba2"] == [256 * 8 + 3 * (256 + 32)]
    given = read("bamba", layer_types=["mamba"] * 11 + ["attention"], mamba_d_head=4, **said)
    assert attentions(given) == {"standard": 1, "mamba2": 11}
    assert [each.state_values for each in given.mixers if each.kind == "mamba2"] == [64 * 8 + 3 * (64 + 32)]


NEMOTRON = {"mamba_num_heads": 16, "mamba_head_dim": 8, "ssm_state_size": 8, "n_groups": 1}


def test_nemotrons_layers_are_those_of_its_pattern():
    model = read("nemotron_h", hybrid_override_pattern="M-M*-", num_key_value_heads=2, **NEMOTRON)
    assert model.layers == 5
    assert [(each.kind, each.layers) for each in model.mixers] == [("standard", 1), ("mamba2", 2)]
    assert mlps(model) == [(2, 160, 2)]
    assert model.mixers[0].kv_heads == 2
    named = read("nemotron_h", layers_block_type=["mamba", "mlp", "mamba", "attention", "mlp"], **NEMOTRON)
    assert named.layers == 5
    assert named.mixers[0].kv_heads == 8
    biased = read("nemotron_h", hybrid_override_pattern="M-M*-", mlp_bias=True, attention_bias=True, **NEMOTRON)
    assert biased.params - named.params == 2 * (160 + 64) + 3 * 64 + 64
    experts = {"n_routed_experts": 6, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
    shared = experts | {"moe_shared_expert_intermediate_size": 48}
    for said, width in ((experts, 0), (shared, 48), (shared | {"n_shared_experts": 3}, 144)):
        model = read("nemotron_h", hybrid_override_pattern="*EE", **said)
        assert mlps(model) == [(2, 6, 2, 32, 2, width)]
    assert mlps(read("nemotron_h", hybrid_override_pattern="*EE", **(shared | {"n_shared_experts": 0})))[0][-1] == 0
    narrow = read("nemotron_h", hybrid_override_pattern="*EE", moe_latent_size=16, **experts)
    # Experts see 16 numbers, between two matrices that narrow and widen.
    assert model.params - 2 * 2 * 144 * 64 - narrow.params == 2 * (6 * 2 * 32 * (64 - 16) - 2 * 64 * 16)
    long = read("nemotron_h", hybrid_override_pattern="M" * 2000, **NEMOTRON)
    assert long.layers == 2000
    assert refusal("nemotron_h", hybrid_override_pattern="M" * 2001, **NEMOTRON).startswith("hybrid_override_pattern")
    assert refusal("nemotron_h", hybrid_override_pattern="MX").startswith("hybrid_override_pattern = 'X'")
    for kinds in (["mamba", 3], ["mamba", "none"]):
        assert refusal("nemotron_h", layers_block_type=kinds).startswith("hybrid_override_pattern = '?'")
    assert refusal("nemotron_h", layers_block_type="mamba").startswith("hybrid_override_pattern is missing")
    for number in (-1, 0.5):
        for field in ("moe_shared_expert_intermediate_size", "n_shared_experts", "moe_latent_size"):
            said = experts | {"hybrid_override_pattern": "*E", field: number}
            assert refusal("nemotron_h", **said).startswith(f"{field} = {number} ")


def test_a_searched_llamas_blocks_each_have_their_own_shape():
    blocks = [{"attention": {"n_heads_in_group": 4}, "ffn": {"ffn_mult": 6.0}}] * 3
    blocks += [{"attention": {}, "ffn": {"ffn_mult": 6.1}}] * 2
    blocks += [{"attention": {"no_op": True}, "ffn": {"ffn_mult": 12}}]
    blocks += [{"attention": {"n_heads_in_group": 8}, "ffn": {"no_op": True}}]
    model = read("nemotron_nas", num_hidden_layers=7, block_configs=blocks)
    assert sorted(mixers(model)) == [(1, 8, 1, 8, 8, 0, 0), (2, 8, 8, 8, 8, 0, 0), (3, 8, 2, 8, 8, 0, 0)]
    # Two thirds of the multiple, up to the next 256: 6 * 64 * 2 / 3 = 256, then 260, and 512.
    assert sorted(mlps(model)) == [(3, 256, 3), (3, 512, 3)]
    attention = 3 * (2 * 64 * 64 + 2 * 64 * 16) + 2 * 4 * 64 * 64 + 2 * 64 * 64 + 2 * 64 * 8
    norms = (3 + 2 + 1) + (3 + 2 + 1)
    assert model.params == 2 * 64_000 + 64 + attention + 3 * 3 * 64 * (256 + 512) + norms * 64
    assert model.assumed == []
    replaced = [
        dict(blocks[0], attention={"replace_with_linear": True}),
        dict(blocks[0], ffn={"replace_with_linear": 1}),
    ]
    assert len(read("nemotron_nas", num_hidden_layers=2, block_configs=replaced).assumed) == 2
    for value in (0, 100, -1, "2", None, True):
        bad = [{"attention": {}, "ffn": {"ffn_mult": value}}]
        assert refusal("nemotron_nas", num_hidden_layers=1, block_configs=bad).startswith("ffn_mult")
    assert mlps(read("nemotron_nas", num_hidden_layers=1, block_configs=[{"attention": {}, "ffn": {"ffn_mult": 99}}]))
    assert refusal("nemotron_nas").startswith("block_configs is missing")


def test_minimaxs_layers_take_turns_unless_they_are_listed():
    def told(**fields):
        return {each.kind: each.layers for each in read("minimax", **fields).mixers}

    assert told() == {"standard": 6, "lightning": 6}
    assert told(num_hidden_layers=5) == {"standard": 3, "lightning": 2}  # full ones first
    assert told(attn_type_list=[0] * 11 + [1]) == {"standard": 1, "lightning": 11}
    assert told(layer_types=["linear_attention"] * 9 + ["full_attention"] * 3) == {"standard": 3, "lightning": 9}
    assert read("minimax_m2", use_qk_norm=True).mixers[0].norm_values == 2 * 64
    assert read("minimax_m2", use_qk_norm=True, qk_norm_type="per_head").mixers[0].norm_values == 2 * 8


def test_mimos_sliding_layers_have_heads_of_their_own():
    full = {"num_key_value_heads": 2, "head_dim": 24, "v_head_dim": 16}
    pattern = {"hybrid_layer_pattern": [0, 1, 1, 1] * 3, "sliding_window": 128}
    own = {"swa_num_attention_heads": 16, "swa_num_key_value_heads": 4, "swa_head_dim": 12, "swa_v_head_dim": 6}
    assert mixers(read("mimo_v2_flash")) == [(12, 8, 8, 8, 8, 0, 0)]
    assert mixers(read("mimo_v2_flash", **full)) == [(12, 8, 2, 24, 16, 0, 0)]
    model = read("mimo_v2_flash", **full, **pattern)
    assert mixers(model) == [(3, 8, 2, 24, 16, 0, 0), (9, 8, 2, 24, 16, 128, 0)]
    model = read("mimo_v2_flash", **full, **pattern, **own)
    assert mixers(model) == [(3, 8, 2, 24, 16, 0, 0), (9, 16, 4, 12, 6, 128, 0)]
    sinks = {"add_full_attention_sink_bias": True, "add_swa_attention_sink_bias": True}
    model = read("mimo_v2_flash", **full, **pattern, **own, **sinks)
    assert [each[-1] for each in mixers(model)] == [8, 16]
    slides = read("mimo_v2_flash", hybrid_layer_pattern=[1] * 12, sliding_window=7)
    assert mixers(slides) == [(12, 8, 8, 8, 8, 7, 0)]


GEMMA4 = {"head_dim": 8, "global_head_dim": 16, "sliding_window": 32, "num_key_value_heads": 4}


def test_gemma_4s_global_layers_have_larger_heads_and_may_share():
    model = read("gemma4", **GEMMA4)
    assert sorted(mixers(model)) == [(2, 8, 4, 16, 16, 0, 32), (10, 8, 4, 8, 8, 32, 16)]
    # The last seven take the keys of others: layers 5 to 11, of which the 6th and the 12th are global.
    shared = read("gemma4", num_kv_shared_layers=7, **GEMMA4)
    assert sorted(mixers(shared)) == [(2, 8, 0, 16, 16, 0, 16), (5, 8, 0, 8, 8, 32, 8), (5, 8, 4, 8, 8, 32, 16)]
    six = read("gemma4", num_kv_shared_layers=6, **GEMMA4)
    assert sorted(mixers(six)) == [
        (1, 8, 0, 16, 16, 0, 16),
        (1, 8, 4, 16, 16, 0, 32),
        (5, 8, 0, 8, 8, 32, 8),
        (5, 8, 4, 8, 8, 32, 16),
    ]
    equal = read("gemma4", attention_k_eq_v=True, num_global_key_value_heads=2, **GEMMA4)
    assert sorted(mixers(equal)) == [(2, 8, 2, 16, 16, 0, 32), (10, 8, 4, 8, 8, 32, 16)]
    assert [each.value_matrix for each in equal.mixers] == [bool(each.window) for each in equal.mixers]
    ignored = read("gemma4", num_global_key_value_heads=2, **GEMMA4)
    assert mixers(ignored) == mixers(model)
    listed = read("gemma4", layer_types=["sliding_attention"] * 9 + ["full_attention"] * 3, **GEMMA4)
    assert sorted(each.layers for each in listed.mixers) == [3, 9]


def test_gemma_4s_mlps_and_embeddings_of_each_layer():
    plain = read("gemma4", **GEMMA4)
    assert mlps(plain) == [(12, 160, 3)]
    assert mlps(read("gemma4", num_kv_shared_layers=7, **GEMMA4)) == [(12, 160, 3)]
    wide = {"use_double_wide_mlp": True}
    assert mlps(read("gemma4", num_kv_shared_layers=7, **wide, **GEMMA4)) == [(5, 160, 3), (7, 320, 3)]
    assert mlps(read("gemma4", num_kv_shared_layers=12, **wide, **GEMMA4)) == [(12, 320, 3)]
    assert mlps(read("gemma4", **wide, **GEMMA4)) == [(12, 160, 3)]
    experts = {"enable_moe_block": True, "num_experts": 6, "top_k_experts": 2, "moe_intermediate_size": 32}
    mixed = read("gemma4", **experts, **GEMMA4)
    assert mlps(mixed) == [(12, 6, 2, 32, 3, 160)]
    # A router with a scale and one an expert, experts, and three more norms.
    assert mixed.params - plain.params == 12 * (64 * 6 + 6 * 3 * 64 * 32 + 64 + 6 + 3 * 64)
    inputs = read("gemma4", hidden_size_per_layer_input=16, vocab_size_per_layer_input=500, **GEMMA4)
    table, projection, norm = 500 * 12 * 16, 64 * 12 * 16, 16
    assert inputs.params - plain.params == table + projection + norm + 12 * (2 * 64 * 16 + 64)
    all_rows = read("gemma4", hidden_size_per_layer_input=16, **GEMMA4)
    assert all_rows.params - inputs.params == 500 * 12 * 16
    assert len(inputs.assumed) == len(plain.assumed) + 1


def test_gemma_3ns_layers_share_caches():
    said = {"hidden_size_per_layer_input": 16, "vocab_size_per_layer_input": 500, "num_key_value_heads": 4}
    said |= {"head_dim": 8, "sliding_window": 32, "num_hidden_layers": 12, "laurel_rank": 4, "altup_num_inputs": 3}
    model = read("gemma3n", num_kv_shared_layers=4, **said)
    # The 5th and the 10th are global; the last four keep nothing of their own.
    assert sorted((each.layers, each.window, each.cached) for each in model.mixers) == [
        (1, 0, False),
        (1, 0, True),
        (3, 32, False),
        (7, 32, True),
    ]
    assert model.cache_bytes(10) == 8 * 10 * 2 * 4 * 8 * 2
    assert model.cache_bytes(100) == (100 + 7 * 32) * 2 * 4 * 8 * 2
    every = read("gemma3n", num_kv_shared_layers=0, **said)
    assert sum(each.layers for each in every.mixers if each.cached) == 12
    assert every.params == model.params
    attention = 2 * 64 * 64 + 2 * 64 * 32 + 2 * 8
    altup = 64 + 3**3 + 3**2 + 64 * 3 + 64
    laurel = 2 * 64 * 4 + 64
    of_inputs = 2 * 64 * 16 + 64
    layer = attention + 3 * 64 * 160 + 4 * 64 + altup + laurel + of_inputs
    outside = 500 * 12 * 16 + 64 * 12 * 16 + 16 + 2 * 2 * 64 * 64 + 64_000 + 64
    assert model.params == 12 * layer + outside


def test_mllamas_cross_attention_keeps_nothing_of_a_text():
    model = read("mllama", cross_attention_layers=[3, 8], num_key_value_heads=4)
    assert [(each.layers, each.cached) for each in model.mixers] == [(10, True), (2, False)]
    assert model.cache_bytes(1) == 10 * 2 * 4 * 8 * 2
    without = read("mllama", cross_attention_layers=[], num_key_value_heads=4)
    # Norms of queries and keys, and two gates.
    assert model.params - without.params == 2 * (2 * 8 + 2)
    assert model.vocabulary_size == 1008 == without.vocabulary_size
    every = read("mllama", cross_attention_layers=list(range(12)), num_key_value_heads=4)
    assert [(each.layers, each.cached) for each in every.mixers] == [(12, False)]
    assert refusal("mllama", cross_attention_layers=list(range(13))).startswith("cross_attention_layers = 13 ")


def test_kimis_linear_layers():
    linear = {"num_heads": 4, "head_dim": 16, "full_attn_layers": [4, 8, 12]}
    said = {"kv_lora_rank": 32, "qk_rope_head_dim": 4, "qk_nope_head_dim": 8, "v_head_dim": 8, "num_experts": 6}
    said |= {"num_experts_per_token": 2, "moe_intermediate_size": 32, "first_k_dense_replace": 1}
    model = read("kimi_linear", linear_attn_config=linear, **said)
    assert [(each.kind, each.layers) for each in model.mixers] == [("latent", 3), ("delta", 9)]
    inner = 4 * 16
    delta = model.mixers[1]
    low = 2 * (64 * 16 + 16 * inner)  # of decays and of the gate
    assert delta.weights(64) == 4 * 64 * inner + low + 64 * 4
    assert delta.vectors(64) == 3 * inner * 4 + 4 + inner + 16
    assert delta.state_values == inner * 16 + 3 * 3 * inner
    full = read("kimi_linear", linear_attn_config=linear | {"use_full_rank_gate": True}, **said)
    assert full.mixers[1].weights(64) - delta.weights(64) == 64 * inner - (64 * 16 + 16 * inner)
    wide = read("kimi_linear", linear_attn_config=linear | {"short_conv_kernel_size": 6}, **said)
    assert wide.mixers[1].state_values - delta.state_values == 2 * 3 * inner
    assert mlps(model) == [(1, 160, 3), (11, 6, 2, 32, 3, 0)]
    shared = read("kimi_linear", linear_attn_config=linear, num_shared_experts=2, **said)
    assert mlps(shared)[1] == (11, 6, 2, 32, 3, 64)
    gated = read("kimi_linear", linear_attn_config=linear, mla_use_output_gate=True, **said)
    assert gated.params - model.params == 3 * 64 * 8 * 8
    narrow = {"routed_expert_hidden_size": 16}
    for norm in (False, True):
        latent = read("kimi_linear", linear_attn_config=linear, latent_moe_use_norm=norm, **narrow, **said)
        less = 6 * 3 * 32 * (64 - 16) - 2 * 64 * 16 - 16 * norm
        assert model.params - latent.params == 11 * less
    every = read("kimi_linear", linear_attn_config={"num_heads": 4, "head_dim": 16}, **said)
    assert [(each.kind, each.layers) for each in every.mixers] == [("latent", 12)]
    none = read("kimi_linear", linear_attn_config=linear | {"full_attn_layers": []}, **said)
    assert [(each.kind, each.layers) for each in none.mixers] == [("delta", 12)]
    many = linear | {"full_attn_layers": list(range(13))}
    assert refusal("kimi_linear", linear_attn_config=many, **said).startswith("full_attn_layers = 13 ")
    assert read("kimi_linear", linear_attn_config=linear, **(said | {"first_k_dense_replace": 12})).experts == 0


def test_heads_are_cut_to_whole_numbers_where_files_do_not_say_how_large_they_are():
    # hidden_size // num_attention_heads in every one of these classes: 68 numbers in 8 heads are 8 each, 4 are left.
    wide = {"hidden_size": 68}
    blocks = {"block_configs": 12 * [{"attention": {}, "ffn": {"ffn_mult": 2}}]}
    for family, said in (
        ("nemotron_nas", blocks),
        ("mimo_v2_flash", {}),
        ("mllama", {"num_key_value_heads": 8}),
        ("hunyuan", {"use_cla": True}),
        ("nemotron_h", {"hybrid_override_pattern": "*-"}),
    ):
        assert {each[3:5] for each in mixers(read(family, **wide, **said))} == {(8, 8)}, family
    assert FAMILIES["mllama"]["defaults"]["cross_attention_layers"] == list(range(3, 40, 5))  # of Llama 3.2 11B Vision


def test_gpt_oss_slides_in_every_second_layer_from_the_first():
    model = read("gpt_oss", num_hidden_layers=5, sliding_window=16)
    assert [(each.layers, each.window) for each in model.mixers] == [(2, 0), (3, 16)]


def test_biases_of_families_that_name_them_in_their_own_way():
    plain = read("bailing_moe", num_experts=1)
    assert read("bailing_moe", num_experts=1, use_qkv_bias=True).params - plain.params == 12 * 3 * 64
    every = 12 * (3 * 64 + 64 + 2 * 160 + 64)
    assert read("bailing_moe", num_experts=1, use_bias=True).params - plain.params == every
    plain = read("panguembedded")
    for name in ("bias", "attention_bias"):
        assert read("panguembedded", **{name: True}).params - plain.params == 12 * 4 * 64
    assert read("panguembedded", bias=False, attention_bias=True).params == plain.params
    assert read("step3p7", num_attention_groups=2).mixers[0].kv_heads == 2
    assert read("step3p7").mixers[0].kv_heads == 8
    assert read("gpt_bigcode").mixers[0].kv_heads == 1
    assert read("gpt_bigcode", multi_query=False).mixers[0].kv_heads == 8


def test_states_of_mamba_by_hand():
    def state(**fields):
        [found] = read("mamba", intermediate_size=None, **fields).mixers
        return found

    plain = state()
    # Inner width 128, state 16, convolution over 4, and a time step of rank 64 / 16.
    assert plain.weights(64) == 64 * 256 + 128 * (4 + 32) + 4 * 128 + 128 * 64
    assert plain.vectors(64) == 4 * 128 + 128 * 16 + 2 * 128 + 128
    assert plain.state_values == 128 * 16 + 3 * 128
    assert state(use_conv_bias=False).vectors(64) == plain.vectors(64) - 128
    assert state(use_bias=True).vectors(64) == plain.vectors(64) + 2 * 128 + 64
    assert state(time_step_rank=9).weights(64) == plain.weights(64) + 5 * 2 * 128
    assert state(time_step_rank="auto").weights(64) == plain.weights(64)
    assert state(state_size=32, conv_kernel=3, expand=1).state_values == 64 * 32 + 2 * 64
    odd = Model.from_config({"model_type": "mamba"} | SIZES | {"hidden_size": 72, "intermediate_size": 144})
    assert odd.mixers[0].weights(72) == 72 * 288 + 144 * (5 + 32) + 5 * 144 + 144 * 72  # rank 72 / 16, rounded up


READERS = Path(configs.__file__).parent
# Names of the numbers that files are asked for anywhere.
ASKED = re.compile(r'(?:number|each)\(\s*"(\w+)"')
FIELDS = sorted(
    {
        name
        for path in ("configs", "families", "states")
        for meaning in ASKED.findall((READERS / f"{path}.py").read_text(encoding="utf-8"))
        for name in NAMES.get(meaning, (meaning,))[:1]
    }
)


def sums(model):
    return model.params, model.active_params, model.cache_bytes(1000), model.forward_flop_per_token(1000)


EXPERTS = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
SAID = [(family, {}) for family in FAMILIES]
SAID += [(family, EXPERTS) for family in ("tomorrow", "deepseek_v3", "ernie4_5_moe", "kimi_linear", "gemma4")]


@together
@pytest.mark.parametrize(("family", "said"), SAID)
def test_what_is_below_nothing_is_refused_by_name_or_not_read(family, said):
    own = {name: value for name, value in OWN.get(family, {}).items() if name not in SIZES} | said
    if family == "opt":
        own["word_embed_proj_dim"] = 16
    plain = sums(read(family, **own))
    for field in FIELDS:
        if field == "moe_layer_end_index":
            continue  # of which -1 is the last
        try:
            found = sums(read(family, **(own | {field: -1})))
        except Refusal as refused:
            found, named = plain, field in (refused.argument, str(refused).split()[0])
        else:
            named = True
        assert named, field
        assert found == plain, field


# Fields that may be 0, which then says that there is none: as if the file were silent.
NONE = {
    "gemma4": ("num_kv_shared_layers", "hidden_size_per_layer_input"),
    "deepseek_v2": ("first_k_dense_replace", "n_shared_experts", "q_lora_rank", "index_n_heads", "index_topk"),
    "kimi_linear": ("num_shared_experts", "routed_expert_hidden_size", "first_k_dense_replace", "q_lora_rank"),
    "nemotron_h": ("moe_latent_size", "moe_shared_expert_intermediate_size"),
    "mixtral": ("moe_layer_start_index", "expert_layer_offset", "shared_expert_intermediate_size"),
    "llama": ("num_experts", "max_position_embeddings", "sliding_window", "max_window_layers"),
}
LATENT = {"kv_lora_rank": 32, "qk_rope_head_dim": 4, "qk_nope_head_dim": 8, "v_head_dim": 8}


@pytest.mark.parametrize(("family", "field"), [(family, field) for family in NONE for field in NONE[family]])
def test_a_zero_is_like_silence(family, field):
    own = {name: value for name, value in OWN.get(family, {}).items() if name not in SIZES} | EXPERTS | LATENT
    if family in ("gemma4", "llama", "mixtral"):
        own = EXPERTS if family == "mixtral" else {}
    own = {name: value for name, value in own.items() if name != field and name != "n_shared_experts"}
    own |= {"n_shared_experts": 1} if field == "moe_shared_expert_intermediate_size" else {}
    assert sums(read(family, **own | {field: 0})) == sums(read(family, **own | {field: None}))
