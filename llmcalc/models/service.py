"""A replica of a model that serves requests: what a step of its engine takes, and how many answers fit.

A step is the sum of what cannot overlap: weights read and multiplied (`formulas.decoding.product_seconds`), caches
read, attention over prompts, vectors between the products, collectives with their latency, and the fixed times of
layers, step and host. Constants come from `data/serving-constants.csv`, rates of products from `data/kernel-rates.csv`.

>>> from llmcalc.models.device import Device
>>> from llmcalc.models.model import Model
>>> shape = {"layers": 32, "hidden_size": 4096, "heads": 32, "kv_heads": 8, "mlp_size": 14336}
>>> card = Device("card", peaks={"bf16": 989e12}, memory=80e9, memory_bandwidth=3.35e12)
>>> service = Service(Model("Llama 3 8B", vocabulary_size=128256, **shape), card)
>>> round(service.step(1, 1000).seconds * 1e3, 1), int(service.memory_batch())
(6.6, 280)
"""

from math import exp

from .. import datasets
from ..checks import Refusal
from ..formulas.decoding import all_reduce_seconds, product_seconds, speculative_tokens, touched_share
from .numbers import size, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .device import Device
    from .layers import Mixer
    from .model import Model

# Bytes of a weight and of a cached value by the format of the products; NVFP4 keeps a scale of 8 bits for 16 weights.
WEIGHT_BYTES = {"fp32": 4, "tf32": 4, "bf16": 2, "fp16": 2, "fp8": 1, "int8": 1, "fp4": 0.5625, "int4": 0.5625}
VALUE_BYTES = {"fp32": 4, "tf32": 4, "bf16": 2, "fp16": 2, "fp8": 1, "int8": 2, "fp4": 1, "int4": 2}
WIDE = ("bf16", "fp16", "fp32")  # what a device multiplies in that lacks the format of the weights
ROW_BYTES = 2  # of a number between the layers
LONGEST = 10**7  # tokens


class Step:
    """Seconds of a step by what they are spent on."""

    weights: float
    experts: float
    logits: float
    caches: float
    prompts: float
    vectors: float
    collectives: float
    layers: float
    host: float

    PARTS = ("weights", "experts", "logits", "caches", "prompts", "vectors", "collectives", "layers", "host")

    def __init__(self, **parts: float) -> None:
        for name in self.PARTS:
            setattr(self, name, parts[name])

    @property
    def seconds(self) -> float:
        """All of it [s]."""
        total: float = sum([getattr(self, name) for name in self.PARTS])
        return total


class Service:
    """A model on the devices of a replica, with the texts that it serves.

    Parameters
    ----------
    model : Model
        What is served.
    device : Device
        Where.
    number_format : str
        Format of weights and products.
    tensor_parallel, pipeline_stages : int
        Devices that share each layer, and stages that share the layers.
    data_parallel : int
        Groups of such devices that each compute attention for their own sequences, and share the experts.
    expert_parallel : int
        Ranks that share the experts of a layer; they are among those of `tensor_parallel` and `data_parallel`.
    bytes_per_weight, bytes_per_value : float
        Bytes of a weight of the layers, and of a number in the caches; those of the format, if left out.
    question_tokens, answer_tokens : float
        Mean lengths of prompts and answers.
    question_spread, answer_spread : float
        Standard deviations of the lengths, in shares of the means.
    hit_share : float
        Share of a prompt's tokens whose caches are kept from earlier prompts.
    draft_tokens : int
        Tokens that a draft proposes in a step; 0 without a draft.
    acceptance, draft_cost : float
        Share of them that is accepted, and time of a token of the draft, in shares of a step.
    adapters, adapter_rank : int
        Low-rank adapters kept beside the model, and their rank.
    engine_bytes, cache_share, largest_batch, chunk_tokens : float
        Limits of the engine; those of the data, if left out.
    kernels : str
        ``"present"``, or ``"2023"``: attention of steps then shares no keys among heads.
    constants : dict
        Constants in place of those of the data.

    Raises
    ------
    ValueError
        If an argument is out of range, or the heads cannot be shared by the devices.
    """

    def __init__(
        self,
        model: "Model",
        device: "Device",
        number_format: str = "bf16",
        tensor_parallel: int = 1,
        pipeline_stages: int = 1,
        data_parallel: int = 1,
        expert_parallel: int = 1,
        bytes_per_weight: "float | None" = None,
        bytes_per_value: "float | None" = None,
        question_tokens: float = 1000,
        answer_tokens: float = 500,
        question_spread: float = 0,
        answer_spread: float = 0,
        hit_share: float = 0,
        draft_tokens: int = 0,
        acceptance: float = 0,
        draft_cost: float = 0.05,
        adapters: int = 0,
        adapter_rank: int = 16,
        engine_bytes: "float | None" = None,
        cache_share: "float | None" = None,
        largest_batch: "float | None" = None,
        chunk_tokens: "float | None" = None,
        kernels: str = "present",
        constants: "Mapping[str, float] | None" = None,
    ) -> None:
        self.constants = dict(known_constants())
        self.constants.update(constants or {})
        if number_format not in WEIGHT_BYTES:
            raise Refusal("number_format", number_format, "one of " + ", ".join(sorted(WEIGHT_BYTES)))
        if kernels not in ("present", "2023"):
            raise Refusal("kernels", kernels, "one of present, 2023")
        self.model, self.device, self.number_format, self.kernels = model, device, number_format, kernels
        self.tensor_parallel = legal(model, whole("tensor_parallel", tensor_parallel))
        self.pipeline_stages = whole("pipeline_stages", pipeline_stages, 1, model.layers, "layers")
        self.data_parallel = whole("data_parallel", data_parallel)
        self.ranks = self.tensor_parallel * self.data_parallel
        self.expert_parallel = whole("expert_parallel", expert_parallel, 1, self.ranks, "ranks")
        self.bytes_per_weight = self._or("bytes_per_weight", bytes_per_weight, WEIGHT_BYTES[number_format], 0.1, 8)
        self.bytes_per_value = self._or("bytes_per_value", bytes_per_value, VALUE_BYTES[number_format], 0.1, 8)
        self.question_tokens = size("question_tokens", question_tokens, 1, LONGEST)
        self.answer_tokens = size("answer_tokens", answer_tokens, 1, LONGEST)
        self.question_spread = size("question_spread", question_spread, 0, 10)
        self.answer_spread = size("answer_spread", answer_spread, 0, 10)
        self.hit_share = size("hit_share", hit_share, 0, 0.999)
        self.draft_tokens = whole("draft_tokens", draft_tokens, 0, 64)
        self.acceptance = size("acceptance", acceptance, 0, 0.999)
        self.draft_cost = size("draft_cost", draft_cost, 0, 1)
        self.adapters = whole("adapters", adapters, 0, 10**6)
        self.adapter_rank = whole("adapter_rank", adapter_rank, 1, 4096)
        known = self.constants
        self.engine_bytes = self._or("engine_bytes", engine_bytes, known["engine_bytes"], 0, 1e13)
        self.cache_share = self._or("cache_share", cache_share, known["cache_share"], 0.01, 1)
        self.largest_batch = self._or("largest_batch", largest_batch, known["largest_batch"], 1, 10**6)
        self.chunk_tokens = self._or("chunk_tokens", chunk_tokens, known["chunk_tokens"], 1, LONGEST)
        self._measure()

    @staticmethod
    def _or(name: str, value: "float | None", usual: float, low: float, high: float) -> float:
        return usual if value is None else size(name, value, low, high)

    @property
    def devices(self) -> int:
        """Devices of the replica [1]."""
        return self.ranks * self.pipeline_stages

    def _measure(self) -> None:
        # What every step needs of the model and the device, once.
        model, device, known, ranks = self.model, self.device, self.constants, self.ranks
        groups = model.groups
        self.expert_weights = groups["experts"]
        attention = sum([part.layers * part.weights(model.hidden_size) for part in model.mixers])
        # Ranks that each keep the caches of their own sequences: where heads would be copied, and of mixtures.
        latent = model.attention == "latent"
        self.by_sequence = self.data_parallel > 1 or (
            ranks > 1 and (latent or self.expert_weights > 0 or 0 < model.kv_heads < ranks)
        )
        self.layer_weights = groups["linear"] + groups["router"]
        self.copied_weights = attention * (ranks - 1) if self.by_sequence else 0
        self.mixtures = [part for part in model.mlps if part.kind == "mixture"]
        self.expert_layers = sum([part.layers for part in self.mixtures])
        self.peak = known["products_share"] * matrix_rate(device, self._format(device), known)
        self.wide_peak = known["products_share"] * matrix_rate(device, _wide(device), known)
        self.attention_rate = known["attention_share"] * matrix_rate(device, _wide(device), known)
        self.bandwidth = known["memory_share"] * device.memory_bandwidth
        self.link = self.latency = 0.0
        if ranks > 1 or self.pipeline_stages > 1:
            near = device.has("link_bandwidth") and (not device.has("link_devices") or ranks <= device.link_devices)
            self.link = known["links_share"] * (device.link_bandwidth if near else device.network_bandwidth)
            self.latency = known["all_reduce_seconds" if near else "network_seconds"]
        self.kept = [
            (part.layers * part.cached_values * self.bytes_per_value * self._copies(part), part.window)
            for part in model.mixers
        ]
        self.state_bytes = sum([4.0 * part.layers * part.state_values for part in model.mixers])

    def _format(self, device: "Device") -> str:
        return self.number_format if device.has("peak_" + self.number_format) else _wide(device)

    def _copies(self, part: "Mixer") -> float:
        if self.by_sequence or part.kind != "standard" or not part.kv_heads:
            return 1.0
        return max(1.0, self.ranks / part.kv_heads)

    # Memory

    @property
    def weight_bytes(self) -> float:
        """Bytes of the weights on all devices of the replica, adapters among them [byte]."""
        model = self.model
        wide = (model.table_values + model.vector_values) * ROW_BYTES
        return (
            (self.layer_weights + self.copied_weights + self.expert_weights) * self.bytes_per_weight
            + wide
            + (self.adapters * self.adapter_bytes)
        )

    @property
    def adapter_bytes(self) -> float:
        """Bytes of an adapter: two narrow matrices at each of the four of attention, in 16 bits [byte]."""
        return 8.0 * self.model.layers * self.model.hidden_size * self.adapter_rank * ROW_BYTES

    @property
    def cache_room(self) -> float:
        """Bytes that are left for caches on all devices [byte]; negative, if not even the weights fit."""
        free = self.devices * (self.device.memory - self.engine_bytes) - self.weight_bytes
        return free * self.cache_share if free > 0 else free

    @property
    def fits(self) -> bool:
        """Whether the weights and one sequence fit."""
        return self.memory_batch() >= 1

    def sequence_bytes(self, tokens: float) -> float:
        """Bytes of the caches of a sequence of some tokens, on all devices [byte]."""
        total = self.state_bytes
        for each, window in self.kept:
            total += each * (min(tokens, window) if window else tokens)
        return total

    def memory_batch(self) -> float:
        """Sequences whose questions and answers fit, not rounded [1]."""
        # Prompts that begin alike keep that part once.
        question = self.question_tokens * (1 - self.hit_share)
        each = self.sequence_bytes(question + self.answer_tokens)
        return max(0.0, self.cache_room / each) if each else self.most_sequences()

    def most_sequences(self) -> float:
        """Sequences that the engine takes in a step [1]: as many for each rank that keeps its own."""
        return self.largest_batch * (self.ranks if self.by_sequence else 1) * self.pipeline_stages

    def full_batch(self) -> float:
        """Sequences in a step when requests always wait [1]."""
        return min(self.memory_batch(), self.most_sequences())

    def mean_context(self) -> float:
        """Tokens that a sequence has on average over the steps of its answer [token]: longer answers take more."""
        return self.question_tokens + self.answer_tokens * (1 + self.answer_spread**2) / 2

    # Time

    def step(self, batch: float, context: float, prompt_tokens: float = 0.0, prompts: float = 0.0) -> "Step":
        """A step that writes a token of each of some answers and reads tokens of prompts.

        Parameters
        ----------
        batch : float
            Answers in progress.
        context : float
            Tokens of each on average.
        prompt_tokens : float
            Tokens of prompts that are read in the step.
        prompts : float
            Prompts that these end.

        Returns
        -------
        Step
            Seconds by purpose.
        """
        model, known, ranks = self.model, self.constants, self.ranks
        checked = batch * (1 + self.draft_tokens)
        tokens = checked + prompt_tokens
        weights = self._products(
            (self.layer_weights + self.copied_weights) * self.bytes_per_weight, self.layer_weights * tokens, self.peak
        )
        logits = self._products(model.embedding_values * ROW_BYTES, model.embedding_values * (checked + prompts), None)
        caches = batch * self.sequence_bytes(context) / (ranks * self.bandwidth)
        if self.kernels == "2023" and batch:
            caches += batch * self._plain_attention(context)
        vectors = model.layers * tokens * known["row_vectors"] * model.hidden_size * ROW_BYTES / self.bandwidth
        reductions = 0.0
        if ranks > 1:
            message = tokens * model.hidden_size * ROW_BYTES
            reductions = 2 * model.layers * all_reduce_seconds(message, ranks, self.link, self.latency)
        if self.pipeline_stages > 1:
            reductions += self.pipeline_stages * (self.latency + tokens * model.hidden_size * ROW_BYTES / self.link)
        with_prompts = 1 - exp(-prompts) if batch else 1.0
        layers = model.layers * (known["layer_seconds"] + with_prompts * known["prompt_layer_seconds"])
        layers += self.expert_layers * known["expert_layer_seconds"]
        layers += self.expert_layers * with_prompts * known["expert_prompt_layer_seconds"]
        each = known["expert_sequence_seconds" if self.mixtures else "sequence_seconds"]
        host = known["step_seconds"] + batch * each / (ranks if self.by_sequence else 1)
        return Step(
            weights=weights,
            experts=self._experts(tokens),
            logits=logits,
            caches=caches,
            prompts=prompts * self.prompt_attention() / ranks,
            vectors=vectors,
            collectives=reductions,
            layers=layers,
            host=host,
        )

    def _products(self, read: float, multiplied: float, peak: "float | None") -> float:
        if not multiplied:
            return 0.0
        ranks, rate = self.ranks, peak or self.wide_peak
        seconds: float = product_seconds(read, 2 * multiplied, ranks, self.bandwidth, rate, self.constants["overlap"])
        return seconds

    def _experts(self, tokens: float) -> float:
        known, total = self.constants, 0.0
        for part in self.mixtures:
            weights = (
                part.layers * part.mlp_matrices * part.expert_mlp_size * (part.latent_size or self.model.hidden_size)
            )
            touched = part.experts * touched_share(max(tokens, 1e-9), part.experts_per_token, part.experts)
            rows = tokens * part.experts_per_token
            peak = self.peak * known["expert_products_share"]
            total += self._products(weights * touched * self.bytes_per_weight, weights * rows, peak)
            moved = part.layers * rows * (5 * self.model.hidden_size + 6 * part.expert_mlp_size)
            total += moved / (self.ranks * self.bandwidth)
            total += part.layers * rows * known["expert_row_seconds"] / self.ranks
        return total

    def _plain_attention(self, context: float) -> float:
        total = 0.0
        for part in self.model.mixers:
            if part.kind == "standard" and part.kv_heads < part.heads:
                total += part.layers * part.score_flop(min(context, part.window or context))
        rate = self.constants["plain_attention_share"] * self.device.peak("fp32")
        return total / (rate * self.ranks)

    def prompt_attention(self) -> float:
        """Seconds of a device for the scores of one prompt [s]."""
        length = self.question_tokens
        total = 0.0
        for part in self.model.mixers:
            window = min(part.window or length, length)
            keys = window - window * window / (2.0 * length)  # on average, under the mask
            total += part.layers * part.score_flop(keys)
        # Long prompts count by their squares.
        misses = (1 - self.hit_share**2) * (1 + self.question_spread**2)
        return total * length * misses / self.attention_rate

    def read_tokens(self) -> float:
        """Tokens of a prompt that are read [token]."""
        return self.question_tokens * (1 - self.hit_share)

    def written(self) -> float:
        """Tokens that a step writes of an answer [1]: more than one with a draft."""
        return speculative_tokens(self.acceptance, self.draft_tokens) if self.draft_tokens else 1.0

    def drafted(self, seconds: float) -> float:
        """A step's time with that of its draft [s]."""
        return seconds * (1 + self.draft_tokens * self.draft_cost)

    def first_token_seconds(self) -> float:
        """Time to the first token of a request that is alone [s]."""
        return self.pipelined(self.step(0, 0, self.read_tokens(), 1).seconds)

    def pipelined(self, seconds: float) -> float:
        """Time of a step through all stages [s]: they work one after the other, so that it is that of all layers."""
        return seconds

    def token_seconds(self, batch: float) -> float:
        """Time from a token to the next, where as many requests begin as end [s].

        Where fewer than one prompt comes to a step, most steps read none, and a prompt lengthens the one that it meets:
        it cannot hide behind the reading of weights in all of them.
        """
        batch = batch / self.pipeline_stages
        steps = self.answer_tokens / self.written()
        if batch >= steps:
            seconds = self._mixed_seconds(batch)
        else:
            added = self._mixed_seconds(steps) - self.drafted(self.step(steps, self.mean_context()).seconds)
            seconds = self.drafted(self.step(batch, self.mean_context()).seconds) + batch / steps * max(0.0, added)
        return seconds / self.written()

    def _mixed_seconds(self, batch: float) -> float:
        # A step takes no more than `chunk_tokens`: where answers and prompts are more, they take turns.
        begun = batch * self.written() / self.answer_tokens
        most = self.chunk_tokens * (self.ranks if self.by_sequence else 1)
        share = min(1.0, most / (batch * (1 + self.draft_tokens) + begun * self.read_tokens()))
        part = self.step(batch * share, self.mean_context(), begun * share * self.read_tokens(), begun * share)
        return self.drafted(part.seconds) / share

    def static_seconds(self, batch: float) -> float:
        """Time of a batch that begins and ends together [s]."""
        tokens = batch * self.read_tokens()
        passes = max(1.0, tokens / self.chunk_tokens)
        reading = passes * self.step(0, 0, tokens / passes, batch / passes).seconds
        middle = self.step(batch, self.question_tokens + self.answer_tokens / 2).seconds
        return reading + self.answer_tokens / self.written() * self.drafted(middle)


def legal(model: "Model", ranks: int) -> int:
    """Ranks that can share each layer, or a refusal: their number divides the heads, and the key-value heads' it.

    Raises
    ------
    ValueError
        If they cannot.
    """
    if ranks not in legal_ranks(model, ranks):
        allowed = ", ".join([str(number) for number in legal_ranks(model, model.heads)])
        raise Refusal("tensor_parallel", ranks, f"one that divides the {model.heads} heads: {allowed}")
    return ranks


def legal_ranks(model: "Model", most: float) -> "list[int]":
    """Numbers of devices that engines let share each layer [1], at most some."""
    found = []
    for number in range(1, int(min(most, model.heads)) + 1):
        if model.heads % number:
            continue
        keys = model.kv_heads
        if model.attention == "latent" or not keys or keys % number == 0 or number % keys == 0:
            found.append(number)
    return found


def known_constants() -> "dict[str, float]":
    """Values of `data/serving-constants.csv` by name."""
    return {row["constant"]: row["value"] for row in datasets.records("serving-constants")}


def matrix_rate(device: "Device", number_format: str, constants: "Mapping[str, float] | None" = None) -> float:
    """Rate of large products on a device [FLOP/s]: measured, or the usual share of the peak."""
    number_format = "bf16" if number_format == "fp16" else number_format
    for row in datasets.records("kernel-rates"):
        if row["accelerator"] == device.name and row["number_format"] == number_format:
            measured: float = row["rate"]
            return measured
    constants = constants or known_constants()
    peak = device.peak(number_format if device.has("peak_" + number_format) else _wide(device))
    return peak * constants.get("rate_share_" + number_format, constants["rate_share_bf16"])


def _wide(device: "Device") -> str:
    for number_format in WIDE:
        if device.has("peak_" + number_format):
            return number_format
    raise Refusal("device", device.name, "one with a peak in bf16, fp16 or fp32")
