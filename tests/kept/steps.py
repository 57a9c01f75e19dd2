"""The terms of steps, with constants and devices of round numbers, which no calibration moves."""

from llmcalc import datasets
from llmcalc.checks import Refusal
from llmcalc.models.device import Device
from llmcalc.models.run import Run
from llmcalc.models.service import WEIGHT_BYTES, Service
from llmcalc.models.step_constants import MEANINGS, Constants
from llmcalc.plans.step import predict
from llmcalc.prediction import calibration
from tests.kept.cells import written
from tests.kept.memory import MODELS

ORDINARY = {
    "routing_passes": 12.0,
    "attention_half_context": 1500.0,
    "hop_seconds": 1e-5,
    "launch_seconds": 5e-6,
    "kernels_of_a_layer": 20.0,
    "kernels_of_a_mixture": 45.0,
    "host_seconds_of_a_layer": 0.004,
    "host_seconds_of_a_mixture": 0.012,
}
SHARES = {name: 0.3 * low + 0.7 * high for name, (_, low, high, _) in MEANINGS.items()}
CONSTANTS = Constants(SHARES | ORDINARY)
PEAKS = {"fp32": 2e13, "tf32": 1.5e14, "fp16": 3e14, "bf16": 3e14, "fp8": 6e14, "int8": 6e14, "fp4": 1.2e15}
DEVICE = Device(
    name="of round numbers",
    peaks=PEAKS,
    memory=80e9,
    memory_bandwidth=2e12,
    link_bandwidth=3e11,
    link_devices=8,
    network_bandwidth=2.5e10,
)
CUTS = {
    "data": {"devices": 16},
    "all": {"devices": 64, "tensor_parallel": 4, "pipeline_stages": 2, "expert_parallel": 2, "context_parallel": 2},
    "sharded": {"devices": 24, "zero_stage": 3, "recomputation": "full", "gradient_bytes": 2},
    "interleaved": {"devices": 32, "pipeline_stages": 4, "model_chunks": 2, "tensor_parallel": 2, "microbatch": 2},
    "old": {"devices": 16, "fused_attention": 0, "dropout": 1, "recomputation": "selective", "sequence_parallel": 0},
    "overlapped": {"devices": 64, "tensor_parallel": 16, "overlap_tensor_parallel": 1, "overlap_gradients": 0},
}


def steps():
    """Terms of a training step."""
    for model in MODELS:
        for number_format in ("fp32", "tf32", "bf16", "fp8", "fp4"):
            for cut, numbers in CUTS.items():
                told = {"model": model.name, "format": number_format, "cut": cut, "refused": ""}
                try:
                    run = Run(model, DEVICE, batch=192, context=4096, number_format=number_format, **numbers)
                    step = predict(run, CONSTANTS)
                    told |= {term: written(seconds) for term, seconds in step.terms.items()}
                    told |= {"seconds": written(step.seconds), "mfu": written(step.mfu)}
                except Refusal as refusal:
                    told["refused"] = str(refusal)
                yield told


SERVING = {
    "products_share": 0.9,
    "memory_share": 0.8,
    "overlap": 0.4,
    "attention_share": 0.7,
    "plain_attention_share": 0.15,
    "layer_seconds": 2e-5,
    "prompt_layer_seconds": 1e-4,
    "expert_layer_seconds": 3e-5,
    "expert_prompt_layer_seconds": 5e-5,
    "step_seconds": 1e-3,
    "sequence_seconds": 3e-6,
    "expert_sequence_seconds": 2e-5,
    "expert_products_share": 0.6,
    "expert_row_seconds": 6e-9,
    "row_vectors": 10.0,
    "all_reduce_seconds": 1e-5,
    "network_seconds": 3e-5,
    "links_share": 0.6,
    "engine_bytes": 4e9,
    "cache_share": 0.9,
    "largest_batch": 2000.0,
    "chunk_tokens": 8000.0,
    "rate_share_bf16": 0.7,
    "rate_share_fp8": 0.6,
    "rate_share_fp4": 0.4,
    "rate_share_int8": 0.8,
}
SERVED = {
    "alone": {},
    "shared": {"tensor_parallel": 4, "hit_share": 0.3, "question_spread": 1.5},
    "apart": {"tensor_parallel": 2, "data_parallel": 2, "expert_parallel": 4, "answer_spread": 0.5},
    "over servers": {"tensor_parallel": 1, "data_parallel": 32, "expert_parallel": 32, "answers_per_question": 2},
    "over servers, each": {"tensor_parallel": 8, "data_parallel": 4, "expert_parallel": 32},
    "without prompts": {"reads_prompts": False, "cache_share": 0.5, "engine_bytes": 1e9},
    "staged": {"pipeline_stages": 2, "adapters": 3, "bytes_per_value": 1.0},
    "drafted": {"draft_tokens": 3, "acceptance": 0.7, "kernels": "2023", "chunk_tokens": 512},
}


def services():
    """Terms of a serving step, and what a replica holds and takes."""
    for model in MODELS:
        for number_format in WEIGHT_BYTES:
            for setting, numbers in SERVED.items():
                told = {"model": model.name, "format": number_format, "setting": setting, "refused": ""}
                try:
                    service = Service(model, DEVICE, number_format, constants=SERVING, **numbers)
                    step = service.step(8, 2000, 700, 0.4)
                    told |= {term: written(getattr(step, term)) for term in step.PARTS}
                    told |= {"weight_bytes": written(service.weight_bytes), "batch": written(service.full_batch())}
                    times = (service.first_token_seconds(), service.token_seconds(4), service.static_seconds(4))
                    told |= dict(zip(("first_token", "token", "static"), map(written, times), strict=True))
                except Refusal as refusal:
                    told["refused"] = str(refusal)
                yield told


def constants():
    """What the constants of a step mean, and between which ends they may be given."""
    for name, (unit, low, high, meaning) in MEANINGS.items():
        yield {"constant": name, "unit": unit, "low": repr(low), "high": repr(high), "meaning": meaning}


def own_constants():
    """What is fitted to somebody's own runs: slow and fast ones, some of one machine, and mixtures."""
    rows = [row | {"set": None} for row in datasets.records("training-runs") if row["set"] == "SimuMax-B200-dense"]
    mixtures = [row | {"set": None} for row in datasets.records("training-runs") if row["experts"]]
    slow = [rows[0] | {"step_seconds": 3 * rows[0]["step_seconds"]}]
    fast = [row | {"step_seconds": row["step_seconds"] / 20} for row in rows[:2]]
    for name, runs in {"slow": slow, "fast": fast, "of a machine": rows[:6], "mixtures": mixtures[:4]}.items():
        table, left_out = calibration.calibrate(runs)
        for place, error in enumerate(left_out):
            yield {"runs": name, "constant": f"error of run {place + 1}", "value": f"{error:.3g}"}
        for row in table:
            if row["basis"] != "shipped" and row["value"] > 1e-9:
                yield {"runs": name, "constant": row["constant"], "value": f"{row['value']:.3g}", "unit": row["unit"]}
