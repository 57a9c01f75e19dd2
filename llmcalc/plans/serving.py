"""How many devices a service takes: a replica at work, and the fewest devices that keep its limits.

A replica settles where as many requests end as begin. The more answers it writes at once, the more requests it serves
and the longer each step takes, so the largest batch within all limits serves most. Sizes of replicas are all searched,
and so no looser limit, faster device, shorter text or smaller number of requests ever takes more devices.
"""

from math import cos, e, exp, floor, log10, pi

from .. import datasets
from ..checks import Refusal, accept, single
from ..formats import number
from ..formulas.devices import round_up
from ..messages import marked, message
from ..models.numbers import choose, least, logarithm, most, size, take, whole
from ..models.service import Service, known_constants, legal_ranks, shared_life
from ..units import GIGA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from ..checks import Numeric
    from ..models.device import Device
    from ..models.model import Model
    from ..models.service import Step

# Quantiles of the normal distribution, and the shares of requests that are beyond.
DEVIATIONS = {"p50": (0.0, 0.5), "p95": (1.645, 0.05), "p99": (2.326, 0.01)}
ROUNDS = 60  # in which the largest batch is looked for, at most
GUESSES = 6  # at a batch, from below
CLOSE = 1e-9  # to it, in shares of it
NOTHING = 1e-9  # of the largest batch: a replica that is all but idle
TINY = 1e-300
SAME = 1e-6  # shares of a replica that are equal but for the search
ENOUGH = 1.3  # times as many elements as are not found yet: those that are found are left out
STRETCH = 100  # tokens, some lines of text, over which a limit on the time per output token is to hold
ROUNDED_UP = 1.001  # times the shortest time that is kept: so much is surely enough
TURN = 2.0  # times the wait of a request alone: where latency is said to turn
MOST_STAGES = 16
MOST_LOAD = 0.9  # of what a replica could serve: above, waiting grows without bound
HOURS = 24
BELOW_NOON = [cos(2 * pi * hour / HOURS) - 1 for hour in range(HOURS)]
INFINITY = float("inf")


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
    step_tokens: float  # tokens of that step [token]

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
        ``batch`` (answers in progress), ``load`` (share of the requests that it could serve), ``requests`` and
        ``output_tokens`` a second, latencies, and what its time and memory are spent on.

    Raises
    ------
    ValueError
        If the model does not fit, or more requests arrive than it can serve.
    """
    if not service.fits:
        short = 1 - service.memory_batch()
        accepted = message("more memory or devices: not even one sequence fits ({short})", short=f"{short:.2f}")
        raise Refusal("device", service.device.name, accepted)
    full = service.full_batch()
    highest = service.request_rate(full)
    if request_rate is not None:
        single(request_rate=request_rate)
        if request_rate >= highest:
            raise Refusal(
                "request_rate", request_rate, message("less than the replica serves: {most}", most=f"{highest:.4g}")
            )
        batch = _batch_at(service, request_rate, full)
        if not batch:  # next to nothing, and so in proportion
            batch = full * NOTHING * request_rate / service.request_rate(full * NOTHING)
    elif concurrency is not None:
        batch = min(size("concurrency", concurrency, 1e-9) * service.answers_per_question, full)
    else:
        batch = full
    return _at(service, batch, full, highest, poisson=request_rate is not None)


def _batch_at(service: "Service", request_rate: float, full: float) -> float:
    batch: float = _largest(lambda tried: service.request_rate(tried) / request_rate - 1, full)
    return batch


def _at(service: "Service", batch: float, full: float, highest: float, poisson: bool) -> "Replica":
    pace = service.pace(batch)
    if not poisson:  # whoever ends is followed by another, so that nobody finds more than the others
        quiet = service.step_seconds(batch / service.pipeline_stages, service.mean_context())
        pace = batch, service.token_seconds(batch), quiet, pace[3]
    seconds = pace[1]
    rate = batch / (service.answer_tokens * service.answers_per_question * seconds)
    waits = _Waits(service, pace, rate if poisson else 0.0)
    first = {"mean": waits.first_mean + (waits.queue_mean() if poisson else 0.0)}
    token = {"mean": seconds}
    answer = {"mean": first["mean"] + seconds * (service.answer_tokens - 1)}
    for name in DEVIATIONS:
        first[name], token[name] = waits.first_token(name), waits.output_token(name)
        answer[name] = waits.answer(name)
    begun = batch / service.steps_per_prompt()
    return Replica(
        service=service,
        devices=service.devices,
        batch=batch,
        full_batch=full,
        requests=rate,
        output_tokens=batch / seconds,
        load=rate / highest,
        first_token=first,
        output_token=token,
        answer=answer,
        step=service.step(batch, service.mean_context(), begun * service.read_tokens(), begun),
        step_tokens=batch * (1 + service.draft_tokens) + begun * service.read_tokens(),
        memory={
            "weights": service.weight_bytes,
            "caches": batch * service.sequence_bytes(service.mean_context()),
            "engine": service.program_bytes,
        },
    )


def _largest(excess: "Callable[[Numeric], Numeric]", high: "Numeric") -> "Numeric":
    """The largest number up to one at which something that grows is not above 0, and 0 if there is none.

    Regula falsi in the variant of Anderson and Björck 1973 ("A new high order method of regula falsi type", BIT 13:
    253), which scales the value of an end that stays, with a bisection now and then for what is not smooth.
    """
    low = high * NOTHING
    at_low, at_high = excess(low), excess(high)
    if at_low > 0:
        return 0.0
    if at_high <= 0:
        return high
    state = low, at_low, high, at_high, 0
    for round_ in range(ROUNDS):
        state = _round(excess, state, round_)
        if state[2] - state[0] <= CLOSE * state[2]:
            break
    return state[0]


def _largest_of_each(excess_of: "Callable[[Any], Callable[[Numeric], Numeric]]", high: "Numeric") -> "Numeric":
    """The same element by element, where `excess_of` takes the places whose values are asked for: those not yet found.

    >>> import numpy
    >>> _largest_of_each(lambda places: lambda tried: tried - numpy.array([0.5, 2.0, -1.0])[places], numpy.ones(3))
    array([0.5, 1. , 0. ])
    """
    space = high.__array_namespace__()
    places = space.nonzero(high >= 0)[0]
    low, excess = high * NOTHING, excess_of(places)
    at_low, at_high = excess(low), excess(high)
    found = choose(at_low > 0, 0.0, choose(at_high <= 0, high, low))
    places = space.nonzero((at_low <= 0) & (at_high > 0))[0]
    state = tuple([take(part, places) for part in (low, at_low, high, at_high, 0 * high)])
    excess = excess_of(places)
    for round_ in range(ROUNDS):
        state = _round(excess, state, round_)
        wide = state[2] - state[0] > CLOSE * state[2]
        if ENOUGH * wide.sum() < wide.size or round_ == ROUNDS - 1:
            found[places] = state[0]
            places = places[wide]
            if not places.size:
                break
            state, excess = tuple([part[wide] for part in state]), excess_of(places)
    return found


def _round(excess: "Callable[[Numeric], Numeric]", state: "tuple[Numeric, ...]", round_: int) -> "tuple[Numeric, ...]":
    # The ends with their values, and the end that the last round kept: -1 the low one, 1 the high one.
    low, at_low, high, at_high, kept = state
    at_low, at_high = least(at_low, -TINY), most(at_high, TINY)
    middle = (low + high) / 2 if round_ % 4 == 3 else (low * at_high - high * at_low) / (at_high - at_low)
    nudge = CLOSE * high / 2  # off an end, so that what is left on the other side shrinks as well
    middle = least(most(middle, low + nudge), high - nudge)
    found = excess(middle)
    holds = found <= 0
    ratio = 1 - found / choose(holds, at_low, at_high)
    again = choose(ratio > 0.1, ratio, 0.5)
    return (
        choose(holds, middle, low),
        choose(holds, found, at_low * choose(kept == -1, again, 1.0)),
        choose(holds, high, middle),
        choose(holds, at_high * choose(kept == 1, again, 1.0), found),
        choose(holds, 1, -1),
    )


class _Waits:
    """How long requests wait for their first token, and for each other one, at a batch and a rate of requests.

    An arrival falls into a long step more likely than into a short one, and shares the next with the prompts that
    arrived meanwhile.
    """

    def __init__(self, service: "Service", pace: "tuple[Numeric, ...]", request_rate: "Numeric") -> None:
        batch, token_seconds, self.none, self.each = pace
        self.service, self.seconds, self.request_rate = service, token_seconds, request_rate
        self.busy = least(0.999, batch / service.full_batch())
        context, tokens = service.mean_context(), service.read_tokens()
        # Stages work on as many groups of requests, each of which is an engine of its own.
        batch, rate = batch / service.pipeline_stages, request_rate / service.pipeline_stages
        self.one = service.step_seconds(batch, context, tokens, 1.0)
        self.batch, self.rate = batch, rate
        self.prompt = _prompt_seconds(service)
        self.share = share = least(0.99, rate * self.prompt)
        step_seconds = token_seconds * service.written()
        spread = service.question_spread
        uneven = rate * self.prompt**2 * (1 + spread**2) / (1 - share**2) / step_seconds  # waiting.step_variance
        met = step_seconds * (1 + uneven)
        room = service.chunk_tokens * (service.ranks if service.by_sequence else 1)
        passes = most(1.0, tokens / most(1.0, room - batch))
        own = self.one + (passes - 1) * self.none
        self.first_mean = own + (0.5 + share) * met
        # The rest of a step is a uniform share of it; so many more prompts arrive as it is long.
        square = met * step_seconds * (1 + 2 * uneven)
        waited = (1 / 3 + share + share**2) * square - ((0.5 + share) * met) ** 2 + share * self.prompt * met
        # What of the own prompt is as long as the prompt is: reading more experts is not.
        reading = passes * least(self.one - self.none, self.prompt)
        self.variance = waited + (reading * spread) ** 2
        if service.bursts:  # what prompts wait for each other, beyond those that come at random
            # Those who wait for others wait for the steps, too, in which twice as many are read as usually.
            squares = service.arrival_spread**2, spread**2
            each = self.prompt + share * self.none / (1 + 2 * rate * met)
            mean, variance = _bunched_queue(each, least(0.99, rate * each), *squares)
            self.first_mean += mean
            self.variance += variance
        self.least = own - reading * least(1.0, spread)
        # How much more the number of sequences in progress varies.
        self.crowd = service.crowd(batch / service.answers_per_question)
        self.bunched = self.crowd * shared_life(service.answer_spread)

    def first_token(self, quantile: str) -> "Numeric":
        """Time to first token [s].

        Nobody waits less than the steps that read the own prompt; what comes on top is spread like a gamma variable,
        or, of those few who meet a prompt at low load, like the rest of that prompt's step and what arrives in it.
        """
        deviations, beyond = DEVIATIONS[quantile]
        waited = gamma_seconds(self.first_mean - self.least, self.variance, deviations)
        meets = least(1.0, self.rate * self.one)
        late = choose(meets > beyond, self.one * (1 - beyond / most(meets, beyond) + self.share), 0.0)
        return self.least + most(waited, late) + self._queued(beyond)

    def _queue(self) -> "tuple[Numeric, Numeric]":
        # For memory: share of requests that wait, and their mean wait, as in a queue before as many servers as
        # sequences fit (`formulas.waiting.queue_seconds`), or before fewer where the number of sequences varies more.
        service = self.service
        servers = service.full_batch()
        late = self.busy ** ((2 * (servers / (1 + self.bunched) + 1)) ** 0.5 - 1)
        spreads = (service.arrival_spread**2 + service.answer_spread**2) / 2
        return late, spreads * self.seconds * service.answer_tokens / (servers * (1 - self.busy))

    def _queued(self, beyond: float) -> "Numeric":
        # Those who wait at all do so for an exponential time.
        late, waited = self._queue()
        return choose(late > beyond, waited * logarithm(most(late, beyond) / beyond), 0.0)

    def queue_mean(self) -> "Numeric":
        """Mean wait for memory [s]."""
        late, waited = self._queue()
        return late * waited

    def output_token(self, quantile: str) -> "Numeric":
        """Time per output token [s] of an answer, or of as many short ones as make `STRETCH` tokens."""
        return self._stretch(quantile, most(self.service.answer_tokens, STRETCH))

    def limited_token(self, quantile: str) -> "Numeric":
        """The same of stretches of `STRETCH` tokens, however long answers are [s]: what a limit is held against."""
        return self._stretch(quantile, STRETCH)

    def _stretch(self, quantile: str, tokens: "Numeric") -> "Numeric":
        # Whoever arrives lengthens a step by reading its prompt, and the steps after it by a sequence, and
        # longer steps let more arrive: arrivals excite themselves (Hawkes 1971, "Spectra of some self-exciting and
        # mutually exciting point processes", Biometrika 58: 83). If what a sequence adds decays over its life, the
        # spectrum of the steps' times is white but for one pole, and each part has its variance over some steps.
        service = self.service
        quiet = least(service.drafted(self.none) / service.written(), self.seconds)
        beside = service.drafted(self.each) / service.written()
        life, reading, uneven = service.answer_tokens, self.prompt, service.question_spread**2
        arrivals = self.rate * self.seconds  # within a step
        alone = 1 - self.share
        writing = beside * life * service.answers_per_question  # that a request adds to all later steps
        slow = most(0.05, 1 - self.rate * writing / alone)
        decay = life * (1 + service.answer_spread**2) / 2
        gathered = 1 + service.crowd(arrivals * tokens)
        white = gathered * reading**2 * (1 + uneven) / tokens
        ends = writing**2 / service.answers_per_question * service.answer_spread**2
        coming = (reading + writing) ** 2 + uneven * reading**2 - (1 + uneven) * (slow * reading) ** 2
        past = most(1e-3, slow * tokens / decay)
        kept = (past - 1 + e**-past) / past**2
        variance = arrivals / alone**2 * (white + ((1 + self.crowd) * coming + ends) * kept / (slow * decay))
        quiet -= least(most(0.0, self.batch - service.answers_per_question) * beside, quiet)
        return quiet + gamma_seconds(self.seconds - quiet, variance, DEVIATIONS[quantile][0])

    def answer(self, quantile: str) -> "Numeric":
        """Time from a request to its last token [s], in which the first and the others are spread independently."""
        service = self.service
        others = most(0.0, service.answer_tokens - 1)
        token = (self.output_token("p95") - self.seconds) / DEVIATIONS["p95"][0]
        variance = self.variance + (others * token) ** 2 + (others * self.seconds * service.answer_spread) ** 2
        spread = self.first_mean - self.least + others * self.seconds
        deviations, beyond = DEVIATIONS[quantile]
        return self.least + gamma_seconds(spread, variance, deviations) + self._queued(beyond)


def _bunched_queue(
    seconds: "Numeric", load: "Numeric", arrivals: "Numeric", services: "Numeric"
) -> "tuple[Numeric, Numeric]":
    """How much more the mean and the variance of the wait for a server are where requests come in bursts.

    Arrivals are of two exponential kinds with balanced means, and `arrivals` and `services` squares of spreads. By how
    much more they wait is taken from exponential services, for which 1 less the root is the share that waits at all.
    """
    load = most(load, NOTHING)
    root = (1 - 2 * load + ((1 - 2 * load) ** 2 + 8 * load * (1 - load) / (arrivals + 1)) ** 0.5) / 2
    usual = (1 + services) / 2 * load * seconds / (1 - load)
    more = seconds * ((1 - root) / root - load / (1 - load))
    return more, (usual + more) ** 2 * (1 + root) / (1 - root) - usual**2 * (2 - load) / load


def gamma_seconds(mean: "Numeric", variance: "Numeric", deviations: float) -> "Numeric":
    """`formulas.waiting.gamma_quantile`, unchecked, and 0 where the approximation would be below.

    Where one in a hundred is longer than all others together, the quantile falls again as these become rarer and
    longer; a limit that holds for them would not hold for less load. So the variance counts up to where it is highest.
    """
    mean = most(mean, 1e-12)
    if deviations:
        variance = least(variance, (1.5 * deviations * mean) ** 2)
    return mean * most(0.0, 1 - variance / (9 * mean**2) + deviations * variance**0.5 / (3 * mean)) ** 3


def _prompt_seconds(service: "Service") -> "Numeric":
    # What a further prompt adds beside many answers, which no longer hides behind the reading of weights.
    if service.marginal_prompt is None:
        many, tokens = service.largest_batch, service.read_tokens()
        two = service.step_seconds(many, 1.0, 2 * tokens, 2.0)
        service.marginal_prompt = two - service.step_seconds(many, 1.0, tokens, 1.0)
    return service.marginal_prompt


def sizes(model: "Model", device: "Device", devices_per_replica: int = 0) -> "list[tuple[int, int, int, int]]":
    """Replicas that are searched, each as `Service.resized` takes it.

    Ranks of a server share each layer; pipelines of such servers have stages, and the experts of a mixture may be
    shared whole, by the ranks of a server or of several, which else each keep to their own sequences.

    Parameters
    ----------
    model : Model
        What is served.
    device : Device
        Where.
    devices_per_replica : int
        Devices that a replica is to have; 0 for all sizes.

    Returns
    -------
    list of tuple of int
        Ranks that share each layer, stages, groups of such ranks, and ranks that share the experts of a layer [1].

    Raises
    ------
    ValueError
        If no replica has as many devices, naming the numbers that engines take.
    """
    asked = whole("devices_per_replica", devices_per_replica, 0)
    joined = int(device.link_devices) if device.has("link_devices") and device.has("link_bandwidth") else 1
    ranks = legal_ranks(model, joined)
    most_ranks = ranks[-1]
    found = [(rank, 1, 1, 1) for rank in ranks]
    if model.experts:
        found += [(rank, 1, 1, rank) for rank in ranks[1:]]
    if device.has("network_bandwidth"):
        stages = 2
        while stages <= min(MOST_STAGES, model.layers):
            found.append((most_ranks, stages, 1, most_ranks if model.experts else 1))
            stages *= 2
        servers = 2
        while servers * most_ranks <= model.experts:  # of which each rank has one at least
            found.append((most_ranks, 1, servers, servers * most_ranks))
            servers *= 2
    if not asked:
        return found
    chosen = [cut for cut in found if devices_of(cut) == asked]
    if not chosen:
        known = ", ".join([str(count) for count in sorted({devices_of(cut) for cut in found})])
        accepted = message("0, or one that divides the {heads} heads: {numbers}", heads=model.heads, numbers=known)
        raise Refusal("devices_per_replica", asked, accepted)
    return chosen


def devices_of(cut: "tuple[int, int, int, int]") -> int:
    """Devices of a replica that `sizes` names [1].

    Examples
    --------
    >>> devices_of((8, 1, 2, 16))
    16
    """
    ranks, stages, groups, _ = cut
    return ranks * stages * groups


class ServicePlan:
    """The fewest devices that serve.

    ``devices`` in ``replicas`` of ``replica.devices`` each; ``replica`` is one at the limits, ``busiest`` one at the
    rate that was asked for, ``request_rate``; ``refused`` has the sizes that cannot serve, with reasons.
    """

    def __init__(
        self, request_rate: float, load: float, replica: "Replica", refused: "dict[tuple[int, ...], str]"
    ) -> None:
        self.request_rate, self.load, self.replica, self.refused = request_rate, load, replica, refused
        self.replicas = int(round_up(request_rate / replica.requests))
        self.devices = self.replicas * replica.devices

    @property
    def busiest(self) -> "Replica":
        """A replica at the rate that was asked for, of which each gets its share."""
        return replica(self.replica.service, self.request_rate / self.replicas)

    @property
    def why(self) -> "dict[str, float]":
        """Devices by what they are needed for [1].

        ``weights`` and ``caches`` are read, ``compute`` is what products take beyond the reading of weights, attention
        over prompts and vectors between products, ``overhead`` links, launches and the host's work;
        ``waiting`` is what must idle so that nobody waits too long, ``spare`` what is kept free or rounded up.
        """
        step = self.replica.step
        busy = self.request_rate / (self.replicas * self.replica.requests)
        products = step.weights + step.experts + step.logits
        reading = min(products, self.replica.service.reading_seconds(self.replica.step_tokens, self.replica.batch))
        parts = {
            "weights": reading,
            "caches": step.caches,
            "compute": products - reading + step.prompts + step.vectors,
            "overhead": step.collectives + step.layers + step.host,
        }
        all_of_it = sum([parts[name] for name in parts])
        at_work = self.devices * busy * self.replica.load
        found = {name: at_work * parts[name] / all_of_it for name in parts}
        idle = self.load - self.replica.load
        found["waiting"] = self.devices * busy * idle if idle > SAME else 0.0
        found["spare"] = self.devices - at_work - found["waiting"]
        return found

    @property
    def range(self) -> "tuple[int, int]":
        """The fewest and the most devices, if replicas serve as much more or less than predicted as published ones."""
        low, high = interval("mixture" if self.replica.service.mixtures else "dense")
        counts = [int(round_up(self.request_rate / (self.replica.requests * share))) for share in (high, low)]
        return counts[0] * self.replica.devices, counts[1] * self.replica.devices

    @property
    def badge(self) -> str:
        """How well the plan is founded (see `badge`)."""
        return badge(self.replica.service)

    @property
    def reading_share(self) -> float:
        """Share of the replicas' time that prompts take, and so of the price [1] (see `reading_share`)."""
        return reading_share(self.busiest)

    @property
    def turning_load(self) -> float:
        """Share of the capacity from which on first tokens take twice as long as when idle [1] (see `turning_load`)."""
        return turning_load(self.replica.service)

    def scaled(self, request_rates: "Iterable[float]") -> "list[int]":
        """Devices at each of some rates of requests, such as those of a day's hours, if replicas come and go [1].

        Parameters
        ----------
        request_rates : list of float
            Requests a second, for each of which there are as many replicas as it takes; one is always there.
        """
        counts = []
        for request_rate in request_rates:
            single(request_rate=request_rate)
            counts.append(int(round_up(request_rate / self.replica.requests)) * self.replica.devices)
        return counts


class Impossible(Refusal):
    """No replica serves within the limits.

    ``argument`` is what stands in the way, ``accepted`` what would do, and ``words`` is a sentence without names of
    arguments.
    """

    def __init__(self, argument: str, value: object, accepted: str, words: str) -> None:
        super().__init__(argument, value, accepted)
        self.words = words


def service_plan(
    model: "Model",
    device: "Device",
    request_rate: float,
    time_to_first_token: "float | None" = None,
    time_per_output_token: "float | None" = None,
    quantile: str = "p95",
    load: float = MOST_LOAD,
    devices_per_replica: int = 0,
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
        Limits [s], which hold for the share of requests that `quantile` names; the second over stretches of `STRETCH`
        tokens, however short the answers are, so that shorter ones never take more devices.
    quantile : str
        ``"p50"``, ``"p95"`` or ``"p99"``.
    load : float
        Most of what a replica could serve that it is given.
    devices_per_replica : int
        Devices of a replica; 0 for the best number.
    options
        Of `Service`, but the size of the replica.

    Returns
    -------
    ServicePlan

    Raises
    ------
    ValueError
        If an argument is out of range; `Impossible`, if no size keeps the limits, with what would make it possible.
    """
    single(request_rate=request_rate)
    load, limits = _checked(load, quantile, time_to_first_token, time_per_output_token, single)
    service = Service(model, device, **options)
    best: tuple[float, int, float, float, Service] | None = None
    refused: dict[tuple[int, ...], str] = {}
    largest = service
    alone: list[tuple[float, float, int]] = []
    able: list[tuple[int, int, float, Service]] = []
    for cut in sizes(model, device, devices_per_replica):
        service = service.resized(*cut)
        if service.cache_room > largest.cache_room:
            largest = service
        if service.fits:
            highest = service.request_rate(service.full_batch())
            fewest = int(round_up(request_rate / (load * highest))) * service.devices
            able.append((fewest, len(able), highest, service))
        else:
            refused[cut] = message("the weights and one sequence do not fit")
    # Those first that serve most, so that others need no search: none takes fewer than without latencies.
    for fewest, _, highest, other in sorted(able, key=lambda each: each[:2]):
        if best is not None and (fewest, other.devices) >= best[:2]:
            continue
        excess, full = _excess(other, highest, load, quantile, limits), other.full_batch()
        if best is not None and excess(full * NOTHING) <= 0 < excess(_batch_of_fewer(other, request_rate, best)):
            continue
        batch = _largest(excess, full)
        if not batch:
            refused[other.cut] = message("too slow, even alone")
            alone.append(quickest(other, quantile))
            continue
        devices = int(round_up(request_rate / other.request_rate(batch))) * other.devices
        if best is None or (devices, other.devices) < best[:2]:
            best = devices, other.devices, batch, highest, other
    if best is None:
        raise _impossible(largest, alone, limits, quantile)
    _, _, batch, highest, found = best
    return ServicePlan(request_rate, load, _at(found, batch, found.full_batch(), highest, True), refused)


def _batch_of_fewer(service: "Service", request_rate: float, best: "tuple[Any, ...]") -> float:
    """A batch with which replicas just do not serve in fewer devices than the best so far, or in smaller replicas."""
    replicas = int(best[0]) // service.devices
    if (replicas * service.devices, service.devices) >= best[:2]:
        replicas -= 1
    full = service.full_batch()
    below = tried = full * NOTHING
    for _ in range(GUESSES):  # each of which is below, because tokens take no less time the more answers are written
        served = service.request_rate(tried) * replicas
        if served > request_rate:
            break
        below, tried = tried, min(full, tried * request_rate / served)
    return below


def service_devices(
    model: "Model",
    device: "Device",
    request_rate: "Numeric",
    time_to_first_token: "Numeric | None" = None,
    time_per_output_token: "Numeric | None" = None,
    quantile: str = "p95",
    load: float = MOST_LOAD,
    devices_per_replica: int = 0,
    **options: "Any",
) -> "Numeric":
    """Devices of many services at once, like those that `service_plan` finds for each [1].

    Parameters
    ----------
    model, device, quantile, load, devices_per_replica
        As in `service_plan`.
    request_rate : float or array
        Requests a second; all arrays are of one axis and equally long.
    time_to_first_token, time_per_output_token : float or array, optional
        Limits [s].
    options
        Of `Service`; lengths, their spreads, the share of hits and the acceptance of drafts may be arrays.

    Returns
    -------
    float or array
        Devices; infinite where no replica keeps the limits.
    """
    accept(request_rate=request_rate)
    load, limits = _checked(load, quantile, time_to_first_token, time_per_output_token)
    service = Service(model, device, **options)
    able: list[tuple[Any, Any, Any, Service]] = []
    for cut in sizes(model, device, devices_per_replica):
        service = service.resized(*cut)
        # Where not one sequence fits, look at one all the same, and leave the answer out.
        full = most(service.full_batch(), 1.0)
        highest = service.request_rate(full)
        fewest = round_up(request_rate / (load * highest)) * service.devices
        for limit in limits:
            fewest = fewest + 0 * (limit if limit is not None else 0)
        full = full + 0 * fewest  # as many elements as there are services
        able.append((choose(service.full_batch() >= 1, fewest, INFINITY + 0 * fewest), full, highest, service))
    if not getattr(able[0][0], "ndim", 0):
        return _devices(
            model, device, (request_rate, limits[0], limits[1], quantile, load, devices_per_replica), options
        )
    found = INFINITY + 0 * able[0][1]
    for fewest, full, highest, service in sorted(able, key=lambda each: float(each[0].min())):
        places = (fewest < found).nonzero()[0]
        if not places.size:
            continue
        batch = _largest_of_each(_excess_of(service, highest, load, quantile, limits, places), take(full, places))
        served = service.taken(places).request_rate(most(batch, take(full, places) * NOTHING))
        count = round_up(take(request_rate, places) / served) * service.devices
        found[places] = least(found[places], choose(batch > 0, count, INFINITY))
    return found


def _devices(model: "Model", device: "Device", given: "tuple[Any, ...]", options: "dict[str, Any]") -> float:
    try:
        return float(service_plan(model, device, *given, **options).devices)
    except Impossible:
        return INFINITY


def _excess_of(
    service: "Service",
    highest: "Numeric",
    load: float,
    quantile: str,
    limits: "tuple[Any, Any]",
    places: "Any",
) -> "Callable[[Any], Callable[[Numeric], Numeric]]":
    """`_excess` of those elements that stand at some of the places."""

    def of(chosen: "Any") -> "Callable[[Numeric], Numeric]":
        at = places[chosen]
        taken = (take(limits[0], at), take(limits[1], at))
        return _excess(service.taken(at), take(highest, at), load, quantile, taken)

    return of


def _checked(
    load: float,
    quantile: str,
    first_limit: "Numeric | None",
    token_limit: "Numeric | None",
    check: "Callable[..., None]" = accept,
) -> "tuple[float, tuple[Any, Any]]":
    if quantile not in DEVIATIONS:
        raise Refusal("quantile", quantile, "one of p50, p95, p99")
    if first_limit is not None:
        check(time_to_first_token=first_limit)
    if token_limit is not None:
        check(time_per_output_token=token_limit)
    return size("load", load, 0.01, 0.99), (first_limit, token_limit)


def _excess(
    service: "Service", highest: "Numeric", load: float, quantile: str, limits: "tuple[Any, Any]"
) -> "Callable[[Numeric], Numeric]":
    """How far the largest of a batch's load and latencies is above its limit, from -1 to 1."""
    first_limit, token_limit = limits
    tokens = service.answer_tokens * service.answers_per_question

    def excess(batch: "Numeric") -> "Numeric":
        pace = service.pace(batch)
        rate = batch / (tokens * pace[1])
        found = rate / (load * highest)
        if first_limit is not None or token_limit is not None:
            waits = _Waits(service, pace, rate)
            if token_limit is not None:
                found = most(found, waits.limited_token(quantile) / token_limit)
            if first_limit is not None:
                found = most(found, waits.first_token(quantile) / first_limit)
        return (found - 1) / (found + 1)  # without the steep rise, which takes rounds

    return excess


def quickest(service: "Service", quantile: str) -> "tuple[float, float, int]":
    """Time to first token and per output token of a request that is all but alone [s], and devices of its replica [1].

    Parameters
    ----------
    service : Service
        The replica and its texts.
    quantile : str
        ``"p50"``, ``"p95"`` or ``"p99"``.
    """
    if quantile not in DEVIATIONS:
        raise Refusal("quantile", quantile, "one of p50, p95, p99")
    batch = service.full_batch() * NOTHING
    waits = _Waits(service, service.pace(batch), service.request_rate(batch))
    return waits.first_token(quantile), waits.limited_token(quantile), service.devices


def upwards(seconds: float) -> str:
    """A time in three digits, of which none is lost: whoever asks for so much gets it."""
    step = 10.0 ** (floor(log10(seconds)) - 2)
    return number(-(-seconds // step) * step, 3)


def _impossible(
    largest: "Service", alone: "Sequence[tuple[float, float, int]]", limits: "tuple[Any, Any]", quantile: str
) -> "Impossible":
    """The refusal of a service that no replica can do; the largest replica is that of most memory."""
    if not alone:
        each = largest.sequence_bytes(largest.question_tokens + largest.answer_tokens * (1 + largest.answer_spread**2))
        needed = largest.program_bytes + largest.weight_bytes + each / largest.cache_share
        held = largest.devices * largest.device.memory
        way = message("a device with more memory, narrower weights or caches, or shorter texts")
        words = message(
            "weights, engine and one sequence take {needed} GB, and the largest replica that engines make of the "
            "device, {devices} of them, has {held} GB. Take {way}",
            needed=number(needed / GIGA, 3),
            devices=largest.devices,
            held=number(held / GIGA, 3),
            way=way,
        )
        return Impossible("device", largest.device.name, way, words)
    share = quantile[1:]
    names = ("time_to_first_token", "time_per_output_token")
    sentences = (
        marked(
            "the shortest time to the first token that {devices} idle devices keep for {share} of 100 requests is "
            "{shortest} s, and {limit} s are allowed. Allow more, or take a faster device, narrower weights or shorter "
            "texts"
        ),
        marked(
            "the shortest time per output token that {devices} idle devices keep for {share} of 100 requests is "
            "{shortest} s, and {limit} s are allowed. Allow more, or take a faster device, narrower weights or shorter "
            "texts"
        ),
    )
    for place in (0, 1):
        reached = min([each[place] for each in alone])
        if limits[place] is not None and reached > limits[place]:
            least_devices = min([each[2] for each in alone if each[place] == reached])
            given = {"devices": least_devices, "share": share, "shortest": upwards(ROUNDED_UP * reached)}
            accepted = message(
                "{shortest} or more, which {devices} idle devices keep for {share} of 100 requests", **given
            )
            words = message(sentences[place], limit=number(limits[place]), **given)
            return Impossible(names[place], limits[place], accepted, words)
    # Each limit is kept by some size, and none keeps both.
    quickest = upwards(ROUNDED_UP * min([each[1] for each in alone if each[0] <= limits[0]]))
    words = message(
        "no replica keeps both limits. The quickest of those that keep the time to the first token takes {shortest} s "
        "per output token: allow that, or more time to the first",
        shortest=quickest,
    )
    accepted = message("{shortest} or more, or a longer {name}", shortest=quickest, name=names[0])
    return Impossible(names[1], limits[1], accepted, words)


def turning_load(service: "Service", quantile: str = "p95") -> float:
    """Share of a replica's capacity from which on the time to first token is `TURN` times that of a request alone [1].

    Parameters
    ----------
    service : Service
        The replica and its texts.
    quantile : str
        ``"p50"``, ``"p95"`` or ``"p99"``.
    """
    if quantile not in DEVIATIONS:
        raise Refusal("quantile", quantile, "one of p50, p95, p99")
    if not service.fits:
        raise Refusal("device", service.device.name, "more memory or devices: not even one sequence fits")
    full = service.full_batch()
    limit, highest = TURN * quickest(service, quantile)[0], service.request_rate(full)
    batch = _largest(_excess(service, highest, 1.0, quantile, (limit, None)), full)
    share: float = service.request_rate(batch) / highest
    return share


def reading_share(at_work: "Replica") -> float:
    """Share of a replica's time that prompts take, and so of its price [1].

    Parameters
    ----------
    at_work : Replica
        What `replica` found.
    """
    service, seen = at_work.service, at_work.batch / at_work.service.pipeline_stages
    writing = service.drafted(service.step_seconds(seen, service.mean_context())) / service.written()
    share: float = max(0.0, 1 - writing / service.token_seconds(at_work.batch))
    return share


def interval(kind: str) -> "tuple[float, float]":
    """Ends of the range that held 80 of 100 published measurements of a kind, in shares of the prediction.

    Parameters
    ----------
    kind : str
        ``"dense"`` or ``"mixture"``, of tokens a second; ``"first"``, of the first token of a single request.
    """
    known = known_constants()
    return known["low_" + kind], known["high_" + kind]


def badge(service: "Service") -> str:
    """How well a prediction is founded: "measured", "fitted" or "bound".

    A published measurement of the very model, device and format is "measured", one of the device and the format with
    another model "fitted", and all else "bound".
    """
    found = "bound"
    for row in datasets.records("serving-published"):
        if row["accelerator"] == service.device.name and row["number_format"] == service.number_format:
            if row["model"] == service.model.name:
                return "measured"
            found = "fitted"
    return found


def day_rates(request_rate: float, busiest_hour_share: float) -> "list[float]":
    """Requests a second in each hour of a day whose busiest hour has a share of all of them.

    The day goes up and down once, like a von Mises distribution over the hours: proportional to
    :math:`e^{k \\cos(2 \\pi h / 24)}`, with k such that the first hour has the share.

    Parameters
    ----------
    request_rate : float
        Mean of the day [1/s].
    busiest_hour_share : float
        Share of the day's requests in its busiest hour [1].

    Returns
    -------
    list of float
        Rates [1/s], of the busiest hour first.

    Examples
    --------
    >>> [round(rate, 2) for rate in day_rates(1.0, 0.08)][:3], round(sum(day_rates(1.0, 0.08)), 6)
    ([1.92, 1.87, 1.72], 24.0)
    """
    single(request_rate=request_rate, busiest_hour_share=busiest_hour_share)
    if busiest_hour_share <= 1 / HOURS:
        return [request_rate] * HOURS

    def parts(sharpness: float) -> "list[float]":  # of which the first is 1
        return [exp(sharpness * below) for below in BELOW_NOON]

    found = parts(_largest(lambda tried: 1 / sum(parts(tried)) / busiest_hour_share - 1, 1000.0))
    whole_day = sum(found)
    return [request_rate * HOURS * (part / whole_day) for part in found]
