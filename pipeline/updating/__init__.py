"""Bringing a graph along: how far news reaches, what it changes, and writing that while others write too."""
