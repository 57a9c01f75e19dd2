from llmcalc.formulas import convolution

POWERS = {
    convolution.convolution_weights: {
        "in_channels": 1,
        "out_channels": 1,
        "kernel_height": 1,
        "kernel_width": 1,
        "groups": -1,
    },
    convolution.convolution_macs: {"weights": 1, "output_height": 1, "output_width": 1, "macs_per_weight": 1},
    convolution.dense_macs: {"in_features": 1, "out_features": 1, "macs_per_weight": 1},
    convolution.epoch_flop: {"macs_per_sample": 1, "samples": 1, "flop_per_mac": 1, "forward_passes": 1},
}
