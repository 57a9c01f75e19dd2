"""A whole project: the run that trains a model, the service that offers it, and what both take in money and energy."""

from ..checks import single
from ..formulas import cost
from ..messages import marked
from ..units import DAY
from . import guards

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .serving import ServicePlan
    from .training import TrainingPlan


class Project:
    """What a run and a service take in money and energy.

    Attributes: ``training`` and ``service``, each a `Bill`, None where there is no plan.
    """

    def __init__(self, training: "Bill | None", service: "Bill | None") -> None:
        self.training, self.service = training, service


class Bill:
    """Money and energy of devices for a time.

    Attributes: ``device_seconds`` [s]; ``rent`` [USD], None without a price; ``joules`` [J], ``electricity`` [USD] and
    ``carbon`` [kg], None without a power.
    """

    def __init__(
        self,
        device_seconds: float,
        price_per_second: "float | None",
        device_power: "float | None",
        pue: float,
        electricity_price: float,
        carbon_intensity: float,
    ) -> None:
        self.device_seconds = device_seconds
        self.rent = None if price_per_second is None else cost.rent(device_seconds, price_per_second)
        self.joules = self.electricity = self.carbon = None
        if device_power is not None:
            self.joules = cost.energy(device_seconds, device_power, pue)
            self.electricity = cost.electricity_cost(self.joules, electricity_price)
            self.carbon = cost.emissions(self.joules, carbon_intensity)


def project(
    training: "TrainingPlan | None",
    service: "ServicePlan | None",
    price_per_second: "float | None" = None,
    device_power: "float | None" = None,
    pue: float = 1.2,
    electricity_price: float = 0.1 / 3.6e6,
    carbon_intensity: float = 0.4 / 3.6e6,
) -> Project:
    """Join the plans of a training run and of a service, with their money and energy.

    Parameters
    ----------
    training : TrainingPlan, optional
        A run; one that does not fit has no bill.
    service : ServicePlan, optional
        A service, whose bill is that of a day.
    price_per_second : float, optional
        Price of a device for a second [USD/s].
    device_power : float, optional
        Power of a device with its share of the server [W].
    pue : float
        Power usage effectiveness of the data centre [1].
    electricity_price : float
        Price of energy [USD/J].
    carbon_intensity : float
        Carbon dioxide emitted for energy [kg/J].

    Returns
    -------
    Project
        The bills.

    Raises
    ------
    Refusal
        If an argument is out of range.

    Examples
    --------
    >>> from llmcalc import catalogue, known_models
    >>> from llmcalc.plans.training import training_plan
    >>> a100, gpt3 = catalogue.device("A100 SXM 80GB"), known_models.model("GPT-3")
    >>> run = training_plan(gpt3, a100, tokens=300e9, batch=1536, devices=1024, mfu=0.4)
    >>> bill = project(run, None, price_per_second=2 / 3600).training
    >>> round(bill.device_seconds / 3600), round(bill.rent)
    (718737, 1437473)
    """
    given = {
        "price_per_second": price_per_second,
        "device_power": device_power,
        "pue": pue,
        "electricity_price": electricity_price,
        "carbon_intensity": carbon_intensity,
    }
    for name in given:
        if given[name] is not None or name not in ("price_per_second", "device_power"):
            single(**{name: given[name]})
    rates = (price_per_second, device_power, pue, electricity_price, carbon_intensity)
    for name, plan in (("training", training), ("service", service)):
        if plan is not None:
            guards.thing(name, plan, "replicas", marked("a plan"))
    trained = training is not None and training.cut is not None
    return Project(
        Bill(training.devices * training.seconds, *rates) if trained else None,  # type: ignore[union-attr]
        Bill(service.devices * DAY, *rates) if service is not None else None,
    )
