"""Bytes that training keeps of a token for the backward pass, from a layer's own widths.

Korthikanti et al. 2022 (arXiv:2205.05198) count one shape: an MLP of four times the hidden size, as many key and value
heads as queries, unfused kernels and dropout. Here every width is an argument; there their 34 h + 5 a s comes out.
What the devices of tensor parallelism do not share is spread over `sequence_shards`
with sequence parallelism, and repeated on each without (1).
"""

from ..checks import Numeric, accept, formula


@formula
def attention_activation_bytes(
    hidden_size: Numeric,
    heads: Numeric,
    kv_heads: Numeric,
    head_size: Numeric,
    context: Numeric,
    tensor_parallel: Numeric = 1,
    sequence_shards: Numeric = 1,
    norm_bytes: Numeric = 0.0,
    mask_bytes: Numeric = 0.0,
    head_bytes: Numeric = 0.0,
    score_bytes: Numeric = 0.0,
    bytes_per_value: Numeric = 2.0,
) -> Numeric:
    r"""Bytes that the attention of a layer keeps of a token, its norm included.

    .. math::

        M = h \, (2 \, w + n + m) / t_s \\
        + \left( 2 \, w \, d \, (a + g) + a \, (z + k \, s) \right) / t

    Kept are the input and the output of the norm (2 h), queries, keys and values, and what attention gives
    (2 d (a + g)), of w bytes each. Fused attention adds a number a head in FP32 (z = 4); unfused
    attention the scores (k = 5 with dropout, 2 without). Dropout adds its mask (m = 1), a norm that is not fused its
    input in FP32 (n = 4).

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    heads : float or array
        Query heads a [1].
    kv_heads : float or array
        Key and value heads g [1].
    head_size : float or array
        Size of a head d [1].
    context : float or array
        Tokens of a sequence s [1].
    tensor_parallel : float or array
        Devices that share each layer t [1].
    sequence_shards : float or array
        Devices over which the rest is spread t_s: t with sequence parallelism, else 1 [1].
    norm_bytes : float or array
        Bytes that a norm keeps beside, an element n, 0 or more [byte].
    mask_bytes : float or array
        Bytes of dropout's mask, an element m, 0 or more [byte].
    head_bytes : float or array
        Bytes a head z, 0 or more [byte].
    score_bytes : float or array
        Bytes for a head and pair of tokens k, 0 or more [byte].
    bytes_per_value : float or array
        Bytes of a kept value w [byte].

    Returns
    -------
    float or array
        Bytes of a token on a device [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Korthikanti et al. 2022 (arXiv:2205.05198), section 4.1: 11 h + 5 a s for attention, and 2 h for its norm; Dao 2023
    (arXiv:2307.08691), section 3.1: what fused attention keeps.

    Examples
    --------
    >>> attention_activation_bytes(1, 1, 1, 1, 1, mask_bytes=1)  # 11 h, and the norm's 2 h
    13.0
    >>> attention_activation_bytes(1, 1, 1, 1, 1)  # without dropout, no mask
    12.0
    """
    accept(
        hidden_size=hidden_size,
        heads=heads,
        kv_heads=kv_heads,
        head_size=head_size,
        context=context,
        tensor_parallel=tensor_parallel,
        sequence_shards=sequence_shards,
        norm_bytes=norm_bytes,
        mask_bytes=mask_bytes,
        head_bytes=head_bytes,
        score_bytes=score_bytes,
        bytes_per_value=bytes_per_value,
    )
    of_heads = 2 * bytes_per_value * head_size * (heads + kv_heads) + heads * (head_bytes + score_bytes * context)
    return hidden_size * (2 * bytes_per_value + norm_bytes + mask_bytes) / sequence_shards + of_heads / tensor_parallel


@formula
def latent_activation_bytes(
    hidden_size: Numeric,
    heads: Numeric,
    query_rank: Numeric,
    kv_rank: Numeric,
    rotary_size: Numeric,
    nope_size: Numeric,
    value_size: Numeric,
    tensor_parallel: Numeric = 1,
    sequence_shards: Numeric = 1,
    head_bytes: Numeric = 4.0,
    bytes_per_value: Numeric = 2.0,
) -> Numeric:
    r"""Bytes that latent attention keeps of a token in a layer, its norm included, with fused kernels.

    .. math::

        M = w \, (2 \, (h + q + c) + r) / t_s \\
        + a \, \left( 2 \, w \, (n + r + v) + z \right) / t

    Kept are the norm's input and output, the compressed query and key-value vector before and after their norms, the
    rotated key, all heads' queries, keys and values, written out, and what attention gives.

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    heads : float or array
        Heads a [1].
    query_rank : float or array
        Size of the compressed query q, 0 or more [1].
    kv_rank : float or array
        Size of the compressed key and value c [1].
    rotary_size : float or array
        Part of a head with position r, 0 or more [1].
    nope_size : float or array
        Part of a head without position n, 0 or more [1].
    value_size : float or array
        Size of a value head v [1].
    tensor_parallel : float or array
        Devices that share each layer t [1].
    sequence_shards : float or array
        Devices over which the rest is spread t_s [1].
    head_bytes : float or array
        Bytes a head z, 0 or more [byte].
    bytes_per_value : float or array
        Bytes of a kept value w [byte].

    Returns
    -------
    float or array
        Bytes of a token on a device [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    DeepSeek-AI 2024 (arXiv:2405.04434), section 2.1 and appendix C, for the vectors; NVIDIA/Megatron-LM,
    megatron/core/transformer/multi_latent_attention.py, for what is written out.

    Examples
    --------
    >>> latent_activation_bytes(5120, 128, 1536, 512, 64, 128, 128)  # DeepSeek-V2
    193152.0
    """
    accept(
        hidden_size=hidden_size,
        heads=heads,
        kv_rank=kv_rank,
        value_size=value_size,
        tensor_parallel=tensor_parallel,
        sequence_shards=sequence_shards,
        query_rank=query_rank,
        rotary_size=rotary_size,
        nope_size=nope_size,
        head_bytes=head_bytes,
        bytes_per_value=bytes_per_value,
    )
    shared = 2 * bytes_per_value * (hidden_size + query_rank + kv_rank) + bytes_per_value * rotary_size
    of_heads = heads * (2 * bytes_per_value * (nope_size + rotary_size + value_size) + head_bytes)
    return shared / sequence_shards + of_heads / tensor_parallel


@formula
def state_activation_bytes(
    hidden_size: Numeric,
    kept_values: Numeric,
    tensor_parallel: Numeric = 1,
    sequence_shards: Numeric = 1,
    norm_bytes: Numeric = 0.0,
    mask_bytes: Numeric = 0.0,
    bytes_per_value: Numeric = 2.0,
) -> Numeric:
    r"""Bytes that a layer with a state in place of attention keeps of a token, its norm included.

    .. math:: M = h \, (2 \, w + n + m) / t_s + w \, k / t

    Kept are the norm's input and output, and inside what the kernels save for the backward pass.

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    kept_values : float or array
        Values that the kernels save k, 0 or more [1].
    tensor_parallel : float or array
        Devices that share each layer t [1].
    sequence_shards : float or array
        Devices over which the rest is spread t_s [1].
    norm_bytes : float or array
        Bytes that a norm keeps beside, an element n, 0 or more [byte].
    mask_bytes : float or array
        Bytes of dropout's mask, an element m, 0 or more [byte].
    bytes_per_value : float or array
        Bytes of a kept value w [byte].

    Returns
    -------
    float or array
        Bytes of a token on a device [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Dao and Gu 2024 (arXiv:2405.21060), section 7.1, for Mamba-2's input of 2 i + 2 g n + a values; what its kernel
    saves: state-spaces/mamba, mamba_ssm/ops/triton/ssd_combined.py.

    Examples
    --------
    >>> state_activation_bytes(2560, 2 * 5120 + 2 * 128 + 80 + 5120)  # Mamba-2 2.7B: its input, and its output
    41632.0
    """
    accept(
        hidden_size=hidden_size,
        kept_values=kept_values,
        tensor_parallel=tensor_parallel,
        sequence_shards=sequence_shards,
        norm_bytes=norm_bytes,
        mask_bytes=mask_bytes,
        bytes_per_value=bytes_per_value,
    )
    outside = hidden_size * (2 * bytes_per_value + norm_bytes + mask_bytes)
    return outside / sequence_shards + bytes_per_value * kept_values / tensor_parallel


@formula
def mlp_activation_bytes(
    hidden_size: Numeric,
    mlp_size: Numeric,
    mlp_matrices: Numeric = 2,
    tensor_parallel: Numeric = 1,
    sequence_shards: Numeric = 1,
    norm_bytes: Numeric = 0.0,
    mask_bytes: Numeric = 0.0,
    unfused_bytes: Numeric = 0.0,
    bytes_per_value: Numeric = 2.0,
) -> Numeric:
    r"""Bytes that the MLP of a layer keeps of a token, its norm included.

    .. math:: M = h \, (2 \, w + n + m) / t_s + f \, (w \, k + u) / t

    Kept are the norm's input and output, and every matrix's width inside: input and output of the activation function,
    and the gate's other factor (2 f with two matrices, 3 f with three), of w bytes each.

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    mlp_size : float or array
        Width inside f [1].
    mlp_matrices : float or array
        Matrices k: 2, or 3 if the MLP is gated [1].
    tensor_parallel : float or array
        Devices that share each layer t [1].
    sequence_shards : float or array
        Devices over which the rest is spread t_s [1].
    norm_bytes : float or array
        Bytes that a norm keeps beside, an element n, 0 or more [byte].
    mask_bytes : float or array
        Bytes of dropout's mask, an element m, 0 or more [byte].
    unfused_bytes : float or array
        Bytes of intermediate results of a gate that is not fused u, 0 or more [byte].
    bytes_per_value : float or array
        Bytes of a kept value w [byte].

    Returns
    -------
    float or array
        Bytes of a token on a device [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Korthikanti et al. 2022 (arXiv:2205.05198), section 4.1: 19 h for an MLP of four times the hidden size, and 2 h
    for its norm.

    Examples
    --------
    >>> mlp_activation_bytes(1, 4, mask_bytes=1)
    21.0
    >>> mlp_activation_bytes(1, 4)
    20.0
    """
    accept(
        hidden_size=hidden_size,
        mlp_size=mlp_size,
        mlp_matrices=mlp_matrices,
        tensor_parallel=tensor_parallel,
        sequence_shards=sequence_shards,
        norm_bytes=norm_bytes,
        mask_bytes=mask_bytes,
        unfused_bytes=unfused_bytes,
        bytes_per_value=bytes_per_value,
    )
    outside = hidden_size * (2 * bytes_per_value + norm_bytes + mask_bytes)
    return outside / sequence_shards + mlp_size * (bytes_per_value * mlp_matrices + unfused_bytes) / tensor_parallel


@formula
def expert_activation_bytes(
    hidden_size: Numeric,
    expert_mlp_size: Numeric,
    experts_per_token: Numeric,
    mlp_matrices: Numeric = 3,
    load_factor: Numeric = 1.0,
    tensor_parallel: Numeric = 1,
    bytes_per_value: Numeric = 2.0,
) -> Numeric:
    r"""Bytes that the routed experts of a layer keep of a token, beside the norm and shared experts.

    .. math:: M = \lambda \, k \, w \, (h + n \, f) / t

    A token is copied to each of its experts, and each keeps what an MLP of its width keeps.

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    expert_mlp_size : float or array
        Width inside an expert f [1].
    experts_per_token : float or array
        Experts that a token is sent to k [1].
    mlp_matrices : float or array
        Matrices of an expert n: 2, or 3 if it is gated [1].
    load_factor : float or array
        Tokens of the busiest device, in shares of the mean: 1 if the router is balanced [1].
    tensor_parallel : float or array
        Devices that share each expert t [1].
    bytes_per_value : float or array
        Bytes of a kept value w [byte].

    Returns
    -------
    float or array
        Bytes of a token on a device [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    NVIDIA/Megatron-LM, megatron/core/transformer/moe/experts.py; Fedus et al. 2022 (arXiv:2101.03961), section 2.2,
    for a factor of capacity above 1.

    Examples
    --------
    >>> expert_activation_bytes(5120, 1536, 6)  # DeepSeek-V2
    116736.0
    """
    accept(
        hidden_size=hidden_size,
        expert_mlp_size=expert_mlp_size,
        experts_per_token=experts_per_token,
        mlp_matrices=mlp_matrices,
        load_factor=load_factor,
        tensor_parallel=tensor_parallel,
        bytes_per_value=bytes_per_value,
    )
    copied = bytes_per_value * (hidden_size + mlp_matrices * expert_mlp_size)
    return load_factor * experts_per_token * copied / tensor_parallel


@formula
def logits_bytes(
    context: Numeric,
    batch: Numeric,
    vocabulary_size: Numeric,
    tensor_parallel: Numeric = 1,
    bytes_per_value: Numeric = 14.0,
) -> Numeric:
    r"""Memory of logits, their loss and its gradient on a device.

    .. math:: M = s \, b \, V \, w / t

    Fused, the loss writes the gradient over the logits: w = 2. Megatron's own keeps an FP32 copy in place beside them:
    w = 6. PyTorch's keeps logits in 16 bits (2), their softmax's logarithm and two gradients in FP32 (12): w = 14.

    Parameters
    ----------
    context : float or array
        Tokens of a sequence on the device s [1].
    batch : float or array
        Sequences of a microbatch b [1].
    vocabulary_size : float or array
        Tokens of the vocabulary V [1].
    tensor_parallel : float or array
        Devices that share the output matrix t [1].
    bytes_per_value : float or array
        Bytes of a logit and all that follows from it w [byte].

    Returns
    -------
    float or array
        Memory of a device [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Grattafiori et al. 2024 (arXiv:2407.21783), table 3: 8,192 tokens of 128,256 take 4.2 GB in FP32;
    NVIDIA/Megatron-LM, megatron/core/tensor_parallel/cross_entropy.py; pytorch/torchtitan,
    torchtitan/train.py of December 2024.

    Examples
    --------
    >>> round(logits_bytes(8192, 1, 128256, bytes_per_value=4.0) / 1e9, 1)
    4.2
    >>> logits_bytes(1, 1, 1)  # a logit, with what its loss keeps
    14.0
    """
    accept(
        context=context,
        batch=batch,
        vocabulary_size=vocabulary_size,
        tensor_parallel=tensor_parallel,
        bytes_per_value=bytes_per_value,
    )
    return context * batch * vocabulary_size * bytes_per_value / tensor_parallel


@formula
def adapter_params(
    inputs: Numeric,
    outputs: Numeric,
    rank: Numeric,
) -> Numeric:
    r"""Parameters of a low-rank adapter (LoRA) of one matrix.

    .. math:: N = r \, (i + o)

    Parameters
    ----------
    inputs : float or array
        Inputs of the matrix i [1].
    outputs : float or array
        Outputs of the matrix o [1].
    rank : float or array
        Rank r [1].

    Returns
    -------
    float or array
        Trainable parameters [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Hu et al. 2021 (arXiv:2106.09685), section 4.1, and table 4: 37.7e6 trainable parameters for GPT-3, which follow
    from rank 8 on the queries and values of 96 layers.

    Examples
    --------
    >>> 96 * 2 * adapter_params(12288, 12288, 8)
    37748736
    """
    accept(inputs=inputs, outputs=outputs, rank=rank)
    return rank * (inputs + outputs)
