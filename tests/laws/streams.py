from llmcalc import streams

POWERS = {
    streams.scaled_stream_ops: {
        "stream_ops": 1,
        "pixels": 1,
        "frame_rate": 1,
        "reference_pixels": -1,
        "reference_frame_rate": -1,
    },
}
NO_POWER_LAW = [
    streams.streams_per_card,
    streams.cards_for_streams,
    streams.card_load,
    streams.served_streams,
    streams.spare_cards,
]
