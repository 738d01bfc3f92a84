"""A live operation over HTTP: the server-sent events of graphql-sse, one operation a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic

import orjson
from graphql import GraphQLError
from starlette.types import Receive, Send

from api.context import Context
from api.live.channels import Channels, Frame, Seat
from api.live.events.protocol import LiveConnection
from api.live.operations import Operation, Refused, join
from api.live.sockets.wire import Outbox
from domain.actors import Viewer

EVENTS = "text/event-stream"
HEADERS = {
    "content-type": f"{EVENTS}; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # or nginx keeps what should be told at once
}
COMPLETE = b"event: complete\ndata:\n\n"


def accepts_events(accept: str) -> bool:
    """Whether a header `Accept` names events, rather than allowing for anything."""
    return any(each.partition(";")[0].strip().casefold() == EVENTS for each in accept.split(","))


def event(frame: Frame) -> bytes:
    """A frame as the event that it is; its id is where one goes on who comes back."""
    position = b"id: %b\n" % frame.position.encode() if frame.position else b""
    return b"%bevent: next\ndata: %b\n\n" % (position, frame.payload)


def failure(errors: Sequence[GraphQLError]) -> bytes:
    """The events of an operation that is over because of these."""
    payload = orjson.dumps({"errors": [error.formatted for error in errors]})
    return event(Frame(payload)) + COMPLETE


class EventStream:
    """What one subscriber is told, until either has enough of it."""

    def __init__(self, viewer: Viewer, send: Send, connection: LiveConnection | None) -> None:
        self.viewer = viewer
        self.beat_at = monotonic()
        self._outbox = Outbox(send)
        self._outbox.on_drained = self._resume
        self._connection = connection
        self._seat: Seat | None = None
        self._has_begun = False
        self._over = asyncio.Event()

    @property
    def slow_since(self) -> float | None:
        return self._outbox.slow_since

    async def follow(self, asked: Operation, context: Context, channels: Channels, receive: Receive) -> None:
        """Tell all that there is to be told; raises Refused before anything was."""
        try:
            self._seat = await self._join(asked, context, channels)
            self._put(b"")
            await self._until_over(receive)
        finally:
            if self._seat:
                self._seat.leave()
            await self._outbox.finish()

    async def _join(self, asked: Operation, context: Context, channels: Channels) -> Seat:
        try:
            return await join(asked, context, channels, self)
        except Refused:
            raise
        except Exception as error:
            raise Refused(error) from error

    async def _until_over(self, receive: Receive) -> None:
        hearing = asyncio.create_task(self._hear(receive))
        if connection := self._connection:
            connection.on_stop = self.end
            if connection.is_stopping:
                self.end()
        try:
            await self._over.wait()
        finally:
            hearing.cancel()
            if connection:
                connection.on_stop = None

    async def _hear(self, receive: Receive) -> None:
        """Until the client leaves, or has the last event."""
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._over.set()

    def tell(self, frame: Frame) -> bool:
        if self.slow_since is not None:
            return False
        self._put(event(frame))
        return True

    def complete(self) -> None:
        self._put(COMPLETE, more=False)

    def fail(self, errors: Sequence[GraphQLError]) -> None:
        self._put(failure(errors), more=False)

    def beat(self, now: float) -> None:
        """Say that the connection stands, and how far its client was told everything."""
        self.beat_at = now
        seat = self._seat
        if seat and self.slow_since is None:
            position = None if seat.is_behind else seat.channel.cursor
            self._put(b":\nid: %b\n\n" % position.encode() if position else b":\n\n")

    def end(self) -> None:
        """Break off in the middle, so that the client comes back."""
        if self._connection:
            self._connection.cut()
        else:
            self._over.set()

    def _put(self, body: bytes, *, more: bool = True) -> None:
        if not self._has_begun:
            self._has_begun = True
            headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            self._outbox.put({"type": "http.response.start", "status": 200, "headers": headers})
        self._outbox.put({"type": "http.response.body", "body": body, "more_body": more}, len(body))

    def _resume(self) -> None:
        if self._seat:
            self._seat.resume()
