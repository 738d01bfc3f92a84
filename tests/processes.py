"""Processes that a test starts, and that never outlive it."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

on_linux = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="only Linux tells of processes and what they hold"
)


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


def children(pid: int, of: str) -> list[int]:
    """The processes that it began, with that word in their command; on Linux, which tells."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):  # by thread: whichever began them
        with suppress(FileNotFoundError, ProcessLookupError):  # gone meanwhile
            found += [
                int(child)
                for child in listed.read_text().split()
                if of.encode() in Path(f"/proc/{child}/cmdline").read_bytes()
            ]
    return found
