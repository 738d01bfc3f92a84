"""A condition comes back from a rule as it was written, and one that is wrong is refused where it is wrong."""

from __future__ import annotations

import pytest

from tests.api.calls import Json, refused
from tests.api.conftest import Contents
from tests.api.rules.asking import CLICK, IN_EU, PROFILE, publish, record, rule_set, save, upsert
from tests.api.scenes import check
from tests.client import Client

KNOWN = check("lead.email", "EXISTS")
SHAPES: dict[str, Json] = {
    "a test": IN_EU,
    "a test without a value": KNOWN,
    "all": {"all": [IN_EU, KNOWN]},
    "any": {"any": [IN_EU, KNOWN]},
    "not": {"not": IN_EU},
    "all of one": {"all": [IN_EU]},
    "all in one another": {"all": [{"any": [IN_EU, {"not": {"all": [KNOWN]}}]}, {"not": {"not": KNOWN}}]},
    "a list of values": check("activity.plan", "IN", ["pro", 5, 1.5, True]),
    "a number": check("activity.price", "GT", 99.5),
    "a whole number": check("activity.price", "LTE", 2**53),
    "a boolean": check("activity.paid", "EQUALS", value=True),
    "another boolean": check("activity.paid", "NOT_EQUALS", value=False),
    "one": check("activity.paid", "EQUALS", 1),
    "an empty text": check("activity.note", "EQUALS", ""),
    "any writing": check("activity.🦓 x.$y", "CONTAINS", "İß\u202e $ne \0"),
}
OPERATORS = {
    "EQUALS": "Acme GmbH",
    "NOT_EQUALS": "Acme",
    "CONTAINS": "gmbh",
    "NOT_CONTAINS": "Ltd",
    "STARTS_WITH": "ACME",
    "ENDS_WITH": "gmbh",
    "MATCHES": "ac?e*",
    "IN": ["Acme GmbH", "Acme Ltd"],
    "NOT_IN": ["Acme Ltd"],
    "EXISTS": None,
}


@pytest.mark.parametrize("condition", SHAPES.values(), ids=SHAPES)
async def test_a_condition_comes_back_as_it_was_written(client: Client, condition: Json) -> None:
    saved = await save(client, {**CLICK, "condition": condition})
    again = await save(client, {**CLICK, "condition": saved["condition"]}, id=saved["id"])
    await publish(client)

    found = await rule_set(client)
    assert found is not None
    # By their writing, for to Python 1 is True.
    shown = [saved["condition"], again["condition"], found["rules"][0]["condition"]]
    assert [repr(each) for each in shown] == [repr(condition)] * 3


async def test_a_condition_may_be_written_in_the_operation_itself(client: Client) -> None:
    written = '{ all: { test: { field: "activity.n", operator: IN, value: [1, 2.5, "a", true] } } }'

    saved = await client(
        f"""mutation {{ saveRule(input: {{rule: {{name: "A", activity: "A", points: 1, condition: {written}}}}}) {{
          ... on DraftRulesPayload {{ rule {{ condition }} }} }} }}"""
    )

    assert saved == {"rule": {"condition": {"all": [check("activity.n", "IN", [1, 2.5, "a", True])]}}}


async def test_every_operator_is_asked_of_what_a_lead_has(client: Client) -> None:
    await upsert(client, company="Acme GmbH", attributes={"size": 250})
    conditions = [check("lead.company", *each) for each in OPERATORS.items()]
    conditions += [
        check("lead.attributes.size", *each)
        for each in (("GT", 249), ("GTE", 250), ("LT", 251), ("LTE", 250))
    ]
    conditions += [check("lead.name", "MISSING")]
    opposite = [{"not": each} for each in conditions]
    await publish(client, *({**CLICK, "condition": each} for each in (*conditions, *opposite)))

    paid = await record(client)

    assert paid == [(30, None)] * len(conditions) + [(0, "CONDITION_FAILED")] * len(opposite)


@pytest.mark.parametrize(
    ("rule", "condition", "path", "words"),
    [
        (CLICK, {"all": [KNOWN, check("lead.size", "EXISTS")]}, "all.1.test.field", "no such field"),
        (CLICK, {"not": {"any": []}}, "not.any", "must not be empty"),
        (CLICK, {"any": [KNOWN, {"not": check("lead.tags", "GT", 5)}]}, "any.1.not.test.operator", "fits"),
        (CLICK, check("lead.name", "IN", ["a", 1]), "test.value.1", "must be a text; it is a number"),
        (PROFILE, {"all": [IN_EU, check("activity.a", "EXISTS")]}, "all.1.test.field", "has no activity"),
        (PROFILE, check("lead.engagement.score", "GT", 5), "test.field", "may not depend on scores or levels"),
    ],
)  # fmt: skip
async def test_a_wrong_condition_is_refused_with_its_place_and_the_rule_stays(
    client: Client, contents: Contents, rule: Json, condition: Json, path: str, words: str
) -> None:
    saved = await save(client, {**rule, "condition": IN_EU})
    before = await contents()

    refusal = await refused(client, "saveRule", id=saved["id"], rule={**rule, "condition": condition})

    assert refusal["__typename"] == "InvalidInput"
    (problem,) = refusal["problems"]
    assert ".".join(problem["path"]) == f"rule.condition.{path}"
    assert words in problem["message"]
    assert await contents() == before


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({}, "must specify exactly one key"),
        ({"all": [IN_EU], "any": [IN_EU]}, "must specify exactly one key"),
        ({"all": [{}]}, "must specify exactly one key"),
        ({"test": None}, "'test' must be non-null"),
        ({"all": None}, "'all' must be non-null"),
        ({"every": []}, ".rule.condition"),
        ({"not": check("lead.email", "IS")}, ".rule.condition.not.test.operator"),
        ([], ".rule.condition"),
        ("lead.email", ".rule.condition"),
    ],
    ids=str,
)
async def test_a_condition_that_is_not_one_thing_is_explained(
    client: Client, contents: Contents, condition: object, words: str
) -> None:
    await save(client, CLICK)
    before = await contents()

    message = await client.error(
        "mutation($input: SaveRuleInput!) { saveRule(input: $input) { __typename } }",
        input={"rule": {**CLICK, "condition": condition}},
    )

    assert words in message
    assert await contents() == before
