"""An engine's scheduler, event by event, which the closed form of `plans.serving` is held to. Needs SimPy.

Requests arrive at random and wait in a queue. Before each step the engine admits those whose caches fit, reads up to
`chunk_tokens` of their prompts beside the answers in progress, and writes a token of each of these.
"""

import random

from .checks import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    import simpy

    from .models.service import Service


class Request:
    """A request, from its arrival to its last token."""

    first_token: float  # when it is written, and the answer ends [s]
    end: float

    def __init__(self, arrival: float, question_tokens: int, answer_tokens: int) -> None:
        self.arrival = arrival
        self.unread: float = question_tokens  # a chunk may end within a token
        self.question_tokens = question_tokens
        self.unwritten = self.answer_tokens = answer_tokens


def simulate(
    service: "Service", request_rate: float, requests: int = 2000, warm: float = 0.2, seed: int = 1
) -> "dict[str, list[float]]":
    """Serve requests that arrive as a Poisson process, or in bursts.

    Parameters
    ----------
    service : Service
        The replica, with the mean lengths and their spreads, and that of the time between arrivals.
    request_rate : float
        Requests a second.
    requests : int
        How many are served.
    warm : float
        Share of them, the first, that is left out of the figures.
    seed : int
        Of the random numbers.

    Returns
    -------
    dict
        Lists of seconds: ``first_token``, ``output_token`` (mean of each answer) and ``answer``.
    """
    try:
        import simpy
    except ImportError:
        raise Refusal("simulation", "SimPy", "an environment that has it: pip install 'llmcalc[simulation]'") from None
    chance = random.Random(seed)
    environment = simpy.Environment()
    waiting: list[Request] = []
    done: list[Request] = []
    engine = environment.process(_engine(environment, service, waiting, done, requests))
    environment.process(_arrivals(environment, service, waiting, request_rate, requests, chance))
    environment.run(until=engine)
    kept = sorted(done, key=lambda request: request.arrival)[int(warm * requests) :]
    return {
        "first_token": [request.first_token - request.arrival for request in kept],
        "output_token": [
            (request.end - request.first_token) / (request.answer_tokens - 1)
            for request in kept
            if request.answer_tokens > 1
        ],
        "answer": [request.end - request.arrival for request in kept],
    }


def _arrivals(
    environment: "simpy.Environment",
    service: "Service",
    waiting: "list[Request]",
    request_rate: float,
    requests: int,
    chance: "random.Random",
) -> "Generator[simpy.Event]":
    for _ in range(requests):
        yield environment.timeout(_gap(request_rate, service.arrival_spread, chance))
        question = _length(service.read_tokens(), service.question_spread, chance)
        answer = _length(service.answer_tokens, service.answer_spread, chance)
        waiting.append(Request(environment.now, question, answer))


def _gap(request_rate: float, spread: float, chance: "random.Random") -> float:
    # Of two exponential kinds with balanced means (Whitt 1982): most gaps are short, and few as long as all the others.
    if spread == 1:
        return chance.expovariate(request_rate)
    often = (1 + ((spread**2 - 1) / (spread**2 + 1)) ** 0.5) / 2
    kind = often if chance.random() < often else 1 - often
    return chance.expovariate(2 * kind * request_rate)


def _length(mean: float, spread: float, chance: "random.Random") -> int:
    if not spread:
        return max(1, round(mean))
    return max(1, round(chance.gammavariate(1 / spread**2, mean * spread**2)))


def _engine(
    environment: "simpy.Environment", service: "Service", waiting: "list[Request]", done: "list[Request]", requests: int
) -> "Generator[simpy.Event]":
    reading: list[Request] = []
    writing: list[Request] = []
    idle = service.step(1, 1).seconds / 10  # how often a resting engine looks for requests
    while len(done) < requests:
        _admit(service, waiting, reading, writing)
        if not reading and not writing:
            yield environment.timeout(idle)
            continue
        chunks = _chunks(service, reading, len(writing))
        tokens = sum(count for _, count in chunks)
        ended = sum(1 for request, count in chunks if count == request.unread)
        context = (
            sum(request.question_tokens + request.answer_tokens - request.unwritten for request in writing)
            / len(writing)
            if writing
            else 0
        )
        yield environment.timeout(service.step(len(writing), context, tokens, ended).seconds)
        _write(writing, done, environment.now)
        _read(chunks, reading, writing, done, environment.now)


def _admit(service: "Service", waiting: "list[Request]", reading: "list[Request]", writing: "list[Request]") -> None:
    held = sum(_bytes(service, request) for request in reading + writing)
    while waiting and len(reading) + len(writing) < service.most_sequences():
        needed = _bytes(service, waiting[0])
        if held + needed > service.cache_room:
            return
        held += needed
        reading.append(waiting.pop(0))


def _bytes(service: "Service", request: "Request") -> float:
    return float(service.sequence_bytes(request.question_tokens + request.answer_tokens))


def _chunks(service: "Service", reading: "list[Request]", writing: int) -> "list[tuple[Request, float]]":
    room = service.chunk_tokens - writing
    found = []
    for request in reading:
        count = min(request.unread, room)
        if count <= 0:
            break
        found.append((request, count))
        room -= count
    return found


def _write(writing: "list[Request]", done: "list[Request]", now: float) -> None:
    for request in list(writing):
        request.unwritten -= 1
        if request.unwritten <= 0:
            request.end = now
            writing.remove(request)
            done.append(request)


def _read(
    chunks: "list[tuple[Request, float]]",
    reading: "list[Request]",
    writing: "list[Request]",
    done: "list[Request]",
    now: float,
) -> None:
    for request, count in chunks:
        request.unread -= count
        if request.unread:
            continue
        reading.remove(request)
        request.first_token = now
        request.unwritten -= 1
        if request.unwritten:
            writing.append(request)
        else:
            request.end = now
            done.append(request)
