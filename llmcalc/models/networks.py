"""Image classifiers layer by layer: shapes, parameters and multiply-accumulates.

A `Network` records every layer that a picture passes. The builders below describe 34 of torchvision's classifiers
stage by stage, and `lenet` the small network that textbooks begin with.
"""

from ..checks import Refusal, choice, single, whole
from ..formulas import convolution

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TypeAlias, TypedDict

    Path: TypeAlias = "Callable[[Network], None]"
    Unit: TypeAlias = "tuple[int, int | tuple[int, int]] | tuple[int, int | tuple[int, int], int]"  # and a stride

    class Layer(TypedDict):
        """What is known of a layer."""

        name: str
        kind: str
        input: tuple[int, int, int]
        output: tuple[int, int, int]
        tensors: dict[str, tuple[int, ...]]
        window: tuple[tuple[int, int], int, tuple[int, int]] | None
        macs: int
        terms: int
        module: bool
        auxiliary: bool


CLASSES = 1000  # of ImageNet


class Network:
    """Layers in the order in which a picture passes them, each with its shapes and its weights' shapes.

    A layer is a dict: ``name``, ``kind``, ``input`` and ``output`` (channels, height, width), ``tensors`` (shapes of
    its weights by name), ``window`` (kernel, stride and padding where it has any), ``macs``, ``terms`` (numbers that
    enter each output), ``module`` (whether torchvision of 2019 made an object of it) and ``auxiliary`` (whether only
    training runs it).

    Parameters
    ----------
    image_size : int
        Height and width of the picture [pixel].
    channels : int
        Channels of the picture, 3 of a coloured one [1].

    Examples
    --------
    >>> network = Network(image_size=224)
    >>> network.convolve(64, 11, stride=4, padding=2)
    >>> network.shape, network.layers[0]["macs"]
    ((64, 55, 55), 70276800)
    """

    def __init__(self, image_size: int, channels: int = 3) -> None:
        _whole(image_size=image_size, in_channels=channels)
        self.image_size = image_size
        self.shape = (channels, int(image_size), int(image_size))
        self.layers: list[Layer] = []
        self._auxiliary = False
        self._section, self._position = "", 0

    def section(self, name: str) -> None:
        """Begin a group of layers, which are then called ``name.0``, ``name.1`` and so on."""
        self._section, self._position = f"{name}.", 0

    def convolve(
        self,
        channels: int,
        kernel: "int | tuple[int, int]",
        stride: int = 1,
        padding: "int | tuple[int, int]" = 0,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        """Convolution; a kernel and a padding are one number, or two for height and width."""
        inputs = self.shape[0]
        kernel, padding = _pair(kernel), _pair(padding)
        height, width = self._sides(kernel, stride, padding)
        weights = convolution.convolution_weights(inputs, channels, *kernel, groups)
        tensors: dict[str, tuple[int, ...]] = {"weight": (channels, inputs // groups) + kernel} | (
            {"bias": (channels,)} if bias else {}
        )
        self._add(
            "convolution",
            (channels, height, width),
            tensors,
            macs=convolution.convolution_macs(weights, height, width),
            terms=inputs // groups * kernel[0] * kernel[1],
            window=(kernel, stride, padding),
        )

    def dense(self, features: int) -> None:
        """Fully connected layer with a bias."""
        inputs = _product(self.shape)
        tensors = {"weight": (features, inputs), "bias": (features,)}
        macs = convolution.dense_macs(inputs, features)
        self._add("fully connected", (features, 1, 1), tensors, macs=macs, terms=inputs)

    def normalise(self) -> None:
        """Batch normalisation with a factor and an offset for each channel."""
        shape = (self.shape[0],)
        self._add("batch normalisation", self.shape, {"weight": shape, "bias": shape})

    def relu(self) -> None:
        """Rectification: negative numbers become 0."""
        self._add("rectification", self.shape)

    def flatten(self) -> None:
        """All numbers in one row."""
        self._add("flattening", (_product(self.shape), 1, 1))

    def max_pool(
        self, kernel: "int | tuple[int, int]", stride: int, padding: "int | tuple[int, int]" = 0, round_up: bool = False
    ) -> None:
        """Largest number of each window; `round_up` keeps a last window that hangs over the edge."""
        window = _pair(kernel), stride, _pair(padding)
        self._add("max pooling", (self.shape[0],) + self._sides(*window, round_up), window=window)

    def average_pool(self, kernel: int, stride: int, padding: int = 0, module: bool = True) -> None:
        """Mean of each window."""
        window = _pair(kernel), stride, _pair(padding)
        output = (self.shape[0],) + self._sides(*window)
        self._add("average pooling", output, terms=kernel * kernel, window=window, module=module)

    def average_to(self, size: int, module: bool = True) -> None:
        """Mean of as large windows as leave `size` numbers a side (adaptive average pooling)."""
        channels, height, width = self.shape
        window = (height // size) * (width // size)
        self._add("average pooling", (channels, size, size), terms=window, module=module)

    def branch(self, *paths: "Path") -> None:
        """Send the same input through several paths, and put their channels behind one another."""
        start, channels = self.shape, 0
        for path in paths:
            self.shape = start
            path(self)
            channels += self.shape[0]
            sides = self.shape[1:]
        self.shape = start
        self._add("concatenation", (channels,) + sides)

    def residual(self, path: "Path", shortcut: "Path | None" = None) -> None:
        """Add a path's output to its input, or to what a shortcut makes of it."""
        start = self.shape
        path(self)
        end, self.shape = self.shape, start
        if shortcut:
            shortcut(self)
        if self.shape != end:
            raise Refusal("path", end, f"one that ends in {self.shape}, to which it is added")
        self._add("addition", end)

    def take(self, channels: int) -> None:
        """Go on with some of the channels only."""
        self.shape = (channels,) + self.shape[1:]

    def auxiliary(self, path: "Path") -> None:
        """Branch off a head that only training runs; none of its outputs go on."""
        start, self._auxiliary = self.shape, True
        path(self)
        self.shape, self._auxiliary = start, False

    def _sides(
        self, kernel: "tuple[int, int]", stride: int, padding: "tuple[int, int]", round_up: bool = False
    ) -> "tuple[int, int]":
        overhang = stride - 1 if round_up else 0
        sides = [
            int(convolution.convolution_output(size + overhang, window, stride, edge))
            for size, window, edge in zip(self.shape[1:], kernel, padding)  # noqa: B905 - MicroPython's zip knows no `strict`
        ]
        if min(sides) < 1 and not self._auxiliary:
            raise Refusal("image_size", self.image_size, f"more: a window of {kernel} does not fit into {self.shape}")
        # PyTorch refuses to train a head on too small a picture; here it has one position at least.
        return max(sides[0], 1), max(sides[1], 1)

    def _add(
        self,
        kind: str,
        output: "tuple[int, int, int]",
        tensors: "dict[str, tuple[int, ...]] | None" = None,
        macs: float = 0,
        terms: int = 0,
        window: "tuple[tuple[int, int], int, tuple[int, int]] | None" = None,
        module: bool = True,
    ) -> None:
        self.layers.append(
            {
                "name": f"{self._section}{self._position}",
                "kind": kind,
                "input": self.shape,
                "output": output,
                "tensors": tensors or {},
                "window": window,
                "macs": int(macs),
                "terms": terms,
                "module": module,
                "auxiliary": self._auxiliary,
            }
        )
        self._position += 1
        self.shape = output


def params(layers: "list[Layer]") -> int:
    """Trainable parameters of layers: the elements of all their tensors.

    Examples
    --------
    >>> params(build("alexnet"))
    61100840
    """
    return sum(_product(shape) for layer in layers for shape in layer["tensors"].values())


def macs(layers: "list[Layer]", batch: int = 1, training: bool = False) -> int:
    """Multiply-accumulates of a forward pass over a batch [MAC].

    Only convolutions and dense layers have any. Biases, normalisation, pooling and activation add, scale or compare
    without accumulating products. A head that only training runs is left out unless asked for.

    Examples
    --------
    >>> macs(build("resnet50"))
    4089184256
    """
    return batch * sum(layer["macs"] for layer in layers if training or not layer["auxiliary"])


def by_kind(layers: "list[Layer]") -> "dict[str, dict[str, int]]":
    """Multiply-accumulates and parameters of layers, by their kind, in the order of appearance.

    Examples
    --------
    >>> by_kind(build("alexnet"))["fully connected"]
    {'layers': 3, 'params': 58631144, 'macs': 58621952}
    """
    kinds: dict[str, dict[str, int]] = {}
    for layer in layers:
        kind = kinds.setdefault(layer["kind"], {"layers": 0, "params": 0, "macs": 0})
        kind["layers"] += 1
        kind["params"] += params([layer])
        kind["macs"] += macs([layer])
    return kinds


def opcounter_surplus(layers: "list[Layer]") -> "dict[str, int]":
    """What the tool pytorch-OpCounter counted beyond multiply-accumulates in September 2019, by cause.

    Each bias of a convolution as one operation per output; the additions of a dense layer beside its
    multiplications; four operations per number in batch normalisation; in average pooling the window and one more
    per output, where it is an object of its own and not a function call.

    Examples
    --------
    >>> opcounter_surplus(build("alexnet"))["fully connected layers"]  # inputs - 1 for each output
    58612760
    """
    surplus = {"biases of convolutions": 0, "fully connected layers": 0, "batch normalisation": 0, "average pooling": 0}
    for layer in layers:
        outputs = _product(layer["output"])
        if layer["auxiliary"] or not layer["module"]:
            continue
        if layer["kind"] == "convolution" and "bias" in layer["tensors"]:
            surplus["biases of convolutions"] += outputs
        elif layer["kind"] == "fully connected":
            surplus["fully connected layers"] += outputs * (layer["terms"] - 1)
        elif layer["kind"] == "batch normalisation":
            surplus["batch normalisation"] += 4 * outputs
        elif layer["kind"] == "average pooling":
            surplus["average pooling"] += outputs * (layer["terms"] + 1)
    return surplus


def opcounter_count(layers: "list[Layer]") -> int:
    """What pytorch-OpCounter printed as MACs in September 2019: multiply-accumulates and `opcounter_surplus`.

    Examples
    --------
    >>> round(opcounter_count(build("resnet50")) / 1e9, 2)  # printed as 4.14
    4.14
    """
    return macs(layers) + sum(opcounter_surplus(layers).values())


def tensors(layers: "list[Layer]") -> "dict[str, tuple[int, ...]]":
    """Shapes of all weights and biases, by the names under which PyTorch saves them.

    Examples
    --------
    >>> tensors(lenet())["fc.1.weight"]
    (120, 400)
    """
    return {f"{layer['name']}.{tensor}": shape for layer in layers for tensor, shape in layer["tensors"].items()}


def transferable(old_layers: "list[Layer]", new_layers: "list[Layer]") -> "list[str]":
    """Names of the tensors that a new network can take over from an old one: same name, same shape.

    Examples
    --------
    >>> len(transferable(lenet(), lenet(hidden=(120, 84, 64))))
    8
    """
    old, new = tensors(old_layers), tensors(new_layers)
    return [name for name in new if old.get(name) == new[name]]


def lenet(
    image_size: int = 28,
    hidden: "Sequence[int]" = (120, 84),
    classes: int = 10,
    sections: "Sequence[str]" = ("conv", "fc"),
) -> "list[Layer]":
    """Layers of LeNet-5 as document 002 defines it, with any hidden dense layers, in one section or two.

    Examples
    --------
    >>> params(lenet())
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


_LATEST: "dict[tuple[str, int, bool], list[Layer]]" = {}  # layers of the network that was built last


def build(name: str, image_size: "int | None" = None, first_stem: bool = False) -> "list[Layer]":
    """Layers of one of the networks of `NAMES`, with 1,000 classes.

    Parameters
    ----------
    name : str
        Name as in torchvision, e.g. ``resnet50``.
    image_size : int
        Height and width of the picture, by default the size the network was made for [pixel].
    first_stem : bool
        Build a MNASNet as torchvision first did, with unscaled first layers.

    Returns
    -------
    list of dict
        Layers, as `Network` describes them.

    Raises
    ------
    ValueError
        If there is no such network, or the picture is too small for it.

    Examples
    --------
    >>> params(build("mobilenet_v2"))
    3504872
    """
    choice("network", name, NAMES)
    if image_size is not None:
        _whole(image_size=image_size)
    key = (name, image_size or native_size(name), first_stem)
    # A page's slider that leaves the network as it is shall not wait for it to be built again.
    if key not in _LATEST:
        builder, details = _BUILDERS[name]
        network = Network(key[1])
        if first_stem and builder is _mnasnet:
            details = details + (True,)
        builder(network, *details)
        _LATEST.clear()
        _LATEST[key] = network.layers
    return list(_LATEST[key])


def native_size(name: str) -> int:
    """Height and width of the pictures that a network of `NAMES` was made for [pixel]."""
    return 299 if name == "inception_v3" else 224


def _alexnet(network: "Network") -> None:
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
    _two_hidden_layers(network)


def _vgg(network: "Network", stages: "tuple[int, ...]", normalised: bool) -> None:
    for channels, depth in zip((64, 128, 256, 512, 512), stages):  # noqa: B905 - MicroPython's zip knows no `strict`
        for _ in range(depth):
            network.convolve(channels, 3, padding=1)
            if normalised:
                network.normalise()
            network.relu()
        network.max_pool(2, 2)
    network.average_to(7)
    _two_hidden_layers(network)


def _two_hidden_layers(network: "Network") -> None:
    for _ in range(2):
        network.dense(4096)
        network.relu()
    network.dense(CLASSES)


def _resnet(
    network: "Network", stages: "tuple[int, ...]", expansion: int = 4, groups: int = 1, group_width: int = 64
) -> None:
    _unit(network, 64, 7, stride=2, padding=3)
    network.max_pool(3, 2, padding=1)
    for stage, depth in enumerate(stages):
        planes = 64 * 2**stage
        for block in range(depth):
            stride = 2 if stage and not block else 1
            _resnet_block(network, planes, planes * expansion, stride, groups, planes * group_width // 64 * groups)
    _mean_and_classifier(network, module=True)


def _resnet_block(network: "Network", planes: int, channels: int, stride: int, groups: int, width: int) -> None:
    def basic(network: "Network") -> None:
        _unit(network, planes, 3, stride, padding=1)
        _unit(network, planes, 3, padding=1, relu=False)

    def bottleneck(network: "Network") -> None:
        _unit(network, width, 1)
        _unit(network, width, 3, stride, padding=1, groups=groups)
        _unit(network, channels, 1, relu=False)

    def projection(network: "Network") -> None:
        _unit(network, channels, 1, stride, relu=False)

    changes = stride != 1 or network.shape[0] != channels
    network.residual(basic if channels == planes else bottleneck, projection if changes else None)
    network.relu()


def _densenet(network: "Network", stages: "tuple[int, ...]", growth: int, channels: int) -> None:
    _unit(network, channels, 7, stride=2, padding=3)
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
    _mean_and_classifier(network)


def _squeezenet(network: "Network", stem: "tuple[int, int]", stages: "tuple[tuple[int, ...], ...]") -> None:
    network.convolve(*stem, stride=2)
    network.relu()
    for stage in stages:
        network.max_pool(3, 2, round_up=True)
        for squeezed in stage:
            _fire(network, squeezed)
    network.convolve(CLASSES, 1)
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


def _mobilenet_v2(network: "Network") -> None:
    _unit(network, 32, 3, stride=2, padding=1)
    stages = (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    )  # fmt: skip
    for expansion, channels, depth, stride in stages:
        for block in range(depth):
            _inverted_residual(network, expansion, channels, 3, 1 if block else stride)
    _unit(network, 1280, 1)
    _mean_and_classifier(network)


def _mnasnet(network: "Network", factor: float, first_stem: bool = False) -> None:
    def scaled(channels: int) -> int:
        nearest = max(8, int(channels * factor + 4) // 8 * 8)
        return nearest if nearest >= 0.9 * channels * factor else nearest + 8

    stem, first = (32, 16) if first_stem else (scaled(32), scaled(16))
    _unit(network, stem, 3, stride=2, padding=1)
    _unit(network, stem, 3, padding=1, groups=stem)
    _unit(network, first, 1, relu=False)
    stages = (
        (3, 24, 3, 2, 3), (3, 40, 3, 2, 5), (6, 80, 3, 2, 5), (6, 96, 2, 1, 3), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3),
    )  # fmt: skip
    for expansion, channels, depth, stride, kernel in stages:
        for block in range(depth):
            _inverted_residual(network, expansion, scaled(channels), kernel, 1 if block else stride)
    _unit(network, 1280, 1)
    _mean_and_classifier(network)


def _inverted_residual(network: "Network", expansion: int, channels: int, kernel: int, stride: int) -> None:
    inputs = network.shape[0]

    def path(network: "Network") -> None:
        if expansion > 1:
            _unit(network, expansion * inputs, 1)
        wide = expansion * inputs
        _unit(network, wide, kernel, stride, padding=kernel // 2, groups=wide)
        _unit(network, channels, 1, relu=False)

    if stride == 1 and inputs == channels:
        network.residual(path)
    else:
        path(network)


def _shufflenet_v2(network: "Network", widths: "tuple[int, ...]") -> None:
    _unit(network, 24, 3, stride=2, padding=1)
    network.max_pool(3, 2, padding=1)
    for width, depth in zip(widths[:3], (4, 8, 4)):  # noqa: B905 - MicroPython's zip knows no `strict`
        _shuffle_down(network, width // 2)
        for _ in range(depth - 1):
            _shuffle(network, width // 2)
    _unit(network, widths[3], 1)
    _mean_and_classifier(network)


def _shuffle_down(network: "Network", half: int) -> None:
    def shortcut(network: "Network") -> None:
        inputs = network.shape[0]
        _unit(network, inputs, 3, 2, padding=1, groups=inputs, relu=False)
        _unit(network, half, 1)

    def path(network: "Network") -> None:
        _unit(network, half, 1)
        _unit(network, half, 3, 2, padding=1, groups=half, relu=False)
        _unit(network, half, 1)

    network.branch(shortcut, path)


def _shuffle(network: "Network", half: int) -> None:
    def kept(network: "Network") -> None:
        network.take(half)

    def path(network: "Network") -> None:
        network.take(half)
        _unit(network, half, 1)
        _unit(network, half, 3, padding=1, groups=half, relu=False)
        _unit(network, half, 1)

    network.branch(kept, path)


def _inception_v3(network: "Network") -> None:
    for channels, kernel, stride, padding in ((32, 3, 2, 0), (32, 3, 1, 0), (64, 3, 1, 1)):
        _unit(network, channels, kernel, stride, padding)
    network.max_pool(3, 2)
    _unit(network, 80, 1)
    _unit(network, 192, 3)
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
    network.auxiliary(_inception_head)
    network.branch(_units((192, 1), (320, 3, 2)), _units((192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2)), _halved)
    for _ in range(2):
        network.branch(_units((320, 1)), _forked((384, 1)), _forked((448, 1), (384, 3)), _pooled(192))
    _mean_and_classifier(network)


def _inception_head(network: "Network") -> None:
    network.average_pool(5, 3, module=False)
    _unit(network, 128, 1)
    _unit(network, 768, 5)
    _mean_and_classifier(network)


def _units(*units: "Unit") -> "Path":
    def path(network: "Network") -> None:
        for channels, kernel, *stride in units:
            height, width = _pair(kernel)
            # A stride of 2 comes without padding.
            padding = 0 if stride else (height // 2, width // 2)
            _unit(network, channels, kernel, stride[0] if stride else 1, padding)

    return path


def _forked(*units: "Unit") -> "Path":
    def path(network: "Network") -> None:
        _units(*units)(network)
        network.branch(_units((384, (1, 3))), _units((384, (3, 1))))

    return path


def _pooled(channels: int) -> "Path":
    def path(network: "Network") -> None:
        network.average_pool(3, 1, padding=1, module=False)
        _unit(network, channels, 1)

    return path


def _halved(network: "Network") -> None:
    network.max_pool(3, 2)


def _identity(network: "Network") -> None:
    pass


def _unit(
    network: "Network",
    channels: int,
    kernel: "int | tuple[int, int]",
    stride: int = 1,
    padding: "int | tuple[int, int]" = 0,
    groups: int = 1,
    relu: bool = True,
) -> None:
    network.convolve(channels, kernel, stride, padding, groups, bias=False)
    network.normalise()
    if relu:
        network.relu()


def _activated(
    network: "Network", channels: int, kernel: "int | tuple[int, int]", padding: "int | tuple[int, int]" = 0
) -> None:
    network.normalise()
    network.relu()
    network.convolve(channels, kernel, padding=padding, bias=False)


def _mean_and_classifier(network: "Network", module: bool = False) -> None:
    network.average_to(1, module=module)
    network.dense(CLASSES)


def _pair(value: "int | tuple[int, int]") -> "tuple[int, int]":
    return value if isinstance(value, tuple) else (value, value)


def _product(shape: "Iterable[int]") -> int:
    product = 1
    for side in shape:
        product *= side
    return product


def _whole(**counts: object) -> None:
    single(**counts)
    whole(**counts)


# In the order of the printed table.
_BUILDERS: "dict[str, tuple[Callable[..., None], tuple[Any, ...]]]" = {
    "alexnet": (_alexnet, ()),
    "vgg11": (_vgg, ((1, 1, 2, 2, 2), False)),
    "vgg11_bn": (_vgg, ((1, 1, 2, 2, 2), True)),
    "vgg13": (_vgg, ((2, 2, 2, 2, 2), False)),
    "vgg13_bn": (_vgg, ((2, 2, 2, 2, 2), True)),
    "vgg16": (_vgg, ((2, 2, 3, 3, 3), False)),
    "vgg16_bn": (_vgg, ((2, 2, 3, 3, 3), True)),
    "vgg19": (_vgg, ((2, 2, 4, 4, 4), False)),
    "vgg19_bn": (_vgg, ((2, 2, 4, 4, 4), True)),
    "resnet18": (_resnet, ((2, 2, 2, 2), 1)),
    "resnet34": (_resnet, ((3, 4, 6, 3), 1)),
    "resnet50": (_resnet, ((3, 4, 6, 3),)),
    "resnet101": (_resnet, ((3, 4, 23, 3),)),
    "resnet152": (_resnet, ((3, 8, 36, 3),)),
    "wide_resnet101_2": (_resnet, ((3, 4, 23, 3), 4, 1, 128)),
    "wide_resnet50_2": (_resnet, ((3, 4, 6, 3), 4, 1, 128)),
    "resnext50_32x4d": (_resnet, ((3, 4, 6, 3), 4, 32, 4)),
    "resnext101_32x8d": (_resnet, ((3, 4, 23, 3), 4, 32, 8)),
    "densenet121": (_densenet, ((6, 12, 24, 16), 32, 64)),
    "densenet161": (_densenet, ((6, 12, 36, 24), 48, 96)),
    "densenet169": (_densenet, ((6, 12, 32, 32), 32, 64)),
    "densenet201": (_densenet, ((6, 12, 48, 32), 32, 64)),
    "squeezenet1_0": (_squeezenet, ((96, 7), ((16, 16, 32), (32, 48, 48, 64), (64,)))),
    "squeezenet1_1": (_squeezenet, ((64, 3), ((16, 16), (32, 32), (48, 48, 64, 64)))),
    "mnasnet0_5": (_mnasnet, (0.5,)),
    "mnasnet0_75": (_mnasnet, (0.75,)),
    "mnasnet1_0": (_mnasnet, (1.0,)),
    "mnasnet1_3": (_mnasnet, (1.3,)),
    "mobilenet_v2": (_mobilenet_v2, ()),
    "shufflenet_v2_x0_5": (_shufflenet_v2, ((48, 96, 192, 1024),)),
    "shufflenet_v2_x1_0": (_shufflenet_v2, ((116, 232, 464, 1024),)),
    "shufflenet_v2_x1_5": (_shufflenet_v2, ((176, 352, 704, 1024),)),
    "shufflenet_v2_x2_0": (_shufflenet_v2, ((244, 488, 976, 2048),)),
    "inception_v3": (_inception_v3, ()),
}
NAMES = list(_BUILDERS)
