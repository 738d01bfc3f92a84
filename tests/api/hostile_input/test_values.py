"""Whatever is asked, with whatever values, it is answered as a mistake: never a bug."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInputType, GraphQLList, GraphQLNonNull

from tests.api.calls import SCHEMA, Json, arguments, document, done, example, result_of, root_fields
from tests.api.conftest import Contents
from tests.api.harmless import QUERY
from tests.api.scenes import with_levels, with_rules, with_score
from tests.client import Client

pytestmark = pytest.mark.slow


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
PARTS = "... on RecordActivityPayload { changes { parts { points suppressed } } }"


def places(kind: GraphQLInputType, within: tuple[str, ...] = ()) -> Iterator[tuple[Any, Place]]:
    """For everything that a value of the type may hold: a value that holds it and else what it must, and its place.

    *within* are the types around it: what holds itself, as a condition does, is looked into once.
    """
    if isinstance(kind, GraphQLNonNull):
        yield from places(kind.of_type, within)
        return
    yield example(kind), ()
    if isinstance(kind, GraphQLList):
        yield from (([value], (0, *place)) for value, place in places(kind.of_type, within))
    elif isinstance(kind, GraphQLInputObjectType) and kind.name not in within:
        required = {} if kind.is_one_of else example(kind)
        for name, field in kind.fields.items():
            inner = places(field.type, (*within, kind.name))
            yield from (({**required, name: value}, (name, *place)) for value, place in inner)


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
    await done(client, "saveScoringPolicy", "rule { id }", ceiling=100)
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


async def test_no_condition_whatever_it_compares_with_whatever_is_taken_for_a_bug(client: Client) -> None:
    """Of everything nasty what a condition takes is held against everything nasty that a lead or activity may have."""
    operators = SCHEMA.type_map["Operator"]
    assert isinstance(operators, GraphQLEnumType)
    saved = []
    for operator in operators.values:
        for nasty in NASTY:
            value = [nasty] if operator in {"IN", "NOT_IN"} else nasty
            tests = [
                {"test": {"field": field, "operator": operator, "value": value}}
                for field in ("activity.it", "lead.attributes.it")
            ]
            rule = {"name": "New", "activity": "EXAMPLE", "points": 1, "condition": {"all": tests}}
            saved.append(await result_of(client, "saveRule", "__typename", {"rule": rule}))
    published = await done(client, "publishRules", "ruleSet { warnings rules { condition } }")
    refs: list[Json] = [{"externalId": str(number)} for number in range(len(NASTY))]
    leads = [{"lead": ref, "attributes": {"it": value}} for ref, value in zip(refs, NASTY, strict=True)]
    records = [
        {"lead": ref, "activity": {"kind": "EXAMPLE", "properties": {"it": value}}}
        for ref, value in zip(refs, NASTY, strict=True)
    ]

    known = await done(client, "upsertLeads", "results { __typename }", leads=leads)
    recorded = await done(client, "recordActivities", f"results {{ {PARTS} }}", records=records)

    assert "BUG" not in json.dumps([saved, published, known, recorded])
    assert len(published["ruleSet"]["rules"]) > 100
    given = {
        part["suppressed"] for each in recorded["results"] if each for part in each["changes"][0]["parts"]
    }
    assert given == {None, "CONDITION_FAILED"}
