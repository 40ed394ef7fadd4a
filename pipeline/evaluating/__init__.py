"""How well a reader reads: what it claims against what annotators said of the same documents."""
