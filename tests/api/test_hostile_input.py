"""Whatever arrives, the server answers as to a mistake, and goes on: never a 500, never a bug, never a lost socket."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
)
from websockets.exceptions import ConnectionClosed

from tests.api.calls import Json, arguments, document, example, root_fields
from tests.api.conftest import Contents
from tests.api.scenes import with_levels, with_rules, with_score
from tests.api.sockets import closing_code, heard, init, opened, subscribe
from tests.client import Client

QUERY = "{ viewer { role } }"
DEEP = b"[" * 5_000 + b"]" * 5_000
BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "a list of operations": b'[{"query": "{ viewer { role } }"}]',
    "a list of numbers": b"[1]",
    "a number": b"1",
    "a text": b'"{ viewer { role } }"',
    "null": b"null",
    "true": b"true",
    "no query": b"{}",
    "a query that is null": b'{"query": null}',
    "a query that is empty": b'{"query": ""}',
    "a query that is a number": b'{"query": 1}',
    "a query that is a list": b'{"query": ["{ viewer { role } }"]}',
    "variables that are a list": b'{"query": "{ viewer { role } }", "variables": []}',
    "variables that are a text": b'{"query": "{ viewer { role } }", "variables": "a"}',
    "extensions that are a list": b'{"query": "{ viewer { role } }", "extensions": []}',
    "an unknown operation": b'{"query": "{ viewer { role } }", "operationName": "a"}',
    "an operation's name that is a number": b'{"query": "{ viewer { role } }", "operationName": 1}',
    "an operation's name that is a list": b'{"query": "{ viewer { role } }", "operationName": []}',
    "no operation but a fragment": b'{"query": "fragment A on Query { viewer { role } }"}',
    "no operation but a type": b'{"query": "type A { a: Int }"}',
    "NaN": b'{"query": "{ viewer { role } }", "variables": {"a": NaN}}',
    "Infinity": b'{"query": "{ viewer { role } }", "variables": {"a": -Infinity}}',
    "a number beyond doubles": b'{"query": "{ viewer { role } }", "variables": {"a": 1e999}}',
    "half a surrogate pair": b'{"query": "{ viewer { role } }", "variables": {"a": "\\ud800"}}',
    "half a surrogate pair in the query": b'{"query": "{ viewer { role } } #\\udfff"}',
    "no UTF-8": b'{"query": "{ viewer { role } } #\xff"}',
    "UTF-16": '{"query": "{ viewer { role } }"}'.encode("utf-16"),
    "too deep a value": b'{"query": "{ viewer { role } }", "variables": {"a": ' + DEEP + b"}}",
}


async def post(http: httpx.AsyncClient, client: Client, body: bytes, **headers: str) -> httpx.Response:
    usual = {"authorization": f"Bearer {client.key}", "content-type": "application/json"}
    return await http.post(client.url, content=body, headers={**usual, **headers})


def said(answer: httpx.Response) -> str:
    """The message of the one error."""
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    return str(error["message"])


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_body_that_asks_nothing_is_refused_in_words(
    http: httpx.AsyncClient, client: Client, contents: Contents, body: bytes
) -> None:
    before = await contents()

    answer = await post(http, client, body)

    assert answer.status_code == 400
    assert len(answer.text) > 10
    assert await contents() == before
    assert await client(QUERY) == {"role": "OWNER"}


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_body_of_another_type_is_refused_in_words(
    http: httpx.AsyncClient, client: Client, kind: str
) -> None:
    answer = await post(http, client, b'{"query": "{ viewer { role } }"}', **{"content-type": kind})

    assert (answer.status_code, said(answer)) == (400, "Unsupported content type")


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_body_of_nine_megabytes_is_refused(
    http: httpx.AsyncClient, client: Client, contents: Contents, is_chunked: bool
) -> None:
    before = await contents()
    body = json.dumps({"query": QUERY, "variables": {"a": "x" * 9_000_000}}).encode()
    headers = {"authorization": f"Bearer {client.key}", "content-type": "application/json"}

    async def chunks() -> Any:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    answer = await http.post(client.url, content=chunks() if is_chunked else body, headers=headers)

    assert answer.status_code == 413
    assert await contents() == before
    assert await client(QUERY) == {"role": "OWNER"}


async def test_a_body_of_seven_megabytes_is_read(http: httpx.AsyncClient, client: Client) -> None:
    answer = await post(http, client, json.dumps({"query": QUERY, "spare": "x" * 7_000_000}).encode())

    assert answer.json() == {"data": {"viewer": {"role": "OWNER"}}}


@pytest.mark.parametrize(
    "query",
    [
        "{ a " * 600 + "}" * 600,
        "{ lead(by: {externalId: " + "[" * 900 + "]" * 900 + "}) { id } }",
        "{ lead(by: " + "{a: " * 450 + "1" + "}" * 450 + ") { id } }",
        "query($a: " + "[" * 900 + "Int" + "]" * 900 + ") { viewer { role } }",
        "{ viewer { role } } " + "fragment F on Query { viewer { role } } " * 200,
        "fragment F on Query { ...G } fragment G on Query { ...F } { ...F }",
        "{ ...Missing }",
        '{ lead(by: {externalId: "\\ud800"}) { id } }',
        '{ lead(by: {externalId: "\\u{110000}"}) { id } }',
        "{ leads(first: 99999999999999999999999999999999) { totalCount } }",
        "{ leads(first: 1e400) { totalCount } }",
        "\0",
        "\ufeff{ viewer { role } }\0",
        "subscription { levelSetChanged { version } leadTierChanged { __typename } }",
        'mutation { recordActivity(input: {lead: {externalId: "a"}, activity: {kind: "K", properties: {n: 1e999}}}) { ... on UserError { message } ... on RecordActivityPayload { activity { properties } } } }',
    ],
    ids=lambda query: ascii(query)[:30],
)
async def test_a_document_that_makes_no_sense_is_explained(
    client: Client, contents: Contents, query: str
) -> None:
    before = await contents()

    answer = await client.answer(query)

    said = json.dumps(answer)
    assert "message" in said
    assert "BUG" not in said
    assert await contents() == before


NASTY: list[Any] = [
    "",
    " ",
    "\0",
    "a\0b",
    "x" * 2_000,
    "🦓 İß\u202e",
    "$where",
    "a.b",
    ".*(",
    "lead_\0",
    "rule_" + "9" * 30,
    "9" * 5_000,
    "2026-02-30T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    10**30,
    1.5,
    1e308,
    [],
    [[]],
    {},
    {"$ne": 1},
    {"a": {"b": [None, "\0", 1.5, 2**40]}},
]
# What the server must never be given to read is refused as a body: these break JSON itself.
UNREADABLE = ['"\\ud800"', '"\\udfff\\ud800"', "NaN", "Infinity", "1e999", "-", "01", "'a'", '"\x01"']


Place = tuple[str | int, ...]


def places(kind: GraphQLInputType) -> Iterator[tuple[Any, Place]]:
    """For everything that a value of the type may hold: a value that holds it and else what it must, and its place."""
    if isinstance(kind, GraphQLNonNull):
        yield from places(kind.of_type)
        return
    yield example(kind), ()
    if isinstance(kind, GraphQLList):
        yield from (([value], (0, *place)) for value, place in places(kind.of_type))
    elif isinstance(kind, GraphQLInputObjectType):
        required = {} if kind.is_one_of else example(kind)
        for name, field in kind.fields.items():
            yield from (({**required, name: value}, (name, *place)) for value, place in places(field.type))


def changed(value: Any, place: Place, to: object) -> Any:
    """The value with what stands there replaced."""
    if not place:
        return to
    copied = copy.deepcopy(value)
    inner = copied
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = to
    return copied


@pytest.mark.parametrize(
    ("operation", "name"),
    [(operation, name) for operation in ("Query", "Mutation") for name in root_fields(operation)],
)
async def test_no_value_in_any_place_is_taken_for_a_bug(client: Client, operation: str, name: str) -> None:
    """Everything nasty, in the place of everything that the field takes."""
    await with_levels(client, [{"name": "EXAMPLE", "min": 0}])
    await with_rules(client, EXAMPLE=1)
    await with_score(client, "EXAMPLE", 1)
    query, required = document(operation, name), arguments(operation, name)
    few = asyncio.Semaphore(8)

    async def fault(given: Json, place: Place, value: object) -> str | None:
        async with few:
            answer = await client.answer(query, **changed(given, place, value))
        return f"{place} {value!r:.60}" if "BUG" in json.dumps(answer) else None

    tried = [
        fault({**required, argument: given}, (argument, *place), value)
        for argument, taken in root_fields(operation)[name].args.items()
        for given, place in places(taken.type)
        for value in NASTY
    ]

    assert [each for each in await asyncio.gather(*tried) if each] == []
    assert await client(QUERY) == {"role": "OWNER"}


@pytest.mark.parametrize("text", UNREADABLE)
async def test_what_breaks_json_is_refused_wherever_it_stands(
    http: httpx.AsyncClient, client: Client, contents: Contents, text: str
) -> None:
    before = await contents()
    query = json.dumps(document("Mutation", "upsertLead"))
    for variables in (
        f'{{"input": {{"lead": {{"externalId": {text}}}}}}}',
        f'{{"input": {{"lead": {{"externalId": "a"}}, "name": {text}}}}}',
        f'{{"input": {{"lead": {{"externalId": "a"}}, "attributes": {{"a": [{text}]}}}}}}',
    ):
        answer = await post(http, client, f'{{"query": {query}, "variables": {variables}}}'.encode())

        assert (answer.status_code, said(answer)) == (400, "Unable to parse request body as JSON")
    assert await contents() == before


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
