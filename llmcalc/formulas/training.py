"""Compute of a training run, and the four questions asked of it.

How much work is it, how many devices finish it in time, how long does it take on
those at hand, and how well did a finished run use its devices.
"""

from ..checks import Numeric, accept, formula
from .devices import devices_for_flops, required_flops, sustained_flops


@formula
def train_flop(params: Numeric, tokens: Numeric, flop_per_param_token: Numeric = 6.0) -> Numeric:
    r"""Compute of training a dense transformer.

    .. math:: C = k \, N \, D

    Two FLOP per parameter and token forward and four backward make k = 6; full
    recomputation of activations repeats the forward pass, k = 8. Attention scores
    are left out: good to a few per cent while the context is much shorter than six
    times the hidden size.

    Parameters
    ----------
    params : float or array
        Trainable parameters N, of a mixture of experts the active ones [parameter].
    tokens : float or array
        Training tokens D, all epochs [token].
    flop_per_param_token : float or array
        FLOP per parameter and token, k [FLOP/parameter/token].

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
    Kaplan et al. 2020 (arXiv:2001.08361), section 2.1; document 004, line 104: 315e21 FLOP for GPT-3.

    Examples
    --------
    >>> train_flop(175e9, 300e9)
    3.15e+23
    """
    accept(params=params, tokens=tokens, flop_per_param_token=flop_per_param_token)
    return params * tokens * flop_per_param_token


@formula
def devices_for_deadline(flop: Numeric, seconds: Numeric, peak_flops: Numeric, mfu: Numeric) -> Numeric:
    r"""Devices that finish a training run in time, before rounding up.

    .. math:: n = C / (t \, F_{peak} \, u)

    Parameters
    ----------
    flop : float or array
        Training compute C [FLOP].
    seconds : float or array
        Time allowed t [s].
    peak_flops : float or array
        Dense peak of a device [FLOP/s].
    mfu : float or array
        Model FLOPs utilisation u, 0 < mfu <= 1 [1].

    Returns
    -------
    float or array
        Devices, not rounded; see `llmcalc.devices.round_up` [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 004, lines 102-106: 1,558 A100 train GPT-3 in 30 days.

    Examples
    --------
    >>> round(devices_for_deadline(315e21, 2592000, 156e12, 0.5))
    1558
    """
    return devices_for_flops(required_flops(flop, seconds), peak_flops, mfu)


@formula
def training_seconds(flop: Numeric, devices: Numeric, peak_flops: Numeric, mfu: Numeric) -> Numeric:
    r"""Duration of a training run.

    .. math:: t = C / (n \, F_{peak} \, u)

    Parameters
    ----------
    flop : float or array
        Training compute C [FLOP].
    devices : float or array
        Devices n [1].
    peak_flops : float or array
        Dense peak of a device [FLOP/s].
    mfu : float or array
        Model FLOPs utilisation u, 0 < mfu <= 1 [1].

    Returns
    -------
    float or array
        Duration [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 004, lines 102-106, solved for the time: 30 days.

    Examples
    --------
    >>> round(training_seconds(315e21, 1558, 156e12, 0.5) / 86400, 2)
    30.0
    """
    accept(flop=flop, devices=devices)
    return flop / (devices * sustained_flops(peak_flops, mfu))


@formula
def implied_mfu(flop: Numeric, seconds: Numeric, devices: Numeric, peak_flops: Numeric) -> Numeric:
    r"""Utilisation that a finished run must have had. Above 1, the premises are wrong.

    .. math:: u = C / (t \, n \, F_{peak})

    Parameters
    ----------
    flop : float or array
        Training compute C [FLOP].
    seconds : float or array
        Duration t [s].
    devices : float or array
        Devices n [1].
    peak_flops : float or array
        Dense peak of a device [FLOP/s].

    Returns
    -------
    float or array
        Share of the peak, not limited to 1 [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Narayanan et al. 2021 (arXiv:2104.04473), section 5.1: GPT-3 on 1,024 A100 in 34 days at
    140 TFLOP/s a GPU, 45 % of 312 TFLOP/s, recomputation included.

    Examples
    --------
    >>> flop = train_flop(175e9, 300e9, flop_per_param_token=8)
    >>> round(implied_mfu(flop, 34 * 86400, 1024, 312e12), 2)
    0.45
    """
    accept(flop=flop, seconds=seconds, devices=devices, peak_flops=peak_flops)
    return flop / (seconds * devices * peak_flops)


@formula
def budget_flop(devices: Numeric, seconds: Numeric, peak_flops: Numeric, mfu: Numeric) -> Numeric:
    r"""Compute that a cluster delivers in a given time.

    .. math:: C = n \, t \, F_{peak} \, u

    Parameters
    ----------
    devices : float or array
        Devices n [1].
    seconds : float or array
        Time t [s].
    peak_flops : float or array
        Dense peak of a device [FLOP/s].
    mfu : float or array
        Model FLOPs utilisation u, 0 < mfu <= 1 [1].

    Returns
    -------
    float or array
        Compute [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, line 144: 512 PFLOP/s; over the 28 days of line 146 they are 14,336 petaFLOP/s-days at full peak.

    Examples
    --------
    >>> round(budget_flop(1, 28 * 86400, 512e15, 1) / (1e15 * 86400))
    14336
    """
    accept(devices=devices, seconds=seconds)
    return devices * seconds * sustained_flops(peak_flops, mfu)


@formula
def affordable_params(flop: Numeric, tokens: Numeric, flop_per_param_token: Numeric = 6.0) -> Numeric:
    r"""Parameters that a budget trains on a number of tokens: the inverse of `train_flop`.

    .. math:: N = C / (k \, D)

    Parameters
    ----------
    flop : float or array
        Training compute C [FLOP].
    tokens : float or array
        Training tokens D [token].
    flop_per_param_token : float or array
        FLOP per parameter and token, k [FLOP/parameter/token].

    Returns
    -------
    float or array
        Parameters, of a mixture of experts the active ones [parameter].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Kaplan et al. 2020 (arXiv:2001.08361), section 2.1, solved for N; document 004, line 104.

    Examples
    --------
    >>> affordable_params(315e21, 300e9)
    175000000000.0
    """
    accept(flop=flop, tokens=tokens, flop_per_param_token=flop_per_param_token)
    return flop / (tokens * flop_per_param_token)


@formula
def affordable_tokens(flop: Numeric, params: Numeric, flop_per_param_token: Numeric = 6.0) -> Numeric:
    r"""Tokens on which a budget trains a model: the inverse of `train_flop`.

    .. math:: D = C / (k \, N)

    Parameters
    ----------
    flop : float or array
        Training compute C [FLOP].
    params : float or array
        Trainable parameters N [parameter].
    flop_per_param_token : float or array
        FLOP per parameter and token, k [FLOP/parameter/token].

    Returns
    -------
    float or array
        Tokens [token].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Kaplan et al. 2020 (arXiv:2001.08361), section 2.1, solved for D; document 004, line 104.

    Examples
    --------
    >>> affordable_tokens(315e21, 175e9)
    300000000000.0
    """
    accept(flop=flop, params=params, flop_per_param_token=flop_per_param_token)
    return flop / (params * flop_per_param_token)


@formula
def tokens_per_param(tokens: Numeric, params: Numeric) -> Numeric:
    r"""Training tokens a parameter, the usual measure of how fully a model is trained.

    .. math:: D / N

    Parameters
    ----------
    tokens : float or array
        Training tokens D [token].
    params : float or array
        Trainable parameters N [parameter].

    Returns
    -------
    float or array
        Tokens a parameter; about 20 is compute-optimal [token/parameter].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 001, line 43: GPT-3 saw 1 to 2 tokens a parameter; Hoffmann et al. 2022 (arXiv:2203.15556): 20.

    Examples
    --------
    >>> round(tokens_per_param(300e9, 175e9), 1)
    1.7
    """
    accept(tokens=tokens, params=params)
    return tokens / params


@formula
def flop_per_param_sample(flop: Numeric, params: Numeric, samples: Numeric, passes: Numeric = 1) -> Numeric:
    r"""Compute that a budget spends per parameter and sample seen.

    .. math:: C / (N \, S \, E)

    The inverse question for models that are not trained on tokens: six FLOP per
    parameter and position, so a sixth of the result is the number of positions
    (tokens, patches, frames) that a sample would be for a dense transformer.

    Parameters
    ----------
    flop : float or array
        Training compute C [FLOP].
    params : float or array
        Trainable parameters N [parameter].
    samples : float or array
        Samples in the data set S: pictures, pairs, or seconds of sound [sample].
    passes : float or array
        Passes over the data set E [1].

    Returns
    -------
    float or array
        Compute per parameter and sample [FLOP/parameter/sample].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, lines 160-166: a model of 1e9 parameters, 1.3e8 pairs, 16 PFLOP/s for 10 days.

    Examples
    --------
    >>> round(flop_per_param_sample(16e15 * 10 * 86400, 1e9, 1.3e8))
    106338
    """
    accept(flop=flop, params=params, samples=samples, passes=passes)
    return flop / (params * samples * passes)


@formula
def largest_active_share(
    budget_flop: Numeric, params: Numeric, tokens: Numeric, flop_per_param_token: Numeric = 6.0
) -> Numeric:
    r"""Largest share of its parameters that a model can have used on every token.

    .. math:: a = C / (k \, N \, D)

    A share above 1 means that the budget covers a dense model.

    Parameters
    ----------
    budget_flop : float or array
        Compute that the run had, utilisation included [FLOP].
    params : float or array
        All parameters N [parameter].
    tokens : float or array
        Training tokens D [token].
    flop_per_param_token : float or array
        FLOP per active parameter and token, k [FLOP/parameter/token].

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
    Document 000, lines 218-226: 1e12 parameters, 300e9 tokens, 128 PFLOP/s for 100 days.

    Examples
    --------
    >>> round(largest_active_share(128e15 * 100 * 86400, 1e12, 300e9), 3)
    0.614
    """
    accept(budget_flop=budget_flop, params=params, tokens=tokens, flop_per_param_token=flop_per_param_token)
    return budget_flop / train_flop(params, tokens, flop_per_param_token)


@formula
def megatron_seconds(
    params: Numeric, tokens: Numeric, devices: Numeric, achieved_flops: Numeric, flop_per_param_token: Numeric = 8.0
) -> Numeric:
    r"""Training time from the rate that a GPU was measured to achieve.

    .. math:: t = 8 \, T \, P / (n \, X)

    The rate X counts the recomputed forward pass, hence eight FLOP.

    Parameters
    ----------
    params : float or array
        Trainable parameters P [parameter].
    tokens : float or array
        Training tokens T [token].
    devices : float or array
        GPUs n [1].
    achieved_flops : float or array
        Measured rate of a GPU X, recomputation included [FLOP/s].
    flop_per_param_token : float or array
        FLOP per parameter and token, recomputation included [FLOP/parameter/token].

    Returns
    -------
    float or array
        Duration [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Narayanan et al. 2021 (arXiv:2104.04473), equation 4: GPT-3 takes 34 days.

    Examples
    --------
    >>> round(megatron_seconds(175e9, 300e9, 1024, 140e12) / 86400)
    34
    """
    accept(devices=devices, achieved_flops=achieved_flops)
    return train_flop(params, tokens, flop_per_param_token) / (devices * achieved_flops)
