"""Watching: traces, metrics and logs of what runs, by OpenTelemetry and structlog; off unless they are asked for."""
