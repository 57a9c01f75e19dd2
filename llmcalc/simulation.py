"""An engine's scheduler, event by event, which the closed form of `plans.serving` is held to. Needs SimPy.

Requests arrive at random and wait in a queue. Before each step the engine admits those whose caches fit, reads up to
`chunk_tokens` of their prompts beside the answers in progress, and writes a token of each of these.
"""

import random
from collections import deque
from heapq import heappop, heappush

from .checks import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    import simpy

    from .models.service import Service


class Request:
    """A question, from its arrival to the last token of its last answer."""

    first_token: float  # when it is written [s]

    def __init__(self, arrival: float, question_tokens: int, answers: "list[int]", service: "Service") -> None:
        self.arrival, self.question_tokens, self.answers = arrival, question_tokens, answers
        self.kept_tokens = question_tokens * (1 - service.hit_share)  # in caches of its own
        self.unread = self.kept_tokens * service.reads_prompts  # a chunk may end within a token
        self.ends: list[tuple[int, float]] = []  # of its answers: tokens, and when the last is written [s]


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
    engine = _Engine(environment, service, chance)
    environment.process(_arrivals(environment, engine, request_rate, requests, chance))
    environment.run(until=environment.process(engine.run(requests)))
    kept = sorted(engine.done, key=lambda request: request.arrival)[int(warm * requests) :]
    return {
        "first_token": [request.first_token - request.arrival for request in kept],
        "output_token": [
            (end - request.first_token) / (tokens - 1) for request in kept for tokens, end in request.ends if tokens > 1
        ],
        "answer": [end - request.arrival for request in kept for _, end in request.ends],
    }


def _arrivals(
    environment: "simpy.Environment", engine: "_Engine", request_rate: float, requests: int, chance: "random.Random"
) -> "Generator[simpy.Event]":
    service = engine.service
    for _ in range(requests):
        yield environment.timeout(_gap(request_rate, service.arrival_spread, chance))
        question = _length(service.question_tokens, service.question_spread, chance)
        answers = [
            _length(service.answer_tokens, service.answer_spread, chance) for _ in range(service.answers_per_question)
        ]
        engine.take(Request(environment.now, question, answers, service))


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


class _Engine:
    """Requests that wait, are read and are written.

    An answer ends in a step known from its start: all in progress get a token a step, or as many more of a draft as are
    accepted.
    """

    def __init__(self, environment: "simpy.Environment", service: "Service", chance: "random.Random") -> None:
        self.environment, self.service, self.chance = environment, service, chance
        self.waiting: deque[Request] = deque()
        self.reading: list[Request] = []
        # A heap: step of the last token, order, step of the first, tokens, request.
        self.writing: list[tuple[int, int, int, int, Request]] = []
        self.done: list[Request] = []
        self.came = environment.event()
        self.steps = self.begun = 0
        self.held = 0.0  # bytes of caches
        self.context = 0.0  # tokens of all answers in progress, with their questions
        self.written = service.written()
        self.room, self.most_sequences = service.cache_room, service.most_sequences()
        self.most_tokens = service.chunk_tokens * (service.ranks if service.by_sequence else 1)

    def take(self, request: "Request") -> None:
        self.waiting.append(request)
        if not self.came.triggered:
            self.came.succeed()

    def run(self, requests: int) -> "Generator[simpy.Event]":
        while len(self.done) < requests:
            self._admit()
            if not self.reading and not self.writing:
                self.came = self.environment.event()
                yield self.came
                continue
            chunks = self._chunks()
            tokens = sum([count for _, count in chunks])
            ended = sum([1 for request, count in chunks if count == request.unread])
            yield self.environment.timeout(self._seconds(tokens, ended))
            self._write()
            self._read(chunks)

    def _seconds(self, prompt_tokens: float, prompts: int) -> float:
        batch = len(self.writing)
        context = self.context / batch if batch else 0
        seconds: float = self.service.step_seconds(batch, context, prompt_tokens, prompts)
        if batch and self.service.draft_tokens:
            quiet = self.service.step_seconds(batch, context)
            seconds += self.service.drafted(quiet) - quiet
        return seconds

    def _bytes(self, request: "Request", answer_tokens: int) -> float:
        # All answers to a question share its part of the cache.
        question = request.kept_tokens / len(request.answers)
        return float(self.service.sequence_bytes(question + answer_tokens))

    def _admit(self) -> None:
        answers = self.service.answers_per_question
        while self.waiting:
            busy = len(self.writing) + answers * len(self.reading)
            needed = sum([self._bytes(self.waiting[0], tokens) for tokens in self.waiting[0].answers])
            full = busy + answers > self.most_sequences or self.held + needed > self.room
            if busy and full:
                return
            self.held += needed
            self.reading.append(self.waiting.popleft())

    def _chunks(self) -> "list[tuple[Request, float]]":
        room = self.most_tokens - len(self.writing) * (1 + self.service.draft_tokens)
        found = []
        for request in self.reading:
            if room <= 0:
                break
            count = min(request.unread, room)
            found.append((request, count))
            room -= count
        return found

    def _write(self) -> None:
        self.steps += 1
        self.context += len(self.writing) * self.written
        while self.writing and self.writing[0][0] <= self.steps:
            last, _, first, tokens, request = heappop(self.writing)
            self.context -= request.question_tokens + 1 + (last - first) * self.written
            self._end(request, tokens)

    def _read(self, chunks: "list[tuple[Request, float]]") -> None:
        for request, count in chunks:
            request.unread -= count
            if request.unread:
                continue
            self.reading.remove(request)
            request.first_token = self.environment.now
            for tokens in request.answers:
                if tokens > 1:
                    self.begun += 1
                    last = self.steps + self._steps(tokens - 1)
                    heappush(self.writing, (last, self.begun, self.steps, tokens, request))
                    self.context += request.question_tokens + 1
                else:
                    self._end(request, tokens)

    def _steps(self, tokens: int) -> int:
        """Steps that write some tokens of an answer."""
        drafted, acceptance, steps = self.service.draft_tokens, self.service.acceptance, 0
        if not drafted:
            return tokens
        while tokens > 0:
            steps, tokens, left = steps + 1, tokens - 1, drafted
            while left and self.chance.random() < acceptance:
                tokens, left = tokens - 1, left - 1
        return steps

    def _end(self, request: "Request", tokens: int) -> None:
        request.ends.append((tokens, self.environment.now))
        self.held -= self._bytes(request, tokens)
        if len(request.ends) == len(request.answers):
            self.done.append(request)
