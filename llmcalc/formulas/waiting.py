"""Waiting for an engine: how steps spread, and how long requests queue."""

from math import e

from ..checks import Numeric, accept, formula


@formula
def step_variance(request_rate: Numeric, step_seconds: Numeric, prompt_seconds: Numeric, load: Numeric) -> Numeric:
    r"""Variance of the time of a step between which prompts arrive at random.

    .. math:: v = \frac{\lambda t s^2}{1 - (\lambda s)^2}

    Parameters
    ----------
    request_rate : float or array
        Requests a second \lambda [1/s].
    step_seconds : float or array
        Mean time of a step t [s].
    prompt_seconds : float or array
        Time to read a prompt s, 0 or more [s].
    load : float or array
        Share of the time in which prompts are read \lambda s, 0 <= load < 1 [1].

    Returns
    -------
    float or array
        Variance [s**2].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Prompts of a step are those that arrived in the last one, a Poisson number: v = \lambda t s^2 + (\lambda
    s)^2 v. Gated service as in Takagi 1991, "Queueing Analysis" volume 1, chapter 2.

    Examples
    --------
    >>> round(step_variance(10, 0.1, 0.05, 0.5) ** 0.5, 4)
    0.0577
    """
    accept(request_rate=request_rate, step_seconds=step_seconds, prompt_seconds=prompt_seconds, load=load)
    return request_rate * step_seconds * prompt_seconds**2 / (1 - load**2)


@formula
def dispersion(arrivals: Numeric, arrival_spread: Numeric) -> Numeric:
    r"""Variance of the number of arrivals within a time, in shares of its mean, where they come in bursts.

    .. math:: I = 1 + (c^2 - 1) \left(1 - \frac{1 - e^{-y}}{y}\right), \quad y = \frac{2 n}{c^2 + 1}

    Whoever arrives finds I - 1 more arrivals within such a time of their own than come in any such time.

    Parameters
    ----------
    arrivals : float or array
        Arrivals within the time on average n [1].
    arrival_spread : float or array
        Standard deviation of the time between arrivals, in shares of its mean c, 0 or more; 1 of a Poisson process,
        and more in bursts, of which the equation is exact [1].

    Returns
    -------
    float or array
        Variance over mean [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Variance of a renewal process, Cox 1962, "Renewal Theory" section 4.5, whose intervals are of two exponential kinds
    with balanced means, as Whitt 1982, "Approximating a point process by a renewal process, I", Operations Research
    30: 125, takes for all spreads of 1 and more. Over a long time it is c^2.

    Examples
    --------
    >>> round(dispersion(1e9, 2.0), 6), dispersion(3.0, 1.0)
    (4.0, 1.0)
    """
    accept(arrivals=arrivals, arrival_spread=arrival_spread)
    decay = 2 * arrivals / (arrival_spread**2 + 1)
    return 1 + (arrival_spread**2 - 1) * (1 - (1 - e**-decay) / decay)


@formula
def gamma_quantile(mean: Numeric, variance: Numeric, deviations: Numeric) -> Numeric:
    r"""Value that a share of all stays below, of a gamma distribution with a mean and a variance.

    .. math:: x = m \left(1 - \frac{v}{9 m^2} + \frac{z \sqrt{v}}{3 m}\right)^3

    Parameters
    ----------
    mean : float or array
        Mean m [s].
    variance : float or array
        Variance v, 0 or more [s**2].
    deviations : float or array
        Quantile z of the normal distribution: 0 for half of all, 1.645 for 95 of 100, 0 or more [1].

    Returns
    -------
    float or array
        Quantile [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Wilson and Hilferty 1931, "The distribution of chi-square", PNAS 17: 684. The 95 % quantile of chi-square
    with 10 degrees of freedom (mean 10, variance 20) is 18.307 in every table; the approximation gives 18.29.

    Examples
    --------
    >>> round(gamma_quantile(10.0, 20.0, 1.645), 2)
    18.29
    """
    accept(mean=mean, variance=variance, deviations=deviations)
    return mean * (1 - variance / (9 * mean**2) + deviations * variance**0.5 / (3 * mean)) ** 3


@formula
def queue_seconds(
    service_seconds: Numeric,
    servers: Numeric,
    load: Numeric,
    arrival_spread: Numeric = 1.0,
    service_spread: Numeric = 1.0,
) -> Numeric:
    r"""Mean time in a queue before one of several servers.

    .. math:: W = \frac{c_a^2 + c_s^2}{2} \, \frac{\rho^{\sqrt{2 (m + 1)} - 1}}{m (1 - \rho)} \, s

    Parameters
    ----------
    service_seconds : float or array
        Mean time of service s [s].
    servers : float or array
        Servers m [1].
    load : float or array
        Share of the time in which a server works \rho, 0 <= load < 1 [1].
    arrival_spread : float or array
        Standard deviation of the time between arrivals, in shares of its mean c_a, 0 or more; 1 of a Poisson
        process [1].
    service_spread : float or array
        The same of the time of service c_s, 0 or more [1].

    Returns
    -------
    float or array
        Mean wait [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Sakasegawa 1977, "An approximation formula L_q = alpha rho^beta / (1 - rho)", with Kingman's factor for the
    spreads (Allen and Cunneen); exact for one server and Poisson arrivals (Pollaczek and Khinchine): of load
    0.8, four times the service.

    Examples
    --------
    >>> round(queue_seconds(1.0, 1, 0.8), 12)
    4.0
    """
    accept(
        service_seconds=service_seconds,
        servers=servers,
        load=load,
        arrival_spread=arrival_spread,
        service_spread=service_spread,
    )
    full = load ** ((2 * (servers + 1)) ** 0.5 - 1) / (servers * (1 - load))
    return (arrival_spread**2 + service_spread**2) / 2 * full * service_seconds
