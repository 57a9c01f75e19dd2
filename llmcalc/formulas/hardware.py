"""Claims about hardware, turned into numbers that can be checked.

A claim mostly comes as a ratio ("2.9 times as fast") or as a result without its conditions ("25 tokens
a second"). Each formula here solves one for what it implies.
"""

from ..checks import Numeric, accept, formula


@formula
def baseline_rate(image_rate: Numeric, speedup: Numeric) -> Numeric:
    r"""Rate of the slower device that a claimed ratio implies.

    .. math:: R_0 = R / s

    Parameters
    ----------
    image_rate : float or array
        Rate of the faster device R, in images a second [1/s].
    speedup : float or array
        Claimed ratio s of the two rates [1].

    Returns
    -------
    float or array
        Rate of the slower device [1/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 002, lines 61-63: 127,375 images a second are 1.4 times an H100. Eight H100 reached 727,437 in
    MLPerf Inference v3.0.

    Examples
    --------
    >>> round(baseline_rate(127375, 1.4)), 727437 / 8
    (90982, 90929.625)
    """
    accept(image_rate=image_rate, speedup=speedup)
    return image_rate / speedup


@formula
def sparse_weight_bytes(params: Numeric, bytes_per_param: Numeric, sparsity_factor: Numeric = 1.0) -> Numeric:
    r"""Memory that a model's weights take when only every s-th of them is kept.

    .. math:: M = b \, N / s

    The list of which weights were kept takes memory as well and is left out.

    Parameters
    ----------
    params : float or array
        Parameters of the dense model N [parameter].
    bytes_per_param : float or array
        Stored size of a parameter b [byte/parameter].
    sparsity_factor : float or array
        Dense weights for each one kept, s; 1 is dense, 2 keeps half [1].

    Returns
    -------
    float or array
        Memory of the weights, a lower bound [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Bekman and Gugger 2022, "Incredibly Fast BLOOM Inference": 352 GB in 16 bits.

    Examples
    --------
    >>> sparse_weight_bytes(176e9, 2) / 1e9
    352.0
    """
    accept(params=params, bytes_per_param=bytes_per_param, sparsity_factor=sparsity_factor)
    return params * bytes_per_param / sparsity_factor


@formula
def bandwidth_for_token_rate(
    params: Numeric,
    bytes_per_param: Numeric,
    token_rate: Numeric,
    sparsity_factor: Numeric = 1.0,
    batch_tokens: Numeric = 1.0,
) -> Numeric:
    r"""Memory bandwidth without which a token rate can't be reached: `serving.decode_token_rate`, solved for it.

    .. math:: W = R \, b \, N / (s \, B)

    Parameters
    ----------
    params : float or array
        Parameters of the dense model N [parameter].
    bytes_per_param : float or array
        Stored size of a parameter b [byte/parameter].
    token_rate : float or array
        Tokens written a second R [token/s].
    sparsity_factor : float or array
        Dense weights for each one kept, s [1].
    batch_tokens : float or array
        Tokens computed for one reading of the weights B [token].

    Returns
    -------
    float or array
        Memory bandwidth of all devices together, a lower bound [byte/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Pope et al. 2022 (arXiv:2211.05102), section 2; document 002, line 53, prints the 25 tokens a second.

    Examples
    --------
    >>> bandwidth_for_token_rate(176e9, 2, 25) / 1e9
    8800.0
    """
    accept(token_rate=token_rate, batch_tokens=batch_tokens)
    return sparse_weight_bytes(params, bytes_per_param, sparsity_factor) * token_rate / batch_tokens


@formula
def active_share(active_params: Numeric, params: Numeric) -> Numeric:
    r"""Share of a model's parameters that work on a token.

    .. math:: a = N_{active} / N

    Parameters
    ----------
    active_params : float or array
        Parameters used on a token [parameter].
    params : float or array
        All parameters N [parameter].

    Returns
    -------
    float or array
        Active share, not limited to 1 [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 002, line 93: LIMoE-H/14 has 5.6e9 parameters and uses 675e6 on a token.

    Examples
    --------
    >>> round(active_share(675e6, 5.6e9), 4)
    0.1205
    """
    accept(active_params=active_params, params=params)
    return active_params / params


@formula
def relative_speed(
    peak_flops: Numeric, reference_flops: Numeric, devices: Numeric = 1.0, reference_devices: Numeric = 1.0
) -> Numeric:
    r"""How many times as fast one machine is as another, by their peaks.

    .. math:: s = n \, F / (n_0 \, F_0)

    Parameters
    ----------
    peak_flops : float or array
        Dense peak of a device F [FLOP/s].
    reference_flops : float or array
        Dense peak of a device that it is compared with [FLOP/s].
    devices : float or array
        Devices n [1].
    reference_devices : float or array
        Devices compared with [1].

    Returns
    -------
    float or array
        Ratio of the peaks [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Peaks of Google's documentation; document 002, line 227, prints 2.1 for the measured speed of a chip.

    Examples
    --------
    >>> round(relative_speed(275e12, 123e12), 2)
    2.24
    """
    accept(peak_flops=peak_flops, reference_flops=reference_flops, devices=devices, reference_devices=reference_devices)
    return peak_flops * devices / (reference_flops * reference_devices)


@formula
def relative_efficiency(speedup: Numeric, device_power: Numeric, reference_power: Numeric) -> Numeric:
    r"""How many times the work per unit of energy one device does, compared with another.

    .. math:: e = s \, P_0 / P

    Parameters
    ----------
    speedup : float or array
        Ratio of the two speeds s [1].
    device_power : float or array
        Power of the device P [W].
    reference_power : float or array
        Power of the device that it is compared with [W].

    Returns
    -------
    float or array
        Ratio of performance per watt [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 002, line 227: 2.1 times the speed is 2.7 times the performance per watt. Google's documentation
    gives mean powers of 170 and 220 W.

    Examples
    --------
    >>> round(relative_efficiency(2.1, 170, 220), 1)
    2.7
    """
    accept(speedup=speedup, device_power=device_power, reference_power=reference_power)
    return speedup * reference_power / device_power


@formula
def outer_links(chips_x: Numeric, chips_y: Numeric, chips_z: Numeric) -> Numeric:
    r"""Links that leave a box of chips, each of which has a link on either side along three axes.

    .. math:: L = 2 \, (x \, y + y \, z + z \, x)

    Parameters
    ----------
    chips_x : float or array
        Chips along the first axis x [1].
    chips_y : float or array
        Chips along the second axis y [1].
    chips_z : float or array
        Chips along the third axis z [1].

    Returns
    -------
    float or array
        Links through the surface of the box [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Jouppi et al. 2023 (arXiv:2304.01433), section 2.1; document 002, lines 235 and 241: 96 links of a block
    of 64 chips, and 16 connectors of a board of 4.

    Examples
    --------
    >>> outer_links(4, 4, 4), outer_links(2, 2, 1)
    (96, 16)
    """
    accept(chips_x=chips_x, chips_y=chips_y, chips_z=chips_z)
    return 2 * (chips_x * chips_y + chips_y * chips_z + chips_z * chips_x)


@formula
def optical_switches(chips_x: Numeric, chips_y: Numeric, chips_z: Numeric) -> Numeric:
    r"""Optical switches that tie blocks of chips into a torus.

    .. math:: n = L / 2

    Opposite links of a block end at the same switch, so that a ring can be closed along each axis.

    Parameters
    ----------
    chips_x : float or array
        Chips of a block along the first axis [1].
    chips_y : float or array
        Chips of a block along the second axis [1].
    chips_z : float or array
        Chips of a block along the third axis [1].

    Returns
    -------
    float or array
        Switches, of which each has two ports for every block [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Jouppi et al. 2023 (arXiv:2304.01433), section 2.1; document 002, line 235: 48 switches.

    Examples
    --------
    >>> optical_switches(4, 4, 4)
    48.0
    """
    return outer_links(chips_x, chips_y, chips_z) / 2


@formula
def labelling_seconds(labels: Numeric, seconds_per_label: Numeric) -> Numeric:
    r"""Time that people need to label a data set.

    .. math:: t = n \, t_1

    Parameters
    ----------
    labels : float or array
        Labels n, such as the masks of objects [1].
    seconds_per_label : float or array
        Time that a label takes [s].

    Returns
    -------
    float or array
        Time of all people together [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 002, lines 195-197: 1.1e9 masks, 14 seconds a mask.

    Examples
    --------
    >>> round(labelling_seconds(1.1e9, 14) / 3600 / 1e6, 2)  # millions of hours
    4.28
    """
    accept(labels=labels, seconds_per_label=seconds_per_label)
    return labels * seconds_per_label


@formula
def amdahl_speedup(accelerated_share: Numeric, speedup: Numeric) -> Numeric:
    r"""How many times as fast a program becomes when a part of it becomes faster: Amdahl's law.

    .. math:: S = \frac{1}{1 - p + p / s}

    Parameters
    ----------
    accelerated_share : float or array
        Share of the time spent in the part, before, 0 < accelerated_share <= 1 [1].
    speedup : float or array
        How many times as fast the part becomes, s [1].

    Returns
    -------
    float or array
        How many times as fast the whole becomes [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Amdahl 1967, "Validity of the single processor approach". Document 002, line 375, prints 10 to 100 times for
    a compiler; line 381 prints 5 to 10 for whole programs.

    Examples
    --------
    >>> round(amdahl_speedup(0.9, 100), 2)
    9.17
    """
    accept(accelerated_share=accelerated_share, speedup=speedup)
    return 1 / (1 - accelerated_share + accelerated_share / speedup)
