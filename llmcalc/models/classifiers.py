"""Convolutional classifiers of torchvision, from AlexNet to RegNet."""

import math

from .building_blocks import mean_and_classifier, rounded, unit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .vision import Network, Path

    Stages = tuple[int, ...]


def _alexnet(network: "Network", classes: int) -> None:
    network.convolve(64, 11, stride=4, padding=2)
    network.relu()
    network.max_pool(3, 2)
    network.convolve(192, 5, padding=2)
    network.relu()
    network.max_pool(3, 2)
    for channels in (384, 256, 256):
        network.convolve(channels, 3, padding=1)
        network.relu()
    network.max_pool(3, 2)
    network.average_to(6)
    _two_hidden_layers(network, classes)


def _vgg(network: "Network", classes: int, stages: "Stages", normalised: bool = False) -> None:
    for channels, depth in zip((64, 128, 256, 512, 512), stages):  # noqa: B905 - MicroPython's zip knows no `strict`
        for _ in range(depth):
            network.convolve(channels, 3, padding=1)
            if normalised:
                network.normalise()
            network.relu()
        network.max_pool(2, 2)
    network.average_to(7)
    _two_hidden_layers(network, classes)


def _two_hidden_layers(network: "Network", classes: int) -> None:
    for _ in range(2):
        network.dense(4096)
        network.relu()
    network.dense(classes)


def _resnet(
    network: "Network",
    classes: int,
    stages: "Stages",
    width: float = 1.0,
    expansion: int = 4,
    groups: int = 1,
    group_width: int = 64,
) -> None:
    """He et al. 2015; the width multiplies the channels inside blocks of three layers, as in wide residual networks."""
    unit(network, 64, 7, stride=2)
    network.max_pool(3, 2, padding=1)
    for stage, depth in enumerate(stages):
        planes = 64 * 2**stage
        inner = int(planes * group_width * width / 64) * groups
        for block in range(depth):
            stride = 2 if stage and not block else 1
            _resnet_block(network, planes, planes * expansion, stride, groups, inner)
    mean_and_classifier(network, classes, module=True)


def _resnet_block(network: "Network", planes: int, channels: int, stride: int, groups: int, width: int) -> None:
    def basic(network: "Network") -> None:
        unit(network, planes, 3, stride, module=False)
        unit(network, planes, 3, activation="")

    def bottleneck(network: "Network") -> None:
        # One object of a block rectifies three times.
        unit(network, width, 1, module=False)
        unit(network, width, 3, stride, groups=groups, module=False)
        unit(network, channels, 1, activation="")

    def projection(network: "Network") -> None:
        unit(network, channels, 1, stride, activation="")

    changes = stride != 1 or network.shape[0] != channels
    network.residual(basic if channels == planes else bottleneck, projection if changes else None)
    network.relu()


def _densenet(network: "Network", classes: int, stages: "Stages", growth: int = 32, channels: int = 64) -> None:
    unit(network, channels, 7, stride=2)
    network.max_pool(3, 2, padding=1)

    def layer(network: "Network") -> None:
        _activated(network, 4 * growth, 1)
        _activated(network, growth, 3, padding=1)

    for stage, depth in enumerate(stages):
        if stage:
            _activated(network, network.shape[0] // 2, 1)
            network.average_pool(2, 2)
        for _ in range(depth):
            network.branch(_identity, layer)
    network.normalise()
    network.relu()
    mean_and_classifier(network, classes)


def _activated(network: "Network", channels: int, kernel: int, padding: int = 0) -> None:
    network.normalise()
    network.relu()
    network.convolve(channels, kernel, padding=padding, bias=False)


def _identity(network: "Network") -> None:
    pass


def _squeezenet(network: "Network", classes: int, stem: "tuple[int, int]", stages: "tuple[Stages, ...]") -> None:
    network.convolve(*stem, stride=2)
    network.relu()
    for stage in stages:
        network.max_pool(3, 2, round_up=True)
        for squeezed in stage:
            _fire(network, squeezed)
    network.convolve(classes, 1)
    network.relu()
    network.average_to(1)


def _fire(network: "Network", squeezed: int) -> None:
    def expand(kernel: int) -> "Path":
        def path(network: "Network") -> None:
            network.convolve(4 * squeezed, kernel, padding=kernel // 2)
            network.relu()

        return path

    network.convolve(squeezed, 1)
    network.relu()
    network.branch(expand(1), expand(3))


def _inception_v3(network: "Network", classes: int) -> None:
    for channels, kernel, stride, padding in ((32, 3, 2, 0), (32, 3, 1, 0), (64, 3, 1, 1)):
        unit(network, channels, kernel, stride, padding)
    network.max_pool(3, 2)
    unit(network, 80, 1)
    unit(network, 192, 3, padding=0)
    network.max_pool(3, 2)
    for pooled in (32, 64, 64):
        network.branch(_units((64, 1)), _units((48, 1), (64, 5)), _units((64, 1), (96, 3), (96, 3)), _pooled(pooled))
    network.branch(_units((384, 3, 2)), _units((64, 1), (96, 3), (96, 3, 2)), _halved)
    for width in (128, 160, 160, 192):
        network.branch(
            _units((192, 1)),
            _units((width, 1), (width, (1, 7)), (192, (7, 1))),
            _units((width, 1), (width, (7, 1)), (width, (1, 7)), (width, (7, 1)), (192, (1, 7))),
            _pooled(192),
        )
    network.auxiliary(lambda network: _inception_head(network, classes))
    network.branch(_units((192, 1), (320, 3, 2)), _units((192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2)), _halved)
    for _ in range(2):
        network.branch(_units((320, 1)), _forked((384, 1)), _forked((448, 1), (384, 3)), _pooled(192))
    mean_and_classifier(network, classes)


def _inception_head(network: "Network", classes: int) -> None:
    network.average_pool(5, 3, module=False)
    unit(network, 128, 1)
    unit(network, 768, 5, padding=0)
    mean_and_classifier(network, classes)


def _units(*units: "Any") -> "Path":
    def path(network: "Network") -> None:
        for channels, kernel, *stride in units:
            # A stride of 2 comes without padding.
            unit(network, channels, kernel, stride[0] if stride else 1, padding=0 if stride else None)

    return path


def _forked(*units: "Any") -> "Path":
    def path(network: "Network") -> None:
        _units(*units)(network)
        network.branch(_units((384, (1, 3))), _units((384, (3, 1))))

    return path


def _pooled(channels: int) -> "Path":
    def path(network: "Network") -> None:
        network.average_pool(3, 1, padding=1, module=False)
        unit(network, channels, 1)

    return path


def _halved(network: "Network") -> None:
    network.max_pool(3, 2)


def _googlenet(network: "Network", classes: int) -> None:
    """Szegedy et al. 2014 (arXiv:1409.4842), table 1, without the heads that train it: so torchvision publishes it."""
    unit(network, 64, 7, stride=2)
    network.max_pool(3, 2, round_up=True)
    unit(network, 64, 1)
    unit(network, 192, 3)
    network.max_pool(3, 2, round_up=True)
    _inceptions(network, (64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64))
    network.max_pool(3, 2, round_up=True)
    _inceptions(network, (192, 96, 208, 16, 48, 64))
    _inceptions(network, (160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64), (112, 144, 288, 32, 64, 64))
    _inceptions(network, (256, 160, 320, 32, 128, 128))
    network.max_pool(2, 2, round_up=True)
    _inceptions(network, (256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128))
    mean_and_classifier(network, classes, module=True)


def _inceptions(network: "Network", *blocks: "Stages") -> None:
    """GoogLeNet's blocks as torchvision has them, with 3 x 3 in the place of 5 x 5 (pytorch/vision#906)."""

    def pooled(channels: int) -> "Path":
        def path(network: "Network") -> None:
            network.max_pool(3, 1, padding=1, round_up=True)
            unit(network, channels, 1)

        return path

    for direct, squeezed, middle, squeezed_more, large, out_of_pool in blocks:
        middle_path, large_path = _units((squeezed, 1), (middle, 3)), _units((squeezed_more, 1), (large, 3))
        network.branch(_units((direct, 1)), middle_path, large_path, pooled(out_of_pool))


def _regnet(
    network: "Network",
    classes: int,
    blocks: int,
    first: int,
    slope: float,
    factor: float,
    group_width: int,
    squeezed: float = 0.0,
) -> None:
    """A RegNet: the widths of its blocks are a line, rounded to powers of a factor and to multiples of 8.

    Radosavovic et al. 2020 (arXiv:2003.13678), section 3.3, equations 2 to 4. A Y has squeeze and excitation.
    """
    unit(network, 32, 3, stride=2)
    last = 0
    for block in range(blocks):
        power = round(math.log((first + slope * block) / first) / math.log(factor))
        width = 8 * round(first * factor**power / 8)
        group = min(group_width, width)
        _regnet_block(network, rounded(width, multiple=group), 1 if width == last else 2, group, squeezed)
        last = width
    mean_and_classifier(network, classes, module=True)


def _regnet_block(network: "Network", width: int, stride: int, group_width: int, squeezed: float) -> None:
    inputs = network.shape[0]

    def path(network: "Network") -> None:
        unit(network, width, 1)
        unit(network, width, 3, stride, groups=width // group_width)
        if squeezed:
            network.squeeze_excite(round(squeezed * inputs))
        unit(network, width, 1, activation="")

    def projection(network: "Network") -> None:
        unit(network, width, 1, stride, activation="")

    network.residual(path, projection if stride != 1 or inputs != width else None)
    network.relu()


_FIFTY, _HUNDRED_AND_ONE = (3, 4, 6, 3), (3, 4, 23, 3)
# Builder, what it is given besides the classes, and the side of the pictures that the network was made for. What has a
# `width` or a `depth` here takes multipliers of them.
NETWORKS = {
    "alexnet": (_alexnet, {}, 224),
    "vgg11": (_vgg, {"stages": (1, 1, 2, 2, 2)}, 224),
    "vgg11_bn": (_vgg, {"stages": (1, 1, 2, 2, 2), "normalised": True}, 224),
    "vgg13": (_vgg, {"stages": (2, 2, 2, 2, 2)}, 224),
    "vgg13_bn": (_vgg, {"stages": (2, 2, 2, 2, 2), "normalised": True}, 224),
    "vgg16": (_vgg, {"stages": (2, 2, 3, 3, 3)}, 224),
    "vgg16_bn": (_vgg, {"stages": (2, 2, 3, 3, 3), "normalised": True}, 224),
    "vgg19": (_vgg, {"stages": (2, 2, 4, 4, 4)}, 224),
    "vgg19_bn": (_vgg, {"stages": (2, 2, 4, 4, 4), "normalised": True}, 224),
    "resnet18": (_resnet, {"stages": (2, 2, 2, 2), "expansion": 1}, 224),
    "resnet34": (_resnet, {"stages": _FIFTY, "expansion": 1}, 224),
    "resnet50": (_resnet, {"stages": _FIFTY, "width": 1.0}, 224),
    "resnet101": (_resnet, {"stages": _HUNDRED_AND_ONE, "width": 1.0}, 224),
    "resnet152": (_resnet, {"stages": (3, 8, 36, 3), "width": 1.0}, 224),
    "wide_resnet101_2": (_resnet, {"stages": _HUNDRED_AND_ONE, "width": 2.0}, 224),
    "wide_resnet50_2": (_resnet, {"stages": _FIFTY, "width": 2.0}, 224),
    "resnext50_32x4d": (_resnet, {"stages": _FIFTY, "width": 1.0, "groups": 32, "group_width": 4}, 224),
    "resnext101_32x8d": (_resnet, {"stages": _HUNDRED_AND_ONE, "width": 1.0, "groups": 32, "group_width": 8}, 224),
    "resnext101_64x4d": (_resnet, {"stages": _HUNDRED_AND_ONE, "width": 1.0, "groups": 64, "group_width": 4}, 224),
    "densenet121": (_densenet, {"stages": (6, 12, 24, 16)}, 224),
    "densenet161": (_densenet, {"stages": (6, 12, 36, 24), "growth": 48, "channels": 96}, 224),
    "densenet169": (_densenet, {"stages": (6, 12, 32, 32)}, 224),
    "densenet201": (_densenet, {"stages": (6, 12, 48, 32)}, 224),
    "squeezenet1_0": (_squeezenet, {"stem": (96, 7), "stages": ((16, 16, 32), (32, 48, 48, 64), (64,))}, 224),
    "squeezenet1_1": (_squeezenet, {"stem": (64, 3), "stages": ((16, 16), (32, 32), (48, 48, 64, 64))}, 224),
    "googlenet": (_googlenet, {}, 224),
    "inception_v3": (_inception_v3, {}, 299),
}
# Depth, first width, slope, factor and width of a group, and for a Y the share that is squeezed: the paper's tables.
for _name, _values in {
    "regnet_x_400mf": (22, 24, 24.48, 2.54, 16),
    "regnet_x_800mf": (16, 56, 35.73, 2.28, 16),
    "regnet_x_1_6gf": (18, 80, 34.01, 2.25, 24),
    "regnet_x_3_2gf": (25, 88, 26.31, 2.25, 48),
    "regnet_x_8gf": (23, 80, 49.56, 2.88, 120),
    "regnet_x_16gf": (22, 216, 55.59, 2.1, 128),
    "regnet_x_32gf": (23, 320, 69.86, 2.0, 168),
    "regnet_y_400mf": (16, 48, 27.89, 2.09, 8, 0.25),
    "regnet_y_800mf": (14, 56, 38.84, 2.4, 16, 0.25),
    "regnet_y_1_6gf": (27, 48, 20.71, 2.65, 24, 0.25),
    "regnet_y_3_2gf": (21, 80, 42.63, 2.66, 24, 0.25),
    "regnet_y_8gf": (17, 192, 76.82, 2.19, 56, 0.25),
    "regnet_y_16gf": (18, 200, 106.23, 2.48, 112, 0.25),
    "regnet_y_32gf": (20, 232, 115.89, 2.53, 232, 0.25),
    "regnet_y_128gf": (27, 456, 160.83, 2.52, 264, 0.25),
}.items():
    _names = ("blocks", "first", "slope", "factor", "group_width", "squeezed")
    NETWORKS[_name] = (_regnet, dict(zip(_names, _values)), 224)  # noqa: B905 - MicroPython's zip knows no `strict`
