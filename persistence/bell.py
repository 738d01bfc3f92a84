"""Bells: they tell whoever does the work, in this process or in one beside it, that there is some.

They are a courtesy. Who does not hear one finds the work all the same, when it next looks.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path


class Bell:
    """Rung where there is work; heard by whoever waits, and where a line leads elsewhere, at its other end."""

    def __init__(self, line: Line | None = None, name: str = "") -> None:
        self._line = line
        self._name = name
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """There may be something to do."""
        self._rung.set()
        if self._line:
            self._line.ring(self._name)

    async def wait(self, seconds: float) -> None:
        """Until it rings, or that time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()


class Line:
    """Rings the bells of another process on this machine, by their names, through the socket at that path."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def ring(self, name: str) -> None:
        # Who is not there looks when it begins; who has not yet heard those before is about to look.
        with suppress(OSError):
            self._socket.sendto(name.encode(), self._path)

    def close(self) -> None:
        self._socket.close()


@asynccontextmanager
async def answered(path: Path, bells: Mapping[str, Bell]) -> AsyncIterator[None]:
    """What others ring through the socket at that path rings here, as long as the context lasts."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Ringing(bells), sock=_listening(path))
    try:
        yield
    finally:
        transport.close()


def _listening(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)  # of one who was killed
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(path))
    return listening


class _Ringing(asyncio.DatagramProtocol):
    def __init__(self, bells: Mapping[str, Bell]) -> None:
        self._bells = bells

    def datagram_received(self, data: bytes, _: object) -> None:
        if bell := self._bells.get(data.decode(errors="replace")):
            bell.ring()
