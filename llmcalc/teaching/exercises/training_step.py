"""Exercises on a training step: throughput, linearity, pipelines, waiting."""

from ...formulas import devices, parallelism
from ..draws import of, shares, steps
from ..telling import percent, told
from ..writing import Chapter, choose, numeric, order

chapter = Chapter("training-step")


@chapter.exercise(
    level=1,
    teaches="Turn the time of a step into tokens a second.",
    text="A step takes {seconds} s for {samples} samples of {length} tokens. What is the throughput?",
    unit="token/s",
    within=(1000, 1e8),
    seconds=steps(2, 40, 0.5),
    samples=of(256, 512, 1024, 1536, 1920),
    length=of(1024, 2048, 4096),
)
def throughput(seconds, samples, length):
    key = parallelism.token_throughput(samples, length, seconds)
    return numeric(
        key,
        mistakes=[
            (samples / seconds, "Those are samples a second; each has many tokens."),
            (samples * length, "That is a step; divide by its seconds."),
            (seconds * samples * length, "Throughput is tokens divided by time."),
        ],
        hints=["How many tokens has a step?", "Divide by its time."],
        steps=[f"{told(samples)} × {told(length)} / {told(seconds)} s = {told(key)} tokens a second."],
    )


@chapter.exercise(
    level=1,
    teaches="Compute linearity: what devices reach together, of what they would reach alone.",
    text="One device processes {single} samples a second, {count} together {total}. What is the linearity?",
    unit="%",
    within=(30, 99.5),
    single=steps(100, 400, 10),
    count=of(8, 16, 24, 32, 64),
    total=steps(1000, 24000, 50),
)
def linear(single, count, total):
    key = 100 * total / (single * count)
    if key < 100:
        key = 100 * parallelism.linearity(total, single, count)
    return numeric(
        key,
        mistakes=[
            (100 * 100 / key, "That is the other way round: the ideal over what is reached."),
            (100 * total / single, "That is the speed-up in per cent; divide it by the devices."),
            (100 - key, "That is what is missing."),
        ],
        hints=["What would the devices reach if none hindered another?", "Divide what they reach by that."],
        steps=[f"{told(total)} / ({told(count)} × {told(single)}) = {told(key)} %."],
    )


@chapter.exercise(
    level=1,
    teaches="Compute the bubble of a pipeline.",
    text="A pipeline of {stages} stages takes {microbatches} microbatches a step. Which share of the time do its stages compute?",
    unit="%",
    tolerance=0.005,
    within=(20, 99),
    stages=of(2, 4, 6, 8, 12, 16),
    microbatches=steps(4, 64, 2),
)
def bubble(stages, microbatches):
    key = 100 * parallelism.pipeline_utilisation(microbatches, stages)
    return numeric(
        key,
        mistakes=[
            (100 - key, "That is the bubble, in which they wait."),
            (
                100 * (1 - (stages - 1) / microbatches),
                "The bubble is $p − 1$ of $m + p − 1$ slots, not of the $m$ that work.",
            ),
        ],
        hints=[
            "With $p$ stages a pipeline fills for $p − 1$ slots, in which later stages wait.",
            "With $m$ microbatches $m$ of $m + p − 1$ slots are used.",
        ],
        steps=[f"{microbatches} / ({microbatches} + {stages} − 1) = {told(key)} %."],
    )


@chapter.exercise(
    level=2,
    teaches="Find the microbatches that fill a pipeline to a utilisation.",
    text="A pipeline has {stages} stages. How many microbatches does it take at least for a utilisation of {goal}?",
    unit="microbatch",
    tolerance=0,
    within=(2, 2000),
    stages=steps(3, 24, 1),
    goal=shares(0.6, 0.97, 0.01),
)
def fill(stages, goal):
    exact = parallelism.microbatches_for_utilisation(stages, goal)
    key = devices.round_up(exact)
    return numeric(
        key,
        mistakes=[
            (devices.round_down(exact), "Round up: with fewer the goal is missed."),
            (devices.round_up(stages * goal / (1 - goal)), "Filling takes $p − 1$ slots for $p$ stages, not $p$."),
        ],
        hints=[
            "With $m$ microbatches and $p$ stages the utilisation is $u = m / (m + p − 1)$.",
            "Solved for the microbatches: $m = (p − 1) u / (1 − u)$, rounded up.",
        ],
        steps=[
            f"({stages} − 1) × {told(goal)} / (1 − {told(goal)}) = {told(exact, 6)}.",
            f"Rounded up: {told(key)} microbatches.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Compute the time of a pipeline's step.",
    text="{stages} stages; a microbatch takes {forward} ms forward and {backward} ms back on each. How long does a step with {microbatches} microbatches take?",
    unit="ms",
    within=(50, 1e5),
    stages=of(4, 6, 8, 12, 16),
    microbatches=steps(8, 96, 8),
    forward=steps(5, 60, 5),
    backward=steps(20, 120, 5),
)
def pipeline(stages, microbatches, forward, backward):
    key = 1000 * parallelism.pipeline_seconds(microbatches, stages, forward / 1000, backward / 1000)
    return numeric(
        key,
        mistakes=[
            (microbatches * (forward + backward), "That is a stage's own work; filling and draining come on top."),
            ((microbatches + stages - 1) * forward, "The way back is missing."),
            (
                microbatches * stages * (forward + backward),
                "The stages work at the same time, on different microbatches.",
            ),
        ],
        hints=[
            "How many slots, from the first microbatch in to the last one out?",
            "$m + p − 1$ slots with $m$ microbatches and $p$ stages, each as long as forward and backward together.",
        ],
        steps=[f"({microbatches} + {stages} − 1) × ({forward} + {backward}) ms = {told(key)} ms."],
    )


@chapter.exercise(
    level=2,
    teaches="Say what a step gains if a part of it takes no time.",
    text="A step takes {seconds} s, of which {share} is communication that nothing hides. How many times as fast would it be without?",
    unit="1",
    within=(1.02, 5),
    seconds=steps(2, 30, 0.5),
    share=shares(0.1, 0.6, 0.01),
)
def without(seconds, share):
    key = parallelism.speed_up_without(seconds, share * seconds)
    return numeric(
        key,
        mistakes=[
            (1 + share, "The time falls by that share, so the speed grows by more: 1 / (1 − share)."),
            (1 / share, "That would leave the communication and drop the rest."),
            (1 - share, "That is the time that is left, as a share; the speed is its inverse."),
        ],
        hints=["How much time is left?", "Divide the old time by the new."],
        steps=[f"{told(seconds)} s / {told(seconds * (1 - share))} s = 1 / (1 − {told(share)}) = {told(key)}."],
    )


@chapter.exercise(
    level=2,
    teaches="Compute the bandwidth that a transfer reached.",
    text="A device sends {amount} MB in {time} ms. Which bandwidth did it reach?",
    unit="GB/s",
    within=(0.5, 900),
    amount=steps(50, 5000, 50),
    time=steps(2, 200, 2),
)
def bandwidth(amount, time):
    key = parallelism.mean_bandwidth(amount * 1e6, time / 1000) / 1e9
    return numeric(
        key,
        mistakes=[
            (8 * key, "Those are gigabits: a byte has 8 bits."),
            (1 / key, "That is the other way round: time for an amount."),
        ],
        hints=["Bandwidth is amount divided by time.", "MB/ms are GB/s."],
        steps=[f"{told(amount)} MB / {told(time)} ms = {told(key)} GB/s."],
    )


@chapter.exercise(
    level=2,
    teaches="Compute a wait ratio.",
    text="A card waits {wait} ms for the others, and then the data move for {transit} ms. What is its wait ratio?",
    unit="%",
    within=(2, 97),
    wait=steps(5, 400, 5),
    transit=steps(20, 400, 10),
)
def waiting(wait, transit):
    key = 100 * parallelism.wait_ratio(wait / 1000, transit / 1000)
    return numeric(
        key,
        mistakes=[
            (100 * wait / transit, "The ratio is the wait in waiting and moving together."),
            (100 - key, "That is the share in which data move."),
        ],
        hints=["How long does it all take, from ready to done?", "Divide the wait by that."],
        steps=[f"{wait} / ({wait} + {transit}) = {told(key)} %."],
    )


@chapter.exercise(
    level=3,
    teaches="Find the slow card by who waits least.",
    text="Four cards exchange gradients, and the data then move for {transit} ms. They wait: A {a} ms, B {b} ms, C {c} ms, D {d} ms. Two wait ratios that differ by more than 20 percentage points show a slow card. What do you look at?",
    transit=steps(60, 200, 20),
    a=of(2, 5, 80, 90, 100),
    b=of(4, 85, 95, 105),
    c=of(3, 82, 92),
    d=of(6, 88, 98, 110),
)
def slow(transit, a, b, c, d):
    ratios = [parallelism.wait_ratio(wait, transit) for wait in (a, b, c, d)]
    low = min(ratios)
    differ = max(ratios) - low > 0.2
    said = "Wait ratios: " + ", ".join(["ABCD"[place] + " " + percent(ratios[place]) for place in range(4)]) + "."
    options = ["card A", "card B", "card C", "card D", "the network, because no card is slow"]
    place = ratios.index(low) if differ else 4
    points = f"The wait ratios differ by {told(100 * (max(ratios) - low), 3)} percentage points"
    if differ:
        why = [f"Its wait ratio is {percent(ratio)}. The slow card waits least." for ratio in ratios]
    else:
        why = [points + ": no card is slow."] * 4
    why.append(points + ": one card is slow.")
    many = len([ratio for ratio in ratios if ratio - low < 0.1])
    return choose(
        options[place],
        wrong=[(options[other], why[other]) for other in range(5) if other != place],
        hints=[
            "The slow card is the last to be ready. How long does it wait?",
            "Compare the largest wait ratio with the smallest.",
        ],
        steps=[said, f"Look at {options[place]}."],
        clear=abs(max(ratios) - low - 0.2) > 0.03 and (many == 1 or (not differ and many == 4)),
    )


@chapter.exercise(
    level=3,
    teaches="Decide whether a faster network pays, by what it can gain at most.",
    text="A cluster has a linearity of {linearity}. All that is missing is communication, and a network of {times} times the bandwidth is for sale. By which factor does training become faster at most?",
    unit="1",
    within=(1.005, 4),
    linearity=shares(0.4, 0.95, 0.01),
    times=of(2, 3, 4, 8),
)
def network(linearity, times):
    saved = (1 - linearity) * (1 - 1 / times)
    key = parallelism.speed_up_without(1, saved)
    return numeric(
        key,
        mistakes=[
            (times, "Only the communication becomes faster, not the computing."),
            (
                parallelism.largest_network_gain(linearity),
                "That is what a perfect network would give; this one still takes time.",
            ),
            (1 + saved, "The time falls by that share, so the speed grows by more: 1 / (1 − saved)."),
        ],
        hints=[
            "Communication takes 1 − linearity of the time.",
            "It shrinks to one part in as many as the bandwidth grows. What is saved?",
        ],
        steps=[
            f"Communication: {percent(1 - linearity)} of the time; saved: {percent(saved)}.",
            f"1 / (1 − {told(saved)}) = {told(key)}.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Rank changes of a step by what they gain.",
    text="A step: computing {computing} s, communication that nothing hides {communication} s, reading data {data} s, the optimiser {optimiser} s. Order the changes by the time that is left, the shortest first.",
    computing=steps(8, 16, 1),
    communication=steps(2, 6, 0.5),
    data=steps(0.5, 1.5, 0.25),
    optimiser=steps(0.5, 2, 0.5),
)
def changes(computing, communication, data, optimiser):
    def step(compute=computing, talk=communication, read=data, update=optimiser):
        return parallelism.step_seconds(compute, read, update, 0, talk)

    items = [
        ("nothing changes", step()),
        ("reading data is hidden", step(read=0)),
        ("half of the communication is hidden", step(talk=communication / 2)),
        ("computing becomes 1.5 times as fast", step(compute=computing / 1.5)),
    ]
    return order(
        items,
        hints=["What does each save?", "1.5 times as fast saves a third of the computing."],
        steps=[
            f"{items[place][0]}: {how} = {told(items[place][1])} s."
            for place, how in enumerate(
                (
                    f"{told(computing)} + {told(communication)} + {told(data)} + {told(optimiser)}",
                    f"{told(step())} − {told(data)}",
                    f"{told(step())} − {told(communication)} / 2",
                    f"{told(step())} − {told(computing)} / 3",
                )
            )
        ],
    )
