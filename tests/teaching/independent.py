"""Every key a second time, by arithmetic alone: no function of llmcalc, only what the text of the exercise tells.

By chapter, an expression for each exercise, in order. It takes the numbers of the text, and returns the number; of a
choice the beginning of the right option; of an order values of the options, by beginnings of their texts.
"""

import csv
from math import ceil, exp, floor
from pathlib import Path

DAY = 86400
SHAPES = Path(__file__).parents[2] / "data" / "transformer-shapes.csv"
with SHAPES.open(encoding="utf-8", newline="") as file:
    MODELS = {
        row["model"]: {name: float(cell) for name, cell in row.items() if name not in ("model", "source", "locator")}
        for row in csv.DictReader(file)
    }


def width(kind):
    """How far the middle 80 % of published times lie apart, in shares of their predictions made without them."""
    with (SHAPES.parent / "prediction-errors.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == kind]
    ratios = sorted(1 / (1 + float(row["left_out_error"])) for row in rows)
    ends = []
    for share in (0.1, 0.9):
        below, part = divmod(share * (len(ratios) - 1), 1)
        ends.append((1 - part) * ratios[int(below)] + part * ratios[int(below) + 1])
    return ends[1] - ends[0]


RANGES = {kind: width(kind) for kind in ("known stack", "new stack")}


def believable(n):
    mfu = 6 * n.params * n.tokens / (n.days * DAY * n.count * n.peak * 1e12)
    if mfu > 1:
        return "It cannot be true"
    if mfu > 0.6:
        return "It is possible in principle"
    return "It is what well-tuned" if mfu >= 0.3 else "The cluster was used badly"


def cluster_in_time(n):
    work = 6 * n.params * n.tokens / 1e12 / DAY
    old = work / (n.old * n.a100 * n.first) <= n.days
    new = n.wait + work / (n.new * n.h100 * n.second) <= n.days
    return "Both" if old and new else "Only the A100" if old else "Only the H100" if new else "Neither"


def memory_or_computing(n):
    tokens = n.people * n.questions * 600 * 0.2 / 3600
    computing = 2 * n.params * tokens / (n.peak * 1e12 * 0.1)
    holding = 2 * n.params / (n.memory * 1e9)
    return (
        f"Memory: {ceil(holding):,}"
        if holding > computing
        else f"Computing: the busiest hour needs {ceil(computing):,}"
    )


def explanation(mfu):
    if mfu > 1:
        return "The model is not dense"
    if mfu > 0.6:
        return "An exceptional run"
    return "A good run" if mfu >= 0.2 else "Much of the machine"


def cheaper(first, second):
    if abs(first / second - 1) < 0.05:
        return "Both"
    return "The A100" if first < second else "The H100"


INDEPENDENT = {
    "training-gpus": [
        lambda n: 6 * n.params * n.tokens,
        lambda n: n.peak * n.mfu,
        lambda n: n.days * 8.64e19,
        lambda n: ceil(6 * n.params * n.tokens / (n.days * DAY) / (n.peak * 1e12 * n.mfu)),
        lambda n: 6 * n.params * n.tokens / (n.count * n.peak * 1e12 * n.mfu) / DAY,
        lambda n: 100 * 6 * n.params * n.tokens / (n.count * n.peak * 1e12 * n.days * DAY),
        lambda n: 8 * n.params * n.tokens / (n.count * n.peak * 1e12 * n.hfu) / DAY,
        believable,
        lambda n: {
            "the plan": 1,
            "utilisation raised": n.mfu / n.better,
            "trained on": n.fewer,
            "H100": 312 / (989.5 * 0.8),
            "A100 in TF32": 2,
        },
        lambda n: ceil(6 * n.params * n.tokens / (n.days * DAY * (1 - n.lost)) / (n.peak * 1e12 * n.low)),
        cluster_in_time,
    ],
    "inference-gpus": [
        lambda n: 2 * n.params * n.tokens / 1e12,
        lambda n: n.visits * n.questions * n.length / DAY,
        lambda n: n.mean * n.share / (1 / 24),
        lambda n: ceil(2 * n.params * n.tokens / (n.peak * 1e12 * n.mfu)),
        lambda n: n.bandwidth * 1e9 / (n.params * n.bits / 8),
        lambda n: n.peak * n.mfu * 1000 / n.bandwidth,
        lambda n: n.count * n.bandwidth * 1e9 / n.active,
        memory_or_computing,
        lambda n: 3 * n.tokens / n.rate / DAY,
        lambda n: {
            "nothing": 1,
            "a model of": n.smaller / 70e9,
            "the day is flat": 1 / 24 / n.share,
            "the utilisation rises": 1 / 1.2,
        },
        lambda n: n.price / (n.rate * 3600 / (24 * n.share)) * 1e6,
    ],
}


def drafted(n):
    gain = sum(n.accepted**k for k in range(int(n.draft) + 1)) / (1 + n.draft * n.share)
    return f"{float(f'{gain:.3g}'):g} times as fast" + (", and so slower" if gain < 1 else "")


def batch_held_down(n):
    memory = floor(round((0.9 * n.count * n.held - n.weights) / n.cache, 9))
    pace = floor(round((n.limit / 1000 * n.count * n.bandwidth - n.weights) / n.cache, 9))
    return f"{memory:,} answers, by the memory" if memory < pace else f"{pace:,} answers, by the promised pace"


def cheaper_replicas(n):
    a, b = ceil(n.need / n.first) * n.cheap, ceil(n.need / n.second) * n.dear
    return "Both" if abs(a / b - 1) < 0.05 else "Cards A" if a < b else "Cards B"


INDEPENDENT["serving-users"] = [
    lambda n: n.users * n.asked * n.share / 3600,
    lambda n: n.rate * n.answer * n.pace / 1000,
    lambda n: n.count * n.price * 24 / (n.tokens / 1e6),
    lambda n: 2 * n.layers * n.kept * 128 * n.bits / 8 * n.context / 1e9,
    lambda n: floor(round((0.9 * n.count * n.held - n.weights) / n.cache, 9)),
    lambda n: 100 * (1 - (1 - n.chosen / n.experts) ** n.batch),
    lambda n: 1000 * (n.weights + n.batch * n.cache) / (n.count * n.bandwidth),
    drafted,
    batch_held_down,
    cheaper_replicas,
    lambda n: {
        "64 heads": 64 * 256 * 2 * n.short,
        "8 heads, in 16": 8 * 256 * 2 * n.middle,
        "8 heads, in 8": 8 * 256 * n.long,
        "a latent": 576 * 2 * n.long,
    },
]
INDEPENDENT["training-schedules"] = [
    lambda n: ceil(n.rate * 1000 / n.card),
    lambda n: n.rate * n.days,
    lambda n: 20 * n.params / n.tokens,
    lambda n: 100 * 6 * n.params * n.tokens / (n.rate * 1e15 * n.days * DAY),
    lambda n: 75 * n.hfu,
    lambda n: 8 * n.params * n.tokens / (n.count * n.achieved * 1e12) / DAY,
    lambda n: 100 * n.share * n.counted / n.peak,
    lambda n: 100 * n.count * 256e12 * n.mfu * n.days * DAY / (6 * n.params * n.tokens),
    lambda n: explanation(6 * n.params * n.tokens / (n.rate * 1e15 * n.days * DAY)),
    lambda n: {
        f"{rate:,} petaFLOP/s for {days} days": 1 / (rate * days)
        for rate, days in ((n.small, n.long), (n.middle, n.medium), (n.large, n.short))
    },
    lambda n: ceil(n.count * n.peak * n.days * n.larger * n.longer / (n.other * n.wanted)),
]
INDEPENDENT["training-cost"] = [
    lambda n: n.count * n.hours * n.price,
    lambda n: n.hours * n.power * n.pue / 1e6,
    lambda n: n.energy * n.intensity,
    lambda n: 6 * n.params * n.tokens / (n.peak * 1e12 * n.mfu) / 3600 * n.price,
    lambda n: n.bill / n.hours,
    lambda n: (n.budget / n.price * 3600 * n.peak * 1e12 * n.mfu / 120) ** 0.5,
    lambda n: n.bill / (n.tokens / 1e6),
    lambda n: cheaper(n.cheap / (n.a100 * n.old), n.dear / (n.h100 * n.new)),
    lambda n: 100 * n.mfu * n.dear / n.price * n.peak / n.other,
    lambda n: {
        "twice as many": 1,
        f"{100 * n.better:.3g} % of the peak": n.mfu / n.better,
        f"{100 * n.fewer:.3g} % of the tokens": n.fewer,
        "devices at": n.dearer,
    },
]


def token_flop(n):
    row = MODELS[n.model]
    h, m = row["hidden_size"], row["mlp_size"]
    weights = 2 * h * h + 2 * h * h * row["kv_heads"] / row["heads"] + row["mlp_matrices"] * h * m
    return row["layers"] * (2 * weights + 4 * h * n.s) + 2 * h * row["vocabulary_size"]


def best_split(n):
    losses = {}
    for ratio in (n.first, n.second, n.third):
        size = (n.flop / (6 * ratio)) ** 0.5
        losses[ratio] = n.e + n.a / size**n.x + n.b / (ratio * size) ** n.y
    ratio = min(losses, key=losses.get)
    size = (n.flop / (6 * ratio)) ** 0.5
    return f"{size / 1e9:.3g} × 10⁹ parameters, {ratio} tokens"


def served(ratio):
    return "A smaller" if ratio < 12 else "Nothing else" if ratio < 35 else "The same"


INDEPENDENT["transformer-flops"] = [
    lambda n: 2 * n.rows * n.columns * n.tokens,
    lambda n: 4 * n.forward,
    lambda n: 100 * n.s / (6 * n.h),
    lambda n: 2 * n.h**2 * (1 + n.groups / n.heads),
    lambda n: 3 * n.h * n.m,
    lambda n: 12 * n.layers * n.h**2,
    lambda n: 3 * n.s * token_flop(n),
    lambda n: 100 * 4 / 3 * n.flop * 1e15 / (n.seconds * n.count * n.peak * 1e12),
    lambda n: 100 * (n.times - 1) * n.s / (6 * n.h + n.s),
    lambda n: {
        "GPT's: all": 12,
        "the same, with 8": 2 + 2 / 8 + 8,
        "a gated": 4 + 12,
        f"GPT's with {100 * n.narrow:.3g}": 12 * n.narrow**2,
    },
]
INDEPENDENT["how-much-data"] = [
    lambda n: 20 * n.params,
    lambda n: n.size * 1e9 / n.characters,
    lambda n: n.size * 1e9 / 3 / n.characters,
    lambda n: (n.days * 8.64e19 / 120) ** 0.5,
    lambda n: 20 * n.params * n.characters * n.size / 1e9,
    lambda n: n.times ** (n.b / (n.a + n.b)),
    lambda n: n.ratio * n.params / (n.size * 1e9 / 4),
    lambda n: served(n.tokens / n.params),
    best_split,
    lambda n: {
        "175 ": n.first / 175e9,
        "70 ": n.second / 70e9,
        "8 ": n.third / 8e9,
        "13 ": n.fourth / 13e9,
    },
]


def least_microbatches(stages, goal):
    return next(count for count in range(1, 5000) if count / (count + stages - 1) >= goal - 1e-12)


def format_that_fits(n):
    for bits in (16, 8.5, 6.6, 4.8, 3):
        if n.params * bits / 2**33 + n.cache <= n.left:
            return f"{bits} bits"
    return "none"


def cache_of_token(n):
    return 2 * n.layers * n.groups * n.h / n.heads * 2


def card_that_fits(n):
    need = n.params * n.bits / 8 / 2**30 + n.batch * n.each + 1
    for size in (16, 24, 48, 80):
        if need <= size:
            return f"a card of {size} "
    return "none of these"


def slow_card(n):
    ratios = {name: wait / (wait + n.transit) for name, wait in zip("ABCD", (n.a, n.b, n.c, n.d), strict=True)}
    if max(ratios.values()) - min(ratios.values()) > 0.2:
        return "card " + min(ratios, key=ratios.get)
    return "the network"


def backlog_decision(n):
    rounds = -(-n.trials // 8)
    whole = n.tasks * (n.setup + 7 * rounds)
    if whole <= 365:
        return "Nothing"
    if n.tasks * 7 * rounds <= 365:
        return "Set-ups that overlap with"
    return "Set-ups that overlap are" if whole <= 730 else "Not even"


def limit_of_card(n):
    ops, frames = floor(n.card / n.stream), floor(n.frames / n.rate)
    return f"Arithmetic: {ops}" if ops < frames else f"The decoder: {frames}"


def more_of(n):
    a, b = 9 * n.early**2, n.inputs * n.outputs
    if a > b:
        return "A has more of both"
    return "B has more of both" if b > a * n.grid**2 else "B has more weights"


def claim(n):
    need = n.params * 2 * n.rate / 1e9 / n.bandwidth
    return "Possible with dense" if need <= 1 else "Possible only" if need <= 4 else "Impossible"


def slowest_part(n):
    parts = {
        "the loops": n.loops / n.times,
        "the library": n.library,
        "waiting": 1 - n.loops - n.library,
    }
    return max(parts, key=parts.get)


INDEPENDENT["memory"] = [
    lambda n: n.params * n.bits / 8 / 2**30,
    lambda n: n.shown * 1.048576 / 1000,
    lambda n: 16 * n.params / 1e9,
    lambda n: cache_of_token(n) * n.context * n.batch / 2**30,
    lambda n: floor((n.card - n.fixed) / n.each),
    lambda n: (
        n.params
        * {
            1: 4 + 12 / n.devices,
            2: 2 + 14 / n.devices,
            3: 16 / n.devices,
        }[n.stage]
        / 1e9
    ),
    lambda n: n.layers * n.s * (34 * n.h + 5 * n.heads * n.s) / 2**30,
    card_that_fits,
    lambda n: n.params * n.bits / 8 / cache_of_token(n),
    lambda n: {
        "as it is": 2 * n.params / 2**30 + n.batch * n.each,
        "weights in 4": n.params / 2 / 2**30 + n.batch * n.each,
        "grouped": 2 * n.params / 2**30 + n.batch * n.each / 8,
        "texts cut": 2 * n.params / 2**30 + n.batch * n.each * n.shorter,
    },
]
INDEPENDENT["what-fits"] = [
    lambda n: n.size * n.share - n.engine,
    lambda n: (n.bits * n.group + 16 + n.zero) / n.group,
    lambda n: n.left * 2**33 / n.bits,
    lambda n: n.left * 2**20 // (n.token * n.context),
    lambda n: n.left * 2**30 / (256 * n.layers * n.heads * n.size * n.batch),
    lambda n: n.layers * n.kilobytes * (n.context + (n.every - 1) * n.window) / n.every / 2**20,
    lambda n: 128 * n.layers * n.h * n.rank / 2**30,
    format_that_fits,
    lambda n: n.left * 2**20 / n.kilobytes * n.every / n.layers - (n.every - 1) * n.window,
    lambda n: {
        "as it is": 8.5 * n.params / 2**33 + n.batch * n.each,
        "weights in": 4.8 * n.params / 2**33 + n.batch * n.each,
        "caches in": 8.5 * n.params / 2**33 + n.batch * n.each / 2,
        "two cards": 8.5 * n.params / 2**34 + n.batch * n.each / 2,
    },
]
INDEPENDENT["training-step"] = [
    lambda n: n.samples * n.length / n.seconds,
    lambda n: 100 * n.total / n.count / n.single,
    lambda n: 100 * n.microbatches / (n.microbatches + n.stages - 1),
    lambda n: least_microbatches(n.stages, n.goal),
    lambda n: (n.microbatches + n.stages - 1) * (n.forward + n.backward),
    lambda n: 1 / (1 - n.share),
    lambda n: n.amount / n.time,
    lambda n: 100 * n.wait / (n.wait + n.transit),
    slow_card,
    lambda n: 1 / (n.linearity + (1 - n.linearity) / n.times),
    lambda n: {
        "nothing": 0,
        "reading": -n.data,
        "half of": -n.communication / 2,
        "computing": -n.computing / 3,
    },
]
INDEPENDENT["cv-backlog"] = [
    lambda n: n.cards * n.card / 1000,
    lambda n: n.rate * n.days * n.trials / 1000,
    lambda n: n.cards // n.each,
    lambda n: n.setup + ceil(n.trials / (n.cards // n.each)) * n.days,
    lambda n: floor(365 / (n.setup + n.days)),
    lambda n: n.work / n.peak,
    lambda n: 6e9 * n.macs * n.pictures * n.epochs,
    lambda n: floor((365 / n.tasks - n.setup) / n.days) * n.slots,
    backlog_decision,
    lambda n: {
        "as it is": n.setup + 7 * ceil(n.trials / 8),
        "cards that": n.setup + 7 / n.faster * ceil(n.trials / 8),
        "twice": n.setup + 7 * ceil(n.trials / 16),
        "a set-up": 1 + 7 * ceil(n.trials / 8),
    },
]
INDEPENDENT["inference-cards"] = [
    lambda n: floor(n.card / n.stream),
    lambda n: ceil(n.count / n.each),
    lambda n: 100 * n.count * n.stream / n.cards / n.card,
    lambda n: ceil(n.count / floor(n.card * (1 - n.headroom) / n.stream)),
    lambda n: ceil(ceil(n.count / n.each) / n.efficiency),
    lambda n: n.stream * (n.width / 1920) * (n.height / 1080) * (n.rate / 25),
    lambda n: n.cards - ceil(n.count / n.each),
    lambda n: (n.cards - n.failed) * floor(n.card * (1 - n.headroom) / n.stream),
    limit_of_card,
    lambda n: 100 * n.bare / (n.bare + n.lost * n.each),
]
INDEPENDENT["cnn-macs"] = [
    lambda n: (n.size + 2 * n.padding - n.kernel) // n.stride + 1,
    lambda n: n.kernel**2 * n.inputs * n.outputs,
    lambda n: 2e9 * n.macs * n.pictures,
    lambda n: n.kernel**2 * n.inputs * n.outputs * n.grid**2,
    lambda n: 100 / n.channels + 100 / n.kernel**2,
    lambda n: n.grid**2 * n.channels * n.outputs,
    lambda n: 6e9 * n.macs * n.epochs * n.pictures,
    lambda n: (n.large / n.small) ** 2,
    lambda n: n.card * 1e12 * n.share / (2e9 * n.macs),
    more_of,
    lambda n: {
        "3 × 3, depthwise": 9 / n.channels,
        "1 × 1": 1,
        "5 × 5, in": 25 / n.groups,
        "3 × 3": 9,
        "5 × 5": 25,
    },
]
INDEPENDENT["hardware-claims"] = [
    lambda n: n.rate / n.ratio,
    lambda n: n.params * n.bits / 8 * n.rate / 1e9,
    lambda n: 100 * n.active / n.total,
    lambda n: 2 * n.params / n.sparsity / 1e9,
    lambda n: n.speedup / (n.power / n.reference),
    lambda n: 2 * (n.x * n.y + n.y * n.z + n.z * n.x),
    lambda n: 100 * n.host**n.hosts,
    lambda n: 2 * n.params * n.rate / 1e9 / n.bandwidth,
    claim,
    lambda n: {
        "the oldest": 1,
        f"{n.second:.4g} times": n.second,
        f"{n.third:.4g} times": n.third / 2.5,
        "as fast": 1 / 0.8,
    },
]
INDEPENDENT["small-print"] = [
    lambda n: n.masks * n.seconds / 3600,
    lambda n: n.labels * n.seconds / 3600 * n.wage,
    lambda n: 1 / (1 - n.share + n.share / n.speedup),
    lambda n: 6 * n.params * n.epochs * n.tokens / (n.count * n.peak * 1e12 * n.mfu) / 3600,
    lambda n: n.bill / n.count / n.hours,
    lambda n: n.count * n.peak * 1e12 * n.mfu * n.hours * 3600 / 6 / n.params,
    lambda n: 1 / (1 - n.share),
    lambda n: ceil(n.labels * (1 - n.share) * n.seconds / 3600 / n.year),
    slowest_part,
    lambda n: {
        "all by hand": 1e6 * n.slow,
        "with the": n.first * n.slow + (1e6 - n.first) * n.fast,
        "as before": n.first * n.slow + (1e6 - n.first) * (1 - n.alone) * n.fast,
        "the model draws all": n.first * n.slow,
    },
]


def full(m, p):
    return m / (m + p - 1)


def holds(n):
    hours = 6 * n.params * n.tokens / (n.peak * 1e12 * n.mfu) / 3600
    in_time, in_budget = hours / n.count / 24 <= n.days, 2.5 * hours <= n.budget
    return {
        (True, True): "Deadline and",
        (True, False): "The deadline alone",
        (False, True): "The budget alone",
        (False, False): "Neither",
    }[in_time, in_budget]


INDEPENDENT["planner"] = [
    lambda n: ceil(n.tokens / n.batch / n.length),
    lambda n: n.count / n.across / n.stages,
    lambda n: n.count * n.power / 1000 * n.days * 24 * n.pue * n.price,
    lambda n: 6 * n.params * n.tokens / (n.count * n.peak * 1e12 * n.mfu * full(n.microbatches, n.stages)) / DAY,
    lambda n: n.params * n.bytes / n.across / n.stages / 1e9,
    lambda n: ceil(n.requests * n.length / n.rate) * n.each,
    lambda n: floor((n.limit - n.fixed) / n.each),
    lambda n: 2 * (n.microbatches + n.stages - 1) / (n.microbatches + 2 * n.stages - 2),
    holds,
    lambda n: {
        "as it is": 1 / full(n.microbatches, n.stages),
        "twice the devices and the same": 0.5 / full(n.microbatches / 2, n.stages),
        "twice the devices and twice": 0.5 / full(n.microbatches, n.stages),
        "kernels": 1 / (1 + n.better) / full(n.microbatches, n.stages),
        "half": 2 / full(2 * n.microbatches, n.stages),
    },
]


def daly(n):
    mtbf, interval, back = n.mtbf * 60, n.interval, n.recovery
    return interval / (mtbf * exp(back / mtbf) * (exp((interval + n.stall / 60) / mtbf) - 1))


def kept_share(stop, back, mtbf):
    interval = (2 * stop * mtbf) ** 0.5
    return interval / (mtbf * exp(back / mtbf) * (exp((interval + stop) / mtbf) - 1))


def improvement(n):
    mtbf, stop, back = n.mtbf * 3600, n.stall, n.recovery * 60
    return "Checkpoints" if kept_share(stop / 2, back, mtbf) > kept_share(stop, back / 2, mtbf) else "Recovery"


def of_machine(n, count, factor):
    return 1 - kept_share(n.stall, factor * n.recovery * 60, n.years * 365 * DAY / count)


def within_range(n):
    ratio = n.measured / n.predicted
    return "What waits" if ratio > n.high else "What was described" if ratio < n.low else "Nothing"


INDEPENDENT["failures"] = [
    lambda n: n.count * n.days / n.failures / 365,
    lambda n: n.years * 365 * 24 / n.count,
    lambda n: n.bytes * n.params / (n.rate * 1e12),
    lambda n: (2 * n.stall * n.mtbf * 3600) ** 0.5 / 60,
    lambda n: n.count * n.days / 365 / n.years,
    lambda n: 100 * n.stall / (n.interval * 60 + n.stall),
    lambda n: n.times**-0.5,
    lambda n: 100 * daly(n),
    improvement,
    lambda n: {
        "1,024": of_machine(n, 1024, 12),
        "16,384": of_machine(n, 16384, 1),
        f"{n.middle:,}": of_machine(n, n.middle, 4),
        "65,536": of_machine(n, 65536, 0.2),
    },
]
INDEPENDENT["does-it-predict"] = [
    lambda n: 100 * (n.predicted - n.measured) / n.measured,
    lambda n: n.count / 5,
    lambda n: n.predicted * n.high,
    lambda n: (n.a + n.b + n.c + n.d) / 4,
    lambda n: n.first + n.width,
    lambda n: 100 * n.flop * 1e15 / (n.seconds * n.count * n.peak * 1e12),
    within_range,
    lambda n: f"about {n.left:.4g} %" if n.case.startswith("one more") else f"about {n.stack:.4g} %",
    lambda n: {
        "the same run": n.spread,
        "a dense model on a known": RANGES["known stack"],
        "a dense model on a new": RANGES["new stack"],
        "a guess": 1.5,
    },
    lambda n: n.count * n.predicted * n.high / 86400,
]
