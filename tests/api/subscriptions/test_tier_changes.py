"""Boards are told every tier change once, in order, and only of what they want."""

from __future__ import annotations

import asyncio

import pytest

from domain.scoring import Scoring
from persistence.mongo import Unreachable
from tests.api.calls import Json, done
from tests.api.conftest import Serve
from tests.api.scenes import all_told, with_activity, with_levels, with_rules, with_score
from tests.api.sockets import PATIENCE, heard, init, opened, subscribe
from tests.api.subscriptions.boards import TIERS, cursor_of, moves, told
from tests.client import Client
from tests.conftest import MakeClient


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
        await all_told(client)
        query = """subscription($after: String) { leadTierChanged(after: $after) { ... on TierChanges {
          changes { from { name max } to { name max } score version
            lead { version engagement { score level { name } } } } } } }"""

        async with client.subscribe(query, after=cursor) as board:
            frame = await anext(board)

        assert frame["changes"][0] == {
            "from": {"name": "Cold", "max": 24},
            "to": {"name": "Warm", "max": 49},
            "score": 30,
            "version": 1,
            "lead": {"version": 3, "engagement": {"score": 31, "level": {"name": "Everyone"}}},
        }

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


async def refusal(client: Client, **variables: object) -> str:
    """The message of the one error that a board ends with before it is told anything."""
    async with opened(client.url) as socket:
        await socket.send(init(client.key))
        await heard(socket)
        await socket.send(subscribe("refused", TIERS, **variables))
        message = await heard(socket)
    assert message["type"] == "error", message
    (error,) = message["payload"]
    assert error["extensions"] == {"code": "InvalidInput"}
    return str(error["message"])


HISTORIES = """subscription { leadTierChanged { __typename ... on TierChanges { changes {
  version lead { history(first: 1) { edges { node { id } } } } } } } }"""


async def test_a_change_that_cannot_be_shown_while_the_database_is_away_is_told_when_it_is_back(
    client: Client, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_levels(client)
    away = asyncio.Event()

    async def of_lead(*_: object, **__: object) -> None:
        away.set()
        raise Unreachable("the database is away")

    async with serve() as served:
        server = Client(served.url, client.key)
        async with server.subscribe(HISTORIES) as board:
            with monkeypatch.context() as patched:
                patched.setattr(served.house.history, "of_lead", of_lead)
                await with_score(client, "a", 30)
                await asyncio.wait_for(away.wait(), PATIENCE)
            await with_score(client, "a", 30)
            changes = await told(board, 2)
        await server.close()

    assert [change["version"] for change in changes] == [1, 2]


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
            ([" hOT"], ["Warm Hot", "Hot Very Hot", "Very Hot Hot", "Hot Cold"]),
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

    async def test_a_level_that_there_never_was_is_refused_by_name(self, client: Client) -> None:
        await with_levels(client)
        await with_levels(client, [{"name": "Good"}], dimension="PROFILE")

        assert await refusal(client, levels=["Warm", "Tepid", "Good"], dimension="ENGAGEMENT") == (
            "levels names 'Tepid', but there is no such level; there are Cold, Warm, Hot, Very Hot; "
            "levels names 'Good', but there is no such level; there are Cold, Warm, Hot, Very Hot"
        )
        assert await refusal(client, levels=["Warm", "Tepid", "Good"]) == (
            "levels names 'Tepid', but there is no such level; there are Cold, Warm, Hot, Very Hot, Good"
        )

    async def test_a_level_where_there_are_none_yet_is_refused(self, client: Client) -> None:
        assert "there are none yet" in await refusal(client, levels=["Warm"])

    async def test_a_refused_board_harms_none_that_asks_the_same_once_there_is_such_a_level(
        self, client: Client
    ) -> None:
        await refusal(client, levels=["Warm"])
        await with_levels(client)

        async with client.subscribe(TIERS, levels=["Warm"]) as board:
            await with_score(client, "a", 30)

            assert moves(await told(board, 1)) == [("a", "Cold", "Warm")]

    async def test_a_board_that_comes_back_may_ask_for_a_level_by_the_name_that_it_had(
        self, client: Client
    ) -> None:
        await with_levels(client)
        cursor = await cursor_of(client)
        tepid = {"name": "Tepid", "min": 25, "max": 49}
        await done(client, "updateLevel", "__typename", dimension="ENGAGEMENT", name="Warm", level=tepid)
        await all_told(client)

        async with client.subscribe(TIERS, levels=["Warm"], after=cursor) as board:
            assert moves(await told(board, 1)) == [("a lead of before", "Warm", "Tepid")]

    async def test_what_is_read_on_the_same_socket_has_whatever_such_a_board_is_not_told(
        self, client: Client, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await with_levels(client)
        go_on = asyncio.Event()
        async with serve() as served:
            read = served.house.configuration.scoring

            async def slowly(workspace: str) -> Scoring:
                await go_on.wait()
                return await read(workspace)

            server = Client(served.url, client.key)
            with monkeypatch.context() as patched:
                patched.setattr(served.house.configuration, "scoring", slowly)
                async with server.subscribe(TIERS, levels=["Warm"]) as board:
                    await with_score(client, "a", 30)
                    go_on.set()

                    assert moves(await told(board, 1)) == [("a", "Cold", "Warm")]
            await server.close()

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
