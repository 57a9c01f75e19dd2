"""Memory of whole models, and searches and look-ups for what fits."""

from ..checks import Refusal, single, whole
from ..formulas import memory
from ..models.memory import ANY_DEVICE, kept_by_layers
from ..models.model import Model
from ..models.run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeAlias

    Shape: TypeAlias = "Model | Mapping[str, Any]"


def parameter_kinds(shape: "Shape") -> "dict[str, float]":
    """Parameters of a model by the way in which quantisation treats them.

    Parameters
    ----------
    shape : Model or mapping
        A model, or a row of `data/transformer-shapes.csv`.

    Returns
    -------
    dict
        ``linear``: parameters of the matrices in the layers; ``other``: embeddings, output matrix, routers, norms and
        biases; ``channels``: outputs of all the matrices in the layers.

    Examples
    --------
    >>> from llmcalc.report.tables import read
    >>> shape = read("transformer-shapes").set_index("model").loc["LLaMA-7B"]
    >>> print(sum(parameter_kinds(shape)[kind] for kind in ("linear", "other")))
    6738415616
    """
    model = as_model(shape)
    linear: float = 0
    channels: float = 0
    for part in model.parts:
        for matrix in part.matrices(model.hidden_size):
            if matrix.group != "router":
                linear += part.layers * matrix.weights
                channels += part.layers * matrix.copies * matrix.outputs
    return {"linear": linear, "other": model.params - linear, "channels": channels}


def as_model(shape: "Shape") -> "Model":
    """A `Model` of a row of `data/transformer-shapes.csv`; a model as it is.

    Examples
    --------
    >>> from llmcalc.datasets import record
    >>> as_model(record("transformer-shapes", "model", "GPT-3")).layers
    96
    """
    return shape if isinstance(shape, Model) else Model.from_shape(dict(shape))


def serving_bytes(
    shape: "Shape",
    context: float,
    batch: float = 1,
    bytes_per_param: float = 2.0,
    scale_bytes: float = 0.0,
    bytes_per_value: float = 2.0,
) -> "dict[str, float]":
    """Memory for serving a model, by purpose [byte].

    Parameters
    ----------
    shape : Model or mapping
        See `parameter_kinds`.
    context, batch, bytes_per_value
        See `llmcalc.models.model.Model.cache_bytes`.
    bytes_per_param, scale_bytes
        Of the matrices in the layers, with a scale an output channel; see `llmcalc.memory.quantised_bytes`.

    Returns
    -------
    dict
        ``weights`` and ``KV cache``, with the states of layers that keep one.

    Examples
    --------
    >>> from llmcalc.report.tables import read
    >>> shape = read("transformer-shapes").set_index("model").loc["LLaMA-7B"]
    >>> parts = serving_bytes(shape, context=2048, bytes_per_param=0.5, scale_bytes=8.0)
    >>> " ".join(f"{part}: {value / 2**30:.1f}" for part, value in parts.items())
    'weights: 3.5 KV cache: 1.0'
    """
    model = as_model(shape)
    kinds = parameter_kinds(model)
    return {
        "weights": memory.quantised_bytes(
            kinds["linear"], kinds["other"], kinds["channels"], bytes_per_param, scale_bytes
        ),
        "KV cache": model.cache_bytes(context, batch, bytes_per_value),
    }


def training_bytes(
    shape: "Shape",
    context: float,
    batch: float = 1,
    stage: int = 0,
    devices: int = 1,
    recomputation: str = "none",
) -> "dict[str, float]":
    """Memory of each device for training a model in mixed precision with Adam, by purpose [byte].

    Layers of attention and one MLP are taken to keep as much as those of GPT. Of a mixture of experts, latent
    attention, and layers with a state, activations are counted from their own widths.

    Parameters
    ----------
    shape : Model or mapping
        See `parameter_kinds`.
    context, batch : float
        Tokens of a sequence, and sequences that a device holds at once (its microbatch).
    stage, devices : int
        Stage of ZeRO and data-parallel devices; see `zero_shards`.
    recomputation : str
        ``none``, ``selective`` or ``full``; see `llmcalc.memory.ACTIVATIONS`.

    Returns
    -------
    dict
        ``weights``, ``gradients``, ``optimiser state``, ``activations`` kept of all layers, and ``layer at work``,
        what is recomputed in the one layer whose backward pass is under way.

    Examples
    --------
    >>> from llmcalc.report.tables import read
    >>> shape = read("transformer-shapes").set_index("model").loc["LLaMA-7B"]
    >>> parts = training_bytes(shape, context=2048, recomputation="full")
    >>> " ".join(f"{part}: {value / 2**30:.1f}" for part, value in parts.items())
    'weights: 12.6 gradients: 12.6 optimiser state: 75.3 activations: 0.5 layer at work: 0.9'
    """
    model = as_model(shape)
    shards = zero_shards(stage, devices)
    if like_gpt(model):
        size = (model.hidden_size, model.heads, context, batch)
        kept, everything = (
            model.layers * memory.activation_bytes(1, *size, **memory.ACTIVATIONS[kind])
            for kind in (recomputation, "none")
        )
    else:
        kept, everything = (_kept(model, context, batch, kind) for kind in (recomputation, "none"))
    return {
        "weights": memory.weight_bytes(model.params, 2.0) / shards["weight_shards"],
        "gradients": memory.weight_bytes(model.params, 2.0) / shards["gradient_shards"],
        "optimiser state": memory.weight_bytes(model.params, 12.0) / shards["optimiser_shards"],
        "activations": kept,
        "layer at work": (everything - kept) / model.layers,
    }


def like_gpt(model: "Model") -> bool:
    """Whether all layers have attention to all tokens, with keys and values of their own, and an MLP.

    Examples
    --------
    >>> from llmcalc.choosing import model_named
    >>> like_gpt(model_named("Llama 3.1 8B")), like_gpt(model_named("Mixtral 8x7B"))
    (True, False)
    """
    return not model.experts and all(part.kind == "standard" for part in model.mixers)


def _kept(model: "Model", context: float, batch: float, recomputation: str) -> float:
    """What all layers keep of a batch, with dropout and without fused attention, as in Korthikanti's sum [byte]."""
    of_run: dict[str, Any] = {"recomputation": recomputation, "fused_attention": 0, "dropout": 1, "zero_stage": 0}
    run = Run(model, ANY_DEVICE, devices=1, batch=batch, microbatch=batch, context=context, **of_run)
    kept: float = kept_by_layers(run)
    return kept


def serving_parts(
    shape: "Shape",
    context: float,
    batch: float,
    overhead: float,
    bytes_per_param: float = 2.0,
    scale_bytes: float = 0.0,
    bytes_per_value: float = 2.0,
) -> "dict[str, Any]":
    """Memory for serving a model: what each batch needs, and what each of its sequences adds.

    Parameters
    ----------
    shape, context, batch, bytes_per_param, scale_bytes, bytes_per_value
        See `serving_bytes`.
    overhead : float
        Memory for the program and its work space [byte].

    Returns
    -------
    dict
        ``parts`` as `serving_bytes` returns them; ``bytes`` of all with the program [byte], of them ``fixed`` and
        for a ``sequence``.

    Examples
    --------
    >>> from llmcalc.datasets import record
    >>> parts = serving_parts(record("transformer-shapes", "model", "LLaMA-7B"), 2048, 4, 2**30)
    >>> parts["sequence"] / 2**30
    1.0
    """
    single(batch=batch, overhead=overhead)
    parts = serving_bytes(shape, context, batch, bytes_per_param, scale_bytes, bytes_per_value)
    return _parts(parts, ("weights",), batch, overhead)


def training_parts(
    shape: "Shape",
    context: float,
    batch: float,
    overhead: float,
    stage: int = 0,
    devices: int = 1,
    recomputation: str = "none",
) -> "dict[str, Any]":
    """Memory of each device for training a model: what each batch needs, and what each of its sequences adds.

    Parameters
    ----------
    shape, context, batch, stage, devices, recomputation
        See `training_bytes`.
    overhead : float
        Memory for the program and its work space [byte].

    Returns
    -------
    dict
        See `serving_parts`.

    Examples
    --------
    >>> from llmcalc.datasets import record
    >>> parts = training_parts(record("transformer-shapes", "model", "LLaMA-7B"), 2048, 1, 0, recomputation="full")
    >>> round(parts["fixed"] / 2**30, 1)
    100.4
    """
    single(batch=batch, overhead=overhead)
    parts = training_bytes(shape, context, batch, stage, devices, recomputation)
    return _parts(parts, ("weights", "gradients", "optimiser state"), batch, overhead)


def _parts(parts: "dict[str, float]", kept: "Sequence[str]", batch: float, overhead: float) -> "dict[str, Any]":
    fixed = sum(parts[name] for name in kept) + overhead
    of_batch = sum(value for name, value in parts.items() if name not in kept)
    return {
        "parts": parts,
        "bytes": sum(parts.values()) + overhead,
        "fixed": fixed,
        "sequence": of_batch / batch,
    }


def batch_that_fits(device_memory: float, fixed_bytes: float, sequence_bytes: float, batch_step: float = 1) -> float:
    """Largest batch that fits: a multiple of the step, or if none fits, any number.

    Parameters
    ----------
    device_memory, fixed_bytes, sequence_bytes, batch_step
        See `llmcalc.memory.largest_batch`; here the fixed part may exceed the memory.

    Returns
    -------
    float
        Sequences, 0 if not even one fits.

    Examples
    --------
    >>> batch_that_fits(40.0, 10.0, 1.0, batch_step=16), batch_that_fits(20.0, 10.0, 1.0, batch_step=16)
    (16.0, 10.0)
    """
    if fixed_bytes >= device_memory:
        return 0.0
    multiple: float = memory.largest_batch(device_memory, fixed_bytes, sequence_bytes, batch_step)
    return multiple or float(memory.largest_batch(device_memory, fixed_bytes, sequence_bytes))


def largest_batch_by_bisection(fits: "Callable[[int], bool]", batch_step: int = 1) -> "tuple[int, int]":
    """Largest batch that fits, found by trying.

    Doubles the batch until it no longer fits, then halves the gap between the last batch that did and the
    first that did not. Assumes that whatever is smaller than a batch that fits, fits as well.

    Parameters
    ----------
    fits : function
        Takes a batch and says whether it fits; on a real device, one trial run.
    batch_step : int
        Number of which the batch shall be a multiple.

    Returns
    -------
    batch : int
        The largest multiple that fits, 0 if none does.
    trials : int
        Calls of `fits`.

    Examples
    --------
    >>> largest_batch_by_bisection(lambda batch: batch <= 100, batch_step=16)
    (96, 6)
    """
    single(batch_step=batch_step)
    whole(batch_step=batch_step)
    trials = 1
    low, high = 0, batch_step
    while fits(high):
        low, high = high, 2 * high
        trials += 1
    while high - low > batch_step:
        middle = low + (high - low) // (2 * batch_step) * batch_step
        low, high = (middle, high) if fits(middle) else (low, middle)
        trials += 1
    return low, trials


def smallest_size(sizes: "Iterable[float]", need: float) -> "float | None":
    """Smallest of the sizes on offer that is not below the need, or None.

    Parameters
    ----------
    sizes : iterable of float
        Sizes on offer.
    need : float
        Size needed, in the same unit.

    Examples
    --------
    >>> smallest_size([24, 8, 12], 9.1)
    12
    """
    single(need=need)
    return min((size for size in sizes if size >= need), default=None)


def zero_shards(stage: int, devices: float) -> "dict[str, float]":
    """Devices that share one copy of each part of the training state, by stage of ZeRO.

    Stage 1 shares the optimiser state, stage 2 the gradients as well, stage 3 the weights too
    (Rajbhandari et al. 2020, arXiv:1910.02054, section 5).

    Parameters
    ----------
    stage : int
        Stage, 0 (nothing shared) to 3.
    devices : int
        Data-parallel devices.

    Returns
    -------
    dict
        Arguments of `llmcalc.memory.training_state_bytes`.

    Raises
    ------
    ValueError
        If there is no such stage.

    Examples
    --------
    >>> zero_shards(2, 64)
    {'weight_shards': 1, 'gradient_shards': 64, 'optimiser_shards': 64}
    """
    single(zero_stage=stage)
    if stage not in (0, 1, 2, 3):
        raise Refusal("zero_stage", stage, "0, 1, 2 or 3")
    single(devices=devices)
    parts = ("weight_shards", "gradient_shards", "optimiser_shards")
    return {part: devices if stage >= needed else 1 for part, needed in zip(parts, (3, 2, 1))}  # noqa: B905 - MicroPython's zip knows no `strict`
