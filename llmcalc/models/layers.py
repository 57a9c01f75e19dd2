"""What a transformer's layers are made of: mixers of tokens, and MLPs, each by its shape and the number of its layers.

Every part answers the same questions, so that a `Model` only adds them up: its matrices, its other values,
what it keeps of a token or of a sequence, and its FLOP. `inputs` and `outputs` are those of a matrix.
"""

from ..checks import Refusal
from ..formulas import attention, mixture
from ..formulas.transformer import mlp_weights
from ..messages import message
from .numbers import switch, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal, TypeAlias

    StateKind: TypeAlias = Literal["delta", "lightning", "mamba", "mamba2", "convolution"]
    Mixer: TypeAlias = "Attention | LatentAttention | Recurrent"


class Matrix:
    """Matrices of one name in one layer of a part.

    Parameters
    ----------
    name : str
        What it does, in the words of llama.cpp's files.
    inputs, outputs : int
        Its sides.
    copies : int
        How many there are in a layer.
    used : int
        Of how many a token is multiplied with.
    group : str
        What quantisation treats alike: "linear", "experts" or "router".
    """

    def __init__(
        self,
        name: str,
        inputs: float,
        outputs: float,
        copies: int = 1,
        used: "int | None" = None,
        group: str = "linear",
    ) -> None:
        self.name, self.inputs, self.outputs, self.group = name, inputs, outputs, group
        self.copies, self.used = copies, copies if used is None else used

    @property
    def weights(self) -> float:
        """Weights of all copies [1]."""
        return self.inputs * self.outputs * self.copies


class Part:
    """What all parts have: a number of layers, and the answers of a part that keeps and compares nothing."""

    kind: str = ""
    layers: float = 0
    window: int = 0
    kv_heads: float = 0
    state_values: float = 0  # a sequence and layer
    divided_state = True  # whether devices share a layer's state among them

    @property
    def cached_values(self) -> float:
        """Values that are kept of a token in a layer [1]."""
        return 0

    def score_flop(self, keys: float) -> float:
        """FLOP of a token and layer besides its matrices, for a number of keys that it is compared with [FLOP]."""
        return 0.0

    def decode_flop(self, keys: float) -> float:
        """The same where a token is generated, which may be computed in another way [FLOP]."""
        return self.score_flop(keys)


class Attention(Part):
    """Layers of attention with heads of queries, keys and values.

    Parameters
    ----------
    layers : int
        How many layers are of this kind.
    heads, kv_heads : int
        Heads of queries, and of keys and values; 0 of the latter in layers that take those of another layer.
    head_size, value_size : int
        Size of a head of queries and keys, and of values.
    window : int
        Tokens that a token sees at most, itself included; 0 without limit.
    query_bias, output_bias : bool
        Biases of queries, keys and values, and of the output.
    norm_values : int
        Values in the norms of queries, keys or values.
    gate_size : int
        Outputs of a matrix that gates the attention's output.
    value_matrix : bool
        Whether values have a matrix of their own, and are not the keys.
    cached : bool
        Whether keys and values are kept, and not those of another layer read.
    other_values : int
        Values beside: one a head for sinks, for example.
    number : callable
        How numbers are checked: `whole`, or `size` for shapes between models.
    """

    kind: "Literal['standard']" = "standard"

    def __init__(
        self,
        layers: float,
        heads: float,
        kv_heads: float,
        head_size: float,
        value_size: "float | None" = None,
        window: int = 0,
        query_bias: bool = False,
        output_bias: bool = False,
        norm_values: int = 0,
        gate_size: int = 0,
        value_matrix: bool = True,
        cached: bool = True,
        other_values: int = 0,
        number: "Callable[..., float]" = whole,
    ) -> None:
        self.layers, self.heads = number("layers", layers), number("heads", heads)
        self.kv_heads = number("kv_heads", kv_heads, 0)
        if number is whole and self.kv_heads and self.heads % self.kv_heads:
            raise Refusal(
                "kv_heads", kv_heads, message("a number that divides {name} = {count}", name="heads", count=heads)
            )
        self.head_size = number("head_size", head_size)
        self.value_size = self.head_size if value_size is None else number("value_size", value_size)
        self.window = whole("window", window, 0)
        self.query_bias, self.output_bias = switch("query_bias", query_bias), switch("output_bias", output_bias)
        self.norm_values = whole("norm_values", norm_values, 0)
        self.gate_size = whole("gate_size", gate_size, 0)
        self.value_matrix, self.cached = switch("value_matrix", value_matrix), switch("cached", cached)
        self.other_values = whole("other_values", other_values, 0)

    @property
    def cached_values(self) -> float:
        """Values kept of a token in a layer [1]."""
        if not (self.kv_heads and self.cached):
            return 0
        values: float = attention.cached_values(self.kv_heads, self.head_size, self.value_size)
        return values

    def weights(self, hidden_size: float) -> float:
        """Weights of a layer's matrices [1]."""
        weights: float = attention.head_weights(hidden_size, self.heads, self.kv_heads, self.head_size, self.value_size)
        without_values = 0 if self.value_matrix else hidden_size * self.kv_heads * self.value_size
        return weights - without_values + hidden_size * self.gate_size

    def matrices(self, hidden_size: float) -> "list[Matrix]":
        """Matrices of a layer."""
        found = [Matrix("attn_q", hidden_size, self.heads * self.head_size)]
        if self.kv_heads:
            found.append(Matrix("attn_k", hidden_size, self.kv_heads * self.head_size))
            if self.value_matrix:
                found.append(Matrix("attn_v", hidden_size, self.kv_heads * self.value_size))
        if self.gate_size:
            found.append(Matrix("attn_gate", hidden_size, self.gate_size))
        found.append(Matrix("attn_output", self.heads * self.value_size, hidden_size))
        return found

    def vectors(self, hidden_size: float) -> float:
        """Values of a layer outside matrices: biases, norms of queries and keys, and others [1]."""
        values: float = self.norm_values + self.other_values
        if self.query_bias:
            values += self.heads * self.head_size + self.kv_heads * self.head_size
            values += self.kv_heads * self.value_size if self.value_matrix else 0
        return values + (hidden_size if self.output_bias else 0)

    def score_flop(self, keys: float) -> float:
        """FLOP of a token's scores in a layer [FLOP]."""
        flop: float = attention.token_score_flop(keys, self.heads, self.head_size, self.value_size)
        return flop


class LatentAttention(Part):
    """Layers whose keys and values are computed from one compressed vector a token.

    Parameters
    ----------
    layers, heads : int
        How many layers are of this kind, and heads of each.
    query_rank, kv_rank : int
        Sizes of the compressed query, 0 if it is not compressed, and of compressed key and value.
    rotary_size, nope_size, value_size : int
        Sizes of a head: with position, without, and of values.
    query_bias, output_bias : bool
        Biases of the compressing matrices, and of the output.
    index_heads, index_size : int
        Heads, and their size, of an indexer that chooses the tokens to attend to; 0 without one.
    index_window : int
        Tokens that the indexer chooses; 0 for all.
    gate_size : int
        Outputs of a matrix that gates the attention's output.
    """

    kind: "Literal['latent']" = "latent"
    divided_state = False

    def __init__(
        self,
        layers: float,
        heads: float,
        query_rank: int,
        kv_rank: int,
        rotary_size: int,
        nope_size: int,
        value_size: "float | None",
        query_bias: bool = False,
        output_bias: bool = False,
        index_heads: int = 0,
        index_size: int = 0,
        index_window: int = 0,
        gate_size: int = 0,
    ) -> None:
        self.layers, self.heads = whole("layers", layers), whole("heads", heads)
        self.query_rank = whole("query_rank", query_rank, 0)
        self.kv_rank = whole("kv_rank", kv_rank)
        self.rotary_size = whole("rotary_size", rotary_size, 0)
        self.nope_size = whole("nope_size", nope_size, 0)
        self.value_size = whole("value_size", value_size)
        self.head_size = whole(
            message("{first} and {second} together", first="rotary_size", second="nope_size"),
            self.rotary_size + self.nope_size,
        )
        self.kv_heads = self.heads
        self.query_bias, self.output_bias = switch("query_bias", query_bias), switch("output_bias", output_bias)
        self.index_heads = whole("index_heads", index_heads, 0)
        self.index_size = whole("index_size", index_size, 0)
        self.index_window = whole("index_window", index_window, 0)
        self.gate_size = whole("gate_size", gate_size, 0)

    @property
    def cached_values(self) -> float:
        """Values kept of a token in a layer: the latent vector and the rotated key [1]."""
        values: float = attention.latent_cached_values(self.kv_rank, self.rotary_size)
        return values + self.index_size

    def weights(self, hidden_size: float) -> float:
        """Weights of a layer's matrices [1]."""
        sizes = (self.query_rank, self.kv_rank, self.nope_size, self.rotary_size, self.value_size)
        weights: float = attention.latent_weights(hidden_size, self.heads, *sizes) + hidden_size * self.gate_size
        return weights + sum(matrix.weights for matrix in self._indexer(hidden_size))

    def matrices(self, hidden_size: float) -> "list[Matrix]":
        """Matrices of a layer."""
        queries = self.heads * self.head_size
        if self.query_rank:
            found = [Matrix("attn_q_a", hidden_size, self.query_rank), Matrix("attn_q_b", self.query_rank, queries)]
        else:
            found = [Matrix("attn_q", hidden_size, queries)]
        found.append(Matrix("attn_kv_a_mqa", hidden_size, self.kv_rank + self.rotary_size))
        found.append(Matrix("attn_k_b", self.kv_rank, self.heads * self.nope_size))
        found.append(Matrix("attn_v_b", self.kv_rank, self.heads * self.value_size))
        if self.gate_size:
            found.append(Matrix("attn_gate", hidden_size, self.gate_size))
        found.append(Matrix("attn_output", self.heads * self.value_size, hidden_size))
        return found + self._indexer(hidden_size)

    def _indexer(self, hidden_size: float) -> "list[Matrix]":
        if not self.index_heads:
            return []
        return [
            Matrix("indexer_q", self.query_rank or hidden_size, self.index_heads * self.index_size),
            Matrix("indexer_k", hidden_size, self.index_size),
            Matrix("indexer_weights", hidden_size, self.index_heads),
        ]

    def vectors(self, hidden_size: float) -> float:
        """Values of a layer outside matrices: norms of the compressed vectors and of the indexer's keys, biases [1]."""
        values = self.query_rank + self.kv_rank + 2 * self.index_size
        if self.query_bias:
            values += self.query_rank + self.kv_rank + self.rotary_size
        return values + (hidden_size if self.output_bias else 0)

    def score_flop(self, keys: float) -> float:
        """FLOP of a token's scores in a layer, keys and values written out [FLOP]."""
        chosen = min(keys, self.index_window) if self.index_window else keys
        indexed = 2.0 * keys * self.index_heads * self.index_size
        flop: float = attention.token_score_flop(chosen, self.heads, self.head_size, self.value_size)
        return flop + indexed

    def decode_flop(self, keys: float) -> float:
        """The same with the compressed vectors in place of keys and values, as engines generate [FLOP]."""
        chosen = min(keys, self.index_window) if self.index_window else keys
        indexed = 2.0 * keys * self.index_heads * self.index_size
        size = self.kv_rank + self.rotary_size
        flop: float = attention.token_score_flop(chosen, self.heads, size, self.kv_rank)
        return flop + indexed


class Recurrent(Part):
    """Layers that keep a state of fixed size in place of the tokens: linear attention, state spaces, convolutions.

    Parameters
    ----------
    layers : int
        How many layers are of this kind.
    kind : str
        Its name: "delta", "mamba", "mamba2", "lightning", "convolution" ...
    matrices : list of Matrix
        Those of a layer.
    vector_values : int
        Values of a layer outside matrices: convolutions, norms, decays, biases.
    state_values : int
        Numbers that a layer keeps of a sequence.
    convolution_weights : int
        Of the values, those of convolutions over time: each is multiplied once a token.
    flop : float
        FLOP of a token in the state, forward.
    kept_values : float
        Values of 16 bits that training keeps of a token inside the layer, for the backward pass.
    """

    kind: "StateKind"

    def __init__(
        self,
        layers: float,
        kind: "StateKind",
        matrices: "list[Matrix]",
        vector_values: float,
        state_values: float,
        convolution_weights: float = 0,
        flop: float = 0.0,
        kept_values: float = 0,
    ) -> None:
        self.layers, self.kind, self._matrices = whole("layers", layers), kind, matrices
        self.vector_values = whole("vector_values", vector_values, 0)
        self.state_values = whole("state_values", state_values, 0)
        self.convolution_weights = whole("convolution_weights", convolution_weights, 0)
        self.flop = flop
        # Older links do not say what training keeps: then it is what comes out of the matrices.
        kept_values = kept_values or sum([matrix.outputs * matrix.copies for matrix in matrices])
        self.kept_values = whole("kept_values", kept_values, 0)

    def weights(self, hidden_size: float) -> float:
        """Weights of a layer's matrices [1]."""
        return sum(matrix.weights for matrix in self._matrices)

    def matrices(self, hidden_size: float) -> "list[Matrix]":
        """Matrices of a layer."""
        return self._matrices

    def vectors(self, hidden_size: float) -> float:
        """Values of a layer outside matrices [1]."""
        return self.vector_values

    def score_flop(self, keys: float) -> float:
        """FLOP of a token in a layer's state and convolutions, whatever the context [FLOP]."""
        return 2.0 * self.convolution_weights + self.flop


class Mlp(Part):
    """Layers with one MLP that all tokens use.

    Parameters
    ----------
    layers : int
        How many layers are of this kind.
    mlp_size, mlp_matrices : int
        Width, and matrices: 2, or 3 if it is gated.
    bias : bool
        Whether all of its matrices have biases.
    other_values : int
        Values beside, of an activation that learns, for example.
    number : callable
        How numbers are checked, as in `Attention`.
    """

    kind: "Literal['dense']" = "dense"

    def __init__(
        self,
        layers: float,
        mlp_size: float,
        mlp_matrices: float = 3,
        bias: bool = False,
        other_values: int = 0,
        number: "Callable[..., float]" = whole,
    ) -> None:
        self.layers, self.mlp_size = number("layers", layers), number("mlp_size", mlp_size)
        self.mlp_matrices, self.bias = number("mlp_matrices", mlp_matrices, 2, 3), switch("bias", bias)
        self.other_values = whole("other_values", other_values, 0)

    def weights(self, hidden_size: float) -> float:
        """Weights of a layer's matrices [1]."""
        weights: float = mlp_weights(hidden_size, self.mlp_size, self.mlp_matrices)
        return weights

    def idle_weights(self, hidden_size: float) -> float:
        """Weights of a layer that a token does not use [1]."""
        return 0

    def matrices(self, hidden_size: float) -> "list[Matrix]":
        """Matrices of a layer."""
        return _mlp(hidden_size, self.mlp_size, self.mlp_matrices)

    def vectors(self, hidden_size: float) -> float:
        """Biases and other values of a layer [1]."""
        biases = (self.mlp_matrices - 1) * self.mlp_size + hidden_size if self.bias else 0
        return biases + self.other_values

    def idle_vectors(self, hidden_size: float) -> float:
        """Values of a layer outside matrices that a token does not use [1]."""
        return 0


class Mixture(Part):
    """Layers with a mixture of experts, to some of which a router sends each token.

    Parameters
    ----------
    layers : int
        How many layers are of this kind.
    experts, experts_per_token : int
        Experts, and to how many a token goes.
    expert_mlp_size, mlp_matrices : int
        Width of an expert, and its matrices.
    shared_mlp_size : int
        Width of the experts that every token uses, together.
    shared_gate : bool
        Whether a vector gates the shared experts.
    bias, router_bias : bool
        Biases of the experts' matrices, and one an expert of the router, learned or set to balance them.
    latent_size : int
        Width to which the token is compressed for the routed experts; 0 if it is not.
    other_values : int
        Values beside.
    """

    kind: "Literal['mixture']" = "mixture"

    def __init__(
        self,
        layers: float,
        experts: int,
        experts_per_token: int,
        expert_mlp_size: int,
        mlp_matrices: float = 3,
        shared_mlp_size: int = 0,
        shared_gate: bool = False,
        bias: bool = False,
        router_bias: bool = False,
        latent_size: int = 0,
        other_values: int = 0,
    ) -> None:
        self.layers, self.experts = whole("layers", layers), whole("experts", experts)
        self.experts_per_token = whole("experts_per_token", experts_per_token, 1, self.experts, "experts")
        self.expert_mlp_size = whole("expert_mlp_size", expert_mlp_size)
        self.mlp_matrices = whole("mlp_matrices", mlp_matrices, 2, 3)
        self.shared_mlp_size = whole("shared_mlp_size", shared_mlp_size, 0)
        self.shared_gate, self.bias = switch("shared_gate", shared_gate), switch("bias", bias)
        self.router_bias = switch("router_bias", router_bias)
        self.latent_size = whole("latent_size", latent_size, 0)
        self.other_values = whole("other_values", other_values, 0)

    def _width(self, hidden_size: float) -> float:
        return self.latent_size or hidden_size

    def weights(self, hidden_size: float) -> float:
        """Weights of a layer's matrices [1]."""
        shape = (self.experts, self.expert_mlp_size, self.mlp_matrices)
        weights: float = mixture.mixture_weights(self._width(hidden_size), *shape)
        # The router and the shared experts see the token itself, whatever the routed ones see.
        weights += self.experts * (hidden_size - self._width(hidden_size))
        weights += self.mlp_matrices * hidden_size * self.shared_mlp_size + 2 * hidden_size * self.latent_size
        return weights + (hidden_size if self.shared_gate else 0)

    def idle_weights(self, hidden_size: float) -> float:
        """Weights of a layer that a token does not use [1]."""
        shape = (self.experts, self.experts_per_token, self.expert_mlp_size, self.mlp_matrices)
        weights: float = mixture.idle_weights(self._width(hidden_size), *shape)
        return weights

    def matrices(self, hidden_size: float) -> "list[Matrix]":
        """Matrices of a layer."""
        copies = (self.experts, self.experts_per_token, "experts")
        found = _mlp(self._width(hidden_size), self.expert_mlp_size, self.mlp_matrices, "_exps", *copies)
        if self.latent_size:
            found.append(Matrix("ffn_latent_down", hidden_size, self.latent_size))
            found.append(Matrix("ffn_latent_up", self.latent_size, hidden_size))
        if self.shared_mlp_size:
            found += _mlp(hidden_size, self.shared_mlp_size, self.mlp_matrices, "_shexp")
        found.append(Matrix("ffn_gate_inp", hidden_size, self.experts, group="router"))
        if self.shared_gate:
            found.append(Matrix("ffn_gate_inp_shexp", hidden_size, 1, group="router"))
        return found

    def _expert_biases(self, hidden_size: float) -> float:
        return (self.mlp_matrices - 1) * self.expert_mlp_size + hidden_size if self.bias else 0

    def vectors(self, hidden_size: float) -> float:
        """Biases and other values of a layer [1]."""
        router = self.experts if self.router_bias else 0
        return self.experts * self._expert_biases(hidden_size) + router + self.other_values

    def idle_vectors(self, hidden_size: float) -> float:
        """Values of a layer outside matrices that a token does not use [1]."""
        return (self.experts - self.experts_per_token) * self._expert_biases(hidden_size)


def _mlp(
    hidden_size: float,
    mlp_size: float,
    mlp_matrices: float,
    ending: str = "",
    copies: int = 1,
    used: "int | None" = None,
    group: str = "linear",
) -> "list[Matrix]":
    names = ["ffn_gate", "ffn_up"] if mlp_matrices == 3 else ["ffn_up"]
    found = [Matrix(name + ending, hidden_size, mlp_size, copies, used, group) for name in names]
    found.append(Matrix("ffn_down" + ending, mlp_size, hidden_size, copies, used, group))
    return found
