"""What does it take to serve a million users?"""

from ..answering import question
from ..choosing import attentive_model, device_named
from ..formats import in_words, number, number_of
from ..formulas import cost
from ..messages import marked, message, plural
from ..plans import serving
from ..plans.pools import PoolsPlan, pools_plan
from ..results import GOOD, UNFIT, Results
from ..units import DAY, HOUR, MEGAWATT_HOUR

# Format of the products, and bytes of a weight, by the format of the weights; int4 weights are multiplied in 16 bits.
WEIGHTS = {
    "bf16": ("bf16", 2),
    "fp8": ("fp8", 1),
    "int8": ("int8", 1),
    "fp4": ("fp4", 0.5625),
    "int4": ("bf16", 0.5625),
}
VALUES = {"bf16": 2, "fp8": 1}
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..models.device import Device
    from ..models.service import Service


class Served(Results):
    """Results of a service, with the plan behind them, ``plan``: None where no replica serves."""

    def __init__(self, plan: "Any", **results: "Any") -> None:
        super().__init__(**results)
        self.plan = plan


@question(
    model="model in data/models.csv",
    price_per_device_hour=(0, 1000),
    hit_share=(0, 0.99),
    arrival_spread=(1, 3),
    time_per_output_token=(0.001, 10),
)
def serving_users(
    model: str = "Llama 3.3 70B",
    accelerator: str = "H100 SXM",
    users: float = 1e6,
    requests_per_user_day: float = 10.0,
    busiest_hour_share: float = 0.08,
    question_tokens: float = 1000.0,
    answer_tokens: float = 300.0,
    time_to_first_token: float = 2.0,
    time_per_output_token: float = 0.05,
    price_per_device_hour: float = 0.0,
    weight_format: str = "fp8",
    cache_format: str = "fp8",
    devices_per_replica: int = 0,
    spare_share: float = 0.1,
    autoscaling: bool = False,
    question_spread: float = 0.5,
    answer_spread: float = 0.5,
    arrival_spread: float = 1.0,
    answers_per_question: int = 1,
    hit_share: float = 0.0,
    draft_tokens: int = 0,
    acceptance: float = 0.7,
    draft_cost: float = 0.05,
    adapters: int = 0,
    adapter_rank: int = 16,
    disaggregated: bool = False,
    device_watts: float = 0.0,
    pue: float = 1.2,
) -> Served:
    """Devices, latency, money and energy of a service that keeps its limits for 95 of 100 requests.

    The model may be any of the book's, mixtures among them. A price of 0 stands for the published rent.

    Parameters
    ----------
    model : str
        Model.
    accelerator : str
        Device.
    users : float
        Users of the service [1].
    requests_per_user_day : float
        Questions that a user asks [1/day].
    busiest_hour_share : float
        Share of the day's questions in its busiest hour [1].
    question_tokens : float
        Tokens of a question with what goes before it [token].
    answer_tokens : float
        Tokens of an answer, hidden reasoning included [token].
    time_to_first_token : float
        Longest time to first token, for 95 of 100 requests [s].
    time_per_output_token : float
        Longest time per output token, for 95 of 100 requests [s].
    price_per_device_hour : float
        Rent of a device with its share of the server, 0 for the published one [USD/h].
    weight_format : str
        Number format of the weights.
    cache_format : str
        Number format of the caches.
    devices_per_replica : int
        Devices of a replica, 0 for the best number [device].
    spare_share : float
        Share of what replicas could serve that is kept free [1].
    autoscaling : bool
        Whether replicas come and go with the hours of the day.
    question_spread : float
        Standard deviation of the questions' lengths, in shares of their mean [1].
    answer_spread : float
        Standard deviation of the answers' lengths, in shares of their mean [1].
    arrival_spread : float
        Standard deviation of the time between a replica's requests, in shares of its mean: 1 where they come at random,
        more in bursts; the closed form is held to simulations up to 2 [1].
    answers_per_question : int
        Answers that are written to each question [answer].
    hit_share : float
        Share of a question's tokens whose caches are kept from earlier ones [1].
    draft_tokens : int
        Tokens that a small model drafts at a time, 0 for none [token].
    acceptance : float
        Share of a draft's tokens that are accepted [1].
    draft_cost : float
        Time of a draft's token, in shares of a step [1].
    adapters : int
        Adapters (LoRA) that customers have of their own, 0 for none [1].
    adapter_rank : int
        Rank of the adapters, if there are any [1].
    disaggregated : bool
        Whether one pool of replicas reads questions and another writes answers.
    device_watts : float
        Power of a device with its share of the server, 0 for the data's [W].
    pue : float
        Power usage effectiveness of the data centre [1].

    Returns
    -------
    Served
        Devices, latencies, money, energy, and devices by what they are for; ``plan`` is the plan behind them.

    References
    ----------
    `llmcalc.plans.serving` and `llmcalc.plans.pools`, on `llmcalc.models.service`.

    Examples
    --------
    >>> answer = serving_users()
    >>> answer["verdict"], answer["replica_devices"]
    ('yes', 2.0)
    """
    served, device = attentive_model(model), device_named(accelerator)
    number_format, bytes_per_weight = WEIGHTS[weight_format]
    mean_rate = users * requests_per_user_day / DAY
    rates = serving.day_rates(mean_rate, busiest_hour_share)
    try:
        plan = (pools_plan if disaggregated else serving.service_plan)(
            served,
            device,
            rates[0],
            time_to_first_token,
            time_per_output_token,
            load=1 - spare_share,
            devices_per_replica=devices_per_replica,
            number_format=number_format,
            bytes_per_weight=bytes_per_weight,
            bytes_per_value=VALUES[cache_format],
            question_tokens=question_tokens,
            answer_tokens=answer_tokens,
            question_spread=question_spread,
            answer_spread=answer_spread,
            arrival_spread=arrival_spread,
            answers_per_question=answers_per_question,
            hit_share=hit_share,
            draft_tokens=draft_tokens,
            acceptance=acceptance,
            draft_cost=draft_cost,
            adapters=adapters,
            adapter_rank=adapter_rank,
        )
    except serving.Impossible as impossible:
        answer = _shown(None, {"verdict": message("no: {reason}", reason=impossible.words)})
        answer.tell(_impossible, device.name, served.name, impossible.words)
        return answer
    counts = plan.scaled(rates) if autoscaling else [plan.devices] * len(rates)
    mean_devices = sum(counts) / len(counts)
    price = price_per_device_hour / HOUR or (device.price_per_second if device.has("price_per_second") else 0.0)
    watts = device_watts or _power(device)
    answer = _shown(plan, _values(plan, mean_rate * DAY, mean_devices, price, watts, pue))
    answer.tell(_told, device.name, served.name, users)
    return answer


def _impossible(_: Served, device: str, model: str, words: str) -> "tuple[str, str]":
    return UNFIT, message(
        "No number of {device} serves {model} within these limits: {reason}.", device=device, model=model, reason=words
    )


def _told(answer: Served, device: str, model: str, users: float) -> "tuple[str, str]":
    devices = message("{devices} {device}", devices=number(answer.plan.devices), device=device)
    low, high = answer.plan.range
    if low < high:
        devices = message("{devices} ({low} to {high})", devices=devices, low=number(low), high=number(high))
    given = {
        "devices": devices,
        "users": number_of(users, "user", 3, in_word=True),
        "model": model,
        "seconds": number(answer["ttft_p95"], 2),
    }
    if answer["rent_per_day"] is None:
        return GOOD, plural(
            "{devices} serves {users} of {model}; 95 of 100 see the first word within {seconds} s.",
            "{devices} serve {users} of {model}; 95 of 100 see the first word within {seconds} s.",
            answer.plan.devices,
            **given,
        )
    return GOOD, plural(
        "{devices} serves {users} of {model} for {rent} USD a day; 95 of 100 see the first word within {seconds} s.",
        "{devices} serve {users} of {model} for {rent} USD a day; 95 of 100 see the first word within {seconds} s.",
        answer.plan.devices,
        rent=in_words(answer["rent_per_day"]),
        **given,
    )


# What is answered, in order: headings, and names with units and labels.
ROWS = (
    ("needed", "Devices"),
    ("verdict", "", "Within the limits"),
    ("devices", "device", "Devices in the busiest hour"),
    ("range", "device", "Range that holds for four of five published measurements"),
    ("badge", "", "What stands behind it"),
    ("replicas", "replica", "Replicas"),
    ("replica_devices", "device", "Devices of a replica"),
    ("cut", "", "How they share the model"),
    ("reading_devices", "device", "Devices that only read questions"),
    ("batch", "answer", "Answers that a replica writes at a time"),
    ("latency", "Latency in the busiest hour"),
    ("ttft_p50", "s", "First token within, for 50 of 100 requests"),
    ("ttft_p95", "s", "First token within, for 95 of 100"),
    ("ttft_p99", "s", "First token within, for 99 of 100"),
    ("tpot_p50", "ms", "Time per output token at most, for 50 of 100"),
    ("tpot_p95", "ms", "Time per output token at most, for 95 of 100"),
    ("tpot_p99", "ms", "Time per output token at most, for 99 of 100"),
    ("answer_p50", "s", "Whole answer within, for 50 of 100"),
    ("answer_p95", "s", "Whole answer within, for 95 of 100"),
    ("answer_p99", "s", "Whole answer within, for 99 of 100"),
    ("load", "%", "Load, as a share of what the replicas could serve"),
    ("turning_load", "%", "Load at which the first token takes twice as long as when idle"),
    ("money", "Money and energy"),
    ("tokens_per_day", "token/day", "Tokens a day"),
    ("mean_devices", "device", "Devices on average over the day"),
    ("rent_per_day", "USD/day", "Rent a day"),
    ("input_price", "USD", "Rent for a million tokens of questions"),
    ("output_price", "USD", "Rent for a million tokens of answers"),
    ("energy_per_day", "MWh/day", "Energy a day"),
    ("reasons", "Why so many?"),
    ("for_weights", "device", "Devices for reading weights"),
    ("for_caches", "device", "For reading caches"),
    ("for_compute", "device", "For computing"),
    ("for_overhead", "device", "For links, launches and the host"),
    ("for_waiting", "device", "Idle, so that nobody waits too long"),
    ("for_spare", "device", "Spare, and rounded up"),
)
NONE = marked("none")
REASONS = {
    "rent_per_day": marked("no rent is published: type one"),
    "energy_per_day": marked("no power is published: type one"),
}
REASONS["reading_devices"] = marked("none: replicas read and write")
REASONS["input_price"] = REASONS["output_price"] = REASONS["rent_per_day"]


def _shown(plan: "Any", values: "dict[str, Any]") -> Served:
    results: dict[str, Any] = {}
    for row in ROWS:
        name = row[0]
        if len(row) == 2:
            results[name] = row[1]
        elif values.get(name, None) is None:
            results[name] = (None, row[1], row[2], REASONS.get(name, NONE) if plan else NONE)
        else:
            results[name] = (values[name], row[1], row[2])
    return Served(plan, **results)


def _values(
    plan: "Any", requests: float, mean_devices: float, price: float, watts: float, pue: float
) -> "dict[str, Any]":
    busiest = plan.busiest
    service, why = busiest.service, plan.why
    fewest, largest = plan.range
    questions = requests * service.question_tokens
    answers = requests * service.answer_tokens * service.answers_per_question
    values = {
        "verdict": marked("yes"),
        "devices": plan.devices,
        "range": message("{low} to {high}", low=number(fewest), high=number(largest)),
        "badge": plan.badge,
        "replicas": plan.replicas,
        "replica_devices": busiest.devices,
        "cut": _cut(service),
        "reading_devices": plan.reading.devices if isinstance(plan, PoolsPlan) else None,
        "batch": busiest.batch,
        "load": 100 * busiest.load,
        "turning_load": 100 * plan.turning_load,
        "tokens_per_day": questions + answers,
        "mean_devices": mean_devices,
    }
    for quantile in serving.DEVIATIONS:
        values["ttft_" + quantile] = busiest.first_token[quantile]
        values["tpot_" + quantile] = 1e3 * busiest.output_token[quantile]
        values["answer_" + quantile] = busiest.answer[quantile]
    for purpose in why:
        values["for_" + purpose] = why[purpose]
    if price:
        rent, reading = cost.rent(mean_devices * DAY, price), plan.reading_share
        values["rent_per_day"] = rent
        values["input_price"] = 1e6 * reading * cost.cost_per_token(rent, questions)
        values["output_price"] = 1e6 * (1 - reading) * cost.cost_per_token(rent, answers)
    if watts:
        values["energy_per_day"] = cost.energy(mean_devices * DAY, watts, pue) / MEGAWATT_HOUR
    return values


def _cut(service: "Service") -> str:
    """How the devices of a replica share the model."""
    ranks, stages, servers, experts = service.cut
    if service.devices == 1:
        return message("one device has it all")
    if stages > 1:
        return message("{stages} stages of layers, each shared by {ranks}", stages=stages, ranks=ranks)
    if experts > 1:
        shared = message("{devices} share the experts, and copy the rest", devices=ranks * servers)
        return shared if servers == 1 else message("{shared}, over {servers} servers", shared=shared, servers=servers)
    return message("{ranks} share each layer", ranks=ranks)


def _power(device: "Device") -> float:
    for quantity in ("server_power", "power"):
        if device.has(quantity):
            return float(getattr(device, quantity))
    return 0.0
