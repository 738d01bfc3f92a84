"""Subscriptions over HTTP: told as over a socket, gone on with from where one was, and JSON to whoever asks no such thing."""

from __future__ import annotations

import json

import httpx
import pytest

from api.scalars import now
from api.view import SUBSCRIBE
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.api.calls import done
from tests.api.conftest import Serve
from tests.api.harmless import QUERY
from tests.api.levels.asking import JOB, edit
from tests.api.live.events.following import EVENTS, following
from tests.api.live.sockets.conversations import hasten, until
from tests.api.scenes import LEVELS, all_told, with_levels, with_score
from tests.api.subscriptions.boards import LEVEL_SETS, TIERS, moves
from tests.api.subscriptions.lead_boards import BOARD
from tests.client import Client
from tests.conftest import MakeClient

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, "
    "multipart/mixed"
)
APOLLO = "application/graphql-response+json,application/json;q=0.9"


class TestWhatIsTold:
    async def test_that_it_has_begun_and_then_every_change(self, client: Client) -> None:
        await with_levels(client)
        async with following(client.url, client.key) as events:
            beginning = await events.told()
            await with_score(client, "a", 30)
            change = await events.told()

        assert beginning["changes"] == []
        assert moves(change["changes"]) == [("a", "Cold", "Warm")]
        assert events.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert events.response.headers["cache-control"] == "no-store"
        assert events.response.headers["x-accel-buffering"] == "no"

    async def test_a_list_that_stays_true(self, client: Client) -> None:
        async with following(client.url, client.key, BOARD) as events:
            snapshot = await events.told()
            await with_score(client, "a", 30)
            delta = await events.told()

        assert snapshot["entries"] == []
        assert [entry["lead"]["externalId"] for entry in delta["entered"]] == ["a"]

    async def test_what_ends_is_completed(self, client: Client) -> None:
        job = (await edit(client, "replaceLevels", levels=LEVELS))["job"]["id"]
        await all_told(client)
        query = f"subscription($id: ID!) {{ jobProgress(id: $id) {{ {JOB} }} }}"
        async with following(client.url, client.key, query, id=job) as events:
            told = await events.told()
            end = await events.heard()
            with pytest.raises(EOFError):
                await events.heard()

        assert told["state"] == "DONE"
        assert end == {"event": "complete", "data": ""}

    async def test_it_shares_with_sockets_that_ask_alike_and_leaves_nothing_behind(
        self, client: Client, serve: Serve
    ) -> None:
        await with_levels(client)
        async with serve() as served:
            server = Client(served.url, client.key)
            async with server.subscribe(TIERS, levels=["Warm"]) as board:
                async with following(served.url, client.key, levels=["Warm"]) as events:
                    await events.told()
                    assert sorted(map(len, served.crowd.channels)) == [2]
                    await with_score(client, "a", 30)
                    assert await events.told() == await anext(board)
                await until(lambda: sorted(map(len, served.crowd.channels)) == [1])
            await until(lambda: len(served.crowd) == 0 and len(served.crowd.channels) == 0)
            assert served.house.hub._watchers == {}
            assert not served.crowd._of_key
            await server.close()

    async def test_two_workspaces_never_share(
        self, client: Client, make_client: MakeClient, mongo: Mongo
    ) -> None:
        other = await make_client(of=await Workspaces(mongo).named("whose events are its own", now()))
        for each in (client, other):
            await with_levels(each)
        async with (
            following(client.url, client.key) as here,
            following(client.url, other.key) as there,
        ):
            assert [await each.told() for each in (here, there)]
            await with_score(client, "ours", 30)
            await with_score(other, "theirs", 30)

            assert moves((await here.told())["changes"]) == [("ours", "Cold", "Warm")]
            assert moves((await there.told())["changes"]) == [("theirs", "Cold", "Warm")]


class TestComingBack:
    @pytest.mark.parametrize("way", ["header", "variable", "header before variable"])
    async def test_what_was_missed_is_told_after_the_last_id(self, client: Client, way: str) -> None:
        await with_levels(client)
        async with following(client.url, client.key) as events:
            first = (await events.heard())["id"]
            await with_score(client, "a", 30)
            last = (await events.heard())["id"]
        await with_score(client, "b", 30)
        headers = {"last-event-id": last} if "header" in way else {}
        variables = {} if way == "header" else {"after": last if way == "variable" else first}

        async with following(client.url, client.key, headers=headers, **variables) as events:
            assert moves((await events.told())["changes"]) == [("b", "Cold", "Warm")]

    async def test_the_id_needs_no_cursor_among_the_fields(self, client: Client) -> None:
        query = "subscription { leadTierChanged { __typename } }"
        async with following(client.url, client.key, query) as events:
            event = await events.heard()

        assert event["id"]
        assert event["data"] == '{"data":{"leadTierChanged":{"__typename":"TierChanges"}}}'

    async def test_a_beat_says_that_it_stands_and_how_far_all_was_told(
        self, client: Client, serve: Serve
    ) -> None:
        await with_levels(client)
        async with serve() as served:
            hasten(served, ping=0.05)
            async with following(served.url, client.key) as events:
                begun = await events.heard()
                beat = await events.heard()
            async with following(served.url, client.key, LEVEL_SETS) as others:
                while (other := await others.heard()).get("event") == "next":
                    pass  # the feed may still tell of the levels that were made before
        await with_score(client, "a", 30)

        assert beat == {"comment": "", "id": beat["id"]}
        assert beat["id"] >= begun["id"]
        assert other == {"comment": ""}
        async with following(client.url, client.key, headers={"last-event-id": beat["id"]}) as events:
            assert moves((await events.told())["changes"]) == [("a", "Cold", "Warm")]

    async def test_a_position_that_is_gone_is_told(self, client: Client) -> None:
        async with following(client.url, client.key, headers={"last-event-id": "0000000000"}) as events:
            assert (await events.told())["__typename"] == "ResyncRequired"


class TestWhoGetsNone:
    @pytest.mark.parametrize("accept", [URQL, APOLLO, "text/event-stream", "*/*", ""])
    async def test_a_query_is_answered_with_json_whatever_else_its_caller_takes(
        self, client: Client, http: httpx.AsyncClient, accept: str
    ) -> None:
        headers = {"authorization": f"Bearer {client.key}", "accept": accept}
        answer = await http.post(client.url, json={"query": QUERY}, headers=headers)

        assert answer.headers["content-type"].startswith("application/json")
        assert answer.json() == {"data": {"viewer": {"role": "OWNER"}}}

    @pytest.mark.parametrize("accept", [URQL, "text/event-stream"])
    async def test_a_mutation_is_done_once_and_answered_with_json(
        self, client: Client, http: httpx.AsyncClient, accept: str
    ) -> None:
        headers = {"authorization": f"Bearer {client.key}", "accept": accept}
        query = 'mutation { adjustScore(input: {lead: {externalId: "a"}, delta: 5}) { __typename } }'
        answer = await http.post(client.url, json={"query": query}, headers=headers)

        assert answer.json() == {"data": {"adjustScore": {"__typename": "AdjustScorePayload"}}}
        again = await done(
            client, "adjustScore", "lead { engagement { score } }", lead={"externalId": "a"}, delta=1
        )
        assert again["lead"]["engagement"]["score"] == 6

    @pytest.mark.parametrize("accept", [APOLLO, "*/*", "application/json"])
    async def test_a_subscription_of_who_takes_no_events_is_told_the_ways_that_there_are(
        self, client: Client, http: httpx.AsyncClient, accept: str
    ) -> None:
        headers = {"authorization": f"Bearer {client.key}", "accept": accept}
        answer = await http.post(client.url, json={"query": TIERS}, headers=headers)

        (error,) = answer.json()["errors"]
        assert error["message"] == SUBSCRIBE
        assert "graphql-transport-ws" in SUBSCRIBE
        assert EVENTS in SUBSCRIBE

    async def test_who_has_no_key_is_turned_away_before_anything_is_told(
        self, http: httpx.AsyncClient, client: Client
    ) -> None:
        headers = {"authorization": "Bearer tw_never-given-out", "accept": EVENTS}
        answer = await http.post(client.url, json={"query": TIERS}, headers=headers)

        assert answer.status_code == 401
        assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}

    @pytest.mark.parametrize(
        ("query", "after"),
        [
            (TIERS, "zz"),
            ("subscription { nope }", None),
            ("subscription { leadTierChanged(leads: 1) }", None),
        ],
    )
    async def test_an_operation_that_is_refused_is_told_why_and_completed(
        self, client: Client, query: str, after: str | None
    ) -> None:
        """As the protocol wants it: a client shows the errors of an event, and tries again after those of HTTP."""
        async with following(client.url, client.key, query, after=after) as events:
            told, end = await events.heard(), await events.heard()

        assert list(json.loads(told["data"])) == ["errors"]
        assert end == {"event": "complete", "data": ""}

    async def test_a_malformed_last_id_is_refused(self, client: Client) -> None:
        async with following(client.url, client.key, headers={"last-event-id": "zz"}) as events:
            told = await events.heard()

        (error,) = json.loads(told["data"])["errors"]
        assert error["extensions"] == {"code": "InvalidInput"}
