"""Models and devices from texts: names, configuration files, and numbers of one's own."""

import json
import random
from pathlib import Path

import pytest

from llmcalc import choosing, known_models
from llmcalc.checks import Refusal
from llmcalc.models import short
from llmcalc.models.configs import from_config
from llmcalc.models.description import describe
from tests.grouped import together

CONFIGS = sorted((Path(__file__).parent / "models" / "configs").glob("*.json"))
NUMBERS = ("params", "active_params", "kv_bytes_per_token", "cache_bytes", "flop_per_token", "weights")


def same(one, other):
    told, again = describe(one), describe(other)
    return all(told[number] == again[number] for number in NUMBERS) and one.context == other.context


@together
@pytest.mark.parametrize("path", CONFIGS)
def test_a_short_text_makes_the_same_model_as_its_file(path):
    text = path.read_text(encoding="utf-8")
    model = choosing.model_named(text)
    told = short.written(model)
    assert len(told) < short.MOST_TEXT / 4
    assert same(choosing.model_named(told), model)
    assert short.written(short.read(told)) == told


@together
@pytest.mark.parametrize("name", known_models.names())
def test_a_short_text_makes_the_same_model_as_its_name(name):
    model = choosing.model_named(name)
    assert same(short.read(short.written(model)), model)


def test_a_name_reaches_a_short_text_without_what_shells_and_addresses_read():
    model = from_config(json.loads(CONFIGS[0].read_text(encoding="utf-8")), "a\"b$(c)`d`'e\\f\n&g=h" + "x" * 100)
    name = json.loads(short.written(model))["name"]
    assert len(name) == short.LONGEST_NAME
    assert not set(name) & set("\"$`'\\\n&=")


def test_damaged_short_texts_are_answered_or_refused_in_one_line():
    generator = random.Random(7)
    texts = [short.written(choosing.model_named(path.read_text(encoding="utf-8"))) for path in CONFIGS]
    refused = 0
    for _ in range(2000):
        text = list(generator.choice(texts))
        for _ in range(generator.randint(1, 3)):
            place = generator.randrange(1, len(text))
            text[place : place + generator.randint(0, 3)] = generator.choice(["", *'"{}-[0,', "9e9"])
        reason = refusal("".join(text))
        refused += bool(reason)
        assert "\n" not in reason
    assert refused > 1000


def refusal(text):
    try:
        describe(choosing.model_named(text))
    except Refusal as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "model: config.json is not accepted: give a JSON object"),
        ('{"model_type": "llama", "num_hidden_layers": -1}', "model: num_hidden_layers = -1 is not accepted"),
        ('{"a": ' * 200 + "1" + "}" * 200, "model: config.json is not accepted: give objects nested at most 12 deep"),
        ('{"mixers": [], "mlps": []}', "model: layers is missing: give the number"),
        ('{"mixers":' + "[" * 1500 + "]" * 1500 + "}", "model: model = "),
        ("Llama 3.1 9B", "model = 'Llama 3.1 9B' is not known: did you mean 'Llama 3.1 8B'?"),
    ],
)
def test_no_model_is_refused_in_one_line(text, said):
    with pytest.raises(Refusal) as refused:
        choosing.model_named(text)
    assert refused.value.argument == "model"
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_device_of_ones_own_has_the_numbers_given_in_any_unit():
    device = choosing.device_named(
        '{"name": "mine", "memory": "24 GB", "memory_bandwidth": "1 TB/s", "link_bandwidth": 450, "link_devices": 8, '
        '"network_bandwidth": "400 Gbit/s", "power": "0.45 kW", "server_power": 700, "price_per_hour": "$48/day", '
        '"peak_bf16": "165 TFLOPS", "peak_int8": "330 TOPS"}'
    )
    assert device.name == "mine"
    assert (device.memory, device.memory_bandwidth, device.link_bandwidth) == (24e9, 1e12, 450e9)
    assert (device.link_devices, device.network_bandwidth, device.power, device.server_power) == (8, 50e9, 450, 700)
    assert device.price_per_second == pytest.approx(2 / 3600)
    assert (device.peak("bf16"), device.peak("int8")) == (165e12, 330e12)


@together
@pytest.mark.parametrize(("quantity", "word"), choosing.device_quantities())
@pytest.mark.parametrize("bad", ['"many"', "-1", "true", "null", '""', "NaN", "1e999", '"5 apples"'])
def test_a_quantity_that_is_none_is_refused_by_name(quantity, word, bad):
    with pytest.raises(Refusal) as refused:
        choosing.device_named('{"' + quantity + '": ' + bad + "}")
    assert refused.value.argument == "accelerator"
    assert str(refused.value).startswith(f"accelerator: {quantity} = ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"memroy": "24 GB"}', "did you mean 'memory'?"),
        ('{"memory": [24]}', "give a flat JSON object"),
        ('{"name": ""}', "accelerator: name = '' is not accepted: give a text of 1 to 60 characters"),
        ("{" + " " * 5000 + "}", "give a flat JSON object of at most 4000 characters"),
        ("RTX 4091", "accelerator = 'RTX 4091' is not known: did you mean 'RTX 4090'?"),
        ("", "accelerator = '' is not accepted: give the name of a device"),
    ],
)
def test_no_device_is_refused_in_one_line(text, said):
    with pytest.raises(Refusal) as refused:
        choosing.device_named(text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_refusals_name_the_argument_asked_for():
    with pytest.raises(Refusal, match=r"^device: power = ") as refused:
        choosing.device_named('{"power": "much"}', "device")
    assert refused.value.argument == "device"
