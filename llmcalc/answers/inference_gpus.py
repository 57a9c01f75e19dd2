"""How many GPUs answer Google's questions with GPT-3?"""

from .. import datasets
from ..answering import question
from ..formats import number, number_of, sustained
from ..formulas import devices, serving
from ..messages import message
from ..results import GOOD, Results
from ..units import DAY, TERA


@question()
def inference_gpus(
    visits_per_day: float = 3.5e9,
    questions_per_visit: float = 4.0,
    characters_per_question: float = 425.0,
    tokens_per_character: float = 1.3333333333333333,
    params: float = 175e9,
    flop_per_param_token: float = 2.0,
    accelerator: str = "A100 PCIe 80GB",
    number_format: str = "tf32",
    mfu: float = 0.5,
    devices_per_server: int = 8,
    busiest_hour_share: float = 0.041666666666666664,
) -> Results:
    """GPUs that answer questions: busiest tokens a second, times the work of a token, by what a GPU sustains.

    Parameters
    ----------
    visits_per_day : float
        Visits a day [1/day].
    questions_per_visit : float
        Questions in a visit [1].
    characters_per_question : float
        Characters of a question and its answer [character].
    tokens_per_character : float
        Tokens that a character becomes, 4/3 in the deck [token/character].
    params : float
        Parameters that take part in a token [parameter].
    flop_per_param_token : float
        Work of serving, multiply and add [FLOP/parameter/token].
    accelerator : str
        Device.
    number_format : str
        Number format of the multiplications.
    mfu : float
        Model FLOPs utilisation, the share of the peak that serving gets [1].
    devices_per_server : int
        GPUs in one server [device].
    busiest_hour_share : float
        Share of the day in its busiest hour, 1/24 if it is flat [1].

    Returns
    -------
    Results
        ``gpus``, ``servers``, ``tokens_per_day``, ``flop_per_day``, ``required_tflops``, ``sustained_tflops``.

    References
    ----------
    Document 004, lines 102 to 106.

    Examples
    --------
    >>> round(inference_gpus()["gpus"], 4)
    412018.0
    """
    peak_flops = datasets.peak_flops(accelerator, number_format)
    sustained_flops = devices.sustained_flops(peak_flops, mfu)
    mean_rate = serving.token_rate(
        visits_per_day / DAY, questions_per_visit, characters_per_question, tokens_per_character
    )
    busiest_rate = serving.peak_rate(mean_rate, busiest_hour_share)
    required_flops = serving.inference_flops(params, busiest_rate, flop_per_param_token)
    gpus_exact = devices.devices_for_flops(required_flops, peak_flops, mfu)
    gpus = devices.round_up(gpus_exact)
    servers = devices.servers(gpus, devices_per_server)
    tokens_per_day = mean_rate * DAY
    flop_per_day = serving.inference_flops(params, mean_rate, flop_per_param_token) * DAY

    return Results(
        gpus=(gpus, "GPU", "GPUs that answer the questions"),
        servers=(servers, "server", "Servers for them"),
        tokens_per_day=(tokens_per_day, "token/day", "Tokens a day"),
        flop_per_day=(flop_per_day, "FLOP/day", "Compute for a day of answers"),
        required_tflops=(required_flops / TERA, "TFLOP/s", "Sustained rate needed"),
        sustained_tflops=(sustained_flops / TERA, "TFLOP/s", "Sustained rate of a GPU"),
    ).tell(_told, visits_per_day, params, accelerator, number_format, mfu, peak_flops)


def _told(
    results: Results,
    visits_per_day: float,
    params: float,
    accelerator: str,
    number_format: str,
    mfu: float,
    peak_flops: float,
) -> "tuple[str, str]":
    return GOOD, message(
        "It takes {gpus} {device} to answer the questions of {visits} a day with a model of {params}, if {condition}.",
        gpus=number(results["gpus"]),
        device=datasets.title(accelerator),
        visits=number_of(visits_per_day, "visit", 3, in_word=True),
        params=number_of(params, "parameter", 3, in_word=True),
        condition=sustained(results["gpus"], mfu, peak_flops, number_format),
    )
