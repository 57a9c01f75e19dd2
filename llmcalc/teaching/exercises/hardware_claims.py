"""Exercises on hardware claims: ratios, bandwidth, sparsity, wiring."""

from ...formulas import hardware
from ...models import availability
from ...units import GIGA
from ..draws import of, shares, steps
from ..telling import told
from ..writing import Chapter, choose, numeric, order

chapter = Chapter("hardware-claims")


@chapter.exercise(
    level=1,
    teaches="Read a claimed ratio backwards: the rate of the slower device.",
    text="A card classifies {rate} pictures a second, {ratio} times as many as a competitor, says its maker. Which rate does that give the competitor?",
    unit="picture/s",
    within=(1000, 200000),
    rate=steps(50000, 150000, 1000),
    ratio=steps(1.2, 4, 0.1),
)
def baseline(rate, ratio):
    key = hardware.baseline_rate(rate, ratio)
    return numeric(
        key,
        mistakes=[
            (rate * ratio, "The competitor is the slower one: divide."),
            (rate * (ratio - 1), "So many times as many is a ratio, not a difference."),
            (rate / (ratio + 1), "Times as many, not times more: divide by the ratio itself."),
        ],
        hints=["Which of the two is faster?", "Divide the rate by the ratio."],
        steps=[f"{told(rate)} / {told(ratio)} = {told(key)} pictures a second."],
    )


@chapter.exercise(
    level=1,
    teaches="Say which bandwidth a token rate needs.",
    text="A dense model of {params} parameters in {bits} bits is to write {rate} tokens a second, one answer at a time. Which memory bandwidth is that at least?",
    unit="GB/s",
    within=(10, 1e5),
    params=of(7e9, 13e9, 30e9, 70e9, 176e9),
    bits=of(4, 8, 16),
    rate=steps(5, 80, 5),
)
def bandwidth(params, bits, rate):
    key = hardware.bandwidth_for_token_rate(params, bits / 8, rate) / GIGA
    return numeric(
        key,
        mistakes=[
            (8 * key, "You took bits for bytes: a byte has 8 bits."),
            (2 * key * 8 / bits if bits != 16 else key / 2, "Take the bits that the weights have."),
            (key / rate, "That is the memory of the weights: they are read for every token."),
        ],
        hints=["For every token all weights are read.", "Bytes of the weights × tokens a second."],
        steps=[
            f"Weights: {told(params)} × {bits} / 8 = {told(params * bits / 8 / GIGA)} GB.",
            f"× {rate} a second = {told(key)} GB/s.",
        ],
    )


@chapter.exercise(
    level=1,
    teaches="Compute how much of a mixture of experts works on a token.",
    text="A mixture of experts has {total} × 10⁹ parameters, of which {active} × 10⁹ work on a token. Which share is that?",
    unit="%",
    within=(0.5, 60),
    total=steps(20, 1000, 10),
    active=steps(2, 60, 1),
)
def active(total, active):
    key = 100 * hardware.active_share(active * 1e9, total * 1e9)
    return numeric(
        key,
        mistakes=[
            (100 - key, "That is the share that rests."),
            (100 * active / (total - active), "The share is of all parameters, those that work included."),
            (total / active, "That is the other way round, a ratio above one."),
        ],
        hints=["Which of the two is the whole?", "Divide those that work by all of them."],
        steps=[f"{active} / {total} = {told(key)} %."],
    )


@chapter.exercise(
    level=2,
    teaches="Compute what sparse weights take.",
    text="Of a model of {params} parameters in 16 bits only one weight in {sparsity} is kept. How much memory do the weights take, positions not counted?",
    unit="GB",
    within=(0.2, 500),
    params=steps(7e9, 180e9, 1e9),
    sparsity=of(2, 4, 16, 32),
)
def sparse(params, sparsity):
    key = hardware.sparse_weight_bytes(params, 2, sparsity) / GIGA
    return numeric(
        key,
        mistakes=[
            (key * sparsity, "That is the dense model."),
            (key * 8, "Those are bits: 16 bits are 2 bytes."),
            (2 * params / GIGA * (1 - 1 / sparsity), "That is what is left out."),
        ],
        hints=["How much does the dense model take?", "Divide by the sparsity."],
        steps=[f"{told(params)} × 2 bytes / {sparsity} = {told(key)} GB."],
    )


@chapter.exercise(
    level=2,
    teaches="Compare devices by what they do with a joule.",
    text="A chip is {speedup} times as fast as its predecessor, and draws {power} W where that drew {reference} W. How many times the work does it do with the same energy?",
    unit="1",
    within=(0.5, 15),
    speedup=steps(1.5, 5, 0.1),
    power=steps(150, 700, 10),
    reference=steps(150, 400, 10),
)
def efficiency(speedup, power, reference):
    key = hardware.relative_efficiency(speedup, power, reference)
    return numeric(
        key,
        mistakes=[
            (speedup, "The power differs, too."),
            (speedup * power / reference, "A chip that draws more does less with a joule: divide by its power."),
            (reference / power, "It is faster, too."),
        ],
        hints=["Work for a joule is rate divided by power.", "Speed-up × old power / new power."],
        steps=[f"{told(speedup)} × {reference} / {power} = {told(key)} times."],
    )


@chapter.exercise(
    level=2,
    teaches="Count the links that leave a block of chips.",
    text="Chips stand in a box of {x} × {y} × {z}; each has a link on either side along three axes. How many links leave the box?",
    unit="link",
    tolerance=0,
    within=(10, 1000),
    x=of(2, 3, 4, 5, 6, 8),
    y=of(2, 4, 5, 7, 8),
    z=of(2, 3, 4, 6, 8),
)
def links(x, y, z):
    key = hardware.outer_links(x, y, z)
    return numeric(
        key,
        mistakes=[
            (6 * x * y * z, "Those are all links; inside the box most join neighbours."),
            (key / 2, "Each axis has two faces."),
            (x * y * z, "That is the number of chips."),
        ],
        hints=["Links leave through the six faces.", "2 × (xy + yz + zx)."],
        steps=[f"2 × ({x} × {y} + {y} × {z} + {z} × {x}) = {told(key)} links."],
    )


@chapter.exercise(
    level=2,
    teaches="Compute how likely a whole block works.",
    text="A host works with a probability of {host}. A block has {hosts} hosts, and works only if all of them do. How likely is that?",
    unit="%",
    tolerance=0.005,
    within=(20, 99.9),
    host=shares(0.95, 0.999, 0.001),
    hosts=of(4, 8, 16, 32, 64),
)
def block(host, hosts):
    key = 100 * availability.block_availability(host, hosts)
    return numeric(
        key,
        mistakes=[
            (100 * host, "That is one host."),
            (100 - key, "That is how likely it does not."),
        ],
        hints=["All must work at the same time.", "Multiply the probability with itself, once for each host."],
        steps=[f"${told(host)}^{hosts}$ = {told(key)} %."],
    )


@chapter.exercise(
    level=3,
    teaches="Say which sparsity a claim presupposes.",
    text="A card of {bandwidth} GB/s is said to write {rate} tokens a second with a model of {params} parameters in 16 bits, one answer at a time. One weight in how many can it read at most for each token?",
    unit="1",
    within=(1.2, 200),
    bandwidth=of(70, 136, 200, 400, 864),
    rate=steps(10, 80, 5),
    params=of(7e9, 13e9, 70e9, 176e9),
)
def needed(bandwidth, rate, params):
    key = hardware.bandwidth_for_token_rate(params, 2, rate) / (bandwidth * GIGA)
    return numeric(
        key,
        mistakes=[
            (1 / key, "That is the share that can be read."),
            (key / 2, "A weight of 16 bits has two bytes."),
            (8 * key, "The bandwidth is in bytes, and 16 bits are two of them."),
        ],
        hints=["Which bandwidth would the dense model need?", "Divide it by what there is."],
        steps=[
            f"Dense: {told(params)} × 2 bytes × {rate} = {told(key * bandwidth)} GB/s.",
            f"/ {bandwidth} GB/s = one in {told(key)}.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Judge a claim about a token rate.",
    text="A maker says that a card of {bandwidth} GB/s writes {rate} tokens a second with a model of {params} parameters, one answer at a time. What do you make of it?",
    bandwidth=of(136, 300, 864, 2039, 3350),
    rate=steps(10, 100, 10),
    params=of(7e9, 13e9, 30e9, 70e9),
)
def judge(bandwidth, rate, params):
    dense = hardware.bandwidth_for_token_rate(params, 2, rate) / GIGA
    said = f"It takes {told(params)} × 2 bytes × {rate} = {told(dense)} GB/s in 16 bits, a quarter, {told(dense / 4)} GB/s, in 4 bits; there are {told(bandwidth)}."
    options = (
        "Possible with dense weights in 16 bits",
        "Possible only with fewer bits a weight, 4 or more",
        "Impossible even in 4 bits: it must be sparse, or write several answers at once",
    )
    place = 0 if dense <= bandwidth else 1 if dense / 4 <= bandwidth else 2
    takes = [
        f"In {bits} bits it takes {told(dense * bits / 16)} GB/s; there are {told(bandwidth)}." for bits in (16, 4)
    ]
    return choose(
        options[place],
        # The first thing that another answer overlooks.
        wrong=[(options[other], takes[min(other, place)]) for other in range(3) if other != place],
        hints=["Which bandwidth does it take in 16 bits?", "And in 4 bits, a quarter?"],
        steps=[said, options[place] + "."],
        clear=abs(dense / bandwidth - 1) > 0.05 and abs(dense / 4 / bandwidth - 1) > 0.05,
    )


@chapter.exercise(
    level=3,
    teaches="Rank machines by work for a joule.",
    text="Order these chips by the work that they do with a joule, the least first. The oldest draws {power} W.",
    power=steps(200, 300, 10),
    second=steps(1.4, 1.9, 0.1),
    third=steps(2, 4, 0.2),
)
def joules(power, second, third):
    items = [
        ("the oldest chip", 1),
        (f"{told(second)} times as fast, for as much power", hardware.relative_efficiency(second, power, power)),
        (
            f"{told(third)} times as fast, for {told(2.5 * power)} W",
            hardware.relative_efficiency(third, 2.5 * power, power),
        ),
        (f"as fast, for {told(0.8 * power)} W", hardware.relative_efficiency(1, 0.8 * power, power)),
    ]
    return order(
        items,
        hints=["Divide the speed by the power.", f"{told(2.5 * power)} W are 2.5 times {power} W."],
        steps=[
            f"{items[place][0]}: {how} = {told(items[place][1])} times the work."
            for place, how in enumerate(("1 / 1", f"{told(second)} / 1", f"{told(third)} / 2.5", "1 / 0.8"))
        ],
    )
