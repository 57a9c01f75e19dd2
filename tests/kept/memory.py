"""Weights in all formats, and memory by purpose."""

import json
from pathlib import Path

from llmcalc import known_models
from llmcalc.checks import Refusal
from llmcalc.models import serving_memory, weights
from llmcalc.models.memory import LOSSES, OPTIMISERS, training_memory
from llmcalc.models.model import Model
from tests.kept.cells import written
from tests.models.memory_runs import published, run_of

FILES = Path(__file__).parent.parent / "models" / "configs"
# Few and many layers, heads that share keys or do not, experts, latent attention, states, one table or two.
NAMES = (
    "GPT-2 124M",
    "LLaMA 7B",
    "Llama 3.1 8B",
    "Llama 3.1 70B",
    "Mixtral 8x7B",
    "Qwen3 30B A3B",
    "DeepSeek V3",
    "gpt-oss 20B",
    "Gemma 3 1B",
    "Qwen3 Next 80B A3B",
)
# Layers that either mix tokens or have experts, layers that mix them in two ways at once, and linear attention.
FILED = ("nemotron-3-nano-30b", "falcon-h1-0.5b", "kimi-linear")


def filed(name):
    return Model.from_config(json.loads((FILES / f"{name}.json").read_text(encoding="utf-8")))


MODELS = (*map(known_models.model, NAMES), *map(filed, FILED))
DEVICES = 4


def formats():
    """Bytes of models in all formats, and on one of some devices."""
    for model in MODELS:
        for weight_format in weights.names():
            each = {"bytes": model.weight_bytes(weight_format)}
            each["bytes_per_device"] = model.weight_bytes_per_device(weight_format, DEVICES)
            each["cache_bytes"] = model.cache_bytes_per_device(1001, 3, 0.53125 / 3)
            yield {"model": model.name, "format": weight_format} | {key: f"{each[key]:.15g}" for key in each}


ROOMS = {"small": 24e9, "large": 80e9, "server": 640e9}
SERVING_OPTIONS = {
    "usual": {},
    "shared": {"tensor_parallel": 2, "prompt_tokens": 8192, "engine_bytes": 2e9},
    "narrow": {"weight_format": "int4", "bytes_per_value": 1.0},
}


def serving():
    """Memory of served models by purpose, and what fits into devices."""
    for model in MODELS:
        for option, options in SERVING_OPTIONS.items():
            told = {"model": model.name, "options": option}
            try:
                parts = serving_memory.serving_memory(model, 8000, 3, **options)
            except Refusal as refusal:
                yield told | {"refused": str(refusal)}
                continue
            told |= {purpose: written(size) for purpose, size in parts.items()}
            alone = {name: options[name] for name in options if name != "tensor_parallel"}
            for room, size in ROOMS.items():
                fitting = serving_memory.sequences_that_fit(model, size, 8000, 0.9, **options)
                told[f"{room}: sequences"] = written(fitting)
                longest = serving_memory.longest_context(model, size, 2, 0.9, 10**6, **options)
                told[f"{room}: context"] = str(longest)
            for weight_format, fit in serving_memory.fits(model, 80e9, 8000, 0.9, **alone).items():
                told[f"{weight_format}: fit"] = f"{written(fit['weights'])} {fit['sequences']} {fit['longest_context']}"
            told["devices"] = str(serving_memory.devices_needed(model, 4e12, 8000, 3, 0.9, **alone))
            yield told


# Memory of training

CHANGES = {
    "as published": {},
    "one table": {"embedding_tables": 1},
    "all kept and sharded": {"recomputation": "none", "zero_stage": 3},
    "recomputed": {"recomputation": "full", "zero_stage": 2},
    "selective, with dropout": {"recomputation": "selective", "dropout": 1, "fused_attention": 0, "zero_stage": 1},
}
OPTIONS = {
    "usual": {},
    "tuned": {"adapter_rank": 16, "frozen_bytes": 0.5, "reference_bytes": 2.0, "fragmentation": 0.1},
}
ALONE = {name: {"optimiser": name, "adapter_rank": 0, "outside_bytes": 1e9} for name in OPTIMISERS}
ALONE |= {f"loss {name}": {"loss": name} for name in LOSSES}
OPTIONS["offloaded"] = {"offload": True, "optimiser": "adafactor", "fused_norms": False, "load_factor": 1.5}


def memory():
    """Bytes by purpose of the published runs, and of others like them."""
    for row in published():
        for changed, changes in CHANGES.items():
            for option, options in (OPTIONS | ALONE if changed == "as published" else OPTIONS).items():
                told = training_memory(run_of(row, **changes), **options)
                parts = {purpose: written(size) for purpose, size in told["parts"].items()}
                yield {"id": row["id"], "run": changed, "options": option, "stage": str(told["stage"])} | parts
