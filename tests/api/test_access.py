"""Who may do what: every field of the schema is tried without a key and with every role."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from domain.actors import Role
from tests.api.calls import Json, body, call, document, done, role_needed, root_fields
from tests.api.conftest import Contents
from tests.api.scenes import with_activity, with_levels, with_rules, with_score
from tests.api.sockets import closing_code, heard, init, opened, subscribe
from tests.client import Client
from tests.conftest import MakeClient

FIELDS = [
    (operation, name)
    for operation in ("Query", "Mutation", "Subscription")
    for name in root_fields(operation)
]
WRONG = "Bearer tw_this-key-was-never-given-out"
NOT_KEYS = {
    "no key": None,
    "a wrong key": WRONG,
    "no scheme": "tw_key",
    "another scheme": "Basic YTpi",
    "no more than a scheme": "Bearer",
}


class TestWithoutAKey:
    @pytest.mark.parametrize("authorization", NOT_KEYS.values(), ids=NOT_KEYS)
    @pytest.mark.parametrize(("operation", "name"), FIELDS)
    async def test_no_field_is_answered(
        self, http: httpx.AsyncClient, server: str, operation: str, name: str, authorization: str | None
    ) -> None:
        headers = {"authorization": authorization} if authorization else {}

        response = await http.post(server, json=body(operation, name), headers=headers)

        (error,) = response.json()["errors"]
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert error["extensions"] == {"code": "UNAUTHENTICATED"}
        assert "Authorization: Bearer" in error["message"]
        assert "data" not in response.json()

    @pytest.mark.parametrize(
        "payload",
        [
            {},
            {"authorization": WRONG},
            {"authorization": "tw_key"},
            {"authorization": 5},
            {"authorization": {"Bearer": "tw_key"}},
        ],
        ids=str,
    )
    async def test_a_socket_is_closed(self, server: str, payload: Json) -> None:
        async with opened(server) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))

            assert await closing_code(socket) == 4403

    @pytest.mark.parametrize("headers", [{}, {"authorization": WRONG}], ids=str)
    async def test_a_socket_that_shows_none_in_the_handshake_either_is_closed(
        self, server: str, headers: dict[str, str]
    ) -> None:
        async with opened(server, additional_headers=headers) as socket:
            await socket.send('{"type": "connection_init"}')

            assert await closing_code(socket) == 4403

    @pytest.mark.parametrize(("operation", "name"), FIELDS)
    async def test_no_operation_begins_on_a_socket_before_the_key_was_shown(
        self, server: str, operation: str, name: str
    ) -> None:
        async with opened(server) as socket:
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": body(operation, name)}))

            assert await closing_code(socket) == 4401


class TestWithAKey:
    @pytest.mark.parametrize("name", ["authorization", "Authorization"])
    @pytest.mark.parametrize("in_handshake", [False, True])
    async def test_a_socket_takes_it_from_the_payload_or_the_handshake(
        self, client: Client, name: str, in_handshake: bool
    ) -> None:
        shown = {name: f"bearer {client.key}"}
        payload, headers = ({}, shown) if in_handshake else (shown, {})
        async with opened(client.url, additional_headers=headers) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))

            assert await heard(socket) == {"type": "connection_ack"}

    @pytest.mark.parametrize("role", Role)
    @pytest.mark.parametrize("name", root_fields("Mutation"))
    async def test_a_mutation_is_for_the_role_that_its_description_names_and_those_above(
        self, make_client: MakeClient, contents: Contents, name: str, role: Role
    ) -> None:
        client = await make_client(role, "The key")
        before = await contents()

        answer = await client.answer(**call("Mutation", name))

        needed = role_needed(root_fields("Mutation")[name])
        if role.covers(needed):
            assert "errors" not in answer
            assert answer["data"][name]["__typename"]
        else:
            (error,) = answer["errors"]
            assert error["extensions"] == {"code": "FORBIDDEN"}
            assert (
                error["message"] == f"the key 'The key' has the role {role.value}; this needs {needed.value}"
            )
            assert not answer["data"]
            assert await contents() == before

    @pytest.mark.parametrize("role", Role)
    @pytest.mark.parametrize("name", root_fields("Query"))
    async def test_a_query_is_for_every_role_and_writes_nothing(
        self, make_client: MakeClient, contents: Contents, name: str, role: Role
    ) -> None:
        client = await make_client(role)
        # A draft, which testRules asks for.
        await done(await make_client(), "saveScoringPolicy", "rule { id }", ceiling=100)
        before = await contents()

        answer = await client.answer(**call("Query", name))

        assert role_needed(root_fields("Query")[name]) is Role.VIEWER
        assert "errors" not in answer
        assert await contents() == before

    @pytest.mark.parametrize("name", root_fields("Subscription"))
    async def test_a_subscription_is_for_every_role(self, make_client: MakeClient, name: str) -> None:
        owner, viewer = await make_client(), await make_client(Role.VIEWER)
        await with_levels(owner)
        (job,) = await owner("{ jobs { id } }")

        asked: dict[str, Any] = call("Subscription", name, {"job": job["id"]})
        async with viewer.subscribe(asked.pop("document"), **asked) as told:
            await with_score(owner, "a", 30)
            await with_levels(owner)

            assert role_needed(root_fields("Subscription")[name]) is Role.VIEWER
            assert (await anext(told))["__typename"]

    @pytest.mark.parametrize("name", root_fields("Mutation"))
    async def test_a_viewer_may_not_write_on_a_socket_either(
        self, make_client: MakeClient, contents: Contents, name: str
    ) -> None:
        viewer = await make_client(Role.VIEWER)
        before = await contents()
        async with opened(viewer.url) as socket:
            await socket.send(init(viewer.key))
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": body("Mutation", name)}))
            _, answer = await heard(socket), await heard(socket)

        (error,) = answer["payload"]["errors"]
        assert error["extensions"] == {"code": "FORBIDDEN"}
        assert await contents() == before

    async def test_who_may_not_edit_is_told_so_before_any_fault_of_the_edit(
        self, make_client: MakeClient, contents: Contents
    ) -> None:
        client = await make_client(Role.INTEGRATION)
        before = await contents()
        twice = [{"name": "A", "min": 0}, {"name": "A", "min": 1}]

        answer = await client.answer(
            document("Mutation", "replaceLevels"), input={"dimension": "PROFILE", "levels": twice}
        )

        assert [error["extensions"]["code"] for error in answer.get("errors", ())] == ["FORBIDDEN"]
        assert await contents() == before


class TestTheActor:
    async def test_every_change_is_signed_with_the_name_of_the_key(self, make_client: MakeClient) -> None:
        editor = await make_client(Role.EDITOR, "Eve")
        sender = await make_client(Role.INTEGRATION, "CRM sync")
        await with_levels(editor)
        await with_rules(editor, CLICK=5)
        await with_activity(sender, "a", "CLICK")
        await with_score(editor, "a", 5)

        found = await sender(
            """{ history { edges { node { cause actor { kind name } } } }
              levelSet(dimension: ENGAGEMENT) { createdBy { kind name } }
              ruleSet { createdBy { kind name } publishedBy { kind name } }
              viewer { role actor { kind name } } }"""
        )

        eve, sync = {"kind": "API_KEY", "name": "Eve"}, {"kind": "API_KEY", "name": "CRM sync"}
        assert [edge["node"] for edge in found["history"]["edges"]] == [
            {"cause": "ADJUSTMENT", "actor": eve},
            {"cause": "ACTIVITY", "actor": sync},
        ]
        assert found["levelSet"] == {"createdBy": eve}
        assert found["ruleSet"] == {"createdBy": eve, "publishedBy": eve}
        assert found["viewer"] == {"role": "INTEGRATION", "actor": sync}

    async def test_a_change_made_on_a_socket_is_signed_too(self, make_client: MakeClient) -> None:
        client = await make_client(Role.INTEGRATION, "Live sync")
        async with opened(client.url) as socket:
            await socket.send(init(client.key))
            mutation = (
                'mutation { adjustScore(input: {lead: {email: "a@b.example"}, delta: 5}) { __typename } }'
            )
            await socket.send(subscribe("1", mutation))
            while (await heard(socket))["type"] != "complete":
                pass

        found = await client("{ history { edges { node { actor { name } } } } }")
        assert found == {"edges": [{"node": {"actor": {"name": "Live sync"}}}]}

    async def test_what_nobody_made_is_tierwires(self, client: Client) -> None:
        found = await client("{ levelSet(dimension: PROFILE) { version createdBy { kind name } } }")

        assert found == {"version": 0, "createdBy": {"kind": "SYSTEM", "name": "Tierwire"}}
