"""What pages' menus offer: every device and format that is offered is answered, and the others say why not."""

import pytest

from bookbuild.calculator import calculators, menus
from llmcalc import catalogue
from llmcalc.checks import Refusal
from llmcalc.questions import questions

QUESTIONS = {name: question for name, question in questions().items() if "accelerator" in question.parameters}
every_question = pytest.mark.parametrize("name", QUESTIONS)


def formats_of(question, device, **chosen):
    able = {}
    for name in menus.format_parameters(question):
        offered = menus.formats(question)["parameters"][name]
        able[name] = [
            choice for choice, needed in offered.items() if not needed or any(form in device.formats for form in needed)
        ]
    return {name: chosen.get(name, choices[0]) for name, choices in able.items()}, able


@every_question
def test_what_is_offered_is_answered(name):
    question = QUESTIONS[name]
    able_devices = [device for device, reason in menus.devices(question).items() if not reason]
    # A plan takes a while, and the build has made one for each device already: some stand for all.
    for device in able_devices if name != "planner" else able_devices[::16]:
        given, able = formats_of(question, catalogue.device(device))
        for parameter, choices in able.items():
            for choice in choices:
                question.answer(accelerator=device, **given | {parameter: choice})


@every_question
def test_what_is_not_offered_is_refused(name):
    question = QUESTIONS[name]
    reasons = {device: reason for device, reason in menus.devices(question).items() if reason}
    assert "MLU590" in reasons
    for device in reasons:
        known = catalogue.device(device)
        usual = question.parameters["number_format"].default if "number_format" in question.parameters else ""
        for number_format in known.formats or (usual or "bf16",):
            given = dict.fromkeys(menus.format_parameters(question), number_format)
            with pytest.raises(Refusal):
                question.answer(accelerator=device, **given)


def test_reasons_are_short_and_say_what_is_missing():
    reasons = menus.devices(QUESTIONS["planner"])
    assert reasons["H100 SXM"] == ""
    assert reasons["Ascend 910"] == "no memory bandwidth is known"
    assert reasons["MLU590"] == "none of its numbers is known"
    assert menus.devices(QUESTIONS["training-gpus"])["GTX 1660"] == "no peak is known"
    assert menus.devices(QUESTIONS["training-gpus"])["Inference card 88 TOPS"] == "no peak in these formats is known"
    assert menus.devices(QUESTIONS["training-cost"])["TPU v4"] == "no power is known"
    assert menus.devices(QUESTIONS["what-fits"])["Moffett S30"] == "no memory is known"
    every = {reason for question in QUESTIONS.values() for reason in menus.devices(question).values()}
    assert all(len(reason) < 40 for reason in every)


def test_formats_that_a_page_offers_are_those_of_products():
    assert menus.format_parameters(QUESTIONS["what-fits"]) == []
    assert menus.formats(QUESTIONS["what-fits"]) == {}
    assert menus.format_parameters(QUESTIONS["planner"]) == ["number_format", "serving_format"]
    offered = menus.formats(QUESTIONS["serving-users"])
    assert offered["parameters"]["weight_format"]["int4"] == ["bf16", "fp16", "fp32"]
    assert offered["parameters"]["weight_format"]["fp8"] == ["fp8"]
    assert offered["devices"]["V100 SXM2 16GB"] == ["fp64", "fp32", "fp16"]


def test_a_menu_describes_what_it_offers_and_what_not():
    question = QUESTIONS["planner"]
    described = calculators.describe(question.parameters["accelerator"], question)
    assert "H100 SXM" in described["choices"]
    assert "Ascend 910" not in described["choices"]
    assert {"name": "Ascend 910", "reason": "no memory bandwidth is known"} in described["unable"]
    assert described["own"] == "accelerator in data/accelerators.csv"
    assert {"name": "memory", "meaning": "memory", "unit": "GiB"} in described["quantities"]
    model = calculators.describe(question.parameters["model"], question)
    assert model["own"] == "model in data/models.csv"
    assert "unable" not in model
