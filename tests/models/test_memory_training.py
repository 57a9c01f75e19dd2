"""Memory of training: published peaks, Korthikanti's equations, cases from public trackers, and laws."""

import csv

import pytest

from llmcalc import catalogue, datasets, known_models
from llmcalc.datasets import record
from llmcalc.formulas import activations
from llmcalc.models.layers import Attention, Mlp
from llmcalc.models.memory import OPTIMISERS, chunks_under_way, training_memory, zero3_state
from llmcalc.models.model import Model
from llmcalc.models.run import Run
from llmcalc.report.tables import read
from tests.grouped import together
from tests.models.memory_runs import ERRORS, GIB, published, run_of

ROWS = {row["id"]: row for row in published()}
GPT3 = {
    "id": "GPT-3",
    "attention": "standard",
    "layers": 96,
    "hidden_size": 12288,
    "heads": 96,
    "kv_heads": 96,
    "head_size": 128,
    "mlp_size": 49152,
    "mlp_matrices": 2,
    "vocabulary_size": 51200,
    "embedding_tables": 1,
    "experts": 0,
    "experts_per_token": 0,
    "expert_mlp_size": 0,
    "shared_mlp_size": 0,
    "dense_layers": 0,
    "devices": 64,
    "tensor_parallel": 8,
    "pipeline_stages": 8,
    "model_chunks": 3,
    "context_parallel": 1,
    "expert_parallel": 1,
    "microbatch": 1,
    "batch": 64,
    "context": 2048,
    "fused_attention": 0,
    "sequence_parallel": 0,
    "zero_stage": 0,
    "gradient_bytes": 4,
    "dropout": 1,
    "recomputation": "none",
}
SIZES = {  # Korthikanti et al. 2022, table 3
    "Megatron 22B": (48, 6144, 64),
    "Megatron 175B": (96, 12288, 96),
    "Megatron 530B": (105, 20480, 128),
    "Megatron 1T": (128, 25600, 160),
}


def error(row):
    return training_memory(run_of(row))["peak"] / GIB / float(row["peak_gib"]) - 1


def test_errors_are_those_of_the_table_within_two_tenths_of_a_percent():
    with ERRORS.open(encoding="utf-8") as file:
        kept = {row["set"]: row for row in csv.DictReader(file)}
    of_set = {}
    for row in published():
        of_set.setdefault(row["set"], []).append(100 * abs(error(row)))
    assert set(of_set) == set(kept)
    for name, errors in of_set.items():
        assert len(errors) == int(kept[name]["rows"])
        assert sum(errors) / len(errors) == pytest.approx(float(kept[name]["mean_percent"]), abs=0.2)
        assert max(errors) == pytest.approx(float(kept[name]["max_percent"]), abs=0.2)


def test_no_published_peak_is_missed_by_more_than_12_percent_and_the_mean_is_below_5():
    errors = [abs(error(row)) for row in published()]
    assert max(errors) < 0.12
    assert sum(errors) / len(errors) < 0.05


def shape_of(name):
    layers, hidden, heads = SIZES[name]
    return {
        "layers": layers,
        "hidden_size": hidden,
        "heads": heads,
        "kv_heads": heads,
        "head_size": hidden // heads,
        "mlp_size": 4 * hidden,
    }


@pytest.mark.parametrize("row", list(read("memory-activations").itertuples()), ids=lambda row: row.model)
@pytest.mark.parametrize("kind", ["none", "selective"])
def test_korthikanti_figure_1(row, kind):
    run = run_of(
        GPT3 | shape_of(row.model),
        microbatch=row.batch,
        batch=row.batch * 1024,
        devices=8 * row.pipeline_stages,
        pipeline_stages=row.pipeline_stages,
        model_chunks=row.model_chunks,
        recomputation=kind,
        sequence_parallel=1 if kind == "selective" else 0,
    )
    kept = training_memory(run)["parts"]["activations"] / GIB
    # The paper spreads 10 h over all tensor-parallel devices only with sequence parallelism.
    assert kept == pytest.approx(getattr(row, f"{kind}_gib"), rel=1e-9)


# Figure 7, as digitised by calculon-ai/calculon (calculon/llm/validation.py): percent of no recomputation, one layer.
FIGURE_7 = {
    "Megatron 22B": (66.84, 49.42, 16.18, 7.64),
    "Megatron 175B": (62.04, 56.53, 18.49, 8.71),
    "Megatron 530B": (58.31, 62.04, 20.27, 9.42),
    "Megatron 1T": (58.31, 62.04, 20.27, 9.42),
}


@pytest.mark.parametrize("name", FIGURE_7)
def test_korthikanti_figure_7(name):
    cut = {"pipeline_stages": 1, "model_chunks": 1, "devices": 8}
    found = []
    for kind, sequence in (("none", 0), ("none", 1), ("selective", 0), ("selective", 1), ("full", 0)):
        run = run_of(GPT3 | shape_of(name) | cut, recomputation=kind, sequence_parallel=sequence)
        found.append(training_memory(run)["parts"]["activations"])
    percent = [100 * value / found[0] for value in found[1:]]
    assert percent == pytest.approx(FIGURE_7[name], abs=0.8)


@pytest.mark.parametrize(("hidden", "heads", "context"), [(6144, 64, 2048), (25600, 160, 2048), (768, 12, 1024)])
def test_nothing_fused_is_korthikanti_exactly(hidden, heads, context):
    of_attention = activations.attention_activation_bytes(
        hidden, heads, heads, hidden / heads, context, mask_bytes=1, score_bytes=5
    )
    of_mlp = activations.mlp_activation_bytes(hidden, 4 * hidden, 2, mask_bytes=1)
    assert of_attention + of_mlp == pytest.approx(34 * hidden + 5 * heads * context, rel=1e-12)


# Cases 82 and 83.
@pytest.mark.parametrize(
    ("shape", "mlp_size", "right"), [((3584, 28, 4, 128), 18944, 158720), ((3072, 16, 16, 256), 24576, 204800)]
)
def test_activations_of_gated_models_with_fused_attention(shape, mlp_size, right):
    hidden, heads, kv_heads, head_size = shape
    found = activations.attention_activation_bytes(hidden, heads, kv_heads, head_size, 4096)
    found += activations.mlp_activation_bytes(hidden, mlp_size, 3)
    assert found == right


def test_zero3_with_and_without_offload():  # cases 72 and 87
    largest = 32000 * 4096
    assert zero3_state(6805e6, 4, largest) / GIB == pytest.approx(29.01, abs=0.01)
    assert zero3_state(6805e6, 4, largest, offload=True) / GIB == pytest.approx(3.66, abs=0.01)


def test_adam_in_mixed_precision_takes_18_bytes():  # case 81
    run = run_of(GPT3, pipeline_stages=1, model_chunks=1, tensor_parallel=1)
    parts = training_memory(run)["parts"]
    state = parts["weights"] + parts["gradients"] + parts["optimiser"]
    assert state / (parts["weights"] / 2) == pytest.approx(18)


def test_tensor_parallelism_of_8_on_simumax_s_model():  # case 75; 73, 76, 78, 79 and 86 are rows of memory_peaks.csv
    row = ROWS["llama3_70b_l12_tp4_pp1_dp2_mbc4_cef"]
    peak = training_memory(run_of(row, tensor_parallel=8, batch=4))["peak"] / GIB
    assert peak == pytest.approx(28.29, rel=0.02)


def test_lora_of_llama_2_7b_takes_about_20_gb():  # case 84: read off nvidia-smi, a short batch, kernels not fused
    llama = ROWS["8B FSDP8"] | {"kv_heads": 32, "mlp_size": 11008, "vocabulary_size": 32000, "fused_attention": 0}
    cut = {"devices": 1, "microbatch": 1, "batch": 1, "context": 500, "zero_stage": 0, "recomputation": "none"}
    parts = training_memory(
        run_of(llama, **cut), adapter_rank=8, fused_norms=False, loss="plain", outside_bytes=0.55 * GIB
    )
    assert parts["peak"] / 1e9 == pytest.approx(20, rel=0.12)


def test_llama_70b_trains_on_64_h100_with_zero_3():  # case 121
    shape = {"layers": 80, "hidden_size": 8192, "heads": 64, "mlp_size": 28672}
    cut = {"devices": 64, "microbatch": 1, "batch": 64, "context": 8192, "recomputation": "full"}
    assert training_memory(run_of(ROWS["8B FSDP8"], **shape, **cut))["peak"] < 81559 * 2**20


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_zero_on_one_device_shares_nothing(stage):
    alone = {"devices": 1, "pipeline_stages": 1, "model_chunks": 1, "tensor_parallel": 1}
    state = ("weights", "gradients", "optimiser")
    without, with_zero = (training_memory(run_of(GPT3, **alone, zero_stage=s))["parts"] for s in (0, stage))
    assert sum(with_zero[part] for part in state) == pytest.approx(
        sum(without[part] for part in state) * (16 / 18 if stage == 3 else 1)  # the shard is the copy in 32 bits
    )


def test_more_shards_never_take_more_memory():
    row = ROWS["llama3_70b_l12_tp4_pp1_dp2_mbc4_cef"] | {"batch": 64, "devices": 64}
    for name, values in (("tensor_parallel", (1, 2, 4, 8)), ("zero_stage", (0, 1, 2)), ("pipeline_stages", (1, 2, 4))):
        peaks = [training_memory(run_of(row, **{name: value}))["peak"] for value in values]
        assert peaks == sorted(peaks, reverse=True), name
    peaks = [training_memory(run_of(row, devices=count))["peak"] for count in (4, 8, 16, 64)]
    assert peaks == sorted(peaks, reverse=True)
    kinds = [training_memory(run_of(row, recomputation=kind))["parts"]["activations"] for kind in ("none", "full")]
    assert kinds[0] > kinds[1]


def test_experts_of_a_busy_device_take_more():
    row = ROWS["deepseekv2_tp1_ep8_pp1_dp8_l4_mbc4_cef"]
    even, busy = (training_memory(run_of(row), load_factor=factor)["peak"] for factor in (1.0, 1.5))
    assert busy > even


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_no_optimiser_takes_more_than_adam(optimiser):
    row = ROWS["llama3_70b_l12_tp4_pp1_dp2_mbc4_cef"]
    assert training_memory(run_of(row), optimiser)["peak"] <= training_memory(run_of(row))["peak"]


def test_a_reference_model_and_adapters():
    row = ROWS["8B FSDP8"] | {"zero_stage": 0, "devices": 1, "batch": 2}
    weights = training_memory(run_of(row))["parts"]["weights"]
    tuned = training_memory(run_of(row), reference_bytes=2.0)["parts"]
    assert tuned["reference"] == pytest.approx(weights)
    lora, qlora = (training_memory(run_of(row), adapter_rank=16, frozen_bytes=kept)["peak"] for kept in (2.0, 0.52))
    assert qlora < lora < training_memory(run_of(row))["peak"]


def test_few_microbatches_keep_few_activations():
    assert chunks_under_way(8, 0, 2) == 2
    assert chunks_under_way(8, 7, 64) == 1
    assert chunks_under_way(8, 0, 1, 4) == 4


def test_an_unknown_optimiser_is_refused():
    with pytest.raises(ValueError, match=r"^optimiser = 'adamant' is not accepted"):
        training_memory(run_of(GPT3), "adamant")


def test_adapters_of_a_template_whose_mlp_has_a_number_of_matrices_that_is_not_whole():
    def adapters(matrices):
        row = record("transformer-shapes", "model", "Llama 2 70B") | {"mlp_matrices": matrices}
        run = Run(Model.from_shape(row), catalogue.device("H100 SXM"), devices=8, batch=8, context=2048)
        return training_memory(run, adapter_rank=16)["parts"]["adapters"]

    assert adapters(2) < adapters(2.5) == (adapters(2) + adapters(3)) / 2


@together
@pytest.mark.parametrize("name", [row["model"] for row in datasets.records("models")])
def test_weights_of_one_device_are_all_parameters_whatever_layers_mix_tokens(name):
    # Of norms two a layer are counted, so that some models have a little more or less.
    model = known_models.model(name)
    run = Run(model, catalogue.device("H100 SXM"), devices=1, batch=1, context=1024, zero_stage=0)
    parts = training_memory(run)["parts"]
    assert parts["weights"] == pytest.approx(2 * model.params, rel=2e-3)
    assert parts["optimiser"] == pytest.approx(12 * model.params, rel=2e-3)


def test_adapters_stand_beside_the_matrices_of_every_kind_of_layer():
    mixers = [Attention(2, 8, 2, 64), Attention(2, 4, 2, 64, window=512)]
    model = Model("mixed", layers=4, hidden_size=512, vocabulary_size=1000, mixers=mixers, mlps=[Mlp(4, 1024)])
    run = Run(model, catalogue.device("H100 SXM"), devices=1, batch=1, context=1024, zero_stage=0)
    # Inputs and outputs of queries, keys, values and outputs, and of three matrices of the MLP.
    wide = 2 * (512 + 512) + 2 * (512 + 128)
    narrow = 2 * (512 + 256) + 2 * (512 + 128)
    adapters = training_memory(run, adapter_rank=16)["parts"]["adapters"]
    assert adapters == 16 * 16 * (2 * wide + 2 * narrow + 4 * 3 * (512 + 1024))
