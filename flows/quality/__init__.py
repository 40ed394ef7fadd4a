"""How well a reader reads: evaluation, calibration, training."""
