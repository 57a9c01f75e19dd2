"""Every key a second time, by arithmetic alone: no function of llmcalc, only what the text of the exercise tells.

By chapter, an expression for each exercise, in order. It takes the numbers of the text, and returns the number; of a
choice the beginning of the right option; of an order values of the options, by beginnings of their texts.
"""

from math import ceil

DAY = 86400


def believable(n):
    mfu = 6 * n.params * n.tokens / (n.days * DAY * n.count * n.peak * 1e12)
    if mfu > 1:
        return "It cannot be true"
    if mfu > 0.6:
        return "It is possible in principle"
    return "It is what well-tuned" if mfu >= 0.3 else "The cluster was used badly"


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
        believable,
        lambda n: {
            "the plan": 1,
            "utilisation raised": n.mfu / n.better,
            "trained on": n.fewer,
            "H100": 312 / (989.5 * 0.8),
            "A100 in TF32": 2,
        },
    ],
    "inference-gpus": [
        lambda n: 2 * n.params * n.tokens / 1e12,
        lambda n: n.visits * n.questions * n.length / DAY,
        lambda n: n.mean * n.share / (1 / 24),
        lambda n: ceil(2 * n.params * n.tokens / (n.peak * 1e12 * n.mfu)),
        lambda n: n.bandwidth * 1e9 / (n.params * n.bits / 8),
        lambda n: n.peak * n.mfu * 1000 / n.bandwidth,
        memory_or_computing,
        lambda n: 3 * n.tokens / n.rate / DAY,
        lambda n: {
            "nothing": 1,
            "a model of": n.smaller / 70e9,
            "the day is flat": 1 / 24 / n.share,
            "the utilisation rises": 1 / 1.2,
        },
    ],
}
INDEPENDENT["training-schedules"] = [
    lambda n: ceil(n.rate * 1000 / n.card),
    lambda n: n.rate * n.days,
    lambda n: 20 * n.params / n.tokens,
    lambda n: 100 * 6 * n.params * n.tokens / (n.rate * 1e15 * n.days * DAY),
    lambda n: 75 * n.hfu,
    lambda n: 8 * n.params * n.tokens / (n.count * n.achieved * 1e12) / DAY,
    lambda n: 100 * n.count * 256e12 * n.mfu * n.days * DAY / (6 * n.params * n.tokens),
    lambda n: explanation(6 * n.params * n.tokens / (n.rate * 1e15 * n.days * DAY)),
    lambda n: {
        f"{rate:,} petaFLOP/s for {days} days": 1 / (rate * days)
        for rate, days in ((n.small, n.long), (n.middle, n.medium), (n.large, n.short))
    },
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
