"""What live boards cost: the server's time for each change told, its memory for each board, and a burst told to all.

usage: python -m tests.benchmarks.boards [boards, a thousand by default] [changes of the burst, ten thousand]

Starts `tierwire serve` on a MongoDB of its own, opens boards that watch everything, makes changes one by one and then
a burst of them, and counts at each board what it is told. Needs as many open files as there are boards.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import cast

import httpx
import uvloop

from persistence.embedded import embedded_mongo
from tests.api.calls import done
from tests.api.scenes import with_crowd, with_levels, with_score
from tests.api.sockets import init, subscribe
from tests.client import Client
from tests.processes import started

BOARDS, BURST = 1_000, 10_000
SINGLE = 40  # changes made one by one
TOGETHER = 100  # boards that come at a time
BULK = 500
MASK = bytes(4)
QUERY = """subscription { leadTierChanged { ... on TierChanges { cursor
  changes { lead { id } from { name } to { name } score version at } } ... on ResyncRequired { reason } } }"""
HANDSHAKE = (
    "GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)


class Board(asyncio.Protocol):
    """A board that only counts: a client that did more would be what is measured."""

    changes = messages = resyncs = 0

    def __init__(self, key: str) -> None:
        self._key = key
        self._rest = b""
        self.is_ready = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(HANDSHAKE.encode())

    def data_received(self, data: bytes) -> None:
        rest = self._rest + data
        if not self.is_ready.is_set() and b"\r\n\r\n" in rest:
            rest = rest.partition(b"\r\n\r\n")[2]
            self.is_ready.set()
            self.say(init(self._key))
            self.say(subscribe("1", QUERY))
        at = 0
        while frame := _frame(rest, at):
            start, at = frame
            self._hear(rest[start:at])
        self._rest = rest[at:]

    def say(self, text: str) -> None:
        size = len(text)
        head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
        self._transport.write(head + MASK + text.encode())

    def _hear(self, message: bytes) -> None:
        if message.startswith(b'{"type":"ping"'):
            self.say('{"type":"pong"}')
        elif b'"next"' in message:
            self.messages += 1
            self.changes += message.count(b'"version"')
            self.resyncs += message.count(b'"reason"')

    def connection_lost(self, _: Exception | None) -> None:
        self.resyncs += 1


def _frame(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the text of the frame at that place begins and ends, if it is there whole."""
    if len(data) < at + 10 and len(data) < at + 2:
        return None
    size, start = data[at + 1], at + 2
    if size >= 126:
        start += 2 if size == 126 else 8
        size = int.from_bytes(data[at + 2 : start], "big")
    return (start, start + size) if len(data) >= start + size and start > at else None


class Server:
    """The server as the system sees it."""

    def __init__(self, pid: int) -> None:
        self._proc = Path(f"/proc/{pid}")

    def seconds(self) -> float:
        """What it has used of the processors."""
        fields = (self._proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        line = next(each for each in (self._proc / "status").read_text().splitlines() if "VmRSS" in each)
        return int(line.split()[1]) / 1_000


async def opened(port: int, key: str, count: int) -> list[Board]:
    loop = asyncio.get_running_loop()
    boards: list[Board] = []
    for start in range(0, count, TOGETHER):
        some = [Board(key) for _ in range(min(TOGETHER, count - start))]
        await asyncio.gather(*(loop.create_connection(lambda b=b: b, "127.0.0.1", port) for b in some))  # type: ignore[misc]
        await asyncio.gather(*(board.is_ready.wait() for board in some))
        boards += some
    await asyncio.sleep(1)
    return boards


async def all_told(boards: list[Board], changes: int) -> None:
    while any(board.changes < changes for board in boards):  # noqa: ASYNC110 - counted, not told
        await asyncio.sleep(0.002)


async def measure(server: Server, port: int, client: Client, boards: int, burst: int) -> None:
    await with_levels(client)
    for start in range(0, burst, BULK):
        await with_crowd(client, {f"lead {start + number}": 0 for number in range(BULK)})
    empty = server.megabytes()
    open_boards = await opened(port, client.key, boards)
    full = server.megabytes()
    say(f"{boards:,} boards: {full:.0f} MB in all, {(full - empty) * 1_000 / boards:.1f} KB each")
    used, begun = server.seconds(), time.perf_counter()
    for number in range(SINGLE):
        await with_score(client, f"lead {number}", 30)
        await all_told(open_boards, number + 1)
    each = (server.seconds() - used) / SINGLE / boards * 1e6
    say(
        f"one by one: {each:.1f} µs of the server for each change told, {SINGLE / (time.perf_counter() - begun):.0f} changes/s"
    )
    used, begun = server.seconds(), time.perf_counter()
    await asyncio.gather(*(_moved(client, start) for start in range(0, burst, BULK)))
    made = time.perf_counter() - begun
    await all_told(open_boards, SINGLE + burst)
    told = time.perf_counter() - begun
    messages = sum(board.messages for board in open_boards) / boards - SINGLE
    resyncs = sum(board.resyncs for board in open_boards)
    say(
        f"a burst of {burst:,}: made in {made:.1f} s, told in {told:.1f} s, in {messages:.0f} messages to each board; "
        f"{resyncs} had to resync; {server.seconds() - used:.1f} s of the server, {server.megabytes():.0f} MB"
    )


async def _moved(client: Client, start: int) -> None:
    adjustments = [{"lead": {"externalId": f"lead {start + number}"}, "delta": 30} for number in range(BULK)]
    await done(client, "adjustScores", "results { __typename }", adjustments=adjustments)


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - its purpose


async def main(data: Path, uri: str, boards: int, burst: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "TIERWIRE_MONGO_URI": uri,
        "TIERWIRE_RATE_LIMIT": "0",
        "TIERWIRE_DATA": str(data),
    }
    tierwire = str(Path(sys.executable).with_name("tierwire"))
    async with started(
        tierwire, "key", "create", "--role", "OWNER", "--name", "benchmark", env=environment
    ) as make:
        key = (await make.communicate())[0].decode().split()[-1]
    async with started(tierwire, "serve", "--port", str(port), env=environment) as process:
        url = f"http://127.0.0.1:{port}/graphql"
        await _serves(url.replace("graphql", "healthz"))
        client = Client(url, key)
        await measure(Server(process.pid), port, client, boards, burst)
        await client.close()


async def _serves(url: str) -> None:
    async with httpx.AsyncClient(verify=False) as http:
        while True:
            try:
                await http.get(url)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder, embedded_mongo(Path(folder)) as uri:
        uvloop.run(main(Path(folder), uri, *(numbers + [BOARDS, BURST][len(numbers) :])))
