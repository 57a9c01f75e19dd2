"""Mixtures of experts: weights of a layer, in all and those that a token uses.

A shape is pure numbers, so weights are here pure numbers, ``1``.
"""

from ..checks import Numeric, accept, formula


@formula
def mixture_weights(
    hidden_size: Numeric,
    experts: Numeric,
    expert_mlp_size: Numeric,
    mlp_matrices: Numeric = 3,
    shared_mlp_size: Numeric = 0,
) -> Numeric:
    r"""Weights of a layer with a mixture of experts: experts, those that every token uses, and the router.

    .. math:: h \, (n \, (e \, f + u) + e)

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    experts : float or array
        Experts e that a token can be sent to [1].
    expert_mlp_size : float or array
        Width inside an expert f [1].
    mlp_matrices : float or array
        Matrices n: 2, or 3 if the MLP is gated [1].
    shared_mlp_size : float or array
        Width of the shared experts together u, 0 or more [1].

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
    Jiang et al. 2024 (arXiv:2401.04088), section 2.1; Dai et al. 2024 (arXiv:2401.06066), section 3.2, for
    shared experts.

    Examples
    --------
    >>> mixture_weights(4096, 8, 14336, 3)
    1409318912
    >>> mixture_weights(1, 1, 1)  # three matrices and a column of the router
    4
    """
    accept(
        hidden_size=hidden_size,
        experts=experts,
        expert_mlp_size=expert_mlp_size,
        mlp_matrices=mlp_matrices,
        shared_mlp_size=shared_mlp_size,
    )
    return hidden_size * (mlp_matrices * (experts * expert_mlp_size + shared_mlp_size) + experts)


@formula
def idle_weights(
    hidden_size: Numeric,
    experts: Numeric,
    experts_per_token: Numeric,
    expert_mlp_size: Numeric,
    mlp_matrices: Numeric = 3,
) -> Numeric:
    r"""Weights of the experts of a layer that a token does not use.

    .. math:: n \, h \, f \, (e - k)

    Parameters
    ----------
    hidden_size : float or array
        Hidden size h [1].
    experts : float or array
        Experts e that a token can be sent to [1].
    experts_per_token : float or array
        Experts k that a token is sent to [1].
    expert_mlp_size : float or array
        Width inside an expert f [1].
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
    Jiang et al. 2024 (arXiv:2401.04088), section 2.1: a token uses 2 of 8 experts.

    Examples
    --------
    >>> 32 * idle_weights(4096, 8, 2, 14336, 3)
    33822867456
    >>> idle_weights(1, 2, 1, 1)
    3
    """
    accept(
        hidden_size=hidden_size,
        experts=experts,
        experts_per_token=experts_per_token,
        expert_mlp_size=expert_mlp_size,
        mlp_matrices=mlp_matrices,
    )
    return mlp_matrices * hidden_size * expert_mlp_size * (experts - experts_per_token)
