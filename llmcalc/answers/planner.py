"""How much does my project need?"""

from .. import datasets
from ..answering import question
from ..formats import number
from ..formulas import cost, serving
from ..plans import planning
from ..plans.project import project
from ..results import Curves, Results
from ..units import DAY, GIGA, HOUR, KILOWATT_HOUR, MEGAWATT_HOUR, PFLOPS_DAY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A shape's numbers and the cut may be 0, which leaves them to the model or to the planner; the largest plans are those
# that a page answers in an instant.
LIMITS = {
    "layers": (0, 1000),
    "hidden_size": (0, 131072),
    "heads": (0, 1024),
    "kv_heads": (0, 1024),
    "mlp_size": (0, 524288),
    "vocabulary_size": (0, 1e6),
    "context": (0, 1e6),
    "mfu": (0.01, 1),
    "batch": (1, 100000),
    "tensor_parallel": (0, 64),
    "pipeline_stages": (0, 1000),
    "bytes_per_param": (0.25, 4),
    "bytes_per_value": (0.25, 4),
}


@question(**LIMITS)
def planner(
    model: str = "GPT-3",
    tokens: float = 300e9,
    accelerator: str = "A100 SXM 80GB",
    sized_by: str = "deadline",
    days: float = 30.0,
    device_count: int = 1024,
    price_per_device_hour: float = 2.0,
    users: float = 1e6,
    tokens_per_user_day: float = 3000.0,
    time_per_output_token: float = 0.1,
    time_to_first_token: float = 2.0,
    layers: int = 0,
    hidden_size: int = 0,
    heads: int = 0,
    kv_heads: int = 0,
    mlp_size: int = 0,
    vocabulary_size: int = 0,
    context: int = 0,
    number_format: str = "bf16",
    mfu: float = 0.4,
    batch: int = 1536,
    microbatch: int = 1,
    recomputation: str = "selective",
    zero_stage: int = 1,
    tensor_parallel: int = 0,
    pipeline_stages: int = 0,
    model_chunks: int = 1,
    devices_per_server: int = 8,
    overhead_gb: float = 4.0,
    device_watts: float = 0.0,
    pue: float = 1.2,
    electricity_price: float = 0.1,
    carbon_intensity: float = 0.4,
    busiest_hour_share: float = 0.08,
    question_tokens: float = 600.0,
    answer_tokens: float = 200.0,
    serving_format: str = "bf16",
    bytes_per_param: float = 2.0,
    bytes_per_value: float = 2.0,
    serving_mfu: float = 0.4,
    replica_servers: int = 1,
    mbu: float = 0.6,
) -> Results:
    """Devices, days, memory, money and energy of a training run, and the devices that serve the finished model.

    Parameters
    ----------
    model : str
        Model or template.
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
        Rent of a device with its share of the server [USD/h].
    users : float
        Users of the service [1].
    tokens_per_user_day : float
        Tokens that are read and written for a user [token/day].
    time_per_output_token : float
        Longest time per output token, from one to the next [s].
    time_to_first_token : float
        Longest time to first token, in which the question is read [s].
    layers : int
        Layers, 0 for the model's [layer].
    hidden_size : int
        Hidden size, 0 for the model's [1].
    heads : int
        Query heads, 0 for the model's share of the hidden size [head].
    kv_heads : int
        Key and value heads, 0 for the model's share of the heads [head].
    mlp_size : int
        Width of the MLP, 0 for the model's multiple of the hidden size [1].
    vocabulary_size : int
        Different tokens, 0 for the model's [token].
    context : int
        Tokens of a training sequence, 0 for the model's [token].
    number_format : str
        Number format of the multiplications.
    mfu : float
        Model FLOPs utilisation while all stages of the pipeline work [1].
    batch : int
        Sequences of a step, on all devices [sequence].
    microbatch : int
        Sequences that a replica of the model works on at a time [sequence].
    recomputation : str
        Activation recomputation.
    zero_stage : int
        Stage of ZeRO, 0 shares nothing between replicas [1].
    tensor_parallel : int
        Devices that share each layer, 0 for the best that fit [device].
    pipeline_stages : int
        Stages of the pipeline, 0 for the best that fit [stage].
    model_chunks : int
        Chunks of layers of a stage, more than 1 if they take turns [1].
    devices_per_server : int
        Devices of one server [device].
    overhead_gb : float
        Memory of a device for the program and its work space [GB].
    device_watts : float
        Power of a device with its share of the server, 0 for the datasheet's [W].
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
        Number format of the multiplications.
    bytes_per_param : float
        Stored size of a weight [byte/parameter].
    bytes_per_value : float
        Stored size of a number in the KV cache [byte].
    serving_mfu : float
        Share of the peak that serving gets where computing is the limit [1].
    replica_servers : int
        Servers that may share a model, if not more must [server].
    mbu : float
        Share of the memory bandwidth that serving gets where reading is the limit [1].

    Returns
    -------
    Results
        Of training, its memory and price, and of serving.

    References
    ----------
    The chapters of the book whose formulas it joins; see the page of the planner.

    Examples
    --------
    >>> planner()["devices"]
    1072.0
    """
    given = {
        "model": model,
        "tokens": tokens,
        "accelerator": accelerator,
        "sized_by": sized_by,
        "days": days,
        "device_count": device_count,
        "price_per_device_hour": price_per_device_hour,
        "users": users,
        "tokens_per_user_day": tokens_per_user_day,
        "time_per_output_token": time_per_output_token,
        "time_to_first_token": time_to_first_token,
        "layers": layers,
        "hidden_size": hidden_size,
        "heads": heads,
        "kv_heads": kv_heads,
        "mlp_size": mlp_size,
        "vocabulary_size": vocabulary_size,
        "context": context,
        "number_format": number_format,
        "mfu": mfu,
        "batch": batch,
        "microbatch": microbatch,
        "recomputation": recomputation,
        "zero_stage": zero_stage,
        "tensor_parallel": tensor_parallel,
        "pipeline_stages": pipeline_stages,
        "model_chunks": model_chunks,
        "devices_per_server": devices_per_server,
        "overhead_gb": overhead_gb,
        "device_watts": device_watts,
        "pue": pue,
        "electricity_price": electricity_price,
        "carbon_intensity": carbon_intensity,
        "busiest_hour_share": busiest_hour_share,
        "question_tokens": question_tokens,
        "answer_tokens": answer_tokens,
        "serving_format": serving_format,
        "bytes_per_param": bytes_per_param,
        "bytes_per_value": bytes_per_value,
        "serving_mfu": serving_mfu,
        "replica_servers": replica_servers,
        "mbu": mbu,
    }
    parts = arranged(given)
    device = parts["device"]
    plans = project(
        parts["shape"], device, parts["serving_device"], parts["run"] | parts["cut"], parts["service"],
        parts["price"], parts["power"], pue, electricity_price / KILOWATT_HOUR, carbon_intensity / KILOWATT_HOUR,
    )  # fmt: skip
    plan, service = plans["training"], plans["service"]
    tokens_per_day = users * tokens_per_user_day
    in_time = "yes" if plan["seconds"] <= days * DAY else "no: the batch is too small"
    memory_left = number(abs(plan["free_bytes"]) / GIGA, 3)
    rent_per_day = service["rent"] * DAY
    return Results(
        training="Training",
        devices=(plan["devices"], "device", "Devices"),
        days=(plan["seconds"] / DAY, "day", "Days"),
        in_time=(
            "no deadline" if sized_by == "devices" else in_time,
            "",
            "In time",
        ),
        params=(planning.model_params(parts["shape"]), "parameter", "Parameters"),
        pflops_days=(plan["flop"] / PFLOPS_DAY, "petaFLOP/s-day", "Work"),
        run_mfu=(100 * plan["mfu"], "%", "Utilisation, waiting included"),
        tensor=(plan["tensor_parallel"], "device", "Devices that share a layer"),
        stages=(plan["pipeline_stages"], "stage", "Stages of the pipeline"),
        replicas=(plan["replicas"], "replica", "Replicas of the model"),
        memory="Memory of each device",
        fits=(f"yes, {memory_left} GB left" if plan["free_bytes"] >= 0 else f"no, {memory_left} GB short", "", "Fits"),
        memory_gb=((device["device_memory"] - plan["free_bytes"]) / GIGA, "GB", "Needed, with the program"),
        state_gb=(plan["state_bytes"] / GIGA, "GB", "Weights, gradients, optimiser"),
        activation_gb=(plan["activation_bytes"] / GIGA, "GB", "Activations"),
        price="Price of training",
        rent=(plan["rent"], "USD", "Rent"),
        device_hours=(plan["device_seconds"] / HOUR, "h", "Device-hours"),
        energy=(plan["energy"] / MEGAWATT_HOUR, "MWh", "Energy"),
        electricity=(plan["electricity"], "USD", "Cost of that energy"),
        carbon=(plan["carbon"] / 1e3, "t", "Carbon dioxide for it"),
        serving="Serving",
        serving_devices=(service["devices"], "device", "Devices that serve"),
        serving_replicas=(service["replicas"], "replica", "Replicas that serve"),
        replica_devices=(service["devices_per_replica"], "device", "Devices of such a replica"),
        answers=(service["batch"], "answer", "Answers at a time, of such a replica"),
        tpot=(1000 * service["time_per_output_token"], "ms", "Time per output token"),
        ttft=(1000 * service["time_to_first_token"], "ms", "Time to first token"),
        tokens_per_day=(tokens_per_day, "token/day", "Tokens a day"),
        rent_per_day=(rent_per_day, "USD/day", "Rent a day"),
        rent_per_million=(1e6 * cost.cost_per_token(rent_per_day, tokens_per_day), "USD", "Rent for a million tokens"),
        energy_per_day=(service["energy"] * DAY / MEGAWATT_HOUR, "MWh/day", "Energy a day"),
    )


def planner_curves(**given: "Any") -> Curves:
    """Days and rent by the number of devices, with the model cut as in the plan; all parameters of `planner`."""
    parts = arranged(given)
    shape, device = parts["shape"], parts["device"]
    plan = planning.training_plan(shape, device, **(parts["run"] | parts["cut"]))
    run = {name: value for name, value in parts["run"].items() if name not in ("seconds", "devices")}
    others = planning.trade_off(shape, device, plan, **run)
    shown = [other if other["free_bytes"] >= 0 else None for other in others]
    rents = [other and cost.rent(other["devices"] * other["seconds"], parts["price"]) for other in shown]
    return Curves(
        ("devices", "Devices", "device", [other["devices"] for other in others]),
        ("days", "Days", "day", [other and other["seconds"] / DAY for other in shown]),
        ("rent", "Rent", "USD", rents),
    )


def arranged(given: "dict[str, Any]") -> "dict[str, Any]":
    """What plans are made of, from all parameters of `planner`.

    Returns
    -------
    dict
        ``shape``; ``device`` and ``serving_device``; ``run``, ``cut`` and ``service``, arguments of the two plans; and
        of a device ``price`` [USD/s] and ``power`` [W].
    """
    accelerator = given["accelerator"]
    shape = datasets.record("transformer-shapes", "model", given["model"])
    own = ("layers", "hidden_size", "heads", "kv_heads", "mlp_size", "vocabulary_size", "context")
    device = {
        "peak_flops": datasets.peak_flops(accelerator, given["number_format"]),
        "device_memory": datasets.specification(accelerator, "memory"),
        "memory_bandwidth": datasets.specification(accelerator, "memory_bandwidth"),
        "overhead": given["overhead_gb"] * GIGA,
        "devices_per_server": given["devices_per_server"],
    }
    of_run = ("tokens", "mfu", "batch", "microbatch", "model_chunks", "zero_stage", "recomputation")
    run = {name: given[name] for name in of_run}
    if given["sized_by"] == "deadline":
        run["seconds"] = given["days"] * DAY
    else:
        run["devices"] = given["device_count"]
    token_rate = serving.peak_rate(given["users"] * given["tokens_per_user_day"] / DAY, given["busiest_hour_share"])
    of_service = ("time_per_output_token", "time_to_first_token", "mbu", "bytes_per_param", "bytes_per_value")
    service = {name: given[name] for name in of_service + ("answer_tokens", "replica_servers")}  # noqa: RUF005
    service["mfu"] = given["serving_mfu"]
    service["prompt_tokens"] = given["question_tokens"]
    service["request_rate"] = serving.request_rate(token_rate, given["question_tokens"] + given["answer_tokens"])
    serving_device = dict(device)
    serving_device["peak_flops"] = datasets.peak_flops(accelerator, given["serving_format"], "serving_format")
    return {
        "shape": planning.shape_like(shape, **{name: given[name] for name in own}),
        "device": device,
        "serving_device": serving_device,
        "run": run,
        "cut": {name: given[name] for name in ("tensor_parallel", "pipeline_stages")},
        "service": service,
        "price": given["price_per_device_hour"] / HOUR,
        "power": given["device_watts"] or datasets.electric_power(accelerator),
    }
