"""Sockets as the tests of their lives need them: raw, impatiently served, and counted."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from api.live.sockets.crowd import Patience
from tests.api.sockets import PATIENCE, Json, init, opened, subscribe
from tests.api.subscriptions.boards import TIERS
from tests.client import is_beginning
from tests.conftest import Served


def hasten(served: Served, **patience: float) -> None:
    """Have the server wait for sockets no longer than that, and look at them all the time."""
    served.crowd.patience = Patience(**{"beat": 0.01, "keys": 0.05, **patience})


@asynccontextmanager
async def greeted(served: Served, key: str, **options: Any) -> AsyncIterator[ClientConnection]:
    """A socket on which connection_init was acknowledged; whatever comes on it, pings too, is for the test to read."""
    async with opened(served.url, **options) as opening:
        await opening.send(init(key))
        assert (await said(opening))["type"] == "connection_ack"
        yield opening


@asynccontextmanager
async def deaf(served: Served, key: str, query: str = TIERS) -> AsyncIterator[ClientConnection]:
    """A board on a socket of which next to nothing is ever read, unless the test reads it."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    narrow.setblocking(False)
    address = served.url.removeprefix("http://").partition("/")[0].split(":")
    await asyncio.get_running_loop().sock_connect(narrow, (address[0], int(address[1])))
    options = {"sock": narrow, "max_queue": 1, "close_timeout": 0.1, "max_size": None}
    async with greeted(served, key, **options) as board:
        await board.send(subscribe("deaf", query))
        yield board


async def said(opening: ClientConnection) -> Json:
    """The next message, pings too, but for that a board has begun."""
    while True:
        message: Json = json.loads(await asyncio.wait_for(opening.recv(), PATIENCE))
        if not is_beginning(message):
            return message


async def closed(opening: ClientConnection) -> tuple[int, str]:
    """The code and the reason that the server closes with, whatever it says before."""
    end = None
    try:
        while True:
            await asyncio.wait_for(opening.recv(), PATIENCE)
    except ConnectionClosed as closing:
        end = closing.rcvd
    assert end, "the connection was cut without a word"
    return end.code, end.reason


async def until(condition: Callable[[], object]) -> None:
    """Wait for what tells nobody when it is so."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
