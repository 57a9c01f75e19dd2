"""Bytes of weights by hand: which layers llama.cpp keeps finer, what it does with odd rows, and what devices share."""

import pytest

from llmcalc.checks import Refusal
from llmcalc.models import weights
from llmcalc.models.model import Model

SHAPE = {"layers": 16, "hidden_size": 256, "heads": 8, "kv_heads": 8, "mlp_size": 512, "vocabulary_size": 1024}
# Bits of a weight in the types of llama.cpp, as its quantize prints them.
BITS = {"Q2_K": 2.625, "Q3_K": 3.4375, "Q4_K": 4.5, "Q5_K": 5.5, "Q6_K": 6.5625, "Q8_0": 8.5, "F16": 16, "F32": 32}
BITS |= {"Q4_0": 4.5, "Q4_1": 5.0, "Q5_0": 5.5, "Q5_1": 6.0}


def test_types_take_their_bits():
    assert {name: 8 * size / block for name, (size, block) in weights.TYPES.items()} == BITS


def test_every_third_layer_between_the_first_and_the_last_eighth_is_kept_finer():
    assert [layer for layer in range(16) if weights._more(layer, 16)] == [0, 1, 4, 7, 10, 13, 14, 15]
    assert [layer for layer in range(32) if weights._more(layer, 32)] == [
        *range(4), 6, 9, 12, 15, 18, 21, 24, 27, *range(28, 32)
    ]  # fmt: skip
    assert [layer for layer in range(5) if weights._more(layer, 5)] == [2, 4]


@pytest.mark.parametrize(
    ("row", "kind", "taken"),
    [
        (256, "Q4_K", "Q4_K"),
        (96, "Q2_K", "Q4_0"),
        (96, "Q3_K", "Q4_0"),
        (96, "Q4_K", "Q5_0"),
        (96, "Q5_K", "Q5_1"),
        (96, "Q6_K", "Q8_0"),
        (96, "Q8_0", "Q8_0"),
        (40, "Q4_K", "F16"),
        (40, "Q8_0", "F16"),
        (40, "F32", "F32"),
    ],
)
def test_rows_that_blocks_do_not_divide_are_kept_in_another_type(row, kind, taken):
    assert weights._typed(row * 10, row, kind) == pytest.approx(row * 10 * BITS[taken] / 8)


# Bits of values, outputs and narrowing matrices in each of sixteen layers, by llama.cpp's llama_tensor_get_type;
# the rest has the first.
FINER = [0, 1, 4, 7, 10, 13, 14, 15]
MIXED = {
    "Q2_K": ("Q2_K", ["Q3_K"] * 16, ["Q3_K"] * 16, ["Q3_K"] * 16),
    "Q3_K_M": ("Q3_K", ["Q5_K"] * 2 + ["Q4_K"] * 14, ["Q4_K"] * 16, ["Q5_K"] + ["Q4_K"] * 15),
    "Q3_K_L": ("Q3_K", ["Q5_K"] * 16, ["Q5_K"] * 16, ["Q5_K"] * 16),
    "Q4_K_S": ("Q4_K", ["Q5_K"] * 4 + ["Q4_K"] * 12, ["Q4_K"] * 16, ["Q5_K"] * 2 + ["Q4_K"] * 14),
    "Q4_K_M": ("Q4_K", ["Q6_K" if n in FINER else "Q4_K" for n in range(16)], ["Q4_K"] * 16, None),
    "Q5_K_M": ("Q5_K", ["Q6_K" if n in FINER else "Q5_K" for n in range(16)], ["Q5_K"] * 16, None),
    "Q3_K_S": ("Q3_K", ["Q3_K"] * 16, ["Q3_K"] * 16, ["Q3_K"] * 16),
    "Q6_K": ("Q6_K", ["Q6_K"] * 16, ["Q6_K"] * 16, ["Q6_K"] * 16),
}


@pytest.mark.parametrize("mixture", MIXED)
@pytest.mark.parametrize("kv_heads", [8, 2])
def test_mixtures_of_a_small_model_by_hand(mixture, kv_heads):
    usual, values, outputs, down = MIXED[mixture]
    down = values if down is None else down
    if mixture == "Q2_K" and kv_heads == 2:  # where four heads share their values
        values = ["Q4_K"] * 16
    square, keys, mlp = 256 * 256, 256 * 32 * kv_heads, 256 * 512
    bits = sum(square * BITS[usual] + keys * BITS[usual] + 2 * mlp * BITS[usual] for _ in range(16))
    bits += sum(keys * BITS[kind] for kind in values)
    bits += sum(square * BITS[kind] for kind in outputs) + sum(mlp * BITS[kind] for kind in down)
    vectors = 16 * 2 * 256 + 256
    bits += 32 * vectors + 1024 * 256 * (BITS[usual] + BITS["Q6_K"])
    model = Model("small", **(SHAPE | {"kv_heads": kv_heads}))
    assert weights.weight_bytes(model, "GGUF " + mixture) == -(-bits // 8)
    tied = Model("small", embedding_tables=1, **(SHAPE | {"kv_heads": kv_heads}))
    assert weights.weight_bytes(tied, mixture) == -(-(bits - 1024 * 256 * BITS[usual]) // 8)


def test_devices_share_matrices_copy_few_heads_and_repeat_vectors():
    model = Model("small", **(SHAPE | {"kv_heads": 2}))
    vectors = 16 * 2 * 256 + 256
    matrices = model.params - vectors
    for devices, copies in ((1, 0), (2, 0), (4, 2), (8, 6)):
        copied = 16 * copies * 256 * (32 + 32)
        found = model.weight_bytes_per_device("bf16", devices)
        assert found == -(-2 * (matrices + copied) // devices) + 2 * vectors
    assert model.weight_bytes_per_device() == model.weight_bytes()
    # In four bits and a scale of 16 for 128 weights, but for tables and vectors in 16.
    narrow = 4.125 * model.groups["linear"] / 8 + 2 * (model.params - model.groups["linear"])
    assert model.weight_bytes("int4") == -(-narrow // 1)
    for devices in (0, -1, 1.5):
        with pytest.raises(Refusal, match=r"^tensor_parallel"):
            model.weight_bytes_per_device("bf16", devices)


def test_formats_are_named_in_any_case_and_others_refused():
    model = Model("small", **SHAPE)
    assert model.weight_bytes("gguf q4_k_m") == model.weight_bytes("Q4_K_M") == model.weight_bytes("GGUF Q4_K_M")
    assert model.weight_bytes("BF16") == model.weight_bytes("bf16")
    for name in ("Q4_K_X", "gguf", "", None, 4):
        with pytest.raises(Refusal, match=r"^format"):
            model.weight_bytes(name)
