"""A language model: its shape, checked once, and what follows from it.

>>> shape = {"layers": 32, "hidden_size": 4096, "heads": 32, "kv_heads": 8, "mlp_size": 14336}
>>> llama = Model("Llama 3 8B", vocabulary_size=128256, **shape)
>>> llama.params, llama.kv_bytes_per_token()
(8030261248, 131072)
"""

from ..checks import Refusal
from ..formulas import attention
from ..messages import message
from .layers import Attention, LatentAttention, Mixture, Mlp
from .numbers import size, switch, whole
from .states import delta_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from ..datasets import Row
    from .layers import Mixer

    AnyPart = TypeVar("AnyPart", bound=Mixer | Mlp | Mixture)

MOST_VALUES = 10**13  # outside of layers, among them tables of embeddings for each layer
FLOP_PER_WEIGHT = 2.0  # a product and an addition
DEEPSEEK = {"query_rank": 1536, "kv_rank": 512, "rotary_size": 64, "nope_size": 128, "value_size": 128}

# The numbers that make a model of flat keywords, as columns of data/models.csv and of published runs have them.
NUMBERS = (
    "layers",
    "hidden_size",
    "heads",
    "kv_heads",
    "head_size",
    "attention",
    "query_rank",
    "kv_rank",
    "rotary_size",
    "nope_size",
    "value_size",
    "window",
    "window_layers",
    "query_bias",
    "output_bias",
    "attention_norm_values",
    "attention_other_values",
    "attention_gate_size",
    "mlp_size",
    "mlp_matrices",
    "mlp_bias",
    "experts",
    "experts_per_token",
    "expert_mlp_size",
    "shared_mlp_size",
    "dense_layers",
    "shared_gate",
    "router_bias",
    "linear_layers",
    "linear_key_heads",
    "linear_value_heads",
    "linear_key_size",
    "linear_value_size",
    "convolution_width",
    "index_heads",
    "index_size",
    "index_window",
    "norm_vectors",
    "layer_norms",
    "final_norms",
    "embedding_norms",
    "vocabulary_size",
    "embedding_tables",
    "embedding_size",
    "learned_positions",
    "logits_bias",
    "context",
)

PASSES = 3  # a training step computes forward once and backward twice as much


class Model:
    """A decoder-only language model.

    Its layers are of one shape, given by the numbers below, or of several: then `mixers` and `mlps` list them, and
    the numbers are those of its layers of full attention.

    Parameters
    ----------
    name : str
        Name.
    layers : int
        Layers.
    hidden_size : int
        Numbers that stand for a token between the layers.
    heads, kv_heads : int
        Query heads, and key and value heads (as many, if left out).
    head_size, value_size : int
        Size of a head of queries and keys (hidden_size / heads, if left out), and of values (the same).
    attention : str
        "standard" or "latent".
    query_rank, kv_rank, rotary_size, nope_size : int
        Of latent attention: sizes of the compressed query (0 if it is not compressed) and of compressed key and value,
        and of a head's parts with position and without.
    window, window_layers : int
        Tokens that a token sees at most in layers of a sliding window, itself included, and how many such layers there
        are (all, if left out).
    query_bias, output_bias, mlp_bias : bool
        Biases of queries, keys and values; of attention's output; of the MLP or the experts.
    attention_norm_values : int
        Values in the norms of queries and keys of a layer.
    attention_other_values : int
        Other values of a layer's attention: one a head for sinks, for example.
    attention_gate_size : int
        Outputs of a matrix that gates attention's output.
    mlp_size, mlp_matrices : int
        Width of the MLP, and its matrices: 2, or 3 if it is gated.
    experts, experts_per_token, expert_mlp_size, shared_mlp_size : int
        Experts of a mixture, to how many a token goes, the width of each, and of those together that every token uses.
    dense_layers : int
        Layers with an MLP of mlp_size in a model with experts.
    shared_gate, router_bias : bool
        Whether a vector gates the shared experts, and whether the router has a value an expert.
    linear_layers, linear_key_heads, linear_value_heads, linear_key_size, linear_value_size, convolution_width : int
        Layers that keep a state by a gated delta rule in place of attention, their heads and the sizes of these, and
        tokens that their convolution sees.
    index_heads, index_size, index_window : int
        Of latent attention: heads of an indexer that chooses tokens, their size, and how many tokens it chooses.
    norm_vectors, layer_norms, final_norms, embedding_norms : int
        Vectors of a norm (RMSNorm 1, LayerNorm with bias 2), norms in a layer, after the last, and after the embedding.
    vocabulary_size, embedding_tables : int
        Rows of the table of tokens, padding included, and tables: 1 if the logits use the embedding's own.
    embedding_size : int
        Columns of the table of tokens, if they are not hidden_size: then two matrices lead to it and back.
    learned_positions : int
        Rows of the table of positions.
    logits_bias : bool
        Whether the logits have a bias.
    other_values : int
        Values outside the layers that nothing above counts.
    layer_vectors, final_vectors : float
        Biases and norms of a layer, and norms after the last, in vectors of hidden_size, in place of all that is
        said of norms and biases above.
    context : int
        Tokens of the longest sequence.
    mixers, mlps : list
        Parts of `llmcalc.models.layers`, in place of the numbers of attention and MLP.
    assumed : list of str
        What was assumed where a file leaves it open.
    number : callable
        How numbers are checked: `whole`, or `size` for shapes between models.

    Raises
    ------
    ValueError
        Naming the number that is not accepted, and what is.
    """

    # Those of the parts with most layers, by which a model is described: attention, dense MLPs, experts.
    heads: float
    kv_heads: float
    head_size: float
    value_size: float
    query_rank: int
    kv_rank: int
    rotary_size: int
    nope_size: int
    experts: int
    experts_per_token: int
    expert_mlp_size: int
    shared_mlp_size: int

    def __init__(
        self,
        name: str = "",
        *,
        layers: float,
        hidden_size: float,
        vocabulary_size: float,
        heads: "float | None" = None,
        kv_heads: "float | None" = None,
        head_size: "float | None" = None,
        value_size: "float | None" = None,
        attention: str = "standard",
        query_rank: int = 0,
        kv_rank: int = 0,
        rotary_size: int = 0,
        nope_size: int = 0,
        window: int = 0,
        window_layers: "int | None" = None,
        query_bias: bool = False,
        output_bias: bool = False,
        attention_norm_values: int = 0,
        attention_other_values: int = 0,
        attention_gate_size: int = 0,
        mlp_size: float = 0,
        mlp_matrices: float = 3,
        mlp_bias: bool = False,
        experts: int = 0,
        experts_per_token: int = 0,
        expert_mlp_size: int = 0,
        shared_mlp_size: int = 0,
        dense_layers: int = 0,
        linear_layers: int = 0,
        linear_key_heads: int = 0,
        linear_value_heads: int = 0,
        linear_key_size: int = 0,
        linear_value_size: int = 0,
        convolution_width: int = 4,
        index_heads: int = 0,
        index_size: int = 0,
        index_window: int = 0,
        shared_gate: bool = False,
        router_bias: bool = False,
        norm_vectors: int = 1,
        layer_norms: int = 2,
        final_norms: int = 1,
        embedding_norms: int = 0,
        embedding_tables: float = 2,
        embedding_size: "int | None" = None,
        learned_positions: float = 0,
        logits_bias: bool = False,
        other_values: int = 0,
        layer_vectors: "float | None" = None,
        final_vectors: "float | None" = None,
        context: "float | None" = None,
        mixers: "list[Mixer] | None" = None,
        mlps: "list[Mlp | Mixture] | None" = None,
        assumed: "Sequence[str]" = (),
        number: "Callable[..., float]" = whole,
    ) -> None:
        if not isinstance(name, str):
            raise Refusal("name", name, "a text")
        if attention not in ("standard", "latent"):
            raise Refusal("attention", attention, "standard or latent")
        self.name, self.assumed = name, list(assumed)
        self.layers, self.hidden_size = number("layers", layers), number("hidden_size", hidden_size)
        self.vocabulary_size = number("vocabulary_size", vocabulary_size)
        self.embedding_tables = number("embedding_tables", embedding_tables, 1, 2)
        self.embedding_size = (
            self.hidden_size if embedding_size is None else whole("embedding_size", embedding_size, 1, self.hidden_size)
        )
        self.learned_positions = number("learned_positions", learned_positions, 0)
        self.norm_vectors = whole("norm_vectors", norm_vectors, 0, 2)
        self.layer_norms = whole("layer_norms", layer_norms, 0)
        self.final_norms = whole("final_norms", final_norms, 0)
        self.embedding_norms = whole("embedding_norms", embedding_norms, 0)
        self.logits_bias = switch("logits_bias", logits_bias)
        self.other_values = whole("other_values", other_values, 0, MOST_VALUES)
        self.layer_vectors = None if layer_vectors is None else size("layer_vectors", layer_vectors, 0)
        self.final_vectors = None if final_vectors is None else size("final_vectors", final_vectors, 0)
        self.context = None if context is None else number("context", context)

        if mixers is None:
            if heads is None:
                raise Refusal("heads", None, "a whole number above 0")
            if attention == "latent":
                shape = (query_rank, kv_rank, rotary_size, nope_size, value_size)
                chosen = (index_heads, index_size, index_window)
                mixers = [LatentAttention(layers, heads, *shape, query_bias, output_bias, *chosen)]
            else:
                mixers = self._windows(
                    number, heads, kv_heads, head_size, value_size, window, window_layers,
                    query_bias, output_bias, attention_norm_values, attention_gate_size, attention_other_values,
                    self.layers - whole("linear_layers", linear_layers, 0, self.layers, "layers"),
                )  # fmt: skip
            if linear_layers:
                sizes = (linear_key_heads, linear_value_heads, linear_key_size, linear_value_size)
                mixers.append(delta_part(linear_layers, self.hidden_size, *sizes, convolution_width))
        if mlps is None:
            mlps = self._mlps(
                number, mlp_size, mlp_matrices, mlp_bias, experts, experts_per_token, expert_mlp_size,
                shared_mlp_size, dense_layers, shared_gate, router_bias,
            )  # fmt: skip
        self.mixers, self.mlps = [part for part in mixers if part.layers], [part for part in mlps if part.layers]
        for parts, name in ((self.mixers, "mixers"), (self.mlps, "mlps")):
            together = sum([part.layers for part in parts])
            if together > self.layers:
                sentence = message(
                    "{parts} of {count} layers are not accepted: layers = {layers}",
                    parts=name,
                    count=together,
                    layers=self.layers,
                )
                raise Refusal("layers", self.layers, str(together), reason=sentence)
        self._name_the_main_parts()

    def _windows(
        self, number: "Callable[..., float]", heads: float, kv_heads: "float | None", head_size: "float | None",
        value_size: "float | None", window: int, window_layers: "float | None", query_bias: bool, output_bias: bool,
        norm_values: int, gate_size: int, other_values: int, layers: float,
    ) -> "list[Mixer]":  # fmt: skip
        heads = number("heads", heads)
        if head_size is None:
            if number is whole and self.hidden_size % heads:
                accepted = message("a number that divides hidden_size = {size}, or head_size", size=self.hidden_size)
                raise Refusal("heads", heads, accepted)
            head_size = self.hidden_size // heads if self.hidden_size % heads == 0 else self.hidden_size / heads
        kv_heads = heads if kv_heads is None else number("kv_heads", kv_heads)
        window = whole("window", window, 0)
        if window_layers is None:
            window_layers = layers if window else 0
        window_layers = (
            whole("window_layers", window_layers, 0, layers, message("layers of attention")) if window_layers else 0
        )
        parts: list[Mixer] = []
        for count, reach in ((layers - window_layers, 0), (window_layers, window)):
            if count:
                shape = (heads, kv_heads, head_size, value_size, reach, query_bias, output_bias)
                beside: dict[str, Any] = {
                    "norm_values": norm_values,
                    "gate_size": gate_size,
                    "other_values": other_values,
                }
                parts.append(Attention(count, *shape, number=number, **beside))
        return parts

    def _mlps(
        self, number: "Callable[..., float]", mlp_size: float, mlp_matrices: float, mlp_bias: bool, experts: int,
        experts_per_token: int, expert_mlp_size: int, shared_mlp_size: int, dense_layers: int, shared_gate: bool,
        router_bias: bool,
    ) -> "list[Mlp | Mixture]":  # fmt: skip
        experts = whole("experts", experts, 0)
        if not experts:
            return [Mlp(self.layers, mlp_size, mlp_matrices, mlp_bias, number=number)]
        dense_layers = whole("dense_layers", dense_layers, 0, self.layers, "layers")
        dense: list[Mlp | Mixture] = [Mlp(dense_layers, mlp_size, mlp_matrices, mlp_bias)] if dense_layers else []
        if dense_layers == self.layers:
            return dense
        shape = (experts, experts_per_token, expert_mlp_size, mlp_matrices, shared_mlp_size)
        return dense + [Mixture(self.layers - dense_layers, *shape, shared_gate, mlp_bias, router_bias)]  # noqa: RUF005

    def _name_the_main_parts(self) -> None:
        attentions = [part for part in self.mixers if part.kind in ("standard", "latent")]
        full = [part for part in attentions if not part.window and part.kv_heads] or attentions
        main = _largest(full)
        self.attention = main.kind if main else "none"
        for number in ("heads", "kv_heads", "head_size", "value_size"):
            setattr(self, number, getattr(main, number, 0))
        for number in ("query_rank", "kv_rank", "rotary_size", "nope_size"):
            setattr(self, number, getattr(main, number, 0) if self.attention == "latent" else 0)
        dense = _largest([part for part in self.mlps if part.kind == "dense"])
        mixture = _largest([part for part in self.mlps if part.kind == "mixture"])
        self.mlp_size = dense.mlp_size if dense else 0
        either = dense or mixture
        self.mlp_matrices = either.mlp_matrices if either else 0
        for number in ("experts", "experts_per_token", "expert_mlp_size", "shared_mlp_size"):
            setattr(self, number, getattr(mixture, number, 0))
        self.dense_layers = sum([part.layers for part in self.mlps if part.kind == "dense"]) if mixture else 0

    # Parameters

    @property
    def parts(self) -> "list[Mixer | Mlp | Mixture]":
        """Mixers and MLPs, all of them."""
        return self.mixers + self.mlps

    @property
    def params(self) -> float:
        """Parameters [parameter]: those of the layers' matrices, and all others.

        The sum over its parts of layers times weights (`formulas.attention`, `formulas.mixture`,
        `formulas.transformer.mlp_weights`), the tables of tokens and positions, and the vectors of norms and biases.
        """
        return self.layer_weights + self.vector_values + self.table_values

    @property
    def active_params(self) -> float:
        """Parameters that a token uses [parameter]: all but those of the experts to which it is not sent.

        The tables of tokens and positions count whole, as in most published counts, though a token reads one row.
        """
        idle: float = 0
        for part in self.mlps:
            idle += part.layers * (part.idle_weights(self.hidden_size) + self._idle_vectors(part))
        return self.params - idle

    def _idle_vectors(self, part: "Mlp | Mixture") -> float:
        return part.idle_vectors(self.hidden_size) if self.layer_vectors is None else 0

    @property
    def layer_weights(self) -> float:
        """Weights of all layers' matrices [parameter]."""
        return sum([part.layers * part.weights(self.hidden_size) for part in self.parts])

    @property
    def vector_values(self) -> float:
        """Parameters outside matrices and tables [parameter]: norms, biases, convolutions, and others."""
        outside = self.embedding_norms * self.norm_vectors * self.hidden_size + self.other_values
        outside += self.vocabulary_size if self.logits_bias else 0
        if self.final_vectors is None:
            outside += self.final_norms * self.norm_vectors * self.hidden_size
        else:
            outside += self.final_vectors * self.hidden_size
        if self.layer_vectors is not None:
            return self.layers * self.layer_vectors * self.hidden_size + outside
        inside = sum([part.layers * part.vectors(self.hidden_size) for part in self.parts])
        return self.layers * self.layer_norms * self.norm_vectors * self.hidden_size + inside + outside

    @property
    def embedding_values(self) -> float:
        """Parameters of one table of tokens [parameter]."""
        return self.vocabulary_size * self.embedding_size

    @property
    def projection_values(self) -> float:
        """Parameters of two matrices between the table's columns and hidden_size, where these differ [parameter]."""
        return 2 * self.embedding_size * self.hidden_size if self.embedding_size != self.hidden_size else 0

    @property
    def table_values(self) -> float:
        """Parameters of the tables of tokens and positions [parameter]."""
        positions = self.learned_positions * self.hidden_size
        return self.embedding_tables * self.embedding_values + self.projection_values + positions

    @property
    def groups(self) -> "dict[str, float]":
        """Parameters by what formats treat alike [parameter].

        "embedding" and "output" are the tables of tokens (a tied one is "embedding"), "positions" that of positions,
        "vectors" what stands in no matrix, and "linear", "experts" and "router" the layers' matrices.
        """
        found = {"linear": self.projection_values, "experts": 0, "router": 0}
        for part in self.parts:
            for matrix in part.matrices(self.hidden_size):
                found[matrix.group] += part.layers * matrix.weights
        found["embedding"] = self.embedding_values
        found["output"] = (self.embedding_tables - 1) * self.embedding_values
        found["positions"] = self.learned_positions * self.hidden_size
        found["vectors"] = self.vector_values
        return found

    @property
    def multiplied_params(self) -> float:
        """Parameters of the matrices that a token is multiplied with, that of the logits among them [parameter].

        Rows that are looked up (embeddings, positions), norms and biases are not products of matrices.
        """
        idle = sum([part.layers * part.idle_weights(self.hidden_size) for part in self.mlps])
        return self.layer_weights - idle + self.projection_values + self.embedding_values

    # Cache

    def kv_bytes_per_token(self, bytes_per_value: float = 2) -> float:
        """Bytes that a token adds to the cache if every layer sees all tokens [byte].

        Two vectors for each key and value head of a layer; of latent attention the compressed vector and the rotated
        key.
        """
        bytes_per_value = size("bytes_per_value", bytes_per_value, 0)
        return bytes_per_value * sum([part.layers * part.cached_values for part in self.mixers])

    def cache_bytes(
        self,
        context: float,
        batch: float = 1,
        bytes_per_value: float = 2,
        tensor_parallel: int = 1,
        state_bytes_per_value: float = 4,
    ) -> float:
        """Bytes of the cache of a batch on all devices that share a layer [byte].

        Layers with a window keep no more than it, a latent vector stands on every device, key and value heads are
        copied where they are fewer than devices, and a state is as large whatever the context.

        Parameters
        ----------
        context : int
            Tokens of each sequence.
        batch : int
            Sequences.
        bytes_per_value, state_bytes_per_value : float
            Bytes of a key's or value's number, and of a state's: engines keep states in 32 bits.
        tensor_parallel : int
            Devices that share a layer.
        """
        tensor_parallel = whole("tensor_parallel", tensor_parallel)
        each = self.cache_bytes_per_device(context, batch, bytes_per_value, tensor_parallel, state_bytes_per_value)
        return tensor_parallel * each

    def cache_bytes_per_device(
        self,
        context: float,
        batch: float = 1,
        bytes_per_value: float = 2,
        tensor_parallel: int = 1,
        state_bytes_per_value: float = 4,
    ) -> float:
        """Bytes of the cache of a batch on one of these devices [byte] (arguments as in `cache_bytes`)."""
        context, batch = size("context", context, 0), size("batch", batch, 0)
        tensor_parallel = whole("tensor_parallel", tensor_parallel)
        bytes_per_value = size("bytes_per_value", bytes_per_value, 0)
        state_bytes_per_value = size("state_bytes_per_value", state_bytes_per_value, 0)
        total: float = 0
        for part in self.mixers:
            kept = min(context, part.window) if part.window else context
            if part.cached_values:
                values = part.cached_values
                if part.kind == "standard":
                    heads = attention.cache_copies(part.kv_heads, tensor_parallel) // tensor_parallel
                    values = values // part.kv_heads * heads
                total += part.layers * values * kept * bytes_per_value
            if part.state_values:
                total += part.layers * (part.state_values / tensor_parallel) * state_bytes_per_value
        total *= batch
        return int(total) if total == int(total) else total

    # FLOP

    def forward_flop_per_token(self, context: float, masked: bool = True, logits: float = 1.0) -> float:
        """FLOP of the forward pass for a token of a sequence, on average [FLOP].

        Two for every weight that the token is multiplied with, and those of the scores: of the keys that it is compared
        with on average under a causal mask and within the windows (half of a full context), or without a mask of all.

        Parameters
        ----------
        context : int
            Tokens of the sequence.
        masked : bool
            Whether what the mask hides is left out, as kernels and Megatron-Core leave it; older papers count it.
        logits : float
            Share of the tokens whose logits are computed: 1 in training, 1 / context where a prompt is read.
        """
        context, masked = size("context", context), switch("masked", masked)
        flop = FLOP_PER_WEIGHT * (self.multiplied_params - (1 - logits) * self.embedding_values)
        for part in self.mixers:
            window = part.window or context
            keys = attention.attended(context, window) if masked else context
            flop += part.layers * part.score_flop(keys)
        return flop

    def flop_per_token(self, context: float, masked: bool = True) -> float:
        """FLOP of a training step for a token: forward, and twice as much backward [FLOP] (arguments as in forward)."""
        return PASSES * self.forward_flop_per_token(context, masked)

    def prompt_flop(self, context: float, masked: bool = True) -> float:
        """FLOP of reading a prompt: all its tokens, and the logits of the last [FLOP]."""
        context = size("context", context)
        return context * self.forward_flop_per_token(context, masked, 1 / context)

    def decode_flop(self, context: float) -> float:
        """FLOP of one more token after a context [FLOP]: it is compared with all that the windows let it see."""
        context = size("context", context)
        flop = FLOP_PER_WEIGHT * self.multiplied_params
        for part in self.mixers:
            flop += part.layers * part.decode_flop(min(context, part.window or context))
        return flop

    # Bytes

    def weight_bytes(self, weight_format: str = "bf16") -> int:
        """Bytes of the weights in a format of `llmcalc.models.weights.FORMATS` [byte]."""
        from .weights import weight_bytes

        return weight_bytes(self, weight_format)

    def weight_bytes_per_device(self, weight_format: str = "bf16", tensor_parallel: int = 1) -> int:
        """Bytes of the weights on one of the devices that share each layer [byte]."""
        from .weights import weight_bytes_per_device

        return weight_bytes_per_device(self, weight_format, tensor_parallel)

    # Where models come from

    @classmethod
    def from_config(cls, mapping: "dict[str, Any] | str", name: str = "") -> "Model":
        """A model from the mapping of a `config.json` of Hugging Face (see `llmcalc.models.configs`)."""
        from .configs import from_config

        return from_config(mapping, name)

    @classmethod
    def from_row(cls, row: "Row") -> "Model":
        """A model from a mapping by the names of this class's numbers, like a row of `data/models.csv`.

        Other names are left alone, and so are empty cells. Where latent attention has no sizes, those of DeepSeek-V2
        and -V3 are assumed.
        """
        keywords = {}
        for name in NUMBERS:
            value = row.get(name, None)
            if value is not None and value != "":
                keywords[name] = value
        assumed = []
        if keywords.get("attention") == "latent" and "kv_rank" not in keywords:
            keywords.update(DEEPSEEK)
            assumed.append(message("latent attention has the sizes of {model}", model="DeepSeek-V3"))
        return cls(row["model"] if "model" in row else row.get("name", ""), assumed=assumed, **keywords)

    @classmethod
    def from_shape(cls, row: "Row") -> "Model":
        """A model from a row of `data/transformer-shapes.csv`, or from another mapping by the names of its columns.

        Parameters are exactly those of `llmcalc.formulas.transformer.transformer_params`. Numbers need not be whole.
        """
        names = ("layers", "hidden_size", "heads", "kv_heads", "mlp_size", "mlp_matrices", "vocabulary_size")
        keywords = {name: row[name] for name in names}
        for name in ("embedding_tables", "learned_positions", "layer_vectors", "final_vectors"):
            keywords[name] = row[name] if name in row else {"embedding_tables": 1, "layer_vectors": 13}.get(name, 0)
        for name in ("context", "head_size"):
            if name in row and row[name] is not None:
                keywords[name] = row[name]
        title = row["model"] if "model" in row else row.get("name", "")
        return cls(title, number=size, **keywords)


def _largest(parts: "Sequence[AnyPart]") -> "AnyPart | None":
    largest = None
    for part in parts:
        if largest is None or part.layers > largest.layers:
            largest = part
    return largest
