"""The layer-level counter: torchvision's own counts, a network worked by hand, and properties of any network."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc.formulas import convolution
from llmcalc.models import counting_tools, networks, vision
from llmcalc.report import tables
from tests.grouped import together

# torchvision 0.13 and later publish these with their weights, as `num_params` and `_ops` (in 1e9, three decimals;
# called GFLOPS on its pages, in fact multiply-accumulates): github.com/pytorch/vision, torchvision/models/*.py.
TORCHVISION = {
    "alexnet": (61_100_840, 0.714),
    "vgg11": (132_863_336, 7.609),
    "vgg11_bn": (132_868_840, 7.609),
    "vgg13": (133_047_848, 11.308),
    "vgg13_bn": (133_053_736, 11.308),
    "vgg16": (138_357_544, 15.47),
    "vgg16_bn": (138_365_992, 15.47),
    "vgg19": (143_667_240, 19.632),
    "vgg19_bn": (143_678_248, 19.632),
    "resnet18": (11_689_512, 1.814),
    "resnet34": (21_797_672, 3.664),
    "resnet50": (25_557_032, 4.089),
    "resnet101": (44_549_160, 7.801),
    "resnet152": (60_192_808, 11.514),
    "wide_resnet101_2": (126_886_696, 22.753),
    "wide_resnet50_2": (68_883_240, 11.398),
    "resnext50_32x4d": (25_028_904, 4.23),
    "resnext101_32x8d": (88_791_336, 16.414),
    "densenet121": (7_978_856, 2.834),
    "densenet161": (28_681_000, 7.728),
    "densenet169": (14_149_480, 3.36),
    "densenet201": (20_013_928, 4.291),
    "squeezenet1_0": (1_248_424, 0.819),
    "squeezenet1_1": (1_235_496, 0.349),
    "mnasnet0_5": (2_218_512, 0.104),
    "mnasnet0_75": (3_170_208, 0.215),
    "mnasnet1_0": (4_383_312, 0.314),
    "mnasnet1_3": (6_282_256, 0.526),
    "mobilenet_v2": (3_504_872, 0.301),
    "shufflenet_v2_x0_5": (1_366_792, 0.04),
    "shufflenet_v2_x1_0": (2_278_604, 0.145),
    "shufflenet_v2_x1_5": (3_503_624, 0.296),
    "shufflenet_v2_x2_0": (7_393_996, 0.583),
    "inception_v3": (27_161_264, 5.713),
}
FIRST = list(TORCHVISION)  # of the printed table; tests/models/test_vision.py has the others
every_network = pytest.mark.parametrize("name", FIRST)


def outputs(layers, kind):
    return [layer["output"] for layer in layers if layer["kind"] == kind]


def test_the_networks_are_those_of_the_printed_table_in_its_order():
    assert list(tables.read("cnn-macs")["name"]) == FIRST
    assert set(FIRST) < set(networks.NAMES)


@together
@every_network
def test_parameters_are_torchvisions_to_the_last(name):
    assert vision.params(networks.build(name)) == TORCHVISION[name][0]


@together
@every_network
def test_multiply_accumulates_are_those_that_torchvision_publishes(name):
    # Its three decimals are cut off or rounded.
    assert vision.macs(networks.build(name)) / 1e9 == pytest.approx(TORCHVISION[name][1], abs=1.01e-3)


@together
@every_network
def test_the_printed_column_is_the_count_of_the_tool_to_both_decimals(name):
    printed = tables.read("cnn-macs", as_printed=True).set_index("name").loc[name]
    layers = networks.build(name, first_stem=True)
    assert f"{vision.params(layers) / 1e6:.2f}e6" == printed["params"]
    assert f"{counting_tools.opcounter_count(layers) / 1e9:.2f}e9" == printed["macs"]


def test_the_first_stem_is_needed_for_the_widths_that_it_changes_most():
    printed = tables.read("cnn-macs", as_printed=True).set_index("name")["macs"]
    scaled = {
        name: f"{counting_tools.opcounter_count(networks.build(name)) / 1e9:.2f}e9" == printed[name]
        for name in FIRST
        if name.startswith("mnasnet")
    }
    assert scaled == {"mnasnet0_5": False, "mnasnet0_75": True, "mnasnet1_0": True, "mnasnet1_3": False}


@pytest.mark.parametrize(
    ("name", "published"),
    [
        # He et al. 2016 (arXiv:1512.03385), table 1: "FLOPs" that are multiply-adds, in 1e9. ResNet-50 and deeper
        # took their strides in another layer there, and are 0.2 to 0.3 lower.
        ("resnet18", 1.8),
        ("resnet34", 3.6),
        # Sandler et al. 2018 (arXiv:1801.04381), table 4: 300 million multiply-adds.
        ("mobilenet_v2", 0.300),
        # Ma et al. 2018 (arXiv:1807.11164), table 8: 146 and 591 million.
        ("shufflenet_v2_x1_0", 0.146),
        ("shufflenet_v2_x2_0", 0.591),
    ],
)
def test_multiply_accumulates_are_near_those_of_the_papers(name, published):
    assert vision.macs(networks.build(name)) / 1e9 == pytest.approx(published, rel=0.02)


def test_lenet_by_hand():
    layers = networks.lenet()
    assert [layer["output"] for layer in layers[:7]] == [
        (6, 28, 28),
        (6, 28, 28),
        (6, 14, 14),
        (16, 10, 10),
        (16, 10, 10),
        (16, 5, 5),
        (400, 1, 1),
    ]
    weights = 6 * 25, 16 * 6 * 25, 120 * 400, 84 * 120, 10 * 84
    assert vision.params(layers) == sum(weights) + 6 + 16 + 120 + 84 + 10 == 61_706
    assert vision.macs(layers) == 150 * 28**2 + 2400 * 10**2 + sum(weights[2:]) == 416_520


def test_lenets_tensors_have_the_names_that_document_002_prints():
    assert " ".join(vision.tensors(networks.lenet())) == (
        "conv.0.weight conv.0.bias conv.3.weight conv.3.bias fc.1.weight fc.1.bias fc.3.weight fc.3.bias "
        "fc.5.weight fc.5.bias"
    )
    assert " ".join(vision.tensors(networks.lenet(sections=("moon",)))) == (
        "moon.0.weight moon.0.bias moon.3.weight moon.3.bias moon.7.weight moon.7.bias moon.9.weight moon.9.bias "
        "moon.11.weight moon.11.bias"
    )


def test_what_a_longer_lenet_takes_over_is_what_document_002_prints():
    moved = vision.transferable(networks.lenet(), networks.lenet(hidden=(120, 84, 64)))
    assert " ".join(moved) == (
        "conv.0.weight conv.0.bias conv.3.weight conv.3.bias fc.1.weight fc.1.bias fc.3.weight fc.3.bias"
    )


def test_a_network_gives_all_to_itself():
    assert vision.transferable(networks.lenet(), networks.lenet()) == list(vision.tensors(networks.lenet()))


@pytest.mark.parametrize(
    ("name", "grids"),
    [
        # (channels, side) after each pooling, of alexnet, and of the last concatenation of the others
        ("alexnet", [(64, 27), (192, 13), (256, 6)]),
        ("vgg16", [(64, 112), (128, 56), (256, 28), (512, 14), (512, 7)]),
        ("squeezenet1_0", [(96, 54), (256, 27), (512, 13)]),
        ("squeezenet1_1", [(64, 55), (128, 27), (256, 13)]),
    ],
)
def test_grids_after_pooling(name, grids):
    pooled = outputs(networks.build(name), "max pooling")
    assert [(channels, side) for channels, side, _ in pooled] == grids


def test_inceptions_blocks_have_the_shapes_of_its_paper():
    # Szegedy et al. 2015 (arXiv:1512.00567), table 1: 35 x 35 x 288, 17 x 17 x 768, 8 x 8 x 1280, 8 x 8 x 2048.
    blocks = set(outputs(networks.build("inception_v3"), "concatenation"))
    assert {(288, 35, 35), (768, 17, 17), (1280, 8, 8), (2048, 8, 8)} <= blocks


@together
@every_network
def test_a_network_ends_in_a_number_for_each_class(name):
    layers = networks.build(name)
    assert layers[-1]["output"] == (networks.CLASSES, 1, 1)
    assert math.prod(layers[-1]["output"]) == 1000


@together
@every_network
def test_work_is_one_mac_for_each_term_of_each_output(name):
    for layer in networks.build(name):
        if layer["macs"]:
            assert layer["macs"] == layer["terms"] * math.prod(layer["output"])


@together
@every_network
@pytest.mark.parametrize("image_size", [75, 97, 512])
def test_parameters_do_not_depend_on_the_picture_and_work_does(name, image_size):
    small, usual = networks.build(name, image_size), networks.build(name)
    assert vision.params(small) == vision.params(usual)
    assert vision.macs(small) != vision.macs(usual)


@given(name=st.sampled_from(FIRST), image_size=st.integers(75, 400), larger=st.integers(1, 100))
def test_a_larger_picture_is_never_less_work(name, image_size, larger):
    small, large = networks.build(name, image_size), networks.build(name, image_size + larger)
    assert vision.macs(small) <= vision.macs(large)
    assert counting_tools.opcounter_count(small) >= vision.macs(small)


@given(name=st.sampled_from(FIRST), batch=st.integers(1, 10**6))
def test_a_batch_is_as_much_work_as_its_pictures(name, batch):
    layers = networks.build(name)
    assert vision.macs(layers, batch) == batch * vision.macs(layers)


@together
@every_network
def test_kinds_add_up(name):
    layers = networks.build(name)
    kinds = vision.by_kind(layers).values()
    assert sum(kind["params"] for kind in kinds) == vision.params(layers)
    assert sum(kind["macs"] for kind in kinds) == vision.macs(layers)
    assert sum(kind["layers"] for kind in kinds) == len(layers)


def test_only_inception_does_more_in_training():
    for name in networks.NAMES:
        layers = networks.build(name)
        assert (vision.macs(layers, training=True) > vision.macs(layers)) == (name == "inception_v3")


def test_batch_normalisation_adds_to_the_tools_count_and_not_to_the_macs():
    plain, normalised = networks.build("vgg11"), networks.build("vgg11_bn")
    assert vision.macs(plain) == vision.macs(normalised)
    numbers = sum(math.prod(output) for output in outputs(normalised, "batch normalisation"))
    assert counting_tools.opcounter_count(normalised) - counting_tools.opcounter_count(plain) == 4 * numbers


def test_one_layer_of_each_kind():
    network = vision.Network(8, channels=4)
    network.convolve(6, (1, 3), padding=(0, 1), groups=2)
    network.normalise()
    network.relu()
    network.average_pool(2, 2)
    network.branch(lambda network: None, lambda network: network.convolve(2, 1, bias=False))
    network.residual(lambda network: network.convolve(8, 3, padding=1, bias=False))
    network.take(5)
    network.average_to(1, module=False)
    network.dense(10)
    assert [layer["macs"] for layer in network.layers if layer["macs"]] == [
        6 * 2 * 3 * 64,
        2 * 6 * 16,
        8 * 8 * 9 * 16,
        50,
    ]
    assert vision.params(network.layers) == 6 * 2 * 3 + 6 + 12 + 2 * 6 + 8 * 8 * 9 + 60
    assert counting_tools.opcounter_surplus(network.layers) == {
        "biases of convolutions": 6 * 64,
        "fully connected layers": 10 * 4,
        "batch normalisation": 4 * 6 * 64,
        "average pooling": 6 * 16 * 5,
    }


def test_groups_divide_weights_and_work():
    whole, grouped = vision.Network(14, 32), vision.Network(14, 32)
    whole.convolve(32, 3, padding=1, bias=False)
    grouped.convolve(32, 3, padding=1, bias=False, groups=32)
    assert vision.params(whole.layers) == 32 * vision.params(grouped.layers)
    assert vision.macs(whole.layers) == 32 * vision.macs(grouped.layers)


@pytest.mark.parametrize(
    ("act", "complaint"),
    [
        (lambda: networks.build("resnet51"), "network = 'resnet51' is not accepted: give one of alexnet, "),
        (lambda: networks.build("alexnet", 40), "image_size = .* does not fit into"),
        (lambda: networks.build("alexnet", -1), "image_size = -1"),
        (lambda: networks.build("alexnet", 224.5), "image_size = 224.5 .* is not accepted: give a whole number"),
        (lambda: vision.Network(8).residual(lambda network: network.convolve(4, 1)), "to which it is added"),
    ],
)
def test_nonsense_is_refused(act, complaint):
    with pytest.raises(ValueError, match=complaint):
        act()


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "expected"),
    [(5, 3, 1, 0, 3), (5, 3, 2, 1, 3), (6, 3, 2, 1, 3), (7, 3, 2, 1, 4), (224, 7, 2, 3, 112), (299, 3, 2, 0, 149)],
)
def test_positions_of_a_kernel_are_those_that_can_be_listed(size, kernel, stride, padding, expected):
    starts = [start for start in range(-padding, size + padding, stride) if start + kernel <= size + padding]
    assert convolution.convolution_output(size, kernel, stride, padding) == len(starts) == expected


def test_the_published_training_times_of_resnet50_hold_the_work_and_little_else():
    resnet50 = vision.macs(networks.build("resnet50"))
    peak = {"fp16": (312e12, 125e12), "tf32": (156e12,), "fp32": (15.7e12,)}
    for row in tables.read("cnn-macs-throughput").itertuples():
        hours = 90 * 1_281_167 / row.pictures_per_second / 3600
        assert 0.9 < hours / row.hours < 1  # the printed hours include validation
        assert convolution.epoch_flop(resnet50, row.pictures_per_second) < max(peak[row.number_format])
