"""Models from configuration files: published ones counted to the last parameter, malformed ones refused in a line."""

import copy
import csv
import json
import random
import time
from pathlib import Path

import pytest

from llmcalc.checks import Refusal
from llmcalc.models.configs import DEEPEST, MOST_TEXT, from_config
from llmcalc.models.description import describe
from llmcalc.models.model import Model
from tests.grouped import together

FOLDER = Path(__file__).parent / "configs"
FILES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
with (FOLDER / "totals.csv").open(encoding="utf-8") as totals:
    TOTALS = {row["file"]: row for row in csv.DictReader(totals)}


def llama(**fields):
    shape = {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32}
    return {"model_type": "llama", "num_key_value_heads": 8, "vocab_size": 128256} | shape | fields


def refusal(mapping):
    with pytest.raises(Refusal) as refused:
        describe(from_config(mapping))
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_every_file_has_a_published_total():
    assert set(FILES) == set(TOTALS)


@together
@pytest.mark.parametrize("name", FILES)
def test_parameters_are_exactly_those_published(name):
    model = Model.from_config(FILES[name])
    assert model.params == int(TOTALS[name]["params"]), TOTALS[name]["source"]
    assert sum(model.groups.values()) == model.params


@together
@pytest.mark.parametrize("name", FILES)
def test_of_a_known_architecture_nothing_is_assumed(name):
    assert Model.from_config(FILES[name]).assumed == []


@together
@pytest.mark.parametrize("name", FILES)
def test_a_file_reads_the_same_as_text(name):
    assert Model.from_config(json.dumps(FILES[name])).params == Model.from_config(FILES[name]).params


def test_an_unknown_architecture_is_read_as_far_as_its_fields_go():
    model = Model.from_config(llama(model_type="tomorrow"))
    assert model.params == 8_030_261_248
    assert any("tomorrow" in sentence for sentence in model.assumed)
    mixture = Model.from_config(
        llama(model_type="tomorrow", num_experts=8, num_experts_per_tok=2, moe_intermediate_size=2048)
    )
    assert mixture.experts == 8
    assert mixture.active_params < mixture.params


@pytest.mark.parametrize(
    "field", ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size"]
)
def test_a_missing_field_is_refused_by_name(field):
    fields = llama()
    del fields[field]
    assert refusal(fields).startswith(f"{field} is missing")
    assert refusal(llama() | {field: None}).startswith(f"{field} is missing")


@together
@pytest.mark.parametrize(
    "value", ["4096", "x" * 10_000, float("nan"), float("inf"), -1, 0, 1.5, True, [1], {}, 10**30, "1; import os"]
)
@pytest.mark.parametrize("field", ["hidden_size", "num_hidden_layers", "num_key_value_heads", "vocab_size"])
def test_what_is_no_whole_number_is_refused_by_name(field, value):
    message = refusal(llama() | {field: value})
    assert message.startswith(field)
    assert len(message) < 300


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"num_key_value_heads": 7}, "num_key_value_heads"),
        ({"num_attention_heads": 30, "num_key_value_heads": 6}, "head_dim"),
        ({"num_experts": 4, "num_experts_per_tok": 5, "moe_intermediate_size": 100}, "num_experts_per_tok"),
        ({"layer_types": ["full_attention"]}, "layer_types"),
        ({"layer_types": ["nonsense"] * 32}, "layer_types"),
        ({"tie_word_embeddings": "yes"}, "tie_word_embeddings"),
        ({"num_hidden_layers": 10**6}, "num_hidden_layers"),
    ],
)
def test_fields_that_contradict_each_other_are_refused(fields, named):
    assert named in refusal(llama() | fields)


def test_depth_size_and_syntax_are_limited():
    deep = {}
    for _ in range(DEEPEST + 5):
        deep = {"text_config": deep or {"a": 1}}
    assert "nested" in refusal(deep)
    assert "nested" in refusal("[" * 100_000)
    assert "characters" in refusal(" " * (MOST_TEXT + 1))
    assert "values" in refusal(llama(layer_types=[1] * 600_000))
    for text in ("", "[]", "null", "{", '{"hidden_size": 1e999}', "__import__('os')"):
        refusal(text)
    for mapping in (None, 3, [], "NaN"):
        refusal(mapping)


def test_text_parts_of_larger_files_are_found():
    # Fields that are those of the class may be left out inside.
    inner = {"model_type": "llama", "vocab_size": 32064}
    assert Model.from_config({"model_type": "llava", "text_config": inner}).params == 6_738_939_904
    for key in ("text_config", "llm_config", "language_config"):
        assert Model.from_config({"model_type": "other", key: llama()}).params == 8_030_261_248


def test_sizes_of_the_class_are_told_where_a_file_leaves_them_out():
    bare = Model.from_config({"model_type": "llava", "text_config": {"model_type": "llama"}})
    [told] = bare.assumed
    assert told.startswith("what the file leaves out is as in the class of llama: hidden_size = 4096, ")
    assert "num_hidden_layers = 32" in told
    part = Model.from_config({"text_config": {"model_type": "llama", "hidden_size": 2048}})
    assert "hidden_size" not in part.assumed[0]
    assert "intermediate_size = 11008" in part.assumed[0]
    # Where layers and hidden size stand there, the rest is as the class has it, as in a file that leaves out its heads.
    assert not Model.from_config({"model_type": "other", "text_config": llama()}).assumed
    assert "num_hidden_layers is missing" in refusal({"model_type": "llama"})


def test_tied_embeddings_may_stand_outside_of_the_text_part():
    tied = Model.from_config({"text_config": llama(), "tie_word_embeddings": True})
    assert tied.params == 8_030_261_248 - 128256 * 4096


def test_windows_follow_the_family():
    reach = {
        "mistral-7b": (32, 4096),
        "gemma-2-9b": (21, 4096),
        "gemma-3-1b": (22, 512),
        "gpt-oss-20b": (12, 128),
        "c4ai-command-r7b": (24, 4096),
    }
    for name, (layers, window) in reach.items():
        sliding = [part for part in Model.from_config(FILES[name]).mixers if part.window]
        assert [(part.layers, part.window) for part in sliding] == [(layers, window)], name
    for name in ("phi-4", "qwen3-8b", "llama-2-70b", "mistral-nemo"):
        assert not any(part.window for part in Model.from_config(FILES[name]).mixers)


VALUES = [None, True, False, 0, 1, -1, 2, 3, 7, 0.5, 4096, 10**9, 10**18, float("nan"), float("inf"), "", "auto", "x"]
VALUES += [[], [0], [1] * 5, {}, {"a": 1}, ["full_attention"] * 3, [[["global"], 10**9]], "M*E-", "[1, 2]"]


def mutated(mapping, chance):
    fields = json.loads(json.dumps(mapping))
    for _ in range(chance.randint(1, 4)):
        inside = fields
        for key in list(fields):
            if isinstance(fields[key], dict) and fields[key] and chance.random() < 0.5:
                inside = fields[key]
        key = chance.choice([*inside, "head_dim", "layer_types", "sliding_window", "num_experts", "text_config"])
        kind = chance.random()
        if kind < 0.2:
            inside.pop(key, None)
        elif kind < 0.4 and isinstance(inside.get(key), int):
            inside[key] = inside[key] * chance.choice([-1, 2, 10**6, 0.5])
        elif kind < 0.5:
            other = chance.choice(list(FILES.values()))
            inside[key] = copy.deepcopy(other.get(key, chance.choice(list(other.values()))))
        else:
            inside[key] = copy.deepcopy(chance.choice(VALUES))
    return fields


def answer(fields):
    """What is told of a file, and the refusal: one of them is empty."""
    try:
        return describe(from_config(fields)), ""
    except Refusal as refused:
        return {}, str(refused)


def test_a_thousand_malformed_files_are_each_answered_or_refused_in_one_line():
    chance = random.Random(10)
    names, answered = list(FILES), 0
    for number in range(1000):
        fields = mutated(FILES[names[number % len(names)]], chance)
        start = time.process_time()  # other work on the machine is no fault of a file's
        told, message = answer(fields)
        assert "\n" not in message, fields
        assert len(message) < 500, fields
        if told:
            answered += 1
            assert 0 < told["active_params"] <= told["params"]
            assert all(size > 0 for size in told["weights"].values())
        assert time.process_time() - start < 1, fields
    assert 100 < answered < 900


@pytest.mark.alone
@pytest.mark.parametrize("name", ["llama-3.1-405b", "deepseek-v3", "qwen3-next-80b", "gemma-3-4b"])
def test_a_file_is_read_and_described_in_5_ms(name):
    best = 1.0
    for _ in range(20):
        start = time.perf_counter()
        describe(from_config(FILES[name]))
        best = min(best, time.perf_counter() - start)
    assert best < 5e-3
