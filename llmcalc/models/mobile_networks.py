"""Classifiers for phones, and those that grew from them: MobileNet, MNASNet, ShuffleNet, EfficientNet.

Most take a width, which multiplies their channels, and each rounds these in a way of its own.
"""

from .building_blocks import deeper, mean_and_classifier, rounded, unit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .vision import Network

FEWEST_CHANNELS = (
    8  # of a MobileNet of the first kind: github.com/tensorflow/models, research/slim/nets/mobilenet_v1.py
)


def _mobilenet_v1(network: "Network", classes: int, width: float) -> None:
    """Howard et al. 2017 (arXiv:1704.04861), table 1; channels are cut to whole ones."""

    def scaled(channels: int) -> int:
        return max(int(channels * width), FEWEST_CHANNELS)

    unit(network, scaled(32), 3, stride=2, activation="ReLU6")
    for channels, stride, depth in ((64, 1, 1), (128, 2, 1), (128, 1, 1), (256, 2, 1), (256, 1, 1), (512, 2, 1),
                                    (512, 1, 5), (1024, 2, 1), (1024, 1, 1)):  # fmt: skip
        for _ in range(depth):
            inputs = network.shape[0]
            unit(network, inputs, 3, stride, groups=inputs, activation="ReLU6")
            unit(network, scaled(channels), 1, activation="ReLU6")
    mean_and_classifier(network, classes, module=True)


def _mobilenet_v2(network: "Network", classes: int, width: float) -> None:
    """Sandler et al. 2018 (arXiv:1801.04381), table 2; the last layer never has fewer than 1,280 channels."""
    unit(network, rounded(32, width), 3, stride=2, activation="ReLU6")
    for expansion, channels, depth, stride in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ):  # fmt: skip
        for block in range(depth):
            expanded = expansion * network.shape[0]
            _inverted_residual(network, expanded, rounded(channels, width), 3, 1 if block else stride, "ReLU6")
    unit(network, rounded(1280, max(1.0, width)), 1, activation="ReLU6")
    mean_and_classifier(network, classes)


def _mobilenet_v3(network: "Network", classes: int, width: float, blocks: "Any", hidden: int) -> None:
    """Howard et al. 2019 (arXiv:1905.02244), tables 1 and 2.

    Blocks widen what comes in, and the last hidden layer never shrinks, as in the authors' code
    (github.com/tensorflow/models, research/slim/nets/mobilenet/mobilenet_v3.py). Torchvision scales both; there is no
    difference at a width of 1.
    """
    unit(network, rounded(16, width), 3, stride=2, activation="hard swish")
    for kernel, expansion, channels, squeezes, activation, stride in blocks:
        wide = rounded(network.shape[0], expansion)
        squeezed = rounded(wide // 4) if squeezes else 0
        _inverted_residual(
            network, wide, rounded(channels, width), kernel, stride, activation, squeezed, gate="hard sigmoid"
        )
    unit(network, rounded(network.shape[0], 6), 1, activation="hard swish")
    network.average_to(1)
    network.dense(rounded(hidden, max(1.0, width)))
    network.activate("hard swish")
    network.dense(classes)


def _mnasnet(network: "Network", classes: int, width: float, first_stem: bool = False) -> None:
    """Tan et al. 2019 (arXiv:1807.11626), figure 7."""
    stem, first = (32, 16) if first_stem else (rounded(32, width), rounded(16, width))
    unit(network, stem, 3, stride=2)
    unit(network, stem, 3, groups=stem)
    unit(network, first, 1, activation="")
    for expansion, channels, depth, stride, kernel in (
        (3, 24, 3, 2, 3), (3, 40, 3, 2, 5), (6, 80, 3, 2, 5), (6, 96, 2, 1, 3), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3),
    ):  # fmt: skip
        for block in range(depth):
            expanded = expansion * network.shape[0]
            _inverted_residual(network, expanded, rounded(channels, width), kernel, 1 if block else stride)
    unit(network, 1280, 1)
    mean_and_classifier(network, classes)


def _efficientnet(network: "Network", classes: int, width: float, depth: float) -> None:
    """Tan and Le 2019 (arXiv:1905.11946), table 1, with its compound scaling."""
    unit(network, rounded(32, width), 3, stride=2, activation="SiLU")
    for expansion, channels, layers, stride, kernel in (
        (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5),
        (6, 320, 1, 1, 3),
    ):  # fmt: skip
        for block in range(deeper(layers, depth)):
            _mobile_block(network, expansion, rounded(channels, width), kernel, 1 if block else stride)
    unit(network, 4 * network.shape[0], 1, activation="SiLU")
    mean_and_classifier(network, classes, module=True)


def _efficientnet_v2(network: "Network", classes: int, stages: "Any") -> None:
    """Tan and Le 2021 (arXiv:2104.00298), table 4: the first three stages are fused."""
    unit(network, stages[0][1], 3, stride=2, activation="SiLU")
    for stage, (expansion, channels, depth, stride) in enumerate(stages):
        block_of_stage = _fused_block if stage < 3 else _mobile_block
        for block in range(depth):
            block_of_stage(network, expansion, channels, 3, 1 if block else stride)
    unit(network, 1280, 1, activation="SiLU")
    mean_and_classifier(network, classes, module=True)


def _mobile_block(network: "Network", expansion: int, channels: int, kernel: int, stride: int) -> None:
    inputs = network.shape[0]
    wide = rounded(inputs, expansion)
    _inverted_residual(network, wide, channels, kernel, stride, "SiLU", max(1, inputs // 4), squeeze="SiLU")


def _fused_block(network: "Network", expansion: int, channels: int, kernel: int, stride: int) -> None:
    inputs = network.shape[0]
    wide = rounded(inputs, expansion)

    def path(network: "Network") -> None:
        unit(network, wide if wide != inputs else channels, kernel, stride, activation="SiLU")
        if wide != inputs:
            unit(network, channels, 1, activation="")

    _with_shortcut(network, path, stride, channels)


def _inverted_residual(
    network: "Network",
    expanded: int,
    channels: int,
    kernel: int,
    stride: int,
    activation: str = "rectification",
    squeezed: int = 0,
    squeeze: str = "rectification",
    gate: str = "sigmoid",
) -> None:
    """Widen, look around depthwise, gate the channels where it is asked for, and narrow."""

    def path(network: "Network") -> None:
        if expanded != network.shape[0]:
            unit(network, expanded, 1, activation=activation)
        unit(network, expanded, kernel, stride, groups=expanded, activation=activation)
        if squeezed:
            network.squeeze_excite(squeezed, squeeze, gate)
        unit(network, channels, 1, activation="")

    _with_shortcut(network, path, stride, channels)


def _with_shortcut(network: "Network", path: "Any", stride: int, channels: int) -> None:
    if stride == 1 and network.shape[0] == channels:
        network.residual(path)
    else:
        path(network)


def _shufflenet_v2(network: "Network", classes: int, widths: "tuple[int, ...]") -> None:
    """Ma et al. 2018 (arXiv:1807.11164), table 5."""
    unit(network, 24, 3, stride=2)
    network.max_pool(3, 2, padding=1)
    for width, depth in zip(widths[:3], (4, 8, 4)):  # noqa: B905 - MicroPython's zip knows no `strict`
        _shuffle_down(network, width // 2)
        for _ in range(depth - 1):
            _shuffle(network, width // 2)
    unit(network, widths[3], 1)
    mean_and_classifier(network, classes)


def _shuffle_down(network: "Network", half: int) -> None:
    def shortcut(network: "Network") -> None:
        inputs = network.shape[0]
        unit(network, inputs, 3, 2, groups=inputs, activation="")
        unit(network, half, 1)

    def path(network: "Network") -> None:
        unit(network, half, 1)
        unit(network, half, 3, 2, groups=half, activation="")
        unit(network, half, 1)

    network.branch(shortcut, path)


def _shuffle(network: "Network", half: int) -> None:
    def kept(network: "Network") -> None:
        network.take(half)

    def path(network: "Network") -> None:
        network.take(half)
        unit(network, half, 1)
        unit(network, half, 3, groups=half, activation="")
        unit(network, half, 1)

    network.branch(kept, path)


# Kernel, expansion, channels, whether it squeezes, activation, stride.
_LARGE = (
    (3, 1, 16, False, "rectification", 1), (3, 4, 24, False, "rectification", 2),
    (3, 3, 24, False, "rectification", 1), (5, 3, 40, True, "rectification", 2),
    (5, 3, 40, True, "rectification", 1), (5, 3, 40, True, "rectification", 1),
    (3, 6, 80, False, "hard swish", 2), (3, 2.5, 80, False, "hard swish", 1), (3, 2.3, 80, False, "hard swish", 1),
    (3, 2.3, 80, False, "hard swish", 1), (3, 6, 112, True, "hard swish", 1), (3, 6, 112, True, "hard swish", 1),
    (5, 6, 160, True, "hard swish", 2), (5, 6, 160, True, "hard swish", 1), (5, 6, 160, True, "hard swish", 1),
)  # fmt: skip
_SMALL = (
    (3, 1, 16, True, "rectification", 2), (3, 72 / 16, 24, False, "rectification", 2),
    (3, 88 / 24, 24, False, "rectification", 1), (5, 4, 40, True, "hard swish", 2), (5, 6, 40, True, "hard swish", 1),
    (5, 6, 40, True, "hard swish", 1), (5, 3, 48, True, "hard swish", 1), (5, 3, 48, True, "hard swish", 1),
    (5, 6, 96, True, "hard swish", 2), (5, 6, 96, True, "hard swish", 1), (5, 6, 96, True, "hard swish", 1),
)  # fmt: skip
# As in `classifiers`. The multipliers of EfficientNets are those of github.com/tensorflow/tpu,
# models/official/efficientnet/efficientnet_builder.py; sizes are those at which torchvision publishes their work.
NETWORKS = {
    "mnasnet0_5": (_mnasnet, {"width": 0.5}, 224),
    "mnasnet0_75": (_mnasnet, {"width": 0.75}, 224),
    "mnasnet1_0": (_mnasnet, {"width": 1.0}, 224),
    "mnasnet1_3": (_mnasnet, {"width": 1.3}, 224),
    "mobilenet_v1": (_mobilenet_v1, {"width": 1.0}, 224),
    "mobilenet_v2": (_mobilenet_v2, {"width": 1.0}, 224),
    "mobilenet_v3_large": (_mobilenet_v3, {"width": 1.0, "blocks": _LARGE, "hidden": 1280}, 224),
    "mobilenet_v3_small": (_mobilenet_v3, {"width": 1.0, "blocks": _SMALL, "hidden": 1024}, 224),
    "shufflenet_v2_x0_5": (_shufflenet_v2, {"widths": (48, 96, 192, 1024)}, 224),
    "shufflenet_v2_x1_0": (_shufflenet_v2, {"widths": (116, 232, 464, 1024)}, 224),
    "shufflenet_v2_x1_5": (_shufflenet_v2, {"widths": (176, 352, 704, 1024)}, 224),
    "shufflenet_v2_x2_0": (_shufflenet_v2, {"widths": (244, 488, 976, 2048)}, 224),
    "efficientnet_b0": (_efficientnet, {"width": 1.0, "depth": 1.0}, 224),
    "efficientnet_b1": (_efficientnet, {"width": 1.0, "depth": 1.1}, 240),
    "efficientnet_b2": (_efficientnet, {"width": 1.1, "depth": 1.2}, 288),
    "efficientnet_b3": (_efficientnet, {"width": 1.2, "depth": 1.4}, 300),
    "efficientnet_b4": (_efficientnet, {"width": 1.4, "depth": 1.8}, 380),
    "efficientnet_b5": (_efficientnet, {"width": 1.6, "depth": 2.2}, 456),
    "efficientnet_b6": (_efficientnet, {"width": 1.8, "depth": 2.6}, 528),
    "efficientnet_b7": (_efficientnet, {"width": 2.0, "depth": 3.1}, 600),
    "efficientnet_v2_s": (_efficientnet_v2, {"stages": (
        (1, 24, 2, 1), (4, 48, 4, 2), (4, 64, 4, 2), (4, 128, 6, 2), (6, 160, 9, 1), (6, 256, 15, 2),
    )}, 384),
    "efficientnet_v2_m": (_efficientnet_v2, {"stages": (
        (1, 24, 3, 1), (4, 48, 5, 2), (4, 80, 5, 2), (4, 160, 7, 2), (6, 176, 14, 1), (6, 304, 18, 2), (6, 512, 5, 1),
    )}, 480),
    "efficientnet_v2_l": (_efficientnet_v2, {"stages": (
        (1, 32, 4, 1), (4, 64, 7, 2), (4, 96, 7, 2), (4, 192, 10, 2), (6, 224, 19, 1), (6, 384, 25, 2), (6, 640, 7, 1),
    )}, 480),
}  # fmt: skip
