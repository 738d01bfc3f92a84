"""A GraphQL client as a caller would write it: HTTP for operations, graphql-transport-ws for subscriptions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PROTOCOL = Subprotocol("graphql-transport-ws")


class Client:
    """Speaks to the server at *url* with *key*."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key
        # Nothing here is encrypted, and to read the certificates would take longer than most tests.
        self._http = httpx.AsyncClient(headers={"authorization": f"Bearer {key}"}, timeout=30, verify=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def answer(self, document: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, errors and all."""
        response = await self._http.post(self.url, json={"query": document, "variables": variables})
        answer: dict[str, Any] = response.json()
        return answer

    async def __call__(self, document: str, **variables: Any) -> Any:
        """The data; an answer with errors fails the test. With one root field, that field's value."""
        answer = await self.answer(document, **variables)
        assert "errors" not in answer, answer["errors"]
        data = answer["data"]
        return next(iter(data.values())) if len(data) == 1 else data

    async def error(self, document: str, **variables: Any) -> str:
        """The message of the one error."""
        answer = await self.answer(document, **variables)
        (error,) = answer["errors"]
        message: str = error["message"]
        return message

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[ClientConnection]:
        """A socket on which connection_init was acknowledged."""
        url = self.url.replace("http", "ws", 1)
        async with connect(url, subprotocols=[PROTOCOL], ping_interval=None) as socket:
            payload = {"authorization": f"Bearer {self.key}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            yield socket

    @asynccontextmanager
    async def subscribe(self, document: str, **variables: Any) -> AsyncIterator[AsyncIterator[Any]]:
        """The values of the one field that is subscribed to, as they come, but for that it has begun."""
        async with self.socket() as socket:
            payload = {"query": document, "variables": variables}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            # A query on the same socket is answered after the subscription has begun.
            await socket.send(
                json.dumps({"id": "2", "type": "subscribe", "payload": {"query": "{__typename}"}})
            )
            early = []
            while (message := json.loads(await socket.recv())).get("id") != "2" or message[
                "type"
            ] != "complete":
                early.append(message)
            yield _values(socket, [message for message in early if message.get("id") == "1"])


async def _values(socket: ClientConnection, early: list[dict[str, Any]]) -> AsyncIterator[Any]:
    for message in early:
        if not is_beginning(message):
            yield _value(message)
    async for text in socket:
        message = json.loads(text)
        if message["type"] == "complete":
            return
        if message["type"] == "ping":
            await socket.send('{"type": "pong"}')
        elif not is_beginning(message):
            yield _value(message)


def is_beginning(message: dict[str, Any]) -> bool:
    """Whether it only tells a board of tier changes that it has begun."""
    data = message["payload"].get("data") if message["type"] == "next" else None
    told = (data or {}).get("leadTierChanged") or {}
    return told.get("changes") == []


def _value(message: dict[str, Any]) -> Any:
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    return next(iter(message["payload"]["data"].values()))
