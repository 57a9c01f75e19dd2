"""What `llmcalc model` tells of a model."""

from . import weights
from .numbers import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .model import Model


def describe(model: "Model", context: "int | None" = None) -> "dict[str, Any]":
    """Everything that follows from a model's shape, as a mapping of plain values.

    Parameters
    ----------
    model : Model
        The model.
    context : int, optional
        Tokens of a sequence for the FLOP; else the model's longest, at most 8,192.

    Returns
    -------
    dict
        `name`, `params` and `active_params` [parameter], `kv_bytes_per_token` at 16 bits a value and as if every
        window were unlimited [byte], `cache_bytes` of one sequence of the context [byte], `flop_per_token` [FLOP],
        `weights` by format [byte], and what was `assumed`.

    Examples
    --------
    >>> from llmcalc.models.model import Model
    >>> shape = {"layers": 32, "hidden_size": 4096, "heads": 32, "kv_heads": 8, "mlp_size": 14336}
    >>> told = describe(Model("Llama 3 8B", vocabulary_size=128256, **shape), 8192)
    >>> told["kv_bytes_per_token"], told["flop_per_token"]["training_masked"]
    (131072, 51470401536)
    """
    context = whole("context", min(model.context or 8192, 8192) if context is None else context)
    return {
        "name": model.name,
        "params": model.params,
        "active_params": model.active_params,
        "kv_bytes_per_token": model.kv_bytes_per_token(),
        "cache_bytes": model.cache_bytes(context),
        "flop_per_token": flop(model, context),
        "weights": {name: model.weight_bytes(name) for name in weights.names()},
        "assumed": model.assumed,
    }


def flop(model: "Model", context: int) -> "dict[str, float]":
    """FLOP of a token by what is counted: forward and training, with the causal mask and without."""
    told: dict[str, float] = {"context": context}
    for name, masked in (("masked", True), ("unmasked", False)):
        told["forward_" + name] = _exact(model.forward_flop_per_token(context, masked))
        told["training_" + name] = _exact(model.flop_per_token(context, masked))
        told["prompt_" + name] = _exact(model.prompt_flop(context, masked) / context)
    told["generated"] = _exact(model.decode_flop(context))
    return told


def _exact(number: float) -> float:
    return int(number) if number == int(number) else number
