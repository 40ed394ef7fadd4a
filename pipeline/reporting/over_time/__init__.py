"""Facts over time: where each stood from day to day, and the moments at which something was recorded."""
