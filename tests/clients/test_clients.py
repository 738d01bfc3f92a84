"""The standard clients keep their lists true, whatever breaks: programs of each, run by Node."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.scalars import now
from domain.actors import Role, Workspace
from persistence.mongo import Mongo
from persistence.workspaces import Keys
from tests.api.scenes import with_levels
from tests.client import Client
from tests.conftest import DATABASE
from tests.processes import started

HERE = Path(__file__).parent
TIERWIRE = str(Path(sys.executable).with_name("tierwire"))
FROZEN = 30  # seconds: longer than the server waits for a sign of life

PROGRAMS = ["urql", "apollo", "events", "board"]

pytestmark = pytest.mark.clients
of_each = pytest.mark.parametrize("program", PROGRAMS)


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs, and the packages they need."""
    there = tmp_path_factory.mktemp("clients")
    for each in (HERE / "package.json", *HERE.glob("*.mjs")):
        shutil.copy(each, there)
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=there, check=True)
    return there


@dataclass(slots=True)
class Server:
    """`tierwire serve`, always at the same address, which the programs know."""

    port: int
    env: dict[str, str]
    stack: AsyncExitStack
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    async def start(self) -> None:
        command = started(TIERWIRE, "serve", "--port", str(self.port), env=self.env)
        self.process = await self.stack.enter_async_context(command)
        async with httpx.AsyncClient(verify=False) as http:
            while True:
                try:
                    await http.get(f"http://127.0.0.1:{self.port}/healthz")
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                else:
                    return

    async def stop(self, number: int) -> None:
        assert self.process
        self.process.send_signal(number)
        await self.process.wait()


@pytest.fixture
async def served(mongo_uri: str) -> AsyncIterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = {"TIERWIRE_MONGO_URI": mongo_uri, "TIERWIRE_MONGO_DATABASE": DATABASE}
    async with AsyncExitStack() as stack:
        server = Server(port, {**os.environ, **given}, stack)
        await server.start()
        yield server


@dataclass(slots=True)
class Program:
    """A program that shows a list of leads, as it is now."""

    process: Process
    key: Path

    async def shows(self, leads: Any) -> None:
        """Wait until this is what it shows."""
        assert self.process.stdout
        while json.loads(await self.process.stdout.readline()) != leads:
            pass

    async def shows_first(self, name: str) -> None:
        """Wait until that lead is the first of the list."""
        assert self.process.stdout
        while next(iter(json.loads(await self.process.stdout.readline()))) != name:
            pass


@asynccontextmanager
async def running(program: str, programs: Path, server: Server, key: str) -> AsyncIterator[Program]:
    held = programs / f"{program}.key"
    held.write_text(key)
    env = {**os.environ, "URL": server.url, "KEY_FILE": str(held)}
    async with started("node", f"{program}.mjs", cwd=programs, env=env) as process:
        yield Program(process, held)


async def adjust(client: Client, name: str, delta: int) -> None:
    await client(
        "mutation($name: String!, $delta: Int!) { adjustScore(input: {lead: {externalId: $name}, delta: $delta}) "
        "{ ... on UserError { message } } }",
        name=name,
        delta=delta,
    )


async def with_two_leads(client: Client) -> None:
    await with_levels(client)
    for name in ("ada", "bob"):
        await client(
            "mutation($name: String!) { upsertLead(input: {lead: {externalId: $name}, name: $name}) "
            "{ ... on UserError { message } } }",
            name=name,
        )


@of_each
async def test_a_list_shows_every_change(
    client: Client, served: Server, programs: Path, program: str
) -> None:
    await with_two_leads(client)

    async with running(program, programs, served, client.key) as shown:
        await shown.shows({"ada": "Cold", "bob": "Cold"})
        await adjust(client, "ada", 60)
        await shown.shows({"ada": "Hot", "bob": "Cold"})
        await adjust(client, "ada", -30)
        await shown.shows({"ada": "Warm", "bob": "Cold"})


async def test_a_list_of_the_server_is_shown_in_its_order(
    client: Client, served: Server, programs: Path
) -> None:
    await with_two_leads(client)

    async with running("board", programs, served, client.key) as shown:
        for name, delta in (("ada", 30), ("bob", 60), ("ada", 60)):
            await adjust(client, name, delta)
            await shown.shows_first(name)


@of_each
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_list_is_true_again_after_its_server_was_away(
    client: Client, served: Server, programs: Path, program: str, number: int
) -> None:
    """What changed meanwhile, through another process, is not missed."""
    await with_two_leads(client)

    async with running(program, programs, served, client.key) as shown:
        await shown.shows({"ada": "Cold", "bob": "Cold"})
        await served.stop(number)
        await adjust(client, "ada", 60)
        await served.start()
        await shown.shows({"ada": "Hot", "bob": "Cold"})
        await adjust(client, "bob", 30)
        await shown.shows({"ada": "Hot", "bob": "Warm"})


@of_each
async def test_a_list_is_true_again_after_the_program_was_frozen(
    client: Client, served: Server, programs: Path, program: str
) -> None:
    """As in a laptop that slept."""
    await with_two_leads(client)

    async with running(program, programs, served, client.key) as shown:
        await shown.shows({"ada": "Cold", "bob": "Cold"})
        shown.process.send_signal(signal.SIGSTOP)
        await adjust(client, "ada", 60)
        await asyncio.sleep(FROZEN)
        shown.process.send_signal(signal.SIGCONT)
        await shown.shows({"ada": "Hot", "bob": "Cold"})
        await adjust(client, "bob", 30)
        await shown.shows({"ada": "Hot", "bob": "Warm"})


@of_each
async def test_a_list_is_true_again_with_a_new_key_when_the_old_one_is_gone(
    client: Client, served: Server, programs: Path, program: str, mongo: Mongo, workspace: Workspace
) -> None:
    await with_two_leads(client)
    old, new = [await Keys(mongo).create(workspace, name, Role.VIEWER, now()) for name in ("old", "new")]

    async with running(program, programs, served, old) as shown:
        await shown.shows({"ada": "Cold", "bob": "Cold"})
        shown.key.write_text(new)
        await mongo.api_keys.delete_one({"workspace": workspace.id, "name": "old"})
        await asyncio.sleep(2 * FROZEN / 3)
        await adjust(client, "ada", 60)
        await shown.shows({"ada": "Hot", "bob": "Cold"})
