"""Failures of a machine that trains: how often, what a checkpoint costs, how often to write one, and what is left.

Failures come at random and independently of each other, as a Poisson process.
"""

from ..checks import Numeric, accept, formula

EULER = 2.718281828459045
SMALL = 1e-3  # below which a series is more exact than the difference of two numbers near 1


@formula
def device_mtbf(observed_devices: Numeric, observed_seconds: Numeric, failures: Numeric) -> Numeric:
    r"""Mean time between the failures that one device causes, from those of many.

    .. math:: m = \frac{n T}{k}

    Parameters
    ----------
    observed_devices : float or array
        Devices that were watched n [1].
    observed_seconds : float or array
        Time for which they were watched T [s].
    failures : float or array
        Failures in that time k [1].

    Returns
    -------
    float or array
        Mean time between failures of a device [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Llama 3 (arXiv:2407.21783), section 3.3.4: 419 unexpected interruptions of 16,384 GPUs in 54 days.

    Examples
    --------
    >>> round(device_mtbf(16384, 54 * 86400, 419) / (365 * 86400), 2)
    5.79
    """
    accept(observed_devices=observed_devices, observed_seconds=observed_seconds, failures=failures)
    return observed_devices * observed_seconds / failures


@formula
def mtbf_of_all(device_mtbf: Numeric, devices: Numeric) -> Numeric:
    r"""Mean time between failures of devices that all must work.

    .. math:: M = \frac{m}{n}

    Parameters
    ----------
    device_mtbf : float or array
        Mean time between failures of a device m [s].
    devices : float or array
        Devices n [1].

    Returns
    -------
    float or array
        Mean time between failures of all [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Kokolis et al. 2025 (arXiv:2410.21680), section III: 6.50 failures in a thousand days of a node of 8 GPUs make 1.8
    hours for 16,384 GPUs.

    Examples
    --------
    >>> round(mtbf_of_all(8 * 1000 * 86400 / 6.50, 16384) / 3600, 1)
    1.8
    """
    accept(device_mtbf=device_mtbf, devices=devices)
    return device_mtbf / devices


@formula
def checkpoint_seconds(params: Numeric, checkpoint_bytes_per_param: Numeric, write_bandwidth: Numeric) -> Numeric:
    r"""Time to write a checkpoint.

    .. math:: t = \frac{N b}{W}

    Parameters
    ----------
    params : float or array
        Parameters N [parameter].
    checkpoint_bytes_per_param : float or array
        Bytes that are saved of a parameter b [byte/parameter].
    write_bandwidth : float or array
        Rate at which the storage takes what all devices write W [byte/s].

    Returns
    -------
    float or array
        Time [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Weights in 16 bits and Adam's state in 32 are 14 bytes a parameter: Rajbhandari et al. 2020 (arXiv:1910.02054),
    section 3.1.

    Examples
    --------
    >>> checkpoint_seconds(405e9, 14, 2e12)
    2.835
    """
    accept(params=params, checkpoint_bytes_per_param=checkpoint_bytes_per_param, write_bandwidth=write_bandwidth)
    return params * checkpoint_bytes_per_param / write_bandwidth


@formula
def young_interval(stall_seconds: Numeric, mtbf: Numeric) -> Numeric:
    r"""Time between checkpoints that loses least, to first order.

    .. math:: \tau = \sqrt{2 \delta M}

    Parameters
    ----------
    stall_seconds : float or array
        Time for which a checkpoint stops training \delta [s].
    mtbf : float or array
        Mean time between failures M [s].

    Returns
    -------
    float or array
        Time of training from one checkpoint to the next [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Young 1974, "A first order approximation to the optimum checkpoint interval", Communications of the ACM 17: 530.

    Examples
    --------
    >>> young_interval(5 * 60, 24 * 3600) / 60
    120.0
    """
    accept(stall_seconds=stall_seconds, mtbf=mtbf)
    return (2 * stall_seconds * mtbf) ** 0.5


@formula
def daly_interval(stall_seconds: Numeric, mtbf: Numeric) -> Numeric:
    r"""Time between checkpoints that loses least, to higher order.

    .. math:: \tau = \sqrt{2 \delta M} \left(1 + \frac{1}{3} \sqrt{\frac{\delta}{2 M}} + \frac{\delta}{18 M}\right) -
        \delta \quad (\delta < 2 M), \qquad \tau = M \quad (\delta \ge 2 M)

    Parameters
    ----------
    stall_seconds : float or array
        Time for which a checkpoint stops training \delta [s].
    mtbf : float or array
        Mean time between failures M [s].

    Returns
    -------
    float or array
        Time of training from one checkpoint to the next [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Daly 2006, "A higher order estimate of the optimum checkpoint interval for restart dumps", Future Generation
    Computer Systems 22: 303, equation 37. Its figures 3 to 5 have 117, 57 and 9.1 minutes for checkpoints of 5 minutes
    and failures every 24 hours, 6 hours and 15 minutes.

    Examples
    --------
    >>> [round(daly_interval(5.0, minutes), 1) for minutes in (24 * 60, 6 * 60, 15)]
    [116.7, 56.7, 9.1]
    """
    accept(stall_seconds=stall_seconds, mtbf=mtbf)
    share = stall_seconds / (2 * mtbf)
    root = share**0.5
    higher = 2 * mtbf * root * (1 + root / 3 + share / 9) - stall_seconds
    often = (share < 1) * 1.0
    return higher * often + mtbf * (1 - often)


@formula
def downtime_share(recovery_seconds: Numeric, mtbf: Numeric) -> Numeric:
    r"""Share of the time in which a machine does not train because it recovers, if it may fail again while it does.

    .. math:: d = 1 - e^{-R / M}

    Parameters
    ----------
    recovery_seconds : float or array
        Time from a failure until training goes on R, 0 or more [s].
    mtbf : float or array
        Mean time between failures M [s].

    Returns
    -------
    float or array
        Share of the time [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Daly 2006, section 4: a recovery takes M (e^{R/M} - 1) on average, once for each M of training.

    Examples
    --------
    >>> round(downtime_share(15 * 60, 3 * 3600), 3)
    0.08
    """
    accept(recovery_seconds=recovery_seconds, mtbf=mtbf)
    ratio = recovery_seconds / mtbf
    return 1 - EULER**-ratio + 0 * ratio  # which keeps the kind of number


@formula
def goodput(interval: Numeric, stall_seconds: Numeric, recovery_seconds: Numeric, mtbf: Numeric) -> Numeric:
    r"""Share of the time that goes into training that is kept.

    .. math:: G = \frac{\tau}{M e^{R / M} \left(e^{(\tau + \delta) / M} - 1\right)}

    Parameters
    ----------
    interval : float or array
        Time of training from one checkpoint to the next \tau, 0 or more [s].
    stall_seconds : float or array
        Time for which a checkpoint stops training \delta [s].
    recovery_seconds : float or array
        Time from a failure until training goes on R, 0 or more [s].
    mtbf : float or array
        Mean time between failures M [s].

    Returns
    -------
    float or array
        Goodput [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Daly 2006, equation 20: the exact mean for failures at random, also while a checkpoint is written or read.

    Examples
    --------
    >>> round(goodput(117 * 60, 5 * 60, 10 * 60, 24 * 3600), 3)
    0.913
    """
    accept(interval=interval, stall_seconds=stall_seconds, recovery_seconds=recovery_seconds, mtbf=mtbf)
    segment = (interval + stall_seconds) / mtbf
    # The mean of e^{-t} over a segment, (1 - e^{-s}) / s, by its series where s is small.
    small = (segment < SMALL) * 1.0
    large = segment + small
    decayed = small * (1 - segment / 2 + segment**2 / 6) + (1 - small) * (1 - EULER**-large) / large
    kept = interval / (interval + stall_seconds)
    return kept * EULER ** -(segment + recovery_seconds / mtbf) / decayed
