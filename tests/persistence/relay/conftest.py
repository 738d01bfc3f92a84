"""A Redis, somebody who writes, and as many processes as a test starts."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import pytest

from domain.actors import Workspace
from persistence.background import running
from persistence.mongo import Mongo
from persistence.relay import open_feed
from tests.persistence.conftest import DATABASE
from tests.persistence.relay.listeners import Child, Process
from tests.persistence.relay.valkey import Valkey
from tests.persistence.relay.waiting import WAIT
from tests.persistence.relay.writer import Writer
from tests.processes import started

Start = Callable[..., AbstractAsyncContextManager[Process]]
StartChild = Callable[[], AbstractAsyncContextManager[Child]]


@pytest.fixture
async def valkey() -> AsyncIterator[Valkey]:
    valkey = Valkey()
    await valkey.start()
    yield valkey
    await valkey.redis.aclose()
    await valkey.kill()


@pytest.fixture
def writer(mongo: Mongo, workspace: Workspace, valkey: Valkey) -> Writer:
    return Writer(mongo, workspace.id, valkey)


@pytest.fixture
def start(mongo: Mongo, workspace: Workspace, valkey: Valkey, writer: Writer) -> Start:
    @asynccontextmanager
    async def start(*, directly: bool = False) -> AsyncIterator[Process]:
        url = None if directly else valkey.url
        async with AsyncExitStack() as stack:
            async with writer.quiet:
                process = Process(workspace.id, len(writer.written))
                feed = await stack.enter_async_context(open_feed(mongo, url))
                await stack.enter_async_context(running(process.follow(feed)))
                await asyncio.wait_for(process.opened.wait(), WAIT)
            yield process

    return start


@pytest.fixture
def start_child(mongo_uri: str, workspace: Workspace, valkey: Valkey, writer: Writer) -> StartChild:
    @asynccontextmanager
    async def start_child() -> AsyncIterator[Child]:
        command = [sys.executable, "-m", "tests.persistence.relay.listeners"]
        arguments = [mongo_uri, DATABASE, workspace.id, valkey.url]
        async with started(*command, *arguments) as process:
            assert process.stdout
            assert await asyncio.wait_for(process.stdout.readline(), WAIT) == b"opened\n"
            child = Child(process, len(writer.written))
            async with running(child.listen()):
                yield child

    return start_child
