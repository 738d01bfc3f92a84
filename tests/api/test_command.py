"""The command line, as processes of their own: what it prints, what it keeps, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import stat
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.scenes import told_of, with_levels, with_rules, with_score
from tests.api.sockets import closing_code, heard, init, opened, subscribe
from tests.client import Client
from tests.conftest import DATABASE, MakeClient

ROOT = Path(__file__).parents[2]
TIERWIRE = str(Path(sys.executable).with_name("tierwire"))
PATIENCE = 60  # seconds until a process that does not begin or end fails its test


async def begun(*arguments: str, out: int, **settings: str) -> Process:
    """A process of the command line, with these settings and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIERWIRE_")}
    given = {f"TIERWIRE_{name.upper()}": value for name, value in settings.items()}
    errors = PIPE if out == PIPE else STDOUT
    # With the laxest mask: what is to be kept from others must not lean on the user's own.
    return await asyncio.create_subprocess_exec(
        TIERWIRE, *arguments, env={**kept, **given}, cwd=ROOT, umask=0, stdout=out, stderr=errors
    )


async def ended(*arguments: str, **settings: str) -> tuple[int, str, str]:
    """What a command that ends by itself ends with, prints, and complains of."""
    process = await begun(*arguments, out=PIPE, **settings)
    out, complaints = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode is not None
    return process.returncode, out.decode(), complaints.decode()


@dataclass(frozen=True, slots=True)
class Running:
    """A server process: where it answers, and what it says."""

    process: Process
    url: str
    said: Path

    async def stopped(self, number: int) -> int:
        """The process's end after a signal."""
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


@asynccontextmanager
async def running(said: Path, *more: str, **settings: str) -> AsyncIterator[Running]:
    """`tierwire serve` on a free port, from when it answers, and stopped at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with said.open("wb") as out:
        process = await begun("serve", "--port", str(port), *more, out=out.fileno(), **settings)
    served = Running(process, f"http://127.0.0.1:{port}/graphql", said)
    try:
        await answering(served)
        yield served
    finally:
        if process.returncode is None:
            await served.stopped(signal.SIGTERM)


async def answering(served: Running) -> None:
    async with httpx.AsyncClient(verify=False) as http, asyncio.timeout(PATIENCE):
        while True:
            assert served.process.returncode is None, served.said.read_text()
            with suppress(httpx.TransportError):
                health = await http.get(served.url.replace("/graphql", "/healthz"))
                assert (health.status_code, health.text) == (200, "ok")
                return
            await asyncio.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether the process still does anything: a zombie waits only to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(pid: int) -> None:
    """Wait for the end of a process that is not ours."""
    async with asyncio.timeout(PATIENCE):
        while is_alive(pid):  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.02)


def is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


def mongod_of(data: Path) -> int:
    return int((data / "mongo" / "mongod.lock").read_text())


def owners_key(data: Path) -> str:
    return (data / "tierwire.default.key").read_text().strip()


async def test_schema_prints_the_schemas_file() -> None:
    code, out, complaints = await ended("schema")

    assert (code, complaints) == (0, "")
    assert out == (ROOT / "schema.graphql").read_text()


async def test_key_create_prints_a_key_that_works_as_its_last_word(mongo_uri: str, server: str) -> None:
    settings = {"mongo_uri": mongo_uri, "mongo_database": DATABASE, "workspace": "made by command"}

    code, out, complaints = await ended("key", "create", "--role", "OWNER", "--name", "CRM sync", **settings)

    assert (code, complaints) == (0, "")
    client = Client(server, out.split()[-1])
    viewer = await client("{ viewer { role actor { kind name } workspace { name } } }")
    await client.close()
    assert viewer == {
        "role": "OWNER",
        "actor": {"kind": "API_KEY", "name": "CRM sync"},
        "workspace": {"name": "made by command"},
    }


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("rate_limit", "abc"),
        ("rate_limit", "-1"),
        ("graphiql", "perhaps"),
        ("allowed_origins", "https://app.example"),
        ("mongo_uri", "http://ada:hunter2@localhost"),
    ],
)
async def test_a_bad_setting_is_told_in_one_line(tmp_path: Path, setting: str, value: str) -> None:
    settings = {"data": str(tmp_path), "mongo_uri": "mongodb://127.0.0.1:1", setting: value}

    code, out, complaints = await ended("serve", "--port", "1", **settings)

    assert code != 0
    assert out == ""
    assert len(complaints.strip().splitlines()) == 1
    assert f"TIERWIRE_{setting.upper()}" in complaints
    assert "hunter2" not in complaints
    assert is_empty(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["key", "create", "--role", "KING", "--name", "x"],
        ["serve", "--workers", "0"],
    ],
    ids=" ".join,
)
async def test_a_bad_argument_is_explained(tmp_path: Path, arguments: list[str]) -> None:
    code, _, complaints = await ended(*arguments, data=str(tmp_path))

    assert code == 2
    assert "Usage: tierwire" in complaints
    assert is_empty(tmp_path)


async def test_a_served_workspace_outlives_a_kill_and_leaves_no_database_behind(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running(tmp_path / "first.log", data=str(data)) as served:
        key_file = data / "tierwire.default.key"
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        key = owners_key(data)
        client = Client(served.url, key)
        assert await client("{ viewer { role actor { name } workspace { name } } }") == {
            "role": "OWNER",
            "actor": {"name": "owner"},
            "workspace": {"name": "default"},
        }
        await with_levels(client)
        lead = await with_score(client, "a", 30)
        async with client.subscribe("subscription { levelSetChanged { version } }") as board:
            await with_levels(client)
            assert (await told_of(board, 1))[0]["version"] >= 1
        await client.close()
        mongod = mongod_of(data)
        assert is_alive(mongod)
        assert await served.stopped(signal.SIGKILL) == -signal.SIGKILL
        await gone(mongod)
    said = (tmp_path / "first.log").read_text()
    assert served.url in said
    assert str(key_file) in re.sub(r"\s", "", said)
    assert key not in said

    async with running(tmp_path / "second.log", data=str(data)) as served:
        assert owners_key(data) == key
        client = Client(served.url, key)
        found = await client('{ lead(by: {externalId: "a"}) { id engagement { score level { name } } } }')
        assert found == {"id": lead, "engagement": {"score": 30, "level": {"name": "Warm"}}}
        await with_score(client, "a", 30)
        await client.close()
        mongod = mongod_of(data)
        assert await served.stopped(signal.SIGTERM) == 0
        await gone(mongod)
    assert "Traceback" not in (tmp_path / "second.log").read_text()


async def test_a_server_on_the_command_line_bounds_the_messages_of_a_socket(
    tmp_path: Path, mongo_uri: str, make_client: MakeClient
) -> None:
    key = (await make_client()).key
    async with running(tmp_path / "log", mongo_uri=mongo_uri, mongo_database=DATABASE) as served:
        async with opened(served.url) as socket:
            await socket.send(init(key))
            await heard(socket)
            await socket.send(subscribe("1", "{ viewer { role } }" + " " * 70_000))
            assert await closing_code(socket) == 1009
        client = Client(served.url, key)
        assert "at most 65,536 characters" in await client.error("{ viewer { role } }" + " " * 70_000)
        await client.close()


def connections(port: int, server: Process) -> Counter[int]:
    """How many open connections to the port each process below the server holds."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    established = {row[9] for row in rows if int(row[1].partition(":")[2], 16) == port and row[3] == "01"}
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    found: Counter[int] = Counter()
    for child in map(int, children):
        for descriptor in Path(f"/proc/{child}/fd").iterdir():
            with suppress(FileNotFoundError):
                found[child] += descriptor.readlink().name.removeprefix("socket:[")[:-1] in established
    return +found


@pytest.mark.skipif(
    not Path("/proc/net/tcp").exists(), reason="only Linux tells which process holds a socket"
)
async def test_boards_on_either_of_two_workers_are_told(
    tmp_path: Path, mongo_uri: str, make_client: MakeClient
) -> None:
    key = (await make_client()).key
    settings = {"mongo_uri": mongo_uri, "mongo_database": DATABASE}
    async with running(tmp_path / "log", "--workers", "2", **settings) as served, AsyncExitStack() as stack:
        client = Client(served.url, key)
        stack.push_async_callback(client.close)
        await with_levels(client)
        await with_rules(client, CLICK=30)
        port = int(served.url.split(":")[2].split("/")[0])
        boards: list[AsyncIterator[Any]] = []
        async with asyncio.timeout(PATIENCE):
            while len(connections(port, served.process)) < 2 or len(boards) < 4:
                query = "subscription { leadTierChanged { ... on TierChanges { changes { lead { externalId } } } } }"
                boards.append(await stack.enter_async_context(client.subscribe(query)))
        workers = list(connections(port, served.process))

        for lead in ("a", "b"):
            await with_score(client, lead, 30)
            told = [await asyncio.wait_for(anext(board), PATIENCE) for board in boards]
            assert told == [{"changes": [{"lead": {"externalId": lead}}]}] * len(boards)

    assert len(workers) == 2
    assert [worker for worker in workers if is_alive(worker)] == []
