from llmcalc.formulas import serving

POWERS = {
    serving.token_rate: {
        "visit_rate": 1,
        "questions_per_visit": 1,
        "characters_per_question": 1,
        "tokens_per_character": 1,
    },
    serving.inference_flops: {"params": 1, "token_rate": 1, "flop_per_param_token": 1},
    serving.peak_rate: {"token_rate": 1, "busiest_hour_share": 1, "hours_per_day": 1},
    serving.request_rate: {"token_rate": 1, "tokens_per_request": -1},
    serving.served_token_rate: {"devices": 1, "params": -1, "peak_flops": 1, "mfu": 1, "flop_per_param_token": -1},
    serving.decode_token_rate: {"params": -1, "bytes_per_param": -1, "memory_bandwidth": 1, "batch_tokens": 1},
}
