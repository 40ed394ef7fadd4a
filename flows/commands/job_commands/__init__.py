"""Commands that run jobs, and say when they run."""
