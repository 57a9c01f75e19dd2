"""Attention by the shape of its heads: weights, cache and FLOP of a layer.

Heads have a size of their own, which need not be the hidden size over their number; keys and values may be fewer than
queries, compressed to a latent vector, or limited to a window; and a layer may keep a state of fixed size instead.
A shape is pure numbers, so weights and values are here pure numbers, ``1``.
"""

from ..checks import Numeric, accept, formula


@formula
def head_weights(
    hidden_size: Numeric, heads: Numeric, own_kv_heads: Numeric, head_size: Numeric, value_size: Numeric
) -> Numeric:
    r"""Weights of a layer's attention: the matrices of queries, keys, values and output.

    .. math:: h \, (a \, d + g \, d + g \, v + a \, v)

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    heads : float or array
        Query heads a [1].
    own_kv_heads : float or array
        Key and value heads g, 0 or more: 0 if the layer uses those of another [1].
    head_size : float or array
        Size of a query or key head d [1].
    value_size : float or array
        Size of a value head v [1].

    Returns
    -------
    float or array
        Weights [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Vaswani et al. 2017 (arXiv:1706.03762), section 3.2.2; Ainslie et al. 2023 (arXiv:2305.13245), section 2.2, for
    fewer key and value heads. Qwen3-32B has 64 and 8 heads of 128 at a hidden size of 5,120: its report
    (arXiv:2505.09388), table 1.

    Examples
    --------
    >>> head_weights(5120, 64, 8, 128, 128)
    94371840
    """
    accept(hidden_size=hidden_size, heads=heads, head_size=head_size, value_size=value_size, own_kv_heads=own_kv_heads)
    return hidden_size * (heads + own_kv_heads) * (head_size + value_size)


@formula
def latent_weights(
    hidden_size: Numeric,
    heads: Numeric,
    query_rank: Numeric,
    kv_rank: Numeric,
    nope_size: Numeric,
    rotary_size: Numeric,
    value_size: Numeric,
) -> Numeric:
    r"""Weights of a layer's latent attention: queries, keys and values through a compressed vector, and the output.

    .. math::

        q \, (h + a \, (n + r)) + [q = 0] \, h \, a \, (n + r) \\
        + h \, (k + r) + k \, a \, (n + v) + a \, v \, h

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    heads : float or array
        Query heads a [1].
    query_rank : float or array
        Size of the compressed query q, 0 or more: 0 if queries are not compressed [1].
    kv_rank : float or array
        Size of the compressed key and value k [1].
    nope_size : float or array
        Part of a query or key head without position n, 0 or more [1].
    rotary_size : float or array
        Part of a query or key head that is rotated by its position r, 0 or more [1].
    value_size : float or array
        Size of a value head v [1].

    Returns
    -------
    float or array
        Weights [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    DeepSeek-AI 2024 (arXiv:2405.04434), equations 37 to 47; the sizes of DeepSeek-V3 are in arXiv:2412.19437,
    section 4.2.

    Examples
    --------
    >>> latent_weights(7168, 128, 1536, 512, 128, 64, 128)
    187105280
    """
    accept(
        hidden_size=hidden_size,
        heads=heads,
        kv_rank=kv_rank,
        value_size=value_size,
        query_rank=query_rank,
        nope_size=nope_size,
        rotary_size=rotary_size,
    )
    query = query_rank * (hidden_size + heads * (nope_size + rotary_size))
    direct = ((query_rank == 0) + 0) * hidden_size * heads * (nope_size + rotary_size)
    compressed = hidden_size * (kv_rank + rotary_size) + kv_rank * heads * (nope_size + value_size)
    return query + direct + compressed + heads * value_size * hidden_size


@formula
def cached_values(own_kv_heads: Numeric, head_size: Numeric, value_size: Numeric) -> Numeric:
    r"""Values that a layer keeps of a token for those that follow: its keys and values.

    .. math:: g \, (d + v)

    Parameters
    ----------
    own_kv_heads : float or array
        Key and value heads g, 0 or more: 0 if the layer uses those of another [1].
    head_size : float or array
        Size of a query or key head d [1].
    value_size : float or array
        Size of a value head v [1].

    Returns
    -------
    float or array
        Values [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Ainslie et al. 2023 (arXiv:2305.13245), section 2.2. LMCache/LMCache#688 prints 147,456 bytes a token for Qwen3-4B,
    36 layers and 16 bits a value.

    Examples
    --------
    >>> 36 * 2 * cached_values(8, 128, 128)
    147456
    """
    accept(head_size=head_size, value_size=value_size, own_kv_heads=own_kv_heads)
    return own_kv_heads * (head_size + value_size)


@formula
def latent_cached_values(kv_rank: Numeric, rotary_size: Numeric) -> Numeric:
    r"""Values that a layer of latent attention keeps of a token: the compressed vector and one rotated key.

    .. math:: k + r

    Parameters
    ----------
    kv_rank : float or array
        Size of the compressed key and value k [1].
    rotary_size : float or array
        Part of a query or key head that is rotated by its position r, 0 or more [1].

    Returns
    -------
    float or array
        Values [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    DeepSeek-AI 2024 (arXiv:2405.04434), section 2.1.4 and table 1: 4.5 times the size of a head for 512 and 64.

    Examples
    --------
    >>> latent_cached_values(512, 64) / 128
    4.5
    """
    accept(kv_rank=kv_rank, rotary_size=rotary_size)
    return kv_rank + rotary_size


@formula
def cache_copies(own_kv_heads: Numeric, tensor_parallel: Numeric) -> Numeric:
    r"""Key and value heads that all devices of a layer keep together, copies included.

    .. math:: t \, \lceil g / t \rceil

    A device holds whole heads, so fewer heads than devices are kept more than once.

    Parameters
    ----------
    own_kv_heads : float or array
        Key and value heads g, 0 or more [1].
    tensor_parallel : float or array
        Devices that share a layer t [1].

    Returns
    -------
    float or array
        Heads [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    vllm-project/vllm, vllm/config/model.py, get_num_kv_heads: with more devices than heads, each device keeps one head.

    Examples
    --------
    >>> cache_copies(2, 8), cache_copies(8, 4)
    (8, 8)
    """
    accept(tensor_parallel=tensor_parallel, own_kv_heads=own_kv_heads)
    return tensor_parallel * -(-own_kv_heads // tensor_parallel)


@formula
def attended(context: Numeric, window: Numeric) -> Numeric:
    r"""Keys that a token attends to on average under a causal mask, within a window.

    .. math:: m - m^2 / 2 s, \quad m = \min(w, s)

    This is the area under the mask, in which half of a token's own score is left out, as in all published rates:
    with the diagonal it is half a key more. A window as long as the context, or longer, limits nothing.

    Parameters
    ----------
    context : float or array
        Tokens of a sequence s [1].
    window : float or array
        Tokens that a token attends to at most w, itself included [1].

    Returns
    -------
    float or array
        Keys [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Dao 2023 (arXiv:2307.08691), section 4.1: half of the scores for a causal mask. The window's share is the area of
    its band: NVIDIA-NeMo/Megatron-Bridge#3029.

    Examples
    --------
    >>> attended(8192, 8192), attended(8192, 128)
    (4096.0, 127.0)
    """
    accept(context=context, window=window)
    reach = window * ((window < context) + 0) + context * ((window >= context) + 0)
    return reach - reach * reach / (2 * context)


@formula
def token_score_flop(
    keys: Numeric, heads: Numeric, head_size: Numeric, value_size: Numeric, flop_per_weight: Numeric = 2.0
) -> Numeric:
    r"""FLOP of a token's attention scores in one layer, forward: queries by keys, and scores by values.

    .. math:: k \, s \, a \, (d + v)

    Parameters
    ----------
    keys : float or array
        Keys that a token is compared with, on average s [1].
    heads : float or array
        Query heads a [1].
    head_size : float or array
        Size of a query or key head d [1].
    value_size : float or array
        Size of a value head v [1].
    flop_per_weight : float or array
        FLOP of one product of a matrix entry and its addition k [FLOP].

    Returns
    -------
    float or array
        FLOP of a token [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Korthikanti et al. 2022 (arXiv:2205.05198), appendix A: 4 s h a token and layer.

    Examples
    --------
    >>> token_score_flop(2048, 96, 128, 128) == 4 * 2048 * 12288
    True
    """
    accept(keys=keys, heads=heads, head_size=head_size, value_size=value_size, flop_per_weight=flop_per_weight)
    return flop_per_weight * keys * heads * (head_size + value_size)


@formula
def delta_weights(
    hidden_size: Numeric, key_heads: Numeric, value_heads: Numeric, key_size: Numeric, value_size: Numeric
) -> Numeric:
    r"""Weights of a layer of linear attention with a gated delta rule.

    .. math:: h \, (2 \, a \, d + 3 \, g \, v + 2 \, g)

    Queries and keys; values, the gate of the output and the output; and two gates a head.

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    key_heads : float or array
        Heads of queries and of keys a [1].
    value_heads : float or array
        Heads of values g [1].
    key_size : float or array
        Size of a query or key head d [1].
    value_size : float or array
        Size of a value head v [1].

    Returns
    -------
    float or array
        Weights [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Yang, Kautz and Hatamizadeh 2024 (arXiv:2412.06464), section 3.4; shape of Qwen3-Next-80B-A3B: its config.json.

    Examples
    --------
    >>> delta_weights(2048, 16, 32, 128, 128)
    33685504
    """
    accept(
        hidden_size=hidden_size, key_heads=key_heads, value_heads=value_heads, key_size=key_size, value_size=value_size
    )
    return hidden_size * (2 * key_heads * key_size + 3 * value_heads * value_size + 2 * value_heads)


@formula
def delta_flop(value_heads: Numeric, key_size: Numeric, value_size: Numeric, flop_per_weight: Numeric = 2.0) -> Numeric:
    r"""FLOP of a token in the state of a gated delta rule, forward.

    .. math:: 3 \, k \, g \, d \, v

    Parameters
    ----------
    value_heads : float or array
        Heads of values g [1].
    key_size : float or array
        Size of a query or key head d [1].
    value_size : float or array
        Size of a value head v [1].
    flop_per_weight : float or array
        FLOP of one product of a matrix entry and its addition k [FLOP].

    Returns
    -------
    float or array
        FLOP of a token [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Yang, Kautz and Hatamizadeh 2024 (arXiv:2412.06464), equation 10: three products of a matrix and a
    vector, token by token: what the state holds for the key, its change, what it holds for the query.

    Examples
    --------
    >>> delta_flop(32, 128, 128)
    3145728.0
    """
    accept(value_heads=value_heads, key_size=key_size, value_size=value_size, flop_per_weight=flop_per_weight)
    return 3 * flop_per_weight * value_heads * key_size * value_size


@formula
def selective_weights(hidden_size: Numeric, inner_size: Numeric, state_size: Numeric, step_rank: Numeric) -> Numeric:
    r"""Weights of a layer with a selective state space (Mamba).

    .. math:: h \, 2 \, i + i \, (r + 2 \, n) + r \, i + i \, h

    Input and gate; time step and projections of the state; the time step's second matrix; and the output.

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    inner_size : float or array
        Width inside the mixer i [1].
    state_size : float or array
        Numbers of state a channel n [1].
    step_rank : float or array
        Size of the compressed time step r [1].

    Returns
    -------
    float or array
        Weights [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Gu and Dao 2023 (arXiv:2312.00752), section 3.4; shape of mamba-130m: its config.json.

    Examples
    --------
    >>> selective_weights(768, 1536, 16, 48)
    3735552
    """
    accept(hidden_size=hidden_size, inner_size=inner_size, state_size=state_size, step_rank=step_rank)
    return 3 * hidden_size * inner_size + inner_size * (2 * step_rank + 2 * state_size)


@formula
def dual_weights(
    hidden_size: Numeric, inner_size: Numeric, state_size: Numeric, state_heads: Numeric, state_groups: Numeric
) -> Numeric:
    r"""Weights of a layer with a state space of Mamba-2.

    .. math:: h \, (2 \, i + 2 \, g \, n + a) + i \, h

    Input, gate, projections of the state and a time step a head; and the output.

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    inner_size : float or array
        Width inside the mixer i [1].
    state_size : float or array
        Numbers of state a channel n [1].
    state_heads : float or array
        Heads of the state a [1].
    state_groups : float or array
        Groups of heads that share their projections g [1].

    Returns
    -------
    float or array
        Weights [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Dao and Gu 2024 (arXiv:2405.21060), section 7.1; shape of Nemotron-H-8B (arXiv:2504.03624), table 1.

    Examples
    --------
    >>> dual_weights(4096, 8192, 128, 128, 8)
    109576192
    """
    accept(
        hidden_size=hidden_size,
        inner_size=inner_size,
        state_size=state_size,
        state_heads=state_heads,
        state_groups=state_groups,
    )
    return hidden_size * (3 * inner_size + 2 * state_groups * state_size + state_heads)


@formula
def state_flop(inner_size: Numeric, state_size: Numeric, flop_per_weight: Numeric = 2.0) -> Numeric:
    r"""FLOP of a token in the state of a state space, forward: its decay with what comes in, and what it gives.

    .. math:: 3 \, k \, i \, n

    Parameters
    ----------
    inner_size : float or array
        Width inside the mixer i [1].
    state_size : float or array
        Numbers of state a channel n [1].
    flop_per_weight : float or array
        FLOP of one product of a matrix entry and its addition k [FLOP].

    Returns
    -------
    float or array
        FLOP of a token [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Gu and Dao 2023 (arXiv:2312.00752), appendix D: 9 FLOP a channel and number of state,
    of which those of the exponential are left out.

    Examples
    --------
    >>> state_flop(1536, 16)
    147456.0
    """
    accept(inner_size=inner_size, state_size=state_size, flop_per_weight=flop_per_weight)
    return 3 * flop_per_weight * inner_size * state_size
