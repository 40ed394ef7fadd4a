"""Ruling on conflicts that no declared rule decides; and the scripted model, which answers from a file."""
