"""What leaving schedules and workers alone costs, and whether they survive it."""
