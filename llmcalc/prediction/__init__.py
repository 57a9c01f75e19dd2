"""Step times of published and of one's own runs, predicted row by row; ranges; calibration.

`runs.predict_rows` is what `llmcalc predict training` calls, `calibration.calibrate` what `llmcalc calibrate` calls,
`serving.predict_rows` what `llmcalc predict serving` calls.
"""
