"""What live boards are told: every change once, in order, to whoever wants it, and to those who come back what they missed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.api.calls import Json, done
from tests.api.conftest import Serve, Served
from tests.api.scenes import LEVELS, told_of, with_activity, with_levels, with_rules, with_score
from tests.api.sockets import PATIENCE, closing_code, heard, init, opened, subscribe
from tests.client import Client
from tests.conftest import MakeClient

TIERS = """subscription($leads: [ID!], $dimension: Dimension, $levels: [String!], $after: String) {
  leadTierChanged(leads: $leads, dimension: $dimension, levels: $levels, after: $after) {
    __typename
    ... on TierChanges { cursor changes {
      lead { id externalId version } dimension from { name } to { name } scoreBefore score version cause at } }
    ... on ResyncRequired { cursor reason } } }"""
LEVEL_SETS = """subscription($dimension: Dimension) { levelSetChanged(dimension: $dimension) {
  id dimension version isCurrent comment levels { name } } }"""


async def told(board: AsyncIterator[Any], count: int) -> list[Json]:
    """The next changes that the board is told, in however many frames they come."""
    changes: list[Json] = []
    while len(changes) < count:
        frame = await asyncio.wait_for(anext(board), PATIENCE)
        assert frame["__typename"] == "TierChanges", frame
        changes += frame["changes"]
    return changes


def moves(changes: list[Json]) -> list[tuple[str, str | None, str | None]]:
    """Who went from where to where."""
    return [
        (change["lead"]["externalId"], *(end and end["name"] for end in (change["from"], change["to"])))
        for change in changes
    ]


class TestTierChanges:
    async def test_a_board_is_told_all_of_a_change(self, client: Client) -> None:
        await with_levels(client)
        await with_rules(client, CLICK=30)
        async with client.subscribe(TIERS) as board:
            recorded = await with_activity(client, "a", "CLICK")
            frame = await anext(board)

        (change,) = frame["changes"]
        history = await client("{ history { edges { node { at } } } }")
        assert frame["cursor"]
        assert change == {
            "lead": {**recorded["lead"], "externalId": "a"},
            "dimension": "ENGAGEMENT",
            "from": {"name": "Cold"},
            "to": {"name": "Warm"},
            "scoreBefore": 0,
            "score": 30,
            "version": 1,
            "cause": "ACTIVITY",
            "at": history["edges"][0]["node"]["at"],
        }

    async def test_a_score_that_stays_in_its_level_is_not_told(self, client: Client) -> None:
        await with_levels(client)
        async with client.subscribe(TIERS) as board:
            for delta in (10, 10, 10, 10, -5, -20):
                await with_score(client, "a", delta)

            assert moves(await told(board, 2)) == [("a", "Cold", "Warm"), ("a", "Warm", "Cold")]

    async def test_to_leave_every_level_or_enter_one_from_none_is_told(self, client: Client) -> None:
        await with_levels(client, [{"name": "Warm", "min": 10, "max": 19}])
        async with client.subscribe(TIERS) as board:
            for delta in (10, 10, -5):
                await with_score(client, "a", delta)

            assert moves(await told(board, 3)) == [
                ("a", None, "Warm"),
                ("a", "Warm", None),
                ("a", None, "Warm"),
            ]

    async def test_two_boards_are_both_told(self, make_client: MakeClient) -> None:
        first, second = await make_client(name="One"), await make_client(name="Two")
        await with_levels(first)
        async with first.subscribe(TIERS) as one, second.subscribe(TIERS) as other:
            await with_score(first, "a", 30)
            await with_score(second, "b", 60)

            assert await told(one, 2) == await told(other, 2)

    async def test_a_burst_is_told_whole_each_change_once_and_in_order(self, client: Client) -> None:
        await with_levels(client)
        leads = [f"lead {number}" for number in range(200)]
        adjustments = [{"lead": {"externalId": lead}, "delta": delta} for lead in leads for delta in (30, 30)]
        async with client.subscribe(TIERS) as board:
            await done(client, "adjustScores", "results { __typename }", adjustments=adjustments)
            changes = await told(board, 400)

        assert len(changes) == 400
        for lead in leads:
            own = [change for change in changes if change["lead"]["externalId"] == lead]
            assert moves(own) == [(lead, "Cold", "Warm"), (lead, "Warm", "Hot")]
            assert [change["version"] for change in own] == [1, 2]

    async def test_what_many_do_at_once_is_told_to_all_in_one_order(self, client: Client) -> None:
        await with_levels(client)
        async with client.subscribe(TIERS) as one, client.subscribe(TIERS) as other:
            await asyncio.gather(*(with_score(client, f"lead {number}", 30) for number in range(40)))
            first, second = await told(one, 40), await told(other, 40)

        assert moves(first) == moves(second)
        assert sorted(moves(first)) == sorted((f"lead {number}", "Cold", "Warm") for number in range(40))

    async def test_the_levels_of_a_change_are_those_of_then_and_the_lead_is_as_it_is_now(
        self, client: Client
    ) -> None:
        await with_levels(client)
        cursor = await cursor_of(client)
        await with_score(client, "a", 30)
        await with_score(client, "a", 1)
        await with_levels(client, [{"name": "Everyone"}])
        query = """subscription($after: String) { leadTierChanged(after: $after) { ... on TierChanges {
          changes { from { name max } to { name max } score version
            lead { version engagement { score level { name } } } } } } }"""

        async with client.subscribe(query, after=cursor) as board:
            frame = await anext(board)

        assert frame["changes"] == [
            {
                "from": {"name": "Cold", "max": 24},
                "to": {"name": "Warm", "max": 49},
                "score": 30,
                "version": 1,
                "lead": {"version": 2, "engagement": {"score": 31, "level": {"name": "Everyone"}}},
            }
        ]

    async def test_a_lead_that_was_deleted_meanwhile_does_not_break_the_board(self, client: Client) -> None:
        await with_levels(client)
        cursor = await cursor_of(client)
        for lead in ("gone", "stays"):
            await with_score(client, lead, 30)
        await done(client, "deleteLead", "deletedId", lead={"externalId": "gone"})

        async with client.subscribe(TIERS, after=cursor) as board:
            assert moves(await told(board, 1)) == [("stays", "Cold", "Warm")]
            await with_score(client, "later", 60)
            assert moves(await told(board, 1)) == [("later", "Cold", "Hot")]

    async def test_leads_deleted_while_they_move_do_not_break_the_board(self, client: Client) -> None:
        await with_levels(client)

        async def flicker(lead: str) -> None:
            await with_score(client, lead, 30)
            await done(client, "deleteLead", "deletedId", lead={"externalId": lead})

        async with client.subscribe(TIERS) as board:
            await asyncio.gather(*(flicker(f"lead {number}") for number in range(20)))
            await with_score(client, "last", 30)
            changes: list[Json] = []
            while "last" not in {change["lead"]["externalId"] for change in changes}:
                changes += (await asyncio.wait_for(anext(board), PATIENCE))["changes"]

        assert moves(changes)[-1] == ("last", "Cold", "Warm")


async def cursor_of(client: Client) -> str:
    """A position in the feed: everything after it is what follows now."""
    async with client.subscribe(TIERS) as board:
        await with_score(client, "a lead of before", 30)
        frame = await anext(board)
    cursor: str = frame["cursor"]
    return cursor


class TestFilters:
    async def test_of_leads(self, client: Client) -> None:
        await with_levels(client)
        ids = {lead: await with_score(client, lead, 1) for lead in ("a", "b", "c")}
        async with client.subscribe(TIERS, leads=[ids["c"], ids["a"]]) as board:
            for lead in ("b", "a", "new", "c"):
                await with_score(client, lead, 30)

            assert moves(await told(board, 2)) == [("a", "Cold", "Warm"), ("c", "Cold", "Warm")]

    async def test_of_no_leads_at_all(self, client: Client) -> None:
        await with_levels(client)
        async with opened(client.url) as socket:
            await socket.send(init(client.key))
            await heard(socket)
            await socket.send(subscribe("none", TIERS, leads=[]))
            await socket.send(subscribe("every", TIERS))
            for lead in ("a", "b"):
                await with_score(client, lead, 30)
            await socket.send(subscribe("asked", "{ viewer { role } }"))
            answers = [await heard(socket)]
            while answers[-1].get("type") != "complete":
                answers.append(await heard(socket))

        assert {answer["id"] for answer in answers} == {"every", "asked"}

    @pytest.mark.parametrize("dimension", ["ENGAGEMENT", "PROFILE"])
    async def test_of_a_dimension(self, client: Client, dimension: str) -> None:
        for each in ("ENGAGEMENT", "PROFILE"):
            await with_levels(client, dimension=each)
        async with client.subscribe(TIERS, dimension=dimension) as board:
            for each in ("PROFILE", "ENGAGEMENT", "PROFILE", "ENGAGEMENT"):
                await with_score(client, "a", 30, dimension=each)
            changes = await told(board, 2)

        assert {change["dimension"] for change in changes} == {dimension}
        assert moves(changes) == [("a", "Cold", "Warm"), ("a", "Warm", "Hot")]

    @pytest.mark.parametrize(
        ("levels", "expected"),
        [
            (["Hot"], ["Warm Hot", "Hot Very Hot", "Very Hot Hot", "Hot Cold"]),
            (["hOT", "unknown"], ["Warm Hot", "Hot Very Hot", "Very Hot Hot", "Hot Cold"]),
            (["Warm", "Very Hot"], ["Cold Warm", "Warm Hot", "Hot Very Hot", "Very Hot Hot"]),
            (["Cold"], ["Cold Warm", "Hot Cold"]),
        ],
    )
    async def test_of_levels_that_are_entered_or_left(
        self, client: Client, levels: list[str], expected: list[str]
    ) -> None:
        await with_levels(client)
        async with client.subscribe(TIERS, levels=levels) as board:
            for delta in (30, 20, 25, -20, -50):
                await with_score(client, "a", delta)
            changes = await told(board, len(expected))

        assert [f"{start} {end}" for _, start, end in moves(changes)] == expected

    async def test_of_everything_together(self, client: Client) -> None:
        for each in ("ENGAGEMENT", "PROFILE"):
            await with_levels(client, dimension=each)
        lead = await with_score(client, "a", 1)
        async with client.subscribe(TIERS, leads=[lead], dimension="PROFILE", levels=["Hot"]) as board:
            await with_score(client, "a", 60)
            await with_score(client, "b", 60, dimension="PROFILE")
            await with_score(client, "a", 30, dimension="PROFILE")
            await with_score(client, "a", 30, dimension="PROFILE")

            assert moves(await told(board, 1)) == [("a", "Warm", "Hot")]


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


class TestLevelSets:
    async def test_a_new_level_set_is_told_whole(self, client: Client) -> None:
        async with client.subscribe(LEVEL_SETS) as board:
            await with_levels(client, LEVELS[:2], comment="Two will do")
            (level_set,) = await told_of(board, 1)

        assert level_set == {
            "id": "levels_ENGAGEMENT.1",
            "dimension": "ENGAGEMENT",
            "version": 1,
            "isCurrent": True,
            "comment": "Two will do",
            "levels": [{"name": "Cold"}, {"name": "Warm"}],
        }

    async def test_every_kind_of_edit_is_told_in_order(self, client: Client) -> None:
        edits: list[tuple[str, Json]] = [
            ("replaceLevels", {"levels": LEVELS}),
            ("removeLevel", {"name": "Hot"}),
            ("addLevel", {"level": {"name": "Hot", "min": 60, "max": 74}}),
            ("updateLevel", {"name": "Cold", "level": {"name": "Cool", "max": 24}}),
            ("revertLevels", {"version": 0}),
        ]
        async with client.subscribe(LEVEL_SETS) as board:
            for mutation, given in edits:
                await done(client, mutation, "levelSet { version }", dimension="PROFILE", **given)
            sets = await told_of(board, len(edits))

        assert [each["version"] for each in sets] == [1, 2, 3, 4, 5]
        assert [len(each["levels"]) for each in sets] == [4, 3, 4, 4, 0]
        assert {each["dimension"] for each in sets} == {"PROFILE"}

    @pytest.mark.parametrize("dimension", [None, "ENGAGEMENT", "PROFILE"])
    async def test_of_one_dimension_or_of_both(self, client: Client, dimension: str | None) -> None:
        order = ["PROFILE", "ENGAGEMENT", "PROFILE", "ENGAGEMENT"]
        expected = [each for each in order if dimension in (None, each)]
        async with client.subscribe(LEVEL_SETS, dimension=dimension) as board:
            for each in order:
                await with_levels(client, dimension=each)
            sets = await told_of(board, len(expected))

        assert [each["dimension"] for each in sets] == expected

    async def test_a_refused_edit_is_not_told(self, client: Client) -> None:
        async with client.subscribe(LEVEL_SETS) as board:
            await client(
                'mutation { removeLevel(input: {dimension: ENGAGEMENT, name: "Hot"}) { __typename } }'
            )
            await with_levels(client)

            assert [each["version"] for each in await told_of(board, 1)] == [1]


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
            await watched(served, 6)

            for socket in sockets:
                if way == "abort":
                    socket.transport.abort()
                elif way == "close":
                    await socket.close()
                else:
                    for name in ("tiers", "levels"):
                        await socket.send(json.dumps({"id": name, "type": "complete"}))
                await with_score(client, "a", 30)

            await watched(served, 0)


async def watched(served: Served, count: int) -> None:
    """Wait until so many subscriptions are watched for."""
    async with asyncio.timeout(PATIENCE):
        while sum(map(len, served.house.hub._watchers.values())) != count:  # noqa: ASYNC110 - the hub tells nobody
            await asyncio.sleep(0.01)
