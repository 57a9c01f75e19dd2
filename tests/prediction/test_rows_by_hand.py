"""Rows of tables by hand: how cells are read, what predictions are made of, and constants known beforehand."""

import math

import pytest

from llmcalc import catalogue, datasets, known_models
from llmcalc.checks import Refusal
from llmcalc.models.service import Service
from llmcalc.models.stacks import FACTOR, OWN_STACK, resolve
from llmcalc.plans.serving import interval, replica
from llmcalc.prediction import calibration, runs, serving

ROW = {"model": "Llama 3.1 8B", "gpu": "H100", "tp": "2", "precision": "fp8", "isl": "1000", "osl": "250"}


def told(**cells):
    return serving.predict_row(ROW | cells)


def service(**options):
    model, device = known_models.model("Llama 3.1 8B"), catalogue.device("H100")
    return Service(model, device, "fp8", 2, question_tokens=1000, answer_tokens=250, **options)


def near(text, value):
    return float(text) == pytest.approx(value, rel=1e-5)


def test_a_replica_that_is_full_and_one_of_some_users():
    full, at = told(), service()
    assert near(full["batch"], at.full_batch())
    assert near(full["predicted_output_tokens_s"], at.full_batch() / at.token_seconds(at.full_batch()))
    assert near(full["predicted_output_tokens_s_gpu"], float(full["predicted_output_tokens_s"]) / 2)
    token = at.token_seconds(at.full_batch())
    assert near(full["ttft_ms"], 1e3 * (token / 2 + at.first_token_seconds()))
    few = told(concurrency="4")
    assert near(few["batch"], 4)
    assert near(few["tpot_ms"], 1e3 * at.token_seconds(4))
    assert near(few["ttft_ms"], 1e3 * (at.token_seconds(4) / 2 + serving.group_seconds(at, 4)))
    # Whoever finds no place waits until one of those before ends.
    many = told(concurrency="5000")
    assert near(many["batch"], at.full_batch())
    waiting = (5000 - at.full_batch()) * 250 / float(many["predicted_output_tokens_s"])
    assert near(many["ttft_ms"], 1e3 * (token / 2 + serving.group_seconds(at, at.full_batch()) + waiting))
    for answer in (full, few, many):
        assert near(answer["low"], float(answer["predicted_output_tokens_s"]) * interval("dense")[0])
        assert near(answer["high"], float(answer["predicted_output_tokens_s"]) * interval("dense")[1])
        assert near(answer["tpot_low_ms"], float(answer["tpot_ms"]) / interval("dense")[1])
        assert near(answer["tpot_high_ms"], float(answer["tpot_ms"]) / interval("dense")[0])
        assert (answer["fits"], answer["refused"]) == ("yes", "")
    mixture = serving.predict_row(ROW | {"model": "Qwen3 30B A3B"})
    assert near(mixture["low"], float(mixture["predicted_output_tokens_s"]) * interval("mixture")[0])


def test_requests_that_come_at_random_are_those_of_a_replica():
    answer, busy = told(rate="3.5"), replica(service(), 3.5)
    for quantile in ("p50", "p95", "p99"):
        assert near(answer[f"ttft_{quantile}_ms"], 1e3 * busy.first_token[quantile])
        assert near(answer[f"tpot_{quantile}_ms"], 1e3 * busy.output_token[quantile])
    assert near(answer["predicted_output_tokens_s"], 3.5 * 250)
    assert near(answer["ttft_ms"], 1e3 * busy.first_token["mean"])
    assert near(answer["tpot_ms"], 1e3 * busy.output_token["mean"])


def test_a_first_token_alone():
    answer = serving.predict_row({name: cell for name, cell in ROW.items() if name != "osl"})
    alone = 1e3 * service().first_token_seconds()
    low, high = interval("first")
    found = [float(answer[name]) for name in ("ttft_ms", "ttft_low_ms", "ttft_high_ms")]
    assert found == pytest.approx([alone, low * alone, high * alone], rel=1e-5)
    assert answer["predicted_output_tokens_s"] == answer["badge"] == ""


def test_static_batches_of_an_engine_of_2023():
    old = told(batch="8", engine="TensorRT-LLM", version="0.5.0")
    assert old == told(batch="8")  # of an engine that is not named
    at = service(kernels="2023")
    seconds = at.static_seconds(8)
    assert near(old["predicted_output_tokens_s"], 8 * 250 / seconds)
    step = at.step(8, 1000 + 125).seconds
    assert near(old["tpot_ms"], 1e3 * step)
    assert near(old["ttft_ms"], 1e3 * (seconds - 250 * step))
    for engine, version in (("TensorRT-LLM", "0.8.0"), ("vllm", "0.5.0"), ("TensorRT-LLM", "1.0.1")):
        assert told(batch="8", engine=engine, version=version)["batch"] == "8"
        assert told(batch="8", engine=engine, version=version)["ttft_ms"] != old["ttft_ms"]
    assert told(batch="8", engine="tensorrt_llm v0.7.1")["ttft_ms"] == old["ttft_ms"]


def test_prompts_of_users_that_come_together_are_read_together():
    at = service(chunk_tokens=4000)
    # Four prompts of 1,000 tokens have room in a step, beside a token of each of the others.
    for users, group in ((1, 1), (3, 3), (4, 4), (5, 4), (100, 4)):
        step = at.step(users - group, 1125, 1000 * group, group).seconds
        assert serving.group_seconds(at, users) == pytest.approx(step)
    narrow = service(chunk_tokens=250)
    step = narrow.step(9, 1125, 250, 0.25).seconds
    assert serving.group_seconds(narrow, 10) == pytest.approx(4 * step)


@pytest.mark.parametrize(
    ("cells", "changed"),
    [
        ({"precision": "W4A16"}, {"number_format": "bf16", "bytes_per_weight": 0.5625}),
        ({"precision": "nvfp4", "gpu": "B200"}, {"number_format": "fp4"}),
        ({"kv_cache_dtype": "fp16"}, {"bytes_per_value": 2}),
        ({"kv_cache_dtype": "BF16"}, {"bytes_per_value": 2}),
        ({"kv_cache_dtype": "int8"}, {"bytes_per_value": 1}),
        ({"kv_cache_dtype": "FP8"}, {"bytes_per_value": 1}),
        ({"kv_cache_dtype": "fp4"}, {"bytes_per_value": 4.5 / 8}),  # with a scale of 8 bits for 16 values
        ({"kv_cache_dtype": "nvfp4"}, {"bytes_per_value": 4.5 / 8}),
        ({"kv_cache_dtype": "auto"}, {}),
        ({"precision": "w8a16"}, {"number_format": "bf16", "bytes_per_weight": 1}),
        ({"precision": "int8_wo"}, {"number_format": "bf16", "bytes_per_weight": 1}),
        ({"precision": "AWQ"}, {"number_format": "bf16", "bytes_per_weight": 4.5 / 8}),
        ({"precision": "gptq"}, {"number_format": "bf16", "bytes_per_weight": 4.5 / 8}),
        ({"precision": "int4"}, {"number_format": "bf16", "bytes_per_weight": 4.5 / 8}),
        ({"precision": "int4_wo"}, {"number_format": "bf16", "bytes_per_weight": 4.5 / 8}),
        ({"precision": "w4a8"}, {"number_format": "fp8", "bytes_per_weight": 4.5 / 8}),
        ({"precision": "mxfp4", "gpu": "B200"}, {"number_format": "fp4", "bytes_per_weight": 4.25 / 8}),  # for 32
        ({"kv_cache_dtype": "fp8_e4m3"}, {"bytes_per_value": 1}),
        ({"engine": "vLLM 0.9"}, {"bytes_per_value": 2}),
        ({"max_num_seqs": "1,6"}, {"largest_batch": 16}),
        ({"max_num_batched_tokens": "2_048"}, {"chunk_tokens": 2048}),
        ({"pp": "2"}, {"pipeline_stages": 2}),
        ({"pp": "-", "ep": "0", "attention_dp": "none"}, {}),
        ({"ep": "2", "attention_dp_size": "2"}, {}),  # of a model without experts
    ],
    ids=str,
)
def test_cells_are_read_as_engines_write_them(cells, changed):
    device = catalogue.device(cells.get("gpu", "H100"))
    options = {"number_format": "fp8", "tensor_parallel": 2, "question_tokens": 1000, "answer_tokens": 250} | changed
    at = Service(known_models.model("Llama 3.1 8B"), device, **options)
    answer = told(**cells)
    assert answer["refused"] == ""
    assert near(answer["batch"], at.full_batch())
    assert near(answer["tpot_ms"], 1e3 * at.token_seconds(at.full_batch()))


def test_experts_are_shared_by_ranks_that_take_sequences():
    mixture = known_models.model("Qwen3 30B A3B")  # 32 heads
    cells = ROW | {"model": "Qwen3 30B A3B", "tp": "4"}
    for more, cut in (
        ({}, (4, 1, 4)),
        ({"engine": "vLLM", "kv_dtype": "fp8"}, (4, 1, 1)),
        ({"ep": "1"}, (4, 1, 1)),
        ({"ep": "4"}, (4, 1, 4)),
        ({"ep": "64"}, (4, 1, 4)),
        ({"attention_dp_size": "2", "ep": "8"}, (4, 2, 8)),
        ({"tp": "3"}, (1, 3, 3)),
        ({"tp": "3", "attention_dp_size": "2"}, (1, 6, 6)),
    ):
        layout = dict(zip(("tensor_parallel", "data_parallel", "expert_parallel"), cut, strict=True))
        at = Service(mixture, catalogue.device("H100"), "fp8", question_tokens=1000, answer_tokens=250, **layout)
        answer = serving.predict_row(cells | more)
        assert near(answer["tpot_ms"], 1e3 * at.token_seconds(at.full_batch())), more


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"model": ""}, "model = '' is not accepted: give a column model or model_path or model_name"),
        ({"gpu": " "}, "device = '' is not accepted: give a column gpu or device or accelerator"),
        ({"isl": ""}, "isl = '' is not accepted: give the tokens of a prompt"),
        ({"isl": "0"}, "question_tokens = '0' [token] is not accepted: give a number above 0"),
        ({"isl": "1e12"}, "question_tokens = '1e12' [token] is not accepted"),
        ({"osl": "many"}, "answer_tokens = 'many' [token] is not accepted"),
        ({"precision": "fp7"}, "precision = 'fp7' is not accepted: give one of awq, bf16"),
        ({"kv_dtype": "fp7"}, "kv_precision = 'fp7' is not accepted: give one of auto, bf16"),
        ({"tp": "3"}, "tensor_parallel = 3 "),
        ({"rate": "1e9"}, "request_rate = 1000000000"),
    ],
)
def test_cells_that_cannot_be_read_say_so(cells, complaint):
    answer = told(**cells)
    assert answer["refused"].startswith(complaint)
    assert answer["predicted_output_tokens_s"] == ""


def test_a_model_that_does_not_fit_has_no_times():
    answer = told(model="Llama 3.1 405B")
    assert (answer["fits"], answer["refused"], answer["ttft_ms"], answer["batch"]) == ("no", "", "", "")


# Training runs

RUN = {"id": "mine", "layers": 32, "hidden_size": 4096, "heads": 32, "kv_heads": 8, "mlp_size": 14336}
RUN |= {"vocabulary_size": 128256, "accelerator": "H100 SXM", "devices": 8, "batch": 64, "context": 4096}
RUN |= {"number_format": "bf16", "zero_stage": 3}


def test_what_a_row_does_not_say_is_assumed():
    bare = {name: RUN[name] for name in RUN if name not in ("heads", "kv_heads", "mlp_size", "number_format")}
    read = runs.read_row(bare)
    model = read.run.model
    assert (model.heads, model.mlp_size, read.run.number_format) == (32, 4 * 4096, "bf16")
    assert {"heads = 32", "mlp_size = 16384", "number_format = bf16", "constants of no stack in particular"} <= set(
        read.assumed
    )
    assert runs.read_row(bare | {"hidden_size": 64}).run.model.heads == 1
    assert runs.read_row(bare | {"hidden_size": 384}).run.model.heads == 3
    mixture = bare | {"experts": 8, "experts_per_token": 2, "expert_mlp_size": 1024}
    assert "mlp_matrices = 3" in runs.read_row(mixture).assumed
    assert not any(said.startswith("mlp_size") for said in runs.read_row(mixture).assumed)
    for usual in ("microbatch = 1", "recomputation = none", "gradient_bytes = 4", "sequence_parallel = 1"):
        assert usual in read.assumed


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"layers": -1}, "layers = -1.0 is not accepted: give a whole number, 0 or more"),
        ({"layers": 1.5}, "layers = 1.5 is not accepted: give a whole number, 0 or more"),
        ({"layers": math.inf}, "layers = inf is not accepted: give a whole number, 0 or more"),
        ({"devices": "many"}, "devices = 'many' is not accepted: give a number"),
        ({"batch": float("nan")}, "batch = '' is not accepted: give a value: the row has none"),
    ],
)
def test_runs_that_cannot_be_read_say_so(cells, complaint):
    answer = runs.predict_row(RUN | cells)
    assert answer["refused"].startswith(complaint)
    assert answer["predicted_seconds"] == ""


def test_ranges_of_a_run_are_around_its_prediction():
    answer = runs.predict_row(RUN)
    assert answer["low_seconds"] < answer["predicted_seconds"] < answer["high_seconds"]
    peak = 8 * catalogue.device("H100 SXM").peak("bf16")
    # Six FLOP a parameter of the products, and the scores, whose causal half is left out or not.
    params = known_models.model("Llama 3 8B").multiplied_params
    flop = 6 * params * 64 * 4096
    assert flop < answer["mfu"] * answer["predicted_seconds"] * peak < 1.15 * flop
    assert answer["fits"] == "yes"
    assert runs.predict_row(RUN | {"zero_stage": 0})["fits"] == "no"  # 16 bytes of 8e9 parameters


# Constants


def test_sets_of_any_size_count_like_nine_rows():
    rows = [{**RUN, "step_seconds": 5.0, "set": name} for name in ["one"] + 4 * ["four"] + 16 * ["sixteen"]]
    weights = calibration.Calibration(rows, datasets.records("step-constants")).weights
    for first, count in ((0, 1), (1, 4), (5, 16)):
        assert sum(weight**2 for weight in weights[first : first + count]) == pytest.approx(9 / 0.05**2)


def test_ones_own_constants_start_from_those_that_are_shipped():
    table = datasets.records("step-constants")
    own = calibration._own([{**RUN, "step_seconds": 5.0}], table)
    shipped = resolve("H100 SXM", "bf16", None, table)
    assert {row["constant"] for row in own} == set(calibration.OWN)
    for row in own:
        expected = 1.0 if row["constant"] == FACTOR else shipped.values[row["constant"]]
        assert row["value"] == row["assumed"] == expected
        assert (row["scope"], row["kind"], row["basis"], row["number_format"]) == (OWN_STACK, "stack", "fitted", None)
        lowest, highest = calibration._bounds(row["constant"])
        assert lowest <= row["value"] < highest
        assert row["because"] == "1 runs of one's own"


def test_constants_are_read_as_they_were_written(tmp_path):
    table = datasets.records("step-constants")
    calibration.write(table, tmp_path / "constants.csv")
    for was, now in zip(table, calibration.read(tmp_path / "constants.csv"), strict=True):
        assert now["value"] == pytest.approx(was["value"], rel=5e-4)
        for name in ("constant", "kind", "scope", "number_format", "assumed", "spread"):
            assert now[name] == was[name], name
    (tmp_path / "other.csv").write_text("constant,value\nmfu,0.5\n", encoding="utf-8")
    (tmp_path / "empty.csv").write_text(",".join(calibration.COLUMNS) + "\n", encoding="utf-8")
    for name in ("other.csv", "empty.csv"):
        with pytest.raises(Refusal, match="a file that llmcalc calibrate wrote"):
            calibration.read(tmp_path / name)


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon", "", None])
def test_times_that_are_none_are_refused(seconds):
    with pytest.raises(Refusal, match=r"^step_seconds"):
        calibration.calibrate([{**RUN, "step_seconds": seconds}])


def test_no_runs_are_refused_and_one_has_no_errors():
    with pytest.raises(Refusal, match="at least one row"):
        calibration.calibrate([])
    _, errors = calibration.calibrate([{**RUN, "step_seconds": 6.0}])
    assert errors == []


def test_a_fit_follows_what_was_measured_and_stops_at_its_bounds():
    usual = runs.predict_row(RUN)["predicted_seconds"]
    for factor in (0.8, 1.0, 1.5):
        table, _ = calibration.calibrate([{**RUN, "step_seconds": factor * usual}])
        after = runs.predict_row(RUN, table)["predicted_seconds"] / usual
        assert min(1, factor) - 1e-3 <= after <= max(1, factor) + 1e-3
        assert abs(after - factor) <= 0.1 * abs(factor - 1) + 1e-3
    for row in table:
        if row["basis"] == "fitted":
            lowest, highest = calibration._bounds(row["constant"])
            assert lowest <= row["value"] <= highest
            assert calibration._is_inside(row) == (lowest * 1.001 < row["value"] < highest * 0.999)


def test_errors_without_each_row_are_those_of_fitting_anew():
    rows = [row for row in datasets.records("training-runs") if row["set"] == "SimuMax-B200-dense"][:6]
    start = [dict(row, basis="shipped") for row in datasets.records("step-constants")]
    owned = [{**row, "stack": OWN_STACK, "set": OWN_STACK} for row in rows]
    table = calibration.Calibration(owned, start + calibration._own(owned, start)).fit()
    short = calibration.one_left_out_errors(owned, table)
    within = calibration.Calibration(owned, table).errors()
    names = {id(row): place for place, row in enumerate(owned)}
    anew = calibration.left_out_errors(owned, table, lambda row: names[id(row)], steps=25)
    for quick, slow, inside in zip(short, anew, within, strict=True):
        assert quick == pytest.approx(slow, abs=0.02)
        assert abs(quick) >= abs(inside)
