"""What goes into the log: JSON lines, with tracebacks but never the values in them, among which are keys."""

from __future__ import annotations

import logging

import structlog


def configure() -> None:
    """Set up what this process logs."""
    # Strawberry's own line of an origin that it refuses names a setting that there is not; api/origins.py has another.
    logging.getLogger("strawberry.ws").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )
