"""Where a slow communication loses its time: a decision table that takes measured numbers."""

from ..checks import Refusal, single
from ..formulas.parallelism import mean_bandwidth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def communication_bottleneck(
    wait_ratios: "Sequence[float]",
    transfers: "Mapping[str, tuple[float, float, float]]",
    wait_threshold: float = 0.2,
    bandwidth_share: float = 0.8,
) -> "tuple[str, str]":
    r"""Name the bottleneck of a communication among several devices.

    A device is slow where the others wait for it: where :math:`\max r - \min r` of the wait ratios exceeds a
    threshold. If none is, the way on which data moved for the longest time is the bottleneck. If it moved at
    nearly the bandwidth that the way has, the bandwidth is too small; if not, it is used badly.

    Parameters
    ----------
    wait_ratios : list of float
        Wait ratio r of every device, 0 or more and below 1 [1].
    transfers : dict
        By the name of the way, e.g. ``"SDMA"`` within a server and ``"RDMA"`` between servers: bytes moved [byte],
        the time for it [s], and the largest bandwidth of the way [byte/s]. Ways that moved nothing are left out.
    wait_threshold : float
        Largest accepted difference between wait ratios [1].
    bandwidth_share : float
        Share of the largest bandwidth from which on it counts as reached [1].

    Returns
    -------
    tuple of str
        What is slow (``"device"``, the name of a way, or ``"nothing"`` where no way moved data), and why:
        ``"waiting"``, ``"bandwidth"``, ``"efficiency"`` or ``"none"``.

    Raises
    ------
    ValueError
        If a value is out of range.

    References
    ----------
    Document 003, lines 152-175, with the difference of the wait ratios that its source, Huawei's guide to performance
    tuning, compares with the threshold of 0.2.

    Examples
    --------
    >>> transfers = {"SDMA": (24e9, 1.4, 56e9), "RDMA": (96e9, 4.6, 25e9)}
    >>> communication_bottleneck([0.12, 0.05, 0.10], transfers)
    ('RDMA', 'bandwidth')
    >>> communication_bottleneck([0.31, 0.02, 0.29], transfers)
    ('device', 'waiting')
    """
    single(wait_threshold=wait_threshold, bandwidth_share=bandwidth_share)
    if not isinstance(wait_ratios, (list, tuple)):
        raise Refusal("wait_ratios", wait_ratios, "a list of wait ratios")
    if not isinstance(transfers, dict):
        raise Refusal("transfers", transfers, "a mapping by the name of the way")
    for ratio in wait_ratios:
        single(wait_ratio=ratio)
    if wait_ratios and max(wait_ratios) - min(wait_ratios) > wait_threshold:
        return "device", "waiting"
    moved = {}
    for way, (transferred_bytes, seconds, largest_bandwidth) in transfers.items():
        single(transferred_bytes=transferred_bytes, seconds=seconds, largest_bandwidth=largest_bandwidth)
        bandwidth = mean_bandwidth(transferred_bytes, seconds)
        if bandwidth > 0:
            moved[way] = (seconds, bandwidth >= bandwidth_share * largest_bandwidth)
    if not moved:
        return "nothing", "none"
    slowest = max(moved, key=lambda way: moved[way][0])
    return slowest, "bandwidth" if moved[slowest][1] else "efficiency"
