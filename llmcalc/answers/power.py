"""Power of a device that an answer takes, if its reader names none."""

from .. import datasets
from ..checks import Refusal


def watts(accelerator: str, device_watts: float = 0.0) -> float:
    """Power of a device [W]: what is given, else its share of its server, else, where no source has that, its own.

    Parameters
    ----------
    accelerator : str
        A name in `data/accelerators.csv`.
    device_watts : float
        Power, 0 for the data's [W].

    Examples
    --------
    >>> watts("A100 SXM 80GB"), watts("A100 PCIe 80GB"), watts("A100 SXM 80GB", 500.0)
    (812.5, 300.0, 500.0)
    """
    try:
        return device_watts or datasets.specification(accelerator, "server_power")
    except Refusal:
        return datasets.specification(accelerator, "power")
