from llmcalc.formulas import cost

POWERS = {
    cost.device_time: {"flop": 1, "peak_flops": -1, "mfu": -1},
    cost.rent: {"device_seconds": 1, "price_per_second": 1},
    cost.implied_price: {"cost": 1, "device_seconds": -1},
    cost.cost_per_token: {"cost": 1, "tokens": -1},
    cost.affordable_flop: {"cost": 1, "price_per_second": -1, "peak_flops": 1, "mfu": 1},
    cost.energy: {"device_seconds": 1, "device_power": 1, "pue": 1},
    cost.electricity_cost: {"joules": 1, "electricity_price": 1},
    cost.emissions: {"joules": 1, "carbon_intensity": 1},
}
