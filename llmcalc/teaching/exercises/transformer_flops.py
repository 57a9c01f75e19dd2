"""Exercises on the work of a transformer, from its shape."""

from ... import datasets
from ...formulas import training, transformer
from ...units import PETA, TERA
from ..draws import column, of, shares, steps
from ..telling import percent, told
from ..writing import Chapter, numeric, order

chapter = Chapter("transformer-flops")


@chapter.exercise(
    level=1,
    teaches="Count two FLOP for each weight and token of a matrix product.",
    text="A matrix of {rows} × {columns} weights multiplies the vectors of {tokens} tokens. How many FLOP is that?",
    unit="FLOP",
    within=(1e9, 1e16),
    rows=of(2048, 4096, 5120, 8192, 12288),
    columns=of(2048, 4096, 11008, 13824, 28672, 32000),
    tokens=of(1024, 2048, 4096, 8192),
)
def product(rows, columns, tokens):
    key = transformer.logits_flop(1, tokens, rows, columns)
    return numeric(
        key,
        mistakes=[
            (key / 2, "Each weight takes a multiplication and an addition: a MAC is two FLOP."),
            (3 * key, "That is a whole training step; one product forward is asked for."),
            (2 * rows * columns, "That is the work of one token."),
        ],
        hints=["How many weights has the matrix?", "Each weight does a multiplication and an addition for each token."],
        steps=[f"2 × {told(rows)} × {told(columns)} × {told(tokens)} = {told(key)} FLOP."],
    )


@chapter.exercise(
    level=1,
    teaches="Say what backward and recomputation add to the way forward.",
    text="The layers of a model take {forward} PFLOP to go forward through a batch. How much does an iteration of training "
    "take, if all layers are recomputed on the way back?",
    unit="PFLOP",
    within=(10, 1e5),
    forward=steps(5, 900, 5),
)
def iteration(forward):
    flop = training.train_flop(1, forward / 2 * PETA, 8.0)
    key = flop / PETA
    return numeric(
        key,
        mistakes=[
            (3 * forward, "That is without recomputation: forward, and twice as much backward."),
            (2 * forward, "The way back takes twice the way forward, and comes on top of it."),
            (5 * forward, "Recomputing repeats the way forward once."),
        ],
        hints=["The way back takes twice the work of the way forward.", "Recomputing repeats the way forward."],
        steps=[f"Forward 1, backward 2, recomputed 1: 4 × {told(forward)} = {told(key)} PFLOP."],
    )


@chapter.exercise(
    level=1,
    teaches="Estimate when attention's scores matter: sequence length against six times the width.",
    text="A layer of GPT's shape has a hidden size $h$ of {h}; sequences have $s$ = {s} tokens. How much work do attention's scores take beside that of the "
    "layer's weights?",
    unit="%",
    within=(0.5, 300),
    h=of(2048, 4096, 5120, 8192, 12288),
    s=of(1024, 2048, 4096, 8192, 16384, 32768),
)
def scores(h, s):
    key = 100 * transformer.score_term(s, h)
    return numeric(
        key,
        mistakes=[
            (100 * h / (6 * s), "The scores grow with the length of the sequence: $s$ is in the numerator."),
            (100 * s / h, "The weights of a layer are $12 h²$, so that a 6 is left below."),
            (key / 2, "Two products make the scores: queries by keys, and scores by values."),
        ],
        hints=["The weights take $24 h²$ FLOP a token, the scores $4 h s$.", "Divide the two."],
        steps=[f"$4 h s / 24 h² = s / (6 h)$ = {told(s)} / (6 × {told(h)}) = {told(key)} %."],
    )


@chapter.exercise(
    level=2,
    teaches="Count the weights of attention with grouped heads.",
    text="A layer has a hidden size of {h}, {heads} query heads and {groups} heads of keys and values. How many weights has its attention?",
    unit="weight",
    within=(1e6, 1e10),
    h=of(4096, 5120, 8192, 16384),
    heads=of(32, 64, 128),
    groups=of(4, 8, 16),
)
def attention(h, heads, groups):
    key = transformer.attention_weights(h, heads, groups)
    return numeric(
        key,
        mistakes=[
            (4 * h * h, "That is with as many key and value heads as query heads; here they are shared."),
            (3 * h * h, "The matrix that mixes the heads at the end is missing, and keys and values are narrower."),
            (key - h * h, "The output matrix, which mixes the heads, is missing."),
        ],
        hints=[
            "With a hidden size $h$ queries and output take $h²$ weights each.",
            "Keys and values have groups/heads of that width.",
        ],
        steps=[
            f"Queries and output: 2 × {told(h)}² = {told(2 * h * h)}.",
            f"Keys and values: 2 × {told(h)}² × {groups}/{heads} = {told(2 * h * h * groups / heads)}.",
            f"Together {told(key)} weights.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Count the weights of a gated MLP.",
    text="A layer has a hidden size of {h} and a gated MLP of width {m}. How many weights has the MLP?",
    unit="weight",
    within=(1e6, 1e10),
    h=of(2048, 3072, 4096, 5120, 8192),
    m=of(8192, 11008, 13824, 14336, 28672),
)
def gated(h, m):
    key = transformer.mlp_weights(h, m, 3)
    return numeric(
        key,
        mistakes=[
            (2 * h * m, "A gated MLP has three matrices; two are GPT's."),
            (8 * h * h, "That is GPT's MLP, two matrices four times as wide as the model."),
            (3 * m * m, "Each matrix leads from the hidden size $h$ to the width $m$ or back: $h × m$."),
        ],
        hints=[
            "A gated MLP has three matrices.",
            "Each has $h × m$ weights, with the hidden size $h$ and the width $m$.",
        ],
        steps=[f"3 × {told(h)} × {told(m)} = {told(key)} weights."],
    )


@chapter.exercise(
    level=2,
    teaches="Compute the parameters of a model's layers from its shape.",
    text="A model of GPT's shape, with an MLP of two matrices four times as wide as the model, has {layers} layers and a hidden size of {h}. How many weights have the matrices of its layers?",
    unit="weight",
    within=(1e7, 1e13),
    layers=of(12, 24, 32, 48, 64, 96),
    h=of(768, 1024, 2048, 4096, 5120, 6144, 12288),
)
def of_layers(layers, h):
    key = layers * (transformer.attention_weights(h, 1, 1) + transformer.mlp_weights(h, 4 * h))
    return numeric(
        key,
        mistakes=[
            (key * 8 / 12, "Attention's four matrices are missing: $4 h²$ beside the $8 h²$ of the MLP."),
            (key / 3, "The MLP is missing: $8 h²$ beside the $4 h²$ of attention."),
            (key / layers, "That is one layer."),
        ],
        hints=[
            "With a hidden size $h$ attention has four matrices of $h × h$.",
            "The MLP has two of $h × 4 h$: $12 h²$ in a layer.",
        ],
        steps=[f"12 × {told(h)}² = {told(12 * h * h)} in a layer, × {layers} layers = {told(key)} weights."],
    )


@chapter.exercise(
    level=2,
    teaches="Compute the work of an iteration from the shape, scores and logits included.",
    text="{model} has {layers} layers, hidden size {h}, {heads} query heads, {groups} key and value heads, an MLP of {matrices} matrices of width {m}, and a vocabulary of {v}. How many FLOP does an iteration on one sequence of {s} tokens take, without "
    "recomputation?",
    unit="FLOP",
    within=(1e11, 1e20),
    model=column("transformer-shapes", "model"),
    s=of(1024, 2048, 4096),
)
def whole(model, s):
    row = datasets.record("transformer-shapes", "model", model)
    h, layers, v = row["hidden_size"], row["layers"], row["vocabulary_size"]
    shape = (row["heads"], row["kv_heads"], row["mlp_size"], row["mlp_matrices"])
    key = transformer.iteration_flop(1, s, layers, h, *shape, v)
    forward = key / 3
    return numeric(
        key,
        mistakes=[
            (forward, "That is the way forward alone; the way back takes twice as much again."),
            (key / 2, "A multiply-accumulate is two FLOP."),
            (
                transformer.iteration_flop(1, s, layers, h, *shape, v, layers),
                "That is with every layer recomputed.",
            ),
        ],
        hints=[
            "Forward, a layer takes 2 FLOP a weight and token, and $4 s h$ a token for the scores, with $s$ tokens and the hidden size $h$.",
            "The logits take $2 h V$ a token, with a vocabulary of $V$. Then all times three.",
        ],
        steps=[
            f"A layer: {told(transformer.layer_flop(1, s, h, *shape))} FLOP, × {layers} layers.",
            f"Logits: {told(transformer.logits_flop(1, s, h, v))} FLOP.",
            f"Three times {told(forward)}: {told(key)} FLOP.",
        ],
        given={
            "layers": layers,
            "h": h,
            "heads": row["heads"],
            "groups": row["kv_heads"],
            "m": row["mlp_size"],
            "matrices": row["mlp_matrices"],
            "v": v,
        },
    )


@chapter.exercise(
    level=3,
    teaches="Find the utilisation of a measured iteration, and compare like with like.",
    text="An iteration of {flop} PFLOP, recomputation not counted, takes {seconds} s on {count} devices of {peak} TFLOP/s. All layers are recomputed, which adds a "
    "third. A competitor reports its hardware utilisation. Which of your numbers may stand beside it?",
    unit="%",
    within=(15, 95),
    flop=steps(500, 4000, 50),
    seconds=steps(10, 40, 1),
    count=of(128, 256, 512),
    peak=of(312, 989),
)
def like(flop, seconds, count, peak):
    mfu = training.implied_mfu(flop * PETA, seconds, count, peak * TERA)
    key = 100 * training.implied_mfu(4 / 3 * flop * PETA, seconds, count, peak * TERA)
    return numeric(
        key,
        mistakes=[
            (100 * mfu, "That is your model utilisation; theirs counts the work that is done twice."),
            (100 * mfu * 3 / 4, "Recomputation makes the hardware busier: multiply by 4/3."),
            (key / 2, "That is with the sparse peak."),
        ],
        hints=[
            "Hardware utilisation counts what is recomputed.",
            "Work done: 4/3 of the work that counts as progress.",
        ],
        steps=[
            f"Model utilisation: {told(flop)} PFLOP / ({told(count)} × {told(peak)} TFLOP/s × {seconds} s) = {percent(mfu)}.",
            f"Hardware utilisation: 4/3 of it, {told(key)} %.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Predict what longer sequences cost at the same number of tokens.",
    text="A model of GPT's shape with a hidden size of {h} is trained on sequences of {s} tokens. With {times} times as long sequences, and the same number of tokens, by how much does the work of its layers grow?",
    unit="%",
    within=(1, 1000),
    h=of(4096, 5120, 8192, 12288),
    s=of(2048, 4096, 8192),
    times=of(2, 4, 8, 16),
)
def longer(h, s, times):
    before, after = transformer.score_term(s, h), transformer.score_term(times * s, h)
    key = 100 * (after - before) / (1 + before)
    return numeric(
        key,
        mistakes=[
            (100 * (times - 1), "Only the scores grow; the work of the weights depends on the tokens alone."),
            (100 * (times**2 - 1), "For a token the scores grow with the length, not with its square."),
            (100 * (after - before) / before, "That is how the scores grow, not the whole layer."),
        ],
        hints=[
            "With $s$ tokens and a hidden size $h$ scores take $s / (6 h)$ of the work of the weights.",
            "By how much is $1 + s / (6 h)$ larger for the longer $s$ than for the shorter?",
        ],
        steps=[
            f"Before: 1 + {told(s)} / (6 × {told(h)}) = {told(1 + before)}; after: 1 + {told(times * s)} / (6 × {told(h)}) = {told(1 + after)}.",
            f"({told(1 + after)} − {told(1 + before)}) / {told(1 + before)}: the work grows by {told(key)} %.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Rank designs by the work of a token.",
    text="Order these layers by the FLOP that their weights take for a token, the fewest first. The hidden size is {h}.",
    h=of(2048, 4096, 5120, 8192),
    narrow=shares(0.5, 0.8, 0.05),
)
def designs(h, narrow):
    def flop(kv_share, m, matrices, size=h):
        return 2 * (transformer.attention_weights(size, 64, 64 * kv_share) + transformer.mlp_weights(size, m, matrices))

    items = [
        ("GPT's: all heads have their own keys, an MLP of two matrices four times as wide", flop(1, 4 * h, 2)),
        ("the same, with 8 query heads sharing their keys and values", flop(1 / 8, 4 * h, 2)),
        ("a gated MLP of three matrices four times as wide, heads as in GPT", flop(1, 4 * h, 3)),
        (f"GPT's with {percent(narrow)} of the hidden size throughout", flop(1, 4 * narrow * h, 2, narrow * h)),
    ]
    return order(
        items,
        hints=[
            "With a hidden size $h$ attention has $2 h²$ weights, and $2 h²$ × heads of keys / query heads. An MLP has matrices × $h$ × width.",
            "Count in $h²$: every layer is some times that, and each weight takes two FLOP.",
        ],
        steps=[
            f"{items[place][0]}: {how} = {told(items[place][1])} FLOP."
            for place, how in enumerate(
                (
                    f"2 × (4 + 8) × {told(h)}²",
                    f"2 × (2 + 2 / 8 + 8) × {told(h)}²",
                    f"2 × (4 + 12) × {told(h)}²",
                    f"2 × (4 + 8) × ({told(narrow)} × {told(h)})²",
                )
            )
        ],
    )
