"""How much does my project need?"""

from .. import datasets
from ..answering import question
from ..checks import Refusal
from ..formats import number
from ..formulas import cost
from ..plans import planning
from ..plans.project import project
from ..results import Curves, Results
from ..units import DAY, GIGA, HOUR, KILOWATT_HOUR, MEGAWATT_HOUR, PFLOPS_DAY

SHAPE = ("layers", "hidden_size", "heads", "kv_heads", "mlp_size", "vocabulary_size", "context")
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Names that plans have for what a reader calls otherwise.
NAMES = {"devices": "device_count", "overhead": "overhead_gb", "prompt_tokens": "question_tokens"}


class Plan(Results):
    """Results of the planner, with the plans behind them: ``whole``, a mapping of what was planned with what."""

    def __init__(self, whole: "dict[str, Any]", **results: "Any") -> None:
        super().__init__(**results)
        self.whole = whole


@question(
    layers=(0, 1000),
    hidden_size=(0, 131072),
    heads=(0, 1024),
    kv_heads=(0, 1024),
    mlp_size=(0, 524288),
    vocabulary_size=(0, 1000000),
    context=(0, 1000000),
    mfu=(0.01, 1),
    batch=(1, 100000),
    tensor_parallel=(0, 64),
    pipeline_stages=(0, 1000),
    bytes_per_param=(0.25, 4),
    bytes_per_value=(0.25, 4),
)
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
) -> Plan:
    """Devices, days, memory, money and energy of a training run, and the devices that serve the finished model.

    Numbers of the shape and of the cut may be 0, for the model's own and for the best. Their upper ends, and those of
    the batch and of stored sizes, are what a plan of a dense model can use.

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
        Sequences of a step, on all devices [sample].
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
    Plan
        Results of training, memory, price and serving; ``whole`` holds the plans, the shape and the device.

    References
    ----------
    The chapters of the book, joined by `llmcalc.plans.project`.

    Examples
    --------
    >>> answer = planner()
    >>> answer["devices"], answer["serving_devices"]
    (1072.0, 296.0)
    """
    shape = planning.shape_like(
        datasets.record("transformer-shapes", "model", model),
        layers=layers,
        hidden_size=hidden_size,
        heads=heads,
        kv_heads=kv_heads,
        mlp_size=mlp_size,
        vocabulary_size=vocabulary_size,
        context=context,
    )
    device = {
        "peak_flops": datasets.peak_flops(accelerator, number_format),
        "serving_flops": datasets.peak_flops(accelerator, serving_format, "serving_format"),
        "device_memory": datasets.specification(accelerator, "memory"),
        "memory_bandwidth": datasets.specification(accelerator, "memory_bandwidth"),
        "overhead": overhead_gb * GIGA,
        "devices_per_server": devices_per_server,
    }
    run = {
        "tokens": tokens,
        "mfu": mfu,
        "batch": batch,
        "microbatch": microbatch,
        "model_chunks": model_chunks,
        "zero_stage": zero_stage,
        "recomputation": recomputation,
    }
    limit = {"seconds": days * DAY} if sized_by == "deadline" else {"devices": device_count}
    cut = {"tensor_parallel": tensor_parallel, "pipeline_stages": pipeline_stages}
    service = {
        "prompt_tokens": question_tokens,
        "answer_tokens": answer_tokens,
        "time_per_output_token": time_per_output_token,
        "time_to_first_token": time_to_first_token,
        "mfu": serving_mfu,
        "mbu": mbu,
        "bytes_per_param": bytes_per_param,
        "bytes_per_value": bytes_per_value,
        "replica_servers": replica_servers,
    }
    price = price_per_device_hour / HOUR
    tokens_per_day = users * tokens_per_user_day
    try:
        whole = project(
            shape,
            device,
            dict(run, **limit, **cut),
            service,
            tokens_per_day / DAY,
            busiest_hour_share,
            price,
            device_watts or datasets.electric_power(accelerator),
            pue,
            electricity_price / KILOWATT_HOUR,
            carbon_intensity / KILOWATT_HOUR,
        )
    except Refusal as refused:
        if refused.argument not in NAMES:
            raise
        raise Refusal(NAMES[refused.argument], refused.value, refused.accepted, refused.unit) from None
    plan, served = whole["plan"], whole["service"]
    whole.update({"shape": shape, "device": device, "run": run, "serving": service, "price": price})
    free = number(abs(plan["free_bytes"]) / GIGA, 3)
    late = "no: the batch is too small"
    return Plan(
        whole,
        training="Training",
        devices=(plan["devices"], "device", "Devices"),
        days=(plan["seconds"] / DAY, "day", "Days"),
        in_time=(
            "no deadline" if sized_by == "devices" else "yes" if plan["seconds"] <= days * DAY else late,
            "",
            "In time",
        ),
        params=(whole["params"], "parameter", "Parameters"),
        pflops_days=(plan["flop"] / PFLOPS_DAY, "petaFLOP/s-day", "Work"),
        run_mfu=(100 * whole["mfu"], "%", "Utilisation, waiting included"),
        tensor=(plan["tensor_parallel"], "device", "Devices that share a layer"),
        stages=(plan["pipeline_stages"], "stage", "Stages of the pipeline"),
        replicas=(plan["replicas"], "replica", "Replicas of the model"),
        memory="Memory of each device",
        fits=(f"yes, {free} GB left" if plan["free_bytes"] >= 0 else f"no, {free} GB short", "", "Fits"),
        memory_gb=(whole["memory_bytes"] / GIGA, "GB", "Needed, with the program"),
        state_gb=(plan["state_bytes"] / GIGA, "GB", "Weights, gradients, optimiser"),
        activation_gb=(plan["activation_bytes"] / GIGA, "GB", "Activations"),
        price="Price of training",
        rent=(whole["rent"], "USD", "Rent"),
        device_hours=(whole["device_seconds"] / HOUR, "h", "Device-hours"),
        energy=(whole["joules"] / MEGAWATT_HOUR, "MWh", "Energy"),
        electricity=(whole["electricity"], "USD", "Cost of that energy"),
        carbon=(whole["carbon"] / 1e3, "t", "Carbon dioxide for it"),
        serving="Serving",
        serving_devices=(served["devices"], "device", "Devices that serve"),
        serving_replicas=(served["replicas"], "replica", "Replicas that serve"),
        replica_devices=(served["devices_per_replica"], "device", "Devices of such a replica"),
        answers=(served["batch"], "answer", "Answers at a time, of such a replica"),
        tpot=(1000 * served["time_per_output_token"], "ms", "Time per output token"),
        ttft=(1000 * served["time_to_first_token"], "ms", "Time to first token"),
        tokens_per_day=(tokens_per_day, "token/day", "Tokens a day"),
        rent_per_day=(whole["service_rent"], "USD/day", "Rent a day"),
        rent_per_million=(
            1e6 * cost.cost_per_token(whole["service_rent"], tokens_per_day),
            "USD",
            "Rent for a million tokens",
        ),
        energy_per_day=(whole["service_joules"] / MEGAWATT_HOUR, "MWh/day", "Energy a day"),
    )


def planner_curves(**parameters: "Any") -> Curves:
    """Days and rent by the number of devices, with the model cut as in the plan.

    Parameters
    ----------
    **parameters
        Those of `planner`.

    Examples
    --------
    >>> planner_curves().data()[0]["values"][0]
    16.0
    """
    return curves(planner(**parameters).whole)  # type: ignore[attr-defined]


def curves(whole: "dict[str, Any]") -> Curves:
    """The curves of a project that `planner` planned; None where the model does not fit."""
    others = planning.trade_off(whole["shape"], whole["device"], whole["plan"], **whole["run"])
    fit = [other["free_bytes"] >= 0 for other in others]
    days = [other["seconds"] / DAY for other in others]
    rents = [cost.rent(other["devices"] * other["seconds"], whole["price"]) for other in others]
    return Curves(
        ("devices", "Devices", "device", [other["devices"] for other in others]),
        ("days", "Days", "day", [days[i] if fit[i] else None for i in range(len(fit))]),
        ("rent", "Rent", "USD", [rents[i] if fit[i] else None for i in range(len(fit))]),
    )
