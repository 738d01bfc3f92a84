"""Event streams, as a client without a library reads them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx

from tests.api.calls import Json
from tests.api.sockets import PATIENCE
from tests.api.subscriptions.boards import TIERS

EVENTS = "text/event-stream"


class Events:
    """The events of one answer, each a dictionary of its fields; the `comment` of one that is none is its colon."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def heard(self) -> Json:
        """The next event, comments too; fails when there is no other."""
        fields: Json = {}
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                if not line:
                    return fields
                name, _, value = line.partition(":")
                fields[name or "comment"] = value.removeprefix(" ")
        raise EOFError

    async def told(self) -> Json:
        """What the next event tells: the value of the one field that is subscribed to."""
        event = await self.heard()
        assert event["event"] == "next", event
        payload: Json = json.loads(event["data"])
        assert "errors" not in payload, payload
        value: Json = next(iter(payload["data"].values()))
        return value

    async def ends(self) -> list[Json]:
        """The events until it is cut off in the middle."""
        events = []
        try:
            while True:
                events.append(await self.heard())
        except httpx.RemoteProtocolError:
            return events


@asynccontextmanager
async def following(
    url: str, key: str, query: str = TIERS, headers: dict[str, str] | None = None, **variables: Any
) -> AsyncIterator[Events]:
    """The answer by events to a subscription."""
    given = {"authorization": f"Bearer {key}", "accept": EVENTS, **(headers or {})}
    body = {"query": query, "variables": variables}
    async with (
        httpx.AsyncClient(verify=False, timeout=PATIENCE) as http,
        http.stream("POST", url, json=body, headers=given) as response,
    ):
        events = Events(response)
        async with aclosing(events._lines):  # type: ignore[type-var]
            yield events
