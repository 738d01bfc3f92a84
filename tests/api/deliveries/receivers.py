"""Receivers of HTTP on the loopback that note what they are sent, byte for byte, and answer as the test has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def answer(status: int, **headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status} Said",
        *(f"{name.replace('_', '-')}: {said}" for name, said in headers.items()),
    ]
    return "\r\n".join([*lines, "content-length: 0", "", ""]).encode()


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


Answers = Callable[[Request], bytes | None]  # None is none at all: the request stays open


@dataclass(slots=True)
class Receiver:
    """A server at `url`; `hello` is what came over connections that speak no HTTP."""

    answers: Answers
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    hello: bytes = b""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while request := await self._read(reader):
                self.requests.append(request)
                said = self.answers(request)
                if said is None:
                    return
                writer.write(said)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Request | None:
        first = await reader.readexactly(1)
        if not first.isalpha():
            self.hello = first + await reader.read(4_096)
            raise ConnectionResetError
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        # Values as they were sent: only names are without case.
        headers = {name: line.split(": ", 1)[1] for name, line in zip(headers, head[1:], strict=False)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(head[0].split()[1], headers, body)

    async def close(self) -> None:
        for writer in self._open:
            writer.close()


@asynccontextmanager
async def receiving(answers: Answers | bytes | None = OK, host: str = "127.0.0.1") -> AsyncIterator[Receiver]:
    """A receiver with these answers, as long as the context lasts."""
    receiver = Receiver(answers if callable(answers) else lambda _: answers)
    server = await asyncio.start_server(receiver._connected, host, 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await receiver.close()


def in_turn(answers: Sequence[bytes]) -> Answers:
    """One answer after the other, the last of them for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]
