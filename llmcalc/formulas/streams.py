"""Video streams on inference cards: how many a card holds, how many cards a site needs.

Work is counted in integer operations (op), as inference cards are rated; one
multiply-accumulate is two of them.
"""

from ..checks import Numeric, accept, fewer, formula
from .devices import round_down, round_up


@formula
def streams_per_card(
    card_ops: Numeric, stream_ops: Numeric, headroom: Numeric = 0.0, chips_per_card: Numeric = 1
) -> Numeric:
    r"""Whole streams that fit on a card.

    .. math:: m = c \, \left\lfloor \frac{F_{card} (1 - h)}{c \, F_{stream}} \right\rfloor

    A stream runs on one chip: what is left over on several chips does not add up to
    room for another stream.

    Parameters
    ----------
    card_ops : float or array
        Peak of a card [op/s].
    stream_ops : float or array
        Demand of a stream [op/s].
    headroom : float or array
        Share of the card left free, 0 <= headroom < 1 [1].
    chips_per_card : float or array
        Equal chips that share the card's peak c [1].

    Returns
    -------
    float or array
        Whole streams a card, 0 where a stream does not fit [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, line 911: 16 streams of 5.5 TOPS on a card of 88 TOPS.

    Examples
    --------
    >>> streams_per_card(88e12, 5.5e12)
    16.0
    >>> streams_per_card(88e12, 5.5e12, headroom=0.1, chips_per_card=4)
    12.0
    """
    accept(card_ops=card_ops, stream_ops=stream_ops, chips_per_card=chips_per_card, headroom=headroom)
    return round_down(card_ops * (1 - headroom) / (stream_ops * chips_per_card)) * chips_per_card


@formula
def cards_for_streams(streams: Numeric, streams_per_card: Numeric, efficiency: Numeric = 1.0) -> Numeric:
    r"""Whole cards that carry a number of streams.

    .. math:: n = \lceil \lceil S / m \rceil / e \rceil

    Parameters
    ----------
    streams : float or array
        Streams S [1].
    streams_per_card : float or array
        Whole streams a card m, see `streams_per_card` [1].
    efficiency : float or array
        Share of its cards' capacity that a cluster keeps e, 0 < efficiency <= 1 [1].

    Returns
    -------
    float or array
        Whole cards [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, line 912: 3,000 streams need 188 cards, 209 at an efficiency of 90 %.

    Examples
    --------
    >>> cards_for_streams(3000, 16)
    188.0
    >>> cards_for_streams(3000, 16, efficiency=0.9)
    209.0
    """
    accept(streams=streams, streams_per_card=streams_per_card, efficiency=efficiency)
    return round_up(round_up(streams / streams_per_card) / efficiency)


@formula
def card_load(
    streams: Numeric, cards: Numeric, stream_ops: Numeric, card_ops: Numeric, failed_cards: Numeric = 0
) -> Numeric:
    r"""Mean load of the cards that are left. Above 1 they cannot keep up.

    .. math:: u = S \, F_{stream} / ((n - n_{failed}) \, F_{card})

    Parameters
    ----------
    streams : float or array
        Streams S [1].
    cards : float or array
        Cards bought n [1].
    stream_ops : float or array
        Demand of a stream [op/s].
    card_ops : float or array
        Peak of a card [op/s].
    failed_cards : float or array
        Cards out of service, 0 or more and fewer than are bought [1].

    Returns
    -------
    float or array
        Share of the peak, not limited to 1 [1].

    Raises
    ------
    ValueError
        If an argument is out of range, or no card is left.

    References
    ----------
    Document 000, lines 911-912: 16 streams of 5.5 TOPS load a card of 88 TOPS fully.

    Examples
    --------
    >>> card_load(16, 1, 5.5e12, 88e12)
    1.0
    """
    accept(streams=streams, cards=cards, stream_ops=stream_ops, card_ops=card_ops)
    fewer(than=("cards", cards), failed_cards=failed_cards)
    return streams * stream_ops / ((cards - failed_cards) * card_ops)


@formula
def served_streams(cards: Numeric, streams_per_card: Numeric, failed_cards: Numeric = 0) -> Numeric:
    r"""Streams that the cards in service can carry.

    .. math:: S = (n - n_{failed}) \, m

    Parameters
    ----------
    cards : float or array
        Cards bought n [1].
    streams_per_card : float or array
        Whole streams a card m [1].
    failed_cards : float or array
        Cards out of service, 0 or more and fewer than are bought [1].

    Returns
    -------
    float or array
        Streams [1].

    Raises
    ------
    ValueError
        If an argument is out of range, or no card is left.

    References
    ----------
    Document 000, line 912: 188 cards of 16 streams carry 3,008, eight more than asked.

    Examples
    --------
    >>> served_streams(188, 16)
    3008
    """
    accept(cards=cards, streams_per_card=streams_per_card)
    fewer(than=("cards", cards), failed_cards=failed_cards)
    return (cards - failed_cards) * streams_per_card


@formula
def spare_cards(cards: Numeric, streams: Numeric, streams_per_card: Numeric) -> Numeric:
    r"""Cards that may fail before a stream is dropped.

    .. math:: k = n - \lceil S / m \rceil

    The streams of a failed card move to the others. Below 0, so many cards are missing.

    Parameters
    ----------
    cards : float or array
        Cards bought n [1].
    streams : float or array
        Streams S [1].
    streams_per_card : float or array
        Whole streams that a card may hold in an emergency m [1].

    Returns
    -------
    float or array
        Whole cards [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, line 912: of 209 cards 188 are needed.

    Examples
    --------
    >>> spare_cards(209, 3000, 16)
    21.0
    """
    accept(cards=cards, streams=streams, streams_per_card=streams_per_card)
    return cards - cards_for_streams(streams, streams_per_card)


@formula
def scaled_stream_ops(
    stream_ops: Numeric,
    pixels: Numeric,
    frame_rate: Numeric,
    reference_pixels: Numeric = 1920 * 1080,
    reference_frame_rate: Numeric = 25.0,
) -> Numeric:
    r"""Demand of a stream of another resolution or frame rate.

    .. math:: F = F_{ref} \, \frac{p}{p_{ref}} \, \frac{f}{f_{ref}}

    Convolutional detectors cost as many operations as they see pixels; decoding and
    tracking scale otherwise, and a detector that shrinks its input first does not scale at all.

    Parameters
    ----------
    stream_ops : float or array
        Demand of a stream at the reference [op/s].
    pixels : float or array
        Pixels of a frame [pixel].
    frame_rate : float or array
        Frames a second [1/s].
    reference_pixels : float or array
        Pixels of a frame at the reference, 1080p [pixel].
    reference_frame_rate : float or array
        Frames a second at the reference [1/s].

    Returns
    -------
    float or array
        Demand of a stream [op/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, line 911: 5.5 TOPS at 1080p and 25 frames a second.

    Examples
    --------
    >>> scaled_stream_ops(5.5e12, 3840 * 2160, 25) / 1e12
    22.0
    """
    accept(
        stream_ops=stream_ops,
        pixels=pixels,
        frame_rate=frame_rate,
        reference_pixels=reference_pixels,
        reference_frame_rate=reference_frame_rate,
    )
    return stream_ops * (pixels / reference_pixels) * (frame_rate / reference_frame_rate)
