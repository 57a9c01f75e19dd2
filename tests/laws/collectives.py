from llmcalc.formulas import collectives

POWERS = {
    collectives.network_share: {"network_cards": 1, "card_bandwidth": 1, "devices_per_server": -1},
}
NO_POWER_LAW = [
    collectives.all_gather_seconds,
    collectives.all_reduce_seconds,
    collectives.all_to_all_seconds,
    collectives.send_seconds,
    collectives.hierarchical_gather_seconds,
    collectives.remote_copies,
]
