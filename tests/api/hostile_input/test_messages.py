"""Whatever is said on a socket, it is answered, or the socket closed with a reason: never one lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

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


@pytest.mark.parametrize("payload", [[], "text", 5, None], ids=str)
async def test_an_opening_that_breaks_the_protocol_closes_its_socket(client: Client, payload: object) -> None:
    async with opened(client.url) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))

        assert await closing_code(socket) in {4400, 4403}


COUNT = "query($n: Int) { leads(first: $n) { totalCount } }"
SHAPES: dict[str, Json] = {
    "a query that is null": {"query": None},
    "a query that is a number": {"query": 1},
    "an operation's name that is a number": {"query": QUERY, "operationName": 1},
    "variables that are a list": {"query": COUNT, "variables": [5]},
    "variables that are a number": {"query": COUNT, "variables": 5},
}


@pytest.mark.parametrize("payload", SHAPES.values(), ids=SHAPES)
async def test_a_payload_of_the_wrong_shape_is_refused_or_closes_its_socket_with_a_reason(
    client: Client, payload: Json
) -> None:
    async with opened(client.url) as socket:
        await socket.send(init(client.key))
        await heard(socket)
        await socket.send(json.dumps({**SUBSCRIBE, "payload": payload}))
        try:
            answer = await heard(socket)
        except ConnectionClosed as closed:
            answer = {"closed with": closed.rcvd and closed.rcvd.code}

    assert answer == {"closed with": 4400} or answer["type"] == "error"
    assert "BUG" not in json.dumps(answer)


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
