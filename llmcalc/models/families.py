"""What an architecture decides that its `config.json` does not say, a record a family.

Traits: `norm_vectors` (1 for RMSNorm, 2 for LayerNorm with bias, 0 without parameters), norms a layer, after the last
and after the embedding; biases, `tied` embeddings and MLP matrices where no field says otherwise (a text names the
field that decides); `windows`, the rule by which layers slide; `defaults`, fields' values in the family's class where
files leave them out; `shape`, those of its sizes, which count only inside larger files, where only differences stand;
and `prepare`, a function that brings unusual fields into the usual form.

Facts are those of the classes of huggingface/transformers, src/transformers/models/FAMILY/configuration_*.py and
modeling_*.py, or of the code beside the weights where the family isn't in it.
"""

from ..checks import Refusal
from ..messages import message
from .layers import Attention, LatentAttention, Mixture, Mlp
from .numbers import missing
from .states import mamba, mamba2, recurrent_parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .configs import Fields
    from .layers import Mixer

# Meanings, and the names that files have for them, most usual first.
NAMES = {
    "layers": ("num_hidden_layers", "n_layer", "n_layers", "num_layers"),
    "hidden_size": ("hidden_size", "n_embd", "d_model", "n_embed", "hidden_dim", "dim", "model_dim"),
    "heads": ("num_attention_heads", "n_head", "n_heads", "num_heads"),
    "kv_heads": ("num_key_value_heads", "num_kv_heads", "n_head_kv", "n_kv_heads", "kv_n_heads", "num_query_groups"),
    "head_size": ("head_dim", "kv_channels", "attention_head_dim", "head_size"),
    "value_size": ("v_head_dim", "value_head_dim"),
    "mlp_size": (
        "intermediate_size",
        "ffn_dim",
        "n_inner",
        "ffn_hidden_size",
        "ffn_embed_dim",
        "inner_hidden_size",
        "moe_intermediate_size",
    ),
    "dense_mlp_size": (
        "intermediate_size_mlp",
        "dense_intermediate_size",
        "intermediate_size",
        "ffn_hidden_size",
        "ffn_dim",
    ),
    "vocabulary_size": ("vocab_size", "padded_vocab_size", "n_vocab", "vocabulary_size"),
    "context": (
        "max_position_embeddings",
        "n_positions",
        "max_seq_len",
        "seq_length",
        "max_sequence_length",
        "model_max_length",
        "n_ctx",
    ),
    "positions": ("n_positions", "max_position_embeddings", "max_seq_len"),
    "embedding_size": ("word_embed_proj_dim",),
    "activation": ("hidden_act", "hidden_activation", "activation_function", "mlp_hidden_act", "activation"),
    "window": ("sliding_window", "attention_chunk_size", "window_size", "sliding_window_size"),
    "sliding_window_pattern": ("sliding_window_pattern", "_sliding_window_pattern", "global_attn_every_n_layers"),
    "moe_layers": ("moe_layers", "moe_layers_enum"),
    "experts": (
        "num_experts",
        "num_local_experts",
        "n_routed_experts",
        "moe_num_experts",
        "num_moe_experts",
        "ffn_num_experts",
    ),
    "experts_per_token": (
        "num_experts_per_tok",
        "num_experts_per_token",
        "moe_topk",
        "moe_top_k",
        "moe_k",
        "top_k_experts",
        "experts_per_token",
        "num_selected_experts",
    ),
    "expert_mlp_size": ("moe_intermediate_size", "expert_ffn_hidden_size", "expert_hidden_dim"),
    "shared_mlp_size": (
        "shared_expert_intermediate_size",
        "moe_shared_expert_intermediate_size",
        "shared_intermediate_size",
        "share_expert_dim",
    ),
    "shared_experts": ("n_shared_experts", "num_shared_experts", "moe_num_shared_experts", "num_shared_expert"),
    "mamba_inner": ("mamba_intermediate",),
    "mamba_state": ("ssm_state_size", "mamba_d_state", "state_size"),
    "mamba_width": ("conv_kernel", "mamba_d_conv"),
    "mamba_expand": ("expand", "mamba_expand"),
    "mamba_rank": ("time_step_rank", "mamba_dt_rank"),
    "mamba_heads": ("mamba_num_heads", "mamba_n_heads", "num_heads"),
    "mamba_head_size": ("mamba_head_dim", "mamba_d_head", "head_dim"),
    "mamba_groups": ("n_groups", "mamba_n_groups"),
    "mamba_convolution_bias": ("use_conv_bias", "mamba_conv_bias"),
    "mamba_bias": ("mamba_proj_bias", "use_bias"),
}

# Where larger files keep their language model.
NESTED = (
    "text_config",
    "llm_config",
    "language_config",
    "language_model_config",
    "thinker_config",
    "text_model",
    "llm",
    "language_model",
    "lm_config",
    "decoder",
)

LIKE_LLAMA = {
    "norm_vectors": 1,
    "layer_norms": 2,
    "final_norms": 1,
    "embedding_norms": 0,
    "query_bias": "attention_bias",
    "output_bias": "attention_bias",
    "mlp_bias": "mlp_bias",
    "latent_bias": "attention_bias",
    "logits_bias": False,
    "mlp_matrices": 0,
    "query_key_norms": "",
    "query_key_norms_if": "",
    "attention_gate": False,
    "sinks": False,
    "shared_gate": False,
    "router_bias": False,
    "one_shared": False,
    "tied": False,
    "learned": False,
    "more_positions": 0,
    "more_rows": 0,
    "other_values": 0,
    "windows": "assumed",
}

SIZES = {"hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32}
LLAMA = {"mlp_matrices": 3, "windows": "none", "shape": dict(SIZES, vocab_size=32000)}
PLAIN = dict(LLAMA, query_bias=False, output_bias=False, mlp_bias=False, latent_bias=False)
MISTRAL_SIZES = dict(SIZES, intermediate_size=14336, vocab_size=32000, num_key_value_heads=8)
MISTRAL = dict(PLAIN, windows="all", defaults={"num_key_value_heads": 8, "sliding_window": 4096}, shape=MISTRAL_SIZES)
QWEN2 = dict(
    PLAIN,
    query_bias=True,
    windows="switched",
    shape=dict(SIZES, intermediate_size=22016, vocab_size=151936, num_key_value_heads=32),
)
QWEN3 = dict(LLAMA, mlp_bias=False, query_key_norms="head", windows="switched", defaults={"head_dim": 128})
GPT2 = {
    "norm_vectors": 2,
    "query_bias": True,
    "output_bias": True,
    "mlp_bias": True,
    "mlp_matrices": 2,
    "tied": True,
    "learned": True,
    "windows": "none",
}
GEMMA_SIZES = {
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "vocab_size": 262208,
    "sliding_window": 4096,
}
GEMMA = dict(PLAIN, query_bias="attention_bias", output_bias="attention_bias", tied=True)
DEEPSEEK = dict(PLAIN, query_bias="attention_bias", output_bias="attention_bias", latent_bias="attention_bias")
DEEPSEEK_SIZES = {
    "hidden_size": 7168,
    "intermediate_size": 18432,
    "moe_intermediate_size": 2048,
    "num_hidden_layers": 61,
    "num_attention_heads": 128,
    "vocab_size": 129280,
    "n_routed_experts": 256,
    "n_shared_experts": 1,
    "num_experts_per_tok": 8,
    "first_k_dense_replace": 3,
    "q_lora_rank": 1536,
    "kv_lora_rank": 512,
    "qk_rope_head_dim": 64,
    "qk_nope_head_dim": 128,
    "v_head_dim": 128,
}


def _four_times(fields: "Fields") -> None:
    if not fields.has("mlp_size") and fields.has("hidden_size"):
        fields.fields["intermediate_size"] = 4 * fields.number("hidden_size")


def _qwen(fields: "Fields") -> None:
    # Its MLP has two matrices of half the width that the file names.
    fields.fields["intermediate_size"] = fields.number("mlp_size", low=2) // 2


def _chatglm(fields: "Fields") -> None:
    if not fields.flag("multi_query_attention", False):
        fields.fields.pop("multi_query_group_num", None)
    else:
        fields.fields["num_key_value_heads"] = fields.number("multi_query_group_num")
    bias = fields.flag("add_bias_linear", False)
    norm = 1 if fields.flag("rmsnorm", True) else 2
    if "inner_hidden_size" in fields.fields:  # the first ChatGLM is another architecture
        bias, norm = True, 2
    final = 1 if fields.flag("post_layer_norm", True) else 0
    fields.family.update(
        output_bias=bias, mlp_bias=bias, query_bias=bias or fields.flag("add_qkv_bias", False), norm_vectors=norm
    )
    fields.family["final_norms"] = final
    if "inner_hidden_size" in fields.fields:
        fields.family.update(mlp_matrices=2, tied=True)


def _falcon(fields: "Fields") -> None:
    _four_times(fields)
    new = fields.flag("new_decoder_architecture", False)
    parallel = fields.flag("parallel_attn", True)
    if not new:
        fields.fields["num_key_value_heads"] = 1 if fields.flag("multi_query", True) else fields.number("heads")
    elif not fields.has("kv_heads"):
        fields.fields["num_key_value_heads"] = fields.number("heads")
    norms = fields.number("num_ln_in_parallel_attn", 2 if new else 1) if parallel or new else 2
    fields.family["layer_norms"] = norms


def _first_falcon(fields: "Fields") -> None:
    # Before it was renamed, the class of the 40B shared keys and values among groups, that of the 7B among all.
    fields.fields.setdefault("new_decoder_architecture", "n_head_kv" in fields.fields)
    _falcon(fields)


def _mpt(fields: "Fields") -> None:
    fields.fields["intermediate_size"] = fields.number("expansion_ratio", 4) * fields.number("hidden_size")
    settings = fields.within(fields.fields.get("attn_config") or {})
    if settings.has("kv_n_heads"):
        fields.fields["num_key_value_heads"] = settings.number("kv_n_heads")
    elif settings.fields.get("attn_type") == "multiquery_attention":
        fields.fields["num_key_value_heads"] = 1
    bias = not fields.flag("no_bias", True)
    fields.family.update(query_bias=bias, output_bias=bias, mlp_bias=bias, norm_vectors=2 if bias else 1)
    computed = settings.flag("alibi", False) or settings.flag("rope", False)
    fields.family["learned"] = fields.flag("learned_pos_emb", True) and not computed


def _opt(fields: "Fields") -> None:
    affine = fields.flag("layer_norm_elementwise_affine", True)
    bias = fields.flag("enable_bias", True)
    before = fields.flag("do_layer_norm_before", True)
    final = before and not fields.flag("_remove_final_layer_norm", False)
    fields.family.update(query_bias=bias, output_bias=bias, mlp_bias=bias, norm_vectors=2 if affine else 0)
    fields.family["final_norms"] = 1 if final else 0


def _gpt_bigcode(fields: "Fields") -> None:
    _four_times(fields)
    if fields.flag("multi_query", True):
        fields.fields["num_key_value_heads"] = 1


def _gpt_neo(fields: "Fields") -> None:
    _four_times(fields)
    layers = fields.layers()
    pattern = []
    pairs = fields.fields.get("attention_types")
    for pair in pairs if isinstance(pairs, (list, tuple)) else []:
        if isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], (list, tuple)):
            short = type(pair[1]) is int and 0 < pair[1] <= layers and len(pair[0]) <= layers
            repeats = pair[1] if short else 0
            pattern += list(pair[0]) * repeats
    if len(pattern) >= layers:
        fields.fields["layer_types"] = pattern[:layers]


def _parallel(fields: "Fields") -> None:
    if fields.flag("use_parallel_residual", False):
        fields.family["layer_norms"] = 1


def _dbrx(fields: "Fields") -> None:
    attention = fields.within(fields.fields.get("attn_config") or {})
    mlp = fields.within(fields.fields.get("ffn_config") or {})
    fields.fields["num_key_value_heads"] = attention.number("kv_n_heads", 1)
    fields.fields["moe_intermediate_size"] = mlp.number("ffn_hidden_size")
    fields.fields["num_experts"] = mlp.number("moe_num_experts", 4)
    fields.fields["num_experts_per_tok"] = mlp.number("moe_top_k", 1)


def _command(fields: "Fields") -> None:
    if not fields.has("layer_types") and fields.has("sliding_window_pattern"):
        fields.number("sliding_window_pattern")


def _hunyuan(fields: "Fields") -> None:
    if fields.fields.get("num_experts") == 1:
        fields.fields["num_experts"] = 0
    # Shared experts have the width of the file's MLP where no width of experts stands.
    if fields.flag("use_cla", False):
        fields.family["mixers"] = _shared_caches


def _shared_caches(fields: "Fields", layers: int, hidden_size: int) -> "list[Mixer]":
    """Cross-layer attention: of some layers in a row, the first has keys and values."""
    share = fields.number("cla_share_factor", 2)
    heads, kv_heads = fields.number("heads"), fields.number("kv_heads", fields.number("heads"))
    head_size = fields.number("head_size", hidden_size // heads)
    first = -(-layers // share)
    norms = fields.flag("use_qk_norm", False)
    found: list[Mixer] = [Attention(first, heads, kv_heads, head_size, norm_values=2 * head_size if norms else 0)]
    if layers > first:
        found.append(Attention(layers - first, heads, 0, head_size, norm_values=head_size if norms else 0))
    return found


def _num_dense_layers(fields: "Fields") -> None:
    """The first layers without experts, by the name that some families have for their number."""
    fields.fields["first_k_dense_replace"] = fields.number("num_dense_layers", 0, 0)


def _longcat(fields: "Fields") -> None:
    """A layer is two blocks of attention and an MLP, and a mixture beside them: twice as many layers here."""
    fields.fields["num_hidden_layers"] = 2 * fields.layers()
    if fields.number("zero_expert_num", 0, 0):
        fields.assume(
            message("each of a token's experts computes: those that give it back as it is can't be told beforehand")
        )


def _longcat_mlps(fields: "Fields", layers: int, hidden_size: int) -> "list[Mlp | Mixture]":
    # Of every two layers the first has experts besides its MLP, which all tokens use like a shared one.
    width = fields.number("mlp_size")
    shape = (fields.number("experts"), fields.number("experts_per_token"), fields.number("expert_mlp_size"))
    beside = fields.number("zero_expert_num", 0, 0) * hidden_size  # the router's rows for experts without weights
    return [Mlp(layers // 2, width), Mixture(layers // 2, *shape, 3, width, other_values=beside)]


def _falcon_h1(fields: "Fields") -> None:
    """A layer has attention and a state side by side: twice as many layers here, the second with the MLP."""
    fields.fields["num_hidden_layers"] = 2 * fields.layers()
    inner = fields.number("mamba_d_ssm", fields.number("mamba_expand", 2) * fields.number("hidden_size"))
    heads = fields.number("mamba_n_heads")
    if fields.fields.get("mamba_d_head") in (None, "auto"):
        fields.fields["mamba_d_head"] = inner // heads


def _falcon_h1_mixers(fields: "Fields", layers: int, hidden_size: int) -> "list[Mixer]":
    heads = fields.number("heads")
    shape = (heads, fields.number("kv_heads", heads), fields.number("head_size", hidden_size // heads))
    bias = fields.flag("attention_bias", False)
    attention = Attention(layers // 2, *shape, query_bias=bias, output_bias=bias)
    return [attention, mamba2(fields, layers // 2, hidden_size)]


def _falcon_h1_mlps(fields: "Fields", layers: int, hidden_size: int) -> "list[Mlp | Mixture]":
    return [Mlp(layers // 2, fields.number("mlp_size"), 3, fields.flag("mlp_bias", False))]


def _mamba_layers(fields: "Fields", layers: int, hidden_size: int) -> "list[Mixer]":
    return [mamba(fields, layers, hidden_size)]


def _mamba2_layers(fields: "Fields", layers: int, hidden_size: int) -> "list[Mixer]":
    return [mamba2(fields, layers, hidden_size)]


def _no_mlps(fields: "Fields", layers: int, hidden_size: int) -> "list[Mlp | Mixture]":
    return []


def _mamba(fields: "Fields") -> None:
    fields.fields.pop("num_heads", None)
    if fields.fields.get("intermediate_size") is not None:
        fields.fields["mamba_intermediate"] = fields.number("intermediate_size")


def _jamba(fields: "Fields") -> None:
    layers = fields.layers()
    period, offset = fields.number("attn_layer_period", 8), fields.number("attn_layer_offset", 4, 0)
    kinds = ["attention" if layer % period == offset % period else "mamba" for layer in range(layers)]
    fields.fields["layer_types"] = kinds


def _bamba(fields: "Fields") -> None:
    layers = fields.layers()
    listed = fields.fields.get("attn_layer_indices")
    if not fields.has("layer_types"):
        indices = listed if isinstance(listed, (list, tuple)) else []
        fields.fields["layer_types"] = ["attention" if layer in indices else "mamba" for layer in range(layers)]
    kinds = fields.per_layer("layer_types", layers) or []
    fields.fields["layer_types"] = ["mamba2" if kind == "mamba" else kind for kind in kinds]
    if not fields.has("mamba_head_size") or fields.fields.get("mamba_d_head") == "auto":
        inner = fields.number("mamba_expand", 2) * fields.number("hidden_size")
        fields.fields["mamba_d_head"] = max(1, inner // fields.number("mamba_heads"))


def _nemotron_h(fields: "Fields") -> None:
    pattern = fields.fields.get("hybrid_override_pattern")
    if not isinstance(pattern, str) or not pattern or len(pattern) > 2000:
        pattern = fields.fields.get("layers_block_type")
        names = {"mamba": "M", "attention": "*", "mlp": "-", "moe": "E"}
        if not isinstance(pattern, (list, tuple)):
            raise missing("hybrid_override_pattern", "nemotron_h")
        pattern = "".join([names.get(kind, "?") if isinstance(kind, str) else "?" for kind in pattern])
    for letter in pattern:
        if letter not in "M*-E":
            raise Refusal("hybrid_override_pattern", letter, "M, *, - and E")
    fields.fields["num_hidden_layers"] = len(pattern)
    fields.family["pattern"] = pattern


def _nemotron_h_mixers(fields: "Fields", layers: int, hidden_size: int) -> "list[Mixer]":
    pattern = fields.family["pattern"]
    found: list[Mixer] = []
    if "*" in pattern:
        heads = fields.number("heads")
        shape = (heads, fields.number("kv_heads", heads), fields.number("head_size", hidden_size // heads))
        bias = fields.flag("attention_bias", False)
        found.append(Attention(pattern.count("*"), *shape, query_bias=bias, output_bias=bias))
    if "M" in pattern:
        found.append(mamba2(fields, pattern.count("M"), hidden_size))
    return found


def _nemotron_h_mlps(fields: "Fields", layers: int, hidden_size: int) -> "list[Mlp | Mixture]":
    pattern = fields.family["pattern"]
    found: list[Mlp | Mixture] = []
    bias = fields.flag("mlp_bias", False)
    if "-" in pattern:
        found.append(Mlp(pattern.count("-"), fields.number("mlp_size"), 2, bias))
    if "E" in pattern:
        shape = (fields.number("experts"), fields.number("experts_per_token"), fields.number("expert_mlp_size"))
        shared = fields.number("shared_mlp_size", 0, 0) * fields.number("shared_experts", 1, 0)
        latent = fields.number("moe_latent_size", 0, 0)
        found.append(Mixture(pattern.count("E"), *shape, 2, shared, bias=bias, latent_size=latent))
    return found


def _blocks(fields: "Fields", layers: int) -> "list[Any]":
    blocks = fields.per_layer("block_configs", layers)
    if blocks is None:
        raise missing("block_configs", "nemotron_nas")
    return blocks


def _nas_mixers(fields: "Fields", layers: int, hidden_size: int) -> "list[Mixer]":
    heads = fields.number("heads")
    counted: dict[int, int] = {}
    for block in _blocks(fields, layers):
        inside = fields.within(block)
        attention = inside.within(inside.fields.get("attention") or {})
        if attention.flag("no_op") or attention.flag("replace_with_linear"):
            if attention.flag("replace_with_linear"):
                fields.assume(message("layers whose attention is replaced by one matrix are left out"))
            continue
        group = attention.number("n_heads_in_group", 1)
        counted[group] = counted.get(group, 0) + 1
    head_size = fields.number("head_size", hidden_size // heads)
    return [Attention(counted[group], heads, max(1, heads // group), head_size) for group in sorted(counted)]


def _nas_mlps(fields: "Fields", layers: int, hidden_size: int) -> "list[Mlp | Mixture]":
    counted: dict[int, int] = {}
    norms = 0
    for block in _blocks(fields, layers):
        inside = fields.within(block)
        mlp = inside.within(inside.fields.get("ffn") or {})
        if mlp.flag("no_op") or mlp.flag("replace_with_linear"):
            if mlp.flag("replace_with_linear"):
                fields.assume(message("layers whose MLP is replaced by one matrix are left out"))
            continue
        value: Any = mlp.fields.get("ffn_mult")
        if type(value) not in (int, float) or not 0 < value < 100:
            raise Refusal("ffn_mult", value, "a number above 0 and below 100")
        width = -(-int(2 * value * hidden_size / 3) // 256) * 256
        counted[width] = counted.get(width, 0) + 1
        norms += 1
    return [Mlp(counted[width], width) for width in sorted(counted)]


def _nas(fields: "Fields") -> None:
    layers = fields.layers()
    hidden_size = fields.number("hidden_size")
    mixers = sum([part.layers for part in _nas_mixers(fields, layers, hidden_size)])
    mlps = sum([part.layers for part in _nas_mlps(fields, layers, hidden_size)])
    # A norm goes with the attention or the MLP that it stands before.
    fields.family["layer_norms"] = 0
    fields.family["other_values"] = (mixers + mlps) * hidden_size


def _qwen_hybrid(fields: "Fields") -> None:
    layers = fields.layers()
    if not fields.has("layer_types"):
        every = fields.number("full_attention_interval", 4)
        kinds = ["linear_attention" if (layer + 1) % every else "full_attention" for layer in range(layers)]
        fields.fields["layer_types"] = kinds


def _minimax(fields: "Fields") -> None:
    layers = fields.layers()
    listed = fields.per_layer("attn_type_list", layers)
    if listed is None:
        listed = [0 if kind == "linear_attention" else 1 for kind in fields.per_layer("layer_types", layers) or []]
    if not listed:
        listed = [(layer + 1) % 2 for layer in range(layers)]
    fields.fields["layer_types"] = ["lightning_attention" if kind == 0 else "full_attention" for kind in listed]


def _minimax_m2(fields: "Fields") -> None:
    if fields.fields.get("qk_norm_type") == "per_head":
        fields.family["query_key_norms"] = "head"


def _exaone4(fields: "Fields") -> None:
    if fields.fields.get("sliding_window_pattern", 0) in (0, None):
        fields.fields["sliding_window"] = None


def _bailing(fields: "Fields") -> None:
    qkv, every = fields.flag("use_qkv_bias", False), fields.flag("use_bias", False)
    fields.family.update(query_bias=qkv or every, output_bias=every, mlp_bias=every)


def _internlm3(fields: "Fields") -> None:
    fields.fields["mlp_bias"] = fields.flag("bias", False)


def _mimo_mixers(fields: "Fields", layers: int, hidden_size: int) -> "list[Mixer]":
    pattern = fields.per_layer("hybrid_layer_pattern", layers) or [0] * layers
    heads = fields.number("heads")
    full = (
        heads,
        fields.number("kv_heads", heads),
        fields.number("head_size", hidden_size // heads),
        fields.number("value_size", fields.number("head_size", hidden_size // heads)),
    )
    sliding = (
        fields.number("swa_num_attention_heads", full[0]),
        fields.number("swa_num_key_value_heads", full[1]),
        fields.number("swa_head_dim", full[2]),
        fields.number("swa_v_head_dim", full[3]),
    )
    slides = sum([1 for kind in pattern if kind == 1])
    bias = fields.flag("attention_bias", False)
    found: list[Mixer] = []
    if layers > slides:
        sinks = full[0] if fields.flag("add_full_attention_sink_bias", False) else 0
        found.append(Attention(layers - slides, *full, query_bias=bias, other_values=sinks))
    if slides:
        sinks = sliding[0] if fields.flag("add_swa_attention_sink_bias", False) else 0
        window = fields.number("window")
        found.append(Attention(slides, *sliding, window=window, query_bias=bias, other_values=sinks))
    return found


def _gemma4_mixers(fields: "Fields", layers: int, hidden_size: int) -> "list[Mixer]":
    kinds = fields.per_layer("layer_types", layers)
    if kinds is None:
        kinds = ["sliding_attention" if (layer + 1) % 6 else "full_attention" for layer in range(layers)]
    heads = fields.number("heads")
    shared = fields.number("num_kv_shared_layers", 0, 0)
    head_size, global_size = fields.number("head_size"), fields.number("global_head_dim", 512)
    kv_heads, equal = fields.number("kv_heads", heads), fields.flag("attention_k_eq_v", False)
    global_kv = fields.number("num_global_key_value_heads", kv_heads) if equal else kv_heads
    first_shared = layers - shared
    found: list[Mixer] = []
    for slides in (False, True):
        for own in (True, False):
            count = 0
            for layer in range(layers):
                if (kinds[layer] == "sliding_attention") == slides and (layer < first_shared) == own:
                    count += 1
            if not count:
                continue
            size = head_size if slides else global_size
            window = fields.number("window") if slides else 0
            keys = 0 if not own else kv_heads if slides else global_kv
            norms = 2 * size if own else size
            separate = slides or not equal
            shape = (heads, keys, size)
            found.append(Attention(count, *shape, window=window, norm_values=norms, value_matrix=separate))
    return found


def _gemma4_mlps(fields: "Fields", layers: int, hidden_size: int) -> "list[Mlp | Mixture]":
    shared = fields.number("num_kv_shared_layers", 0, 0)
    width = fields.number("mlp_size")
    wide = shared if fields.flag("use_double_wide_mlp", False) else 0
    if fields.flag("enable_moe_block", False):
        # Beside the dense MLP, whose width is that of the shared expert here; a scale of the router, and one an expert.
        experts = fields.number("experts")
        shape = (experts, fields.number("experts_per_token"), fields.number("expert_mlp_size"))
        beside = hidden_size + experts + 3 * hidden_size
        return [Mixture(layers, *shape, 3, width, other_values=beside)]
    found: list[Mlp | Mixture] = [Mlp(layers - wide, width)] if layers > wide else []
    return found + ([Mlp(wide, 2 * width)] if wide else [])


def _gemma4(fields: "Fields") -> None:
    layers = fields.layers()
    inputs = fields.number("hidden_size_per_layer_input", 0, 0)
    hidden_size = fields.number("hidden_size")
    other = layers if fields.family.get("layer_scalars") else 0
    if inputs:
        rows = fields.number("vocab_size_per_layer_input", fields.number("vocabulary_size"))
        other += rows * layers * inputs + hidden_size * layers * inputs + inputs
        other += layers * (2 * hidden_size * inputs + hidden_size)
        fields.assume(message("embeddings of each layer are counted among the other values"))
    fields.family["other_values"] = other


def _gemma3n(fields: "Fields") -> None:
    layers, hidden_size = fields.layers(), fields.number("hidden_size")
    inputs = fields.number("hidden_size_per_layer_input", 256)
    rows = fields.number("vocab_size_per_layer_input", 262144)
    streams, rank = fields.number("altup_num_inputs", 4), fields.number("laurel_rank", 64)
    other = rows * layers * inputs + hidden_size * layers * inputs + inputs
    other += 2 * (streams - 1) * hidden_size * hidden_size
    each = 2 * hidden_size * inputs + hidden_size  # gate and projection of the layer's input, and their norm
    each += 2 * hidden_size * rank + hidden_size  # LAuReL and its norm
    each += hidden_size + streams**3 + streams**2 + hidden_size * streams + hidden_size  # AltUp
    fields.family["other_values"] = other + layers * each
    fields.assume(message("embeddings of each layer, AltUp and LAuReL are counted among the other values"))


def _gemma3n_mixers(fields: "Fields", layers: int, hidden_size: int) -> "list[Mixer]":
    kinds = fields.per_layer("layer_types", layers)
    if kinds is None:
        kinds = ["sliding_attention" if (layer + 1) % 5 else "full_attention" for layer in range(layers)]
    heads, kv_heads, size = fields.number("heads"), fields.number("kv_heads"), fields.number("head_size")
    own = layers - fields.number("num_kv_shared_layers", 15, 0)
    found: list[Mixer] = []
    for slides in (False, True):
        for cached in (True, False):
            count = 0
            for layer in range(layers):
                if (kinds[layer] == "sliding_attention") == slides and (layer < own) == cached:
                    count += 1
            if count:
                window = fields.number("window") if slides else 0
                found.append(
                    Attention(count, heads, kv_heads, size, window=window, norm_values=2 * size, cached=cached)
                )
    return found


def _mllama(fields: "Fields") -> None:
    fields.family["more_rows"] = 8


def _mllama_mixers(fields: "Fields", layers: int, hidden_size: int) -> "list[Mixer]":
    heads = fields.number("heads")
    shape = (heads, fields.number("kv_heads", 8), hidden_size // heads)
    crossed = fields.fields.get("cross_attention_layers")
    count = len(crossed) if isinstance(crossed, (list, tuple)) else 0
    if count > layers:
        accepted = message("at most {name} = {count} of them", name="num_hidden_layers", count=layers)
        raise Refusal("cross_attention_layers", count, accepted)
    found: list[Mixer] = [Attention(layers - count, *shape)] if layers > count else []
    if count:
        # Their keys and values are the image's: none is kept of a token of text.
        beside: dict[str, Any] = {"norm_values": 2 * shape[2], "other_values": 2, "cached": False}
        found.append(Attention(count, *shape, **beside))
        fields.assume(message("layers of cross-attention keep nothing of a text's tokens"))
    return found


def _kimi_linear_mixers(fields: "Fields", layers: int, hidden_size: int) -> "list[Mixer]":
    settings = fields.fields.get("linear_attn_config")
    inside = fields.within(settings or {})
    full = inside.fields.get("full_attn_layers")
    count = len(full) if isinstance(full, (list, tuple)) else layers
    if count > layers:
        accepted = message("at most {name} = {count} of them", name="num_hidden_layers", count=layers)
        raise Refusal("full_attn_layers", count, accepted)
    heads, value_size = fields.number("heads"), fields.number("value_size")
    gate = heads * value_size if fields.flag("mla_use_output_gate", False) else 0
    ranks = (fields.number("q_lora_rank", 0, 0), fields.number("kv_lora_rank"))
    sizes = (fields.number("qk_rope_head_dim", low=0), fields.number("qk_nope_head_dim"), value_size)
    found: list[Mixer] = [LatentAttention(count, heads, *ranks, *sizes, gate_size=gate)] if count else []
    return found + recurrent_parts(fields, ["kda"] * (layers - count), hidden_size)


def _kimi_linear_mlps(fields: "Fields", layers: int, hidden_size: int) -> "list[Mlp | Mixture]":
    first = fields.number("first_k_dense_replace", 0, 0, layers)
    found: list[Mlp | Mixture] = [Mlp(first, fields.number("mlp_size"))] if first else []
    if layers > first:
        shape = (fields.number("experts"), fields.number("experts_per_token"), fields.number("expert_mlp_size"))
        shared = fields.number("shared_experts", 0, 0) * shape[2]
        latent = fields.number("routed_expert_hidden_size", 0, 0)
        norm = latent if fields.flag("latent_moe_use_norm", False) else 0
        found.append(Mixture(layers - first, *shape, 3, shared, latent_size=latent, other_values=norm))
    return found


def _gpt_oss(fields: "Fields") -> None:
    layers = fields.layers()
    if not fields.has("layer_types"):
        kinds = ["full_attention" if layer % 2 else "sliding_attention" for layer in range(layers)]
        fields.fields["layer_types"] = kinds


def _step(fields: "Fields") -> None:
    if fields.fields.get("num_attention_groups") is not None:
        fields.fields["num_key_value_heads"] = fields.number("num_attention_groups")


def _pangu(fields: "Fields") -> None:
    bias = fields.flag("bias", fields.flag("attention_bias", False))
    fields.family.update(query_bias=bias, output_bias=bias)


FAMILIES: "dict[str, dict[str, Any]]" = {
    "llama": dict(LLAMA, architectures=("LlamaForCausalLM", "YiForCausalLM", "LLaMAForCausalLM", "AquilaForCausalLM")),
    "yi": PLAIN,
    "aquila": PLAIN,
    "xverse": PLAIN,
    "llama4": dict(
        PLAIN,
        query_bias="attention_bias",
        output_bias="attention_bias",
        one_shared=True,
        query_key_norms="none",
        defaults={"head_dim": 128, "num_key_value_heads": 8, "num_local_experts": 16, "num_experts_per_tok": 1},
        shape={
            "hidden_size": 5120,
            "intermediate_size": 8192,
            "intermediate_size_mlp": 16384,
            "num_hidden_layers": 48,
            "num_attention_heads": 40,
            "vocab_size": 202048,
        },
    ),
    "mllama": dict(
        PLAIN,
        prepare=_mllama,
        mixers=_mllama_mixers,
        defaults={"cross_attention_layers": [3, 8, 13, 18, 23, 28, 33, 38], "num_key_value_heads": 8},
    ),
    "mistral": dict(MISTRAL, architectures=("MistralForCausalLM",)),
    "mistral3": MISTRAL,
    "ministral": dict(MISTRAL, windows="none"),
    "ministral3": dict(MISTRAL, windows="none"),
    "mixtral": dict(
        MISTRAL,
        defaults={"num_key_value_heads": 8, "num_local_experts": 8, "num_experts_per_tok": 2},
        architectures=("MixtralForCausalLM",),
    ),
    "qwen": dict(
        PLAIN, query_bias=True, prepare=_qwen, architectures=("QWenLMHeadModel",), defaults={"kv_channels": 128}
    ),
    "qwen2": dict(QWEN2, architectures=("Qwen2ForCausalLM",)),
    "qwen2_vl": QWEN2,
    "qwen2_5_vl": QWEN2,
    "qwen2_5_omni": QWEN2,
    "mimo": dict(QWEN2, query_bias="attention_bias", unset={"attention_bias": True}),
    "qwen2_moe": dict(
        QWEN2,
        query_bias="qkv_bias",
        unset={"qkv_bias": True},
        shared_gate=True,
        architectures=("Qwen2MoeForCausalLM",),
        defaults={
            "num_experts": 60,
            "num_experts_per_tok": 4,
            "moe_intermediate_size": 1408,
            "shared_expert_intermediate_size": 5632,
        },
    ),
    "qwen3": dict(QWEN3, architectures=("Qwen3ForCausalLM",)),
    "qwen3_vl": QWEN3,
    "qwen3_moe": dict(
        QWEN3,
        architectures=("Qwen3MoeForCausalLM",),
        defaults={"num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768},
    ),
    "qwen3_vl_moe": dict(
        QWEN3, defaults={"num_experts": 60, "num_experts_per_tok": 4, "moe_intermediate_size": 1408, "head_dim": 128}
    ),
    "qwen3_omni_moe": dict(QWEN3, defaults={"num_experts": 128, "num_experts_per_tok": 8, "head_dim": 128}),
    "qwen3_next": dict(
        QWEN3,
        prepare=_qwen_hybrid,
        attention_gate=True,
        shared_gate=True,
        windows="none",
        architectures=("Qwen3NextForCausalLM",),
        defaults={
            "head_dim": 256,
            "linear_num_key_heads": 16,
            "linear_num_value_heads": 32,
            "linear_key_head_dim": 128,
            "linear_value_head_dim": 128,
            "num_experts": 512,
            "num_experts_per_tok": 10,
            "moe_intermediate_size": 512,
            "shared_expert_intermediate_size": 512,
        },
    ),
    "gemma": dict(GEMMA, defaults={"head_dim": 256}, architectures=("GemmaForCausalLM",)),
    "gemma2": dict(
        GEMMA,
        layer_norms=4,
        windows=2,
        defaults={"head_dim": 256, "sliding_window": 4096, "num_key_value_heads": 4},
        architectures=("Gemma2ForCausalLM",),
    ),
    "gemma3": dict(
        GEMMA,
        layer_norms=4,
        query_key_norms="head",
        windows=6,
        complete=True,
        shape=GEMMA_SIZES,
        architectures=("Gemma3ForCausalLM", "Gemma3ForConditionalGeneration"),
    ),
    "gemma3n": dict(
        GEMMA,
        layer_norms=4,
        query_key_norms="head",
        prepare=_gemma3n,
        mixers=_gemma3n_mixers,
        complete=True,
        shape={
            "hidden_size": 2048,
            "intermediate_size": 16384,
            "num_hidden_layers": 35,
            "num_attention_heads": 8,
            "num_key_value_heads": 2,
            "head_dim": 256,
            "vocab_size": 262400,
            "sliding_window": 512,
        },
    ),
    "gemma4": dict(
        GEMMA,
        layer_norms=4,
        layer_scalars=True,
        prepare=_gemma4,
        mixers=_gemma4_mixers,
        mlps=_gemma4_mlps,
        defaults={"head_dim": 256, "global_head_dim": 512, "sliding_window": 512},
    ),
    "phi": dict(
        GPT2,
        layer_norms=1,
        tied=False,
        learned=False,
        logits_bias=True,
        query_key_norms="head_layer_norm",
        query_key_norms_if="qk_layernorm",
        prepare=_four_times,
        architectures=("PhiForCausalLM",),
    ),
    "phi_msft": dict(GPT2, layer_norms=1, tied=False, learned=False, logits_bias=True, prepare=_four_times),
    "phi3": dict(PLAIN, windows="all", architectures=("Phi3ForCausalLM",)),
    "phi4mm": dict(PLAIN, windows="all", tied=True),
    "phi3_v": dict(PLAIN, windows="all"),
    "phi3small": dict(
        PLAIN, norm_vectors=2, query_bias=True, output_bias=True, mlp_bias=True, tied=True, mlp_matrices=3
    ),
    "phimoe": dict(
        PLAIN,
        norm_vectors=2,
        query_bias="attention_bias",
        output_bias="attention_bias",
        logits_bias="lm_head_bias",
        windows="all",
        defaults={"num_local_experts": 16, "num_experts_per_tok": 2, "num_key_value_heads": 8},
        architectures=("PhiMoEForCausalLM", "PhimoeForCausalLM"),
    ),
    "gpt2": dict(GPT2, prepare=_four_times, architectures=("GPT2LMHeadModel",), defaults={"n_positions": 1024}),
    "gpt_bigcode": dict(GPT2, prepare=_gpt_bigcode, architectures=("GPTBigCodeForCausalLM",)),
    "gpt_neo": dict(GPT2, query_bias=False, prepare=_gpt_neo, architectures=("GPTNeoForCausalLM",)),
    "gptj": dict(
        GPT2,
        query_bias=False,
        output_bias=False,
        layer_norms=1,
        tied=False,
        learned=False,
        logits_bias=True,
        prepare=_four_times,
        architectures=("GPTJForCausalLM",),
    ),
    "codegen": dict(
        GPT2,
        query_bias=False,
        output_bias=False,
        layer_norms=1,
        tied=False,
        learned=False,
        logits_bias=True,
        prepare=_four_times,
    ),
    "gpt_neox": dict(
        GPT2,
        query_bias="attention_bias",
        output_bias="attention_bias",
        unset={"attention_bias": True},
        tied=False,
        learned=False,
        architectures=("GPTNeoXForCausalLM",),
    ),
    "gpt_neox_japanese": dict(GPT2, tied=False, learned=False, query_bias=False, mlp_bias=False, prepare=_four_times),
    "falcon": dict(
        GPT2,
        query_bias="bias",
        output_bias="bias",
        mlp_bias="bias",
        learned=False,
        prepare=_falcon,
        architectures=("FalconForCausalLM",),
    ),
    "refinedweb": dict(
        GPT2,
        query_bias="bias",
        output_bias="bias",
        mlp_bias="bias",
        learned=False,
        prepare=_first_falcon,
        architectures=("RWForCausalLM",),
    ),
    "refinedwebmodel": dict(
        GPT2, query_bias="bias", output_bias="bias", mlp_bias="bias", learned=False, prepare=_first_falcon
    ),
    "bloom": dict(
        GPT2, embedding_norms=1, learned=False, prepare=_four_times, architectures=("BloomForCausalLM", "BloomModel")
    ),
    "opt": dict(GPT2, more_positions=2, prepare=_opt, architectures=("OPTForCausalLM",)),
    "mpt": dict(GPT2, prepare=_mpt, architectures=("MPTForCausalLM", "MptForCausalLM")),
    "chatglm": dict(
        LLAMA,
        prepare=_chatglm,
        architectures=("ChatGLMModel", "ChatGLMForConditionalGeneration"),
        defaults={"kv_channels": None},
    ),
    "glm": dict(
        PLAIN,
        query_bias="attention_bias",
        defaults={"head_dim": 128},
        architectures=("GlmForCausalLM",),
    ),
    "glm4": dict(
        PLAIN,
        layer_norms=4,
        query_bias="attention_bias",
        defaults={"head_dim": 128},
        architectures=("Glm4ForCausalLM",),
    ),
    "glm4v": dict(PLAIN, layer_norms=4, query_bias="attention_bias"),
    "glm4_moe": dict(
        PLAIN,
        query_bias="attention_bias",
        query_key_norms="head",
        query_key_norms_if="use_qk_norm",
        defaults={"head_dim": 128},
        architectures=("Glm4MoeForCausalLM",),
    ),
    "glm4v_moe": dict(PLAIN, query_bias="attention_bias", unset={"attention_bias": True}),
    "glm4_moe_lite": DEEPSEEK,
    "glm_moe_dsa": DEEPSEEK,
    "internlm": dict(
        PLAIN, query_bias="bias", output_bias="bias", unset={"bias": True}, architectures=("InternLMForCausalLM",)
    ),
    "internlm2": dict(PLAIN, query_bias="bias", output_bias="bias", architectures=("InternLM2ForCausalLM",)),
    "internlm3": dict(
        PLAIN, query_bias="qkv_bias", output_bias="bias", mlp_bias="bias", architectures=("InternLM3ForCausalLM",)
    ),
    "baichuan": dict(PLAIN, architectures=("BaichuanForCausalLM", "BaiChuanForCausalLM")),
    "minicpm": dict(PLAIN, tied=True, query_bias="attention_bias", architectures=("MiniCPMForCausalLM",)),
    "minicpm3": dict(DEEPSEEK, tied=True, architectures=("MiniCPM3ForCausalLM",)),
    "gpt_oss": dict(
        PLAIN,
        query_bias="attention_bias",
        output_bias="attention_bias",
        unset={"attention_bias": True},
        mlp_bias=True,
        router_bias=True,
        sinks=True,
        prepare=_gpt_oss,
        defaults={"head_dim": 64, "sliding_window": 128, "num_local_experts": 128, "num_experts_per_tok": 4},
        architectures=("GptOssForCausalLM",),
    ),
    "deepseek": dict(PLAIN, query_bias="attention_bias", output_bias="attention_bias"),
    "deepseek_v2": dict(DEEPSEEK, architectures=("DeepseekV2ForCausalLM",)),
    "deepseek_v3": dict(DEEPSEEK, shape=DEEPSEEK_SIZES, architectures=("DeepseekV3ForCausalLM",)),
    "deepseek_v32": dict(DEEPSEEK, architectures=("DeepseekV32ForCausalLM",)),
    "kimi_k2": DEEPSEEK,
    "kimi_k25": DEEPSEEK,
    "kimi_linear": dict(
        DEEPSEEK,
        mixers=_kimi_linear_mixers,
        mlps=_kimi_linear_mlps,
        architectures=("KimiLinearForCausalLM",),
    ),
    "longcat_flash": dict(
        DEEPSEEK,
        prepare=_longcat,
        mlps=_longcat_mlps,
        defaults={
            "n_routed_experts": 512,
            "moe_topk": 12,
            "expert_ffn_hidden_size": 2048,
            "q_lora_rank": 1536,
            "kv_lora_rank": 512,
            "qk_nope_head_dim": 128,
            "qk_rope_head_dim": 64,
            "v_head_dim": 128,
        },
        architectures=("LongcatFlashForCausalLM",),
    ),
    "olmo": dict(PLAIN, norm_vectors=0, query_bias="attention_bias", output_bias="attention_bias"),
    "olmo2": dict(LLAMA, query_key_norms="all", mlp_bias=False),
    "olmo3": dict(LLAMA, query_key_norms="all", mlp_bias=False, windows=4, defaults={"sliding_window": 4096}),
    "olmoe": dict(
        LLAMA, query_key_norms="all", mlp_bias=False, defaults={"num_experts": 64, "num_experts_per_tok": 8}
    ),
    "flex_olmo": dict(LLAMA, query_key_norms="all", mlp_bias=False),
    "starcoder2": dict(
        GPT2,
        query_bias="use_bias",
        output_bias="use_bias",
        mlp_bias="use_bias",
        unset={"use_bias": True},
        learned=False,
        windows="all",
        defaults={"num_key_value_heads": 2},
        architectures=("Starcoder2ForCausalLM",),
    ),
    "cohere": dict(
        LLAMA,
        layer_norms=1,
        mlp_bias=False,
        tied=True,
        query_key_norms="all",
        query_key_norms_if="use_qk_norm",
        architectures=("CohereForCausalLM",),
    ),
    "cohere2": dict(
        LLAMA,
        layer_norms=1,
        mlp_bias=False,
        tied=True,
        windows=4,
        prepare=_command,
        defaults={"sliding_window": 4096},
        architectures=("Cohere2ForCausalLM",),
    ),
    "stablelm": dict(
        PLAIN,
        norm_vectors=2,
        query_bias="use_qkv_bias",
        query_key_norms="all",
        query_key_norms_if="qk_layernorm",
        prepare=_parallel,
        architectures=("StableLmForCausalLM", "StableLMEpochForCausalLM"),
    ),
    "stablelm_epoch": dict(PLAIN, norm_vectors=2, query_bias="use_qkv_bias"),
    "granite": dict(LLAMA, architectures=("GraniteForCausalLM",)),
    "granitemoe": dict(
        PLAIN,
        query_bias="attention_bias",
        output_bias="attention_bias",
        defaults={"num_local_experts": 8, "num_experts_per_tok": 2},
    ),
    "granitemoeshared": dict(
        PLAIN,
        query_bias="attention_bias",
        output_bias="attention_bias",
        defaults={"num_local_experts": 8, "num_experts_per_tok": 2},
    ),
    "granitemoehybrid": dict(
        PLAIN, query_bias="attention_bias", output_bias="attention_bias", prepare=_bamba, tied=True
    ),
    "bamba": dict(LLAMA, prepare=_bamba),
    "dbrx": dict(PLAIN, prepare=_dbrx, architectures=("DbrxForCausalLM",)),
    "nemotron": dict(LLAMA, norm_vectors=2, mlp_matrices=2, architectures=("NemotronForCausalLM",)),
    "nemotron_h": dict(
        PLAIN,
        layer_norms=1,
        prepare=_nemotron_h,
        mixers=_nemotron_h_mixers,
        mlps=_nemotron_h_mlps,
        architectures=("NemotronHForCausalLM",),
    ),
    "nemotron_nas": dict(
        PLAIN, prepare=_nas, mixers=_nas_mixers, mlps=_nas_mlps, architectures=("DeciLMForCausalLM",)
    ),
    "hunyuan": dict(PLAIN, tied=True, query_key_norms="head", query_key_norms_if="use_qk_norm", prepare=_hunyuan),
    "hunyuan_v1_dense": dict(LLAMA, query_key_norms="head", mlp_bias=False),
    "hunyuan_v1_moe": dict(LLAMA, query_key_norms="head", mlp_bias=False, prepare=_hunyuan),
    "ernie4_5": dict(
        PLAIN,
        query_bias="use_bias",
        output_bias="use_bias",
        mlp_bias="use_bias",
        tied=True,
        architectures=("Ernie4_5ForCausalLM",),
    ),
    "ernie4_5_moe": dict(
        PLAIN,
        query_bias="use_bias",
        output_bias="use_bias",
        mlp_bias="use_bias",
        tied=True,
        defaults={"moe_layer_start_index": 1},
        architectures=("Ernie4_5_MoeForCausalLM", "Ernie4_5_MoEForCausalLM"),
    ),
    "minimax": dict(PLAIN, prepare=_minimax, architectures=("MiniMaxForCausalLM",)),
    "minimax_text_01": dict(PLAIN, prepare=_minimax, architectures=("MiniMaxText01ForCausalLM",)),
    "minimax_m1": dict(PLAIN, prepare=_minimax, architectures=("MiniMaxM1ForCausalLM",)),
    "minimax_m2": dict(
        PLAIN,
        query_key_norms="all",
        query_key_norms_if="use_qk_norm",
        prepare=_minimax_m2,
        architectures=("MiniMaxM2ForCausalLM",),
    ),
    "smollm3": dict(LLAMA, tied=True, windows="none", architectures=("SmolLM3ForCausalLM",)),
    "exaone": dict(PLAIN, architectures=("ExaoneForCausalLM",)),
    "exaone4": dict(
        PLAIN, query_key_norms="head", windows=4, prepare=_exaone4, architectures=("Exaone4ForCausalLM",)
    ),
    "jamba": dict(
        PLAIN,
        prepare=_jamba,
        mamba_norms=True,
        defaults={
            "num_experts": 16,
            "num_experts_per_tok": 2,
            "num_key_value_heads": 8,
            "expert_layer_period": 2,
            "expert_layer_offset": 1,
        },
        architectures=("JambaForCausalLM",),
    ),
    "mamba": dict(
        PLAIN,
        tied=True,
        layer_norms=1,
        prepare=_mamba,
        mixers=_mamba_layers,
        mlps=_no_mlps,
        architectures=("MambaForCausalLM",),
    ),
    "falcon_mamba": dict(
        PLAIN,
        tied=True,
        layer_norms=1,
        prepare=_mamba,
        mixers=_mamba_layers,
        mlps=_no_mlps,
        architectures=("FalconMambaForCausalLM",),
    ),
    "mamba2": dict(
        PLAIN,
        tied=False,
        layer_norms=1,
        mixers=_mamba2_layers,
        mlps=_no_mlps,
        defaults={"state_size": 128, "n_groups": 8, "head_dim": 64, "num_heads": 128},
        architectures=("Mamba2ForCausalLM",),
    ),
    "lfm2": dict(
        PLAIN, query_key_norms="head", tied=True, architectures=("Lfm2ForCausalLM",)
    ),
    "lfm2_moe": dict(
        PLAIN, query_key_norms="head", tied=True, prepare=_num_dense_layers, architectures=("Lfm2MoeForCausalLM",)
    ),
    "afmoe": dict(
        PLAIN, layer_norms=4, query_key_norms="head", attention_gate=True, windows=4, prepare=_num_dense_layers,
        defaults={"sliding_window": 1024, "num_experts_per_tok": 8}, architectures=("AfmoeForCausalLM",),
    ),
    "falcon_h1": dict(
        PLAIN, layer_norms=1, prepare=_falcon_h1, mixers=_falcon_h1_mixers, mlps=_falcon_h1_mlps,
        defaults={"mamba_n_heads": 128, "mamba_d_state": 256}, architectures=("FalconH1ForCausalLM",),
    ),
    "seed_oss": dict(
        PLAIN, query_bias="attention_bias", output_bias="attention_out_bias", mlp_bias="mlp_bias",
        unset={"attention_bias": True}, defaults={"head_dim": 128}, architectures=("SeedOssForCausalLM",)
    ),
    "arcee": dict(LLAMA, mlp_matrices=2),
    "helium": LLAMA,
    "apertus": dict(LLAMA, mlp_matrices=2, query_key_norms="head", mlp_values=2),  # of its activation, xIELU
    "dots1": dict(
        PLAIN, query_bias="attention_bias", output_bias="attention_bias", query_key_norms="head", windows="none"
    ),
    "bailing_moe": dict(PLAIN, prepare=_bailing, query_key_norms="head", query_key_norms_if="use_qk_norm"),
    "bailing_moe_v2": dict(PLAIN, prepare=_bailing, query_key_norms="head", query_key_norms_if="use_qk_norm"),
    "step3p7": dict(PLAIN, query_key_norms="head", prepare=_step),
    "mimo_v2_flash": dict(PLAIN, mixers=_mimo_mixers),
    "persimmon": dict(
        GPT2, tied=False, learned=False, query_key_norms="head_layer_norm", query_key_norms_if="qk_layernorm",
        unset={"qk_layernorm": True},
    ),
    "orion": dict(PLAIN, norm_vectors=2),
    "panguembedded": dict(PLAIN, prepare=_pangu, architectures=("PanguEmbeddedForCausalLM",)),
    "pangupromoe": dict(
        PLAIN, query_bias=True, output_bias=True, shared_gate=False, architectures=("PanguProMoEForCausalLM",)
    ),
}  # fmt: skip
FAMILIES["qwen3_5"] = dict(FAMILIES["qwen3_next"], architectures=("Qwen3_5ForCausalLM",))
FAMILIES["qwen3_5_moe"] = dict(FAMILIES["qwen3_next"], architectures=("Qwen3_5MoeForCausalLM",))
FAMILIES["qwen3_5"]["defaults"] = {
    name: value
    for name, value in FAMILIES["qwen3_next"]["defaults"].items()
    if "expert" not in name and "moe" not in name
}
FAMILIES["minimax_m3"] = dict(FAMILIES["minimax_m2"], query_key_norms="head")
FAMILIES["minimax_m3_vl"] = FAMILIES["minimax_m3"]
