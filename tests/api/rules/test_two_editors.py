"""Of two who edit rules at once the later is told so, and nothing of the earlier's work is lost."""

from __future__ import annotations

import asyncio

import pytest

from domain.actors import Role
from tests.api.calls import Json, done, refused
from tests.api.conftest import Contents
from tests.api.rules.asking import CLICK, LOSS, history, publish, rule_set, save, versions
from tests.client import Client
from tests.conftest import MakeClient

EDITS = ["saveRule", "saveRule anew", "removeRule", "saveScoringPolicy", "discardDraftRules", "publishRules"]


def edit(which: str, rule_id: str) -> tuple[str, Json]:
    """An edit of the draft, which has the rule."""
    given: dict[str, Json] = {
        "saveRule": {"id": rule_id, "rule": {**CLICK, "points": 1}},
        "saveRule anew": {"rule": LOSS},
        "removeRule": {"id": rule_id},
        "saveScoringPolicy": {"ceiling": 100},
    }
    return which.partition(" ")[0], given.get(which, {})


async def edited(client: Client, mutation: str, **given: object) -> int:
    """The version that an edit makes."""
    made = await done(client, mutation, "ruleSet { version }", **given)
    version: int = made["ruleSet"]["version"]
    return version


@pytest.mark.parametrize(("first", "second"), list(zip(EDITS[:4] * 2, EDITS, strict=False)))
async def test_the_later_of_two_editors_gets_a_conflict_and_the_earlier_keeps_all(
    make_client: MakeClient, contents: Contents, first: str, second: str
) -> None:
    ada, eve = await make_client(name="Ada"), await make_client(Role.EDITOR, "Eve")
    (rule_id,) = await publish(ada, CLICK)
    await save(ada, LOSS)
    mutation, given = edit(first, rule_id)
    assert await edited(eve, mutation, expectedVersion=2, **given) == 3
    hers, before = await rule_set(ada, "DRAFT"), await contents()

    mutation, given = edit(second, rule_id)
    refusal = await refused(ada, mutation, expectedVersion=2, **given)

    assert refusal == {
        "__typename": "VersionConflict",
        "message": refusal["message"],
        "currentVersion": 3,
    }
    assert "you expected version 2, it is 3" in refusal["message"]
    assert await rule_set(ada, "DRAFT") == hers
    assert await contents() == before


@pytest.mark.parametrize("second", EDITS[:4])
async def test_who_edits_a_draft_that_was_published_meanwhile_under_another_number_is_told(
    client: Client, contents: Contents, second: str
) -> None:
    (rule_id,) = await publish(client, CLICK)
    await save(client, LOSS)
    await done(client, "revertRules", "ruleSet { version }", version=1)
    assert await edited(client, "publishRules", expectedVersion=2) == 4
    before = await contents()

    mutation, given = edit(second, rule_id)
    refusal = await refused(client, mutation, expectedVersion=2, **given)

    assert (refusal["__typename"], refusal["currentVersion"]) == ("VersionConflict", 4)
    assert await contents() == before


@pytest.mark.parametrize("second", EDITS[:4])
async def test_who_edits_a_draft_that_was_discarded_meanwhile_is_told(
    client: Client, contents: Contents, second: str
) -> None:
    (rule_id,) = await publish(client, CLICK)
    await save(client, LOSS)
    await edited(client, "discardDraftRules", expectedVersion=2)
    before = await contents()

    mutation, given = edit(second, rule_id)
    refusal = await refused(client, mutation, expectedVersion=2, **given)

    assert (refusal["__typename"], refusal["currentVersion"]) == ("VersionConflict", 1)
    assert await contents() == before


async def test_who_reverts_what_another_has_published_meanwhile_is_told(
    make_client: MakeClient, contents: Contents
) -> None:
    ada, eve = await make_client(name="Ada"), await make_client(Role.EDITOR, "Eve")
    await publish(ada, CLICK)
    await publish(eve, LOSS, comment="Eve was here")
    hers, before = await rule_set(ada), await contents()

    refusal = await refused(ada, "revertRules", version=1, expectedVersion=1)

    assert (refusal["__typename"], refusal["currentVersion"]) == ("VersionConflict", 2)
    assert await rule_set(ada) == hers
    assert await contents() == before


async def test_an_edit_of_the_draft_is_no_conflict_for_who_reverts(client: Client) -> None:
    await publish(client, CLICK)
    await save(client, LOSS)

    assert await edited(client, "revertRules", version=1, expectedVersion=1) == 3
    assert await edited(client, "saveRule", rule=LOSS, expectedVersion=2) == 4


async def test_edits_that_expect_no_version_are_all_made_when_they_come_at_once(client: Client) -> None:
    rules = [{**CLICK, "name": f"Rule {number}"} for number in range(6)]

    saved = await asyncio.gather(*(edited(client, "saveRule", rule=rule) for rule in rules))

    draft = await rule_set(client, "DRAFT")
    assert draft is not None
    assert sorted(saved) == list(range(1, 7))
    assert {rule["name"] for rule in draft["rules"]} == {rule["name"] for rule in rules}


async def test_of_edits_that_expect_the_same_version_one_is_made_when_they_come_at_once(
    client: Client,
) -> None:
    await publish(client, CLICK)

    outcomes = await asyncio.gather(
        *(
            client(
                "mutation($input: SaveRuleInput!) { saveRule(input: $input) { __typename } }",
                input={"rule": {**LOSS, "name": name}, "expectedVersion": 1},
            )
            for name in "abcdef"
        )
    )

    assert sorted(each["__typename"] for each in outcomes) == ["DraftRulesPayload"] + ["VersionConflict"] * 5
    assert await versions(client) == [(2, "DRAFT"), (1, "PUBLISHED")]


async def test_of_publishing_reverting_and_editing_at_once_every_version_has_its_place(
    client: Client,
) -> None:
    await publish(client, CLICK)
    await save(client, LOSS)

    await asyncio.gather(
        edited(client, "publishRules"),
        *(edited(client, "revertRules", version=1) for _ in range(3)),
        *(edited(client, "saveScoringPolicy", ceiling=ceiling) for ceiling in (50, 60)),
    )

    sets = await history(client)
    published = [each for each in sets if each["state"] != "DRAFT"]
    assert [each["state"] for each in published].count("PUBLISHED") == 1
    assert published[0]["state"] == "PUBLISHED"
    assert len(published) == 1 + 1 + 3
    assert len({each["version"] for each in sets}) == len(sets)
