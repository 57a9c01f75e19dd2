from llmcalc.formulas import memory

POWERS = {
    memory.weight_bytes: {"params": 1, "bytes_per_param": 1},
    memory.kv_cache_bytes: {
        "layers": 1,
        "hidden_size": 1,
        "heads": -1,
        "kv_heads": 1,
        "context": 1,
        "batch": 1,
        "bytes_per_value": 1,
    },
}
