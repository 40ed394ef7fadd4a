"""What became of what was handed in: records that settle accounts, and say nothing about the graph."""
