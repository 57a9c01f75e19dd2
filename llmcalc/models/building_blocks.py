"""What vision networks are put together from: groups of layers, and how multipliers are rounded."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .vision import Network, Pair

MOST_LOST = 0.9  # share of the scaled channels that rounding has to leave


def rounded(channels: float, factor: float = 1.0, multiple: int = 8) -> int:
    """Scaled channels as a multiple of a number, the nearest that is not more than a tenth too few.

    The rule of MobileNets from the second on, MNASNet and EfficientNet: github.com/tensorflow/models,
    research/slim/nets/mobilenet/mobilenet.py, _make_divisible.

    Examples
    --------
    >>> rounded(32, 1.4), rounded(24, 0.35), rounded(16, 0.35)
    (48, 8, 8)
    """
    scaled = channels * factor
    nearest = max(multiple, int(scaled + multiple / 2) // multiple * multiple)
    return nearest if nearest >= MOST_LOST * scaled else nearest + multiple


def rounded_up(channels: float, factor: float = 1.0, multiple: int = 8) -> int:
    """Scaled channels, rounded up to a multiple: the rule of YOLOv5, whose depths round to the nearest.

    Examples
    --------
    >>> rounded_up(64, 0.25), rounded_up(64, 0.33)
    (16, 24)
    """
    return int(-(-channels * factor // multiple)) * multiple


def deeper(layers: int, factor: float = 1.0) -> int:
    """Scaled layers, rounded up: the rule of EfficientNet (Tan and Le 2019, arXiv:1905.11946).

    Examples
    --------
    >>> deeper(4, 1.1), deeper(1, 3.1)
    (5, 4)
    """
    return int(-(-layers * factor // 1))


def unit(
    network: "Network",
    channels: int,
    kernel: "Pair",
    stride: int = 1,
    padding: "Pair | None" = None,
    groups: int = 1,
    activation: str = "rectification",
    module: bool = True,
) -> None:
    """Convolution without bias, batch normalisation, activation; padded by half the kernel if nothing else is said."""
    if padding is None:
        height, width = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        padding = height // 2, width // 2
    network.convolve(channels, kernel, stride, padding, groups, bias=False)
    network.normalise()
    if activation:
        network.activate(activation, module)


def mean_and_classifier(network: "Network", classes: int, module: bool = False) -> None:
    """Mean of each channel, and a fully connected layer."""
    network.average_to(1, module=module)
    network.dense(classes)
