"""Rates of computing, and how many devices deliver them.

A device's peak is the dense peak of its datasheet for the number format used,
in FLOP/s. Utilisation (`mfu`) is the share of it that a workload gets.
"""

from ..checks import Numeric, accept, formula

# A demand above a whole number by less than this share of itself is floating-point noise.
# Noise of some dozens of roundings; whole numbers from 2 ** 45 on, which it would reach, are left as they are.
ROUNDING_SLACK = 2.0**-46
LARGEST_ROUNDED = 2.0**45


@formula
def sustained_flops(peak_flops: Numeric, mfu: Numeric) -> Numeric:
    r"""Rate that one device sustains.

    .. math:: F = F_{peak} \, u

    Parameters
    ----------
    peak_flops : float or array
        Dense peak of a device [FLOP/s].
    mfu : float or array
        Model FLOPs utilisation, 0 < mfu <= 1 [1].

    Returns
    -------
    float or array
        Sustained rate of a device [FLOP/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 004, lines 98 and 104-106: 156 TFLOP/s of an A100 at 50 % leave 78 TFLOP/s.

    Examples
    --------
    >>> sustained_flops(156e12, 0.5)
    78000000000000.0
    """
    accept(peak_flops=peak_flops, mfu=mfu)
    return peak_flops * mfu


@formula
def required_flops(flop: Numeric, seconds: Numeric) -> Numeric:
    r"""Rate that finishes an amount of work in a given time.

    .. math:: F = C / t

    Parameters
    ----------
    flop : float or array
        Work [FLOP].
    seconds : float or array
        Time allowed [s].

    Returns
    -------
    float or array
        Sustained rate needed [FLOP/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 004, line 104: 315e21 FLOP in 30 days need 121,528 TFLOP/s.

    Examples
    --------
    >>> round(required_flops(315e21, 2592000) / 1e12)
    121528
    """
    accept(flop=flop, seconds=seconds)
    return flop / seconds


@formula
def devices_for_flops(flops: Numeric, peak_flops: Numeric, mfu: Numeric) -> Numeric:
    r"""Devices that sustain a rate, before rounding up to whole ones.

    .. math:: n = F / (F_{peak} \, u)

    Parameters
    ----------
    flops : float or array
        Rate to sustain [FLOP/s].
    peak_flops : float or array
        Dense peak of a device [FLOP/s].
    mfu : float or array
        Model FLOPs utilisation, 0 < mfu <= 1 [1].

    Returns
    -------
    float or array
        Devices, not rounded; see `round_up` [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 004, lines 104-106: 1,558 GPUs for 121,528 TFLOP/s.

    Examples
    --------
    >>> round(devices_for_flops(121528e12, 156e12, 0.5))
    1558
    """
    accept(flops=flops, peak_flops=peak_flops, mfu=mfu)
    return flops / sustained_flops(peak_flops, mfu)


@formula
def round_up(count: Numeric) -> Numeric:
    r"""Whole things that cover a fractional demand.

    .. math:: \lceil n \rceil

    Parameters
    ----------
    count : float or array
        A fractional count [1].

    Returns
    -------
    float or array
        The smallest whole number not below it, rounding noise aside [1].

    Raises
    ------
    ValueError
        If the count is out of range.

    References
    ----------
    Document 000, line 912: 187.5 cards are 188.

    Examples
    --------
    >>> round_up(3000 / 16)
    188.0
    >>> round_up(0.7 / 0.1 * 3)  # 20.999999999999996
    21.0
    """
    accept(count=count)
    count = count - count * (ROUNDING_SLACK * (count < LARGEST_ROUNDED))
    namespace = getattr(count, "__array_namespace__", None)
    return -(-count // 1) if namespace is None else namespace().ceil(count)


@formula
def round_down(count: Numeric) -> Numeric:
    r"""Whole things that fit into a fractional room.

    .. math:: \lfloor n \rfloor

    Parameters
    ----------
    count : float or array
        A fractional count [1].

    Returns
    -------
    float or array
        The largest whole number not above it, rounding noise aside [1].

    Raises
    ------
    ValueError
        If the count is out of range.

    References
    ----------
    Document 000, line 911: 88 TOPS hold 16 streams of 5.5 TOPS.

    Examples
    --------
    >>> round_down(88e12 / 5.5e12)
    16.0
    """
    accept(count=count)
    count = count + count * (ROUNDING_SLACK * (count < LARGEST_ROUNDED))
    namespace = getattr(count, "__array_namespace__", None)
    return count // 1 if namespace is None else namespace().floor(count)


@formula
def servers(devices: Numeric, devices_per_server: Numeric = 8) -> Numeric:
    r"""Whole servers that hold a number of devices.

    .. math:: \lceil n / n_{server} \rceil

    Parameters
    ----------
    devices : float or array
        Devices [1].
    devices_per_server : float or array
        Devices in one server [1].

    Returns
    -------
    float or array
        Whole servers [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 004, line 106: 1,558 GPUs are 195 servers.

    Examples
    --------
    >>> servers(1558)
    195.0
    """
    accept(devices=devices, devices_per_server=devices_per_server)
    return round_up(devices / devices_per_server)
