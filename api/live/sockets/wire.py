"""How a socket is written to: what every wire can, and the one that any ASGI server offers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from time import monotonic
from typing import Any, Protocol

EXTENSION = "tierwire.wire"  # where in a scope's extensions a server offers a wire of its own
SLOW = 4_000_000  # bytes that wait for one socket before it is told no more: what a burst of 10,000 changes comes to
REASON = 123  # bytes that a closing frame has for its reason
CLOSING = 1.0  # seconds that a closing socket has to take what still waits for it

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Wire(Protocol):
    """One socket, as one writes to it."""

    heard_at: float  # when anything came in last, by the monotonic clock
    slow_since: float | None  # since when it takes no frames; None while it does
    on_drained: Callable[[], None]  # called when it takes frames again

    def tell(self, prefix: bytes, payload: bytes) -> bool:
        """Write prefix, payload and a closing brace as one message, unless the socket is slow."""

    def push(self, text: bytes) -> None:
        """Write a message at once; for what is small, and must be said."""

    async def ready(self) -> None:
        """Wait until the socket takes more."""

    async def send_text(self, text: bytes) -> None:
        """Write a message as soon as the socket takes more."""

    def close(self, code: int, reason: str) -> None:
        """Say so, and see that the socket is gone a moment later, whatever the peer does."""

    async def finish(self) -> None:
        """Leave nothing running."""


class Outbox:
    """What waits for a server's `send`: sent in order, by a task that lasts as long as something waits."""

    def __init__(self, send: Send) -> None:
        self.slow_since: float | None = None
        self.on_drained: Callable[[], None] = lambda: None
        self._send = send
        self._waiting: deque[tuple[MutableMapping[str, Any], int]] = deque()
        self._size = 0
        self._room = asyncio.Event()
        self._room.set()
        self._work: asyncio.Task[None] | None = None
        self._is_gone = False

    def put(self, event: MutableMapping[str, Any], size: int = 0) -> None:
        """Have it sent; *size* is what it weighs, in bytes."""
        if self._is_gone:
            return
        self._size += size
        if self._size > SLOW and self.slow_since is None:
            self.slow_since = monotonic()
            self._room.clear()
        self._waiting.append((event, size))
        if self._work is None:
            self._work = asyncio.create_task(self._write())

    async def ready(self) -> None:
        """Wait until more may be put in."""
        await self._room.wait()

    async def finish(self) -> None:
        """Leave nothing running."""
        if self._work:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._work, CLOSING)

    async def _write(self) -> None:
        # A connection that is gone refuses what is written to it in many ways; its end is heard where it is read.
        try:
            while self._waiting:
                event, size = self._waiting.popleft()
                await self._send(event)
                self._written(size)
            self._work = None
        except (OSError, RuntimeError):
            self._is_gone = True
            self._waiting.clear()
            self._room.set()  # who waits to write more must not do so for ever

    def _written(self, size: int) -> None:
        self._size -= size
        if self.slow_since is not None and self._size < SLOW // 4:
            self.slow_since = None
            self._room.set()
            self.on_drained()


class AsgiWire(Outbox):
    """Through the server's `send`."""

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self.heard_at = monotonic()

    def tell(self, prefix: bytes, payload: bytes) -> bool:
        if self.slow_since is not None:
            return False
        self.push(prefix + payload + b"}")
        return True

    def push(self, text: bytes) -> None:
        self.put({"type": "websocket.send", "text": text.decode()}, len(text))

    async def send_text(self, text: bytes) -> None:
        await self.ready()
        self.push(text)

    def close(self, code: int, reason: str) -> None:
        self.put({"type": "websocket.close", "code": code, "reason": shortened(reason)})


def shortened(reason: str) -> str:
    """As much of the reason as a closing frame holds."""
    return reason.encode()[:REASON].decode(errors="ignore")
