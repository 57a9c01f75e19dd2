"""Steps in which an engine writes answers: reading, products, collectives, and what drafts and kept caches save."""

from ..checks import Numeric, accept, formula


@formula
def product_seconds(
    weight_bytes: Numeric,
    flop: Numeric,
    devices: Numeric,
    memory_bandwidth: Numeric,
    peak_flops: Numeric,
    overlap: Numeric = 1.0,
) -> Numeric:
    r"""Time of the products with weights, where reading and computing overlap in part.

    .. math:: r = M / (n W), \quad c = F / (n P), \quad t = r + c - o \min(r, c)

    Parameters
    ----------
    weight_bytes : float or array
        Weights that are read M [byte].
    flop : float or array
        Products and sums F [FLOP].
    devices : float or array
        Devices that share them evenly n [1].
    memory_bandwidth : float or array
        Rate at which a device reads its memory W [byte/s].
    peak_flops : float or array
        Rate at which a device multiplies P [FLOP/s].
    overlap : float or array
        Share of the shorter of the two that is hidden behind the longer o, 0 <= overlap <= 1 [1].

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
    Williams, Waterman and Patterson 2009, "Roofline: an insightful visual performance model", section 3, is the
    case o = 1; o = 0 that of machines that do one after the other. The example is of jax-ml/scaling-book,
    applied-inference.md: 70e9 weights in int8 on 8 TPU v5e are read in 10.8 ms.

    Examples
    --------
    >>> round(product_seconds(70e9, 2 * 32 * 70e9, 8, 8.1e11, 1.97e14) * 1e3, 1)
    10.8
    """
    accept(
        weight_bytes=weight_bytes,
        flop=flop,
        devices=devices,
        memory_bandwidth=memory_bandwidth,
        peak_flops=peak_flops,
        overlap=overlap,
    )
    reading = weight_bytes / (devices * memory_bandwidth)
    computing = flop / (devices * peak_flops)
    smaller = (reading + computing - abs(reading - computing)) / 2
    return reading + computing - overlap * smaller


@formula
def decode_seconds(
    cache_bytes: Numeric,
    product_time: Numeric,
    devices: Numeric,
    memory_bandwidth: Numeric,
    fixed_seconds: Numeric = 0.0,
) -> Numeric:
    r"""Time of a step that writes a token of every answer: what cannot overlap, added.

    .. math:: t = \frac{K}{n W} + t_p + t_f

    Parameters
    ----------
    cache_bytes : float or array
        Memory of the keys and values of all answers in progress K, 0 or more [byte].
    product_time : float or array
        Time of the products with weights t_p, 0 or more [s].
    devices : float or array
        Devices that share the caches evenly n [1].
    memory_bandwidth : float or array
        Rate at which a device reads its memory W [byte/s].
    fixed_seconds : float or array
        Time of the layers, of the collectives and of the host t_f, 0 or more [s].

    Returns
    -------
    float or array
        Time of a step [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    jax-ml/scaling-book, inference.md, on 30e9 parameters in int8 on 16 chips of 8.1e11 byte/s and 1.97e14 op/s
    with caches of 819 MB: 2.5 ms at 4 answers (its sum is 2.57) and 21 ms at 256.

    Examples
    --------
    >>> products = product_seconds(30e9, 2 * 256 * 30e9, 16, 8.1e11, 1.97e14)
    >>> round(decode_seconds(256 * 819e6, products, 16, 8.1e11) * 1e3)
    21
    """
    accept(
        cache_bytes=cache_bytes,
        product_time=product_time,
        devices=devices,
        memory_bandwidth=memory_bandwidth,
        fixed_seconds=fixed_seconds,
    )
    return cache_bytes / (devices * memory_bandwidth) + product_time + fixed_seconds


@formula
def touched_share(batch: Numeric, experts_per_token: Numeric, experts: Numeric) -> Numeric:
    r"""Share of the experts that at least one token of a batch is sent to.

    .. math:: 1 - (1 - k / e)^b

    Parameters
    ----------
    batch : float or array
        Tokens of the batch b [1].
    experts_per_token : float or array
        Experts k that a token is sent to, of e; all, if there are not more [1].
    experts : float or array
        Experts e of a layer [1].

    Returns
    -------
    float or array
        Share [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    The chance that none of b tokens, each sent to k of e experts at random, goes to one of them. With k = 8 of
    e = 256, as in DeepSeek-AI 2024 (arXiv:2412.19437), section 4.2, 32 tokens touch 63.8 %.

    Examples
    --------
    >>> round(touched_share(32, 8, 256), 3)
    0.638
    """
    accept(batch=batch, experts_per_token=experts_per_token, experts=experts)
    idle = 1 - experts_per_token / experts
    return 1 - ((idle + abs(idle)) / 2) ** batch


@formula
def all_reduce_seconds(
    message_bytes: Numeric,
    devices: Numeric,
    link_bandwidth: Numeric,
    latency_seconds: Numeric,
) -> Numeric:
    r"""Time in which devices add up a tensor that each of them holds a part of.

    .. math:: t = l + \frac{2 (n - 1)}{n} \frac{m}{W}

    Parameters
    ----------
    message_bytes : float or array
        Tensor m, 0 or more [byte].
    devices : float or array
        Devices n [1].
    link_bandwidth : float or array
        Rate at which a device sends W [byte/s].
    latency_seconds : float or array
        Time that it takes however small the tensor is l, 0 or more [s].

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
    Thakur, Rabenseifner and Gropp 2005, "Optimization of collective communication operations in MPICH", section
    4.5: each device sends (n - 1) / n of the tensor twice. NVIDIA/nccl-tests, doc/PERFORMANCE.md, has the same
    factor: 1.75 for n = 8.

    Examples
    --------
    >>> all_reduce_seconds(1e9, 8, 1e9, 0)
    1.75
    """
    accept(message_bytes=message_bytes, devices=devices, link_bandwidth=link_bandwidth, latency_seconds=latency_seconds)
    return latency_seconds + 2 * (devices - 1) / devices * message_bytes / link_bandwidth


@formula
def speculative_tokens(acceptance: Numeric, draft_tokens: Numeric) -> Numeric:
    r"""Tokens that a step writes of an answer on average where a draft of some tokens is checked.

    .. math:: (1 - a^{g + 1}) / (1 - a)

    Parameters
    ----------
    acceptance : float or array
        Share of the draft's tokens that are accepted a, 0 <= acceptance < 1 [1].
    draft_tokens : float or array
        Tokens of a draft g, 0 or more [1].

    Returns
    -------
    float or array
        Tokens of a step [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Leviathan, Kalman and Matias 2023 (arXiv:2211.17192), equation 1, the expected number of tokens: for a = 0.8
    and g = 5 it is 3.69.

    Examples
    --------
    >>> round(speculative_tokens(0.8, 5), 2)
    3.69
    """
    accept(acceptance=acceptance, draft_tokens=draft_tokens)
    return (1 - acceptance ** (draft_tokens + 1)) / (1 - acceptance)


@formula
def missed_tokens(question_tokens: Numeric, hit_share: Numeric) -> Numeric:
    r"""Tokens of a prompt that must be read where the caches of the others are kept.

    .. math:: i (1 - s)

    Parameters
    ----------
    question_tokens : float or array
        Tokens of a prompt i [token].
    hit_share : float or array
        Share of the tokens that earlier prompts began with s, 0 <= hit_share < 1 [1].

    Returns
    -------
    float or array
        Tokens to read [token].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Zheng et al. 2024 (arXiv:2312.07104), section 3, on caches that prompts share by their beginnings.

    Examples
    --------
    >>> missed_tokens(1000, 0.75)
    250.0
    """
    accept(question_tokens=question_tokens, hit_share=hit_share)
    return question_tokens * (1 - hit_share)


@formula
def settled_seconds(fixed_seconds: Numeric, load: Numeric) -> Numeric:
    r"""Time of a step in the steady state, in which steps grow with the work that arrives meanwhile.

    .. math:: t = t_f / (1 - \rho)

    Parameters
    ----------
    fixed_seconds : float or array
        Part of a step that does not depend on the requests t_f, 0 or more [s].
    load : float or array
        Work that arrives in a second \rho, 0 <= load < 1 [1].

    Returns
    -------
    float or array
        Time of a step [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    A step takes t_f and, for what arrived during the last one, \rho times that one: in the steady state both
    are equal. The mean of a gated vacation queue, Takagi 1991, "Queueing Analysis" volume 1, chapter 2.

    Examples
    --------
    >>> round(settled_seconds(0.01, 0.8), 3)
    0.05
    """
    accept(fixed_seconds=fixed_seconds, load=load)
    return fixed_seconds / (1 - load)
