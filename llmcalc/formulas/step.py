"""Terms of the time of a training step: products, attention, traffic of the memory, what hides, pipeline, optimiser.

`llmcalc.plans.step` adds them up for a model, a machine and a cut. Each takes arrays, so that a sweep over many cuts is
one call.
"""

from ..checks import Numeric, accept, formula


@formula
def product_seconds(
    rows: Numeric,
    in_features: Numeric,
    out_features: Numeric,
    peak_flops: Numeric,
    efficiency: Numeric,
    memory_bandwidth: Numeric,
    value_bytes: Numeric = 2.0,
    result_bytes: Numeric = 2.0,
    launch_seconds: Numeric = 0.0,
    flop_per_weight: Numeric = 2.0,
) -> Numeric:
    r"""Time of a matrix product: arithmetic, its operands' way through the memory, and the launch of a kernel.

    .. math:: t = \frac{2 m k n}{e P} + \frac{b (m k + k n) + b_r m n}{W} + t_{launch}

    Arithmetic and traffic are added, not overlapped: the first and the last tiles of a kernel wait for the memory, and
    a product with one short side does so all the time.

    Parameters
    ----------
    rows : float or array
        Rows of the first matrix, tokens for most, 0 or more [1].
    in_features : float or array
        Its columns [1].
    out_features : float or array
        Columns of the second matrix [1].
    peak_flops : float or array
        Dense peak of the number format [FLOP/s].
    efficiency : float or array
        Share of the peak that large products reach, 0 < efficiency <= 1 [1].
    memory_bandwidth : float or array
        Rate of the memory [byte/s].
    value_bytes : float or array
        Bytes of a value that goes in [byte].
    result_bytes : float or array
        Bytes that a value of the result moves, 0 or more [byte].
    launch_seconds : float or array
        Time to launch the kernel, 0 or more [s].
    flop_per_weight : float or array
        FLOP for a row and a number of the second matrix: a multiplication and an addition [FLOP].

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
    NVIDIA, Matrix Multiplication Background User's Guide, section 2: 8,192 x 128 x 8,192 is 124.1 FLOP a byte, below
    the 138.9 that a V100 balances.

    Examples
    --------
    >>> arithmetic = product_seconds(8192, 128, 8192, 125e12, 1, 1e30)
    >>> traffic = product_seconds(8192, 128, 8192, 1e30, 1, 900e9)
    >>> round(arithmetic * 125e12 / (traffic * 900e9), 1)
    124.1
    """
    accept(
        rows=rows,
        out_features=out_features,
        result_bytes=result_bytes,
        launch_seconds=launch_seconds,
        in_features=in_features,
        peak_flops=peak_flops,
        memory_bandwidth=memory_bandwidth,
        value_bytes=value_bytes,
        flop_per_weight=flop_per_weight,
        efficiency=efficiency,
    )
    traffic = value_bytes * in_features * (rows + out_features) + result_bytes * rows * out_features
    arithmetic = flop_per_weight * rows * in_features * out_features / (efficiency * peak_flops)
    return arithmetic + traffic / memory_bandwidth + launch_seconds


@formula
def fused_attention_seconds(
    flop: Numeric, context: Numeric, peak_flops: Numeric, efficiency: Numeric, half_context: Numeric = 0.0
) -> Numeric:
    r"""Time of a fused attention kernel, which is less efficient on short sequences.

    .. math:: t = \frac{F}{e P} \left( 1 + \frac{s_{1/2}}{s} \right)

    Parameters
    ----------
    flop : float or array
        FLOP of the products that the kernel computes [FLOP].
    context : float or array
        Tokens of a sequence [1].
    peak_flops : float or array
        Dense peak [FLOP/s].
    efficiency : float or array
        Share of the peak on long sequences, 0 < efficiency <= 1 [1].
    half_context : float or array
        Length at which half of that share is reached, 0 or more [1].

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
    Dao 2023 (FlashAttention-2, arXiv:2307.08691), figures 4 to 6: on an A100, causal, forward and backward, heads of
    128, 189 TFLOP/s, 61 % of the peak, at 16,384 tokens; it rises with the length of the sequence.

    Examples
    --------
    >>> round(fused_attention_seconds(189e12, 16384, 312e12, 0.606), 2)
    1.0
    >>> round(fused_attention_seconds(189e12, 1, 312e12, 0.606), 3)  # short sequences at the same rate
    1.0
    """
    accept(flop=flop, half_context=half_context, context=context, peak_flops=peak_flops, efficiency=efficiency)
    return flop / (efficiency * peak_flops) * (1 + half_context / context)


@formula
def traffic_seconds(
    traffic_bytes: Numeric, memory_bandwidth: Numeric, efficiency: Numeric, launch_seconds: Numeric = 0.0
) -> Numeric:
    r"""Time of kernels that read and write the memory and compute next to nothing: norms, residuals, activations.

    .. math:: t = \frac{B}{e W} + t_{launch}

    Parameters
    ----------
    traffic_bytes : float or array
        Bytes read and written, 0 or more [byte].
    memory_bandwidth : float or array
        Rate of the memory [byte/s].
    efficiency : float or array
        Share of it that such kernels reach, 0 < efficiency <= 1 [1].
    launch_seconds : float or array
        Time to launch the kernels, 0 or more [s].

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
    Ivanov et al. 2021 (arXiv:2007.00072), table 1: element-wise operators and normalisations are 0.2 % of the FLOP of
    BERT and 40 % of its time.

    Examples
    --------
    >>> traffic_seconds(2e9, 2e12, 0.8)
    0.00125
    """
    accept(
        traffic_bytes=traffic_bytes,
        launch_seconds=launch_seconds,
        memory_bandwidth=memory_bandwidth,
        efficiency=efficiency,
    )
    return traffic_bytes / (efficiency * memory_bandwidth) + launch_seconds


@formula
def exposed_seconds(communication_seconds: Numeric, hidden_share: Numeric, cover_seconds: Numeric) -> Numeric:
    r"""Communication that computation does not hide.

    .. math:: t = (1 - h) \, t_{comm} + \max(0, h \, t_{comm} - t_{cover})

    A share h could run beside computation; it does as long as there is computation to cover it.

    Parameters
    ----------
    communication_seconds : float or array
        Time of the communication alone, 0 or more [s].
    hidden_share : float or array
        Share of it that may overlap, 0 <= hidden_share < 1 [1].
    cover_seconds : float or array
        Time of the computation beside it, 0 or more [s].

    Returns
    -------
    float or array
        Time that is left [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Rajbhandari et al. 2020 (ZeRO, arXiv:1910.02054), section 7.2: gathers are pipelined with the computation.

    Examples
    --------
    >>> exposed_seconds(4.0, 0.75, 1.0)
    3.0
    """
    accept(communication_seconds=communication_seconds, cover_seconds=cover_seconds, hidden_share=hidden_share)
    late = hidden_share * communication_seconds - cover_seconds
    return (1 - hidden_share) * communication_seconds + (late + abs(late)) / 2


@formula
def pipeline_seconds(
    stage_seconds: Numeric,
    microbatches: Numeric,
    mean_stage_seconds: Numeric,
    pipeline_stages: Numeric = 1.0,
    model_chunks: Numeric = 1.0,
) -> Numeric:
    r"""Time of a pipeline of stages: the slowest works all the time, filling and draining cost the mean of all.

    .. math:: t = m \, t_{slowest} + \frac{p - 1}{v} \, t_{mean}

    Parameters
    ----------
    stage_seconds : float or array
        Time of a microbatch on the slowest stage, forward and backward [s].
    microbatches : float or array
        Microbatches of a replica in a step [1].
    mean_stage_seconds : float or array
        Mean of a microbatch's time over the stages, 0 or more [s].
    pipeline_stages : float or array
        Stages, 1 or more [1].
    model_chunks : float or array
        Chunks of layers on a stage [1].

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
    Narayanan et al. 2021 (arXiv:2104.04473), section 2.2.2: the bubble is (p - 1) / (v m) of the ideal time.

    Examples
    --------
    >>> pipeline_seconds(1.0, 8, 1.0, 4, 2)
    9.5
    >>> pipeline_seconds(1.0, 8, 0.5), pipeline_seconds(1.0, 8, 0.5, 2)  # one stage waits for no other
    (8.0, 8.5)
    """
    accept(
        stage_seconds=stage_seconds,
        microbatches=microbatches,
        pipeline_stages=pipeline_stages,
        model_chunks=model_chunks,
        mean_stage_seconds=mean_stage_seconds,
    )
    return microbatches * stage_seconds + (pipeline_stages - 1) / model_chunks * mean_stage_seconds


@formula
def update_seconds(
    params: Numeric,
    update_bytes_per_param: Numeric,
    memory_bandwidth: Numeric,
    efficiency: Numeric,
    optimiser_shards: Numeric = 1.0,
) -> Numeric:
    r"""Time in which an optimiser reads and writes its states.

    .. math:: t = \frac{N b}{s \, e W}

    Parameters
    ----------
    params : float or array
        Parameters of a device before the optimiser's states are divided [parameter].
    update_bytes_per_param : float or array
        Bytes that a parameter's update reads and writes [byte/parameter].
    memory_bandwidth : float or array
        Rate of the memory [byte/s].
    efficiency : float or array
        Share of it that is reached, 0 < efficiency <= 1 [1].
    optimiser_shards : float or array
        Devices that share the states (ZeRO stage 1 and above) [1].

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
    Rajbhandari et al. 2020 (ZeRO, arXiv:1910.02054), section 3.1: Adam keeps 12 bytes a parameter in FP32, and reads
    and writes them.

    Examples
    --------
    >>> round(update_seconds(1e9, 28, 2e12, 0.8), 6)
    0.0175
    """
    accept(
        params=params,
        update_bytes_per_param=update_bytes_per_param,
        memory_bandwidth=memory_bandwidth,
        optimiser_shards=optimiser_shards,
        efficiency=efficiency,
    )
    return params * update_bytes_per_param / (optimiser_shards * efficiency * memory_bandwidth)
