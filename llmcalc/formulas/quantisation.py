"""Bytes of weights in the formats in which they are stored: a number of bits, and scales that blocks share.

Formats are in FORMATS; those of llama.cpp are mixtures of them by tensor, which `llmcalc.models.weights` describes.
"""

from ..checks import Numeric, accept, formula


@formula
def block_bits(bits_per_weight: Numeric, block_size: Numeric, scale_bits: Numeric) -> Numeric:
    r"""Bits of a weight with its share of the block's scale and zero point.

    .. math:: n + m / b

    Parameters
    ----------
    bits_per_weight : float or array
        Bits of a weight n [1].
    block_size : float or array
        Weights that share a scale b [1].
    scale_bits : float or array
        Bits of a block's scale and zero point together m, 0 or more [1].

    Returns
    -------
    float or array
        Bits of a weight [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Frantar et al. 2022 (arXiv:2210.17323), section 4 (grouping): 16 bits of scale and 4 of zero point for 128 weights.

    Examples
    --------
    >>> block_bits(4, 128, 20)
    4.15625
    """
    accept(bits_per_weight=bits_per_weight, block_size=block_size, scale_bits=scale_bits)
    return bits_per_weight + scale_bits / block_size


@formula
def stored_bytes(
    weights: Numeric, bits_per_weight: Numeric, block_size: Numeric, scale_bits: Numeric, bytes_per_bit: Numeric = 0.125
) -> Numeric:
    r"""Bytes of weights with the scales and zero points of their blocks.

    .. math:: w \, (n + m / b) / 8

    Parameters
    ----------
    weights : float or array
        Weights [1].
    bits_per_weight : float or array
        Bits of a weight n [1].
    block_size : float or array
        Weights that share a scale b [1].
    scale_bits : float or array
        Bits of a block's scale and zero point together m, 0 or more [1].
    bytes_per_bit : float or array
        Bytes of a bit [byte].

    Returns
    -------
    float or array
        Bytes [byte].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    ggml-org/llama.cpp, ggml/src/ggml-common.h, block_q8_0: 34 bytes for 32 weights.

    Examples
    --------
    >>> stored_bytes(32, 8, 32, 16)
    34.0
    """
    accept(
        weights=weights,
        bits_per_weight=bits_per_weight,
        block_size=block_size,
        scale_bits=scale_bits,
        bytes_per_bit=bytes_per_bit,
    )
    return weights * (bits_per_weight + scale_bits / block_size) * bytes_per_bit
