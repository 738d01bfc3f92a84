"""The whole life of rules: drafted, doubted, tried, published, paid by, changed, and brought back."""

from __future__ import annotations

from domain.actors import Role
from tests.api.calls import done
from tests.api.rules.asking import (
    CLICK,
    IN_EU,
    LOSS,
    SET,
    history,
    publish,
    record,
    rule_set,
    save,
    score,
    tried,
    upsert,
    versions,
    warnings,
)
from tests.api.scenes import with_levels
from tests.client import Client
from tests.conftest import MakeClient

LATER = {**CLICK, "name": "A later click", "points": 7, "limit": {"times": 2, "per": "EVER"}}


async def test_rules_are_drafted_tried_published_paid_by_and_brought_back(make_client: MakeClient) -> None:
    ada, eve = await make_client(name="Ada"), await make_client(Role.EDITOR, "Eve")
    await with_levels(ada)
    first = await save(ada, CLICK)
    assert await warnings(ada) == [
        (
            "nothing takes points away, so that in time every lead is hot; let points expire or halve, or inactive leads "
            "lose some (saveScoringPolicy)"
        )
    ]
    await save(ada, {**LOSS, "condition": IN_EU})
    assert await warnings(ada) == []

    foretold = await tried(ada, {"kind": "CLICK"}, {"kind": "UNSUBSCRIBED"})
    await publish(ada, comment="To begin with")
    assert [(part["points"], part["suppressed"]) for part in foretold["parts"]] == [
        *await record(ada, "a"),
        *await record(ada, "a", "UNSUBSCRIBED"),
    ]
    assert foretold["after"] == {"score": 30, "level": {"name": "Warm"}}
    assert await score(ada) == 30

    await save(eve, LATER, id=first["id"])
    await publish(eve, comment="Less for clicks")
    assert await record(ada) == [(7, None)]
    assert await record(ada) == [(0, "CAP_REACHED")]

    reverted = await done(ada, "revertRules", f"ruleSet {{ {SET} }}", version=2, comment="It was better")
    await upsert(ada, addTags=["eu"])

    assert await record(ada) == [(30, None)]
    assert await record(ada, kind="UNSUBSCRIBED") == [(-5, None)]
    assert await score(ada) == 62
    assert reverted["ruleSet"] == await rule_set(ada)
    assert [
        (each["version"], each["state"], each["basedOn"], each["comment"], each["publishedBy"]["name"])
        for each in await history(ada)
    ] == [
        (4, "PUBLISHED", 2, "It was better", "Ada"),
        (3, "RETIRED", 2, "Less for clicks", "Eve"),
        (2, "RETIRED", None, "To begin with", "Ada"),
    ]


async def test_the_history_of_rules_says_who_opened_and_who_published_each_and_when(
    make_client: MakeClient,
) -> None:
    ada, eve = await make_client(name="Ada"), await make_client(Role.EDITOR, "Eve")
    await save(ada, CLICK)
    await publish(eve)
    await save(eve, LATER)
    await save(ada, LOSS)

    draft, published = await history(ada)

    assert (published["createdBy"], published["publishedBy"]) == ({"name": "Ada"}, {"name": "Eve"})
    assert (draft["createdBy"], draft["publishedBy"], draft["publishedAt"]) == ({"name": "Eve"}, None, None)
    assert published["createdAt"] < published["publishedAt"] < draft["createdAt"]
    assert (draft["version"], draft["state"], draft["basedOn"]) == (3, "DRAFT", 1)
    assert [rule["name"] for rule in draft["rules"]] == ["A click", "A later click", "Goes away"]


async def test_the_history_of_rules_is_walked_by_its_cursors(client: Client) -> None:
    query = """query($after: String) { ruleSets(first: 2, after: $after) {
      pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { version } } } }"""
    for number in range(1, 4):
        await publish(client, {**CLICK, "points": number})
    await save(client, LOSS)

    first = await client(query)
    second = await client(query, after=first["pageInfo"]["endCursor"])

    assert [edge["node"]["version"] for edge in first["edges"]] == [4, 3]
    assert [edge["node"]["version"] for edge in second["edges"]] == [2, 1]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    assert first["pageInfo"]["endCursor"] == first["edges"][-1]["cursor"]


async def test_a_workspace_begins_without_a_history_of_rules(client: Client) -> None:
    assert await versions(client) == []


async def test_a_saved_rule_shows_all_that_it_was_given(client: Client) -> None:
    given = {
        "name": "A pricing click",
        "dimension": "ENGAGEMENT",
        "isEnabled": False,
        "activity": "CLICK",
        "condition": IN_EU,
        "points": -30,
        "limit": {"times": 3, "per": "WEEK"},
        "maxPoints": 60,
    }

    saved = await save(client, given)
    await publish(client)

    found = await rule_set(client)
    assert found is not None
    assert saved == {"id": saved["id"], **given}
    assert found["rules"] == [saved]


async def test_what_is_left_out_of_a_changed_rule_is_gone(client: Client) -> None:
    """A rule is saved whole."""
    full = {**CLICK, "condition": IN_EU, "limit": {"times": 1, "per": "DAY"}, "maxPoints": 90}
    saved = await save(client, full)

    changed = await save(client, CLICK, id=saved["id"])

    nothing = {"condition": None, "limit": None, "maxPoints": None}
    assert changed == {**saved, **nothing}
