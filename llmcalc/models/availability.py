"""How much of a machine can be used when some of its hosts are down.

The machine is made of equal blocks. A block works while all its hosts do; hosts fail independently. Jobs ask
for equal slices of several blocks. *Goodput* is the expected share of the machine that working slices cover.
"""

from ..checks import Refusal, accept, require, single, whole
from ..vocabulary import FROM_ZERO, POSITIVE, SHARE_BELOW_ONE, between

MOST_OUT = 1e7  # parts out at a time, beyond which a number is a slip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..checks import Numeric


def block_availability(host_availability: "Numeric", hosts_per_block: "Numeric") -> "Numeric":
    r"""Probability that all hosts of a block work.

    .. math:: p = a^h

    Parameters
    ----------
    host_availability : float
        Probability a that a host works, 0 < a <= 1 [1].
    hosts_per_block : float
        Hosts of a block h [1].

    Returns
    -------
    float
        Probability that the block works [1].

    Examples
    --------
    >>> round(block_availability(0.99, 16), 4)
    0.8515
    """
    accept(host_availability=host_availability, hosts_per_block=hosts_per_block)
    return host_availability**hosts_per_block


def working_blocks(blocks: int, probability: float) -> "list[float]":
    """Probabilities that 0, 1, ... of a number of blocks work: the binomial distribution.

    Parameters
    ----------
    blocks : int
        Blocks [1].
    probability : float
        Probability that a block works, 0 <= p <= 1 [1].

    Returns
    -------
    list of float
        The probability of each count, from 0 to `blocks` [1].

    Examples
    --------
    >>> working_blocks(2, 0.5)
    [0.25, 0.5, 0.25]
    """
    single(blocks=blocks, probability=probability)
    whole(blocks=blocks)
    # From the likeliest count outwards: neither end may be a number too small to write.
    likeliest = min(blocks, int((blocks + 1) * probability))
    distribution = [0.0] * likeliest + [1.0] + [0.0] * (blocks - likeliest)
    for count in range(likeliest, 0, -1):
        ratio = count * (1 - probability) / ((blocks - count + 1) * probability)
        distribution[count - 1] = distribution[count] * ratio
    for count in range(likeliest, blocks):
        ratio = (blocks - count) * probability / ((count + 1) * (1 - probability))
        distribution[count + 1] = distribution[count] * ratio
    total = sum(distribution)
    return [weight / total for weight in distribution]


def fixed_goodput(
    host_availability: "Numeric", slice_blocks: int, blocks: int, hosts_per_block: "Numeric"
) -> "Numeric":
    """Goodput where the wiring fixes which blocks form a slice: one failed host stops its whole slice.

    Parameters
    ----------
    host_availability : float
        Probability that a host works [1].
    slice_blocks : int
        Blocks of a slice [1].
    blocks : int
        Blocks of the machine [1].
    hosts_per_block : float
        Hosts of a block [1].

    Returns
    -------
    float
        Expected share of the machine in working slices [1].

    Examples
    --------
    >>> round(fixed_goodput(0.99, 16, 64, 16), 3)
    0.076
    """
    single(slice_blocks=slice_blocks, blocks=blocks)
    whole(slice_blocks=slice_blocks, blocks=blocks)
    slices = blocks // slice_blocks
    return slices * slice_blocks / blocks * block_availability(host_availability, hosts_per_block) ** slice_blocks


def switched_goodput(host_availability: float, slice_blocks: int, blocks: int, hosts_per_block: float) -> float:
    """Goodput where switches can join any working blocks to a slice.

    Parameters are those of `fixed_goodput`.

    Returns
    -------
    float
        Expected share of the machine in working slices [1].

    Examples
    --------
    >>> round(switched_goodput(0.99, 16, 64, 16), 3)
    0.747
    """
    single(slice_blocks=slice_blocks, blocks=blocks)
    whole(slice_blocks=slice_blocks, blocks=blocks)
    distribution = working_blocks(blocks, block_availability(host_availability, hosts_per_block))
    return sum(weight * (count // slice_blocks) for count, weight in enumerate(distribution)) * slice_blocks / blocks


def availability(mtbf: float, repair_seconds: float) -> float:
    r"""Share of the time in which a part works that fails now and then and is repaired.

    .. math:: a = \frac{m}{m + r}

    Parameters
    ----------
    mtbf : float
        Mean time between failures m [s].
    repair_seconds : float
        Mean time until it is back r [s].

    Returns
    -------
    float
        Availability [1].

    Examples
    --------
    >>> availability(999.0, 1.0)
    0.999
    """
    require("mtbf", mtbf, POSITIVE, unit="s")
    require("repair_seconds", repair_seconds, FROM_ZERO, unit="s")
    return mtbf / (mtbf + repair_seconds)


def spares(mean_out: float, probability: float) -> int:
    """Spare parts that suffice with a probability, if the number of those out at a time is a Poisson number.

    Parameters
    ----------
    mean_out : float
        Parts that are out at a time, on average [1].
    probability : float
        Probability that the spares suffice, 0 <= p < 1 [1].

    Returns
    -------
    int
        Spare parts [1].

    Examples
    --------
    >>> spares(1.0, 0.9), spares(1.0, 0.99), spares(1.0, 0.999)  # the table of the Poisson distribution
    (2, 4, 5)
    """
    require("mean_out", mean_out, between(0, MOST_OUT))
    require("probability", probability, SHARE_BELOW_ONE)
    if getattr(mean_out, "ndim", 0) or getattr(probability, "ndim", 0):
        raise Refusal("mean_out", mean_out, "a single number")
    # From the likeliest number outwards, as far as chances count: neither end may be a number too small to write.
    likeliest = int(mean_out)
    spread = int(12 * mean_out**0.5) + 40
    weights = {likeliest: 1.0}
    for count in range(likeliest, max(0, likeliest - spread), -1):
        weights[count - 1] = weights[count] * count / mean_out
    for count in range(likeliest, likeliest + spread):
        weights[count + 1] = weights[count] * mean_out / (count + 1)
    wanted, reached = probability * sum(weights.values()), 0.0
    for count in range(max(0, likeliest - spread), likeliest + spread + 1):
        reached += weights.get(count, 0.0)
        if reached >= wanted:
            return count
    return likeliest + spread
