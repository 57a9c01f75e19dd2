"""Time of a training step on several devices: its parts, its throughput, and what waiting costs.

How well do many devices do together what one does alone, how full is a pipeline, and how fast
did the network carry what it carried.
"""

from ..checks import Numeric, accept, fewer, formula


@formula
def step_seconds(
    forward_backward_seconds: Numeric,
    data_seconds: Numeric = 0.0,
    optimiser_seconds: Numeric = 0.0,
    postprocessing_seconds: Numeric = 0.0,
    communication_seconds: Numeric = 0.0,
    scheduling_seconds: Numeric = 0.0,
) -> Numeric:
    r"""Time of one training step.

    .. math:: t = t_{data} + t_{fb} + t_{opt} + t_{post} + t_{comm} + t_{sched}

    Each part counts only for the time in which nothing else is computed. Parts that were
    measured whole, although they overlap, add up to an upper bound.

    Parameters
    ----------
    forward_backward_seconds : float or array
        Time of the forward and the backward pass [s].
    data_seconds : float or array
        Time to load the batch, 0 or more [s].
    optimiser_seconds : float or array
        Time to update the parameters, 0 or more [s].
    postprocessing_seconds : float or array
        Time after the update, 0 or more [s].
    communication_seconds : float or array
        Time of communication that no computation hides, 0 or more [s].
    scheduling_seconds : float or array
        Time in which a device waits for its next kernel, 0 or more [s].

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
    Document 003, line 15. It prints no times: the example is that of the chapter on the training step.

    Examples
    --------
    >>> round(step_seconds(20.0, 0.3, 0.9, 0.2, 6.0, 0.5), 1)
    27.9
    >>> step_seconds(20.0)
    20.0
    """
    accept(
        forward_backward_seconds=forward_backward_seconds,
        data_seconds=data_seconds,
        optimiser_seconds=optimiser_seconds,
        postprocessing_seconds=postprocessing_seconds,
        communication_seconds=communication_seconds,
        scheduling_seconds=scheduling_seconds,
    )
    before = data_seconds + forward_backward_seconds + optimiser_seconds
    return before + postprocessing_seconds + communication_seconds + scheduling_seconds


@formula
def sample_throughput(samples: Numeric, seconds: Numeric) -> Numeric:
    r"""Samples that a training processes in a second.

    .. math:: X = B / t

    Parameters
    ----------
    samples : float or array
        Samples of a batch, over all devices B [sample].
    seconds : float or array
        Time of a step t [s].

    Returns
    -------
    float or array
        Throughput [sample/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, line 29; Smith et al. 2022 (arXiv:2201.11990), section 2.4: 2,240 GPUs take 60.1 seconds for a
    batch of 1,920 samples.

    Examples
    --------
    >>> round(sample_throughput(1920, 60.1), 1)
    31.9
    """
    accept(samples=samples, seconds=seconds)
    return samples / seconds


@formula
def token_throughput(samples: Numeric, tokens_per_sample: Numeric, seconds: Numeric) -> Numeric:
    r"""Tokens that a training processes in a second.

    .. math:: X = B \, s / t

    Parameters
    ----------
    samples : float or array
        Samples of a batch, over all devices B [sample].
    tokens_per_sample : float or array
        Length of a sample s [token/sample].
    seconds : float or array
        Time of a step t [s].

    Returns
    -------
    float or array
        Throughput [token/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, lines 29 and 64. GPT-3 was trained on batches of 3.2e6 tokens at the end: 1,562.5 samples
    of 2,048 (Brown et al. 2020, table 2.1).

    Examples
    --------
    >>> token_throughput(1562.5, 2048, 1.0)
    3200000.0
    """
    accept(samples=samples, tokens_per_sample=tokens_per_sample, seconds=seconds)
    return samples * tokens_per_sample / seconds


@formula
def linearity(total_throughput: Numeric, single_throughput: Numeric, devices: Numeric) -> Numeric:
    r"""Share of the throughput of independent devices that devices reach together.

    .. math:: L = X_n / (n \, X_1)

    With the throughput of a server in place of a device's, and servers counted, it is the
    linearity between servers. The linearity of all devices is that between the servers
    times that within one.

    Parameters
    ----------
    total_throughput : float or array
        Throughput of all together X_n [token/s].
    single_throughput : float or array
        Throughput of one alone X_1 [token/s].
    devices : float or array
        Number of devices n, or of servers [1].

    Returns
    -------
    float or array
        Linearity, not limited to 1 [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, lines 62-76, which calls less than 0.8 low.

    Examples
    --------
    >>> linearity(9600, 1500, 8)
    0.8
    """
    accept(total_throughput=total_throughput, single_throughput=single_throughput, devices=devices)
    return total_throughput / (single_throughput * devices)


@formula
def speed_up(total_throughput: Numeric, single_throughput: Numeric) -> Numeric:
    r"""How many times faster than one device all devices together are.

    .. math:: S = X_n / X_1

    It is the linearity times the number of devices, not the linearity.

    Parameters
    ----------
    total_throughput : float or array
        Throughput of all together X_n [token/s].
    single_throughput : float or array
        Throughput of one alone X_1 [token/s].

    Returns
    -------
    float or array
        Speed-up [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, line 60, which takes it for the linearity; at its threshold of 0.8, 8 devices are 6.4 times as fast.

    Examples
    --------
    >>> speed_up(9600, 1500)
    6.4
    """
    accept(total_throughput=total_throughput, single_throughput=single_throughput)
    return total_throughput / single_throughput


@formula
def largest_network_gain(linearity: Numeric) -> Numeric:
    r"""Most that a perfect network could speed up training.

    .. math:: g = 1 / L

    Even if all that is missing to the devices' throughput alone were communication, nothing but that
    could be gained.

    Parameters
    ----------
    linearity : float or array
        Linearity L, 0 < linearity <= 1 [1].

    Returns
    -------
    float or array
        Largest speed-up [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Amdahl 1967, in the limit of a part that takes no time; document 003, line 76: below 0.8 the network is to blame.

    Examples
    --------
    >>> largest_network_gain(0.8)
    1.25
    """
    accept(linearity=linearity)
    return 1 / linearity


@formula
def speed_up_without(seconds: Numeric, saved_seconds: Numeric) -> Numeric:
    r"""Speed-up if a part of a step took no time.

    .. math:: S = t / (t - t_{saved})

    Parameters
    ----------
    seconds : float or array
        Time of a step t [s].
    saved_seconds : float or array
        Time saved, 0 or more and fewer than a step takes [s].

    Returns
    -------
    float or array
        Speed-up [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Amdahl 1967; document 003, line 21. A part of one fifth, what is missing at line 76's linearity
    of 0.8, is worth a factor of 1.25.

    Examples
    --------
    >>> speed_up_without(10.0, 2.0)
    1.25
    """
    accept(seconds=seconds)
    fewer(than=("seconds", seconds), saved_seconds=saved_seconds)
    return seconds / (seconds - saved_seconds)


@formula
def affected_share(saved_share: Numeric, kept_share: Numeric) -> Numeric:
    r"""Share of the whole that a change must have affected to save what it saved.

    .. math:: a = s / (1 - k)

    Above 1, the change cannot have saved so much.

    Parameters
    ----------
    saved_share : float or array
        Share of the whole time or size that was saved s, 0 <= saved_share < 1 [1].
    kept_share : float or array
        What the change leaves of the part that it affects k, 0 <= kept_share < 1 [1].

    Returns
    -------
    float or array
        Share of the whole, not limited to 1 [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Amdahl 1967, solved for the share; document 003, line 211: 42 % of the memory saved, where each number of
    an affected part shrinks to half.

    Examples
    --------
    >>> affected_share(0.42, 0.5)
    0.84
    """
    accept(saved_share=saved_share, kept_share=kept_share)
    return saved_share / (1 - kept_share)


@formula
def pipeline_utilisation(microbatches: Numeric, pipeline_stages: Numeric, model_chunks: Numeric = 1) -> Numeric:
    r"""Share of the time in which the stages of a pipeline compute.

    .. math:: u = m / (m + (p - 1) / v)

    Holds where all stages take equally long and sending takes no time, both for all forward passes before all
    backward passes and for one forward, one backward. If a stage holds several chunks of layers, and not one run of
    them, the next stages can begin sooner (an interleaved schedule).

    Parameters
    ----------
    microbatches : float or array
        Microbatches of a batch m [1].
    pipeline_stages : float or array
        Stages p [1].
    model_chunks : float or array
        Chunks of layers that a stage holds v [1].

    Returns
    -------
    float or array
        Utilisation [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, lines 193-195; Narayanan et al. 2021 (arXiv:2104.04473), sections 2.2.1 and 2.2.2, print its bubble,
    (p - 1) / (v m) of the ideal time. Four stages and four microbatches (lines 181-185): 4/7.

    Examples
    --------
    >>> round(pipeline_utilisation(4, 4), 3)
    0.571
    """
    accept(microbatches=microbatches, pipeline_stages=pipeline_stages, model_chunks=model_chunks)
    return microbatches / (microbatches + (pipeline_stages - 1) / model_chunks)


@formula
def microbatches_for_utilisation(pipeline_stages: Numeric, utilisation: Numeric) -> Numeric:
    r"""Microbatches that fill a pipeline to a utilisation, before rounding up.

    .. math:: m = u \, (p - 1) / (1 - u)

    Parameters
    ----------
    pipeline_stages : float or array
        Stages p [1].
    utilisation : float or array
        Share of the time in which the stages compute u, 0 <= utilisation < 1 [1].

    Returns
    -------
    float or array
        Microbatches, not rounded; see `llmcalc.devices.round_up` [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, lines 193-195, solved for m; Huang et al. 2019 (arXiv:1811.06965), section 2.3, find the bubble
    negligible from four microbatches a stage, which is a utilisation of about 0.8.

    Examples
    --------
    >>> round(microbatches_for_utilisation(4, 0.8), 9)
    12.0
    """
    accept(pipeline_stages=pipeline_stages, utilisation=utilisation)
    return utilisation * (pipeline_stages - 1) / (1 - utilisation)


@formula
def pipeline_seconds(
    microbatches: Numeric,
    pipeline_stages: Numeric,
    forward_seconds: Numeric,
    backward_seconds: Numeric,
    model_chunks: Numeric = 1,
) -> Numeric:
    r"""Time in which a pipeline takes a batch forward and back.

    .. math:: t = (m + (p - 1) / v) (t_f + t_b)

    Parameters
    ----------
    microbatches : float or array
        Microbatches of a batch m [1].
    pipeline_stages : float or array
        Stages p [1].
    forward_seconds : float or array
        Forward pass of a microbatch through one stage [s].
    backward_seconds : float or array
        Backward pass of a microbatch through one stage [s].
    model_chunks : float or array
        Chunks of layers that a stage holds v; see `pipeline_utilisation` [1].

    Returns
    -------
    float or array
        Time from the first forward to the last backward pass [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Narayanan et al. 2021 (arXiv:2104.04473), sections 2.2.1 and 2.2.2: m (t_f + t_b) and a bubble of
    (p - 1)(t_f + t_b) / v; document 003, lines 181-185, for four stages and four microbatches.

    Examples
    --------
    >>> pipeline_seconds(4, 4, 1.0, 2.0)
    21.0
    """
    accept(
        microbatches=microbatches,
        pipeline_stages=pipeline_stages,
        forward_seconds=forward_seconds,
        backward_seconds=backward_seconds,
        model_chunks=model_chunks,
    )
    return (microbatches + (pipeline_stages - 1) / model_chunks) * (forward_seconds + backward_seconds)


@formula
def mean_bandwidth(transferred_bytes: Numeric, seconds: Numeric) -> Numeric:
    r"""Bandwidth that a transfer reached on average.

    .. math:: W = D / t

    Parameters
    ----------
    transferred_bytes : float or array
        Amount of data D, 0 or more [byte].
    seconds : float or array
        Time that the transfer took t [s].

    Returns
    -------
    float or array
        Bandwidth [byte/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, line 165, which divides a bandwidth instead of an amount. Its threshold of 0.8 (line 168), of a
    link of 25e9 byte/s, is 20e9.

    Examples
    --------
    >>> mean_bandwidth(90e9, 4.5)
    20000000000.0
    """
    accept(transferred_bytes=transferred_bytes, seconds=seconds)
    return transferred_bytes / seconds


@formula
def wait_ratio(wait_seconds: Numeric, transit_seconds: Numeric) -> Numeric:
    r"""Share of a communication that a device spent waiting for the others.

    .. math:: r = t_{wait} / (t_{wait} + t_{transit})

    Parameters
    ----------
    wait_seconds : float or array
        Time until the last participant is there, 0 or more [s].
    transit_seconds : float or array
        Time in which data moves [s].

    Returns
    -------
    float or array
        Wait ratio, below 1 [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, line 154, with its threshold of 0.2: one second of waiting for four of transfer.

    Examples
    --------
    >>> wait_ratio(1.0, 4.0)
    0.2
    """
    accept(wait_seconds=wait_seconds, transit_seconds=transit_seconds)
    return wait_seconds / (wait_seconds + transit_seconds)
