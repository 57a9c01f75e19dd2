"""How much does my project need?"""

from ..answering import question
from ..checks import Refusal
from ..choosing import attentive_model, device_named
from ..formats import in_words, listed, number, number_of
from ..formulas import cost, serving
from ..messages import marked, message, plural
from ..models.device import assumptions
from ..once import Latest
from ..plans.cuts import FIXED, Search
from ..plans.project import project
from ..plans.serving import Impossible, service_plan
from ..plans.training import GOOD, LATE, by_devices, training_plan
from ..results import UNFIT, Curves, Results
from ..units import DAY, GIGA, HOUR, KILOWATT_HOUR, MEGAWATT_HOUR, PFLOPS_DAY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..models.device import Device
    from ..models.model import Model
    from ..plans.project import Bill
    from ..plans.serving import ServicePlan
    from ..plans.training import TrainingPlan

BEST, OTHER = "best", "other"
ZERO_STAGES = {"none": 0, "ZeRO-1": 1, "ZeRO-2": 2, "FSDP": 3}
SHARDED = {ZERO_STAGES[name]: name for name in ZERO_STAGES}
# What the allocator reserves beyond what is in use: SimuMax plans with 1 / 0.94 - 1 (docs/strategy.md, mem_factor).
FRAGMENTATION = 1 / 0.94 - 1
PARTS = 3  # of the step that are named

NO_FIT = marked("the model does not fit")
UNPRICED = marked("no rent of this device is known")
UNPOWERED = marked("no power of this device is known")

# Names that plans have for what a reader calls otherwise.
NAMES = {"devices": "device_count", "outside_bytes": "overhead_gb", "device": "accelerator"}

_latest = Latest()
# A search remembers every cut that it looked at, so that it is made anew now and then.
_searches = Latest(times=100)


class Plan(Results):
    """Results of the planner, with the plans behind them.

    ``model``, ``device``, ``run`` (a `TrainingPlan`), ``service`` (a `ServicePlan` or None), ``request_rate`` and
    ``price_per_second`` of a device
    [USD/s], None where nobody knows one.
    """

    def __init__(
        self,
        model: "Model",
        device: "Device",
        run: "TrainingPlan",
        service: "ServicePlan | None",
        request_rate: float,
        price_per_second: "float | None",
        **results: "Any",
    ) -> None:
        super().__init__(**results)
        self.model, self.device, self.run, self.service = model, device, run, service
        self.request_rate, self.price_per_second = request_rate, price_per_second


@question(
    model="model in data/models.csv",
    price_per_device_hour=(0, 1000),
    context=(0, 1000000),
    number_format=("best", "fp32", "tf32", "fp16", "bf16", "fp8", "fp4"),
    mfu=(0, 1),
    batch=(1, 100000),
    microbatch=(0, 1024),
    recomputation=("best", "none", "selective", "full"),
    tensor_parallel=(0, 64),
    pipeline_stages=(0, 1000),
    model_chunks=(0, 64),
    context_parallel=(0, 64),
    expert_parallel=(0, 512),
    serving_format=("best", "fp32", "tf32", "fp16", "bf16", "fp8", "int8", "fp4", "int4"),
)
def planner(
    model: str = "Llama 3 70B",
    tokens: float = 15e12,
    accelerator: str = "H100 SXM",
    sized_by: str = "deadline",
    days: float = 30.0,
    device_count: int = 1024,
    price_per_device_hour: float = 0.0,
    users: float = 1e6,
    tokens_per_user_day: float = 3000.0,
    time_per_output_token: float = 0.05,
    time_to_first_token: float = 2.0,
    batch: int = 2048,
    context: int = 0,
    number_format: str = "best",
    stack: str = "megatron-bridge",
    mfu: float = 0.0,
    goal: str = "fewest devices",
    tensor_parallel: int = 0,
    pipeline_stages: int = 0,
    model_chunks: int = 0,
    context_parallel: int = 0,
    expert_parallel: int = 0,
    microbatch: int = 0,
    recomputation: str = "best",
    sharding: str = "best",
    overhead_gb: float = 2.2,
    device_watts: float = 0.0,
    pue: float = 1.2,
    electricity_price: float = 0.1,
    carbon_intensity: float = 0.4,
    busiest_hour_share: float = 0.08,
    question_tokens: float = 600.0,
    answer_tokens: float = 200.0,
    serving_format: str = "best",
) -> Plan:
    """Devices, days, memory, money and energy of a training run, and the devices that serve the finished model.

    Numbers of the cut may be 0, for the best; a utilisation of 0 is predicted. Ends of ranges are what a plan can use.

    Parameters
    ----------
    model : str
        Model.
    tokens : float
        Training tokens, all epochs [token].
    accelerator : str
        Device, for training and serving.
    sized_by : str
        What is fixed for training.
    days : float
        Time allowed, if the deadline is fixed [day].
    device_count : int
        Devices at hand, if they are fixed [device].
    price_per_device_hour : float
        Rent of a device with its share of the server, 0 for the data's [USD/h].
    users : float
        Users of the service [1].
    tokens_per_user_day : float
        Tokens that are read and written for a user [token/day].
    time_per_output_token : float
        Longest time per output token, from one to the next [s].
    time_to_first_token : float
        Longest time to first token, for 95 of 100 requests [s].
    batch : int
        Sequences of a step, on all devices [sample].
    context : int
        Tokens of a training sequence, 0 for the model's, at most 8,192 [token].
    number_format : str
        Number format of the multiplications.
    stack : str
        Software that trains.
    mfu : float
        Model FLOPs utilisation of a whole step, 0 to predict it [1].
    goal : str
        What a deadline is met with.
    tensor_parallel : int
        Devices that share each layer, 0 for the best [device].
    pipeline_stages : int
        Stages of the pipeline, 0 for the best [stage].
    model_chunks : int
        Chunks of layers of a stage, 0 for the best [1].
    context_parallel : int
        Devices that share each sequence, 0 for the best [device].
    expert_parallel : int
        Devices that share the experts of a layer, 0 for the best [device].
    microbatch : int
        Sequences that a replica of the model works on at a time, 0 for the best [sequence].
    recomputation : str
        Activation recomputation.
    sharding : str
        What the replicas share.
    overhead_gb : float
        Memory of a device for the program and its libraries [GB].
    device_watts : float
        Power of a device with its share of the server, 0 for the data's [W].
    pue : float
        Power usage effectiveness of the data centre [1].
    electricity_price : float
        Price of electricity [USD/kWh].
    carbon_intensity : float
        Carbon dioxide emitted for electricity [kg/kWh].
    busiest_hour_share : float
        Share of the day's tokens in its busiest hour [1].
    question_tokens : float
        Tokens of a question with what goes before it [token].
    answer_tokens : float
        Tokens of an answer [token].
    serving_format : str
        Number format of the weights in serving.

    Returns
    -------
    Plan
        Results of training, memory, price and serving, and the plans behind them.

    References
    ----------
    `llmcalc.plans.training`, `llmcalc.plans.serving` and `llmcalc.plans.project`.

    Examples
    --------
    >>> answer = planner(sized_by="devices", device_count=1024)
    >>> answer["devices"], answer["days_low"] < answer["days"] < answer["days_high"]
    (1024.0, True)
    """
    device, assumed = _latest(_machine, accelerator)
    deadline = sized_by == "deadline"
    shape, run = _latest(
        _trained,
        model,
        accelerator,
        tokens,
        batch,
        context or None,
        device.best_format() if number_format == BEST else number_format,
        days * DAY if deadline else None,
        None if deadline else device_count,
        "fewest" if goal == "fewest devices" else "cheapest",
        mfu or None,
        None if stack == OTHER else stack,
        overhead_gb * GIGA,
        tensor_parallel,
        pipeline_stages,
        model_chunks,
        context_parallel,
        expert_parallel,
        microbatch,
        None if recomputation == BEST else recomputation,
        None if sharding == BEST else ZERO_STAGES[sharding],
    )
    rate = serving.peak_rate(users * tokens_per_user_day / DAY, busiest_hour_share)
    request_rate = serving.request_rate(rate, question_tokens + answer_tokens)
    service, no_service = _latest(
        _served,
        model,
        accelerator,
        request_rate,
        _serving_format(device) if serving_format == BEST else serving_format,
        time_to_first_token,
        time_per_output_token,
        question_tokens,
        answer_tokens,
    )
    price = price_per_device_hour / HOUR or (device.price_per_second if device.has("price_per_second") else None)
    bills = project(
        run,
        service,
        price,
        device_watts or _power(device),
        pue,
        electricity_price / KILOWATT_HOUR,
        carbon_intensity / KILOWATT_HOUR,
    )
    results: dict[str, Any] = {
        "training": "Training",
        "verdict": (_verdict(run, deadline, device_count), "", "In short"),
    }
    results.update(_training(run, deadline))
    results["founded"] = (run.badge or marked("no plan"), "", "Founded on")
    results["params"] = (shape.params, "parameter", "Parameters")
    results["active_params"] = (shape.active_params, "parameter", "Parameters at work on a token")
    results["pflops_days"] = (run.flop / PFLOPS_DAY, "petaFLOP/s-day", "Work")
    results["assumed"] = (assumptions(assumed), "", "Assumed of the device")
    results["cut"] = "How the model is cut"
    results.update(_cut(run))
    results["memory"] = "Memory of each device"
    results.update(_memory(run))
    results["price"] = "Price of training"
    results.update(_bill(bills.training))
    results["serving"] = "Serving"
    results.update(_serving(service, no_service, bills.service, users * tokens_per_user_day))
    plan = Plan(shape, device, run, service, request_rate, price, **results)
    if run.seconds and run.low < run.high:
        factors = run.low / run.seconds, run.high / run.seconds
        plan.errors = dict.fromkeys(("days", "rent", "device_hours", "energy", "electricity", "carbon"), factors)
    plan.tell(_told, model, accelerator, tokens, deadline, device_count)
    if service is not None:
        fewest, most = service.range
        plan.errors["serving_devices"] = fewest / service.devices, most / service.devices
    return plan


def planner_curves(**parameters: "Any") -> Curves:
    """Days and rent by the number of devices, with the model cut as in the plan.

    Parameters
    ----------
    **parameters
        Those of `planner`.

    Examples
    --------
    >>> planner_curves(model="Llama 3 8B", sized_by="devices", device_count=64).data()[1]["label"]
    'Days'
    """
    return curves(planner(**parameters))  # type: ignore[arg-type]


def curves(plan: Plan) -> Curves:
    """The curves of a plan; None where the model does not fit, and no curves where it fits nowhere."""
    others = [] if plan.run.cut is None else by_devices(plan.run)
    fit = [other.cut is not None and other.cut.fits for other in others]
    days = [other.seconds / DAY for other in others]
    price = plan.price_per_second
    rents = [None if price is None else cost.rent(other.devices * other.seconds, price) for other in others]
    return Curves(
        ("devices", "Devices", "device", [other.devices for other in others]),
        ("days", "Days", "day", [days[i] if fit[i] else None for i in range(len(fit))]),
        ("rent", "Rent", "USD", [rents[i] if fit[i] else None for i in range(len(fit))]),
    )


def _machine(accelerator: str) -> "tuple[Device, list[str]]":
    return device_named(accelerator).with_usual_links()


def _search(*asked: "Any") -> Search:
    """The search of last time, if only deadline, devices or tokens have changed since."""
    found: Search = _searches(Search, *asked)
    return found


def _trained(
    model: str,
    accelerator: str,
    tokens: float,
    batch: int,
    context: "int | None",
    number_format: str,
    seconds: "float | None",
    devices: "int | None",
    goal: str,
    mfu: "float | None",
    stack: "str | None",
    outside_bytes: float,
    *cut: "Any",
) -> "tuple[Model, TrainingPlan]":
    shape, (device, _) = _latest(attentive_model, model), _latest(_machine, accelerator)
    fixed = {name: given for name, given in zip(FIXED, cut) if (given is not None if name == "zero_stage" else given)}  # noqa: B905 - MicroPython's zip knows no `strict`
    try:
        return shape, training_plan(
            shape,
            device,
            tokens=tokens,
            batch=batch,
            context=context,
            number_format=number_format,
            seconds=seconds,
            devices=devices,
            goal=goal,
            mfu=mfu,
            fixed=fixed,
            memory={"outside_bytes": outside_bytes, "fragmentation": FRAGMENTATION},
            stack=stack,
            search=_search,
        )
    except Refusal as refused:
        raise _renamed(refused) from None


def _renamed(refused: Refusal) -> Refusal:
    name = NAMES.get(refused.argument)
    if name is None:
        return refused
    return Refusal(name, refused.value, refused.accepted, refused.unit)


def _power(device: "Device") -> "float | None":
    for quantity in ("server_power", "power"):
        if device.has(quantity):
            return float(getattr(device, quantity))
    return None


def _serving_format(device: "Device") -> str:
    """The usual format to serve in: 8 bits where the device multiplies them, else what models are trained in."""
    return "fp8" if device.has("peak_fp8") else device.best_format()


def _served(
    model: str,
    accelerator: str,
    request_rate: float,
    number_format: str,
    time_to_first_token: float,
    time_per_output_token: float,
    question_tokens: float,
    answer_tokens: float,
) -> "tuple[ServicePlan | None, str]":
    """The plan of the service, or None and why there is none."""
    shape, (device, _) = _latest(attentive_model, model), _latest(_machine, accelerator)
    try:
        plan = service_plan(
            shape,
            device,
            request_rate,
            number_format=number_format,
            time_to_first_token=time_to_first_token,
            time_per_output_token=time_per_output_token,
            question_tokens=question_tokens,
            answer_tokens=answer_tokens,
        )
    except Impossible as impossible:
        return None, impossible.words
    except Refusal as refused:
        raise _renamed(refused) from None
    return plan, ""


def _told(
    plan: Plan, model: str, accelerator: str, tokens: float, deadline: bool, device_count: int
) -> "tuple[str, str]":
    run, named, on = plan.run, plan.model.name or model, plan.device.name or accelerator
    if run.verdict == LATE:
        return LATE, _late(run, named, on, tokens)
    if run.verdict != GOOD:
        return UNFIT, _unfit(run, named, on, deadline, device_count)
    given = {
        "devices": number(run.devices),
        "device": on,
        "model": named,
        "tokens": number_of(tokens, "token", 3, in_word=True),
        "days": number_of(run.seconds / DAY, "day", 3),
    }
    if run.low < run.high:
        given["days"] = message(
            "{days} ({low} to {high})",
            days=given["days"],
            low=number(run.low / DAY, 3),
            high=number(run.high / DAY, 3),
        )
    if plan["rent"] is None:
        return GOOD, plural(
            "{devices} {device} trains {model} on {tokens} in {days}.",
            "{devices} {device} train {model} on {tokens} in {days}.",
            run.devices,
            **given,
        )
    return GOOD, plural(
        "{devices} {device} trains {model} on {tokens} in {days}, at a rent of {rent} USD.",
        "{devices} {device} train {model} on {tokens} in {days}, at a rent of {rent} USD.",
        run.devices,
        rent=in_words(plan["rent"]),
        **given,
    )


def _late(run: "TrainingPlan", model: str, on: str, tokens: float) -> str:
    given = {
        "devices": number(run.devices),
        "device": on,
        "model": model,
        "tokens": number_of(tokens, "token", 3, in_word=True),
        "days": number_of(run.seconds / DAY, "day", 3),
    }
    if run.batch_in_time:
        return message(
            "Not in time: the fastest plan with this batch, {devices} {device}, trains {model} on {tokens} in {days}; "
            "{sequences} a step would do.",
            sequences=number_of(run.batch_in_time, "sequence"),
            **given,
        )
    return message(
        "Not in time: the fastest plan with this batch, {devices} {device}, trains {model} on {tokens} in {days}.",
        **given,
    )


def _unfit(run: "TrainingPlan", model: str, on: str, deadline: bool, device_count: int) -> str:
    given = {"model": model, "device": on}
    if run.smallest is None:
        return message("{model} does not fit on {device} with these assumptions, whatever their number.", **given)
    given["fewest"] = number(run.smallest)
    if deadline:
        return message(
            "{model} does not fit on {device} if it is cut like this: a replica takes at least {fewest}.", **given
        )
    return message(
        "{model} does not fit on {devices} {device}: training takes at least {fewest}.",
        devices=number(device_count),
        **given,
    )


def _verdict(run: "TrainingPlan", deadline: bool, device_count: int) -> str:
    """The answer to training in a sentence, and where it is no, what would help."""
    if run.verdict == GOOD:
        return marked("it can be done") if deadline else marked("it fits")
    if run.verdict == LATE:
        if run.batch_in_time:
            return message(
                "not in time: with this batch no more devices have work; {count} sequences a step would do",
                count=number(run.batch_in_time),
            )
        return marked("not in time: with this batch no more devices have work")
    if run.smallest is None:
        return marked("it does not fit, on any number of these devices")
    fewest = number(run.smallest)
    if deadline:
        return message("it does not fit on one replica: it takes at least {fewest}", fewest=fewest)
    return message(
        "it does not fit on {devices} devices: it takes at least {fewest}", devices=number(device_count), fewest=fewest
    )


def _training(run: "TrainingPlan", deadline: bool) -> "dict[str, tuple[Any, ...]]":
    in_time = (marked("yes") if run.verdict == GOOD else marked("no")) if deadline else marked("no deadline")
    rows = (
        ("devices", "device", "Devices", run.devices),
        ("days", "day", "Days", run.seconds / DAY),
        ("days_low", "day", "Days, low end of the range", run.low / DAY),
        ("days_high", "day", "Days, high end of the range", run.high / DAY),
        ("in_time", "", "In time", in_time),
        ("run_mfu", "%", "Utilisation of a step, all scores counted", 100 * run.mfu),
        ("made_of", "", "What a step's time goes into", _made_of(run)),
    )
    return _rows(rows, run)


def _cut(run: "TrainingPlan") -> "dict[str, tuple[Any, ...]]":
    cut = run.cut.run if run.cut else None
    saving = marked("none that takes much fewer devices")
    if run.other_batch:
        saving = message(
            "{count} sequences take {devices} devices",
            count=number(run.other_batch),
            devices=number(run.other_devices),
        )
    rows = (
        ("tensor", "device", "Devices that share a layer", cut and cut.tensor_parallel),
        ("stages", "stage", "Stages of the pipeline", cut and cut.pipeline_stages),
        ("chunks", "chunk", "Chunks of layers of a stage", cut and cut.model_chunks),
        ("sequence", "device", "Devices that share a sequence", cut and cut.context_parallel),
        ("experts", "device", "Devices that share a layer's experts", cut and cut.expert_parallel),
        ("replicas", "replica", "Replicas of the model", run.replicas),
        ("sequences", "sequence", "Sequences of a microbatch", cut and cut.microbatch),
        ("recomputed", "", "Activations that are recomputed", cut and cut.recomputation),
        ("shared", "", "Shared among the replicas", cut and SHARDED[int(cut.zero_stage)]),
        ("other_batch", "", "A batch close by", saving),
    )
    return _rows(rows, run)


def _rows(rows: "tuple[tuple[str, str, str, Any], ...]", run: "TrainingPlan") -> "dict[str, tuple[Any, ...]]":
    """Results of names, units, labels and values, without values where the model does not fit."""
    if run.cut is None:
        return {name: (None, unit, label, NO_FIT) for name, unit, label, _ in rows}
    return {name: (value, unit, label) for name, unit, label, value in rows}


def _made_of(run: "TrainingPlan") -> str:
    if run.cut is None:
        return ""
    step = run.cut.step
    named = step.largest()[:PARTS]
    return listed(
        [
            # Translators: a part of a step and its share, such as attention 12 %.
            message("{part} {share} %", part=message(name), share=number(100 * step.terms[name] / step.seconds, 2))
            for name in named
        ]
    )


def _memory(run: "TrainingPlan") -> "dict[str, tuple[Any, ...]]":
    parts: dict[str, float] = run.cut.memory["parts"] if run.cut else {}
    state = sum([parts.get(name, 0.0) for name in ("weights", "gradients", "optimiser")])
    working = sum([parts.get(name, 0.0) for name in ("activations", "at work")])
    found = _rows(
        (
            ("memory_gb", "GB", "Needed, with the program", run.cut.memory["peak"] / GIGA if run.cut else None),
            ("state_gb", "GB", "Weights, gradients, optimiser", state / GIGA),
            ("activation_gb", "GB", "Activations", working / GIGA),
        ),
        run,
    )
    fits = message("yes, {size} GB left", size=number(run.cut.free_bytes / GIGA, 3)) if run.cut else marked("no")
    return dict(fits=(fits, "", "Fits"), **found)


def _bill(bill: "Bill | None") -> "dict[str, tuple[Any, ...]]":
    unpriced, unpowered = (UNPRICED, UNPOWERED) if bill else (NO_FIT, NO_FIT)
    return {
        "rent": _known(bill and bill.rent, 1.0, "USD", "Rent", unpriced),
        "device_hours": _known(bill and bill.device_seconds, HOUR, "h", "Device-hours", NO_FIT),
        "energy": _known(bill and bill.joules, MEGAWATT_HOUR, "MWh", "Energy", unpowered),
        "electricity": _known(bill and bill.electricity, 1.0, "USD", "Cost of that energy", unpowered),
        "carbon": _known(bill and bill.carbon, 1e3, "t", "Carbon dioxide for it", unpowered),
    }


def _known(value: "Any", scale: float, unit: str, label: str, reason: str) -> "tuple[Any, ...]":
    return (None, unit, label, reason) if value is None else (value / scale, unit, label)


def _serving(
    service: "ServicePlan | None", no_service: str, bill: "Bill | None", tokens_per_day: float
) -> "dict[str, tuple[Any, ...]]":
    replica = service and service.replica
    rent = bill and bill.rent
    million = None if rent is None else 1e6 * cost.cost_per_token(rent, tokens_per_day)
    unpriced, unpowered = no_service or UNPRICED, no_service or UNPOWERED
    return {
        "serving_devices": _known(service and service.devices, 1.0, "device", "Devices that serve", no_service),
        "serving_replicas": _known(service and service.replicas, 1.0, "replica", "Replicas that serve", no_service),
        "replica_devices": _known(replica and replica.devices, 1.0, "device", "Devices of such a replica", no_service),
        "serving_weights": (replica.service.number_format if replica else marked("none"), "", "Format of the weights"),
        "answers": _known(replica and replica.batch, 1.0, "answer", "Answers at a time, of such a replica", no_service),
        "tpot": _known(
            replica and replica.output_token["mean"], 1e-3, "ms", "Time per output token, on average", no_service
        ),
        "ttft": _known(
            replica and replica.first_token["p95"], 1e-3, "ms", "Time to first token, 95 of 100 requests", no_service
        ),
        "tokens_per_day": (tokens_per_day, "token/day", "Tokens a day"),
        "rent_per_day": _known(rent, 1.0, "USD/day", "Rent a day", unpriced),
        "rent_per_million": _known(million, 1.0, "USD", "Rent for a million tokens", unpriced),
        "energy_per_day": _known(bill and bill.joules, MEGAWATT_HOUR, "MWh/day", "Energy a day", unpowered),
    }
