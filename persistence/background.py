"""Work beside the work, which never outlives whoever started it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog

from persistence.mongo import Conflict, OutcomeUnknown, Unreachable

PAUSE = 1.0  # seconds before what the database's absence interrupted is taken up again
INTERRUPTIONS = (Unreachable, OutcomeUnknown, Conflict)  # which pass by themselves

_log = structlog.get_logger()
Result = TypeVar("Result")


@asynccontextmanager
async def running(work: Coroutine[Any, Any, Result]) -> AsyncIterator[asyncio.Task[Result]]:
    """*work* as a task, cancelled when the context ends, which raises what the work failed with."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def ahead(pages: AsyncIterator[Result]) -> AsyncGenerator[Result, None]:
    """The pages, each of which is read while the one before it is worked on."""

    async def read() -> Result | None:
        return await anext(pages, None)

    coming = asyncio.create_task(read())
    try:
        while (page := await coming) is not None:
            coming = asyncio.create_task(read())
            yield page
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def despite_trouble(work: Callable[[], Awaitable[Result]]) -> Result:
    """What *work* comes to, begun anew as often as the database is away."""
    while True:
        try:
            return await work()
        except INTERRUPTIONS as error:
            _log.warning("background work was interrupted and goes on soon", cause=type(error).__name__)
            await asyncio.sleep(PAUSE)
