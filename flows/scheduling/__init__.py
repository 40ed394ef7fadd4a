"""Jobs that a schedule runs: their parameters, what becomes of them, and the same as Prefect flows."""
