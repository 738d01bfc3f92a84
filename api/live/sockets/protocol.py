"""WebSockets under uvicorn, for boards: frames straight to the transport, and no reader that is stalled for ever."""

from __future__ import annotations

import asyncio
import random
from asyncio.transports import BaseTransport
from collections.abc import Callable
from struct import Struct
from time import monotonic
from typing import Any, cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from api.live.sockets.wire import CLOSING, EXTENSION, SLOW, shortened

SHARED = 2_048  # bytes from which on a payload is handed on as it is instead of being copied into each frame
SPREAD = (
    5.0  # seconds over which the sockets of a server that stops are closed, that not all come back at once
)
PACE = 500  # sockets that are closed a second, if there are fewer than would take that long
STOPPING = "the server stops; come back to another, or in a moment"
FINAL_TEXT = 0x81  # the first byte of a text message in one frame
SHORT, MEDIUM = 125, 65_535  # lengths that fit the second byte, and two bytes more
_MEDIUM, _LONG = Struct("!BBH"), Struct("!BBQ")


class LiveProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, and a wire to those who write to its socket.

    uvicorn waits for ever for a peer that takes nothing: here a socket is gone a moment after it was closed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heard_at = monotonic()
        self.slow_since: float | None = None
        self.on_drained: Callable[[], None] = _nothing

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=SLOW)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            cast("dict[str, Any]", self.scope["extensions"])[EXTENSION] = self

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        # uvicorn takes a handshake that was refused in words for one that was forgotten, and complains in its log.
        self.handshake_complete = self.handshake_complete or self.close_sent

    def data_received(self, data: bytes) -> None:
        self.heard_at = monotonic()
        super().data_received(data)

    def pause_writing(self) -> None:
        self.slow_since = monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        self.slow_since = None
        super().resume_writing()
        self.on_drained()

    @property
    def is_closing(self) -> bool:
        return self.close_sent or self.transport.is_closing()

    def tell(self, prefix: bytes, payload: bytes) -> bool:
        if self.slow_since is not None:
            return False
        if not self.is_closing:
            head = _head(len(prefix) + len(payload) + 1)
            if len(payload) < SHARED:
                self.transport.write(b"".join((head, prefix, payload, b"}")))
            else:
                self.transport.writelines((head + prefix, payload, b"}"))
        return True

    def push(self, text: bytes) -> None:
        if not self.is_closing:
            self.transport.write(_head(len(text)) + text)

    async def ready(self) -> None:
        await self.writable.wait()

    async def send_text(self, text: bytes) -> None:
        await self.ready()
        self.push(text)

    def close(self, code: int, reason: str) -> None:
        if self.is_closing:
            return
        reason = shortened(reason)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            # The peer's own closing frame must be heard.
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSING, self.transport.abort)

    async def finish(self) -> None:
        pass

    def shutdown(self) -> None:
        """Close, at a moment of its own."""
        if self.handshake_complete and not self.is_closing:
            delay = random.uniform(0, min(SPREAD, len(self.connections) / PACE))  # noqa: S311 - spreads, and hides nothing
            self.loop.call_later(delay, self.close, 1012, STOPPING)
        else:
            super().shutdown()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        if not self.disconnected:
            # What still waits is taken by then, or never.
            self.loop.call_later(CLOSING, self.transport.abort)


def _head(size: int) -> bytes:
    """What stands before a text of that many bytes."""
    if size <= SHORT:
        return bytes((FINAL_TEXT, size))
    if size <= MEDIUM:
        return _MEDIUM.pack(FINAL_TEXT, SHORT + 1, size)
    return _LONG.pack(FINAL_TEXT, SHORT + 2, size)


def _nothing() -> None:
    pass
