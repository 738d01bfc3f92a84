"""Whatever is asked, with whatever values, it is answered as a mistake: never a bug."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLInputType, GraphQLList, GraphQLNonNull

from tests.api.calls import Json, arguments, document, example, root_fields
from tests.api.conftest import Contents
from tests.api.harmless import QUERY
from tests.api.scenes import with_levels, with_rules, with_score
from tests.client import Client


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
