"""A whole project: the run that trains a model, and the service that it then gives, with what both cost."""

from ..formulas import cost, training
from .planning import service_plan, training_plan


def project(shape, device, serving_device, run, service, price, power, pue, electricity_price, carbon_intensity):
    """Plan the training of a model and its service, and price both.

    Parameters
    ----------
    shape : mapping
        A row of `data/transformer-shapes.csv`.
    device, serving_device : mapping
        The device, with its peak in training's number format and in that of serving; see `llmcalc.plans.planning`.
    run, service : mapping
        The other arguments of `training_plan` and of `service_plan`.
    price : float
        Rent of a device [USD/s].
    power : float
        Power of a device [W].
    pue : float
        Power usage effectiveness of the data centre [1].
    electricity_price : float
        Price of energy [USD/J].
    carbon_intensity : float
        Carbon dioxide emitted per unit of energy [kg/J].

    Returns
    -------
    dict
        ``training`` and ``service``, the two plans, each with its ``rent`` [USD], ``energy`` [J], ``electricity``
        [USD] and ``carbon`` [kg], of the service for a second; of the run also its ``device_seconds`` [s] and ``mfu``
        with all waiting [1].

    Raises
    ------
    ValueError
        If an argument is out of range, or a plan can't be made.
    """
    plan = training_plan(shape, device, **run)
    device_seconds = plan["devices"] * plan["seconds"]
    plan["device_seconds"] = device_seconds
    plan["mfu"] = training.implied_mfu(plan["flop"], plan["seconds"], plan["devices"], device["peak_flops"])
    serving = service_plan(shape, serving_device, **service)
    for part, occupied in ((plan, device_seconds), (serving, serving["devices"])):
        part["rent"] = cost.rent(occupied, price)
        part["energy"] = cost.energy(occupied, power, pue)
        part["electricity"] = cost.electricity_cost(part["energy"], electricity_price)
        part["carbon"] = cost.emissions(part["energy"], carbon_intensity)
    return {"training": plan, "service": serving}
