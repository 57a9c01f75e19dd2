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
(6.7, 280)
"""

from math import e, log, pi

from .. import datasets
from ..checks import Refusal, one_of
from ..formulas.decoding import speculative_tokens
from ..messages import message
from .numbers import choose, least, most, size, sizes, switch, take, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..checks import Numeric
    from .device import Device
    from .layers import Mixer
    from .model import Model

# Bytes of a weight and of a cached value by the format of the products; NVFP4 keeps a scale of 8 bits for 16 weights.
WEIGHT_BYTES = {"fp32": 4, "tf32": 4, "bf16": 2, "fp16": 2, "fp8": 1, "int8": 1, "fp4": 0.5625, "int4": 0.5625}
VALUE_BYTES = {"fp32": 4, "tf32": 4, "bf16": 2, "fp16": 2, "fp8": 1, "int8": 2, "fp4": 1, "int4": 2}
WIDE = ("bf16", "fp16", "fp32")  # what a device multiplies in that lacks the format of the weights
ROW_BYTES = 2  # of a number between the layers
SENT_BYTES = 1  # of one that is sent to an expert
MOST_GATHERED = 8  # ranks whose rows an engine has room for at once: more send theirs to the experts' ranks only
LONGEST = 10**7  # tokens
MOST_BURST = 5  # standard deviations of the time between arrivals to its mean


class Step:
    """Seconds of a step by what they are spent on."""

    PARTS = ("weights", "experts", "logits", "caches", "prompts", "vectors", "collectives", "layers", "host")

    weights: "Numeric"
    experts: "Numeric"
    logits: "Numeric"
    caches: "Numeric"
    prompts: "Numeric"
    vectors: "Numeric"
    collectives: "Numeric"
    layers: "Numeric"
    host: "Numeric"

    def __init__(self, parts: "tuple[Numeric, ...]") -> None:
        for place in range(len(self.PARTS)):
            setattr(self, self.PARTS[place], parts[place])

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
    expert_parallel : int, optional
        Ranks that share the experts of a layer whole, among those of `tensor_parallel` and `data_parallel`; all of
        them if it is left out, and 1 where the ranks share each expert.
    bytes_per_weight, bytes_per_value : float
        Bytes of a weight of the layers, and of a number in the caches; those of the format, if left out.
    question_tokens, answer_tokens : float or array
        Mean lengths of prompts and answers. Where they are arrays, or the four numbers below are, so are all results.
    question_spread, answer_spread : float or array
        Standard deviations of the lengths, in shares of the means.
    arrival_spread : float or array
        Standard deviation of the time between the replica's requests, in shares of its mean: 1 where they come at
        random, more where they come in bursts (`formulas.waiting.dispersion`).
    hit_share : float or array
        Share of a prompt's tokens whose caches are kept from earlier prompts.
    acceptance : float or array
        Share of a draft's tokens that is accepted.
    draft_tokens : int
        Tokens that a draft proposes in a step; 0 without a draft.
    draft_cost : float
        Time of a token of the draft, in shares of a step.
    answers_per_question : int
        Answers to each question, which is read once and kept once.
    adapters, adapter_rank : int
        Low-rank adapters kept beside the model, each asked for as often as the others, and their rank.
    reads_prompts : bool
        Whether prompts are read here; if not, other replicas read them, and their caches come from there.
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
        expert_parallel: "int | None" = None,
        bytes_per_weight: "float | None" = None,
        bytes_per_value: "float | None" = None,
        question_tokens: "Numeric" = 1000,
        answer_tokens: "Numeric" = 500,
        question_spread: "Numeric" = 0,
        answer_spread: "Numeric" = 0,
        arrival_spread: "Numeric" = 1,
        hit_share: "Numeric" = 0,
        draft_tokens: int = 0,
        acceptance: "Numeric" = 0,
        draft_cost: float = 0.05,
        answers_per_question: int = 1,
        adapters: int = 0,
        adapter_rank: int = 16,
        reads_prompts: bool = True,
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
            raise Refusal("number_format", number_format, one_of(sorted(WEIGHT_BYTES)))
        if kernels not in ("present", "2023"):
            raise Refusal("kernels", kernels, "one of present, 2023")
        self.model, self.device, self.number_format, self.kernels = model, device, number_format, kernels
        self._take_cut(tensor_parallel, data_parallel, expert_parallel)
        self.pipeline_stages = whole("pipeline_stages", pipeline_stages, 1, model.layers, "layers")
        self.bytes_per_weight = self._or("bytes_per_weight", bytes_per_weight, WEIGHT_BYTES[number_format], 0.1, 8)
        self.bytes_per_value = self._or("bytes_per_value", bytes_per_value, VALUE_BYTES[number_format], 0.1, 8)
        self.question_tokens = sizes("question_tokens", question_tokens, 1, LONGEST)
        self.answer_tokens = sizes("answer_tokens", answer_tokens, 1, LONGEST)
        self.question_spread = sizes("question_spread", question_spread, 0, 10)
        self.answer_spread = sizes("answer_spread", answer_spread, 0, 10)
        self.arrival_spread = sizes("arrival_spread", arrival_spread, 1, MOST_BURST)
        self.hit_share = sizes("hit_share", hit_share, 0, 0.999)
        self.draft_tokens = whole("draft_tokens", draft_tokens, 0, 64)
        self.acceptance = sizes("acceptance", acceptance, 0, 0.999)
        self.draft_cost = size("draft_cost", draft_cost, 0, 1)
        self.answers_per_question = whole("answers_per_question", answers_per_question, 1, 1000)
        self.adapters = whole("adapters", adapters, 0, 10**6)
        self.adapter_rank = whole("adapter_rank", adapter_rank, 1, 4096)
        self.reads_prompts = switch("reads_prompts", reads_prompts)
        known = self.constants
        self.engine_bytes = self._or("engine_bytes", engine_bytes, known["engine_bytes"], 0, 1e13)
        self.cache_share = self._or("cache_share", cache_share, known["cache_share"], 0.01, 1)
        self.largest_batch = self._or("largest_batch", largest_batch, known["largest_batch"], 1, 10**6)
        self.chunk_tokens = self._or("chunk_tokens", chunk_tokens, known["chunk_tokens"], 1, LONGEST)
        self._full: Any = None  # found when they are first asked for
        self.marginal_prompt: Any = None
        self._alone_added: Any = None
        self._read_texts()
        self._count()
        self._measure()

    @staticmethod
    def _or(name: str, value: "float | None", usual: float, low: float, high: float) -> float:
        return usual if value is None else size(name, value, low, high)

    @property
    def devices(self) -> int:
        """Devices of the replica [1]."""
        return self.ranks * self.pipeline_stages

    @property
    def cut(self) -> "tuple[int, int, int, int]":
        """Ranks that share each layer, stages, groups of such ranks, and ranks that share the experts [1]."""
        return self.tensor_parallel, self.pipeline_stages, self.data_parallel, self.expert_parallel

    def resized(
        self,
        tensor_parallel: int,
        pipeline_stages: int = 1,
        data_parallel: int = 1,
        expert_parallel: "int | None" = None,
    ) -> "Service":
        """The same service on replicas of another size, or that share the model in another way."""
        other = object.__new__(Service)
        for name, value in self.__dict__.items():
            setattr(other, name, value)
        other.pipeline_stages = whole("pipeline_stages", pipeline_stages, 1, self.model.layers, "layers")
        other._take_cut(tensor_parallel, data_parallel, expert_parallel)
        if other.cut[:1] + other.cut[2:] == self.cut[:1] + self.cut[2:]:  # the same but for the stages
            other._connect()
            return other
        other._measure()
        return other

    def _take_cut(self, tensor_parallel: int, data_parallel: int, expert_parallel: "int | None") -> None:
        self.tensor_parallel = legal(self.model, whole("tensor_parallel", tensor_parallel))
        self.data_parallel = whole("data_parallel", data_parallel)
        self.ranks = self.tensor_parallel * self.data_parallel
        self.expert_parallel = self.ranks
        if expert_parallel is not None:
            self.expert_parallel = whole("expert_parallel", expert_parallel, 1, self.ranks, "ranks")
        if not self.model.experts:
            self.expert_parallel = 1

    def taken(self, places: "Any") -> "Service":
        """Of a service whose numbers are arrays, those at some places."""
        other = object.__new__(Service)
        for name, value in self.__dict__.items():
            setattr(other, name, take(value, places))
        return other

    def _read_texts(self) -> None:
        # What every step needs of the texts, once: a plan looks at hundreds of steps.
        self._written = speculative_tokens(self.acceptance, self.draft_tokens) if self.draft_tokens else 1.0
        self._draft_time = 1 + self.draft_tokens * self.draft_cost
        self._read_tokens = self.question_tokens * (1 - self.hit_share) * self.reads_prompts
        self._mean_context = self.question_tokens + self.answer_tokens * (1 + self.answer_spread**2) / 2
        self._request_tokens = self.answer_tokens * self.answers_per_question
        self._steps_per_prompt = self._request_tokens / self._written
        self.bursts = bool(getattr(self.arrival_spread, "ndim", 0)) or self.arrival_spread > 1

    def _count(self) -> None:
        # What does not depend on the number of devices.
        model, device, known = self.model, self.device, self.constants
        groups = model.groups
        self.expert_weights = groups["experts"]
        self.layer_weights = groups["linear"] + groups["router"]
        self.attention_weights = sum([part.layers * part.weights(model.hidden_size) for part in model.mixers])
        self.table_bytes = (model.table_values + model.vector_values) * ROW_BYTES
        self.mixtures = [part for part in model.mlps if part.kind == "mixture"]
        wide = matrix_rate(device, _wide(device), known)
        self.peak = known["products_share"] * matrix_rate(device, self._format(device), known)
        self.wide_peak = known["products_share"] * wide
        self.attention_rate = known["attention_share"] * wide
        self.bandwidth = known["memory_share"] * device.memory_bandwidth

    def _measure(self) -> None:
        # What every step needs of the model on so many devices, once.
        model, ranks = self.model, self.ranks
        # Ranks that each keep the caches of their own sequences: where heads would be copied, and of mixtures.
        few_heads = model.attention == "latent" or 0 < model.kv_heads < ranks
        self.by_sequence = self.data_parallel > 1 or few_heads or self.expert_weights > 0
        self.copied_weights = 0.0
        if self.by_sequence:  # and where experts are shared whole, all that is not in them
            copied = self.layer_weights if self.expert_parallel > 1 else self.attention_weights
            self.copied_weights = copied * (ranks - 1)
        self.kept = [
            (part.layers * part.cached_values * self.bytes_per_value * self._copies(part), part.window)
            for part in model.mixers
        ]
        self.state_bytes = sum([4.0 * part.layers * part.state_values for part in model.mixers])
        self._mean_bytes = self.sequence_bytes(self._mean_context)
        self._time()
        self._connect()

    def _time(self) -> None:
        # Seconds of a step by what they are proportional to: `formulas.decoding` with all but the batch put in.
        model, known, ranks = self.model, self.constants, self.ranks
        reading, layers, hidden = ranks * self.bandwidth, model.layers, model.hidden_size
        self.weight_read = (self.layer_weights + self.copied_weights) * self.bytes_per_weight / reading
        self.weight_token = 2.0 * self.layer_weights / (ranks * self.peak)
        self.logit_read = model.embedding_values * ROW_BYTES / reading
        self.logit_token = 2.0 * model.embedding_values / (ranks * self.wide_peak)
        self.vector_token = layers * known["row_vectors"] * hidden * ROW_BYTES / self.bandwidth
        if self.expert_parallel > 1:  # of their own sequences only
            self.vector_token /= ranks
        with_experts = sum([part.layers for part in self.mixtures])
        self.layer_fixed = layers * known["layer_seconds"] + with_experts * known["expert_layer_seconds"]
        prompt = layers * known["prompt_layer_seconds"] + with_experts * known["expert_prompt_layer_seconds"]
        self.layer_prompt = prompt * self.reads_prompts
        self.adapter_read = self.adapter_bytes / reading
        self.adapter_idle = 1 - 1 / most(1, self.adapters)
        if self.adapters:
            self.layer_fixed += layers * known["adapter_layer_seconds"]
            self.weight_token += self.adapter_bytes / (ranks * self.wide_peak)  # two FLOP for two bytes
        self.host_fixed = known["step_seconds"]
        each = known["expert_sequence_seconds" if self.mixtures else "sequence_seconds"]
        self.host_sequence = each / (ranks if self.by_sequence else 1)
        self.expert_times = []
        for part in self.mixtures:
            weights = part.layers * part.mlp_matrices * part.expert_mlp_size * (part.latent_size or hidden)
            row = part.layers * (5 * hidden + 6 * part.expert_mlp_size) / reading
            row += part.layers * known["expert_row_seconds"] / ranks
            self.expert_times.append(
                (
                    part.experts * weights * self.bytes_per_weight / reading,
                    1 - min(1.0, part.experts_per_token / part.experts),
                    part.experts_per_token * 2.0 * weights / (ranks * self.peak * known["expert_products_share"]),
                    part.experts_per_token * row,
                    # The busiest rank has more than its share: of normal numbers, at most so many deviations more.
                    (2 * log(self.expert_parallel) * self.expert_parallel / part.experts_per_token) ** 0.5,
                )
            )
        self.attention_prompt = self.prompt_attention() / ranks * self.reads_prompts
        self.plain_rate = 0.0
        if self.kernels == "2023":
            self.plain_rate = ranks * known["plain_attention_share"] * self.device.peak("fp32")

    def _connect(self) -> None:
        # What the links take of a step; what is found out later depends on it.
        device, known, ranks, stages = self.device, self.constants, self.ranks, self.pipeline_stages
        row = self.model.hidden_size * ROW_BYTES
        self.sent_fixed = self.sent_token = self.hidden_share = 0.0
        # Before each step of a stage its host goes through the sequences of all stages, one stage after another.
        self.host_stages = known["stage_sequence_seconds"] * stages**2 if stages > 1 else 0.0
        if ranks > 1 or stages > 1:
            joined = _joined(device, ranks)
            near = device.has("link_bandwidth") and ranks <= joined
            link = known["links_share"] * (device.link_bandwidth if near else device.network_bandwidth)
            latency = known["all_reduce_seconds" if near else "network_seconds"]
            if ranks > 1:
                sums, passes, rows, far = self._exchanges(joined)
                self.sent_fixed = (sums + passes) * latency
                self.sent_token = sums * 2 * (ranks - 1) / ranks * row / link
                each = self.model.hidden_size * (SENT_BYTES + ROW_BYTES) / ranks
                if rows:
                    self.sent_token += rows * each / (known["links_share"] * device.link_bandwidth)
                if far:
                    self.sent_token += far * each / (known["exchange_share"] * device.network_bandwidth)
                    self.hidden_share = known["exchange_hidden"]
            if stages > 1:
                self.sent_fixed += stages * latency
                self.sent_token += stages * row / link
        self._full = self.marginal_prompt = self._alone_added = None

    def _exchanges(self, joined: int) -> "tuple[float, float, float, float]":
        """All-reduces and all-to-alls of a step; ranks, and servers of `joined` ranks, that all layers send a token to.

        Two all-reduces a layer. Where ranks share the experts whole, they compute all else for their own sequences, and
        what is left is around the experts: ranks of a server gather all rows and add up what the experts made of them,
        which sends as much as an all-reduce. More ranks send rows to those whose experts they chose, in 8 bits, and
        back; over the network they go once to a server, which hands them on (DeepSeek-V3, sections 3.2.2 and 3.4).
        """
        groups = self.expert_parallel
        if groups == 1:
            return 2.0 * self.model.layers, 0.0, 0.0, 0.0
        if self.ranks <= min(joined, MOST_GATHERED):
            return float(sum([part.layers for part in self.mixtures])), 0.0, 0.0, 0.0
        passes, rows, far, servers = 0.0, 0.0, 0.0, self.ranks / joined
        for part in self.mixtures:
            passes += 2 * part.layers
            # Experts are chosen at random, some of one group, all of whose ranks need the row but for the token's own.
            chosen = groups * (1 - (1 - 1 / groups) ** part.experts_per_token)
            rows += part.layers * chosen / groups * (self.ranks - 1)
            far += part.layers * (1 - (1 - 1 / servers) ** part.experts_per_token) * (servers - 1)
        if joined == 1:
            rows, far = 0.0, rows
        return 0.0, passes, rows, far

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
        layers = self.layer_weights + self.copied_weights + self.expert_weights
        return layers * self.bytes_per_weight + self.table_bytes + self.adapters * self.adapter_bytes

    @property
    def adapter_bytes(self) -> float:
        """Bytes of an adapter: two narrow matrices at each of the four of attention, in 16 bits [byte]."""
        return 8.0 * self.model.layers * self.model.hidden_size * self.adapter_rank * ROW_BYTES

    @property
    def program_bytes(self) -> float:
        """Bytes that the engine takes on all devices: program, graphs and activations, and a mixture's rows [byte]."""
        # Room for the rows of all ranks of a server, each of which may be sent them all.
        gathered = self.constants["expert_rank_bytes"] * min(self.ranks, MOST_GATHERED) if self.mixtures else 0.0
        return self.devices * (self.engine_bytes + gathered)

    @property
    def cache_room(self) -> float:
        """Bytes that are left for caches on all devices [byte]; negative, if not even the weights fit."""
        free = self.devices * self.device.memory - self.program_bytes - self.weight_bytes
        return free * self.cache_share if free > 0 else free

    @property
    def fits(self) -> bool:
        """Whether the weights and one sequence fit."""
        return bool(self.memory_batch() >= 1)

    def sequence_bytes(self, tokens: "Numeric") -> "Numeric":
        """Bytes of the caches of a sequence of some tokens, on all devices [byte]."""
        total = self.state_bytes
        for each, window in self.kept:
            total += each * (least(tokens, window) if window else tokens)
        return total

    def memory_batch(self) -> "Numeric":
        """Sequences whose questions and answers fit, not rounded [1]: long answers are there longer than short ones."""
        # Prompts that begin alike keep that part once, and so do the answers to one question.
        question = self.question_tokens * (1 - self.hit_share) / self.answers_per_question
        each = self.sequence_bytes(question + self.answer_tokens * (1 + self.answer_spread**2))
        if not self.kept and not self.state_bytes:
            return self.most_sequences()
        return most(0.0, self.cache_room / each)

    def most_sequences(self) -> "Numeric":
        """Sequences that the engine takes in a step [1]: as many for each rank that keeps its own."""
        return self.largest_batch * (self.ranks if self.by_sequence else 1) * self.pipeline_stages

    def full_batch(self) -> float:
        """Sequences in a step when requests always wait [1]."""
        if self._full is None:
            self._full = least(self.memory_batch(), self.most_sequences())
        full: float = self._full
        return full

    def mean_context(self) -> "Numeric":
        """Tokens that a sequence has on average over the steps of its answer [token]: longer answers take more."""
        return self._mean_context

    # Time

    def step(
        self, batch: "Numeric", context: "Numeric", prompt_tokens: "Numeric" = 0.0, prompts: "Numeric" = 0.0
    ) -> "Step":
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
        return Step(self._parts(batch, context, prompt_tokens, prompts))

    def step_seconds(
        self, batch: "Numeric", context: "Numeric", prompt_tokens: "Numeric" = 0.0, prompts: "Numeric" = 0.0
    ) -> "Numeric":
        """Seconds of such a step [s] (arguments as in `step`)."""
        return sum(self._parts(batch, context, prompt_tokens, prompts))

    def _parts(
        self, batch: "Numeric", context: "Numeric", prompt_tokens: "Numeric", prompts: "Numeric"
    ) -> "tuple[Numeric, ...]":
        # In the order of Step.PARTS. The products are formulas.decoding.product_seconds, the sums all_reduce_seconds.
        checked = batch * (1 + self.draft_tokens)
        tokens, rows, overlap = checked + prompt_tokens, checked + prompts, self.constants["overlap"]
        read = self.weight_read
        if self.adapters:
            read += self._adapters_read(batch + prompts)
        weights = _overlapped(read, self.weight_token * tokens, overlap)
        experts = 0.0
        for read, idle, computed, moved, uneven in self.expert_times:
            touched = 1 - idle ** most(tokens, 1e-9)  # formulas.decoding.touched_share
            busiest = tokens + uneven * tokens**0.5 if uneven else tokens
            experts += _overlapped(read * touched, computed * busiest, overlap) + moved * tokens
        each = self._mean_bytes if context is self._mean_context else self.sequence_bytes(context)
        caches = batch * each / (self.ranks * self.bandwidth)
        if self.plain_rate:
            caches += batch * self._plain_attention(most(context, 1.0))
        reading = 1 - e**-prompts * (batch > 0)  # 1 where no answer is written
        logits = _overlapped(self.logit_read, self.logit_token * rows, overlap) * (rows > 0)
        scores, vectors = prompts * self.attention_prompt, self.vector_token * tokens
        sending = self.sent_fixed + self.sent_token * tokens
        if self.hidden_share:  # two halves of the batch take turns, of which one is sent while the other is computed
            computing = weights + experts + caches + scores + vectors
            sending -= self.hidden_share * least(sending, computing)
        layers = self.layer_fixed + self.layer_prompt * reading
        host = self.host_fixed + (self.host_sequence + self.host_stages) * batch
        return weights, experts, logits, caches, scores, vectors, sending, layers, host

    def reading_seconds(self, tokens: "Numeric", sequences: "Numeric") -> "Numeric":
        """Seconds in which the weights are read that a step of some tokens of some sequences needs [s]."""
        experts = sum([part[0] * (1 - part[1] ** most(tokens, 1e-9)) for part in self.expert_times])
        adapters = self._adapters_read(sequences) if self.adapters else 0.0
        return self.weight_read + self.logit_read + experts + adapters

    def _adapters_read(self, sequences: "Numeric") -> "Numeric":
        # Each sequence asks for one at random (formulas.decoding.touched_share).
        return self.adapters * self.adapter_read * (1 - self.adapter_idle ** most(sequences, 1e-9))

    def _plain_attention(self, context: "Numeric") -> "Numeric":
        total = 0.0
        for part in self.model.mixers:
            if part.kind == "standard" and part.kv_heads < part.heads:
                total += part.layers * part.score_flop(least(context, part.window or context))
        return total / self.plain_rate

    def prompt_attention(self) -> "Numeric":
        """Seconds of a device for the scores of one prompt [s]."""
        length = self.question_tokens
        total = 0.0
        for part in self.model.mixers:
            window = least(part.window or length, length)
            keys = window - window * window / (2.0 * length)  # on average, under the mask
            total += part.layers * part.score_flop(keys)
        # Long prompts count by their squares.
        misses = (1 - self.hit_share**2) * (1 + self.question_spread**2)
        return total * length * misses / self.attention_rate

    def read_tokens(self) -> "Numeric":
        """Tokens of a prompt that are read [token]."""
        return self._read_tokens

    def written(self) -> "Numeric":
        """Tokens that a step writes of an answer [1]: more than one with a draft."""
        return self._written

    def drafted(self, seconds: "Numeric") -> "Numeric":
        """A step's time with that of its draft [s]."""
        return seconds * self._draft_time

    def first_token_seconds(self) -> "Numeric":
        """Time to the first token of a request that is alone [s]."""
        return self.step_seconds(0.0, 0.0, self.read_tokens(), 1.0)

    def token_seconds(self, batch: "Numeric", none: "Numeric | None" = None) -> "Numeric":
        """Time from a token to the next, where as many requests begin as end [s].

        Where fewer than one prompt comes to a step, most steps read none, and a prompt lengthens the one that it meets:
        it cannot hide behind the reading of weights in all of them.

        Parameters
        ----------
        batch : float
            Answers in progress.
        none : float, optional
            Seconds of a step that writes a token of each and reads no prompt, if that is known.
        """
        batch = batch / self.pipeline_stages
        steps = self._steps_per_prompt
        often = batch >= steps
        if often is True:
            return self._mixed_seconds(batch) / self._written
        if self._alone_added is None:
            plain = self.drafted(self.step_seconds(steps, self._mean_context))
            self._alone_added = most(0.0, self._mixed_seconds(steps) - plain)
        if none is None:
            none = self.step_seconds(batch, self._mean_context)
        seconds = none * self._draft_time + batch / steps * self._alone_added
        if often is not False:
            seconds = choose(often, self._mixed_seconds(batch), seconds)
        return seconds / self._written

    def steps_per_prompt(self) -> "Numeric":
        """Steps from a prompt to the next if one sequence is written at a time [1]."""
        return self._steps_per_prompt

    def seen(self, batch: "Numeric") -> "Numeric":
        """Sequences that those of a request find themselves among where requests come at random: the others and they.

        The number of the others is that of a Poisson process, which who arrives sees whole (Wolff 1982, "Poisson
        arrivals see time averages"). Of those who come in bursts, more come with them.
        """
        more = self.answers_per_question
        if self.bursts:
            more = more * (1 + self.crowd(batch / more) * shared_life(self.answer_spread))
        return most(batch, least(batch + more, self.full_batch()))

    def crowd(self, arrivals: "Numeric") -> "Numeric":
        """How many more requests come within a time of one's own than come at random, and 0 without bursts [1].

        Parameters
        ----------
        arrivals : float
            Requests that come in that time on average.
        """
        if not self.bursts:
            return 0.0
        square = self.arrival_spread**2
        spent = 2 * most(arrivals, 1e-6) / (square + 1)
        return (square - 1) * (1 - (1 - e**-spent) / spent)  # formulas.waiting.dispersion - 1

    def pace(self, batch: "Numeric") -> "tuple[Numeric, Numeric, Numeric, Numeric]":
        """How quickly tokens follow each other where requests come at random.

        Parameters
        ----------
        batch : float
            Sequences in progress on average.

        Returns
        -------
        tuple of float
            Sequences that are `seen`; seconds from a token to the next; seconds of a step that reads no prompt, and
            what a sequence adds to these.
        """
        stages, context, more = self.pipeline_stages, self._mean_context, self.answers_per_question
        none, seen = self.step_seconds(batch / stages, context), self.seen(batch)
        each = (self.step_seconds((batch + more) / stages, context) - none) * stages / more
        added = each * (seen - batch) / stages
        return seen, self.token_seconds(batch, none) + added * self._draft_time / self._written, none + added, each

    def request_rate(self, batch: "Numeric") -> "Numeric":
        """Requests a second that keep a mean number of sequences in progress if they come at random [1/s]."""
        return batch / (self._request_tokens * self.pace(batch)[1])

    def _mixed_seconds(self, batch: "Numeric") -> "Numeric":
        # A step takes no more than `chunk_tokens`: where answers and prompts are more, they take turns.
        begun, tokens = batch / self._steps_per_prompt, self._read_tokens
        room = self.chunk_tokens * (self.ranks if self.by_sequence else 1)
        share = least(1.0, room / (batch * (1 + self.draft_tokens) + begun * tokens))
        part = self.step_seconds(batch * share, self._mean_context, begun * share * tokens, begun * share)
        return part * self._draft_time / share

    def static_seconds(self, batch: "Numeric") -> "Numeric":
        """Time of a batch that begins and ends together [s]."""
        tokens = batch * self.read_tokens()
        passes = most(1.0, tokens / self.chunk_tokens)
        reading = passes * self.step_seconds(0.0, 0.0, tokens / passes, batch / passes)
        middle = self.step_seconds(batch, self.question_tokens + self.answer_tokens / 2)
        return reading + self.answer_tokens / self.written() * self.drafted(middle)


def _joined(device: "Device", ranks: int) -> int:
    """Of so many devices those that quick links join to each other."""
    if not device.has("link_bandwidth"):
        return 1
    return int(min(ranks, device.link_devices)) if device.has("link_devices") else ranks


def shared_life(spread: "Numeric") -> "Numeric":
    """Of gamma distributed times, the mean of the shorter of two in shares of that of one [1]: 1 less Gini's index."""
    return 1 - spread / (pi + (4 - pi) * spread**2) ** 0.5


def _overlapped(reading: "Numeric", computing: "Numeric", overlap: float) -> "Numeric":
    less = computing if (computing < reading) is True else least(reading, computing)
    return reading + computing - overlap * less


def legal(model: "Model", ranks: int) -> int:
    """Ranks that can share each layer, or a refusal: their number divides the heads, and the key-value heads' it.

    Raises
    ------
    ValueError
        If they cannot.
    """
    if ranks not in legal_ranks(model, ranks):
        allowed = ", ".join([str(number) for number in legal_ranks(model, model.heads)])
        accepted = message("one that divides the {heads} heads: {numbers}", heads=model.heads, numbers=allowed)
        raise Refusal("tensor_parallel", ranks, accepted)
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
