"""A database for each test, in which no other test leaves jobs; and processes on it, by the test's own clock."""

from __future__ import annotations

from tests.persistence.steps.conftest import clock, make_process, mongo, process, workspace

__all__ = ["clock", "make_process", "mongo", "process", "workspace"]
