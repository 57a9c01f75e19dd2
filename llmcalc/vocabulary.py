"""The words of llmcalc: each name of an argument once, with its unit, its meaning and its range.

One name means one thing in the code, the notebooks, the data and the prose. Formulas take every number in its
``unit``; people read and write it in the unit ``shown``, of which one is ``scale`` of the other. Counts of whole
things (devices, servers, streams, runs) are pure numbers, ``1``; parameters, tokens, characters, pixels, FLOP
and integer operations are dimensions of their own, so that mixing them up fails the unit test.

>>> WORDS["mfu"].unit, WORDS["mfu"].accepted
('1', 'a fraction above 0 and at most 1')
>>> WORDS["days"].shown, WORDS["days"].scale
('day', 86400.0)
"""

from .messages import message
from .units import DAY, GIBI, GIGA, HOUR, KILOWATT_HOUR, MINUTE, TERA

INFINITY = float("inf")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Numeric = Any


class Range:
    """Numbers between two ends, each of which belongs to it or not.

    Parameters
    ----------
    low, high : float
        The ends.
    low_open, high_open : bool
        Whether an end is left out.
    accepted : str, optional
        What to give, for people, if it is more than a number between the two.

    Examples
    --------
    >>> SHARE.holds(1), SHARE.holds(0)
    (True, False)
    """

    def __init__(self, low: float, high: float, low_open: bool, high_open: bool, accepted: str = "") -> None:
        self.low, self.high = low, high
        self.low_open, self.high_open = low_open, high_open
        self._accepted = accepted

    @property
    def accepted(self) -> str:
        """What to give, for people."""
        return self._accepted or message("a number from {low} to {high}", low=self.low, high=self.high)

    def holds(self, smallest: "Numeric", largest: "Numeric | None" = None) -> "Numeric":
        """Whether numbers from the smallest to the largest lie in the range; of arrays, element by element."""
        largest = smallest if largest is None else largest
        above = smallest > self.low if self.low_open else smallest >= self.low
        if self.high == INFINITY:  # which quantities with units can be told from, but not compared with
            return above & (largest != INFINITY)
        return above & (largest < self.high if self.high_open else largest <= self.high)


def between(low: float, high: float) -> Range:
    """Numbers from one end to the other.

    Examples
    --------
    >>> between(0.01, 1).accepted
    'a number from 0.01 to 1'
    """
    return Range(low, high, False, False)


POSITIVE = Range(0, INFINITY, True, True, "a finite number above 0")
FROM_ZERO = Range(0, INFINITY, False, True, "a finite number, 0 or more")
FROM_ONE = Range(1, INFINITY, False, True, "a finite number, 1 or more")
SHARE = Range(0, 1, True, False, "a fraction above 0 and at most 1")
SHARE_BELOW_ONE = Range(0, 1, False, True, "a share of 0 or more and below 1")
TEXT = None
YES_OR_NO = None


class Word:
    """What an argument's name means.

    Parameters
    ----------
    unit : str
        Unit in which formulas take it.
    meaning : str
        What it is.
    range : Range or None
        What formulas accept; None for texts and for yes or no.
    usual : tuple of float, optional
        Smallest and largest number that people are asked for, in the unit shown.
    shown : str, optional
        Unit in which people write it.
    scale : float
        How much of ``unit`` one of ``shown`` is.
    whole : bool
        Whether people give whole numbers only.
    choices : str, optional
        Texts to choose from, or the column of a data file that has them.
    """

    def __init__(
        self,
        unit: str,
        meaning: str,
        range: "Range | None",  # noqa: A002 - the word for it
        usual: "tuple[float, float] | None" = None,
        shown: str = "",
        scale: float = 1.0,
        whole: bool = False,
        choices: str = "",
    ) -> None:
        self.unit, self.meaning, self.range, self.usual = unit, meaning, range, usual
        self.shown, self.scale, self.whole, self.choices = shown or unit, scale, whole, choices

    @property
    def accepted(self) -> str:
        """What to give, for people."""
        return self.range.accepted if self.range else "one of " + self.choices


WORDS = {
    "a100_tflops": Word(
        "FLOP/s", "dense BF16 and FP16 peak of an A100", POSITIVE, usual=(1, 10000), shown="TFLOP/s", scale=TERA
    ),
    "accelerated_share": Word("1", "share of the time spent in the part, before", SHARE, usual=(0.01, 1)),
    "accelerator": Word("1", "device", TEXT, choices="accelerator in data/accelerators.csv"),
    "acceptance": Word("1", "share of a draft's tokens that are accepted", SHARE_BELOW_ONE, usual=(0, 0.99)),
    "achieved_flops": Word("FLOP/s", "measured rate of a GPU, recomputation included", POSITIVE),
    "active_params": Word("parameter", "parameters used on a token", POSITIVE),
    "adapter_rank": Word("1", "rank of adapters", POSITIVE, usual=(1, 1024), whole=True),
    "adapters": Word(
        "1", "adapters that customers have of their own, 0 for none", FROM_ZERO, usual=(0, 10000), whole=True
    ),
    "answer_tokens": Word("token", "tokens of an answer", POSITIVE, usual=(1, 1e6)),
    "answer_spread": Word(
        "1", "standard deviation of the answers' lengths, in shares of their mean", FROM_ZERO, usual=(0, 3)
    ),
    "answers_per_question": Word(
        "1", "answers that are written to each question", POSITIVE, usual=(1, 64), shown="answer", whole=True
    ),
    "arrival": Word("s", "time at which a task arrives", FROM_ZERO),
    "arrival_spread": Word(
        "1", "standard deviation of the time between arrivals, in shares of its mean", FROM_ZERO, usual=(0, 10)
    ),
    "arrivals": Word("1", "arrivals within a time on average", POSITIVE),
    "arrivals_spread": Word(
        "1", "whether tasks arrive evenly over the year, else all are there on its first day", YES_OR_NO
    ),
    "ascend_910_tflops": Word(
        "FLOP/s", "dense FP16 peak of an Ascend 910", POSITIVE, usual=(1, 10000), shown="TFLOP/s", scale=TERA
    ),
    "assumed_mfu": Word("1", "utilisation assumed where durations are predicted", SHARE, usual=(0.01, 1)),
    "autoscaling": Word("1", "whether replicas come and go with the hours of the day", YES_OR_NO),
    "backward_seconds": Word("s", "backward pass of a microbatch through one stage", POSITIVE),
    "bandwidth_share": Word("1", "share of the largest bandwidth that counts as reached", POSITIVE, usual=(0.01, 1)),
    "batch": Word("1", "sequences or pictures in work at once", POSITIVE, usual=(1, 1e6), shown="sample", whole=True),
    "batch_exponent": Word("1", "exponent of the batch", SHARE),
    "batch_scale": Word("token", "scale of the batch", POSITIVE),
    "batch_step": Word(
        "1", "number that the batch is a multiple of", POSITIVE, usual=(1, 4096), shown="sequence", whole=True
    ),
    "batch_tokens": Word("token", "tokens computed for one reading of the weights", POSITIVE),
    "block_size": Word("1", "weights that share a scale", POSITIVE),
    "blocking_share": Word(
        "1",
        "share of a checkpoint's writing in which training stands still",
        Range(0, 1, False, False, "a share from 0 to 1"),
    ),
    "blocks": Word("1", "blocks of the machine", POSITIVE, whole=True),
    "bits_per_weight": Word("1", "bits of a weight", POSITIVE),
    "block_edge": Word("1", "chips along each edge of a block of the TPU machine", POSITIVE, usual=(1, 16), whole=True),
    "budget_flop": Word("FLOP", "training compute", POSITIVE, usual=(1e15, 1e30)),
    "busiest_hour_share": Word(
        "1", "share of the day's tokens that falls into its busiest hour; 1/24 is flat", SHARE, usual=(0.0416, 1)
    ),
    "bytes_per_bit": Word("byte", "bytes of a bit", POSITIVE),
    "bytes_per_character": Word("byte/character", "bytes of a character", POSITIVE, usual=(1, 4)),
    "bytes_per_param": Word(
        "byte/parameter",
        "bytes of a parameter: 4 in FP32, 2 in FP16 and BF16, 1 in INT8 and FP8",
        POSITIVE,
        usual=(0.1, 8),
    ),
    "bytes_per_value": Word("byte", "bytes of a stored number: 2 in FP16 and BF16", POSITIVE, usual=(0.125, 4)),
    "cache_bytes": Word("byte", "memory of the keys and values of all answers in progress", FROM_ZERO),
    "cache_format": Word("1", "number format of keys and values in the caches", TEXT, choices="bf16, fp8"),
    "carbon_intensity": Word(
        "kg/J",
        "carbon dioxide emitted per unit of energy",
        POSITIVE,
        usual=(0.001, 2),
        shown="kg/kWh",
        scale=1 / KILOWATT_HOUR,
    ),
    "card_bandwidth": Word("byte/s", "rate of a card, one direction", POSITIVE),
    "card_ops": Word("op/s", "peak of a card", POSITIVE),
    "card_tflops": Word(
        "FLOP/s", "dense FP16 peak of a card", POSITIVE, usual=(1, 100000), shown="TFLOP/s", scale=TERA
    ),
    "card_tops": Word(
        "op/s", "peak of a card in the same number format", POSITIVE, usual=(1, 100000), shown="TOPS", scale=TERA
    ),
    "cards": Word("1", "cards bought", POSITIVE, usual=(1, 1024), whole=True),
    "cards_per_server": Word("1", "cards in one server", POSITIVE, usual=(1, 20), whole=True),
    "cards_per_trial": Word("1", "cards that one training takes", POSITIVE, usual=(1, 8), shown="card", whole=True),
    "channels": Word("1", "numbers that stand for a part of a picture", POSITIVE),
    "characters_per_question": Word(
        "character", "characters of a question and its answer together", POSITIVE, usual=(1, 1e7)
    ),
    "characters_per_token": Word("character/token", "characters of a token", POSITIVE, usual=(0.25, 20)),
    "checkpoint_bytes_per_param": Word(
        "byte/parameter", "bytes that are saved of a parameter", POSITIVE, usual=(1, 32)
    ),
    "checkpoint_minutes": Word(
        "s",
        "time from one checkpoint to the next, 0 for the best",
        FROM_ZERO,
        usual=(0, 1440),
        shown="min",
        scale=MINUTE,
    ),
    "chips_per_card": Word("1", "equal chips that share the card's peak", POSITIVE, usual=(1, 16), whole=True),
    "chips_per_host": Word("1", "chips that stop when a host does", POSITIVE, usual=(1, 64), whole=True),
    "chips_x": Word("1", "chips along the first axis", POSITIVE),
    "chips_y": Word("1", "chips along the second axis", POSITIVE),
    "chips_z": Word("1", "chips along the third axis", POSITIVE),
    "classes": Word("1", "things that the network tells apart", POSITIVE, usual=(1, 100000), whole=True),
    "cluster_cards": Word("1", "cards of the cluster", POSITIVE, usual=(8, 4096), shown="card", whole=True),
    "cluster_flops": Word("FLOP/s", "capacity of the cluster", POSITIVE),
    "communication_seconds": Word("s", "time of communication that no computation hides", FROM_ZERO, usual=(0, 10000)),
    "context": Word("1", "tokens of a sequence", POSITIVE, usual=(1, 10000000), shown="token", whole=True),
    "context_parallel": Word(
        "1", "devices that share each sequence", POSITIVE, usual=(1, 64), shown="device", whole=True
    ),
    "copies": Word("1", "experts that a token goes to", POSITIVE),
    "corpus_bytes": Word("byte", "size of the text", POSITIVE),
    "corpus_gigabytes": Word(
        "byte", "size of a Chinese text at hand", POSITIVE, usual=(1e-3, 1e9), shown="GB", scale=GIGA
    ),
    "cost": Word("USD", "what was paid", POSITIVE),
    "count": Word("1", "count", POSITIVE),
    "counted_tflops": Word(
        "FLOP/s", "the document's rate of an Ascend 910", POSITIVE, usual=(1, 10000), shown="TFLOP/s", scale=TERA
    ),
    "cover_seconds": Word("s", "computation that an exchange may hide behind", FROM_ZERO),
    "data_parallel": Word("1", "devices that train together", POSITIVE, usual=(1, 100000), shown="device", whole=True),
    "data_seconds": Word("s", "time to load the batch", FROM_ZERO, usual=(0, 10000)),
    "days": Word("s", "time allowed, if the deadline is fixed", POSITIVE, usual=(0.01, 3650), shown="day", scale=DAY),
    "days_in_year": Word("s", "days in which the cluster runs", POSITIVE, usual=(1, 366), shown="day", scale=DAY),
    "depth": Word("1", "multiplier of the layers", POSITIVE, usual=(0.1, 10)),
    "detection_minutes": Word(
        "s", "time until a failure is noticed and located", FROM_ZERO, usual=(0, 1440), shown="min", scale=MINUTE
    ),
    "deviations": Word("1", "quantile of the normal distribution", FROM_ZERO),
    "device_count": Word(
        "1", "devices at hand, if they are fixed", POSITIVE, usual=(1, 10000000), shown="device", whole=True
    ),
    "design_power": Word("W", "design power of a device alone", POSITIVE, usual=(0.1, 100000)),
    "device_memory": Word("byte", "memory of the device", POSITIVE),
    "device_mtbf": Word("s", "mean time between the failures that a device causes", POSITIVE),
    "device_power": Word("W", "power of a device", POSITIVE),
    "device_seconds": Word("s", "device-time, added up over all devices", POSITIVE),
    "device_throughput": Word("token/s", "throughput of one device alone", POSITIVE, usual=(0.001, 10000000)),
    "device_watts": Word(
        "W", "power of a device with its share of the server, 0 for the datasheet's", FROM_ZERO, usual=(0, 5000)
    ),
    "devices": Word("1", "devices", POSITIVE, usual=(1, 1000000), shown="device", whole=True),
    "devices_per_server": Word("1", "devices in one server", POSITIVE, usual=(1, 72), shown="device", whole=True),
    "dilation": Word("1", "step from one weight of a kernel to the next", POSITIVE),
    "devices_per_replica": Word(
        "1", "devices of a replica, 0 for the best number", FROM_ZERO, usual=(0, 1024), shown="device", whole=True
    ),
    "disaggregated": Word("1", "whether one pool of replicas reads questions and another writes answers", YES_OR_NO),
    "draft_cost": Word("1", "time of a draft's token, in shares of a step", FROM_ZERO, usual=(0, 1)),
    "draft_tokens": Word("1", "tokens of a draft", FROM_ZERO, usual=(0, 32), shown="token", whole=True),
    "efficiency": Word("1", "share of its cards' capacity that a cluster keeps", SHARE, usual=(0.1, 1)),
    "electricity_price": Word(
        "USD/J", "price of energy", POSITIVE, usual=(0.001, 10), shown="USD/kWh", scale=1 / KILOWATT_HOUR
    ),
    "embedding_tables": Word(
        "1",
        "tables of tokens: 1 if the logits use the embedding's own, 2 if not",
        POSITIVE,
        usual=(1, 2),
        shown="table",
        whole=True,
    ),
    "epochs": Word("1", "passes over the data set", POSITIVE, usual=(0.01, 1000)),
    "expert_mlp_size": Word("1", "width inside an expert", POSITIVE),
    "expert_parallel": Word(
        "1", "devices that share each layer's experts", POSITIVE, usual=(1, 512), shown="device", whole=True
    ),
    "experts": Word("1", "experts e that a token can be sent to", POSITIVE),
    "experts_per_token": Word("1", "experts k that a token is sent to", POSITIVE),
    "failures": Word("1", "failures in the time watched", POSITIVE, usual=(0.01, 100000)),
    "failed_cards": Word("1", "cards out of service", FROM_ZERO, usual=(0, 100000), whole=True),
    "final_vectors": Word("1", "last norm, in vectors of the hidden size", FROM_ZERO),
    "first_params": Word("parameter", "one model for the budget", POSITIVE, usual=(1e6, 1e14)),
    "fixed_bytes": Word("byte", "memory that does not depend on the batch", FROM_ZERO),
    "fixed_seconds": Word("s", "part of the time that does not depend on the answers", FROM_ZERO),
    "flop": Word("FLOP", "compute", POSITIVE),
    "flop_per_mac": Word("FLOP/MAC", "operations in a multiply-accumulate", POSITIVE),
    "flop_per_param_token": Word(
        "FLOP/parameter/token", "FLOP per active parameter and token", POSITIVE, usual=(1, 12)
    ),
    "flop_per_score": Word("FLOP", "other FLOP of an attention score", POSITIVE),
    "flop_per_value": Word("FLOP", "other FLOP of a number of the hidden state", POSITIVE),
    "flop_per_weight": Word("FLOP", "FLOP of one product of a matrix entry and its addition", POSITIVE),
    "flops": Word("FLOP/s", "rate of computing", POSITIVE),
    "forward_backward_seconds": Word("s", "time of the forward and the backward pass", POSITIVE, usual=(0.001, 10000)),
    "forward_passes": Word("1", "training's work in forward passes; 3, or 4 with full recomputation", POSITIVE),
    "forward_seconds": Word("s", "forward pass of a microbatch through one stage", POSITIVE),
    "frame_height": Word("pixel", "height of a frame", POSITIVE, usual=(120, 8640), whole=True),
    "frame_rate": Word("1/s", "frames a second", POSITIVE, usual=(1, 240)),
    "frame_width": Word("pixel", "width of a frame", POSITIVE, usual=(160, 15360), whole=True),
    "frames_per_second": Word("1/s", "positions in a second of speech", POSITIVE, usual=(1, 1000)),
    "frontier_exponent": Word("1", "growth with the budget", SHARE),
    "frontier_flop": Word("FLOP", "budget, a petaFLOP/s-day", POSITIVE),
    "frontier_params": Word("parameter", "best model for the budget", POSITIVE),
    "goal": Word("1", "what a deadline is met with", TEXT, choices="fewest devices, least device-time"),
    "gpu_bandwidth": Word(
        "byte/s", "memory bandwidth of such a GPU", POSITIVE, usual=(1, 100000), shown="GB/s", scale=GIGA
    ),
    "gpu_tflops": Word("FLOP/s", "dense BF16 peak of a GPU", POSITIVE, usual=(1, 10000), shown="TFLOP/s", scale=TERA),
    "gpus": Word("1", "GPUs", POSITIVE, usual=(1, 100000), whole=True),
    "gradient_bytes_per_param": Word("byte/parameter", "bytes of a gradient", POSITIVE),
    "gradient_shards": Word("1", "devices that share one copy of the gradients", POSITIVE),
    "groups": Word("1", "groups into which the channels are split, each convolved on its own", POSITIVE),
    "half_context": Word("1", "length of a sequence at which attention reaches half of its rate", FROM_ZERO),
    "head_bytes": Word("byte", "bytes that attention keeps beside, a head and token", FROM_ZERO),
    "head_size": Word("1", "size of a query or key head", POSITIVE),
    "headroom": Word("1", "share of the card left free", SHARE_BELOW_ONE, usual=(0, 0.9)),
    "heads": Word("1", "query heads", POSITIVE, usual=(1, 1024), shown="head", whole=True),
    "hfu_flop_per_param_token": Word("FLOP/parameter/token", "work with recomputation", POSITIVE, usual=(1, 16)),
    "hidden_share": Word("1", "share of an exchange that may overlap with computation", SHARE_BELOW_ONE),
    "hidden_size": Word("1", "hidden size", POSITIVE, usual=(1, 131072), whole=True),
    "hit_share": Word("1", "share of a prompt's tokens whose caches are kept", SHARE_BELOW_ONE, usual=(0, 0.99)),
    "host_availability": Word("1", "probability that a host works", SHARE, usual=(0.5, 1)),
    "hours": Word("s", "duration of training", POSITIVE, usual=(0.01, 100000), shown="h", scale=HOUR),
    "hosts_per_block": Word("1", "hosts of a block", POSITIVE),
    "hours_per_day": Word("1", "hours in a day", POSITIVE),
    "image_rate": Word(
        "1/s", "rate of the faster device, in images a second", POSITIVE, usual=(1, 1e9), shown="image/s"
    ),
    "image_size": Word("pixel", "height and width of the pictures", POSITIVE, usual=(75, 2048), whole=True),
    "images": Word("1", "pictures in the data set, by default ImageNet's", POSITIVE, usual=(1, 1e12), shown="image"),
    "in_channels": Word("1", "channels of the input", POSITIVE),
    "in_features": Word("1", "numbers that enter", POSITIVE),
    "inner_size": Word("1", "width inside the mixer", POSITIVE),
    "input_size": Word("1", "height or width of the input", POSITIVE),
    "inputs": Word("1", "inputs of a matrix", POSITIVE),
    "interval": Word("s", "time between two arrivals or checkpoints", FROM_ZERO),
    "irreducible_loss": Word("1", "loss of an endless model on endless text", POSITIVE),
    "iteration_seconds": Word("s", "time of an iteration", POSITIVE, usual=(0.001, 100000)),
    "joules": Word("J", "energy", POSITIVE),
    "kept_share": Word("1", "what the change leaves of the part that it affects", SHARE_BELOW_ONE),
    "kernel_height": Word("1", "height of the kernel", POSITIVE),
    "kernel_size": Word("1", "height or width of the kernel", POSITIVE),
    "kernel_width": Word("1", "width of the kernel", POSITIVE),
    "key_heads": Word("1", "heads of queries and of keys", POSITIVE),
    "key_size": Word("1", "size of a query or key head", POSITIVE),
    "keys": Word("1", "keys that a token is compared with, on average", POSITIVE),
    "kv_heads": Word("1", "key and value heads", POSITIVE, usual=(1, 1024), shown="head", whole=True),
    "kept_values": Word("1", "values that kernels save of a token", FROM_ZERO),
    "kv_rank": Word("1", "size of the compressed key and value", POSITIVE),
    "labels": Word("1", "labels, such as the masks of objects", POSITIVE),
    "largest_bandwidth": Word("byte/s", "largest bandwidth of a way", POSITIVE),
    "largest_wait_ratio": Word("1", "largest wait ratio of all devices", FROM_ZERO, usual=(0, 0.99)),
    "latency_seconds": Word("s", "time that a collective takes however small its message is", FROM_ZERO),
    "launch_seconds": Word("s", "time to launch the kernel", FROM_ZERO),
    "layer_vectors": Word(
        "1",
        "biases and norms of a layer, in vectors of the hidden size",
        FROM_ZERO,
        usual=(0, 100),
        shown="vector",
        whole=True,
    ),
    "layers": Word("1", "layers", POSITIVE, usual=(1, 1000), shown="layer", whole=True),
    "learned_positions": Word("1", "learned positions", FROM_ZERO, usual=(0, 10000000), shown="row", whole=True),
    "linear_params": Word("parameter", "parameters of the matrices in the layers", POSITIVE),
    "linearity": Word("1", "linearity", SHARE),
    "linearity_threshold": Word("1", "linearity below which a cluster scales badly", SHARE, usual=(0.01, 1)),
    "link_bandwidth": Word(
        "byte/s",
        "rate at which a device sends to those of its fast domain, one direction",
        POSITIVE,
        usual=(0.001, 1e6),
        shown="GB/s",
        scale=GIGA,
    ),
    "link_devices": Word(
        "1", "devices of its fast domain, itself included", POSITIVE, usual=(1, 100000), shown="device", whole=True
    ),
    "load": Word("1", "share of the time in which somebody works", SHARE_BELOW_ONE, usual=(0, 0.99)),
    "load_factor": Word("1", "tokens of the busiest device's experts, in shares of the mean", POSITIVE),
    "macs_per_sample": Word("MAC/sample", "multiply-accumulates of a forward pass over one sample", POSITIVE),
    "macs_per_weight": Word("MAC", "multiply-accumulates of a weight", POSITIVE),
    "mask_bytes": Word("byte", "bytes of dropout's mask, an element", FROM_ZERO),
    "masks": Word("1", "masks of the data set", POSITIVE, usual=(1, 1e12), shown="mask"),
    "mbu": Word("1", "model bandwidth utilisation, share of the bandwidth that reading gets", SHARE, usual=(0.01, 1)),
    "mean": Word("s", "mean of durations", POSITIVE),
    "mean_stage_seconds": Word("s", "mean of a microbatch's time over the stages", FROM_ZERO),
    "measured_seconds": Word("s", "measured time of a step, 0 if there is none", FROM_ZERO, usual=(0, 1000000)),
    "members": Word("1", "devices that exchange data", FROM_ONE),
    "members_inside": Word("1", "members of an exchange that sit in one server", FROM_ONE),
    "memory_bandwidth": Word(
        "byte/s", "memory bandwidth of a device", POSITIVE, usual=(0.001, 1e6), shown="GB/s", scale=GIGA
    ),
    "memory_gib": Word("byte", "memory of one device", POSITIVE, usual=(1, 100000), shown="GiB", scale=GIBI),
    "memory_share": Word("1", "share of a device's memory that an engine may fill", SHARE, usual=(0.1, 1)),
    "message_bytes": Word("byte", "what a device holds of an exchange's data", FROM_ZERO),
    "mfu": Word("1", "model FLOPs utilisation", SHARE, usual=(0.001, 1)),
    "microbatch": Word(
        "1",
        "sequences that a replica of the model works on at a time",
        POSITIVE,
        usual=(1, 1024),
        shown="sequence",
        whole=True,
    ),
    "microbatches": Word("1", "microbatches of a batch", POSITIVE, usual=(1, 64), whole=True),
    "mlp_matrices": Word(
        "1", "matrices: 2, or 3 if the MLP is gated", POSITIVE, usual=(2, 3), shown="matrix", whole=True
    ),
    "mlp_size": Word("1", "width inside the MLP", POSITIVE, usual=(1, 1000000), whole=True),
    "model": Word("1", "model", TEXT, choices="model in data/transformer-shapes.csv"),
    "model_chunks": Word(
        "1", "chunks of layers that a stage holds, 2 and more if it is interleaved", POSITIVE, usual=(1, 64), whole=True
    ),
    "mtbf": Word("s", "mean time between failures", POSITIVE),
    "need": Word("1", "size needed, in the unit of those on offer", FROM_ZERO),
    "network": Word(
        "1", "network, by its name in torchvision if it has one", TEXT, choices="name in data/vision-networks.csv"
    ),
    "network_bandwidth": Word(
        "byte/s",
        "rate of a device over the network, one direction",
        POSITIVE,
        usual=(0.001, 1e6),
        shown="GB/s",
        scale=GIGA,
    ),
    "network_cards": Word("1", "network cards of a server", POSITIVE),
    "nope_size": Word("1", "part of a query or key head without position", FROM_ZERO),
    "norm_bytes": Word("byte", "bytes that a norm keeps beside, an element", FROM_ZERO),
    "number_format": Word(
        "1", "number format of the multiplications", TEXT, choices="fp64, fp32, tf32, fp16, bf16, fp8"
    ),
    "observed_days": Word(
        "s", "time for which failures were counted", POSITIVE, usual=(0.01, 3650), shown="day", scale=DAY
    ),
    "observed_devices": Word(
        "1", "devices whose failures were counted", POSITIVE, usual=(1, 1000000), shown="device", whole=True
    ),
    "observed_seconds": Word("s", "time for which failures were counted", POSITIVE),
    "optimiser_bytes_per_param": Word("byte/parameter", "bytes of the optimiser state", POSITIVE),
    "optimiser_seconds": Word("s", "time to update the parameters", FROM_ZERO, usual=(0, 10000)),
    "optimiser_shards": Word("1", "devices that share one copy of the optimiser state", POSITIVE),
    "other_bytes_per_param": Word("byte/parameter", "bytes of the other parameters", POSITIVE),
    "other_params": Word("parameter", "all other parameters", POSITIVE),
    "out_channels": Word("1", "channels of the output", POSITIVE),
    "out_features": Word("1", "numbers that leave", POSITIVE),
    "output_height": Word("1", "height of the output", POSITIVE),
    "output_padding": Word("1", "rows or columns added behind the output", FROM_ZERO),
    "output_width": Word("1", "width of the output", POSITIVE),
    "outputs": Word("1", "outputs of a matrix", POSITIVE),
    "overhead": Word("byte", "memory of a device for the program and its work space", FROM_ZERO),
    "overhead_gb": Word(
        "byte", "memory of a device for the program and its work space", FROM_ZERO, usual=(0, 5), shown="GB", scale=GIGA
    ),
    "overhead_gib": Word(
        "byte", "memory for the program and its work space", FROM_ZERO, usual=(0, 100), shown="GiB", scale=GIBI
    ),
    "overlap": Word(
        "1",
        "share of the shorter of two times that is hidden behind the longer",
        Range(0, 1, False, False, "a share from 0 to 1"),
    ),
    "own_kv_heads": Word("1", "key and value heads", FROM_ZERO),
    "padding": Word("1", "zeros put before and behind the input", FROM_ZERO),
    "palm_days": Word(
        "s", "days for which PaLM's full machine trained", POSITIVE, usual=(0.01, 3650), shown="day", scale=DAY
    ),
    "palm_params": Word("parameter", "parameters of PaLM", POSITIVE, usual=(1e6, 1e14)),
    "params": Word("parameter", "all parameters", POSITIVE, usual=(1e6, 1e14)),
    "params_coefficient": Word("1", "coefficient of the parameters", POSITIVE),
    "params_exponent": Word("1", "exponent of the parameters", SHARE),
    "params_scale": Word("parameter", "scale of the parameters", POSITIVE),
    "params_unit": Word("parameter", "unit in which the law counts parameters", POSITIVE),
    "passes": Word("1", "passes over the data set", POSITIVE),
    "peak_flops": Word("FLOP/s", "dense peak of a device", POSITIVE, usual=(0.001, 1e6), shown="TFLOP/s", scale=TERA),
    "peak_ops": Word(
        "op/s", "dense peak of a device for whole numbers", POSITIVE, usual=(0.001, 1e6), shown="TOPS", scale=TERA
    ),
    "pipeline_stages": Word("1", "stages", POSITIVE, usual=(1, 1000), shown="stage", whole=True),
    "pixels": Word("pixel", "pixels of a frame", POSITIVE),
    "points": Word("1", "points of a curve", POSITIVE, whole=True),
    "positions_per_picture": Word("1", "positions in a picture", POSITIVE, usual=(1, 100000)),
    "postprocessing_seconds": Word("s", "time after the update", FROM_ZERO, usual=(0, 10000)),
    "price": Word("USD", "price of the training", POSITIVE, usual=(0.01, 1e9)),
    "price_per_device_hour": Word(
        "USD/s",
        "rent of a device with its share of the server",
        POSITIVE,
        usual=(0.01, 1000),
        shown="USD/h",
        scale=1 / HOUR,
    ),
    "price_per_second": Word("USD/s", "price of a device for a second", POSITIVE),
    "probability": Word("1", "probability", Range(0, 1, False, False, "a probability from 0 to 1")),
    "product_time": Word("s", "time of the products with weights", FROM_ZERO),
    "prompt_seconds": Word("s", "time to read a prompt", FROM_ZERO),
    "prompt_tokens": Word("token", "tokens of a prompt", POSITIVE),
    "pue": Word(
        "1", "power usage effectiveness, energy of the data centre by that of its computers", FROM_ONE, usual=(1, 3)
    ),
    "queries": Word("1", "parts of a picture that look at others", POSITIVE),
    "query_rank": Word("1", "size of the compressed query", FROM_ZERO),
    "question_tokens": Word("token", "tokens of a question with what goes before it", POSITIVE, usual=(1, 1e6)),
    "question_spread": Word(
        "1", "standard deviation of the questions' lengths, in shares of their mean", FROM_ZERO, usual=(0, 3)
    ),
    "questions_per_visit": Word("1", "questions in a visit", POSITIVE, usual=(0.01, 1000)),
    "rank": Word("1", "rank of an adapter", POSITIVE),
    "rdma_gigabytes": Word("byte", "data moved between servers", FROM_ZERO, usual=(0, 1000000), shown="GB", scale=GIGA),
    "rdma_largest": Word(
        "byte/s", "largest bandwidth between servers", POSITIVE, usual=(0.001, 100000), shown="GB/s", scale=GIGA
    ),
    "rdma_seconds": Word("s", "time of moving it between servers", POSITIVE, usual=(0.001, 10000)),
    "recomputation": Word("1", "activations that are recomputed", TEXT, choices="none, selective, full"),
    "recomputed_layers": Word("1", "layers whose forward pass is repeated", FROM_ZERO),
    "recovery_seconds": Word("s", "time from a failure until training goes on", FROM_ZERO),
    "reference_devices": Word("1", "devices compared with", POSITIVE),
    "reference_flops": Word("FLOP/s", "dense peak of a device that it is compared with", POSITIVE),
    "reference_frame_rate": Word("1/s", "frames a second at the reference", POSITIVE),
    "reference_pixels": Word("pixel", "pixels of a frame at the reference, 1080p", POSITIVE),
    "reference_power": Word("W", "power of the device that it is compared with", POSITIVE),
    "repair_hours": Word(
        "s", "time until a server that failed is back", POSITIVE, usual=(0.01, 10000), shown="h", scale=HOUR
    ),
    "replicated_bytes": Word(
        "byte", "bytes for a token and element of the hidden state that every device keeps", FROM_ZERO
    ),
    "request_rate": Word("1/s", "requests a second", POSITIVE),
    "restart_minutes": Word(
        "s",
        "time until training goes on, once a failure is located",
        FROM_ZERO,
        usual=(0, 1440),
        shown="min",
        scale=MINUTE,
    ),
    "requests_per_user_day": Word(
        "1/s", "questions that a user asks", POSITIVE, usual=(0.001, 1e5), shown="1/day", scale=1 / DAY
    ),
    "result_bytes": Word("byte", "bytes that a value of a product's result moves", FROM_ZERO),
    "rotary_size": Word("1", "part of a query or key head that is rotated by its position", FROM_ZERO),
    "rows": Word("1", "rows of a product's first matrix, tokens for most", FROM_ZERO),
    "runs": Word("1", "trials until a model satisfies", POSITIVE),
    "seed": Word("1", "number of a random draw", POSITIVE, whole=True),
    "samples": Word("sample", "samples, of a training step the batch", POSITIVE),
    "samples_per_batch": Word("sample", "batch of all devices", POSITIVE, usual=(1, 1000000)),
    "saved_seconds": Word("s", "time saved", FROM_ZERO),
    "saved_share": Word("1", "share of the whole time or size that was saved", SHARE_BELOW_ONE),
    "scale_bits": Word("1", "bits of a block's scale and zero point together", FROM_ZERO),
    "scale_bytes": Word("byte", "bytes of a scale and its zero point, 8 in FP32", FROM_ZERO, usual=(0, 64)),
    "scales": Word("1", "scales: one an output channel, or one a group of weights", POSITIVE),
    "scheduling_seconds": Word("s", "time in which a device waits for its next kernel", FROM_ZERO, usual=(0, 10000)),
    "score_bytes": Word("byte", "bytes for a head and pair of tokens", FROM_ZERO),
    "sdma_gigabytes": Word(
        "byte", "data moved within the server", FROM_ZERO, usual=(0, 1000000), shown="GB", scale=GIGA
    ),
    "sdma_largest": Word(
        "byte/s", "largest bandwidth within the server", POSITIVE, usual=(0.001, 100000), shown="GB/s", scale=GIGA
    ),
    "sdma_seconds": Word("s", "time of moving it within the server", POSITIVE, usual=(0.001, 10000)),
    "second_params": Word("parameter", "another model for the budget", POSITIVE, usual=(1e6, 1e14)),
    "seconds": Word("s", "duration", POSITIVE),
    "seconds_per_label": Word("s", "time that a label takes", POSITIVE),
    "seconds_per_mask": Word("s", "time that a person takes for a mask", POSITIVE, usual=(0.1, 3600)),
    "sequence_bytes": Word("byte", "memory that each sequence takes", POSITIVE),
    "sequence_seconds": Word(
        "s", "part of the time that each answer adds, with its share of reading prompts", POSITIVE
    ),
    "sequence_shards": Word("1", "devices over which the values of a sequence are spread", POSITIVE),
    "server_power": Word("W", "a device's share of the most that its server draws", POSITIVE, usual=(0.1, 100000)),
    "server_throughput": Word("token/s", "throughput of one server alone", POSITIVE, usual=(0.001, 100000000)),
    "servers": Word("1", "servers", POSITIVE, usual=(1, 10000), whole=True),
    "service_seconds": Word("s", "mean time of service", POSITIVE),
    "service_spread": Word(
        "1", "standard deviation of the time of service, in shares of its mean", FROM_ZERO, usual=(0, 10)
    ),
    "serving_format": Word(
        "1", "number format of the multiplications", TEXT, choices="fp64, fp32, tf32, fp16, bf16, fp8"
    ),
    "setup": Word("s", "time in which a task is set up", FROM_ZERO),
    "setup_cards": Word("1", "cards that stand still during a set-up", FROM_ZERO),
    "setup_days": Word(
        "s", "commissioning, installation and model update of a task", FROM_ZERO, usual=(0, 365), shown="day", scale=DAY
    ),
    "setup_holds_cluster": Word("1", "whether the whole cluster stands still during a set-up", YES_OR_NO),
    "sharding": Word("1", "what the replicas share", TEXT, choices="best, none, ZeRO-1, ZeRO-2, FSDP"),
    "shared_mlp_size": Word("1", "width of the shared experts together", FROM_ZERO),
    "single_throughput": Word("token/s", "throughput of one alone", POSITIVE),
    "sized_by": Word("1", "what is fixed for training", TEXT, choices="deadline, devices"),
    "slice_blocks": Word("1", "blocks that a job asks for", POSITIVE, usual=(1, 256), whole=True),
    "smallest_wait_ratio": Word("1", "smallest wait ratio of all devices", FROM_ZERO, usual=(0, 0.99)),
    "spare_share": Word(
        "1", "share of what replicas could serve that is kept free", SHARE_BELOW_ONE, usual=(0.01, 0.9)
    ),
    "sparsity_factor": Word("1", "dense weights for each one kept", POSITIVE, usual=(1, 32)),
    "speedup": Word("1", "ratio of two rates", POSITIVE, usual=(0.01, 10000)),
    "speedup_a100": Word("1", "claimed ratio to an A100", POSITIVE, usual=(0.01, 1000)),
    "split_bytes": Word("byte", "bytes for a token and element of the hidden state that the devices share", FROM_ZERO),
    "stage_seconds": Word("s", "time of a microbatch on the slowest stage, forward and backward", POSITIVE),
    "state_groups": Word("1", "groups of heads that share their projections", POSITIVE),
    "state_heads": Word("1", "heads of the state", POSITIVE),
    "state_size": Word("1", "numbers of state a channel", POSITIVE),
    "step_rank": Word("1", "size of the compressed time step", POSITIVE),
    "step_seconds": Word("s", "time of a step, which writes a token of every answer", POSITIVE),
    "steps_exponent": Word("1", "exponent of the steps", SHARE),
    "steps_per_answer": Word("1", "steps, and so tokens, of an answer", POSITIVE),
    "steps_scale": Word("1", "scale of the steps", POSITIVE),
    "spare_probability": Word("1", "probability that the spare servers suffice", SHARE_BELOW_ONE, usual=(0, 0.9999)),
    "stack": Word("1", "software that trains", TEXT, choices="stack in data/step-stacks.csv"),
    "stall_seconds": Word("s", "time for which a checkpoint stops training", POSITIVE),
    "stream_ops": Word("op/s", "demand of a stream", POSITIVE),
    "stream_tops": Word(
        "op/s",
        "demand of a stream of 1920 × 1080 at 25 frames a second",
        POSITIVE,
        usual=(0.01, 1000),
        shown="TOPS",
        scale=TERA,
    ),
    "streams": Word("1", "streams", POSITIVE, usual=(1, 1000000), whole=True),
    "streams_per_card": Word("1", "whole streams that a card takes", POSITIVE),
    "stride": Word("1", "step from one position to the next", POSITIVE),
    "switch_ports": Word("1", "ports of an optical switch in use", POSITIVE, usual=(2, 512), whole=True),
    "tasks_per_year": Word("1", "models to be found in the year", POSITIVE, usual=(1, 200), shown="task", whole=True),
    "tensor_parallel": Word("1", "devices that share each layer", POSITIVE, usual=(1, 64), shown="device", whole=True),
    "time_per_output_token": Word(
        "s", "longest time per output token, from one to the next", POSITIVE, usual=(0.001, 10)
    ),
    "time_to_first_token": Word(
        "s", "longest time to first token, in which the question is read", POSITIVE, usual=(0.01, 600)
    ),
    "token_rate": Word("token/s", "tokens a second", POSITIVE, usual=(0.01, 1e6)),
    "tokens": Word("token", "tokens", POSITIVE, usual=(1e6, 1e15)),
    "tokens_coefficient": Word("1", "coefficient of the tokens", POSITIVE),
    "tokens_exponent": Word("1", "exponent of the tokens", SHARE),
    "tokens_per_character": Word("token/character", "tokens that a character becomes", POSITIVE, usual=(0.05, 4)),
    "tokens_per_param": Word("token/parameter", "tokens a parameter", POSITIVE, usual=(0.1, 10000)),
    "tokens_per_request": Word("token", "tokens of a prompt and its answer together", POSITIVE),
    "tokens_per_sample": Word("token/sample", "length of a sample", POSITIVE, usual=(1, 10000000)),
    "tokens_per_user_day": Word(
        "token/s",
        "tokens that are read and written for a user",
        POSITIVE,
        usual=(1, 1e8),
        shown="token/day",
        scale=1 / DAY,
    ),
    "tokens_scale": Word("token", "scale of the tokens", POSITIVE),
    "tokens_unit": Word("token", "unit in which the law counts tokens", POSITIVE),
    "total_throughput": Word("token/s", "throughput of all together", POSITIVE),
    "traffic_bytes": Word("byte", "bytes read and written", FROM_ZERO),
    "transferred_bytes": Word("byte", "amount of data", FROM_ZERO),
    "transit_seconds": Word("s", "time in which data moves", POSITIVE),
    "trial_days": Word("s", "duration of one training", POSITIVE, usual=(0.1, 365), shown="day", scale=DAY),
    "trials": Word("1", "trainings until a model satisfies", POSITIVE, usual=(1, 20), shown="training", whole=True),
    "trials_high": Word(
        "1", "trainings until a model satisfies, at most", POSITIVE, usual=(1, 20), shown="training", whole=True
    ),
    "unfused_bytes": Word("byte", "bytes of intermediate results that a fused kernel does not keep", FROM_ZERO),
    "update_bytes_per_param": Word("byte/parameter", "bytes that a parameter's update reads and writes", POSITIVE),
    "users": Word("1", "users of the service", POSITIVE, usual=(1, 1e10)),
    "utilisation": Word("1", "share of the time in which the stages compute", SHARE_BELOW_ONE),
    "value_bytes": Word("byte", "bytes of a value that goes into a product", POSITIVE),
    "value_heads": Word("1", "heads of values", POSITIVE),
    "value_size": Word("1", "size of a value head", POSITIVE),
    "variance": Word("s**2", "variance of durations", FROM_ZERO),
    "visit_rate": Word("1/s", "visits a second, mean of the day", POSITIVE),
    "visits_per_day": Word("1/s", "visits a day", POSITIVE, usual=(1, 1e12), shown="1/day", scale=1 / DAY),
    "vocabulary_size": Word("1", "different tokens", POSITIVE, usual=(1, 10000000), shown="token", whole=True),
    "wait_ratio": Word("1", "share of a communication in which a device waits", SHARE_BELOW_ONE),
    "wait_seconds": Word("s", "time until the last participant is there", FROM_ZERO),
    "wait_threshold": Word("1", "accepted difference between the two", SHARE_BELOW_ONE, usual=(0, 0.99)),
    "weight_bytes": Word("byte", "memory of the weights", POSITIVE),
    "weight_bytes_per_param": Word("byte/parameter", "bytes of a weight", POSITIVE),
    "weight_format": Word("1", "number format of the weights", TEXT, choices="bf16, fp8, int8, fp4, int4"),
    "weight_shards": Word("1", "devices that share one copy of the weights", POSITIVE),
    "weights": Word("1", "weights of a layer", POSITIVE),
    "window": Word("1", "tokens that a token attends to at most w, itself included", POSITIVE),
    "width": Word("1", "multiplier of the channels", POSITIVE, usual=(0.1, 10)),
    "words_per_token": Word("1", "English words in a token", POSITIVE, usual=(0.1, 10), shown="word/token"),
    "working_hours": Word(
        "s", "hours that a person works in a year", POSITIVE, usual=(100, 8760), shown="h", scale=HOUR
    ),
    "write_bandwidth": Word(
        "byte/s", "rate at which storage takes checkpoints", POSITIVE, usual=(0.001, 100000), shown="GB/s", scale=GIGA
    ),
    "zero_stage": Word("1", "stage of ZeRO in training, 0 shares nothing", FROM_ZERO, usual=(0, 3), whole=True),
}
