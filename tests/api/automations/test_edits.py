"""Automations made, edited, disabled and deleted: as an API."""

from __future__ import annotations

from typing import Any

import pytest

from domain.actors import Role
from tests.api.automations.asking import ENTERS_HOT, HOOK, TAG, automation, create, deliveries
from tests.api.calls import Json, done, refused
from tests.api.conftest import Contents
from tests.api.scenes import check, with_levels, with_score
from tests.client import Client
from tests.conftest import MakeClient

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
WHOLE = """id name isEnabled trigger { event dimension level fromLevel toLevel threshold rearmAt } condition oncePerLead
  cooldownSeconds actions { kind url to subject template points tag } version createdBy { name }"""


async def test_one_is_read_back_as_it_was_made_but_for_its_secrets(client: Client) -> None:
    await with_levels(client)
    fits = check("lead.profile.score", "GTE", 10)
    given = automation(ENTERS_HOT, {**HOOK, "secret": SECRET}, condition=fits, cooldownSeconds=60)

    made = (await done(client, "createAutomation", f"automation {{ {WHOLE} }}", automation=given))[
        "automation"
    ]

    assert made == {
        "id": made["id"],
        "name": "Tell sales",
        "isEnabled": True,
        "trigger": {
            "event": "TIER_ENTERED",
            "dimension": "ENGAGEMENT",
            "level": "Hot",
            **dict.fromkeys(("fromLevel", "toLevel", "threshold", "rearmAt")),
        },
        "condition": fits,
        "oncePerLead": False,
        "cooldownSeconds": 60,
        "actions": [
            {
                "kind": "WEBHOOK",
                "url": HOOK["url"],
                **dict.fromkeys(("to", "subject", "template", "points", "tag")),
            }
        ],
        "version": 1,
        "createdBy": {"name": "Ada"},
    }
    assert await client(f"{{ automations {{ {WHOLE} }} }}") == [made]
    assert SECRET not in str(
        await client(
            "query($id: ID!) { node(id: $id) { ... on Automation { actions { url } } } }", id=made["id"]
        )
    )


async def test_an_edit_makes_the_next_version_and_the_later_of_two_is_told_so(client: Client) -> None:
    await with_levels(client)
    made = await create(client)
    other = automation({"event": "SCORE_REACHED", "threshold": 10}, isEnabled=False)

    edited = await done(
        client,
        "updateAutomation",
        "automation { version isEnabled }",
        id=made,
        automation=other,
        expectedVersion=1,
    )
    refusal = await refused(client, "updateAutomation", id=made, automation=automation(), expectedVersion=1)

    assert edited["automation"] == {"version": 2, "isEnabled": False}
    assert (refusal["__typename"], refusal["currentVersion"]) == ("VersionConflict", 2)
    assert await client("{ automations { version trigger { threshold } } }") == [
        {"version": 2, "trigger": {"threshold": 10}}
    ]


async def test_what_it_did_outlives_it(client: Client) -> None:
    await with_levels(client)
    made = await create(client)
    await with_score(client, "ada", 60)

    deleted = await done(client, "deleteAutomation", "deletedId", id=made)
    await with_score(client, "bob", 60)

    assert deleted == {"deletedId": made}
    assert await client("{ automations { id } }") == []
    (delivery,) = await deliveries(
        client, "automation { id name } lead { externalId } action { tag }", automation=made
    )
    assert delivery == {
        "automation": {"id": made, "name": "Tell sales"},
        "lead": {"externalId": "ada"},
        "action": {"tag": "hot"},
    }
    assert (await refused(client, "deleteAutomation", id=made))["__typename"] == "NotFound"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (automation({"event": "TIER_ENTERED", "level": "Tepid"}), "trigger.level"),
        (automation({"event": "SCORE_REACHED"}), "trigger.threshold"),
        (automation(ENTERS_HOT, {"kind": "WEBHOOK", "secret": "hunter2"}), "actions.0.secret"),
        (automation(ENTERS_HOT, {**TAG, "points": 5}), "actions.0.points"),
        (automation(condition=check("activity.page", "EXISTS")), "condition.test.field"),
        (automation(name=""), "name"),
    ],
)
async def test_a_faulty_one_is_refused_where_it_is_wrong_and_nothing_is_written(
    client: Client, contents: Contents, given: Json, expected: str
) -> None:
    await with_levels(client)
    before = await contents()

    refusal = await refused(client, "createAutomation", automation=given)

    assert refusal["__typename"] == "InvalidInput"
    assert f"automation.{expected} " in refusal["message"]
    assert await contents() == before


async def test_who_may_not_edit_makes_none(make_client: MakeClient, contents: Contents) -> None:
    ada, zapier = await make_client(), await make_client(Role.INTEGRATION)
    await with_levels(ada)
    before = await contents()

    answer: Any = await zapier.answer(
        "mutation($a: AutomationInput!) { createAutomation(input: {automation: $a}) { __typename } }",
        a=automation(),
    )

    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await contents() == before
