"""The fold: what the live evidence adds up to, and when each fact held."""
