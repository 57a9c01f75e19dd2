"""Does it predict?"""

from ..answering import question
from ..checks import Refusal
from ..choosing import attentive_model, device_named
from ..formats import number
from ..messages import marked, message
from ..models.device import assumptions
from ..models.memory import fullest_stages, training_memory
from ..models.model import Model
from ..models.run import Run
from ..models.stacks import is_known, is_measured, resolve
from ..plans import ranges
from ..plans.step import predict
from ..results import GOOD, UNFIT, Results
from ..units import GIBI, TERA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OTHER = "other"

# What a step is made of: the name of the result, the part of the step, what it is called.
PARTS = (
    ("products", marked("matrix products"), "Matrix products"),
    ("experts", marked("experts"), "Products of experts"),
    ("attention", marked("attention"), "Attention"),
    ("element_wise", marked("element-wise"), "Norms, activations, casts"),
    ("recomputed", marked("recomputation"), "Recomputation"),
    ("tensor", marked("tensor-parallel exchange"), "Exchange of tensor parallelism"),
    ("ring", marked("context-parallel exchange"), "Exchange of context parallelism"),
    ("routing", marked("expert-parallel exchange"), "Exchange of expert parallelism"),
    ("sharded", marked("sharded parameters"), "Waiting for sharded parameters"),
    ("host", marked("host"), "Waiting for the host"),
    ("logits", marked("logits and uneven stages"), "Logits and uneven stages"),
    ("sends", marked("pipeline sends"), "Sends of the pipeline"),
    ("bubble", marked("pipeline bubble"), "Filling the pipeline"),
    ("gradients", marked("gradient exchange"), "Exchange of gradients"),
    ("optimiser", marked("optimiser"), "Optimiser"),
)


@question(
    model="model in data/models.csv",
    devices=(1, 516096),
    pipeline_stages=(1, 126),
    number_format=("fp32", "tf32", "fp16", "bf16", "fp8", "fp4"),
)
def does_it_predict(
    model: str = "Llama 3.1 405B",
    accelerator: str = "H100 SXM",
    stack: str = "llama-3",
    devices: int = 16384,
    batch: int = 2048,
    context: int = 8192,
    number_format: str = "bf16",
    tensor_parallel: int = 8,
    pipeline_stages: int = 16,
    model_chunks: int = 4,
    context_parallel: int = 1,
    expert_parallel: int = 1,
    microbatch: int = 1,
    recomputation: str = "none",
    zero_stage: int = 2,
    measured_seconds: float = 0.0,
) -> Results:
    """Time of a training step of one run, its range, memory and parts; and how far a measured time is from it.

    Models are those of the directory, mixtures of experts among them. The deepest has 126 layers, so that no pipeline
    has more stages; with the most devices that may share a layer and a sequence, that makes 516,096.

    Parameters
    ----------
    model : str
        Model.
    accelerator : str
        Device.
    stack : str
        Software that trains.
    devices : int
        Devices in all [device].
    batch : int
        Sequences of a step, on all devices [sample].
    context : int
        Tokens of a sequence [token].
    number_format : str
        Number format of the multiplications.
    tensor_parallel : int
        Devices that share each layer [device].
    pipeline_stages : int
        Stages of the pipeline [stage].
    model_chunks : int
        Chunks of layers of a stage, at most one a layer [1].
    context_parallel : int
        Devices that share each sequence [device].
    expert_parallel : int
        Devices that share the experts of a layer, if the model has experts [device].
    microbatch : int
        Sequences that a replica of the model works on at a time [sequence].
    recomputation : str
        Activations that are computed again.
    zero_stage : int
        Stage of ZeRO, 3 is FSDP [1].
    measured_seconds : float
        Time of a step that you measured, 0 if none [s].

    Returns
    -------
    Results
        By the names below, with their units.

    References
    ----------
    `llmcalc.plans.step`, with the constants of `data/step-constants.csv`. Llama 3 (arXiv:2407.21783), table 4, has
    6.45 s for the default.

    Examples
    --------
    >>> answer = does_it_predict()
    >>> answer["low_seconds"] < 6.45 < answer["high_seconds"], answer["badge"]
    (True, 'measured')
    """
    shape = attentive_model(model)
    cut = tensor_parallel * pipeline_stages * context_parallel
    _legal(shape, devices, tensor_parallel, cut, batch, microbatch)
    device, assumed = device_named(accelerator).with_usual_links()
    run = Run(
        shape,
        device,
        devices=devices,
        batch=batch,
        context=context,
        tensor_parallel=tensor_parallel,
        pipeline_stages=pipeline_stages,
        model_chunks=min(model_chunks, -(-shape.layers // pipeline_stages)),
        context_parallel=context_parallel,
        expert_parallel=expert_parallel,
        microbatch=microbatch,
        number_format=number_format,
        recomputation=recomputation,
        zero_stage=zero_stage,
    )
    software = None if stack == OTHER else stack
    step = predict(run, resolve(accelerator, number_format, software))
    known = is_known(accelerator, software)
    kind = ranges.kind(bool(shape.experts), known)
    low, high = ranges.interval(kind)
    memory = training_memory(run, stages=fullest_stages(run))["peak"]
    free = number(abs(device.memory - memory) / GIBI, 3)
    left = marked("yes, {size} GiB left") if memory <= device.memory else marked("no, {size} GiB short")
    return Results(
        step="The step",
        step_seconds=(step.seconds, "s", "Predicted time of a step"),
        low_seconds=(low * step.seconds, "s", "Low end of the range"),
        high_seconds=(high * step.seconds, "s", "High end of the range"),
        badge=(ranges.badge(known, is_measured(run, software)), "", "Founded on"),
        kind=(kind, "", "Range of its kind"),
        mfu=(100 * step.mfu, "%", "MFU, all scores counted"),
        device_tflops=(step.mfu * device.peak(number_format) / TERA, "TFLOP/s", "Rate of a device"),
        device_tokens=(batch * context / (step.seconds * devices), "token/s", "Tokens a second of a device"),
        assumed=(assumptions(assumed), "", "Assumed of the device"),
        measurement="Your measurement",
        **_measured(measured_seconds, step.seconds, low, high),
        memory="Memory of the fullest device",
        memory_gib=(memory / GIBI, "GiB", "Peak"),
        fits=(message(left, size=free), "", "Fits"),
        parts="Where the step's time goes",
        **{name: (100 * step.terms[part] / step.seconds, "%", label) for name, part, label in PARTS},
    ).tell(_told, shape.name or model, device.name or accelerator, devices, device.memory / GIBI, measured_seconds)


def _told(
    results: Results, model: str, device: str, devices: int, memory_gib: float, measured_seconds: float
) -> "tuple[str, str]":
    step, low, high = [number(results[end + "_seconds"], 3) for end in ("step", "low", "high")]
    given = {"model": model, "devices": number(devices), "device": device, "step": step}
    if results["memory_gib"] > memory_gib:
        return UNFIT, message(
            "A step of {model} on {devices} {device} would take {step} s, but it does not fit: the fullest device "
            "needs {needed} of {memory} GiB. What may help: more devices that share layers, states or sequences, or "
            "recomputation.",
            needed=number(results["memory_gib"], 3),
            memory=number(memory_gib, 3),
            **given,
        )
    given.update({"low": low, "high": high, "share": number(results["mfu"], 3), "measured": number(measured_seconds)})
    if not measured_seconds:
        return GOOD, message(
            "A step of {model} on {devices} {device} takes {step} s ({low} to {high} in four of five cases), at "
            "{share} % of the peak.",
            **given,
        )
    if results["within"] == "yes":
        return GOOD, message(
            "A step of {model} on {devices} {device} takes {step} s ({low} to {high} in four of five cases), at "
            "{share} % of the peak; the {measured} s that you measured are within that range.",
            **given,
        )
    return GOOD, message(
        "A step of {model} on {devices} {device} takes {step} s ({low} to {high} in four of five cases), at "
        "{share} % of the peak; the {measured} s that you measured are outside that range.",
        **given,
    )


def _legal(shape: Model, devices: int, tensor_parallel: int, cut: int, batch: int, microbatch: int) -> None:
    """Refuse a cut that no program runs."""
    heads = shape.heads
    if heads % tensor_parallel:
        raise Refusal(
            "tensor_parallel", tensor_parallel, message("a number that divides the {heads} heads", heads=heads)
        )
    if devices % cut:
        accepted = message("a multiple of {cut}: the devices that share a layer, stages and a sequence", cut=cut)
        raise Refusal("devices", devices, accepted)
    if batch < devices / cut * microbatch:
        fewest = number(devices / cut * microbatch)
        accepted = message("at least {fewest}: a microbatch for each replica", fewest=fewest)
        raise Refusal("batch", batch, accepted, unit="sequence")


def _measured(measured: float, predicted: float, low: float, high: float) -> "dict[str, tuple[Any, ...]]":
    if not measured:
        none = (None, "", "Measured against predicted", marked("not given"))
        return {"measured_difference": none, "within": (None, "", "Within the range", marked("not given"))}
    return {
        "measured_difference": (100 * (measured / predicted - 1), "%", "Measured against predicted"),
        "within": (marked("yes") if low <= measured / predicted <= high else marked("no"), "", "Within the range"),
    }
