"""How much work is in AlexNet, ResNet and MobileNet?"""

from .. import datasets
from ..answering import question
from ..formats import number, number_of
from ..formulas import convolution, training
from ..messages import message
from ..models import networks, vision
from ..results import GOOD, Results
from ..units import GIGA, HOUR, MINUTE, PETA, TERA


@question(batch=(1, 65536), epochs=(0.1, 1000), images=(1, 1e09), mfu=(0.01, 1))
def cnn_macs(
    network: str = "resnet50",
    image_size: int = 224,
    classes: int = 1000,
    width: float = 1.0,
    batch: int = 256,
    epochs: float = 90.0,
    images: int = 1281167,
    accelerator: str = "A100 SXM 80GB",
    number_format: str = "fp16",
    mfu: float = 0.2,
) -> Results:
    """Parameters and multiply-accumulates of a network, and the time of its training on one device.

    Parameters
    ----------
    network : str
        Network, by its name in torchvision if it has one.
    image_size : int
        Height and width of the pictures [pixel].
    classes : int
        Things that the network tells apart [1].
    width : float
        Multiplier of the channels, of networks that have one [1].
    batch : int
        Pictures in a training step [sample].
    epochs : float
        Passes over the data set [1].
    images : int
        Pictures in the data set, by default ImageNet's [image].
    accelerator : str
        Device.
    number_format : str
        Number format of the multiplications.
    mfu : float
        Model FLOPs utilisation, the share of the peak that training gets [1].

    Returns
    -------
    Results
        ``params``, ``macs``, ``attention_macs``, ``forward_gflop``, ``step_tflop``, ``step_seconds``, ``epoch_pflop``,
        ``epoch_minutes``, ``training_hours``.

    References
    ----------
    Document 000, lines 448 to 663.

    Examples
    --------
    >>> round(cnn_macs()["params"], 4)
    25557032.0
    """
    layers = networks.build(network, image_size, classes, width)
    params = vision.params(layers)
    macs = vision.macs(layers)
    products = vision.attention_macs(layers)
    training_macs = vision.macs(layers, training=True) + products
    step_flop = convolution.epoch_flop(training_macs, batch)
    epoch_flop = convolution.epoch_flop(training_macs, images)
    peak_flops = datasets.peak_flops(accelerator, number_format)
    step_seconds = training.training_seconds(step_flop, 1, peak_flops, mfu)
    epoch_seconds = training.training_seconds(epoch_flop, 1, peak_flops, mfu)

    return Results(
        params=(params, "parameter", "Parameters"),
        macs=(macs / GIGA, "GMAC", "Multiply-accumulates for one picture"),
        attention_macs=(products / GIGA, "GMAC", "Products of attention beside them"),
        forward_gflop=(vision.flop(layers) / GIGA, "GFLOP", "Work of a forward pass over one picture"),
        step_tflop=(step_flop / TERA, "TFLOP", "Work of a training step"),
        step_seconds=(step_seconds, "s", "Time of a training step on one device"),
        epoch_pflop=(epoch_flop / PETA, "PFLOP", "Work of an epoch"),
        epoch_minutes=(epoch_seconds / MINUTE, "min", "Time of an epoch on one device"),
        training_hours=(epochs * epoch_seconds / HOUR, "h", "Time of the training on one device"),
    ).tell(_told, network, image_size, epochs, accelerator)


def _told(results: Results, network: str, image_size: int, epochs: float, accelerator: str) -> "tuple[str, str]":
    products = results["attention_macs"]
    given = {
        "network": network,
        "params": number_of(results["params"], "parameter", 3, in_word=True),
        "macs": number(results["macs"], 3),
        "size": image_size,
        "epochs": number_of(epochs, "epoch"),
        "device": datasets.title(accelerator),
        "hours": number_of(results["training_hours"], "hour", 3),
    }
    if products:
        return GOOD, message(
            "{network} has {params} and takes {macs} billion multiply-accumulates, and {products} billion in its "
            "attention for a picture of {size} × {size} pixels; training it for {epochs} takes one {device} {hours}.",
            products=number(products, 3),
            **given,
        )
    return GOOD, message(
        "{network} has {params} and takes {macs} billion multiply-accumulates for a picture of {size} × {size} pixels; "
        "training it for {epochs} takes one {device} {hours}.",
        **given,
    )
