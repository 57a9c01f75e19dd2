"""Memory that a transformer takes: weights, cache, training state and activations.

Shapes are pure numbers, named as in `transformer`. Everything but the fixed part is in
proportion to the sequences held at once, so the largest batch that fits has a closed form.
"""

from ..checks import Numeric, accept, fewer, formula
from .devices import round_down

# Bytes that a layer keeps for the backward pass, as arguments of `activation_bytes`, by what is
# computed a second time: Korthikanti et al. 2022 (arXiv:2205.05198), table 2, 16-bit activations.
# The last two spread over the devices of tensor parallelism what plain tensor parallelism repeats on each.
ACTIVATIONS = {
    "none": {"replicated_bytes": 10.0, "split_bytes": 24.0, "score_bytes": 5.0},
    "selective": {"replicated_bytes": 10.0, "split_bytes": 24.0, "score_bytes": 0.0},
    "full": {"replicated_bytes": 2.0, "split_bytes": 0.0, "score_bytes": 0.0},
    "none, sequence parallel": {"replicated_bytes": 0.0, "split_bytes": 34.0, "score_bytes": 5.0},
    "selective, sequence parallel": {"replicated_bytes": 0.0, "split_bytes": 34.0, "score_bytes": 0.0},
}


@formula
def weight_bytes(params: Numeric, bytes_per_param: Numeric = 2.0) -> Numeric:
    r"""Memory of weights that are all stored alike.

    .. math:: M = N \, w

    Parameters
    ----------
    params : float or array
        Parameters N, of a mixture of experts all of them [parameter].
    bytes_per_param : float or array
        Bytes of a parameter w: 4 in FP32, 2 in FP16 and BF16, 1 in INT8 and FP8 [byte/parameter].

    Returns
    -------
    float or array
        Memory [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Source of document 000, lines 78-128 (GPTQ-for-LLaMa, 2023): 12.5 GiB for LLaMA-7B in 16 bits.

    Examples
    --------
    >>> round(weight_bytes(6738415616) / 2**30, 2)
    12.55
    """
    accept(params=params, bytes_per_param=bytes_per_param)
    return params * bytes_per_param


@formula
def output_channels(
    layers: Numeric,
    hidden_size: Numeric,
    heads: Numeric,
    kv_heads: Numeric,
    mlp_size: Numeric,
    mlp_matrices: Numeric = 2,
) -> Numeric:
    r"""Outputs of all the matrices in the layers, each of which has a scale of its own when quantised.

    .. math:: l \, (h \, (3 + 2 \, g / a) + (n - 1) \, f)

    Queries, attention's output and the MLP's last matrix have h outputs each, keys and values h g / a, and
    the other matrices of the MLP f.

    Parameters
    ----------
    layers : float or array
        Layers l [1].
    hidden_size : float or array
        Hidden size h [1].
    heads : float or array
        Query heads a [1].
    kv_heads : float or array
        Key and value heads g [1].
    mlp_size : float or array
        Width f inside the MLP [1].
    mlp_matrices : float or array
        Matrices of the MLP n: 2, or 3 if it is gated [1].

    Returns
    -------
    float or array
        Output channels [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Touvron et al. 2023 (arXiv:2302.13971), table 2 and section 2.2: the shape of LLaMA-7B, whose layer has
    matrices of 4096 (five times) and 11008 outputs (twice).

    Examples
    --------
    >>> output_channels(1, 4096, 32, 32, 11008, 3) == 5 * 4096 + 2 * 11008
    True
    >>> output_channels(1, 4096, 32, 32, 16384) == 5 * 4096 + 16384  # an MLP of two matrices
    True
    """
    accept(
        layers=layers,
        hidden_size=hidden_size,
        heads=heads,
        kv_heads=kv_heads,
        mlp_size=mlp_size,
        mlp_matrices=mlp_matrices,
    )
    return layers * (hidden_size * (3 + 2 * kv_heads / heads) + (mlp_matrices - 1) * mlp_size)


@formula
def quantised_bytes(
    linear_params: Numeric,
    other_params: Numeric,
    scales: Numeric,
    bytes_per_param: Numeric = 0.5,
    scale_bytes: Numeric = 8.0,
    other_bytes_per_param: Numeric = 2.0,
) -> Numeric:
    r"""Memory of weights of which the matrices in the layers are quantised.

    .. math:: M = N_l \, w + S \, z + N_o \, w_o

    Embeddings, the output matrix and the norms stay in 16 bits.

    Parameters
    ----------
    linear_params : float or array
        Parameters of the matrices in the layers N_l [parameter].
    other_params : float or array
        All other parameters N_o [parameter].
    scales : float or array
        Scales S: one an output channel, or one a group of weights [1].
    bytes_per_param : float or array
        Bytes of a quantised parameter w: 0.5 in 4 bits [byte/parameter].
    scale_bytes : float or array
        Bytes of a scale and its zero point z, 8 in FP32, 0 or more [byte].
    other_bytes_per_param : float or array
        Bytes of the other parameters w_o [byte/parameter].

    Returns
    -------
    float or array
        Memory [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, lines 88-128: LLaMA-7B takes 3.5 GiB.

    Examples
    --------
    >>> round(quantised_bytes(6476005376, 262410240, 1359872) / 2**30, 1)
    3.5
    >>> quantised_bytes(1000, 100, 10)
    780.0
    """
    accept(
        linear_params=linear_params,
        other_params=other_params,
        scales=scales,
        bytes_per_param=bytes_per_param,
        other_bytes_per_param=other_bytes_per_param,
        scale_bytes=scale_bytes,
    )
    return linear_params * bytes_per_param + scales * scale_bytes + other_params * other_bytes_per_param


@formula
def kv_cache_bytes(
    layers: Numeric,
    hidden_size: Numeric,
    heads: Numeric,
    kv_heads: Numeric,
    context: Numeric,
    batch: Numeric = 1,
    bytes_per_value: Numeric = 2.0,
) -> Numeric:
    r"""Memory of the keys and values that attention keeps of the tokens read and written so far.

    .. math:: M = 2 \, l \, g \, (h / a) \, s \, b \, w

    Parameters
    ----------
    layers : float or array
        Layers l [1].
    hidden_size : float or array
        Hidden size h [1].
    heads : float or array
        Query heads a, each of size h / a [1].
    kv_heads : float or array
        Key and value heads g [1].
    context : float or array
        Tokens of a sequence s [1].
    batch : float or array
        Sequences b [1].
    bytes_per_value : float or array
        Bytes of a stored number w: 2 in FP16 and BF16 [byte].

    Returns
    -------
    float or array
        Memory [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Grattafiori et al. 2024 (arXiv:2407.21783), table 3: from the shape of Llama 3.1 405B, 516,096 bytes a token.

    Examples
    --------
    >>> kv_cache_bytes(126, 16384, 128, 8, 1)
    516096.0
    """
    accept(
        layers=layers,
        hidden_size=hidden_size,
        heads=heads,
        kv_heads=kv_heads,
        context=context,
        batch=batch,
        bytes_per_value=bytes_per_value,
    )
    return 2 * layers * kv_heads * (hidden_size / heads) * context * batch * bytes_per_value


@formula
def training_state_bytes(
    params: Numeric,
    weight_shards: Numeric = 1,
    gradient_shards: Numeric = 1,
    optimiser_shards: Numeric = 1,
    weight_bytes_per_param: Numeric = 2.0,
    gradient_bytes_per_param: Numeric = 2.0,
    optimiser_bytes_per_param: Numeric = 12.0,
) -> Numeric:
    r"""Memory of a device for what training keeps of each parameter: weight, gradient and optimiser state.

    .. math:: M = N \, (w / n_w + g / n_g + o / n_o)

    In mixed precision Adam keeps a copy of the weight, a mean and a variance of the gradient in FP32: 12 bytes.

    Parameters
    ----------
    params : float or array
        Trainable parameters N [parameter].
    weight_shards : float or array
        Devices that share one copy of the weights n_w [1].
    gradient_shards : float or array
        Devices that share one copy of the gradients n_g [1].
    optimiser_shards : float or array
        Devices that share one copy of the optimiser state n_o [1].
    weight_bytes_per_param : float or array
        Bytes of a weight w [byte/parameter].
    gradient_bytes_per_param : float or array
        Bytes of a gradient g [byte/parameter].
    optimiser_bytes_per_param : float or array
        Bytes of the optimiser state o [byte/parameter].

    Returns
    -------
    float or array
        Memory of one device [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Rajbhandari et al. 2020 (arXiv:1910.02054), figure 1: 7.5e9 parameters on 64 devices take 120, 31.4, 16.6
    and 1.9 GB each as more is shared.

    Examples
    --------
    >>> round(training_state_bytes(7.5e9, optimiser_shards=64) / 1e9, 1)
    31.4
    >>> training_state_bytes(1)  # 2 of the weight, 2 of the gradient, 12 of the optimiser
    16.0
    """
    accept(
        params=params,
        weight_shards=weight_shards,
        gradient_shards=gradient_shards,
        optimiser_shards=optimiser_shards,
        weight_bytes_per_param=weight_bytes_per_param,
        gradient_bytes_per_param=gradient_bytes_per_param,
        optimiser_bytes_per_param=optimiser_bytes_per_param,
    )
    return params * (
        weight_bytes_per_param / weight_shards
        + gradient_bytes_per_param / gradient_shards
        + optimiser_bytes_per_param / optimiser_shards
    )


@formula
def activation_bytes(
    layers: Numeric,
    hidden_size: Numeric,
    heads: Numeric,
    context: Numeric,
    batch: Numeric = 1,
    tensor_parallel: Numeric = 1,
    replicated_bytes: Numeric = 10.0,
    split_bytes: Numeric = 24.0,
    score_bytes: Numeric = 5.0,
) -> Numeric:
    r"""Memory of a device for the activations that the layers keep for the backward pass.

    .. math:: M = l \, s \, b \, \left( h \, (r + c / t) + k \, a \, s / t \right)

    Embeddings and logits are left out. `ACTIVATIONS` holds r, c and k for each kind of recomputation.

    Parameters
    ----------
    layers : float or array
        Layers l [1].
    hidden_size : float or array
        Hidden size h [1].
    heads : float or array
        Query heads a [1].
    context : float or array
        Tokens of a sequence s [1].
    batch : float or array
        Sequences b [1].
    tensor_parallel : float or array
        Devices that share each layer t [1].
    replicated_bytes : float or array
        Bytes for a token and element of the hidden state that every device keeps r, 0 or more [byte].
    split_bytes : float or array
        Bytes for a token and element of the hidden state that the devices share c, 0 or more [byte].
    score_bytes : float or array
        Bytes for a head and pair of tokens k, 0 or more [byte].

    Returns
    -------
    float or array
        Memory of one device [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Korthikanti et al. 2022 (arXiv:2205.05198), table 2, and figure 1: 59.25 GiB for 22e9 parameters on 8 devices.

    Examples
    --------
    >>> activation_bytes(48, 6144, 64, 2048, batch=4, tensor_parallel=8) / 2**30
    59.25
    >>> activation_bytes(1, 1, 1, 1)  # 34 s b h + 5 a s² b of one layer
    39.0
    """
    accept(
        layers=layers,
        hidden_size=hidden_size,
        heads=heads,
        context=context,
        batch=batch,
        tensor_parallel=tensor_parallel,
        replicated_bytes=replicated_bytes,
        split_bytes=split_bytes,
        score_bytes=score_bytes,
    )
    of_token = hidden_size * (replicated_bytes + split_bytes / tensor_parallel)
    of_scores = heads * context * score_bytes / tensor_parallel
    return layers * context * batch * (of_token + of_scores)


@formula
def interleaved_layers(layers: Numeric, pipeline_stages: Numeric, model_chunks: Numeric) -> Numeric:
    r"""Layers' worth of activations that the first stage of an interleaved pipeline keeps.

    .. math:: l \, \left(1 + \frac{p - 1}{p \, m} \right)

    Counts all the microbatches under way. In a plain schedule, not interleaved, they are l layers' worth.

    Parameters
    ----------
    layers : float or array
        Layers of the whole model l [1].
    pipeline_stages : float or array
        Stages p [1].
    model_chunks : float or array
        Chunks of layers m that a stage holds, 2 and more if it is interleaved [1].

    Returns
    -------
    float or array
        Layers' worth of activations of one microbatch [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Korthikanti et al. 2022 (arXiv:2205.05198), section 4.2.3; with it figure 1's 66.84 GiB for 175e9 parameters.

    Examples
    --------
    >>> interleaved_layers(96, pipeline_stages=8, model_chunks=3)
    124.0
    """
    accept(layers=layers, pipeline_stages=pipeline_stages, model_chunks=model_chunks)
    return layers * (1 + (pipeline_stages - 1) / (pipeline_stages * model_chunks))


@formula
def largest_batch(
    device_memory: Numeric, fixed_bytes: Numeric, sequence_bytes: Numeric, batch_step: Numeric = 1
) -> Numeric:
    r"""Largest batch that fits into a device's memory.

    .. math:: b = d \, \lfloor (M - F) / (d \, q) \rfloor

    Parameters
    ----------
    device_memory : float or array
        Memory of the device M [byte].
    fixed_bytes : float or array
        Memory that does not depend on the batch F, 0 or more and fewer than device_memory [byte].
    sequence_bytes : float or array
        Memory that each sequence takes q [byte].
    batch_step : float or array
        Number of which the batch shall be a multiple d [1].

    Returns
    -------
    float or array
        Sequences, 0 if not even one step fits [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, lines 54-56: a batch that nearly fills the memory, in multiples of 16.

    Examples
    --------
    >>> largest_batch(24 * 2**30, 4.5 * 2**30, 2**30, batch_step=16)
    16.0
    >>> largest_batch(24 * 2**30, 4.5 * 2**30, 2**30)
    19.0
    """
    accept(device_memory=device_memory, sequence_bytes=sequence_bytes, batch_step=batch_step)
    fewer(than=("device_memory", device_memory), fixed_bytes=fixed_bytes)
    return batch_step * round_down((device_memory - fixed_bytes) / (sequence_bytes * batch_step))
