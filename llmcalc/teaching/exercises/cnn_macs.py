"""Exercises on convolutional networks: shapes, weights, multiply-accumulates."""

from ...formulas import convolution, devices
from ...units import TERA
from ..draws import of, shares, steps
from ..telling import percent, told
from ..writing import Chapter, choose, numeric, order

chapter = Chapter("cnn-macs")


@chapter.exercise(
    level=1,
    teaches="Compute the grid that a convolution leaves.",
    text="A convolution of {kernel} × {kernel} with stride {stride} and padding {padding} runs over a grid of {size} × {size}. How many positions are on a side of its output?",
    unit="1",
    tolerance=0,
    within=(3, 230),
    kernel=of(3, 5, 7, 11),
    stride=of(1, 2, 4),
    padding=of(0, 1, 2, 3),
    size=of(28, 56, 64, 112, 128, 224, 256),
)
def positions(kernel, stride, padding, size):
    key = convolution.convolution_output(size, kernel, stride, padding)
    return numeric(
        key,
        mistakes=[
            ((size + 2 * padding - kernel) // stride, "The first position counts, too: add one."),
            (size // stride if size // stride != key else 2 * size, "The kernel's width and the padding count, too."),
        ],
        hints=[
            "With padding the grid is wider by twice the padding.",
            "(size + 2 × padding − kernel) / stride, rounded down, plus one.",
        ],
        steps=[f"({size} + 2 × {padding} − {kernel}) / {stride}, rounded down, + 1 = {told(key)}."],
    )


@chapter.exercise(
    level=1,
    teaches="Count the weights of a convolution.",
    text="A convolution of {kernel} × {kernel} takes {inputs} channels to {outputs}. How many weights has it, biases not counted?",
    unit="weight",
    within=(500, 1e8),
    kernel=of(1, 3, 5, 7),
    inputs=of(3, 16, 32, 64, 128, 256, 512),
    outputs=of(32, 64, 128, 256, 512),
)
def weights(kernel, inputs, outputs):
    key = convolution.convolution_weights(inputs, outputs, kernel, kernel)
    return numeric(
        key,
        mistakes=[
            (key / inputs, "Each output channel looks at every input channel."),
            (kernel * kernel * (inputs + outputs), "Every pair of channels has a kernel of its own: multiply them."),
        ],
        hints=["Each pair of an input and an output channel has a kernel.", "Inputs × outputs × kernel²."],
        steps=[f"{inputs} × {outputs} × {kernel}² = {told(key)} weights."],
    )


@chapter.exercise(
    level=1,
    teaches="Turn multiply-accumulates into FLOP.",
    text="A network takes {macs} × 10⁹ multiply-accumulates for a picture. How many FLOP is a forward pass over {pictures} pictures?",
    unit="FLOP",
    within=(1e10, 1e18),
    macs=steps(0.3, 12, 0.1),
    pictures=of(64, 256, 1000, 10000, 50000),
)
def flop(macs, pictures):
    key = convolution.epoch_flop(macs * 1e9, pictures, forward_passes=1)
    return numeric(
        key,
        mistakes=[
            (key / 2, "A multiply-accumulate is two FLOP, a multiplication and an addition."),
            (3 * key, "That is training, with the way back; the forward pass is asked for."),
        ],
        hints=["How many FLOP is a multiply-accumulate?", "Times the pictures."],
        steps=[f"2 × {told(macs)} × 10⁹ × {told(pictures)} = {told(key)} FLOP."],
    )


@chapter.exercise(
    level=2,
    teaches="Compute the multiply-accumulates of a convolution.",
    text="A convolution of {kernel} × {kernel} takes {inputs} channels to {outputs} on an output grid of {grid} × {grid}. How many multiply-accumulates is that for a picture?",
    unit="MAC",
    within=(1e5, 1e11),
    kernel=of(1, 3, 5),
    inputs=of(32, 64, 128, 256, 512),
    outputs=of(64, 128, 256, 512),
    grid=of(7, 14, 28, 56, 112),
)
def macs(kernel, inputs, outputs, grid):
    w = convolution.convolution_weights(inputs, outputs, kernel, kernel)
    key = convolution.convolution_macs(w, grid, grid)
    return numeric(
        key,
        mistakes=[
            (w, "Those are the weights: each works once at every position of the output."),
            (key / grid, "The grid has two sides."),
            (2 * key, "That is in FLOP."),
        ],
        hints=["How many weights?", "Each works once at every position."],
        steps=[f"Weights: {inputs} × {outputs} × {kernel}² = {told(w)}.", f"× {grid}² positions = {told(key)} MAC."],
    )


@chapter.exercise(
    level=2,
    teaches="Say what a depthwise separable convolution saves.",
    text="A convolution of {kernel} × {kernel} from {channels} to {channels} channels is replaced by a depthwise one of the same size and one of 1 × 1. Which share of the multiply-accumulates is left?",
    unit="%",
    within=(0.5, 60),
    kernel=of(3, 5, 7),
    channels=of(16, 24, 32, 48, 64, 96, 128, 256, 512),
)
def separable(kernel, channels):
    full = convolution.convolution_weights(channels, channels, kernel, kernel)
    deep = convolution.convolution_weights(channels, channels, kernel, kernel, groups=channels)
    mix = convolution.convolution_weights(channels, channels, 1, 1)
    key = 100 * (deep + mix) / full
    return numeric(
        key,
        mistakes=[
            (100 - key, "That is what is saved."),
            (100 * deep / full, "The 1 × 1 convolution, which mixes the channels, takes work, too."),
            (100 / kernel, "The 1 × 1 convolution has 1/kernel² of the weights."),
        ],
        hints=["Depthwise: one kernel a channel, 1/channels of the weights.", "1 × 1: 1/kernel² of the weights. Add."],
        steps=[f"1/{channels} + 1/{kernel}² = {told(key)} %."],
    )


@chapter.exercise(
    level=2,
    teaches="Count the weights of the first fully connected layer.",
    text="A grid of {grid} × {grid} with {channels} channels goes into a fully connected layer of {outputs} outputs. How many multiply-accumulates does it take for a picture?",
    unit="MAC",
    within=(1e4, 1e10),
    grid=of(4, 5, 6, 7, 8),
    channels=of(16, 128, 256, 512),
    outputs=of(10, 120, 1000, 4096),
)
def dense(grid, channels, outputs):
    key = convolution.dense_macs(grid * grid * channels, outputs)
    return numeric(
        key,
        mistakes=[
            (channels * outputs, "Every position of the grid is an input of its own."),
            (2 * key, "That is in FLOP."),
            (key * grid * grid, "A fully connected layer's weights work once, not at every position."),
        ],
        hints=["How many inputs has the layer?", "Each pair of input and output has a weight, which works once."],
        steps=[f"{grid}² × {channels} = {told(grid * grid * channels)} inputs.", f"× {outputs} = {told(key)} MAC."],
    )


@chapter.exercise(
    level=2,
    teaches="Compute what a training of an image classifier takes.",
    text="A network of {macs} × 10⁹ multiply-accumulates a picture trains for {epochs} epochs on {pictures} pictures. How many FLOP is that?",
    unit="FLOP",
    within=(1e14, 1e21),
    macs=of(0.3, 0.6, 1.8, 4.1, 7.8, 15.5),
    epochs=steps(30, 300, 10),
    pictures=of(50000, 118000, 1281167),
)
def training(macs, epochs, pictures):
    key = epochs * convolution.epoch_flop(macs * 1e9, pictures)
    return numeric(
        key,
        mistakes=[
            (key / 3, "That is forward alone; the way back takes about twice as much again."),
            (key / 2, "A multiply-accumulate is two FLOP."),
            (key / epochs, "That is one epoch."),
        ],
        hints=["Forward and back take about three forward passes.", "2 × 3 × MAC × pictures × epochs."],
        steps=[f"2 × 3 × {told(macs)} × 10⁹ × {told(pictures)} × {epochs} = {told(key)} FLOP."],
    )


@chapter.exercise(
    level=2,
    teaches="Say how work grows with the side of a picture.",
    text="All of a network's work is in convolutions that keep the size of their grid. Its pictures grow from {small} × {small} to {large} × {large}. How many times as much work is that?",
    unit="1",
    within=(1.1, 40),
    small=of(96, 112, 128, 160, 192, 224),
    large=of(256, 299, 320, 384, 448, 512),
)
def side(small, large):
    key = convolution.convolution_macs(9, large, large) / convolution.convolution_macs(9, small, small)
    return numeric(
        key,
        mistakes=[
            (large / small, "The grid grows on both sides: square the ratio."),
            ((large / small) ** 3, "The channels stay: the work grows with the area."),
            (1 / key, "That is the other way round."),
        ],
        hints=["A weight works at every position.", "The positions grow with the area."],
        steps=[f"({large} / {small})² = {told(key)} times."],
    )


@chapter.exercise(
    level=3,
    teaches="Turn a card's TOPS into pictures a second.",
    text="A card of {card} TOPS gets {share} of them. How many pictures a second does it classify with a network of {macs} × 10⁹ multiply-accumulates?",
    unit="picture/s",
    within=(50, 200000),
    card=of(22, 88, 130, 248, 624),
    share=shares(0.1, 0.6, 0.05),
    macs=of(0.3, 1.8, 3.6, 4.1, 7.8, 11.5),
)
def rate(card, share, macs):
    key = devices.sustained_flops(card * TERA, share) / convolution.epoch_flop(macs * 1e9, 1, forward_passes=1)
    return numeric(
        key,
        mistakes=[
            (2 * key, "A multiply-accumulate is two operations."),
            (key / share, "The share that it gets is missing."),
            (key / 3, "That is for training; classifying is a forward pass."),
        ],
        hints=["What does the card sustain?", "Divide by the operations of a picture, two a MAC."],
        steps=[
            f"{card} TOPS × {percent(share)} = {told(card * share)} TOPS.",
            f"/ (2 × {told(macs)} × 10⁹) = {told(key)} pictures a second.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Keep weights and work apart: which layer has more of which.",
    text="Layer A is a convolution of 3 × 3 from {early} to {early} channels on a grid of {grid} × {grid}, layer B is fully connected from {inputs} inputs to {outputs} outputs. Which has more weights, and which more multiply-accumulates?",
    early=of(32, 64, 128, 256),
    grid=of(4, 7, 28, 56, 112),
    inputs=of(256, 512, 2048, 9216, 25088),
    outputs=of(10, 100, 1000, 4096),
)
def apart(early, grid, inputs, outputs):
    w_a, w_b = convolution.convolution_weights(early, early, 3, 3), convolution.dense_macs(inputs, outputs)
    m_a = convolution.convolution_macs(w_a, grid, grid)
    said = (
        f"Weights: A {early}² × 9 = {told(w_a)}, B {told(inputs)} × {told(outputs)} = {told(w_b)}. "
        f"MAC: A {told(w_a)} × {grid}² = {told(m_a)}, B {told(w_b)}."
    )
    options = (
        "A has more of both",
        "B has more of both",
        "B has more weights, A more multiply-accumulates",
        "A has more weights, B more multiply-accumulates",
    )
    place = 0 if w_a > w_b else 1 if w_b > m_a else 2
    weights = f"Count the weights again: A has {told(w_a)}, B {told(w_b)}."
    work = f"A's weights work at {told(grid * grid)} positions each, B's once: {told(m_a)} and {told(w_b)} MAC."
    claims_a_has_more_weights = (True, False, False, True)
    return choose(
        options[place],
        wrong=[
            (options[other], weights if claims_a_has_more_weights[other] != (w_a > w_b) else work)
            for other in range(4)
            if other != place
        ],
        hints=["A's weights work at every position.", "B's weights work once."],
        steps=[said, options[place] + "."],
        clear=w_a != w_b and m_a != w_b,
    )


@chapter.exercise(
    level=3,
    teaches="Rank layers by their work.",
    text="Order these layers by their multiply-accumulates for a picture, the fewest first. All have {channels} channels in and out, on a grid of {grid} × {grid}.",
    channels=of(32, 64, 96, 128, 256),
    grid=of(7, 14, 28, 56),
    groups=of(4, 8, 16),
)
def ranking(channels, grid, groups):
    def work(kernel, split=1):
        return convolution.convolution_macs(
            convolution.convolution_weights(channels, channels, kernel, kernel, groups=split), grid, grid
        )

    items = [
        ("3 × 3", work(3)),
        ("1 × 1", work(1)),
        ("5 × 5", work(5)),
        ("3 × 3, depthwise", work(3, channels)),
        (f"5 × 5, in {groups} groups", work(5, groups)),
    ]
    return order(
        items,
        hints=["Weights: channels² × kernel² / groups.", "Depthwise means as many groups as channels."],
        steps=[
            f"{items[place][0]}: {how} × {grid}² = {told(items[place][1])} MAC."
            for place, how in enumerate(
                (
                    f"{channels}² × 9",
                    f"{channels}²",
                    f"{channels}² × 25",
                    f"{channels} × 9",
                    f"{channels}² × 25 / {groups}",
                )
            )
        ],
    )
