"""Shapes, weights and work of the layers that image classifiers are made of.

A multiply-accumulate (MAC) is one multiplication whose product is added to a running sum: two FLOP.
"""

from ..checks import Numeric, accept, formula


@formula
def convolution_output(
    input_size: Numeric, kernel_size: Numeric, stride: Numeric = 1, padding: Numeric = 0, dilation: Numeric = 1
) -> Numeric:
    r"""Positions at which a kernel stops along one side of its input.

    .. math:: o = \lfloor (i + 2 p - d (k - 1) - 1) / s \rfloor + 1

    Below 1, the kernel does not fit into the input.

    Parameters
    ----------
    input_size : float or array
        Height or width of the input i [1].
    kernel_size : float or array
        Height or width of the kernel k [1].
    stride : float or array
        Step from one position to the next s [1].
    padding : float or array
        Zeros put before and behind the input p, 0 or more [1].
    dilation : float or array
        Step from one weight of the kernel to the next d, 1 of a dense kernel [1].

    Returns
    -------
    float or array
        Height or width of the output [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Dumoulin and Visin 2016 (arXiv:1603.07285), relationships 6 and 15; document 002, line 430: 28 pixels
    without padding and with a kernel of 5 would leave 24.

    Examples
    --------
    >>> convolution_output(28, 5, padding=2), convolution_output(28, 5), convolution_output(224, 11, 4, 2)
    (28, 24, 55)
    >>> convolution_output(28, 3, padding=2, dilation=2)
    28
    """
    accept(input_size=input_size, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
    return (input_size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


@formula
def transposed_output(
    input_size: Numeric,
    kernel_size: Numeric,
    stride: Numeric = 1,
    padding: Numeric = 0,
    output_padding: Numeric = 0,
    dilation: Numeric = 1,
) -> Numeric:
    r"""Height or width of what a transposed convolution makes: the size that its convolution would take back.

    .. math:: o = (i - 1) s - 2 p + d (k - 1) + p_o + 1

    Parameters
    ----------
    input_size : float or array
        Height or width of the input i [1].
    kernel_size : float or array
        Height or width of the kernel k [1].
    stride : float or array
        Step on the output for each step on the input s [1].
    padding : float or array
        Rows or columns cut off before and behind the output p, 0 or more [1].
    output_padding : float or array
        Rows or columns added behind the output, because a stride leaves its size open, 0 or more [1].
    dilation : float or array
        Step from one weight of the kernel to the next d, 1 of a dense kernel [1].

    Returns
    -------
    float or array
        Height or width of the output [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Dumoulin and Visin 2016 (arXiv:1603.07285), relationship 14; PyTorch, documentation of ConvTranspose2d.

    Examples
    --------
    >>> transposed_output(28, 2, stride=2), transposed_output(14, 3, 2, 1, 1)  # both double the side
    (56, 28)
    >>> transposed_output(28, 3)  # one step after another: a border of two
    30
    """
    accept(
        input_size=input_size,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
    )
    return (input_size - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1


@formula
def convolution_weights(
    in_channels: Numeric, out_channels: Numeric, kernel_height: Numeric, kernel_width: Numeric, groups: Numeric = 1
) -> Numeric:
    r"""Weights of a convolution, without its biases, of which there is one an output channel or none.

    .. math:: W = c_{out} \, \frac{c_{in}}{g} \, k_h \, k_w

    With as many groups as channels the convolution is depthwise.

    Parameters
    ----------
    in_channels : float or array
        Channels of the input [1].
    out_channels : float or array
        Channels of the output [1].
    kernel_height : float or array
        Height of the kernel [1].
    kernel_width : float or array
        Width of the kernel [1].
    groups : float or array
        Groups into which the channels are split, each convolved on its own [1].

    Returns
    -------
    float or array
        Weights [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 002, line 625: the second convolution of LeNet-5 has 16 x 6 x 5 x 5 weights.

    Examples
    --------
    >>> convolution_weights(6, 16, 5, 5)
    2400.0
    """
    accept(
        in_channels=in_channels,
        out_channels=out_channels,
        kernel_height=kernel_height,
        kernel_width=kernel_width,
        groups=groups,
    )
    return out_channels * (in_channels / groups) * kernel_height * kernel_width


@formula
def convolution_macs(
    weights: Numeric, output_height: Numeric, output_width: Numeric, macs_per_weight: Numeric = 1
) -> Numeric:
    r"""Multiply-accumulates of a convolution on one picture: each weight works at each position.

    .. math:: M = W \, o_h \, o_w

    Parameters
    ----------
    weights : float or array
        Weights W, see `convolution_weights` [1].
    output_height : float or array
        Height of the output [1].
    output_width : float or array
        Width of the output [1].
    macs_per_weight : float or array
        Multiply-accumulates of a weight at one position [MAC].

    Returns
    -------
    float or array
        Multiply-accumulates [MAC].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    He et al. 2016 (arXiv:1512.03385), table 1, whose "FLOPs" are multiply-adds.

    Examples
    --------
    >>> convolution_macs(64 * 3 * 7 * 7, 112, 112)  # the first layer of a ResNet
    118013952
    """
    accept(weights=weights, output_height=output_height, output_width=output_width, macs_per_weight=macs_per_weight)
    return weights * output_height * output_width * macs_per_weight


@formula
def dense_macs(in_features: Numeric, out_features: Numeric, macs_per_weight: Numeric = 1) -> Numeric:
    r"""Multiply-accumulates of a fully connected layer on one picture: each weight works once.

    .. math:: M = f_{in} \, f_{out}

    Parameters
    ----------
    in_features : float or array
        Numbers that enter [1].
    out_features : float or array
        Numbers that leave [1].
    macs_per_weight : float or array
        Multiply-accumulates of a weight [MAC].

    Returns
    -------
    float or array
        Multiply-accumulates [MAC].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 002, line 627: LeNet-5's first dense layer has 120 x 400 weights.

    Examples
    --------
    >>> dense_macs(400, 120)
    48000
    """
    accept(in_features=in_features, out_features=out_features, macs_per_weight=macs_per_weight)
    return in_features * out_features * macs_per_weight


@formula
def epoch_flop(
    macs_per_sample: Numeric, samples: Numeric, flop_per_mac: Numeric = 2.0, forward_passes: Numeric = 3.0
) -> Numeric:
    r"""Compute of training on every sample once.

    .. math:: C = 2 \cdot 3 \cdot M \, S

    A multiply-accumulate is a multiplication and an addition. The way back costs about two forward passes: one for
    the gradients of the weights and one for those of the layer's input.

    Parameters
    ----------
    macs_per_sample : float or array
        Multiply-accumulates of a forward pass over one sample M [MAC/sample].
    samples : float or array
        Samples S, of a training step the batch [sample].
    flop_per_mac : float or array
        Operations in a multiply-accumulate [FLOP/MAC].
    forward_passes : float or array
        Training's work in forward passes; 3, or 4 with full recomputation [1].

    Returns
    -------
    float or array
        Training compute [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, lines 521 to 525, whose 4.14e9 "MACs" of ResNet-50 are 4.09e9. Nvidia 2021 (DeepLearningExamples,
    ResNet50 v1.5 for PyTorch): an A100 trains on 2,470 pictures a second, 61 TFLOP/s.

    Examples
    --------
    >>> round(epoch_flop(4.09e9, 2470) / 1e12)
    61
    >>> epoch_flop(4.09e9, 1281167)  # ImageNet, once
    3.143983818e+16
    """
    accept(macs_per_sample=macs_per_sample, samples=samples, flop_per_mac=flop_per_mac, forward_passes=forward_passes)
    return macs_per_sample * samples * flop_per_mac * forward_passes


@formula
def attention_products(queries: Numeric, keys: Numeric, channels: Numeric, macs_per_weight: Numeric = 1) -> Numeric:
    r"""Multiply-accumulates of attention between the parts of a picture, without those of its weights.

    .. math:: M = 2 \, q \, k \, c

    Each of the q queries is multiplied with k keys of c numbers, all heads together, and sums up as many values.

    Parameters
    ----------
    queries : float or array
        Parts of the picture that look at others q [1].
    keys : float or array
        Parts that each of them looks at k [1].
    channels : float or array
        Numbers that stand for a part, all heads together c [1].
    macs_per_weight : float or array
        Multiply-accumulates of a product [MAC].

    Returns
    -------
    float or array
        Multiply-accumulates [MAC].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Vaswani et al. 2017 (arXiv:1706.03762), equation 1. Torchvision counts 17.564e9 for ViT-B/16; these are 0.715e9
    of them.

    Examples
    --------
    >>> 12 * attention_products(197, 197, 768)  # 12 layers, 14 x 14 patches and a class token
    715327488
    """
    accept(queries=queries, keys=keys, channels=channels, macs_per_weight=macs_per_weight)
    return 2 * queries * keys * channels * macs_per_weight
