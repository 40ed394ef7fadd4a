"""Folders that a log and its leases lie in: on a disk, or in an object store."""
