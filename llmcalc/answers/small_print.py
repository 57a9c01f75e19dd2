"""What about the small print?"""

from ..answering import question
from ..formats import in_words, number, number_of
from ..formulas import cost, hardware, training
from ..messages import message
from ..results import GOOD, Results
from ..units import HOUR, TERA


@question(mfu=(0.01, 1), speedup=(1, 10000))
def small_print(
    masks: float = 1.1e9,
    images: float = 11e6,
    seconds_per_mask: float = 14.0,
    working_hours: float = 1800.0,
    gpus: int = 8,
    hours: float = 6.0,
    price: float = 100.0,
    epochs: float = 2.0,
    params: float = 13e9,
    gpu_tflops: float = 312.0,
    mfu: float = 0.4,
    speedup: float = 100.0,
    accelerated_share: float = 0.9,
) -> Results:
    """Hand labelling, the price of a GPU, the data of a chat model, and the speed-up of a whole program.

    Parameters
    ----------
    masks : float
        Masks of the data set [mask].
    images : float
        Images of the data set [image].
    seconds_per_mask : float
        Time that a person takes for a mask [s].
    working_hours : float
        Hours that a person works in a year [h].
    gpus : int
        GPUs that train the chat model [1].
    hours : float
        Duration of its training [h].
    price : float
        Price of the training [USD].
    epochs : float
        Times that it sees its data [1].
    params : float
        Parameters of the chat model [parameter].
    gpu_tflops : float
        Dense BF16 peak of a GPU [TFLOP/s].
    mfu : float
        Model FLOPs utilisation assumed [1].
    speedup : float
        How many times as fast the compiler makes Python code [1].
    accelerated_share : float
        Share of a program's time spent in that code [1].

    Returns
    -------
    Results
        ``masks_per_image``, ``by_hand_hours``, ``by_hand_years``, ``gpu_hour_price``, ``tokens_per_epoch``,
        ``whole_speedup``.

    References
    ----------
    Document 002, lines 143 to 393.

    Examples
    --------
    >>> round(small_print()["masks_per_image"], 4)
    100.0
    """
    by_hand_hours = hardware.labelling_seconds(masks, seconds_per_mask) / HOUR
    by_hand_years = by_hand_hours / working_hours
    gpu_hour_price = cost.implied_price(price, gpus * hours * HOUR) * HOUR
    flop = training.budget_flop(gpus, hours * HOUR, gpu_tflops * TERA, mfu)
    tokens = training.affordable_tokens(flop, params)
    whole_speedup = hardware.amdahl_speedup(accelerated_share, speedup)

    return Results(
        masks_per_image=(masks / images, "mask/image", "Masks of an image"),
        by_hand_hours=(by_hand_hours, "h", "Time to draw all masks by hand"),
        by_hand_years=(by_hand_years, "person-year", "The same in years of work"),
        gpu_hour_price=(gpu_hour_price, "USD/h", "Price of a GPU"),
        tokens_per_epoch=(tokens / epochs, "token", "Tokens of the chat model's data"),
        whole_speedup=(whole_speedup, "1", "Speed-up of a whole program"),
    ).tell(_told, masks, accelerated_share, speedup)


def _told(results: Results, masks: float, accelerated_share: float, speedup: float) -> "tuple[str, str]":
    return GOOD, message(
        "Drawing {masks} by hand takes {years} years of work, a GPU costs {price} USD an hour, and a compiler that "
        "makes {share} % of a program {times} times as fast makes the whole program {whole} times as fast.",
        masks=number_of(masks, "mask", 3, in_word=True),
        years=in_words(results["by_hand_years"]),
        price=number(results["gpu_hour_price"], 3),
        share=number(100 * accelerated_share),
        times=number(speedup),
        whole=number(results["whole_speedup"], 3),
    )
