"""A channel for each test, of which nothing is left at its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.api.live.channels.scenes import Scene, until


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    yield scene
    for channel in list(scene.channels):
        for seat in list(channel._seats):
            seat.leave()
    await until(lambda: not any("Channel" in repr(task.get_coro()) for task in asyncio.all_tasks()))
    assert not scene.source.is_open
    assert len(scene.channels) == 0
