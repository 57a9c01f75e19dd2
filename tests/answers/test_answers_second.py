"""Answers on planning, training, memory and data: their defaults, their refusals, and the notebooks that ask them."""

import inspect
import math
import re

import numpy as np
import pandas as pd
import pytest

from bookbuild import notebooks
from bookbuild.run import parameters
from llmcalc import answers, questions
from llmcalc.checks import Refusal
from llmcalc.vocabulary import WORDS
from tests.grouped import together

NAMES = (
    "planner",
    "serving-users",
    "training-cost",
    "training-schedules",
    "training-step",
    "transformer-flops",
    "memory",
    "how-much-data",
)
QUESTIONS = {name: questions.find(name) for name in NAMES}
NONSENSE = [
    math.nan,
    math.inf,
    -math.inf,
    -1,
    -3e11,
    "many",
    "",
    None,
    True,
    2j,
    pd.NA,
    [],
    [1.0],
    np.array([]),
    np.array([1.0, math.nan]),
    np.array([1.0, 2.0], dtype=object),
    pd.Series([1.0, 2.0]),
    {},
    np.timedelta64(1),
]
PARAMETERS = [(name, parameter) for name in NAMES for parameter in QUESTIONS[name].parameters]
# What the chapters answered before functions did, but for energy, which counts a device's share of its server.
DEFAULTS = {
    "serving-users": {"tokens_per_day": 1.3e10, "replica_devices": 2},
    "training-cost": {"rent": 974559.2948717949, "pflops_days": 3645.8333333333335, "gpus": 974},
    "training-schedules": {
        "cards_in_512p": 2048,
        "codegeex_mfu": 3.252500369225019,
        "pangu_sigma_mfu": 158.94571940104169,
    },
    "training-step": {"step_seconds": 27.9, "speed_up": 18.79168458781362, "tokens_per_second": 28187.52688172043},
    "transformer-flops": {"params": 13015859200, "mfu_percent": 53.919391113846146},
    "memory": {"serve_gib": 5.514533996582031, "train_gib": 14.926277160644531, "train_batch": 7},
    "how-much-data": {"tokens": 3.5e12, "corpus_gigabytes": 15750, "chinchilla_params": 15851185318.454994},
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_answer_what_the_chapter_answered(name):
    answer = QUESTIONS[name].answer()
    for result, value in DEFAULTS[name].items():
        assert answer[result] == pytest.approx(value, rel=1e-9), result


@together
@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_nonsense_is_refused_by_the_name_of_its_parameter(name, parameter):
    question = QUESTIONS[name]
    declared = question.parameters[parameter]
    bad = [declared.high * 1.01, declared.low - max(1e-9, 0.01 * declared.low)] if declared.low is not None else [3]
    for value in NONSENSE + bad:
        if value is True and declared.type is bool:
            continue
        with pytest.raises(Refusal) as refused:
            question.answer(**{parameter: value})
        assert refused.value.argument == parameter


@together
@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_units_of_the_docstring_are_those_of_the_vocabulary(name, parameter):
    doc = inspect.getdoc(QUESTIONS[name].answer)
    text = re.search(rf"^{parameter} : (\w+)\n((?:    .*\n)+)", doc, re.MULTILINE)
    unit = re.search(r"\[([^\]]*)\]\.$", text[2].strip())
    word = WORDS[parameter]
    assert text[1] == QUESTIONS[name].parameters[parameter].type.__name__
    assert (unit[1] if unit else None) == (None if word.range is None else word.shown)


@together
@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_the_parameters_cell_says_the_same(name, parameter):
    asked, cell = QUESTIONS[name].parameters[parameter], parameters.declared(name)[parameter]
    assert (cell.type, cell.default) == (asked.type, asked.default)
    if asked.low is not None:
        assert cell.unit == asked.unit
        assert cell.bounds == (asked.low, asked.high)
    if asked.choices:
        assert tuple(cell.choices) == asked.choices


@pytest.mark.parametrize("name", NAMES)
def test_the_headline_cell_is_one_call_of_every_parameter(name):
    [cell] = [cell for cell in notebooks.read(name).cells if "headline" in cell.metadata.get("tags", [])]
    function = name.replace("-", "_")
    lines = [f"    {parameter}={parameter}," for parameter in QUESTIONS[name].parameters]
    assert cell.source.splitlines() == [f"answer = answers.{function}(", *lines, ")", "answer"]


def test_answers_stand_in_the_order_of_the_book():
    order = [name.replace("-", "_") for name in notebooks.names()]
    listed = list(answers.__all__)
    assert listed == sorted(listed, key=order.index)


@pytest.mark.parametrize(
    ("name", "given", "argument"),
    [
        ("planner", {"accelerator": "A100 SXM 80GB", "number_format": "fp8"}, "number_format"),
        ("planner", {"accelerator": "RTX 4090", "number_format": "fp64"}, "number_format"),
        ("planner", {"tensor_parallel": 7}, "tensor_parallel"),
        ("planner", {"pipeline_stages": 79}, "pipeline_stages"),
        ("planner", {"context_parallel": 7}, "context_parallel"),
        ("planner", {"expert_parallel": 8}, "expert_parallel"),
        ("planner", {"sharding": "FSDP", "pipeline_stages": 2}, "pipeline_stages"),
        ("transformer-flops", {"heads": 7}, "kv_heads"),
        ("transformer-flops", {"heads": 1, "kv_heads": 1024}, "kv_heads"),
        ("transformer-flops", {"hidden_size": 64, "heads": 1024}, "heads"),
    ],
)
def test_numbers_that_do_not_belong_together_are_refused(name, given, argument):
    with pytest.raises(Refusal) as refused:
        QUESTIONS[name].answer(**given)
    assert refused.value.argument == argument


def test_energy_counts_the_share_of_the_server_where_it_is_known():
    assert answers.training_cost()["energy"] == answers.training_cost(device_watts=812.5)["energy"]
    alone = answers.training_cost(accelerator="A100 PCIe 80GB")["energy"]
    assert alone == answers.training_cost(accelerator="A100 PCIe 80GB", device_watts=300.0)["energy"]


def test_curves_go_through_the_plan():
    devices, days, rent = answers.planner_curves(days=60.0).data()
    assert devices["values"] == sorted(devices["values"])
    assert len(devices["values"]) == len(days["values"]) == len(rent["values"])
    with pytest.raises(Refusal):
        answers.planner_curves(mfu=1.63)
