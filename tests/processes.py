"""Processes that a test starts, and that never outlive it."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def started(*command: str, **options: Any) -> AsyncIterator[Process]:
    """A process whose output is read by the test; killed at the latest when the context is left."""
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, **options)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
