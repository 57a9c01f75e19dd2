"""Models from numbers: cases from public trackers, formulas against matrices, properties, MicroPython's agreement."""

import json
import math
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcalc import catalogue, datasets, known_models
from llmcalc.checks import Refusal
from llmcalc.formulas import transformer
from llmcalc.models import weights
from llmcalc.models.description import describe
from llmcalc.models.layers import Attention, Mlp
from llmcalc.models.model import Model
from tests.formulas import SOURCE
from tests.grouped import together
from tests.models.test_configs import FILES
from tests.test_micropython import NODE, PACKAGES

ROWS = datasets.records("models")
SHAPES = datasets.records("transformer-shapes")
GIBI, MEBI = 2**30, 2**20

LLAMA_8B = {"layers": 32, "hidden_size": 4096, "heads": 32, "kv_heads": 8, "mlp_size": 14336, "vocabulary_size": 128256}
LLAMA_70B = {
    "layers": 80,
    "hidden_size": 8192,
    "heads": 64,
    "kv_heads": 8,
    "mlp_size": 28672,
    "vocabulary_size": 128256,
}
LATENT = {
    "attention": "latent",
    "query_rank": 1536,
    "kv_rank": 512,
    "rotary_size": 64,
    "nope_size": 128,
    "value_size": 128,
}
DEEPSEEK_V3 = {
    "layers": 61,
    "hidden_size": 7168,
    "heads": 128,
    "mlp_size": 18432,
    "experts": 256,
    "experts_per_token": 8,
    "expert_mlp_size": 2048,
    "shared_mlp_size": 2048,
    "dense_layers": 3,
    "vocabulary_size": 129280,
} | LATENT


def known(name):
    return known_models.model(name)


# Data


@together
@pytest.mark.parametrize("row", ROWS)
def test_every_model_has_its_published_parameters(row):
    model = Model.from_row(row)
    digit = row["printed_digit"]
    off = abs(model.params + row["counted_beside"] - row["published_params"])
    assert off == 0 if digit == 1 else off <= digit
    assert sum(model.groups.values()) == model.params


def test_there_are_models_enough_of_all_kinds():
    current = [row for row in ROWS if row["year"] >= 2023]
    assert len(current) >= 90
    assert len([row for row in current if row["experts"]]) >= 25
    text = " ".join(row["model"] for row in current)
    for house in (
        "Qwen",
        "DeepSeek",
        "GLM",
        "Kimi",
        "MiniMax",
        "Hunyuan",
        "ERNIE",
        "Pangu",
        "Yi",
        "InternLM",
        "MiniCPM",
    ):
        assert house in text


@pytest.mark.parametrize("row", SHAPES, ids=lambda row: row["model"])
def test_a_row_of_shapes_counts_as_its_formula_does(row):
    names = ["layers", "hidden_size", "heads", "kv_heads", "mlp_size", "mlp_matrices", "vocabulary_size"]
    names += ["embedding_tables", "learned_positions", "layer_vectors", "final_vectors"]
    assert Model.from_shape(row).params == transformer.transformer_params(*[row[name] for name in names])
    fractional = row | {"hidden_size": 1.37 * row["hidden_size"], "mlp_size": 0.77 * row["mlp_size"]}
    expected = transformer.transformer_params(*[fractional[name] for name in names])
    assert Model.from_shape(fractional).params == pytest.approx(expected, rel=1e-14)


def test_a_template_of_layers_that_are_not_whole_is_stored():
    row = SHAPES[0] | {"layers": 4.5}
    lower, upper = (Model.from_shape(row | {"layers": layers}).weight_bytes("GGUF Q4_K_M") for layers in (4, 5))
    assert lower < Model.from_shape(row).weight_bytes("GGUF Q4_K_M") < upper


def test_a_mixture_of_formats_has_no_average_bits():
    with pytest.raises(Refusal, match=r"^format = 'GGUF Q4_K_M' is not accepted: give one of fp32, bf16"):
        weights.average_bits("GGUF Q4_K_M")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("LLaMA 7B", "LLaMA 7B"),
        ("LLaMA 70B", "Llama 2 70B"),
        ("LLAMA2-7B", "Llama 2 7B"),
        ("LLAMA3_70B", "Llama 3 70B"),
        ("meta-llama/Llama-3.3-70B-Instruct", "Llama 3.3 70B"),
        ("Llama3-405B", "Llama 3.1 405B"),
        ("nvidia/Llama-3.1-70B-Instruct-FP8", "Llama 3.1 70B"),
        ("Qwen3_30B_a3B", "Qwen3 30B A3B"),
        ("GPT3-175B", "GPT-3 175B"),
        ("GPT-J 6B", "GPT-J 6B"),
        ("falcon-180b", "Falcon 180B"),
        ("GLM4-9B-8K", "GLM-4 9B"),
        ("openai/gpt-oss-120b", "gpt-oss 120B"),
        ("maverick", "Llama 4 Maverick"),
        ("Megatron 530B", "Megatron 530B"),
        ("c4ai-command-r-plus", "Command R+"),
    ],
)
def test_a_model_is_found_by_any_usual_name(text, name):
    assert known_models.find(text) == name


def test_every_name_and_alias_is_found():
    for row in ROWS:
        for text in [row["model"], *(row["aliases"] or "").split(";")]:
            if text:
                assert known_models.find(text.upper().replace(" ", "-")) == row["model"]


@pytest.mark.parametrize(("text", "closest"), [("Llama 3.1 9B", "Llama 3.1 8B"), ("qwen2.5-33b", "Qwen2.5 3")])
def test_an_unknown_name_is_refused_with_the_closest(text, closest):
    with pytest.raises(Refusal, match="did you mean") as refused:
        known_models.find(text)
    assert closest in str(refused.value)


@pytest.mark.parametrize("text", ["", None, 7, "/", "x" * 1000])
def test_what_is_no_name_is_refused(text):
    with pytest.raises(Refusal):
        known_models.find(text)


# Cases from public trackers and documentation: the source stands with each.


def test_head_size_is_a_number_of_its_own():
    assert [
        known(name).head_size for name in ("Qwen3 32B", "Qwen3 0.6B", "Mistral Nemo", "Gemma 2 9B", "gpt-oss 20B")
    ] == [
        128,
        128,
        128,
        256,
        64,
    ]


def test_scores_are_halved_by_the_mask_as_megatron_bridge_reports():
    # NVIDIA-NeMo/Megatron-Bridge docs/performance-summary-archive.md (25.11, DGX-H100), 8,192 tokens.
    assert Model(**LLAMA_8B).flop_per_token(8192) == pytest.approx(51.4843e9, rel=1e-3)
    assert Model(**LLAMA_70B).flop_per_token(8192) == pytest.approx(448.814e9, rel=1e-3)
    assert known("Llama 3.1 405B").flop_per_token(8192) == pytest.approx(2523.97e9, rel=1e-3)
    # DeepSeek-V3 without the layer that predicts further tokens, 4,096 tokens.
    assert Model(**DEEPSEEK_V3).flop_per_token(4096) == pytest.approx(249.74e9, rel=4e-3)


def test_a_step_of_bloom_ran_at_the_rate_that_its_authors_state():  # case 90
    # bigscience-workshop/bigscience, train/tr11-176B-ml: 2,048 sequences of 2,048 tokens in 104.70 s on 384 A100, all
    # layers computed again, but not the logits: four passes of those, and three of these, without a mask.
    flop = 4 * known_models.model("BLOOM 176B").forward_flop_per_token(2048, masked=False, logits=0.75)
    assert flop * 2048 * 2048 / 104.70 / 384 / 1e12 == pytest.approx(149.77, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "device", "rate", "context", "printed", "places"),
    [
        ("Llama 3 70B", "A100 SXM 80GB", 331, 8192, 51.7, 0.1),  # case 92: pytorch/torchtitan, docs/performance.md
        ("Llama 2 13B", "A100 SXM 80GB", 2162, 4096, 61.1, 0.1),  # case 93: the same
        ("Llama 2 7B", "H100 SXM", 9600, 4096, 46.0, 0.6),  # case 95: fms-fsdp#89, "about 46", of the dense peak
    ],
)
def test_utilisation_is_what_trainers_print_with_the_table_that_they_count(
    name, device, rate, context, printed, places
):
    # These count six FLOP for each parameter, those of the table of tokens among them, which are looked up and not
    # multiplied, and the scores without a mask.
    model = known_models.model(name)
    peak = catalogue.device(device).peak("bf16")
    flop = model.flop_per_token(context, masked=False)
    assert 100 * rate * (flop + 6 * model.embedding_values) / peak == pytest.approx(printed, abs=places)
    assert 100 * rate * flop / peak < printed


def test_flop_without_a_mask_are_those_of_older_papers():
    # EleutherAI/cookbook#31: 44 layers of 6,144, 2,048 tokens, 51,200 in the vocabulary, all layers recomputed.
    shape = {"layers": 44, "hidden_size": 6144, "heads": 48, "mlp_size": 24576, "mlp_matrices": 2}
    model = Model(vocabulary_size=51200, embedding_tables=1, **shape)
    logits = 2 * 6144 * 51200
    recomputed = 4 * model.forward_flop_per_token(2048, masked=False) - logits
    assert 300e9 * recomputed == pytest.approx(51.06e21, rel=1e-3)


def test_weights_without_embeddings_and_norms():
    # TransformerLensOrg/TransformerLens#448: LLaMA-7B.
    assert known("LLaMA 7B").layer_weights == 6_476_005_376


@pytest.mark.parametrize(
    ("bits", "mixture"),
    [
        (3.1593, "Q2_K"),
        (3.6429, "Q3_K_S"),
        (4.2979, "Q3_K_L"),
        (4.6672, "Q4_K_S"),
        (4.8944, "Q4_K_M"),
        (5.5704, "Q5_K_S"),
        (5.7036, "Q5_K_M"),
        (6.5633, "Q6_K"),
        (8.5008, "Q8_0"),
        (16.0005, "F16"),
    ],
)
def test_mixtures_of_llama_cpp_have_the_bits_that_it_prints(bits, mixture):
    # ggml-org/llama.cpp tools/quantize/README.md: Llama-3.1-8B.
    assert weights.bits_per_weight(Model(**LLAMA_8B), "GGUF " + mixture) == pytest.approx(bits, abs=5e-5)


def test_weights_take_what_engines_print():
    llama = Model(**LLAMA_8B)
    assert llama.weight_bytes("F16") / GIBI == pytest.approx(14.96, abs=5e-3)
    assert llama.weight_bytes("Q8_0") / GIBI == pytest.approx(7.95, abs=5e-3)
    # vllm-project/vllm#10517, with a table of 131,072 rotary angles for heads of 128.
    assert (llama.weight_bytes("bf16") + 131072 * 128 * 2) / GIBI == pytest.approx(14.9888, abs=1e-4)
    # vllm-project/vllm#17327: each of 4 devices, with such a table of 40,960.
    qwen = known("Qwen3 30B A3B")
    assert (qwen.weight_bytes_per_device("bf16", 4) + 40960 * 128 * 2) / GIBI == pytest.approx(14.2474, abs=5e-3)
    # bigscience-workshop/bigscience train/tr11-176B-ml/README.md: 329 GB (of 2^30 byte); 14 byte a parameter with Adam.
    bloom = known("BLOOM 176B")
    assert bloom.weight_bytes("bf16") / GIBI == pytest.approx(329, abs=1)
    assert 14 * bloom.params / 2**40 == pytest.approx(2.3, abs=0.06)
    # gpt-oss (arXiv:2508.10925), table 1: checkpoints of 60.8 and 12.8 GiB.
    assert known("gpt-oss 120B").weight_bytes("mxfp4") / GIBI == pytest.approx(60.8, abs=0.05)
    assert known("gpt-oss 20B").weight_bytes("mxfp4") / GIBI == pytest.approx(12.8, abs=0.05)
    # The README's 249.1 GB is 4.91 bits a weight, those of the 8B, whose tables weigh more: it is no file's size.
    assert known("Llama 3.1 405B").weight_bytes("Q4_K_M") / 1e9 == pytest.approx(249.1, rel=0.03)
    # AlexsJones/llmfit#230: 125.1e9 parameters with the vision model at 0.58 byte.
    assert known("Qwen3.5 122B A10B").weight_bytes("Q4_K_M") / 1e9 == pytest.approx(72.5, rel=0.03)


def test_caches_take_what_engines_print():
    llama = Model(**LLAMA_8B)
    # vllm-project/vllm#10517: blocks of 16 tokens.
    assert llama.cache_bytes(1952 * 16) / GIBI == pytest.approx(3.81, abs=5e-3)
    assert llama.cache_bytes(1478 * 16) / GIBI == pytest.approx(2.89, abs=5e-3)
    # jax-ml/scaling-book, applied-inference.md and inference.md.
    assert Model(**LLAMA_70B).kv_bytes_per_token(1) == 163840
    assert known("Llama 2 13B").cache_bytes(8192) / 1e9 == pytest.approx(6.7, abs=0.05)
    # LMCache/LMCache#688 and #694.
    assert known("Qwen3 4B").kv_bytes_per_token() == 147456
    # vllm-project/vllm#21348: 178,880 tokens on 4 devices.
    assert known("Qwen3 235B A22B").cache_bytes(178880, tensor_parallel=4) / GIBI == pytest.approx(32.44, rel=0.02)
    # NVIDIA/Model-Optimizer#2482, and ggml-org/llama.cpp#17609: 768 cells of 12 sliding layers.
    oss = known("gpt-oss 20B")
    assert oss.kv_bytes_per_token() == 49152
    [sliding] = [part for part in oss.mixers if part.window]
    assert sliding.layers * sliding.cached_values * 2 * 768 / MEBI == 18
    # ikawrakow/ik_llama.cpp#235.
    assert known("DeepSeek R1").cache_bytes(32768) / MEBI == 2196
    # tenstorrent/tt-xla#5727: Gemma 4 31B.
    mixers = [Attention(50, 32, 16, 256, window=1024), Attention(10, 32, 4, 512)]
    gemma = Model(layers=60, hidden_size=5376, vocabulary_size=262144, mlp_size=21504, mixers=mixers)
    assert gemma.cache_bytes(65536) / GIBI == 5.78125


def test_heads_fewer_than_devices_are_kept_more_than_once():
    glm = known("GLM-4 9B")
    assert glm.cache_bytes(32768) / GIBI == 1.25
    assert glm.cache_bytes(32768, tensor_parallel=8) / GIBI == 5
    assert glm.cache_bytes_per_device(32768, tensor_parallel=8) * 8 == glm.cache_bytes(32768, tensor_parallel=8)


# Properties

whole_numbers = st.integers(1, 64)
shapes = st.fixed_dictionaries(
    {
        "layers": whole_numbers,
        "hidden_size": st.integers(1, 4096),
        "kv_heads": st.integers(1, 8),
        "head_size": st.integers(1, 256),
        "mlp_size": st.integers(1, 8192),
        "vocabulary_size": st.integers(1, 100000),
        "mlp_matrices": st.sampled_from([2, 3]),
        "embedding_tables": st.sampled_from([1, 2]),
        "query_bias": st.booleans(),
        "output_bias": st.booleans(),
        "mlp_bias": st.booleans(),
        "experts": st.integers(0, 16),
    }
)


def made(shape, groups=2):
    shape = shape | {"heads": groups * shape["kv_heads"]}
    if shape["experts"]:
        shape |= {"experts_per_token": 1 + shape["experts"] // 3, "expert_mlp_size": 1 + shape["mlp_size"] // 4}
    return Model(**shape)


@settings(max_examples=100, deadline=None)
@given(shapes)
def test_matrices_and_vectors_add_up_to_the_parameters(shape):
    model = made(shape)
    assert sum(model.groups.values()) == model.params
    assert model.active_params <= model.params
    assert model.weight_bytes("fp32") == 4 * model.params
    assert model.weight_bytes("bf16") == 2 * model.params


@settings(max_examples=100, deadline=None)
@given(shapes, st.integers(1, 10**6), st.integers(1, 8))
def test_a_longer_context_never_takes_less(shape, context, devices):
    model = made(shape)
    assert model.cache_bytes(context) < model.cache_bytes(context + 1)
    assert model.cache_bytes(context, tensor_parallel=devices) >= model.cache_bytes(context)
    assert model.forward_flop_per_token(context) < model.forward_flop_per_token(context + 1)
    assert model.forward_flop_per_token(context) < model.forward_flop_per_token(context, masked=False)
    half = model.forward_flop_per_token(context) - 2 * model.multiplied_params
    assert 2 * half == pytest.approx(model.forward_flop_per_token(context, False) - 2 * model.multiplied_params)


@settings(max_examples=50, deadline=None)
@given(shapes, st.integers(1, 10**5), st.integers(1, 10**5))
def test_a_window_limits_cache_and_scores_and_no_parameters(shape, window, context):
    full = made(shape)
    sliding = Model(window=window, **(shape | {"heads": 2 * shape["kv_heads"], "experts": 0}))
    plain = Model(**(shape | {"heads": 2 * shape["kv_heads"], "experts": 0}))
    assert sliding.params == plain.params
    assert sliding.kv_bytes_per_token() == full.kv_bytes_per_token()
    assert sliding.cache_bytes(context) == plain.cache_bytes(min(window, context))
    assert sliding.forward_flop_per_token(context) <= plain.forward_flop_per_token(context)


@pytest.mark.parametrize("name", ["Llama 3.1 70B", "DeepSeek V3", "Qwen3 30B A3B"])
def test_finer_formats_take_more(name):
    model = known(name)
    order = ["Q2_K", "Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16", "fp32"]
    sizes = [model.weight_bytes(weight_format) for weight_format in order]
    assert sizes == sorted(sizes)


def test_a_state_is_as_large_whatever_the_context():
    model = Model.from_config(FILES["mamba-130m"])
    assert model.kv_bytes_per_token() == 0
    assert model.cache_bytes(10) == model.cache_bytes(10**6) > 0
    hybrid = Model.from_config(FILES["qwen3-next-80b"])
    growth = hybrid.cache_bytes(2000) - hybrid.cache_bytes(1000)
    assert growth == 1000 * hybrid.kv_bytes_per_token() == 1000 * 12 * 2 * 2 * 256 * 2


@together
@pytest.mark.parametrize("bad", [0, -1, 1.5, float("nan"), float("inf"), True, "32", None, [32]])
@pytest.mark.parametrize("number", ["layers", "hidden_size", "heads", "mlp_size", "vocabulary_size"])
def test_what_is_no_whole_number_is_refused_by_name(number, bad):
    with pytest.raises(Refusal, match=number):
        Model(**(LLAMA_8B | {number: bad}))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"kv_heads": 5}, "kv_heads"),
        ({"heads": 30, "kv_heads": 6}, "heads"),
        ({"experts": 4, "experts_per_token": 5, "expert_mlp_size": 10}, "experts_per_token"),
        ({"attention": "flash"}, "attention"),
        ({"window": 10, "window_layers": 33}, "window_layers"),
        ({"embedding_tables": 3}, "embedding_tables"),
        ({"query_bias": "no"}, "query_bias"),
        ({"name": 3}, "name"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(change, named):
    with pytest.raises(Refusal, match=named):
        Model(**(LLAMA_8B | change))


def test_numbers_of_arrays_are_taken():
    numpy = pytest.importorskip("numpy")
    model = Model(**{name: numpy.int64(value) for name, value in LLAMA_8B.items()})
    assert model.params == 8_030_261_248
    assert type(model.params) is int


def test_a_model_is_described_as_plain_values():
    told = json.loads(json.dumps(describe(known("DeepSeek V3"))))
    assert {"name", "params", "active_params", "kv_bytes_per_token", "flop_per_token", "weights", "assumed"} <= set(
        told
    )
    assert told["kv_bytes_per_token"] == 61 * (512 + 64) * 2
    assert told["active_params"] == pytest.approx(37e9, rel=0.02)
    assert told["weights"]["bf16"] == 2 * told["params"]
    assert set(told["weights"]) == set(weights.names())


# MicroPython

TOLD = """
import json, sys
sys.path.append('.')
from llmcalc.models.configs import from_config
from llmcalc.models.description import describe
told = describe(from_config(json.loads(CONFIG)), 4096)
print(json.dumps([told["params"], told["active_params"], told["kv_bytes_per_token"], told["cache_bytes"]]))
for name in sorted(told["flop_per_token"]): print("%.17g" % told["flop_per_token"][name])
for name in sorted(told["weights"]): print("%.17g" % told["weights"][name])
"""

PROGRAM = """
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { modules, programs } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
const lines = [];
const python = await loadMicroPython({ stdout: (line) => lines.push(line), linebuffer: true, heapsize: 32 << 20 });
python.FS.mkdir("llmcalc");
for (const folder of ["formulas", "models"]) python.FS.mkdir("llmcalc/" + folder);
for (const [name, source] of Object.entries(modules)) python.FS.writeFile(name, source);
for (const program of programs) python.runPython(program);
process.stdout.write(JSON.stringify(lines));
"""


def test_micropython_gives_the_same_numbers(tmp_path):
    # Dense, a mixture, latent, sliding, a state, and an architecture that isn't known.
    names = ["llama-3.1-405b", "qwen3-30b-a3b", "deepseek-v3", "gemma-3-4b", "gpt-oss-20b", "qwen3-next-80b"]
    wanted = ["checks", "messages", "vocabulary", "units", "datasets", "formats"]
    wanted += [f"{room}/{path.stem}" for room in ("formulas", "models") for path in SOURCE.glob(f"{room}/*.py")]
    modules = {f"llmcalc/{name}.py": (SOURCE / f"{name}.py").read_text(encoding="utf-8") for name in wanted}
    modules |= {f"llmcalc/{folder}__init__.py": "" for folder in ("", "models/", "formulas/")}
    configs = [FILES[name] for name in names] + [FILES["qwen3-8b"] | {"model_type": "tomorrow"}]
    programs = [f"CONFIG = {json.dumps(json.dumps(config))}\n{TOLD}" for config in configs]
    (tmp_path / "node_modules").symlink_to(PACKAGES / "node_modules")
    (tmp_path / "run.mjs").write_text(PROGRAM, encoding="utf-8")
    work = json.dumps({"modules": modules, "programs": programs})
    run = subprocess.run([NODE, tmp_path / "run.mjs"], input=work, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr[-2000:]  # before it stands all of MicroPython
    lines = iter(json.loads(run.stdout))
    for config in configs:
        told = describe(Model.from_config(config), 4096)
        whole = [told[name] for name in ("params", "active_params", "kv_bytes_per_token", "cache_bytes")]
        assert json.loads(next(lines)) == whole
        for group in ("flop_per_token", "weights"):
            for name in sorted(told[group]):
                assert math.isclose(float(next(lines)), told[group][name], rel_tol=1e-14), name
    assert next(lines, None) is None


# A layer of 256 values: queries and output, keys and values of 2 of 4 heads, and an MLP of 512; beside it 100 rows of a
# table, twice, and three norms.
SMALL = Model(layers=1, hidden_size=256, heads=4, kv_heads=2, mlp_size=512, vocabulary_size=100)
SIDES = [(256, 256), (256, 128), (256, 128), (256, 256), (256, 512), (256, 512), (512, 256)]  # inputs, outputs
WEIGHTS = sum(inputs * outputs for inputs, outputs in SIDES)
BESIDE = 2 * 100 * 256 + 3 * 256


@pytest.mark.parametrize(
    ("weight_format", "bits", "beside"),
    [
        ("fp32", 32, 2 * BESIDE),  # all else takes 32 bits, too: twice the usual 16
        ("bf16", 16, 0),
        ("fp16", 16, 0),
        ("fp8", 8, len(SIDES) * 4),  # a scale in 32 bits for each matrix
        ("fp4", 4 + 8 / 16, len(SIDES) * 4),  # and one of 8 bits for 16 weights
        ("int8", 8, 2 * sum(outputs for _, outputs in SIDES)),
        ("int4", 4 + 16 / 128, 0),
        ("gptq-int4-g128", 4 + 20 / 128, 4 * sum(inputs for inputs, _ in SIDES)),  # each input's group in 32 bits
        ("awq-int4-g128", 4 + 20 / 128, 0),
        ("nf4", 4 + (8 + 32 / 256) / 64, 0),
        ("mxfp4", 4 + 8 / 32, 0),
    ],
)
def test_formats_of_one_kind_take_bits_a_weight_and_what_stands_beside(weight_format, bits, beside):
    expected = WEIGHTS * bits / 8 + 2 * BESIDE + beside
    assert SMALL.weight_bytes(weight_format) == math.ceil(expected)
    assert weights.average_bits(weight_format) == bits
    assert weights.bits_per_weight(SMALL, weight_format) == 8 * math.ceil(expected) / (WEIGHTS + BESIDE)


def test_norms_stand_on_all_devices_and_matrices_are_shared():
    norms = 3 * 256 * 2
    whole = SMALL.weight_bytes("bf16")
    assert SMALL.weight_bytes_per_device("bf16", 2) == (whole - norms) / 2 + norms
    # Four devices for two heads of keys and values: each head on two of them.
    copies = 2 * 2 * 256 * 64 * 2
    assert SMALL.weight_bytes_per_device("bf16", 4) == (whole - norms + copies) / 4 + norms


@pytest.mark.parametrize("what", ["mixers", "mlps"])
def test_parts_of_more_layers_than_there_are_are_refused(what):
    parts = {"mixers": [Attention(2, 4, 2, 64), Attention(1, 4, 2, 64, window=8)], "mlps": [Mlp(1, 512), Mlp(2, 256)]}
    shape = {"layers": 2, "hidden_size": 256, "vocabulary_size": 100, "heads": 4, "mlp_size": 512}
    with pytest.raises(Refusal, match=f"^{what} of 3 layers are not accepted: layers = 2"):
        Model(**shape, **{what: parts[what]})
    assert Model(**(shape | {"layers": 3}), **{what: parts[what]}).layers == 3
