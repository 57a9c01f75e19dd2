"""A whole project: the run that trains a model, the service that offers it, and what both take in money and energy."""

from ..checks import Refusal, single
from ..formulas import cost, serving, training
from ..units import DAY
from . import guards, planning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def project(
    shape: "Mapping[str, Any]",
    device: "Mapping[str, Any]",
    run: "Mapping[str, Any]",
    service: "Mapping[str, Any]",
    token_rate: float,
    busiest_hour_share: float,
    price_per_second: float,
    device_power: float,
    pue: float = 1.2,
    electricity_price: float = 0.1 / 3.6e6,
    carbon_intensity: float = 0.4 / 3.6e6,
) -> "dict[str, Any]":
    """Join the plans of a training run and of a service, with their memory, money and energy.

    Parameters
    ----------
    shape, device : mapping
        See `llmcalc.plans.planning`; the device's ``serving_flops`` is its peak in serving [FLOP/s].
    run : mapping
        Arguments of `training_plan` after the device.
    service : mapping
        Arguments of `service_plan` after the request rate.
    token_rate : float
        Tokens that are read and written for users, mean of the day [token/s].
    busiest_hour_share : float
        Share of the day's tokens in its busiest hour [1].
    price_per_second : float
        Price of a device for a second [USD/s].
    device_power : float
        Power of a device with its share of the server [W].
    pue : float
        Power usage effectiveness of the data centre [1].
    electricity_price : float
        Price of energy [USD/J].
    carbon_intensity : float
        Carbon dioxide emitted for energy [kg/J].

    Returns
    -------
    dict
        ``plan`` and ``service``, the results of `training_plan` and `service_plan`; ``params`` [parameter]; the run's
        ``mfu`` [1], ``memory_bytes`` of a device [byte], ``device_seconds`` [s], ``rent`` [USD], ``joules`` [J],
        ``electricity`` [USD] and ``carbon`` [kg]; ``request_rate`` of the busiest hour [1/s]; of the service in a day
        ``service_rent`` [USD] and ``service_joules`` [J].

    Raises
    ------
    Refusal
        If an argument is out of range.

    Examples
    --------
    >>> from llmcalc.datasets import record
    >>> gpt3 = record("transformer-shapes", "model", "GPT-3")
    >>> a100 = {"peak_flops": 312e12, "device_memory": 80e9, "overhead": 4e9, "devices_per_server": 8}
    >>> a100 |= {"memory_bandwidth": 2039e9, "serving_flops": 312e12}
    >>> run = {"tokens": 300e9, "mfu": 0.4, "batch": 1536, "seconds": 30 * DAY}
    >>> limits = {"time_per_output_token": 0.1, "time_to_first_token": 2.0, "mfu": 0.4, "mbu": 0.6}
    >>> service = {"prompt_tokens": 600.0, "answer_tokens": 200.0} | limits
    >>> whole = project(gpt3, a100, run, service, 3e9 / DAY, 0.08, 2 / 3600, 812.5)
    >>> whole["plan"]["devices"], whole["service"]["devices"]
    (1072.0, 296.0)
    """
    for name, arguments in (("run", run), ("service", service)):
        if not isinstance(arguments, dict):
            raise Refusal(name, arguments, "a mapping of arguments")
    guards.mapping("device", device, ("peak_flops", "serving_flops"), "a mapping with peak_flops and serving_flops")
    guards.mapping("service", service, ("prompt_tokens", "answer_tokens"), "a mapping of service_plan's arguments")
    single(
        token_rate=token_rate,
        busiest_hour_share=busiest_hour_share,
        price_per_second=price_per_second,
        device_power=device_power,
        pue=pue,
        electricity_price=electricity_price,
        carbon_intensity=carbon_intensity,
    )
    plan = planning.training_plan(shape, device, **run)
    device_seconds = plan["devices"] * plan["seconds"]
    joules = cost.energy(device_seconds, device_power, pue)

    single(prompt_tokens=service["prompt_tokens"], answer_tokens=service["answer_tokens"])
    tokens_per_request = service["prompt_tokens"] + service["answer_tokens"]
    request_rate = serving.request_rate(serving.peak_rate(token_rate, busiest_hour_share), tokens_per_request)
    served = planning.service_plan(shape, serving_device(device), request_rate, **service)
    service_rent = cost.rent(served["devices"] * DAY, price_per_second)
    return {
        "plan": plan,
        "params": planning.model_params(shape),
        "mfu": training.implied_mfu(plan["flop"], plan["seconds"], plan["devices"], device["peak_flops"]),
        "memory_bytes": device["device_memory"] - plan["free_bytes"],
        "device_seconds": device_seconds,
        "rent": cost.rent(device_seconds, price_per_second),
        "joules": joules,
        "electricity": cost.electricity_cost(joules, electricity_price),
        "carbon": cost.emissions(joules, carbon_intensity),
        "request_rate": request_rate,
        "service": served,
        "service_rent": service_rent,
        "service_joules": cost.energy(served["devices"] * DAY, device_power, pue),
    }


def serving_device(device: "Mapping[str, Any]") -> "dict[str, Any]":
    """A device as `service_plan` takes it: its peak is that of serving.

    Examples
    --------
    >>> serving_device({"peak_flops": 312e12, "serving_flops": 624e12})["peak_flops"]
    624000000000000.0
    """
    guards.mapping("device", device, ("serving_flops",), "a mapping with serving_flops")
    changed = dict(device)
    changed["peak_flops"] = device["serving_flops"]
    return changed
