from llmcalc.formulas import parallelism

POWERS = {
    parallelism.sample_throughput: {"samples": 1, "seconds": -1},
    parallelism.token_throughput: {"samples": 1, "tokens_per_sample": 1, "seconds": -1},
    parallelism.linearity: {"total_throughput": 1, "single_throughput": -1, "devices": -1},
    parallelism.speed_up: {"total_throughput": 1, "single_throughput": -1},
    parallelism.largest_network_gain: {"linearity": -1},
    parallelism.mean_bandwidth: {"transferred_bytes": 1, "seconds": -1},
}
