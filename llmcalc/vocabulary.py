"""The name and the unit of every argument that llmcalc's formulas take.

One name means one thing in the code, the notebooks, the data and the prose.
Counts of whole things (devices, servers, streams, runs) are pure numbers, ``1``;
parameters, tokens, characters, pixels, FLOP and integer operations are
dimensions of their own, so that mixing them up fails the unit test.
"""

UNITS = {
    "achieved_flops": "FLOP/s",
    "arrival": "s",
    "batch_tokens": "token",
    "budget_flop": "FLOP",
    "busiest_hour_share": "1",
    "bytes_per_param": "byte/parameter",
    "card_ops": "op/s",
    "cards": "1",
    "characters_per_question": "character",
    "chips_per_card": "1",
    "cluster_flops": "FLOP/s",
    "count": "1",
    "devices": "1",
    "devices_per_server": "1",
    "efficiency": "1",
    "failed_cards": "1",
    "flop": "FLOP",
    "flop_per_param_token": "FLOP/parameter/token",
    "flops": "FLOP/s",
    "frame_rate": "1/s",
    "headroom": "1",
    "hours_per_day": "1",
    "interval": "s",
    "memory_bandwidth": "byte/s",
    "mfu": "1",
    "params": "parameter",
    "passes": "1",
    "peak_flops": "FLOP/s",
    "pixels": "pixel",
    "questions_per_visit": "1",
    "reference_frame_rate": "1/s",
    "reference_pixels": "pixel",
    "runs": "1",
    "samples": "sample",
    "seconds": "s",
    "setup": "s",
    "setup_cards": "1",
    "stream_ops": "op/s",
    "streams": "1",
    "streams_per_card": "1",
    "token_rate": "token/s",
    "tokens": "token",
    "tokens_per_character": "token/character",
    "visit_rate": "1/s",
}
