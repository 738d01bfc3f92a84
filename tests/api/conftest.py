"""What the tests of the edge share: a look at all that a workspace holds, and applications of their own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from api.app import create_app
from api.context import House
from api.settings import Settings
from domain.actors import Workspace
from persistence.mongo import COLLECTIONS, Mongo
from tests.conftest import DATABASE

Contents = Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Served:
    """An application of the test's own: where it is served, and the parts it is made of."""

    url: str
    house: House


Serve = Callable[..., AbstractAsyncContextManager[Served]]


async def contents_of(mongo: Mongo, workspace: Workspace) -> dict[str, Any]:
    """Every document of the workspace, by collection: equal if and only if nothing was written."""
    names = sorted(COLLECTIONS)
    wanted = {name: "_id" if name == "workspaces" else "workspace" for name in names}
    found = await asyncio.gather(
        *(
            mongo.database[name].find({wanted[name]: workspace.id}).sort("_id", 1).to_list(None)
            for name in names
        )
    )
    return dict(zip(names, found, strict=True))


@pytest.fixture
def contents(mongo: Mongo, workspace: Workspace) -> Contents:
    """Reads everything that the test's workspace holds."""
    return lambda: contents_of(mongo, workspace)


@asynccontextmanager
async def serving(mongo_uri: str, **settings: Any) -> AsyncIterator[Served]:
    uri = SecretStr(mongo_uri)
    app = create_app(Settings(mongo_uri=uri, mongo_database=DATABASE, **{"rate_limit": 0, **settings}))
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        # asyncio sees to this only for sockets that it made itself; without it every answer waits 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(app, log_level="warning", ws_ping_interval=None, timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            assert not task.done(), task.exception()
            await asyncio.sleep(0.01)
        host, port = listening.getsockname()
        try:
            yield Served(f"http://{host}:{port}/graphql", app.state.view._house)
        finally:
            server.should_exit = True
            await task


@pytest.fixture
def serve(mongo_uri: str) -> Serve:
    """Serves an application with the given settings on the tests' database, as long as the context lasts."""
    return partial(serving, mongo_uri)


@pytest.fixture(scope="session")
async def server(mongo_uri: str) -> AsyncIterator[str]:
    """The URL of a running server, without a rate limit."""
    async with serving(mongo_uri) as served:
        yield served.url


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """For requests that no client would send."""
    async with httpx.AsyncClient(verify=False, timeout=30) as http:
        yield http
