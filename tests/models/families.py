"""What is read of each family's files where these say little: the table `families.csv` beside, and how it is written.

The traits and usual sizes of families are facts, most of which `data/models.csv` and the files in `configs` hold to
published totals. This table holds the rest of them where they are: `python -m tests.models.families` writes it anew,
and what changed is in the difference.
"""

import csv
from pathlib import Path

from llmcalc.checks import Refusal
from llmcalc.models.families import FAMILIES
from llmcalc.models.model import Model

TABLE = Path(__file__).parent / "families.csv"
CONTEXT = 10_000
SIZES = {
    "num_hidden_layers": 12,
    "hidden_size": 512,
    "num_attention_heads": 8,
    "intermediate_size": 1536,
    "vocab_size": 4000,
    "max_position_embeddings": 8192,
}
MORE = {
    "num_key_value_heads": 4,
    "head_dim": 96,
    "num_experts": 8,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 192,
    "sliding_window": 1024,
    "attention_bias": True,
    "mlp_bias": True,
    "use_qk_norm": True,
    "tie_word_embeddings": False,
}
# How much a file says: nothing but the family, within a larger file; the sizes that all have; and others, too.
SAID = {"nothing": {}, "sizes": SIZES, "more": SIZES | MORE}
COLUMNS = ("family", "said", "params", "active_params", "cache_bytes", "forward_flop", "assumed", "refused")


def row(family, said):
    """What a file of a family is read as, or why it is refused."""
    fields = {"model_type": family} | SAID[said]
    told = dict.fromkeys(COLUMNS, "") | {"family": family, "said": said}
    try:
        model = Model.from_config({"text_config": fields} if said == "nothing" else fields)
    except Refusal as refusal:
        return told | {"refused": str(refusal)}
    numbers = {"params": model.params, "active_params": model.active_params}
    numbers |= {"cache_bytes": model.cache_bytes(CONTEXT), "forward_flop": model.forward_flop_per_token(CONTEXT)}
    return told | {name: f"{number:.0f}" for name, number in numbers.items()} | {"assumed": "; ".join(model.assumed)}


def rows():
    return [row(family, said) for family in FAMILIES for said in SAID]


def kept():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main():
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows())


if __name__ == "__main__":
    main()
