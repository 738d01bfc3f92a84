"""A draft is thrown away whole, and what scores goes on scoring."""

from __future__ import annotations

from tests.api.calls import done, refused
from tests.api.conftest import Contents
from tests.api.rules.asking import CLICK, LOSS, SET, publish, record, rule_set, save, versions
from tests.client import Client


async def test_a_discarded_draft_is_gone_and_what_is_published_is_answered_and_scores(client: Client) -> None:
    (rule_id,) = await publish(client, CLICK)
    published = await rule_set(client)
    await save(client, {**CLICK, "points": 1}, id=rule_id)
    await done(client, "saveScoringPolicy", "rule { id }", ceiling=5)

    discarded = await done(client, "discardDraftRules", f"ruleSet {{ {SET} }} rule {{ id }}")

    assert discarded == {"ruleSet": published, "rule": None}
    assert await rule_set(client, "DRAFT") is None
    assert await rule_set(client) == published
    assert await versions(client) == [(1, "PUBLISHED")]
    assert await record(client) == [(30, None)]
    assert (await refused(client, "publishRules"))["__typename"] == "NothingToPublish"


async def test_a_discarded_first_draft_leaves_an_empty_set_of_version_0(client: Client) -> None:
    await save(client, CLICK)

    discarded = await done(client, "discardDraftRules", "ruleSet { version rules { id } floor ceiling }")

    assert discarded == {"ruleSet": {"version": 0, "rules": [], "floor": 0, "ceiling": None}}
    assert await versions(client) == []
    assert await record(client) == []


async def test_the_next_draft_begins_with_what_is_published_under_a_new_number(client: Client) -> None:
    await publish(client, CLICK)
    await save(client, LOSS)
    await done(client, "discardDraftRules", "ruleSet { version }", expectedVersion=2)

    await save(client, {**LOSS, "name": "Another"}, expectedVersion=1)

    draft = await rule_set(client, "DRAFT")
    assert draft is not None
    assert (draft["version"], draft["basedOn"]) == (3, 1)
    assert [rule["name"] for rule in draft["rules"]] == ["A click", "Another"]


async def test_without_a_draft_there_is_nothing_to_discard(client: Client, contents: Contents) -> None:
    for _ in range(2):
        before = await contents()

        refusal = await refused(client, "discardDraftRules")

        assert refusal["__typename"] == "NotFound"
        assert "there is no RuleSet 'draft' here" in refusal["message"]
        assert refusal["id"] is None
        assert await contents() == before
        await publish(client, CLICK)


async def test_a_discarded_rule_is_not_there_to_be_changed(client: Client, contents: Contents) -> None:
    saved = await save(client, CLICK)
    await done(client, "discardDraftRules", "ruleSet { version }")
    before = await contents()

    for mutation, given in (("saveRule", {"rule": CLICK}), ("removeRule", {})):
        refusal = await refused(client, mutation, id=saved["id"], **given)

        assert (refusal["__typename"], refusal["id"]) == ("NotFound", saved["id"])
    assert await contents() == before
