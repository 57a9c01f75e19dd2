"""Models are and take what the tables have."""

import itertools

import pytest

from llmcalc.models.model import Model
from tests.kept.catalogue import ROWS, kept

# Simulating takes a fifth as long as all other fast tests; what is simulated stands in its table for these.
LONG = [pytest.mark.built]


@pytest.mark.parametrize("name", [pytest.param(name, marks=LONG if name == "simulations" else []) for name in ROWS])
def test_nothing_moved(name):
    found = [{column: cell for column, cell in row.items() if cell} for row in ROWS[name]()]
    moved = [(was, now) for was, now in itertools.zip_longest(kept(name), found) if was != now]
    assert moved == [], f"if that is meant, .venv/bin/python -m tests.kept {name}"


def test_embeddings_of_each_layer_may_be_most_of_a_model():
    # The text part of google/gemma-3n-E4B: its checkpoint has 6.87e9 parameters besides vision and audio.
    fields = {
        "model_type": "gemma3n_text",
        "num_hidden_layers": 35,
        "hidden_size": 2048,
        "intermediate_size": [16384] * 35,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "head_dim": 256,
        "vocab_size": 262400,
        "sliding_window": 512,
    }
    assert Model.from_config(fields).params == 6_866_696_688
