"""How many FLOP does a transformer take?"""

from .. import datasets
from ..answering import question
from ..formats import number, number_of
from ..formulas import training, transformer
from ..messages import message, plural
from ..plans import guards
from ..results import GOOD, UNFIT, Results
from ..units import GIGA


@question(hidden_size=(64, 100000), mlp_size=(64, 1000000), vocabulary_size=(256, 10000000))
def transformer_flops(
    layers: int = 40,
    hidden_size: int = 5120,
    heads: int = 40,
    kv_heads: int = 40,
    mlp_size: int = 13824,
    mlp_matrices: int = 3,
    vocabulary_size: int = 32000,
    embedding_tables: int = 2,
    learned_positions: int = 0,
    layer_vectors: int = 2,
    context: int = 2048,
    batch: int = 2048,
    accelerator: str = "A100 SXM 80GB",
    number_format: str = "bf16",
    devices: int = 1024,
    iteration_seconds: float = 2.0,
) -> Results:
    """Parameters of a dense transformer, and the work of training it, matrix product by matrix product.

    Sizes start where models do: with less, the leading terms that the chapter compares lose their sense.

    Parameters
    ----------
    layers : int
        Layers [layer].
    hidden_size : int
        Numbers that stand for a token between layers [1].
    heads : int
        Query heads of a layer [head].
    kv_heads : int
        Key and value heads, as many as query heads or a divisor of them [head].
    mlp_size : int
        Numbers that stand for a token inside the MLP [1].
    mlp_matrices : int
        Matrices of the MLP, 3 if it is gated [matrix].
    vocabulary_size : int
        Different tokens [token].
    embedding_tables : int
        Tables of embeddings, 1 if the logits share one, else 2 [table].
    learned_positions : int
        Rows of a table of positions, 0 if there is none [row].
    layer_vectors : int
        Biases and norms of a layer, of hidden size, GPT has 13 [vector].
    context : int
        Tokens of a sequence [token].
    batch : int
        Sequences of an iteration [sample].
    accelerator : str
        Device.
    number_format : str
        Number format.
    devices : int
        Devices that train [device].
    iteration_seconds : float
        Time of an iteration [s].

    Returns
    -------
    Results
        By the names below, with their units.

    References
    ----------
    Document 003, lines 86 to 146.

    Examples
    --------
    >>> round(transformer_flops()["params"] / 1e9, 2)
    13.02
    """
    guards.heads(hidden_size, heads, kv_heads)
    layer = (hidden_size, heads, kv_heads, mlp_size, mlp_matrices)
    tokens = batch * context
    peak_flops = datasets.peak_flops(accelerator, number_format)
    params = transformer.transformer_params(
        layers, *layer, vocabulary_size, embedding_tables, learned_positions, layer_vectors
    )
    forward = transformer.forward_flop(batch, context, layers, *layer, vocabulary_size)
    scores = layers * transformer.score_flop(batch, context, hidden_size)
    logits = transformer.logits_flop(batch, context, hidden_size, vocabulary_size)
    flop = transformer.iteration_flop(batch, context, layers, *layer, vocabulary_size)
    recomputed = transformer.iteration_flop(batch, context, layers, *layer, vocabulary_size, recomputed_layers=layers)
    six_nd = training.train_flop(params, tokens)
    mfu = training.implied_mfu(flop, iteration_seconds, devices, peak_flops)
    hfu = training.implied_mfu(recomputed, iteration_seconds, devices, peak_flops)

    return Results(
        params=(params, "parameter", "Parameters"),
        forward_gflop=(forward / tokens / GIGA, "GFLOP", "Forward, a token"),
        training_gflop=(flop / tokens / GIGA, "GFLOP", "Training, a token"),
        scores_percent=(100 * scores / forward, "%", "Share of attention's scores"),
        logits_percent=(100 * logits / forward, "%", "Share of the logits"),
        six_nd_percent=(100 * (flop / six_nd - 1), "%", "Difference from six FLOP per parameter and token"),
        mfu_percent=(100 * mfu, "%", "Model FLOPs utilisation at the given iteration time"),
        hfu_percent=(100 * hfu, "%", "Hardware FLOPs utilisation, if all layers are recomputed"),
    ).tell(_told, devices, accelerator, iteration_seconds)


def _told(results: Results, devices: int, accelerator: str, iteration_seconds: float) -> "tuple[str, str]":
    differing = results["six_nd_percent"]
    given = {
        "params": number_of(results["params"], "parameter", 4, in_word=True),
        "work": number(results["training_gflop"], 3),
        "difference": number(abs(differing), 2),
    }
    if differing < 0:
        work = message(
            "A model of this shape has {params} and takes {work} GFLOP a token to train, {difference} % less than six "
            "FLOP per parameter and token",
            **given,
        )
    else:
        work = message(
            "A model of this shape has {params} and takes {work} GFLOP a token to train, {difference} % more than six "
            "FLOP per parameter and token",
            **given,
        )
    given = {
        "work": work,
        "seconds": number(iteration_seconds),
        "devices": number(devices),
        "device": datasets.title(accelerator),
        "share": number(results["mfu_percent"], 3),
    }
    if results["mfu_percent"] > 100:
        return UNFIT, message(
            "{work}. An iteration can't take {seconds} s on {devices} {device}, though: that would be {share} % of the "
            "peak.",
            **given,
        )
    return GOOD, plural(
        "{work}; {devices} {device} reaches {share} % of the peak at {seconds} s an iteration.",
        "{work}; {devices} {device} reach {share} % of the peak at {seconds} s an iteration.",
        devices,
        **given,
    )
