"""Will a language model fit into the memory of a graphics card?"""

from ..answering import question
from ..choosing import model_named
from ..formats import number, number_of, together
from ..messages import message
from ..plans import fitting
from ..results import GOOD, UNFIT, Results
from ..units import GIBI


@question(
    model="model in data/models.csv",
    bytes_per_param=(0.125, 4),
    context=(1, 1000000),
    batch=(1, 100000),
)
def memory(
    model: str = "LLaMA 7B",
    bytes_per_param: float = 0.5,
    scale_bytes: float = 8.0,
    bytes_per_value: float = 2.0,
    context: int = 2048,
    batch: int = 1,
    memory_gib: float = 24.0,
    overhead_gib: float = 1.0,
    recomputation: str = "full",
    zero_stage: int = 3,
    data_parallel: int = 8,
    batch_step: int = 16,
) -> Results:
    """Memory to serve a model and to train it, and the largest batch that fits into a device.

    Weights are stored in 1 to 32 bits; a device holds no longer sequence and no larger batch than these.

    Parameters
    ----------
    model : str
        Model.
    bytes_per_param : float
        Stored size for serving, 0.5 in 4 bits and 2 in 16 [byte/parameter].
    scale_bytes : float
        Scale and zero point of an output channel, 0 if not quantised [byte].
    bytes_per_value : float
        Stored size of a number in the KV cache [byte].
    context : int
        Tokens of a sequence [token].
    batch : int
        Sequences in memory at once [sample].
    memory_gib : float
        Memory of one device [GiB].
    overhead_gib : float
        Memory for the program and its work space [GiB].
    recomputation : str
        Activation recomputation.
    zero_stage : int
        Stage of ZeRO in training, 0 shares nothing [1].
    data_parallel : int
        Devices that train together [device].
    batch_step : int
        Batch multiple [sequence].

    Returns
    -------
    Results
        By the names below, with their units.

    References
    ----------
    Document 000, lines 90 to 120.

    Examples
    --------
    >>> round(memory()["serve_gib"], 1)
    5.5
    """
    shape = model_named(model)
    device_memory, overhead = memory_gib * GIBI, overhead_gib * GIBI
    serving = fitting.serving_parts(shape, context, batch, overhead, bytes_per_param, scale_bytes, bytes_per_value)
    training = fitting.training_parts(shape, context, batch, overhead, zero_stage, data_parallel, recomputation)
    serve_gib, train_gib = (of["bytes"] / GIBI for of in (serving, training))
    serve_batch, train_batch = (
        fitting.batch_that_fits(device_memory, of["fixed"], of["sequence"], batch_step) for of in (serving, training)
    )
    return Results(
        serve_gib=(serve_gib, "GiB", "Memory to serve the model"),
        serve_free_gib=(memory_gib - serve_gib, "GiB", "Free while serving; negative if it does not fit"),
        serve_batch=(serve_batch, "sequence", "Largest batch to serve"),
        train_gib=(train_gib, "GiB", "Memory of each device to train it"),
        train_free_gib=(memory_gib - train_gib, "GiB", "Free while training; negative if it does not fit"),
        train_batch=(train_batch, "sequence", "Largest batch of a device to train"),
    ).tell(_told, shape.name, memory_gib, context, batch, data_parallel)


def _told(
    results: Results, model: str, memory_gib: float, context: int, batch: int, data_parallel: int
) -> "tuple[str, str]":
    given = {
        "model": model,
        "room": number(memory_gib),
        "sequences": number_of(batch, "sequence", 7),
        "tokens": number_of(context, "token", 7),
        "needed": number(results["serve_gib"], 3),
    }
    fits = results["serve_free_gib"] >= 0
    training = _training_told(results, fits, data_parallel)
    if fits:
        serving = message(
            "{model} fits into {room} GiB to serve {sequences} of {tokens}: it takes {needed} GiB.", **given
        )
        return GOOD, together(serving, training)
    if results["serve_batch"]:
        serving = message(
            "{model} does not fit into {room} GiB to serve {sequences} of {tokens}: it takes {needed} GiB. What would "
            "help: {fewer}, fewer bytes a parameter, or a larger device.",
            fewer=number_of(results["serve_batch"], "sequence", 7),
            **given,
        )
    else:
        serving = message(
            "{model} does not fit into {room} GiB to serve {sequences} of {tokens}: it takes {needed} GiB. What would "
            "help: fewer bytes a parameter, or a larger device.",
            **given,
        )
    return UNFIT, together(serving, training)


def _training_told(results: Results, serves: bool, data_parallel: int) -> str:
    needed = number(results["train_gib"], 3)
    if data_parallel == 1:
        memory = message("{needed} GiB", needed=needed)
    else:
        memory = message("{needed} GiB on each of {devices} devices", needed=needed, devices=number(data_parallel, 7))
    if results["train_free_gib"] >= 0:
        if serves:
            return message("Training it takes {memory}, which fits, too.", memory=memory)
        return message("Training it takes {memory}, which fits.", memory=memory)
    if serves:
        return message("Training it takes {memory}, which does not fit.", memory=memory)
    return message("Training it takes {memory}, which does not fit, either.", memory=memory)
