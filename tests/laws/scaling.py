from llmcalc.formulas import scaling

POWERS = {
    scaling.corpus_tokens: {"corpus_bytes": 1, "bytes_per_character": -1, "characters_per_token": -1},
    scaling.corpus_size: {"tokens": 1, "bytes_per_character": 1, "characters_per_token": 1},
    scaling.bytes_per_token: {"corpus_bytes": 1, "tokens": -1},
    scaling.optimal_tokens: {"params": 1, "tokens_per_param": 1},
    scaling.optimal_params: {"budget_flop": 0.5, "tokens_per_param": -0.5, "flop_per_param_token": -0.5},
}
