"""Exercises on a year's backlog of vision models: capacity, trials, schedules."""

from ...formulas import backlog, convolution, devices
from ...units import DAY, PETA, PFLOPS_DAY, TERA
from ..draws import of, steps
from ..telling import told
from ..writing import Chapter, choose, numeric, order

chapter = Chapter("cv-backlog")


@chapter.exercise(
    level=1,
    teaches="Add up the peak of a cluster.",
    text="A cluster has {cards} cards of {card} TFLOP/s. Which peak is that?",
    unit="PFLOP/s",
    within=(1, 1000),
    cards=steps(16, 512, 8),
    card=of(256, 280, 312, 320, 376),
)
def peak(cards, card):
    key = devices.sustained_flops(cards * card * TERA, 1) / PETA
    return numeric(
        key,
        mistakes=[
            (key * 8, "The cards are counted already; they are not servers of eight."),
            (key * 2, "The dense peak is given; nothing is doubled."),
            (cards * card, "That is in TFLOP/s."),
        ],
        hints=["Cards times the peak of a card.", "1,000 TFLOP/s are a PFLOP/s."],
        steps=[f"{told(cards)} × {told(card)} TFLOP/s = {told(key)} PFLOP/s."],
    )


@chapter.exercise(
    level=1,
    teaches="Turn capacity, time and trials into work.",
    text="A task's trials each take {rate} TFLOP/s of capacity for {days} days; there are {trials} of them. How much capacity is that, in petaFLOP/s-days?",
    unit="petaFLOP/s-day",
    within=(1, 10000),
    rate=of(320, 640, 1280, 2560, 5120),
    days=steps(2, 21, 1),
    trials=steps(3, 12, 1),
)
def task(rate, days, trials):
    key = backlog.trial_work(rate * TERA, days * DAY, trials) / PFLOPS_DAY
    return numeric(
        key,
        mistakes=[
            (key / trials, "That is one trial."),
            (key * 1000, "That is in teraFLOP/s-days."),
            (rate / 1000 * trials, "That is the rate of all trials at once: the days are missing."),
        ],
        hints=["Work is capacity × time.", "Times the trials."],
        steps=[f"{told(rate / 1000)} PFLOP/s × {days} days × {trials} = {told(key)} petaFLOP/s-days."],
    )


@chapter.exercise(
    level=1,
    teaches="Say how many trials fit on a cluster side by side.",
    text="A trial takes {each} cards at once; the cluster has {cards}. How many trials run side by side?",
    unit="trial",
    tolerance=0,
    within=(2, 100),
    each=of(6, 8, 12, 16, 24),
    cards=steps(50, 300, 1),
)
def side(each, cards):
    key = devices.round_down(cards / each)
    return numeric(
        key,
        mistakes=[
            (key + 1, "The last one finds too few cards: round down."),
            (cards - each, "Divide the cards by those of a trial."),
        ],
        hints=["A trial needs all its cards at once.", "Divide, and round down."],
        steps=[f"{cards} / {each} = {told(cards / each)}, rounded down: {told(key)} trials."],
    )


@chapter.exercise(
    level=2,
    teaches="Compute how long a task takes, if its trials go in rounds.",
    text="A task takes {setup} days of set-up, and then {trials} trials of {days} days on {each} cards each. How long does it take alone on a cluster of {cards} cards?",
    unit="day",
    within=(3, 300),
    setup=steps(1, 4, 1),
    trials=steps(6, 16, 1),
    days=of(3, 5, 7, 10),
    each=of(8, 16),
    cards=of(48, 64, 80, 96),
)
def duration(setup, trials, days, each, cards):
    slots = devices.round_down(cards / each)
    rounds = devices.round_up(trials / slots)
    key = setup + rounds * days
    return numeric(
        key,
        mistakes=[
            (setup + trials / slots * days, "A trial is not cut: a second round takes as long as a full one."),
            (setup + trials * days, "Trials that fit run side by side."),
            (rounds * days, "The set-up comes first."),
        ],
        hints=["How many trials run side by side?", "How many rounds does that make? Round up."],
        steps=[
            f"{cards} / {each}: {told(slots)} trials side by side, {told(rounds)} rounds.",
            f"{setup} + {told(rounds)} × {days} = {told(key)} days.",
        ],
        clear=trials % slots != 0 and rounds > 1,
    )


@chapter.exercise(
    level=2,
    teaches="Say how many tasks a year holds, one after the other.",
    text="A task takes {setup} days of set-up and {days} days of trials, during both of which the cluster does nothing else. How many tasks does a year of 365 days hold?",
    unit="task",
    tolerance=0,
    within=(8, 120),
    setup=steps(1, 5, 0.5),
    days=steps(3, 25, 0.5),
)
def year(setup, days):
    key = devices.round_down(365 / (setup + days))
    return numeric(
        key,
        mistakes=[
            (devices.round_down(365 / days), "The set-ups take time, too."),
            (devices.round_up(365 / (setup + days)), "The last one would not end within the year: round down."),
        ],
        hints=["How long does a task take?", "Divide the year by that, and round down."],
        steps=[
            f"365 / ({told(setup)} + {told(days)}) = {told(365 / (setup + days))}, rounded down: {told(key)} tasks."
        ],
        clear=0.02 < 365 / (setup + days) % 1 < 0.98,
    )


@chapter.exercise(
    level=2,
    teaches="Say for how long a backlog occupies a whole cluster.",
    text="A year's tasks add up to {work} petaFLOP/s-days. For how many days do they occupy a cluster with a peak of {peak} PFLOP/s, if capacity is counted by peak?",
    unit="day",
    within=(10, 1000),
    work=steps(500, 8000, 100),
    peak=of(10.24, 15.36, 20.48, 25.6, 40.96),
)
def occupied(work, peak):
    key = backlog.cluster_seconds(work * PFLOPS_DAY, peak * PETA) / DAY
    return numeric(
        key,
        mistakes=[
            (work * peak, "Divide the work by the rate: a faster cluster takes less time."),
            (key * 24, "Those are hours."),
        ],
        hints=["Time is work divided by rate.", "The units say it: petaFLOP/s-days / petaFLOP/s."],
        steps=[f"{told(work)} / {told(peak)} = {told(key)} days."],
    )


@chapter.exercise(
    level=2,
    teaches="Check a trial's week against a training that is known.",
    text="A network takes {macs} × 10⁹ multiply-accumulates for a picture. How many FLOP are {epochs} epochs of {pictures} pictures, forward and back?",
    unit="FLOP",
    within=(1e15, 1e21),
    macs=of(0.3, 1.8, 3.6, 4.1, 7.8, 11.5),
    epochs=steps(30, 150, 10),
    pictures=of(50000, 118000, 1281167),
)
def known(macs, epochs, pictures):
    key = epochs * convolution.epoch_flop(macs * 1e9, pictures)
    return numeric(
        key,
        mistakes=[
            (key / 2, "A multiply-accumulate is two FLOP."),
            (key / 3, "The way back takes about twice the way forward."),
            (key / epochs, "That is one epoch."),
        ],
        hints=["Two FLOP a MAC, three passes' worth a picture.", "Times pictures, times epochs."],
        steps=[f"2 × 3 × {told(macs)} × 10⁹ × {told(pictures)} × {epochs} = {told(key)} FLOP."],
    )


@chapter.exercise(
    level=3,
    teaches="Find the cliff: how many trials a year of tasks leaves room for.",
    text="{tasks} tasks are done one after the other in 365 days, each with {setup} days of set-up. Trials take {days} days, and {slots} run side by side. How many trials may a task have at most?",
    unit="trial",
    tolerance=0,
    within=(4, 100),
    tasks=steps(8, 36, 1),
    setup=steps(1, 3, 1),
    days=of(3, 5, 7),
    slots=of(4, 6, 8, 10),
)
def cliff(tasks, setup, days, slots):
    rounds = devices.round_down((365 / tasks - setup) / days)
    key = rounds * slots
    return numeric(
        key,
        mistakes=[
            (devices.round_down((365 / tasks - setup) / days * slots), "A round is not cut: whole rounds only."),
            (rounds, "That many run one after the other; several run side by side."),
            (devices.round_down(365 / tasks / days) * slots, "The set-up takes time, too."),
        ],
        hints=["How many days has each task?", "How many whole rounds fit after the set-up?"],
        steps=[
            f"365 / {tasks} = {told(365 / tasks)} days a task, {told(365 / tasks - setup)} after the set-up.",
            f"Whole rounds: {told(rounds)}, of {slots} each: {told(key)} trials.",
        ],
        clear=rounds >= 1,
    )


@chapter.exercise(
    level=3,
    teaches="Decide what to change where a backlog misses its year.",
    text="{tasks} tasks, one after the other: {setup} days of set-up, then {trials} trials of 7 days, of which 8 run side by side. The year has 365 days. What does the plan need?",
    tasks=steps(12, 40, 1),
    setup=steps(1, 4, 1),
    trials=steps(6, 18, 1),
)
def decide(tasks, setup, trials):
    rounds = devices.round_up(trials / 8)
    whole = tasks * (setup + 7 * rounds)
    hidden = tasks * 7 * rounds
    said = (
        f"A task has {told(rounds)} rounds of 8 trials. As planned the year takes {tasks} × ({setup} + {told(rounds)} × 7) = {told(whole)} days; with "
        f"set-ups hidden behind the trials of other tasks {tasks} × {told(rounds)} × 7 = {told(hidden)}; with two clusters {told(whole / 2)}."
    )
    options = (
        "Nothing: it fits",
        "Set-ups that overlap with the trials of other tasks suffice",
        "Set-ups that overlap are not enough, but a second cluster of the same size is",
        "Not even a second cluster of the same size suffices",
    )
    place = 0 if whole <= 365 else 1 if hidden <= 365 else 2 if whole / 2 <= 365 else 3
    took = (
        f"As planned it takes {told(whole)} days.",
        f"With set-ups hidden behind the trials of other tasks it takes {told(hidden)} days.",
        f"Two clusters take {told(whole / 2)} days.",
    )
    return choose(
        options[place],
        # The first thing that another answer overlooks.
        wrong=[(options[other], took[min(other, place)]) for other in range(4) if other != place],
        hints=[
            "How many rounds does a task take?",
            "Add up the year with and without set-ups, and halve it for two clusters.",
        ],
        steps=[said, options[place] + "."],
        clear=all(abs(days / 365 - 1) > 0.02 for days in (whole, hidden, whole / 2)),
    )


@chapter.exercise(
    level=3,
    teaches="Rank changes by the days that a task takes.",
    text="A task has {setup} days of set-up and {trials} trials of 7 days, 8 of which run side by side. Order the changes by the days that the task takes, the fewest first.",
    setup=steps(2, 5, 1),
    trials=of(12, 14, 16, 20),
    faster=of(1.2, 1.3, 1.4),
)
def changes(setup, trials, faster):
    def days(each=7.0, count=trials, slots=8, before=setup):
        return before + devices.round_up(count / slots) * each

    items = [
        ("as it is", days()),
        (f"cards that are {told(faster)} times as fast", days(each=7 / faster)),
        ("twice as many cards", days(slots=16)),
        ("a set-up of a day", days(before=1)),
    ]
    return order(
        items,
        hints=[
            "Twice the cards halve the rounds, rounded up.",
            "Faster cards shorten every round; a set-up is there once.",
        ],
        steps=[
            f"{items[place][0]}: {how} = {told(items[place][1])} days."
            for place, how in enumerate(
                (
                    f"{setup} + {told(devices.round_up(trials / 8))} × 7",
                    f"{setup} + {told(devices.round_up(trials / 8))} × 7 / {told(faster)}",
                    f"{setup} + {told(devices.round_up(trials / 16))} × 7",
                    f"1 + {told(devices.round_up(trials / 8))} × 7",
                )
            )
        ],
    )
