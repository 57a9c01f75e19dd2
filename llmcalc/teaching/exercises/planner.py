"""Exercises on planning: batches, replicas, days, memory, serving, money."""

from ... import datasets
from ...formulas import cost, devices, memory, parallelism, serving, training
from ...units import DAY, GIGA, HOUR, KILOWATT_HOUR, TERA
from ..draws import of, shares, steps
from ..telling import percent, told
from ..writing import Chapter, choose, numeric, order

chapter = Chapter("planner")


@chapter.exercise(
    level=1,
    teaches="Count the steps of a training.",
    text="A training reads {tokens} tokens in batches of {batch} sequences of {length} tokens. How many steps is that?",
    unit="step",
    within=(1000, 5e6),
    tokens=steps(300e9, 3000e9, 100e9),
    batch=of(256, 512, 1024, 1536, 2048, 4096),
    length=of(2048, 4096, 8192),
)
def count_steps(tokens, batch, length):
    key = devices.round_up(tokens / (batch * length))
    return numeric(
        key,
        mistakes=[
            (tokens / batch, "A sequence has many tokens."),
            (tokens / length, "A batch has many sequences."),
        ],
        hints=["How many tokens has a batch?", "Divide all tokens by those of a batch."],
        steps=[
            f"A batch: {told(batch)} × {told(length)} = {told(batch * length)} tokens.",
            f"{told(tokens)} / {told(batch * length)} = {told(key)} steps.",
        ],
    )


@chapter.exercise(
    level=1,
    teaches="Say how many replicas a cluster holds.",
    text="A model is cut across {across} devices, and its layers are dealt out to {stages} stages. How many replicas train on {count} devices?",
    unit="replica",
    tolerance=0,
    within=(2, 512),
    across=of(2, 4, 8),
    stages=of(2, 4, 8, 12, 16),
    replicas=steps(2, 96, 1),
)
def replicas(across, stages, replicas):
    count = across * stages * replicas
    key = devices.round_down(count / (across * stages))
    return numeric(
        key,
        mistakes=[
            (count / across, "Each replica has several stages, too."),
            (count / stages, "Each stage has several devices, too."),
            (count / (across + stages), "Every stage is cut across so many devices: multiply."),
        ],
        hints=["How many devices does a replica take?", "Across × stages."],
        steps=[
            f"A replica: {across} × {stages} = {across * stages} devices.",
            f"{told(count)} / {across * stages} = {told(key)} replicas.",
        ],
        given={"count": count},
    )


@chapter.exercise(
    level=1,
    teaches="Compute what electricity costs.",
    text="{count} devices draw {power} W each with their share of the server for {days} days; the PUE is {pue}, a kilowatt-hour costs {price} dollars. What does the electricity cost?",
    unit="USD",
    within=(1000, 1e9),
    count=of(256, 512, 1024, 2048, 4096),
    power=of(500, 813, 1275),
    days=steps(10, 100, 5),
    pue=of(1.1, 1.2, 1.3),
    price=steps(0.05, 0.25, 0.01),
)
def electricity(count, power, days, pue, price):
    joules = cost.energy(count * days * DAY, power, pue)
    key = cost.electricity_cost(joules, price / KILOWATT_HOUR)
    return numeric(
        key,
        mistakes=[
            (key / pue, "Cooling is missing: multiply by the PUE."),
            (key / 24, "A day has 24 hours."),
            (key * 1000, "A kilowatt-hour has 1,000 watt-hours."),
        ],
        hints=["Energy: devices × power × hours × PUE.", "In kWh, times the price."],
        steps=[
            f"{told(count)} × {power} W × {days} × 24 h × {told(pue)} = {told(joules / KILOWATT_HOUR)} kWh.",
            f"× {told(price)} USD = {told(key)} USD.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Estimate the days of a training with a pipeline that waits.",
    text="{params} parameters, {tokens} tokens, {count} {device} of {peak} TFLOP/s. A stage that computes reaches {mfu}; pipelines have {stages} stages and {microbatches} microbatches a step. How many days does the training take?",
    unit="day",
    within=(0.5, 500),
    params=of(13e9, 30e9, 70e9, 175e9),
    tokens=steps(500e9, 3000e9, 100e9),
    count=of(512, 1024, 2048, 4096),
    device=of("A100 SXM 80GB", "H100 SXM"),
    mfu=shares(0.35, 0.55, 0.01),
    stages=of(4, 8, 12),
    microbatches=of(8, 16, 24, 32),
)
def days(params, tokens, count, device, mfu, stages, microbatches):
    peak = datasets.peak_flops(device, "bf16")
    used = parallelism.pipeline_utilisation(microbatches, stages)
    flop = training.train_flop(params, tokens)
    key = training.training_seconds(flop, count, peak, mfu * used) / DAY
    return numeric(
        key,
        mistakes=[
            (key * used, "The bubble is missing: stages wait while a pipeline fills and drains."),
            (key / 2, "You took the sparse peak."),
            (key * mfu, "The utilisation is missing."),
            (key / 3, "Training takes six FLOP per parameter and token, not two."),
        ],
        hints=[
            "Which share of the time do stages compute? $m / (m + p − 1)$, with $m$ microbatches and $p$ stages.",
            "Work / (devices × peak × utilisation × that share).",
        ],
        steps=[
            f"Work: 6 × {told(params)} × {told(tokens)} = {told(flop)} FLOP.",
            f"Stages compute {microbatches} / ({microbatches} + {stages} − 1) = {percent(used)} of the time.",
            f"Rate: {told(count)} × {told(peak / TERA)} TFLOP/s × {percent(mfu)} × {percent(used)} = {told(count * peak * mfu * used / TERA)} TFLOP/s; "
            f"{told(key * DAY)} s; / 86,400 = {told(key)} days.",
        ],
        given={"peak": peak / TERA},
    )


@chapter.exercise(
    level=2,
    teaches="Compute what a device keeps of a model that is cut twice.",
    text="{params} parameters with {bytes} bytes each of weights, gradients and optimiser state are cut across {across} devices and into {stages} stages of equal size. How much does a device keep?",
    unit="GB",
    within=(0.5, 200),
    params=of(13e9, 30e9, 70e9, 175e9, 405e9),
    bytes=of(16, 18),
    across=of(2, 4, 8),
    stages=of(1, 2, 4, 8, 16),
)
def kept(params, bytes, across, stages):  # noqa: A002 - the word of the text
    key = memory.weight_bytes(params, bytes) / (across * stages) / GIGA
    mistakes = [
        (key * across * stages, "That is the whole model."),
        (key * 2 / bytes, "Gradients and optimiser state are kept, too."),
    ]
    if stages > 1:
        mistakes.append((key * stages, "Each device keeps one stage only."))
    return numeric(
        key,
        mistakes=mistakes,
        hints=["How much does the whole model take?", "Divide by all devices of a replica."],
        steps=[f"{told(params)} × {bytes} bytes / ({across} × {stages}) = {told(key)} GB."],
    )


@chapter.exercise(
    level=2,
    teaches="Size a service in replicas.",
    text="A replica of {each} devices writes {rate} tokens a second within the latency that was promised. The busiest hour brings {requests} requests a second with answers of {length} tokens. How many devices does the service need?",
    unit="device",
    tolerance=0,
    within=(4, 20000),
    each=of(2, 4, 8),
    rate=steps(800, 6000, 100),
    requests=steps(5, 200, 5),
    length=steps(100, 600, 50),
)
def service(each, rate, requests, length):
    need = requests * length
    count = devices.round_up(need / rate)
    key = count * each
    return numeric(
        key,
        mistakes=[
            (count, "Those are replicas; each has several devices."),
            (devices.round_up(need / rate * each), "Replicas are whole: round up before you multiply."),
            (devices.round_down(need / rate) * each, "Round up: fewer fall behind."),
        ],
        hints=["How many tokens a second are written?", "Replicas, rounded up; then devices."],
        steps=[
            f"{requests} × {length} = {told(need)} tokens a second.",
            f"/ {told(rate)} = {told(need / rate, 6)}, rounded up: {told(count)} replicas, {told(key)} devices.",
        ],
        clear=need % rate != 0,
    )


@chapter.exercise(
    level=2,
    teaches="Say how many answers a latency lets one replica write at once.",
    text="A step, which writes a token of every answer, takes {fixed} ms and {each} ms more for each answer. Users are promised a token every {limit} ms. How many answers can be written at once?",
    unit="answer",
    tolerance=0,
    within=(2, 2000),
    fixed=steps(8, 40, 1),
    each=steps(0.1, 0.9, 0.05),
    limit=steps(30, 120, 5),
)
def latency(fixed, each, limit):
    exact = serving.batch_in_time(limit / 1000, fixed / 1000, each / 1000) if fixed < limit else 1.0
    key = devices.round_down(exact)
    return numeric(
        key,
        mistakes=[
            (key + 1, "With one more the promise is broken: round down."),
            (devices.round_down(limit / each), "Reading the weights takes its time in every step."),
        ],
        hints=["How much time is left for the answers?", "Divide it by the time of one."],
        steps=[
            f"{limit} − {fixed} = {limit - fixed} ms are left.",
            f"{limit - fixed} / {told(each)} = {told((limit - fixed) / each, 6)}, rounded down: {told(key)} answers.",
        ],
        clear=0.02 < (limit - fixed) / each % 1 < 0.98,
    )


@chapter.exercise(
    level=3,
    teaches="Say what twice the devices gain when the batch stays.",
    text="A pipeline of {stages} stages has {microbatches} microbatches a step. The devices are doubled at the same batch, so that each replica gets half as many. How many times as fast does the training become?",
    unit="1",
    tolerance=0.01,
    within=(1.02, 1.97),
    stages=of(4, 6, 8, 12, 16),
    microbatches=of(8, 12, 16, 24, 32, 48),
)
def doubled(stages, microbatches):
    before = parallelism.pipeline_utilisation(microbatches, stages)
    after = parallelism.pipeline_utilisation(microbatches / 2, stages)
    key = 2 * after / before
    return numeric(
        key,
        mistakes=[
            (2, "The bubble grows, because a pipeline gets half the microbatches."),
            (after / before, "The devices are doubled: a factor of 2 as well."),
            (2 * before, "Compare the two utilisations with each other."),
        ],
        hints=[
            "Utilisation: $m / (m + p − 1)$, with $m$ microbatches and $p$ stages, before and after.",
            "Twice the devices, times the ratio of the two.",
        ],
        steps=[
            f"Before: {microbatches} / ({microbatches} + {stages} − 1) = {percent(before, 4)}; after: {told(microbatches / 2)} / ({told(microbatches / 2)} + {stages} − 1) = {percent(after, 4)}.",
            f"2 × {told(after)} / {told(before)} = {told(key)} times as fast.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Hold a plan to a deadline and to a budget.",
    text="{params} parameters are to be trained on {tokens} tokens within {days} days for at most {budget} dollars, on {count} H100 SXM at {mfu} of {peak} TFLOP/s and 2.5 dollars a device and hour. What holds?",
    params=of(8e9, 13e9, 34e9, 70e9),
    tokens=steps(500e9, 3000e9, 250e9),
    days=of(20, 30, 45),
    budget=of(2e5, 5e5, 1e6, 2e6, 4e6),
    count=of(128, 256, 512, 1024),
    mfu=shares(0.35, 0.5, 0.05),
)
def hold(params, tokens, days, budget, count, mfu):
    peak = datasets.peak_flops("H100 SXM", "bf16")
    flop = training.train_flop(params, tokens)
    took = training.training_seconds(flop, count, peak, mfu) / DAY
    price = cost.rent(cost.device_time(flop, peak, mfu), 2.5 / HOUR)
    options = (
        "Deadline and budget",
        "The deadline alone: it costs too much, with any number of devices",
        "The budget alone: more devices would keep the deadline as well, at the same cost",
        "Neither of the two",
    )
    in_time, in_budget = took <= days, price <= budget
    place = (0 if in_budget else 1) if in_time else (2 if in_budget else 3)
    late, dear = f"It takes {told(took)} of {days} days.", f"It costs {told(price)} of {told(budget)} dollars."
    return choose(
        options[place],
        # The first two say that it is in time.
        wrong=[(options[other], late if (other < 2) != in_time else dear) for other in range(4) if other != place],
        hints=[
            "Work, then days: work / (devices × peak × utilisation).",
            "Cost: device-hours × price, whatever the number of devices.",
        ],
        steps=[
            f"Work: 6 × {told(params)} × {told(tokens)} = {told(flop)} FLOP; a device sustains {told(peak / TERA)} TFLOP/s × {percent(mfu)} = "
            f"{told(peak * mfu / TERA)} TFLOP/s.",
            f"Time: {told(flop)} FLOP / ({told(count)} × {told(peak * mfu / TERA)} TFLOP/s) = {told(took * DAY)} s = {told(took)} of {told(days)} days.",
            f"Cost: {told(took)} days × 24 h × {told(count)} × 2.5 dollars = {told(price)} of {told(budget)} dollars.",
            options[place] + ".",
        ],
        given={"peak": peak / TERA},
        clear=abs(took / days - 1) > 0.05 and abs(price / budget - 1) > 0.05,
    )


@chapter.exercise(
    level=3,
    teaches="Rank plans by their days.",
    text="A plan has {count} devices, pipelines of {stages} stages and {microbatches} microbatches a step. Order the changes by the days that are left, the fewest first.",
    count=of(512, 1024, 2048),
    stages=of(8, 12, 16),
    microbatches=of(16, 24, 32),
    better=shares(0.05, 0.25, 0.05),
)
def ranking(count, stages, microbatches, better):
    def time(more=1.0, factor=1.0, filled=microbatches):
        return 1 / (more * factor * parallelism.pipeline_utilisation(filled, stages))

    base = time()
    items = [
        ("as it is", base),
        ("twice the devices and the same batch", time(more=2, filled=microbatches / 2)),
        ("twice the devices and twice the batch", time(more=2)),
        (f"kernels that are {percent(better)} faster", time(factor=1 + better)),
        ("half the devices and the same batch", time(more=0.5, filled=2 * microbatches)),
    ]
    return order(
        items,
        hints=[
            "Days are inversely proportional to devices × pipeline utilisation, $m / (m + p − 1)$ with $m$ microbatches and $p$ stages.",
            "With the same batch, twice the devices halve the microbatches of a pipeline.",
        ],
        steps=[
            f"Stages compute in {microbatches} / ({microbatches} + {stages} − 1) = {percent(1 / base)} of the time as it is."
        ]
        + [f"{text}: {percent(value / base)} of the days." for text, value in items],
    )
