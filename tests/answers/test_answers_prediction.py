"""Answers on predictions and failures: their numbers, their refusals and their notebooks' cells."""

import math

import pytest

from bookbuild.run import parameters
from llmcalc import answers, catalogue, datasets
from llmcalc.answers.does_it_predict import PARTS
from llmcalc.checks import Refusal
from llmcalc.models.memory import training_memory
from llmcalc.models.model import Model
from llmcalc.models.run import Run
from llmcalc.plans import ranges
from llmcalc.prediction import runs
from llmcalc.questions import questions
from llmcalc.units import GIBI
from tests.grouped import together

NAMES = ("does-it-predict", "failures")
PARAMETERS = [(name, parameter) for name in NAMES for parameter in questions()[name].parameters.values()]


@together
@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_nonsense_is_refused_by_name(name, parameter):
    beyond = [] if parameter.high is None else [parameter.high * 1.01 + 1, parameter.low - 1]
    for value in [math.nan, math.inf, -1, "text", None, True, *beyond]:
        with pytest.raises(Refusal) as refusal:
            questions()[name].answer(**{parameter.name: value})
        assert refusal.value.argument == parameter.name


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_declares_what_the_answer_takes(name):
    declared = parameters.declared(name)
    assert set(declared) == set(questions()[name].parameters)
    for parameter in questions()[name].parameters.values():
        cell = declared[parameter.name]
        assert (cell.type, cell.default) == (parameter.type, parameter.default)
        assert cell.unit == (parameter.unit if parameter.low is not None else cell.unit)
        if parameter.low is not None:
            assert tuple(map(float, cell.bounds)) == (parameter.low, parameter.high)
        else:
            assert tuple(cell.choices) == parameter.choices


def test_a_published_run_is_predicted_as_its_row():
    row = datasets.record("training-runs", "id", "16384-8192")
    answer = answers.does_it_predict(measured_seconds=row["step_seconds"])
    predicted = runs.predict_row(row)
    assert answer["step_seconds"] == pytest.approx(predicted["predicted_seconds"])
    assert answer["mfu"] == pytest.approx(100 * predicted["mfu"])
    assert answer["low_seconds"] == pytest.approx(predicted["low_seconds"])
    assert (answer["badge"], answer["within"]) == ("measured", "yes")
    assert answer["measured_difference"] == pytest.approx(100 * (row["step_seconds"] / answer["step_seconds"] - 1))


@pytest.mark.parametrize("model", ["Llama 3.1 405B", "Mixtral 8x7B"])
def test_the_shares_of_a_step_are_all_of_it(model):
    cut = {"tensor_parallel": 8, "pipeline_stages": 8, "devices": 1024, "expert_parallel": 8, "model_chunks": 1}
    answer = answers.does_it_predict(model=model, **cut)
    assert sum(answer[name] for name, _, _ in PARTS) == pytest.approx(100)


def test_the_badge_says_what_the_prediction_is_founded_on():
    small = {"devices": 1024, "batch": 1024}
    assert answers.does_it_predict()["badge"] == ranges.MEASURED
    assert answers.does_it_predict(**small)["badge"] == ranges.FITTED
    assert answers.does_it_predict(stack="other")["badge"] == ranges.BOUND
    assert answers.does_it_predict(accelerator="B200", stack="llama-3")["badge"] == ranges.BOUND


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"tensor_parallel": 24}, "tensor_parallel"),
        ({"devices": 16385}, "devices"),
        ({"batch": 64}, "batch"),
        ({"model": "Mixtral 8x7B", "pipeline_stages": 64, "devices": 65536}, "pipeline_stages"),
        ({"model": "Mixtral 8x7B", "expert_parallel": 16}, "expert_parallel"),
        ({"accelerator": "A100 SXM 80GB", "number_format": "fp8"}, "number_format"),
    ],
)
def test_a_cut_that_no_program_runs_is_refused(changes, argument):
    with pytest.raises(Refusal) as refusal:
        answers.does_it_predict(**changes)
    assert refusal.value.argument == argument


def test_every_stack_of_the_form_has_constants():
    listed = {row["stack"] for row in datasets.records("step-stacks")}
    assert listed - {"other"} == {row["stack"] for row in datasets.records("training-stacks")}
    assert {row["scope"] for row in datasets.records("step-constants") if row["kind"] == "stack"} <= listed


@pytest.mark.parametrize("stages", [1, 2, 3, 7, 16, 29])
@pytest.mark.parametrize("model", ["Llama 3.1 405B", "DeepSeek V3", "GLM-4.5", "Qwen3 30B A3B"])
def test_the_stages_looked_at_have_the_fullest_among_them(model, stages):
    shape = Model.from_row(datasets.record("models", "model", model))
    cut = {"pipeline_stages": stages, "devices": stages * 64, "batch": 1024, "context": 4096, "zero_stage": 1}
    answer = answers.does_it_predict(model=model, **cut, tensor_parallel=4, model_chunks=1)
    run = Run(shape, catalogue.device("H100 SXM"), **cut, tensor_parallel=4)
    assert answer["memory_gib"] == pytest.approx(training_memory(run)["peak"] / GIBI)
