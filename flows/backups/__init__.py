"""Backups of a home: made while others write, looked through, put back."""
