"""Sockets as the standard clients open them, and as networks cut them."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from random import Random

from websockets.asyncio.client import ClientConnection, connect

from tests.client import PROTOCOL

FATAL = {4500, 4400, 4401, 4406, 4409, 4429, 4004, 4005}  # after these graphql-ws never comes back
PASSING = {1000, 1001, 1005, 1006, 1012, 1013, 1014}  # and after these of 1xxx alone it does
PATIENCE = 30.0  # seconds for a socket to be opened and acknowledged; a server may be without its database
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of 0: the peer is told of nothing but the connection's end


def is_fatal(code: int) -> bool:
    return code in FATAL or (code < 2000 and code not in PASSING)


def subscribe(name: str, query: str, **variables: object) -> str:
    payload = {"query": query, "variables": variables}
    return json.dumps({"id": name, "type": "subscribe", "payload": payload})


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where a workspace is entered: at any process, with its key."""

    workspace: str
    key: str
    addresses: Sequence[str]


@asynccontextmanager
async def opened(entrance: Entrance, random: Random) -> AsyncIterator[ClientConnection]:
    """A socket to any process, acknowledged."""
    async with connect(
        f"ws://{random.choice(entrance.addresses)}/graphql",
        subprotocols=[PROTOCOL],
        ping_interval=None,
        open_timeout=PATIENCE,
        close_timeout=1,
        proxy=None,
    ) as socket:
        init = {"type": "connection_init", "payload": {"authorization": f"Bearer {entrance.key}"}}
        await socket.send(json.dumps(init))
        async with asyncio.timeout(PATIENCE):
            while json.loads(await socket.recv())["type"] != "connection_ack":
                await socket.send('{"type":"pong"}')
        yield socket


def reset(socket: ClientConnection) -> None:
    """Cut the connection as a network does that says nothing."""
    raw = socket.transport.get_extra_info("socket")
    with suppress(OSError):  # it is closed already, by another who has cut it
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, RESET)
    socket.transport.abort()
