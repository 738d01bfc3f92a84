"""Boards over WebSocket: each comes back whatever becomes of its socket, as the standard clients do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from itertools import count
from random import Random

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.soak.pages import QUESTIONS
from tests.soak.pageviews import BoardView
from tests.soak.record import Record
from tests.soak.tenants import Json, Refused, Trouble, value
from tests.soak.views import TierView, View
from tests.soak.wire import Entrance, is_fatal, opened, reset, subscribe

BOARD = "board"


class Board:
    """One board of a workspace, kept true by its view."""

    def __init__(self, name: str, entrance: Entrance, view: View, record: Record, random: Random) -> None:
        self.name = name
        self.workspace = entrance.workspace
        self.view = view
        self._entrance = entrance
        self._record = record
        self._random = random
        self._socket: ClientConnection | None = None
        self._awake = asyncio.Event()
        self._awake.set()
        self._reads = count(1)
        self._reading = ""

    async def live(self) -> None:
        """Until cancelled."""
        while True:
            try:
                async with opened(self._entrance, self._random) as self._socket:
                    await self._follow(self._socket)
            except ConnectionClosed as closed:
                self._closed(closed.rcvd.code if closed.rcvd else 1006)
            except (OSError, TimeoutError, InvalidHandshake, InvalidMessage) as error:
                self._record.did(f"sockets not opened ({type(error).__name__})")
            self._socket = None
            await asyncio.sleep(self._random.uniform(0, 0.5))

    def _closed(self, code: int) -> None:
        self._record.did(f"sockets closed with {code}")
        if is_fatal(code):
            self._record.wrong(
                f"{self.name}: its socket was closed with {code}, which clients take for final"
            )

    async def _follow(self, socket: ClientConnection) -> None:
        variables = self.view.variables()
        self._record.did("subscriptions resumed" if "after" in variables else "subscriptions begun")
        await socket.send(subscribe(BOARD, self.view.document, **variables))
        if self.view.must_read:
            await self._read(socket)
        while True:
            message = json.loads(await socket.recv())
            await self._awake.wait()
            await self._heard(socket, message)

    async def _read(self, socket: ClientConnection) -> None:
        """On the same socket, so that it is answered after the subscription has begun."""
        self._reading = f"read {next(self._reads)}"
        await socket.send(subscribe(self._reading, self.view.query))

    async def _heard(self, socket: ClientConnection, message: Json) -> None:
        match message:
            case {"type": "ping"}:
                await socket.send(json.dumps({"type": "pong"}))
            case {"type": "next", "id": "board", "payload": {"data": dict(data)}}:
                await self._told(socket, next(iter(data.values())))
            case {"type": "next", "id": str(name), "payload": payload} if name == self._reading:
                await self._answered(socket, payload)
            case {"type": "error", "id": str(name), "payload": errors} if name == self._reading:
                await self._answered(socket, {"errors": errors})
            case {"id": "board"}:
                self._record.wrong(f"{self.name}: its subscription ended with {message}")
                await socket.close()

    async def _told(self, socket: ClientConnection, update: Json) -> None:
        self._record.did("updates delivered")
        before = self.view.delivered
        reason = self.view.told(update)
        self._record.did("changes delivered", self.view.delivered - before)
        if reason is not None:
            self._record.did(f"told to read afresh: {reason}")
            await self._read(socket)

    async def _answered(self, socket: ClientConnection, payload: Json) -> None:
        try:
            self.view.read(value(payload))
        except Refused as refused:
            self._record.wrong(f"{self.name}: it may not read: {refused}")
            await socket.close()
        except Trouble as trouble:
            self._record.did(f"reads asked again ({trouble})")
            await asyncio.sleep(self._random.uniform(0, 0.5))
            await self._read(socket)

    def cut(self) -> None:
        if self._socket:
            reset(self._socket)

    def reload(self) -> None:
        """Cut, and come back without a memory."""
        self.cut()
        self.view.forget()

    async def freeze(self, seconds: float) -> None:
        """Neither read nor answer for so long."""
        frozen = self._socket
        self._awake.clear()
        if frozen:
            frozen.transport.pause_reading()
        await asyncio.sleep(seconds)
        if frozen:
            frozen.transport.resume_reading()
        self._awake.set()


TIERS: tuple[Callable[[], View], ...] = (
    TierView,
    partial(TierView, "ENGAGEMENT"),
    partial(TierView, levels=["Hot", "Very Hot"]),
    partial(TierView, "PROFILE"),
)
PAGES: tuple[Callable[[], View], ...] = tuple(partial(BoardView, each) for each in QUESTIONS)


def boards_of(entrance: Entrance, number: int, record: Record, seed: str) -> list[Board]:
    """So many boards of a workspace, of every kind in turn."""
    names = [f"{entrance.workspace} board {n}" for n in range(1, number + 1)]
    return [
        Board(name, entrance, _kind(n)(), record, Random(f"{seed} {name}")) for n, name in enumerate(names)
    ]


def _kind(number: int) -> Callable[[], View]:
    """The one and the other in turn."""
    kinds = PAGES if number % 2 else TIERS
    return kinds[number // 2 % len(kinds)]
