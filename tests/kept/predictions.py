"""What is predicted of rows like those that people publish, and of rows that leave something out."""

from itertools import cycle

from llmcalc import datasets
from llmcalc.prediction import runs, serving
from tests.kept.cells import brief

EVERY = 2  # of the published rows
# What rows of serving say besides, in turn.
SERVED = (
    {},
    {"concurrency": "16"},
    {"request_rate": "2"},
    {"batch": "8", "engine": "TensorRT-LLM 0.7.1", "osl": "200"},
    {"requests": "300", "osl": "64"},
    {"engine": "vLLM 0.6", "concurrency": "1,000"},
    {"request_rate": "0.5", "burstiness": "0.3", "kv_precision": "fp8"},
    {"ep": "2", "tp": "4", "pp": "2", "max_batch_size": "64", "max_num_tokens": "2048"},
    {"precision": "w4a16", "dp": "-"},
    {"precision": "fp5"},
    {"isl": "-1"},
    {"isl": "2e11", "osl": ""},
)
# Columns that rows of training leave out, in turn.
UNSAID = ((), ("tensor_parallel", "pipeline_stages"), ("mlp_size", "kv_heads", "head_size"), ("recomputation", "heads"))
UNSAID += (("vocabulary_size", "context"), ("devices",), ("number_format", "microbatch", "zero_stage"))


def services():
    """Services, with what was assumed."""
    published = [serving.published_row(row) for row in datasets.records("serving-published")[::EVERY]]
    for place, (row, more) in enumerate(zip(published, cycle(SERVED), strict=False)):
        told = {"row": str(EVERY * place), "more": " ".join(f"{name}={text}" for name, text in more.items())}
        yield told | serving.predict_row(row | more)


def pools():
    """Pools of several servers."""
    for row in serving.pool_errors():
        yield {name: brief(row[name]) for name in ("pool", "model", "accelerator", "servers", "predicted", "error")}


def trainings():
    """Steps of training, with what was assumed."""
    for row, unsaid in zip(datasets.records("training-runs")[::EVERY], cycle(UNSAID), strict=False):
        said = {name: cell for name, cell in row.items() if name not in (*unsaid, "step_seconds")}
        answer = runs.predict_row(said)
        told = {"id": str(row["id"]), "unsaid": " ".join(unsaid)}
        yield told | {name: value if isinstance(value, str) else brief(value) for name, value in answer.items()}
