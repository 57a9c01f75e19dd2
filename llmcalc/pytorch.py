"""Networks written in PyTorch, read into the layers that `llmcalc.models.vision` counts.

A forward pass is traced operation by operation, whatever the network's code looks like, with tensors that have a shape
and no contents: nothing is computed, and no memory is needed beside the network's own. PyTorch is needed, which
``pip install 'llmcalc[torch]'`` brings.
"""

from contextlib import contextmanager
from typing import Any

from .checks import Refusal, single, whole
from .messages import message
from .models import networks

# By the name of the operation in PyTorch, without the underscore of those that work in place.
CONVOLUTION = "convolution"
PRODUCTS = {"addmm": (1, 2), "mm": (0, 1), "bmm": (0, 1), "baddbmm": (1, 2), "mv": (0, 1), "addmv": (1, 2)}
FUSED_ATTENTION = "scaled_dot_product"
UNKNOWN_WORK = ("rnn_layer", "_cudnn_rnn", "deform_conv2d")  # of which nothing is seen that could be counted
KINDS = {
    "native_batch_norm": "batch normalisation",
    "_native_batch_norm_legit_no_training": "batch normalisation",
    "_native_batch_norm_legit": "batch normalisation",
    "_batch_norm_no_update": "batch normalisation",
    "_batch_norm_with_update": "batch normalisation",
    "native_layer_norm": "layer normalisation",
    "native_group_norm": "group normalisation",
    "relu": "rectification",
    "hardtanh": "ReLU6",
    "silu": "SiLU",
    "gelu": "GELU",
    "hardswish": "hard swish",
    "hardsigmoid": "hard sigmoid",
    "sigmoid": "sigmoid",
    "tanh": "hyperbolic tangent",
    "leaky_relu": "leaky rectification",
    "elu": "ELU",
    "mish": "mish",
    "_prelu_kernel": "PReLU",
    "_softmax": "softmax",
    "max_pool2d_with_indices": "max pooling",
    "avg_pool2d": "average pooling",
    "_adaptive_avg_pool2d": "average pooling",
    "mean": "average pooling",
    "cat": "concatenation",
    "add": "addition",
    "mul": "multiplication",
}
UPSAMPLING = "upsample"


def layers(module: Any, input_shape: tuple[int, ...] = (3, 224, 224), inputs: tuple[Any, ...] = ()) -> list[Any]:
    """Layers of a module, as `llmcalc.models.vision.Network` describes them, and named as the module names its parts.

    The module stays as it is. A batch of one picture passes it as in inference.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    input_shape : tuple of int
        Channels, height and width of the picture, or any other shape of one input without its batch.
    inputs : tuple of torch.Tensor, optional
        What the module is called with, where it takes anything else: it is called with tensors of these shapes.

    Returns
    -------
    list of dict
        One an operation that has parameters or work, in the order in which they run.

    Raises
    ------
    Refusal
        If PyTorch is not installed, this is no module, it does not take such an input, or has layers that can't be
        counted.

    Examples
    --------
    >>> import pytest
    >>> torch = pytest.importorskip("torch")
    >>> from llmcalc.models import vision
    >>> vision.macs(layers(torch.nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)))
    118013952
    """
    torch = _torch()
    if not isinstance(module, torch.nn.Module):
        raise Refusal("module", module, "a torch.nn.Module")
    if not inputs:
        for side in input_shape:
            single(input_size=side)
            whole(input_size=side)
        inputs = (torch.empty((1, *input_shape)),)
    return _trace(torch, module, inputs)


def describe(module: Any, input_shape: tuple[int, ...] = (3, 224, 224), inputs: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Parameters, multiply-accumulates, FLOP and activations of a module, and a row for each of its layers.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    input_shape : tuple of int
        Channels, height and width of the picture, or any other shape of one input without its batch.
    inputs : tuple of torch.Tensor, optional
        What the module is called with, where it takes anything else.

    Returns
    -------
    dict
        As `llmcalc.models.networks.tell` gives it.

    Raises
    ------
    Refusal
        As `layers` does.

    Examples
    --------
    >>> import pytest
    >>> torch = pytest.importorskip("torch")
    >>> describe(torch.nn.Linear(400, 120), (400,))["params"]
    48120
    """
    return networks.tell(layers(module, input_shape, inputs))


def _torch() -> Any:
    try:
        import torch
    except ModuleNotFoundError:
        sentence = message(
            "{command} needs {package}: {how}",
            command="llmcalc.pytorch",
            package="torch",
            how="pip install 'llmcalc[torch]'",
        )
        raise Refusal("module", None, "a module, where torch is installed", reason=sentence) from None
    return torch


def _trace(torch: Any, module: Any, inputs: tuple[Any, ...]) -> list[Any]:
    state = dict(module.named_parameters()) | dict(module.named_buffers())
    shapes = {name: torch.empty_like(tensor, device="meta") for name, tensor in state.items()}
    given = tuple(torch.empty_like(value, device="meta") for value in inputs)
    recorder = _recorder(torch, {name: shapes[name] for name, _ in module.named_parameters()})
    with _as_in_inference(torch, module), _named(module, recorder), torch.device("meta"), recorder:
        try:
            torch.func.functional_call(module, shapes, given)
        except (RuntimeError, NotImplementedError, ValueError, TypeError, AssertionError) as error:
            if isinstance(error, Refusal):
                raise
            said = " ".join(str(error).split())[:200]
            shown = [tuple(value.shape) for value in inputs]
            sentence = message(
                "the module can't be traced with inputs of {shapes}: {reason}", shapes=shown, reason=said
            )
            raise Refusal("inputs", shown, "inputs that the module takes", reason=sentence) from None
    return recorder.found()  # type: ignore[no-any-return]


@contextmanager
def _as_in_inference(torch: Any, module: Any) -> Any:
    was = {part: part.training for part in module.modules()}
    fast = torch.backends.mha.get_fastpath_enabled()
    # Which runs a layer as one operation that can't be looked into.
    torch.backends.mha.set_fastpath_enabled(False)
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        for part, training in was.items():
            part.training = training


@contextmanager
def _named(module: Any, recorder: Any) -> Any:
    """Tell the recorder which part of the module runs."""
    hooks = []
    for name, part in module.named_modules():

        def enter(_: Any, __: Any, name: str = name) -> None:
            recorder.running.append(name)

        def leave(_: Any, __: Any, ___: Any) -> None:
            recorder.running.pop()

        hooks += [part.register_forward_pre_hook(enter), part.register_forward_hook(leave)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _recorder(torch: Any, parameters: dict[str, Any]) -> Any:
    """What sees every operation, down to those of which PyTorch composes others."""
    from torch.multiprocessing.reductions import StorageWeakRef
    from torch.utils._python_dispatch import TorchDispatchMode

    def place(tensor: Any) -> int:
        return int(StorageWeakRef(tensor.untyped_storage()).cdata)

    class Recorder(TorchDispatchMode):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.running: list[str] = []
            self.records: list[Any] = []
            self.names = {place(tensor): name for name, tensor in parameters.items()}
            self.unused = dict(parameters)
            # What is computed from weights alone is a weight, too. Places of what is gone would be given to others.
            self.weights = dict.fromkeys(self.names)
            self.kept: list[Any] = []

        def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = operation(*args, **(kwargs or {}))
            name = operation.name().partition("::")[2].partition(".")[0]
            given = [value for value in _flat(args) if isinstance(value, torch.Tensor)]
            made = [value for value in _flat((result,)) if isinstance(value, torch.Tensor)]
            if given and made:
                if all(place(value) in self.weights for value in given):
                    self.weights.update(dict.fromkeys(map(place, made)))
                    self.kept += made
                else:
                    self._record(name, args, given, made[0])
            return result

        def _record(self, name: str, args: Any, given: list[Any], made: Any) -> None:
            kind, macs, products = self._work(name, args, made)
            if not kind:
                return
            tensors = {}
            for value in given:
                parameter = self.names.get(place(value), "")
                if parameter in self.unused:
                    tensors[parameter.rpartition(".")[2]] = tuple(self.unused.pop(parameter).shape)
            source = next(value for value in given if place(value) not in self.weights)
            self.records.append(_layer(self._where(), kind, source.shape, made.shape, tensors, macs, products))

        def _work(self, name: str, args: Any, made: Any) -> tuple[str, int, int]:
            if name == CONVOLUTION:
                source, weight, transposed = args[0], args[1], args[6]
                grid = source if transposed else made
                macs = weight.numel() * grid.shape[0] * _product(grid.shape[2:])
                return ("transposed convolution" if transposed else "convolution"), macs, 0
            if name in PRODUCTS:
                first, second = (args[place] for place in PRODUCTS[name])
                work = made.numel() * first.shape[-1]
                if any(place(value) in self.weights for value in (first, second)):
                    return "fully connected", work, 0
                return "attention products", 0, work
            if FUSED_ATTENTION in name:
                query, key, value = args[:3]
                pairs = _product(query.shape[:-1]) * key.shape[-2]
                return "attention products", 0, pairs * (query.shape[-1] + value.shape[-1])
            if any(word in name for word in UNKNOWN_WORK):
                sentence = message(
                    "{module} can't be counted: there is no rule for its operation {name}",
                    module=self._where() or message("the module"),
                    name=name,
                )
                raise Refusal("module", name, "a module of operations that can be counted", reason=sentence)
            plain = name[:-1] if name.endswith("_") else name
            if plain in ("add", "mul") and not (len(args) > 1 and isinstance(args[1], torch.Tensor)):
                return "", 0, 0
            return KINDS.get(plain, "upsampling" if plain.startswith(UPSAMPLING) else ""), 0, 0

        def _where(self) -> str:
            return self.running[-1] if self.running else ""

        def found(self) -> list[Any]:
            """The records, and behind them the parameters that none of their operations takes."""
            rest = [
                _layer(name, "other parameters", tensor.shape, tensor.shape, {name.rpartition(".")[2]: tensor.shape})
                for name, tensor in self.unused.items()
            ]
            return self.records + rest

    return Recorder()


def _layer(
    name: str, kind: str, source: Any, made: Any, tensors: dict[str, Any], macs: int = 0, products: int = 0
) -> dict[str, Any]:
    output = _without_batch(made)
    return {
        "name": name,
        "kind": kind,
        "input": _without_batch(source),
        "output": output,
        "tensors": {tensor: tuple(shape) for tensor, shape in tensors.items()},
        "window": None,
        "macs": macs,
        "products": products,
        "terms": macs // (_product(output) or 1),
        "module": True,
        "auxiliary": False,
    }


def _without_batch(shape: Any) -> tuple[int, ...]:
    sides = tuple(shape)
    return sides[1:] if len(sides) > 1 and sides[0] == 1 else sides


def _flat(values: Any) -> Any:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        else:
            yield value


def _product(sides: Any) -> int:
    product = 1
    for side in sides:
        product *= int(side)
    return product
