"""Exercises on training: work, rates, devices and time."""

from ... import datasets
from ...formulas import devices, training
from ...units import DAY, PETA, PFLOPS_DAY, TERA
from ..draws import of, shares, steps
from ..telling import percent, told
from ..writing import Chapter, carried, choose, numeric, order

chapter = Chapter("training-gpus")

DEVICES = of("A100 SXM 80GB", "H100 SXM", "H200 SXM", "B200")


@chapter.exercise(
    level=1,
    teaches="Say how much work a training is: six FLOP for every parameter and token.",
    text="A model of {params} parameters is trained on {tokens} tokens. How much compute does the training take?",
    unit="FLOP",
    within=(1e20, 1e26),
    params=of(1.3e9, 2.7e9, 6.7e9, 13e9, 30e9, 66e9, 175e9),
    tokens=steps(300e9, 3000e9, 60e9),
)
def work(params, tokens):
    key = training.train_flop(params, tokens)
    return numeric(
        key,
        mistakes=[
            (
                training.train_flop(params, tokens, 2.0),
                "Two FLOP per parameter and token are the way forward alone; the way back takes four more.",
            ),
            (
                training.train_flop(params, tokens, 3.0),
                "Three would be multiply-accumulates, and each of these is two FLOP: a MAC is not a FLOP.",
            ),
            (params * tokens, "Each parameter does more than one operation with each token: count both passes."),
        ],
        hints=[
            "Each parameter takes part in a multiplication and an addition for each token on the way forward.",
            "The way back takes twice as many operations as the way forward.",
            "$C = 6 N D$, with $N$ parameters and $D$ tokens.",
        ],
        steps=[
            "Forward 2 FLOP, backward 4 FLOP: 6 FLOP per parameter and token.",
            f"$C = 6 N D$ = 6 × {told(params)} × {told(tokens)} = {told(key)} FLOP.",
        ],
    )


@chapter.exercise(
    level=1,
    teaches="Turn a peak and a utilisation into the rate that a device sustains.",
    text="One {device} has a dense peak of {peak} TFLOP/s in BF16. Which rate does it sustain in training at a model "
    "FLOPs utilisation of {mfu}?",
    unit="TFLOP/s",
    within=(50, 2000),
    device=DEVICES,
    mfu=shares(0.3, 0.55, 0.01),
)
def sustained(device, mfu):
    peak = datasets.peak_flops(device, "bf16")
    key = devices.sustained_flops(peak, mfu) / TERA
    return numeric(
        key,
        mistakes=[
            (2 * key, "That is half of the sparse peak: training multiplies dense matrices, so take the dense peak."),
            (peak / mfu / TERA, "You divided by the utilisation: a device sustains less than its peak, not more."),
            (peak / TERA, "That is the peak itself, which no training reaches."),
        ],
        hints=[
            "The utilisation is the share of the peak that the training gets.",
            "Multiply the dense peak by the utilisation.",
        ],
        steps=[f"{told(peak / TERA)} TFLOP/s × {percent(mfu)} = {told(key)} TFLOP/s."],
        given={"peak": peak / TERA},
    )


@chapter.exercise(
    level=1,
    teaches="Tell a petaFLOP/s-day, an amount of work, from a petaFLOP/s, a rate.",
    text="A report counts compute in petaFLOP/s-days: a training took {days} of them. How many FLOP is that?",
    unit="FLOP",
    within=(1e21, 1e25),
    days=steps(50, 5000, 50),
)
def petaflops_days(days):
    key = days * PFLOPS_DAY
    return numeric(
        key,
        mistakes=[
            (
                days * PETA,
                "You took a petaFLOP/s for a petaFLOP/s-day: the rate is kept up for a day of 86,400 seconds.",
            ),
            (days * PETA * 3600, "A day has 24 hours: you took a petaFLOP/s kept up for an hour."),
            (days * 1e12 * DAY, "Peta is 10¹⁵; 10¹² is tera."),
        ],
        hints=["How many seconds does a day have?", "One petaFLOP/s-day is 10¹⁵ FLOP/s × 86,400 s."],
        steps=[
            f"One petaFLOP/s-day: 10¹⁵ FLOP/s × 86,400 s = {told(PFLOPS_DAY)} FLOP.",
            f"{told(days)} × {told(PFLOPS_DAY)} FLOP = {told(key)} FLOP.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Size a cluster for a deadline, and round up to whole devices.",
    text="A model of {params} parameters is to be trained on {tokens} tokens within {days} days, on {device} with a "
    "dense BF16 peak of {peak} TFLOP/s, at a utilisation of {mfu}. How many whole devices does it take?",
    unit="device",
    tolerance=0,
    within=(8, 4500),
    params=of(7e9, 13e9, 34e9, 70e9),
    tokens=steps(1000e9, 3000e9, 100e9),
    days=steps(20, 60, 5),
    device=DEVICES,
    mfu=shares(0.35, 0.5, 0.01),
)
def cluster(params, tokens, days, device, mfu):
    flop = training.train_flop(params, tokens)
    peak = datasets.peak_flops(device, "bf16")
    exact = training.devices_for_deadline(flop, days * DAY, peak, mfu)
    key = devices.round_up(exact)
    forward = training.devices_for_deadline(flop / 3, days * DAY, peak, mfu)
    return numeric(
        key,
        mistakes=[
            (devices.round_down(exact), "You rounded down: that many devices finish after the deadline."),
            (devices.round_up(exact / 2), "You took the sparse peak, twice the dense one that training gets."),
            (devices.round_up(exact * mfu), "The utilisation is missing: no training reaches the peak."),
            (
                devices.round_up(forward),
                "Two FLOP per parameter and token are the way forward alone: training takes six.",
            ),
        ],
        hints=[
            "First the work in FLOP, then the rate that finishes it in time.",
            "Divide that rate by what one device sustains: peak × utilisation.",
            "Nobody sells a fraction of a device: round up.",
        ],
        steps=[
            f"Work: 6 × {told(params)} × {told(tokens)} = {told(flop)} FLOP.",
            f"Time: {told(days)} × 86,400 s = {told(days * DAY)} s; rate needed: {told(flop, 5)} FLOP / {told(days * DAY)} s "
            f"= {told(flop / (days * DAY) / TERA, 6)} TFLOP/s.",
            f"A device sustains {told(peak / TERA)} × {percent(mfu)} = {told(peak * mfu / TERA, 6)} TFLOP/s.",
            f"{told(flop / (days * DAY) / TERA, 6)} / {told(peak * mfu / TERA, 6)} = {told(exact, 6)}, rounded up: {told(key, 7)} devices.",
        ],
        given={"peak": peak / TERA},
        clear=carried(exact),
    )


@chapter.exercise(
    level=2,
    teaches="Turn the question round: how long does a given cluster take?",
    text="You have {count} {device} with a dense BF16 peak of {peak} TFLOP/s. How many days does it take to train "
    "{params} parameters on {tokens} tokens at a utilisation of {mfu}?",
    unit="day",
    within=(0.5, 400),
    params=of(7e9, 13e9, 30e9, 65e9),
    tokens=steps(1000e9, 2000e9, 100e9),
    count=of(256, 512, 768, 1024, 2048),
    device=of("A100 SXM 80GB", "H100 SXM"),
    mfu=shares(0.35, 0.5, 0.01),
)
def duration(params, tokens, count, device, mfu):
    flop = training.train_flop(params, tokens)
    peak = datasets.peak_flops(device, "bf16")
    seconds = training.training_seconds(flop, count, peak, mfu)
    key = seconds / DAY
    return numeric(
        key,
        mistakes=[
            (key / 2, "You took the sparse peak, twice the dense one that training gets."),
            (key * mfu, "At its peak a device would be that fast; the utilisation is missing."),
            (key / 3, "Two FLOP per parameter and token are the way forward alone: training takes six."),
            (key * 24, "That is in hours."),
        ],
        hints=[
            "Work divided by rate is time.",
            "The rate is devices × peak × utilisation.",
            "A day has 86,400 seconds.",
        ],
        steps=[
            f"Work: 6 × {told(params)} × {told(tokens)} = {told(flop)} FLOP.",
            f"Rate: {told(count)} × {told(peak / TERA)} TFLOP/s × {percent(mfu)} = {told(count * peak * mfu / PETA)} PFLOP/s.",
            f"Time: {told(flop)} FLOP / {told(count * peak * mfu / PETA)} PFLOP/s = {told(seconds)} s; "
            f"/ 86,400 = {told(key)} days.",
        ],
        given={"peak": peak / TERA},
    )


@chapter.exercise(
    level=2,
    teaches="Compute the utilisation that a finished run must have had.",
    text="A paper reports that {params} parameters were trained on {tokens} tokens in {days} days on {count} {device}, "
    "whose dense BF16 peak is {peak} TFLOP/s. Which model FLOPs utilisation is that?",
    unit="%",
    within=(10, 70),
    params=of(7e9, 13e9, 65e9, 70e9),
    tokens=steps(1000e9, 2000e9, 100e9),
    days=steps(20, 40, 1),
    count=of(128, 256, 512, 1024, 2048),
    device=of("A100 SXM 80GB", "H100 SXM"),
)
def utilisation(params, tokens, days, count, device):
    peak = datasets.peak_flops(device, "bf16")
    flop = training.train_flop(params, tokens)
    # As many devices as keep the report believable.
    while training.implied_mfu(flop, days * DAY, count, peak) > 0.6:
        count *= 2
    while training.implied_mfu(flop, days * DAY, count, peak) < 0.2:
        count /= 2
    key = 100 * training.implied_mfu(flop, days * DAY, count, peak)
    return numeric(
        key,
        mistakes=[
            (key / 2, "You divided by the sparse peak. Training multiplies dense matrices: take the dense peak."),
            (
                key * 8 / 6,
                "With eight FLOP per parameter and token it is the hardware utilisation, which counts recomputation.",
            ),
            (key / 3, "Two FLOP per parameter and token are the way forward alone: training takes six."),
        ],
        hints=[
            "The utilisation is what was needed divided by what the devices could have done.",
            "What they could have done: devices × peak × seconds.",
        ],
        steps=[
            f"Needed: 6 × {told(params)} × {told(tokens)} = {told(flop)} FLOP.",
            f"Possible: {told(count)} × {told(peak / TERA)} TFLOP/s × {told(days * DAY)} s = {told(count * peak * days * DAY)} FLOP.",
            f"Utilisation: {told(flop)} / {told(count * peak * days * DAY)} = {told(key)} %.",
        ],
        given={"peak": peak / TERA, "count": count},
    )


@chapter.exercise(
    level=2,
    teaches="Count the work that recomputation repeats, at the utilisation that goes with it.",
    text="To save memory, activations are recomputed on the way back, so that training takes 8 FLOP per parameter and token instead of 6. "
    "{count} {device} with a dense BF16 peak of {peak} TFLOP/s are busy at {hfu} of it, recomputation counted. How many days does it take "
    "to train {params} parameters on {tokens} tokens?",
    unit="day",
    within=(2, 200),
    params=of(13e9, 30e9, 70e9, 130e9, 175e9),
    tokens=steps(300e9, 2000e9, 100e9),
    count=of(512, 1024, 2048, 4096),
    device=of("A100 SXM 80GB", "H100 SXM"),
    hfu=shares(0.4, 0.6, 0.01),
)
def recomputed(params, tokens, count, device, hfu):
    peak = datasets.peak_flops(device, "bf16")
    flop = training.train_flop(params, tokens, 8.0)
    seconds = training.training_seconds(flop, count, peak, hfu)
    key = seconds / DAY
    return numeric(
        key,
        mistakes=[
            (
                key * 6 / 8,
                "Six FLOP leave out what is repeated. The utilisation counts it, so the work has to count it, too.",
            ),
            (
                key * 8 / 6,
                "You counted the repetition twice: in the eight FLOP, and by turning the utilisation into that of six.",
            ),
            (key / 2, "You took the sparse peak, twice the dense one that training gets."),
            (key * 24, "That is in hours."),
        ],
        hints=[
            "Work and utilisation have to count the same: what is repeated, in both or in neither.",
            "Work: 8 FLOP per parameter and token. Rate: devices × peak × utilisation.",
        ],
        steps=[
            f"Work, repetition counted: 8 × {told(params)} × {told(tokens)} = {told(flop)} FLOP.",
            f"Rate: {told(count)} × {told(peak / TERA)} TFLOP/s × {percent(hfu)} = {told(count * peak * hfu / PETA)} PFLOP/s.",
            f"Time: {told(flop)} FLOP / {told(count * peak * hfu / PETA)} PFLOP/s = {told(seconds)} s; / 86,400 = {told(key)} days.",
        ],
        given={"peak": peak / TERA},
    )


@chapter.exercise(
    level=3,
    teaches="Judge a reported run by the utilisation that it implies.",
    text="A press release says that a dense model of {params} parameters was trained on {tokens} tokens in {days} days on {count} A100 "
    "SXM 80GB, with a BF16 peak of {peak} TFLOP/s (dense, too). Well-tuned runs of large models reach 30 to 60 % of the peak. "
    "What do you make of it?",
    params=of(70e9, 130e9, 175e9, 200e9),
    tokens=of(300e9, 1000e9, 1500e9, 2000e9),
    days=steps(15, 60, 5),
    count=of(512, 1024, 2048, 4096, 8192),
)
def believable(params, tokens, days, count):
    peak = datasets.peak_flops("A100 SXM 80GB", "bf16")
    mfu = training.implied_mfu(training.train_flop(params, tokens), days * DAY, count, peak)
    verdicts = (
        ("It cannot be true of a dense model", "Only above 100 % is it impossible; compute the utilisation."),
        (
            "It is possible in principle, but better than any published run",
            "That would be a utilisation from 60 to 100 %.",
        ),
        ("It is what well-tuned runs reach", "That would be a utilisation from 30 to 60 %."),
        ("The cluster was used badly, or the release leaves something out", "That would be a utilisation below 30 %."),
    )
    place = 0 if mfu > 1 else 1 if mfu > 0.6 else 2 if mfu >= 0.3 else 3
    return choose(
        verdicts[place][0],
        wrong=[verdict for verdict in verdicts if verdict is not verdicts[place]],
        hints=[
            "Compute the utilisation that the run must have had.",
            "Needed: six FLOP per parameter and token. Possible: devices × peak × seconds.",
        ],
        steps=[
            f"Needed: 6 × {told(params)} × {told(tokens)} = {told(training.train_flop(params, tokens))} FLOP.",
            f"Possible: {told(count)} × {told(peak / TERA)} TFLOP/s × {told(days * DAY)} s = {told(count * peak * days * DAY)} FLOP.",
            f"The utilisation would be {percent(mfu)}. {verdicts[place][0]}.",
        ],
        given={"peak": peak / TERA},
        clear=all(abs(mfu / bound - 1) > 0.05 for bound in (0.3, 0.6, 1)),
    )


@chapter.exercise(
    level=3,
    teaches="Rank changes of a plan by what they save.",
    text="A training is planned on A100 SXM 80GB in BF16 at {mfu} of the peak, with {tokens} tokens. The dense peaks are {a100} TFLOP/s "
    "in BF16 and {tf32} in TF32, those of an H100 SXM {h100} in BF16. Order these plans by the number of devices that they need for the "
    "same deadline, the fewest first.",
    mfu=shares(0.3, 0.4, 0.01),
    better=shares(0.45, 0.55, 0.01),
    fewer=shares(0.4, 0.6, 0.02),
    tokens=steps(1000e9, 3000e9, 200e9),
)
def plans(mfu, better, fewer, tokens):
    a100 = datasets.peak_flops("A100 SXM 80GB", "bf16")
    h100 = datasets.peak_flops("H100 SXM", "bf16")
    tf32 = datasets.peak_flops("A100 SXM 80GB", "tf32")
    flop = training.train_flop(1e9, tokens)

    def need(work, peak, share):
        return training.devices_for_deadline(work, 30 * DAY, peak, share)

    base = need(flop, a100, mfu)
    items = [
        ("the plan as it is", base),
        (f"utilisation raised to {percent(better)}", need(flop, a100, better)),
        (f"trained on {percent(fewer)} of the tokens", need(fewer * flop, a100, mfu)),
        (f"H100 SXM in BF16, at {percent(0.8 * mfu)} of their peak", need(flop, h100, 0.8 * mfu)),
        ("A100 in TF32 instead of BF16, at the same utilisation", need(flop, tf32, mfu)),
    ]
    return order(
        items,
        hints=[
            "The number of devices is proportional to the work, and inversely proportional to peak × utilisation.",
            "By which factor does each plan change the work, the peak or the utilisation of the first?",
        ],
        steps=[
            f"{items[place][0]}: {how} = {percent(items[place][1] / base)} of the devices."
            for place, how in enumerate(
                (
                    "1",
                    f"{percent(mfu)} / {percent(better)}",
                    f"{told(fewer)} × 1",
                    f"({told(a100 / TERA)} × {percent(mfu)}) / ({told(h100 / TERA)} × {percent(0.8 * mfu)})",
                    f"{told(a100 / TERA)} / {told(tf32 / TERA)}",
                )
            )
        ],
        given={"a100": a100 / TERA, "tf32": tf32 / TERA, "h100": h100 / TERA},
    )


@chapter.exercise(
    level=3,
    teaches="Promise a number of devices that keeps the deadline in the worst case, and know what it pays for.",
    text="{params} parameters are to be trained on {tokens} tokens within {days} days, on {device} with a dense BF16 peak of {peak} TFLOP/s. "
    "Your engineers expect a utilisation from {low} to {high} while training runs; failures and restarts take {lost} of the days. You "
    "promise the deadline, so how many whole devices do you order?",
    unit="device",
    tolerance=0,
    within=(16, 4500),
    params=of(7e9, 13e9, 34e9, 70e9),
    tokens=steps(1000e9, 3000e9, 100e9),
    days=steps(20, 60, 5),
    device=of("A100 SXM 80GB", "H100 SXM", "B200"),
    low=shares(0.28, 0.36, 0.01),
    high=shares(0.42, 0.52, 0.01),
    lost=shares(0.05, 0.15, 0.01),
)
def promised(params, tokens, days, device, low, high, lost):
    peak = datasets.peak_flops(device, "bf16")
    flop = training.train_flop(params, tokens)
    kept = days * DAY * (1 - lost)
    exact = training.devices_for_deadline(flop, kept, peak, low)

    def need(share, seconds=kept):
        return devices.round_up(training.devices_for_deadline(flop, seconds, peak, share))

    key = devices.round_up(exact)
    return numeric(
        key,
        mistakes=[
            (need(high), "That keeps the deadline only if all goes as well as the engineers hope."),
            (need((low + high) / 2), "At the middle of the range the deadline is missed in about half of the cases."),
            (need(low, days * DAY), "While it fails and restarts it does not train: those days are missing."),
            (devices.round_down(exact), "You rounded down: that many devices finish after the deadline."),
        ],
        hints=[
            "Which end of the range would make you late?",
            "How many of the days are left for training?",
            "Work / (seconds of training × peak × the lower utilisation), rounded up.",
        ],
        steps=[
            f"Work: 6 × {told(params)} × {told(tokens)} = {told(flop, 5)} FLOP.",
            f"Time that trains: {told(days)} × 86,400 s × {percent(1 - lost)} = {told(kept, 6)} s; rate needed: "
            f"{told(flop / kept / TERA, 6)} TFLOP/s.",
            f"A device sustains at least {told(peak / TERA)} × {percent(low)} = {told(peak * low / TERA, 6)} TFLOP/s.",
            f"{told(flop / kept / TERA, 6)} / {told(peak * low / TERA, 6)} = {told(exact, 6)}, rounded up: {told(key, 7)} devices. "
            f"At {percent(high)} and without failures {told(need(high, days * DAY), 7)} would do: the rest is what the promise costs.",
        ],
        given={"peak": peak / TERA},
        clear=carried(exact),
    )


@chapter.exercise(
    level=3,
    teaches="Decide between devices that are there and faster ones that come later.",
    text="{params} parameters are to be trained on {tokens} tokens, in BF16 and done in {days} days. {old} A100 SXM 80GB ({a100} TFLOP/s, "
    "dense) can begin today and reach {first}. {new} H100 SXM ({h100} TFLOP/s) come in {wait} days and reach {second}. "
    "Which of the two clusters is done in time?",
    params=of(13e9, 30e9, 34e9, 70e9),
    tokens=steps(1000e9, 2000e9, 100e9),
    days=steps(30, 90, 10),
    old=of(256, 512, 1024, 2048),
    new=of(128, 256, 512, 1024),
    wait=steps(10, 40, 5),
    first=shares(0.38, 0.5, 0.02),
    second=shares(0.3, 0.44, 0.02),
)
def sooner(params, tokens, days, old, new, wait, first, second):
    a100, h100 = datasets.peak_flops("A100 SXM 80GB", "bf16"), datasets.peak_flops("H100 SXM", "bf16")
    flop = training.train_flop(params, tokens)
    now = training.training_seconds(flop, old, a100, first) / DAY
    trains = training.training_seconds(flop, new, h100, second) / DAY
    later = wait + trains
    options = ("Only the A100", "Only the H100, although they come later", "Both", "Neither of the two")
    place = (2 if later <= days else 0) if now <= days else (1 if later <= days else 3)
    a100_late = f"The A100 take {told(now, 3)} of {told(days)} days."
    h100_late = f"The H100 are done after {told(wait)} + {told(trains, 3)} = {told(later, 3)} of {told(days)} days."
    claims_a100_in_time = (True, False, True, False)
    return choose(
        options[place],
        # The first thing that another answer gets wrong.
        wrong=[
            (options[other], a100_late if claims_a100_in_time[other] != (now <= days) else h100_late)
            for other in range(4)
            if other != place
        ],
        hints=[
            "The work is the same; what does each cluster sustain?",
            "Work / rate, in days of 86,400 s; the H100 wait before they begin.",
        ],
        steps=[
            f"Work: 6 × {told(params)} × {told(tokens)} = {told(flop)} FLOP.",
            f"A100: {told(old)} × {told(a100 / TERA)} TFLOP/s × {percent(first)} = {told(old * a100 * first / PETA)} PFLOP/s, "
            f"{told(now, 3)} days.",
            f"H100: {told(new)} × {told(h100 / TERA)} TFLOP/s × {percent(second)} = {told(new * h100 * second / PETA)} PFLOP/s, "
            f"{told(trains, 3)} days, and {told(wait)} days of waiting: {told(later, 3)}.",
            f"Done within {told(days)} days: {options[place]}.",
        ],
        given={"a100": a100 / TERA, "h100": h100 / TERA},
        clear=abs(now / days - 1) > 0.05
        and abs(later / days - 1) > 0.05
        and 0.3 < now / days < 2.5
        and 0.5 < later / days < 2.5,
    )
