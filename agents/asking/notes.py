"""Notes about what was left out, for whoever listens to the `agents` logger; silent by default."""

import logging
from typing import Any


def note(event: str, **facts: Any) -> None:
    """Log an event with its facts at INFO, structured, through the standard library's logger."""
    import structlog

    logger = structlog.wrap_logger(
        logging.getLogger("agents"),
        processors=[structlog.stdlib.filter_by_level, structlog.processors.KeyValueRenderer(key_order=["event"])],
    )
    logger.info(event, **facts)
