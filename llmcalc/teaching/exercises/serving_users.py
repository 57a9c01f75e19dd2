"""Exercises on services as engines run them: requests, batches, caches, experts, drafts and money."""

from ...formats import number_of
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
    "How many requests, of one question each, come in a second of that hour?",
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
            f"{told(key * HOUR)} / 3,600 s = {told(key)} requests a second.",
        ],
    )


@chapter.exercise(
    level=1,
    teaches="Use Little's law: what is in progress is the rate times the time.",
    text="{rate} requests a second come to a service. Each is answered with {answer} tokens, one every {pace} ms. How many answers "
    "are being written at any time, on average?",
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
        hints=[
            "How long does an answer take?",
            "How many requests come in that time? All of them are still being answered.",
        ],
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
        hints=[
            "First the rent of a day, of all devices.",
            "How many millions are the tokens of a day? Divide by them.",
        ],
        steps=[
            f"Rent: {told(count)} × {told(price)} USD/h × 24 h = {told(rent)} USD a day.",
            f"{told(rent)} USD / {told(tokens / 1e6)} million tokens = {told(key)} USD.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Compute the cache of a conversation, with the heads that are kept.",
    text="Attention of a model has {heads} query heads and {kept} heads of keys and values in each of its {layers} layers; a key, a value and "
    "a query have 128 numbers each. The keys and values of all tokens are kept, in {bits} bits a number. How much memory does this cache "
    "take for a conversation of {context} tokens?",
    unit="GB",
    within=(0.01, 200),
    layers=of(32, 48, 64, 80),
    heads=of(32, 64),
    kept=of(4, 8),
    bits=of(8, 16),
    context=steps(2000, 32000, 1000),
)
def conversation(layers, heads, kept, bits, context):
    size = bits / 8
    key = memory.kv_cache_bytes(layers, 128 * heads, heads, kept, context, 1, size) / GIGA
    return numeric(
        key,
        mistakes=[
            (key * heads / kept, "Only the heads of keys and values are kept; several query heads share one."),
            (key / 2, "Keys and values are kept, both."),
            (key / layers, "Every layer keeps keys and values of its own."),
            (8 * key, "Those are gigabits: a byte has 8 bits."),
        ],
        hints=[
            "What is kept of a token, in one layer and one head of keys and values?",
            "Two vectors, a key and a value: 2 × 128 numbers. Times heads, layers, tokens and bytes.",
        ],
        steps=[
            f"A token: 2 × 128 × {kept} heads × {layers} layers × {told(size)} bytes = {told(key * GIGA / context)} bytes.",
            f"{told(key * GIGA / context)} × {told(context)} tokens = {told(key * GIGA)} bytes = {told(key)} GB.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Say how many answers the memory of a replica holds, in whole answers.",
    text="A replica of {count} devices of {held} GB each gives 90 % of its memory to weights and caches. The weights take {weights} GB, "
    "the cache of an answer {cache} GB. How many answers does it hold at a time?",
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
            f"0.9 × {told(count)} × {told(held)} GB = {told(0.9 * count * held)} GB; less {told(weights)} GB of weights: "
            f"{told(0.9 * count * held - weights)} GB.",
            f"{told(0.9 * count * held - weights)} / {told(cache)} = {told(exact, 6)}, rounded down: {told(key, 7)} answers.",
        ],
        clear=exact % 1 > 0.05,
    )


@chapter.exercise(
    level=2,
    teaches="Say which share of a mixture's experts a batch reads.",
    text="A mixture of experts sends each token to {chosen} of a layer's {experts} experts, all equally likely. A step writes one token each of "
    "{batch} answers, and reads every expert that any of these tokens is sent to. Which share of the experts is that, on average?",
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
        hints=[
            "With which probability does one token leave an expert alone?",
            "All of them leave it alone with that probability, multiplied by itself once for each token. The rest is read.",
        ],
        steps=[
            f"A token leaves an expert alone with a probability of 1 − {chosen}/{experts} = {told(1 - chosen / experts, 5)}.",
            f"All {told(batch)} do with ${told(1 - chosen / experts, 5)}^{batch}$ = {told(1 - key / 100)}.",
            f"1 − {told(1 - key / 100)} = {told(key)} % are read.",
        ],
    )


@chapter.exercise(
    level=2,
    teaches="Compute the time per output token from what a step reads.",
    text="A step of a replica writes one token of every answer in progress. It reads the weights once, {weights} GB, and the cache of every "
    "answer, {cache} GB each; computing hides behind that. The replica's {count} devices read {bandwidth} GB/s each at the same time. How "
    "long is the time per output token with {batch} answers in progress?",
    unit="ms",
    within=(1, 300),
    weights=steps(30, 200, 5),
    cache=of(0.1, 0.2, 0.3, 0.5, 0.8),
    count=of(2, 4, 8),
    bandwidth=of(2000, 3350, 4800, 8000),
    batch=steps(20, 300, 10),
)
def step_time(weights, cache, count, bandwidth, batch):
    def milliseconds(read, caches, cards=count):
        return 1000 * serving.reading_seconds(read * GIGA, caches * GIGA, cards, bandwidth * GIGA, 1)

    key = milliseconds(weights, batch * cache)
    return numeric(
        key,
        mistakes=[
            (milliseconds(weights, 0), "The caches are read in every step as well."),
            (milliseconds(weights, cache), "Every answer has a cache of its own, and a step reads them all."),
            (
                milliseconds(batch * weights, batch * cache),
                "The weights are read once a step, for all answers together: that is what a batch saves.",
            ),
            (milliseconds(weights, batch * cache, 1), "Each device reads its part at the same time."),
        ],
        hints=[
            "How many GB does a step read: the weights once, and how many caches?",
            "Divide by the bandwidth of all devices together; GB / (GB/s) are seconds.",
        ],
        steps=[
            f"Read: {told(weights)} + {told(batch)} × {told(cache)} = {told(weights + batch * cache)} GB.",
            f"Bandwidth: {count} × {told(bandwidth)} GB/s = {told(count * bandwidth)} GB/s.",
            f"{told(weights + batch * cache)} / {told(count * bandwidth)} = {told(key / 1000)} s = {told(key)} ms.",
        ],
    )


@chapter.exercise(
    level=3,
    teaches="Decide whether a draft pays: what it writes against what it costs.",
    text="A small model drafts {draft} tokens for each step of a large one, and takes {share} of a step for each of them. The large one accepts a "
    "drafted token with a probability of {accepted}, only if it has accepted all before it, and writes one of its own in any case. How fast "
    "are answers written, compared with those without a draft?",
    draft=steps(2, 8, 1),
    share=shares(0.05, 0.3, 0.05),
    accepted=shares(0.3, 0.9, 0.1),
)
def draft(draft, share, accepted):
    written = decoding.speculative_tokens(accepted, draft)
    longer = 1 + draft * share

    def speed(tokens, time=longer):
        gain = tokens / time
        return told(gain, 3) + (" times as fast" if gain > 1 else " times as fast, and so slower")

    took = f"A step takes 1 + {draft} × {told(share)} = {told(longer, 3)} times as long, for {told(written, 3)} tokens."
    claims = [
        (speed(1 + draft), "Not every drafted token is accepted."),
        (
            speed(1 + draft * accepted),
            "A token after the first that was refused is lost, even if it would have been accepted by itself.",
        ),
        (speed(written, 1), "The draft takes time, too. " + took),
    ]
    right = speed(written)
    values = [written / longer, (1 + draft) / longer, (1 + draft * accepted) / longer, written]
    return choose(
        right,
        wrong=claims,
        hints=[
            "With which probability is the first drafted token kept? The second? Add them all up, and the one that the large model writes itself.",
            "With a probability $a$ and $g$ drafted tokens a step writes $1 + a + a^2 + … + a^g = (1 − a^(g+1)) / (1 − a)$ tokens. How "
            "much longer does it take?",
        ],
        steps=[
            f"A step writes $(1 − {told(accepted)}^{draft + 1}) / (1 − {told(accepted)})$ = {told(written, 4)} tokens.",
            took,
            f"{told(written, 4)} / {told(longer, 3)} = {right}.",
        ],
        # Each claim is another speed for everybody who rounds, and none lies half way between two.
        clear=all(abs(values[0] * scale % 1 - 0.5) > 0.01 for scale in (100, 1000))
        and all(abs(one / other - 1) > 0.05 for place, one in enumerate(values) for other in values[:place] + [1.0]),
    )


@chapter.exercise(
    level=3,
    teaches="Say what holds a batch down, the memory or the promised pace, and how many answers are left.",
    text="Each of a replica's {count} devices has {held} GB of memory and reads it at {bandwidth} GB/s. 90 % of the memory of them all is for "
    "the weights, {weights} GB, and for caches of {cache} GB an answer. A step reads the weights and all caches once, and users are promised a token every "
    "{limit} ms. How many answers can be in progress at a time, and what sets that number?",
    count=of(2, 4, 8),
    held=of(80, 96, 141, 192),
    bandwidth=of(2000, 3350, 4800, 8000),
    weights=steps(70, 400, 10),
    cache=of(0.3, 0.4, 0.6, 0.8, 1.2),
    limit=steps(15, 60, 5),
)
def holds(count, held, bandwidth, weights, cache, limit):
    most = limit / 1000 * count * bandwidth  # GB that a step may read
    room = (0.9 * count * held - weights) / cache
    fixed = serving.reading_seconds(weights * GIGA, 0, count, bandwidth * GIGA, 1)
    pace = serving.batch_in_time(limit / 1000, fixed, cache / (count * bandwidth)) if fixed < limit / 1000 else 0
    held_answers = devices.round_down(room) if room > 0 else 0
    texts = (
        f"{told(held_answers)} answers, by the memory",
        f"{told(pace)} answers, by the promised pace",
        f"{told(devices.round_down(0.9 * count * held / cache))} answers, by the memory",
        f"{told(devices.round_down(most / cache))} answers, by the promised pace",
    )
    said = (
        f"The memory holds {told(held_answers)}, but with so many a step takes longer than was promised: {told(pace)} are in time.",
        f"{told(pace)} would be in time, but the memory holds {told(held_answers)} only.",
        "The weights have to fit, too.",
        "A step reads the weights, too, before it reads any cache.",
    )
    place = 0 if held_answers < pace else 1
    return choose(
        texts[place],
        wrong=[(texts[other], said[other]) for other in range(4) if other != place],
        hints=[
            "How many caches fit beside the weights?",
            "How many GB may a step read in the promised time? Take the weights off, and divide by a cache. The smaller number holds.",
        ],
        steps=[
            f"Memory: (0.9 × {count} × {told(held)} − {told(weights)}) / {told(cache)} = {told(room, 5)}: {told(held_answers)} answers.",
            f"Pace: a step may read {told(limit)} ms × {count} × {told(bandwidth)} GB/s = {told(most)} GB; ({told(most)} − {told(weights)}) / "
            f"{told(cache)} = {told((most - weights) / cache, 5)}: {told(pace)} answers.",
            f"The smaller one holds: {texts[place]}.",
        ],
        clear=held_answers > 4
        and pace > 4
        and abs(held_answers / pace - 1) > 0.1
        and 0.05 < room % 1 < 0.95
        and 0.05 < (most - weights) / cache % 1 < 0.95,
    )


@chapter.exercise(
    level=3,
    teaches="Choose the replica that serves a demand for less, counting whole replicas.",
    text="The busiest hour of a service needs {need} tokens a second, and what is rented for it is rented all day. A replica of 8 cards A writes "
    "{first} tokens a second and rents for {cheap} USD an hour. One of 2 cards B writes {second} for {dear} USD an hour. "
    "Which cards cost less?",
    need=steps(2000, 30000, 500),
    first=steps(4000, 16000, 1000),
    cheap=steps(12, 32, 2),
    second=steps(800, 4000, 200),
    dear=steps(3, 9, 0.5),
)
def cheaper(need, first, cheap, second, dear):
    counts = [devices.round_up(need / rate) for rate in (first, second)]
    prices, rates, names = (cheap, dear), (first, second), ("A", "B")
    day = [cost.rent(counts[each] * DAY, prices[each] / HOUR) for each in range(2)]
    token = [1e6 * cost.cost_per_token(prices[each], rates[each] * HOUR) for each in range(2)]
    options = ("Cards A", "Cards B", "Both cost the same within 5 %")
    place = 2 if abs(day[0] / day[1] - 1) < 0.05 else 0 if day[0] < day[1] else 1
    cheaper_token = 0 if token[0] < token[1] else 1
    why = [
        f"A million tokens of full replicas are cheaper on them, {told(token[each], 3)} against {told(token[1 - each], 3)} USD. But here the "
        f"last replica is not full: {told(day[each])} against {told(day[1 - each])} USD a day."
        if each == cheaper_token
        else f"Whole replicas of them cost {told(day[each])} USD a day. What do the others cost?"
        for each in range(2)
    ]
    why.append(f"A cost {told(day[0])} USD a day, B {told(day[1])}.")
    return choose(
        options[place],
        wrong=[(options[other], why[other]) for other in range(3) if other != place],
        hints=[
            "How many whole replicas of each does the busiest hour take?",
            "Replicas × rent × 24 h. A replica that is half idle costs as much as a full one.",
        ],
        steps=[
            f"{names[each]}: {told(need)} / {told(rates[each])} = {told(need / rates[each], 3)}, so {number_of(counts[each], 'replica')}; × "
            f"{told(prices[each])} USD/h × 24 h = {told(day[each])} USD a day."
            for each in range(2)
        ]
        + [options[place] + "."],
        clear=abs(abs(day[0] / day[1] - 1) - 0.05) > 0.02 and 0.02 < abs(token[0] / token[1] - 1) < 0.6,
    )


@chapter.exercise(
    level=3,
    teaches="Rank kinds of attention by the memory of a conversation.",
    text="Four models of 60 layers keep conversations in memory. In each layer three of them keep of every token a key and a value of 128 "
    "numbers in so many heads; the fourth keeps one short vector instead, from which keys and values are worked out again (latent "
    "attention). Order them by the cache of one conversation, the smallest first.",
    long=steps(16000, 64000, 4000),
    short=steps(2000, 8000, 1000),
    middle=steps(8000, 32000, 4000),
)
def kinds(long, short, middle):
    layers = 60

    def values(kept, tokens):
        return layers * tokens * attention.cached_values(kept, 128, 128)

    items = [
        (f"64 heads, in 16 bits, {told(short)} tokens", 2 * values(64, short)),
        (f"8 heads, in 16 bits, {told(middle)} tokens", 2 * values(8, middle)),
        (f"8 heads, in 8 bits, {told(long)} tokens", values(8, long)),
        (
            f"a latent vector of 512 + 64 numbers, in 16 bits, {told(long)} tokens",
            2 * layers * long * attention.latent_cached_values(512, 64),
        ),
    ]
    sums = (
        f"2 × 128 × 64 × 2 bytes × 60 × {told(short)}",
        f"2 × 128 × 8 × 2 bytes × 60 × {told(middle)}",
        f"2 × 128 × 8 × 1 byte × 60 × {told(long)}",
        f"(512 + 64) × 2 bytes × 60 × {told(long)}",
    )
    return order(
        items,
        hints=[
            "How many numbers does a token keep in a layer? A head has two vectors of 128; the latent vector is there once.",
            "Numbers × bytes each × layers × tokens. The layers are the same in all four.",
        ],
        steps=[f"{items[place][0]}: {sums[place]} = {told(items[place][1] / GIGA)} GB." for place in range(4)],
    )
