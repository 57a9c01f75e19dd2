"""Vision networks of any size, width and number of classes: published counts, cases from trackers, laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc import datasets, known_networks
from llmcalc.checks import Refusal
from llmcalc.models import building_blocks, counting_tools, networks, vision
from llmcalc.report import ledger, tables
from tests.grouped import together

every_network = pytest.mark.parametrize("name", networks.NAMES)
PUBLISHED = [row for _, row in tables.read("vision-published", as_printed=True).iterrows()]


def with_attention(layers):
    return vision.macs(layers) + vision.attention_macs(layers)


def with_biases(layers):
    """Batch normalisation has been merged into the convolutions, each of which then has a bias."""
    return vision.macs(layers) + vision.activations(layers)


def without_normalisation(layers):
    return vision.params([layer for layer in layers if layer["kind"] not in counting_tools.NORMALISATIONS])


def early_opcounter(layers):
    return float(np.float32(counting_tools.early_opcounter_count(layers)))  # which the program added up in


COUNTED = {
    ("params", "all"): vision.params,
    ("params", "without normalisation"): without_normalisation,
    ("activations", "convolutions and fully connected layers"): vision.activations,
    ("macs", "weights"): vision.macs,
    ("macs", "weights and attention"): with_attention,
    ("macs", "ptflops"): counting_tools.ptflops_count,
    ("macs", "fvcore"): counting_tools.fvcore_count,
    ("macs", "pytorch-OpCounter of spring 2019"): early_opcounter,
    ("flop", "weights and attention"): vision.flop,
    ("flop", "weights and biases"): lambda layers: vision.FLOP_PER_MAC * with_biases(layers),
}


def usual_size(name, about=224):
    """A side of about so many pixels that the network takes."""
    multiple = networks.multiple(name)
    return max(about // multiple, 1) * multiple


@together
@pytest.mark.parametrize("row", PUBLISHED)
def test_published_counts(row):
    layers = networks.build(row["network"], int(row["image_size"]), width=float(row["width"]))
    counted = COUNTED[row["quantity"], row["counted"]](layers)
    agrees = ledger.agrees(row["published"], counted)
    assert agrees == (not isinstance(row["deviates"], str)), counted


def test_every_network_is_in_the_menu_and_nearly_every_one_has_published_counts():
    assert datasets.values("vision-networks", "name") == networks.NAMES
    published = {row["network"] for row in PUBLISHED}
    assert set(networks.NAMES) - published == {"unet"}


def test_every_usual_name_finds_its_network_alone():
    for row in datasets.records("vision-networks"):
        for name in (row["name"], row["title"], *(row["aliases"] or "").split(";")):
            assert not name or known_networks.find(name) == row["name"]


# ids of the tracker's cases, with their right values
def test_case_133_resnet50_as_the_tool_prints():
    assert early_opcounter(networks.build("resnet50", 224)) == 4_142_713_856


def test_case_134_parameters_of_resnet50():
    assert vision.params(networks.build("resnet50")) == 25_557_032


def test_case_136_resnet50_as_ptflops_counts():
    assert ledger.agrees("4.12e9", counting_tools.ptflops_count(networks.build("resnet50")))


def test_case_137_mobilenet_v2_wider():
    assert vision.params(networks.build("mobilenet_v2", width=1.4)) == 6_108_776


def test_case_139_mobilenet_v3_large():
    assert ledger.agrees("2.17e8", vision.macs(networks.build("mobilenet_v3_large")))


def test_case_140_vit_b_16():
    assert ledger.agrees("17.58e9", counting_tools.fvcore_count(networks.build("vit_b_16", 224)))


def test_case_142_a_picture_that_is_not_square():
    assert networks.describe("resnet50", (256, 192))["input"] == [3, 256, 192]
    assert networks.describe("resnet50", (192, 256))["macs"] == networks.describe("resnet50", (256, 192))["macs"]


@together
@every_network
def test_sums_are_those_of_the_table(name):
    told = networks.describe(name, usual_size(name))
    for quantity in ("params", "macs", "attention_macs", "activations"):
        assert sum(row[quantity] for row in told["layers"]) == told[quantity]
    assert told["flop"] == 2 * (told["macs"] + told["attention_macs"])


@together
@every_network
def test_work_follows_from_weights_and_positions(name):
    for layer in networks.build(name, usual_size(name)):
        weight = layer["tensors"].get("weight", ())
        if layer["kind"] in ("convolution", "fully connected"):
            assert layer["macs"] == math.prod(weight) * math.prod(layer["output"][1:])
        elif layer["kind"] == "transposed convolution":
            assert layer["macs"] == math.prod(weight) * math.prod(layer["input"][1:])
        else:
            assert layer["macs"] == 0


@together
@every_network
def test_layers_follow_each_other(name):
    layers = networks.build(name, usual_size(name))
    assert layers[0]["input"] == (3, usual_size(name), usual_size(name))
    assert all(min(layer["output"]) >= 1 for layer in layers)


@together
@every_network
def test_classes_change_only_the_last_layers(name):
    size = usual_size(name)
    few, many = (networks.build(name, size, classes=classes) for classes in (7, 11))
    assert len(few) == len(many)
    assert vision.params(few) < vision.params(many)
    changed = [i for i, layer in enumerate(few) if layer["tensors"] != many[i]["tensors"]]
    outputs = {few[i]["output"][0] for i in changed}
    assert outputs == {3 * (5 + 7)} if name.startswith("yolov5") else outputs == {7}


@pytest.mark.parametrize("name", [name for name in networks.NAMES if networks.multipliers(name)])
def test_a_wider_network_is_never_less_work(name):
    size = usual_size(name)
    built = [networks.build(name, size, width=factor) for factor in (0.5, 0.75, 1, 1.5, 2)]
    for counts in ([vision.params(layers) for layers in built], [vision.macs(layers) for layers in built]):
        assert counts == sorted(counts)


def test_named_networks_are_others_with_multipliers():
    def same(one, other):
        return vision.tensors(one) == vision.tensors(other)

    assert same(networks.build("wide_resnet50_2"), networks.build("resnet50", width=2))
    assert same(networks.build("efficientnet_b1", 224), networks.build("efficientnet_b0", depth=1.1))
    assert same(networks.build("yolov5n"), networks.build("yolov5s", width=0.5))
    assert same(networks.build("mnasnet1_3"), networks.build("mnasnet1_0", width=1.3))


def test_a_network_of_every_kind_of_layer_by_hand():
    network = vision.Network((9, 5), channels=2)
    network.convolve(4, 3, stride=2, padding=1)
    assert network.shape == (4, 5, 3)
    network.squeeze_excite(2)
    assert network.shape == (4, 5, 3)
    network.upsample(2)
    network.transpose_convolve(6, 3, stride=2, padding=1, output_padding=1, groups=2, bias=False)
    assert network.shape == (6, 20, 12)
    network.linear(5)
    network.scale_layer()
    network.convolve(8, 3, padding=2, dilation=2, groups=1, bias=False)
    assert network.shape == (8, 20, 12)
    network.attend(2)
    network.attend(4, window=7)
    network.normalise("layer normalisation")
    assert vision.params(network.layers) == (
        (4 * 2 * 9 + 4)
        + (2 * 4 + 2 + 4 * 2 + 4)
        + 4 * 3 * 9
        + (5 * 6 + 5)
        + 5
        + 8 * 5 * 9
        + 2 * (24 * 8 + 24 + 8 * 8 + 8)
        + 13 * 13 * 4
        + 16
    )
    positions, padded = 20 * 12, 21 * 14
    assert vision.macs(network.layers) == (
        4 * 2 * 9 * 15
        + 2 * 4 * 2
        + 4 * 3 * 9 * 60
        + 5 * 6 * positions
        + 8 * 5 * 9 * positions
        + 4 * 8 * 8 * (positions + padded)
    )
    assert vision.attention_macs(network.layers) == 2 * 8 * (positions**2 + padded * 49)


@given(channels=st.integers(1, 4000), factor=st.floats(0.1, 4))
def test_rounded_channels_are_multiples_and_lose_little(channels, factor):
    found = building_blocks.rounded(channels, factor)
    assert found % 8 == 0
    assert found >= 0.9 * channels * factor
    assert building_blocks.rounded_up(channels, factor) >= channels * factor - 1e-9


@pytest.mark.parametrize(
    ("act", "argument"),
    [
        (lambda: networks.build("vit_b_16", 230), "image_size"),
        (lambda: networks.build("yolov5s", (640, 500)), "image_size"),
        (lambda: networks.build("resnet50", (224, 224, 3)), "image_size"),
        (lambda: networks.build("resnet50", "224"), "image_size"),
        (lambda: networks.build("resnet50", classes=0), "classes"),
        (lambda: networks.build("resnet50", classes=2.5), "classes"),
        (lambda: networks.build("resnet50", width=0), "width"),
        (lambda: networks.build("resnet50", width=100), "width"),
        (lambda: networks.build("vgg16", width=0.5), "width"),
        (lambda: networks.build("resnet18", width=2), "width"),
        (lambda: networks.build("mobilenet_v2", depth=2), "depth"),
        (lambda: networks.build("efficientnet_b9"), "network"),
        (lambda: vision.Network(8).convolve(4, 1, groups=2), "groups"),
        (lambda: vision.Network(8).attend(2), "heads"),
        (lambda: vision.Network(8).join((3, 4, 4)), "image_size"),
        (lambda: vision.Network(1).transpose_convolve(3, 1, padding=1), "image_size"),
        (lambda: vision.Network(8).upsample(1.5), "scales"),
    ],
)
def test_nonsense_is_refused_by_name(act, argument):
    with pytest.raises(Refusal) as refused:
        act()
    assert refused.value.argument == argument
    assert "\n" not in str(refused.value)
