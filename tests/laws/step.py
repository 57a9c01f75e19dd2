from llmcalc.formulas import step

POWERS = {
    step.update_seconds: {
        "params": 1,
        "update_bytes_per_param": 1,
        "memory_bandwidth": -1,
        "efficiency": -1,
        "optimiser_shards": -1,
    },
}
NO_POWER_LAW = [
    step.product_seconds,
    step.fused_attention_seconds,
    step.traffic_seconds,
    step.exposed_seconds,
    step.pipeline_seconds,
]
