"""What these tests need beside a database: as many processes' worth of parts as they ask for."""

from __future__ import annotations

import itertools
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymongo import MongoClient

from api.app import build_house
from api.context import House
from api.scalars import now
from domain.actors import Workspace
from persistence.embedded import find_mongod
from persistence.mongo import Mongo, open_mongo
from persistence.workspaces import Workspaces

DATABASE = "persistence"  # of its own, for the server of the API's tests works on every job of its database
MakeHouse = Callable[[], House]
# The server looks every half of that for transactions that stay open: of processes that were killed.
KNOBS = ("enableTestCommands=1", "transactionLifetimeLimitSeconds=2")


@pytest.fixture(scope="session")
async def mongo(mongo_uri: str) -> AsyncIterator[Mongo]:
    async with open_mongo(mongo_uri, DATABASE) as mongo:
        yield mongo


@pytest.fixture
async def other(mongo: Mongo, workspace: Workspace) -> Workspace:
    """Somebody else's workspace."""
    return await Workspaces(mongo).named(f"not {workspace.name}", now())


@pytest.fixture
async def make_house(mongo: Mongo) -> AsyncIterator[MakeHouse]:
    """Makes the parts of one more process, on the tests' database."""
    houses: list[House] = []

    def make() -> House:
        houses.append(build_house(mongo))
        return houses[-1]

    yield make
    for house in houses:
        await house.ledger.close()


@pytest.fixture(scope="session")
def fallible_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MongoDB of its own that fails when it is told to, and soon ends the open transactions of the dead."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    files = tmp_path_factory.mktemp("fallible")
    command = [str(find_mongod()), "--dbpath", str(files), "--port", str(port), "--bind_ip", "127.0.0.1"]
    options = ["--replSet", "fallible", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", "--quiet"]
    with subprocess.Popen(
        [*command, *options, *itertools.chain(*(("--setParameter", each) for each in KNOBS))],
        stdout=subprocess.DEVNULL,
    ) as server:
        try:
            _initiate(port)
            yield f"mongodb://127.0.0.1:{port}/?replicaSet=fallible"
        finally:
            server.kill()


def _initiate(port: int) -> None:
    with MongoClient[dict[str, Any]]("127.0.0.1", port, directConnection=True) as client:
        members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
        client.admin.command({"replSetInitiate": {"_id": "fallible", "members": members}})
        while not client.admin.command("hello")["isWritablePrimary"]:
            time.sleep(0.05)


@asynccontextmanager
async def server_parameter(mongo: Mongo, name: str, value: int) -> AsyncIterator[None]:
    """The server goes by that value for as long as the context lasts."""
    admin = mongo.client.admin
    usual = (await admin.command({"getParameter": 1, name: 1}))[name]
    await admin.command({"setParameter": 1, name: value})
    try:
        yield
    finally:
        await admin.command({"setParameter": 1, name: usual})


Fail = Callable[..., Awaitable[None]]


@pytest.fixture
async def fallible(fallible_uri: str) -> AsyncIterator[Mongo]:
    async with open_mongo(fallible_uri, "tests") as mongo:
        yield mongo
        await mongo.client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


@pytest.fixture
def fail(fallible: Mongo) -> Fail:
    """Makes the fallible server fail at some commands, a number of times."""

    async def fail(*commands: str, times: int = 1, **how: Any) -> None:
        data = {"failCommands": list(commands), "appName": "tierwire", **how}
        await fallible.client.admin.command(
            {"configureFailPoint": "failCommand", "mode": {"times": times}, "data": data}
        )

    return fail
