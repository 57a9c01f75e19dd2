"""How much of a machine can be used when some of its hosts are down.

The machine is made of equal blocks. A block works while all its hosts do; hosts fail independently. Jobs ask
for equal slices of several blocks. *Goodput* is the expected share of the machine that working slices cover.
"""

from ..checks import accept, single, whole

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
