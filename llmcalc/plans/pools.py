"""A service in two pools: one reads prompts, the other writes answers, and caches travel between them.

Each pool is a service with a plan of its own: in the reading one every answer is a token long, the writing one reads
no prompts (Zhong et al. 2024, "DistServe", arXiv:2401.09670). What lengthens a pool's steps is its own work alone.
"""

from ..checks import Refusal, single
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


class PoolsPlan:
    """The fewest devices that serve in two pools, with what a `ServicePlan` has, of both pools together.

    ``reading`` and ``writing`` are the plans of the pools, ``transfer_seconds`` is the time in which the caches of a
    prompt are sent from one to the other.
    """

    def __init__(self, reading: "ServicePlan", writing: "ServicePlan", transfer_seconds: float) -> None:
        self.reading, self.writing, self.transfer_seconds = reading, writing, transfer_seconds
        self.request_rate, self.load = reading.request_rate, reading.load
        self.devices, self.replicas = reading.devices + writing.devices, reading.replicas + writing.replicas
        self.replica = writing.replica

    @property
    def busiest(self) -> "Replica":
        """A replica that writes, at its share of the requests, with the latencies of both pools and the higher load."""
        reader, writer = self.reading.busiest, self.writing.busiest
        first = {name: reader.first_token[name] + self.transfer_seconds for name in reader.first_token}
        means = first["mean"], writer.answer["mean"]
        answer = {}
        for name in first:
            apart = first[name] - means[0], writer.answer[name] - means[1]
            # Who waits long in one pool does not in the other more than anybody.
            further = (apart[0] ** 2 + apart[1] ** 2) ** 0.5
            answer[name] = sum(means) + (further if sum(apart) > 0 else -further)
        return serving.Replica(
            service=writer.service,
            devices=writer.devices,
            batch=writer.batch,
            full_batch=writer.full_batch,
            requests=writer.requests,
            output_tokens=writer.output_tokens,
            load=max(reader.load, writer.load),
            first_token=first,
            output_token=writer.output_token,
            answer=answer,
            step=writer.step,
            memory=writer.memory,
            step_tokens=writer.step_tokens,
        )

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
        Limit [s], in which the prompt is read and its caches are sent.

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
    writing = serving.service_plan(
        model,
        device,
        request_rate,
        None,
        time_per_output_token,
        quantile,
        load,
        devices_per_replica,
        reads_prompts=False,
        **options,
    )
    alone = dict(options, answer_tokens=1, answer_spread=0, answers_per_question=1, draft_tokens=0)
    best: PoolsPlan | None = None
    refused: Refusal | None = None
    asked = whole("devices_per_replica", devices_per_replica, 0)
    for devices in [asked] if asked else _counts(model, device):
        sent = _transfer_seconds(writing.replica.service, devices)
        try:
            left = None if time_to_first_token is None else _left(time_to_first_token, sent, device)
            reading = serving.service_plan(model, device, request_rate, left, None, quantile, load, devices, **alone)
        except serving.Impossible as impossible:
            refused = refused or impossible
            continue
        if best is None or reading.devices < best.reading.devices:
            best = PoolsPlan(reading, writing, sent)
    if best is None:
        assert refused is not None, "there is a size of replicas"
        raise refused
    return best


def _counts(model: "Model", device: "Device") -> "list[int]":
    return sorted({cut[0] * cut[1] * cut[2] for cut in serving.sizes(model, device)})


def _transfer_seconds(writer: "Service", reading_devices: int) -> float:
    # Through the network of the fewer devices.
    rate = writer.device.network_bandwidth * min(writer.devices, reading_devices)
    return float(writer.sequence_bytes(writer.question_tokens * (1 - writer.hit_share))) / rate


def _left(limit: float, sent: float, device: "Device") -> float:
    if sent < limit:
        return limit - sent
    shortest = serving.upwards(sent)
    raise serving.Impossible(
        "time_to_first_token",
        limit,
        message("more than {seconds}, which sending the caches takes", seconds=shortest),
        message(
            "sending the caches of a prompt takes {seconds} s over the network of {device}",
            seconds=shortest,
            device=device.name,
        ),
    )
