"""Exercises on serving: demand, rates, devices, and where memory decides."""

from ... import datasets
from ...formulas import cost, devices, serving, training
from ...units import DAY, GIGA, HOUR, TERA
from ..draws import of, shares, steps
from ..telling import percent, told
from ..writing import Chapter, carried, choose, numeric, order

chapter = Chapter("inference-gpus")


@chapter.exercise(
    level=1,
    teaches="Say how much work an answer is: two FLOP for every parameter and token.",
    text="A dense model of {params} parameters processes {tokens} tokens a second, questions and answers together. Which "
    "rate of computing is that?",
    unit="TFLOP/s",
    within=(1, 1e6),
    params=of(7e9, 13e9, 34e9, 70e9, 175e9),
    tokens=steps(2000, 90000, 2000),
)
def rate(params, tokens):
    key = serving.inference_flops(params, tokens) / TERA
    return numeric(
        key,
        mistakes=[
            (3 * key, "Six FLOP per parameter and token are training. Serving has no way back: it takes two."),
            (key / 2, "A multiply-accumulate is two FLOP, a multiplication and an addition."),
        ],
        hints=[
            "Serving is the way forward alone.",
            "$F = 2 N R$, with $N$ parameters and the rate $R$ in tokens a second.",
        ],
        steps=[f"$F = 2 N R$ = 2 × {told(params)} × {told(tokens)} /s = {told(key)} TFLOP/s."],
    )


@chapter.exercise(
    level=1,
    teaches="Turn visits a day into tokens a second.",
    text="A service has {visits} visits a day, with {questions} questions each; a question and its answer have {length} "
    "tokens together. How many tokens a second does it process on average?",
    unit="token/s",
    within=(10, 1e8),
    visits=of(1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7),
    questions=steps(2, 8, 1),
    length=steps(300, 2000, 100),
)
def demand(visits, questions, length):
    key = serving.token_rate(visits / DAY, questions, length, 1)
    return numeric(
        key,
        mistakes=[
            (key * DAY, "Those are the tokens of a day: a day has 86,400 seconds."),
            (key / questions, "Each visit asks several questions."),
            (key * 24, "A day has 86,400 seconds; you divided by 3,600, those of an hour."),
        ],
        hints=["First the tokens of a day.", "Then divide by 86,400 seconds."],
        steps=[
            f"{told(visits)} × {told(questions)} × {told(length)} = {told(key * DAY)} tokens a day.",
            f"Divided by 86,400 s: {told(key)} tokens a second.",
        ],
    )


@chapter.exercise(
    level=1,
    teaches="Build for the busiest hour, not for the mean of the day.",
    text="A service processes {mean} tokens a second on average. Its busiest hour has {share} of the day. For how many "
    "tokens a second must it be built?",
    unit="token/s",
    within=(100, 1e6),
    mean=steps(1000, 40000, 500),
    share=shares(0.06, 0.2, 0.01),
)
def busiest(mean, share):
    key = serving.peak_rate(mean, share)
    return numeric(
        key,
        mistakes=[
            (mean, "That is the mean, at which the service fails in its busiest hour."),
            (
                mean * share,
                "That is the mean times the share: the hour's tokens come within one hour, not within a day.",
            ),
            (
                mean * (1 + share),
                "The hour does not have that much more than the mean: it has that share of the whole day.",
            ),
        ],
        hints=[
            "On a flat day every hour has 1/24 of the day.",
            "How many times as much as 1/24 is the share?",
        ],
        steps=[
            f"The busiest hour has {percent(share)} × 24 = {told(24 * share)} times the mean.",
            f"{told(mean)} × {told(24 * share)} = {told(key)} tokens a second.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Size a service where computing is the limit, in whole devices.",
    text="In its busiest hour a service processes {tokens} tokens a second with a dense model of {params} parameters. How many whole "
    "{device} does it take, with a dense BF16 peak of {peak} TFLOP/s, at a utilisation of {mfu}?",
    unit="device",
    tolerance=0,
    within=(3, 4500),
    tokens=steps(50000, 1000000, 50000),
    params=of(13e9, 34e9, 70e9, 175e9),
    device=of("A100 SXM 80GB", "H100 SXM", "L40S", "A10"),
    mfu=shares(0.2, 0.5, 0.05),
)
def service(tokens, params, device, mfu):
    peak = datasets.peak_flops(device, "bf16")
    flops = serving.inference_flops(params, tokens)
    exact = devices.devices_for_flops(flops, peak, mfu)
    key = devices.round_up(exact)
    return numeric(
        key,
        mistakes=[
            (devices.round_down(exact), "You rounded down: that many devices fall behind in the busiest hour."),
            (devices.round_up(3 * exact), "Six FLOP per parameter and token are training; serving takes two."),
            (devices.round_up(exact / 2), "You took the sparse peak, twice the dense one."),
            (devices.round_up(exact * mfu), "The utilisation is missing: no service reaches the peak."),
        ],
        hints=[
            "The rate needed is $2 N R$, with $N$ parameters and $R$ tokens a second.",
            "A device sustains peak × utilisation.",
            "Round up to whole devices.",
        ],
        steps=[
            f"Rate needed: 2 × {told(params)} × {told(tokens)} /s = {told(flops / TERA)} TFLOP/s.",
            f"A device sustains {told(peak / TERA)} × {percent(mfu)} = {told(peak * mfu / TERA)} TFLOP/s.",
            f"{told(flops / TERA, 6)} / {told(peak * mfu / TERA, 6)} = {told(exact, 6)}, rounded up: {told(key, 7)} devices.",
        ],
        given={"peak": peak / TERA},
        clear=carried(exact),
    )


@chapter.exercise(
    level=2,
    teaches="Compute the most tokens a second that memory lets one answer have.",
    text="One {device} reads its memory at {bandwidth} GB/s. How many tokens a second can it write at most of a single answer, "
    "with a dense model of {params} parameters of {bits} bits each, if only the weights are read?",
    unit="token/s",
    within=(1, 2000),
    device=of("A100 SXM 80GB", "H100 SXM", "H200 SXM"),
    params=of(3e9, 7e9, 8e9, 13e9, 14e9, 30e9),
    bits=of(4, 8, 16),
)
def reading(device, params, bits):
    size = bits / 8
    bandwidth = datasets.specification(device, "memory_bandwidth")
    key = serving.decode_token_rate(params, size, bandwidth)
    peak = datasets.peak_flops(device, "bf16")
    return numeric(
        key,
        mistakes=[
            (peak / (2 * params), "That is the limit of computing; a single answer waits for the memory."),
            (key / 8, "You took bits for bytes: the bandwidth is in bytes, of 8 bits."),
        ],
        hints=[
            "For every token the device reads every weight once.",
            "Divide the bandwidth by the bytes of all weights.",
        ],
        steps=[
            f"Weights: {told(params)} × {bits} bits / 8 = {told(params * size / GIGA)} GB.",
            f"{told(bandwidth / GIGA)} GB/s / {told(params * size / GIGA)} GB = {told(key)} tokens a second.",
        ],
        given={"bandwidth": bandwidth / GIGA},
    )


@chapter.exercise(
    level=2,
    teaches="Find the batch at which computing takes over from reading memory.",
    text="One {device} reads {bandwidth} GB/s and sustains {mfu} of a dense peak of {peak} TFLOP/s in BF16. Weights have two bytes. "
    "How many answers must it write at the same time until computing, not reading the weights, is its limit? "
    "(Leave the caches out.)",
    unit="answer",
    within=(20, 400),
    device=of("A100 SXM 80GB", "H100 SXM", "H200 SXM", "L40S", "A10"),
    mfu=shares(0.4, 0.9, 0.02),
)
def crossing(device, mfu):
    bandwidth = datasets.specification(device, "memory_bandwidth")
    peak = datasets.peak_flops(device, "bf16")
    one = serving.decode_token_rate(1e9, 2, bandwidth)
    key = serving.served_token_rate(1, 1e9, peak, mfu) / one
    return numeric(
        key,
        mistakes=[
            (key * 2, "A parameter takes two FLOP for a token: a multiplication and an addition."),
            (key / 2, "A weight has two bytes here."),
            (key / mfu, "The utilisation is missing."),
        ],
        hints=[
            "Reading a weight takes 2 byte / bandwidth; computing with it takes 2 FLOP / rate for each answer.",
            "The size of the model cancels: with $B$ answers set $B$ × 2 FLOP / rate = 2 byte / bandwidth.",
        ],
        steps=[
            f"The device sustains {percent(mfu)} × {told(peak / TERA)} = {told(peak * mfu / TERA)} TFLOP/s.",
            f"$B$ = rate / bandwidth = {told(peak * mfu / TERA)} × 10¹² / ({told(bandwidth / GIGA)} × 10⁹) = {told(key)} answers.",
        ],
        given={"bandwidth": bandwidth / GIGA, "peak": peak / TERA},
    )


@chapter.exercise(
    level=2,
    teaches="Compute the most tokens a second that memory lets one answer of a mixture of experts have.",
    text="A mixture of experts has {params} parameters of one byte each, of which {active} work on a token. It is spread over {count} "
    "{device}, each of which reads {bandwidth} GB/s. How many tokens a second can they write at most of a single answer, if only weights are read?",
    unit="token/s",
    within=(100, 10000),
    params=of(120e9, 235e9, 357e9, 456e9),
    active=of(12e9, 17e9, 22e9, 32e9, 46e9),
    count=of(8, 16),
    device=of("H100 SXM", "H200 SXM"),
)
def mixture(params, active, count, device):
    bandwidth = datasets.specification(device, "memory_bandwidth")
    key = serving.decode_token_rate(active, 1, count * bandwidth)
    return numeric(
        key,
        mistakes=[
            (
                key * active / params,
                "A token passes through its own experts alone: the weights of the others are not read.",
            ),
            (key / count, "Each device reads its part of the weights at the same time: their bandwidths add up."),
        ],
        hints=[
            "Which weights does a single token need?",
            "All devices read at the same time, each its part.",
        ],
        steps=[
            f"Of {told(params / GIGA)} GB a token reads {told(active)} × 1 byte = {told(active / GIGA)} GB.",
            f"{told(count)} × {told(bandwidth / GIGA)} GB/s / {told(active / GIGA)} GB = {told(key)} tokens a second.",
        ],
        given={"bandwidth": bandwidth / GIGA},
    )


@chapter.exercise(
    level=3,
    teaches="Say which limit decides a small service: computing or the memory that the weights fill.",
    text="Each of {people} people asks a model of {params} parameters, of two bytes each, {questions} questions a day of 600 "
    "tokens; the busiest hour has 20 % of the day. H100 SXM hold {memory} GB and sustain 10 % of {peak} TFLOP/s. What decides how many it takes?",
    people=of(100, 200, 500, 1000, 100000, 200000, 500000, 1000000),
    params=of(13e9, 34e9, 70e9, 180e9, 405e9),
    questions=steps(10, 40, 5),
)
def limit(people, params, questions):
    memory = datasets.specification("H100 SXM", "memory")
    peak = datasets.peak_flops("H100 SXM", "bf16")
    tokens = serving.peak_rate(serving.token_rate(people / DAY, questions, 600, 1), 0.2)
    computing = devices.devices_for_flops(serving.inference_flops(params, tokens), peak, 0.1)
    holding = 2 * params / memory
    options = (
        (
            f"Memory: {told(devices.round_up(holding))} hold the weights, and computing needs fewer",
            f"Compute both: the busiest hour needs {told(computing, 3)} devices' computing, the weights fill {told(holding, 3)}.",
        ),
        (
            f"Computing: the busiest hour needs {told(devices.round_up(computing))}, and the weights fit into fewer",
            f"Compute both: the busiest hour needs {told(computing, 3)} devices' computing, the weights fill {told(holding, 3)}.",
        ),
    )
    place = 0 if holding > computing else 1
    other = devices.round_up(computing * 5 / 24)
    return choose(
        options[place][0],
        wrong=[
            options[1 - place],
            (
                f"Computing: {told(max(other, 1))} are enough, as on average over the day",
                "A service has to be built for its busiest hour, which has 4.8 times the mean here.",
            ),
        ],
        hints=[
            "How many devices do the weights fill?",
            "How many tokens come in a second of the busiest hour? They take $F = 2 N R$.",
        ],
        steps=[
            f"Weights: 2 × {told(params)} byte = {told(2 * params / GIGA)} GB, / {told(memory / GIGA)} GB: {told(holding, 3)} devices.",
            f"Busiest hour: {told(people)} × {told(questions)} × 600 × 20 % / 3,600 s = {told(tokens)} tokens a second, which take 2 × {told(params)} × "
            f"{told(tokens)} = {told(2 * params * tokens / TERA)} TFLOP/s, {told(computing, 3)} devices.",
            options[place][0] + ".",
        ],
        given={"memory": memory / GIGA, "peak": peak / TERA},
        clear=devices.round_up(holding) != devices.round_up(computing) != max(other, 1)
        and abs(computing / holding - 1) > 0.2,
    )


@chapter.exercise(
    level=3,
    teaches="Weigh training against serving: when has answering taken as much as learning?",
    text="A model of {params} parameters was trained on {tokens} tokens. It then processes {rate} tokens a second, day and "
    "night. After how many days has serving taken as many operations as the training?",
    unit="day",
    within=(0.2, 5000),
    params=of(7e9, 13e9, 70e9, 175e9),
    tokens=steps(300e9, 15000e9, 300e9),
    rate=of(2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6),
)
def even(params, tokens, rate):
    flop = training.train_flop(params, tokens)
    key = flop / serving.inference_flops(params, rate) / DAY
    if not 0.5 < key < 4000:
        rate *= 20
        key = flop / serving.inference_flops(params, rate) / DAY
    return numeric(
        key,
        mistakes=[
            (key / 3, "Training takes six FLOP per parameter and token, serving two: they do not cancel."),
            (key / 9, "You have it the wrong way round: training takes six FLOP, serving two."),
            (key * 24, "Those are hours."),
        ],
        hints=["The parameters cancel.", "Serving must process three times the tokens of the training. Why?"],
        steps=[
            "$6 N D = 2 N R t$, so $t = 3 D / R$, whatever the size $N$ of the model.",
            f"$t$ = 3 × {told(tokens)} / {told(rate)} = {told(key * DAY)} s; / 86,400 = {told(key)} days.",
        ],
        given={"rate": rate},
    )


@chapter.exercise(
    level=3,
    teaches="Rank what lowers the number of devices of a service.",
    text="A service is limited by computing: {share} of the day's questions come in its busiest hour, {mfu} of the peak "
    "is reached. Order the changes by the devices that are left, the fewest first.",
    share=shares(0.08, 0.16, 0.01),
    mfu=shares(0.2, 0.3, 0.01),
    smaller=of(34e9, 40e9, 50e9),
)
def changes(share, mfu, smaller):
    def need(params, hour, reached):
        return devices.devices_for_flops(
            serving.inference_flops(params, serving.peak_rate(1e5, hour)),
            datasets.peak_flops("H100 SXM", "bf16"),
            reached,
        )

    base = need(70e9, share, mfu)
    items = [
        ("nothing changes", base),
        (f"a model of {told(smaller)} instead of 70 × 10⁹ parameters", need(smaller, share, mfu)),
        ("the day is flat: work that can wait is moved into the night", need(70e9, 1 / 24, mfu)),
        (f"the utilisation rises to {percent(1.2 * mfu)}", need(70e9, share, 1.2 * mfu)),
    ]
    return order(
        items,
        hints=[
            "The devices are proportional to parameters × share of the busiest hour / utilisation.",
            "A flat day's hour has 1/24, 4.17 %.",
        ],
        steps=[
            f"{items[place][0]}: {how} = {percent(items[place][1] / base)} of the devices."
            for place, how in enumerate(
                (
                    "1",
                    f"{told(smaller)} / 70 × 10⁹",
                    f"1/24 / {percent(share)}",
                    f"{percent(mfu)} / {percent(1.2 * mfu)}",
                )
            )
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Find the price of a million tokens at which somebody else's service is as dear as one's own devices.",
    text="A rented device costs {price} USD an hour, day and night, and processes {rate} tokens a second when it is busy. The service is built for its "
    "busiest hour, which has {share} of the day's tokens. At which price of a million tokens would an API of somebody else cost as much?",
    unit="USD",
    within=(0.1, 20),
    price=steps(1.5, 6, 0.25),
    rate=steps(500, 4000, 250),
    share=shares(0.06, 0.2, 0.01),
)
def alike(price, rate, share):
    mean = rate / serving.peak_rate(1, share)
    key = 1e6 * cost.cost_per_token(cost.rent(HOUR, price / HOUR), mean * HOUR)
    return numeric(
        key,
        mistakes=[
            (
                key * mean / rate,
                "So many tokens come in the busiest hour alone: in the others the device is paid for and waits.",
            ),
            (key * 24, "That sets the rent of a day against the tokens of an hour."),
        ],
        hints=[
            "How many tokens does the device process in a mean hour?",
            "On a flat day every hour has 1/24 of the day; the busiest has share × 24 times the mean.",
        ],
        steps=[
            f"On average {told(rate)} / (24 × {percent(share)}) = {told(mean)} tokens a second, {told(mean * HOUR)} an hour.",
            f"{told(price)} USD / {told(mean * HOUR)} × 10⁶ = {told(key)} USD a million tokens.",
        ],
    )
