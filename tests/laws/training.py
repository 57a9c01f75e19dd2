from llmcalc.formulas import training

POWERS = {
    training.train_flop: {"params": 1, "tokens": 1, "flop_per_param_token": 1},
    training.devices_for_deadline: {"flop": 1, "seconds": -1, "peak_flops": -1, "mfu": -1},
    training.training_seconds: {"flop": 1, "devices": -1, "peak_flops": -1, "mfu": -1},
    training.implied_mfu: {"flop": 1, "seconds": -1, "devices": -1, "peak_flops": -1},
    training.budget_flop: {"devices": 1, "seconds": 1, "peak_flops": 1, "mfu": 1},
    training.affordable_params: {"flop": 1, "tokens": -1, "flop_per_param_token": -1},
    training.affordable_tokens: {"flop": 1, "params": -1, "flop_per_param_token": -1},
    training.tokens_per_param: {"tokens": 1, "params": -1},
    training.flop_per_param_sample: {"flop": 1, "params": -1, "samples": -1, "passes": -1},
    training.largest_active_share: {"budget_flop": 1, "params": -1, "tokens": -1, "flop_per_param_token": -1},
    training.megatron_seconds: {
        "params": 1,
        "tokens": 1,
        "devices": -1,
        "achieved_flops": -1,
        "flop_per_param_token": 1,
    },
}
