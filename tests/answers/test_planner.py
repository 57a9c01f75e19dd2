"""The planner joins its plans without losing anything, for every model and every device of the book."""

import json
import math

import pytest

from llmcalc import datasets
from llmcalc.answers import planner
from llmcalc.answers.planner import curves
from llmcalc.checks import Refusal
from llmcalc.plans.training import by_devices
from llmcalc.questions import questions
from llmcalc.units import DAY
from tests.grouped import together

QUESTION = questions()["planner"]
DEVICES = QUESTION.parameters["accelerator"].choices
AT_HAND = {"sized_by": "devices", "device_count": 512, "tokens": 1e12}


def test_money_and_energy_follow_from_devices_and_days():
    plan = planner(price_per_device_hour=3.0, device_watts=1000.0, pue=1.5, electricity_price=0.2)
    hours = plan["devices"] * plan["days"] * 24
    assert math.isclose(plan["device_hours"], hours)
    assert math.isclose(plan["rent"], 3 * hours)
    assert math.isclose(plan["energy"], hours * 1.5 / 1000)
    assert math.isclose(plan["electricity"], plan["energy"] * 1000 * 0.2)
    assert math.isclose(plan["carbon"], plan["energy"] * 0.4)
    assert math.isclose(plan["rent_per_day"], plan["serving_devices"] * 72)
    assert math.isclose(plan["rent_per_million"], plan["rent_per_day"] / (plan["tokens_per_day"] / 1e6))


def test_a_cut_that_no_number_of_stages_allows_is_too_large():
    plan = planner(model_chunks=25, microbatch=211)
    assert plan["verdict"].startswith("it does not fit")
    assert plan["devices"] is None


def test_devices_are_replicas_of_the_cut():
    plan = planner(**AT_HAND)
    group = plan["tensor"] * plan["stages"] * plan["sequence"]
    assert plan["devices"] == plan["replicas"] * group <= 512
    assert plan["serving_devices"] == plan["serving_replicas"] * plan["replica_devices"]
    step = plan.run.cut.step
    assert math.isclose(plan["days"] * DAY, step.seconds * math.ceil(1e12 / (2048 * 8192)))
    assert math.isclose(sum(step.terms.values()), step.seconds)


def test_a_deadline_is_met_or_the_plan_says_no():
    for days in (3.0, 30.0, 300.0):
        plan = planner(days=days)
        assert plan["in_time"] == ("yes" if plan["days"] <= days else "no")
    assert "sequences a step would do" in planner(days=3.0, batch=512)["verdict"]


def test_what_does_not_fit_is_said_first_and_has_no_price():
    plan = planner(model="GPT-3 175B", sized_by="devices", device_count=4)
    assert plan["verdict"].startswith("it does not fit on 4 devices: it takes at least ")
    for name in ("devices", "days", "rent", "energy", "memory_gb"):
        assert plan[name] is None
    assert plan["fits"] == "no"
    assert curves(plan).data()[0]["values"] == []


def test_models_and_devices_of_ones_own_are_told_by_their_names():
    card = {"name": "my card", "memory": "80 GB", "memory_bandwidth": "2 TB/s", "peak_bf16": "500 TFLOP/s"}
    model = {"model_type": "llama", "_name_or_path": "mine", "num_hidden_layers": 12, "hidden_size": 768}
    model |= {"num_attention_heads": 12, "intermediate_size": 2048, "vocab_size": 32000}
    plan = planner(model=json.dumps(model), accelerator=json.dumps(card), tokens=1e10)
    assert plan.sentence.startswith("1 my card trains mine on 10 billion tokens ")


def test_curves_have_no_time_and_no_rent_where_a_model_does_not_fit():
    plan = planner(model="Llama 3.1 70B", tokens=1e12)
    devices, days, rent = [curve["values"] for curve in curves(plan).data()]
    fits = [other.cut.fits for other in by_devices(plan.run)]
    assert True in fits
    assert False in fits
    assert len(devices) == len(fits)
    assert [value is not None for value in days] == [value is not None for value in rent] == fits


def test_what_is_predicted_has_a_range_and_what_was_given_has_none():
    of_training = {"days", "rent", "device_hours", "energy", "electricity", "carbon"}
    predicted, given = planner(**AT_HAND), planner(mfu=0.4, **AT_HAND)
    assert set(predicted.errors) == of_training | {"serving_devices"}
    assert all(low < 1 < high for name, (low, high) in predicted.errors.items() if name in of_training)
    assert set(given.errors) == {"serving_devices"}


def lacks(accelerator):
    """What training cannot do without, and nobody published of a device."""
    known = datasets.specifications()[accelerator]
    formats = [form for form in ("bf16", "fp16", "tf32", "fp32") if f"peak_{form}" in known]
    return [name for name in ("memory", "memory_bandwidth") if name not in known] + ([] if formats else ["a peak"])


@together
@pytest.mark.parametrize("accelerator", [name for name in DEVICES if not lacks(name)])
def test_every_device_with_the_numbers_answers(accelerator):
    plan = planner(model="Llama 3.1 8B", accelerator=accelerator, **AT_HAND)
    assert plan["days"] is None or plan["days"] > 0
    assert plan["fits"] == "no" or plan["days"]


@pytest.mark.parametrize("accelerator", [name for name in DEVICES if lacks(name)])
def test_every_other_is_refused_in_one_line(accelerator):
    with pytest.raises(Refusal) as refused:
        planner(model="Llama 3.1 8B", accelerator=accelerator, **AT_HAND)
    assert refused.value.argument == "accelerator"
    assert accelerator in str(refused.value)
    assert "\n" not in str(refused.value)


@together
@pytest.mark.parametrize("model", QUESTION.parameters["model"].choices)
def test_every_model_is_answered(model):
    plan = planner(model=model, tokens=1e12, sized_by="devices", device_count=2048)
    assert plan["devices"] is None or 0 < plan["devices"] <= 2048
    assert plan["params"] >= plan["active_params"] > 0
    assert plan.run.verdict == "good" or plan["fits"] == "no"
