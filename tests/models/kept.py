"""Tables of what models are and take, and of what questions are answered: `python -m tests.models.kept`.

Published totals, sizes of files and peaks hold the sums; these tables hold every part where it is, so that nothing
moves unnoticed: the traits and usual sizes of families, weights in all formats, memory by purpose, the terms of a step,
and what questions are answered where their parameters are others.
Whoever means a change writes them anew, and the difference shows what else it changed.
"""

import csv
import inspect
import json
import random
import re
from pathlib import Path

from llmcalc import catalogue, known_models
from llmcalc.checks import Refusal
from llmcalc.models import counting_tools, networks, serving_memory, vision, weights
from llmcalc.models import families as reading
from llmcalc.models.device import Device
from llmcalc.models.families import FAMILIES
from llmcalc.models.layers import Attention, LatentAttention, Mixture, Mlp
from llmcalc.models.memory import LOSSES, OPTIMISERS, training_memory
from llmcalc.models.model import Model
from llmcalc.models.run import Run
from llmcalc.models.service import WEIGHT_BYTES, Service
from llmcalc.models.step_constants import MEANINGS, Constants
from llmcalc.plans import comparing
from llmcalc.plans.cuts import CHEAPEST, FASTEST, FEWEST, Search, cut_numbers
from llmcalc.plans.pools import pools_plan
from llmcalc.plans.serving import service_plan
from llmcalc.plans.step import predict
from llmcalc.plans.training import by_devices, training_plan
from llmcalc.prediction.serving import first_interval
from llmcalc.questions import questions
from tests.formulas import FORMULAS
from tests.models.memory_runs import published, run_of

FOLDER = Path(__file__).parent / "kept_tables"
FILES = Path(__file__).parent / "configs"

# Families

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
# How much a file says: nothing but the family, within a larger file; the sizes that all have; others, too; and all that
# may be on or off, whichever family looks for it.
FLAGS = sorted(set(re.findall(r'flag\("(\w+)"', Path(reading.__file__).read_text("utf-8"))))
SAID = {"nothing": {}, "sizes": SIZES, "more": SIZES | MORE}
SAID |= {"on": SIZES | dict.fromkeys(FLAGS, True), "off": SIZES | dict.fromkeys(FLAGS, False)}


# Fields without which files of a family say nothing.
MAMBA = {"mamba_n_heads": 16, "mamba_d_state": 32, "mamba_n_groups": 2, "attn_layer_indices": [3, 7]}
LINEAR = {"num_heads": 8, "head_dim": 64, "full_attn_layers": [3, 7, 11]}
BLOCKS = [{"attention": {"n_heads_in_group": 2}, "ffn": {"ffn_mult": 2.5}}, {"attention": {}, "ffn": {"ffn_mult": 1.3}}]
BLOCKS += [{"attention": {"no_op": True}, "ffn": {"ffn_mult": 1.3}}]
BLOCKS += [{"attention": {"replace_with_linear": True}, "ffn": {"no_op": True}}]
OWN = {
    "bamba": MAMBA,
    "granitemoehybrid": MAMBA,
    "dbrx": {"ffn_config": {"ffn_hidden_size": 768}},
    "nemotron_h": {
        "hybrid_override_pattern": "M-M*M-ME",
        "mamba_num_heads": 16,
        "mamba_head_dim": 32,
        "ssm_state_size": 32,
    },
    "nemotron_nas": {"block_configs": 3 * BLOCKS},
    "kimi_linear": {"linear_attn_config": LINEAR, "kv_lora_rank": 64, "qk_rope_head_dim": 16, "qk_nope_head_dim": 32},
    "mpt": {"attn_config": {"attn_type": "multiquery_attention", "alibi": True}, "no_bias": False},
    "gpt_neo": {"attention_types": [[["global", "local"], 6]], "window_size": 256},
    "chatglm": {"multi_query_attention": True, "multi_query_group_num": 2, "add_qkv_bias": True},
    "falcon": {"new_decoder_architecture": True, "num_kv_heads": 2},
    "opt": {"do_layer_norm_before": False, "enable_bias": False, "word_embed_proj_dim": 128},
    "jamba": {"num_hidden_layers": 37},
    "hunyuan": {"use_cla": True, "cla_share_factor": 3, "use_qk_norm": True},
    "falcon_h1": {"mamba_n_heads": 16, "mamba_d_ssm": 512, "mamba_d_state": 32, "mamba_rms_norm": False},
    "longcat_flash": {"n_routed_experts": 8, "moe_topk": 2, "expert_ffn_hidden_size": 64, "zero_expert_num": 4},
}
OWN["nemotron_h"] |= {
    "n_routed_experts": 8,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 64,
    "n_shared_experts": 1,
}
OWN["kimi_linear"] |= {"routed_expert_hidden_size": 256, "latent_moe_use_norm": True}
OWN["kimi_linear"] |= {"v_head_dim": 32, "num_experts": 8, "num_experts_per_token": 2, "moe_intermediate_size": 64}


def families():
    """What a file of each family is read as, or why it is refused."""
    for family in FAMILIES:
        for said, sizes in SAID.items():
            fields = {"model_type": family} | sizes
            read = described({"text_config": fields} if said == "nothing" else fields)
            yield {"family": family, "said": said} | read
    for family, own in OWN.items():
        yield {"family": family, "said": "its own"} | described({"model_type": family} | SIZES | own)


# Fields by which files say which layers have a window, experts, or neither.
LAYERS = {
    "as it is": {},
    "switched windows": {"sliding_window": 512, "use_sliding_window": True, "max_window_layers": 7},
    "windows off": {"sliding_window": 512, "use_sliding_window": False},
    "every third without": {"sliding_window": 512, "sliding_window_pattern": 3, "use_sliding_window": True},
    "pattern of letters": {"sliding_window": 512, "sliding_window_pattern": "LLG"},
    "dense first": {"first_k_dense_replace": 2, "moe_layer_freq": 2},
    "every second": {"decoder_sparse_step": 2, "mlp_only_layers": [1, 5]},
    "interleaved": {"interleave_moe_layer_step": 3, "use_qk_norm": True},
    "between": {"moe_layer_interval": 2, "moe_layer_start_index": 3, "moe_layer_end_index": 9},
    "by period": {"expert_layer_period": 3, "expert_layer_offset": 1, "attn_layer_period": 3, "attn_layer_offset": 2},
    "listed": {"moe_layers": [1, 3, 4]},
    "shared": {"num_shared_experts": 2, "n_shared_experts": 2, "shared_expert_intermediate_size": 192},
    "none shared": {"shared_expert_intermediate_size": 0, "n_shared_experts": 0},
    "biased": {"attention_bias": True, "qkv_bias": True, "bias": True, "use_bias": True, "mlp_bias": True},
    "unnamed": {"model_type": "tomorrow", "architectures": ["Tomorrow"], "use_qk_norm": True},
    "gelu": {"model_type": "tomorrow", "architectures": [], "hidden_act": "gelu_new"},
}


def files():
    """What files of published models are read as, with other layers, too."""
    for path in sorted(FILES.glob("*.json")):
        fields = json.loads(path.read_text(encoding="utf-8"))
        for layers, changed in LAYERS.items():
            yield {"file": path.stem, "layers": layers} | described(fields | changed)


def described(fields):
    try:
        model = Model.from_config(fields)
    except Refusal as refusal:
        return {"refused": str(refusal)}
    told = {"params": written(model.params), "active_params": written(model.active_params)}
    told["cache_bytes"] = written(model.cache_bytes(CONTEXT))
    told["forward_flop"] = written(model.forward_flop_per_token(CONTEXT))
    return told | {"assumed": str(len(model.assumed)), "name": model.name}


# Formats

# Few and many layers, heads that share keys or do not, experts, latent attention, states, one table or two.
MODELS = (
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
DEVICES = 4


def formats():
    """Bytes of models in all formats, and on one of some devices."""
    for name in MODELS:
        model = known_models.model(name)
        for weight_format in weights.names():
            each = {"bytes": model.weight_bytes(weight_format)}
            each["bytes_per_device"] = model.weight_bytes_per_device(weight_format, DEVICES)
            yield {"model": model.name, "format": weight_format} | {key: f"{each[key]:.15g}" for key in each}


ROOMS = {"small": 24e9, "large": 80e9, "server": 640e9}
SERVING_OPTIONS = {
    "usual": {},
    "shared": {"tensor_parallel": 2, "prompt_tokens": 8192, "engine_bytes": 2e9},
    "narrow": {"weight_format": "int4", "bytes_per_value": 1.0},
}


def serving():
    """Memory of served models by purpose, and what fits into devices."""
    for name in MODELS:
        model = known_models.model(name)
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


# Steps, with constants and devices of round numbers, which no calibration moves

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
    for name in MODELS:
        model = known_models.model(name)
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
    "staged": {"pipeline_stages": 2, "adapters": 3, "bytes_per_value": 1.0},
    "drafted": {"draft_tokens": 3, "acceptance": 0.7, "kernels": "2023", "chunk_tokens": 512},
}


def services():
    """Terms of a serving step, and what a replica holds and takes."""
    for name in MODELS:
        model = known_models.model(name)
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


ASKED = {
    "loose": {"request_rate": 3.0},
    "prompt": {"request_rate": 40.0, "time_to_first_token": 1.0, "question_tokens": 4000},
    "steady": {"request_rate": 0.5, "time_per_output_token": 0.03, "quantile": "p99", "load": 0.7},
    "median": {"request_rate": 10.0, "time_to_first_token": 3.0, "quantile": "p50", "answer_spread": 1.0},
}


def plans():
    """Plans of services, and replicas under load."""
    for name in MODELS:
        model = known_models.model(name)
        for asked, wanted in ASKED.items():
            told = {"model": model.name, "asked": asked, "refused": ""}
            try:
                plan = service_plan(model, DEVICE, constants=SERVING, **wanted)
            except Refusal as refusal:
                yield told | {"refused": str(refusal)}
                continue
            told |= {"devices": str(plan.devices), "replicas": str(plan.replicas)}
            # To a millionth of a device: what is left of a difference of equals depends on the machine.
            told |= {purpose: written(round(share, 6)) for purpose, share in plan.why.items()}
            at_work = plan.replica
            for number in ("batch", "full_batch", "requests", "output_tokens", "load"):
                told[number] = written(getattr(at_work, number))
            for latency in ("first_token", "output_token", "answer"):
                told |= {f"{latency} {point}": written(time) for point, time in getattr(at_work, latency).items()}
            told |= {f"memory of {purpose}": written(size) for purpose, size in at_work.memory.items()}
            told["ten times"] = str(plan.scaled([10 * wanted["request_rate"]])[0])
            told["cut"] = " ".join([str(count) for count in at_work.service.cut])
            told["range"] = " to ".join(map(written, first_interval(at_work.service)))
            try:
                apart = pools_plan(model, DEVICE, constants=SERVING, **wanted)
            except Refusal as refusal:
                yield told | {"apart": str(refusal)}
                continue
            told |= {"reading": str(apart.reading.devices), "writing": str(apart.writing.devices)}
            told["transfer"] = written(apart.transfer_seconds)
            for point in ("mean", "p95"):
                told[f"first_token {point} apart"] = written(apart.busiest.first_token[point])
            yield told


WANTED = {
    "fewest": {"goal": FEWEST, "seconds": 20.0},
    "few": {"goal": FEWEST, "seconds": 2.0},
    "fastest": {"goal": FASTEST, "devices": 96},
    "on all": {"goal": FASTEST, "devices": 10**6},
    "cheapest": {"goal": CHEAPEST, "seconds": 8.0},
}
SEARCHED = {
    "usual": {},
    "fixed": {"fixed": {"tensor_parallel": 2, "zero_stage": 1, "recomputation": "none"}},
    "tuned": {"memory": {"adapter_rank": 8}, "run": {"gradient_bytes": 2}},
}


def cuts():
    """Best cuts of training runs, batches close by that take fewer devices, and the least that holds a model."""
    for name in ("Llama 3.1 8B", "Llama 3.1 70B", "Mixtral 8x7B", "Qwen3 30B A3B"):
        model = known_models.model(name)
        for searched, options in SEARCHED.items():
            for context in (4096, 32768):
                search = Search(model, DEVICE, CONSTANTS, 192, context, "bf16", **options)
                told = {"model": model.name, "search": searched, "context": str(context)}
                smallest = search.smallest()
                yield told | {"wanted": "smallest"} | (cut_of(smallest) if smallest else {})
                for wanted, asked in WANTED.items():
                    found = search.best(**asked)
                    row = told | {"wanted": wanted} | (cut_of(found) if found else {})
                    if found and wanted != "on all" and "seconds" in asked:
                        near = search.nearby_batch(found, asked["seconds"])
                        row["near"] = f"{near[0]} on {near[1].run.devices:g}" if near else ""
                    yield row


def runs():
    """Plans of training runs, and what other numbers of replicas would do."""
    for name in ("Llama 3.1 8B", "Llama 3.1 70B", "Qwen3 30B A3B"):
        model = known_models.model(name)
        for asked in ({"devices": 512}, {"seconds": 30 * 86400.0}, {"seconds": 3e5}):
            told = {"model": name, "asked": " ".join(f"{key}={value:g}" for key, value in asked.items())}
            plan = training_plan(model, catalogue.device("H100 SXM"), tokens=1e12, batch=768, **asked)
            told |= {"verdict": plan.verdict, "seconds": written(plan.seconds) if plan.cut else ""}
            yield told | (cut_of(plan.cut) if plan.cut else {})
            for other in by_devices(plan, 7) if plan.cut else []:
                yield told | {"verdict": "other", "seconds": written(other.seconds)} | cut_of(other.cut)


def cut_of(found):
    run, numbers = found.run, cut_numbers(found.run)
    told = {"devices": f"{run.devices:g}", "zero_stage": str(run.zero_stage), "recomputation": run.recomputation}
    told |= {number: str(numbers[number]) for number in numbers}
    return told | {"seconds": written(found.step.seconds), "free_bytes": written(found.free_bytes)}


# Networks of pictures

PICTURES = {
    "native": {},
    "other": {"image_size": 448, "classes": 37},
    "wider": {"width": 1.3},
    "deeper": {"depth": 1.7},
}
TOOLS = ("opcounter_count", "early_opcounter_count", "thop_count", "ptflops_count", "fvcore_count")


def pictures():
    """Sums of networks, as several tools count them, and a sum over all layers in which their order counts."""
    for name in networks.NAMES:
        for picture, options in PICTURES.items():
            told = {"network": name, "picture": picture}
            try:
                layers = networks.build(name, **options)
            except Refusal as refusal:
                yield told | {"refused": str(refusal)}
                continue
            sums = ("params", "macs", "attention_macs", "activations")
            told |= {quantity: str(getattr(vision, quantity)(layers)) for quantity in sums}
            told |= {tool: written(getattr(counting_tools, tool)(layers)) for tool in TOOLS}
            order = sum(place * (layer["macs"] + layer["terms"]) for place, layer in enumerate(layers))
            yield told | {"layers": str(len(layers)), "in order": str(order)}


# Formulas and questions


def formulas():
    """Every formula at a point in its range, with each argument smaller, too; their sources hold them elsewhere."""
    for formula in FORMULAS:
        smaller = {argument.name: 0.31 * argument.typical for argument in formula.arguments}
        points = {"typical": {}} | {f"smaller {name}": {name: value} for name, value in smaller.items()}
        for point, changed in points.items():
            told = {"formula": f"{formula.module}.{formula.name}", "point": point}
            try:
                yield told | {"result": written(float(formula.function(**(formula.typical | changed))))}
            except Refusal as refusal:
                yield told | {"refused": str(refusal)}


def parameters():
    """Defaults of all questions, and what their parameters take: forms, links and scenarios of readers rest on them."""
    for name, question in questions().items():
        for parameter in question.parameters.values():
            told = {"question": name, "parameter": parameter.name, "default": repr(parameter.default)}
            ends = {"low": parameter.low, "high": parameter.high}
            yield told | {end: "" if value is None else repr(value) for end, value in ends.items()}


SCENARIOS = 30
EACH = ("network", "number_format", "serving_format", "weight_format", "recomputation", "optimiser", "sharding")


def answers():
    """Answers to all questions where some of their parameters are others, with their sentences."""
    for name, question in questions().items():
        chance = random.Random(name)
        each = [{key: choice} for key, one in question.parameters.items() if key in EACH for choice in one.choices]
        for given in [*(scenario(question, chance) for _ in range(SCENARIOS)), *each]:
            told = {"question": name, "given": json.dumps(given)}
            try:
                answer = question.answer(**given)
            except Refusal as refusal:
                yield told | {"refused": str(refusal)}
                continue
            values = {result["name"]: result["value"] for result in answer.listed()}
            numbers = [f"{result}={brief(value)}" for result, value in values.items()]
            yield told | {"kind": answer.kind, "sentence": answer.sentence, "results": " ".join(numbers)}


def scenario(question, chance):
    """Some parameters of a question, chosen by chance: up to ten times as much or as little, or any of the choices."""
    several = chance.sample(sorted(question.parameters), min(chance.randint(1, 5), len(question.parameters)))
    given = {}
    for parameter in map(question.parameters.__getitem__, several):
        if parameter.choices:
            given[parameter.name] = chance.choice(parameter.choices)
        elif parameter.type is bool:
            given[parameter.name] = not parameter.default
        elif parameter.type in (int, float):
            around = (parameter.default or 1) * 10 ** chance.uniform(-1, 1)
            value = float(f"{min(max(around, parameter.low), parameter.high):.3g}")
            given[parameter.name] = round(value) if parameter.type is int else value
    return given


def brief(value):
    return f"{value:.7g}" if isinstance(value, int | float) and not isinstance(value, bool) else repr(value)


def offers():
    """Devices for a service, the cheapest first."""
    for name in ("Llama 3.1 8B", "Llama 3.1 70B", "Mixtral 8x7B"):
        for group in (comparing.FORMATS, (("fp8",),), (("fp4",), ("int8", "bf16"))):
            for rate, limits in ((0.3, {}), (30.0, {}), (3.0, {"time_per_output_token": 4e-3})):
                told = {"model": name, "formats": repr(group), "rate": str(rate), "limits": " ".join(limits)}
                found = comparing.compare(known_models.model(name), catalogue.devices(), rate, group, **limits)
                for place, offer in enumerate(found):
                    row = told | {"place": str(place), "device": offer.device.name, "format": offer.number_format}
                    if offer.plan is None:
                        yield row | {"reason": offer.reason}
                        continue
                    per = {f"{key} a dollar": written(value) for key, value in offer.per_dollar.items()}
                    yield row | {"devices": str(offer.plan.devices), "rent": written(offer.rent)} | per


# Ways to say what a model is of which a file says more: with one sort of layers, with others, without any.
SPOKEN = {
    "no MLP": {"heads": 6, "mlps": []},
    "shared heads": {"heads": 6, "kv_heads": 2, "head_size": 48, "mlp_size": 900},
    "MLP": {"heads": 6, "mlp_size": 900},
    "wide MLP": {
        "heads": 6,
        "mlp_size": 900,
        "mlp_matrices": 2,
        "mlp_bias": True,
        "output_bias": True,
        "query_bias": True,
    },
    "mixture": {"heads": 6, "experts": 8, "experts_per_token": 2, "expert_mlp_size": 200},
    "mixture of some layers": {
        "heads": 6,
        "mlp_size": 900,
        "experts": 8,
        "experts_per_token": 2,
        "expert_mlp_size": 200,
    }
    | {"dense_layers": 1, "shared_mlp_size": 100, "router_bias": True, "shared_gate": True},
    "latent": {"heads": 6, "attention": "latent", "query_rank": 96, "kv_rank": 64, "rotary_size": 16, "nope_size": 32}
    | {"value_size": 32, "mlp_size": 900},
    "windows": {"heads": 6, "mlp_size": 900, "window": 512, "window_layers": 3, "context": 4096},
    "linear": {"heads": 6, "mlp_size": 900, "linear_layers": 2, "linear_key_heads": 4, "linear_value_heads": 8}
    | {"linear_key_size": 32, "linear_value_size": 32},
    "index": {"heads": 6, "attention": "latent", "query_rank": 96, "kv_rank": 64, "rotary_size": 16, "nope_size": 32}
    | {"value_size": 32, "mlp_size": 900, "index_heads": 2, "index_size": 32, "index_window": 256},
    "norms": {"heads": 6, "mlp_size": 900, "norm_vectors": 2, "layer_norms": 4, "final_norms": 2, "embedding_norms": 1},
    "embeddings": {"heads": 6, "mlp_size": 900, "embedding_tables": 1, "embedding_size": 128, "learned_positions": 64}
    | {"logits_bias": True, "other_values": 100},
}


def spoken():
    """Every number of models that are told by their numbers alone, of those of which one was left out, or changed."""
    least = {"layers": 4, "hidden_size": 384, "vocabulary_size": 1000}
    told = {(name, "as it is"): numbers for name, numbers in SPOKEN.items()}
    for name, numbers in SPOKEN.items():
        for without in numbers:
            told[name, f"without {without}"] = {key: value for key, value in numbers.items() if key != without}
    for name, parameter in inspect.signature(Model).parameters.items():
        if name not in ("mixers", "mlps") and (isinstance(parameter.default, int | float | None) or name in least):
            for value in (1, 0, -1):
                told["MLP", f"{name} {value}"] = SPOKEN["MLP"] | {name: value}
    for (name, how), numbers in told.items():
        row = {"model": name, "how": how}
        try:
            model = Model("spoken", **least | numbers)
        except Refusal as refusal:
            yield row | {"refused": str(refusal)}
            continue
        row |= numbers_of(model) | {"params": written(model.params), "active_params": written(model.active_params)}
        kinds = " ".join(part.kind for part in model.parts)
        yield row | {"cache_bytes": written(model.cache_bytes(CONTEXT)), "kinds": kinds}


def numbers_of(thing):
    own = {key: value for key, value in sorted(vars(thing).items()) if not key.startswith("_")}
    return {key: brief(value) for key, value in own.items() if isinstance(value, int | float | str)}


# Parts of layers, which refuse what is below their least numbers.
PARTS = {
    Attention: {"layers": 4, "heads": 6, "kv_heads": 2, "head_size": 48},
    LatentAttention: {"layers": 4, "heads": 6, "query_rank": 96, "kv_rank": 64, "rotary_size": 16, "nope_size": 32}
    | {"value_size": 32},
    Mlp: {"layers": 4, "mlp_size": 900},
    Mixture: {"layers": 4, "experts": 8, "experts_per_token": 2, "expert_mlp_size": 200},
}


def parts():
    """What parts of layers make of each of their numbers if it is 2, 1, 0 or less."""
    for kind, numbers in PARTS.items():
        for name, parameter in inspect.signature(kind).parameters.items():
            for value in (2, 1, 0, -1) if name != "number" else ():
                row = {"part": kind.__name__, "parameter": name, "value": str(value)}
                try:
                    part = kind(**numbers | {name: bool(value) if parameter.default in (True, False) else value})
                except Refusal as refusal:
                    yield row | {"refused": str(refusal)}
                    continue
                row |= {"weights": written(part.weights(384)), "vectors": written(part.vectors(384))}
                yield row | numbers_of(part)


def constants():
    """What the constants of a step mean, and between which ends they may be given."""
    for name, (unit, low, high, meaning) in MEANINGS.items():
        yield {"constant": name, "unit": unit, "low": repr(low), "high": repr(high), "meaning": meaning}


def written(number):
    return f"{number:.9g}"


TABLES = {
    "families": families,
    "files": files,
    "formats": formats,
    "memory": memory,
    "steps": steps,
    "services": services,
}
TABLES |= {"serving": serving, "plans": plans, "cuts": cuts, "pictures": pictures}
TABLES |= {"formulas": formulas, "parameters": parameters, "answers": answers, "offers": offers}
TABLES |= {"spoken": spoken, "parts": parts, "constants": constants, "runs": runs}


def kept(name):
    """Rows of a table, without their empty cells."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [{column: cell for column, cell in row.items() if cell} for row in csv.DictReader(file)]


def main():
    for name, rows in TABLES.items():
        listed = list(rows())
        with (FOLDER / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            columns = dict.fromkeys(column for row in listed for column in row)
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(listed)


if __name__ == "__main__":
    main()
