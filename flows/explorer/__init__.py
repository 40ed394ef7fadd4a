"""The explorer: one page on which a person goes through facts, days and moments; served, or as a file that carries its data."""
