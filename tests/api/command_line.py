"""The command line, as processes of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

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
