"""The plan of a training run: its cut, its days with their range, and, where there is no such plan, what would help."""

from .. import datasets
from ..checks import Refusal, choice, single
from ..datasets import FORMATS
from ..messages import marked, message
from ..models.numbers import size, whole
from ..models.stacks import OWN_STACK, is_known, is_measured, resolve
from . import guards, ranges
from .cuts import BOUNDLESS, CHEAPEST, FASTEST, FEWEST, Search

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..models.device import Device
    from ..models.model import Model
    from .cuts import Cut

GOOD, LATE, TOO_LARGE = VERDICTS = ("good", "late", "too large")
GIVEN = "given"  # a utilisation that somebody typed
USUAL_CONTEXT = 8192  # longest sequence of most of a training run: Llama 3 (arXiv:2407.21783), section 3.4.1 [token]
DOUBLINGS = 6  # of the batch, when one is looked for with which a deadline can be met


class TrainingPlan:
    """A plan of a training run, and the verdict on it.

    Attributes: ``verdict``, one of `VERDICTS`; ``flop`` of the run [FLOP] in ``steps`` of ``batch`` sequences; ``cut``,
    None if nothing fits, else with ``devices``, ``replicas``, ``seconds`` of the whole run, and ``low`` and ``high``,
    between which 80 % of published runs of its kind would lie [s]; ``mfu`` and ``badge``, what it rests on.

    What would help: ``other_batch`` and ``other_devices``, a batch close by that takes much fewer devices;
    ``batch_in_time``, with which a late plan could be in time; ``smallest``, the fewest devices that hold a model that
    is too large; each None where there is none. ``planner`` knows the other cuts.
    """

    def __init__(self, verdict: str, planner: "_Planner", cut: "Cut | None") -> None:
        self.verdict, self.planner, self.cut = verdict, planner, cut
        self.steps, self.flop = planner.steps, planner.flop
        self.batch = planner.search.batch
        self.other_batch: int | None = None
        self.other_devices: float | None = None
        self.batch_in_time: int | None = None
        self.smallest: float | None = None
        self.devices = self.replicas = self.seconds = self.low = self.high = self.mfu = 0.0
        if cut is not None:
            self._measure(planner, cut)

    def _measure(self, planner: "_Planner", cut: "Cut") -> None:
        self.devices, self.replicas = float(cut.run.devices), float(cut.run.replicas)
        if planner.mfu is None:
            kind = ranges.kind(planner.mixture, planner.known)
            low, high = ranges.interval(kind)
            self.seconds, self.mfu = float(cut.step.seconds) * self.steps, float(cut.step.mfu)
            self.low, self.high = self.seconds * low, self.seconds * high
            return
        self.mfu = planner.mfu
        peak = planner.search.device.peak(planner.search.number_format)
        self.seconds = self.low = self.high = self.flop / (self.devices * peak * planner.mfu)

    @property
    def badge(self) -> str:
        """What the plan rests on, looked for among all published runs."""
        if self.cut is None:
            return ""
        if self.planner.mfu is not None:
            return GIVEN
        return ranges.badge(self.planner.known, is_measured(self.cut.run, self.planner.stack))


def usual_context(model: "Model") -> int:
    """Tokens of a training sequence where nobody says: the model's, but no more than most of a run has [token]."""
    return int(min(model.context or USUAL_CONTEXT, USUAL_CONTEXT))


def training_plan(
    model: "Model",
    device: "Device",
    tokens: float,
    batch: float,
    context: "float | None" = None,
    number_format: str = "bf16",
    seconds: "float | None" = None,
    devices: "float | None" = None,
    goal: str = FEWEST,
    mfu: "float | None" = None,
    fixed: "dict[str, Any] | None" = None,
    run: "dict[str, Any] | None" = None,
    memory: "dict[str, Any] | None" = None,
    stack: "str | None" = None,
    search: "Callable[..., Search]" = Search,
) -> TrainingPlan:
    """Plan a training run for a deadline, or for devices at hand.

    Parameters
    ----------
    model : Model
        What is trained.
    device : Device
        On what.
    tokens : float
        Training tokens, all epochs [token].
    batch : float
        Sequences a step, on all devices [sequence].
    context : float, optional
        Tokens of a sequence; `usual_context`, if left out [token].
    number_format : str
        Of the matrix products.
    seconds : float, optional
        Time allowed [s].
    devices : float, optional
        Devices at hand, in place of the time allowed; no more are used than have work [1].
    goal : str
        For a deadline: ``"fewest"`` devices, or ``"cheapest"`` device-time.
    mfu : float, optional
        Model FLOPs utilisation of the whole step, all scores counted; predicted, if left out [1].
    fixed : dict
        Numbers of the cut that are given (see `Search`).
    run, memory : dict
        Further arguments of `Run` and of `training_memory`.
    stack : str, optional
        Software whose constants hold; of none in particular, if left out.
    search : callable
        What makes the `Search`. Who asks for many plans may hand on one that knows the cuts already: deadline, devices
        at hand and tokens decide which is the best, and change none of them.

    Returns
    -------
    TrainingPlan
        The plan; one that is late or too large says what would help.

    Raises
    ------
    Refusal
        If an argument is out of range, or the device lacks a number that is needed.

    Examples
    --------
    >>> from llmcalc import catalogue, known_models
    >>> h100, llama = catalogue.device("H100 SXM"), known_models.model("Llama 3.1 405B")
    >>> plan = training_plan(llama, h100, tokens=15.6e12, batch=2048, devices=16384)
    >>> plan.verdict, 70 < plan.low / 86400 < plan.high / 86400 < 130  # Meta: 30.84e6 hours, 78 days
    ('good', True)
    """
    guards.thing("model", model, "attention", marked("a Model"))
    guards.thing("device", device, "peak", marked("a Device"))
    for name, value in (("fixed", fixed), ("run", run), ("memory", memory)):
        if value is not None and not isinstance(value, dict):
            raise Refusal(name, value, "a mapping")
    if stack is not None:
        choice("stack", stack, datasets.values("step-stacks", "stack") + [OWN_STACK])  # noqa: RUF005 - MicroPython has no starred displays
    choice("number_format", number_format, FORMATS)
    single(tokens=tokens)
    whole("batch", batch)
    choice("goal", goal, (FEWEST, CHEAPEST))
    if (seconds is None) == (devices is None):
        accepted = message("a time or a number of devices, one of both; devices = {devices}", devices=repr(devices))
        raise Refusal("seconds", seconds, accepted)
    if seconds is not None:
        single(seconds=seconds)
    if devices is not None:
        whole("devices", devices)
    if mfu is not None:
        size("mfu", mfu, 1e-4, 1)
    if not callable(search):
        raise Refusal("search", search, "a function that makes a Search")
    planner = _Planner(model, device, tokens, batch, context, number_format, mfu, fixed, run, memory, stack, search)
    return planner.for_devices(devices) if seconds is None else planner.for_deadline(float(seconds), goal)


class _Planner:
    def __init__(
        self,
        model: "Model",
        device: "Device",
        tokens: float,
        batch: float,
        context: "float | None",
        number_format: str,
        mfu: "float | None",
        fixed: "dict[str, Any] | None",
        run: "dict[str, Any] | None",
        memory: "dict[str, Any] | None",
        stack: "str | None",
        search: "Callable[..., Search]",
    ) -> None:
        self.tokens, self.mfu, self.stack = tokens, mfu, stack
        self.known = is_known(device.name, stack)
        self.mixture = bool(model.experts)
        constants = resolve(device.name, number_format, stack)
        length = usual_context(model) if context is None else context

        def asked(batch: float) -> "tuple[Any, ...]":
            return model, device, constants, batch, length, number_format, fixed, run, memory

        self.asked, self.search = asked, search(*asked(batch))
        self.steps = float(-(-tokens // (self.search.batch * self.search.context)))
        self.flop = float(self.search.layers[0].machine.model_flop()) * self.steps

    def for_devices(self, devices: "float | None") -> TrainingPlan:
        cut = self.search.best(FASTEST, devices=devices)
        return self._too_large() if cut is None else TrainingPlan(GOOD, self, cut)

    def for_deadline(self, seconds: float, goal: str) -> TrainingPlan:
        if self.mfu is not None:
            return self._typed(seconds)
        limit = seconds / self.steps
        cut = self.search.best(goal, seconds=limit)
        if cut is not None:
            plan = TrainingPlan(GOOD, self, cut)
            near = self.search.nearby_batch(cut, limit) if goal == FEWEST else None
            if near is not None:
                plan.other_batch, plan.other_devices = near[0], near[1].run.devices
            return plan
        fastest = self.search.best(FASTEST, devices=BOUNDLESS)
        if fastest is None:
            return self._too_large()
        plan = TrainingPlan(LATE, self, fastest)
        plan.batch_in_time = self._batch_in_time(seconds)
        return plan

    def _typed(self, seconds: float) -> TrainingPlan:
        """With a utilisation that is given: so many devices as the work takes, cut as is fastest."""
        search = self.search
        needed = -(-self.flop // (seconds * search.device.peak(search.number_format) * float(self.mfu or 1)))
        cut = search.best(FASTEST, devices=needed) or search.best(FASTEST, devices=BOUNDLESS)
        if cut is None:
            return self._too_large()
        group = cut.run.devices / cut.run.replicas
        most = search.batch // cut.run.microbatch
        replicas = min(most, -(-needed // group))
        resized = search.resized(cut, replicas)
        plan = TrainingPlan(GOOD, self, resized)
        if plan.seconds > seconds:
            plan.verdict = LATE
        return plan

    def _batch_in_time(self, seconds: float) -> "int | None":
        """A batch, doubled as often as needed, with which the deadline can be met; None if none is found."""
        batch = self.search.batch
        for _ in range(DOUBLINGS):
            batch *= 2
            search = Search(*self.asked(batch))
            steps = -(-self.tokens // (batch * search.context))
            fastest = search.best(FASTEST, devices=BOUNDLESS)
            if fastest is not None and fastest.step.seconds * steps <= seconds:
                return int(batch)
        return None

    def others(self, cut: "Cut", points: int) -> "list[TrainingPlan]":
        group = cut.run.devices / cut.run.replicas
        most = self.search.batch // cut.run.microbatch
        fewest = max(1, -(-cut.run.expert_parallel * cut.run.pipeline_stages // group))
        counts = {fewest}
        for point in range(1, points):
            microbatches = round((most / fewest) ** (1 - point / (points - 1)))
            counts.add(-(-self.search.batch // (microbatches * cut.run.microbatch)))
        resized = [self.search.resized(cut, replicas) for replicas in sorted(counts) if replicas >= fewest]
        return [TrainingPlan(GOOD, self, other) for other in resized]

    def _too_large(self) -> TrainingPlan:
        plan, smallest = TrainingPlan(TOO_LARGE, self, None), self.search.smallest()
        plan.smallest = None if smallest is None else float(smallest.run.devices)
        return plan


def by_devices(plan: TrainingPlan, points: int = 16) -> "list[TrainingPlan]":
    """What more or fewer replicas of a plan would do: its cut, with other numbers of replicas.

    Parameters
    ----------
    plan : TrainingPlan
        A plan with a cut.
    points : int
        Most points, evenly spaced on a scale of powers.

    Returns
    -------
    list of TrainingPlan
        In order of ``devices``, from one replica to one microbatch a replica.

    Raises
    ------
    Refusal
        If the plan has no cut, or there are fewer than two points.

    Examples
    --------
    >>> from llmcalc import catalogue, known_models
    >>> h100, llama = catalogue.device("H100 SXM"), known_models.model("Llama 3 8B")
    >>> plan = training_plan(llama, h100, tokens=15e12, batch=512, devices=64)
    >>> [other.devices for other in by_devices(plan, points=4)]
    [1.0, 8.0, 64.0, 512.0]
    """
    whole("points", points, 2, 1000)
    cut = getattr(plan, "cut", None)
    if cut is None:
        raise Refusal("plan", plan, "a plan that fits")
    return plan.planner.others(cut, int(points))
