"""The step's time of many cuts at once: a column for each number of a cut, a slice of the columns at a time.

The terms are those of `llmcalc.plans.step`, over arrays: `predict` of one cut gives the same number.
"""

from ..checks import Refusal
from ..messages import message
from ..models.numbers import take, whole
from ..models.run import Run
from .step import TrainingStep, predict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..checks import Numeric
    from ..models.device import Device
    from ..models.model import Model
    from ..models.step_constants import Constants

# Cuts that are worked out together: enough that calls cost little, few enough that arrays stay in a core's cache.
SLICE = 65536


def predict_cuts(
    model: "Model",
    device: "Device",
    constants: "Constants",
    cuts: "dict[str, Numeric]",
    slice_size: int = SLICE,
    **common: "Any",
) -> "TrainingStep":
    """Steps of many cuts of a model for a device.

    Parameters
    ----------
    model : Model
        What is trained.
    device : Device
        On what.
    constants : Constants
        Of the step's time.
    cuts : dict of array
        By the names of `Run`'s arguments, ``devices`` and ``batch`` among them, arrays with one element a cut; in
        ``recomputation`` the places of the words in `llmcalc.models.run.RECOMPUTATIONS`.
    slice_size : int
        Cuts that are worked out together [1].
    **common
        Further arguments of `Run`, the same for all cuts.

    Returns
    -------
    TrainingStep
        ``seconds`` [s], ``terms`` [s] and ``mfu`` [1] as arrays in the order of the cuts.

    Raises
    ------
    Refusal
        If an argument is out of range, or arrays differ in length.

    Examples
    --------
    >>> import numpy
    >>> from llmcalc import catalogue, known_models
    >>> from llmcalc.models.stacks import resolve
    >>> model, device = known_models.model("Llama 3 8B"), catalogue.device("H100 SXM")
    >>> constants = resolve(device.name, "bf16")
    >>> cuts = {"tensor_parallel": numpy.array([1, 2, 4]), "devices": numpy.array([64, 64, 64])}
    >>> steps = predict_cuts(model, device, constants, cuts, batch=256, number_format="bf16")
    >>> int(steps.seconds.argmin()), steps.seconds.shape
    (0, (3,))
    """
    whole("slice_size", slice_size)
    length = _length(cuts)
    found = []
    for start in range(0, length, slice_size):
        places = slice(start, start + slice_size)
        some = {name: take(cuts[name], places) for name in cuts}
        some.update(common)
        found.append(predict(Run(model, device, **some), constants))
    if len(found) == 1:
        return found[0]
    joined = found[0].seconds.__array_namespace__().concatenate

    def column(name: str) -> "Numeric":
        # A term that no column of the cuts decides is one number for all.
        parts = [step.terms[name] for step in found]
        return joined(parts) if getattr(parts[0], "ndim", 0) else parts[0]

    terms = {name: column(name) for name in found[0].terms}
    seconds, mfu = joined([step.seconds for step in found]), joined([step.mfu for step in found])
    return TrainingStep(terms, seconds, mfu)


def _length(cuts: "dict[str, Numeric]") -> int:
    """Elements of the columns."""
    length = 0
    for name in cuts:
        shape: Any = getattr(cuts[name], "shape", ())
        if len(shape) != 1 or not shape[0] or (length and shape[0] != length):
            if length:
                raise Refusal(name, cuts[name], message("an array of {length} numbers, one a cut", length=length))
            raise Refusal(name, cuts[name], "an array with a number for each cut")
        length = int(shape[0])
    if not length:
        raise Refusal("cuts", cuts, "at least one column of numbers")
    return length
