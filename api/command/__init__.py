"""The command line: `tierwire`."""

from __future__ import annotations

from api.command.main import app

__all__ = ["app"]
