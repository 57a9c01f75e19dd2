"""How much does my project need?"""

from ..answering import question
from ..checks import Refusal
from ..choosing import device_named, model_named
from ..formats import number
from ..formulas import cost, serving
from ..plans.cuts import FIXED
from ..plans.project import project
from ..plans.serving import Impossible, service_plan
from ..plans.training import GOOD, LATE, by_devices, training_plan
from ..results import Curves, Results
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

# Names that plans have for what a reader calls otherwise.
NAMES = {"devices": "device_count", "outside_bytes": "overhead_gb", "device": "accelerator"}


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
    shape = model_named(model)
    device, assumed = device_named(accelerator).with_usual_links()
    fixed = _fixed(
        tensor_parallel=tensor_parallel,
        pipeline_stages=pipeline_stages,
        model_chunks=model_chunks,
        context_parallel=context_parallel,
        expert_parallel=expert_parallel,
        microbatch=microbatch,
        recomputation=None if recomputation == BEST else recomputation,
        zero_stage=None if sharding == BEST else ZERO_STAGES[sharding],
    )
    deadline = sized_by == "deadline"
    try:
        run = training_plan(
            shape,
            device,
            tokens=tokens,
            batch=batch,
            context=context or None,
            number_format=device.best_format() if number_format == BEST else number_format,
            seconds=days * DAY if deadline else None,
            devices=None if deadline else device_count,
            goal="fewest" if goal == "fewest devices" else "cheapest",
            mfu=mfu or None,
            fixed=fixed,
            memory={"outside_bytes": overhead_gb * GIGA, "fragmentation": FRAGMENTATION},
            stack=None if stack == OTHER else stack,
        )
    except Refusal as refused:
        raise _renamed(refused) from None
    rate = serving.peak_rate(users * tokens_per_user_day / DAY, busiest_hour_share)
    request_rate = serving.request_rate(rate, question_tokens + answer_tokens)
    service, no_service = _service(
        shape,
        device,
        request_rate,
        _serving_format(device) if serving_format == BEST else serving_format,
        time_to_first_token=time_to_first_token,
        time_per_output_token=time_per_output_token,
        question_tokens=question_tokens,
        answer_tokens=answer_tokens,
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
    tokens_per_day = users * tokens_per_user_day
    results = {}
    results.update(_training(run, deadline, days, device_count, accelerator))
    results.update(_memory(run))
    results.update(_bill(run, bills.training))
    results.update(_serving(service, no_service, bills.service, tokens_per_day))
    return Plan(
        shape,
        device,
        run,
        service,
        request_rate,
        price,
        training="Training",
        verdict=(_verdict(run, deadline, device_count), "", "In short"),
        devices=results["devices"],
        days=results["days"],
        days_low=results["days_low"],
        days_high=results["days_high"],
        in_time=results["in_time"],
        founded=(run.badge or "no plan", "", "Founded on"),
        params=(shape.params, "parameter", "Parameters"),
        active_params=(shape.active_params, "parameter", "Parameters at work on a token"),
        pflops_days=(run.flop / PFLOPS_DAY, "petaFLOP/s-day", "Work"),
        run_mfu=results["run_mfu"],
        made_of=results["made_of"],
        assumed=(", ".join(assumed).replace("_", " ") or "nothing", "", "Assumed of the device"),
        cut="How the model is cut",
        tensor=results["tensor"],
        stages=results["stages"],
        chunks=results["chunks"],
        sequence=results["sequence"],
        experts=results["experts"],
        replicas=results["replicas"],
        sequences=results["sequences"],
        recomputed=results["recomputed"],
        shared=results["shared"],
        other_batch=results["other_batch"],
        memory="Memory of each device",
        fits=results["fits"],
        memory_gb=results["memory_gb"],
        state_gb=results["state_gb"],
        activation_gb=results["activation_gb"],
        price="Price of training",
        rent=results["rent"],
        device_hours=results["device_hours"],
        energy=results["energy"],
        electricity=results["electricity"],
        carbon=results["carbon"],
        serving="Serving",
        serving_devices=results["serving_devices"],
        serving_replicas=results["serving_replicas"],
        replica_devices=results["replica_devices"],
        serving_weights=results["serving_weights"],
        answers=results["answers"],
        tpot=results["tpot"],
        ttft=results["ttft"],
        tokens_per_day=(tokens_per_day, "token/day", "Tokens a day"),
        rent_per_day=results["rent_per_day"],
        rent_per_million=results["rent_per_million"],
        energy_per_day=results["energy_per_day"],
    )


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


def _fixed(**given: "Any") -> "dict[str, Any]":
    return {name: given[name] for name in FIXED if (given[name] if name != "zero_stage" else given[name] is not None)}


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


def _service(
    model: "Model", device: "Device", request_rate: float, number_format: str, **options: "Any"
) -> "tuple[ServicePlan | None, str]":
    """The plan of the service, or None and why there is none."""
    try:
        return service_plan(model, device, request_rate, number_format=number_format, **options), ""
    except Impossible as impossible:
        return None, impossible.words
    except Refusal as refused:
        raise _renamed(refused) from None


def _verdict(run: "TrainingPlan", deadline: bool, device_count: int) -> str:
    """The answer to training in a sentence, and where it is no, what would help."""
    if run.verdict == GOOD:
        return "it can be done" if deadline else "it fits"
    if run.verdict == LATE:
        sentence = "not in time: with this batch no more devices have work"
        if run.batch_in_time:
            return f"{sentence}; {number(run.batch_in_time)} sequences a step would do"
        return sentence
    if run.smallest is None:
        return "it does not fit, on any number of these devices"
    where = "one replica" if deadline else f"{number(device_count)} devices"
    return f"it does not fit on {where}: it takes at least {number(run.smallest)}"


def _training(
    run: "TrainingPlan", deadline: bool, days: float, device_count: int, accelerator: str
) -> "dict[str, tuple[Any, ...]]":
    units = {
        "devices": ("device", "Devices"),
        "days": ("day", "Days"),
        "days_low": ("day", "Days, low end of the range"),
        "days_high": ("day", "Days, high end of the range"),
        "in_time": ("", "In time"),
        "run_mfu": ("%", "Utilisation of a step, all scores counted"),
        "made_of": ("", "What a step's time goes into"),
        "tensor": ("device", "Devices that share a layer"),
        "stages": ("stage", "Stages of the pipeline"),
        "chunks": ("chunk", "Chunks of layers of a stage"),
        "sequence": ("device", "Devices that share a sequence"),
        "experts": ("device", "Devices that share a layer's experts"),
        "replicas": ("replica", "Replicas of the model"),
        "sequences": ("sequence", "Sequences of a microbatch"),
        "recomputed": ("", "Activations that are recomputed"),
        "shared": ("", "Shared among the replicas"),
        "other_batch": ("", "A batch close by"),
    }
    if run.cut is None:
        return {name: (None, units[name][0], units[name][1], "the model does not fit") for name in units}
    cut = run.cut.run
    saving = "none that takes much fewer devices"
    if run.other_batch:
        saving = f"{number(run.other_batch)} sequences take {number(run.other_devices)} devices"
    values = {
        "devices": run.devices,
        "days": run.seconds / DAY,
        "days_low": run.low / DAY,
        "days_high": run.high / DAY,
        "in_time": ("yes" if run.verdict == GOOD else "no") if deadline else "no deadline",
        "run_mfu": 100 * run.mfu,
        "made_of": _made_of(run),
        "tensor": cut.tensor_parallel,
        "stages": cut.pipeline_stages,
        "chunks": cut.model_chunks,
        "sequence": cut.context_parallel,
        "experts": cut.expert_parallel,
        "replicas": run.replicas,
        "sequences": cut.microbatch,
        "recomputed": cut.recomputation,
        "shared": SHARDED[int(cut.zero_stage)],
        "other_batch": saving,
    }
    return {name: (values[name], units[name][0], units[name][1]) for name in units}


def _made_of(run: "TrainingPlan") -> str:
    assert run.cut is not None
    step = run.cut.step
    named = step.largest()[:PARTS]
    return ", ".join([f"{name} {number(100 * step.terms[name] / step.seconds, 2)} %" for name in named])


def _memory(run: "TrainingPlan") -> "dict[str, tuple[Any, ...]]":
    labels = {
        "memory_gb": "Needed, with the program",
        "state_gb": "Weights, gradients, optimiser",
        "activation_gb": "Activations",
    }
    if run.cut is None:
        found: dict[str, tuple[Any, ...]] = {
            name: (None, "GB", labels[name], "the model does not fit") for name in labels
        }
        found["fits"] = ("no", "", "Fits")
        return found
    memory, free = run.cut.memory, run.cut.free_bytes / GIGA
    parts = memory["parts"]
    state = parts["weights"] + parts["gradients"] + parts["optimiser"]
    return {
        "fits": (f"yes, {number(free, 3)} GB left" if free >= 0 else f"no, {number(-free, 3)} GB short", "", "Fits"),
        "memory_gb": (memory["peak"] / GIGA, "GB", labels["memory_gb"]),
        "state_gb": (state / GIGA, "GB", labels["state_gb"]),
        "activation_gb": ((parts["activations"] + parts["at work"]) / GIGA, "GB", labels["activation_gb"]),
    }


def _bill(run: "TrainingPlan", bill: "Bill | None") -> "dict[str, tuple[Any, ...]]":
    none = "the model does not fit" if bill is None else ""
    unpriced, unpowered = none or "no rent of this device is known", none or "no power of this device is known"
    return {
        "rent": _known(None if bill is None else bill.rent, 1.0, "USD", "Rent", unpriced),
        "device_hours": _known(None if bill is None else bill.device_seconds, HOUR, "h", "Device-hours", none),
        "energy": _known(None if bill is None else bill.joules, MEGAWATT_HOUR, "MWh", "Energy", unpowered),
        "electricity": _known(None if bill is None else bill.electricity, 1.0, "USD", "Cost of that energy", unpowered),
        "carbon": _known(None if bill is None else bill.carbon, 1e3, "t", "Carbon dioxide for it", unpowered),
    }


def _known(value: "float | None", scale: float, unit: str, label: str, reason: str) -> "tuple[Any, ...]":
    return (None, unit, label, reason) if value is None else (value / scale, unit, label)


def _serving(
    service: "ServicePlan | None", no_service: str, bill: "Bill | None", tokens_per_day: float
) -> "dict[str, tuple[Any, ...]]":
    replica = None if service is None else service.replica
    values = {
        "serving_devices": (service and float(service.devices), "device", "Devices that serve"),
        "serving_replicas": (service and float(service.replicas), "replica", "Replicas that serve"),
        "replica_devices": (replica and float(replica.devices), "device", "Devices of such a replica"),
        "answers": (replica and float(replica.batch), "answer", "Answers at a time, of such a replica"),
        "tpot": (replica and 1000 * replica.output_token["mean"], "ms", "Time per output token, on average"),
        "ttft": (replica and 1000 * replica.first_token["p95"], "ms", "Time to first token, 95 of 100 requests"),
        "serving_weights": (replica and replica.service.number_format, "", "Format of the weights"),
    }
    results = {}
    for name in values:
        value, unit, label = values[name]
        results[name] = (None, unit, label, no_service) if value is None else (value, unit, label)
    unpriced, unpowered = no_service or "no rent of this device is known", no_service or "no power of it is known"
    rent = None if bill is None else bill.rent
    million = None if rent is None else 1e6 * cost.cost_per_token(rent, tokens_per_day)
    results["rent_per_day"] = _known(rent, 1.0, "USD/day", "Rent a day", unpriced)
    results["rent_per_million"] = _known(million, 1.0, "USD", "Rent for a million tokens", unpriced)
    results["energy_per_day"] = _known(
        None if bill is None else bill.joules, MEGAWATT_HOUR, "MWh/day", "Energy a day", unpowered
    )
    return results
