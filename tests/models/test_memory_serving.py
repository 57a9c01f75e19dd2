"""Memory of serving: caches that engines printed, what fits on a card, and how many devices are needed."""

import pytest

from llmcalc.models.layers import Attention
from llmcalc.models.model import Model
from llmcalc.models.serving_memory import (
    devices_needed,
    fits,
    legal_sizes,
    longest_context,
    sequences_that_fit,
    serving_memory,
)

GIB, MIB = 2**30, 2**20
H100, A800, A100_40 = 81559 * MIB, 81920 * MIB, 40536 * MIB  # as the driver shows them


def model(name, layers, hidden, heads, kv_heads, mlp, vocabulary, **more):
    shape = {"layers": layers, "hidden_size": hidden, "heads": heads, "kv_heads": kv_heads, "mlp_size": mlp}
    return Model(name, vocabulary_size=vocabulary, **shape, **more)


LLAMA_8B = model("Llama 3.1 8B", 32, 4096, 32, 8, 14336, 128256, context=131072)
LLAMA_70B = model("Llama 3.1 70B", 80, 8192, 64, 8, 28672, 128256, context=131072)
LLAMA_2_13B = model("LLaMA 2 13B", 40, 5120, 40, 40, 13824, 32000)
LLAMA_30B = model("LLaMA 30B", 60, 6656, 52, 52, 17920, 32000)
QWEN_32B = model("Qwen2.5-32B", 64, 5120, 40, 8, 27648, 152064, query_bias=True, context=32768)
QWEN3_4B = model("Qwen3-4B", 36, 2560, 32, 8, 9728, 151936, head_size=128)
QWEN3_235B = model("Qwen3-235B", 94, 4096, 64, 4, 1536, 151936, head_size=128)
GPT_OSS = model("gpt-oss-20b", 24, 2880, 64, 8, 2880, 201088, head_size=64)
GLM_4_9B = model("GLM-4-9B", 40, 4096, 32, 2, 13696, 151552)
LATENT = {"attention": "latent", "kv_rank": 512, "rotary_size": 64, "nope_size": 128, "value_size": 128}
DEEPSEEK_V3 = Model(
    "DeepSeek-V3",
    layers=61,
    hidden_size=7168,
    heads=128,
    query_rank=1536,
    mlp_size=18432,
    experts=256,
    experts_per_token=8,
    expert_mlp_size=2048,
    shared_mlp_size=2048,
    dense_layers=3,
    vocabulary_size=129280,
    router_bias=True,
    **LATENT,
)
DEEPSEEK_V2_LITE = Model(
    "DeepSeek-V2-Lite",
    layers=27,
    hidden_size=2048,
    heads=16,
    mlp_size=10944,
    experts=64,
    experts_per_token=6,
    expert_mlp_size=1408,
    shared_mlp_size=2816,
    dense_layers=1,
    vocabulary_size=102400,
    **LATENT,
)


@pytest.mark.parametrize(
    ("found", "right"),
    [
        (LLAMA_8B.cache_bytes(1952 * 16), 3.81 * GIB),  # case 56
        (LLAMA_8B.cache_bytes(1478 * 16), 2.89 * GIB),  # 57
        (LLAMA_70B.cache_bytes(1, bytes_per_value=1), 163840),  # 59
        (LLAMA_2_13B.cache_bytes(8192), 6.7e9),  # 60
        (QWEN3_4B.cache_bytes(1), 147456),  # 62
        (GPT_OSS.cache_bytes(1), 49152),  # 65
        (DEEPSEEK_V3.cache_bytes(32768), 2196 * MIB),  # 68: R1 has V3's shape
        (GLM_4_9B.cache_bytes(32768, tensor_parallel=8), 5 * GIB),  # 120: each device keeps a head
    ],
)
def test_caches_that_were_printed(found, right):
    assert found == pytest.approx(right, rel=0.003)


def test_the_cache_of_qwen3_235b_fills_what_the_engine_gave_it():
    # Case 63: 4 x 8.11 GiB were free, of which whole blocks were used.
    assert QWEN3_235B.cache_bytes(178880, tensor_parallel=4) == pytest.approx(32.44 * GIB, rel=0.015)


def test_caches_of_layers_with_a_window():
    sliding = Model("", layers=12, hidden_size=2880, vocabulary_size=201088, mlp_size=2880,
                    mixers=[Attention(12, 64, 8, 64, window=768)])  # fmt: skip
    assert sliding.cache_bytes(131072) == 18 * MIB  # case 66
    parts = [Attention(50, 32, 16, 256, window=1024), Attention(10, 32, 4, 512)]
    gemma = Model("Gemma 4 31B", layers=60, hidden_size=5376, vocabulary_size=262144, mlp_size=21504, mixers=parts)
    assert gemma.cache_bytes(65536) == 5.78125 * GIB  # case 69


def test_sequences_of_an_int8_model_on_one_h100():
    # Case 71. vLLM of the time printed 1.79 GiB beside PyTorch and 1.26 for activations (vllm-project/vllm#10511).
    engine = {"weight_format": "int8", "engine_bytes": (1.79 + 1.26) * GIB, "prompt_tokens": 1}
    assert sequences_that_fit(LLAMA_70B, 79.1 * GIB, 2048, 0.98, **engine) == pytest.approx(10.79, rel=0.01)


def test_devices_that_serve_a_model():
    assert devices_needed(LLAMA_70B, H100, 20000, 4) == 2  # case 114
    # Case 115: with vLLM's share of the memory. All of it would leave 16 devices 0.8 GiB each to spare.
    assert devices_needed(DEEPSEEK_V3, A800, 4096, utilisation=0.9) == 32
    assert devices_needed(DEEPSEEK_V2_LITE, A100_40, 4096) == 1  # case 117


def test_devices_must_divide_the_heads():
    assert legal_sizes(LLAMA_30B, 8) == [1, 2, 4]  # case 118
    with pytest.raises(ValueError, match=r"^tensor_parallel = 8 is not accepted: give one that divides the 52 heads"):
        serving_memory(LLAMA_30B, 2048, tensor_parallel=8)
    assert legal_sizes(GLM_4_9B, 8) == [1, 2, 4, 8]


def test_qwen_32b_in_24_gb_is_one_call():
    answer = fits(QWEN_32B, 24576 * MIB, context=4096)
    assert answer["bf16"] == {"weights": answer["bf16"]["weights"], "sequences": 0, "longest_context": 0}
    for weight_format in ("awq-int4-g128", "GGUF Q4_K_M"):
        assert answer[weight_format]["sequences"] >= 4
        assert answer[weight_format]["longest_context"] > 16384


def test_what_fits_fits_and_one_more_does_not():
    room, chosen = 24576 * MIB, {"weight_format": "awq-int4-g128"}
    count = int(sequences_that_fit(QWEN_32B, room, 4096, **chosen))
    assert sum(serving_memory(QWEN_32B, 4096, count, **chosen).values()) <= room
    assert sum(serving_memory(QWEN_32B, 4096, count + 1, **chosen).values()) > room
    longest = longest_context(QWEN_32B, room, **chosen)
    assert sum(serving_memory(QWEN_32B, longest, **chosen).values()) <= room
    assert sum(serving_memory(QWEN_32B, longest + 1, **chosen).values()) > room


@pytest.mark.parametrize("tensor_parallel", [2, 4, 8])
def test_more_devices_never_hold_more_each(tensor_parallel):
    for served in (LLAMA_8B, LLAMA_70B, GLM_4_9B, DEEPSEEK_V3):
        before = serving_memory(served, 8192, 4, tensor_parallel=tensor_parallel // 2)
        after = serving_memory(served, 8192, 4, tensor_parallel=tensor_parallel)
        assert all(after[part] <= before[part] for part in before)


def test_no_size_is_enough_is_said():
    with pytest.raises(ValueError, match=r"^device_memory = "):
        devices_needed(LLAMA_70B, 2 * GIB, 4096)
