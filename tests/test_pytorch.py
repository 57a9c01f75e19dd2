"""Modules of PyTorch, read operation by operation: by `make torch`. Without PyTorch only the refusal is tested."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from llmcalc import pytorch
from llmcalc.checks import Refusal
from llmcalc.models import networks, vision

ROOT = Path(__file__).parent.parent


def test_without_pytorch_one_line_says_what_to_install():
    program = (
        "import sys; sys.modules['torch'] = None\nfrom llmcalc import pytorch\n"
        "try: pytorch.layers(None)\nexcept ValueError as refusal: print(refusal)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout == "llmcalc.pytorch needs torch: pip install 'llmcalc[torch]'\n"


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def nn(torch):
    return torch.nn


def test_a_small_network_is_that_of_the_counter(nn):
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1, groups=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=4),
        nn.MaxPool2d(2),
        nn.ConvTranspose2d(8, 6, 3, stride=2, padding=1, output_padding=1, groups=2),
        nn.Upsample(scale_factor=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 10),
    )
    network = vision.Network((33, 21))
    network.convolve(8, 3, stride=2, padding=1, bias=False)
    network.normalise()
    network.relu()
    network.convolve(8, 3, padding=2, dilation=2, groups=4)
    network.max_pool(2, 2)
    network.transpose_convolve(6, 3, stride=2, padding=1, output_padding=1, groups=2)
    network.upsample(2)
    network.average_to(1)
    network.dense(10)
    read = pytorch.layers(module, (3, 33, 21))
    assert [layer["kind"] for layer in read] == [layer["kind"] for layer in network.layers]
    assert [layer["macs"] for layer in read] == [layer["macs"] for layer in network.layers]
    assert [layer["output"] for layer in read][:-2] == [layer["output"] for layer in network.layers][:-2]
    assert [layer["name"] for layer in read] == [str(place) for place in (0, 1, 2, 3, 4, 5, 6, 7, 9)]
    assert vision.params(read) == vision.params(network.layers) == sum(p.numel() for p in module.parameters())
    assert vision.activations(read) == vision.activations(network.layers)


def test_a_transformer_of_pytorchs_own_parts(torch, nn):
    width, heads, tokens = 32, 4, 50

    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches = nn.Conv2d(3, width, 4, stride=4)
            self.token = nn.Parameter(torch.zeros(1, 1, width))
            self.positions = nn.Parameter(torch.zeros(1, tokens, width))
            self.block = nn.TransformerEncoderLayer(
                width, heads, 4 * width, activation="gelu", batch_first=True, norm_first=True
            )
            self.norm = nn.LayerNorm(width)
            self.head = nn.Linear(width, 5)

        def forward(self, picture):
            grid = self.patches(picture).flatten(2).transpose(1, 2)
            sequence = torch.cat([self.token.expand(len(grid), -1, -1), grid], 1) + self.positions
            return self.head(self.norm(self.block(sequence))[:, 0])

    network = vision.Network(28)
    network.embed_patches(width, 4)
    network.normalise("layer normalisation")
    network.attend(heads)
    network.normalise("layer normalisation")
    network.linear(4 * width)
    network.linear(width)
    network.normalise("layer normalisation")
    network.take_token()
    network.dense(5)
    told = pytorch.describe(Classifier(), (3, 28, 28))
    for quantity in ("params", "macs", "attention_macs", "flop", "activations"):
        assert told[quantity] == networks.tell(network.layers)[quantity], quantity


def test_u_net_is_the_counters(torch, nn):
    def twice(inputs, outputs):
        units = [(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())]
        units += [(nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())]
        return nn.Sequential(*(layer for unit in units for layer in unit))

    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.down = nn.ModuleList([twice(3, 64), twice(64, 128), twice(128, 256), twice(256, 512)])
            self.middle = twice(512, 1024)
            self.grow = nn.ModuleList([nn.ConvTranspose2d(2 * c, c, 2, stride=2) for c in (512, 256, 128, 64)])
            self.up = nn.ModuleList([twice(2 * c, c) for c in (512, 256, 128, 64)])
            self.head = nn.Conv2d(64, 2, 1)

        def forward(self, picture):
            kept = []
            for block in self.down:
                picture = block(picture)
                kept.append(picture)
                picture = nn.functional.max_pool2d(picture, 2)
            picture = self.middle(picture)
            for grow, block in zip(self.grow, self.up, strict=True):
                picture = block(torch.cat([kept.pop(), grow(picture)], 1))
            return self.head(picture)

    with torch.device("meta"):
        module = UNet()
    told, built = pytorch.describe(module, (3, 64, 96)), networks.describe("unet", (64, 96))
    assert told["params"] == built["params"] == 31_037_698
    assert [told[q] for q in ("macs", "flop", "activations")] == [built[q] for q in ("macs", "flop", "activations")]


def test_work_counts_that_is_done_by_functions(torch, nn):
    class Bare(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(16, 8))
            self.unused = nn.Parameter(torch.zeros(7))

        def forward(self, rows):
            made = rows @ (2 * self.weight).T
            return torch.einsum("bij,bkj->bik", made, made)

    read = pytorch.layers(Bare(), (5, 8))
    assert [
        (layer["kind"], layer["macs"], layer["products"]) for layer in read if layer["macs"] or layer["products"]
    ] == [
        ("fully connected", 5 * 8 * 16, 0),
        ("attention products", 0, 5 * 5 * 16),
    ]
    assert vision.params(read) == 16 * 8 + 7


def test_parameters_that_are_shared_count_once(torch, nn):
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(6, 6, bias=False)
            self.second = nn.Linear(6, 6, bias=False)
            self.second.weight = self.first.weight

        def forward(self, numbers):
            return self.second(self.first(numbers))

    read = pytorch.layers(Tied(), (6,))
    assert vision.params(read) == 36
    assert vision.macs(read) == 72


def test_several_inputs_and_the_module_stays_as_it_is(torch, nn):
    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 3)
            self.drop = nn.Dropout()

        def forward(self, one, other):
            return self.drop(self.layer(one)) + other

    module = Sum().train()
    before = module.layer.weight.clone()
    read = pytorch.layers(module, inputs=(torch.ones(2, 4), torch.ones(2, 3)))
    assert vision.macs(read) == 2 * 12
    assert module.training
    assert module.drop.training
    assert torch.equal(module.layer.weight, before)
    assert not module._forward_hooks
    assert not module.layer._forward_pre_hooks


@pytest.mark.parametrize(
    ("make", "shape", "argument"),
    [
        (lambda nn: 3, (3, 8, 8), "module"),
        (lambda nn: nn.Conv2d(3, 4, 3), (4, 8, 8), "inputs"),
        (lambda nn: nn.Conv2d(3, 4, 9), (3, 8, 8), "inputs"),
        (lambda nn: nn.Linear(4, 4), (-4,), "input_size"),
        (lambda nn: nn.Linear(4, 4), (4.5,), "input_size"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(nn, make, shape, argument):
    with pytest.raises(Refusal) as refused:
        pytorch.layers(make(nn), shape)
    assert refused.value.argument == argument
    assert "\n" not in str(refused.value)


def test_recurrent_layers_count_step_by_step(nn):
    assert vision.macs(pytorch.layers(nn.LSTM(4, 6), (3, 4))) == 3 * (4 * 24 + 6 * 24)


def test_an_operation_that_cannot_be_counted_is_refused_with_its_name(torch, nn):
    library = torch.library.Library("llmcalc_tests", "DEF")
    library.define("deform_conv2d(Tensor picture) -> Tensor")
    library.impl("deform_conv2d", torch.clone, "Meta")

    class Deforms(nn.Module):
        def forward(self, picture):
            return torch.ops.llmcalc_tests.deform_conv2d(picture)

    with pytest.raises(Refusal, match="1 can't be counted: there is no rule for its operation deform_conv2d"):
        pytorch.layers(nn.Sequential(nn.ReLU(), Deforms()), (3, 8, 8))


@pytest.fixture(scope="session")
def models():
    """Networks of torchvision, whose compiled part does not load beside another PyTorch's: these need none of it."""
    torch = pytest.importorskip("torch")
    try:
        import torchvision.models
    except RuntimeError:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):  # without which its import fails
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision.models
    except ImportError:
        pytest.skip("torchvision is not installed")
    return torchvision.models


NAMED = ("resnet18", "resnet50", "mobilenet_v3_small", "efficientnet_b0", "vit_b_32", "swin_t", "convnext_tiny")


@pytest.mark.parametrize("name", NAMED)
def test_torchvisions_own_networks_are_the_counters(models, name):
    told, built = pytorch.describe(models.get_model(name)), networks.describe(name)
    for quantity in ("params", "macs", "attention_macs", "flop", "activations"):
        assert told[quantity] == built[quantity], quantity


@pytest.mark.usefixtures("models")
def test_what_the_chapter_shows_runs():
    chapter = (ROOT / "notebooks" / "cnn-macs.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"^```python\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    names = {}
    exec(shown, names)
    assert names["told"]["macs"] == networks.describe("resnet50", (256, 192))["macs"]
