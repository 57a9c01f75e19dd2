"""What does a training run cost?"""

from .. import datasets
from ..answering import question
from ..formats import in_words, number, number_of, together
from ..formulas import cost, devices, training
from ..messages import marked, message, plural
from ..models.numbers import choose
from ..results import GOOD, Results
from ..units import DAY, HOUR, KILOWATT_HOUR, MEGAWATT_HOUR, PFLOPS_DAY


@question(mfu=(0.01, 1), price_per_device_hour=(0, 1000))
def training_cost(
    params: float = 175e9,
    tokens: float = 300e9,
    flop_per_param_token: float = 6.0,
    days: float = 30.0,
    accelerator: str = "A100 SXM 80GB",
    number_format: str = "bf16",
    mfu: float = 0.4,
    price_per_device_hour: float = 0.0,
    device_watts: float = 0.0,
    pue: float = 1.2,
    electricity_price: float = 0.1,
    carbon_intensity: float = 0.4,
) -> Results:
    """Money and energy of a training run: its device-time, times rent and times power.

    Utilisation starts at a hundredth, below which no training in this chapter lies. The rent may be left to the data,
    because it differs from device to device.

    Parameters
    ----------
    params : float
        Parameters of the model [parameter].
    tokens : float
        Training tokens, all epochs [token].
    flop_per_param_token : float
        Useful work [FLOP/parameter/token].
    days : float
        Time allowed [day].
    accelerator : str
        Device.
    number_format : str
        Number format of the multiplications.
    mfu : float
        Model FLOPs utilisation [1].
    price_per_device_hour : float
        Rent of a device with its share of the server, 0 for the published one [USD/h].
    device_watts : float
        Power of a device with its share of the server, 0 for the data's [W].
    pue : float
        Power usage effectiveness of the data centre [1].
    electricity_price : float
        Price of electricity [USD/kWh].
    carbon_intensity : float
        Carbon dioxide emitted for electricity [kg/kWh].

    Returns
    -------
    Results
        By the names below, with their units.

    References
    ----------
    Document 000, lines 309 to 447; document 001.

    Examples
    --------
    >>> round(training_cost()["device_hours"])
    701122
    """
    peak_flops = datasets.peak_flops(accelerator, number_format)
    device_power = device_watts or datasets.electric_power(accelerator)
    price = _price(price_per_device_hour, accelerator)
    flop = training.train_flop(params, tokens, flop_per_param_token)
    gpus = devices.round_up(training.devices_for_deadline(flop, days * DAY, peak_flops, mfu))
    device_seconds = cost.device_time(flop, peak_flops, mfu)
    joules = cost.energy(device_seconds, device_power, pue)
    electricity = cost.electricity_cost(joules, electricity_price / KILOWATT_HOUR)
    carbon = cost.emissions(joules, carbon_intensity / KILOWATT_HOUR)

    return Results(
        rent=(None, "USD", "Rent of the devices", marked("no rent is published: type one"))
        if price is None
        else (cost.rent(device_seconds, price), "USD", "Rent of the devices"),
        pflops_days=(flop / PFLOPS_DAY, "petaFLOP/s-day", "Training compute"),
        gpus=(gpus, "device", "Devices that finish in time"),
        device_hours=(device_seconds / HOUR, "h", "Device-hours"),
        energy=(joules / MEGAWATT_HOUR, "MWh", "Energy"),
        electricity=(electricity, "USD", "Cost of that energy"),
        carbon=(carbon / 1e3, "t", "Carbon dioxide for that energy"),
    ).tell(_told, params, tokens, days, accelerator, price)


def _price(price_per_device_hour: float, accelerator: str) -> "float | None":
    """Rent [USD/s]: the one that is given or, where that is 0, the published one; a sweep may give many at once."""
    asked, published = price_per_device_hour / HOUR, datasets.published_rent(accelerator)
    if not getattr(asked, "ndim", 0):
        return asked or published
    rent: float = choose(asked == 0, float("nan") if published is None else published, asked)
    return rent


def _told(
    results: Results, params: float, tokens: float, days: float, accelerator: str, price: "float | None"
) -> "tuple[str, str]":
    given = {
        "params": number_of(params, "parameter", 3, in_word=True),
        "tokens": number_of(tokens, "token", 3, in_word=True),
        "hours": number_of(results["device_hours"], "device-hour", 3, in_word=True),
        "device": datasets.title(accelerator),
    }
    in_time = plural(
        "{devices} finishes within {days}.",
        "{devices} finish within {days}.",
        results["gpus"],
        devices=number_of(results["gpus"], "device"),
        days=number_of(days, "day"),
    )
    if price is None:
        spent = message(
            "Training {params} on {tokens} takes {hours} of {device}, of which no rent is published.", **given
        )
    else:
        spent = message(
            "Training {params} on {tokens} costs {rent} USD of rent: {hours} of {device} at {price} USD each.",
            rent=in_words(results["rent"]),
            price=number(price * HOUR),
            **given,
        )
    return GOOD, together(spent, in_time)
