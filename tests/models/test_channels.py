"""Networks of a width: channels grow in proportion where they are whole numbers of the steps they are rounded to."""

import pytest

from llmcalc.models import networks

# Families whose published channels are all multiples of 8, with layers whose channels papers fix at any width above 1.
WIDE = {
    "mobilenet_v1": (),
    "mobilenet_v2": (),
    "mobilenet_v3_large": (),
    "mobilenet_v3_small": (),
    "mnasnet1_0": (1280,),
    "efficientnet_b0": (),
}
TIMES = 8


def channels(name, width):
    """Outputs of all convolutions of pictures and of hidden dense layers, in order."""
    layers = networks.build(name, 224, classes=1000, width=width)
    found = [layer["output"] for layer in layers if layer["kind"] in ("convolution", "fully connected")]
    # Gates look at means, and are a quarter of what is already rounded.
    return [shape[0] for shape in found if shape[1:] != (1, 1)][:-1]


@pytest.mark.parametrize("name", WIDE)
def test_eight_times_the_width_is_eight_times_the_channels(name):
    narrow, wide = channels(name, 1), channels(name, TIMES)
    assert len(narrow) > 20
    assert wide == [each if each in WIDE[name] else TIMES * each for each in narrow]


def test_the_first_stem_of_mnasnet_keeps_its_channels_at_any_width():
    # pytorch/vision, torchvision/models/mnasnet.py, before version 2 of its weights.
    for width in (0.5, 1, 2):
        layers = networks.build("mnasnet1_0", width=width, first_stem=True)
        assert [layer["output"][0] for layer in layers if layer["kind"] == "convolution"][:3] == [32, 32, 16]


@pytest.mark.parametrize(("name", "hidden"), [("mobilenet_v3_large", 1280), ("mobilenet_v3_small", 1024)])
def test_the_last_hidden_layer_of_mobilenet_v3_grows_and_never_shrinks(name, hidden):
    for width, expected in ((0.35, hidden), (1, hidden), (1.25, hidden * 5 // 4)):
        dense = [layer for layer in networks.build(name, width=width) if layer["kind"] == "fully connected"]
        assert [layer["output"][0] for layer in dense] == [expected, 1000]
