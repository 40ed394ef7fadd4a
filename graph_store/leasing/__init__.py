"""Leases: who is about to do what, kept beside the log."""
