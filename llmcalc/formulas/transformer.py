"""Parameters and FLOP of a transformer, from the whole numbers that give its shape.

The general case has grouped-query attention (fewer key and value heads than query heads)
and an MLP of any width with two matrices or three. GPT's special case, as many heads of each
kind and two matrices of four times the hidden size, gives the formulas of the papers.

A shape is pure numbers, so parameters are here the number of weights, ``1``.
Only products of matrices are counted as FLOP, attention without regard to its mask.
"""

from ..checks import Numeric, accept, formula


@formula
def attention_weights(hidden_size: Numeric, heads: Numeric, kv_heads: Numeric) -> Numeric:
    r"""Weights of a layer's attention: the matrices of queries, keys, values and output.

    .. math:: 2 \, h^2 + 2 \, h^2 \, g / a

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    heads : float or array
        Query heads a, each of size h / a [1].
    kv_heads : float or array
        Key and value heads g, as many as query heads or a divisor of them [1].

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
    Document 003, lines 109 and 111: 6 + 2 FLOP, so 4 weights, for h = a = g = 1.

    Examples
    --------
    >>> attention_weights(1, 1, 1)
    4.0
    """
    accept(hidden_size=hidden_size, heads=heads, kv_heads=kv_heads)
    return 2 * hidden_size**2 * (1 + kv_heads / heads)


@formula
def mlp_weights(hidden_size: Numeric, mlp_size: Numeric, mlp_matrices: Numeric = 2) -> Numeric:
    r"""Weights of a layer's MLP.

    .. math:: n \, h \, f

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    mlp_size : float or array
        Width f inside the MLP [1].
    mlp_matrices : float or array
        Matrices n: 2, or 3 if the MLP is gated [1].

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
    Document 003, lines 106-108: 16 FLOP, so 8 weights, for h = 1 and f = 4.

    Examples
    --------
    >>> mlp_weights(1, 4)
    8
    """
    accept(hidden_size=hidden_size, mlp_size=mlp_size, mlp_matrices=mlp_matrices)
    return mlp_matrices * hidden_size * mlp_size


@formula
def layer_params(
    hidden_size: Numeric,
    heads: Numeric,
    kv_heads: Numeric,
    mlp_size: Numeric,
    mlp_matrices: Numeric = 2,
    layer_vectors: Numeric = 13,
) -> Numeric:
    r"""Parameters of one layer.

    .. math:: 2 \, h^2 \, (1 + g / a) + n \, h \, f + v \, h

    Parameters
    ----------
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
    layer_vectors : float or array
        Biases and norms v, in vectors of the hidden size: 13 in GPT, 2 in LLaMA, 0 or more [1].

    Returns
    -------
    float or array
        Parameters [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Narayanan et al. 2021 (arXiv:2104.04473), equation 2: 12 h^2 + 13 h a layer.

    Examples
    --------
    >>> layer_params(12288, 96, 96, 4 * 12288)
    1812099072.0
    """
    accept(layer_vectors=layer_vectors)
    return (
        attention_weights(hidden_size, heads, kv_heads)
        + mlp_weights(hidden_size, mlp_size, mlp_matrices)
        + layer_vectors * hidden_size
    )


@formula
def embedding_params(
    hidden_size: Numeric,
    vocabulary_size: Numeric,
    embedding_tables: Numeric = 1,
    learned_positions: Numeric = 0,
    final_vectors: Numeric = 0,
) -> Numeric:
    r"""Parameters outside the layers: tables of tokens and positions, and the last norm.

    .. math:: h \, (m \, V + p + w)

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    vocabulary_size : float or array
        Different tokens V [1].
    embedding_tables : float or array
        Tables of tokens m: 1 if the logits use the embedding's own, 2 if not [1].
    learned_positions : float or array
        Learned positions p, 0 or more [1].
    final_vectors : float or array
        Last norm w, in vectors of the hidden size: 2 in GPT-2, 1 in LLaMA, 0 or more [1].

    Returns
    -------
    float or array
        Parameters [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Narayanan et al. 2021 (arXiv:2104.04473), equation 2: (V + s) h.

    Examples
    --------
    >>> embedding_params(12288, 51200, learned_positions=2048)
    654311424
    >>> embedding_params(12288, 51200)
    629145600
    """
    accept(
        hidden_size=hidden_size,
        vocabulary_size=vocabulary_size,
        embedding_tables=embedding_tables,
        learned_positions=learned_positions,
        final_vectors=final_vectors,
    )
    return hidden_size * (embedding_tables * vocabulary_size + learned_positions + final_vectors)


@formula
def transformer_params(
    layers: Numeric,
    hidden_size: Numeric,
    heads: Numeric,
    kv_heads: Numeric,
    mlp_size: Numeric,
    mlp_matrices: Numeric,
    vocabulary_size: Numeric,
    embedding_tables: Numeric = 1,
    learned_positions: Numeric = 0,
    layer_vectors: Numeric = 13,
    final_vectors: Numeric = 0,
) -> Numeric:
    r"""Parameters of a decoder-only transformer.

    .. math:: l \, (2 \, h^2 \, (1 + g / a) + n \, h \, f + v \, h) + h \, (m \, V + p + w)

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
    vocabulary_size : float or array
        Different tokens V [1].
    embedding_tables : float or array
        Tables of tokens m: 1 if the logits use the embedding's own, 2 if not [1].
    learned_positions : float or array
        Learned positions p, 0 or more [1].
    layer_vectors : float or array
        Biases and norms of a layer v, in vectors of the hidden size, 0 or more [1].
    final_vectors : float or array
        Last norm w, in vectors of the hidden size, 0 or more [1].

    Returns
    -------
    float or array
        Parameters [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Narayanan et al. 2021 (arXiv:2104.04473), equation 2 and table 1: 145.6e9 for the shape of GPT-3 with
    80 layers; table 2: 174.6e9 with 96.

    Examples
    --------
    >>> round(transformer_params(96, 12288, 96, 96, 49152, 2, 51200, learned_positions=2048) / 1e9, 1)
    174.6
    >>> transformer_params(1, 1, 1, 1, 4, 2, 1)  # 12 h² + 13 h, and a table of one row
    26.0
    """
    accept(layers=layers, hidden_size=hidden_size, heads=heads, kv_heads=kv_heads)
    in_layer = layer_params(hidden_size, heads, kv_heads, mlp_size, mlp_matrices, layer_vectors)
    outside = embedding_params(hidden_size, vocabulary_size, embedding_tables, learned_positions, final_vectors)
    return layers * in_layer + outside


@formula
def score_flop(batch: Numeric, context: Numeric, hidden_size: Numeric, flop_per_weight: Numeric = 2.0) -> Numeric:
    r"""FLOP of attention's scores in one layer, forward: queries by keys, and scores by values.

    .. math:: 2 \, k \, b \, s^2 \, h

    Every token is compared with every other. A causal mask needs half of it only, which the
    usual count leaves out of account.

    Parameters
    ----------
    batch : float or array
        Sequences b [1].
    context : float or array
        Tokens of a sequence s [1].
    hidden_size : float or array
        Hidden size h [1].
    flop_per_weight : float or array
        FLOP of one product of a matrix entry and its addition k [FLOP].

    Returns
    -------
    float or array
        FLOP of the scores [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, line 110: 2 b s^2 h + 2 b s^2 h.

    Examples
    --------
    >>> score_flop(1, 1, 1)
    4.0
    """
    accept(batch=batch, context=context, hidden_size=hidden_size, flop_per_weight=flop_per_weight)
    return 2 * flop_per_weight * batch * context**2 * hidden_size


@formula
def layer_flop(
    batch: Numeric,
    context: Numeric,
    hidden_size: Numeric,
    heads: Numeric,
    kv_heads: Numeric,
    mlp_size: Numeric,
    mlp_matrices: Numeric = 2,
    flop_per_weight: Numeric = 2.0,
) -> Numeric:
    r"""FLOP of one layer, forward.

    .. math:: k \, b \, s \, (2 \, h^2 \, (1 + g / a) + n \, h \, f) + 2 \, k \, b \, s^2 \, h

    Parameters
    ----------
    batch : float or array
        Sequences b [1].
    context : float or array
        Tokens of a sequence s [1].
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
    flop_per_weight : float or array
        FLOP of one product of a matrix entry and its addition k [FLOP].

    Returns
    -------
    float or array
        FLOP of a layer [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, line 114: 24 b s h^2 + 4 b s^2 h, so 28 for b = s = h = 1.

    Examples
    --------
    >>> layer_flop(1, 1, 1, 1, 1, 4)
    28.0
    """
    scores = score_flop(batch, context, hidden_size, flop_per_weight)
    weights = attention_weights(hidden_size, heads, kv_heads) + mlp_weights(hidden_size, mlp_size, mlp_matrices)
    return flop_per_weight * batch * context * weights + scores


@formula
def logits_flop(
    batch: Numeric, context: Numeric, hidden_size: Numeric, vocabulary_size: Numeric, flop_per_weight: Numeric = 2.0
) -> Numeric:
    r"""FLOP of the logits, forward: a score for every token of the vocabulary.

    .. math:: k \, b \, s \, h \, V

    Parameters
    ----------
    batch : float or array
        Sequences b [1].
    context : float or array
        Tokens of a sequence s [1].
    hidden_size : float or array
        Hidden size h [1].
    vocabulary_size : float or array
        Different tokens V [1].
    flop_per_weight : float or array
        FLOP of one product of a matrix entry and its addition k [FLOP].

    Returns
    -------
    float or array
        FLOP of the logits [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, line 112: 2 b s h V.

    Examples
    --------
    >>> logits_flop(1, 1, 1, 1)
    2.0
    """
    accept(
        batch=batch,
        context=context,
        hidden_size=hidden_size,
        vocabulary_size=vocabulary_size,
        flop_per_weight=flop_per_weight,
    )
    return flop_per_weight * batch * context * hidden_size * vocabulary_size


@formula
def forward_flop(
    batch: Numeric,
    context: Numeric,
    layers: Numeric,
    hidden_size: Numeric,
    heads: Numeric,
    kv_heads: Numeric,
    mlp_size: Numeric,
    mlp_matrices: Numeric,
    vocabulary_size: Numeric,
    flop_per_weight: Numeric = 2.0,
) -> Numeric:
    r"""FLOP of the forward pass: all layers and the logits.

    .. math:: k \, b \, s \, (l \, (2 \, h^2 \, (1 + g / a) + n \, h \, f + 2 \, s \, h) + h \, V)

    Parameters
    ----------
    batch : float or array
        Sequences b [1].
    context : float or array
        Tokens of a sequence s [1].
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
    vocabulary_size : float or array
        Different tokens V [1].
    flop_per_weight : float or array
        FLOP of one product of a matrix entry and its addition k [FLOP].

    Returns
    -------
    float or array
        FLOP of the forward pass [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, line 114: l (24 b s h^2 + 4 b s^2 h) + 2 b s h V.

    Examples
    --------
    >>> forward_flop(1, 1, 1, 1, 1, 1, 4, 2, 1)
    30.0
    """
    accept(layers=layers)
    layer = layer_flop(batch, context, hidden_size, heads, kv_heads, mlp_size, mlp_matrices, flop_per_weight)
    return layers * layer + logits_flop(batch, context, hidden_size, vocabulary_size, flop_per_weight)


@formula
def iteration_flop(
    batch: Numeric,
    context: Numeric,
    layers: Numeric,
    hidden_size: Numeric,
    heads: Numeric,
    kv_heads: Numeric,
    mlp_size: Numeric,
    mlp_matrices: Numeric,
    vocabulary_size: Numeric,
    recomputed_layers: Numeric = 0,
    flop_per_weight: Numeric = 2.0,
) -> Numeric:
    r"""FLOP of a training iteration: forward, twice as much backward, and what is recomputed.

    .. math:: 3 \, C_{forward} + r \, C_{layer}

    With no layer recomputed these are the model's FLOP, for the model FLOPs utilisation; with all of
    them, r = l, the hardware's under full recomputation.

    Parameters
    ----------
    batch : float or array
        Sequences b, all devices together [1].
    context : float or array
        Tokens of a sequence s [1].
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
    vocabulary_size : float or array
        Different tokens V [1].
    recomputed_layers : float or array
        Layers whose forward pass is repeated r, 0 or more [1].
    flop_per_weight : float or array
        FLOP of one product of a matrix entry and its addition k [FLOP].

    Returns
    -------
    float or array
        FLOP of an iteration [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, line 116: 72 b l s h^2 + 12 b l s^2 h + 6 b s h V; line 144, with recomputation:
    96 b l s h^2 + 16 b l s^2 h + 6 b s h V.

    Examples
    --------
    >>> iteration_flop(1, 1, 1, 1, 1, 1, 4, 2, 1), iteration_flop(1, 1, 1, 1, 1, 1, 4, 2, 1, recomputed_layers=1)
    (90.0, 118.0)
    """
    accept(recomputed_layers=recomputed_layers)
    shape = (hidden_size, heads, kv_heads, mlp_size, mlp_matrices)
    forward = forward_flop(batch, context, layers, *shape, vocabulary_size, flop_per_weight)
    return 3 * forward + recomputed_layers * layer_flop(batch, context, *shape, flop_per_weight)


@formula
def score_term(context: Numeric, hidden_size: Numeric) -> Numeric:
    r"""FLOP of attention's scores beside those of the weights, in a layer of GPT's shape.

    .. math:: s / 6 h

    Parameters
    ----------
    context : float or array
        Tokens of a sequence s [1].
    hidden_size : float or array
        Hidden size h [1].

    Returns
    -------
    float or array
        Scores over weights [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, line 126: 1/15 for LLaMA-13B's hidden size and 2,048 tokens.

    Examples
    --------
    >>> round(1 / score_term(2048, 5120), 9)
    15.0
    """
    accept(context=context, hidden_size=hidden_size)
    return context / (6 * hidden_size)


@formula
def logits_term(vocabulary_size: Numeric, layers: Numeric, hidden_size: Numeric) -> Numeric:
    r"""FLOP of the logits beside those of the layers' weights, in GPT's shape.

    .. math:: V / 12 l h

    Parameters
    ----------
    vocabulary_size : float or array
        Different tokens V [1].
    layers : float or array
        Layers l [1].
    hidden_size : float or array
        Hidden size h [1].

    Returns
    -------
    float or array
        Logits over weights [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, line 130: 0.01 for a vocabulary of 32,000 and, by mistake, 50 layers.

    Examples
    --------
    >>> round(logits_term(32000, 50, 5120), 2), round(logits_term(32000, 40, 5120), 4)
    (0.01, 0.013)
    """
    accept(vocabulary_size=vocabulary_size, layers=layers, hidden_size=hidden_size)
    return vocabulary_size / (12 * layers * hidden_size)


@formula
def other_flop(
    batch: Numeric,
    context: Numeric,
    hidden_size: Numeric,
    heads: Numeric,
    flop_per_value: Numeric = 71.0,
    flop_per_score: Numeric = 6.0,
) -> Numeric:
    r"""FLOP of a layer that are no matrix products: biases, residuals, norms, activation and softmax.

    .. math:: b \, s \, (k_h \, h + k_s \, a \, s)

    For each number of the hidden state GPT's layer takes about 71: 9 for the biases of its matrices, 2 for the
    residual additions, 8 for each of two norms, and 11 for the activation of each of the MLP's 4 h numbers. For each
    score it takes 6: scale, mask, subtract the largest, exponentiate, add up and divide.

    Parameters
    ----------
    batch : float or array
        Sequences b [1].
    context : float or array
        Tokens of a sequence s [1].
    hidden_size : float or array
        Hidden size h [1].
    heads : float or array
        Query heads a [1].
    flop_per_value : float or array
        FLOP for each token and number of its hidden state k_h, 0 or more [FLOP].
    flop_per_score : float or array
        FLOP for each head and pair of tokens k_s, 0 or more [FLOP].

    Returns
    -------
    float or array
        Work of a layer beside its matrix products [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 003, line 88: more than 99 % of a large model's FLOP are matrix products; the shape is that of GPT-3
    (Brown et al. 2020, arXiv:2005.14165, table 2.1).

    Examples
    --------
    >>> products = layer_flop(1, 2048, 12288, 96, 96, 4 * 12288)
    >>> int(100 * products / (products + other_flop(1, 2048, 12288, 96)))
    99
    >>> other_flop(1, 1, 1, 1)
    77.0
    """
    accept(
        batch=batch,
        context=context,
        hidden_size=hidden_size,
        heads=heads,
        flop_per_value=flop_per_value,
        flop_per_score=flop_per_score,
    )
    return batch * context * (flop_per_value * hidden_size + flop_per_score * heads * context)
