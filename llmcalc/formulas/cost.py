"""What a training run costs: device-time, rent, energy, electricity and emissions.

Money is in US dollars, prices are per second and per joule. How many devices share
the work does not enter: at the same utilisation, twice the devices take half the time.
"""

from ..checks import Numeric, accept, formula
from .devices import sustained_flops


@formula
def device_time(flop: Numeric, peak_flops: Numeric, mfu: Numeric) -> Numeric:
    r"""Time for which devices are taken, added up over all of them.

    .. math:: T = C / (F_{peak} \, u)

    Parameters
    ----------
    flop : float or array
        Training compute C [FLOP].
    peak_flops : float or array
        Dense peak of a device [FLOP/s].
    mfu : float or array
        Model FLOPs utilisation u, 0 < mfu <= 1 [1].

    Returns
    -------
    float or array
        Device-time, the seconds that a single device would take [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Li 2020 (https://lambda.ai/blog/demystifying-gpt-3): 3.14e23 FLOP at 28 TFLOP/s are 355 GPU-years.

    Examples
    --------
    >>> int(device_time(3.14e23, 28e12, 1) / (365 * 86400))
    355
    """
    accept(flop=flop, peak_flops=peak_flops, mfu=mfu)
    return flop / sustained_flops(peak_flops, mfu)


@formula
def rent(device_seconds: Numeric, price_per_second: Numeric) -> Numeric:
    r"""Cost of hiring devices.

    .. math:: K = T \, p

    Parameters
    ----------
    device_seconds : float or array
        Device-time T, added up over all devices [s].
    price_per_second : float or array
        Price of a device for a second p [USD/s].

    Returns
    -------
    float or array
        Rent [USD].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    DeepSeek-AI 2024 (arXiv:2412.19437), table 1: 2.788 million GPU-hours at 2 dollars are 5.576 million dollars.

    Examples
    --------
    >>> round(rent(2.788e6 * 3600, 2 / 3600))
    5576000
    """
    accept(device_seconds=device_seconds, price_per_second=price_per_second)
    return device_seconds * price_per_second


@formula
def implied_price(cost: Numeric, device_seconds: Numeric) -> Numeric:
    r"""Price of a device that a published cost implies: `rent` solved for the price.

    .. math:: p = K / T

    Parameters
    ----------
    cost : float or array
        Rent K [USD].
    device_seconds : float or array
        Device-time T, added up over all devices [s].

    Returns
    -------
    float or array
        Price of a device for a second [USD/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    DeepSeek-AI 2024 (arXiv:2412.19437), table 1, solved for the price: 2 dollars an hour.

    Examples
    --------
    >>> round(implied_price(5.576e6, 2.788e6 * 3600) * 3600, 6)
    2.0
    """
    accept(cost=cost, device_seconds=device_seconds)
    return cost / device_seconds


@formula
def cost_per_token(cost: Numeric, tokens: Numeric) -> Numeric:
    r"""What each token costs of a sum that was paid for all of them.

    .. math:: k = K / T

    Parameters
    ----------
    cost : float or array
        What was paid K, the rent of the devices or the price of their energy [USD].
    tokens : float or array
        Tokens that were processed for it T [token].

    Returns
    -------
    float or array
        Cost of a token [USD/token].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    DeepSeek-AI 2024 (arXiv:2412.19437), table 1: 5.328 million dollars for the pre-training on 14.8e12 tokens.

    Examples
    --------
    >>> round(cost_per_token(5.328e6, 14.8e12) * 1e6, 2)
    0.36
    """
    accept(cost=cost, tokens=tokens)
    return cost / tokens


@formula
def affordable_flop(cost: Numeric, price_per_second: Numeric, peak_flops: Numeric, mfu: Numeric) -> Numeric:
    r"""Compute that a sum of money hires.

    .. math:: C = K \, F_{peak} \, u / p

    Parameters
    ----------
    cost : float or array
        Rent K [USD].
    price_per_second : float or array
        Price of a device for a second p [USD/s].
    peak_flops : float or array
        Dense peak of a device [FLOP/s].
    mfu : float or array
        Model FLOPs utilisation u, 0 < mfu <= 1 [1].

    Returns
    -------
    float or array
        Training compute [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Li 2020 (https://lambda.ai/blog/demystifying-gpt-3), solved for the compute: 4.6 million dollars
    for 355 years of 28 TFLOP/s are 3.13e23 FLOP.

    Examples
    --------
    >>> affordable_flop(4.6e6, 4.6e6 / (355 * 365 * 86400), 28e12, 1)  # doctest: +ELLIPSIS
    3.134...e+23
    """
    accept(cost=cost, price_per_second=price_per_second)
    return cost * sustained_flops(peak_flops, mfu) / price_per_second


@formula
def energy(device_seconds: Numeric, device_power: Numeric, pue: Numeric) -> Numeric:
    r"""Energy that a run takes from the grid.

    .. math:: E = T \, P \, \mathrm{PUE}

    Parameters
    ----------
    device_seconds : float or array
        Device-time T, added up over all devices [s].
    device_power : float or array
        Power of a device P [W].
    pue : float or array
        Power usage effectiveness, energy of the data centre by that of its computers, 1 or more [1].

    Returns
    -------
    float or array
        Energy [J].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Touvron et al. 2023 (arXiv:2302.13971), section 6 and table 15: LLaMA-65B took 1,022,362 GPU-hours
    of 400 W at a PUE of 1.1, 449 MWh.

    Examples
    --------
    >>> int(energy(1022362 * 3600, 400, 1.1) / 3.6e9)
    449
    """
    accept(device_seconds=device_seconds, device_power=device_power, pue=pue)
    return device_seconds * device_power * pue


@formula
def electricity_cost(joules: Numeric, electricity_price: Numeric) -> Numeric:
    r"""Cost of energy.

    .. math:: K = E \, p

    Parameters
    ----------
    joules : float or array
        Energy E [J].
    electricity_price : float or array
        Price of energy p [USD/J].

    Returns
    -------
    float or array
        Cost [USD].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    SemiAnalysis 2024, quoted in
    https://www.nextbigfuture.com/2024/12/technical-challenges-to-scale-beyond-gpt4-to-100k-h100s.html:
    1.59 TWh at 0.078 dollars a kWh are 123.9 million dollars.

    Examples
    --------
    >>> round(electricity_cost(1.59e9 * 3.6e6, 0.078 / 3.6e6) / 1e6)
    124
    """
    accept(joules=joules, electricity_price=electricity_price)
    return joules * electricity_price


@formula
def emissions(joules: Numeric, carbon_intensity: Numeric) -> Numeric:
    r"""Carbon dioxide, or its equivalent, emitted for the energy.

    .. math:: m = E \, c

    Parameters
    ----------
    joules : float or array
        Energy E [J].
    carbon_intensity : float or array
        Carbon dioxide emitted per unit of energy c [kg/J].

    Returns
    -------
    float or array
        Carbon dioxide equivalent [kg].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Touvron et al. 2023 (arXiv:2302.13971), section 6: 449 MWh at 0.385 kg a kWh are 173 tonnes.

    Examples
    --------
    >>> round(emissions(449 * 3.6e9, 0.385 / 3.6e6) / 1e3)
    173
    """
    accept(joules=joules, carbon_intensity=carbon_intensity)
    return joules * carbon_intensity
