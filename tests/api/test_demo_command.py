"""`tierwire demo` as it is run: watched as it says, stopped, and started again."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from api.command.demo import ADJUSTMENT, SUBSCRIPTION
from api.command.demo.people import PEOPLE
from tests.client import Client
from tests.processes import started

pytestmark = pytest.mark.slow

WAIT = 60.0  # seconds for what takes two to ten
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Shown:
    """A demo that runs, and what it says to those who look on."""

    process: asyncio.subprocess.Process
    url: str
    key: str
    subscription: str


@asynccontextmanager
async def command(data: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`tierwire` as a process of its own, with nothing but a data folder, for a bounded time."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIERWIRE_")}
    async with started(
        sys.executable,
        *("-c", "from api.command import app; app()", *arguments),
        cwd=ROOT,
        env={**environment, "TIERWIRE_DATA": str(data)},
        stderr=asyncio.subprocess.PIPE,
    ) as process:
        async with asyncio.timeout(WAIT):
            yield process


@asynccontextmanager
async def showing(data: Path) -> AsyncIterator[Shown]:
    """The demo, as far as it has told how to watch it."""
    async with command(data, "demo", "--port", "0") as process:
        yield await _shown(process)


async def _shown(process: asyncio.subprocess.Process) -> Shown:
    assert process.stdout
    said = (await process.stdout.readuntil(b"Ctrl-C ends the demo.\n")).decode()
    url, key, subscription = (
        re.search(pattern, said, re.MULTILINE | re.DOTALL)
        for pattern in (r"^http://\S+$", r"^(\{\"Auth.*?\})$", r"^subscription .*?^\}")
    )
    assert url
    assert key
    assert subscription
    bearer = json.loads(key[0])["Authorization"]
    return Shown(process, url[0], bearer.removeprefix("Bearer "), subscription[0])


async def stopped(process: asyncio.subprocess.Process, by: signal.Signals, data: Path) -> int:
    """The exit code after that signal, when its MongoDB is gone too."""
    mongod = int((data / "mongo" / "mongod.lock").read_text())
    os.kill(mongod, 0)
    process.send_signal(by)
    await process.communicate()
    with pytest.raises(ProcessLookupError):
        os.kill(mongod, 0)
    assert process.returncode is not None
    return process.returncode


async def healthy(url: str) -> None:
    """Wait until somebody answers there."""
    async with httpx.AsyncClient(verify=False) as http:
        while True:
            with suppress(httpx.TransportError):
                assert (await http.get(url)).text == "ok"
                return
            await asyncio.sleep(0.1)


def in_folder(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


class TestTheCommand:
    async def test_it_is_watched_as_it_says_stopped_and_started_again(self, tmp_path: Path) -> None:
        async with showing(tmp_path) as shown:
            client = Client(shown.url, shown.key)
            await healthy(shown.url.replace("/graphql", "/healthz"))
            viewer = await client("{ viewer { role workspace { name } } }")
            async with client.subscribe(shown.subscription) as board:
                told = await anext(board)
                code = await stopped(shown.process, signal.SIGINT, tmp_path)
            await client.close()
        async with showing(tmp_path) as again:
            client = Client(again.url, again.key)
            count = await client("{ leads(first: 1) { totalCount } }")
            adjusted = await client(ADJUSTMENT)
            await client.close()
            code_again = await stopped(again.process, signal.SIGTERM, tmp_path)

        assert viewer == {"role": "OWNER", "workspace": {"name": "demo"}}
        assert shown.subscription == SUBSCRIPTION
        assert told["changes"][0]["from"] != told["changes"][0]["to"]
        assert (code, code_again) == (0, 0)
        assert again.key == shown.key
        assert [path.stat().st_mode & 0o777 for path in in_folder(tmp_path, "*.key")] == [0o600]
        assert count == {"totalCount": PEOPLE}
        assert adjusted["lead"]["name"]

    async def test_a_port_that_is_taken_is_said_before_anything_is_started(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            async with command(tmp_path, "demo", "--port", str(port)) as process:
                _, said = await process.communicate()

        assert process.returncode == 1
        assert f"port {port} cannot be had" in said.decode()
        assert not in_folder(tmp_path, "*")

    async def test_serve_too_ends_only_after_its_database(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        async with command(tmp_path, "serve", "--port", str(port)) as process:
            assert process.stderr
            assert await process.stderr.readuntil(b"Bearer tw_")
            await healthy(f"http://127.0.0.1:{port}/healthz")

            assert await stopped(process, signal.SIGTERM, tmp_path) == 0
