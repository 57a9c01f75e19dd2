from llmcalc.formulas import streams

POWERS = {
    streams.scaled_stream_ops: {
        "stream_ops": 1,
        "pixels": 1,
        "frame_rate": 1,
        "reference_pixels": -1,
        "reference_frame_rate": -1,
    },
}
