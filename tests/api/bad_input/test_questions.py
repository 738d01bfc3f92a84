"""Pages, cursors and filters out of bounds are refused in words."""

from __future__ import annotations

import pytest

from persistence.pages import encode
from tests.api.calls import Json
from tests.client import Client

LISTS = {
    "leads": "{ leads(PAGE) { edges { cursor } } }",
    "levelSets": "{ levelSets(dimension: ENGAGEMENT, PAGE) { edges { cursor } } }",
    "ruleSets": "{ ruleSets(PAGE) { edges { cursor } } }",
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
    "ruleSets": [encode(HUGE), encode(-HUGE), encode("1")],
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
        "ruleSets": cursors["leads"]["leads"],
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
        ("{ leads(filter: {engagementLevels: [" + '"x", ' * 51 + "]}) { totalCount } }", "filter.engagementLevels may have at most 50 items; it has 51"),
        ("{ leads(filter: {profileLevels: [" + '"x", ' * 51 + "]}) { totalCount } }", "filter.profileLevels may have at most 50 items; it has 51"),
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


CLICK = {"kind": "CLICK"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"activities": [CLICK] * 101}, "activities may have at most 100 items; it has 101"),
        ({"activities": [{"kind": "click"}]}, "kind must be UPPER_SNAKE, as in EMAIL_OPENED; it is 'click'"),
        ({"activities": [{**CLICK, "properties": []}]}, "properties must be a JSON object"),
        ({"activities": [{**CLICK, "key": ""}]}, "key must not be empty"),
        ({"activities": [{**CLICK, "occurredAt": "1969-12-31T23:59:59Z"}]}, "must lie between 1970-01-02"),
        ({"activities": [], "lead": {"id": "rule_1"}}, "lead.id 'rule_1' is not the id of a Lead"),
        ({"activities": [], "lead": {"externalId": ""}}, "lead.externalId must not be empty"),
        ({"activities": [], "lead": {"email": "x" * 321}}, "lead.email must have at most 320 characters"),
        ({"activities": [], "lead": {"externalId": "nobody"}}, "there is no lead 'nobody' in this workspace"),
        ({"activities": [], "state": "RETIRED"}, "there is no RuleSet 'RETIRED' here"),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_a_trial_out_of_bounds_is_explained(client: Client, given: Json, words: str) -> None:
    query = "query($input: TestRulesInput!) { testRules(input: $input) { parts { points } } }"

    assert words in await client.error(query, input=given)


@pytest.mark.parametrize("at", ["yesterday", "2026-03-01", "2026-03-01T09:30:00", 5], ids=str)
async def test_a_trial_at_no_time_is_explained(client: Client, at: object) -> None:
    query = "query($input: TestRulesInput!) { testRules(input: $input) { parts { points } } }"

    assert "occurredAt" in await client.error(query, input={"activities": [{**CLICK, "occurredAt": at}]})


async def test_of_many_activities_on_trial_the_faulty_one_is_named(client: Client) -> None:
    query = "query($input: TestRulesInput!) { testRules(input: $input) { parts { points } } }"

    message = await client.error(query, input={"activities": [CLICK, CLICK, {"kind": "click"}]})

    assert message.startswith("activities.2.kind must be UPPER_SNAKE")
