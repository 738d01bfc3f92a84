"""Whatever body a request has, it is refused as a mistake, and the server goes on: never a 500."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import httpx
import pytest

from tests.api.calls import document
from tests.api.conftest import Contents, Serve
from tests.api.harmless import QUERY
from tests.api.live.sockets.conversations import until
from tests.client import Client

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


async def test_a_client_that_hangs_up_while_it_sends_leaves_no_trace(
    client: Client, serve: Serve, caplog: pytest.LogCaptureFixture, contents: Contents
) -> None:
    before = await contents()
    async with serve() as served:
        host, _, port = served.url.removeprefix("http://").removesuffix("/graphql").partition(":")
        loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio")]
        for each in loggers:
            each.addHandler(caplog.handler)
        _, half = await asyncio.open_connection(host, int(port))
        head = f"POST /graphql HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {client.key}\r\n"
        half.write(f"{head}content-type: application/json\r\ncontent-length: 100\r\n\r\n{{".encode())
        await until(lambda: requests() == 1)
        half.transport.abort()
        await until(lambda: requests() == 0)
        for each in loggers:
            each.removeHandler(caplog.handler)

    assert caplog.text == ""
    assert await contents() == before


def requests() -> int:
    """How many requests are being answered."""
    return sum("run_asgi" in repr(task.get_coro()) for task in asyncio.all_tasks())


# What the server must never be given to read is refused as a body: these break JSON itself.
UNREADABLE = ['"\\ud800"', '"\\udfff\\ud800"', "NaN", "Infinity", "1e999", "-", "01", "'a'", '"\x01"']


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
