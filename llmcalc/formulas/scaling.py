r"""Data of a training: tokens in a text, tokens for a model, and the laws that split a budget between the two.

A scaling law is a formula, fitted to many trainings, that predicts the loss of a model: the
mean surprise at the next token, in nats. Below, N stands for parameters, D for training
tokens and C for compute, C = k N D.
"""

from ..checks import Numeric, accept, formula


@formula
def corpus_tokens(corpus_bytes: Numeric, bytes_per_character: Numeric, characters_per_token: Numeric) -> Numeric:
    r"""Tokens that a text becomes.

    .. math:: D = S / (b \, c)

    Parameters
    ----------
    corpus_bytes : float or array
        Size of the text S [byte].
    bytes_per_character : float or array
        Bytes of a character b; of a Chinese one 2 in GBK and 3 in UTF-8 [byte/character].
    characters_per_token : float or array
        Characters of a token c [character/token].

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
    Document 000, lines 1-3: 1.5 characters a token; 0.5e9 tokens a gigabyte, true of one character of two bytes.

    Examples
    --------
    >>> corpus_tokens(1e9, bytes_per_character=2, characters_per_token=1)
    500000000.0
    """
    accept(
        corpus_bytes=corpus_bytes, bytes_per_character=bytes_per_character, characters_per_token=characters_per_token
    )
    return corpus_bytes / (bytes_per_character * characters_per_token)


@formula
def corpus_size(tokens: Numeric, bytes_per_character: Numeric, characters_per_token: Numeric) -> Numeric:
    r"""Size of the text that becomes a number of tokens: the inverse of `corpus_tokens`.

    .. math:: S = D \, b \, c

    Parameters
    ----------
    tokens : float or array
        Tokens D [token].
    bytes_per_character : float or array
        Bytes of a character b [byte/character].
    characters_per_token : float or array
        Characters of a token c [character/token].

    Returns
    -------
    float or array
        Size of the text [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, lines 1-3, solved for the size.

    Examples
    --------
    >>> corpus_size(0.5e9, bytes_per_character=2, characters_per_token=1) / 1e9
    1.0
    """
    accept(tokens=tokens, bytes_per_character=bytes_per_character, characters_per_token=characters_per_token)
    return tokens * bytes_per_character * characters_per_token


@formula
def bytes_per_token(corpus_bytes: Numeric, tokens: Numeric) -> Numeric:
    r"""Bytes of text that a token stands for, from a corpus of known size.

    .. math:: S / D

    Parameters
    ----------
    corpus_bytes : float or array
        Size of the text S [byte].
    tokens : float or array
        Tokens that it became D [token].

    Returns
    -------
    float or array
        Bytes of a token [byte/token].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, line 3: 0.5e9 and 0.25e9 tokens a gigabyte.

    Examples
    --------
    >>> bytes_per_token(1e9, 0.5e9), bytes_per_token(1e9, 0.25e9)
    (2.0, 4.0)
    """
    accept(corpus_bytes=corpus_bytes, tokens=tokens)
    return corpus_bytes / tokens


@formula
def optimal_tokens(params: Numeric, tokens_per_param: Numeric = 20.0) -> Numeric:
    r"""Tokens that make the best use of the compute spent on a model, by the rule of thumb.

    .. math:: D = r \, N

    Parameters
    ----------
    params : float or array
        Trainable parameters N [parameter].
    tokens_per_param : float or array
        Tokens a parameter r [token/parameter].

    Returns
    -------
    float or array
        Training tokens [token].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 001, line 43: 20 tokens a parameter; Hoffmann et al. 2022 (arXiv:2203.15556), abstract:
    70e9 parameters and 1.4e12 tokens.

    Examples
    --------
    >>> optimal_tokens(70e9)
    1400000000000.0
    """
    accept(params=params, tokens_per_param=tokens_per_param)
    return params * tokens_per_param


@formula
def optimal_params(
    budget_flop: Numeric, tokens_per_param: Numeric = 20.0, flop_per_param_token: Numeric = 6.0
) -> Numeric:
    r"""Parameters of the model that spends a budget at a given number of tokens a parameter.

    .. math:: N = \sqrt{C / (k \, r)}

    Parameters
    ----------
    budget_flop : float or array
        Training compute C [FLOP].
    tokens_per_param : float or array
        Tokens a parameter r [token/parameter].
    flop_per_param_token : float or array
        FLOP per parameter and token, k [FLOP/parameter/token].

    Returns
    -------
    float or array
        Parameters [parameter].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 001, line 43, with C = 6 N D; Hoffmann et al. 2022 (arXiv:2203.15556), table 3: 1.92e19 FLOP
    train 400e6 parameters.

    Examples
    --------
    >>> round(optimal_params(1.92e19) / 1e6)
    400
    """
    accept(budget_flop=budget_flop, tokens_per_param=tokens_per_param, flop_per_param_token=flop_per_param_token)
    return (budget_flop / (flop_per_param_token * tokens_per_param)) ** 0.5


@formula
def kaplan_frontier_params(
    budget_flop: Numeric,
    frontier_params: Numeric = 1.3e9,
    frontier_flop: Numeric = 8.64e19,
    frontier_exponent: Numeric = 0.73,
) -> Numeric:
    r"""Parameters of the best model for a budget, by Kaplan et al.'s compute-efficient frontier.

    .. math:: N = N_1 \, (C / C_1)^p

    Fitted to models of up to 1.5e9 parameters, embeddings not counted. The budget is the
    smallest that reaches the loss, with batches far below the critical size: a run with
    larger batches takes more.

    Parameters
    ----------
    budget_flop : float or array
        Training compute C [FLOP].
    frontier_params : float or array
        Best model for the budget C_1, N_1 [parameter].
    frontier_flop : float or array
        Budget C_1, a petaFLOP/s-day [FLOP].
    frontier_exponent : float or array
        Growth with the budget p, 0 < frontier_exponent <= 1 [1].

    Returns
    -------
    float or array
        Parameters [parameter].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Kaplan et al. 2020 (arXiv:2001.08361), equation 6.1 and table 6: 1.3e9 parameters at one petaFLOP/s-day.

    Examples
    --------
    >>> kaplan_frontier_params(8.64e19)
    1300000000.0
    >>> round(kaplan_frontier_params(8.64e20) / 1e9, 2)  # ten times the compute
    6.98
    """
    accept(
        budget_flop=budget_flop,
        frontier_params=frontier_params,
        frontier_flop=frontier_flop,
        frontier_exponent=frontier_exponent,
    )
    return frontier_params * (budget_flop / frontier_flop) ** frontier_exponent


@formula
def kaplan_loss(
    params: Numeric,
    tokens: Numeric,
    params_scale: Numeric = 6.4e13,
    tokens_scale: Numeric = 1.8e13,
    params_exponent: Numeric = 0.076,
    tokens_exponent: Numeric = 0.103,
) -> Numeric:
    r"""Loss of a model by Kaplan et al.'s law of size and data.

    .. math:: L = \left[ (N_c / N)^{\alpha_N / \alpha_D} + D_c / D \right]^{\alpha_D}

    The tokens are those of the data set, which may be seen more than once: training stops
    when the loss on other text rises.

    Parameters
    ----------
    params : float or array
        Parameters N, embeddings not counted [parameter].
    tokens : float or array
        Tokens of the data set D [token].
    params_scale : float or array
        Scale of the parameters N_c [parameter].
    tokens_scale : float or array
        Scale of the tokens D_c [token].
    params_exponent : float or array
        Exponent of the parameters, 0 < params_exponent <= 1 [1].
    tokens_exponent : float or array
        Exponent of the tokens, 0 < tokens_exponent <= 1 [1].

    Returns
    -------
    float or array
        Loss in nats a token [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Kaplan et al. 2020 (arXiv:2001.08361), equation 1.5 and table 2; equation 4.4: with 5e3 N^0.74 tokens the
    loss is 0.02 above that of endless data.

    Examples
    --------
    >>> round(kaplan_loss(1.5e9, 5e3 * 1.5e9**0.74) / kaplan_loss(1.5e9, 1e30) - 1, 2)
    0.02
    >>> round(kaplan_loss(1.5e9, 30e9), 3)
    2.297
    """
    accept(
        params=params,
        tokens=tokens,
        params_scale=params_scale,
        tokens_scale=tokens_scale,
        params_exponent=params_exponent,
        tokens_exponent=tokens_exponent,
    )
    return ((params_scale / params) ** (params_exponent / tokens_exponent) + tokens_scale / tokens) ** tokens_exponent


@formula
def kaplan_loss_params(
    budget_flop: Numeric,
    params_scale: Numeric = 6.4e13,
    tokens_scale: Numeric = 1.8e13,
    params_exponent: Numeric = 0.076,
    tokens_exponent: Numeric = 0.103,
    flop_per_param_token: Numeric = 6.0,
) -> Numeric:
    r"""Parameters that minimise `kaplan_loss` for a budget.

    .. math:: N = N_c \left( \frac{a \, C}{k \, N_c \, D_c} \right)^{1 / (1 + a)}, \quad a = \alpha_N / \alpha_D

    Parameters
    ----------
    budget_flop : float or array
        Training compute C [FLOP].
    params_scale : float or array
        Scale of the parameters N_c [parameter].
    tokens_scale : float or array
        Scale of the tokens D_c [token].
    params_exponent : float or array
        Exponent of the parameters, 0 < params_exponent <= 1 [1].
    tokens_exponent : float or array
        Exponent of the tokens, 0 < tokens_exponent <= 1 [1].
    flop_per_param_token : float or array
        FLOP per parameter and token, k [FLOP/parameter/token].

    Returns
    -------
    float or array
        Parameters [parameter].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Kaplan et al. 2020 (arXiv:2001.08361), equation 1.5 with C = 6 N D, set to zero slope; document 001, line 39:
    the budget of 100e9 parameters on 200e9 tokens is best spent on a model of almost that size.

    Examples
    --------
    >>> round(kaplan_loss_params(6 * 100e9 * 200e9) / 1e9)
    98
    """
    accept(
        budget_flop=budget_flop,
        params_scale=params_scale,
        tokens_scale=tokens_scale,
        flop_per_param_token=flop_per_param_token,
        params_exponent=params_exponent,
        tokens_exponent=tokens_exponent,
    )
    share = params_exponent / tokens_exponent
    relative_budget = budget_flop / (flop_per_param_token * params_scale * tokens_scale)
    return params_scale * (share * relative_budget) ** (1 / (1 + share))


@formula
def chinchilla_loss(
    params: Numeric,
    tokens: Numeric,
    irreducible_loss: Numeric = 1.69,
    params_coefficient: Numeric = 406.4,
    tokens_coefficient: Numeric = 410.7,
    params_exponent: Numeric = 0.34,
    tokens_exponent: Numeric = 0.28,
    params_unit: Numeric = 1.0,
    tokens_unit: Numeric = 1.0,
) -> Numeric:
    r"""Loss of a model by the parametric law of the Chinchilla paper.

    .. math:: L = E + A \, N^{-\alpha} + B \, D^{-\beta}

    Three parts: what no model can predict, what a model of this size misses, and what
    this much text leaves unlearnt. Every token is seen once.

    Parameters
    ----------
    params : float or array
        Parameters N [parameter].
    tokens : float or array
        Training tokens D [token].
    irreducible_loss : float or array
        Loss of an endless model on endless text E [1].
    params_coefficient : float or array
        Coefficient of the parameters A [1].
    tokens_coefficient : float or array
        Coefficient of the tokens B [1].
    params_exponent : float or array
        Exponent of the parameters α, 0 < params_exponent <= 1 [1].
    tokens_exponent : float or array
        Exponent of the tokens β, 0 < tokens_exponent <= 1 [1].
    params_unit : float or array
        Unit in which the law counts parameters [parameter].
    tokens_unit : float or array
        Unit in which the law counts tokens [token].

    Returns
    -------
    float or array
        Loss in nats a token [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Hoffmann et al. 2022 (arXiv:2203.15556), equations 2 and 10: E = 1.69 is the limit of endless model and text.
    Besiroglu et al. 2024 (arXiv:2404.10102) give other constants for the same law.

    Examples
    --------
    >>> round(chinchilla_loss(1e30, 1e30), 2)
    1.69
    >>> round(chinchilla_loss(70e9, 1.4e12), 4)  # of the model named Chinchilla
    1.9366
    """
    accept(
        params=params,
        tokens=tokens,
        irreducible_loss=irreducible_loss,
        params_coefficient=params_coefficient,
        tokens_coefficient=tokens_coefficient,
        params_unit=params_unit,
        tokens_unit=tokens_unit,
        params_exponent=params_exponent,
        tokens_exponent=tokens_exponent,
    )
    missed_by_size = params_coefficient / (params / params_unit) ** params_exponent
    missed_by_data = tokens_coefficient / (tokens / tokens_unit) ** tokens_exponent
    return irreducible_loss + missed_by_size + missed_by_data


@formula
def chinchilla_params(
    budget_flop: Numeric,
    params_coefficient: Numeric = 406.4,
    tokens_coefficient: Numeric = 410.7,
    params_exponent: Numeric = 0.34,
    tokens_exponent: Numeric = 0.28,
    params_unit: Numeric = 1.0,
    tokens_unit: Numeric = 1.0,
    flop_per_param_token: Numeric = 6.0,
) -> Numeric:
    r"""Parameters that minimise `chinchilla_loss` for a budget.

    .. math::
        N = G \left( \frac{C}{k} \right)^{\beta / (\alpha + \beta)}, \quad
        G = \left( \frac{\alpha A}{\beta B} \right)^{1 / (\alpha + \beta)}

    Parameters
    ----------
    budget_flop : float or array
        Training compute C [FLOP].
    params_coefficient : float or array
        Coefficient of the parameters A [1].
    tokens_coefficient : float or array
        Coefficient of the tokens B [1].
    params_exponent : float or array
        Exponent of the parameters α, 0 < params_exponent <= 1 [1].
    tokens_exponent : float or array
        Exponent of the tokens β, 0 < tokens_exponent <= 1 [1].
    params_unit : float or array
        Unit in which the law counts parameters [parameter].
    tokens_unit : float or array
        Unit in which the law counts tokens [token].
    flop_per_param_token : float or array
        FLOP per parameter and token, k [FLOP/parameter/token].

    Returns
    -------
    float or array
        Parameters [parameter].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Hoffmann et al. 2022 (arXiv:2203.15556), equation 4 and figure 4: 40e9 parameters for 5.76e23 FLOP, from
    exponents that Besiroglu et al. 2024 (arXiv:2404.10102) give with two more digits.

    Examples
    --------
    >>> round(chinchilla_params(5.76e23, params_exponent=0.3392, tokens_exponent=0.2849) / 1e9)
    40
    >>> round(chinchilla_params(5.76e23) / 1e9, 2)  # the exponents as they are printed
    32.19
    """
    accept(
        budget_flop=budget_flop,
        params_coefficient=params_coefficient,
        tokens_coefficient=tokens_coefficient,
        params_unit=params_unit,
        tokens_unit=tokens_unit,
        flop_per_param_token=flop_per_param_token,
        params_exponent=params_exponent,
        tokens_exponent=tokens_exponent,
    )
    gain_ratio = params_exponent * params_coefficient / (tokens_exponent * tokens_coefficient)
    relative_budget = budget_flop / (flop_per_param_token * params_unit * tokens_unit)
    return params_unit * (gain_ratio * relative_budget**tokens_exponent) ** (1 / (params_exponent + tokens_exponent))


@formula
def kaplan_steps_loss(
    params: Numeric,
    tokens: Numeric,
    params_scale: Numeric = 6.5e13,
    steps_scale: Numeric = 2.1e3,
    batch_scale: Numeric = 2.1e8,
    params_exponent: Numeric = 0.077,
    steps_exponent: Numeric = 0.76,
    batch_exponent: Numeric = 0.21,
) -> Numeric:
    r"""Loss of a model by Kaplan et al.'s law of size and steps, on tokens that are read once.

    .. math:: L = (N_c / N)^{\alpha_N} + (S_c / S)^{\alpha_S}, \quad S = D / B, \quad B = B_* \, L^{-1 / \alpha_B}

    The steps are the fewest that reach the loss, those of the critical batch B, which itself depends on the
    loss; so the equation is solved for the loss by Newton's method.

    Parameters
    ----------
    params : float or array
        Parameters N, embeddings not counted [parameter].
    tokens : float or array
        Training tokens D, each read once [token].
    params_scale : float or array
        Scale of the parameters N_c [parameter].
    steps_scale : float or array
        Scale of the steps S_c [1].
    batch_scale : float or array
        Critical batch at a loss of one nat B_* [token].
    params_exponent : float or array
        Exponent of the parameters, 0 < params_exponent <= 1 [1].
    steps_exponent : float or array
        Exponent of the steps, 0 < steps_exponent <= 1 [1].
    batch_exponent : float or array
        Exponent of the critical batch, 0 < batch_exponent <= 1 [1].

    Returns
    -------
    float or array
        Loss in nats a token [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Kaplan et al. 2020 (arXiv:2001.08361), equations 1.6 and B.3, tables 3 and 5; equation B.5: the best model for a
    budget stops about 10 % above the loss that it would reach in endless training.

    Examples
    --------
    >>> best = kaplan_steps_params(1.2e23)
    >>> round(kaplan_steps_loss(best, 1.2e23 / (6 * best)) / kaplan_steps_loss(best, 1e30) - 1, 2)
    0.1
    >>> round(kaplan_steps_loss(1.5e9, 300e9), 4)
    2.3373
    """
    accept(
        params=params,
        tokens=tokens,
        params_scale=params_scale,
        steps_scale=steps_scale,
        batch_scale=batch_scale,
        params_exponent=params_exponent,
        steps_exponent=steps_exponent,
        batch_exponent=batch_exponent,
    )
    floor = (params_scale / params) ** params_exponent
    deficit = (steps_scale * batch_scale / tokens) ** steps_exponent
    power = steps_exponent / batch_exponent
    # The root of L = floor + deficit / L**power lies above this start, and at most at twice it: a few steps do.
    loss = (floor ** (power + 1) + deficit) ** (1 / (power + 1))
    for _ in range(8):
        missed = deficit / loss**power
        loss = loss + (floor + missed - loss) / (1 + power * missed / loss)
    return loss


@formula
def kaplan_steps_params(
    budget_flop: Numeric,
    params_scale: Numeric = 6.5e13,
    steps_scale: Numeric = 2.1e3,
    batch_scale: Numeric = 2.1e8,
    params_exponent: Numeric = 0.077,
    steps_exponent: Numeric = 0.76,
    batch_exponent: Numeric = 0.21,
    flop_per_param_token: Numeric = 6.0,
) -> Numeric:
    r"""Parameters that minimise `kaplan_steps_loss` for a budget.

    .. math::
        N = N_c \left( \frac{C \, (1 + r)^{1 / \alpha_B} \, r^{1 / \alpha_S}}{k \, N_c \, S_c \, B_*}
        \right)^{1 / (1 + \alpha_N / \alpha_B + \alpha_N / \alpha_S)}, \quad r = \alpha_N / \alpha_S

    Parameters
    ----------
    budget_flop : float or array
        Training compute C [FLOP].
    params_scale : float or array
        Scale of the parameters N_c [parameter].
    steps_scale : float or array
        Scale of the steps S_c [1].
    batch_scale : float or array
        Critical batch at a loss of one nat B_* [token].
    params_exponent : float or array
        Exponent of the parameters, 0 < params_exponent <= 1 [1].
    steps_exponent : float or array
        Exponent of the steps, 0 < steps_exponent <= 1 [1].
    batch_exponent : float or array
        Exponent of the critical batch, 0 < batch_exponent <= 1 [1].
    flop_per_param_token : float or array
        FLOP per parameter and token, k [FLOP/parameter/token].

    Returns
    -------
    float or array
        Parameters [parameter].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Kaplan et al. 2020 (arXiv:2001.08361), equations B.4 and B.9; equation B.7: the least loss falls as the
    budget to the power of about 0.052, so that the best size grows as its power 0.052 / 0.077.

    Examples
    --------
    >>> tenfold = kaplan_steps_params(1e24) / kaplan_steps_params(1e23)
    >>> round(tenfold**0.077, 2) == round(10**0.052, 2)
    True
    >>> round(kaplan_steps_params(6 * 100e9 * 200e9) / 1e9)
    81
    """
    accept(
        budget_flop=budget_flop,
        params_scale=params_scale,
        steps_scale=steps_scale,
        batch_scale=batch_scale,
        flop_per_param_token=flop_per_param_token,
        params_exponent=params_exponent,
        steps_exponent=steps_exponent,
        batch_exponent=batch_exponent,
    )
    ratio = params_exponent / steps_exponent
    relative_budget = budget_flop / (flop_per_param_token * params_scale * steps_scale * batch_scale)
    gain = (1 + ratio) ** (1 / batch_exponent) * ratio ** (1 / steps_exponent)
    power = 1 / (1 + params_exponent / batch_exponent + ratio)
    return params_scale * (relative_budget * gain) ** power
