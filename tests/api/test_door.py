"""What a stranger, or a key that asks too much, can make the server do."""

from __future__ import annotations

import json

import httpx
import pytest
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from domain.actors import Workspace
from persistence.mongo import Mongo
from tests.api.calls import arguments, body, document
from tests.api.conftest import Contents, Serve
from tests.api.harmless import QUERY
from tests.api.sockets import Json, closing_code, heard, init, opened, subscribe
from tests.client import Client
from tests.conftest import MakeClient

PAGE = "https://app.example"


def bearer(client: Client) -> dict[str, str]:
    return {"authorization": f"Bearer {client.key}"}


class TestTheRate:
    async def test_a_key_beyond_its_rate_is_told_to_wait_and_another_is_not(
        self, http: httpx.AsyncClient, make_client: MakeClient, serve: Serve
    ) -> None:
        busy, idle = bearer(await make_client(name="Busy")), bearer(await make_client(name="Idle"))
        async with serve(rate_limit=3) as served:
            statuses = [
                (await http.post(served.url, json={"query": QUERY}, headers=busy)).status_code
                for _ in range(3)
            ]
            limited = await http.post(served.url, json={"query": QUERY}, headers=busy)
            other = await http.post(served.url, json={"query": QUERY}, headers=idle)

        (error,) = limited.json()["errors"]
        assert statuses == [200, 200, 200]
        assert limited.status_code == 429
        assert 0 < int(limited.headers["retry-after"]) <= 60
        assert error["extensions"] == {"code": "RATE_LIMITED"}
        assert "the key 'Busy' has used up its 3 requests of this minute" in error["message"]
        assert other.status_code == 200

    async def test_nothing_is_written_beyond_the_rate(
        self, http: httpx.AsyncClient, client: Client, serve: Serve, contents: Contents
    ) -> None:
        mutation = body("Mutation", "adjustScore")
        async with serve(rate_limit=1) as served:
            await http.post(served.url, json=mutation, headers=bearer(client))
            before = await contents()
            limited = await http.post(served.url, json=mutation, headers=bearer(client))

        assert limited.status_code == 429
        assert len(before["score_changes"]) == 1
        assert await contents() == before

    async def test_no_socket_opens_beyond_the_rate(self, client: Client, serve: Serve) -> None:
        async with serve(rate_limit=1) as served, opened(served.url) as first, opened(served.url) as second:
            await first.send(init(client.key))
            assert await heard(first) == {"type": "connection_ack"}
            await second.send(init(client.key))

            assert await closing_code(second) == 1013

    async def test_operations_on_a_socket_count_as_requests(self, client: Client, serve: Serve) -> None:
        """Or else a socket would be a way round the limit."""
        async with serve(rate_limit=3) as served, opened(served.url) as socket:
            await socket.send(init(client.key))
            await heard(socket)
            answers: list[Json] = []
            for number in range(3):
                await socket.send(subscribe(str(number), QUERY))
                answers.append(await heard(socket))
                while answers[-1]["type"] == "next" and (await heard(socket))["type"] != "complete":
                    pass

        assert ["RATE_LIMITED" in json.dumps(answer) for answer in answers] == [False, False, True]


class TestTheKey:
    async def test_a_key_appears_in_no_error_and_no_log(
        self,
        http: httpx.AsyncClient,
        client: Client,
        mongo: Mongo,
        workspace: Workspace,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        wrong = "tw_this-key-was-never-given-out"
        headers = {"authorization": f"Bearer {wrong}"}
        told = [(await http.post(client.url, json={"query": QUERY}, headers=headers)).json()]
        told += [await client.answer("{ nope }")]
        async with client.socket() as socket:
            # An operation fails of itself when its workspace is gone, over HTTP as on a socket.
            await mongo.workspaces.delete_one({"_id": workspace.id})
            query = "{ levelSet(dimension: ENGAGEMENT) { version } }"
            await socket.send(subscribe("1", query))
            told += [await heard(socket), await client.answer(query)]

        logged = "".join(capfd.readouterr())
        assert json.dumps(told).count('"BUG"') == 2
        assert "an operation failed" in logged
        # A line of a log may break anywhere in a key.
        for secret in (client.key, wrong):
            assert secret[:20] not in logged
            assert secret not in json.dumps(told)

    async def test_a_callers_mistake_is_no_error_in_the_servers_log(
        self, client: Client, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        """What callers write, with their leads' names in it, is theirs: a log full of it hides the bugs."""
        for mistake in (
            '{ lead(by: {email: "jane@example.com"}) { nope } }',
            '{ lead(by: {id: "jane@example.com"}) { id } }',
            "{ leads(first: 0) { totalCount } }",
        ):
            assert "errors" in await client.answer(mistake)

        assert [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}] == []
        assert "jane@example.com" not in "".join(capfd.readouterr())


def assert_says_why(told: str, origin: str) -> None:
    for word in (origin, "may not call", "TIERWIRE_ALLOWED_ORIGINS", "add it there"):
        assert word in told


class TestTheWayIn:
    async def test_a_query_by_get_is_refused(
        self, http: httpx.AsyncClient, client: Client, contents: Contents
    ) -> None:
        before = await contents()
        mutation = {
            "query": document("Mutation", "adjustScore"),
            "variables": json.dumps(arguments("Mutation", "adjustScore")),
        }

        read = await http.get(client.url, params={"query": QUERY}, headers=bearer(client))
        written = await http.get(client.url, params=mutation, headers=bearer(client))

        assert (read.status_code, written.status_code) == (400, 400)
        assert "not allowed when using GET" in read.text
        assert await contents() == before

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    async def test_no_other_method_is_offered(
        self, http: httpx.AsyncClient, client: Client, method: str
    ) -> None:
        response = await http.request(method, client.url, json={"query": QUERY}, headers=bearer(client))

        assert response.status_code == 405

    @pytest.mark.parametrize("is_offered", [True, False])
    async def test_graphiql_is_shown_to_a_browser_unless_told_otherwise(
        self, http: httpx.AsyncClient, serve: Serve, is_offered: bool
    ) -> None:
        async with serve(graphiql=is_offered) as served:
            shown = await http.get(served.url, headers={"accept": "text/html"})

        assert shown.status_code == (200 if is_offered else 404)
        assert ("graphiql" in shown.text.casefold()) is is_offered

    @pytest.mark.parametrize("protocols", [["graphql-ws"], ["chat"], None], ids=str)
    async def test_only_the_modern_socket_protocol_is_spoken(
        self, client: Client, protocols: list[Subprotocol] | None
    ) -> None:
        async with opened(client.url, subprotocols=protocols) as socket:
            assert await closing_code(socket) == 4406

    @pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://127.0.0.1:1"])
    async def test_a_page_of_another_origin_opens_no_socket(self, client: Client, origin: str) -> None:
        with pytest.raises(InvalidStatus) as refusal:
            async with opened(client.url, origin=Origin(origin)):
                pass

        response = refusal.value.response
        assert response.status_code == 403
        assert response.body
        assert_says_why(response.body.decode(), origin)

    async def test_a_refused_origin_is_logged_in_one_line_with_the_setting_that_lets_it_in(
        self, http: httpx.AsyncClient, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        preflight = {"origin": "https://b.example", "access-control-request-method": "POST"}
        with capture_logs() as log:
            with pytest.raises(InvalidStatus):
                async with opened(client.url, origin=Origin("https://a.example")):
                    pass
            await http.options(client.url, headers=preflight)

        assert [each["origin"] for each in log] == ["https://a.example", "https://b.example"]
        assert all("TIERWIRE_ALLOWED_ORIGINS" in each["event"] for each in log)
        assert caplog.text == ""

    async def test_of_an_origin_that_is_none_little_is_repeated(
        self, http: httpx.AsyncClient, client: Client
    ) -> None:
        preflight = {"origin": "x" * 10_000, "access-control-request-method": "POST"}
        with capture_logs() as log:
            asking = await http.options(client.url, headers=preflight)

        assert len(asking.text) < 1_000
        assert len(str(log)) < 1_000

    async def test_a_page_of_another_origin_reads_nothing(
        self, http: httpx.AsyncClient, client: Client
    ) -> None:
        origin = {"origin": "https://elsewhere.example"}
        preflight = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization",
        }

        asking = await http.options(client.url, headers={**origin, **preflight})
        told = await http.post(client.url, json={"query": QUERY}, headers={**origin, **bearer(client)})

        assert asking.status_code == 403
        assert_says_why(asking.text, "https://elsewhere.example")
        assert "access-control-allow-origin" not in asking.headers
        assert "access-control-allow-origin" not in told.headers

    async def test_a_page_of_an_allowed_origin_may_call_and_open_sockets(
        self, http: httpx.AsyncClient, client: Client, serve: Serve
    ) -> None:
        headers = {"origin": PAGE, **bearer(client)}
        async with serve(allowed_origins=[PAGE]) as served:
            told = await http.post(served.url, json={"query": QUERY}, headers=headers)
            async with opened(served.url, origin=Origin(PAGE)) as socket:
                await socket.send(init(client.key))
                acknowledged = await heard(socket)

        assert told.headers["access-control-allow-origin"] == PAGE
        assert acknowledged == {"type": "connection_ack"}

    async def test_a_subscription_asked_for_by_post_is_sent_to_the_socket(
        self, http: httpx.AsyncClient, client: Client
    ) -> None:
        asked = body("Subscription", "levelSetChanged")
        accepts = ["application/json", "multipart/mixed;subscriptionSpec=1.0"]

        answers = [
            await http.post(client.url, json=asked, headers={**bearer(client), "accept": accept})
            for accept in accepts
        ]

        assert ["BUG" in answer.text for answer in answers] == [False, False]
        assert [answer.status_code < 500 for answer in answers] == [True, True]
        assert ["socket" in answer.text.casefold() for answer in answers] == [True, True]

    async def test_the_health_of_the_server_is_for_everybody(
        self, http: httpx.AsyncClient, server: str
    ) -> None:
        health = await http.get(server.replace("/graphql", "/healthz"))

        assert (health.status_code, health.text) == (200, "ok")
