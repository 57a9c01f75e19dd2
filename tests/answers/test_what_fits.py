"""What fits on a card: formats, sequences, contexts, tuning, and what would help."""

from pathlib import Path

import pytest

from llmcalc import answers, datasets
from llmcalc.checks import Refusal
from llmcalc.choosing import device_named, model_named
from llmcalc.models.memory import training_memory
from llmcalc.models.run import Run
from llmcalc.models.serving_memory import context_in, serving_memory
from llmcalc.plans import cards
from llmcalc.report import tables

GIB = 2**30
MODELS = [row["model"] for row in datasets.records("models")]
# A window, latent attention, a state, layers of both kinds, a mixture.
VARIED = [
    "Qwen2.5 32B",
    "Gemma 3 27B",
    "DeepSeek V2 Lite",
    "Qwen3 Next 80B A3B",
    "gpt-oss 20B",
    "Mixtral 8x7B",
    "GPT-2",
]


def test_qwen_32b_in_24_gb_is_answered_with_the_formats_that_fit():
    answer = answers.what_fits(model="Qwen2.5 32B", accelerator="RTX 4090")
    fitting = [fit.weight_format for fit in answer.formats if fit.fits]
    assert fitting == ["GGUF Q4_K_M", "gptq-int4-g128", "awq-int4-g128", "nf4", "mxfp4", "GGUF Q3_K_M", "GGUF Q2_K"]
    assert answer["verdict"] == "yes, in 7 of 14 formats"
    assert answer["format"] == "GGUF Q4_K_M"
    assert answer["multiplied_in"] == "bf16, at most 165 TFLOP/s"
    assert answer["sequences"] == 1
    assert answer["help"] == "it fits"
    assert answer["cards_16_bits"] == 4
    assert answer["awq_int4_g128"] == "yes: 18.0, 1.1 left"
    assert answer["fp8"] == "no: 32.0, 12.8 too much"
    parts = ("weights_gib", "cache_gib", "activations_gib", "engine_gib")
    assert sum(answer[part] for part in parts) == pytest.approx(answer["needed_gib"])
    assert answer["needed_gib"] + answer["free_gib"] == pytest.approx(0.92 * answer["memory_gib"])


def test_what_would_help_is_said():
    asked = {"model": "Qwen2.5 32B", "accelerator": "RTX 4090"}
    assert answers.what_fits(weight_format="bf16", **asked)["help"] == "a smaller format, GGUF Q4_K_M, or 4 cards"
    four = answers.what_fits(weight_format="awq-int4-g128", batch=4, **asked)
    assert four["verdict"] == "no: 4.9 GiB are missing"
    assert four["help"].startswith("a smaller format, GGUF Q2_K, or 2 cards, or a context of 3,")
    assert four["help"].endswith(" tokens, or 1 sequence at once")
    huge = answers.what_fits(model="Kimi K2", accelerator="RTX 4090")
    assert huge["verdict"].startswith("no: even in GGUF Q2_K ")
    assert huge["help"] == "32 cards"
    assert answers.what_fits(model="Kimi K2", accelerator="T4", context=131072)["cards_16_bits"] is None
    alone = answers.what_fits(model="GPT-2", accelerator="RTX 4090", memory_share=0.1, overhead_gib=100.0)
    assert alone["help"] == "a smaller model, or cards with more memory"


def test_cards_that_cannot_share_are_left_out_and_it_is_said():
    answer = answers.what_fits(device_count=3)
    assert answer["shared_by"] == "2 of 3: no more can share its layers"
    assert answers.what_fits(device_count=2)["shared_by"] == "2"
    two = answers.what_fits(device_count=2)
    assert [fit.needed for fit in answer.formats] == [fit.needed for fit in two.formats]


def test_the_format_of_products_is_one_that_the_card_has():
    t4, h100, mi300 = device_named("T4"), device_named("H100 SXM"), device_named("MI300X")
    assert [cards.product_format(t4, name) for name in ("bf16", "fp8", "int8", "nf4")] == [
        "fp16",
        "fp16",
        "int8",
        "fp16",
    ]
    assert [cards.product_format(h100, name) for name in ("fp8", "fp4")] == ["fp8", "bf16"]
    assert cards.product_format(mi300, "GGUF Q8_0") == "bf16"
    bare = device_named('{"memory": "24 GB"}')
    assert cards.product_format(bare, "bf16") is None


def test_a_card_of_ones_own_needs_no_more_than_its_memory():
    found = cards.formats_on(model_named("Llama 3.1 8B"), device_named('{"memory": "24 GB"}'))
    assert cards.best(found).weight_format == "bf16"
    assert all(
        tuning.needed > 0
        for tuning in cards.tunings_on(model_named("Llama 3.1 8B"), device_named('{"memory": "9 GB"}'))
    )


def test_a_card_whose_memory_nobody_knows_is_refused():
    with pytest.raises(Refusal, match=r"^nothing has no memory"):
        cards.formats_on(model_named("GPT-2"), device_named('{"name": "nothing", "peak_fp16": "1 TFLOP/s"}'))


@pytest.mark.parametrize("name", VARIED)
def test_the_longest_context_is_the_last_that_fits(name):
    model = model_named(name)
    for left in (0, 3e7, 1e9, 1.7e9, 7e9):
        for batch, shards in ((1, 1), (3, 1), (2, 2)):
            found = context_in(model, left, batch, 10**6, 2.0, shards)
            assert not found or model.cache_bytes_per_device(found, batch, 2.0, shards) <= left
            assert found == 10**6 or model.cache_bytes_per_device(found + 1, batch, 2.0, shards) > left


def test_a_cache_just_at_what_is_left_counts():
    model = model_named("Llama 3.1 8B")
    for context in (1, 7, 4096, 131071):
        assert context_in(model, model.cache_bytes_per_device(context, 1, 2.0, 1)) == context
        assert context_in(model, model.cache_bytes_per_device(context, 1, 2.0, 1) - 1) == context - 1


@pytest.mark.parametrize("name", VARIED)
def test_more_never_holds_less(name):
    model = model_named(name)
    small, large = device_named('{"memory": "16 GiB"}'), device_named("RTX 4090")
    asked = {"context": 4096, "batch": 2}
    for before, after in (
        (cards.formats_on(model, small, **asked), cards.formats_on(model, large, **asked)),
        (cards.formats_on(model, large, **asked), cards.formats_on(model, large, cards=4, **asked)),
        (cards.formats_on(model, large, **asked), cards.formats_on(model, large, bytes_per_value=1.0, **asked)),
    ):
        for one, other in zip(before, after, strict=True):
            assert other.free >= one.free
            assert other.longest_context >= one.longest_context
            assert other.sequences >= one.sequences
    shorter = zip(cards.formats_on(model, large, 8192, 2), cards.formats_on(model, large, **asked), strict=True)
    assert all(other.free >= one.free and other.sequences >= one.sequences for one, other in shorter)


def test_sequences_fit_and_one_more_does_not():
    model, device = model_named("Qwen2.5 32B"), device_named("A100 SXM 80GB")
    for fit in cards.formats_on(model, device, context=4096):
        if fit.sequences:
            one = (0.92 * device.memory, fit.weight_format)
            held = [sum(serving_memory(model, 4096, n, one[1]).values()) for n in (fit.sequences, fit.sequences + 1)]
            assert held[0] <= one[0] < held[1]


def test_every_model_of_the_book_is_answered():
    for name in MODELS:
        answer = answers.what_fits(model=name, accelerator="H200 SXM", device_count=8)
        assert answer["full_gib"] > answer["qlora_gib"] > 0
        assert answer["weights_gib"] > 0


def test_training_state_is_sixteen_bytes_a_parameter_on_one_card():
    model, device = model_named("Llama 3.1 8B"), device_named("H200 SXM")
    full, eight, lora, qlora = cards.tunings_on(model, device)
    state = sum(full.parts[part] for part in ("weights", "gradients", "optimiser"))
    assert state == pytest.approx(16 * model.params, rel=1e-4)
    assert full.needed - eight.needed == pytest.approx(6 * model.params, rel=1e-4)
    assert lora.parts["weights"] == pytest.approx(2 * model.params, rel=1e-4)
    assert lora.needed - qlora.needed == pytest.approx(lora.parts["weights"] - qlora.parts["weights"])
    assert [tuning.fits for tuning in (full, eight, lora, qlora)] == [full.needed <= device.memory, True, True, True]
    with pytest.raises(Refusal, match=r"^adapter_rank = 0"):
        cards.tunings_on(model, device, adapter_rank=0)


def test_the_fewest_cards_that_tune_do_and_half_of_them_do_not():
    model, device = model_named("Llama 3.1 8B"), device_named("RTX 4090")
    for place, tuning in enumerate(cards.tunings_on(model, device)):
        count = tuning.cards_needed
        assert cards.tunings_on(model, device, cards=count)[place].fits
        assert count == 1 or not cards.tunings_on(model, device, cards=count // 2)[place].fits
    tiny = device_named('{"memory": "1 GiB"}')
    assert [tuning.cards_needed for tuning in cards.tunings_on(model, tiny)] == [None] * len(cards.TUNINGS)


@pytest.mark.parametrize("name", VARIED)
def test_cards_that_train_hold_what_a_run_on_so_many_does(name):
    model, device = model_named(name), device_named("H100 SXM")
    for count in (1, 2, 3, 64, 1024):
        sharded = {"zero_stage": 3, "gradient_bytes": 4} if count > 1 else {"zero_stage": 0, "gradient_bytes": 2}
        run = Run(model, device, devices=count, batch=count, context=2048, recomputation="full", **sharded)
        outside = (0.55 + (1.5 if count > 1 else 0)) * GIB
        full, eight, lora, qlora = cards.tunings_on(model, device, 2048, count, 16)
        of_run = {"loss": "fused", "outside_bytes": outside}
        assert full.needed == pytest.approx(training_memory(run, "adam", **of_run)["peak"], rel=1e-9)
        assert eight.needed == pytest.approx(training_memory(run, "adam 8-bit", **of_run)["peak"], rel=1e-9)
        adapted = {
            name: training_memory(run, adapter_rank=16, frozen_bytes=size, **of_run)["parts"]
            for name, size in (("lora", 2.0), ("qlora", cards.frozen_bytes(model, "nf4")))
        }
        for tuning, parts in ((lora, adapted["lora"]), (qlora, adapted["qlora"])):
            assert tuning.needed == pytest.approx(sum(parts.values()), rel=1e-9)
            assert tuning.parts["adapters"] == pytest.approx(parts["adapters"], rel=1e-9)


def test_what_vllm_left_for_caches_is_what_the_sums_leave():
    logs = tables.read("what-fits-served")
    for log in logs.itertuples():
        parts = serving_memory(
            model_named(log.model), 1, log.batch, log.weight_format, 2.0, log.cards, log.prompt_tokens
        )
        everything = (parts["weights"] + parts["activations"] + parts["engine"]) / GIB + log.cache_gib
        limit = 0.1 if log.model == "Qwen3 235B A22B" else 0.02
        assert everything == pytest.approx(log.seen_gib * log.memory_share, rel=limit)


def test_adapters_take_what_llama_factory_printed():
    model, device = model_named("Llama 2 7B"), device_named("A100 PCIe 40GB")
    for log in tables.read("what-fits-tuned").itertuples():
        needed = cards.tunings_on(model, device, log.context, 1, 8, log.loss)[3].needed / 1e9
        assert needed == pytest.approx(log.printed_gb, rel=0.15 if log.context < 10000 or log.loss == "plain" else 0.25)


def test_a_model_without_attention_is_served_and_trained():
    config = (Path(__file__).parents[1] / "models" / "configs" / "mamba-codestral.json").read_text(encoding="utf-8")
    answer = answers.what_fits(model=config)
    assert answer["verdict"] == "yes, in 14 of 14 formats"
    assert answer["longest_context"] == 2**20
    parts = answer.tunings[0].parts
    assert parts["weights"] == pytest.approx(2 * answer.model.params, rel=1e-4)
    assert parts["activations"] == 64 * 2 * 4096 * 8192  # the inputs of 64 layers, all else is computed again
    with pytest.raises(Refusal, match=r"^model: mamba2 has no attention, and nothing is known of how quick"):
        answers.serving_users(model=config)
