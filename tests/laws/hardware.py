from llmcalc.formulas import hardware

POWERS = {
    hardware.baseline_rate: {"image_rate": 1, "speedup": -1},
    hardware.sparse_weight_bytes: {"params": 1, "bytes_per_param": 1, "sparsity_factor": -1},
    hardware.bandwidth_for_token_rate: {
        "params": 1,
        "bytes_per_param": 1,
        "token_rate": 1,
        "sparsity_factor": -1,
        "batch_tokens": -1,
    },
    hardware.active_share: {"active_params": 1, "params": -1},
    hardware.relative_speed: {"peak_flops": 1, "reference_flops": -1, "devices": 1, "reference_devices": -1},
    hardware.relative_efficiency: {"speedup": 1, "device_power": -1, "reference_power": 1},
    hardware.labelling_seconds: {"labels": 1, "seconds_per_label": 1},
}
