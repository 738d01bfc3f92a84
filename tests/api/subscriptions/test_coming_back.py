"""Boards that come back are told what they missed, or that it is gone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection

from tests.api.calls import Json, done
from tests.api.conftest import Serve
from tests.api.live.sockets.conversations import until
from tests.api.scenes import with_levels, with_score
from tests.api.sockets import PATIENCE, heard, init, opened, subscribe
from tests.api.subscriptions.boards import TIERS, cursor_of, moves, told
from tests.client import Client
from tests.conftest import MakeClient


@asynccontextmanager
async def begun(client: Client) -> AsyncIterator[tuple[ClientConnection, Json]]:
    """A board, and the very first thing that it is told."""
    async with client.socket() as socket:
        await socket.send(subscribe("1", TIERS))
        first = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
        yield socket, first["payload"]["data"]["leadTierChanged"]


async def _until_seen(client: Client, names: set[str]) -> None:
    """Wait until a board has read or was told of all of them; each is told only once."""
    async with begun(client) as (socket, _):
        found = await client("{ leads(first: 100) { edges { node { externalId engagement { score } } } } }")
        nodes = [edge["node"] for edge in found["edges"]]
        seen = {node["externalId"] for node in nodes if node["engagement"]["score"]}
        while not seen >= names:
            changes = (await heard(socket))["payload"]["data"]["leadTierChanged"]["changes"]
            seen |= {change["lead"]["externalId"] for change in changes}


class TestBeginning:
    async def test_a_board_is_told_at_once_that_it_has_begun_and_then_what_comes(
        self, client: Client
    ) -> None:
        await with_levels(client)
        async with begun(client) as (socket, beginning):
            await with_score(client, "a", 30)
            (change,) = (await heard(socket))["payload"]["data"]["leadTierChanged"]["changes"]

        assert (beginning["__typename"], beginning["changes"]) == ("TierChanges", [])
        assert change["lead"]["externalId"] == "a"

    async def test_a_board_goes_on_exactly_from_where_it_began(self, client: Client) -> None:
        await with_levels(client)
        async with client.subscribe(TIERS) as other:
            for number in range(5):
                await with_score(client, f"before {number}", 30)
                await told(other, 1)
                async with begun(client) as (_, beginning):
                    await with_score(client, f"after {number}", 30)
                    await told(other, 1)

                async with client.subscribe(TIERS, after=beginning["cursor"]) as board:
                    assert moves(await told(board, 1)) == [(f"after {number}", "Cold", "Warm")]

    async def test_who_begins_while_changes_pour_in_reads_or_is_told_each_of_them(
        self, client: Client
    ) -> None:
        """The promise of the beginning: what is read from then on has everything that is not told."""
        await with_levels(client)
        names = [f"lead {number}" for number in range(60)]
        boards = []
        for start in range(0, 60, 10):
            boards.append(asyncio.create_task(_until_seen(client, {*names})))
            await asyncio.gather(*(with_score(client, name, 30) for name in names[start : start + 10]))

        await asyncio.gather(*boards)


class TestComingBack:
    async def test_what_was_missed_is_told_and_then_what_comes(self, client: Client) -> None:
        await with_levels(client)
        cursor = await cursor_of(client)
        for lead in ("a", "b", "c"):
            await with_score(client, lead, 30)

        async with client.subscribe(TIERS, after=cursor) as board:
            missed = await told(board, 3)
            await with_score(client, "live", 30)
            live = await told(board, 1)

        assert moves(missed) == [(lead, "Cold", "Warm") for lead in ("a", "b", "c")]
        assert moves(live) == [("live", "Cold", "Warm")]

    async def test_every_cursor_goes_on_exactly_after_its_frame(self, client: Client) -> None:
        await with_levels(client)
        leads = [f"lead {number}" for number in range(5)]
        async with client.subscribe(TIERS) as board:
            frames = []
            for lead in leads:
                await with_score(client, lead, 30)
                frames.append(await anext(board))

        for position, frame in enumerate(frames, 1):
            async with client.subscribe(TIERS, after=frame["cursor"]) as board:
                await with_score(client, "mark", 30 if position % 2 else -30)
                changes = await told(board, len(leads) - position + position)

            assert [lead for lead, *_ in moves(changes)] == [*leads[position:], *["mark"] * position]

    async def test_a_filter_holds_for_what_was_missed(self, client: Client) -> None:
        await with_levels(client)
        cursor = await cursor_of(client)
        for lead, delta in (("a", 30), ("b", 60), ("a", 30)):
            await with_score(client, lead, delta)

        async with client.subscribe(TIERS, after=cursor, levels=["Warm"]) as board:
            assert moves(await told(board, 2)) == [("a", "Cold", "Warm"), ("a", "Warm", "Hot")]

    @pytest.mark.parametrize("after", ["0000000000", "82" + "0" * 40, "F" * 40])
    async def test_a_position_that_is_gone_is_told_and_the_board_goes_on(
        self, client: Client, after: str
    ) -> None:
        await with_levels(client)

        async with client.subscribe(TIERS, after=after) as board:
            lost = await anext(board)
            await with_score(client, "a", 30)
            live = await told(board, 1)

        assert lost["__typename"] == "ResyncRequired"
        assert lost["reason"]
        assert moves(live) == [("a", "Cold", "Warm")]
        async with client.subscribe(TIERS, after=lost["cursor"]) as board:
            assert moves(await told(board, 1)) == [("a", "Cold", "Warm")]

    async def test_who_missed_too_much_is_told_so_and_goes_on(self, client: Client) -> None:
        await with_levels(client)
        cursor = await cursor_of(client)
        async with client.subscribe(TIERS) as board:
            for start in (0, 600):
                names = [f"lead {number}" for number in range(start, start + 600)]
                adjustments = [{"lead": {"externalId": name}, "delta": 30} for name in names]
                await done(client, "adjustScores", "results { __typename }", adjustments=adjustments)
                await told(board, 600)

        async with client.subscribe(TIERS, after=cursor) as board:
            lost = await anext(board)
            await with_score(client, "a", 30)
            live = await told(board, 1)

        assert lost["__typename"] == "ResyncRequired"
        assert moves(live) == [("a", "Cold", "Warm")]

    @pytest.mark.parametrize(
        "after", ["zz", "", " ", "82f0", "82ffaabbccdd", "-8200000000", "A" * 2_000, "\0"]
    )
    async def test_a_malformed_cursor_is_refused(self, client: Client, after: str) -> None:
        async with opened(client.url) as socket:
            await socket.send(init(client.key))
            await heard(socket)
            await socket.send(subscribe("1", TIERS, after=after))
            answer = await heard(socket)

        (error,) = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
        assert error["extensions"] == {"code": "InvalidInput"}
        assert "is not a cursor" in error["message"]

    async def test_a_cursor_goes_on_in_a_process_that_began_after_it(
        self, client: Client, make_client: MakeClient, serve: Serve
    ) -> None:
        """As after a restart: what was committed while nobody served is told, too."""
        await with_levels(client)
        cursor = await cursor_of(client)
        await with_score(client, "a", 30)
        await with_score(client, "b", 60)

        async with serve() as served:
            other = Client(served.url, (await make_client()).key)
            async with other.subscribe(TIERS, after=cursor) as board:
                missed = await told(board, 2)
                await with_score(client, "c", 30)
                live = await told(board, 1)
            await other.close()

        assert moves(missed) == [("a", "Cold", "Warm"), ("b", "Cold", "Hot")]
        assert moves(live) == [("c", "Cold", "Warm")]

    @pytest.mark.slow
    async def test_the_first_cursor_of_a_new_process_goes_on_in_an_older_one_where_nothing_happened_since(
        self, client: Client, serve: Serve
    ) -> None:
        await with_levels(client)
        async with serve() as older, serve() as newer:
            before, since = Client(older.url, client.key), Client(newer.url, client.key)
            async with begun(since) as (_, beginning):
                cursor = beginning["cursor"]
            await until(lambda: older.house.hub.cursor >= cursor)
            async with before.subscribe(TIERS, after=cursor) as board:
                await with_score(client, "a", 30)

                assert moves(await told(board, 1)) == [("a", "Cold", "Warm")]
            await before.close()
            await since.close()

    async def test_a_cursor_of_one_process_goes_on_in_another(
        self, client: Client, make_client: MakeClient, serve: Serve
    ) -> None:
        await with_levels(client)
        async with serve() as served:
            other = Client(served.url, (await make_client()).key)
            async with client.subscribe(TIERS) as here, other.subscribe(TIERS) as there:
                await with_score(client, "a", 30)
                frame = await anext(here)
                assert await anext(there) == frame
                await with_score(other, "b", 30)
                await with_score(client, "c", 30)
                assert moves(await told(here, 2)) == moves(await told(there, 2))

            async with other.subscribe(TIERS, after=frame["cursor"]) as board:
                assert moves(await told(board, 2)) == [("b", "Cold", "Warm"), ("c", "Cold", "Warm")]
            await other.close()
