"""What is out of bounds is refused with its place, the reason and the bound, and leaves no trace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from api.ids import PREFIXES
from api.scalars import now
from domain.actors import Role, Workspace
from persistence.mongo import Mongo
from persistence.pages import encode
from persistence.workspaces import Keys, Workspaces
from tests.api.calls import Json, document, done, refused
from tests.api.conftest import Contents
from tests.api.scenes import LEVELS, with_activity, with_levels, with_rules, with_score
from tests.client import Client
from tests.conftest import MakeClient

LEAD = {"externalId": "a"}
UNKNOWN = "lead_0123456789abcdef01234567"
WRONG_LEAD_IDS = [f"{prefix}0123456789abcdef01234567" for kind, prefix in PREFIXES.items() if kind != "Lead"]
WRONG_RULE_IDS = [f"{prefix}0123456789abcdef01234567" for kind, prefix in PREFIXES.items() if kind != "Rule"]
NONSENSE = ["nonsense", "lead_", "LEAD_0123456789abcdef01234567", " ", "\0", "$ne", "🦓"]

Case = tuple[str, Json, list[str], str]


@pytest.fixture(scope="module")
async def workspace(mongo: Mongo) -> Workspace:
    """One for the whole file: nothing is ever written to it."""
    return await Workspaces(mongo).named("bad input", now())


@pytest.fixture(scope="module")
async def client(server: str, mongo: Mongo, workspace: Workspace) -> AsyncIterator[Client]:
    """The owner of a workspace that holds something of everything."""
    client = Client(server, await Keys(mongo).create(workspace, "Ada", Role.OWNER, now()))
    await with_levels(client)
    await with_rules(client, CLICK=5)
    await done(client, "saveRule", "rule { id }", **rule())
    await with_activity(client, "a", "CLICK", key="used")
    await with_score(client, "a", 5, key="used")
    await with_activity(client, "b", "CLICK")
    for lead, tags in (("a", 60), ("b", 1)):
        await done(
            client,
            "upsertLead",
            "lead { id }",
            lead={"externalId": lead},
            email=f"{lead}@example.com",
            attributes={"long": "x" * 60_000},
            addTags=[f"tag {number}" for number in range(tags)],
        )
    yield client
    await client.close()


def activity(**given: Any) -> Json:
    return {"lead": LEAD, "activity": {"kind": "CLICK", **given}}


def adjustment(**given: Any) -> Json:
    return {"lead": LEAD, "delta": 1, **given}


def level(**given: Any) -> Json:
    return {"name": "New", "min": -20, "max": -10, **given}


def rule(**given: Any) -> Json:
    return {"rule": {"name": "New", "activity": "CLICK", "points": 1, **given}}


def nested(levels: int) -> Json:
    """An object of that many levels, itself among them."""
    return {"a": nested(levels - 1)} if levels > 1 else {}


def ahead(**time: int) -> str:
    return (now() + timedelta(**time)).isoformat()


LEVEL_EDITS: dict[str, Json] = {
    "addLevel": {"level": level()},
    "updateLevel": {"name": "Cold", "level": level()},
    "removeLevel": {"name": "Cold"},
    "replaceLevels": {"levels": LEVELS},
    "revertLevels": {"version": 1},
}
LEAD_WRITES: dict[str, Json] = {
    "upsertLead": {},
    "deleteLead": {},
    "recordActivity": {"activity": {"kind": "CLICK"}},
    "adjustScore": {"delta": 1},
}

TEXTS: list[Case] = [
    ("upsertLead", {"lead": LEAD, "name": ""}, ["name"], "must not be empty"),
    ("upsertLead", {"lead": LEAD, "name": " \n"}, ["name"], "must not be empty"),
    ("upsertLead", {"lead": LEAD, "name": "x" * 201}, ["name"], "at most 200 characters; it has 201"),
    ("upsertLead", {"lead": LEAD, "company": ""}, ["company"], "must not be empty"),
    ("upsertLead", {"lead": LEAD, "company": "x" * 201}, ["company"], "at most 200 characters; it has 201"),
    ("upsertLead", {"lead": LEAD, "email": ""}, ["email"], "must not be empty"),
    ("upsertLead", {"lead": LEAD, "email": "x" * 321}, ["email"], "at most 320 characters; it has 321"),
    ("upsertLead", {"lead": LEAD, "email": "B@example.com "}, ["email"], "belongs to another lead"),
    ("upsertLead", {"lead": LEAD, "externalId": ""}, ["externalId"], "must not be empty"),
    (
        "upsertLead",
        {"lead": LEAD, "externalId": "x" * 256},
        ["externalId"],
        "at most 255 characters; it has 256",
    ),
    ("upsertLead", {"lead": LEAD, "externalId": "b"}, ["externalId"], "'b' belongs to another lead"),
    ("upsertLead", {"lead": LEAD, "addTags": [""]}, ["addTags", "0"], "must not be empty"),
    ("upsertLead", {"lead": LEAD, "addTags": ["x", "x" * 201]}, ["addTags", "1"], "at most 200 characters"),
    ("upsertLead", {"lead": LEAD, "addTags": ["x"] * 101}, ["addTags"], "at most 100 items; it has 101"),
    ("upsertLead", {"lead": LEAD, "addTags": [str(n) for n in range(41)]}, ["addTags"], "at most 100 items"),
    ("upsertLead", {"lead": LEAD, "removeTags": ["x" * 201]}, ["removeTags", "0"], "at most 200 characters"),
    ("upsertLead", {"lead": {"externalId": "x" * 256}}, ["lead", "externalId"], "at most 255 characters"),
    ("upsertLead", {"lead": {"externalId": ""}}, ["lead", "externalId"], "must not be empty"),
    ("upsertLead", {"lead": {"externalId": " "}}, ["lead", "externalId"], "must not be empty"),
    ("upsertLead", {"lead": {"email": "x" * 321}}, ["lead", "email"], "at most 320 characters; it has 321"),
    ("upsertLead", {"lead": {"email": ""}}, ["lead", "email"], "must not be empty"),
    ("deleteLead", {"lead": {"externalId": "x" * 256}}, ["lead", "externalId"], "at most 255 characters"),
    ("recordActivity", activity(kind=""), ["activity", "kind"], "must not be empty"),
    ("recordActivity", activity(kind="K" * 65), ["activity", "kind"], "at most 64 characters; it has 65"),
    *(
        (
            "recordActivity",
            activity(kind=kind),
            ["activity", "kind"],
            f"must be UPPER_SNAKE, as in EMAIL_OPENED; it is {kind!r}",
        )
        for kind in (
            "click",
            "Click",
            "CLICK_",
            "_CLICK",
            "CLI__CK",
            "CLI-CK",
            "1CLICK",
            "CLICK\n",
            "KLÍK",
            "CLI CK",
        )
    ),
    ("recordActivity", activity(key=""), ["activity", "key"], "must not be empty"),
    ("recordActivity", activity(key="x" * 256), ["activity", "key"], "at most 255 characters; it has 256"),
    (
        "recordActivity",
        {**activity(key="used"), "lead": {"externalId": "b"}},
        ["activity", "key"],
        "'used' was used before for something else",
    ),
    ("recordActivity", activity(key="used", kind="OTHER"), ["activity", "key"], "'used' was used before"),
    ("adjustScore", adjustment(key="x" * 256), ["key"], "at most 255 characters; it has 256"),
    (
        "adjustScore",
        {**adjustment(key="used"), "lead": {"externalId": "b"}},
        ["key"],
        "'used' was used before",
    ),
    ("adjustScore", adjustment(reason=""), ["reason"], "must not be empty"),
    ("adjustScore", adjustment(reason="x" * 1_001), ["reason"], "at most 1,000 characters; it has 1,001"),
    ("publishRules", {"comment": "x" * 1_001}, ["comment"], "at most 1,000 characters; it has 1,001"),
    *(
        (
            mutation,
            {"dimension": "ENGAGEMENT", "comment": "x" * 1_001, **given},
            ["comment"],
            "at most 1,000 characters",
        )
        for mutation, given in LEVEL_EDITS.items()
    ),
]
NUMBERS: list[Case] = [
    ("adjustScore", adjustment(delta=0), ["delta"], "must not be 0"),
    (
        "adjustScore",
        adjustment(delta=1_000_001),
        ["delta"],
        "between -1,000,000 and 1,000,000; it is 1000001",
    ),
    (
        "adjustScore",
        adjustment(delta=-1_000_001),
        ["delta"],
        "between -1,000,000 and 1,000,000; it is -1000001",
    ),
    ("saveRule", rule(points=0), ["rule", "points"], "must not be 0"),
    ("saveRule", rule(points=1_000_001), ["rule", "points"], "between -1,000,000 and 1,000,000"),
]
TIMES: list[Case] = [
    (
        "recordActivity",
        activity(occurredAt="2026-03-01T09:30:00"),
        ["activity", "occurredAt"],
        "needs an offset, as in 2026-03-01T09:30:00Z",
    ),
    ("recordActivity", activity(occurredAt="2026-03-01"), ["activity", "occurredAt"], "needs an offset"),
    ("recordActivity", activity(occurredAt="yesterday"), ["activity", "occurredAt"], "it is 'yesterday'"),
    ("recordActivity", activity(occurredAt=""), ["activity", "occurredAt"], "must be a time as ISO 8601"),
    ("recordActivity", activity(occurredAt=1_772_000_000), ["activity", "occurredAt"], "must be a time"),
    (
        "recordActivity",
        activity(occurredAt="0001-01-01T00:00:00+14:00"),
        ["activity", "occurredAt"],
        "must be a time as ISO 8601",
    ),
    (
        "recordActivity",
        activity(occurredAt=ahead(days=1, minutes=10)),
        ["activity", "occurredAt"],
        "at most 24 hours ahead",
    ),
    (
        "recordActivity",
        activity(occurredAt="9999-12-31T23:59:59Z"),
        ["activity", "occurredAt"],
        "at most 24 hours ahead",
    ),
    (
        "recordActivity",
        activity(occurredAt="1969-12-31T23:59:59Z"),
        ["activity", "occurredAt"],
        "must lie between 1970-01-02",
    ),
    (
        "recordActivity",
        activity(occurredAt="0001-01-02T00:00:00Z"),
        ["activity", "occurredAt"],
        "must lie between 1970-01-02",
    ),
]
DOCUMENTS: list[tuple[object, list[str], str]] = [
    ([], [], "must be a JSON object"),
    ([{}], [], "must be a JSON object"),
    ("text", [], "must be a JSON object"),
    ("", [], "must be a JSON object"),
    (5, [], "must be a JSON object"),
    (0, [], "must be a JSON object"),
    (False, [], "must be a JSON object"),
    ({"text": "x" * 100_001}, [], "at most 100,000 bytes as JSON; it takes 100,012"),
    ({"text": "é" * 50_001}, [], "at most 100,000 bytes as JSON"),
    (nested(11), ["a"] * 10, "nested at most 10 levels deep"),
    ({"a": [[[[[[[[[[]]]]]]]]]]}, ["a", *"000000000"], "nested at most 10 levels deep"),
    ({"number": 2**63}, ["number"], "a whole number must fit 64 bits"),
    ({"number": -(2**63) - 1}, ["number"], "a whole number must fit 64 bits"),
    ({"number": 2**64}, ["number"], "a whole number must fit 64 bits"),
    ({"number": 10**30}, ["number"], "a whole number must fit 64 bits"),
    ({"list": [{"number": 2**63}]}, ["list", "0", "number"], "a whole number must fit 64 bits"),
    ({"$where": 1}, ["'$where'"], "a name must not be empty, begin with $ or hold NUL"),
    ({"inner": {"$ne": 1}}, ["inner", "'$ne'"], "a name must not be empty, begin with $ or hold NUL"),
    ({"": 1}, ["''"], "a name must not be empty, begin with $ or hold NUL"),
    ({"a\0b": 1}, [r"'a\x00b'"], "a name must not be empty, begin with $ or hold NUL"),
]
JSON: list[Case] = [
    case
    for value, inner, words in DOCUMENTS
    for case in (
        ("recordActivity", activity(properties=value), ["activity", "properties", *inner], words),
        ("upsertLead", {"lead": {"externalId": "new"}, "attributes": value}, ["attributes", *inner], words),
    )
] + [
    (
        "upsertLead",
        {"lead": LEAD, "attributes": {"more": "x" * 50_000}},
        ["attributes"],
        "at most 100,000 bytes",
    )
]
BULKS: list[Case] = [
    (mutation, {items: [item] * 1_001}, [items], "at most 1,000 items; it has 1,001")
    for mutation, items, item in (
        ("upsertLeads", "leads", {"lead": LEAD}),
        ("recordActivities", "records", activity()),
        ("adjustScores", "adjustments", adjustment()),
    )
]
LEVEL_FAULTS: list[tuple[Json, list[str], str]] = [
    ({"name": ""}, ["name"], "must not be empty"),
    ({"name": "x" * 201}, ["name"], "at most 200 characters; it has 201"),
    ({"motion": ""}, ["motion"], "must not be empty"),
    ({"motion": "x" * 201}, ["motion"], "at most 200 characters; it has 201"),
    ({"min": -5, "max": -6}, ["max"], "must not be under min: -6 is less than -5"),
    (
        {"min": -2_000_000_001},
        ["min"],
        "must lie between -2,000,000,000 and 2,000,000,000; it is -2000000001",
    ),
    ({"min": 100, "max": 2_000_000_001}, ["max"], "must lie between -2,000,000,000 and 2,000,000,000"),
    ({"color": "red"}, ["color"], "must be a colour as \"#rrggbb\"; it is 'red'"),
    ({"color": "#12345"}, ["color"], "must be a colour"),
    ({"color": "#12345g"}, ["color"], "must be a colour"),
    ({"color": "#123456\n"}, ["color"], "must be a colour"),
    ({"color": 123456}, ["color"], "must be a colour"),
]
TABLES: list[Case] = [
    case
    for given, inner, words in LEVEL_FAULTS
    for case in (
        ("addLevel", {"dimension": "ENGAGEMENT", "level": level(**given)}, ["level", *inner], words),
        (
            "updateLevel",
            {"dimension": "ENGAGEMENT", "name": "Cold", "level": level(**given)},
            ["level", *inner],
            words,
        ),
        (
            "replaceLevels",
            {"dimension": "PROFILE", "levels": [{"name": "A", "min": 0}, level(**given)]},
            ["levels", "1", *inner],
            words,
        ),
    )
] + [
    (
        "addLevel",
        {"dimension": "ENGAGEMENT", "level": level(name=" hot ")},
        ["level", "name"],
        "' hot ' is there twice",
    ),
    (
        "updateLevel",
        {"dimension": "ENGAGEMENT", "name": "Cold", "level": level(name="HOT")},
        ["level", "name"],
        "'HOT' is there twice",
    ),
    (
        "replaceLevels",
        {"dimension": "PROFILE", "levels": [level(), level(name="NEW", min=0, max=5)]},
        ["levels", "1", "name"],
        "'NEW' is there twice",
    ),
    (
        "replaceLevels",
        {"dimension": "PROFILE", "levels": [{"name": str(n), "min": n, "max": n} for n in range(51)]},
        ["levels"],
        "at most 50 items; it has 51",
    ),
]
RULES: list[Case] = [
    ("saveRule", rule(name=""), ["rule", "name"], "must not be empty"),
    ("saveRule", rule(name="x" * 201), ["rule", "name"], "at most 200 characters; it has 201"),
    ("saveRule", rule(activity="click"), ["rule", "activity"], "must be UPPER_SNAKE"),
    ("saveRule", rule(activity="K" * 65), ["rule", "activity"], "at most 64 characters; it has 65"),
    ("saveRule", rule(activity=None), ["rule", "activity"], "must not be empty"),
]
IDS: list[Case] = [
    *(
        (mutation, {"lead": {"id": each}, **given}, ["lead", "id"], "is not the id of a Lead: those begin with lead_")
        for mutation, given in LEAD_WRITES.items()
        for each in (*WRONG_LEAD_IDS, *NONSENSE)
    ),
    ("deleteLead", {"lead": {"id": ""}}, ["lead", "id"], "must not be empty"),
    *(
        (mutation, {"id": each, **given}, ["id"], "is not the id of a Rule: those begin with rule_")
        for mutation, given in {"saveRule": rule(), "removeRule": {}}.items()
        for each in (*WRONG_RULE_IDS, *NONSENSE, "")
    ),
]  # fmt: skip


REFUSED = [*TEXTS, *NUMBERS, *TIMES, *JSON, *BULKS, *TABLES, *RULES, *IDS]


@pytest.mark.parametrize(
    ("mutation", "given", "path", "words"),
    REFUSED,
    ids=[ascii(f"{mutation} {'.'.join(path)}, {words}")[1:60] for mutation, _, path, words in REFUSED],
)
async def test_what_is_out_of_bounds_is_refused_with_its_place_the_reason_and_the_bound(
    client: Client, contents: Contents, mutation: str, given: Json, path: list[str], words: str
) -> None:
    before = await contents()

    refusal = await refused(client, mutation, **given)

    assert refusal["__typename"] == "InvalidInput"
    (problem,) = refusal["problems"]
    assert problem["path"] == path
    assert words in problem["message"]
    assert refusal["message"] == f"{'.'.join(path)} {problem['message']}"
    assert await contents() == before


async def test_every_problem_is_told_at_once(client: Client, contents: Contents) -> None:
    before = await contents()

    refusal = await refused(
        client, "recordActivity", lead=LEAD, activity={"kind": "click", "key": "", "properties": []}
    )

    assert [problem["path"][-1] for problem in refusal["problems"]] == ["kind", "properties", "key"]
    assert refusal["message"].count(";") >= 2
    assert await contents() == before


@pytest.mark.parametrize(("mutation", "given"), LEAD_WRITES.items())
async def test_an_unknown_lead_is_not_found_and_not_made(
    client: Client, contents: Contents, mutation: str, given: Json
) -> None:
    before = await contents()

    refusal = await refused(client, mutation, lead={"id": UNKNOWN}, **given)

    assert refusal["__typename"] == "LeadNotFound"
    assert f"there is no lead '{UNKNOWN}' in this workspace" in refusal["message"]
    assert await contents() == before


@pytest.mark.parametrize("lead", [{"externalId": "unknown"}, {"email": "unknown@example.com"}], ids=str)
async def test_an_unknown_lead_is_not_made_to_be_deleted(
    client: Client, contents: Contents, lead: Json
) -> None:
    before = await contents()

    refusal = await refused(client, "deleteLead", lead=lead)

    assert refusal["__typename"] == "LeadNotFound"
    assert await contents() == before


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("saveRule", {"id": "rule_0123456789abcdef01234567", **rule()}),
        ("removeRule", {"id": "rule_0123456789abcdef01234567"}),
        ("updateLevel", {"dimension": "ENGAGEMENT", "name": "Tepid", "level": level()}),
        ("removeLevel", {"dimension": "ENGAGEMENT", "name": "Tepid"}),
        ("removeLevel", {"dimension": "PROFILE", "name": "Cold"}),
        *(
            ("revertLevels", {"dimension": "ENGAGEMENT", "version": version})
            for version in (2, -1, 2**31 - 1)
        ),
    ],
)
async def test_what_there_is_not_is_not_found(
    client: Client, contents: Contents, mutation: str, given: Json
) -> None:
    before = await contents()

    refusal = await refused(client, mutation, **given)

    assert refusal["__typename"] == "NotFound"
    assert refusal["id"] == given.get("id")
    assert refusal["message"].startswith("there is no ")
    assert await contents() == before


@pytest.mark.parametrize(
    ("levels", "first", "second", "words"),
    [
        ([("A", 0, 10), ("B", 10, 20)], "A", "B", "A and B both claim the scores from 10 to 10"),
        ([("B", 10, 20), ("A", 0, 30)], "A", "B", "both claim the scores from 10 to 20"),
        ([("A", 0, None), ("B", 10, None)], "A", "B", "both claim the scores from 10 up"),
        ([("A", None, 5), ("B", None, 9)], "A", "B", "to 5"),
        ([("A", 0, None), ("B", 10, 20)], "A", "B", "both claim the scores from 10 to 20"),
        ([("A", None, None), ("B", 10, 20)], "A", "B", "both claim the scores from 10 to 20"),
        ([("A", None, None), ("B", None, None)], "A", "B", "A and B both claim"),
    ],
)
async def test_levels_that_overlap_are_refused_and_both_are_named(
    client: Client,
    contents: Contents,
    levels: list[tuple[str, int | None, int | None]],
    first: str,
    second: str,
    words: str,
) -> None:
    before = await contents()
    table = [{"name": name, "min": low, "max": high} for name, low, high in levels]

    refusal = await refused(client, "replaceLevels", dimension="ENGAGEMENT", levels=table)

    assert refusal["__typename"] == "LevelsOverlap"
    assert (refusal["first"]["name"], refusal["second"]["name"]) == (first, second)
    assert words in refusal["message"]
    assert "None" not in refusal["message"]
    assert await contents() == before


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"lead": {}}, "OneOf Input Object 'LeadRef' must specify exactly one key"),
        ({"lead": {"id": UNKNOWN, "email": "a@example.com"}}, "must specify exactly one key"),
        ({"lead": {"externalId": "a", "email": "a@example.com"}}, "must specify exactly one key"),
        ({"lead": {"externalId": None}}, "must be non-null"),
        ({"lead": {"phone": "5"}}, "not to include unknown field 'phone'"),
        ({"lead": "a"}, "to be an object"),
        ({"lead": LEAD, "activity": {"kind": 5}}, "String cannot represent a non string value: 5"),
        ({"lead": LEAD, "activity": {}}, "activity"),
        ({"lead": LEAD, "activity": None}, "non-null"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_the_schema_is_explained(
    client: Client, contents: Contents, given: Json, words: str
) -> None:
    before = await contents()

    message = await client.error(
        document("Mutation", "recordActivity"), input={"activity": {"kind": "CLICK"}, **given}
    )

    assert words in message
    assert await contents() == before


@pytest.mark.parametrize("delta", [1.5, "5", True, None, 2**31, -(2**31) - 1, 10**30, [1, 2]], ids=str)
async def test_what_is_no_whole_number_is_explained(
    client: Client, contents: Contents, delta: object
) -> None:
    before = await contents()

    message = await client.error(document("Mutation", "adjustScore"), input=adjustment(delta=delta))

    assert "'$input' has invalid value at .delta" in message
    assert await contents() == before


LISTS = {
    "leads": "{ leads(PAGE) { edges { cursor } } }",
    "levelSets": "{ levelSets(dimension: ENGAGEMENT, PAGE) { edges { cursor } } }",
    "history": "{ history(PAGE) { edges { cursor } } }",
    "Lead.history": '{ lead(by: {externalId: "a"}) { history(PAGE) { edges { cursor } } } }',
    "Lead.activities": '{ lead(by: {externalId: "a"}) { activities(PAGE) { edges { cursor } } } }',
}
HUGE, HALF = 10**30, "\ud800"  # a number beyond 64 bits; half a surrogate pair
FORGED = {
    "leads": [
        encode("ENGAGEMENT_SCORE -1", HUGE, "x", 1, 1),
        encode("ENGAGEMENT_SCORE -1", 5, HALF, 1, 1),
        encode("ENGAGEMENT_SCORE -1", 5, "x", 0, 0),
        encode("ENGAGEMENT_SCORE -1", 5, "x", 2**32 - 1, 1),
        encode("ENGAGEMENT_SCORE -1", 5, "x", HUGE, 1),
        encode("ENGAGEMENT_SCORE 1", 5, "x", 1, 1),
        encode("CREATED_AT -1", 5, "x", 1, 1),
    ],
    "levelSets": [encode(HUGE), encode(-HUGE), encode("1")],
    "history": [encode(HUGE, "x"), encode(-HUGE, "x"), encode(5, HALF), encode("5", "x"), encode(5)],
    "Lead.history": [encode(HALF), encode(5), encode("a", "b")],
    "Lead.activities": [encode(HUGE, "x"), encode(-HUGE, "x"), encode(5, HALF), encode(5)],
}
MALFORMED = [
    "",
    "zz",
    "é",
    "🦓",
    "\0",
    "====",
    "W10",
    "bnVsbA",
    "e30",
    "WzFd0",
    "x" * 10_000,
    encode(),
    encode(1, 1),
]


async def page_refused(client: Client, which: str, first: int, after: str | None) -> Json:
    query = LISTS[which].replace("PAGE", "first: $first, after: $after")
    answer = await client.answer(f"query($first: Int, $after: String) {query}", first=first, after=after)
    error: Json
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "InvalidInput"}, error
    return error


@pytest.mark.parametrize("first", [0, -1, 201, 2**31 - 1])
@pytest.mark.parametrize("which", LISTS)
async def test_a_page_of_no_or_too_many_entries_is_refused(client: Client, which: str, first: int) -> None:
    error = await page_refused(client, which, first, None)

    assert error["message"] == f"first must lie between 1 and 200; it is {first}"


@pytest.mark.parametrize(
    ("which", "after"),
    [(which, after) for which in LISTS for after in (*MALFORMED, *FORGED[which])],
    ids=lambda value: ascii(value)[:20],
)
async def test_a_cursor_that_was_not_given_out_for_the_list_is_refused(
    client: Client, which: str, after: str
) -> None:
    error = await page_refused(client, which, 5, after)

    assert error["message"].startswith("after ")
    assert "is not a cursor of this list in this order; begin again without one" in error["message"]


async def test_a_cursor_of_one_list_is_refused_by_another(client: Client) -> None:
    cursors = {
        which: (await client.answer(query.replace("PAGE", "first: 1")))["data"]
        for which, query in LISTS.items()
    }
    foreign = {
        "leads": cursors["history"]["history"],
        "history": cursors["leads"]["leads"],
        "levelSets": cursors["leads"]["leads"],
        "Lead.history": cursors["levelSets"]["levelSets"],
        "Lead.activities": cursors["leads"]["leads"],
    }
    for which, page in foreign.items():
        error = await page_refused(client, which, 5, page["edges"][0]["cursor"])

        assert "is not a cursor of this list" in error["message"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('{ leads(filter: {engagementLevels: ["Tepid"]}) { totalCount } }', "filter.engagementLevels names 'Tepid', but there is no such level; there are Cold, Warm, Hot, Very Hot"),
        ('{ leads(filter: {profileLevels: ["A"]}) { totalCount } }', "filter.profileLevels names 'A', but there is no such level; there are none yet"),
        ('{ leads(filter: {search: " "}) { totalCount } }', "filter.search must not be empty"),
        (f'{{ leads(filter: {{search: "{"x" * 321}"}}) {{ totalCount }} }}', "filter.search must have at most 320 characters; it has 321"),
        ("{ leads(filter: {tags: [" + '"x", ' * 101 + "]}) { totalCount } }", "filter.tags may have at most 100 items; it has 101"),
        ('{ leads(filter: {inactiveSince: "2026-01-01"}) { totalCount } }', "filter.inactiveSince needs an offset"),
        ('{ history(since: "2026-01-01T00:00:00") { edges { cursor } } }', "since needs an offset, as in 2026-01-01T00:00:00Z"),
        ('{ history(since: "1969-01-01T00:00:00Z") { edges { cursor } } }', "since must lie between 1970-01-02"),
        ('{ lead(by: {id: "rule_1"}) { id } }', "by.id 'rule_1' is not the id of a Lead: those begin with lead_"),
        ('{ lead(by: {externalId: ""}) { id } }', "by.externalId must not be empty"),
        (f'{{ lead(by: {{externalId: "{"x" * 256}"}}) {{ id }} }}', "by.externalId must have at most 255 characters"),
        (f'{{ lead(by: {{email: "{"x" * 321}"}}) {{ id }} }}', "by.email must have at most 320 characters"),
        ("{ levelSet(dimension: ENGAGEMENT, version: 2) { id } }", "there is no LevelSet 'version 2' here"),
        ("{ levelSet(dimension: ENGAGEMENT, version: -1) { id } }", "there is no LevelSet 'version -1' here"),
    ],
    ids=lambda value: value[:50],
)  # fmt: skip
async def test_a_question_out_of_bounds_is_explained(client: Client, query: str, words: str) -> None:
    assert words in await client.error(query)


@pytest.mark.parametrize(
    "node_id",
    [
        *NONSENSE,
        "",
        UNKNOWN,
        *(prefix + key for prefix in PREFIXES.values() for key in ("0", "-1", "x.y", "\0", "9" * 20, "9" * 5_000, "³", "٣")),
        *(f"levels_{key}" for key in ("ENGAGEMENT", "ENGAGEMENT.", "ENGAGEMENT.2", f"ENGAGEMENT.{'9' * 20}", "engagement.1", "X.1")),
    ],
    ids=lambda value: ascii(value)[:30],
)  # fmt: skip
async def test_nothing_has_an_id_that_was_never_given_out(client: Client, node_id: str) -> None:
    answer = await client.answer("query($id: ID!) { node(id: $id) { id } }", id=node_id)

    assert answer["data"] == {"node": None}
    assert [error["extensions"]["code"] for error in answer.get("errors", ())] in ([], ["InvalidInput"])


@pytest.fixture
async def other(make_client: MakeClient, mongo: Mongo, request: pytest.FixtureRequest) -> Client:
    """The owner of a workspace of the test's own, to be written to."""
    return await make_client(of=await Workspaces(mongo).named(request.node.name, now()))


async def test_what_is_just_within_the_bounds_is_taken(other: Client) -> None:
    await done(
        other,
        "upsertLead",
        "lead { id }",
        lead={"externalId": "x" * 255},
        name="n" * 200,
        company="c" * 200,
        email="e" * 320,
        attributes={"text": "x" * 99_989},
        addTags=[f"{number:0200}" for number in range(100)],
    )
    await done(
        other,
        "recordActivity",
        "lead { id }",
        lead={"externalId": "x" * 255},
        activity={
            "kind": "K" * 64,
            "key": "k" * 255,
            "properties": nested(10),
            "occurredAt": ahead(hours=23, minutes=50),
        },
    )
    for delta in (1_000_000, -1_000_000):
        await done(
            other,
            "adjustScore",
            "change { delta }",
            lead={"email": "e" * 320},
            delta=delta,
            reason="r" * 1_000,
        )
    await with_levels(
        other,
        [{"name": str(number), "min": number, "max": number} for number in range(50)],
        comment="c" * 1_000,
    )
    numbers = {"number": 2**63 - 1, "least": -(2**63), "dotted.name": 1.5, "text": "nul \0", "none": None}
    recorded = await done(
        other,
        "recordActivity",
        "activity { properties }",
        lead={"externalId": "b"},
        activity={"kind": "K2", "properties": numbers},
    )

    found = await other("{ leads { totalCount edges { node { name tags } } } }")
    assert found["totalCount"] == 2
    assert max(len(edge["node"]["tags"]) for edge in found["edges"]) == 100
    assert recorded["activity"]["properties"] == numbers


class TestInBulk:
    """A bad item is refused by itself: those beside it are done, and every answer stands in its item's place."""

    async def test_of_leads(self, other: Client) -> None:
        refs = [
            {"externalId": "a"},
            {"id": UNKNOWN},
            {"externalId": "b"},
            {"id": "rule_1"},
            {"externalId": "c"},
        ]
        items = [{"lead": ref, "name": f"number {place}"} for place, ref in enumerate(refs)]
        items[4]["name"] = ""

        bulk = await done(
            other, "upsertLeads", RESULTS.format("UpsertLeadPayload", "lead { name } created"), leads=items
        )

        assert bulk["results"] == [
            {"lead": {"name": "number 0"}, "created": True},
            {"__typename": "LeadNotFound"},
            {"lead": {"name": "number 2"}, "created": True},
            {"problems": [{"path": ["lead", "id"]}]},
            {"problems": [{"path": ["name"]}]},
        ]
        assert (await other("{ leads { totalCount } }"))["totalCount"] == 2

    async def test_of_activities(self, other: Client) -> None:
        await with_rules(other, CLICK=5)
        items = [
            activity(),
            activity(kind="click"),
            activity(key="one"),
            activity(key="one"),
            activity(key=""),
        ]
        items += [
            {**activity(), "lead": {"id": UNKNOWN}},
            {**activity(key="one"), "lead": {"externalId": "b"}},
        ]

        bulk = await done(
            other,
            "recordActivities",
            RESULTS.format("RecordActivityPayload", "duplicate changes { scoreAfter }"),
            records=items,
        )

        assert bulk["results"] == [
            {"duplicate": False, "changes": [{"scoreAfter": 5}]},
            {"problems": [{"path": ["activity", "kind"]}]},
            {"duplicate": False, "changes": [{"scoreAfter": 10}]},
            {"duplicate": True, "changes": [{"scoreAfter": 10}]},
            {"problems": [{"path": ["activity", "key"]}]},
            {"__typename": "LeadNotFound"},
            {"problems": [{"path": ["activity", "key"]}]},
        ]
        found = await other("{ leads { totalCount edges { node { externalId engagement { score } } } } }")
        assert found == {
            "totalCount": 1,
            "edges": [{"node": {"externalId": "a", "engagement": {"score": 10}}}],
        }

    async def test_of_adjustments(self, other: Client) -> None:
        items = [
            adjustment(delta=3),
            adjustment(delta=0),
            adjustment(delta=4),
            {**adjustment(), "lead": {"id": "nonsense"}},
        ]
        items += [adjustment(delta=5), {**adjustment(), "lead": {"id": UNKNOWN}}]

        bulk = await done(
            other,
            "adjustScores",
            RESULTS.format("AdjustScorePayload", "change { scoreAfter }"),
            adjustments=items,
        )

        assert bulk["results"] == [
            {"change": {"scoreAfter": 3}},
            {"problems": [{"path": ["delta"]}]},
            {"change": {"scoreAfter": 7}},
            {"problems": [{"path": ["lead", "id"]}]},
            {"change": {"scoreAfter": 12}},
            {"__typename": "LeadNotFound"},
        ]

    @pytest.mark.parametrize("mutation", ["upsertLeads", "recordActivities", "adjustScores"])
    async def test_of_nothing(self, client: Client, contents: Contents, mutation: str) -> None:
        before = await contents()
        items = {"upsertLeads": "leads", "recordActivities": "records", "adjustScores": "adjustments"}[
            mutation
        ]

        assert await done(client, mutation, "results { __typename }", **{items: []}) == {"results": []}
        assert await contents() == before

    async def test_of_a_thousand(self, other: Client) -> None:
        items = [{"lead": {"externalId": f"lead {number}"}, "delta": number + 1} for number in range(1_000)]

        bulk = await done(
            other, "adjustScores", RESULTS.format("AdjustScorePayload", "change { delta }"), adjustments=items
        )

        assert [result["change"]["delta"] for result in bulk["results"]] == [item["delta"] for item in items]


RESULTS = """results {{
  ... on {} {{ {} }} ... on LeadNotFound {{ __typename }} ... on InvalidInput {{ problems {{ path }} }} }}"""
