"""One who reads too slowly costs little, is told so, and holds up nobody."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from api.live.sockets import protocol
from tests.api.calls import Json, done
from tests.api.conftest import Serve
from tests.api.live.sockets.conversations import deaf, greeted, hasten, said, until
from tests.api.scenes import with_levels, with_score
from tests.api.sockets import subscribe
from tests.client import Client
from tests.conftest import Served

pytestmark = pytest.mark.slow

BULKY = """subscription { leadTierChanged { __typename
  ... on TierChanges { cursor changes { version lead { externalId attributes } } }
  ... on ResyncRequired { reason cursor } } }"""
WEIGHT = "x" * 60_000
SLOW = 300_000  # bytes, here


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "SLOW", SLOW)


async def heavy(client: Client) -> None:
    """A lead of whom much is told."""
    await with_levels(client)
    lead = {"lead": {"externalId": "a"}, "attributes": {"weight": WEIGHT}}
    await done(client, "upsertLead", "lead { id }", **lead)


def waiting(served: Served) -> list[int]:
    """How many bytes wait for each socket."""
    sockets: Any = served.crowd._sockets
    return sorted(each.wire.transport.get_write_buffer_size() for each in sockets)


def is_all_told(served: Served, version: int) -> bool:
    """Whether everybody who takes anything was told everything, and of that change last."""
    (channel,), hub = served.crowd.channels, served.house.hub
    return hub._ring[-1].change.version == version and channel.cursor == hub.cursor


async def flip(client: Client, times: int) -> None:
    for number in range(times):
        await with_score(client, "a", -30 if number % 2 else 30)


async def frames(board: Any, count: int) -> list[Json]:
    return [(await said(board))["payload"]["data"]["leadTierChanged"] for _ in range(count)]


def versions_of(told: list[Json]) -> list[int]:
    return [change["version"] for frame in told for change in frame["changes"]]


class TestSlowReaders:
    async def test_one_that_reads_nothing_waits_within_bounds_and_is_cut_off_while_another_goes_on(
        self, client: Client, serve: Serve
    ) -> None:
        await heavy(client)
        async with serve() as served, deaf(served, client.key, BULKY), greeted(served, client.key) as board:
            await board.send(subscribe("1", BULKY))
            most = 0
            for number in range(60):
                await with_score(client, "a", -30 if number % 2 else 30)
                (frame,) = await frames(board, 1)
                assert [change["version"] for change in frame["changes"]] == [number + 2]
                most = max(most, *waiting(served))
            assert SLOW < most < SLOW + 2 * len(WEIGHT)
            hasten(served, stalled=0.2)
            await until(lambda: len(served.crowd) == 1)
            await with_score(client, "a", 60)
            (frame,) = await frames(board, 1)

            assert [change["version"] for change in frame["changes"]] == [62]
            assert sum(map(len, served.crowd.channels)) == 1

    async def test_one_that_reads_again_is_told_to_read_afresh_and_goes_on(
        self, client: Client, serve: Serve
    ) -> None:
        await heavy(client)
        async with serve() as served, deaf(served, client.key, BULKY) as board:
            await until(lambda: len(served.crowd.channels))
            await flip(client, 60)
            await until(lambda: is_all_told(served, 61))
            (slow,) = served.crowd._sockets
            assert slow.wire.slow_since is not None
            told: list[Json] = []
            while not told or told[-1]["__typename"] != "ResyncRequired":
                told += await frames(board, 1)
            (lost,) = told[-1:]
            await with_score(client, "a", 60)
            live: list[int] = []
            while 62 not in live:
                live += versions_of(await frames(board, 1))

        versions = versions_of(told[:-1])
        assert versions == list(range(2, len(versions) + 2))
        assert len(versions) < 60
        assert lost["reason"]
        assert live == [62]

    async def test_answers_wait_for_one_that_does_not_read_and_are_not_heaped_up(
        self, client: Client, serve: Serve
    ) -> None:
        await heavy(client)
        query = '{ lead(by: {externalId: "a"}) { attributes } }'
        async with serve() as served, deaf(served, client.key, BULKY) as socket:
            for number in range(90):
                await socket.send(subscribe(str(number), query))
            await until(lambda: waiting(served)[-1] > SLOW)
            await asyncio.sleep(0.5)
            assert waiting(served)[-1] < SLOW + 2 * len(WEIGHT)
            hasten(served, stalled=0.1)

            await until(lambda: len(served.crowd) == 0)

    async def test_errors_are_not_heaped_up_for_one_that_asks_on_and_does_not_read(
        self, client: Client, serve: Serve
    ) -> None:
        async with serve() as served, deaf(served, client.key) as socket:

            async def ask() -> None:
                for _ in range(1_000):
                    await socket.send(subscribe(WEIGHT, "{ nothing }"))

            asking = asyncio.create_task(ask())
            await until(lambda: waiting(served)[-1] > SLOW)
            await asyncio.sleep(1)
            heaped = waiting(served)[-1]
            hasten(served, stalled=0.1)
            await until(lambda: len(served.crowd) == 0)
            await asyncio.gather(asking, return_exceptions=True)

        assert heaped < SLOW + 2 * len(WEIGHT)

    async def test_one_that_reads_nothing_does_not_keep_a_server_from_stopping(
        self, client: Client, serve: Serve
    ) -> None:
        await heavy(client)
        async with AsyncExitStack() as boards:
            async with serve(options={"timeout_graceful_shutdown": 60}) as served, asyncio.timeout(30):
                await boards.enter_async_context(deaf(served, client.key, BULKY))
                await until(lambda: len(served.crowd.channels))
                await flip(client, 60)
                assert waiting(served)[-1] > SLOW

            assert len(served.crowd) == 0
