from llmcalc.formulas import transformer

POWERS = {
    transformer.mlp_weights: {"hidden_size": 1, "mlp_size": 1, "mlp_matrices": 1},
    transformer.score_flop: {"batch": 1, "context": 2, "hidden_size": 1, "flop_per_weight": 1},
    transformer.logits_flop: {
        "batch": 1,
        "context": 1,
        "hidden_size": 1,
        "vocabulary_size": 1,
        "flop_per_weight": 1,
    },
    transformer.score_term: {"context": 1, "hidden_size": -1},
    transformer.logits_term: {"vocabulary_size": 1, "layers": -1, "hidden_size": -1},
}
