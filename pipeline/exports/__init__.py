"""The graph for others: canonical lines, what analysts' tools take, and formats of exchange."""
