"""Published runs as the objects that `training_memory` takes."""

from pathlib import Path
from types import SimpleNamespace

from llmcalc import datasets
from llmcalc.models.model import Model

GIB = 2**30
ERRORS = Path(__file__).parent / "memory_errors.csv"
# DeepSeek's latent attention, as training_runs.csv describes it.
LATENT = {"query_rank": 1536, "kv_rank": 512, "rotary_size": 64, "nope_size": 128, "value_size": 128}
SHAPE = [
    "layers",
    "hidden_size",
    "heads",
    "kv_heads",
    "head_size",
    "mlp_size",
    "mlp_matrices",
    "vocabulary_size",
    "embedding_tables",
    "experts",
    "experts_per_token",
    "expert_mlp_size",
    "shared_mlp_size",
    "dense_layers",
]
CUT = [
    "devices",
    "tensor_parallel",
    "pipeline_stages",
    "model_chunks",
    "context_parallel",
    "expert_parallel",
    "microbatch",
    "batch",
    "context",
    "fused_attention",
    "sequence_parallel",
    "zero_stage",
    "gradient_bytes",
    "dropout",
]


def published():
    """Rows whose peak of memory was published, with the time of a step and without."""
    timed = [row for row in datasets.records("training-runs") if row["peak_gib"] is not None]
    return timed + datasets.records("memory-peaks")


def run_of(row, **changed):
    """A run with the row's model and cut, changed where said."""
    row = row | changed
    shape = {name: int(row[name] or 0) for name in SHAPE}
    if row["attention"] == "latent":
        shape |= LATENT | {"attention": "latent"}
        del shape["head_size"], shape["kv_heads"]
    run = SimpleNamespace(model=Model(row["id"], **shape), recomputation=row["recomputation"])
    for name in CUT:
        setattr(run, name, int(row[name]))
    run.replicas = run.devices / (run.tensor_parallel * run.pipeline_stages * run.context_parallel)
    return run
