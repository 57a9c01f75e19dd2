"""How much data does a model need?"""

from .. import datasets
from ..answering import question
from ..formats import in_words, number, number_of
from ..formulas import scaling, training
from ..messages import message
from ..results import GOOD, Results
from ..units import GIGA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


@question()
def how_much_data(
    params: float = 175e9,
    tokens_per_param: float = 20.0,
    bytes_per_character: float = 3.0,
    characters_per_token: float = 1.5,
    corpus_gigabytes: float = 1.0,
    budget_flop: float = 1.2e23,
    first_params: float = 100e9,
    second_params: float = 200e9,
) -> Results:
    """Tokens that a model takes, text that they are, and the best model for a budget by four published laws.

    Parameters
    ----------
    params : float
        Parameters of the model [parameter].
    tokens_per_param : float
        Training tokens a parameter [token/parameter].
    bytes_per_character : float
        Bytes of a Chinese character, 2 in GBK, 3 in UTF-8 [byte/character].
    characters_per_token : float
        Chinese characters in a token [character/token].
    corpus_gigabytes : float
        Size of a Chinese text at hand [GB].
    budget_flop : float
        Training compute to be split [FLOP].
    first_params : float
        One model for the budget [parameter].
    second_params : float
        Another model for the budget [parameter].

    Returns
    -------
    Results
        By the names below, with their units.

    References
    ----------
    Documents 000 and 001; the laws' constants are in `data/scaling-law-constants.csv`.

    Examples
    --------
    >>> how_much_data()["tokens"]
    3500000000000.0
    """
    constants = {
        law: {row["constant"]: row["value"] for row in datasets.records("scaling-law-constants") if row["law"] == law}
        for law in ("chinchilla", "kaplan-frontier", "kaplan-loss", "replication")
    }
    of_split = {  # the best split does not depend on the loss that remains
        law: {name: value for name, value in constants[law].items() if name != "irreducible_loss"}
        for law in ("chinchilla", "replication")
    }
    tokens = scaling.optimal_tokens(params, tokens_per_param)
    corpus_needed = scaling.corpus_size(tokens, bytes_per_character, characters_per_token)
    corpus_tokens = scaling.corpus_tokens(corpus_gigabytes * GIGA, bytes_per_character, characters_per_token)
    candidates = {"first": first_params, "second": second_params}
    candidate_tokens = {name: training.affordable_tokens(budget_flop, size) for name, size in candidates.items()}
    best = {
        "kaplan-frontier": scaling.kaplan_frontier_params(budget_flop, **constants["kaplan-frontier"]),
        "kaplan-loss": scaling.kaplan_loss_params(budget_flop, **constants["kaplan-loss"]),
        "chinchilla": scaling.chinchilla_params(budget_flop, **of_split["chinchilla"]),
        "replication": scaling.chinchilla_params(budget_flop, **of_split["replication"]),
        "rule": scaling.optimal_params(budget_flop, tokens_per_param),
    }
    losses_by_law: dict[str, Callable[..., float]] = {
        "kaplan-loss": scaling.kaplan_loss,
        "chinchilla": scaling.chinchilla_loss,
        "replication": scaling.chinchilla_loss,
    }
    loss = {
        law: {name: formula(candidates[name], candidate_tokens[name], **constants[law]) for name in candidates}
        for law, formula in losses_by_law.items()
    }

    return Results(
        tokens=(tokens, "token", "Tokens for the model"),
        corpus_gigabytes=(corpus_needed / GIGA, "GB", "Chinese text of so many tokens"),
        corpus_tokens=(corpus_tokens, "token", "Tokens in the text at hand"),
        kaplan_frontier_params=(best["kaplan-frontier"], "parameter", "Best model for the budget, Kaplan's frontier"),
        kaplan_loss_params=(best["kaplan-loss"], "parameter", "Best model for the budget, Kaplan's loss"),
        chinchilla_params=(best["chinchilla"], "parameter", "Best model for the budget, Chinchilla"),
        replication_params=(best["replication"], "parameter", "Best model for the budget, replication"),
        kaplan_first=(loss["kaplan-loss"]["first"], "nat", "Loss of the first model, Kaplan"),
        kaplan_second=(loss["kaplan-loss"]["second"], "nat", "Loss of the second model, Kaplan"),
        chinchilla_first=(loss["chinchilla"]["first"], "nat", "Loss of the first model, Chinchilla"),
        chinchilla_second=(loss["chinchilla"]["second"], "nat", "Loss of the second model, Chinchilla"),
        replication_first=(loss["replication"]["first"], "nat", "Loss of the first model, replication"),
        replication_second=(loss["replication"]["second"], "nat", "Loss of the second model, replication"),
    ).tell(_told, params, tokens_per_param, budget_flop)


def _told(results: Results, params: float, tokens_per_param: float, budget_flop: float) -> "tuple[str, str]":
    laws = [results[law + "_params"] for law in ("kaplan_frontier", "kaplan_loss", "chinchilla", "replication")]
    return GOOD, message(
        "At {ratio} a parameter, {params} take {tokens}, which are {size} GB of Chinese text; for {budget} FLOP, four "
        "published laws recommend anything from {low} to {high}.",
        ratio=number_of(tokens_per_param, "token"),
        params=number_of(params, "parameter", 3, in_word=True),
        tokens=number_of(results["tokens"], "token", 3, in_word=True),
        size=in_words(results["corpus_gigabytes"]),
        budget=number(budget_flop, 3),
        low=in_words(min(laws), 2),
        high=number_of(max(laws), "parameter", 2, in_word=True),
    )
