"""What programs print that count the work of networks: each counts something else beside multiply-accumulates.

Every rule here is that of the program's source at the time that is named, so that printed numbers can be traced.
"""

from .vision import attention_macs, macs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .vision import Layer, Shape

NORMALISATIONS = ("batch normalisation", "layer normalisation", "group normalisation")
# What ptflops has a rule for; it has none for hard swish and sigmoids.
SIMPLE_ACTIVATIONS = ("rectification", "ReLU6", "GELU", "SiLU")
POOLING = ("max pooling", "average pooling")


def opcounter_surplus(layers: "list[Layer]") -> "dict[str, int]":
    """What the tool pytorch-OpCounter counted beyond multiply-accumulates in September 2019, by cause.

    Each bias of a convolution as one operation per output; the additions of a dense layer beside its
    multiplications; four operations per number in batch normalisation; in average pooling the window and one more
    per output, where it is an object of its own and not a function call.

    Examples
    --------
    >>> from llmcalc.models import networks
    >>> opcounter_surplus(networks.build("alexnet"))["fully connected layers"]  # inputs - 1 for each output
    58612760
    """
    surplus = {"biases of convolutions": 0, "fully connected layers": 0, "batch normalisation": 0, "average pooling": 0}
    for layer in layers:
        outputs = _numbers(layer["output"])
        if layer["auxiliary"] or not layer["module"]:
            continue
        if layer["kind"] == "convolution" and "bias" in layer["tensors"]:
            surplus["biases of convolutions"] += outputs
        elif layer["kind"] == "fully connected":
            surplus["fully connected layers"] += outputs * (layer["terms"] - 1)
        elif layer["kind"] == "batch normalisation":
            surplus["batch normalisation"] += 4 * outputs
        elif layer["kind"] == "average pooling":
            surplus["average pooling"] += outputs * (layer["terms"] + 1)
    return surplus


def opcounter_count(layers: "list[Layer]") -> int:
    """What pytorch-OpCounter printed as MACs in September 2019: multiply-accumulates and `opcounter_surplus`.

    Examples
    --------
    >>> from llmcalc.models import networks
    >>> round(opcounter_count(networks.build("resnet50")) / 1e9, 2)  # printed as 4.14
    4.14
    """
    return macs(layers) + sum(opcounter_surplus(layers).values())


def early_opcounter_count(layers: "list[Layer]") -> int:
    """What the same tool printed in spring 2019: rectification and max pooling, too.

    Of an object that runs several times only its last run counted, and of a pooling window one side. The tool added up
    in 32 bits, so that the last digits of what it printed are off: 4142713856 for ResNet-50
    (github.com/Lyken17/pytorch-OpCounter/issues/17).

    Examples
    --------
    >>> from llmcalc.models import networks
    >>> early_opcounter_count(networks.build("resnet50"))
    4142713880
    """
    count = opcounter_count(layers)
    for layer in layers:
        if layer["auxiliary"] or not layer["module"]:
            continue
        if layer["kind"] == "rectification":
            count += _numbers(layer["output"])
        elif layer["kind"] == "max pooling" and layer["window"]:
            count += layer["window"][0][0] * _numbers(layer["output"])
    return count


def thop_count(layers: "list[Layer]") -> int:
    """What the same tool prints today, as thop: multiply-accumulates of weights, normalisation and average pooling.

    The rules of thop 0.1 (github.com/Lyken17/pytorch-OpCounter, thop/vision/basic_hooks.py), which takes four
    operations for each number that is normalised. Attention has no rule.

    Examples
    --------
    >>> from llmcalc.models import networks
    >>> thop_count(networks.build("resnet50"))
    4133742592
    """
    surplus = 0
    for layer in layers:
        if layer["auxiliary"] or not layer["module"]:
            continue
        if layer["kind"] in NORMALISATIONS:
            surplus += 4 * _numbers(layer["output"])
        elif layer["kind"] == "average pooling":
            surplus += _numbers(layer["output"]) * (layer["terms"] + 1)
    return macs(layers) + surplus


def ptflops_count(layers: "list[Layer]") -> int:
    """What ptflops printed as MACs until 2022: biases, normalisation, activation and pooling count, too.

    The rules of ptflops 0.6 (github.com/sovrasov/flops-counter.pytorch, ptflops/pytorch_ops.py). Since then it also
    counts functions that a network calls, among them some that it has counted as objects.

    Examples
    --------
    >>> from llmcalc.models import networks
    >>> round(ptflops_count(networks.build("resnet50")) / 1e9, 2)
    4.12
    """
    surplus = 0
    for layer in layers:
        outputs = _numbers(layer["output"])
        if layer["auxiliary"]:
            continue
        if layer["kind"] == "convolution" and "bias" in layer["tensors"]:
            surplus += outputs
        elif layer["kind"] == "fully connected" and "bias" in layer["tensors"]:
            surplus += layer["output"][0]
        elif layer["kind"] in NORMALISATIONS:
            surplus += 2 * outputs
        elif layer["kind"] in POOLING:
            surplus += _numbers(layer["input"])
        elif layer["kind"] in SIMPLE_ACTIVATIONS or layer["kind"] == "upsampling":
            surplus += outputs
    return macs(layers) + attention_macs(layers) + surplus


def fvcore_count(layers: "list[Layer]") -> int:
    """What fvcore prints as FLOP, one for each multiply-accumulate; normalisation and pooling count.

    The rules of fvcore 0.1.5 (github.com/facebookresearch/fvcore, fvcore/nn/jit_handles.py) for a network that is not
    in training.

    Examples
    --------
    >>> from llmcalc.models import networks
    >>> round(fvcore_count(networks.build("vit_b_16")) / 1e9, 2)
    17.58
    """
    surplus = 0
    for layer in layers:
        if layer["auxiliary"]:
            continue
        if layer["kind"] == "batch normalisation":
            surplus += 2 * _numbers(layer["output"])
        elif layer["kind"] in NORMALISATIONS:
            surplus += 5 * _numbers(layer["output"])
        elif layer["kind"] == "average pooling" and layer["window"] is None:
            surplus += _numbers(layer["input"])
        elif layer["kind"] == "upsampling":
            surplus += _numbers(layer["output"])
    return macs(layers) + attention_macs(layers) + surplus


def _numbers(shape: "Shape") -> int:
    product = 1
    for side in shape:
        product *= side
    return product
