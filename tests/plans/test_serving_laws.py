"""Services by laws that hold whatever their constants are, Little's and queues'; and refusals that come true."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcalc import catalogue, datasets, known_models
from llmcalc.checks import Refusal
from llmcalc.models.device import Device
from llmcalc.models.service import Service
from llmcalc.plans import serving
from llmcalc.plans.pools import pools_plan
from llmcalc.plans.serving import Impossible, replica, service_devices, service_plan, sizes
from tests.models.test_service_laws import CARD, DENSE, NOTHING

LLAMA, MIXTURE = known_models.model("Llama 3.1 8B"), known_models.model("Qwen3 30B A3B")
H100 = catalogue.device("H100")


def service(model=LLAMA, device=H100, number_format="fp8", ranks=1, **options):
    return Service(model, device, number_format, ranks, **options)


# Looking for the largest batch


def above(root, power):
    """What grows from -1 to 1 and is 0 at a root, more or less steeply."""

    def excess(tried):
        part = (tried / root) ** power
        return (part - 1) / (part + 1)

    return excess


@given(st.floats(1e-6, 0.999), st.sampled_from([1, 2, 3, 7]), st.floats(0.5, 1e6))
def test_the_largest_number_is_the_root_from_below(share, power, high):
    root = share * high
    found = serving._largest(above(root, power), high)
    assert root * (1 - 1e-8) <= found <= root * (1 + 1e-15)


def test_where_all_or_nothing_is_too_much_the_largest_is_an_end():
    assert serving._largest(lambda tried: -1.0, 7.0) == 7.0
    assert serving._largest(lambda tried: 0.0, 7.0) == 7.0
    assert serving._largest(lambda tried: 1.0, 7.0) == 0.0
    assert serving._largest(lambda tried: 1e-30, 7.0) == 0.0
    found = serving._largest(lambda tried: -1.0 if tried <= 2.5 else 1.0, 7.0)  # a step is no trouble, either
    assert found == pytest.approx(2.5, rel=1e-8)


def test_numbers_looked_for_together_are_those_found_alone():
    roots = np.array([0.3, 1.7, 99.0, 2.0, 1e-3, 1e-12, 1.999999, 1.0, 0.01])
    high = np.array([2.0, 2.0, 2.0, 2.0, 3.0, 5.0, 2.0, 2.0, 7.0])
    powers = np.array([1, 3, 2, 1, 4, 1, 7, 5, 2])

    together = serving._largest_of_each(lambda places: above(roots[places], powers[places]), high)
    alone = [serving._largest(above(root, power), most) for root, power, most in zip(roots, powers, high, strict=True)]
    assert list(together) == pytest.approx(alone, rel=1e-8)
    assert list(together) == pytest.approx([0.3, 1.7, 2.0, 2.0, 1e-3, 0.0, 1.999999, 1.0, 0.01], rel=1e-8)


# A replica at work


@pytest.mark.parametrize("options", [{}, {"draft_tokens": 3, "acceptance": 0.7}, {"answers_per_question": 4}], ids=str)
@pytest.mark.parametrize("model", [LLAMA, MIXTURE], ids=lambda model: model.name)
def test_as_many_are_there_as_come_in_the_time_that_each_stays(model, options):
    """Little's law."""
    at = service(model, **options)
    most = replica(at).requests
    for work in (replica(at), replica(at, 0.5 * most), replica(at, 1e-3 * most), replica(at, concurrency=3)):
        written = at.answer_tokens * at.answers_per_question
        assert work.batch == pytest.approx(work.requests * written * work.output_token["mean"], rel=1e-6)
        assert work.output_tokens == pytest.approx(work.requests * written, rel=1e-6)
        assert work.answer["mean"] == pytest.approx(
            work.first_token["mean"] + (at.answer_tokens - 1) * work.output_token["mean"]
        )
        assert work.memory["weights"] == at.weight_bytes
        assert work.memory["engine"] == at.program_bytes
        assert work.memory["caches"] == pytest.approx(work.batch * at.sequence_bytes(at.mean_context()))
        for latency in (work.first_token, work.output_token, work.answer):
            assert latency["p50"] <= latency["p95"] * (1 + 1e-12) <= latency["p99"] * (1 + 1e-9)
    assert replica(at, concurrency=3).batch == 3 * at.answers_per_question
    assert replica(at, concurrency=1e9).batch == at.full_batch()


def test_next_to_nothing_is_served_in_proportion():
    at = service()
    full = replica(at).requests
    batches = [replica(at, full * share).batch for share in (1e-14, 1e-13, 1e-12)]
    assert batches == pytest.approx([batches[0], 10 * batches[0], 100 * batches[0]], rel=1e-6)
    assert replica(at, full * 1e-13).load == pytest.approx(1e-13, rel=1e-6)


def test_a_request_that_is_alone_waits_for_its_prompt_and_half_a_step():
    at = service(question_tokens=3000, chunk_tokens=1e4)
    idle = replica(at, 1e-9)
    quiet = at.step_seconds(1.0, at.mean_context())
    # Whoever finds an engine that never stops finds a step half done.
    expected = at.first_token_seconds() + 0.5 * idle.output_token["mean"]
    assert idle.first_token["mean"] == pytest.approx(expected, rel=0.03)
    # A prompt that takes three steps more of an engine waits for these.
    chunked = replica(service(question_tokens=3000, chunk_tokens=750), 1e-9)
    assert chunked.first_token["mean"] - idle.first_token["mean"] == pytest.approx(3 * quiet, rel=0.05)
    assert chunked.first_token["p95"] > idle.first_token["p95"]


@pytest.mark.parametrize("spread", [0.2, 0.5, 1.0])
def test_answers_of_a_gamma_distribution_take_times_of_one(spread):
    from scipy import stats  # which takes a second to load

    idle = replica(service(answer_spread=spread, question_tokens=10, answer_tokens=3000), 1e-9)
    mean = idle.answer["mean"]
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        expected = mean * stats.gamma.ppf(share, spread**-2, scale=spread**2)
        assert idle.answer[name] == pytest.approx(expected, rel=0.04)


def waiting(busy, largest, spread):
    at = service(answer_spread=spread, largest_batch=largest)
    waits = serving._Waits(at, at.pace(busy * largest), 0.0)
    waits.busy = busy
    return waits, waits.seconds * at.answer_tokens


@pytest.mark.parametrize("busy", [0.3, 0.6, 0.9, 0.99])
def test_before_one_place_in_memory_all_wait_like_before_one_server(busy):
    """P(W > t) = rho exp(-(1 - rho) t / s) of M/M/1: Erlang 1917, in every book on queues."""
    waits, served = waiting(busy, 1, spread=1.0)
    for beyond in (0.5, 0.05, 0.01):
        expected = max(0.0, served / (1 - busy) * math.log(busy / beyond))
        assert waits._queued(beyond) == pytest.approx(expected, rel=1e-9)
    # Equal answers are waited for half as long (Pollaczek and Khinchine).
    equal, served = waiting(busy, 1, spread=0.0)
    assert equal._queued(0.01) == pytest.approx(served / (1 - busy) * math.log(busy / 0.01) / 2, rel=1e-9)


def test_spreads_of_answers_count_by_their_squares():
    # Allen and Cunneen: half of 1 + c^2.
    (even, served), (uneven, _) = waiting(0.9, 1, spread=0.0), waiting(0.9, 1, spread=0.5)
    assert uneven._queued(0.05) == pytest.approx(1.25 * even._queued(0.05), rel=1e-3)
    assert even._queued(0.05) == pytest.approx(0.5 * served / 0.1 * math.log(0.9 / 0.05))


@pytest.mark.parametrize("latency", ["first_token", "output_token", "answer"])
def test_who_comes_less_evenly_waits_longer(latency):
    def late(**options):
        at = service(question_tokens=2000, **options)
        return getattr(replica(at, 0.5 * most), latency)["p95"]

    most = replica(service(question_tokens=2000, question_spread=2.0, answer_spread=1.0)).requests
    for spread in ("question_spread", "answer_spread"):
        if (latency, spread) == ("output_token", "answer_spread"):
            continue  # of which it is no part
        times = [late(**{spread: value}) for value in (0.0, 0.5, 1.0)]
        assert times == sorted(times)
        assert times[2] > 1.01 * times[0] or spread == "answer_spread"


def test_before_many_places_few_wait_and_briefly():
    def erlang(servers, load):  # P(W > 0) of M/M/m
        offered = servers * load
        blocked = 1.0
        for number in range(1, servers + 1):
            blocked = offered * blocked / (number + offered * blocked)
        return blocked / (1 - load + load * blocked)

    for servers in (2, 10, 100):
        waits, served = waiting(0.9, servers, spread=1.0)
        rate = servers * (1 - 0.9) / served
        expected = max(0.0, math.log(erlang(servers, 0.9) / 0.01) / rate)
        assert waits._queued(0.01) == pytest.approx(expected, rel=0.15)


def test_latency_turns_where_waiting_is_twice_that_of_a_request_alone():
    for model in (LLAMA, MIXTURE):
        at = service(model, question_tokens=3000)
        most = replica(at).requests
        alone, share = replica(at, 1e-7 * most), serving.turning_load(at)
        assert 0.05 < share < 1
        turned = replica(at, share * most)
        assert turned.first_token["p95"] == pytest.approx(2 * alone.first_token["p95"], rel=1e-3)
        assert serving.turning_load(at, "p99") != share
    with pytest.raises(Refusal, match=r"^quantile = 'p90' is not accepted: give one of p50, p95, p99"):
        serving.turning_load(at, "p90")
    with pytest.raises(Refusal, match="not even one sequence fits"):
        serving.turning_load(service(known_models.model("Llama 3.1 405B")))


def test_prompts_take_a_share_of_the_time_between_none_and_all():
    shares = [
        serving.reading_share(replica(service(question_tokens=question, answer_tokens=answer)))
        for question, answer in ((1, 1000), (1000, 1000), (10000, 1000), (10000, 100), (10000, 10))
    ]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < 0.1
    assert 0.95 < shares[-1] < 1
    # By hand: what the time between tokens has beyond steps that read nothing.
    texts = {"question_tokens": 2000, "answer_tokens": 200}
    work = replica(service(**texts), concurrency=20)
    quiet = work.service.step_seconds(20, 2100)
    assert serving.reading_share(work) == pytest.approx(1 - quiet / work.output_token["mean"])
    # Three tokens of a draft, of which each takes a twentieth of a step, and half of the first are right.
    work = replica(service(draft_tokens=3, acceptance=0.5, draft_cost=0.05, **texts), concurrency=20)
    quiet = work.service.step_seconds(20, 2100) * 1.15 / (1 + 0.5 + 0.25 + 0.125)
    assert serving.reading_share(work) == pytest.approx(1 - quiet / work.output_token["mean"])


# Plans


def test_a_plan_has_a_range_of_what_was_published():
    for model, kind in ((LLAMA, "dense"), (MIXTURE, "mixture")):
        plan = service_plan(model, H100, 300.0, number_format="fp8")
        known = {row["constant"]: row["value"] for row in datasets.records("serving-constants")}
        low, high = known["low_" + kind], known["high_" + kind]
        assert low < 1 < high
        assert serving.interval(kind) == (low, high)
        of_each = plan.replica.devices
        fewest, most = (of_each * math.ceil(300.0 / (plan.replica.requests * share)) for share in (high, low))
        assert plan.range == (fewest, most)
        assert fewest <= plan.devices <= most
        assert plan.busiest.requests * plan.replicas == pytest.approx(300.0, rel=1e-6)


def test_badges_follow_from_what_was_measured():
    row = datasets.records("serving-published")[0]
    model, device = known_models.model(row["model"]), catalogue.device(row["accelerator"])
    assert serving.badge(Service(model, device, row["number_format"])) == "measured"
    other = known_models.model("GPT-2 124M")
    assert serving.badge(Service(other, device, row["number_format"])) == "fitted"
    assert serving.badge(Service(other, device, "tf32")) == "bound"


def test_sizes_of_replicas():
    # 32 heads and 8 of keys and values: ranks up to eight that are joined, and then powers of two of stages.
    stages = [(8, stages, 1, 1) for stages in (2, 4, 8, 16)]
    assert sizes(LLAMA, H100) == [(1, 1, 1, 1), (2, 1, 1, 1), (4, 1, 1, 1), (8, 1, 1, 1), *stages]
    assert sizes(LLAMA, H100, 16) == [(8, 2, 1, 1)]
    assert sizes(LLAMA, H100, 1) == [(1, 1, 1, 1)]
    alone = Device("alone", {"bf16": 1e15}, memory=8e10, memory_bandwidth=3e12)
    assert sizes(LLAMA, alone) == [(1, 1, 1, 1)]
    joined = Device("joined", {"bf16": 1e15}, memory=8e10, memory_bandwidth=3e12, network_bandwidth=5e10)
    assert sizes(LLAMA, joined) == [(1, stages, 1, 1) for stages in (1, 2, 4, 8, 16)]
    with pytest.raises(Refusal, match=r"^devices_per_replica = 3 .*divides the 32 heads: 1, 2, 4, 8, 16, 32, 64, 128$"):
        sizes(LLAMA, H100, 3)
    gpt = known_models.model("GPT-2 124M")  # 12 layers of 12 heads
    assert [cut[:2] for cut in sizes(gpt, H100)] == [(1, 1), (2, 1), (3, 1), (4, 1), (6, 1), (6, 2), (6, 4), (6, 8)]


def test_sizes_of_replicas_of_a_mixture():
    # Each expert in parts or shared whole, in a server or over as many as leave each rank an expert: 8 of Mixtral's.
    mixtral = known_models.model("Mixtral 8x7B")
    assert sizes(mixtral, H100) == [
        *[(ranks, 1, 1, 1) for ranks in (1, 2, 4, 8)],
        *[(ranks, 1, 1, ranks) for ranks in (2, 4, 8)],
        *[(8, stages, 1, 8) for stages in (2, 4, 8, 16)],
    ]
    wide = sizes(known_models.model("DeepSeek V3"), H100)  # 256 experts
    assert [cut for cut in wide if cut[2] > 1] == [(8, 1, servers, 8 * servers) for servers in (2, 4, 8, 16, 32)]
    assert sizes(known_models.model("DeepSeek V3"), H100, 32) == [(8, 4, 1, 8), (8, 1, 4, 32)]
    at = Service(known_models.model("DeepSeek V3"), H100, "fp8")
    for cut in wide:
        other = at.resized(*cut)
        assert other.cut == cut
        assert other.devices == cut[0] * cut[1] * cut[2]
        direct = Service(at.model, H100, "fp8", cut[0], cut[1], cut[2], cut[3])
        assert other.step_seconds(32.0, 500.0, 100.0, 1.0) == direct.step_seconds(32.0, 500.0, 100.0, 1.0)
        assert other.cache_room == direct.cache_room


def test_a_model_that_fits_nowhere_says_how_much_it_takes():
    card = Device("card", {"bf16": 1e15}, memory=1e10, memory_bandwidth=3e12)
    options = {"number_format": "bf16", "engine_bytes": 2e9, "question_tokens": 500, "answer_tokens": 1000}
    with pytest.raises(Impossible) as refused:
        service_plan(LLAMA, card, 1.0, cache_share=0.5, **options)
    # 8,030,261,248 parameters and 1,500 tokens of 32 layers' keys and values of 8 heads of 128, in 2 bytes each.
    weights, cache = 2 * 8_030_261_248, 1500 * 2 * 32 * 8 * 128 * 2
    needed = (2e9 + weights + cache / 0.5) / 1e9
    assert f"take {needed:.1f} GB, and the largest replica" in refused.value.words
    assert "of the device, 1 of them, has 10 GB" in refused.value.words
    assert (refused.value.argument, refused.value.value) == ("device", "card")
    # With as much, it does.
    enough = Device("card", {"bf16": 1e15}, memory=1.0001e9 * needed, memory_bandwidth=3e12)
    assert service_plan(LLAMA, enough, 1e-3, cache_share=0.5, **options).devices == 1
    short = Device("card", {"bf16": 1e15}, memory=0.999e9 * needed, memory_bandwidth=3e12)
    with pytest.raises(Impossible):
        service_plan(LLAMA, short, 1e-3, cache_share=0.5, **options)
    # Long answers are there longer than short ones.
    with pytest.raises(Impossible) as refused:
        service_plan(LLAMA, card, 1.0, cache_share=0.5, answer_spread=2.0, **options)
    needed += 4 * 1000 * 2 * 32 * 8 * 128 * 2 / 0.5 / 1e9
    assert f"take {needed:.1f} GB" in refused.value.words


@pytest.mark.parametrize("quantile", ["p50", "p95"])
@pytest.mark.parametrize("name", ["time_to_first_token", "time_per_output_token"])
def test_a_limit_that_no_replica_keeps_is_refused_with_one_that_one_does(name, quantile):
    limit = 1e-5
    with pytest.raises(Impossible) as refused:
        service_plan(LLAMA, H100, 5.0, quantile=quantile, **{name: limit})
    assert (refused.value.argument, refused.value.value) == (name, limit)
    assert f"for {quantile[1:]} of 100 requests" in refused.value.accepted
    shortest = float(refused.value.accepted.split()[0])
    kinds = {"time_to_first_token": "to the first token", "time_per_output_token": "per output token"}
    assert f"the shortest time {kinds[name]} that" in refused.value.words
    assert f"is {shortest:g} s, and 1 × 10⁻⁵ s are allowed" in refused.value.words
    idle = int(refused.value.words.split(" idle devices")[0].split()[-1])
    plan = service_plan(LLAMA, H100, 1e-6, quantile=quantile, **{name: 1.005 * shortest})  # it has three digits
    assert plan.replica.devices == idle
    with pytest.raises(Impossible):
        service_plan(LLAMA, H100, 1e-6, quantile=quantile, **{name: 0.99 * shortest})


def test_limits_that_no_replica_keeps_together_are_refused_with_what_keeps_both():
    # One rank keeps the first token of short prompts soonest where links are slow, and many write soonest.
    slow = Device(
        "slowly joined",
        {"bf16": 1e15},
        memory=8e10,
        memory_bandwidth=3e12,
        link_bandwidth=1e9,
        link_devices=8,
    )
    options = {"question_tokens": 4000, "answer_tokens": 200, "number_format": "bf16"}

    def alone(ranks):
        work = replica(Service(LLAMA, slow, tensor_parallel=ranks, **options), 1e-9)
        return work.first_token["p95"], work.output_token["p95"]

    times = [alone(ranks) for ranks in (1, 2, 4, 8)]
    quickest_first, quickest_token = (min(times, key=lambda each, place=place: each[place]) for place in (0, 1))
    assert quickest_first != quickest_token
    first, token = 1.01 * quickest_first[0], 1.01 * quickest_token[1]
    with pytest.raises(Impossible) as refused:
        service_plan(LLAMA, slow, 1e-6, first, token, **options)
    assert refused.value.argument == "time_per_output_token"
    assert refused.value.value == token
    assert "no replica keeps both limits" in refused.value.words
    shortest = float(refused.value.accepted.split()[0])
    assert shortest == pytest.approx(1.001 * quickest_first[1], rel=0.01)
    assert f"takes {shortest:g} s per output token" in refused.value.words
    assert service_plan(LLAMA, slow, 1e-6, first, 1.01 * shortest, **options).devices == 1


@pytest.mark.parametrize(
    ("argument", "value", "complaint"),
    [
        ("quantile", "p90", r"^quantile = 'p90' is not accepted: give one of p50, p95, p99"),
        ("load", 0.995, r"^load = 0.995 "),
        ("load", 0.009, r"^load = 0.009 "),
        ("time_to_first_token", 0.0, "^time_to_first_token"),
        ("time_per_output_token", -1.0, "^time_per_output_token"),
        ("devices_per_replica", -1, "^devices_per_replica"),
    ],
)
def test_nonsense_is_refused(argument, value, complaint):
    with pytest.raises(Refusal, match=complaint):
        service_plan(LLAMA, H100, 1.0, **{argument: value})
    for load in (0.01, 0.99):
        assert service_plan(LLAMA, H100, 1.0, load=load).replica.load <= load * (1 + 1e-9)


def test_devices_of_arrays_are_infinite_where_nothing_helps():
    rates = np.array([1.0, 1.0, 1e4])
    found = service_devices(LLAMA, H100, rates, time_to_first_token=np.array([1.0, 1e-6, 1.0]), number_format="fp8")
    assert np.isinf(found).tolist() == [False, True, False]
    assert found[0] == service_plan(LLAMA, H100, 1.0, 1.0, number_format="fp8").devices
    assert service_devices(LLAMA, H100, 1.0, time_to_first_token=1e-6) == math.inf
    limits = np.array([1.0, 1e-6])
    for name in ("time_to_first_token", "time_per_output_token"):
        assert np.isinf(service_devices(LLAMA, H100, 1.0, number_format="fp8", **{name: limits})).tolist() == [
            False,
            True,
        ]
    long = service_devices(LLAMA, H100, 1.0, question_tokens=np.array([1000, 10**7]), number_format="fp8")
    assert long[0] == service_plan(LLAMA, H100, 1.0, number_format="fp8").devices
    # Of a device without links there is one size, which may hold one sequence and a half.
    texts = {
        "number_format": "bf16",
        "engine_bytes": 0,
        "cache_share": 1,
        "question_tokens": 1000,
        "answer_tokens": 1000,
    }
    sequence = 2000 * 2 * 32 * 8 * 128 * 2
    for sequences, fits in ((1.5, True), (0.9, False)):
        card = Device("card", {"bf16": 1e15}, memory=2 * 8_030_261_248 + sequences * sequence, memory_bandwidth=3e12)
        found = service_devices(LLAMA, card, np.array([1e-3, 1.0]), **texts)
        assert np.isfinite(found).tolist() == [fits, fits]
    # 10 million tokens of 32 layers' 2 * 8 * 128 values of a byte are 655 GB.
    assert long[1] == service_plan(LLAMA, H100, 1.0, number_format="fp8", question_tokens=10**7).devices > 8


POOLS = {"number_format": "fp8", "answer_spread": 0.5, "question_spread": 0.5}


@settings(max_examples=25)
@given(
    st.floats(0.1, 300), st.floats(0.05, 0.95), st.sampled_from([500, 4000]), st.floats(0.3, 5), st.floats(0.01, 0.1)
)
def test_pools_keep_their_limits_and_hold_their_work(rate, load, question, first, token):
    device = catalogue.device("H200")
    given_ = {"load": load, "question_tokens": question, **POOLS}
    try:
        plan = pools_plan(LLAMA, device, rate, first, token, **given_)
    except Impossible:
        return
    busiest = plan.busiest
    assert plan.devices == plan.reading.devices + plan.writing.devices
    # The cache of the prompt goes through the network of the fewer devices, and whoever waits for it waits for both.
    fewer = min(plan.reading.replica.devices, plan.writing.replica.devices)
    sent = question * 2 * 32 * 8 * 128 * 1 / (device.network_bandwidth * fewer)
    assert plan.transfer_seconds == pytest.approx(sent)
    assert busiest.first_token["p95"] <= first * (1 + 1e-6)
    parts = [pool.busiest.first_token["p95"] for pool in (plan.reading, plan.writing)]
    assert busiest.first_token["p95"] == pytest.approx(sum(parts) + sent)
    assert plan.writing.busiest.output_token["p95"] <= token * (1 + 1e-6)
    assert busiest.load <= load * (1 + 1e-6)
    # Nobody reads where others write.
    writer, reader = plan.writing.replica.service, plan.reading.replica.service
    assert writer.read_tokens() == writer.prompt_attention() * writer.reads_prompts == 0
    assert reader.answer_tokens == 1
    # Devices by what they are for are all devices; the range spans both pools.
    assert sum(plan.why.values()) == pytest.approx(plan.devices)
    assert plan.range[0] <= plan.devices <= plan.range[1]
    assert plan.reading_share == plan.reading.devices / plan.devices
    assert plan.scaled([1e-9, rate]) == [plan.reading.replica.devices + plan.writing.replica.devices, plan.devices]
    assert busiest.answer["p50"] < busiest.answer["p95"] < busiest.answer["p99"]
    assert busiest.answer["p95"] >= max(parts[0], plan.writing.busiest.answer["p50"])


@settings(max_examples=20)
@given(st.floats(1, 300), st.sampled_from([500, 4000]), st.floats(0.3, 5), st.floats(0.01, 0.1), st.floats(1.1, 3))
def test_asking_less_of_pools_never_takes_more_devices(rate, question, first, token, factor):
    device = catalogue.device("H200")

    def devices(rate=rate, first=first, token=token, question=question):
        try:
            return pools_plan(LLAMA, device, rate, first, token, question_tokens=question, **POOLS).devices
        except Impossible:
            return math.inf

    asked = devices()
    assert devices(rate=rate / factor) <= asked
    assert devices(first=first * factor) <= asked
    assert devices(token=token * factor) <= asked
    assert devices(question=question / factor) <= asked


def test_pools_say_what_stands_in_their_way():
    lonely = Device("lonely", {"bf16": 1e15}, memory=8e10, memory_bandwidth=3e12)
    with pytest.raises(Impossible, match="a device with a network") as refused:
        pools_plan(LLAMA, lonely, 1.0)
    assert "caches travel between pools over the network" in refused.value.words
    with pytest.raises(Impossible, match="time_to_first_token") as refused:
        pools_plan(LLAMA, H100, 1.0, 1e-3, question_tokens=10**6)
    # The advice is right: who follows it is served.
    assert "with caches sent in it, is" in refused.value.words
    enough = float(refused.value.accepted.split()[0].replace(",", ""))
    assert pools_plan(LLAMA, H100, 1.0, enough, question_tokens=10**6).devices > 0
    with pytest.raises(Refusal, match="devices_per_replica"):
        pools_plan(LLAMA, H100, 1.0, devices_per_replica=3)
    # Larger replicas would do, but those were not asked for.
    with pytest.raises(Impossible) as refused:
        pools_plan(known_models.model("Llama 3.1 405B"), H100, 1.0, number_format="fp8", devices_per_replica=2)
    assert "the largest replica that engines make of the device, 2 of them" in refused.value.words
    with pytest.raises(Impossible, match="time_per_output_token"):
        pools_plan(LLAMA, H100, 1.0, time_per_output_token=1e-6, devices_per_replica=2)


def test_replicas_are_counted_by_rates():
    plan = service_plan(LLAMA, H100, 100.0, number_format="fp8")
    each, devices = plan.replica.requests, plan.replica.devices
    rates = [1e-9, 0.5 * each, each, 1.5 * each, 7 * each, 7.01 * each]
    assert plan.scaled(rates) == [devices * number for number in (1, 1, 1, 2, 7, 8)]


@pytest.mark.parametrize("share", [0.0417, 0.05, 0.08, 0.2, 0.9])
def test_a_day_goes_up_and_down_once_by_the_cosine(share):
    rates = serving.day_rates(3.0, share)
    assert rates[1:] == pytest.approx(rates[:0:-1])  # the afternoon mirrors the morning
    assert rates[:13] == sorted(rates[:13], reverse=True)
    logarithms = [math.log(rate) for rate in rates]
    halves = (logarithms[0] - logarithms[12]) / 2  # k, from the ends
    middle = (logarithms[0] + logarithms[12]) / 2
    assert logarithms == pytest.approx([middle + halves * math.cos(math.pi * hour / 12) for hour in range(24)])
    assert serving.day_rates(3.0, 1 / 24) == [3.0] * 24
    assert serving.day_rates(3.0, 0.01) == [3.0] * 24


def test_drafts_that_cost_nothing_divide_all_times_between_tokens():
    free = Device("multiplies at once", {"bf16": 1e30}, memory=CARD.memory, memory_bandwidth=CARD.memory_bandwidth)
    texts = {"constants": NOTHING, "question_tokens": 1, "answer_tokens": 2000}

    def times(**options):
        service = Service(DENSE, free, **texts, **options)
        kept = replica(service, concurrency=50)
        # Whoever ends is followed by another, and so all are written as quickly.
        assert kept.output_token["p99"] == kept.output_token["p50"]
        return replica(service, kept.requests).output_token

    plain, drafted = times(), times(draft_tokens=1, acceptance=0.5, draft_cost=0)
    for name in plain:
        assert drafted[name] == pytest.approx(plain[name] / 1.5, rel=1e-3), name
    # Other sequences come and go.
    assert plain["p50"] < plain["mean"] < plain["p95"] < plain["p99"]
