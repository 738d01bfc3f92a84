"""An old version scores again as the next one; the draft, and all that was paid, stay as they are."""

from __future__ import annotations

from typing import Any

from domain.actors import Role
from tests.api.calls import Json, done, refused
from tests.api.conftest import Contents
from tests.api.rules.asking import (
    CLICK,
    LOSS,
    SET,
    history,
    publish,
    record,
    rule_set,
    save,
    score,
    versions,
)
from tests.client import Client
from tests.conftest import MakeClient


async def revert(client: Client, version: int, **given: Any) -> Json:
    reverted = await done(client, "revertRules", f"ruleSet {{ {SET} }}", version=version, **given)
    found: Json = reverted["ruleSet"]
    return found


async def two_versions(client: Client) -> list[str]:
    """Publish a click at 30 with a policy, then at 7 without one."""
    await done(client, "saveScoringPolicy", "rule { id }", floor=-10, ceiling=100)
    ids = await publish(client, CLICK)
    await save(client, {**CLICK, "points": 7}, id=ids[0])
    await done(client, "saveScoringPolicy", "rule { id }", floor=0, ceiling=None)
    await publish(client)
    return ids


async def test_a_version_is_repeated_whole_and_signed_by_who_reverted(make_client: MakeClient) -> None:
    ada, eve = await make_client(name="Ada"), await make_client(Role.EDITOR, "Eve")
    (rule_id,) = await two_versions(ada)

    reverted = await revert(eve, 2, comment="Clicks are worth more")

    old = (await history(ada))[-1]
    same = ("rules", "floor", "ceiling")
    assert {name: reverted[name] for name in same} == {name: old[name] for name in same}
    assert (reverted["rules"][0]["id"], reverted["rules"][0]["points"]) == (rule_id, 30)
    assert (reverted["version"], reverted["state"], reverted["basedOn"]) == (5, "PUBLISHED", 2)
    assert (reverted["comment"], reverted["publishedBy"]) == ("Clicks are worth more", {"name": "Eve"})
    assert reverted["createdAt"] == reverted["publishedAt"] > old["publishedAt"]
    assert await versions(ada) == [(5, "PUBLISHED"), (4, "RETIRED"), (2, "RETIRED")]


async def test_it_scores_from_now_on_and_old_points_stay(client: Client) -> None:
    await two_versions(client)
    await record(client)

    await revert(client, 2)

    assert await score(client) == 7
    assert await record(client) == [(30, None)]
    assert await score(client) == 37


async def test_a_draft_stays_and_is_published_after_it_in_order(client: Client) -> None:
    await two_versions(client)
    await save(client, LOSS)
    draft = await rule_set(client, "DRAFT")

    await revert(client, 2)
    assert await rule_set(client, "DRAFT") == draft
    assert await versions(client) == [(6, "PUBLISHED"), (5, "DRAFT"), (4, "RETIRED"), (2, "RETIRED")]
    published = await done(client, "publishRules", f"ruleSet {{ {SET} }}", expectedVersion=5)

    assert published["ruleSet"]["version"] == 7
    assert [(rule["name"], rule["points"]) for rule in published["ruleSet"]["rules"]] == [
        ("A click", 7),
        ("Goes away", -5),
    ]
    assert await versions(client) == [(7, "PUBLISHED"), (6, "RETIRED"), (4, "RETIRED"), (2, "RETIRED")]
    times = [each["publishedAt"] for each in await history(client)]
    assert times == sorted(times, reverse=True)
    assert await rule_set(client, "DRAFT") is None


async def test_a_draft_that_is_edited_after_it_has_the_newest_number_again(client: Client) -> None:
    await two_versions(client)
    await save(client, LOSS)
    await revert(client, 2)

    await save(client, {**LOSS, "name": "More"}, expectedVersion=5)

    assert await versions(client) == [(7, "DRAFT"), (6, "PUBLISHED"), (4, "RETIRED"), (2, "RETIRED")]
    await publish(client)
    assert await versions(client) == [(7, "PUBLISHED"), (6, "RETIRED"), (4, "RETIRED"), (2, "RETIRED")]


async def test_a_draft_that_is_discarded_after_it_leaves_what_it_brought_back(client: Client) -> None:
    await two_versions(client)
    await save(client, LOSS)
    reverted = await revert(client, 2)

    discarded = await done(client, "discardDraftRules", f"ruleSet {{ {SET} }}", expectedVersion=5)

    assert discarded["ruleSet"] == reverted == await rule_set(client)


async def test_the_version_in_force_may_be_published_again(client: Client) -> None:
    await two_versions(client)

    reverted = await revert(client, 4, comment="Once more")

    assert (reverted["version"], reverted["basedOn"]) == (5, 4)
    assert await versions(client) == [(5, "PUBLISHED"), (4, "RETIRED"), (2, "RETIRED")]


async def test_a_reverted_version_may_be_reverted_to(client: Client) -> None:
    await two_versions(client)

    for version in (2, 5, 4, 2):
        await revert(client, version)

    assert [(each["version"], each["basedOn"]) for each in await history(client)][:4] == [
        (8, 2),
        (7, 4),
        (6, 5),
        (5, 2),
    ]
    assert await record(client) == [(30, None)]


async def test_a_version_that_never_scored_is_refused(client: Client, contents: Contents) -> None:
    """There is none of that number, it is the draft's, or it was a draft's once."""
    await two_versions(client)
    await save(client, LOSS)
    before = await contents()

    for version in (0, 1, 3, 5, 6, -1, 2**31 - 1):
        refusal = await refused(client, "revertRules", version=version)

        assert (refusal["__typename"], refusal["id"]) == ("NotFound", None)
        assert f"there is no RuleSet 'version {version}' here" in refusal["message"]
    assert await contents() == before


async def test_where_nothing_was_published_there_is_nothing_to_bring_back(
    client: Client, contents: Contents
) -> None:
    await save(client, CLICK)
    before = await contents()

    for version in (0, 1):
        assert (await refused(client, "revertRules", version=version))["__typename"] == "NotFound"
    assert await contents() == before


async def test_it_expects_the_version_that_scores_and_not_the_drafts(
    client: Client, contents: Contents
) -> None:
    await two_versions(client)
    await save(client, LOSS)
    before = await contents()

    for expected in (2, 5, 0):
        refusal = await refused(client, "revertRules", version=2, expectedVersion=expected)

        assert (refusal["__typename"], refusal["currentVersion"]) == ("VersionConflict", 4)
    assert await contents() == before
    assert (await revert(client, 2, expectedVersion=4))["version"] == 6
