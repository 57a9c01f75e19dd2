"""A service in two pools: one reads prompts, the other writes answers, and caches travel between them.

Each pool is a service with a plan of its own: in the reading one every answer is a token long, the writing one reads
no prompts (Zhong et al. 2024, "DistServe", arXiv:2401.09670). What lengthens a pool's steps is its own work alone.
"""

from ..checks import single
from ..formats import number
from ..messages import message
from ..models.numbers import whole
from . import serving

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..models.device import Device
    from ..models.model import Model
    from ..models.service import Service
    from .serving import Replica, ServicePlan


# Of the limit of the first token, what the wait for the pool that writes may take: whichever takes fewer devices.
SHARES = (0.1, 0.4)


class PoolsPlan:
    """The fewest devices that serve in two pools, with what a `ServicePlan` has, of both pools together.

    ``reading`` and ``writing`` are the plans of the pools, ``replicas`` and ``replica`` those that write, and
    ``transfer_seconds`` is the time in which the caches of a prompt are sent from one to the other.
    """

    def __init__(self, reading: "ServicePlan", writing: "ServicePlan", transfer_seconds: float) -> None:
        self.reading, self.writing, self.transfer_seconds = reading, writing, transfer_seconds
        self.request_rate, self.load = reading.request_rate, reading.load
        self.devices = reading.devices + writing.devices
        self.replicas, self.replica = writing.replicas, writing.replica

    @property
    def busiest(self) -> "Replica":
        """A replica that writes, at its share of the requests, with the latencies of both pools and the higher load."""
        reader, writer = self.reading.busiest, self.writing.busiest
        read = {name: reader.first_token[name] + self.transfer_seconds for name in reader.first_token}
        # Each pool keeps its part of the limit of the first token, so that the parts add up.
        first = {name: read[name] + writer.first_token[name] for name in read}
        answer = {}
        for name in read:
            # The wait to be read and the time to be written are spread independently.
            apart = read[name] - read["mean"], writer.answer[name] - writer.answer["mean"]
            further = (apart[0] ** 2 + apart[1] ** 2) ** 0.5
            answer[name] = read["mean"] + writer.answer["mean"] + (further if sum(apart) > 0 else -further)
        latencies = {"first_token": first, "answer": answer}
        return serving.Replica(**dict(writer.__dict__, load=max(reader.load, writer.load), **latencies))

    @property
    def why(self) -> "dict[str, float]":
        """Devices by what they are needed for [1], as in `ServicePlan`."""
        reading, writing = self.reading.why, self.writing.why
        return {name: reading[name] + writing[name] for name in reading}

    @property
    def range(self) -> "tuple[int, int]":
        """The fewest and the most devices, if replicas serve as much more or less than predicted as published ones."""
        reading, writing = self.reading.range, self.writing.range
        return reading[0] + writing[0], reading[1] + writing[1]

    @property
    def badge(self) -> str:
        """How well the plan is founded (see `serving.badge`)."""
        return self.writing.badge

    @property
    def reading_share(self) -> float:
        """Share of the devices that read prompts, and so of the price [1]."""
        return self.reading.devices / self.devices

    @property
    def turning_load(self) -> float:
        """Share of the reading pool's capacity from which on first tokens take twice as long as when idle [1]."""
        return self.reading.turning_load

    def scaled(self, request_rates: "Iterable[float]") -> "list[int]":
        """Devices at each of some rates of requests [1], as in `ServicePlan`."""
        rates = list(request_rates)
        reading, writing = self.reading.scaled(rates), self.writing.scaled(rates)
        return [reading[place] + writing[place] for place in range(len(rates))]


def pools_plan(
    model: "Model",
    device: "Device",
    request_rate: float,
    time_to_first_token: "float | None" = None,
    time_per_output_token: "float | None" = None,
    quantile: str = "p95",
    load: float = serving.MOST_LOAD,
    devices_per_replica: int = 0,
    **options: "Any",
) -> "PoolsPlan":
    """The fewest devices that serve a rate of requests within limits, in two pools.

    Parameters
    ----------
    model, device, request_rate, time_per_output_token, quantile, load, devices_per_replica, options
        As in `serving.service_plan`; the number of devices holds for the replicas of both pools.
    time_to_first_token : float, optional
        Limit [s], in which the prompt is read, its caches are sent and a place in the pool that writes is found.

    Returns
    -------
    PoolsPlan

    Raises
    ------
    ValueError
        If an argument is out of range, or the device has no network to send caches over; `Impossible`, if no size
        keeps the limits, with what would make it possible.
    """
    if time_to_first_token is not None:
        single(time_to_first_token=time_to_first_token)
    if not device.has("network_bandwidth"):
        raise serving.Impossible(
            "device",
            device.name,
            message("a device with a network"),
            message("caches travel between pools over the network, and the data knows none of this device"),
        )
    asked = whole("devices_per_replica", devices_per_replica, 0)
    search = _Search(model, device, request_rate, quantile, load, asked, options)
    best: PoolsPlan | None = None
    for share in SHARES if time_to_first_token is not None else SHARES[:1]:
        found = search.fewest(share, time_to_first_token, time_per_output_token)
        if found and (best is None or found.devices < best.devices):
            best = found
    if best is None:
        raise search.impossible(time_to_first_token, time_per_output_token)
    return best


class _Search:
    """Plans of both pools by sizes of their replicas, under limits that leave the writing one a share of the first."""

    def __init__(
        self,
        model: "Model",
        device: "Device",
        request_rate: float,
        quantile: str,
        load: float,
        devices_per_replica: int,
        options: "dict[str, Any]",
    ) -> None:
        self.given = model, device, request_rate
        self.quantile, self.load, self.asked = quantile, load, devices_per_replica
        cuts = serving.sizes(model, device, devices_per_replica)
        self.counts = sorted({serving.devices_of(cut) for cut in cuts})
        self.readers: dict[tuple[int, float | None], ServicePlan | None] = {}
        self.writes = dict(options, reads_prompts=False)
        self.reads = dict(options, answer_tokens=1, answer_spread=0, answers_per_question=1, draft_tokens=0)

    def plan(
        self, options: "dict[str, Any]", devices: int, first: "float | None", token: "float | None"
    ) -> "ServicePlan | None":
        if first is not None and first <= 0:
            return None
        try:
            return serving.service_plan(*self.given, first, token, self.quantile, self.load, devices, **options)
        except serving.Impossible:
            return None

    def fewest(self, share: float, first: "float | None", token: "float | None") -> "PoolsPlan | None":
        """The fewest devices of all pairs of sizes, or None if no pair keeps the limits."""
        waits, left = (None, None) if first is None else (share * first, (1 - share) * first)
        writing = self.plan(self.writes, self.asked, waits, token)
        at_once = self.plan(self.reads, self.asked, left, None)
        if writing is None or at_once is None:
            return None
        # Nobody writes in fewer, and nobody reads in fewer than if the caches were there at once.
        best = self.pair(writing, at_once.replica.devices, left)
        if best and best.devices == writing.devices + at_once.devices:
            return best
        writers = [self.plan(self.writes, devices, waits, token) for devices in self.counts]
        for plan in sorted([plan for plan in writers if plan], key=_size):
            if best and plan.devices + at_once.devices >= best.devices:
                break
            # Larger replicas that write take caches in more quickly, which may save devices that read.
            for devices in self.counts:
                found = self.pair(plan, devices, left)
                if found and (best is None or found.devices < best.devices):
                    best = found
        return best

    def pair(self, writing: "ServicePlan", devices: int, left: "float | None") -> "PoolsPlan | None":
        """A plan with replicas of some devices that read, or None if they don't keep what is left of the limit."""
        sent = _transfer_seconds(writing.replica.service, min(devices, writing.replica.devices))
        limit = None if left is None else left - sent
        if (devices, limit) not in self.readers:
            self.readers[(devices, limit)] = self.plan(self.reads, devices, limit, None)
        reading = self.readers[(devices, limit)]
        return PoolsPlan(reading, writing, sent) if reading else None

    def impossible(self, first: "float | None", token: "float | None") -> "serving.Impossible":
        """Why no pair keeps the limits, with what some pair does."""
        pools = []
        for options, limit in ((self.writes, token), (self.reads, None)):
            plans = [self.plan(options, devices, None, limit) for devices in self.counts]
            pools.append([plan.replica.service for plan in plans if plan])
            if not pools[-1]:  # the limit of this pool alone, or memory, stands in the way
                try:
                    serving.service_plan(*self.given, None, limit, self.quantile, self.load, self.asked, **options)
                except serving.Impossible as impossible:
                    return impossible
        times = []
        for writer in pools[0]:
            for reader in pools[1]:
                sent = _transfer_seconds(writer, min(writer.devices, reader.devices))
                alone = [serving.ROUNDED_UP * serving.quickest(pool, self.quantile)[0] for pool in (writer, reader)]
                apart = [max(alone[0] / share, (alone[1] + sent) / (1 - share)) for share in SHARES]
                times.append((min(apart), writer.devices + reader.devices))
        seconds, devices = min(times)
        shortest = serving.upwards(seconds)
        who = message(
            "{devices} idle devices keep for {share} of 100 requests, with caches sent in it,",
            devices=devices,
            share=self.quantile[1:],
        )
        words = message(
            "the shortest time to the first token that {who} is {shortest} s, and {limit} s are allowed. Allow more, "
            "or take a faster device, narrower weights or shorter texts",
            who=who,
            shortest=shortest,
            limit=number(first),
        )
        accepted = message("{shortest} or more, which {who}", shortest=shortest, who=who)
        return serving.Impossible("time_to_first_token", first, accepted, words)


def _size(plan: "ServicePlan") -> "tuple[int, int]":
    return plan.devices, plan.replica.devices


def _transfer_seconds(writer: "Service", network_devices: int) -> float:
    sent = writer.sequence_bytes(writer.question_tokens * (1 - writer.hit_share))
    return float(sent) / (writer.device.network_bandwidth * network_devices)
