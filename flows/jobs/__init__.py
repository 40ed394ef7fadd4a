"""What changes a home: ingesting, following sources, observing, replaying, keeping."""
