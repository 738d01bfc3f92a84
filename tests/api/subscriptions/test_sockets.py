"""One socket carries several subscriptions, within bounds, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

import pytest

from tests.api.conftest import Serve
from tests.api.scenes import with_levels, with_score
from tests.api.sockets import PATIENCE, closing_code, heard, init, opened, subscribe
from tests.api.subscriptions.boards import LEVEL_SETS, TIERS
from tests.client import Client
from tests.conftest import Served


class TestSockets:
    async def test_one_socket_carries_several_subscriptions_and_each_ends_by_itself(
        self, client: Client
    ) -> None:
        async with opened(client.url) as socket:
            await socket.send(init(client.key))
            await heard(socket)
            await socket.send(subscribe("tiers", TIERS))
            await socket.send(subscribe("levels", LEVEL_SETS))
            await socket.send(subscribe("asked", "{ viewer { role } }"))
            assert [(await heard(socket))["type"] for _ in range(2)] == ["next", "complete"]

            await with_levels(client)
            assert (await heard(socket))["id"] == "levels"
            await with_score(client, "a", 30)
            assert (await heard(socket))["id"] == "tiers"
            await socket.send(json.dumps({"id": "levels", "type": "complete"}))
            await socket.send('{"type": "ping"}')
            assert await heard(socket) == {"type": "pong"}
            await with_levels(client)
            await with_score(client, "a", 30)

            assert (await heard(socket))["id"] == "tiers"

    async def test_an_id_is_free_again_once_its_operation_is_done(self, client: Client) -> None:
        async with opened(client.url) as socket:
            await socket.send(init(client.key))
            await heard(socket)
            for _ in range(2):
                await socket.send(subscribe("1", "{ viewer { role } }"))
                assert [(await heard(socket))["type"] for _ in range(2)] == ["next", "complete"]

    async def test_an_id_that_is_in_use_closes_the_socket(self, client: Client) -> None:
        async with opened(client.url) as socket:
            await socket.send(init(client.key))
            for _ in range(2):
                await socket.send(subscribe("1", LEVEL_SETS))

            assert await closing_code(socket) == 4409

    async def test_more_operations_than_one_socket_bears_are_refused_one_by_one(self, client: Client) -> None:
        async with opened(client.url) as socket:
            await socket.send(init(client.key))
            await heard(socket)
            for number in range(101):
                await socket.send(subscribe(str(number), LEVEL_SETS))
            refusal = await heard(socket)
            await with_levels(client)
            answers = [await heard(socket) for _ in range(100)]

        assert (refusal["id"], refusal["type"]) == ("100", "error")
        assert {answer["id"] for answer in answers} == {str(number) for number in range(100)}
        assert {answer["type"] for answer in answers} == {"next"}

    @pytest.mark.parametrize("way", ["abort", "close", "complete"])
    async def test_nothing_is_kept_for_a_client_that_is_gone(
        self, client: Client, serve: Serve, way: str
    ) -> None:
        await with_levels(client)
        async with serve() as served, AsyncExitStack() as stack:
            sockets = [await stack.enter_async_context(opened(served.url)) for _ in range(3)]
            for socket in sockets:
                await socket.send(init(client.key))
                for name, query in (("tiers", TIERS), ("levels", LEVEL_SETS)):
                    await socket.send(subscribe(name, query))
            await listened(served, 6)

            for socket in sockets:
                if way == "abort":
                    socket.transport.abort()
                elif way == "close":
                    await socket.close()
                else:
                    for name in ("tiers", "levels"):
                        await socket.send(json.dumps({"id": name, "type": "complete"}))
                await with_score(client, "a", 30)

            await listened(served, 0)
            assert served.house.hub._watchers == {}


async def listened(served: Served, count: int) -> None:
    """Wait until so many subscriptions are listened to."""
    async with asyncio.timeout(PATIENCE):
        while sum(map(len, served.crowd.channels)) != count:  # noqa: ASYNC110 - a channel tells nobody
            await asyncio.sleep(0.01)
