"""Exercises on data: tokens in a text, tokens for a model, and what scaling laws advise."""

from ... import datasets
from ...formulas import scaling, training
from ..draws import of, shares, steps
from ..telling import told
from ..writing import Chapter, choose, numeric, order

chapter = Chapter("how-much-data")


@chapter.exercise(
    level=1,
    teaches="Apply the rule of 20 tokens a parameter.",
    text="By the rule of thumb, on how many tokens is a model of {params} parameters trained compute-optimally?",
    unit="token",
    within=(1e9, 1e15),
    params=steps(1e9, 200e9, 1e9),
)
def rule(params):
    key = scaling.optimal_tokens(params)
    return numeric(
        key,
        mistakes=[
            (params / 20, "Tokens are more than parameters: multiply."),
            (params, "One token a parameter is far too few."),
            (2 * params, "GPT-3 had about 2 tokens a parameter; the rule is 20."),
        ],
        hints=["About how many tokens does each parameter want?", "The rule of thumb says 20 for each parameter."],
        steps=[f"20 × {told(params)} = {told(key)} tokens."],
    )


@chapter.exercise(
    level=1,
    teaches="Turn a size of English text into tokens.",
    text="How many tokens are {size} GB of English text, of one byte a character and {characters} characters a token?",
    unit="token",
    within=(1e8, 1e13),
    size=steps(10, 1000, 10),
    characters=of(3.5, 4, 4.5, 5),
)
def english(size, characters):
    key = scaling.corpus_tokens(size * 1e9, 1, characters)
    return numeric(
        key,
        mistakes=[
            (size * 1e9, "Those are the characters: a token has several."),
            (size * 1e9 * characters, "A token has several characters, so there are fewer tokens than characters."),
            (key / 8, "A character of one byte has its 8 bits already."),
        ],
        hints=["How many characters is that?", "Divide by the characters of a token."],
        steps=[f"{told(size * 1e9)} bytes / 1 / {told(characters)} = {told(key)} tokens."],
    )


@chapter.exercise(
    level=1,
    teaches="Mind the encoding: a Chinese character is two or three bytes.",
    text="A corpus is {size} GB of Chinese in UTF-8, where a character takes three bytes (characters a token: {characters}). How many tokens is that?",
    unit="token",
    within=(1e9, 1e13),
    size=steps(50, 5000, 50),
    characters=of(1, 1.25, 1.5, 1.75),
)
def chinese(size, characters):
    key = scaling.corpus_tokens(size * 1e9, 3, characters)
    return numeric(
        key,
        mistakes=[
            (key * 3, "A Chinese character takes three bytes in UTF-8."),
            (key * 3 / 2, "Two bytes are GBK's; in UTF-8 a Chinese character takes three."),
            (
                key * characters**2 if characters > 1 else key / 2,
                "Divide by the characters of a token: fewer tokens than characters.",
            ),
        ],
        hints=["First the characters: bytes / 3.", "Then the tokens: characters / characters a token."],
        steps=[
            f"{told(size * 1e9)} bytes / 3 = {told(size * 1e9 / 3)} characters.",
            f"/ {told(characters)} = {told(key)} tokens.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Find the size of the model that a budget of compute trains best, by the rule of 20.",
    text="A budget of {days} petaFLOP/s-days is to train a model on 20 tokens a parameter. How many parameters can it have?",
    unit="parameter",
    within=(1e8, 1e13),
    days=of(10, 20, 50, 100, 200, 500, 1000, 2000, 3640, 5000, 10000, 50000),
    more=of(1, 1.5, 2.5, 4),
)
def budget(days, more):
    days *= more
    flop = days * 8.64e19
    key = scaling.optimal_params(flop)
    return numeric(
        key,
        mistakes=[
            (flop / 120, "$C = 6 N × 20 N$ grows with the square of $N$: take the root."),
            ((flop / 6) ** 0.5, "The 20 tokens a parameter are missing: $C = 120 N²$."),
            ((flop / 40) ** 0.5, "Training takes six FLOP per parameter and token, not two."),
        ],
        hints=[
            "$C = 6 N D$ with $D = 20 N$, for $N$ parameters and $D$ tokens.",
            "So $C = 120 N²$; a petaFLOP/s-day is 8.64 × 10¹⁹ FLOP.",
        ],
        steps=[
            f"$C$ = {told(days)} × 8.64 × 10¹⁹ = {told(flop)} FLOP.",
            f"$N = √(C / 120)$ = √({told(flop)} / 120) = {told(key)} parameters.",
        ],
        given={"days": days},
    )


@chapter.exercise(
    level=2,
    teaches="Say how much text a training needs on disk.",
    text="A model of {params} parameters is to see 20 tokens a parameter, each once. How much text is that (characters a token: {characters}; bytes a character: {size})?",
    unit="GB",
    within=(10, 1e6),
    params=of(1e9, 3e9, 7e9, 13e9, 34e9, 70e9),
    characters=of(1.5, 2, 3, 4, 4.5),
    size=of(1, 2, 3),
)
def on_disk(params, characters, size):
    tokens = scaling.optimal_tokens(params)
    key = scaling.corpus_size(tokens, size, characters) / 1e9
    return numeric(
        key,
        mistakes=[
            (tokens * size / 1e9, "A token has several characters."),
            (tokens / characters * size / 1e9, "More characters a token are more text for as many tokens: multiply."),
            (key / 20, "The 20 tokens a parameter are missing."),
        ],
        hints=["First the tokens, 20 for each parameter.", "Tokens × characters a token × bytes a character."],
        steps=[
            f"20 × {told(params)} = {told(tokens)} tokens.",
            f"× {told(characters)} × {size} byte = {told(key)} GB.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Use a scaling law: how the best model grows with compute.",
    text="By the law of Kaplan et al. the loss falls with the parameters $N$ as $N^-a$ and with the tokens $D$ as $D^-b$, $a$ = {a} and $b$ = {b}. "
    "The best model balances the two. How many times as large is it for {times} times the compute?",
    unit="1",
    within=(1.2, 1000),
    times=of(2, 3, 4, 5, 8, 10, 20, 50, 100, 200, 500, 1000),
    a=of(0.07, 0.076, 0.08),
    b=of(0.095, 0.103, 0.11),
)
def grows(times, a, b):
    key = scaling.kaplan_loss_params(times * 1e21, params_exponent=a, tokens_exponent=b) / scaling.kaplan_loss_params(
        1e21, params_exponent=a, tokens_exponent=b
    )
    return numeric(
        key,
        mistakes=[
            (times, "The compute is split between the model and its data: neither takes all of it."),
            (times / key, "That is how the data grow."),
            (times**b, "The exponent of the best size is $b / (a + b)$, with both exponents."),
        ],
        hints=[
            "With $C = 6 N D$ the two terms are $N^-a$ and $(C/N)^-b$. They stay in balance if they fall alike.",
            "The best $N$ grows as $C^(b/(a + b))$.",
        ],
        steps=[
            f"$b / (a + b)$ = {told(b)} / {told(a + b)} = {told(b / (a + b))}.",
            f"${times}^{told(b / (a + b))}$ = {told(key)} times.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Count the epochs that a corpus must be read.",
    text="A corpus of {size} GB of English, at 4 bytes a token, is to train a model of {params} parameters on {ratio} tokens a parameter. How many epochs is that?",
    unit="epoch",
    within=(0.05, 200),
    size=steps(100, 3000, 100),
    params=of(1e9, 3e9, 7e9, 13e9, 30e9),
    ratio=of(20, 50, 100, 200),
)
def epochs(size, params, ratio):
    corpus = scaling.corpus_tokens(size * 1e9, 1, 4)
    key = scaling.optimal_tokens(params, ratio) / corpus
    return numeric(
        key,
        mistakes=[
            (1 / key, "That is the other way round: the corpus over what is needed."),
            (key / 4, "The corpus has fewer tokens than bytes: a token is 4 bytes."),
            (key / ratio, "The tokens a parameter are missing."),
        ],
        hints=["How many tokens has the corpus?", "How many does the training read? Divide."],
        steps=[
            f"Corpus: {told(size * 1e9)} bytes / 4 = {told(corpus)} tokens.",
            f"Read: {ratio} × {told(params)} = {told(ratio * params)} tokens, {told(key)} epochs.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Say whether a model has too many parameters or too few for its compute and its use.",
    text="A model of {params} parameters was trained on {tokens} tokens, and is to answer millions of questions a day. What would you have done with the same compute?",
    params=of(8e9, 13e9, 70e9, 175e9, 260e9),
    tokens=of(180e9, 300e9, 1400e9, 2000e9, 15000e9),
)
def use(params, tokens):
    ratio = training.tokens_per_param(tokens, params)
    said = f"It saw {told(ratio, 3)} tokens a parameter, against about 20."
    options = (
        "A smaller model on more tokens: better, and cheaper to serve",
        "Nothing else if only training counts; somewhat smaller, because it is served a lot",
        "The same: it is smaller than training alone would have it, which serving pays back",
    )
    place = 0 if ratio < 12 else 1 if ratio < 35 else 2
    holds_for = ("far fewer than 20", "about 20", "far more than 20")
    return choose(
        options[place],
        wrong=[
            (options[other], f"That is for {holds_for[other]} tokens a parameter; it saw {told(ratio, 3)}.")
            for other in range(3)
            if other != place
        ],
        hints=[
            "How many tokens a parameter did it see?",
            "Below 20 it is too large for its data; far above, small for cheap serving.",
        ],
        steps=[said, options[place] + "."],
    )


@chapter.exercise(
    level=3,
    teaches="Compare what the same compute gives by a law: the loss of two splits.",
    text="By the replication of Chinchilla's law a model of $N$ parameters has a loss of $L = {e} + {a}/N^{x} + {b}/D^{y}$ after $D$ tokens. Which of these splits of {flop} FLOP has the lowest loss?",
    flop=of(1e21, 3e21, 1e22, 3e22, 1e23, 3e23, 1e24),
    first=of(2, 3, 15, 25),
    second=of(5, 60, 100),
    third=of(12, 200, 400),
)
def splits(flop, first, second, third):
    rows = datasets.records("scaling-law-constants")
    constants = {row["constant"]: row["value"] for row in rows if row["law"] == "replication"}
    found = []
    for ratio in (first, second, third):
        size = scaling.optimal_params(flop, ratio)
        found.append((ratio, size, scaling.chinchilla_loss(size, ratio * size, **constants)))
    losses = sorted([loss for _, _, loss in found])
    best = next(place for place in range(3) if found[place][2] == losses[0])
    texts = [f"{told(size, 3)} parameters, {ratio} tokens for each of them" for ratio, size, _ in found]
    lines = [f"{texts[place]}: a loss of {told(found[place][2])}." for place in range(3)]
    return choose(
        texts[best],
        wrong=[(texts[place], lines[place] + " Another is lower.") for place in range(3) if place != best],
        hints=[
            "Put $N$ and $D$ into the law: the tokens are so many times the parameters.",
            "Neither term should be much larger than the other.",
        ],
        steps=lines + [f"The lowest: {texts[best]}."],
        given={
            "e": constants["irreducible_loss"],
            "a": constants["params_coefficient"],
            "x": constants["params_exponent"],
            "b": constants["tokens_coefficient"],
            "y": constants["tokens_exponent"],
        },
        clear=losses[1] - losses[0] > 0.004,
    )


@chapter.exercise(
    level=3,
    teaches="Rank trainings by how fully the model was trained.",
    text="Order these trainings by tokens a parameter, the fewest first. ({extra} of the compute went into tests, which do not count.)",
    extra=shares(0.01, 0.1, 0.01),
    first=of(180e9, 300e9, 400e9),
    second=of(1000e9, 1400e9, 2000e9),
    third=of(2000e9, 8000e9, 15000e9),
    fourth=of(600e9, 850e9, 1000e9),
)
def fullness(extra, first, second, third, fourth):
    items = [
        (f"{told(params)} parameters on {told(tokens)} tokens", training.tokens_per_param(tokens, params))
        for params, tokens in ((175e9, first), (70e9, second), (8e9, third), (13e9, fourth))
    ]
    return order(
        items,
        hints=["Divide the tokens by the parameters.", "Extra work of any kind does not change what the model saw."],
        steps=[f"{text}: {told(value, 3)} tokens a parameter." for text, value in items],
    )
