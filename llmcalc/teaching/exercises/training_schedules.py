"""Exercises on published schedules: machines, utilisation, and what a duration tells."""

from ...formulas import devices, training
from ...units import DAY, PETA, PFLOPS_DAY, TERA
from ..draws import of, shares, steps
from ..telling import percent, told
from ..writing import Chapter, carried, choose, numeric, order

chapter = Chapter("training-schedules")


@chapter.exercise(
    level=1,
    teaches="Read a machine's rate as a number of cards.",
    text="A table gives a machine as {rate}P, petaFLOP/s of peak. How many cards of {card} TFLOP/s is that?",
    unit="card",
    tolerance=0,
    within=(10, 20000),
    rate=steps(16, 1024, 16),
    card=of(250, 256, 320),
)
def cards(rate, card):
    key = devices.round_up(devices.devices_for_flops(rate * PETA, card * TERA, 1))
    return numeric(
        key,
        mistakes=[
            (rate * 100 // card, "A petaFLOP/s is 1,000 TFLOP/s, not 100."),
            (rate * 1024 // card, "Prefixes of rates are powers of ten: a petaFLOP/s is 1,000 TFLOP/s, not 1,024."),
            (rate, "That would be a petaFLOP/s a card."),
        ],
        hints=["How many TFLOP/s is a petaFLOP/s?", "Divide the machine's rate by the card's, and round up."],
        steps=[
            f"{told(rate)} PFLOP/s = {told(1000 * rate)} TFLOP/s.",
            f"{told(1000 * rate)} / {told(card)}, rounded up: {told(key, 7)} cards.",
        ],
    )


@chapter.exercise(
    level=1,
    teaches="Say what a machine could do at most in a given time.",
    text="A machine with a peak of {rate} petaFLOP/s was busy for {days} days. How many petaFLOP/s-days could it have done at most?",
    unit="petaFLOP/s-day",
    within=(50, 1e6),
    rate=of(16, 20, 64, 128, 384, 512, 640),
    days=steps(5, 100, 1),
)
def capacity(rate, days):
    key = training.budget_flop(1, days * DAY, rate * PETA, 1) / PFLOPS_DAY
    return numeric(
        key,
        mistakes=[
            (key * DAY, "That is in petaFLOP (without a time): a petaFLOP/s-day has 86,400 of them."),
            (rate / days, "Work is rate times time, not rate divided by time."),
            (key * 24, "Those are petaFLOP/s-hours."),
        ],
        hints=["Work is rate × time.", "The unit says it: petaFLOP/s × day."],
        steps=[f"{told(rate)} petaFLOP/s × {told(days)} days = {told(key)} petaFLOP/s-days."],
    )


@chapter.exercise(
    level=1,
    teaches="Compute tokens a parameter, and compare them with 20.",
    text="A model of {params} parameters was trained on {tokens} tokens. How many times as many tokens would a compute-optimal "
    "training have taken, at 20 tokens a parameter?",
    unit="1",
    within=(0.01, 100),
    params=of(13e9, 20e9, 100e9, 130e9, 175e9, 200e9, 260e9),
    tokens=steps(40e9, 1000e9, 20e9),
)
def fullness(params, tokens):
    seen = training.tokens_per_param(tokens, params)
    key = 20 / seen
    return numeric(
        key,
        mistakes=[
            (1 / key, "That is the other way round: the share of the optimal tokens that it saw."),
            (seen, "Those are the tokens a parameter; compare them with 20."),
            (key / 20, "You left out the 20 tokens of each parameter."),
        ],
        hints=["How many tokens did it see for each parameter?", "Divide 20 by that."],
        steps=[
            f"{told(tokens)} / {told(params)} = {told(seen)} tokens a parameter.",
            f"20 / {told(seen)} = {told(key)} times as many.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Compute the utilisation of a schedule from its machine, its work and its days.",
    text="A row of a table: {params} parameters, {tokens} tokens, a machine with a peak of {rate} petaFLOP/s, {days} days. Which model "
    "FLOPs utilisation does it imply?",
    unit="%",
    within=(1, 95),
    params=of(13e9, 20e9, 100e9, 130e9, 200e9),
    tokens=of(200e9, 300e9, 400e9, 600e9, 850e9),
    rate=of(32, 64, 128, 384, 512),
    days=steps(10, 100, 1),
)
def implied(params, tokens, rate, days):
    flop = training.train_flop(params, tokens)
    key = 100 * training.implied_mfu(flop, days * DAY, 1, rate * PETA)
    return numeric(
        key,
        mistakes=[
            (
                key * 8 / 6,
                "With eight FLOP per parameter and token it is the hardware utilisation, recomputation counted.",
            ),
            (key / 3, "Training takes six FLOP per parameter and token, not two."),
            (key / 2, "A multiply-accumulate is two FLOP."),
        ],
        hints=["What was needed: $6 N D$, with $N$ parameters and $D$ tokens.", "What was possible: peak × seconds."],
        steps=[
            f"Needed: 6 × {told(params)} × {told(tokens)} = {told(flop)} FLOP.",
            f"Possible: {told(rate)} × 10¹⁵ × {told(days)} × 86,400 = {told(rate * PETA * days * DAY)} FLOP.",
            f"Implied: {told(flop)} / {told(rate * PETA * days * DAY)} = {told(key)} %.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Turn a hardware utilisation with full recomputation into a model utilisation.",
    text="A run recomputes all activations, so that it does 8 FLOP per parameter and token, and its hardware utilisation is "
    "{hfu}. How large is its model FLOPs utilisation?",
    unit="%",
    within=(10, 60),
    hfu=shares(0.25, 0.7, 0.01),
)
def recomputed(hfu):
    key = 100 * hfu * training.train_flop(1e9, 1e9) / training.train_flop(1e9, 1e9, 8.0)
    return numeric(
        key,
        mistakes=[
            (
                100 * hfu * 8 / 6,
                "Recomputation keeps the hardware busy but is no progress: the model utilisation is the smaller one.",
            ),
            (100 * hfu, "That is the hardware utilisation, which counts the work done twice."),
            (100 * hfu / 4, "Two of the eight FLOP are repeated, so six eighths count."),
        ],
        hints=["Of the eight FLOP only six are progress.", "Multiply by 6/8."],
        steps=[f"{percent(hfu)} × 6 / 8 = {told(key)} %."],
    )


@chapter.exercise(
    level=2,
    teaches="Use Megatron's formula, which takes the rate that a GPU achieved.",
    text="By Megatron's formula a training of $N$ parameters on $T$ tokens takes $8 N T / (n X)$ seconds on $n$ GPUs that achieve $X$ FLOP/s each, "
    "recomputation counted. How many days take {params} parameters and {tokens} tokens on {count} GPUs that achieve {achieved} TFLOP/s?",
    unit="day",
    within=(2, 1000),
    params=of(22e9, 70e9, 145e9, 175e9, 310e9, 530e9, 1000e9),
    tokens=of(300e9, 450e9, 600e9),
    count=of(512, 1024, 1536, 2240, 3072),
    achieved=steps(110, 170, 5),
)
def megatron(params, tokens, count, achieved):
    key = training.megatron_seconds(params, tokens, count, achieved * TERA) / DAY
    return numeric(
        key,
        mistakes=[
            (key * 6 / 8, "Six would be without recomputation; the achieved rate here counts eight."),
            (key / 4, "Two FLOP per parameter and token are the way forward alone."),
            (key * 24, "Those are hours."),
        ],
        hints=["Put the numbers into the formula, in FLOP and FLOP/s.", "Divide the seconds by 86,400."],
        steps=[
            f"8 × {told(params)} × {told(tokens)} = {told(8 * params * tokens)} FLOP.",
            f"{told(count)} × {told(achieved)} TFLOP/s = {told(count * achieved / 1000)} PFLOP/s.",
            f"{told(8 * params * tokens)} FLOP / {told(count * achieved / 1000)} PFLOP/s = {told(key * DAY)} s; / 86,400 = {told(key)} days.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Correct a utilisation for the peak that a table counts with.",
    text="A table counts a card at {counted} TFLOP/s and finds that a run used its machine at {share}. The datasheet gives the card a dense peak of "
    "{peak} TFLOP/s. Which utilisation is that of the datasheet's peak?",
    unit="%",
    within=(10, 85),
    counted=of(125, 140, 200, 220),
    peak=of(256, 280, 312, 320),
    share=shares(0.4, 0.9, 0.01),
)
def counted(counted, peak, share):
    done = training.budget_flop(1, DAY, counted * TERA, share)
    key = 100 * training.implied_mfu(done, DAY, 1, peak * TERA)
    return numeric(
        key,
        mistakes=[
            (100 * share * peak / counted, "The wrong way round: of a higher peak the same work is a smaller share."),
            (100 * share, "That is the share of what the table counts with; the work is the same, the peak is not."),
            (100 * counted / peak, "That is what the table counts of the peak; the run used only a share of it."),
        ],
        hints=["How many TFLOP/s did a card achieve?", "Divide them by the peak of the datasheet."],
        steps=[
            f"Achieved: {percent(share)} × {told(counted)} = {told(share * counted)} TFLOP/s.",
            f"{told(share * counted)} / {told(peak)} = {told(key)} %.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Find the largest share of a sparse model that a machine can have trained.",
    text="A model of {params} parameters is announced, trained on {tokens} tokens in {days} days on {count} cards of 256 TFLOP/s, at a "
    "utilisation of at most {mfu}. Which share of its parameters can have been active at most?",
    unit="%",
    within=(0.2, 90),
    params=of(500e9, 1000e9, 1085e9, 2000e9),
    tokens=of(300e9, 329e9, 600e9, 1000e9),
    days=steps(60, 120, 10),
    count=of(512, 1024, 2048),
    mfu=shares(0.3, 0.5, 0.05),
)
def active(params, tokens, days, count, mfu):
    budget = training.budget_flop(count, days * DAY, 256 * TERA, mfu)
    key = 100 * training.largest_active_share(budget, params, tokens)
    return numeric(
        key,
        mistakes=[
            (key / mfu, "You let the machine work at its peak; the utilisation is missing."),
            (key * 3, "Training takes six FLOP per active parameter and token, not two."),
            (key / 100 * params / 1e9, "That is in 10⁹ active parameters; the share of all of them is asked for."),
        ],
        hints=[
            "What can the machine do in the time, at that utilisation?",
            "Divide it by $6 N D$ of the whole model, with $N$ parameters and $D$ tokens.",
        ],
        steps=[
            f"The machine: {told(count)} × 256 TFLOP/s × {percent(mfu)} × {told(days * DAY)} s = {told(budget)} FLOP.",
            f"The whole model: 6 × {told(params)} × {told(tokens)} = {told(training.train_flop(params, tokens))} FLOP.",
            f"{told(budget)} / {told(training.train_flop(params, tokens))}: at most {told(key)} % can have been active.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Judge a schedule by the utilisation that it implies.",
    text="A table says that {params} parameters were trained on {tokens} tokens in {days} days on a machine of {rate} petaFLOP/s. "
    "Which explanation fits best?",
    params=of(13e9, 100e9, 200e9, 1000e9),
    tokens=of(300e9, 400e9, 850e9),
    days=steps(20, 100, 5),
    rate=of(64, 128, 384, 512),
)
def explanation(params, tokens, days, rate):
    mfu = training.implied_mfu(training.train_flop(params, tokens), days * DAY, 1, rate * PETA)
    flop, possible = training.train_flop(params, tokens), rate * PETA * days * DAY
    said = (
        f"Needed: 6 × {told(params)} × {told(tokens)} = {told(flop)} FLOP; possible: {told(rate)} × 10¹⁵ × {told(days)} × 86,400 = "
        f"{told(possible)} FLOP. The utilisation would be {percent(mfu)}."
    )
    options = (
        "The model is not dense, or a number is wrong: more than the peak would be needed",
        "A good run: 20 to 60 % of the peak",
        "Much of the machine's time went elsewhere: less than 20 % of the peak",
        "An exceptional run: 60 to 100 % of the peak",
    )
    place = 0 if mfu > 1 else 3 if mfu > 0.6 else 1 if mfu >= 0.2 else 2
    least = (1, 0.2, 0, 0.6)  # utilisation that an option stands for
    higher = "The utilisation that follows is higher: divide $6 N D$ by peak × seconds."
    lower = "The utilisation that follows is lower: divide $6 N D$ by peak × seconds."
    return choose(
        options[place],
        wrong=[
            (options[other], lower if least[other] > least[place] else higher) for other in range(4) if other != place
        ],
        hints=[
            "Compute the implied utilisation.",
            "Needed: $6 N D$, with $N$ parameters and $D$ tokens. Possible: peak × seconds.",
        ],
        steps=[said, options[place] + "."],
        clear=all(abs(mfu / bound - 1) > 0.05 for bound in (0.2, 0.6, 1)),
    )


@chapter.exercise(
    level=3,
    teaches="Rank runs by how well they used their machines.",
    text="Three runs trained the same model on the same tokens; the best of them used its machine at {best} of the peak. Order them by their "
    "model FLOPs utilisation, the worst first.",
    best=shares(0.3, 0.55, 0.01),
    small=of(64, 128, 192),
    middle=of(256, 320, 384),
    large=of(512, 640, 1024),
    long=steps(50, 120, 5),
    medium=steps(30, 60, 5),
    short=steps(10, 40, 5),
)
def ranking(best, small, middle, large, long, medium, short):
    runs = ((small, long), (middle, medium), (large, short))
    least = min([rate * days for rate, days in runs])
    flop = training.budget_flop(1, least * DAY, PETA, best)
    items = [
        (f"{told(rate)} petaFLOP/s for {told(days)} days", training.implied_mfu(flop, days * DAY, 1, rate * PETA))
        for rate, days in runs
    ]
    return order(
        items,
        hints=[
            "The work is the same, so compare what the machines could have done.",
            "Possible: peak × days. The most possible is the worst used.",
        ],
        steps=[
            f"{text}: {told(rate * days)} petaFLOP/s-days possible, so {percent(best)} × {told(least)} / {told(rate * days)} = {percent(value)}."
            for (text, value), (rate, days) in zip(items, runs)  # noqa: B905
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Carry a published schedule over to another model, deadline and card.",
    text="A model was trained in {days} days on {count} cards of {peak} TFLOP/s. Another is to have {larger} times its parameters and {longer} times its "
    "tokens, and be ready in {wanted} days, on cards of {other} TFLOP/s. How many whole cards does it take at the same utilisation?",
    unit="card",
    tolerance=0,
    within=(20, 7000),
    days=steps(10, 40, 5),
    count=of(64, 128, 256, 512),
    peak=of(256, 312),
    larger=of(2, 3, 4),
    longer=of(2, 3),
    wanted=steps(30, 60, 10),
    other=of(376, 989),
)
def carried_over(days, count, peak, larger, longer, wanted, other):
    flop = larger * longer * training.budget_flop(count, days * DAY, peak * TERA, 1)
    exact = devices.devices_for_flops(flop / (wanted * DAY), other * TERA, 1)
    key = devices.round_up(exact)
    work, possible = count * peak * days * larger * longer, other * wanted
    return numeric(
        key,
        mistakes=[
            (devices.round_down(exact), "You rounded down: that many cards are late."),
            (devices.round_up(exact / longer), "Both count: the work grows with the parameters and with the tokens."),
            (devices.round_up(exact * other / peak), "The new card has another peak."),
            (devices.round_up(exact * wanted / days), "The days are not the same: another deadline takes other cards."),
        ],
        hints=[
            "Work is cards × peak × days × utilisation; the utilisation cancels.",
            "Parameters and tokens each multiply the work.",
            "Round up to whole cards.",
        ],
        steps=[
            f"Work: {told(count)} × {told(peak)} × {told(days)} × {larger} × {longer} = {told(work, 7)} TFLOP/s-days of peak.",
            f"A new card has {told(other)} × {told(wanted)} = {told(possible, 7)} in its days.",
            f"{told(work, 7)} / {told(possible, 7)} = {told(exact, 6)}, rounded up: {told(key, 7)} cards.",
        ],
        clear=days != wanted and carried(exact),
    )
