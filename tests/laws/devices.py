from llmcalc.formulas import devices

POWERS = {
    devices.sustained_flops: {"peak_flops": 1, "mfu": 1},
    devices.required_flops: {"flop": 1, "seconds": -1},
    devices.devices_for_flops: {"flops": 1, "peak_flops": -1, "mfu": -1},
}
