"""The evidence log and the graphs folded from it."""
