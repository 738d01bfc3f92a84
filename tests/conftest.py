"""A real MongoDB, started once; one database, in which every test has a workspace of its own."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from pydantic import SecretStr

from api.app import build_house, create_app
from api.command.serving import OPTIONS
from api.context import House
from api.live.sockets.crowd import Crowd
from api.scalars import now
from api.settings import Settings
from domain.actors import Actor, ActorKind, Role, Workspace
from persistence.embedded import embedded_mongo
from persistence.mongo import Mongo, open_mongo
from persistence.workspaces import Keys, Workspaces
from tests.client import Client

DATABASE = "tests"
ACTOR = Actor(ActorKind.USER, "Ada")

_numbers = itertools.count(1)

MakeClient = Callable[..., Awaitable[Client]]


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_mongo(tmp_path_factory.mktemp("mongo")) as uri:
        yield uri


@pytest.fixture(scope="session")
async def mongo(mongo_uri: str) -> AsyncIterator[Mongo]:
    async with open_mongo(mongo_uri, DATABASE) as mongo:
        yield mongo


@pytest.fixture
async def workspace(mongo: Mongo) -> Workspace:
    """A new workspace, without levels or rules."""
    return await Workspaces(mongo).named(f"test {next(_numbers)}", now())


@pytest.fixture
async def house(mongo: Mongo) -> AsyncIterator[House]:
    """The parts of one process, on the tests' database; its hub follows nothing."""
    house = build_house(mongo)
    yield house
    await house.ledger.close()


@dataclass(frozen=True, slots=True)
class Served:
    """An application of the test's own: where it is served, and the parts it is made of."""

    url: str
    house: House
    crowd: Crowd


@asynccontextmanager
async def serving(
    mongo_uri: str, options: Mapping[str, Any] | None = None, **settings: Any
) -> AsyncIterator[Served]:
    """An application with these settings on the tests' database, as long as the context lasts.

    It is served as by every command, but for the *options*.
    """
    uri = SecretStr(mongo_uri)
    lax = {"rate_limit": 0, "allow_private_targets": True, **settings}
    app = create_app(Settings(mongo_uri=uri, mongo_database=DATABASE, **lax))
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        # asyncio sees to this only for sockets that it made itself; without it every answer waits 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(app, **{**OPTIONS, "timeout_graceful_shutdown": 5, **(options or {})})
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            assert not task.done(), task.exception()
            await asyncio.sleep(0.01)
        host, port = listening.getsockname()
        try:
            yield Served(f"http://{host}:{port}/graphql", app.state.view._house, app.state.view.crowd)
        finally:
            server.should_exit = True
            await task


@pytest.fixture(scope="session")
async def server(mongo_uri: str) -> AsyncIterator[str]:
    """The URL of a running server, without a rate limit."""
    async with serving(mongo_uri) as served:
        yield served.url


@asynccontextmanager
async def owner_of(
    workspace: Workspace, mongo: Mongo, server: str, name: str = "Ada"
) -> AsyncIterator[Client]:
    """A client with an owner's key of any workspace, as long as the context lasts."""
    client = Client(server, await Keys(mongo).create(workspace, name, Role.OWNER, now()))
    try:
        yield client
    finally:
        await client.close()


@pytest.fixture
async def make_client(server: str, mongo: Mongo, workspace: Workspace) -> AsyncIterator[MakeClient]:
    """Makes clients with keys of the test's workspace, or of another."""
    clients: list[Client] = []

    async def make(role: Role = Role.OWNER, name: str = "Ada", of: Workspace = workspace) -> Client:
        client = Client(server, await Keys(mongo).create(of, name, role, now()))
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.close()


@pytest.fixture
async def client(make_client: MakeClient) -> Client:
    """A client with an owner's key of the test's workspace."""
    return await make_client()
