"""The time of a training step, predicted from a model, a machine and a cut.

A step is (m + (p - 1) / v) times the slowest stage, then what of the gradients' exchange nothing hides, then the
optimiser. A stage is its share of the layers; a layer is its matrix products, its attention, what runs at the rate of
the memory, and the exchanges that computation does not cover. All numbers of a run may be arrays.
"""

from ..formulas.collectives import (
    all_gather_seconds,
    all_reduce_seconds,
    all_to_all_seconds,
    hierarchical_gather_seconds,
    remote_copies,
    send_seconds,
)
from ..formulas.step import (
    exposed_seconds,
    fused_attention_seconds,
    pipeline_seconds,
    product_seconds,
    traffic_seconds,
    update_seconds,
)
from ..models.memory import layers_differ, share_with_mlp
from ..models.run import RECOMPUTATIONS
from ..once import at_once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeAlias

    from ..checks import Numeric
    from ..models.run import Run
    from ..models.step_constants import Constants

    Product: TypeAlias = tuple[float, Numeric, Numeric]

# Bytes of a value that matrix products take, by number format; others stand in 16 bits [byte].
VALUE_BYTES = {"fp4": 0.5, "fp8": 1.0, "fp32": 4.0, "tf32": 4.0}
SIXTEEN_BITS = 2.0  # [byte]

# What kernels of a layer read and write, in numbers of 16 bits for a token and a feature.
NORM = 2  # read and written
RESIDUAL = 3  # two read, one written
ACTIVATION = 2  # read and written; a gated one reads two
ROTARY = 2  # queries and keys read and written
BACKWARD = 2  # the backward pass moves twice as much: gradients and the saved values

# A dropout's mask, one byte a value [byte].
MASK_BYTES = 1.0
# Bytes that scaling, mask, softmax and their gradients move for a score, if attention is not fused: Korthikanti et al.
# 2022 (arXiv:2205.05198), section 4.1, keep 5 bytes a score, of which the mask is one [byte].
SCORE_BYTES = 8.0
SCORE_BYTES_BACKWARD = 12.0
SCORE_BYTES_DROPOUT = 5.0
# Logits in 16 and 32 bits, and the softmax over them, forward and backward [byte].
LOGIT_BYTES = 20.0
# What a cast to 8 or 4 bits moves for a value: read in 16 bits, written twice, once of them transposed [byte].
CAST_BYTES = 4.0
# A fused kernel computes five products backward, two forward: the scores again, and two gradients of each product.
ATTENTION_BACKWARD = 2.5
# Adam in FP32, with gradients and a copy in 16 bits, reads 16 bytes and writes 14: Rajbhandari et al. 2020
# (arXiv:1910.02054), section 3.1 [byte/parameter].
UPDATE_BYTES = 30.0
# Kinds of layers with a state in place of attention, and their matrices from a wide to a narrow side.
STATES = ("delta", "lightning", "mamba", "mamba2", "convolution")
NARROWING = ("ssm_x",)
# Places in `RECOMPUTATIONS`, which stand for the words in arrays.
SELECTIVE, FULL = RECOMPUTATIONS.index("selective"), RECOMPUTATIONS.index("full")
# A layer with a state works chunk by chunk: within chunks of as many tokens as a head has values it computes as much
# again as from the state, and backward twice as much. Dao and Gu 2024 (arXiv:2405.21060), section 6.3.
CHUNKED = 2.0
# Rows of a tile of a matrix product: an expert's last tile is half empty on average.
TILE_ROWS = 128.0


def longer(one: "Numeric", other: "Numeric") -> "Numeric":
    """The longer of two times, element by element, with operators alone, so that arrays and pages can use it."""
    return one + (other - one) * (other > one)


def kind_of(part: "Any") -> str:
    """What mixes tokens: the kind of a part, or of a model's attention."""
    kind: str = getattr(part, "attention", "") or part.kind
    return kind


def heads_of(part: "Any") -> "Numeric":
    """Heads of queries and of keys, which are turned by their place; none where there is a state."""
    return 0 if kind_of(part) in STATES else part.heads + part.kv_heads


def score_features(part: "Any") -> float:
    """Numbers of a query and of a value, added up."""
    if kind_of(part) == "latent":
        of_latent: float = part.nope_size + part.rotary_size + part.value_size
        return of_latent
    both: float = 2 * part.head_size
    return both


class TrainingStep:
    """A predicted step: its seconds, what they are made of, and the utilisation.

    `terms` maps each part to its seconds; they add up to `seconds`.
    """

    def __init__(self, terms: "dict[str, Numeric]", seconds: "Numeric", mfu: "Numeric") -> None:
        self.terms = terms
        self.seconds = seconds
        self.mfu = mfu

    def largest(self) -> "list[str]":
        """Names of the parts, the longest first."""
        return sorted(self.terms, key=lambda name: -self.terms[name])


def predict(run: "Run", constants: "Constants") -> "TrainingStep":
    """The time of a step of a training run.

    Parameters
    ----------
    run : Run
        Model, machine and cut.
    constants : Constants
        Physical constants for the run's device, number format and software.

    Returns
    -------
    TrainingStep
        Seconds, their parts, and model FLOP utilisation: a step's model FLOP, all scores counted and nothing
        recomputed, over what the devices' peak for the number format allows.
    """
    machine = Machine(run, constants)
    return machine.step(machine.sums())


def both_ways(
    rows: "Numeric",
    in_features: "Numeric",
    out_features: "Numeric",
    peak_flops: "Numeric",
    efficiency: "Numeric",
    value_bytes: "Numeric",
    bandwidth: "Numeric",
    sum_bytes: "Numeric",
    launch_seconds: "Numeric",
) -> "tuple[Numeric, Numeric]":
    """Times of a product's forward pass and of its two backward, of which that for the weights adds to a sum."""

    def seconds(rows: "Numeric", into: "Numeric", out: "Numeric", result_bytes: "Numeric" = SIXTEEN_BITS) -> "Numeric":
        moved = (bandwidth, value_bytes, result_bytes, launch_seconds)
        return product_seconds(rows, into, out, peak_flops, efficiency, *moved)

    to_inputs = seconds(rows, out_features, in_features)
    return seconds(rows, in_features, out_features), to_inputs + seconds(in_features, rows, out_features, sum_bytes)


def summed(kinds: "Sequence[tuple[float, dict[str, Numeric]]]") -> "dict[str, Numeric]":
    """Times of all layers: of each kind as many as there are of it, given as pairs of count and times by part."""
    names = kinds[0][1]
    return {name: sum(count * layer[name] for count, layer in kinds) for name in names}


class Machine:
    """A run with its rates: what the terms need, worked out once."""

    def __init__(self, run: "Run", constants: "Constants", once: "Callable[..., Any]" = at_once) -> None:
        self.run, self.model, self.constants, self.once = run, run.model, constants, once
        device = run.device
        usual = "bf16" if run.number_format in ("fp8", "fp4") else run.number_format
        self.peak_16 = device.peak(usual)
        self.peak = device.peak(run.number_format)
        self.memory = device.memory_bandwidth
        self.link = device.link_bandwidth * constants.link_efficiency
        self.network = run.network_bandwidth * constants.network_efficiency
        self.domain = device.link_devices
        self.value_bytes = VALUE_BYTES.get(run.number_format, SIXTEEN_BITS)
        self.cast = self.value_bytes < SIXTEEN_BITS
        in_memory = (self.memory * constants.memory_efficiency, 2 * run.gradient_bytes, constants.launch_seconds)
        self.rates = (self.peak, constants.matrix_efficiency, self.value_bytes) + in_memory  # noqa: RUF005 - MicroPython has no starred displays
        self.wide_rates = (self.peak_16, constants.matrix_efficiency_16, SIXTEEN_BITS) + in_memory  # noqa: RUF005
        self.tensor = run.tensor_parallel
        self.tokens = run.microbatch * run.context / run.context_parallel
        # Norms and residuals are computed by every device of a tensor-parallel group, or shared out among them.
        self.shared = 1 + (self.tensor - 1) * run.sequence_parallel
        model = run.model
        # What mixes tokens, by its share of the layers: every layer takes the mean where they differ.
        self.mixers: list[tuple[float, Any]] = [(1, model)]
        # Of a layer's two halves, what mixes tokens and the MLP, those that are there: some layers have only one.
        self.halves: float = 1
        if layers_differ(model):
            self.mixers = [(part.layers / model.layers, part) for part in model.mixers]
            halves = [part.layers for part in model.parts]
            self.halves = sum(halves) / (2 * model.layers)
        self.with_mlp = share_with_mlp(model, "dense"), share_with_mlp(model, "mixture")

    # rates

    def rate(self, devices: "Numeric") -> "Numeric":
        """Rate between devices that sit side by side: links if a fast domain holds them all, or else the network."""
        inside = devices <= self.domain
        return self.link * inside + self.network * (1 - inside)

    def product_both_ways(
        self, rows: "Numeric", in_features: "Numeric", out_features: "Numeric", wide: bool = False
    ) -> "tuple[Numeric, Numeric]":
        """Forward, and backward: the gradient of the input, and that of the weights, added to the sum so far."""
        rates = self.wide_rates if wide else self.rates
        pair: tuple[Numeric, Numeric] = self.once(both_ways, rows, in_features, out_features, *rates)
        return pair

    def traffic(self, traffic_bytes: "Numeric", kernels: "Numeric" = 0) -> "Numeric":
        efficiency, launches = self.constants.memory_efficiency, kernels * self.constants.launch_seconds
        return self.once(traffic_seconds, traffic_bytes, self.memory, efficiency, launches)

    # one layer

    def sums(self) -> "dict[str, Numeric]":
        """Times of a microbatch in all layers, by part."""
        dense, routed = self.layers_of_each_kind()
        kinds = [(dense, self.layer(routed=False))] if dense else []
        if routed:
            kinds.append((routed, self.layer(routed=True)))
        return summed(kinds)

    def layers_of_each_kind(self) -> "tuple[float, float]":
        model = self.model
        if not model.experts:
            return model.layers, 0
        return model.dense_layers, model.layers - model.dense_layers

    def attention_products(self) -> "list[Product]":
        """Products of attention, or of a state in its place, on a device: share of layers, what goes in, and out."""
        found = []
        for share, part in self.mixers:
            found += [(share, into, out) for into, out in self.mixer_products(part)]
        return found

    def mixer_products(self, part: "Any") -> "list[tuple[Numeric, Numeric]]":
        """Products of what mixes tokens: a model's attention, or one of its parts."""
        hidden, kind = self.model.hidden_size, kind_of(part)
        if kind == "latent":
            heads = part.heads / self.tensor
            keys = part.nope_size + part.rotary_size
            through_rank = [(hidden, part.query_rank), (part.query_rank, heads * keys)]
            queries = through_rank if part.query_rank else [(hidden, heads * keys)]
            return queries + [  # noqa: RUF005 - MicroPython has no starred displays
                (hidden, part.kv_rank + part.rotary_size),
                (part.kv_rank, heads * (part.nope_size + part.value_size)),
                (heads * part.value_size, hidden),
            ]
        if kind in STATES:
            # Those into the layer's width share out its columns, and those out of it its rows.
            return [
                (each.inputs / self.tensor, each.outputs)
                if each.outputs == hidden or each.name in NARROWING
                else (each.inputs, each.outputs / self.tensor)
                for each in part.matrices(hidden)
            ]
        heads = part.heads / self.tensor
        # A device keeps at least one key-value head.
        kv_heads = longer(part.kv_heads / self.tensor, 1.0 + 0 * self.tensor)
        return [
            (hidden, (heads + 2 * kv_heads) * part.head_size + getattr(part, "gate_size", 0) / self.tensor),
            (heads * part.head_size, hidden),
        ]

    def mlp_products(self, width: "Numeric", share: float) -> "list[Product]":
        return [
            (share, self.model.hidden_size, (self.model.mlp_matrices - 1) * width / self.tensor),
            (share, width / self.tensor, self.model.hidden_size),
        ]

    def dense_products(self, routed: bool) -> "list[Product]":
        """Products of the MLP that all tokens use, if there is one."""
        width = self.model.shared_mlp_size if routed else self.model.mlp_size
        return self.mlp_products(width, self.with_mlp[routed]) if width else []

    def layer(self, routed: bool) -> "dict[str, Numeric]":
        """Seconds of a microbatch in one layer by part, forward (f) and backward (b)."""
        return self.repeated(self.passes(routed), self.run.recomputation)

    def passes(self, routed: bool) -> "dict[str, Numeric]":
        """A layer's times before anything is computed again: what they are made of, and what sharding fetches."""
        times = self.unsharded(routed)
        times["_gather"], times["_scatter"] = self.sharded_exchange(routed)
        return times

    def unsharded(self, routed: bool) -> "dict[str, Numeric]":
        """What of `passes` is the same for all replicas and all that they share."""
        products = self.attention_products() + self.dense_products(routed)
        forward, backward = 0.0, 0.0
        for share, in_features, out_features in products:
            there, back = self.product_both_ways(self.tokens, in_features, out_features)
            forward, backward = forward + share * there, backward + share * back
        experts_forward, experts_backward = self.experts() if routed else (0.0, 0.0)
        attention_forward, attention_backward = self.attention()
        values, casts = self.element_wise(products, routed)
        kernels = self.constants.kernels_of_a_mixture if routed else self.constants.kernels_of_a_layer
        element_wise = self.traffic(SIXTEEN_BITS * values + casts, kernels)
        tensor = self.tensor_exchange()
        ring_forward, ring_backward = self.context_exchange(attention_forward, attention_backward)
        routing = self.expert_exchange() if routed else 0.0
        computed_forward = forward + experts_forward + attention_forward + element_wise
        computed_backward = backward + experts_backward + attention_backward + BACKWARD * element_wise
        host = self.constants.host_seconds_of_a_mixture if routed else self.constants.host_seconds_of_a_layer
        return {
            "matrix products": forward + backward,
            "experts": experts_forward + experts_backward,
            "attention": attention_forward + attention_backward,
            "element-wise": (1 + BACKWARD) * element_wise,
            "tensor-parallel exchange": 2 * tensor,
            "context-parallel exchange": ring_forward + ring_backward,
            "expert-parallel exchange": 2 * routing,
            "_forward": computed_forward + tensor + ring_forward + routing,
            "_backward": computed_backward + tensor + ring_backward + routing,
            "_attention": attention_forward,
            "_host": host,
            "_weights": self.weights(products),
            "_expert_weights": self.expert_weights() if routed else 0.0,
        }

    def repeated(self, passes: "dict[str, Numeric]", recomputation: "str | Numeric") -> "dict[str, Numeric]":
        """A layer's times with what is computed again, and waits for parameters and for the host."""
        forward, backward = passes["_forward"], passes["_backward"]
        again, fetched_forward, fetched_backward, took_forward, took_backward = self.stretched(passes, recomputation)
        layer = {name: passes[name] for name in passes if name[0] != "_"}
        layer["recomputation"] = again
        layer["sharded parameters"] = fetched_forward - forward + (fetched_backward - (backward + again))
        layer["host"] = took_forward - fetched_forward + (took_backward - fetched_backward)
        layer["_forward"], layer["_backward"] = took_forward, took_backward
        layer["_weights"], layer["_expert_weights"] = passes["_weights"], passes["_expert_weights"]
        return layer

    def stretched(self, passes: "dict[str, Numeric]", recomputation: "str | Numeric") -> "tuple[Numeric, ...]":
        """What is computed again, both passes with waits for parameters, and both with those for the host as well."""
        forward, gather, host = passes["_forward"], passes["_gather"], passes["_host"]
        again = self.recomputed(recomputation, forward, passes["_attention"])
        fetched_forward = longer(forward, gather)
        fetched_backward = longer(passes["_backward"] + again, gather + passes["_scatter"])
        took_forward = longer(fetched_forward, host / (1 + BACKWARD) + 0 * fetched_forward)
        took_backward = longer(fetched_backward, host * BACKWARD / (1 + BACKWARD) + 0 * fetched_backward)
        return again, fetched_forward, fetched_backward, took_forward, took_backward

    def weights(self, products: "list[Product]") -> "Numeric":
        return sum(share * in_features * out_features for share, in_features, out_features in products)

    def expert_weights(self) -> "Numeric":
        """Weights of the experts that a device holds in a layer [1]."""
        model = self.model
        held = self.with_mlp[1] * model.experts / self.run.expert_parallel
        return held * model.mlp_matrices * model.hidden_size * model.expert_mlp_size

    def copies(self) -> "Numeric":
        """Copies of tokens that a device hands to experts, and gets for its own: a balanced router is assumed."""
        return self.tokens * self.model.experts_per_token / self.tensor

    def experts(self) -> "tuple[Numeric, Numeric]":
        model = self.model
        held = model.experts / self.run.expert_parallel
        rows = (self.copies() / held + TILE_ROWS / 2) / self.constants.expert_factor
        there, back = self.product_both_ways(rows, model.hidden_size, (model.mlp_matrices - 1) * model.expert_mlp_size)
        out, out_back = self.product_both_ways(rows, model.expert_mlp_size, model.hidden_size)
        held = self.with_mlp[1] * held
        return held * (there + out), held * (back + out_back)

    def attention(self) -> "list[Numeric]":
        """Forward and backward time of what mixes tokens besides its products: scores, or a state."""
        forward, backward = 0.0, 0.0
        for share, part in self.mixers:
            there, back = self.state(part) if kind_of(part) in STATES else self.scores(part)
            forward, backward = forward + share * there, backward + share * back
        return [forward, backward]

    def state(self, part: "Any") -> "list[Numeric]":
        """Of a state that is computed chunk by chunk; what goes in and comes out is moved once."""
        flop = self.tokens * (CHUNKED * part.flop + 2.0 * part.convolution_weights) / self.tensor
        apart = flop / (self.constants.unfused_efficiency * self.peak_16)
        moved = self.traffic(SIXTEEN_BITS * self.tokens * part.kept_values / self.tensor)
        return [apart + moved, BACKWARD * (apart + moved)]

    def scores(self, part: "Any") -> "list[Numeric]":
        """Of the scores, the softmax and the weighted sum of values."""
        run, constants = self.run, self.constants
        scores = self.tokens * run.context * part.heads / self.tensor
        flop = 2 * scores * score_features(part)
        fused = [
            self.once(
                fused_attention_seconds,
                times * constants.computed_scores * flop,
                run.context,
                self.peak_16,
                efficiency,
                constants.attention_half_context,
            )
            for times, efficiency in (
                (1, constants.attention_forward_efficiency),
                (ATTENTION_BACKWARD, constants.attention_backward_efficiency),
            )
        ]
        masks = SCORE_BYTES_DROPOUT * run.dropout
        apart = flop / (constants.unfused_efficiency * self.peak_16)
        unfused = [
            apart + self.traffic((SCORE_BYTES + masks) * scores),
            2 * apart + self.traffic((SCORE_BYTES_BACKWARD + masks) * scores),
        ]
        return [run.fused_attention * one + (1 - run.fused_attention) * other for one, other in zip(fused, unfused)]  # noqa: B905 - MicroPython's zip knows no `strict`

    def element_wise(self, products: "list[Product]", routed: bool) -> "tuple[Numeric, Numeric]":
        """Values and bytes of casts that a layer's other kernels move for a microbatch, forward."""
        model, run = self.model, self.run
        hidden = self.tokens * model.hidden_size / self.shared
        values = 2 * self.halves * hidden * (NORM + RESIDUAL + MASK_BYTES / SIXTEEN_BITS * run.dropout)
        width = model.shared_mlp_size if routed else model.mlp_size
        activation = ACTIVATION + (model.mlp_matrices - 2)
        values = values + self.with_mlp[routed] * activation * self.tokens * width / self.tensor
        if not model.learned_positions:
            turned = sum(share * heads_of(part) * part.head_size for share, part in self.mixers if heads_of(part))
            values = values + ROTARY * self.tokens * turned / self.tensor * run.fused_attention
        inputs = self.tokens * sum(share * in_features for share, in_features, _ in products)
        if routed:
            copies = self.with_mlp[1] * self.copies()
            values = values + copies * (
                activation * model.expert_mlp_size + self.constants.routing_passes * model.hidden_size
            )
            inputs = inputs + copies * (model.hidden_size + model.expert_mlp_size)
        return values, CAST_BYTES * inputs * self.cast

    # exchanges

    def tensor_exchange(self) -> "Numeric":
        """Of one pass: two all-reduces, or as many all-gathers and reduce-scatters, which take as long."""
        run, constants = self.run, self.constants
        message = SIXTEEN_BITS * self.tokens * self.model.hidden_size
        once = self.once(all_reduce_seconds, message, self.tensor, self.rate(self.tensor), constants.hop_seconds)
        both = 2 * self.halves * once
        return both * (1 - constants.tensor_overlap * run.overlap_tensor_parallel)

    def context_exchange(self, forward: "Numeric", backward: "Numeric") -> "tuple[Numeric, Numeric]":
        """Keys and values go round a ring while attention works on those at hand; gradients come back with them."""
        run, constants = self.run, self.constants
        members = run.context_parallel
        values = sum(share * part.kv_heads * part.head_size for share, part in self.mixers if heads_of(part))
        message = SIXTEEN_BITS * 2 * self.tokens * members * values / self.tensor
        ring = self.once(all_gather_seconds, message, members, self.rate(self.tensor * members), constants.hop_seconds)
        hidden = constants.context_overlap
        exposed = self.once(exposed_seconds, ring, hidden, forward)
        return exposed, self.once(exposed_seconds, 2 * ring, hidden, backward)

    def expert_exchange(self) -> "Numeric":
        """Of one pass: tokens go to their experts and come back, within a fast domain and between domains."""
        run, model = self.run, self.model
        members = run.expert_parallel
        domains = longer(members / self.domain, 1.0 + 0 * members)
        tokens = SIXTEEN_BITS * self.tokens / self.tensor * model.hidden_size
        hop, copies = self.constants.hop_seconds, model.experts_per_token
        inside = self.once(all_to_all_seconds, tokens * copies, members / domains, self.link, hop)
        outside = self.once(send_seconds, tokens * self.once(remote_copies, copies, domains), self.network)
        return 2 * (inside + outside) * (1 - self.constants.expert_overlap)

    def gather(self, message: "Numeric", members: "Numeric", beside: "Numeric") -> "Numeric":
        """An all-gather among the devices that hold the same part of a model; `beside` of them hold other parts."""
        inside = self.domain / beside
        inside = longer(inside, 1.0 + 0 * inside)
        few = members < inside
        inside = members * few + inside * (1 - few)
        rates = (self.link, self.network, self.constants.hop_seconds)
        return self.once(hierarchical_gather_seconds, message, members, inside, *rates)

    def sharded_exchange(self, routed: bool) -> "tuple[Numeric, Numeric]":
        """Of a layer whose parameters are sharded over all replicas: a gather, and the scatter of its gradients."""
        run = self.run
        weights = self.weights(self.attention_products() + self.dense_products(routed))
        if routed:
            weights = weights + self.expert_weights()
        weights = weights / self.constants.gather_factor
        members, sharded = run.data_parallel, run.zero_stage >= 3
        return (
            sharded * self.gather(SIXTEEN_BITS * weights, members, self.tensor),
            sharded * self.gather(run.gradient_bytes * weights, members, self.tensor),
        )

    def recomputed(self, recomputation: "str | Numeric", forward: "Numeric", attention: "Numeric") -> "Numeric":
        if not isinstance(recomputation, str):
            selective, full = recomputation == SELECTIVE, recomputation == FULL
            return full * self.constants.recomputed_share * forward + selective * attention
        if recomputation == "full":
            return self.constants.recomputed_share * forward
        return attention if recomputation == "selective" else 0.0 * forward

    # the step

    def logits(self) -> "Numeric":
        """Logits, loss and their gradients, on the last stage, in 16 bits."""
        columns = self.model.vocabulary_size / self.tensor
        forward, backward = self.product_both_ways(self.tokens, self.model.hidden_size, columns, wide=True)
        return forward + backward + self.traffic(LOGIT_BYTES * self.tokens * columns)

    def sends(self, stages: "Numeric", chunks: "Numeric") -> "Numeric":
        """Activations and gradients that a stage sends for a microbatch, as far as nothing hides them."""
        message = SIXTEEN_BITS * self.tokens * self.model.hidden_size / self.tensor
        rate = self.rate(self.tensor * self.run.context_parallel * stages)
        alone = self.once(send_seconds, message, rate, self.constants.hop_seconds)
        several = stages > 1
        return several * 2 * chunks * alone * (1 - self.constants.pipeline_overlap)

    def step(self, sums: "dict[str, Numeric]") -> "TrainingStep":
        run, constants = self.run, self.constants
        stages, chunks, microbatches = run.pipeline_stages, run.model_chunks, run.microbatches
        # In one order, so that every Python adds them up to the same number.
        parts = sorted([name for name in sums if name[0] != "_"])
        layers = sum(sums[name] for name in parts)
        logits, sends = self.logits(), self.sends(stages, chunks)
        stage = layers / stages
        slowest = self.slowest_stage(stage, logits) + sends
        pipeline = pipeline_seconds(slowest, microbatches, stage + sends, stages, chunks)
        exchange = self.gradient_exchange(sums)
        params = (sums["_weights"] + sums["_expert_weights"]) / stages + self.embedding_params()
        sharded = run.zero_stage >= 1
        shards = run.data_parallel * sharded + 1 - sharded
        update = self.once(update_seconds, params, UPDATE_BYTES, self.memory, constants.memory_efficiency, shards)
        terms = {name: microbatches * sums[name] / stages for name in parts}
        terms["logits and uneven stages"] = microbatches * (slowest - sends - stage)
        terms["pipeline sends"] = microbatches * sends
        terms["pipeline bubble"] = pipeline - microbatches * slowest
        terms["gradient exchange"] = exchange
        terms["optimiser"] = update
        seconds = pipeline + exchange + update
        return TrainingStep(terms, seconds, self.model_flop() / (seconds * run.devices * self.peak))

    def slowest_stage(self, stage: "Numeric", logits: "Numeric") -> "Numeric":
        """The last stage, with the logits; where layers do not divide, a stack gives it fewer of them."""
        stages = self.run.pipeline_stages
        layers = self.model.layers
        most = -(-layers / stages // 1)
        even = most * stages == layers
        balanced = longer(most * stage * stages / layers, stage + logits / stages)
        return even * (stage + logits) + (1 - even) * balanced

    def embedding_params(self) -> "Numeric":
        """Of a device on the first or the last stage, sharded over its tensor-parallel group [parameter]."""
        model, stages = self.model, self.run.pipeline_stages
        tables = 1 + (model.embedding_tables - 1) * (stages == 1)
        return tables * model.vocabulary_size * model.hidden_size / self.tensor

    def gradient_exchange(self, sums: "dict[str, Numeric]") -> "Numeric":
        """Gradients summed and, with sharded states, parameters gathered; backward and forward passes hide them."""
        run = self.run
        stages, chunks, members = run.pipeline_stages, run.model_chunks, run.data_parallel
        held = sums["_weights"] / stages + self.embedding_params()
        routed = sums["_expert_weights"] / stages
        expert_members = longer(members * self.tensor / run.expert_parallel, 1.0 + 0 * members)
        whole = run.zero_stage < 3

        def gather(value_bytes: "Numeric") -> "Numeric":
            dense = self.gather(value_bytes * held, members, self.tensor)
            return whole * (dense + self.gather(value_bytes * routed, expert_members, run.expert_parallel))

        hidden = self.constants.gradient_overlap * run.overlap_gradients
        # The last microbatch's backward pass covers the sums, the first one's forward pass the gathers.
        sums_exposed = exposed_seconds(gather(run.gradient_bytes), hidden, sums["_backward"] / (stages * chunks))
        gathers_exposed = exposed_seconds(gather(SIXTEEN_BITS), hidden, sums["_forward"] / (stages * chunks))
        return sums_exposed + gathers_exposed

    def model_flop(self) -> "Numeric":
        """FLOP of a step without recomputation, all scores counted [FLOP]."""
        model, run = self.model, self.run
        dense, routed = self.layers_of_each_kind()
        attention = self.weights(self.attention_products()) * self.tensor
        width = self.with_mlp[0] * dense * (model.mlp_size or 0)
        if routed:
            of_token = model.shared_mlp_size + model.experts_per_token * model.expert_mlp_size
            width = width + self.with_mlp[1] * routed * of_token
        weights = model.layers * attention + width * model.mlp_matrices * model.hidden_size
        weights = weights + model.vocabulary_size * model.hidden_size
        scores = 0.0
        for share, part in self.mixers:
            if kind_of(part) in STATES:
                each = part.score_flop(run.context) / 2
            else:
                each = part.heads * score_features(part) * run.context
            scores = scores + model.layers * share * each
        return 3 * 2 * run.batch * run.context * (weights + scores)
