"""Numbers at which rules change: what is near, noise, or too deep, and what is taken where nothing is said."""

import pytest

from llmcalc import datasets
from llmcalc.checks import Refusal
from llmcalc.formulas.devices import round_down, round_up
from llmcalc.models.configs import from_config
from llmcalc.models.description import describe
from llmcalc.models.layers import Attention, LatentAttention
from llmcalc.models.model import Model
from llmcalc.models.stacks import is_measured, stack_of
from llmcalc.models.step_constants import MEANINGS, Constants
from llmcalc.prediction.runs import read_row

SHAPE = {"layers": 2, "hidden_size": 64, "heads": 4, "mlp_size": 128, "vocabulary_size": 100}


@pytest.mark.parametrize("whole", [1.0, 3.0, 1000.0, 123456.0])
def test_some_dozens_of_roundings_are_noise_and_more_is_not(whole):
    # Each rounding is off by 2 ** -53 at most, so that 100 of them are well below 2 ** -46.
    assert round_up(whole * (1 + 100 * 2.0**-53)) == whole == round_down(whole * (1 - 100 * 2.0**-53))
    assert round_up(whole * (1 + 2.0**-45)) == whole + 1
    assert round_down(whole * (1 - 2.0**-45)) == whole - 1


def test_large_whole_numbers_are_left_as_they_are():
    for whole in (2.0**45, 2.0**45 + 1, 2.0**50 + 1, 2.0**52 + 1):
        assert round_up(whole) == round_down(whole) == whole
    for whole in (2.0**44 + 1, 2.0**45 - 1):
        assert round_up(whole) == round_down(whole) == whole


def test_a_description_is_of_8192_tokens_or_of_what_the_model_sees():
    for context, taken in ((None, 8192), (10**6, 8192), (8000, 8000), (2, 2)):
        told = describe(Model(context=context, **SHAPE))
        assert told["flop_per_token"]["context"] == taken
        assert told["cache_bytes"] == 2 * 2 * 64 * 2 * taken
    assert describe(Model(**SHAPE), 10**6)["flop_per_token"]["context"] == 10**6
    for context in (0, 1.5):
        with pytest.raises(Refusal, match=r"^context"):
            describe(Model(**SHAPE), context)


def test_a_run_is_measured_if_another_of_up_to_twice_its_devices_and_context_was():
    row = next(row for row in datasets.records("training-runs") if row["set"] == "SC21-T1")
    stack = stack_of([row["citation"], row["set"], row["id"]])
    alike = [other for other in datasets.records("training-runs") if other["hidden_size"] == row["hidden_size"]]
    assert [other["id"] for other in alike if other["layers"] == row["layers"]] == [row["id"]]  # the only one

    def measured(**changed):
        return is_measured(read_row(row | changed).run, stack)

    assert measured()
    assert measured(devices=2 * row["devices"], batch=1024)
    assert not measured(devices=2 * row["devices"] + 2, batch=row["devices"] * 2 + 2)
    assert measured(devices=row["devices"] // 2)
    assert not measured(devices=row["devices"] // 2 - 1, batch=15)
    assert measured(context=2 * row["context"])
    assert not measured(context=2 * row["context"] + 1)
    assert measured(context=row["context"] // 2)
    assert not measured(context=row["context"] // 2 - 1)
    for changed in ({"layers": 25}, {"hidden_size": 4608}, {"number_format": "bf16"}, {"accelerator": "H100 SXM"}):
        assert not measured(**changed)
    assert not is_measured(read_row(row).run, None)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_deep_files_are_refused_before_they_are_parsed(opening):
    for count in (130, 100_000):
        with pytest.raises(Refusal, match="nested at most 12 deep"):
            from_config('{"a":' + opening * count)


@pytest.mark.parametrize("name", MEANINGS)
def test_constants_of_steps_are_taken_up_to_their_ends(name):
    unit, low, high, meaning = MEANINGS[name]
    assert unit in ("1", "s")
    assert meaning
    assert 0 <= low < high
    # Shares are no more than all, and times no more than a second.
    if unit == "s" or any(word in name for word in ("efficiency", "overlap", "share", "scores")):
        assert high <= 1
    for value in (low, high, (low + high) / 2):
        assert getattr(Constants({name: value}), name) == value
    for value in (low - 1e-6, high * 1.001, float("nan")):
        with pytest.raises(Refusal, match=f"^{name}"):
            Constants({name: value})


def test_values_that_are_the_keys_have_no_bias_of_their_own():
    sizes = {"heads": 8, "kv_heads": 2, "head_size": 16, "value_size": 12, "query_bias": True}
    own, shared = Attention(1, **sizes), Attention(1, value_matrix=False, **sizes)
    assert own.vectors(64) == 8 * 16 + 2 * 16 + 2 * 12
    assert shared.vectors(64) == 8 * 16 + 2 * 16
    assert own.weights(64) - shared.weights(64) == 64 * 2 * 12
    assert own.cached_values == shared.cached_values == 2 * (16 + 12)


def test_an_indexer_compares_with_all_tokens_and_attention_with_those_that_it_chooses():
    sizes = {"heads": 8, "query_rank": 8, "kv_rank": 16, "rotary_size": 4, "nope_size": 12, "value_size": 10}
    plain = LatentAttention(1, **sizes)
    chosen = LatentAttention(1, index_heads=2, index_size=6, index_window=50, **sizes)
    for keys in (10, 50, 1000):
        seen = min(keys, 50)
        indexed = 2 * 2 * 6 * keys
        # A multiplication and an addition for each number of a head's keys and values.
        assert plain.score_flop(keys) == 2 * keys * 8 * (16 + 10)
        assert chosen.score_flop(keys) == 2 * seen * 8 * (16 + 10) + indexed
        # Written out no more: the compressed vector stands for both.
        assert plain.decode_flop(keys) == 2 * keys * 8 * (16 + 4 + 16)
        assert chosen.decode_flop(keys) == 2 * seen * 8 * (16 + 4 + 16) + indexed
    assert chosen.cached_values - plain.cached_values == 6
    assert chosen.weights(64) - plain.weights(64) == 8 * 2 * 6 + 64 * 6 + 64 * 2
    assert chosen.vectors(64) - plain.vectors(64) == 2 * 6


def test_names_of_files_are_their_last_part_up_to_two_hundred_letters():
    fields = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    fields |= {"intermediate_size": 128, "vocab_size": 100}
    assert from_config(fields | {"_name_or_path": "somebody/Some-Model/"}).name == "Some-Model"
    assert from_config(fields | {"_name_or_path": "x" * 200}).name == "x" * 200
    assert from_config(fields | {"_name_or_path": "x" * 201, "name": "short"}).name == "short"
    assert from_config(fields | {"_name_or_path": "", "model_name": "last"}).name == "last"
    assert from_config(fields).name == "llama"
    assert from_config(fields, "given").name == "given"
    assert from_config(fields | {"model_type": "y" * 201}).name == "y" * 200
