"""Adapters: what a small model was trained to do besides; their files, and what is derived of them."""
