"""Vision networks layer by layer: shapes, parameters and multiply-accumulates.

A `Network` records every layer that a picture passes, for pictures of any size. Multiply-accumulates (MAC) are those of
weights; the products of attention, in which no weight takes part, are counted beside them. The networks that people
know are built in `networks`.
"""

from ..checks import Refusal, single, whole
from ..formulas import convolution
from ..messages import marked, message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypedDict

    Shape = tuple[int, ...]
    Pair = int | tuple[int, int]
    Path = Callable[["Network"], object]

    class Layer(TypedDict):
        """A layer, as `Network` describes it."""

        name: str
        kind: str
        input: Shape
        output: Shape
        tensors: Mapping[str, Shape]
        window: "tuple[tuple[int, int], Pair, tuple[int, int]] | None"
        macs: int
        products: int
        terms: int
        module: bool
        auxiliary: bool

    class Row(TypedDict):
        """A row of `table`."""

        name: str
        kind: str
        input: Shape
        output: Shape
        params: int
        macs: int
        attention_macs: int
        activations: int


FLOP_PER_MAC = 2  # a multiplication and an addition

# Kinds of layers: programs know them by these names, people read them in the language of an edition.
KINDS = (
    marked("addition"),
    marked("attention products"),
    marked("average pooling"),
    marked("batch normalisation"),
    marked("channel gating"),
    marked("concatenation"),
    marked("convolution"),
    marked("flattening"),
    marked("fully connected"),
    marked("group normalisation"),
    marked("hard sigmoid"),
    marked("hard swish"),
    marked("hyperbolic tangent"),
    marked("layer normalisation"),
    marked("layer scale"),
    marked("leaky rectification"),
    marked("max pooling"),
    marked("multiplication"),
    marked("other parameters"),
    marked("rectification"),
    marked("sigmoid"),
    marked("token embedding"),
    marked("transposed convolution"),
    marked("upsampling"),
)


class Network:
    """Layers in the order in which a picture passes them, each with its shapes and its weights' shapes.

    A layer is a dict: ``name``, ``kind``, ``input`` and ``output`` (channels, height, width), ``tensors`` (shapes of
    its weights by name), ``window`` (kernel, stride and padding where it has any), ``macs`` of weights and
    ``products`` of attention, ``terms`` (numbers that enter each output), ``module`` (whether torchvision of 2019 made
    an object of its own of it) and ``auxiliary`` (whether only training runs it).

    Parameters
    ----------
    image_size : int or tuple
        Height and width of the picture: one number for both, or two [pixel].
    channels : int
        Channels of the picture, 3 of a coloured one [1].

    Examples
    --------
    >>> network = Network(image_size=224)
    >>> network.convolve(64, 11, stride=4, padding=2)
    >>> network.shape, network.layers[0]["macs"]
    ((64, 55, 55), 70276800)
    """

    def __init__(self, image_size: "Pair", channels: int = 3) -> None:
        _whole(in_channels=channels)
        height, width = sides(image_size)
        self.image_size = height if height == width else (height, width)
        self.shape: Shape = (channels, height, width)
        self.layers: list[Layer] = []
        self._auxiliary = False
        self._section, self._position = "", 0

    def section(self, name: str) -> None:
        """Begin a group of layers, which are then called ``name.0``, ``name.1`` and so on."""
        self._section, self._position = f"{name}.", 0

    def convolve(
        self,
        channels: int,
        kernel: "Pair",
        stride: "Pair" = 1,
        padding: "Pair" = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: "Pair" = 1,
    ) -> None:
        """Convolution; a kernel, a padding and so on are one number, or two for height and width."""
        inputs = self.shape[0]
        kernel, padding = _pair(kernel), _pair(padding)
        height, width = self._sides(kernel, stride, padding, dilation=dilation)
        weights = self._weights(inputs, channels, kernel, groups)
        tensors = {"weight": (channels, inputs // groups) + kernel} | ({"bias": (channels,)} if bias else {})
        self._add(
            "convolution",
            (channels, height, width),
            tensors,
            macs=convolution.convolution_macs(weights, height, width),
            terms=inputs // groups * kernel[0] * kernel[1],
            window=(kernel, stride, padding),
        )

    def transpose_convolve(
        self,
        channels: int,
        kernel: "Pair",
        stride: "Pair" = 1,
        padding: "Pair" = 0,
        output_padding: "Pair" = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: "Pair" = 1,
    ) -> None:
        """Transposed convolution, which enlarges: each number of the input is multiplied with the whole kernel."""
        inputs, height, width = self.shape
        kernel, edge = _pair(kernel), _pair(padding)
        steps, spread, added = _pair(stride), _pair(dilation), _pair(output_padding)
        output = tuple(
            int(convolution.transposed_output(size, kernel[i], steps[i], edge[i], added[i], spread[i]))
            for i, size in enumerate((height, width))
        )
        if min(output) < 1:
            accepted = message("more: nothing is left of {shape} behind its padding", shape=self.shape)
            raise Refusal("image_size", self.image_size, accepted)
        weights = self._weights(inputs, channels, kernel, groups)
        tensors = {"weight": (inputs, channels // groups) + kernel} | ({"bias": (channels,)} if bias else {})
        macs = convolution.convolution_macs(weights, height, width)
        window = (kernel, stride, edge)
        self._add("transposed convolution", (channels,) + output, tensors, macs=macs, window=window)

    def dense(self, features: int, bias: bool = True) -> None:
        """Fully connected layer over all numbers."""
        self._connect(_product(self.shape), features, (1, 1), bias)

    def linear(self, features: int, bias: bool = True) -> None:
        """Fully connected layer over the channels of each position."""
        self._connect(self.shape[0], features, self.shape[1:], bias)

    def normalise(self, kind: str = "batch normalisation") -> None:
        """Normalisation with a factor and an offset for each channel: by batch, ``layer normalisation``, by group."""
        shape = (self.shape[0],)
        self._add(kind, self.shape, {"weight": shape, "bias": shape})

    def activate(self, kind: str, module: bool = True) -> None:
        """A function of each number: ``rectification``, ``SiLU``, ``GELU``, ``sigmoid`` and so on."""
        self._add(kind, self.shape, module=module)

    def relu(self) -> None:
        """Rectification: negative numbers become 0."""
        self.activate("rectification")

    def flatten(self) -> None:
        """All numbers in one row."""
        self._add("flattening", (_product(self.shape), 1, 1))

    def max_pool(self, kernel: "Pair", stride: int, padding: "Pair" = 0, round_up: bool = False) -> None:
        """Largest number of each window; `round_up` keeps a last window that hangs over the edge."""
        window = _pair(kernel), stride, _pair(padding)
        self._add("max pooling", (self.shape[0],) + self._sides(*window, round_up=round_up), window=window)

    def average_pool(self, kernel: int, stride: int, padding: "Pair" = 0, module: bool = True) -> None:
        """Mean of each window."""
        window = _pair(kernel), stride, _pair(padding)
        output = (self.shape[0],) + self._sides(*window)
        self._add("average pooling", output, terms=kernel * kernel, window=window, module=module)

    def average_to(self, size: int, module: bool = True) -> None:
        """Mean of as large windows as leave `size` numbers a side (adaptive average pooling)."""
        channels, height, width = self.shape
        window = (height // size) * (width // size)
        self._add("average pooling", (channels, size, size), terms=window, module=module)

    def upsample(self, factor: int) -> None:
        """As many times as large a grid, by repeated or interpolated numbers."""
        _whole(scales=factor)
        channels, height, width = self.shape
        self._add("upsampling", (channels, height * factor, width * factor))

    def squeeze_excite(self, squeezed: int, activation: str = "rectification", gate: str = "sigmoid") -> None:
        """Squeeze and excitation: two small layers make a factor for each channel from the channels' means."""
        start = self.shape
        self.average_to(1)
        self.convolve(squeezed, 1)
        self.activate(activation)
        self.convolve(start[0], 1)
        self.activate(gate)
        self._add("channel gating", start)

    def scale_layer(self) -> None:
        """Layer scale: a factor for each channel."""
        self._add("layer scale", self.shape, {"weight": (self.shape[0],)})

    def embed_patches(self, channels: int, patch: int) -> None:
        """Cut the picture into patches, each of which becomes a token, and add a token for the class and positions."""
        refuse_other_multiples(self.image_size, self.shape, patch)
        self.convolve(channels, patch, stride=patch)
        tokens = self.shape[1] * self.shape[2] + 1
        tensors: dict[str, Shape] = {"class_token": (1, 1, channels), "positions": (1, tokens, channels)}
        self._add("token embedding", (channels, tokens, 1), tensors)

    def attend(self, heads: int, window: int = 0, bias: bool = True) -> None:
        """Self-attention between all positions, or within windows of so many positions a side, with their own biases.

        A grid that windows do not fill is padded, as Swin transformers do.
        """
        channels, height, width = grid = self.shape
        if channels % heads:
            raise Refusal("heads", heads, message("a divisor of the {channels} channels", channels=channels))
        if window:
            height, width = -(-height // window) * window, -(-width // window) * window
            self.shape = (channels, height, width)
        self.linear(3 * channels, bias)
        keys = window * window or height * width
        tensors = {"positions": ((2 * window - 1) ** 2, heads)} if window else {}
        products = convolution.attention_products(height * width, keys, channels)
        self._add("attention products", (channels, height, width), tensors, products=products)
        self.linear(channels)
        self.shape = grid

    def branch(self, *paths: "Path") -> None:
        """Send the same input through several paths, and put their channels behind one another."""
        start, channels = self.shape, 0
        for path in paths:
            self.shape = start
            path(self)
            channels += self.shape[0]
            grid = self.shape[1:]
        self.shape = start
        self._add("concatenation", (channels,) + grid)

    def join(self, *shapes: "Shape") -> None:
        """Put the channels of earlier layers, given by their shapes, behind those of this one."""
        for shape in shapes:
            if shape[1:] != self.shape[1:]:
                accepted = message("one for which {shape} and {other} have equal sides", shape=shape, other=self.shape)
                raise Refusal("image_size", self.image_size, accepted)
        self._add("concatenation", (self.shape[0] + sum(shape[0] for shape in shapes),) + self.shape[1:])

    def residual(self, path: "Path", shortcut: "Path | None" = None) -> None:
        """Add a path's output to its input, or to what a shortcut makes of it."""
        start = self.shape
        path(self)
        end, self.shape = self.shape, start
        if shortcut:
            shortcut(self)
        if self.shape != end:
            raise Refusal("path", end, message("one that ends in {shape}, to which it is added", shape=self.shape))
        self._add("addition", end)

    def take(self, channels: int) -> None:
        """Go on with some of the channels only."""
        self.shape = (channels,) + self.shape[1:]

    def take_token(self) -> None:
        """Go on with the first token only, which stands for the class."""
        self.shape = (self.shape[0], 1, 1)

    def auxiliary(self, path: "Path") -> None:
        """Branch off a head that only training runs; none of its outputs go on."""
        start, self._auxiliary = self.shape, True
        path(self)
        self.shape, self._auxiliary = start, False

    def _connect(self, inputs: int, features: int, grid: "Shape", bias: bool) -> None:
        tensors = {"weight": (features, inputs)} | ({"bias": (features,)} if bias else {})
        macs = convolution.dense_macs(inputs, features) * _product(grid)
        self._add("fully connected", (features,) + grid, tensors, macs=macs, terms=inputs)

    def _weights(self, inputs: int, channels: int, kernel: "tuple[int, int]", groups: int) -> float:
        weights = convolution.convolution_weights(inputs, channels, kernel[0], kernel[1], groups)
        if inputs % groups or channels % groups:
            accepted = message(
                "a divisor of the {inputs} channels in and the {channels} out", inputs=inputs, channels=channels
            )
            raise Refusal("groups", groups, accepted)
        return float(weights)

    def _sides(
        self, kernel: "Pair", stride: "Pair", padding: "Pair", dilation: "Pair" = 1, round_up: bool = False
    ) -> "tuple[int, int]":
        kernel, steps, edge, spread = _pair(kernel), _pair(stride), _pair(padding), _pair(dilation)
        found = []
        for i, size in enumerate(self.shape[1:]):
            overhang = steps[i] - 1 if round_up else 0
            side = convolution.convolution_output(size + overhang, kernel[i], steps[i], edge[i], spread[i])
            # A last window that would begin behind the picture and its padding is left out.
            if round_up and (side - 1) * steps[i] >= size + edge[i]:
                side -= 1
            found.append(int(side))
        if min(found) < 1 and not self._auxiliary:
            accepted = message("more: a window of {kernel} does not fit into {shape}", kernel=kernel, shape=self.shape)
            raise Refusal("image_size", self.image_size, accepted)
        # PyTorch refuses to train a head on too small a picture; here it has one position at least.
        return max(found[0], 1), max(found[1], 1)

    def _add(
        self,
        kind: str,
        output: "Shape",
        tensors: "Mapping[str, Shape] | None" = None,
        macs: float = 0,
        products: float = 0,
        terms: int = 0,
        window: "tuple[tuple[int, int], Pair, tuple[int, int]] | None" = None,
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
                "products": int(products),
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
    >>> network = Network(image_size=224)
    >>> network.convolve(64, 7, stride=2, padding=3, bias=False)
    >>> params(network.layers)
    9408
    """
    return sum(_product(shape) for layer in layers for shape in layer["tensors"].values())


def macs(layers: "list[Layer]", batch: int = 1, training: bool = False) -> int:
    """Multiply-accumulates of weights in a forward pass over a batch [MAC].

    Only convolutions and fully connected layers have any. Biases, normalisation, pooling and activation add, scale or
    compare without accumulating products. A head that only training runs is left out unless asked for.

    Examples
    --------
    >>> network = Network(image_size=224)
    >>> network.convolve(64, 7, stride=2, padding=3, bias=False)
    >>> macs(network.layers)
    118013952
    """
    return batch * sum(layer["macs"] for layer in layers if training or not layer["auxiliary"])


def attention_macs(layers: "list[Layer]", batch: int = 1, training: bool = False) -> int:
    """Multiply-accumulates of attention's products in a forward pass over a batch [MAC].

    Queries with keys, and what comes of it with values; the weights before and after them are counted by `macs`.

    Examples
    --------
    >>> network = Network(image_size=224)
    >>> network.embed_patches(768, 16)
    >>> network.attend(12)
    >>> attention_macs(network.layers)
    59610624
    """
    return batch * sum(layer["products"] for layer in layers if training or not layer["auxiliary"])


def flop(layers: "list[Layer]", batch: int = 1) -> int:
    """Operations of a forward pass over a batch: two for each multiply-accumulate, those of attention included [FLOP].

    Examples
    --------
    >>> network = Network(image_size=224)
    >>> network.convolve(64, 7, stride=2, padding=3, bias=False)
    >>> flop(network.layers)
    236027904
    """
    return FLOP_PER_MAC * (macs(layers, batch) + attention_macs(layers, batch))


def activations(layers: "list[Layer]", batch: int = 1) -> int:
    """Numbers that convolutions and fully connected layers put out in a forward pass over a batch [1].

    Radosavovic et al. 2020 (arXiv:2003.13678), appendix D, call them activations: memory traffic follows them, and
    with it the time on an accelerator.

    Examples
    --------
    >>> network = Network(image_size=224)
    >>> network.convolve(64, 7, stride=2, padding=3, bias=False)
    >>> network.normalise()
    >>> activations(network.layers)
    802816
    """
    return batch * sum(_product(layer["output"]) for layer in layers if layer["macs"] and not layer["auxiliary"])


def table(layers: "list[Layer]") -> "list[Row]":
    """One row a layer: `name`, `kind`, shapes `input` and `output`, `params`, `macs`, `attention_macs`, `activations`.

    Examples
    --------
    >>> network = Network(image_size=224)
    >>> network.convolve(64, 7, stride=2, padding=3, bias=False)
    >>> table(network.layers)[0]["output"]
    (64, 112, 112)
    """
    return [
        {
            "name": layer["name"],
            "kind": layer["kind"],
            "input": layer["input"],
            "output": layer["output"],
            "params": params([layer]),
            "macs": macs([layer]),
            "attention_macs": attention_macs([layer]),
            "activations": activations([layer]),
        }
        for layer in layers
    ]


def by_kind(layers: "list[Layer]") -> "dict[str, dict[str, int]]":
    """Multiply-accumulates and parameters of layers, by their kind, in the order of appearance.

    Examples
    --------
    >>> from llmcalc.models import networks
    >>> by_kind(networks.build("alexnet"))["fully connected"]
    {'layers': 3, 'params': 58631144, 'macs': 58621952, 'attention_macs': 0}
    """
    kinds: dict[str, dict[str, int]] = {}
    for layer in layers:
        kind = kinds.setdefault(layer["kind"], {"layers": 0, "params": 0, "macs": 0, "attention_macs": 0})
        kind["layers"] += 1
        kind["params"] += params([layer])
        kind["macs"] += macs([layer])
        kind["attention_macs"] += attention_macs([layer])
    return kinds


def tensors(layers: "list[Layer]") -> "dict[str, Shape]":
    """Shapes of all weights and biases, by the names under which PyTorch saves them.

    Examples
    --------
    >>> from llmcalc.models import networks
    >>> tensors(networks.lenet())["fc.1.weight"]
    (120, 400)
    """
    return {f"{layer['name']}.{tensor}": shape for layer in layers for tensor, shape in layer["tensors"].items()}


def transferable(old_layers: "list[Layer]", new_layers: "list[Layer]") -> "list[str]":
    """Names of the tensors that a new network can take over from an old one: same name, same shape.

    Examples
    --------
    >>> from llmcalc.models import networks
    >>> len(transferable(networks.lenet(), networks.lenet(hidden=(120, 84, 64))))
    8
    """
    old, new = tensors(old_layers), tensors(new_layers)
    return [name for name in new if old.get(name) == new[name]]


def sides(image_size: "Pair") -> "tuple[int, int]":
    """Height and width of a picture given as one number for both, or as two.

    Examples
    --------
    >>> sides(224), sides((256, 192))
    ((224, 224), (256, 192))
    """
    height, width = image_size if isinstance(image_size, (tuple, list)) and len(image_size) == 2 else (image_size,) * 2
    for side in (height, width):
        _whole(image_size=side)
    return int(height), int(width)


def refuse_other_multiples(image_size: "Pair", shape: "Shape", multiple: int) -> None:
    """Refuse a picture whose sides are no multiples of a number of pixels.

    Raises
    ------
    Refusal
        Naming `image_size`.
    """
    if shape[1] % multiple or shape[2] % multiple:
        raise Refusal("image_size", image_size, message("multiples of {multiple} pixels", multiple=multiple))


def _pair(value: "Pair") -> "tuple[int, int]":
    return value if isinstance(value, tuple) else (value, value)


def _product(shape: "Shape") -> int:
    product = 1
    for side in shape:
        product *= side
    return product


def _whole(**counts: int) -> None:
    single(**counts)
    whole(**counts)
