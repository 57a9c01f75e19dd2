"""Exercises on failures: how often, how often to save, and what is kept."""

from math import exp

from ...formulas import reliability
from ...units import DAY, HOUR, MINUTE, TERA, YEAR
from ..draws import of, steps
from ..telling import percent, told
from ..writing import Chapter, choose, numeric, order

chapter = Chapter("failures")


@chapter.exercise(
    level=1,
    teaches="Turn a count of failures into the mean time between failures of a device.",
    text="{count} devices had {failures} failures in {days} days. What is the mean time between failures of one device?",
    unit="year",
    within=(0.5, 100),
    count=of(384, 1024, 2048, 4096, 8192, 16384),
    failures=steps(5, 450, 5),
    days=steps(20, 120, 1),
)
def of_device(count, failures, days):
    key = reliability.device_mtbf(count, days * DAY, failures) / YEAR
    return numeric(
        key,
        mistakes=[
            (days / failures / 365, "That is the time between two failures of the whole machine."),
            (key * 365, "Those are days."),
            (1 / key, "That is the other way round: failures a device and year."),
        ],
        hints=["How many device-days is that?", "Divide by the failures; a year has 365 days."],
        steps=[
            f"{told(count)} × {days} / {failures} = {told(count * days / failures)} device-days, {told(key)} years."
        ],
    )


@chapter.exercise(
    level=1,
    teaches="Say how often one of many devices fails.",
    text="A device fails once in {years} years on average. How often does one of {count} devices fail: what is the mean time between failures of them all?",
    unit="h",
    within=(0.1, 500),
    years=steps(2, 30, 1),
    count=of(512, 1024, 4096, 8192, 16384, 32768, 131072),
)
def of_all(years, count):
    key = reliability.mtbf_of_all(years * YEAR, count) / HOUR
    return numeric(
        key,
        mistakes=[
            (key / 24, "Those are days; hours are asked for."),
            (key / 365, "A year has 365 days of 24 hours."),
            (1 / key, "That is how many fail in an hour."),
        ],
        hints=[
            "Twice as many devices fail twice as often.",
            "Divide by the number of devices; a year has 8,760 hours.",
        ],
        steps=[f"{years} × 8,760 h / {told(count)} = {told(key)} h."],
    )


@chapter.exercise(
    level=1,
    teaches="Compute how long a checkpoint takes to write.",
    text="A checkpoint holds {bytes} bytes for each of {params} parameters, and the storage takes {rate} TB/s. How long does it take to write?",
    unit="s",
    within=(0.05, 5000),
    bytes=of(12, 14, 16),
    params=of(7e9, 13e9, 70e9, 175e9, 405e9, 1000e9),
    rate=of(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2),
)
def checkpoint(bytes, params, rate):  # noqa: A002 - the word of the text
    key = reliability.checkpoint_seconds(params, bytes, rate * TERA)
    return numeric(
        key,
        mistakes=[
            (8 * key, "The rate is in bytes, not in bits."),
            (key / bytes, "Each parameter takes several bytes: weights and optimiser state."),
            (key * 2 / bytes, "The weights alone are not enough to go on: the optimiser's state is saved, too."),
        ],
        hints=["How large is the checkpoint?", "Divide by the rate of the storage."],
        steps=[f"{bytes} × {told(params)} = {told(bytes * params)} bytes; / {told(rate)} TB/s = {told(key)} s."],
    )


@chapter.exercise(
    level=2,
    teaches="Find how often to save by Young's rule.",
    text="A checkpoint stops training for {stall} s; the machine fails every {mtbf} h on average. After how many minutes of training should it save, by Young's rule?",
    unit="min",
    within=(1, 600),
    stall=of(1, 2, 3, 5, 10, 20, 30, 40, 60, 90, 120, 300),
    mtbf=steps(2, 48, 1),
)
def young(stall, mtbf):
    key = reliability.young_interval(stall, mtbf * HOUR) / MINUTE
    return numeric(
        key,
        mistakes=[
            (key / 2**0.5, "A factor of 2 stands under the root: on average half an interval is lost."),
            (key * MINUTE, "Those are seconds."),
            (mtbf * 60 / 2, "Half the time between failures takes no account of what saving costs."),
        ],
        hints=[
            "$τ = √(2 δ M)$: $δ$ is how long a checkpoint stops training, $M$ the time between failures.",
            "All in seconds; then divide by 60.",
        ],
        steps=[f"$τ$ = √(2 × {stall} s × {told(mtbf * HOUR)} s) = {told(key * MINUTE)} s; / 60 = {told(key)} min."],
    )


@chapter.exercise(
    level=2,
    teaches="Say how many failures a run meets.",
    text="A run takes {days} days on {count} devices, each of which fails once in {years} years on average. How many failures does it meet on average?",
    unit="failure",
    within=(1, 5000),
    days=steps(10, 120, 5),
    count=of(512, 1024, 2048, 8192, 16384, 32768),
    years=steps(2, 20, 1),
)
def met(days, count, years):
    key = days * DAY / reliability.mtbf_of_all(years * YEAR, count)
    return numeric(
        key,
        mistakes=[
            (key / count, "That is for one device."),
            (key * 24, "Days and years are both in days: no factor of 24."),
            (count / years, "That is for a year; the run is shorter."),
        ],
        hints=["How many device-years does the run take?", "Divide by the years of one device."],
        steps=[
            f"{told(count)} × {days} / 365 = {told(count * days / 365)} device-years; / {years} = {told(key)} failures."
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Say what saving itself costs.",
    text="Training saves after every {interval} minutes, which stops it for {stall} s. Which share of the time goes into saving, failures left out?",
    unit="%",
    within=(0.05, 30),
    interval=of(2, 3, 5, 10, 15, 20, 30, 60),
    stall=of(2, 5, 10, 20, 30, 40, 60, 90),
)
def saving(interval, stall):
    key = 100 * (1 - reliability.goodput(interval * MINUTE, stall, 0, 1e18))
    return numeric(
        key,
        mistakes=[
            (100 * stall / interval, "Minutes are not seconds."),
            (100 - key, "That is the share in which it trains."),
            (key / 100, "That is the share itself; per cent are asked for."),
        ],
        hints=["How long is it from one checkpoint to the next, saving included?", "Divide the stop by that."],
        steps=[f"{stall} / ({interval} × 60 + {stall}) = {told(key)} %."],
    )


@chapter.exercise(
    level=2,
    teaches="Say how the interval changes when the machine grows.",
    text="A machine grows to {times} times as many devices; a checkpoint stops it as long as before. By which factor does Young's interval change?",
    unit="1",
    within=(0.05, 0.9),
    times=of(1.5, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 32, 64),
)
def grown(times):
    key = reliability.young_interval(10, HOUR / times) / reliability.young_interval(10, HOUR)
    return numeric(
        key,
        mistakes=[
            (1 / times, "The time between failures shrinks by that; the interval goes with its root."),
            (1 / key, "More devices fail more often: save sooner, not later."),
        ],
        hints=[
            "How does the time between failures change?",
            "$τ = √(2 δ M)$, with the stop $δ$ and the time $M$ between failures.",
        ],
        steps=[
            f"$M$, the time between failures, becomes 1/{told(times)} of what it was, so $τ$ √(1/{told(times)}) = {told(key)} of it."
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Compute what share of a machine's time is kept.",
    text="A machine fails every {mtbf} h on average ($M$). It saves after {interval} min of training ($τ$), which stops it for {stall} s ($δ$), and after a failure it takes {recovery} min until training goes on ($R$). "
    "By Daly's formula, $G = τ / (M e^(R/M) (e^((τ + δ)/M) − 1))$, which share of the time is kept?",
    unit="%",
    tolerance=0.005,
    within=(20, 98.5),
    mtbf=of(1, 2, 3, 4, 6, 8),
    interval=of(5, 10, 20, 30, 60),
    stall=of(5, 20, 60, 120),
    recovery=of(5, 10, 20, 30, 45),
)
def kept(mtbf, interval, stall, recovery):
    times = (interval * MINUTE, stall, recovery * MINUTE, mtbf * HOUR)
    key = 100 * reliability.goodput(*times)
    quick = 100 * reliability.goodput(times[0], stall, 0, times[3])
    return numeric(
        key,
        mistakes=[
            (quick, "The recovery is missing: $e^(R/M)$."),
            (100 * times[0] / (times[0] + stall), "That leaves out the failures."),
            (100 - key, "That is what is lost."),
        ],
        hints=[
            "Put all times into seconds, or all into hours.",
            "$R/M$ and $(τ + δ)/M$ are pure numbers. Carry five digits: one is subtracted from a number just above it.",
        ],
        steps=[
            f"$R/M$ = {told(times[2] / times[3], 5)}; $(τ + δ)/M$ = {told((times[0] + stall) / times[3], 5)}; $τ/M$ = {told(times[0] / times[3], 5)}.",
            f"$e^({told(times[2] / times[3], 5)})$ = {told(exp(times[2] / times[3]), 5)}; $e^({told((times[0] + stall) / times[3], 5)})$ − 1 = "
            f"{told(exp((times[0] + stall) / times[3]) - 1, 5)}.",
            f"$G$ = {told(times[0] / times[3], 5)} / ({told(exp(times[2] / times[3]), 5)} × {told(exp((times[0] + stall) / times[3]) - 1, 5)}) = {told(key)} %.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Decide what to improve: saving or recovering.",
    text="A machine fails every {mtbf} h. A checkpoint stops it for {stall} s, and it saves by Young's rule; after a failure it takes {recovery} min until training goes on. What keeps more of the time?",
    mtbf=of(2, 3, 4, 6, 12),
    stall=of(2, 5, 20, 60, 180, 300),
    recovery=of(2, 5, 10, 20, 40),
)
def improve(mtbf, stall, recovery):
    def share(stop, back):
        return reliability.goodput(reliability.young_interval(stop, mtbf * HOUR), stop, back * MINUTE, mtbf * HOUR)

    now, storage, quick = share(stall, recovery), share(stall / 2, recovery), share(stall, recovery / 2)
    said = (
        f"Now {percent(now)} are kept, with half the stop {percent(storage)}, with half the recovery {percent(quick)}."
    )
    options = (
        "Checkpoints that stop it half as long",
        "Recovery in half the time",
        "Saving twice as often, with nothing else changed",
    )
    place = 0 if storage > quick else 1
    interval = reliability.young_interval(stall, mtbf * HOUR)
    often = reliability.goodput(interval / 2, stall, recovery * MINUTE, mtbf * HOUR)
    why = (
        f"That keeps {percent(storage)}, against {percent(now)} now. Another change keeps more.",
        f"That keeps {percent(quick)}, against {percent(now)} now. Another change keeps more.",
        f"Young's interval balances saving against lost work: with half of it {percent(often)} are kept, against {percent(now)} now.",
    )
    return choose(
        options[place],
        wrong=[(options[other], why[other]) for other in range(3) if other != place],
        hints=[
            "Young's interval already balances saving against lost work: saving more often gains nothing.",
            "About $√(2 δ / M)$ of the time goes into saving and lost work ($δ$: the stop, $M$: the time between failures), and $R / M$ into recovering ($R$).",
        ],
        steps=[
            f"Young's interval is √(2 × {stall} s × {told(mtbf * HOUR)} s) = {told(interval)} s. Saving and lost work take about √(2 × {stall} / "
            f"{told(mtbf * HOUR)}) = {percent((2 * stall / (mtbf * HOUR)) ** 0.5)} of the time, recovering {recovery} × 60 / {told(mtbf * HOUR)} = "
            f"{percent(recovery * MINUTE / (mtbf * HOUR))}. Half the stop saves 1 − √½ = 29 % of the first, half the recovery half of the second.",
            said,
            options[place] + ".",
        ],
        clear=abs(storage - quick) > 0.003 and often < max(storage, quick),
    )


@chapter.exercise(
    level=3,
    teaches="Rank machines by what failures cost them.",
    text="Order these machines by the share of the time that failures and saving cost, the least first. A device fails once in {years} years on average. All save by Young's rule, and a checkpoint stops them for {stall} s.",
    stall=of(5, 10, 20, 30, 60),
    years=of(4, 6, 8, 12),
    recovery=of(5, 10, 15),
    middle=of(2048, 4096, 8192),
)
def machines(stall, years, recovery, middle):
    def share(count, back):
        mtbf = reliability.mtbf_of_all(years * YEAR, count)
        return 1 - reliability.goodput(reliability.young_interval(stall, mtbf), stall, back * MINUTE, mtbf)

    items = [
        (f"1,024 devices, {12 * recovery} min to recover", share(1024, 12 * recovery)),
        (f"16,384 devices, {recovery} min to recover", share(16384, recovery)),
        (f"{told(middle)} devices, {4 * recovery} min to recover", share(middle, 4 * recovery)),
        (f"65,536 devices, {told(recovery / 5)} min to recover", share(65536, recovery / 5)),
    ]
    return order(
        items,
        hints=[
            "More devices fail more often, and what a failure costs grows with the recovery: how often does each machine fail?",
            "With a failure every $M$, a stop of $δ$ and a recovery of $R$ about $√(2 δ / M) + R / M$ of the time is lost.",
        ],
        steps=[
            f"{text}: a failure every {years} × 8,760 h / {told(count)} = {told(years * 8760 / count)} h costs {percent(value)}."
            for (text, value), count in zip(items, (1024, 16384, middle, 65536))  # noqa: B905
        ],
    )
