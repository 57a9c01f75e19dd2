"""What models are read as, from files, from their numbers and by their parts."""

import inspect
import json
import re
from pathlib import Path

from llmcalc import known_models
from llmcalc.checks import Refusal
from llmcalc.models import description, short, sized
from llmcalc.models import families as reading
from llmcalc.models.configs import MOST_LAYERS
from llmcalc.models.families import FAMILIES
from llmcalc.models.layers import Attention, LatentAttention, Mixture, Mlp
from llmcalc.models.model import Model
from tests.kept.cells import brief, digest, written
from tests.kept.memory import FILES, MODELS

CONTEXT = 10_000
SIZES = {
    "num_hidden_layers": 12,
    "hidden_size": 512,
    "num_attention_heads": 8,
    "intermediate_size": 1536,
    "vocab_size": 4000,
    "max_position_embeddings": 8192,
}
MORE = {
    "num_key_value_heads": 4,
    "head_dim": 96,
    "num_experts": 8,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 192,
    "sliding_window": 1024,
    "attention_bias": True,
    "mlp_bias": True,
    "use_qk_norm": True,
    "tie_word_embeddings": False,
}
# How much a file says: nothing but the family, within a larger file; the sizes that all have; others, too; and all that
# may be on or off, whichever family looks for it.
FLAGS = sorted(set(re.findall(r'flag\("(\w+)"', Path(reading.__file__).read_text("utf-8"))))
SAID = {"nothing": {}, "sizes": SIZES, "more": SIZES | MORE}
SAID |= {"on": SIZES | dict.fromkeys(FLAGS, True), "off": SIZES | dict.fromkeys(FLAGS, False)}


# Fields without which files of a family say nothing.
MAMBA = {"mamba_n_heads": 16, "mamba_d_state": 32, "mamba_n_groups": 2, "attn_layer_indices": [3, 7]}
LINEAR = {"num_heads": 8, "head_dim": 64, "full_attn_layers": [3, 7, 11]}
BLOCKS = [{"attention": {"n_heads_in_group": 2}, "ffn": {"ffn_mult": 2.5}}, {"attention": {}, "ffn": {"ffn_mult": 1.3}}]
BLOCKS += [{"attention": {"no_op": True}, "ffn": {"ffn_mult": 1.3}}]
BLOCKS += [{"attention": {"replace_with_linear": True}, "ffn": {"no_op": True}}]
OWN = {
    "bamba": MAMBA,
    "granitemoehybrid": MAMBA,
    "dbrx": {"ffn_config": {"ffn_hidden_size": 768}},
    "nemotron_h": {
        "hybrid_override_pattern": "M-M*M-ME",
        "mamba_num_heads": 16,
        "mamba_head_dim": 32,
        "ssm_state_size": 32,
    },
    "nemotron_nas": {"block_configs": 3 * BLOCKS},
    "kimi_linear": {"linear_attn_config": LINEAR, "kv_lora_rank": 64, "qk_rope_head_dim": 16, "qk_nope_head_dim": 32},
    "mpt": {"attn_config": {"attn_type": "multiquery_attention", "alibi": True}, "no_bias": False},
    "gpt_neo": {"attention_types": [[["global", "local"], 6]], "window_size": 256},
    "chatglm": {"multi_query_attention": True, "multi_query_group_num": 2, "add_qkv_bias": True},
    "falcon": {"new_decoder_architecture": True, "num_kv_heads": 2},
    "opt": {"do_layer_norm_before": False, "enable_bias": False, "word_embed_proj_dim": 128},
    "jamba": {"num_hidden_layers": 37},
    "hunyuan": {"use_cla": True, "cla_share_factor": 3, "use_qk_norm": True},
    "falcon_h1": {"mamba_n_heads": 16, "mamba_d_ssm": 512, "mamba_d_state": 32, "mamba_rms_norm": False},
    "longcat_flash": {"n_routed_experts": 8, "moe_topk": 2, "expert_ffn_hidden_size": 64, "zero_expert_num": 4},
}
OWN["nemotron_h"] |= {
    "n_routed_experts": 8,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 64,
    "n_shared_experts": 1,
}
OWN["kimi_linear"] |= {"routed_expert_hidden_size": 256, "latent_moe_use_norm": True}
OWN["kimi_linear"] |= {"v_head_dim": 32, "num_experts": 8, "num_experts_per_token": 2, "moe_intermediate_size": 64}


def families():
    """What a file of each family is read as, or why it is refused."""
    for family in FAMILIES:
        for said, sizes in SAID.items():
            fields = {"model_type": family} | sizes
            read = described({"text_config": fields} if said == "nothing" else fields)
            yield {"family": family, "said": said} | read
    for family, own in OWN.items():
        yield {"family": family, "said": "its own"} | described({"model_type": family} | SIZES | own)


# Fields by which files say which layers have a window, experts, or neither.
LAYERS = {
    "as it is": {},
    "switched windows": {"sliding_window": 512, "use_sliding_window": True, "max_window_layers": 7},
    "windows off": {"sliding_window": 512, "use_sliding_window": False},
    "every third without": {"sliding_window": 512, "sliding_window_pattern": 3, "use_sliding_window": True},
    "pattern of letters": {"sliding_window": 512, "sliding_window_pattern": "LLG"},
    "dense first": {"first_k_dense_replace": 2, "moe_layer_freq": 2},
    "every second": {"decoder_sparse_step": 2, "mlp_only_layers": [1, 5]},
    "interleaved": {"interleave_moe_layer_step": 3, "use_qk_norm": True},
    "between": {"moe_layer_interval": 2, "moe_layer_start_index": 3, "moe_layer_end_index": 9},
    "by period": {"expert_layer_period": 3, "expert_layer_offset": 1, "attn_layer_period": 3, "attn_layer_offset": 2},
    "listed": {"moe_layers": [1, 3, 4]},
    "shared": {"num_shared_experts": 2, "n_shared_experts": 2, "shared_expert_intermediate_size": 192},
    "none shared": {"shared_expert_intermediate_size": 0, "n_shared_experts": 0},
    "biased": {"attention_bias": True, "qkv_bias": True, "bias": True, "use_bias": True, "mlp_bias": True},
    "unnamed": {"model_type": "tomorrow", "architectures": ["Tomorrow"], "use_qk_norm": True},
    "none less": {"shared_expert_intermediate_size": -1, "n_shared_experts": -1},
    "another number": {"num_hidden_layers": 37.0, "layer_types": None},
    "the most layers": {"num_hidden_layers": float(MOST_LAYERS)},
    "gelu": {"model_type": "tomorrow", "architectures": [], "hidden_act": "gelu_new"},
}


def files():
    """What files of published models are read as, with other layers, too."""
    for path in sorted(FILES.glob("*.json")):
        fields = json.loads(path.read_text(encoding="utf-8"))
        for layers, changed in LAYERS.items():
            yield {"file": path.stem, "layers": layers} | described(fields | changed)


def fields():
    """What files of published models are read as if one number is another, none or left out, as a digest of all.

    The last row of a file has what fields of other files say in it.
    """
    files = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FILES.glob("*.json"))}
    names = sorted({name for told in files.values() for name in told if type(told[name]) in (bool, int)} | {*FLAGS})
    for file, told in files.items():
        for field in [name for name in told if type(told[name]) in (bool, int)]:
            value = told[field]
            others = [not value] if type(value) is bool else [0, -1, value + 1, value + 0.5, 2.0 * value, "many"]
            without = {key: told[key] for key in told if key != field}
            yield {
                "file": file,
                "field": field,
                "digest": read_digest([without, *(told | {field: one} for one in others)]),
            }
        yield {"file": file, "digest": read_digest([told | {name: 2} for name in names if name not in told])}


def read_digest(variants):
    return digest([described(fields) for fields in variants])


def described(fields):
    try:
        model = Model.from_config(fields)
    except Refusal as refusal:
        return {"refused": str(refusal)}
    told = {"params": written(model.params), "active_params": written(model.active_params)}
    told["cache_bytes"] = written(model.cache_bytes(CONTEXT))
    told["forward_flop"] = written(model.forward_flop_per_token(CONTEXT))
    return told | {"assumed": str(len(model.assumed)), "name": model.name}


# Ways to say what a model is of which a file says more: with one sort of layers, with others, without any.
SPOKEN = {
    "no MLP": {"heads": 6, "mlps": []},
    "shared heads": {"heads": 6, "kv_heads": 2, "head_size": 48, "mlp_size": 900},
    "MLP": {"heads": 6, "mlp_size": 900},
    "wide MLP": {
        "heads": 6,
        "mlp_size": 900,
        "mlp_matrices": 2,
        "mlp_bias": True,
        "output_bias": True,
        "query_bias": True,
    },
    "mixture": {"heads": 6, "experts": 8, "experts_per_token": 2, "expert_mlp_size": 200},
    "mixture of some layers": {
        "heads": 6,
        "mlp_size": 900,
        "experts": 8,
        "experts_per_token": 2,
        "expert_mlp_size": 200,
    }
    | {"dense_layers": 1, "shared_mlp_size": 100, "router_bias": True, "shared_gate": True},
    "latent": {"heads": 6, "attention": "latent", "query_rank": 96, "kv_rank": 64, "rotary_size": 16, "nope_size": 32}
    | {"value_size": 32, "mlp_size": 900},
    "windows": {"heads": 6, "mlp_size": 900, "window": 512, "window_layers": 3, "context": 4096},
    "linear": {"heads": 6, "mlp_size": 900, "linear_layers": 2, "linear_key_heads": 4, "linear_value_heads": 8}
    | {"linear_key_size": 32, "linear_value_size": 32},
    "index": {"heads": 6, "attention": "latent", "query_rank": 96, "kv_rank": 64, "rotary_size": 16, "nope_size": 32}
    | {"value_size": 32, "mlp_size": 900, "index_heads": 2, "index_size": 32, "index_window": 256},
    "norms": {"heads": 6, "mlp_size": 900, "norm_vectors": 2, "layer_norms": 4, "final_norms": 2, "embedding_norms": 1},
    "embeddings": {"heads": 6, "mlp_size": 900, "embedding_tables": 1, "embedding_size": 128, "learned_positions": 64}
    | {"logits_bias": True, "other_values": 100},
}


def spoken():
    """Every number of models that are told by their numbers alone, of those of which one was left out, or changed."""
    least = {"layers": 4, "hidden_size": 384, "vocabulary_size": 1000}
    told = {(name, "as it is"): numbers for name, numbers in SPOKEN.items()}
    for name, numbers in SPOKEN.items():
        for without in numbers:
            told[name, f"without {without}"] = {key: value for key, value in numbers.items() if key != without}
    for name, parameter in inspect.signature(Model).parameters.items():
        if name not in ("mixers", "mlps") and (isinstance(parameter.default, int | float | None) or name in least):
            for value in (1, 0, -1):
                told["MLP", f"{name} {value}"] = SPOKEN["MLP"] | {name: value}
    told["latent", "a row without sizes"] = {"heads": 6, "attention": "latent", "mlp_size": 900}
    for (name, how), numbers in told.items():
        row = {"model": name, "how": how}
        make = Model.from_row if how.startswith("a row") else lambda named: Model(**named)
        try:
            model = make({"name": "spoken"} | least | numbers)
        except Refusal as refusal:
            yield row | {"refused": str(refusal)}
            continue
        row |= numbers_of(model) | {"params": written(model.params), "active_params": written(model.active_params)}
        kinds = " ".join(part.kind for part in model.parts)
        yield row | {"cache_bytes": written(model.cache_bytes(CONTEXT)), "kinds": kinds}


def numbers_of(thing):
    own = {key: value for key, value in sorted(vars(thing).items()) if not key.startswith("_")}
    return {key: brief(value) for key, value in own.items() if isinstance(value, int | float | str)}


def short_texts():
    """Models as links have them: they are read where somebody has kept one."""
    for name in known_models.names():
        yield {"model": name, "text": short.written(known_models.model(name))}


def descriptions():
    """All numbers that `llmcalc model` tells of some models."""
    for model in MODELS:
        for path, value in leaves(description.describe(model)):
            yield {"model": model.name, "number": path, "value": value}


def leaves(told, path=""):
    """Paths and values of all that is in nested mappings and lists."""
    if isinstance(told, dict | list):
        for key, value in told.items() if isinstance(told, dict) else enumerate(told):
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, brief(told)


def sizes():
    """Models of which only the size is known, from the smallest to the largest."""
    evenly = [sized.SMALLEST * (sized.LARGEST / sized.SMALLEST) ** (place / 60) for place in range(61)]
    for params in [*evenly, 0.99e12, 1e12, 1.01e12]:
        model = sized.sized(params)
        row = {"params": written(params), "name": model.name, "layers": str(model.layers)}
        yield row | {"width": str(model.hidden_size), "mlp": str(model.mlp_size), "made": written(model.params)}


# Parts of layers, which refuse what is below their least numbers.
PARTS = {
    Attention: {"layers": 4, "heads": 6, "kv_heads": 2, "head_size": 48},
    LatentAttention: {"layers": 4, "heads": 6, "query_rank": 96, "kv_rank": 64, "rotary_size": 16, "nope_size": 32}
    | {"value_size": 32},
    Mlp: {"layers": 4, "mlp_size": 900},
    Mixture: {"layers": 4, "experts": 8, "experts_per_token": 2, "expert_mlp_size": 200},
}


def parts():
    """What parts of layers make of each of their numbers if it is 2, 1, 0 or less."""
    for kind, numbers in PARTS.items():
        for name, parameter in inspect.signature(kind).parameters.items():
            for value in (2, 1, 0, -1) if name != "number" else ():
                row = {"part": kind.__name__, "parameter": name, "value": str(value)}
                try:
                    part = kind(**numbers | {name: bool(value) if parameter.default in (True, False) else value})
                except Refusal as refusal:
                    yield row | {"refused": str(refusal)}
                    continue
                row |= {"weights": written(part.weights(384)), "vectors": written(part.vectors(384))}
                yield row | numbers_of(part)
