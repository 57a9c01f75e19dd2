from llmcalc.formulas import reliability

POWERS = {
    reliability.device_mtbf: {"observed_devices": 1, "observed_seconds": 1, "failures": -1},
    reliability.mtbf_of_all: {"device_mtbf": 1, "devices": -1},
    reliability.checkpoint_seconds: {"params": 1, "checkpoint_bytes_per_param": 1, "write_bandwidth": -1},
    reliability.young_interval: {"stall_seconds": 0.5, "mtbf": 0.5},
}
NO_POWER_LAW = [reliability.daly_interval, reliability.downtime_share, reliability.goodput]
