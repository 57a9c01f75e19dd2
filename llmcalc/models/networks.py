"""The vision networks that people know, by name: any size of picture, any number of classes, multipliers.

Names are torchvision's where it has the network.
"""

from ..checks import Refusal, choice, require, single, whole
from ..messages import message
from ..vocabulary import POSITIVE, between
from . import classifiers, detectors, mobile_networks, vision, vision_transformers
from .vision import Network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .vision import Layer, Pair

CLASSES = 1000  # of ImageNet
COCO_CLASSES = 80
CHANNELS = 3  # of a coloured picture
MULTIPLIERS = between(0.1, 10)

_RECIPES: "dict[str, Any]" = {}
for _networks in (
    classifiers.NETWORKS,
    mobile_networks.NETWORKS,
    vision_transformers.NETWORKS,
    detectors.NETWORKS,
):
    _RECIPES.update(_networks)
NAMES = list(_RECIPES)

_LATEST: "dict[Any, list[Layer]]" = {}  # layers of the network that was built last


def build(
    name: str,
    image_size: "Pair | None" = None,
    classes: "int | None" = None,
    width: float = 1.0,
    depth: float = 1.0,
    first_stem: bool = False,
) -> "list[Layer]":
    """Layers of one of the networks of `NAMES`.

    Parameters
    ----------
    name : str
        Name as in torchvision, e.g. ``resnet50``.
    image_size : int or tuple
        Height and width of the picture, one number for both or two; by default the size the network was made for
        [pixel].
    classes : int
        Things that it tells apart; by default ImageNet's 1,000, and COCO's 80 for a detector [1].
    width : float
        Multiplier of the network's channels, rounded by its family's rule [1].
    depth : float
        Multiplier of its layers, rounded likewise [1].
    first_stem : bool
        Build a MNASNet as torchvision first did, with unscaled first layers.

    Returns
    -------
    list of dict
        Layers, as `vision.Network` describes them.

    Raises
    ------
    ValueError
        If there is no such network, the picture is too small for it or not of whole patches, or its family has no such
        multiplier.

    Examples
    --------
    >>> vision.params(build("mobilenet_v2")), vision.params(build("mobilenet_v2", width=1.4))
    (3504872, 6108776)
    >>> vision.macs(build("resnet50", (256, 192)))
    4005773312
    """
    choice("network", name, NAMES)
    size = vision.sides(native_size(name) if image_size is None else image_size)
    given = default_classes(name) if classes is None else _count(classes=classes)
    details = _scaled(name, width, depth)
    key = (name, size, given, width, depth, first_stem)
    # A page's slider that leaves the network as it is shall not wait for it to be built again.
    if key not in _LATEST:
        network = Network(size, CHANNELS)
        if first_stem and name.startswith("mnasnet"):
            details["first_stem"] = True
        _RECIPES[name][0](network, given, **details)
        _LATEST.clear()
        _LATEST[key] = network.layers
    return list(_LATEST[key])


def native_size(name: str) -> int:
    """Height and width of the pictures that a network of `NAMES` was made for [pixel].

    Examples
    --------
    >>> native_size("inception_v3")
    299
    """
    choice("network", name, NAMES)
    return int(_RECIPES[name][2])


def multiple(name: str) -> int:
    """Number of which the sides of a network's pictures have to be multiples: a patch, or a detector's coarsest grid.

    Examples
    --------
    >>> multiple("resnet50"), multiple("vit_h_14"), multiple("yolov5s")
    (1, 14, 32)
    """
    choice("network", name, NAMES)
    builder, details, _ = _RECIPES[name]
    return detectors.COARSEST if builder is detectors.yolov5 else int(details.get("patch", 1))


def default_classes(name: str) -> int:
    """Classes of a network of `NAMES` as it was published: ImageNet's, COCO's for a detector [1].

    Examples
    --------
    >>> default_classes("resnet50"), default_classes("yolov5s")
    (1000, 80)
    """
    choice("network", name, NAMES)
    return detectors.CLASSES.get(name, COCO_CLASSES if name in detectors.NETWORKS else CLASSES)


def multipliers(name: str) -> "dict[str, float]":
    """Multipliers that a network of `NAMES` takes, each with the value that the network itself has.

    Examples
    --------
    >>> multipliers("efficientnet_b1")["depth"], multipliers("vgg16")
    (1.1, {})
    """
    choice("network", name, NAMES)
    return {word: _RECIPES[name][1][word] for word in ("width", "depth") if word in _RECIPES[name][1]}


def describe(
    name: str,
    image_size: "Pair | None" = None,
    classes: "int | None" = None,
    width: float = 1.0,
    depth: float = 1.0,
) -> "dict[str, Any]":
    """Everything that follows from a network's layers, as a mapping of plain values.

    Parameters
    ----------
    name : str
        Name as in torchvision.
    image_size : int or tuple
        Height and width of the picture, one number for both or two [pixel].
    classes : int
        Things that it tells apart [1].
    width : float
        Multiplier of the network's channels [1].
    depth : float
        Multiplier of its layers [1].

    Returns
    -------
    dict
        `name`, `input` (channels, height, width), `classes`, `width`, `depth`, `params` [parameter], `macs` of weights
        and `attention_macs` of the products beside them [MAC], `flop` [FLOP], `activations` [1], and `layers`, a row
        each.

    Raises
    ------
    ValueError
        As `build` does.

    Examples
    --------
    >>> told = describe("vit_b_16")
    >>> told["params"], told["macs"], told["attention_macs"]
    (86567656, 16848500736, 715327488)
    """
    layers = build(name, image_size, classes, width, depth)
    told = tell(layers)
    told["classes"] = default_classes(name) if classes is None else classes
    told["name"], told["width"], told["depth"] = name, width, depth
    order = ("name", "input", "classes", "width", "depth", "params", "macs", "attention_macs", "flop", "activations")
    return {key: told[key] for key in order + ("layers",)}


def tell(layers: "list[Layer]") -> "dict[str, Any]":
    """Sums over layers, those of a network of one's own too, and a row for each of them."""
    return {
        "input": list(layers[0]["input"]),
        "params": vision.params(layers),
        "macs": vision.macs(layers),
        "attention_macs": vision.attention_macs(layers),
        "flop": vision.flop(layers),
        "activations": vision.activations(layers),
        "layers": vision.table(layers),
    }


def lenet(
    image_size: int = 28,
    hidden: "tuple[int, ...]" = (120, 84),
    classes: int = 10,
    sections: "tuple[str, ...]" = ("conv", "fc"),
) -> "list[Layer]":
    """Layers of LeNet-5 as document 002 defines it, with any hidden dense layers, in one section or two.

    Examples
    --------
    >>> vision.params(lenet())
    61706
    """
    network = Network(image_size, channels=1)
    network.section(sections[0])
    for channels, padding in ((6, 2), (16, 0)):
        network.convolve(channels, 5, padding=padding)
        network.relu()
        network.max_pool(2, 2)
    if len(sections) > 1:
        network.section(sections[1])
    network.flatten()
    for features in hidden:
        network.dense(features)
        network.relu()
    network.dense(classes)
    return network.layers


def _scaled(name: str, width: float, depth: float) -> "dict[str, Any]":
    details = dict(_RECIPES[name][1])
    for word, factor in (("width", width), ("depth", depth)):
        require(word, factor, POSITIVE)
        single(**{word: factor})
        require(word, factor, MULTIPLIERS, accepted=MULTIPLIERS.accepted)
        if word in details:
            details[word] = details[word] * factor
        elif factor != 1:
            # By name, because mappings have no order in MicroPython.
            kin = sorted([other for other in NAMES if word in _RECIPES[other][1]])
            accepted = message(
                "1: {network} has no multiplier of that kind; {other} and others have", network=name, other=kin[0]
            )
            raise Refusal(word, factor, accepted)
    return details


def _count(**counts: int) -> int:
    single(**counts)
    whole(**counts)
    return int(next(iter(counts.values())))
