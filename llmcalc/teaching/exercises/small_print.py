"""Exercises on the small print: labels, fine-tuning, and Amdahl's law."""

from ... import datasets
from ...formulas import cost, devices, hardware, parallelism, training
from ...units import HOUR, TERA
from ..draws import of, shares, steps
from ..telling import percent, told
from ..writing import Chapter, carried, choose, numeric, order

chapter = Chapter("small-print")


@chapter.exercise(
    level=1,
    teaches="Turn labels into working hours.",
    text="A person draws a mask in {seconds} s. How many hours do {masks} masks take?",
    unit="h",
    within=(10, 1e7),
    seconds=steps(6, 40, 1),
    masks=of(10e3, 50e3, 100e3, 500e3, 1e6, 4.3e6, 11e6),
)
def hours(seconds, masks):
    key = hardware.labelling_seconds(masks, seconds) / HOUR
    return numeric(
        key,
        mistakes=[
            (masks * seconds, "Those are seconds: an hour has 3,600."),
            (masks * seconds / 60, "Those are minutes."),
            (masks / seconds / 3600, "Multiply the masks by the seconds of each."),
        ],
        hints=["How many seconds is that?", "Divide by 3,600."],
        steps=[f"{told(masks)} × {seconds} s / 3,600 = {told(key)} h."],
    )


@chapter.exercise(
    level=1,
    teaches="Price labelled data.",
    text="{labels} labels take {seconds} s each; a person is paid {wage} dollars an hour. What do they cost?",
    unit="USD",
    within=(100, 1e8),
    labels=of(20e3, 100e3, 250e3, 500e3, 2e6),
    seconds=steps(5, 60, 5),
    wage=steps(8, 40, 2),
)
def wages(labels, seconds, wage):
    key = cost.rent(hardware.labelling_seconds(labels, seconds), wage / HOUR)
    return numeric(
        key,
        mistakes=[
            (key * 60, "A label takes seconds, not minutes."),
            (labels * seconds / 3600, "Those are the hours."),
        ],
        hints=["How many hours?", "Times the wage."],
        steps=[
            f"{told(labels)} × {seconds} s / 3,600 = {told(labels * seconds / 3600)} h.",
            f"× {wage} USD = {told(key)} USD.",
        ],
    )


@chapter.exercise(
    level=1,
    teaches="Use Amdahl's law.",
    text="A program spends {share} of its time in code that becomes {speedup} times as fast. How many times as fast is the program?",
    unit="1",
    within=(1.05, 30),
    share=shares(0.1, 0.95, 0.05),
    speedup=of(2, 3, 5, 10, 20, 50, 100),
)
def amdahl(share, speedup):
    key = hardware.amdahl_speedup(share, speedup)
    return numeric(
        key,
        mistakes=[
            (speedup, "The rest stays as slow as it was."),
            (share * speedup, "Add up the times that are left, then take the inverse."),
            (share * speedup + 1 - share, "Speeds do not add up; times do."),
        ],
        hints=["How much of the old time is left?", "1 / (1 − share + share / speed-up)."],
        steps=[
            f"Left: {told(1 - share)} + {told(share)} / {speedup} = {told(1 / key)} of the time.",
            f"1 / {told(1 / key)} = {told(key)} times as fast.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Say how long a fine-tuning takes.",
    text="A model of {params} parameters is fine-tuned on {tokens} tokens (epochs: {epochs}), on {count} A100 SXM 80GB at {mfu} of {peak} TFLOP/s. How long does it take?",
    unit="h",
    within=(0.05, 500),
    params=of(3e9, 7e9, 13e9, 34e9),
    epochs=of(1, 2, 3),
    tokens=of(20e6, 50e6, 100e6, 200e6, 500e6, 1e9),
    count=of(4, 8, 16),
    mfu=shares(0.2, 0.5, 0.05),
)
def tuning(params, epochs, tokens, count, mfu):
    peak = datasets.peak_flops("A100 SXM 80GB", "bf16")
    flop = training.train_flop(params, epochs * tokens)
    key = training.training_seconds(flop, count, peak, mfu) / HOUR
    return numeric(
        key,
        mistakes=[
            (key * count, "Those are device-hours."),
            (key / 3, "Training takes six FLOP per parameter and token, not two."),
            (key * mfu, "The utilisation is missing."),
        ],
        hints=["6 × parameters × tokens × epochs.", "Divide by devices × peak × utilisation."],
        steps=[
            f"6 × {told(params)} × {epochs} × {told(tokens)} = {told(flop)} FLOP.",
            f"/ ({count} × {told(peak / TERA)} TFLOP/s × {percent(mfu)}) = {told(key * HOUR)} s = {told(key)} h.",
        ],
        given={"peak": peak / TERA},
    )


@chapter.exercise(
    level=2,
    teaches="Find the price of an hour that a sum presupposes.",
    text="A chat model is said to have cost {bill} dollars: {count} GPUs for {hours} hours. Which price of a GPU and hour is that?",
    unit="USD",
    within=(0.2, 12),
    bill=steps(50, 1000, 10),
    count=of(4, 8, 16, 32),
    hours=steps(2, 24, 1),
)
def price(bill, count, hours):
    key = cost.implied_price(bill, count * hours * HOUR) * HOUR
    return numeric(
        key,
        mistakes=[
            (bill / hours, "That is for all GPUs together."),
            (bill / count, "That is for all the hours."),
            (1 / key, "That is the other way round."),
        ],
        hints=["How many GPU-hours?", "Divide the bill by them."],
        steps=[f"{told(bill)} USD / ({count} × {hours} h) = {told(key)} USD an hour."],
    )


@chapter.exercise(
    level=2,
    teaches="Say how much text some GPU-hours read.",
    text="{count} GPUs of {peak} TFLOP/s train a model of {params} parameters for {hours} hours at {mfu}. How many tokens is that?",
    unit="token",
    within=(1e6, 1e12),
    count=of(4, 8, 16, 64),
    peak=of(312, 989),
    params=of(7e9, 13e9, 30e9, 70e9),
    hours=steps(2, 48, 1),
    mfu=shares(0.2, 0.5, 0.05),
)
def text(count, peak, params, hours, mfu):
    budget = training.budget_flop(count, hours * HOUR, peak * TERA, mfu)
    key = training.affordable_tokens(budget, params)
    return numeric(
        key,
        mistakes=[
            (3 * key, "Training takes six FLOP per parameter and token, not two."),
            (key / mfu, "The utilisation is missing."),
            (key / count, "That is one GPU."),
        ],
        hints=["How much can they do in the time?", "Divide by 6 × parameters."],
        steps=[
            f"{count} × {peak} TFLOP/s × {percent(mfu)} × {told(hours * HOUR)} s = {told(budget)} FLOP.",
            f"/ (6 × {told(params)}) = {told(key)} tokens.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Find the limit of Amdahl's law.",
    text="A program spends {share} of its time in Python loops. How many times as fast can the best compiler for these loops make it at most?",
    unit="1",
    within=(1.02, 100),
    share=shares(0.05, 0.98, 0.01),
)
def limit(share):
    key = parallelism.speed_up_without(1, share)
    return numeric(
        key,
        mistakes=[
            (1 / share, "That would leave the loops and drop the rest."),
            (1 + share, "Times are left over, not speeds: 1 / (1 − share)."),
            (100 * share, "That is the share in per cent, no factor."),
        ],
        hints=["Suppose that the loops take no time at all.", "What is left? Take the inverse."],
        steps=[f"1 / (1 − {told(share)}) = {told(key)}."],
    )


@chapter.exercise(
    level=3,
    teaches="Say how many people a data set takes.",
    text="{labels} masks of {seconds} s are to be ready in a year of {year} working hours a person; a model draws {share} of them alone. How many people does it take, as whole people?",
    unit="person",
    tolerance=0,
    within=(2, 4500),
    labels=of(1e6, 4e6, 11e6, 50e6, 100e6),
    seconds=steps(8, 34, 2),
    year=of(1600, 1750, 1800, 2000),
    share=shares(0.2, 0.95, 0.05),
)
def people(labels, seconds, year, share):
    drawn = labels * (1 - share)
    exact = hardware.labelling_seconds(drawn, seconds) / (year * HOUR)
    key = devices.round_up(exact)
    return numeric(
        key,
        mistakes=[
            (devices.round_up(labels * seconds / 3600 / year), "The model draws a part of them."),
            (
                devices.round_up(labels * share * seconds / 3600 / year),
                "People draw what the model does not: 1 − share.",
            ),
            (devices.round_down(exact), "Round up: with fewer it is not ready in the year."),
        ],
        hints=["How many are left for people?", "Hours / working hours of a year, rounded up."],
        steps=[
            f"{told(labels)} × {percent(1 - share)} × {seconds} s = {told(drawn * seconds / 3600)} h.",
            f"/ {told(year)} h = {told(exact, 6)}, rounded up: {told(key)} people.",
        ],
        clear=carried(exact),
    )


@chapter.exercise(
    level=3,
    teaches="Decide what to make faster next.",
    text="A program spends {loops} in Python loops, {library} in a compiled library, and the rest waiting for files. A compiler makes the loops {times} times as fast. What takes most of the time then?",
    loops=shares(0.4, 0.85, 0.05),
    library=shares(0.05, 0.35, 0.05),
    times=of(2, 3, 5, 10, 100),
)
def next_step(loops, library, times):
    rest = 1 - loops - library
    parts = [("the loops, still", loops / times), ("the library", library), ("waiting for files", rest)]
    most = max([value for _, value in parts])
    place = next(number for number in range(3) if parts[number][1] == most)
    said = f"Left of the old time: the loops {percent(loops)} / {times} = {percent(loops / times)}, the library {percent(library)}, waiting for files {percent(rest)}."
    return choose(
        parts[place][0],
        wrong=[
            (name, f"Of the old time that leaves {percent(value)}; something else leaves more.")
            for name, value in parts
            if name != parts[place][0]
        ],
        hints=["Only the loops shrink.", "Compare what is left of each."],
        steps=[said, f"Most is {parts[place][0]}."],
        clear=rest > 0.04 and len([value for _, value in parts if value > most - 0.02]) == 1,
    )


@chapter.exercise(
    level=3,
    teaches="Rank plans for labels by their cost.",
    text="A million masks are needed; a person draws one in {slow} s, or in {fast} s with a model that has learnt from the first {first}. Order the plans by the hours of people, the fewest first.",
    slow=steps(28, 40, 2),
    fast=steps(10, 18, 2),
    first=of(100e3, 200e3),
    alone=shares(0.3, 0.6, 0.1),
)
def plans(slow, fast, first, alone):
    start = hardware.labelling_seconds(first, slow)
    rest = 1e6 - first
    items = [
        ("all by hand", hardware.labelling_seconds(1e6, slow)),
        ("with the model's help after the first", start + hardware.labelling_seconds(rest, fast)),
        (
            f"as before, and the model draws {percent(alone)} of the others alone",
            start + hardware.labelling_seconds(rest * (1 - alone), fast),
        ),
        ("the model draws all the others alone", start),
    ]
    return order(
        items,
        hints=["The first are drawn by hand in every plan.", "What is left for people of the others?"],
        steps=[f"{name}: {told(value / HOUR)} h." for name, value in items],
    )
