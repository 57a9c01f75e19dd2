"""A year's training backlog on a cluster: how much of its capacity the work takes.

A task is a model to be found by several trial trainings. Work is counted as capacity times
time: how long cards are taken, not what they compute.
"""

from ..checks import Numeric, accept, formula


@formula
def trial_work(flops: Numeric, seconds: Numeric, runs: Numeric) -> Numeric:
    r"""Cluster capacity that the trial trainings of one task take.

    .. math:: W = F \, t \, r

    Capacity is rated at peak, as the cluster is: no utilisation enters on either side.

    Parameters
    ----------
    flops : float or array
        Capacity that a trial occupies [FLOP/s].
    seconds : float or array
        Duration of a trial [s].
    runs : float or array
        Trials until a model satisfies [1].

    Returns
    -------
    float or array
        Capacity times time [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, line 667: 2,560 TFLOP/s for 7 days, 8 to 10 times.

    Examples
    --------
    >>> round(trial_work(2560e12, 7 * 86400, 8) / (1e12 * 86400))  # TFLOPS-days
    143360
    """
    accept(flops=flops, seconds=seconds, runs=runs)
    return flops * seconds * runs


@formula
def cluster_seconds(flop: Numeric, cluster_flops: Numeric) -> Numeric:
    r"""Time for which work occupies a whole cluster.

    .. math:: t = W / F_{cluster}

    Parameters
    ----------
    flop : float or array
        Capacity times time, see `trial_work` [FLOP].
    cluster_flops : float or array
        Capacity of the cluster [FLOP/s].

    Returns
    -------
    float or array
        Time of the whole cluster [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, lines 672-907, read literally: 7,311,360 TFLOPS-days are 357 days of 20,480 TFLOPS.

    Examples
    --------
    >>> cluster_seconds(7311360e12 * 86400, 20480e12) / 86400
    357.0
    """
    accept(flop=flop, cluster_flops=cluster_flops)
    return flop / cluster_flops
