"""A dense model of which only the size is known."""

from math import log

from ..checks import Refusal
from ..messages import message
from .model import Model
from .numbers import size

# Layers and widths of Llama 3.2 1B and 3B and Llama 3.1 8B, 70B and 405B by their parameters: the config.json of each
# (huggingface.co/meta-llama), and arXiv:2407.21783, table 3. Between them sizes lie on a line of logarithms.
FAMILY = (
    (1.24e9, 16, 2048),
    (3.21e9, 28, 3072),
    (8.03e9, 32, 4096),
    (70.55e9, 80, 8192),
    (405.85e9, 126, 16384),
)
HEAD_SIZE, KV_HEADS, VOCABULARY, CONTEXT = 128, 8, 128256, 8192  # as in Llama 3
WIDTH_STEP = 1024  # widths that eight devices share evenly, heads and all
LAYER_STEP = 4
LEAST_MLP = 1  # times the width of the layers
SMALLEST, LARGEST = 0.5e9, 1e13


def sized(params: float) -> "Model":
    """A dense model of a size, in the proportions of Llama 3.

    Parameters
    ----------
    params : float
        Parameters in all [parameter].

    Returns
    -------
    Model
        With as many parameters to within 0.5 %; ``assumed`` says what it is made of.

    Raises
    ------
    Refusal
        If the size is out of range.

    Examples
    --------
    >>> model = sized(100e9)
    >>> model.name, model.layers, model.hidden_size, round(model.params / 1e9)
    ('a dense model of 100B', 88, 9216, 100)
    """
    params = size("params", params, SMALLEST, LARGEST)
    layers, width = _proportions(params)
    mlp = _mlp_size(params, layers, width)
    if mlp < LEAST_MLP * width:  # small models have most of their parameters in the tables of a large vocabulary
        width = max(WIDTH_STEP, width - WIDTH_STEP)
        mlp = _mlp_size(params, layers, width)
    heads = width // HEAD_SIZE
    shape = {
        "name": message("a dense model of {size}", size=_written(params)),
        "layers": layers,
        "hidden_size": width,
        "heads": heads,
        "kv_heads": min(KV_HEADS, heads),
        "mlp_size": mlp,
        "mlp_matrices": 3,
        "vocabulary_size": VOCABULARY,
        "embedding_tables": 2,
        "layer_vectors": 2,
        "final_vectors": 1,
        "context": CONTEXT,
    }
    model = Model.from_shape(shape)
    model.assumed.append(
        message(
            "a dense model in the proportions of {model}: {layers} layers of width {width}",
            model="Llama 3",
            layers=layers,
            width=width,
        )
    )
    return model


def _mlp_size(params: float, layers: int, width: int) -> int:
    """Width of the layers' MLPs that makes up the rest of the parameters."""
    attention = 2 * width * width + 2 * width * KV_HEADS * HEAD_SIZE
    rest = params - 2 * VOCABULARY * width - layers * (attention + 2 * width)
    return int(rest / (3 * width * layers) / 64 + 0.5) * 64


def _proportions(params: float) -> "tuple[int, int]":
    """Layers and width on the line between the two members of the family that are next to a size."""
    place = 0
    while place < len(FAMILY) - 2 and params > FAMILY[place + 1][0]:
        place += 1
    (small, layers, width), (large, more_layers, wider) = FAMILY[place], FAMILY[place + 1]
    share = log(params / small) / log(large / small)
    found_layers, found_width = layers * (more_layers / layers) ** share, width * (wider / width) ** share
    return (
        int(found_layers / LAYER_STEP + 0.5) * LAYER_STEP,
        int(found_width / WIDTH_STEP + 0.5) * WIDTH_STEP,
    )


def _written(params: float) -> str:
    return f"{params / 1e12:g}T" if params >= 1e12 else f"{params / 1e9:.4g}B"


def size_of(text: str) -> "float | None":
    """The size that a text such as ``100B`` or ``1.5T`` means, or None if it is none.

    Examples
    --------
    >>> size_of("100B"), size_of("0.6 billion"), size_of("GPT-2"), size_of("100")
    (100000000000.0, 600000000.0, None, None)
    """
    from ..quantities import measure

    bare = text.strip()
    if not bare[:1].isdigit() or bare[-1:] not in ("B", "T", "n"):
        return None
    try:
        return measure(bare, "parameter")
    except Refusal:
        return None
