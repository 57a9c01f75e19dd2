"""Exercises on predictions: errors, ranges, and which of them to believe."""

from ...formulas import parallelism, training
from ...plans import ranges
from ...units import DAY, PETA, TERA
from ..draws import of, steps
from ..telling import percent, told
from ..writing import Chapter, choose, numeric, order

chapter = Chapter("does-it-predict")

KINDS = ("known stack", "new stack", "mixture")


@chapter.exercise(
    level=1,
    teaches="Compute the error of a prediction, with its sign.",
    text="A step was predicted as {predicted} s and took {measured} s. By how much was the prediction off, as a share of what was measured? (Below zero if it was too short.)",
    unit="%",
    tolerance=0.03,
    within=(-60, 90),
    predicted=steps(2, 30, 0.5),
    measured=steps(2, 30, 0.5),
)
def error(predicted, measured):
    key = 100 * (parallelism.speed_up(predicted, measured) - 1)
    return numeric(
        key,
        mistakes=[
            (100 * (measured / predicted - 1), "Divide by what was measured, not by the prediction."),
            (-key, "The sign is the other way: a prediction that is too long has an error above zero."),
        ],
        hints=["Predicted minus measured.", "Divided by measured."],
        steps=[f"({told(predicted)} − {told(measured)}) / {told(measured)} = {told(key)} %."],
        clear=abs(key) > 8,
    )


@chapter.exercise(
    level=1,
    teaches="Say what a range of 80 % promises.",
    text="A range is to hold 80 % of published times. How many of {count} times do you expect outside of it?",
    unit="1",
    within=(2, 200),
    count=steps(20, 500, 5),
)
def outside(count):
    key = count * (1 - ranges.SHARE)
    return numeric(
        key,
        mistakes=[
            (count * ranges.SHARE, "Those are within it."),
            (count * (1 - ranges.SHARE) / 2, "There are two ends; as many lie above as below."),
        ],
        hints=["Which share lies outside?", "20 % of all."],
        steps=[f"{count} × (1 − {told(ranges.SHARE)}) = {told(key)}."],
    )


@chapter.exercise(
    level=1,
    teaches="Turn a prediction into its range.",
    text="A step is predicted as {predicted} s. Of its kind ({kind}), 80 % of the published times lay between {low} and {high} times their prediction. What is the upper end of the range?",
    unit="s",
    within=(0.5, 200),
    predicted=steps(1, 60, 0.5),
    kind=of(*KINDS),
)
def upper(predicted, kind):
    low, high = ranges.interval(kind)
    key = predicted * high
    return numeric(
        key,
        mistakes=[
            (predicted * low, "That is the lower end."),
            (predicted, "That is the prediction itself; the range goes on above it."),
            (
                predicted / low if abs(predicted / low / key - 1) > 0.06 else 2 * key,
                "The range need not be as wide above as below: take its upper end.",
            ),
        ],
        hints=["The ends are factors.", "Multiply the prediction by the upper one."],
        steps=[f"{told(predicted)} s × {told(high)} = {told(key)} s."],
        given={"low": low, "high": high},
    )


@chapter.exercise(
    level=2,
    teaches="Compute a mean error, without signs.",
    text="Four predictions were off by {a} %, −{b} %, {c} % and −{d} %. What is the mean error without signs?",
    unit="%",
    within=(1, 30),
    a=steps(1, 30, 1),
    b=steps(1, 30, 1),
    c=steps(1, 30, 1),
    d=steps(1, 30, 1),
)
def mean(a, b, c, d):
    key = parallelism.sample_throughput(a + b + c + d, 4)
    return numeric(
        key,
        mistakes=[
            (abs(a - b + c - d) / 4, "Errors of both signs cancel: take them without signs first."),
            (a + b + c + d, "That is the sum; divide by their number."),
            ((a + c) / 2, "Predictions that were too short are off as well: count all four."),
        ],
        hints=["Leave out the signs.", "Add up, divide by four."],
        steps=[f"({a} + {b} + {c} + {d}) / 4 = {told(key)} %."],
    )


@chapter.exercise(
    level=2,
    teaches="Read an end of a range off sorted ratios.",
    text="Eleven runs took these shares of their predicted times: {ratios}. Which is the lower end of a range that holds 80 %, as many cut off above as below?",
    unit="1",
    tolerance=0.005,
    within=(0.5, 1),
    first=steps(0.6, 0.75, 0.01),
    width=of(0.03, 0.04, 0.05, 0.06),
)
def lower(first, width):
    ratios = [first + place * width for place in range(11)]
    key = ranges.quantile(ratios, 0.1)
    return numeric(
        key,
        mistakes=[
            (ratios[0], "That holds all of them: a tenth is cut off below."),
            (ratios[2], "That cuts off two of eleven below; 20 % is for both ends together."),
            (ratios[9], "That is the upper end."),
        ],
        hints=["Sort them: they are sorted already.", "A tenth of the way from the first to the last."],
        steps=[f"One of ten steps from the smallest: {told(key)}."],
        given={"ratios": ", ".join([told(ratio, 3) for ratio in ratios])},
    )


@chapter.exercise(
    level=2,
    teaches="Turn a predicted step into a utilisation.",
    text="A step of {flop} PFLOP is predicted to take {seconds} s on {count} devices of {peak} TFLOP/s. Which model FLOPs utilisation is that?",
    unit="%",
    within=(15, 65),
    flop=steps(500, 20000, 100),
    seconds=steps(4, 40, 0.5),
    count=of(256, 512, 1024, 2048, 8192),
    peak=of(312, 989),
)
def utilisation(flop, seconds, count, peak):
    key = 100 * training.implied_mfu(flop * PETA, seconds, count, peak * TERA)
    return numeric(
        key,
        mistakes=[
            (key / 2, "That is with the sparse peak."),
            (key * 4 / 3, "That is with recomputation, the hardware utilisation."),
        ],
        hints=["What could the devices do in that time?", "Divide the work of the step by it."],
        steps=[f"{told(flop)} PFLOP / ({told(count)} × {peak} TFLOP/s × {told(seconds)} s) = {told(key)} %."],
    )


@chapter.exercise(
    level=3,
    teaches="Read a measurement against its range.",
    text="A step is predicted as {predicted} s, with a range of {low} to {high} times that ({kind}). It took {measured} s. What do you look for?",
    predicted=steps(4, 30, 0.5),
    kind=of("known stack", "new stack"),
    off=of(0.4, 0.55, 0.7, 0.9, 0.97, 1, 1.05, 1.3, 1.6, 2, 2.5),
)
def look(predicted, kind, off):
    low, high = ranges.interval(kind)
    measured = predicted * off
    said = f"The range is {told(predicted * low)} to {told(predicted * high)} s."
    options = (
        "What waits: it took longer than four in five of its kind would",
        "What was described wrongly: it was faster than four in five of its kind would be",
        "Nothing: it lies within the range",
    )
    place = 0 if off > high else 1 if off < low else 2
    why = (
        f"Such a step takes more than {told(predicted * high)} s.",
        f"Such a step takes less than {told(predicted * low)} s.",
        f"Within the range a step takes {told(predicted * low)} to {told(predicted * high)} s.",
    )
    return choose(
        options[place],
        wrong=[(options[other], why[other]) for other in range(3) if other != place],
        hints=[
            "Multiply the prediction by both ends.",
            "Slower than the range: time is lost. Faster: check the premises.",
        ],
        steps=[said, options[place] + "."],
        given={"low": low, "high": high, "measured": measured},
        clear=abs(off / high - 1) > 0.02 and abs(off / low - 1) > 0.02,
    )


@chapter.exercise(
    level=3,
    teaches="Choose the error to expect: of what was fitted, of a run left out, of a stack left out.",
    text="A model's mean error is {fitted} % on the runs to which it was fitted, {left} % on each run predicted without it, and {stack} % on each stack of software predicted without any of its runs. You plan {case}. Which error do you expect?",
    fitted=steps(2, 6, 0.5),
    more=steps(1, 4, 0.5),
    most=steps(5, 15, 1),
    case=of("one more run on a stack that the fit knows", "a run on software that nobody has measured"),
)
def expect(fitted, more, most, case):
    left, stack = fitted + more, fitted + most
    options = (f"about {told(fitted)} %", f"about {told(left)} %", f"about {told(stack)} %")
    said = (
        "Those are the runs to which constants were fitted; a new run has not helped to fit them.",
        "A run left out had others of its stack beside it in the fit.",
        "A stack left out had no run in the fit: so it is with software that nobody has measured, and only with that.",
    )
    place = 1 if case[:3] == "one" else 2
    return choose(
        options[place],
        wrong=[(options[other], said[other]) for other in range(3) if other != place],
        hints=["Which of the three was in the same position as your run?", "Has the fit seen your stack?"],
        steps=[said[place], "Expect " + options[place] + "."],
        given={"left": left, "stack": stack},
    )


@chapter.exercise(
    level=3,
    teaches="Rank predictions by how far they can be trusted.",
    text="Order these by the width of the range that holds 80 % of the published times, the narrowest first. The step is predicted as {predicted} s.",
    predicted=steps(4, 40, 0.5),
    spread=of(0.03, 0.05, 0.08),
)
def widths(predicted, spread):
    items = []
    for kind in ("known stack", "new stack"):
        low, high = ranges.interval(kind)
        items.append((f"a dense model on a {kind}, {told(low)} to {told(high)} times", predicted * (high - low)))
    items.append(
        (
            f"the same run measured again and again, which scatters by {percent(spread)} of its time in all",
            predicted * spread,
        )
    )
    items.append(("a guess that may be half or twice as long", predicted * 1.5))
    return order(
        items,
        hints=["Subtract the ends.", "What was measured scatters least."],
        steps=[f"{text}: {told(value)} s wide." for text, value in items],
    )


@chapter.exercise(
    level=3,
    teaches="Promise a duration: the end of the range, not the prediction.",
    text="A training of {count} steps is predicted at {predicted} s a step. Of its kind ({kind}), 80 % of the published times lay between {low} and {high} times their prediction, as many below as above. How many days do you promise, if at most one such training in ten is to take longer?",
    unit="day",
    within=(0.5, 1000),
    count=of(50e3, 100e3, 250e3, 500e3, 1e6),
    predicted=steps(2, 30, 0.5),
    kind=of(*KINDS),
)
def promise(count, predicted, kind):
    low, high = ranges.interval(kind)
    days = count * predicted / DAY
    key = days * high
    return numeric(
        key,
        mistakes=[
            (days, "That is the prediction: far more than one such training in ten takes longer."),
            (days * low, "That is the end that nine in ten miss."),
            (24 * key, "Those are hours."),
            (key * 0.8, "The 80 % say how many times lay in the range, and are no factor."),
        ],
        hints=["Which end of the range does one in ten exceed?", "Steps × seconds × the upper factor, in days."],
        steps=[
            f"Predicted: {told(count)} × {told(predicted)} s = {told(days)} days.",
            "20 % lie outside of the range, half of these above it: one in ten.",
            f"{told(days)} days × {told(high)} = {told(key)} days.",
        ],
        given={"low": low, "high": high},
    )
