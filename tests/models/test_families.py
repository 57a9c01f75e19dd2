"""Every family is read as the table has it."""

import pytest

from llmcalc.models.families import FAMILIES
from llmcalc.models.model import Model
from tests.models import families

KEPT = families.kept()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_read_as_it_was(family):
    kept = [row for row in KEPT if row["family"] == family]
    assert [families.row(family, said) for said in families.SAID] == kept


def test_the_table_has_no_other_families():
    assert {row["family"] for row in KEPT} == set(FAMILIES)


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
