"""Models from the `config.json` files of Hugging Face.

A file names its architecture (`model_type`), and most of what its classes decide stands in FAMILIES: norms, biases,
whether embeddings are tied, and what a field is if it is left out. All else is read from the fields, by the
names that any family uses. Of a model of several parts the language model is read. Whatever no field says is
assumed to be as in Llama where the architecture isn't known, and listed in the model's `assumed`. Nothing is executed.

The families follow the classes of huggingface/transformers (src/transformers/models/*/configuration_*.py and
modeling_*.py), and for those outside of it the code beside the weights.

>>> fields = {"model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32}
>>> from_config(dict(fields, num_attention_heads=32, vocab_size=32000)).params
6738415616
"""

import json

from ..checks import Refusal
from ..messages import message
from . import short
from .families import FAMILIES, LIKE_LLAMA, NAMES, NESTED
from .layers import Attention, LatentAttention, Mixture, Mlp
from .model import Model
from .numbers import LARGEST, missing, plain
from .states import recurrent_parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .layers import Mixer

MOST_LAYERS = 2000
MOST_TEXT = 1 << 23  # characters; files that list all modules that are not quantised have millions
MOST_VALUES = 500000
DEEPEST = 12
LONGEST = 10**12  # tokens of a context: files without a limit write huge ones

# How fields begin that speak of layers with a state, in files of architectures that are not known.
OF_STATES = ("mamba", "ssm_", "hybrid_", "linear_", "layers_block_type", "layer_group_size", "conv_", "gla_", "rwkv")

SLIDING = ("sliding_attention", "chunked_attention", "local_attention", "local", "sliding", "swa")
FULL = (
    "full_attention",
    "attention",
    "global_attention",
    "global",
    "full",
    "deepseek_sparse_attention",
    "sparse_attention",
    "sparse",
    "dense",
)


def parse(text: str) -> "dict[str, Any]":
    """The mapping that the text of a `config.json` holds.

    Raises
    ------
    ValueError
        If it is too long or too deep, is no JSON, or has numbers that are none.

    Examples
    --------
    >>> parse("[1, 2")
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: config.json is not accepted: give a JSON object
    """
    if not isinstance(text, str) or len(text) > MOST_TEXT:
        raise _no_file(message("a text of at most {most} characters", most=MOST_TEXT))
    # Braces in texts count, too, so that this only keeps the parser from harm. Counting them is fast and mostly enough.
    most = 10 * DEEPEST
    if text.count("[") + text.count("{") > most and short.depth(text) > most:
        raise _no_file(message("objects nested at most {most} deep", most=DEEPEST))
    try:
        mapping = json.loads(text)
    except ValueError:
        mapping = None
    if not isinstance(mapping, dict):
        raise _no_file(message("a JSON object"))
    return mapping


def from_config(mapping: "dict[str, Any] | str", name: str = "") -> "Model":
    """A `Model` from the mapping of a `config.json`, or from its text.

    Parameters
    ----------
    mapping : dict or str
        The file's fields, or its text.
    name : str
        Name of the model; else what the file says of itself.

    Returns
    -------
    Model
        With what was assumed, a sentence each.

    Raises
    ------
    ValueError
        Naming the field that is missing or not accepted.
    """
    if isinstance(mapping, str):
        mapping = parse(mapping)
    if not isinstance(mapping, dict):
        raise Refusal("config.json", mapping, "a JSON object")
    _limit(mapping)
    fields, family, known = _language_model(mapping)
    return _model(Fields(fields, family), family, known, name or _name(mapping, family))


def _no_file(accepted: str) -> "Refusal":
    """A refusal of a whole file, which nobody wants to read again in it."""
    sentence = message("{argument} is not accepted: give {accepted}", argument="config.json", accepted=accepted)
    return Refusal("config.json", None, accepted, reason=sentence)


def _limit(mapping: "dict[str, Any]") -> None:
    waiting: list[tuple[Any, int]] = [(mapping, 1)]
    values = 0
    while waiting:
        value, depth = waiting.pop()
        if depth > DEEPEST:
            raise _no_file(message("objects nested at most {most} deep", most=DEEPEST))
        inner = list(value.values()) if isinstance(value, dict) else value
        values += len(inner)
        if values > MOST_VALUES:
            raise _no_file(message("at most {most} values", most=MOST_VALUES))
        for each in inner:
            if isinstance(each, (dict, list, tuple)):
                waiting.append((each, depth + 1))


def _name(mapping: "dict[str, Any]", family: "dict[str, Any]") -> str:
    for field in ("_name_or_path", "name", "model_name"):
        value = mapping.get(field)
        if isinstance(value, str) and value and len(value) <= 200:
            return _line(value.rstrip("/").split("/")[-1]) or "model"
    return _line(str(mapping.get("model_type") or "model")[:200])


def _line(text: str) -> str:
    """A text from a file as part of a sentence, which is one line."""
    return " ".join(text.split())


def _language_model(mapping: "dict[str, Any]") -> "tuple[dict[str, Any], dict[str, Any], bool]":
    """Fields of the language model, its family, and whether that is known."""
    chain = [mapping]
    while True:
        inner = None
        for key in NESTED:
            value = chain[-1].get(key)
            if isinstance(value, dict) and value:
                inner = value
                break
        if inner is None:
            break
        chain.append(inner)
    innermost = chain[-1]
    kind = ""
    for fields in reversed(chain):
        kind = _family_name(fields)
        if kind:
            break
    family: dict[str, Any] = dict(LIKE_LLAMA)
    if kind:
        family.update(FAMILIES[kind])
        defaults = dict(family.get("defaults", {}))
        if len(chain) > 1 or family.get("complete"):
            # Inside a larger file only what differs from the class's defaults needs to stand.
            shape = family.get("shape", {})
            if any(Fields(innermost, family).find(size)[1] is None for size in ("layers", "hidden_size")):
                family["left_out"] = [name for name in sorted(shape) if innermost.get(name) is None]
            defaults.update(shape)
        fields = dict(defaults)
    else:
        fields = {}
    if "tie_word_embeddings" not in innermost:
        for outer in reversed(chain[:-1]):
            if "tie_word_embeddings" in outer:
                fields["tie_word_embeddings"] = outer["tie_word_embeddings"]
                break
    fields.update(innermost)
    family["name"] = kind or _line(str(innermost.get("model_type") or mapping.get("model_type") or "")[:60])
    return fields, family, bool(kind)


def _family_name(fields: "dict[str, Any]") -> str:
    kind = fields.get("model_type")
    if isinstance(kind, str):
        kind = kind.replace("-", "_").lower()
        for candidate in (kind, kind[:-5] if kind.endswith("_text") else kind):
            if candidate in FAMILIES:
                return candidate
    architectures = fields.get("architectures")
    for architecture in architectures if isinstance(architectures, list) else []:
        if isinstance(architecture, str):
            for candidate in FAMILIES:
                if architecture in FAMILIES[candidate].get("architectures", ()):
                    return candidate
    return ""


class Fields:
    """Fields of one file by their meaning, whatever the family calls them; refuses by the name in the file.

    Parameters
    ----------
    fields : dict
        The file's, over the defaults of its class.
    family : dict
        What the architecture decides.
    """

    def __init__(self, fields: "dict[str, Any]", family: "dict[str, Any]") -> None:
        self.fields, self.family = fields, family
        self.assumed: list[str] = []

    def find(self, meaning: str) -> "tuple[str, Any]":
        """Name and value of the field with a meaning; the value is None if there is none."""
        names = NAMES.get(meaning, (meaning,))
        for name in names:
            if self.fields.get(name) is not None:
                return name, self.fields[name]
        return names[0], None

    def number(self, meaning: str, default: "int | None" = None, low: int = 1, high: int = LARGEST) -> int:
        """A whole number; refused if it is missing without a default."""
        name, value = self.find(meaning)
        if value is None:
            if default is not None:
                return default
            kind = self.family["name"]
            raise missing(name, kind)
        number = plain(value)
        if type(number) is float and low <= number <= high and number == int(number):
            number = int(number)
        if type(number) is not int or not low <= number <= high:
            raise Refusal(name, value, message("a whole number from {low} to {high}", low=low, high=high))
        return number

    def layers(self) -> int:
        """The number of layers: so many at most that nobody's loops over them take long."""
        return self.number("layers", high=MOST_LAYERS)

    def flag(self, meaning: str, default: bool = False) -> bool:
        """A yes or no."""
        name, value = self.find(meaning)
        if value is None:
            return default
        if type(value) is bool or (type(value) is int and value in (0, 1)):
            return bool(value)
        raise Refusal(name, value, "true or false")

    def has(self, meaning: str) -> bool:
        """Whether a field is there and says anything."""
        return self.find(meaning)[1] is not None

    def trait(self, name: str) -> bool:
        """A yes or no of the family: its own, or that of the field that it names."""
        value: bool | str = self.family[name]
        if isinstance(value, str):
            return self.flag(value, self.family.get("unset", {}).get(value, False))
        return value

    def per_layer(self, meaning: str, layers: int) -> "list[Any] | None":
        """A list with a value for each layer, or None."""
        name, value = self.find(meaning)
        if not isinstance(value, (list, tuple)):
            return None
        if len(value) < layers:
            accepted = message("a list of {name} = {count} values", name="num_hidden_layers", count=layers)
            raise Refusal(name, value, accepted)
        return list(value[:layers])

    def each(self, meaning: str, layers: int, default: "int | None" = None, low: int = 1) -> "list[int]":
        """A whole number for each layer: from a list, or the same for all."""
        name, value = self.find(meaning)
        if isinstance(value, (list, tuple)):
            values = self.per_layer(meaning, layers) or []
            return [Fields({name: one}, self.family).number(name, default, low) for one in values]
        return [self.number(meaning, default, low)] * layers

    def within(self, fields: object) -> "Fields":
        """The fields of an object inside the file."""
        if not isinstance(fields, dict):
            raise Refusal("config.json", fields, "fields by name in every object")
        return Fields(fields, self.family)

    def assume(self, sentence: str) -> None:
        """Note what was assumed."""
        if sentence not in self.assumed:
            self.assumed.append(sentence)


def _model(fields: "Fields", family: "dict[str, Any]", known: bool, name: str) -> "Model":
    if "prepare" in family:
        family["prepare"](fields)
        family = fields.family
    layers = fields.layers()
    hidden_size = fields.number("hidden_size")
    if not known:
        _note_assumptions(fields)
    if family.get("left_out"):
        sizes = ", ".join([f"{name} = {fields.fields[name]}" for name in family["left_out"]])
        fields.assume(
            message("what the file leaves out is as in the class of {name}: {sizes}", name=family["name"], sizes=sizes)
        )
    build = family.get("mixers") or _mixers
    mixers = build(fields, layers, hidden_size)
    mlps = (family.get("mlps") or _mlps)(fields, layers, hidden_size)
    vocabulary_size = fields.number("vocabulary_size") + family["more_rows"]
    tied = fields.flag("tie_word_embeddings", family["tied"])
    positions = fields.number("positions", fields.number("context", 0, 0, LONGEST), 0) if family["learned"] else 0
    return Model(
        name,
        layers=layers,
        hidden_size=hidden_size,
        vocabulary_size=vocabulary_size,
        norm_vectors=family["norm_vectors"],
        layer_norms=family["layer_norms"],
        final_norms=family["final_norms"],
        embedding_norms=family["embedding_norms"],
        embedding_tables=1 if tied else 2,
        embedding_size=fields.number("embedding_size", hidden_size, 1, hidden_size),
        learned_positions=positions + (family["more_positions"] if positions else 0),
        logits_bias=fields.trait("logits_bias"),
        other_values=family["other_values"],
        context=_context(fields),
        mixers=mixers,
        mlps=mlps,
        assumed=fields.assumed,
    )


def _context(fields: "Fields") -> "int | None":
    value = fields.number("context", 0, 0, LONGEST)
    return min(value, LARGEST) if value else None


def _note_assumptions(fields: "Fields") -> None:
    kind = fields.family["name"]
    if kind:
        fields.assume(message("the architecture {name} is not known", name=repr(kind)))
    else:
        fields.assume(message("no field names the architecture"))
    fields.assume(message("two norms a layer and one after the last, of one vector each"))
    if not fields.has("tie_word_embeddings"):
        fields.assume(message("the logits have a matrix of their own: {name} is missing", name="tie_word_embeddings"))
    if not any(fields.has(name) for name in ("attention_bias", "qkv_bias", "use_bias", "bias", "mlp_bias")):
        fields.assume(message("no biases"))
    unread = sorted([name for name in fields.fields if name.startswith(OF_STATES) and fields.has(name)])
    if unread and not fields.has("layer_types"):
        named = ", ".join(unread[:3])[:120]
        fields.assume(
            message("every layer has attention, though {names} may speak of layers that keep a state", names=named)
        )
    if not fields.has("kv_heads") and not fields.has("kv_lora_rank"):
        fields.assume(
            message("as many key and value heads as query heads: {name} is missing", name="num_key_value_heads")
        )


def _gated(fields: "Fields") -> int:
    """Whether the MLP has three matrices."""
    matrices: int = fields.family["mlp_matrices"]
    if matrices:
        return matrices
    activation = fields.find("activation")[1]
    if isinstance(activation, str) and activation in ("relu", "relu2", "gelu_new", "gelu_fast"):
        fields.assume(message("an MLP of two matrices: its activation is {name}", name=activation[:20]))
        return 2
    fields.assume(message("an MLP of three matrices"))
    return 3


# Attention


def _heads(fields: "Fields", hidden_size: int) -> "tuple[int, int, int, int]":
    """Query heads, key and value heads, sizes of a head and of its values."""
    heads = fields.number("heads")
    kv_heads = fields.number("kv_heads", heads)
    if kv_heads > heads or heads % kv_heads:
        name = fields.find("kv_heads")[0]
        raise Refusal(name, kv_heads, message("a number that divides {heads} heads", heads=heads))
    if fields.has("head_size"):
        head_size = fields.number("head_size")
    elif hidden_size % heads:
        reason = message("{name} = {size} over {heads} heads", name="hidden_size", size=hidden_size, heads=heads)
        raise missing("head_dim", reason)
    else:
        head_size = hidden_size // heads
    return heads, kv_heads, head_size, fields.number("value_size", head_size)


def _norm_values(fields: "Fields", heads: int, kv_heads: int, head_size: int) -> int:
    """Values of the norms of queries and keys."""
    kind, condition = fields.family["query_key_norms"], fields.family["query_key_norms_if"]
    if not kind and fields.flag("use_qk_norm"):
        fields.assume(message("norms of queries and keys of one head's size"))
        kind = "head"
    if kind == "none":
        return 0
    if not kind or (condition and not fields.flag(condition, fields.family.get("unset", {}).get(condition, False))):
        return 0
    if kind == "head":
        return 2 * head_size
    if kind == "head_layer_norm":
        return 4 * head_size
    return (heads + kv_heads) * head_size


def _mixers(fields: "Fields", layers: int, hidden_size: int) -> "list[Mixer]":
    if fields.has("kv_lora_rank"):
        return _latent(fields, layers, hidden_size)
    shape = heads, kv_heads, head_size, value_size = _heads(fields, hidden_size)
    kinds = _kinds(fields, layers)
    states = [kind for kind in kinds if kind not in ("full", "sliding")]
    gate = heads * value_size if fields.trait("attention_gate") else 0
    beside: dict[str, Any] = {
        "query_bias": fields.trait("query_bias"),
        "output_bias": fields.trait("output_bias"),
        "norm_values": _norm_values(fields, heads, kv_heads, head_size),
        "gate_size": gate,
        "other_values": heads if fields.trait("sinks") else 0,
    }
    found: list[Mixer] = []
    if "full" in kinds:
        found.append(Attention(kinds.count("full"), *shape, **beside))
    if "sliding" in kinds:
        found.append(Attention(kinds.count("sliding"), *shape, window=fields.number("window"), **beside))
    return found + recurrent_parts(fields, states, hidden_size)


def _latent(fields: "Fields", layers: int, hidden_size: int) -> "list[Mixer]":
    heads = fields.number("heads")
    bias = fields.trait("latent_bias")
    count = layers
    states = []
    kinds = fields.per_layer("layer_types", layers)
    if kinds is not None:
        states = [kind for kind in kinds if isinstance(kind, str) and kind not in FULL and kind not in SLIDING]
        count = layers - len(states)
    if not count:
        return recurrent_parts(fields, states, hidden_size)
    part: Mixer = LatentAttention(
        count,
        heads,
        fields.number("q_lora_rank", 0, 0),
        fields.number("kv_lora_rank"),
        fields.number("qk_rope_head_dim", low=0),
        fields.number("qk_nope_head_dim", low=0),
        fields.number("value_size", hidden_size // heads),
        query_bias=bias,
        output_bias=bias,
        index_heads=fields.number("index_n_heads", 0, 0),
        index_size=fields.number("index_head_dim", 0, 0) if fields.has("index_n_heads") else 0,
        index_window=fields.number("index_topk", 0, 0),
    )
    found = [part]
    return found + recurrent_parts(fields, states, hidden_size)


def _kinds(fields: "Fields", layers: int) -> "list[str]":
    """What each layer's mixer is: full, sliding, or the name of a state."""
    listed = fields.per_layer("layer_types", layers)
    window = fields.number("window", 0, 0, LONGEST)
    if listed is not None:
        found = []
        for kind in listed:
            if not isinstance(kind, str):
                raise Refusal("layer_types", kind, "names of kinds of layers")
            if kind in FULL:
                found.append("full")
            elif kind in SLIDING:
                found.append("sliding" if window and window < LARGEST else "full")
            else:
                found.append(kind)
        return found
    rule = fields.family["windows"]
    if not window or window >= LARGEST or rule == "none":
        return ["full"] * layers
    if rule == "switched":
        if not fields.flag("use_sliding_window", False):
            return ["full"] * layers
        first = fields.number("max_window_layers", 0, 0)
        return ["full" if layer < first else "sliding" for layer in range(layers)]
    if rule == "all":
        return ["sliding"] * layers
    if rule == "assumed":
        if fields.find("use_sliding_window")[1] is False:
            return ["full"] * layers
        fields.assume(message("every layer has the sliding window"))
        return ["sliding"] * layers
    pattern = fields.find("sliding_window_pattern")[1]
    if isinstance(pattern, str) and pattern:
        return ["sliding" if pattern[layer % len(pattern)] == "L" else "full" for layer in range(layers)]
    every = fields.number("sliding_window_pattern", rule)
    return ["sliding" if (layer + 1) % every else "full" for layer in range(layers)]


# MLP


def _mlps(fields: "Fields", layers: int, hidden_size: int) -> "list[Mlp | Mixture]":
    matrices, bias = _gated(fields), fields.trait("mlp_bias")
    experts = fields.number("experts", 0, 0) if not isinstance(fields.find("experts")[1], (list, tuple)) else None
    if experts == 0 or (experts == 1 and not fields.has("experts_per_token")):
        widths = fields.each("mlp_size", layers)
        values = fields.family.get("mlp_values", 0)
        return [Mlp(widths.count(width), width, matrices, bias, values) for width in _different(widths)]
    sparse = _sparse(fields, layers)
    found: list[Mlp | Mixture] = []
    dense = layers - sum(sparse)
    if dense:
        found.append(Mlp(dense, fields.number("dense_mlp_size"), matrices, bias))
    shapes = _mixtures(fields, layers)
    counted: dict[tuple[int, int, int, int], int] = {}
    for layer in range(layers):
        if sparse[layer]:
            counted[shapes[layer]] = counted.get(shapes[layer], 0) + 1
    for shape in sorted(counted):
        if shape[1] > shape[0]:
            name = fields.find("experts_per_token")[0]
            raise Refusal(name, shape[1], message("at most {count}, as many as experts", count=shape[0]))
        experts, used, width, shared = shape
        beside = {"shared_gate": fields.trait("shared_gate") and shared > 0, "router_bias": fields.trait("router_bias")}
        found.append(Mixture(counted[shape], experts, used, width, matrices, shared, bias=bias, **beside))
    return found


def _different(values: "list[int]") -> "list[int]":
    return sorted(set(values))


def _mixtures(fields: "Fields", layers: int) -> "list[tuple[int, int, int, int]]":
    """Experts, those of a token, their width and that of the shared ones together, for each layer."""
    experts = fields.each("experts", layers)
    used = fields.each("experts_per_token", layers)
    name = "expert_mlp_size" if fields.has("expert_mlp_size") else "mlp_size"
    widths = fields.each(name, layers)
    if fields.has("shared_mlp_size"):
        shared = fields.each("shared_mlp_size", layers, 0, 0)
    elif fields.has("shared_experts"):
        numbers = fields.each("shared_experts", layers, 0, 0)
        shared = [numbers[layer] * widths[layer] for layer in range(layers)]
    else:
        shared = [widths[layer] if fields.family["one_shared"] else 0 for layer in range(layers)]
    return [(experts[layer], used[layer], widths[layer], shared[layer]) for layer in range(layers)]


def _sparse(fields: "Fields", layers: int) -> "list[bool]":
    """Whether each layer has experts, by whatever fields the file has for it."""
    sparse = [True] * layers
    first = fields.number("first_k_dense_replace", 0, 0)
    every = fields.per_layer("moe_layer_freq", layers)
    period = fields.number("moe_layer_freq", 1) if every is None else 1
    step = fields.number("decoder_sparse_step", 1)
    interleave = fields.number("interleave_moe_layer_step", 1)
    start = fields.number("moe_layer_start_index", 0, 0)
    end = fields.number("moe_layer_end_index", layers - 1, -1)
    end = layers - 1 if end < 0 else end
    interval = fields.number("moe_layer_interval", 1)
    expert_period = fields.number("expert_layer_period", 1)
    offset = fields.number("expert_layer_offset", 0, 0)
    for layer in range(layers):
        sparse[layer] = (
            layer >= first
            and (bool(every[layer]) if every is not None else layer % period == 0)
            and (layer + 1) % step == 0
            and (layer + 1) % interleave == 0
            and start <= layer <= end
            and (layer + 1) % interval == 0
            and layer % expert_period == offset % expert_period
        )
    only = fields.find("moe_layers")[1]
    if isinstance(only, (list, tuple)) and only:
        sparse = [layer in only for layer in range(layers)]
    without = fields.find("mlp_only_layers")[1]
    if isinstance(without, (list, tuple)):
        sparse = [sparse[layer] and layer not in without for layer in range(layers)]
    return sparse
