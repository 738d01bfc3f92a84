"""Several worker processes behind one port."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.api.command_line import PATIENCE, is_alive, running
from tests.api.scenes import with_levels, with_rules, with_score
from tests.client import Client
from tests.conftest import DATABASE, MakeClient
from tests.processes import children, on_linux

pytestmark = [on_linux, pytest.mark.slow]


def workers_of(server: Process) -> list[int]:
    """The processes below the server that answer."""
    return children(server.pid, "spawn_main")


def connections(port: int, server: Process) -> Counter[int]:
    """How many open connections to the port each process below the server holds."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    established = {row[9] for row in rows if int(row[1].partition(":")[2], 16) == port and row[3] == "01"}
    found: Counter[int] = Counter()
    for child in workers_of(server):
        for descriptor in Path(f"/proc/{child}/fd").iterdir():
            with suppress(FileNotFoundError):
                found[child] += descriptor.readlink().name.removeprefix("socket:[")[:-1] in established
    return +found


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
                await asyncio.sleep(len(boards) / 20)  # for a worker that is slower to start than the other
        workers = list(connections(port, served.process))

        for lead in ("a", "b"):
            await with_score(client, lead, 30)
            told = [await asyncio.wait_for(anext(board), PATIENCE) for board in boards]
            assert told == [{"changes": [{"lead": {"externalId": lead}}]}] * len(boards)

    assert len(workers) == 2
    assert [worker for worker in workers if is_alive(worker)] == []


@pytest.mark.slow
async def test_a_worker_that_is_held_up_for_a_while_is_not_taken_for_dead(
    tmp_path: Path, mongo_uri: str
) -> None:
    """As one that starts on a machine with much else to do; its boards would be cut off, and it would begin again."""
    settings = {"mongo_uri": mongo_uri, "mongo_database": DATABASE}
    async with running(tmp_path / "log", "--workers", "2", **settings) as served:
        workers = workers_of(served.process)
        os.kill(workers[0], signal.SIGSTOP)
        await asyncio.sleep(8)  # more than uvicorn would bear
        os.kill(workers[0], signal.SIGCONT)
        await asyncio.sleep(1)  # twice the pause between two looks

        assert len(workers) == 2
        assert workers_of(served.process) == workers
