"""One socket: a conversation by graphql-transport-ws, and what is under way in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.types import Receive
from strawberry.types.execution import PreExecutionError

from api.auth import Door, authorization
from api.context import Context, House
from api.errors import Denied, explained
from api.live.channels import Channels, Frame, Seat
from api.live.operations import Operation, Refused, encoded, join
from api.live.sockets.messages import (
    Breach,
    Complete,
    Init,
    Message,
    Payload,
    Ping,
    Pong,
    Subscribe,
    message_of,
    pong,
)
from api.live.sockets.wire import Wire
from api.schema import schema
from domain.actors import Viewer

OPERATIONS = 100  # under way on one socket: a page full of boards
TOO_MANY = f"a socket bears at most {OPERATIONS} operations at a time; complete one, or open another socket"
FORBIDDEN, TRY_AGAIN = 4403, 1013


class UnderWay:
    """An operation on a socket: it is told frames if it is live, or answered once."""

    __slots__ = ("_prefix", "_socket", "id", "seat", "work")

    def __init__(self, socket: Socket, name: str) -> None:
        self.id = name
        self.seat: Seat | None = None
        self.work: asyncio.Task[None] | None = None
        self._socket = socket
        self._prefix = b'{"id":%b,"type":"next","payload":' % orjson.dumps(name)

    def tell(self, frame: Frame) -> bool:
        return self._socket.wire.tell(self._prefix, frame.payload)

    async def answer(self, payload: bytes) -> None:
        await self._socket.wire.send_text(self._prefix + payload + b"}")
        self.complete()

    def complete(self) -> None:
        self._socket.end(self, {"id": self.id, "type": "complete"})

    def fail(self, errors: Sequence[GraphQLError]) -> None:
        payload = [error.formatted for error in errors]
        self._socket.end(self, {"id": self.id, "type": "error", "payload": payload})

    def stop(self) -> None:
        """Have nothing of it go on."""
        if self.work:
            self.work.cancel()
        if self.seat:
            self.seat.leave()


class Socket:
    """Speaks with one client, until either has enough of it."""

    def __init__(
        self,
        wire: Wire,
        house: House,
        door: Door,
        channels: Channels,
        headers: Mapping[str, str],
        admit: Callable[[Viewer], None],
    ) -> None:
        self.wire = wire
        self.viewer: Viewer | None = None
        self.is_greeted = False
        self.opened_at = self.pinged_at = wire.heard_at
        self._house = house
        self._door = door
        self._channels = channels
        self._headers = headers
        self._admit = admit
        self._under_way: dict[str, UnderWay] = {}
        wire.on_drained = self._resume

    async def converse(self, receive: Receive) -> None:
        """Hear whatever is said, until the socket is closed from one side or the other."""
        try:
            while (event := await receive())["type"] == "websocket.receive":
                # A wire of our own server has noted it already; no other would.
                self.wire.heard_at = monotonic()
                await self._hear(message_of(event.get("text")))
        except Breach as breach:
            self.wire.close(breach.code, breach.reason)
        finally:
            for operation in list(self._under_way.values()):
                operation.stop()
            self._under_way.clear()

    async def _hear(self, message: Message) -> None:
        match message:
            case Init():
                await self._greet(message.payload)
            case Ping():
                await self.wire.send_text(pong(message.payload))
            case Subscribe():
                # Who reads no answers gets none heaped up: refusals are written at once, and are no operation to count.
                await self.wire.ready()
                await self._subscribe(message)
            case Complete():
                if operation := self._under_way.pop(message.id, None):
                    operation.stop()
            case Pong():
                pass

    async def _greet(self, payload: Payload) -> None:
        if self.is_greeted:
            raise Breach(4429, "Too many initialisation requests")
        self.is_greeted = True
        try:
            viewer = await self._door.enter(authorization(self._headers, payload))
        except Denied as denied:
            raise Breach(
                FORBIDDEN if denied.code == "UNAUTHENTICATED" else TRY_AGAIN, denied.message
            ) from denied
        self._admit(viewer)
        self.viewer = viewer
        self.wire.push(b'{"type":"connection_ack"}')

    async def _subscribe(self, message: Subscribe) -> None:
        if self.viewer is None:
            raise Breach(4401, "Unauthorized: connection_init comes first")
        if message.id in self._under_way:
            raise Breach(4409, f"Subscriber for {message.id} already exists")
        operation = self._under_way[message.id] = UnderWay(self, message.id)
        if len(self._under_way) > OPERATIONS:
            operation.fail(explained(GraphQLError(TOO_MANY)))
            return
        try:
            await self._door.count(self.viewer)
        except Denied as denied:
            operation.fail([denied])
            return
        context = Context(self._house, self.viewer)
        operation.work = asyncio.create_task(self._begin(operation, message.operation, context))
        # Its first turn is now: what is asked later is begun later.
        await asyncio.sleep(0)

    async def _begin(self, operation: UnderWay, asked: Operation, context: Context) -> None:
        try:
            if asked.is_live:
                operation.seat = await join(asked, context, self._channels, operation)
                operation.work = None
            else:
                await self._answer(operation, asked, context)
        except Refused as refused:
            operation.fail(refused.errors)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client must know
            operation.fail(explained(error))

    async def _answer(self, operation: UnderWay, asked: Operation, context: Context) -> None:
        result: Any = await schema.execute(
            asked.query, dict(asked.variables), context, operation_name=asked.name
        )
        if isinstance(result, PreExecutionError):
            operation.fail(result.errors or ())
        else:
            await operation.answer(encoded(result))

    def end(self, operation: UnderWay, message: Mapping[str, Any]) -> None:
        """Forget the operation, and say how it ended; its id is free again."""
        if self._under_way.get(operation.id) is operation:
            del self._under_way[operation.id]
            self.wire.push(orjson.dumps(message))

    def ping(self, now: float) -> None:
        """Ask for a sign of life, and say how far the client was told everything."""
        self.pinged_at = now
        payload = {"at": self._house.clock().isoformat(), "cursor": self._cursor()}
        self.wire.push(orjson.dumps({"type": "ping", "payload": payload}))

    def _cursor(self) -> str | None:
        """None while one of its boards is being told what it missed."""
        seats = [operation.seat for operation in self._under_way.values() if operation.seat]
        if any(seat.is_behind for seat in seats):
            return None
        told = [seat.channel.cursor for seat in seats]
        return min((each for each in told if each is not None), default=self._house.hub.cursor)

    def _resume(self) -> None:
        for operation in self._under_way.values():
            if operation.seat:
                operation.seat.resume()
