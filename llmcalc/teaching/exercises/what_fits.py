"""Exercises on what fits on a card: formats, room, sequences, contexts, adapters, and what would help."""

from ...formulas import activations, devices, memory, quantisation
from ...units import GIBI
from ..draws import of, shares, steps
from ..telling import percent, told
from ..writing import Chapter, choose, numeric, order

chapter = Chapter("what-fits")


@chapter.exercise(
    level=1,
    teaches="Say what an engine leaves for weights and caches.",
    text="An engine may fill {share} of a card of {size} GiB, and takes {engine} GiB for itself. How much is left for weights, caches and activations?",
    unit="GiB",
    tolerance=0.002,
    within=(4, 200),
    size=of(12, 16, 24, 32, 48, 80, 96, 141),
    share=shares(0.84, 0.96, 0.02),
    engine=steps(1, 4, 0.5),
)
def room(size, share, engine):
    key = share * size - engine
    return numeric(
        key,
        mistakes=[
            (size - engine, "The engine may not fill all of the card."),
            (share * size, "What the engine takes for itself has to go in, too."),
        ],
        hints=["First take the share of the card.", "Then subtract what the engine takes."],
        steps=[
            f"{percent(share)} of {told(size)} GiB are {told(share * size)} GiB.",
            f"{told(share * size)} − {told(engine)} = {told(key)} GiB.",
        ],
    )


@chapter.exercise(
    level=1,
    teaches="Count the bits of a weight with its group's scale and zero point.",
    text="A format keeps weights in {bits} bits. Each group of {group} weights has a scale of 16 bits and a zero point of {zero}. How many bits does a weight take?",
    unit="bit",
    tolerance=0.005,
    within=(2, 9),
    bits=of(2, 3, 4, 5, 6),
    group=of(16, 32, 64, 128),
    zero=of(4, 8, 16),
)
def bits_of_a_weight(bits, group, zero):
    key = quantisation.block_bits(bits, group, 16 + zero)
    return numeric(
        key,
        mistakes=[
            (bits, "The scales and zero points take room as well."),
            (bits + 16 / group, "The zero point is missing."),
            (bits + 16 + zero, "A group shares its scale and its zero point."),
        ],
        hints=["How many bits does a group have beside its weights?", "Divide them by the weights of the group."],
        steps=[
            f"(16 + {zero}) / {group} = {told((16 + zero) / group)} bits beside each weight.",
            f"{bits} + {told((16 + zero) / group)} = {told(key)} bits.",
        ],
    )


@chapter.exercise(
    level=1,
    teaches="Find the largest model that a card holds.",
    text="{left} GiB of a card are left for weights. How many parameters fit at {bits} bits a parameter?",
    unit="parameter",
    within=(1e9, 7e11),
    left=steps(6, 120, 2),
    bits=of(4.5, 4.85, 5.7, 6.6, 8.5, 16),
)
def largest(left, bits):
    key = left * GIBI * 8 / bits
    return numeric(
        key,
        mistakes=[
            (key / 8, "A byte has 8 bits."),
            (left * 8e9 / bits, "A GiB has 2³⁰ bytes, 7 % more than 10⁹."),
            (left * GIBI * bits / 8, "Fewer bits leave room for more parameters: divide by them."),
        ],
        hints=["How many bits are left?", "Divide them by the bits of a parameter."],
        steps=[
            f"{told(left)} × 2³⁰ × 8 = {told(left * GIBI * 8)} bits.",
            f"/ {told(bits)} = {told(key)} parameters.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Count the sequences whose caches fit beside the weights.",
    text="Beside the weights {left} GiB are left for caches. A token takes {token} KiB, a sequence has {context} tokens. How many whole sequences fit?",
    unit="sequence",
    tolerance=0,
    within=(2, 2000),
    left=steps(2, 40, 1),
    token=of(36, 48, 64, 96, 128, 160, 192, 256),
    context=of(2000, 4000, 6000, 8000, 16000),
)
def sequences(left, token, context):
    each = token * 1024 * context / GIBI
    key = devices.round_down(left / each)
    return numeric(
        key,
        mistakes=[
            (key + 1, "The last one does not fit: round down."),
            (devices.round_down(left * 1024 / token), "That is in tokens, in thousands: a sequence has more than one."),
        ],
        hints=["How many GiB does a sequence take?", "Divide, and round down."],
        steps=[
            f"A sequence: {token} × 1,024 × {told(context)} bytes = {told(each)} GiB.",
            f"{told(left)} / {told(each)} = {told(left / each)}, rounded down: {told(key)}.",
        ],
        clear=0.05 < left / each % 1 < 0.95,
    )


@chapter.exercise(
    level=2,
    teaches="Find the longest context of some sequences.",
    text="A model has {layers} layers and keeps {heads} heads of keys and values of 128 numbers each, at {size} bytes a number. {left} GiB are left for the caches of {batch} sequences. How many tokens may each have?",
    unit="token",
    within=(500, 1e7),
    layers=of(28, 32, 36, 48, 64, 80),
    heads=of(4, 8),
    size=of(1, 2),
    left=steps(2, 30, 1),
    batch=of(1, 2, 3, 4, 6, 8),
)
def longest(layers, heads, size, left, batch):
    token = memory.kv_cache_bytes(layers, 128 * heads, heads, heads, 1, 1, size)
    key = left * GIBI / (token * batch)
    mistakes = [
        (2 * key, "Keys and values are kept, both."),
        (key * layers, "Every layer keeps its own."),
    ]
    if batch > 1:
        mistakes.append((key * batch, "Each of the sequences has a cache of its own."))
    return numeric(
        key,
        mistakes=mistakes,
        hints=[
            "How many bytes does a token of one sequence take?",
            "Divide what is left by tokens' bytes and sequences.",
        ],
        steps=[
            f"A token: 2 × {layers} × {heads} × 128 × {size} = {told(token)} bytes.",
            f"{told(left)} × 2³⁰ / ({told(token)} × {batch}) = {told(key)} tokens.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Compute the cache of a model whose layers mostly slide over a window.",
    text="Of a model's {layers} layers, one in {every} sees all tokens and the others see the last {window}. A token takes {kilobytes} KiB a layer. How much does the cache of a sequence of {context} tokens take?",
    unit="GiB",
    within=(0.01, 60),
    layers=of(24, 36, 48, 60),
    every=of(2, 4, 6),
    window=of(512, 1024, 2048, 4096),
    kilobytes=of(1, 2, 4, 8),
    context=of(16384, 32768, 65536, 131072),
)
def sliding(layers, every, window, kilobytes, context):
    full = layers / every
    kept = full * context + (layers - full) * window
    key = kept * kilobytes * 1024 / GIBI
    return numeric(
        key,
        mistakes=[
            (layers * context * kilobytes * 1024 / GIBI, "Layers with a window keep no more than it."),
            (full * context * kilobytes * 1024 / GIBI, "The layers with a window keep something, too: the window."),
            (layers * window * kilobytes * 1024 / GIBI, "Some layers see all tokens, and keep them."),
        ],
        hints=["How many layers see everything?", "Add up the tokens that each layer keeps."],
        steps=[
            f"{told(full)} layers keep {told(context)} tokens, {told(layers - full)} keep {told(window)}: {told(kept)} together.",
            f"× {kilobytes} × 1,024 bytes = {told(key)} GiB.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Count what adapters of a rank take in training.",
    text="Each of {layers} layers has 4 matrices of {h} × {h}. Adapters of rank {rank} stand beside all of them, and take 16 bytes a parameter in training. How much is that?",
    unit="GiB",
    within=(0.005, 40),
    layers=of(24, 32, 40, 64, 80),
    h=of(2048, 4096, 5120, 8192),
    rank=of(8, 16, 32, 64, 128),
)
def adapters(layers, h, rank):
    params = 4 * layers * activations.adapter_params(h, h, rank)
    key = 16 * params / GIBI
    return numeric(
        key,
        mistakes=[
            (key / 2, "An adapter is two matrices: one in, one out."),
            (key / 8, "Two bytes a parameter are the weights alone; gradients and Adam's numbers come on top."),
            (key / layers, "Every layer has its own."),
        ],
        hints=[
            "An adapter of one matrix has rank × (inputs + outputs) parameters.",
            "Times matrices, layers and bytes.",
        ],
        steps=[
            f"One: {rank} × 2 × {told(h)} = {told(rank * 2 * h)}; all: × 4 × {layers} = {told(params)} parameters.",
            f"× 16 bytes = {told(key)} GiB.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Choose the format with most bits that still fits.",
    text="A model of {params} parameters is to fit into {left} GiB with a cache of {cache} GiB. Which of these formats is the largest that does?",
    params=of(7e9, 8e9, 14e9, 24e9, 27e9, 32e9, 70e9),
    left=of(11, 14, 22, 29, 44, 74),
    cache=of(0.5, 1, 2, 3),
)
def largest_format(params, left, cache):
    formats = (("16 bits", 16.0), ("8.5 bits", 8.5), ("6.6 bits", 6.6), ("4.8 bits", 4.8), ("3 bits", 3.0))
    needs = [memory.weight_bytes(params, bits / 8) / GIBI + cache for _, bits in formats]
    place = next((number for number, need in enumerate(needs) if need <= left), len(formats))
    options = [name for name, _ in formats] + ["none of these"]
    said = "; ".join([f"{formats[number][0]}: {told(needs[number])} GiB" for number in range(len(formats))])
    wrong = []
    for number, text in enumerate(options):
        if number < place:
            wrong.append((text, f"It takes {told(needs[number])} GiB, more than are left."))
        elif number > place:
            wrong.append((text, "A larger one fits."))
    return choose(
        options[place],
        wrong=wrong,
        hints=["Weights: parameters × bits / 8, in GiB.", "Begin with the largest, and add the cache."],
        steps=[
            f"Weights and cache: {told(params)} × bits / 8 / 2³⁰ + {told(cache)}, in GiB.",
            said + ".",
            f"Into {told(left)} GiB: {options[place]}.",
        ],
        clear=all(abs(need / left - 1) > 0.03 for need in needs),
    )


@chapter.exercise(
    level=3,
    teaches="Find the longest context where most layers have a window: divide what the windows leave.",
    text="Of a model's {layers} layers, one in {every} sees all tokens and the others see the last {window}. A token takes {kilobytes} KiB a layer. {left} GiB are left for the cache of one sequence. How many tokens may it have?",
    unit="token",
    within=(4000, 1e7),
    layers=of(24, 36, 48, 60),
    every=of(2, 4, 6),
    window=of(512, 1024, 2048),
    kilobytes=of(2, 4, 8),
    left=steps(2, 16, 1),
)
def longest_sliding(layers, every, window, kilobytes, left):
    full = layers / every
    tokens = left * GIBI / (kilobytes * 1024)
    windows = (layers - full) * window
    key = (tokens - windows) / full
    return numeric(
        key,
        mistakes=[
            (tokens / layers, "Beyond the window, layers that slide over it take no more."),
            (tokens / full, "The full windows of the others have to go in first."),
            (
                (tokens - windows) / layers,
                "What the windows leave is shared by the layers that see everything, not by all.",
            ),
        ],
        hints=["How much do the full windows take?", "Divide the rest by what a token takes beyond them."],
        steps=[
            f"{told(left)} GiB hold {told(tokens)} tokens of one layer; the windows take {told(windows)} of them.",
            f"The rest, {told(tokens - windows)}, over {told(full)} layers: {told(key)} tokens.",
        ],
        clear=key > 2 * window,
    )


@chapter.exercise(
    level=3,
    teaches="Rank what makes a model fit.",
    text="A model of {params} parameters in 8.5 bits serves {batch} sequences, whose caches take {each} GiB each. Order the plans by what a card has to hold, the least first.",
    params=of(14e9, 24e9, 32e9, 70e9),
    batch=steps(2, 20, 2),
    each=of(0.5, 1, 2, 3),
)
def helps(params, batch, each):
    weights = memory.weight_bytes(params, 8.5 / 8) / GIBI
    caches = batch * each
    items = [
        ("as it is", weights + caches),
        ("weights in 4.8 bits", weights * 4.8 / 8.5 + caches),
        ("caches in 8 bits instead of 16", weights + caches / 2),
        ("two cards that share weights and caches", (weights + caches) / 2),
    ]
    return order(
        items,
        hints=[
            "How much are the weights (parameters × 8.5 / 8 bytes, in GiB of 2³⁰ bytes), and how much the caches?",
            "Two cards halve both; the others save on one of them.",
        ],
        steps=[
            f"{items[place][0]}: {how} = {told(items[place][1])} GiB."
            for place, how in enumerate(
                (
                    f"{told(weights)} + {batch} × {told(each)}",
                    f"{told(weights)} × 4.8 / 8.5 + {told(caches)}",
                    f"{told(weights)} + {told(caches)} / 2",
                    f"({told(weights)} + {told(caches)}) / 2",
                )
            )
        ],
    )
