"""How many cards watch 3,000 cameras?"""

from ..answering import question
from ..formats import number, number_of
from ..formulas import streams as video
from ..messages import marked, message
from ..results import GOOD, UNFIT, Results
from ..units import TERA


@question()
def inference_cards(
    streams: int = 3000,
    stream_tops: float = 5.5,
    card_tops: float = 88.0,
    chips_per_card: int = 1,
    efficiency: float = 0.9,
    headroom: float = 0.0,
    frame_width: int = 1920,
    frame_height: int = 1080,
    frame_rate: float = 25.0,
) -> Results:
    """Cards that watch cameras: whole streams a card, and cards for all streams, with and without a reserve.

    Parameters
    ----------
    streams : int
        Video streams, one a camera [1].
    stream_tops : float
        Demand of a stream of 1920 × 1080 at 25 frames a second [TOPS].
    card_tops : float
        Peak of a card in the same number format [TOPS].
    chips_per_card : int
        Equal chips that share the card's peak [1].
    efficiency : float
        Number by which the cards are divided to leave a reserve [1].
    headroom : float
        Share of each card that stays free [1].
    frame_width : int
        Width of a frame [pixel].
    frame_height : int
        Height of a frame [pixel].
    frame_rate : float
        Frames a second [1/s].

    Returns
    -------
    Results
        ``streams_per_card``, ``bare_cards``, ``cards``, ``load_percent``, ``spares``.

    References
    ----------
    Document 000, lines 909 to 912.

    Examples
    --------
    >>> round(inference_cards()["streams_per_card"], 4)
    16.0
    """
    card_ops = card_tops * TERA
    stream_ops = video.scaled_stream_ops(stream_tops * TERA, frame_width * frame_height, frame_rate)
    full_card = video.streams_per_card(card_ops, stream_ops, chips_per_card=chips_per_card)
    per_card = video.streams_per_card(card_ops, stream_ops, headroom, chips_per_card)
    cards = video.cards_for_streams(streams, per_card, efficiency) if per_card else None
    no_stream = marked("no card can hold a whole stream")
    no_room = marked("no whole stream fits into what the headroom leaves") if full_card else no_stream
    return Results(
        streams_per_card=(per_card, "stream", "Streams a card"),
        bare_cards=(
            video.cards_for_streams(streams, full_card) if full_card else None,
            "card",
            "Cards without any reserve",
            no_stream,
        ),
        cards=(cards, "card", "Cards with the reserve", no_room),
        load_percent=(
            100 * video.card_load(streams, cards, stream_ops, card_ops) if cards else None,
            "%",
            "Mean load of the cards with the reserve",
            no_room,
        ),
        spares=(
            video.spare_cards(cards, streams, full_card) if cards else None,
            "card",
            "Cards that may fail before a stream is dropped",
            no_room,
        ),
    ).tell(_told, streams, card_tops)


def _told(results: Results, streams: int, card_tops: float) -> "tuple[str, str]":
    cameras, cards = number_of(streams, "camera"), results["cards"]
    if cards is None:
        return UNFIT, message(
            "No number of cards watches {cameras}: {reason}. What would help: cards of more than {rate} TOPS, or a "
            "stream that takes less.",
            cameras=cameras,
            reason=results.formatted()["cards"],
            rate=number(card_tops),
        )
    spares = results["spares"]
    if cards == 1:
        return GOOD, message("1 card watches {cameras}, and nothing may fail.", cameras=cameras)
    given = {"cards": number(cards), "cameras": cameras}
    if spares:
        return GOOD, message(
            "{cards} cards watch {cameras}, and {spares} of them may fail.", spares=number(spares), **given
        )
    return GOOD, message("{cards} cards watch {cameras}, and none of them may fail.", **given)
