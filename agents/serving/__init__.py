"""What model servers speak over HTTP, and how much of it at once."""
