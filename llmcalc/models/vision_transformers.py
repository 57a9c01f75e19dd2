"""Vision transformers, and ConvNeXt, the convolutional network that was built after them."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .vision import Network

    Stages = tuple[int, ...]

WINDOW = 7  # positions a side of a Swin transformer's window


def _vit(network: "Network", classes: int, patch: int, layers: int, heads: int, channels: int) -> None:
    """Dosovitskiy et al. 2021 (arXiv:2010.11929), table 1; a head has 64 numbers, or 80 in the largest."""
    network.embed_patches(channels, patch)
    for _ in range(layers):
        _transformer_block(network, heads)
    network.normalise("layer normalisation")
    network.take_token()
    network.dense(classes)


def _swin(network: "Network", classes: int, channels: int, stages: "Stages") -> None:
    """Liu et al. 2021 (arXiv:2103.14030), section 3.3; a head has 32 channels."""
    network.convolve(channels, 4, stride=4)
    network.normalise("layer normalisation")
    for stage, depth in enumerate(stages):
        if stage:
            _merge_patches(network)
        for _ in range(depth):
            _transformer_block(network, network.shape[0] // 32, WINDOW)
    network.normalise("layer normalisation")
    network.average_to(1)
    network.dense(classes)


def _merge_patches(network: "Network") -> None:
    """Put four neighbours behind one another, and halve their channels; an odd side is padded."""
    channels, height, width = network.shape
    network.shape = (4 * channels, (height + 1) // 2, (width + 1) // 2)
    network.normalise("layer normalisation")
    network.linear(2 * channels, bias=False)


def _transformer_block(network: "Network", heads: int, window: int = 0) -> None:
    channels = network.shape[0]

    def attention(network: "Network") -> None:
        network.normalise("layer normalisation")
        network.attend(heads, window)

    def perceptron(network: "Network") -> None:
        network.normalise("layer normalisation")
        network.linear(4 * channels)
        network.activate("GELU")
        network.linear(channels)

    network.residual(attention)
    network.residual(perceptron)


def _convnext(network: "Network", classes: int, channels: "Stages", stages: "Stages") -> None:
    """Liu et al. 2022 (arXiv:2201.03545), section 3.1."""
    network.convolve(channels[0], 4, stride=4)
    network.normalise("layer normalisation")
    for stage, depth in enumerate(stages):
        if stage:
            network.normalise("layer normalisation")
            network.convolve(channels[stage], 2, stride=2)
        for _ in range(depth):
            network.residual(_convnext_block)
    network.average_to(1)
    network.normalise("layer normalisation")
    network.dense(classes)


def _convnext_block(network: "Network") -> None:
    channels = network.shape[0]
    network.convolve(channels, 7, padding=3, groups=channels)
    network.normalise("layer normalisation")
    network.linear(4 * channels)
    network.activate("GELU")
    network.linear(channels)
    network.scale_layer()


# As in `classifiers`.
NETWORKS = {
    "vit_ti_16": (_vit, {"patch": 16, "layers": 12, "heads": 3, "channels": 192}, 224),
    "vit_s_16": (_vit, {"patch": 16, "layers": 12, "heads": 6, "channels": 384}, 224),
    "vit_b_16": (_vit, {"patch": 16, "layers": 12, "heads": 12, "channels": 768}, 224),
    "vit_b_32": (_vit, {"patch": 32, "layers": 12, "heads": 12, "channels": 768}, 224),
    "vit_l_16": (_vit, {"patch": 16, "layers": 24, "heads": 16, "channels": 1024}, 224),
    "vit_l_32": (_vit, {"patch": 32, "layers": 24, "heads": 16, "channels": 1024}, 224),
    "vit_h_14": (_vit, {"patch": 14, "layers": 32, "heads": 16, "channels": 1280}, 224),
    "swin_t": (_swin, {"channels": 96, "stages": (2, 2, 6, 2)}, 224),
    "swin_s": (_swin, {"channels": 96, "stages": (2, 2, 18, 2)}, 224),
    "swin_b": (_swin, {"channels": 128, "stages": (2, 2, 18, 2)}, 224),
    "convnext_tiny": (_convnext, {"channels": (96, 192, 384, 768), "stages": (3, 3, 9, 3)}, 224),
    "convnext_small": (_convnext, {"channels": (96, 192, 384, 768), "stages": (3, 3, 27, 3)}, 224),
    "convnext_base": (_convnext, {"channels": (128, 256, 512, 1024), "stages": (3, 3, 27, 3)}, 224),
    "convnext_large": (_convnext, {"channels": (192, 384, 768, 1536), "stages": (3, 3, 27, 3)}, 224),
}
