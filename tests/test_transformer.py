"""Parameters and FLOP of transformers: published counts, the papers' closed forms, and properties of any shape."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc.formulas import training, transformer
from llmcalc.report import tables

SHAPES = tables.read("transformer-shapes").set_index("model")
MEGATRON = tables.read("transformer-flops-megatron").to_dict("records")
RUNS = tables.read("transformer-flops-published").to_dict("records")

LAYER = ["hidden_size", "heads", "kv_heads", "mlp_size", "mlp_matrices"]
FORWARD = ["layers", *LAYER, "vocabulary_size"]
PARAMS = [*FORWARD, "embedding_tables", "learned_positions", "layer_vectors", "final_vectors"]

sizes = st.integers(min_value=1, max_value=10**5)
shapes = st.fixed_dictionaries(dict.fromkeys(["batch", "context", "layers", "hidden_size", "heads"], sizes))


def shape(model, names):
    return {name: int(SHAPES.loc[model, name]) for name in names}


def gpt(sizes, vocabulary=50257):
    """Keywords of GPT's special case: as many heads of each kind, two matrices of four times the width."""
    return sizes | {
        "kv_heads": sizes["heads"],
        "mlp_size": 4 * sizes["hidden_size"],
        "mlp_matrices": 2,
        "vocabulary_size": vocabulary,
    }


# Numbers of elements in the weights that their authors published, as the libraries that load them report.
@pytest.mark.parametrize(
    ("model", "elements"),
    [
        ("GPT-1", 116_534_784),
        ("GPT-2 XL", 1_557_611_200),
        ("LLaMA-7B", 6_738_415_616),
        ("LLaMA-13B", 13_015_864_320),
        ("LLaMA-30B", 32_528_943_616),
        ("LLaMA-65B", 65_285_660_672),
        ("Llama 2 70B", 68_976_648_192),
        ("Llama 3 8B", 8_030_261_248),
        ("Llama 3 70B", 70_553_706_496),
    ],
)
def test_parameters_are_exactly_those_of_the_published_weights(model, elements):
    assert transformer.transformer_params(**shape(model, PARAMS)) == elements


@pytest.mark.parametrize("model", SHAPES.index)
def test_parameters_are_near_the_round_number_that_the_authors_print(model):
    params = transformer.transformer_params(**shape(model, PARAMS))
    assert params == pytest.approx(SHAPES.loc[model, "published_params"], rel=0.02)


def test_a_table_of_shapes_is_counted_in_one_call():
    params = transformer.transformer_params(**SHAPES[PARAMS].astype(float))
    assert params["LLaMA-7B"] == 6_738_415_616


def megatron_equation_2(layers, hidden_size, vocabulary, context):
    """Narayanan et al. 2021 (arXiv:2104.04473), equation 2."""
    inner = 1 + 13 / (12 * hidden_size) + (vocabulary + context) / (12 * layers * hidden_size)
    return 12 * layers * hidden_size**2 * inner


def megatron_equation_3(batch, context, layers, hidden_size, vocabulary):
    """Narayanan et al. 2021 (arXiv:2104.04473), equation 3, with full recomputation."""
    inner = 1 + context / (6 * hidden_size) + vocabulary / (16 * layers * hidden_size)
    return 96 * batch * context * layers * hidden_size**2 * inner


def document_003(batch, context, layers, hidden_size, vocabulary):
    """Document 003, line 116, also Korthikanti et al. 2022 (arXiv:2205.05198), equation 7: without recomputation."""
    inner = 1 + context / (6 * hidden_size) + vocabulary / (12 * layers * hidden_size)
    return 72 * batch * context * layers * hidden_size**2 * inner


@given(sizes=shapes, vocabulary=sizes)
def test_gpts_shape_gives_the_closed_forms_of_the_papers(sizes, vocabulary):
    batch, context, layers, hidden_size = (sizes[name] for name in ("batch", "context", "layers", "hidden_size"))
    flop = transformer.iteration_flop(**gpt(sizes, vocabulary))
    assert math.isclose(flop, document_003(batch, context, layers, hidden_size, vocabulary), rel_tol=1e-12)
    flop = transformer.iteration_flop(**gpt(sizes, vocabulary), recomputed_layers=layers)
    assert math.isclose(flop, megatron_equation_3(batch, context, layers, hidden_size, vocabulary), rel_tol=1e-12)
    shape = {name: value for name, value in gpt(sizes, vocabulary).items() if name not in ("batch", "context")}
    params = transformer.transformer_params(**shape, learned_positions=context)
    assert math.isclose(params, megatron_equation_2(layers, hidden_size, vocabulary, context), rel_tol=1e-12)


@given(sizes=shapes, vocabulary=sizes)
def test_the_terms_of_the_closed_form_are_shares_of_the_weights_flop(sizes, vocabulary):
    flop = transformer.iteration_flop(**gpt(sizes, vocabulary))
    weights = training.train_flop(sizes["layers"] * 12 * sizes["hidden_size"] ** 2, sizes["batch"] * sizes["context"])
    scores = transformer.score_term(sizes["context"], sizes["hidden_size"])
    logits = transformer.logits_term(vocabulary, sizes["layers"], sizes["hidden_size"])
    assert math.isclose(flop, weights * (1 + scores + logits), rel_tol=1e-12)


@pytest.mark.parametrize("run", MEGATRON, ids=lambda run: f"{run['params']:.4g}")
def test_megatrons_models_have_the_parameters_of_its_table_1(run):
    sizes = {name: run[name] for name in ("layers", "hidden_size", "heads")}
    params = transformer.transformer_params(**gpt(sizes, 51200), learned_positions=2048)
    assert abs(params - run["params"]) <= 0.05e9


@pytest.mark.parametrize("run", MEGATRON, ids=lambda run: f"{run['params']:.4g}")
def test_megatrons_table_1_agrees_with_itself(run):
    # Its rates are rounded to 1 TFLOP/s a GPU.
    assert run["petaflops"] == pytest.approx(run["tflops"] * run["devices"] / 1000, rel=0.5 / run["tflops"] + 1e-3)
    assert run["percent"] == pytest.approx(100 * run["tflops"] / 312, abs=0.66)


@pytest.mark.parametrize(
    ("layers", "hidden_size", "heads", "devices", "rate", "days"),
    [
        (96, 12288, 96, 384, 153e12, 84),
        (96, 12288, 96, 768, 149e12, 43),
        (96, 12288, 96, 1536, 141e12, 23),
        (105, 20480, 128, 560, 171e12, 156),
        (105, 20480, 128, 1120, 167e12, 80),
        (105, 20480, 128, 2240, 159e12, 42),
    ],
)
def test_rates_and_days_of_megatrons_table_2_follow_from_the_shapes(layers, hidden_size, heads, devices, rate, days):
    # Narayanan et al. 2021 (arXiv:2104.04473), table 2, rows PTD-P: days for 300e9 tokens. They take equation 4, which
    # leaves attention's scores and the logits out: 8 FLOP per parameter and token.
    sizes = {"batch": 300e9 / 2048, "context": 2048, "layers": layers, "hidden_size": hidden_size, "heads": heads}
    flop = transformer.iteration_flop(**gpt(sizes, 51200), recomputed_layers=layers)
    assert flop / (devices * rate * 86400) == pytest.approx(days, rel=0.04)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run["model"])
def test_iteration_times_give_the_utilisation_that_korthikanti_prints(run):
    flop = transformer.iteration_flop(run["batch"], 2048, **shape(run["model"], FORWARD))
    mfu = training.implied_mfu(flop, run["seconds"], run["devices"], 312e12)
    # Times are printed to 0.01 s, and shares to 0.1 %.
    assert 100 * mfu == pytest.approx(run["mfu_percent"], abs=0.05 + 0.005 * run["mfu_percent"] / run["seconds"])


@pytest.mark.parametrize("model", SHAPES.index)
def test_six_flop_per_parameter_miss_the_scores_and_count_what_is_only_looked_up(model):
    sizes, context = shape(model, PARAMS), int(SHAPES.loc[model, "context"])
    vectors = sizes["layers"] * sizes["layer_vectors"] + sizes["final_vectors"] + sizes["learned_positions"]
    looked_up = (sizes["embedding_tables"] - 1) * sizes["vocabulary_size"]
    multiplied = transformer.transformer_params(**sizes) - sizes["hidden_size"] * (vectors + looked_up)
    scores = 3 * sizes["layers"] * transformer.score_flop(1, context, sizes["hidden_size"])
    exact = transformer.iteration_flop(1, context, **shape(model, FORWARD))
    assert exact == pytest.approx(training.train_flop(multiplied, context) + scores, rel=1e-12)


def test_recomputing_every_layer_repeats_the_layers_and_not_the_logits():
    call = {"batch": 3, "context": 5} | shape("LLaMA-13B", FORWARD)
    logits = transformer.logits_flop(3, 5, 5120, 32000)
    repeated = transformer.iteration_flop(**call, recomputed_layers=40) - transformer.iteration_flop(**call)
    assert repeated == transformer.forward_flop(**call) - logits


def test_fewer_key_and_value_heads_save_weights_and_no_scores():
    full = transformer.layer_flop(1, 4096, 8192, 64, 64, 28672, 3)
    grouped = transformer.layer_flop(1, 4096, 8192, 64, 8, 28672, 3)
    assert full - grouped == 2 * 4096 * 2 * 8192**2 * 7 / 8
