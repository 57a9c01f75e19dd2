"""How many devices a service takes: a replica at work, and the fewest devices that keep its limits.

A replica settles where as many requests end as begin. The more answers it writes at once, the more requests it serves
and the longer each step takes, so the largest batch within all limits serves most. Sizes of replicas are all searched,
and so no looser limit, faster device, shorter text or smaller number of requests ever takes more devices.
"""

from ..checks import Refusal, single
from ..formulas.devices import round_up
from ..formulas.waiting import gamma_quantile, queue_seconds, step_variance
from ..models.numbers import size
from ..models.service import Service, legal_ranks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from ..models.device import Device
    from ..models.model import Model
    from ..models.service import Step

# Quantiles of the normal distribution, and the shares of requests that are beyond.
DEVIATIONS = {"p50": (0.0, 0.5), "p95": (1.645, 0.05), "p99": (2.326, 0.01)}
HALVINGS = 40  # of an interval in which the largest batch is looked for
MOST_STAGES = 16
MOST_LOAD = 0.9  # of what a replica could serve: above, waiting grows without bound


class Replica:
    """A replica at work.

    Attributes are numbers in SI units; `first_token`, `output_token` and `answer` have ``mean``, ``p50``, ``p95`` and
    ``p99``; `step` is the `Step` that it settles at, `memory` has bytes by purpose.
    """

    service: Service
    devices: int
    batch: float
    full_batch: float
    requests: float
    output_tokens: float
    load: float
    first_token: "dict[str, float]"
    output_token: "dict[str, float]"
    answer: "dict[str, float]"
    step: "Step"
    memory: "dict[str, float]"
    served: float  # requests that a plan lets it serve [1/s]

    def __init__(self, **attributes: object) -> None:
        for name in attributes:
            setattr(self, name, attributes[name])


def replica(service: "Service", request_rate: "float | None" = None, concurrency: "float | None" = None) -> "Replica":
    """What a replica does under load.

    Parameters
    ----------
    service : Service
        The replica and its texts.
    request_rate : float, optional
        Requests that arrive in a second. Without it and `concurrency`, requests always wait.
    concurrency : float, optional
        Requests in the replica at any time, of which each is followed by another.

    Returns
    -------
    Replica
        ``batch``, ``load`` (share of the requests that it could serve), ``requests`` and ``output_tokens`` a second,
        latencies, and what its time and memory are spent on.

    Raises
    ------
    ValueError
        If the model does not fit, or more requests arrive than it can serve.
    """
    if not service.fits:
        short = 1 - service.memory_batch()
        raise Refusal(
            "device", service.device.name, f"more memory or devices: not even one sequence fits ({short:.2f})"
        )
    full = service.full_batch()
    most = _rate(service, full)
    if request_rate is not None:
        single(request_rate=request_rate)
        if request_rate >= most:
            raise Refusal("request_rate", request_rate, f"less than the replica serves: {most:.4g}")
        batch = _batch_of(service, request_rate, full)
    elif concurrency is not None:
        batch = min(size("concurrency", concurrency, 1e-9), full)
    else:
        batch = full
    return _at(service, batch, full, most, poisson=request_rate is not None)


def _at(service: "Service", batch: float, full: float, most: float, poisson: bool) -> "Replica":
    seconds = service.token_seconds(batch)
    rate = batch / (service.answer_tokens * seconds)
    first = _first_token(service, batch, seconds * service.written(), rate if poisson else 0.0)
    steps = dict.fromkeys(first, seconds)
    begun = batch / service.answer_tokens
    return Replica(
        service=service,
        devices=service.devices,
        batch=batch,
        full_batch=full,
        requests=rate,
        output_tokens=batch / seconds,
        load=rate / most,
        first_token=first,
        output_token=steps,
        answer={name: first[name] + seconds * (service.answer_tokens - 1) for name in first},
        step=service.step(batch, service.mean_context(), begun * service.read_tokens(), begun),
        memory={
            "weights": service.weight_bytes,
            "caches": batch * service.sequence_bytes(service.mean_context()),
            "engine": service.devices * service.engine_bytes,
        },
    )


def _rate(service: "Service", batch: float) -> float:
    return batch / (service.answer_tokens * service.token_seconds(batch))


def _batch_of(service: "Service", request_rate: float, full: float) -> float:
    """The batch at which a rate of requests settles [1]."""
    return _largest(lambda batch: _rate(service, batch) <= request_rate, full)


def _largest(holds: "Callable[[float], bool]", high: float) -> float:
    """The largest number up to one for which something holds that ceases to hold at some number."""
    if high <= 0:
        return 0.0
    if holds(high):
        return high
    low = 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return low


def _first_token(service: "Service", batch: float, step_seconds: float, request_rate: float) -> "dict[str, float]":
    """Time to first token by quantile [s]: the rest of the step that runs, and the steps that read the prompt.

    An arrival falls into a long step more likely than into a short one, and shares the next with the prompts that
    arrived meanwhile.
    """
    context, tokens = service.mean_context(), service.read_tokens()
    # Stages work on as many groups of requests, each of which is an engine of its own.
    batch, request_rate = batch / service.pipeline_stages, request_rate / service.pipeline_stages
    none = service.step(batch, context).seconds
    one = service.step(batch, context, tokens, 1).seconds
    # What a further prompt adds beside many answers, which no longer hides behind the reading of weights.
    many = service.largest_batch
    prompt = service.step(many, 1, 2 * tokens, 2).seconds - service.step(many, 1, tokens, 1).seconds
    share = min(0.99, request_rate * prompt)
    variance = step_variance(request_rate, step_seconds, prompt, share) if request_rate else 0.0
    uneven = variance / step_seconds**2
    met = step_seconds * (1 + uneven)
    room = service.chunk_tokens * (service.ranks if service.by_sequence else 1)
    passes = max(1.0, tokens / max(1.0, room - batch))
    own = one + (passes - 1) * none
    mean = own + (0.5 + share) * met
    # The rest of a step is a uniform share of it; so many more prompts arrive as it is long.
    square = met * step_seconds * (1 + 2 * uneven)
    spread = (1 / 3 + share + share**2) * square - ((0.5 + share) * met) ** 2 + share * prompt * met
    # Nobody waits less than the steps that read the own prompt; what comes on top is spread like a gamma variable, or,
    # of those few who meet a prompt at low load, like the rest of that prompt's step and what arrives in it.
    found = {"mean": mean}
    for name in DEVIATIONS:
        deviations, beyond = DEVIATIONS[name]
        waited = gamma_quantile(mean - own, spread, deviations)
        meets = min(1.0, request_rate * one)
        found[name] = own + max(waited, one * (1 - beyond / meets + share) if meets > beyond else 0.0)
    return found


def sizes(model: "Model", device: "Device") -> "list[tuple[int, int]]":
    """Sizes of a replica that are searched: ranks that share each layer, and stages that share the layers."""
    joined = int(device.link_devices) if device.has("link_devices") and device.has("link_bandwidth") else 1
    ranks = legal_ranks(model, joined)
    found = [(number, 1) for number in ranks]
    stages = 2
    while stages <= min(MOST_STAGES, model.layers) and device.has("network_bandwidth"):
        found.append((ranks[-1], stages))
        stages *= 2
    return found


class ServicePlan:
    """The fewest devices that serve: their number, the replica, and the sizes that were not chosen, with reasons."""

    def __init__(self, devices: int, replicas: int, replica: "Replica", refused: "dict[tuple[int, int], str]") -> None:
        self.devices, self.replicas, self.replica, self.refused = devices, replicas, replica, refused

    @property
    def why(self) -> "dict[str, float]":
        """Devices by what they are needed for: reading weights and caches, computing, waiting, and spare [1]."""
        step = self.replica.step
        used = self.replicas * self.replica.requests
        busy = min(1.0, self.replica.served / used) if used else 0.0
        at_work = self.devices * self.replica.load * busy
        parts = {
            "weights": step.weights + step.experts + step.logits,
            "caches": step.caches,
            "compute": step.prompts + step.vectors,
            "overhead": step.collectives + step.layers + step.host,
        }
        whole = sum([parts[name] for name in parts])
        found = {name: at_work * parts[name] / whole for name in parts}
        found["waiting"] = self.devices * busy - at_work
        found["spare"] = self.devices * (1 - busy)
        return found


def service_plan(
    model: "Model",
    device: "Device",
    request_rate: float,
    time_to_first_token: "float | None" = None,
    time_per_output_token: "float | None" = None,
    quantile: str = "p95",
    load: float = MOST_LOAD,
    **options: "Any",
) -> "ServicePlan":
    """The fewest devices that serve a rate of requests within limits.

    Parameters
    ----------
    model : Model
        What is served.
    device : Device
        Where.
    request_rate : float
        Requests a second.
    time_to_first_token, time_per_output_token : float, optional
        Limits [s]; the first holds for the share of requests that `quantile` names, the second in the mean.
    quantile : str
        ``"p50"``, ``"p95"`` or ``"p99"``.
    load : float
        Most of what a replica could serve that it is given.
    options
        Of `Service`, but the size of the replica.

    Raises
    ------
    ValueError
        If an argument is out of range, or no size keeps the limits; the sentence says what each lacks.
    """
    single(request_rate=request_rate)
    load = size("load", load, 0.01, 0.99)
    if quantile not in DEVIATIONS:
        raise Refusal("quantile", quantile, "one of p50, p95, p99")
    for name, limit in (("time_to_first_token", time_to_first_token), ("time_per_output_token", time_per_output_token)):
        if limit is not None:
            single(**{name: limit})
    best, refused = None, {}
    for ranks, stages in sizes(model, device):
        service = Service(model, device, tensor_parallel=ranks, pipeline_stages=stages, **options)
        if not service.fits:
            refused[(ranks, stages)] = "the weights and one sequence do not fit"
            continue
        most = _rate(service, service.full_batch())
        fewest = int(round_up(request_rate / (load * most))) * service.devices
        if best is not None and fewest >= best.devices:
            continue  # whatever the limits leave of it
        found = _most_within(service, most, time_to_first_token, time_per_output_token, quantile, load)
        if found is None:
            refused[(ranks, stages)] = "too slow, even alone"
            continue
        replicas = int(round_up(request_rate / found.requests))
        if best is None or replicas * service.devices < best.devices:
            found.served = request_rate
            best = ServicePlan(replicas * service.devices, replicas, found, refused)
    if best is None:
        reasons = "; ".join([str(key[0] * key[1]) + " devices: " + refused[key] for key in sorted(refused)])
        raise Refusal("device", device.name, "another device or looser limits", reason=f"no replica does it: {reasons}")
    return best


def _most_within(
    service: "Service",
    most: float,
    first_limit: "float | None",
    token_limit: "float | None",
    quantile: str,
    load: float,
) -> "Replica | None":
    """The replica at the largest batch within the limits, or None."""
    full = service.full_batch()

    def holds(batch: float) -> bool:
        seconds = service.token_seconds(batch)
        if batch > load * most * service.answer_tokens * seconds or (token_limit is not None and seconds > token_limit):
            return False
        if first_limit is None:
            return True
        rate = batch / (service.answer_tokens * seconds)
        return _first_token(service, batch, seconds * service.written(), rate)[quantile] <= first_limit

    batch = _largest(holds, full)
    # What is smaller than the search is fine is nothing.
    return _at(service, batch, full, most, True) if batch >= full / 2.0 ** (HALVINGS - 8) else None


def scaled_devices(plan: "ServicePlan", request_rates: "Iterable[float]") -> "list[int]":
    """Devices at each of some rates of requests, such as those of a day's hours, if replicas come and go [1].

    Parameters
    ----------
    plan : ServicePlan
        A plan, of whose replica there are as many as each rate takes; one is always there.
    request_rates : list of float
        Requests a second.
    """
    for request_rate in request_rates:
        single(request_rate=request_rate)
    return [int(round_up(rate / plan.replica.requests)) * plan.replica.devices for rate in request_rates]


class SplitPlan:
    """Two pools, one that reads prompts and one that writes answers; attributes as in `split_plan`."""

    readers: int
    writers: int
    devices: int
    transfer_seconds: float
    first_token: float
    output_token: float
    batch: float

    def __init__(self, **attributes: float) -> None:
        for name in attributes:
            setattr(self, name, attributes[name])


def split_plan(reader: "Service", writer: "Service", request_rate: float, load: float = MOST_LOAD) -> "SplitPlan":
    """Pools that read prompts and write answers apart, between which caches are sent over the network.

    Parameters
    ----------
    reader, writer : Service
        A replica of each pool, with the same model and texts.
    request_rate : float
        Requests a second.
    load : float
        Most of what a replica could do that it is given.

    Returns
    -------
    SplitPlan
        ``readers`` and ``writers`` (replicas), ``devices``, ``transfer_seconds`` of a cache, ``first_token`` in the
        mean, with the wait for a reader and the transfer, and ``output_token`` [s].
    """
    single(request_rate=request_rate)
    load = size("load", load, 0.01, 0.99)
    if not (reader.fits and writer.fits):
        raise Refusal("device", reader.device.name, "more memory or devices: not even one sequence fits")
    reading = reader.first_token_seconds()
    readers = int(round_up(request_rate * reading / load))
    full = writer.full_batch()

    def seconds(batch: float) -> float:
        apart = writer.step(batch / writer.pipeline_stages, writer.mean_context()).seconds
        return writer.drafted(apart) / writer.written()

    def served(batch: float) -> float:
        return batch / (writer.answer_tokens * seconds(batch))

    writers = int(round_up(request_rate / (load * served(full))))
    batch = _largest(lambda tried: served(tried) <= request_rate / writers, full)
    slower = min([pool.device.network_bandwidth * pool.devices for pool in (reader, writer)])
    transfer = writer.sequence_bytes(writer.read_tokens()) / slower
    waiting = queue_seconds(reading, readers, request_rate * reading / readers, 1.0, reader.question_spread)
    return SplitPlan(
        readers=readers,
        writers=writers,
        devices=readers * reader.devices + writers * writer.devices,
        transfer_seconds=transfer,
        first_token=waiting + reading + transfer,
        output_token=seconds(batch),
        batch=batch,
    )
