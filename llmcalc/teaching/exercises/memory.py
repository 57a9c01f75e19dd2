"""Exercises on memory: weights, caches, training states, and what fits."""

from ... import datasets
from ...formulas import memory
from ...units import GIBI, GIGA, MEBI
from ..draws import column, of, shares, steps
from ..telling import percent, told
from ..writing import Chapter, choose, numeric, order

chapter = Chapter("memory")


def shape_of(model):
    """What the text tells of a model's shape."""
    row = datasets.record("transformer-shapes", "model", model)
    return row["layers"], row["hidden_size"], row["heads"], row["kv_heads"]


@chapter.exercise(
    level=1,
    teaches="Compute the memory of weights from their number and their bits.",
    text="How much memory do {params} parameters take at {bits} bits each? Answer in GiB.",
    unit="GiB",
    within=(1, 2000),
    params=of(7e9, 8e9, 13e9, 14e9, 30e9, 32e9, 65e9, 70e9, 180e9, 405e9),
    bits=of(4, 8, 16, 32),
)
def weights(params, bits):
    size = memory.weight_bytes(params, bits / 8)
    key = size / GIBI
    return numeric(
        key,
        mistakes=[
            (size / GIGA, "That is in GB, of 10⁹ bytes; a GiB has 2³⁰, 7 % more."),
            (8 * key, "Those are gibibits: a byte has 8 bits."),
        ],
        hints=["A byte has 8 bits.", "A GiB has 2³⁰ bytes."],
        steps=[f"{told(params)} × {bits} / 8 = {told(size)} bytes.", f"/ 2³⁰ = {told(key)} GiB."],
    )


@chapter.exercise(
    level=1,
    teaches="Tell GB from GiB on a card's label.",
    text="A driver shows {shown} MiB of memory. How many GB is that, of 10⁹ bytes?",
    unit="GB",
    tolerance=0.01,
    within=(4, 400),
    shown=steps(8192, 196608, 1024),
)
def label(shown):
    key = shown * MEBI / GIGA
    return numeric(
        key,
        mistakes=[
            (shown / 1000, "A MiB is not a thousandth of a GB: it has 2²⁰ bytes."),
            (shown * MEBI / GIBI, "That is in GiB, of 2³⁰ bytes."),
        ],
        hints=["A MiB has 2²⁰ bytes.", "Multiply, and divide by 10⁹."],
        steps=[f"{told(shown)} × 2²⁰ = {told(shown * MEBI)} bytes = {told(key)} GB."],
    )


@chapter.exercise(
    level=1,
    teaches="Say what training keeps of each parameter in mixed precision with Adam.",
    text="In mixed precision with Adam, each parameter has 2 bytes of weight, 2 of gradient and 12 of optimiser state. How much is that for {params} parameters?",
    unit="GB",
    within=(1, 1e5),
    params=steps(0.5e9, 80e9, 0.5e9),
)
def states(params):
    key = memory.training_state_bytes(params) / GIGA
    return numeric(
        key,
        mistakes=[
            (2 * params / GIGA, "That holds the weights alone, which is enough for serving, not for training."),
            (12 * params / GIGA, "Weights and gradients come on top of the optimiser's state."),
            (4 * params / GIGA, "The optimiser's state is missing: 12 bytes a parameter."),
        ],
        hints=["Add up the bytes of a parameter.", "16 bytes, times the parameters."],
        steps=[f"2 + 2 + 12 = 16 bytes; 16 × {told(params)} = {told(key)} GB."],
    )


@chapter.exercise(
    level=2,
    teaches="Compute a KV cache from the shape of a model.",
    text="{model} has {layers} layers, hidden size {h}, {heads} query heads and {groups} heads of keys and values. How much memory do the keys and values of {batch} sequences of "
    "{context} tokens take, at two bytes each?",
    unit="GiB",
    within=(0.1, 5000),
    model=column("transformer-shapes", "model", leave_out=("GPT-1", "GPT-2 XL")),
    context=of(2048, 4096, 8192, 16384, 32768),
    batch=steps(1, 32, 1),
)
def cache(model, context, batch):
    layers, h, heads, groups = shape_of(model)
    key = memory.kv_cache_bytes(layers, h, heads, groups, context, batch) / GIBI
    mistakes = [
        (key / 2, "Keys and values are two lists of numbers: count both."),
        (key / layers, "Every layer has a cache of its own."),
        (key * 8, "Those are bits: the numbers have two bytes."),
    ]
    if heads != groups:
        mistakes.append((key * heads / groups, "The query heads share keys and values: count the heads that are kept."))
    return numeric(
        key,
        mistakes=mistakes,
        hints=[
            "A head has hidden size / query heads numbers.",
            "2 × layers × heads of keys and values × head size × tokens × bytes.",
        ],
        steps=[
            f"A token: 2 × {layers} × {groups} × {told(h / heads)} × 2 bytes = {told(key * GIBI / context / batch)} bytes.",
            f"× {told(context)} × {batch} = {told(key)} GiB.",
        ],
        given={"layers": layers, "h": h, "heads": heads, "groups": groups},
    )


@chapter.exercise(
    level=2,
    teaches="Find the largest batch that fits beside the weights.",
    text="A card has {card} GiB. Weights and overhead take {fixed} GiB, and each sequence {each} GiB. How many sequences fit?",
    unit="sequence",
    tolerance=0,
    within=(2, 400),
    card=of(24, 32, 48, 64, 80),
    fixed=steps(4, 40, 0.5),
    each=steps(0.2, 2, 0.1),
)
def batch(card, fixed, each):
    room = (card - fixed) / each
    key = memory.largest_batch(card * GIBI, fixed * GIBI, each * GIBI) if fixed < card else 0
    return numeric(
        key,
        mistakes=[
            (key + 1, "You rounded up: the last sequence does not fit."),
            (card / each // 1, "The weights take room, too."),
        ],
        hints=["What is left beside the weights?", "Divide by the memory of a sequence, and round down."],
        steps=[
            f"{told(card)} − {told(fixed)} = {told(card - fixed)} GiB are left.",
            f"{told(card - fixed)} / {told(each)} = {told(room)}, rounded down: {told(key)} sequences.",
        ],
        clear=0.05 < room % 1 < 0.95,
    )


@chapter.exercise(
    level=2,
    teaches="Say what each stage of ZeRO leaves on a device.",
    text="{params} parameters are trained with Adam in mixed precision (2 + 2 + 12 bytes) on {devices} data-parallel devices with ZeRO stage {stage}. How much of weights, gradients and optimiser state does a device hold?",
    unit="GB",
    within=(0.5, 500),
    params=of(7e9, 8e9, 13e9, 20e9, 30e9, 70e9),
    devices=of(8, 16, 32, 64),
    stage=of(1, 2, 3),
)
def zero(params, devices, stage):
    def held(last):
        return (
            memory.training_state_bytes(
                params,
                weight_shards=devices if last >= 3 else 1,
                gradient_shards=devices if last >= 2 else 1,
                optimiser_shards=devices if last >= 1 else 1,
            )
            / GIGA
        )

    said = {
        0: "That shares nothing.",
        1: "Stage 1 shares the optimiser's state alone.",
        2: "Stage 2 shares the optimiser's state and the gradients.",
        3: "Stage 3 shares all three, the weights included.",
    }
    key = held(stage)
    return numeric(
        key,
        mistakes=[(held(other), said[other]) for other in range(4) if other != stage],
        hints=[
            "Stage 1 shares the optimiser's state, stage 2 the gradients as well, stage 3 also the weights.",
            "What is shared is divided by the devices.",
        ],
        steps=[
            said[stage],
            f"{told(params)} × ({'2' if stage < 3 else '2/' + str(devices)} + {'2' if stage < 2 else '2/' + str(devices)} + 12/{devices}) bytes = {told(key)} GB.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Compute the activations that layers keep for the way back.",
    text="{layers} layers of GPT's shape, with a hidden size $h$ of {h} and $a$ = {heads} heads, keep $s h (34 + 5 a s / h)$ bytes each of a sequence of $s$ tokens. How much do they keep of one sequence of {s} tokens?",
    unit="GiB",
    within=(0.5, 5000),
    layers=of(24, 32, 48, 96),
    h=of(2048, 4096, 6144, 12288),
    heads=of(16, 32, 64, 96),
    s=of(1024, 2048, 4096),
)
def activations(layers, h, heads, s):
    key = memory.activation_bytes(layers, h, heads, s) / GIBI
    scores = 5 * heads * s * s * layers / GIBI
    return numeric(
        key,
        mistakes=[
            (key - scores, "The scores are missing: $5 a s²$ bytes a layer."),
            (scores, "Those are the scores alone; the $34 s h$ bytes come on top."),
            (key / layers, "That is one layer."),
        ],
        hints=["Put the numbers into the formula for one layer.", "Times the layers; a GiB has 2³⁰ bytes."],
        steps=[
            f"A layer: {told(s)} × {told(h)} × (34 + 5 × {heads} × {told(s)} / {told(h)}) = {told(key * GIBI / layers)} bytes.",
            f"× {layers} = {told(key)} GiB.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Choose the smallest card on which a model can be served.",
    text="A model of {params} parameters at {bits} bits is to serve {batch} sequences at once; a sequence's cache takes {each} GiB, the program 1 GiB. Which is the smallest card that suffices?",
    params=of(7e9, 8e9, 13e9, 14e9, 32e9, 34e9, 70e9),
    bits=of(4, 8, 16),
    batch=steps(1, 16, 1),
    each=of(0.25, 0.5, 1, 1.5, 2),
)
def card(params, bits, batch, each):
    need = memory.weight_bytes(params, bits / 8) / GIBI + batch * each + 1
    sizes = (16, 24, 48, 80)
    place = next((number for number, size in enumerate(sizes) if need <= size), 4)
    options = [f"a card of {size} GiB" for size in sizes] + ["none of these: it takes two or more cards"]
    small = f"That is too small: weights, caches and program take {told(need)} GiB."
    large = "A smaller one suffices: add up weights, caches and program."
    said = f"Weights: {told(params)} × {bits} / 8 / 2³⁰ = {told(memory.weight_bytes(params, bits / 8) / GIBI)} GiB; caches: {batch} × {told(each)} = {told(batch * each)} GiB; with the program's 1 GiB: {told(need)} GiB."
    return choose(
        options[place],
        wrong=[(options[other], small if other < place else large) for other in range(5) if other != place],
        hints=["Weights: parameters × bits / 8, in GiB.", "Add the caches and the program."],
        steps=[said, "It takes " + options[place] + "." if place < 4 else "So: " + options[4] + "."],
        clear=all(abs(need / size - 1) > 0.03 for size in sizes),
    )


@chapter.exercise(
    level=3,
    teaches="Find the context at which the cache outgrows the weights.",
    text="{model} has {layers} layers, hidden size {h}, {heads} query heads and {groups} heads of keys and values, and {params} parameters of {bits} bits. From how many tokens on does the cache of one "
    "sequence, at two bytes a number, take more than the weights?",
    unit="token",
    within=(1000, 1e7),
    model=column("transformer-shapes", "model", leave_out=("GPT-1", "GPT-2 XL")),
    bits=of(4, 8, 16),
)
def outgrows(model, bits):
    layers, h, heads, groups = shape_of(model)
    params = datasets.record("transformer-shapes", "model", model)["published_params"]
    token = memory.kv_cache_bytes(layers, h, heads, groups, 1)
    key = memory.weight_bytes(params, bits / 8) / token
    mistakes = [
        (2 * key, "Keys and values are both kept: 2 numbers a head and position."),
        (8 * key, "Bits and bytes: the weights have bits, the cache two bytes a number."),
    ]
    if heads != groups:
        mistakes.append((key * groups / heads, "The query heads share keys and values, so a token takes less."))
    return numeric(
        key,
        mistakes=mistakes,
        hints=["How many bytes does a token take?", "Divide the bytes of the weights by that."],
        steps=[
            f"A token: 2 × {layers} × {groups} × {told(h / heads)} × 2 bytes = {told(token)} bytes.",
            f"Weights: {told(params)} × {bits} / 8 = {told(params * bits / 8)} bytes.",
            f"{told(params * bits / 8)} / {told(token)}: from {told(key)} tokens on.",
        ],
        given={"layers": layers, "h": h, "heads": heads, "groups": groups, "params": params},
    )


@chapter.exercise(
    level=3,
    teaches="Rank what saves memory in serving.",
    text="A service of {params} parameters in 16 bits keeps {batch} sequences, whose caches take {each} GiB each with a key head for each query head. Order the plans by their memory, the least first.",
    params=of(13e9, 30e9, 65e9),
    batch=steps(8, 40, 4),
    each=of(0.8, 1.5, 3, 5),
    shorter=shares(0.4, 0.7, 0.05),
)
def savings(params, batch, each, shorter):
    full = memory.weight_bytes(params, 2) / GIBI
    items = [
        ("as it is", full + batch * each),
        ("weights in 4 bits", full / 4 + batch * each),
        ("grouped queries: 8 heads share one key head", full + batch * each / 8),
        (f"texts cut to {percent(shorter)} of their length", full + batch * each * shorter),
    ]
    return order(
        items,
        hints=[
            "How much are the weights (parameters × 2 bytes, in GiB of 2³⁰ bytes), and how much the caches?",
            "Four bits take a quarter of the weights; grouping takes an eighth of the caches.",
        ],
        steps=[
            f"{items[place][0]}: {how} = {told(items[place][1])} GiB."
            for place, how in enumerate(
                (
                    f"{told(full)} + {batch} × {told(each)}",
                    f"{told(full)} / 4 + {batch} × {told(each)}",
                    f"{told(full)} + {batch} × {told(each)} / 8",
                    f"{told(full)} + {batch} × {told(each)} × {percent(shorter)}",
                )
            )
        ],
    )
