"""Networks that find and outline things: YOLOv5 and U-Net."""

from .building_blocks import rounded_up, unit
from .vision import refuse_other_multiples

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .vision import Network

ANCHORS = 3  # boxes that a YOLOv5 proposes at each position
COARSEST = 32  # pixels between two positions of the coarsest grid of a YOLOv5
BOX_NUMBERS = 5  # of each box: where, how large, and whether there is anything


def yolov5(network: "Network", classes: int, width: float, depth: float) -> None:
    """YOLOv5 since its release 6.0: github.com/ultralytics/yolov5, models/yolov5l.yaml."""

    def scaled(channels: int) -> int:
        return rounded_up(channels, width)

    def stage(channels: int, layers: int, adds: bool) -> None:
        _cross_stage(network, scaled(channels), max(round(layers * depth), 1), adds)

    refuse_other_multiples(network.image_size, network.shape, COARSEST)
    unit(network, scaled(64), 6, 2, padding=2, activation="SiLU")
    kept = []
    for channels, layers in ((128, 3), (256, 6), (512, 9), (1024, 3)):
        unit(network, scaled(channels), 3, 2, activation="SiLU")
        stage(channels, layers, True)
        kept.append(network.shape)
    _pyramid_pooling(network)
    found = []
    for channels, shape in ((512, kept[2]), (256, kept[1])):
        unit(network, scaled(channels), 1, activation="SiLU")
        found.append(network.shape)
        network.upsample(2)
        network.join(shape)
        stage(channels, 3, False)
    _propose(network, classes)
    for channels, shape in ((256, found[1]), (512, found[0])):
        unit(network, scaled(channels), 3, 2, activation="SiLU")
        network.join(shape)
        stage(2 * channels, 3, False)
        _propose(network, classes)


def _cross_stage(network: "Network", channels: int, layers: int, adds: bool) -> None:
    """Half of the channels go through bottlenecks, half beside them (C3)."""
    half = channels // 2

    def bottleneck(network: "Network") -> None:
        unit(network, half, 1, activation="SiLU")
        unit(network, half, 3, activation="SiLU")

    def through(network: "Network") -> None:
        unit(network, half, 1, activation="SiLU")
        for _ in range(layers):
            if adds:
                network.residual(bottleneck)
            else:
                bottleneck(network)

    def beside(network: "Network") -> None:
        unit(network, half, 1, activation="SiLU")

    network.branch(through, beside)
    unit(network, channels, 1, activation="SiLU")


def _pyramid_pooling(network: "Network") -> None:
    """Maxima of ever larger surroundings beside the grid itself (SPPF)."""
    channels = network.shape[0]
    unit(network, channels // 2, 1, activation="SiLU")
    shape = network.shape
    for _ in range(3):
        network.max_pool(5, 1, padding=2)
    network.join(shape, shape, shape)
    unit(network, channels, 1, activation="SiLU")


def _propose(network: "Network", classes: int) -> None:
    """The boxes of one grid; the features go on."""
    shape = network.shape
    network.convolve(ANCHORS * (BOX_NUMBERS + classes), 1)
    network.shape = shape


def _unet(network: "Network", classes: int) -> None:
    """Ronneberger et al. 2015 (arXiv:1505.04597), figure 1, with padding and batch normalisation.

    So github.com/milesial/Pytorch-UNet builds it.
    """
    kept = []
    for channels in (64, 128, 256, 512):
        _twice(network, channels)
        kept.append(network.shape)
        network.max_pool(2, 2)
    _twice(network, 1024)
    for shape in reversed(kept):
        network.transpose_convolve(network.shape[0] // 2, 2, stride=2)
        # What an odd side lost in pooling is added again as zeros.
        network.shape = (network.shape[0],) + shape[1:]
        network.join(shape)
        _twice(network, shape[0])
    network.convolve(classes, 1)


def _twice(network: "Network", channels: int) -> None:
    for _ in range(2):
        unit(network, channels, 3)


# As in `classifiers`; the multipliers stand in the yaml files of the repository.
NETWORKS = {
    "yolov5n": (yolov5, {"width": 0.25, "depth": 0.33}, 640),
    "yolov5s": (yolov5, {"width": 0.5, "depth": 0.33}, 640),
    "yolov5m": (yolov5, {"width": 0.75, "depth": 0.67}, 640),
    "yolov5l": (yolov5, {"width": 1.0, "depth": 1.0}, 640),
    "yolov5x": (yolov5, {"width": 1.25, "depth": 1.33}, 640),
    "unet": (_unet, {}, 572),
}
CLASSES = {"unet": 2}  # where it is not that of COCO
