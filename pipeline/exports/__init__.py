"""The graph for others: canonical lines, and what analysts' tools take."""
