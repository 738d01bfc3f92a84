"""Sockets as no well-behaved client would use them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.client import PROTOCOL, is_beginning

Json = dict[str, Any]

PATIENCE = 10  # seconds until a test that waits for an answer fails


@asynccontextmanager
async def opened(url: str, **more: Any) -> AsyncIterator[ClientConnection]:
    """A socket to the endpoint at *url*, on which nothing was said yet."""
    options: Json = {"subprotocols": [PROTOCOL], "ping_interval": None, **more}
    async with connect(url.replace("http", "ws", 1), **options) as socket:
        yield socket


async def heard(socket: ClientConnection) -> Json:
    """The next message, but for that a board has begun, and for the empty levels of a new workspace.

    The feed may still tell of those.

    A ping is answered, as every client would.
    """
    while True:
        message: Json = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
        if message["type"] == "ping":
            await socket.send('{"type": "pong"}')
        elif not is_beginning(message) and not _is_empty(message):
            return message


def _is_empty(message: Json) -> bool:
    data = message["payload"].get("data") if message["type"] == "next" else None
    level_set: Json = (data or {}).get("levelSetChanged") or {}
    return level_set.get("version") == 0


async def closing_code(socket: ClientConnection) -> int | None:
    """The code that the server closes the socket with, whatever it says before; None when it just goes away."""
    try:
        while True:
            await asyncio.wait_for(socket.recv(), PATIENCE)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def init(key: str) -> str:
    """The message that opens a conversation."""
    return json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}})


def subscribe(name: str, query: str, **variables: Any) -> str:
    """The message that begins an operation under that name."""
    payload = {"query": query, "variables": variables}
    return json.dumps({"id": name, "type": "subscribe", "payload": payload})
