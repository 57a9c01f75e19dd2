"""Exercises on cards for cameras: whole streams, reserves, failures."""

from ...formulas import devices, streams
from ...units import TERA
from ..draws import of, shares, steps
from ..telling import told
from ..writing import Chapter, choose, numeric

chapter = Chapter("inference-cards")


@chapter.exercise(
    level=1,
    teaches="Count whole streams on a card.",
    text="A card has {card} TOPS, a stream takes {stream}. How many streams does the card carry?",
    unit="stream",
    tolerance=0,
    within=(3, 200),
    card=of(70, 88, 140, 176, 280),
    stream=steps(2, 12, 0.25),
)
def whole(card, stream):
    key = streams.streams_per_card(card * TERA, stream * TERA)
    return numeric(
        key,
        mistakes=[
            (key + 1, "A stream runs on one card as a whole: round down."),
            (
                devices.round_down(2 * card / stream),
                "Nothing is doubled: the card's TOPS are those that it has for dense products.",
            ),
        ],
        hints=["Divide.", "Only whole streams count: round down."],
        steps=[f"{card} / {told(stream)} = {told(card / stream)}, rounded down: {told(key)} streams."],
        clear=0.02 < card / stream % 1 < 0.98,
    )


@chapter.exercise(
    level=1,
    teaches="Count the cards for a number of streams.",
    text="{count} cameras, and {each} streams a card. How many cards does it take without reserve?",
    unit="card",
    tolerance=0,
    within=(5, 3000),
    count=steps(500, 8000, 50),
    each=steps(7, 40, 1),
)
def cards(count, each):
    key = streams.cards_for_streams(count, each)
    return numeric(
        key,
        mistakes=[
            (devices.round_down(count / each), "The streams that are left over need a card, too: round up."),
            (count * each, "Divide the streams by those of a card."),
        ],
        hints=["Divide the cameras by the streams of a card.", "Round up."],
        steps=[f"{told(count)} / {each} = {told(count / each, 6)}, rounded up: {told(key)} cards."],
        clear=count % each != 0,
    )


@chapter.exercise(
    level=1,
    teaches="Compute how loaded the cards are.",
    text="{cards} cards of {card} TOPS carry {count} streams of {stream} TOPS. How loaded are they on average?",
    unit="%",
    within=(10, 100),
    cards=steps(20, 250, 5),
    card=of(70, 88, 140),
    count=steps(200, 4000, 50),
    stream=of(3.5, 4.5, 5, 5.5, 6, 7),
)
def load(cards, card, count, stream):
    key = 100 * streams.card_load(count, cards, stream * TERA, card * TERA)
    return numeric(
        key,
        mistakes=[
            (100 * 100 / key, "That is the other way round: capacity over demand."),
            (100 - key, "That is what is free."),
            (100 * count / cards / card, "Each stream takes several TOPS."),
        ],
        hints=["What do all streams take together?", "Divide by what all cards have."],
        steps=[f"{told(count)} × {told(stream)} / ({told(cards)} × {told(card)}) = {told(key)} %."],
    )


@chapter.exercise(
    level=2,
    teaches="Keep headroom on each card, and round in the right place.",
    text="Each card of {card} TOPS keeps {headroom} free. A stream takes {stream} TOPS. How many cards do {count} cameras take?",
    unit="card",
    tolerance=0,
    within=(5, 3000),
    card=of(70, 88, 140),
    headroom=shares(0.05, 0.3, 0.05),
    stream=of(3.5, 4.2, 5.5, 6.3, 7.1),
    count=steps(500, 5000, 100),
)
def headroom(card, headroom, stream, count):
    each = streams.streams_per_card(card * TERA, stream * TERA, headroom)
    key = streams.cards_for_streams(count, each)
    full = streams.streams_per_card(card * TERA, stream * TERA)
    return numeric(
        key,
        mistakes=[
            (streams.cards_for_streams(count, full), "The headroom is missing: part of each card stays free."),
            (
                devices.round_up(count * stream / (card * (1 - headroom))),
                "Round the streams of a card down first: no stream is cut in two.",
            ),
        ],
        hints=["How many whole streams does a card carry with its headroom?", "Then the cards, rounded up."],
        steps=[
            f"{card} × (1 − {told(headroom)}) / {told(stream)} = {told(card * (1 - headroom) / stream)}: {told(each)} streams a card.",
            f"{told(count)} / {told(each)} = {told(count / each)}, rounded up: {told(key)} cards.",
        ],
        clear=0.02 < card * (1 - headroom) / stream % 1 < 0.98,
    )


@chapter.exercise(
    level=2,
    teaches="Divide by an efficiency, and say what it is worth.",
    text="A memo divides the cards for {count} streams, {each} a card, by a parallel efficiency of {efficiency}. How many cards does it order?",
    unit="card",
    tolerance=0,
    within=(5, 4000),
    count=steps(500, 6000, 100),
    each=steps(8, 30, 1),
    efficiency=shares(0.7, 0.95, 0.05),
)
def efficiency(count, each, efficiency):
    key = streams.cards_for_streams(count, each, efficiency)
    bare = streams.cards_for_streams(count, each)
    return numeric(
        key,
        mistakes=[
            (bare, "That is without the reserve."),
            (
                devices.round_up(bare * (2 - efficiency)),
                "Divide by the efficiency; adding what is missing to one gives less.",
            ),
            (devices.round_up(bare * efficiency), "That are fewer cards: divide by the efficiency, do not multiply."),
        ],
        hints=["First the cards without reserve, rounded up.", "Divide by the efficiency, and round up again."],
        steps=[
            f"{told(count)} / {each}, rounded up: {told(bare)} cards.",
            f"{told(bare)} / {told(efficiency)} = {told(bare / efficiency, 6)}, rounded up: {told(key)} cards.",
        ],
        clear=0.02 < bare / efficiency % 1 < 0.98,
    )


@chapter.exercise(
    level=2,
    teaches="Scale a stream's demand with its pixels and its frames.",
    text="A stream of 1,920 × 1,080 pixels at 25 frames a second takes {stream} TOPS. What does one of {width} × {height} at {rate} frames take, if every pixel of every frame costs the same?",
    unit="TOPS",
    within=(0.3, 300),
    stream=steps(2, 8, 0.5),
    width=of(1280, 2560, 3840),
    height=of(720, 1440, 2160),
    rate=of(10, 15, 30, 50, 60),
)
def scaled(stream, width, height, rate):
    key = streams.scaled_stream_ops(stream * TERA, width * height, rate) / TERA
    return numeric(
        key,
        mistakes=[
            (stream * width * height / (1920 * 1080), "The frames a second differ, too."),
            (stream * rate / 25, "The pixels differ, too."),
            (stream * width / 1920 * rate / 25, "Pixels grow in both directions: width and height."),
        ],
        hints=["By what factor do the pixels grow?", "And the frames?"],
        steps=[
            f"Pixels: {told(width * height / (1920 * 1080))} times; frames: {told(rate / 25)} times.",
            f"{told(stream)} × {told(width * height / (1920 * 1080))} × {told(rate / 25)} = {told(key)} TOPS.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Say how many cards may fail before a stream is dropped.",
    text="A site has {cards} cards for {count} streams, {each} a card at most. How many cards may fail before a stream is dropped?",
    unit="card",
    tolerance=0,
    within=(1, 200),
    cards=steps(60, 300, 1),
    count=steps(500, 4000, 50),
    each=steps(8, 20, 1),
)
def spares(cards, count, each):
    need = streams.cards_for_streams(count, each)
    spare = cards - need
    key = streams.spare_cards(cards, count, each) if spare >= 0 else -1
    return numeric(
        key,
        mistakes=[
            (key + 1, "With one more failure the last streams find no card."),
            (need, "Those are the cards that the streams need; the others may fail."),
        ],
        hints=["How many cards do the streams need at least?", "The others may fail."],
        steps=[
            f"{told(count)} / {each}, rounded up: {told(need)} cards are needed.",
            f"{told(cards)} − {told(need)} = {told(key)} cards may fail.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Promise what a site can keep when cards fail.",
    text="A site has {cards} cards of {card} TOPS; a stream takes {stream} TOPS. Each card keeps {headroom} free, and {failed} cards may fail without touching that. How many streams can it promise?",
    unit="stream",
    tolerance=0,
    within=(50, 5000),
    cards=steps(40, 200, 10),
    card=of(70, 88, 140),
    stream=of(4.2, 5.5, 6.3),
    headroom=shares(0.05, 0.2, 0.05),
    failed=steps(1, 10, 1),
)
def promise(cards, card, stream, headroom, failed):
    each = streams.streams_per_card(card * TERA, stream * TERA, headroom)
    key = streams.served_streams(cards, each, failed_cards=failed)
    return numeric(
        key,
        mistakes=[
            (cards * each, "The cards that may fail carry nothing then."),
            (
                streams.served_streams(cards, streams.streams_per_card(card * TERA, stream * TERA), failed),
                "The headroom is to stay free.",
            ),
            (
                devices.round_down((cards - failed) * card * (1 - headroom) / stream),
                "A stream runs on one card: round down for each card, not for all together.",
            ),
        ],
        hints=["Whole streams a card, with headroom.", "Times the cards that are left."],
        steps=[
            f"{card} × (1 − {told(headroom)}) / {told(stream)}: {told(each)} streams a card.",
            f"({cards} − {failed}) × {told(each)} = {told(key)} streams.",
        ],
        clear=0.02 < card * (1 - headroom) / stream % 1 < 0.98,
    )


@chapter.exercise(
    level=3,
    teaches="Find what limits a card: its arithmetic or its decoder.",
    text="A card has {card} TOPS and decodes {frames} frames a second. Streams take {stream} TOPS at {rate} frames a second. What limits the card?",
    card=of(70, 88, 140),
    frames=of(240, 480, 960, 1920),
    stream=of(2.5, 4, 5.5, 8),
    rate=of(15, 25, 30, 60),
)
def limit(card, frames, stream, rate):
    by_ops = streams.streams_per_card(card * TERA, stream * TERA)
    by_frames = devices.round_down(frames / rate)
    said = (
        f"Arithmetic carries {card} / {told(stream)} = {told(card / stream)}, {told(by_ops)} whole streams; the decoder {frames} / {rate} = "
        f"{told(frames / rate)}, {told(by_frames)} whole streams."
    )
    options = (
        f"Arithmetic: {told(by_ops)} streams",
        f"The decoder: {told(by_frames)} streams",
        f"Neither: it carries {told(by_ops + by_frames)} streams",
    )
    place = 0 if by_ops < by_frames else 1
    why = (
        f"The decoder carries fewer: {told(by_frames)} streams.",
        f"Arithmetic carries fewer: {told(by_ops)} streams.",
        "Each stream takes some of both: the smaller number holds, and not the sum.",
    )
    return choose(
        options[place],
        wrong=[(options[other], why[other]) for other in (0, 1, 2) if other != place],
        hints=["How many streams by TOPS?", "How many by frames?"],
        steps=[said, options[place] + "."],
        clear=by_ops != by_frames,
    )


@chapter.exercise(
    level=3,
    teaches="Say which efficiency stands for a reserve of a fixed size.",
    text="A site of {bare} cards without reserve is to survive the loss of {lost} servers of {each} cards. Which efficiency would a memo have to divide by to arrive at the same number of cards?",
    unit="%",
    tolerance=0.002,
    within=(50, 99.5),
    bare=steps(20, 200, 2),
    lost=of(1, 2),
    each=of(4, 8),
)
def fixed(bare, lost, each):
    safe = bare + lost * each
    key = 100 * streams.card_load(bare, safe, TERA, TERA)
    return numeric(
        key,
        mistakes=[
            (100 * (1 - lost * each / bare), "The reserve is a share of all cards, not of those that work."),
            (100 * bare / (bare + lost), "A server that fails takes all its cards with it."),
            (100 - key, "That is the share of the reserve."),
        ],
        hints=["How many cards is that with the reserve?", "Divide the cards without it by those with it."],
        steps=[f"{bare} + {lost} × {each} = {safe} cards.", f"{bare} / {safe} = {told(key)} %."],
    )
