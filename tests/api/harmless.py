"""A question that hurts nobody: its answer shows that the server goes on."""

from __future__ import annotations

QUERY = "{ viewer { role } }"
