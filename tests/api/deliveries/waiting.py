"""Waiting for what comes about by itself; the suite's own timeout ends what never does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    while not await holds():  # noqa: ASYNC110 - what is waited for is in the database
        await asyncio.sleep(0.02)
