"""The best cut of a training run: how a model is spread over devices so that it fits, and is fastest, or takes fewest.

A cut has many numbers, and a step's time is a sum of many terms; but the layers' part of it depends on few of the
numbers, is most of the whole, and never more than the whole. So it is worked out once for each way to cut a layer, and
bounds all cuts along the layers from below. These are tried in the order of their bounds, until no bound is better than
what was found. The answer is that of trying all, as a test shows, but that of the many ways to spread the experts of a
mixture only those that are best for a layer alone are gone into.
"""

from heapq import heappop, heappush

from ..checks import INFINITY, Refusal, choice, one_of, single
from ..messages import message
from ..models.memory import fullest_stages, kept_by_layers, training_memory
from ..models.numbers import whole
from ..models.run import RECOMPUTATIONS, Run
from ..once import Once
from .step import Machine, summed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..models.device import Device
    from ..models.model import Model
    from ..models.step_constants import Constants
    from .step import TrainingStep

FEWEST, FASTEST, CHEAPEST = GOALS = ("fewest", "fastest", "cheapest")

MOST_TENSOR = 16  # devices that share a layer: beyond, products are too small for any published run
MICROBATCHES = (1, 2, 4)
LEAST_TOKENS = 2048  # of a sequence on a device: context parallelism stops there
MOST_STAGES = 128
# Of the ways to spread a mixture's experts, those are gone into that are best for a layer alone.
PROMISING = 2
BOUNDLESS = 10**9  # devices, more than any batch has work for
TRIES = 6  # to meet a deadline: the step's time hardly depends on the replicas, and so this converges at once
CANDIDATES = 64  # numbers of replicas that are compared where device-time is to be saved
CLOSE_BATCH = 1.25  # batches that are this much larger or smaller train as well
FLOOR = 1 - 1e-6  # of a bound that is itself rounded
SAVING = 0.9  # a batch is worth naming if it takes so many of the devices at most

# Numbers of a cut that may be given; the others are searched.
NUMBERS = ("tensor_parallel", "pipeline_stages", "model_chunks", "context_parallel", "expert_parallel", "microbatch")
FIXED = NUMBERS + ("recomputation", "zero_stage")  # noqa: RUF005 - MicroPython has no starred displays


class Cut:
    """A training run cut for its devices, with what it takes, each worked out when it is first asked for.

    Attributes: ``run`` (`llmcalc.models.run.Run`), ``step`` (`llmcalc.plans.step.TrainingStep`), ``memory`` (as of
    `llmcalc.models.memory.training_memory`) and ``fits``.
    """

    def __init__(
        self,
        run: "Run",
        constants: "Constants",
        memory_options: "dict[str, Any]",
        once: "Once",
        sums: "dict[str, Any] | None" = None,
    ) -> None:
        self.run, self._constants, self._options, self._once, self._sums = run, constants, memory_options, once, sums
        self._step: TrainingStep | None = None
        self._memory: dict[str, Any] | None = None

    @property
    def step(self) -> "TrainingStep":
        """The predicted step."""
        if self._step is None:
            machine = Machine(self.run, self._constants, self._once)
            self._step = machine.step(machine.sums() if self._sums is None else self._sums)
        return self._step

    def sums_for_all_replicas(self) -> "dict[str, Any] | None":
        """What the layers take with any number of replicas; None if these share the weights out among each other."""
        if self._sums is None and self.run.zero_stage < 3:
            self._sums = Machine(self.run, self._constants, self._once).sums()
        return self._sums

    @property
    def memory(self) -> "dict[str, Any]":
        """Memory of the stages at the ends, of which one holds most."""
        if self._memory is None:
            self._memory = training_memory(self.run, stages=fullest_stages(self.run), once=self._once, **self._options)
        return self._memory

    @property
    def fits(self) -> bool:
        """Whether the memory of the device suffices."""
        return bool(self.memory["peak"] <= self.run.device.memory)

    @property
    def free_bytes(self) -> float:
        """Memory that is left of a device, negative where it is short [byte]."""
        return float(self.run.device.memory - self.memory["peak"])


class Search:
    """Ways to cut a model for a device, and the best of them for a number of devices or for a time.

    Parameters
    ----------
    model : Model
        What is trained.
    device : Device
        On what.
    constants : Constants
        Of the step's time, for the device and the number format.
    batch : float
        Sequences a step, on all devices [1].
    context : float
        Tokens of a sequence [1].
    number_format : str
        Of the matrix products.
    fixed : dict
        Numbers of `NUMBERS`, ``recomputation`` and ``zero_stage`` (3 is FSDP) that are given; the rest is searched.
    run : dict
        Further arguments of `Run`.
    memory : dict
        Arguments of `training_memory`.

    Raises
    ------
    Refusal
        If an argument is out of range, or what is fixed is no cut of this model.
    """

    def __init__(
        self,
        model: "Model",
        device: "Device",
        constants: "Constants",
        batch: float,
        context: float,
        number_format: str,
        fixed: "dict[str, Any] | None" = None,
        run: "dict[str, Any] | None" = None,
        memory: "dict[str, Any] | None" = None,
    ) -> None:
        self.model, self.device, self.constants = model, device, constants
        self.batch, self.context, self.number_format = whole("batch", batch), whole("context", context), number_format
        self.fixed, self.options, self.memory_options = dict(fixed or {}), dict(run or {}), dict(memory or {})
        for name in self.fixed:
            if name == "recomputation":
                choice(name, self.fixed[name], RECOMPUTATIONS)
            elif name == "zero_stage":
                whole(name, self.fixed[name], 0, 3)
            elif name in NUMBERS:
                whole(name, self.fixed[name])
            else:
                raise Refusal(name, self.fixed[name], one_of(FIXED))
        for name, value in self.options.items():  # `Run` takes arrays, too
            if getattr(value, "ndim", 0):
                raise Refusal(name, value, "a single number")
        self.once = Once()
        self._passes: dict[Any, dict[str, Any]] = {}
        self.layers = self._ways_to_cut_a_layer()
        self._kept: dict[Any, Cut] = {}
        self._too_large: list[tuple[Any, ...]] = []
        self._all_spreads: list[tuple[int, int]] = []

    # What is searched

    def _numbers(self, name: str, candidates: "list[int]") -> "list[int]":
        if name not in self.fixed:
            return candidates
        if self.fixed[name] not in self._legal(name):
            legal = ", ".join([str(number) for number in self._legal(name)])
            accepted = message(
                "a cut of {model}: one of {numbers}", model=self.model.name or message("this model"), numbers=legal
            )
            raise Refusal(name, self.fixed[name], accepted)
        return [self.fixed[name]]

    def _legal(self, name: str) -> "list[int]":
        model = self.model
        if name == "tensor_parallel":
            return [number for number in range(1, int(model.heads) + 1) if self._shares_heads(number)]
        if name == "context_parallel":
            return [number for number in range(1, int(self.context) + 1) if self.context % number == 0]
        if name == "expert_parallel":
            return _divisors(model.experts) if model.experts else [1]
        if name == "pipeline_stages":
            return [number for number in range(1, int(model.layers) + 1) if self._can_spread(number)]
        if name == "model_chunks":
            return list(range(1, int(model.layers) + 1))
        return list(range(1, int(self.batch) + 1))

    def _shares_heads(self, number: int) -> bool:
        model = self.model
        if model.heads % number:
            return False
        kv_heads = model.kv_heads
        return model.attention == "latent" or not kv_heads or kv_heads % number == 0 or number % kv_heads == 0

    def _can_spread(self, stages: int) -> bool:
        # The last stage may have fewer layers, but not none.
        return bool(-(-self.model.layers // stages) * (stages - 1) < self.model.layers)

    def _tensor(self) -> "list[int]":
        joined = int(self.device.link_devices) if self.device.has("link_devices") else 1
        found = [number for number in _powers(min(joined, MOST_TENSOR)) if self._shares_heads(number)]
        return self._numbers("tensor_parallel", found)

    def _context(self) -> "list[int]":
        found = [number for number in _powers(self.context // LEAST_TOKENS or 1) if self.context % number == 0]
        # Only what a device could not hold is worth cutting so; most runs are done with the first of these.
        return self._numbers("context_parallel", found if self.context > 16384 else [1])

    def _experts(self) -> "list[int]":
        found = [number for number in _powers(self.model.experts) if not self.model.experts % number]
        return self._numbers("expert_parallel", found or [1])

    def _microbatches(self) -> "list[int]":
        most = max(1, 4 * 8192 / self.context)
        return self._numbers("microbatch", [size for size in MICROBATCHES if size <= min(most, self.batch)])

    def _stages(self) -> "list[int]":
        found = [
            number for number in range(1, int(min(self.model.layers, MOST_STAGES)) + 1) if self._can_spread(number)
        ]
        layers = self.model.layers
        # Even stages, and powers of two, of which the last stage may have fewer layers.
        return self._numbers("pipeline_stages", [n for n in found if layers % n == 0 or n & (n - 1) == 0])

    def _chunks(self, stages: int) -> "list[int]":
        if "model_chunks" in self.fixed:
            if self.fixed["model_chunks"] * stages > self.model.layers:
                return []
            return [self.fixed["model_chunks"]]
        each = int(self.model.layers // stages)
        if stages == 1 or self.model.layers % stages or each == 1:
            return [1]
        return [1] + [each // layers for layers in (4, 2, 1) if each % layers == 0 and each // layers > 1]

    def _spreads(self) -> "list[tuple[int, int]]":
        """Stages and chunks, all ways to spread the layers."""
        if not self._all_spreads:
            self._all_spreads = [(stages, chunks) for stages in self._stages() for chunks in self._chunks(stages)]
        return self._all_spreads

    def _zero_stages(self) -> "list[int]":
        piped = self.fixed.get("pipeline_stages", 1) > 1
        if "zero_stage" not in self.fixed:
            return [1] if piped else [1, 3]
        if piped and self.fixed["zero_stage"] == 3:
            raise Refusal("pipeline_stages", self.fixed["pipeline_stages"], "1 with FSDP, which needs no pipeline")
        return [self.fixed["zero_stage"]]

    def _recomputations(self) -> "tuple[str, ...]":
        return (self.fixed["recomputation"],) if "recomputation" in self.fixed else RECOMPUTATIONS

    # The layers

    def _ways_to_cut_a_layer(self) -> "list[_Layer]":
        sizes, found = self._microbatches(), []
        experts = self._experts()
        for zero_stage in self._zero_stages():
            for tensor in self._tensor():
                for context in self._context():
                    ways = [(tensor, context, number) for number in experts]
                    if len(ways) > PROMISING:
                        # FSDP's gathers hardly depend on more replicas than these.
                        alone = [_Layer(self, way, sizes[0], zero_stage, 8 if zero_stage == 3 else 1) for way in ways]
                        alone = [layer for layer in alone if layer.state() <= self.device.memory]
                        alone.sort(key=lambda layer: (layer.device_seconds(), layer.experts))
                        ways = [layer.way for layer in alone[:PROMISING]]
                    found += [_Layer(self, way, size, zero_stage) for way in ways for size in sizes]
        return found

    # The search

    def best(self, goal: str = FASTEST, devices: "float | None" = None, seconds: "float | None" = None) -> "Cut | None":
        """The cut that fits and is the fastest, takes fewest devices, or fewest device-seconds, or None.

        Parameters
        ----------
        goal : str
            One of `GOALS`.
        devices : float, optional
            Most devices.
        seconds : float, optional
            Longest step [s]. One of both has to be given.
        """
        found = self.ranked(goal, devices, seconds)
        return found[0] if found else None

    def ranked(
        self, goal: str = FASTEST, devices: "float | None" = None, seconds: "float | None" = None, number: int = 1
    ) -> "list[Cut]":
        """The best cuts that fit, one for each way to cut a layer, the best first (arguments as of `best`)."""
        choice("goal", goal, GOALS)
        if devices is None and seconds is None:
            raise Refusal("devices", devices, "a number of devices, or seconds of a step")
        if devices is not None:
            whole("devices", devices)
        if seconds is not None:
            single(seconds=seconds)
        if goal == FASTEST and seconds is not None:  # which takes no longer for want of a limit
            found = self.ranked(goal, BOUNDLESS if devices is None else devices, None, number)
            return [cut for cut in found if cut.step.seconds <= seconds]
        best: list[tuple[tuple[Any, ...], Cut]] = []
        for bound, order, way in self._in_order(goal, devices, seconds):
            if len(best) >= number and bound >= best[number - 1][0][0]:
                break
            cut = None if way.surely_too_large() else way.cut(goal, devices, seconds)
            if cut is not None and not self._holds(way, cut):
                worst = best[number - 1][0][0] if len(best) >= number else INFINITY
                cut = None if goal == FASTEST else way.roomier(goal, cut, devices, worst)
            if cut is None:
                continue
            best.append(((_value(cut, goal), cut.step.seconds, order), cut))
            best.sort(key=lambda entry: entry[0])
            best = best[:number]
        return [cut for _, cut in best]

    def _in_order(
        self, goal: str, devices: "float | None", seconds: "float | None"
    ) -> "Iterator[tuple[float, tuple[Any, ...], _Way]]":
        """Ways to cut, the lowest bound first; how the layers are spread is gone into only where that may come next."""
        families = []
        for place, layer in enumerate(self.layers):
            for recomputation in self._recomputations():
                families.append((layer.floor(recomputation, goal, devices, seconds), place, recomputation))
        families.sort()
        waiting: list[tuple[float, tuple[Any, ...], _Way]] = []
        for floor, place, recomputation in families:
            while waiting and waiting[0][0] < floor:
                yield heappop(waiting)
            layer = self.layers[place]
            for stages, chunks in self._spreads() if layer.zero_stage < 3 else [(1, 1)]:
                way = _Way(self, layer, recomputation, stages, chunks)
                bound = way.bound(goal, devices, seconds)
                if bound < INFINITY:
                    heappush(waiting, (bound, way.order(), way))
        while waiting:
            yield heappop(waiting)

    def _holds(self, way: "_Way", cut: Cut) -> bool:
        """Whether a cut fits, which is clear if one fails that computes more again on as many devices or more."""
        size = way.size(cut.run.replicas)
        for other in self._too_large:
            if other[:3] == size[:3] and all([mine >= its for mine, its in zip(size[3:], other[3:])]):  # noqa: B905, C419 - MicroPython's zip knows no `strict`
                return False
        if not cut.fits:
            self._too_large.append(size)
        return cut.fits

    def smallest(self) -> "Cut | None":
        """Of all cuts with a single replica the one that takes fewest devices and fits; None if none does.

        With FSDP, which shares everything among the replicas, as few replicas as hold it.
        """
        best: Cut | None = None
        for layer in self.layers:
            recomputation = self._recomputations()[-1]
            for stages in self._stages() if layer.zero_stage < 3 else [1]:
                chunks = self._chunks(stages)
                if not chunks:  # of those that were asked for none can be
                    continue
                way = _Way(self, layer, recomputation, stages, chunks[0])
                replicas = layer.multiple
                while replicas * layer.microbatch <= self.batch:
                    if best is not None and replicas * way.devices >= best.run.devices:
                        break
                    cut = way.at(replicas)
                    if cut.fits:
                        best = cut
                        break
                    if layer.zero_stage < 3:
                        break
                    replicas *= 2
        return best

    def resized(self, cut: Cut, replicas: float) -> Cut:
        """A cut with another number of replicas."""
        run = _changed(cut.run, cut.run.batch, replicas)
        return Cut(run, self.constants, self.memory_options, self.once, cut.sums_for_all_replicas())

    def nearby_batch(self, cut: "Cut", seconds: float) -> "tuple[int, Cut] | None":
        """A batch close by that takes much fewer devices in the same time, with its cut; None if there is none.

        Parameters
        ----------
        cut : Cut
            The best for this batch.
        seconds : float
            Longest step of this batch [s]; of another batch in proportion, as it takes fewer or more steps.
        """
        run, best = cut.run, None
        group = run.devices / run.replicas
        # With as many replicas, a step takes as long again for each further microbatch, and the rest stays.
        rest = sum([cut.step.terms[name] for name in ("pipeline bubble", "gradient exchange", "optimiser")])
        each = (cut.step.seconds - rest) / run.microbatches
        for microbatches in range(1, int(run.microbatches) + 3):
            step = microbatches * each + rest
            replicas = -(-step * self.batch // (seconds * microbatches * run.microbatch))
            batch = int(microbatches * run.microbatch * replicas)
            if not self.batch / CLOSE_BATCH <= batch <= self.batch * CLOSE_BATCH:
                continue
            if best is None or replicas * group < best[1]:
                best = (batch, replicas * group)
        if best is None or best[1] > SAVING * run.devices:
            return None
        other = Search(
            self.model,
            self.device,
            self.constants,
            best[0],
            self.context,
            self.number_format,
            dict(cut_numbers(run), recomputation=run.recomputation, zero_stage=run.zero_stage),
            self.options,
            self.memory_options,
        ).best(FEWEST, seconds=seconds * best[0] / self.batch)
        if other is None or other.run.devices > SAVING * run.devices:
            return None
        return best[0], other


class _Layer:
    """A way to cut a layer, with the times of a microbatch that do not depend on how the layers are spread."""

    def __init__(
        self, search: Search, way: "tuple[int, int, int]", microbatch: int, zero_stage: int, replicas: int = 1
    ) -> None:
        self.search, self.way, self.microbatch, self.zero_stage = search, way, microbatch, zero_stage
        self.tensor, self.context, self.experts = way
        self.multiple = self._multiple()
        # As few as there can be, if nobody says how many: with FSDP more of them gather for longer, and no bound may be
        # too high.
        self.run = self.with_replicas(max(self.multiple, replicas), 1, 1, "none")
        self.machine = Machine(self.run, search.constants, search.once)
        self.kinds = [(count, self._passes(routed)) for count, routed in self._kinds() if count]
        self._kept: dict[str, float] = {}
        self._sums: dict[str, dict[str, Any]] = {}
        self._sends: dict[int, float] = {}
        self.logits = float(self.machine.logits())
        self.totals = {again: self._seconds(again) for again in search._recomputations()}

    def _multiple(self) -> int:
        """Replicas come in such numbers, so that they share the experts evenly."""
        shared = self.tensor * self.context
        number = 1
        while (number * shared) % self.experts and number < self.experts:
            number += 1
        return number

    def _kinds(self) -> "tuple[tuple[float, bool], ...]":
        dense, routed = self.machine.layers_of_each_kind()
        return (dense, False), (routed, True)

    def _passes(self, routed: bool) -> "dict[str, Any]":
        known, key = self.search._passes, (self.way, self.microbatch, routed)
        if key not in known:
            known[key] = self.machine.unsharded(routed)
        passes = dict(known[key])
        passes["_gather"], passes["_scatter"] = self.machine.sharded_exchange(routed)
        return passes

    def sums(self, recomputation: str) -> "dict[str, Any]":
        if recomputation not in self._sums:
            kinds = [(count, self.machine.repeated(passes, recomputation)) for count, passes in self.kinds]
            self._sums[recomputation] = summed(kinds)
        return self._sums[recomputation]

    def sends(self, stages: int, chunks: int) -> float:
        if stages not in self._sends:
            self._sends[stages] = float(self.machine.sends(stages, 1))
        return self._sends[stages] * chunks

    def _seconds(self, recomputation: str) -> float:
        forward, backward = 0.0, 0.0
        for count, passes in self.kinds:
            *_, there, back = self.machine.stretched(passes, recomputation)
            forward, backward = forward + count * there, backward + count * back
        return forward + backward

    def device_seconds(self) -> float:
        """Device-seconds that the layers take for a sequence, with least computed again."""
        again = self.search._recomputations()[0]
        return self.totals[again] * self.tensor * self.context / self.microbatch

    def floor(self, recomputation: str, goal: str, devices: "float | None", seconds: "float | None") -> float:
        """What the goal is at least, however the layers are spread: all of a step's device-seconds are shared out."""
        search, shared = self.search, self.tensor * self.context
        needed = FLOOR * self.totals[recomputation] * shared * search.batch / self.microbatch
        if goal == CHEAPEST:
            return needed
        if goal == FEWEST:
            return max(needed / seconds if seconds else 0.0, FLOOR * self.multiple * shared)
        return needed / devices if devices else 0.0

    def state(self) -> float:
        """Bytes of weights and gradients that a device holds at least, with as many stages as there can be [byte]."""
        weights = sum([count * (passes["_weights"] + passes["_expert_weights"]) for count, passes in self.kinds])
        if self.zero_stage == 3:
            return 0.0
        return float(weights * self.least_state() / min(self.search.model.layers, MOST_STAGES))

    def kept(self, recomputation: str) -> float:
        """Bytes that all layers keep of a microbatch."""
        if recomputation not in self._kept:
            options = self.search.memory_options
            known = {name: options[name] for name in ("load_factor", "fused_norms") if name in options}
            run = self.with_replicas(self.run.replicas, 1, 1, recomputation)
            self._kept[recomputation] = float(kept_by_layers(run, once=self.search.once, **known))
        return self._kept[recomputation]

    def least_state(self) -> float:
        """Bytes of a parameter that even countless replicas leave on each device."""
        options = self.search.memory_options
        if options.get("adapter_rank") or options.get("offload"):
            return 0.0
        gradient = self.search.options.get("gradient_bytes", 4.0) if self.zero_stage < 2 else 0.0
        return 2.0 + float(gradient)

    def with_replicas(self, replicas: float, stages: int, chunks: int, recomputation: str) -> "Run":
        search = self.search
        return Run(
            search.model,
            search.device,
            devices=replicas * self.tensor * self.context * stages,
            batch=search.batch,
            context=search.context,
            replicas=replicas,
            tensor_parallel=self.tensor,
            pipeline_stages=stages,
            model_chunks=chunks,
            context_parallel=self.context,
            expert_parallel=self.experts,
            microbatch=self.microbatch,
            number_format=search.number_format,
            recomputation=recomputation,
            zero_stage=self.zero_stage,
            **search.options,
        )


class _Way:
    """A cut but for the number of replicas."""

    def __init__(self, search: Search, layer: _Layer, recomputation: str, stages: int, chunks: int) -> None:
        self.search, self.layer, self.recomputation = search, layer, recomputation
        self.stages, self.chunks = stages, chunks
        self.bounded = 0.0
        self.devices = layer.tensor * layer.context * stages
        sends = layer.sends(stages, chunks)
        stage = layer.totals[recomputation] / stages
        layers = search.model.layers
        most = -(-layers // stages)
        if most * stages == layers:
            slowest = stage + layer.logits
        else:  # The last stage has the logits, and so fewer layers (see `Machine.slowest_stage`).
            slowest = max(most * layer.totals[recomputation] / layers, stage + layer.logits / stages)
        self.stage_seconds, self.slowest_seconds = stage + sends, slowest + sends
        self.most_replicas = search.batch // layer.microbatch

    def order(self) -> "tuple[Any, ...]":
        """Of equal bounds the smaller cut first, the same in every Python."""
        layer, again = self.layer, RECOMPUTATIONS.index(self.recomputation)
        return (self.devices, self.stages, layer.way, self.chunks, layer.microbatch, again, layer.zero_stage)

    def waits(self) -> float:
        return (self.stages - 1) / self.chunks

    def replicas_for(self, microbatches: float) -> float:
        """Replicas that leave each so many microbatches at most, in numbers that share the experts."""
        needed = -(-self.search.batch // (microbatches * self.layer.microbatch))
        multiple = self.layer.multiple
        return float(-(-needed // multiple) * multiple)

    def microbatches(self, replicas: float) -> float:
        return float(-(-self.search.batch // (replicas * self.layer.microbatch)))

    def bound(self, goal: str, devices: "float | None", seconds: "float | None") -> float:
        """What the goal is at least: no step is shorter than its stages' part."""
        replicas = self._replicas(goal, devices, seconds, 0.0)
        if replicas is None:
            return INFINITY
        self.bounded = self.microbatches(replicas)
        if goal == FEWEST:
            return replicas * self.devices
        if goal == CHEAPEST:
            # No microbatch is saved by more replicas, of which each waits for its pipeline.
            fewest = self._fewest(seconds, 0.0) or self.layer.multiple
            return self.devices * (self.work() + fewest * self.waits() * self.stage_seconds)
        return self.bounded * self.slowest_seconds + self.waits() * self.stage_seconds

    def work(self) -> float:
        """Seconds of all microbatches one after the other, with none that is partly empty."""
        return self.search.batch / self.layer.microbatch * self.slowest_seconds

    def _replicas(self, goal: str, devices: "float | None", seconds: "float | None", rest: float) -> "float | None":
        """The replicas that a limit leaves or asks for, None if it allows none; `rest` is outside the stages [s]."""
        most = self._most(devices)
        if most < 1:
            return None
        if goal != CHEAPEST:
            if seconds is None:
                return self.needed(most)
            replicas = self._fewest(seconds, rest)
            return replicas if replicas is not None and replicas <= most else None
        fewest = float(self.layer.multiple) if seconds is None else self._fewest(seconds, rest)
        return None if fewest is None or fewest > most else self._cheapest(fewest, most)

    def _most(self, devices: "float | None") -> float:
        """The most replicas that have work, of a number of devices."""
        most = float(self.most_replicas)
        if devices is not None:
            most = min(most, devices // self.devices)
        return most // self.layer.multiple * self.layer.multiple

    def roomier(self, goal: str, cut: Cut, devices: "float | None", worst: float) -> "Cut | None":
        """The cut with the fewest more replicas, which share more, that fits and may be better than the worst that is
        kept; None if there is none."""
        multiple, least = self.layer.multiple, float(cut.run.replicas)
        most = self._most(devices)
        if worst < INFINITY:
            each = self.waits() * self.stage_seconds
            if goal == FEWEST:
                most = min(most, worst // self.devices // multiple * multiple)
            elif each:
                most = min(most, (worst / self.devices - self.work()) / each // multiple * multiple)
        if self.chunks > 1:
            most = min(most, self.search.batch / (self.layer.microbatch * self.stages) // multiple * multiple)
        if most <= least or not self.at(most).fits:
            return None
        while most - least > multiple:
            middle = (least + most) / 2 // multiple * multiple
            if self.at(middle).fits:
                most = middle
            else:
                least = middle
        return self.at(self._cheapest(most, self._most(devices)) if goal == CHEAPEST else most)

    def _cheapest(self, fewest: float, most: float) -> float:
        """The replicas with fewest device-seconds: the fewest that fill their microbatches, or nearly."""
        best, least = fewest, INFINITY
        for place in range(CANDIDATES):
            replicas = fewest + place * self.layer.multiple
            waits = replicas * self.waits() * self.stage_seconds
            if replicas > most or self.work() + waits >= least:
                break
            cost = replicas * self.microbatches(replicas) * self.slowest_seconds + waits
            if cost < least:
                best, least = replicas, cost
        return best

    def _fewest(self, seconds: "float | None", rest: float) -> "float | None":
        """The fewest replicas that meet a deadline, None if none do."""
        if seconds is None:
            return None
        microbatches = (seconds - rest - self.waits() * self.stage_seconds) / self.slowest_seconds
        # As many microbatches as the time leaves, at most all of them.
        microbatches = min(microbatches + 1e-9, float(self.most_replicas)) // 1
        if microbatches < 1:
            return None
        return self.replicas_for(microbatches)

    def needed(self, replicas: float) -> float:
        """As few replicas as are just as fast: others would have nothing to do."""
        return min(replicas, self.replicas_for(self.microbatches(replicas)))

    def surely_too_large(self) -> bool:
        """Whether weights, gradients and what the first stage keeps do not fit, which is worked out at once."""
        layer, search = self.layer, self.search
        held = layer.state() * min(search.model.layers, MOST_STAGES) / self.stages
        # The first holds its share of the layers for as many microbatches as there are stages, if there are as many;
        # to meet a deadline there may be somewhat fewer than the bound has.
        under_way = min(self.stages, 0.8 * self.bounded)
        held += layer.kept(self.recomputation) * under_way / self.stages
        return bool(held > search.device.memory)

    def size(self, replicas: float) -> "tuple[Any, ...]":
        """What decides whether a cut fits: of two that agree in the first three, one fails if none is smaller.

        More chunks may keep more or less.
        """
        layer = self.layer
        again = -RECOMPUTATIONS.index(self.recomputation)
        return (layer.way, layer.zero_stage, self.chunks, layer.microbatch, again, -self.stages, -replicas)

    def at(self, replicas: float) -> Cut:
        """The cut with so many replicas."""
        search = self.search
        key = (replicas, self.order())
        if key not in search._kept:
            run = self.layer.with_replicas(replicas, self.stages, self.chunks, self.recomputation)
            sums = self.layer.sums(self.recomputation) if self.layer.zero_stage < 3 else None
            search._kept[key] = Cut(run, search.constants, search.memory_options, search.once, sums)
        return search._kept[key]

    def cut(self, goal: str, devices: "float | None", seconds: "float | None") -> "Cut | None":
        """The cut within the limits, None if there is none."""
        replicas = self._replicas(goal, devices, seconds, 0.0)
        for _ in range(TRIES):
            if replicas is None:
                return None
            if self.chunks > 1 and self.microbatches(replicas) < self.stages:
                return None  # chunks take turns only if there are microbatches for all stages
            cut = self.at(replicas)
            if seconds is None or cut.step.seconds <= seconds:
                return cut
            # What comes on top of the stages, as far as it is known now.
            stages = self.microbatches(replicas) * self.slowest_seconds + self.waits() * self.stage_seconds
            more = self._replicas(goal, devices, seconds, max(0.0, cut.step.seconds - stages))
            if more is not None and more <= replicas:
                fewer = self.microbatches(replicas) - 1
                more = self.replicas_for(fewer) if fewer >= 1 else None
            replicas = more
        return None


def cut_numbers(run: "Run") -> "dict[str, int]":
    """The numbers of a run's cut, by name."""
    return {name: int(getattr(run, name)) for name in NUMBERS}


def _changed(run: "Run", batch: float, replicas: float) -> "Run":
    return Run(
        run.model,
        run.device,
        devices=run.devices / run.replicas * replicas,
        batch=batch,
        context=run.context,
        replicas=replicas,
        number_format=run.number_format,
        recomputation=run.recomputation,
        zero_stage=run.zero_stage,
        fused_attention=run.fused_attention,
        sequence_parallel=run.sequence_parallel,
        gradient_bytes=run.gradient_bytes,
        dropout=run.dropout,
        network_bandwidth=run.network_bandwidth,
        overlap_tensor_parallel=run.overlap_tensor_parallel,
        overlap_gradients=run.overlap_gradients,
        **cut_numbers(run),
    )


def _value(cut: Cut, goal: str) -> float:
    if goal == FASTEST:
        return float(cut.step.seconds)
    return float(cut.run.devices) if goal == FEWEST else float(cut.run.devices) * cut.step.seconds


def _powers(most: float) -> "list[int]":
    found, number = [], 1
    while number <= most:
        found.append(number)
        number *= 2
    return found


def _divisors(number: int) -> "list[int]":
    return [part for part in range(1, number + 1) if number % part == 0]
