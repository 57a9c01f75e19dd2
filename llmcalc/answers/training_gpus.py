"""How many GPUs train GPT-3 in 30 days?"""

from .. import datasets
from ..answering import question
from ..formats import number, number_of, sustained
from ..formulas import devices, training
from ..messages import message
from ..results import GOOD, Results
from ..units import DAY, PFLOPS_DAY, TERA


@question()
def training_gpus(
    params: float = 175e9,
    tokens: float = 300e9,
    flop_per_param_token: float = 6.0,
    days: float = 30.0,
    accelerator: str = "A100 PCIe 80GB",
    number_format: str = "tf32",
    mfu: float = 0.5,
    devices_per_server: int = 8,
) -> Results:
    """GPUs that train a model in time: compute, divided by time and by what a GPU sustains.

    Parameters
    ----------
    params : float
        Parameters of the model [parameter].
    tokens : float
        Training tokens, all epochs [token].
    flop_per_param_token : float
        Work of training, 6, or 8 with full recomputation [FLOP/parameter/token].
    days : float
        Time allowed [day].
    accelerator : str
        Device.
    number_format : str
        Number format of the multiplications.
    mfu : float
        Model FLOPs utilisation, the share of the peak that training gets [1].
    devices_per_server : int
        GPUs in one server [device].

    Returns
    -------
    Results
        ``gpus``, ``servers``, ``flop``, ``pflops_days``, ``required_tflops`` and ``sustained_tflops``.

    References
    ----------
    Document 004, lines 98 to 106.

    Examples
    --------
    >>> training_gpus()["gpus"], training_gpus(mfu=0.4)["gpus"]
    (1559.0, 1948.0)
    """
    flop = training.train_flop(params, tokens, flop_per_param_token)
    peak_flops = datasets.peak_flops(accelerator, number_format)
    gpus = devices.round_up(training.devices_for_deadline(flop, days * DAY, peak_flops, mfu))
    return Results(
        gpus=(gpus, "GPU", "GPUs that finish in time"),
        servers=(devices.servers(gpus, devices_per_server), "server", "Servers for them"),
        flop=(flop, "FLOP", "Training compute"),
        pflops_days=(flop / PFLOPS_DAY, "petaFLOP/s-day", "Training compute in petaFLOP/s-days"),
        required_tflops=(devices.required_flops(flop, days * DAY) / TERA, "TFLOP/s", "Sustained rate needed"),
        sustained_tflops=(devices.sustained_flops(peak_flops, mfu) / TERA, "TFLOP/s", "Sustained rate of a GPU"),
    ).tell(_told, params, tokens, days, accelerator, number_format, mfu, peak_flops)


def _told(
    results: Results,
    params: float,
    tokens: float,
    days: float,
    accelerator: str,
    number_format: str,
    mfu: float,
    peak_flops: float,
) -> "tuple[str, str]":
    return GOOD, message(
        "It takes {gpus} {device} to train {params} on {tokens} within {days}, if {condition}.",
        gpus=number(results["gpus"]),
        device=datasets.title(accelerator),
        params=number_of(params, "parameter", 3, in_word=True),
        tokens=number_of(tokens, "token", 3, in_word=True),
        days=number_of(days, "day"),
        condition=sustained(results["gpus"], mfu, peak_flops, number_format),
    )
