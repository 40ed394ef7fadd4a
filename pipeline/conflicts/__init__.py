"""Conflicts that no declared rule decides, and the rulings on them."""
