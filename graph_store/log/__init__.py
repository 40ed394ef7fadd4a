"""The evidence log: on Delta Lake with an index in SQLite, and in memory."""
