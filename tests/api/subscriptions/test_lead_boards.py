"""A board of leads is the query kept true, over the socket and for any filter, order and size."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.api.calls import Json, done
from tests.api.conftest import Serve
from tests.api.scenes import all_told, with_activity, with_crowd, with_levels, with_rules, with_score
from tests.api.sockets import PATIENCE, heard, init, opened, subscribe
from tests.api.subscriptions.lead_boards import BOARD, LEAD, afresh, on_screen
from tests.client import Client
from tests.conftest import MakeClient, Served

CROWD = {"a": 10, "b": 30, "c": 60, "d": 90}
LEVEL = {"engagementLevels": ["hot"]}
QUESTIONS: dict[str, Json] = {
    "everything": {},
    "a level": {"filter": LEVEL},
    "several levels, the coldest first": {
        "filter": {"engagementLevels": ["Cold", "HOT"]},
        "orderBy": {"field": "ENGAGEMENT_SCORE", "direction": "ASC"},
    },
    "scores": {"filter": {"minEngagement": 30, "maxEngagement": 60}},
    "tags": {"filter": {"tags": ["vip"]}, "orderBy": {"field": "CREATED_AT"}},
    "a search": {"filter": {"search": "B"}},
    "those who moved": {"filter": {"moved": {"to": "Hot", "since": "2026-01-01T00:00:00Z"}}},
    "the inactive": {
        "filter": {"inactiveSince": "2026-01-01T00:00:00Z"},
        "orderBy": {"field": "LAST_ACTIVITY_AT"},
    },
    "the first": {"first": 1},
}


async def refused(client: Client, **asked: Any) -> Json:
    """The one error that the board ends with before it began."""
    async with opened(client.url) as socket:
        await socket.send(init(client.key))
        await heard(socket)
        await socket.send(subscribe("1", BOARD, **asked))
        answer = await heard(socket)
    (error,) = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
    found: Json = error
    return found


class TestWhatIsTold:
    async def test_first_the_whole_board_and_then_what_changes(self, client: Client) -> None:
        await with_levels(client)
        await with_crowd(client, CROWD)
        async with client.subscribe(BOARD) as board:
            snapshot = await anext(board)
            await with_score(client, "a", 40)
            delta = await anext(board)

        leads = await afresh(client)
        assert [entry["position"] for entry in snapshot["entries"]] == [0, 1, 2, 3]
        assert [entry["lead"]["externalId"] for entry in snapshot["entries"]] == ["d", "c", "b", "a"]
        assert delta == {
            "__typename": "BoardDelta",
            "cursor": delta["cursor"],
            "left": [],
            "entered": [],
            "updated": [{"position": 2, "lead": leads[2]}],
        }
        assert delta["cursor"] > snapshot["cursor"]

    async def test_a_board_without_leads_is_told_too(self, client: Client) -> None:
        async with client.subscribe(BOARD) as board:
            snapshot = await anext(board)

        assert (snapshot["__typename"], snapshot["entries"]) == ("BoardSnapshot", [])

    async def test_who_is_deleted_or_merged_has_left(self, client: Client) -> None:
        await with_crowd(client, CROWD)
        leads = await afresh(client)
        ids = {lead["externalId"]: lead["id"] for lead in leads}
        async with on_screen(client) as screen:
            await done(client, "deleteLead", "deletedId", lead={"externalId": "d"})
            deleted = await screen.told()
            await done(
                client, "mergeLeads", "lead { id }", into={"externalId": "a"}, **{"from": {"externalId": "b"}}
            )
            merged = await screen.told()

            assert deleted["left"] == [ids["d"]]
            assert merged["left"] == [ids["b"]]
            assert screen.board == await afresh(client)

    @pytest.mark.parametrize("which", QUESTIONS)
    async def test_whatever_is_asked_the_board_becomes_the_query_run_afresh(
        self, client: Client, which: str
    ) -> None:
        asked = QUESTIONS[which]
        await with_levels(client)
        await with_rules(client, CLICK=25)
        await with_crowd(client, CROWD)
        async with on_screen(client, **asked) as screen:
            assert screen.board == await afresh(client, **asked)
            await with_activity(client, "b", "CLICK")
            await with_score(client, "d", -30)
            await done(client, "upsertLead", "lead { id }", lead={"externalId": "c"}, addTags=["vip"])
            await done(client, "deleteLead", "deletedId", lead={"externalId": "a"})
            await with_score(client, "b2", 200)
            fresh = await afresh(client, **asked)
            await screen.until(lambda board: board == fresh)

    async def test_every_entry_may_be_asked_for_all_that_a_lead_has(self, client: Client) -> None:
        await with_levels(client)
        query = """subscription { leadBoard(first: 5) {
          ... on BoardSnapshot { entries { position } }
          ... on BoardDelta { entered { lead { history(first: 1) { edges { node { delta } } } } } } } }"""
        async with client.subscribe(query) as board:
            await anext(board)
            await with_score(client, "a", 30)
            delta = await anext(board)

        (entry,) = delta["entered"]
        assert entry == {"lead": {"history": {"edges": [{"node": {"delta": 30}}]}}}

    async def test_the_cursor_is_one_that_tier_changes_go_on_from(self, client: Client) -> None:
        await with_levels(client)
        await with_score(client, "before", 30)
        async with on_screen(client) as screen:
            await with_score(client, "a", 30)
            cursor = (await screen.told())["cursor"]
        await with_score(client, "after", 30)
        query = """subscription($after: String) { leadTierChanged(after: $after) {
          ... on TierChanges { changes { lead { externalId } } } } }"""

        async with client.subscribe(query, after=cursor) as changes:
            frame = await anext(changes)

        told = [change["lead"]["externalId"] for change in frame["changes"]]
        assert told[-1] == "after"
        assert "before" not in told


class TestLevels:
    async def test_an_edit_of_the_levels_moves_leads_onto_the_board_and_off_it(self, client: Client) -> None:
        await with_levels(client)
        await with_crowd(client, CROWD)
        async with on_screen(client, filter=LEVEL) as screen:
            assert screen.names == ["c"]
            await with_levels(client, [{"name": "Cold", "max": 19}, {"name": "Hot", "min": 20}])
            await screen.until(lambda board: len(board) == 3)
            assert screen.names == ["d", "c", "b"]
            await all_told(client)
            fresh = await afresh(client, filter=LEVEL)
            await screen.until(lambda board: board == fresh)

    async def test_a_level_that_there_is_no_more_has_no_leads_until_it_is_there_again(
        self, client: Client
    ) -> None:
        await with_levels(client)
        await with_crowd(client, CROWD)
        async with on_screen(client, filter=LEVEL) as screen:
            await with_levels(client, [{"name": "Everyone"}])
            await screen.until(lambda board: not board)
            await with_levels(client)
            await screen.until(bool)

            assert screen.names == ["c"]

    async def test_the_badges_are_those_of_the_new_levels(self, client: Client) -> None:
        await with_levels(client)
        await with_score(client, "a", 30)
        async with on_screen(client) as screen:
            await with_levels(client, [{"name": "Everyone"}])
            await screen.told()

            assert screen.board[0]["engagement"] == {"score": 30, "level": {"name": "Everyone"}}


class TestRefusals:
    async def test_a_level_that_there_never_was(self, client: Client) -> None:
        await with_levels(client)

        error = await refused(client, filter={"engagementLevels": ["Tepid"]})

        assert error["extensions"] == {"code": "InvalidInput"}
        assert "filter.engagementLevels names 'Tepid', but there is no such level" in error["message"]

    @pytest.mark.parametrize("first", [0, -1, 201])
    async def test_no_or_too_many_leads(self, client: Client, first: int) -> None:
        error = await refused(client, first=first)

        assert error["extensions"] == {"code": "InvalidInput"}
        assert error["message"] == f"first must lie between 1 and 200; it is {first}"

    @pytest.mark.parametrize(
        ("wanted", "words"),
        [
            ({"search": " "}, "filter.search must not be empty"),
            ({"tags": ["x"] * 101}, "filter.tags may have at most 100 items"),
            (
                {"moved": {"to": "Tepid", "since": "2026-01-01T00:00:00Z"}},
                "filter.moved.to names 'Tepid', but there is no such level",
            ),
        ],
        ids=str,
    )
    async def test_a_filter_that_leads_refuses(self, client: Client, wanted: Json, words: str) -> None:
        error = await refused(client, filter=wanted)

        assert error["extensions"] == {"code": "InvalidInput"}
        assert words in error["message"]

    async def test_a_board_of_more_than_may_be_asked_for(self, client: Client) -> None:
        query = f"""subscription {{ leadBoard {{ ... on BoardSnapshot {{ entries {{ lead {{
          history(first: 200) {{ edges {{ node {{ lead {{ history(first: 2) {{ edges {{ cursor }} }} }} }} }} }} }} }} }}
          ... on BoardDelta {{ entered {{ lead {LEAD} }} }} }} }}"""
        async with opened(client.url) as socket:
            await socket.send(init(client.key))
            await heard(socket)
            await socket.send(subscribe("1", query))
            answer = await heard(socket)

        assert "it weighs as much as 30,050 entries of lists" in json.dumps(answer)


class TestProcesses:
    async def test_a_change_made_through_one_server_reaches_the_board_of_another(
        self, client: Client, make_client: MakeClient, serve: Serve
    ) -> None:
        await with_levels(client)
        async with serve() as served:
            other = Client(served.url, (await make_client()).key)
            async with on_screen(client) as here, on_screen(other) as there:
                await with_score(client, "a", 30)
                for screen in (here, there):
                    await screen.until(bool)
                await done(other, "deleteLead", "deletedId", lead={"externalId": "a"})
                for screen in (here, there):
                    await screen.until(lambda board: not board)
            await other.close()

    @pytest.mark.parametrize("way", ["abort", "close", "complete"])
    async def test_nothing_is_kept_for_a_client_that_is_gone(
        self, client: Client, serve: Serve, way: str
    ) -> None:
        await with_levels(client)
        async with serve() as served, opened(served.url) as socket:
            await socket.send(init(client.key))
            for name, asked in (("one", {}), ("same", {}), ("other", {"first": 3})):
                await socket.send(subscribe(name, BOARD, **asked))
            await kept(served, 2)

            if way == "abort":
                socket.transport.abort()
            elif way == "close":
                await socket.close()
            else:
                for name in ("one", "same", "other"):
                    await socket.send(json.dumps({"id": name, "type": "complete"}))

            await kept(served, 0)


async def kept(served: Served, boards: int) -> None:
    """Wait until so many boards are kept true."""
    house = served.house
    async with asyncio.timeout(PATIENCE):
        while len(house.boards._kept) != boards or sum(map(len, house.hub._stirs.values())) != boards:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
