"""A replica's memory and steps by hand, with constants of round numbers and one part of a step at a time."""

import math

import pytest

from llmcalc import catalogue, datasets, known_models
from llmcalc.checks import Refusal
from llmcalc.models.device import Device
from llmcalc.models.model import Model
from llmcalc.models.service import Service, known_constants, legal_ranks, matrix_rate

# Nothing but what a test switches on takes any time.
NOTHING = dict.fromkeys(known_constants(), 0.0) | {
    "products_share": 1.0,
    "expert_products_share": 1.0,
    "memory_share": 1.0,
    "attention_share": 1.0,
    "plain_attention_share": 1.0,
    "overlap": 1.0,
    "links_share": 1.0,
    "exchange_share": 1.0,
    "cache_share": 1.0,
    "largest_batch": 1000.0,
    "chunk_tokens": 8000.0,
    "rate_share_bf16": 1.0,
    "rate_share_fp8": 1.0,
}
PEAKS = {"bf16": 1e15, "fp8": 2e15, "fp32": 1e14}
LINKS = {"link_bandwidth": 4e11, "link_devices": 4, "network_bandwidth": 5e10}
CARD = Device("of round numbers", PEAKS, memory=1e11, memory_bandwidth=1e12, **LINKS)
SHAPE = {"layers": 10, "hidden_size": 64, "heads": 16, "kv_heads": 4, "vocabulary_size": 1000}
DENSE = Model("dense", mlp_size=160, **SHAPE)
MIXED = Model("mixed", experts=8, experts_per_token=2, expert_mlp_size=48, **SHAPE)
ATTENTION, MLP = 2 * 64 * 64 + 2 * 64 * 16, 3 * 64 * 160
TOKEN = 10 * 2 * 4 * 4 * 2  # bytes of the cache: 10 layers, keys and values of 4 heads of 4, in 16 bits


def service(model=DENSE, constants=None, device=CARD, **options):
    return Service(model, device, constants=NOTHING | (constants or {}), **options)


def test_weights_and_adapters_take_their_bytes():
    linear = 10 * (ATTENTION + MLP)
    assert DENSE.groups["linear"] == linear
    plain = service()
    assert plain.weight_bytes == 2 * DENSE.params
    narrow = service(bytes_per_weight=0.5)
    assert plain.weight_bytes - narrow.weight_bytes == 1.5 * linear
    # Two matrices of the rank at each of four of attention, in 16 bits.
    adapted = service(adapters=3, adapter_rank=8)
    assert adapted.weight_bytes - plain.weight_bytes == 3 * 10 * 4 * 2 * 64 * 8 * 2
    assert service(adapters=3).weight_bytes - plain.weight_bytes == 2 * (adapted.weight_bytes - plain.weight_bytes)
    # Ranks that take sequences of their own each have all of attention, and all but the experts where these are whole.
    alone, rest = service(MIXED).weight_bytes, MIXED.groups["linear"] + MIXED.groups["router"]
    assert service(MIXED, tensor_parallel=4, expert_parallel=1).weight_bytes - alone == 3 * 10 * ATTENTION * 2
    assert service(MIXED, tensor_parallel=4).weight_bytes - alone == 3 * rest * 2
    assert service(tensor_parallel=4).weight_bytes == plain.weight_bytes


def test_room_is_what_weights_and_engine_leave():
    at = service(constants={"engine_bytes": 1e9, "cache_share": 0.5}, tensor_parallel=2)
    assert at.cache_room == 0.5 * (2 * 1e11 - 2e9 - 2 * DENSE.params)
    short = service(constants={"engine_bytes": 1e11, "cache_share": 0.5})
    assert short.cache_room == -2 * DENSE.params
    assert not short.fits
    assert short.memory_batch() == 0
    # A mixture's engine has room for the rows of each rank of a server, up to eight.
    for ranks, times in ((1, 1), (4, 4), (16, 8)):
        mixed = service(MIXED, constants={"engine_bytes": 1e9, "expert_rank_bytes": 1e8}, data_parallel=ranks)
        assert mixed.program_bytes == ranks * (1e9 + times * 1e8)


def test_what_answers_share_is_kept_once():
    texts = {"question_tokens": 900, "answer_tokens": 100}
    room = service().cache_room
    for options, tokens in (
        ({}, 1000),
        ({"hit_share": 0.5}, 450 + 100),
        ({"answers_per_question": 3}, 300 + 100),
        ({"answer_spread": 0.5}, 900 + 125),
        ({"answers_per_question": 3, "hit_share": 0.5, "answer_spread": 2}, 150 + 500),
    ):
        assert service(**texts, **options).memory_batch() == pytest.approx(room / (tokens * TOKEN))
    few = service(**texts, largest_batch=7)
    assert few.full_batch() == few.most_sequences() == 7
    assert service(MIXED, tensor_parallel=4, largest_batch=7, **texts).most_sequences() == 28
    assert service(pipeline_stages=5, largest_batch=7, **texts).most_sequences() == 35
    assert service(**texts, answer_spread=0.5).mean_context() == 900 + 125 / 2
    assert service(**texts, hit_share=0.25).read_tokens() == 675


def test_weights_are_read_once_and_multiplied_for_each_token():
    linear, logits = 10 * (ATTENTION + MLP), 64_000
    at = service()
    one = at.step(1, 0)
    assert one.weights == pytest.approx(2 * linear / 1e12)
    assert one.logits == pytest.approx(2 * logits / 1e12)
    many = at.step(10**6, 0)
    assert many.weights == pytest.approx(2 * linear * 10**6 / 1e15)
    assert many.logits == pytest.approx(2 * logits * 10**6 / 1e15)
    prompt = at.step(0, 0, 10**6, 3)
    assert prompt.weights == many.weights
    assert prompt.logits == pytest.approx(2 * logits / 1e12)  # of three tokens
    assert at.step(0, 0, 10**6, 0).logits == 0
    half = service(tensor_parallel=2).step(1, 0)
    assert half.weights == one.weights / 2
    apart = service(constants={"overlap": 0.0}).step(1, 0)
    assert apart.weights == pytest.approx(2 * linear / 1e12 + 2 * linear / 1e15)
    fp8 = service(number_format="fp8")
    assert fp8.step(1, 0).weights == one.weights / 2
    assert fp8.step(10**6, 0).weights == many.weights / 2
    assert fp8.step(10**6, 0).logits == many.logits
    drafted = service(draft_tokens=3)
    assert drafted.step(10**6, 0).weights == pytest.approx(4 * many.weights)


def test_caches_are_read_as_far_as_they_reach():
    at = service()
    assert at.step(7, 500).caches == pytest.approx(7 * 500 * TOKEN / 1e12)
    assert service(tensor_parallel=4).step(7, 500).caches == pytest.approx(7 * 500 * TOKEN / 4e12)
    # Four heads of keys and values on eight ranks: each rank keeps its own sequences, whole.
    assert service(tensor_parallel=8).sequence_bytes(500) == 500 * TOKEN
    windowed = Model("windowed", mlp_size=160, window=100, window_layers=4, **SHAPE)
    assert service(windowed).sequence_bytes(500) == (6 * 500 + 4 * 100) * TOKEN / 10
    assert service(windowed).sequence_bytes(50) == 50 * TOKEN
    wide = service(bytes_per_value=4)
    assert wide.sequence_bytes(500) == 2 * 500 * TOKEN


def test_scores_of_a_prompt_are_half_of_a_square():
    at = service(question_tokens=1000)
    flop = 10 * 2 * 2 * 64 * 1000 * 500  # two products with each head's keys and values, under the mask
    assert at.step(0, 0, 1000, 1).prompts == pytest.approx(flop / 1e15)
    assert at.step(0, 0, 1000, 2).prompts == pytest.approx(2 * flop / 1e15)
    assert service(question_tokens=1000, tensor_parallel=2).step(0, 0, 0, 1).prompts == pytest.approx(flop / 2e15)
    # What is kept of a prompt is compared with nothing again, but by its later tokens.
    assert service(question_tokens=1000, hit_share=0.6).step(0, 0, 0, 1).prompts == pytest.approx(0.64 * flop / 1e15)
    assert service(question_tokens=1000, question_spread=2).step(0, 0, 0, 1).prompts == pytest.approx(5 * flop / 1e15)
    windowed = Model("windowed", mlp_size=160, window=100, **SHAPE)
    keys = 100 - 100**2 / 2000
    found = service(windowed, question_tokens=1000).step(0, 0, 0, 1).prompts
    assert found == pytest.approx(10 * 4 * 64 * 1000 * keys / 1e15)
    short = service(windowed, question_tokens=50).step(0, 0, 0, 1).prompts
    assert short == pytest.approx(10 * 4 * 64 * 50 * 25 / 1e15)


def test_sums_go_through_links_or_the_network():
    latencies = {"all_reduce_seconds": 1e-5, "network_seconds": 1e-4}
    row = 64 * 2

    def collectives(batch=100, **cut):
        return service(constants=latencies, **cut).step(batch, 0).collectives

    assert collectives() == 0
    # Two sums a layer, in each of which a rank sends a row but for its own share, there and back.
    for ranks in (2, 4):
        sent = 100 * row * 2 * (ranks - 1) / ranks / 4e11
        assert collectives(tensor_parallel=ranks) == pytest.approx(20 * (1e-5 + sent))
    sent = 100 * row * 2 * 7 / 8 / 5e10  # eight are not joined by links
    assert collectives(tensor_parallel=8) == pytest.approx(20 * (1e-4 + sent))
    assert collectives(pipeline_stages=5) == pytest.approx(5 * (1e-5 + 100 * row / 4e11))
    both = 20 * (1e-5 + 100 * row / 4e11) + 5 * (1e-5 + 100 * row / 4e11)
    assert collectives(tensor_parallel=2, pipeline_stages=5) == pytest.approx(both)
    alone = Device("without links", PEAKS, memory=1e11, memory_bandwidth=1e12, network_bandwidth=5e10)
    found = collectives(tensor_parallel=2, device=alone)
    assert found == pytest.approx(20 * (1e-4 + 100 * row / 5e10))
    joined = Device("all joined", PEAKS, memory=1e11, memory_bandwidth=1e12, link_bandwidth=4e11)
    assert collectives(tensor_parallel=8, device=joined) == pytest.approx(20 * (1e-5 + 100 * row * 1.75 / 4e11))


def test_fixed_times_are_those_of_layers_prompts_sequences_and_steps():
    at = service(constants={"layer_seconds": 1e-5, "prompt_layer_seconds": 1e-4, "step_seconds": 1e-3})
    assert at.step(5, 0).layers == pytest.approx(10 * 1e-5)
    assert at.step(0, 0, 10, 1).layers == pytest.approx(10 * 1.1e-4)
    # Of steps with answers, that share reads a prompt in which a Poisson number of them is not nothing.
    assert at.step(5, 0, 10, 0.3).layers == pytest.approx(10 * (1e-5 + 1e-4 * (1 - math.exp(-0.3))))
    assert at.step(5, 0).host == 1e-3
    each = service(constants={"sequence_seconds": 1e-6, "expert_sequence_seconds": 1e-5})
    assert each.step(5, 0).host == pytest.approx(5e-6)
    mixed = service(MIXED, constants={"sequence_seconds": 1e-6, "expert_sequence_seconds": 1e-5})
    assert mixed.step(5, 0).host == pytest.approx(5e-5)
    rows = service(constants={"row_vectors": 10.0})
    assert rows.step(5, 0, 7).vectors == pytest.approx(12 * 10 * 10 * 64 * 2 / 1e12)


def test_experts_are_read_by_those_that_touch_them_and_multiplied_for_each_token():
    expert = 10 * 3 * 64 * 48
    at = service(MIXED)
    moved = 10 * 2 * (5 * 64 + 6 * 48) / 1e12  # rows of a token: what goes in, out and between
    for tokens in (1, 4, 30):
        touched = 8 * (1 - (6 / 8) ** tokens)
        assert at.step(tokens, 0).experts == pytest.approx(2 * touched * expert / 1e12 + moved * tokens)
    many = 10**6
    assert at.step(many, 0).experts == pytest.approx(2 * 2 * expert * many / 1e15 + moved * many)
    assert service(MIXED, tensor_parallel=4).step(1, 0).experts == pytest.approx(at.step(1, 0).experts / 4)
    slow = service(MIXED, constants={"expert_products_share": 0.5, "expert_row_seconds": 1e-9})
    found = 2 * 2 * 2 * expert * many / 1e15 + (moved + 10 * 2 * 1e-9) * many
    assert slow.step(many, 0).experts == pytest.approx(found)


def test_attention_of_2023_multiplies_queries_one_by_one():
    old = service(kernels="2023")
    flop = 10 * 4 * 64 * 500
    assert old.step(7, 500).caches - service().step(7, 500).caches == pytest.approx(7 * flop / 1e14)
    everyone = Model("no shared keys", mlp_size=160, **(SHAPE | {"kv_heads": 16}))
    assert service(everyone, kernels="2023").step(7, 500).caches == service(everyone).step(7, 500).caches


def test_a_batch_that_begins_and_ends_together():
    at = service(question_tokens=100, answer_tokens=50)
    for batch in (4, 200):  # 400 tokens, and 20,000 in two and a half steps of 8,000
        steps = max(1, batch * 100 / 8000)
        reading = steps * at.step(0, 0, batch * 100 / steps, batch / steps).seconds
        expected = reading + 50 * at.step(batch, 100 + 25).seconds
        assert at.static_seconds(batch) == pytest.approx(expected)


def test_rates_are_measured_or_a_share_of_the_peak():
    row = datasets.records("kernel-rates")[0]
    device = catalogue.device(row["accelerator"])
    assert matrix_rate(device, row["number_format"]) == row["rate"]
    shares = known_constants()
    assert matrix_rate(CARD, "bf16") == matrix_rate(CARD, "fp16") == 1e15 * shares["rate_share_bf16"]
    assert matrix_rate(CARD, "fp8") == 2e15 * shares["rate_share_fp8"]
    # A format that a device lacks is multiplied in the widest that it has.
    assert matrix_rate(CARD, "int8", {"rate_share_int8": 0.5, "rate_share_bf16": 0.25}) == 5e14
    assert matrix_rate(CARD, "fp4", {"rate_share_bf16": 0.25}) == 2.5e14
    old = Device("old", {"fp32": 1e13}, memory=1e10, memory_bandwidth=1e11)
    assert matrix_rate(old, "bf16", {"rate_share_bf16": 0.5}) == 5e12
    odd = Device("odd", {"fp8": 1e13}, memory=1e10, memory_bandwidth=1e11)
    with pytest.raises(Refusal, match="a peak in bf16, fp16 or fp32"):
        matrix_rate(odd, "bf16")


def test_ranks_divide_the_heads_and_are_divided_by_those_of_keys_or_divide_them():
    assert legal_ranks(DENSE, 100) == [1, 2, 4, 8, 16]
    assert legal_ranks(DENSE, 7) == [1, 2, 4]
    odd = Model("odd", mlp_size=160, **(SHAPE | {"heads": 12, "kv_heads": 6, "hidden_size": 48}))
    assert legal_ranks(odd, 12) == [1, 2, 3, 6, 12]  # four neither divide six nor are divided by them
    for stages in (0, 11, 1.5):
        with pytest.raises(Refusal, match=r"^pipeline_stages"):
            service(pipeline_stages=stages)
    assert service(pipeline_stages=10, tensor_parallel=2).devices == 20
    for options in ({"number_format": "fp5"}, {"kernels": "2024"}):
        with pytest.raises(Refusal, match=f"^{next(iter(options))}"):
            service(**options)


def test_a_resized_service_is_one_made_so():
    texts = {"question_tokens": 700, "answer_tokens": 90, "answer_spread": 0.5}
    for model in (DENSE, MIXED):
        small = service(model, **texts)
        for ranks, stages in ((1, 1), (1, 5), (2, 1), (8, 10), (4, 2)):
            small.full_batch(), small.token_seconds(3)  # what was worked out for another size is forgotten
            resized = small.resized(ranks, stages)
            made = service(model, tensor_parallel=ranks, pipeline_stages=stages, **texts)
            for of in (lambda at: at.full_batch(), lambda at: at.token_seconds(3), lambda at: at.request_rate(3)):
                assert of(resized) == of(made)
            assert resized.step(3, 700).seconds == made.step(3, 700).seconds
            small = resized


def test_ranks_that_links_join_send_nothing_over_the_network():
    # Of those that are joined 16 share the experts: more than engines gather the rows of.
    joined = {"peaks": PEAKS, "memory": 2e11, "memory_bandwidth": 8e12, "link_bandwidth": 9e11, "link_devices": 72}
    options = {"tensor_parallel": 1, "data_parallel": 16, "expert_parallel": 16}
    model = known_models.model("DeepSeek V3")
    slow, usual = [
        Service(model, Device(**joined, network_bandwidth=rate), "fp8", **options).step(64, 2000).collectives
        for rate in (1e8, 5e10)
    ]
    assert slow == usual > 0
