"""Reading for those who must outlive the database's absence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from persistence.mongo import Unreachable

Found = TypeVar("Found")
PAUSE = 1.0  # seconds between two tries


async def until_read(read: Callable[[], Awaitable[Found]]) -> Found:
    """What *read* finds, asked again for as long as the database is away."""
    while True:
        try:
            return await read()
        except Unreachable:
            await asyncio.sleep(PAUSE)
