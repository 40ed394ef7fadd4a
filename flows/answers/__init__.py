"""Answers and exports from a home."""
