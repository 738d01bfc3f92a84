"""Boards that ask alike share one execution; nobody else shares anything, and none can tell the difference."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from api.live import operations
from api.scalars import now
from domain.actors import Role
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.api.calls import Json, done
from tests.api.conftest import Serve
from tests.api.live.sockets.conversations import greeted, said, until
from tests.api.scenes import LEVELS, with_levels, with_score
from tests.api.sockets import subscribe
from tests.api.subscriptions.boards import LEVEL_SETS, TIERS, cursor_of, moves, told
from tests.client import Client
from tests.conftest import MakeClient, Served

RENAMED = TIERS.replace("subscription(", "subscription Other(")


async def board(
    stack: AsyncExitStack, served: Served, key: str, query: str = TIERS, **variables: Any
) -> ClientConnection:
    socket = await stack.enter_async_context(greeted(served, key))
    await socket.send(subscribe("1", query, **variables))
    return socket


@asynccontextmanager
async def at(served: Served, client: Client) -> AsyncIterator[Client]:
    """The client, speaking to that server."""
    there = Client(served.url, client.key)
    yield there
    await there.close()


async def are_shared(served: Served, *expected: int) -> None:
    """Wait until there are channels of so many boards each."""
    await until(lambda: sorted(map(len, served.crowd.channels)) == sorted(expected))


async def changes_of(socket: ClientConnection, count: int) -> list[Json]:
    changes: list[Json] = []
    while len(changes) < count:
        message = await said(socket)
        assert message["type"] == "next", message
        changes += message["payload"]["data"]["leadTierChanged"]["changes"]
    return changes


class TestWhoShares:
    async def test_boards_that_ask_alike_share_whoever_asks_and_wherever_they_go_on(
        self, make_client: MakeClient, serve: Serve
    ) -> None:
        one, other = await make_client(name="One"), await make_client(name="Other")
        await with_levels(one)
        async with serve() as served, at(served, one) as server, AsyncExitStack() as stack:
            cursor = await cursor_of(server)
            boards = [await board(stack, served, each.key) for each in (one, other, one)]
            boards.append(await board(stack, served, one.key, after=cursor))
            boards.append(await board(stack, served, one.key, after=None, leads=None))
            await are_shared(served, 4, 1)
            await with_score(one, "a", 30)
            heard = [await said(each) for each in boards]

        assert {each["type"] for each in heard} == {"next"}
        assert all(each == heard[0] for each in heard)

    async def test_whoever_asks_or_may_see_something_else_shares_with_nobody(
        self, make_client: MakeClient, serve: Serve
    ) -> None:
        owner, viewer = await make_client(), await make_client(Role.VIEWER)
        await with_levels(owner)
        async with serve() as served, AsyncExitStack() as stack:
            for key, query, variables in (
                (owner.key, TIERS, {}),
                (viewer.key, TIERS, {}),
                (owner.key, RENAMED, {}),
                (owner.key, TIERS, {"levels": ["Hot"]}),
                (owner.key, TIERS, {"levels": ["hot"]}),
                (owner.key, LEVEL_SETS, {}),
            ):
                await board(stack, served, key, query, **variables)

            await are_shared(served, 1, 1, 1, 1, 1, 1)

    async def test_two_workspaces_never_share(
        self, client: Client, make_client: MakeClient, mongo: Mongo, serve: Serve
    ) -> None:
        other = await make_client(of=await Workspaces(mongo).named("who shares nothing", now()))
        for each in (client, other):
            await with_levels(each)
        async with serve() as served, AsyncExitStack() as stack:
            here, there = [await board(stack, served, each.key) for each in (client, other)]
            await are_shared(served, 1, 1)
            await with_score(client, "ours", 30)
            await with_score(other, "theirs", 30)

            assert moves(await changes_of(here, 1)) == [("ours", "Cold", "Warm")]
            assert moves(await changes_of(there, 1)) == [("theirs", "Cold", "Warm")]

    async def test_a_position_that_shapes_what_is_told_is_no_mere_position(
        self, client: Client, serve: Serve
    ) -> None:
        """Where a variable says more than where to go on, boards share only if it is the same."""
        query = """subscription($after: String) { leadTierChanged(after: $after) { ... on TierChanges {
          changes { lead { history(after: $after) { edges { cursor } } } } } } }"""
        plain = operations.Operation(TIERS, None, {"after": "1", "levels": None})
        shaping = operations.Operation(query, None, {"after": "1"})
        viewer = await self._viewer(client, serve)

        assert plain.key(viewer) == operations.Operation(TIERS, None, {"levels": None}).key(viewer)
        assert shaping.key(viewer) != operations.Operation(query, None, {"after": "2"}).key(viewer)

    @staticmethod
    async def _viewer(client: Client, serve: Serve) -> Any:
        async with serve() as served, greeted(served, client.key):
            (socket,) = served.crowd._sockets
            return socket.viewer

    async def test_a_refusal_is_told_to_the_one_who_asked(self, client: Client, serve: Serve) -> None:
        await with_levels(client)
        async with serve() as served, AsyncExitStack() as stack:
            good = await board(stack, served, client.key)
            bad = await board(stack, served, client.key, after="zz")
            assert (await said(bad))["type"] == "error"
            await with_score(client, "a", 30)

            assert moves(await changes_of(good, 1)) == [("a", "Cold", "Warm")]


class TestComingBackInTheMiddle:
    async def test_who_comes_and_goes_while_changes_pour_in_misses_none_and_is_told_none_twice(
        self, client: Client, serve: Serve
    ) -> None:
        """Numbered changes, in bursts and one by one; boards that break off anywhere, and go on from their cursor."""
        await with_levels(client)
        numbers = [f"lead {number}" for number in range(600)]
        async with serve() as served, at(served, client) as server:
            cursor = await cursor_of(server)
            whole = asyncio.create_task(_whole(server, cursor, len(numbers)))
            comers = [
                asyncio.create_task(_coming_and_going(server, cursor, len(numbers), Random(seed)))
                for seed in range(8)
            ]
            chance = Random(1)
            left = numbers
            while left:
                count = chance.choice((1, 1, 1, 10, 60))
                adjustments = [{"lead": {"externalId": each}, "delta": 30} for each in left[:count]]
                await done(client, "adjustScores", "results { __typename }", adjustments=adjustments)
                left = left[count:]
            told_whole = await whole
            told_comers = await asyncio.gather(*comers)
            await until(lambda: len(served.crowd.channels) == 0)

        assert sorted(told_whole) == sorted(numbers)
        assert all(each == told_whole for each in told_comers)


async def _whole(client: Client, cursor: str, count: int) -> list[str]:
    async with client.subscribe(TIERS, after=cursor) as frames:
        return [lead for lead, *_ in moves(await told(frames, count))]


async def _coming_and_going(client: Client, cursor: str, count: int, chance: Random) -> list[str]:
    leads: list[str] = []
    while len(leads) < count:
        async with client.subscribe(TIERS, after=cursor) as frames:
            for _ in range(chance.randint(1, 4)):
                if len(leads) == count:
                    break
                frame = await asyncio.wait_for(anext(frames), 10)
                leads += [lead for lead, *_ in moves(frame["changes"])]
                cursor = frame["cursor"]
        await asyncio.sleep(chance.random() / 50)
    return leads


@pytest.mark.parametrize("way", ["cut", "closed"])
async def test_nothing_is_left_of_fifty_boards_that_vanish_in_the_middle_of_a_burst(
    client: Client, serve: Serve, way: str
) -> None:
    await with_levels(client)
    async with serve() as served:
        tasks = len(asyncio.all_tasks())
        async with AsyncExitStack() as stack:
            boards = [
                await board(stack, served, client.key, after=None, levels=[LEVELS[n % 4]["name"]])
                for n in range(50)
            ]
            for each in boards:
                await each.send(subscribe("2", LEVEL_SETS))
                await each.send(subscribe("3", TIERS))
            await until(lambda: sum(map(len, served.crowd.channels)) == 150)
            adjustments = [{"lead": {"externalId": f"lead {n}"}, "delta": 30} for n in range(500)]
            burst = asyncio.create_task(
                done(client, "adjustScores", "results { __typename }", adjustments=adjustments)
            )
            for each in boards:
                if way == "cut":
                    each.transport.abort()
                else:
                    await each.close()
            await burst
        await until(lambda: len(served.crowd) == 0)

        assert len(served.crowd.channels) == 0
        assert served.house.hub._watchers == {}
        await until(lambda: len(asyncio.all_tasks()) <= tasks)
