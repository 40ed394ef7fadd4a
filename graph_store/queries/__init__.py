"""Queries of users: which are let through."""
