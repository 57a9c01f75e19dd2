"""Exercises on services as engines run them: requests, batches, caches, experts, drafts and money."""

from ...formulas import attention, cost, decoding, devices, memory, parallelism, serving
from ...units import DAY, GIGA, HOUR
from ..draws import of, shares, steps
from ..telling import percent, told
from ..writing import Chapter, choose, numeric, order

chapter = Chapter("serving-users")


@chapter.exercise(
    level=1,
    teaches="Turn users into requests a second of the busiest hour.",
    text="A service has {users} users, each of whom asks {asked} questions a day; {share} of them come in the busiest hour. "
    "How many requests a second come in that hour?",
    unit="1/s",
    within=(1, 1e5),
    users=of(1e5, 2e5, 5e5, 1e6, 2e6, 5e6),
    asked=steps(2, 30, 1),
    share=shares(0.06, 0.18, 0.01),
)
def requests(users, asked, share):
    mean = users * asked / DAY
    key = serving.peak_rate(mean, share)
    return numeric(
        key,
        mistakes=[
            (mean, "That is the mean of the day; the busiest hour has more."),
            (mean * share, "The hour's questions come within 3,600 seconds, not within a day."),
            (key * HOUR, "Those are the questions of the hour. How many are they in a second?"),
        ],
        hints=["How many questions come in the busiest hour?", "An hour has 3,600 seconds."],
        steps=[
            f"{told(users)} × {told(asked)} × {percent(share)} = {told(key * HOUR)} questions in the hour.",
            f"Divided by 3,600 s: {told(key)} requests a second.",
        ],
    )


@chapter.exercise(
    level=1,
    teaches="Use Little's law: what is in progress is the rate times the time.",
    text="{rate} requests a second come to a service. Each is answered with {answer} tokens, one every {pace} ms. How many answers "
    "are being written at any time?",
    unit="answer",
    within=(1, 1e6),
    rate=steps(5, 400, 5),
    answer=steps(100, 1000, 50),
    pace=steps(10, 80, 2),
)
def in_progress(rate, answer, pace):
    duration = answer * pace / 1000
    key = rate / parallelism.sample_throughput(1, duration)
    return numeric(
        key,
        mistakes=[
            (key * 1000, "A millisecond is a thousandth of a second."),
            (rate * pace / 1000, "An answer takes as long as all of its tokens, not as long as one."),
            (rate / duration, "The longer an answer takes, the more of them are in progress."),
        ],
        hints=["How long does an answer take?", "How many requests come in that time?"],
        steps=[
            f"An answer takes {told(answer)} × {told(pace)} ms = {told(duration)} s.",
            f"{told(rate)} /s × {told(duration)} s = {told(key)} answers.",
        ],
    )


@chapter.exercise(
    level=1,
    teaches="Turn rented devices into the cost of a million tokens.",
    text="{count} devices at {price} USD an hour each write {tokens} tokens a day. What does the rent for a million tokens come to?",
    unit="USD",
    within=(0.001, 1000),
    count=steps(8, 512, 8),
    price=of(1.5, 2, 2.5, 3, 4),
    tokens=of(1e9, 2e9, 3e9, 5e9, 1e10),
)
def million(count, price, tokens):
    rent = cost.rent(count * DAY, price / HOUR)
    key = 1e6 * cost.cost_per_token(rent, tokens)
    return numeric(
        key,
        mistakes=[
            (key / 24, "The price is that of an hour, the tokens are those of a day."),
            (key / count, "That is the rent of one device."),
            (key * 1000, "That is the cost of 10⁹ tokens."),
        ],
        hints=["First the rent of a day.", "How many millions are the tokens of a day?"],
        steps=[
            f"Rent: {told(count)} × {told(price)} USD × 24 = {told(rent)} USD a day.",
            f"{told(rent)} USD / {told(tokens / 1e6)} million tokens = {told(key)} USD.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Compute the cache of a conversation, with the heads that are kept.",
    text="A model has {layers} layers, {heads} query heads and {kept} heads of keys and values, each of 128 numbers (bytes a number: {size}). How "
    "much memory does the cache of a conversation of {context} tokens take?",
    unit="GB",
    within=(0.01, 200),
    layers=of(32, 48, 64, 80),
    heads=of(32, 64),
    kept=of(4, 8),
    size=of(1, 2),
    context=steps(2000, 32000, 1000),
)
def conversation(layers, heads, kept, size, context):
    key = memory.kv_cache_bytes(layers, 128 * heads, heads, kept, context, 1, size) / GIGA
    return numeric(
        key,
        mistakes=[
            (key * heads / kept, "Only the heads of keys and values are kept; several query heads share one."),
            (key / 2, "Keys and values are kept, both."),
            (key / layers, "Every layer keeps keys and values of its own."),
        ],
        hints=[
            "Two vectors a layer, a kept head and a token: a key and a value.",
            "2 × layers × kept heads × 128 × tokens × bytes.",
        ],
        steps=[
            f"2 × {layers} × {kept} × 128 × {size} = {told(key * GIGA / context)} bytes a token.",
            f"Times {told(context)} tokens: {told(key)} GB.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Say how many answers the memory of a replica holds, in whole answers.",
    text="A replica of {count} devices of {held} GB each gives 90 % of its memory to weights and caches. The weights take {weights} GB, "
    "the cache of an answer {cache} GB. How many answers fit?",
    unit="answer",
    tolerance=0,
    within=(4, 5000),
    count=of(4, 8, 16),
    held=of(80, 96, 141, 192),
    weights=steps(40, 220, 10),
    cache=of(0.3, 0.4, 0.6, 0.8, 1.2, 1.6, 2.4),
)
def fit(count, held, weights, cache):
    exact = (0.9 * count * held - weights) / cache
    key = devices.round_down(exact)
    return numeric(
        key,
        mistakes=[
            (devices.round_down(0.9 * count * held / cache), "The weights have to fit, too."),
            (devices.round_down((count * held - weights) / cache), "A tenth of the memory is the engine's."),
            (
                devices.round_down((0.9 * held - weights / count) / cache),
                "That is the share of one device; the replica shares the caches, too.",
            ),
            (devices.round_up(exact), "A part of an answer does not fit: round down."),
        ],
        hints=[
            "What is left of 90 % of the memory after the weights?",
            "Divide by the cache of an answer, and round down.",
        ],
        steps=[
            f"0.9 × {told(count)} × {told(held)} GB = {told(0.9 * count * held)} GB, less {told(weights)} GB of weights.",
            f"{told(exact, 7)}, rounded down: {told(key, 7)} answers.",
        ],
        clear=exact % 1 > 0.05,
    )


@chapter.exercise(
    level=2,
    teaches="Say which share of a mixture's experts a batch reads.",
    text="A mixture sends each token to {chosen} of {experts} experts of a layer. A step writes one token each of {batch} answers. Which "
    "share of the experts is read, on average, if all are equally likely?",
    unit="%",
    within=(1, 99),
    chosen=of(2, 4, 8),
    experts=of(64, 128, 256),
    batch=steps(4, 64, 2),
)
def touched(chosen, experts, batch):
    key = 100 * decoding.touched_share(batch, chosen, experts)
    return numeric(
        key,
        mistakes=[
            (100 * chosen / experts, "That is the share of a single token. Others are sent to other experts."),
            (
                100 * batch * chosen / experts,
                "Some tokens share experts: the shares don't add up, or large batches would read more than all.",
            ),
            (100 - key, "That is the share that no token is sent to."),
        ],
        hints=["With which probability does one token leave an expert alone?", "And all tokens of the batch?"],
        steps=[
            f"A token leaves an expert alone with probability 1 − {chosen}/{experts} = {told(1 - chosen / experts)}.",
            f"All {told(batch)} do with {told(1 - chosen / experts)}^{told(batch)} = {told(1 - key / 100)}; {told(key)} % are read.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Decide whether a draft pays: what it writes against what it costs.",
    text="A small model drafts {draft} tokens for each step of a large one, which takes {share} of a step for each; {accepted} of the drafted "
    "tokens are accepted. Are answers written faster with the draft?",
    draft=steps(2, 8, 1),
    share=shares(0.05, 0.3, 0.05),
    accepted=shares(0.3, 0.9, 0.1),
)
def draft(draft, share, accepted):
    written = decoding.speculative_tokens(accepted, draft)
    longer = 1 + draft * share
    gain = written / longer
    all_kept = (1 + draft) / longer
    yes = f"Yes: {told(gain, 3)} times as fast"
    no = f"No: they take {told(1 / gain, 3)} times as long"
    counted = f"A step writes {told(written, 3)} tokens and takes {told(longer, 3)} times as long."
    right, other = (yes, no) if gain > 1 else (no, yes)
    return choose(
        right,
        wrong=[
            (other, counted),
            (f"Yes: {told(all_kept, 3)} times as fast, as every token counts", "Not every drafted token is accepted."),
        ],
        hints=[
            "A drafted token counts only if all before it were accepted, too.",
            "A step writes (1 − a^(g+1)) / (1 − a) tokens.",
        ],
        steps=[counted, right + "."],
        clear=abs(gain - 1) > 0.1 and abs(all_kept / max(gain, 1 / gain) - 1) > 0.1 and draft > 1,
    )


@chapter.exercise(
    level=3,
    teaches="Rank kinds of attention by the memory of a conversation.",
    text="Four models of 60 layers keep conversations in memory. Order them by the cache of one conversation, the smallest first.",
    long=steps(16000, 64000, 4000),
    short=steps(2000, 8000, 1000),
    middle=steps(8000, 32000, 4000),
)
def kinds(long, short, middle):
    layers = 60

    def values(kept, tokens):
        return layers * tokens * attention.cached_values(kept, 128, 128)

    items = [
        (f"64 heads kept, in 16 bits, {told(short)} tokens", 2 * values(64, short)),
        (f"8 heads kept, in 16 bits, {told(middle)} tokens", 2 * values(8, middle)),
        (f"8 heads kept, in 8 bits, {told(long)} tokens", values(8, long)),
        (
            f"a latent vector of 512 and 64 rotated numbers, in 16 bits, {told(long)} tokens",
            2 * layers * long * attention.latent_cached_values(512, 64),
        ),
    ]
    return order(
        items,
        hints=[
            "A kept head stores a key and a value of 128 numbers each, a latent vector is kept once.",
            "Numbers a layer and token × tokens × bytes.",
        ],
        steps=[f"{text}: {told(value / GIGA)} GB." for text, value in items],
    )
