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
