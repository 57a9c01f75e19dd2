"""Answers on GPUs, vision and claims: their numbers, their refusals and their notebooks' cells."""

import ast
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from llmcalc import answers
from llmcalc.checks import Refusal
from llmcalc.questions import questions
from llmcalc.vocabulary import WORDS
from tests.grouped import together

ROOT = Path(__file__).parents[2]
# As the documents print them, or as the chapters correct them.
EXPECTED = {
    "training-gpus": {"gpus": 1559, "servers": 195, "flop": 3.15e23, "sustained_tflops": 78},
    "inference-gpus": {"gpus": 412018, "tokens_per_day": 79333e8, "sustained_tflops": 78},
    "cv-backlog": {"last_day": 270, "cluster_pflops": 20.48, "literal_days": 357, "contained_days": 105},
    "inference-cards": {"streams_per_card": 16, "bare_cards": 188, "cards": 209, "spares": 21},
    "cnn-macs": {"params": 25557032, "macs": 4.089},
    "hardware-claims": {"switches": 48, "chips": 4096, "h100_rate": 90982},
    "small-print": {"masks_per_image": 100, "gpu_hour_price": 2.083},
}
NONSENSE = [float("nan"), float("inf"), -1, "text", None, pd.NA, [1.0], np.array([1.0]), np.array([])]
PARAMETERS = [(name, parameter) for name in EXPECTED for parameter in questions()[name].parameters.values()]
DECLARED = re.compile(r"^(\w+): (\w+) = (.*?)  # \[(.*?)\] ([^;\n]*)(?:; (.*))?$", re.MULTILINE)


@pytest.mark.parametrize("name", EXPECTED)
def test_defaults_give_the_numbers_of_the_documents(name):
    answer = questions()[name].answer()
    for result, value in EXPECTED[name].items():
        assert answer[result] == pytest.approx(value, rel=2e-4), result


def refused(name, parameter, value):
    with pytest.raises(Refusal) as refusal:
        questions()[name].answer(**{parameter.name: value})
    assert refusal.value.argument == parameter.name


@together
@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_nonsense_is_refused_by_name(name, parameter):
    for value in NONSENSE:
        refused(name, parameter, value)
    if parameter.type is not bool:
        refused(name, parameter, True)
    if parameter.high is not None:
        refused(name, parameter, parameter.high * 1.01 + 1)
        refused(name, parameter, parameter.low - 1)


@pytest.mark.parametrize("name", EXPECTED)
def test_notebook_declares_what_the_answer_takes(name):
    text = (ROOT / "notebooks" / f"{name}.md").read_text(encoding="utf-8")
    declared = {found[0]: found[1:] for found in DECLARED.findall(text)}
    for parameter in questions()[name].parameters.values():
        kind, default, unit, _, accepted = declared[parameter.name]
        assert (kind, ast.literal_eval(default)) == (parameter.type.__name__, parameter.default)
        assert unit == parameter.unit
        if parameter.low is not None:
            low, _, high = accepted.split(" ≤ ")
            assert (float(low), float(high)) == (parameter.low, parameter.high), parameter.name
        elif parameter.choices:
            source = WORDS[parameter.name].choices
            assert accepted == f"one of {source}"


@pytest.mark.parametrize("name", EXPECTED)
def test_docstring_has_the_units_of_the_vocabulary(name):
    answer = questions()[name].answer
    for parameter in questions()[name].parameters.values():
        described = re.search(rf"    {parameter.name} : \w+\n((?:        .*\n)+)", answer.__doc__)[1].strip()
        numeric = parameter.low is not None
        assert described.endswith(f"[{parameter.unit}]." if numeric else "."), parameter.name


def test_where_no_card_holds_a_stream_the_answer_is_no_number():
    answer = answers.inference_cards(stream_tops=90.0)
    assert answer["cards"] is None
    assert answer["bare_cards"] is None
    assert answer.formatted()["cards"] == "no card can hold a whole stream"
    listed = answer._repr_mimebundle_()["application/vnd.llmcalc.results+json"]
    assert [result["reason"] for result in listed if result["value"] is None] == ["no card can hold a whole stream"] * 4


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"streams": 1, "efficiency": 1.0}, "1 card watches 1 camera, and nothing may fail."),
        ({"streams": 32, "efficiency": 1.0}, "2 cards watch 32 cameras, and none of them may fail."),
        ({"streams": 20}, "3 cards watch 20 cameras, and 1 of them may fail."),
    ],
)
def test_the_sentence_counts_cards_and_spares(given, sentence):
    assert answers.inference_cards(**given).sentence == sentence


def test_cards_without_reserve_do_not_depend_on_the_reserve():
    answer = answers.inference_cards(headroom=0.9, stream_tops=10.0)
    assert answer["bare_cards"] == 375
    assert answer["cards"] is None


def test_numbers_that_belong_together_are_checked_together():
    with pytest.raises(Refusal, match="trials_high = 10"):
        answers.cv_backlog(trials=11)
    with pytest.raises(Refusal, match="chips_per_host = 64"):
        answers.hardware_claims(chips_per_host=64, block_edge=1)
