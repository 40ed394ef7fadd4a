"""What changes a home: ingesting, observing, replaying, keeping."""
