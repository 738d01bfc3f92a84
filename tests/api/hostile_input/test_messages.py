"""Whatever is said on a socket, it is answered, or the socket closed with a reason: never one lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.calls import Json
from tests.api.harmless import QUERY
from tests.api.scenes import with_levels
from tests.api.sockets import closing_code, heard, init, opened, subscribe
from tests.client import Client

SUBSCRIBE = {"id": "1", "type": "subscribe"}
MESSAGES: dict[str, Any] = {
    "a list": [],
    "a number": 1,
    "a text": "subscribe",
    "null": None,
    "no type": {"id": "1"},
    "a type that is a number": {"type": 1},
    "a type that is a list": {"type": []},
    "an unknown type": {"type": "start"},
    "no payload": SUBSCRIBE,
    "no query": {**SUBSCRIBE, "payload": {}},
    "a payload that is null": {**SUBSCRIBE, "payload": None},
    "a payload that is a list": {**SUBSCRIBE, "payload": []},
    "a payload that is a text": {**SUBSCRIBE, "payload": QUERY},
    "no id": {"type": "subscribe", "payload": {"query": QUERY}},
    "an id that is a list": {**SUBSCRIBE, "id": [], "payload": {"query": QUERY}},
    "an id that is an object": {**SUBSCRIBE, "id": {}, "payload": {"query": QUERY}},
    "no id to complete": {"type": "complete"},
    "an id to complete that is a list": {"type": "complete", "id": []},
    "a second connection_init": {"type": "connection_init"},
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
async def test_a_message_that_breaks_the_protocol_closes_its_socket_with_a_reason(
    client: Client, message: object
) -> None:
    async with opened(client.url) as beside, opened(client.url) as socket:
        for each in (beside, socket):
            await each.send(init(client.key))
            await heard(each)
        await socket.send(json.dumps(message))

        code = await closing_code(socket)

        await beside.send(subscribe("1", QUERY))
        assert (await heard(beside))["payload"] == {"data": {"viewer": {"role": "OWNER"}}}
    assert code in {4400, 4409, 4429}


@pytest.mark.parametrize(
    "message", ["{", "", "[" * 5_000, '"\\ud800"', b'{"type": "ping"}', b"\xff"], ids=lambda m: repr(m)[:20]
)
async def test_a_message_that_is_no_json_text_closes_its_socket_with_a_reason(
    client: Client, message: str | bytes
) -> None:
    async with opened(client.url) as socket:
        await socket.send(init(client.key))
        await heard(socket)
        await socket.send(message)

        assert await closing_code(socket) == 4400


@pytest.mark.parametrize("payload", [[], "text", 5], ids=str)
async def test_an_opening_that_breaks_the_protocol_closes_its_socket(client: Client, payload: object) -> None:
    async with opened(client.url) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))

        assert await closing_code(socket) == 4400


@pytest.mark.parametrize("message", [{"payload": None}, {}, {"payload": {}}], ids=str)
async def test_an_opening_without_a_payload_is_one_with_the_key_of_the_handshake(
    client: Client, message: Json
) -> None:
    headers = {"authorization": f"Bearer {client.key}"}
    async with opened(client.url, additional_headers=headers) as socket:
        await socket.send(json.dumps({"type": "connection_init", **message}))

        assert await heard(socket) == {"type": "connection_ack"}


@pytest.mark.parametrize("payload", [{"at": 1, "what": ["ever"]}, {}], ids=str)
async def test_a_ping_is_answered_with_its_own_payload(client: Client, payload: Json) -> None:
    async with opened(client.url) as socket:
        await socket.send(json.dumps({"type": "ping", "payload": payload}))

        assert await heard(socket) == {"type": "pong", "payload": payload}


def nested(depth: int) -> Json:
    value: Json = {}
    for _ in range(depth):
        value = {"a": value}
    return value


async def test_a_ping_that_cannot_be_answered_closes_its_socket_with_a_reason(client: Client) -> None:
    async with opened(client.url) as socket:
        await socket.send(json.dumps({"type": "ping", "payload": nested(500)}))

        assert await closing_code(socket) == 4400


async def test_variables_that_cannot_be_told_from_others_are_explained(client: Client) -> None:
    async with opened(client.url) as socket:
        await socket.send(init(client.key))
        await heard(socket)
        await socket.send(subscribe("1", "subscription { levelSetChanged { version } }", more=nested(500)))
        answer = await heard(socket)
        await socket.send(subscribe("1", QUERY))

        assert answer["type"] == "error"
        assert "nested" in answer["payload"][0]["message"]
        assert (await heard(socket))["type"] == "next"


@pytest.mark.parametrize("message", [{}, {"payload": None}, {"payload": {"a": 1}}], ids=str)
async def test_a_pong_that_nobody_asked_for_is_taken(client: Client, message: Json) -> None:
    async with opened(client.url) as socket:
        await socket.send(json.dumps({"type": "pong", **message}))
        await socket.send(json.dumps({"type": "ping", "payload": None}))

        assert await heard(socket) == {"type": "pong"}


async def test_an_operation_before_the_opening_closes_the_socket(client: Client) -> None:
    async with opened(client.url) as socket:
        await socket.send(subscribe("1", QUERY))

        assert await closing_code(socket) == 4401


async def test_a_second_opening_closes_the_socket_though_the_first_is_not_answered_yet(
    client: Client,
) -> None:
    async with opened(client.url) as socket:
        for _ in range(2):
            await socket.send(init(client.key))

        assert await closing_code(socket) == 4429


async def test_a_reason_is_never_longer_than_a_closing_frame_holds(client: Client) -> None:
    name = "ü" * 500
    async with opened(client.url) as socket:
        await socket.send(init(client.key))
        for _ in range(2):
            await socket.send(subscribe(name, "subscription { levelSetChanged { version } }"))

        assert await closing_code(socket) == 4409


async def test_what_is_not_under_way_may_be_completed(client: Client) -> None:
    async with opened(client.url) as socket:
        await socket.send(init(client.key))
        await heard(socket)
        await socket.send(json.dumps({"type": "complete", "id": "nothing"}))
        await socket.send(subscribe("1", QUERY))

        assert (await heard(socket))["type"] == "next"


COUNT = "query($n: Int) { leads(first: $n) { totalCount } }"
SHAPES: dict[str, Json] = {
    "a query that is null": {"query": None},
    "a query that is a number": {"query": 1},
    "an operation's name that is a number": {"query": QUERY, "operationName": 1},
    "variables that are a list": {"query": COUNT, "variables": [5]},
    "variables that are a number": {"query": COUNT, "variables": 5},
}


@pytest.mark.parametrize("payload", SHAPES.values(), ids=SHAPES)
async def test_a_payload_of_the_wrong_shape_closes_its_socket_with_a_reason(
    client: Client, payload: Json
) -> None:
    async with opened(client.url) as socket:
        await socket.send(init(client.key))
        await heard(socket)
        await socket.send(json.dumps({**SUBSCRIBE, "payload": payload}))

        assert await closing_code(socket) == 4400


PAYLOADS: dict[str, Json] = {
    "a syntax error": {"query": "{"},
    "an unknown field": {"query": "{ nope }"},
    "an unknown fragment": {"query": "{ ...Missing }"},
    "an empty query": {"query": ""},
    "an unknown operation": {"query": QUERY, "operationName": "a"},
    "no operation but a fragment": {"query": "fragment A on Query { viewer { role } }"},
    "a variable that is missing": {"query": "query($n: Int!) { leads(first: $n) { totalCount } }"},
    "a malformed cursor": {"query": 'subscription { leadTierChanged(after: "zz") { __typename } }'},
    "a lead that is none": {"query": 'subscription { leadTierChanged(leads: ["zz"]) { __typename } }'},
    "too many leads": {
        "query": "subscription($l: [ID!]) { leadTierChanged(leads: $l) { __typename } }",
        "variables": {"l": ["lead_1"] * 1_001},
    },
    "a level that there never was": {
        "query": 'subscription { leadTierChanged(levels: ["Tepid"]) { __typename } }'
    },
    "too many levels": {
        "query": "subscription($l: [String!]) { leadTierChanged(levels: $l) { __typename } }",
        "variables": {"l": ["Warm"] * 101},
    },
    "two subscriptions in one": {
        "query": "subscription { a: levelSetChanged { version } b: levelSetChanged { version } }"
    },
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
async def test_a_bad_operation_is_answered_with_its_error_and_harms_no_other(
    client: Client, payload: Json
) -> None:
    async with opened(client.url) as socket:
        await socket.send(init(client.key))
        await heard(socket)
        await socket.send(subscribe("good", "subscription { levelSetChanged { version } }"))
        await socket.send(json.dumps({"id": "bad", "type": "subscribe", "payload": payload}))
        answer = await heard(socket)
        await socket.send(subscribe("after", QUERY))
        after = [await heard(socket) for _ in range(3 if answer["type"] == "next" else 2)]
        await with_levels(client)
        told = await heard(socket)

    assert answer["id"] == "bad"
    assert answer["type"] in {"error", "next"}
    assert "message" in json.dumps(answer["payload"])
    assert "BUG" not in json.dumps(answer)
    assert after[-2]["payload"] == {"data": {"viewer": {"role": "OWNER"}}}
    assert told == {"id": "good", "type": "next", "payload": {"data": {"levelSetChanged": {"version": 1}}}}
