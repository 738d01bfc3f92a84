"""All who listen to this process, by socket or event stream: let in, kept alive, and closed when their time has come."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from dataclasses import dataclass
from random import uniform
from time import monotonic

import structlog
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from api.auth import REMEMBERED, Door
from api.context import Context, House
from api.errors import Denied
from api.live.channels import Channels
from api.live.events import protocol
from api.live.events.stream import EventStream
from api.live.operations import Operation, Refused
from api.live.sockets.messages import Breach
from api.live.sockets.socket import FORBIDDEN, TRY_AGAIN, Socket
from api.live.sockets.wire import EXTENSION, AsgiWire, Wire
from domain.actors import Role, Viewer
from persistence.mongo import Unreachable

SOCKETS = 20_000  # and event streams, open in one process: twice what it is to carry in 600 MB
KEY_SOCKETS = 15_000  # of them with one key, so that no key can take the process for itself
TURN = 200  # sockets looked at before others have their turn: some milliseconds' work when all are pinged
GONE_QUIET = 4408

FULL = "the server has as many sockets and event streams as it bears; try again in a moment"
KEY_FULL = f"the key has {KEY_SOCKETS:,} open sockets and event streams here, and may have no more"
NO_INIT = "connection_init did not come in time"
TOO_SLOW = "what was sent was not read; come back, and read faster"
SILENT = "nothing was heard after a ping"
REVOKED = "the key of this socket is no longer valid, or may something else"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a socket is waited for, in seconds."""

    init: float = 10.0  # for connection_init
    ping: float = (
        12.0  # between two pings: a board may call itself stale when it has heard of none for longer
    )
    silence: float = 8.0  # for any sign of life after a ping: what a phone needs to change its network
    stalled: float = 10.0  # for one that is slow to take what waits for it
    keys: float = REMEMBERED  # between two looks whether the keys still open anything
    beat: float = 1.0  # between two looks at all sockets


class Crowd:
    """The sockets and event streams, and the channels that they share."""

    def __init__(self, house: House, door: Door) -> None:
        self.channels = Channels()
        self.patience = Patience()
        self._house = house
        self._door = door
        self._sockets: set[Socket] = set()
        self._streams: set[EventStream] = set()
        self._of_key = Counter[str]()

    def __len__(self) -> int:
        return len(self._sockets) + len(self._streams)

    async def serve(self, websocket: WebSocket) -> None:
        """Speak with one that was accepted, until it is closed."""
        wire: Wire = websocket.scope.get("extensions", {}).get(EXTENSION) or AsgiWire(websocket.send)
        socket = Socket(wire, self._house, self._door, self.channels, websocket.headers, self._admit)
        # Pings are spread, for after a restart many come at once.
        socket.pinged_at -= uniform(0, self.patience.ping / 2)  # noqa: S311 - hides nothing
        if len(self) >= SOCKETS:
            wire.close(TRY_AGAIN, FULL)
        self._sockets.add(socket)
        try:
            await socket.converse(websocket.receive)
        finally:
            self._sockets.discard(socket)
            self._dismiss(socket.viewer)
            await wire.finish()

    async def stream(
        self, asked: Operation, context: Context, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer a request by events, until there are no more or its client leaves; raises Refused before the first."""
        viewer = context.allow(Role.VIEWER)
        if len(self) >= SOCKETS:
            raise Refused(Denied("UNAVAILABLE", FULL))
        if self._of_key[viewer.credential] >= KEY_SOCKETS:
            raise Refused(Denied("RATE_LIMITED", KEY_FULL))
        stream = EventStream(viewer, send, scope.get("extensions", {}).get(protocol.EXTENSION))
        self._of_key[viewer.credential] += 1
        self._streams.add(stream)
        try:
            await stream.follow(asked, context, self.channels, receive)
        finally:
            self._streams.discard(stream)
            self._dismiss(viewer)

    def _admit(self, viewer: Viewer) -> None:
        if self._of_key[viewer.credential] >= KEY_SOCKETS:
            raise Breach(TRY_AGAIN, KEY_FULL)
        self._of_key[viewer.credential] += 1

    def _dismiss(self, viewer: Viewer | None) -> None:
        if viewer:
            self._of_key[viewer.credential] -= 1
            if not self._of_key[viewer.credential]:
                del self._of_key[viewer.credential]

    async def keep(self) -> None:
        """Look after all of them, for as long as the process serves."""
        await asyncio.gather(self._look_at_all(), self._look_at_keys())

    async def _look_at_all(self) -> None:
        while True:
            await asyncio.sleep(self.patience.beat)
            everybody: list[Socket | EventStream] = [*self._sockets, *self._streams]
            for at, each in enumerate(everybody, 1):
                self._look_at(each, monotonic())
                if at % TURN == 0:
                    await asyncio.sleep(0)

    def _look_at(self, each: Socket | EventStream, now: float) -> None:
        if isinstance(each, Socket):
            self._look_at_socket(each, now)
        else:
            self._look_at_stream(each, now)

    def _look_at_socket(self, socket: Socket, now: float) -> None:
        wire, patience = socket.wire, self.patience
        if not socket.is_greeted:
            if now - socket.opened_at > patience.init:
                wire.close(GONE_QUIET, NO_INIT)
        elif wire.slow_since is not None:
            if now - wire.slow_since > patience.stalled:
                wire.close(TRY_AGAIN, TOO_SLOW)
        elif socket.pinged_at > wire.heard_at:
            if now - socket.pinged_at > patience.silence:
                wire.close(GONE_QUIET, SILENT)
        elif now - socket.pinged_at > patience.ping:
            socket.ping(now)

    def _look_at_stream(self, stream: EventStream, now: float) -> None:
        if stream.slow_since is not None and now - stream.slow_since > self.patience.stalled:
            stream.end()
        elif now - stream.beat_at > self.patience.ping:
            stream.beat(now)

    async def _look_at_keys(self) -> None:
        looked = monotonic()
        while True:
            await asyncio.sleep(self.patience.beat)
            if monotonic() - looked >= self.patience.keys:
                await self._look_once_at_keys()
                looked = monotonic()

    async def _look_once_at_keys(self) -> None:
        try:
            await self._close_the_revoked()
        except Exception as error:  # noqa: BLE001 - whatever it is, the keys must be looked at again
            error_id = uuid.uuid4().hex[:12]
            _log.error("the keys of open sockets could not be looked at", error_id=error_id, exc_info=error)

    async def _close_the_revoked(self) -> None:
        asked = set(self._of_key)  # and not of keys that come while the answer does
        try:
            viewers = await self._door.viewers(asked)
        except Unreachable:
            return  # a database that is away revokes nothing
        for socket in list(self._sockets):
            viewer = socket.viewer
            if viewer and viewer.credential in asked and not viewer.is_as(viewers.get(viewer.credential)):
                socket.wire.close(FORBIDDEN, REVOKED)
        for stream in list(self._streams):
            if not stream.viewer.is_as(viewers.get(stream.viewer.credential)):
                stream.end()
