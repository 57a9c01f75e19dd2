"""Can these hardware claims be true?"""

from .. import datasets
from ..answering import question
from ..checks import Refusal
from ..formats import number, number_of
from ..formulas import hardware, serving, training
from ..messages import message, plural
from ..models import availability
from ..results import GOOD, Results
from ..units import DAY, GIGA


@question(speedup=(0.01, 1000), gpus=(1, 1024))
def hardware_claims(
    image_rate: float = 127375.0,
    speedup: float = 1.4,
    speedup_a100: float = 2.9,
    params: float = 176e9,
    bytes_per_param: float = 2.0,
    token_rate: float = 25.0,
    cards: int = 4,
    sparsity_factor: float = 8.0,
    gpus: int = 8,
    gpu_bandwidth: float = 2039.0,
    block_edge: int = 4,
    switch_ports: int = 128,
    chips_per_host: int = 4,
    host_availability: float = 0.99,
    slice_blocks: int = 16,
    palm_params: float = 540e9,
    palm_days: float = 50.0,
) -> Results:
    """What claims about hardware imply: rates, bandwidths, switches, goodput and utilisation.

    Parameters
    ----------
    image_rate : float
        Throughput of the card, ResNet-50 [image/s].
    speedup : float
        Claimed ratio to an H100 [1].
    speedup_a100 : float
        Claimed ratio to an A100 [1].
    params : float
        Parameters of the language model [parameter].
    bytes_per_param : float
        Stored size of a parameter [byte/parameter].
    token_rate : float
        Claimed rate of the cards together [token/s].
    cards : int
        Cards that reach it [1].
    sparsity_factor : float
        Dense weights for each one kept, 1 is dense [1].
    gpus : int
        GPUs that are said to be slower [1].
    gpu_bandwidth : float
        Memory bandwidth of such a GPU [GB/s].
    block_edge : int
        Chips along each edge of a block of the TPU machine [1].
    switch_ports : int
        Ports of an optical switch in use [1].
    chips_per_host : int
        Chips that stop when a host does [1].
    host_availability : float
        Probability that a host works [1].
    slice_blocks : int
        Blocks that a job asks for [1].
    palm_params : float
        Parameters of PaLM [parameter].
    palm_days : float
        Days for which the full machine trained it [day].

    Returns
    -------
    Results
        ``h100_rate``, ``a100_rate``, ``gpu_token_rate``, ``card_bandwidth``, ``switches``, ``chips``,
        ``fixed_goodput``, ``switched_goodput``, ``palm_busy_days``, ``palm_mean_mfu``.

    References
    ----------
    Document 002, lines 29 to 139 and 205 to 263.

    Examples
    --------
    >>> round(hardware_claims()["h100_rate"], 4)
    90982.1429
    """
    h100_rate = hardware.baseline_rate(image_rate, speedup)
    a100_rate = hardware.baseline_rate(image_rate, speedup_a100)
    gpu_token_rate = serving.decode_token_rate(params, bytes_per_param, gpus * gpu_bandwidth * GIGA)
    bandwidth = hardware.bandwidth_for_token_rate(params, bytes_per_param, token_rate, sparsity_factor) / cards
    switches = hardware.optical_switches(block_edge, block_edge, block_edge)
    blocks = switch_ports // 2
    chips = blocks * block_edge**3
    hosts_per_block = block_edge**3 / chips_per_host
    if hosts_per_block % 1:
        accepted = message("a number that divides the {chips} chips of a block", chips=block_edge**3)
        raise Refusal("chips_per_host", chips_per_host, accepted)
    fixed = availability.fixed_goodput(host_availability, slice_blocks, blocks, hosts_per_block)
    switched = availability.switched_goodput(host_availability, slice_blocks, blocks, hosts_per_block)
    tpu_peak = datasets.peak_flops("TPU v4", "bf16")
    value = {row["id"]: row["value"] for row in datasets.records("hardware-claims-published")}
    palm_flop = training.train_flop(palm_params, value["palm_tokens"])
    palm_mean_mfu = training.implied_mfu(palm_flop, palm_days * DAY, value["palm_chips"], tpu_peak)
    palm_busy_days = training.training_seconds(palm_flop, value["palm_chips"], tpu_peak, value["palm_mfu"]) / DAY

    return Results(
        h100_rate=(h100_rate, "image/s", "Throughput of an H100 that the ratio implies"),
        a100_rate=(a100_rate, "image/s", "Throughput of an A100 that the ratio implies"),
        gpu_token_rate=(gpu_token_rate, "token/s", "Most that the GPUs can write, one answer at a time"),
        card_bandwidth=(bandwidth / GIGA, "GB/s", "Memory bandwidth that each card needs"),
        switches=(switches, "switch", "Optical switches of the TPU machine"),
        chips=(chips, "chip", "Chips that they join"),
        fixed_goodput=(100 * fixed, "%", "Share of the machine that jobs get with fixed wiring"),
        switched_goodput=(100 * switched, "%", "Share of the machine that jobs get with optical switches"),
        palm_busy_days=(
            palm_busy_days,
            "day",
            "Days in which PaLM's full machine would have finished at its printed speed",
        ),
        palm_mean_mfu=(100 * palm_mean_mfu, "%", "PaLM's mean utilisation over the days it took"),
    ).tell(_told, gpus, token_rate, cards, speedup, palm_days)


def _told(
    results: Results, gpus: int, token_rate: float, cards: int, speedup: float, palm_days: float
) -> "tuple[str, str]":
    most = results["gpu_token_rate"]
    given = {
        "gpus": number(gpus),
        "rate": number(most, 3),
        "claimed": number(token_rate),
        "cards": number_of(cards, "card"),
    }
    if most < token_rate:
        writing = plural(
            "the memory of 1 GPU lets it write {rate} tokens a second, less than the {claimed} claimed for {cards}",
            "the memory of {gpus} GPUs lets them write {rate} tokens a second, less than the {claimed} claimed for "
            "{cards}",
            gpus,
            **given,
        )
    elif most == token_rate:
        writing = plural(
            "the memory of 1 GPU lets it write {rate} tokens a second, as much as the {claimed} claimed for {cards}",
            "the memory of {gpus} GPUs lets them write {rate} tokens a second, as much as the {claimed} claimed for "
            "{cards}",
            gpus,
            **given,
        )
    else:
        writing = plural(
            "the memory of 1 GPU lets it write {rate} tokens a second, more than the {claimed} claimed for {cards}",
            "the memory of {gpus} GPUs lets them write {rate} tokens a second, more than the {claimed} claimed for "
            "{cards}",
            gpus,
            **given,
        )
    return GOOD, message(
        "If the card is {times} times as fast, an H100 does {pictures} pictures a second; {writing}; and at its "
        "printed speed PaLM's machine would have taken {days} and not {printed}.",
        times=number(speedup),
        pictures=number(results["h100_rate"]),
        writing=writing,
        days=number_of(results["palm_busy_days"], "day", 3),
        printed=number(palm_days),
    )
