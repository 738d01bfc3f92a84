"""Waiting for what other processes do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

WAIT = 20.0  # seconds until a test gives up on what must come


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT):
        while not await holds():  # noqa: ASYNC110 - other processes raise no events here
            await asyncio.sleep(0.02)
