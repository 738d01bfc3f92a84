"""Publishing with replay scores anew all that was done; what that will do is told before, and how far it is meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from domain.actors import Role
from tests.api.calls import Json, done, refused
from tests.api.conftest import Contents
from tests.api.levels.asking import JOB
from tests.api.rules.asking import CLICK, IN_EU, PROFILE, entries, publish, record, save, score, upsert
from tests.api.scenes import all_told, with_levels, with_score
from tests.api.sockets import PATIENCE
from tests.client import Client
from tests.conftest import MakeClient

PUBLISHED = f"ruleSet {{ version }} job {{ {JOB} }}"
PROGRESS = f"subscription($id: ID!) {{ jobProgress(id: $id) {{ {JOB} }} }}"
PREVIEW = """{ previewRules { leads total changed
  moves { dimension from { name } to { name } leads sample { externalId } } } }"""


async def draft(client: Client, rule: str, **changed: Any) -> None:
    """Another rule in the place of that of that id, in the draft."""
    await save(client, {**CLICK, **changed}, id=rule)


async def replay(client: Client, mutation: str = "publishRules", **given: Any) -> Json:
    """Publish with replay, and wait until all is scored anew; the job as it was made."""
    published = await done(client, mutation, PUBLISHED, rescore="REPLAY", **given)
    await all_told(client)
    job: Json = published["job"]
    return job


async def test_what_was_done_before_is_scored_by_the_published_rules(client: Client) -> None:
    await with_levels(client)
    (rule,) = await publish(client, CLICK)
    await record(client, "a")
    await record(client, "b")
    await with_score(client, "c", 7)
    await draft(client, rule, points=60)

    job = await replay(client, comment="Quarterly review", announce="SILENT")

    ended = await client(f"query($id: ID!) {{ job(id: $id) {{ {JOB} }} }}", id=job["id"])
    assert (job["kind"], job["state"], job["done"]) == ("RESCORE", "RUNNING", 0)
    assert (ended["state"], ended["done"], ended["total"], ended["changed"]) == ("DONE", 3, 3, 2)
    assert [await score(client, lead) for lead in "abc"] == [60, 60, 7]
    *_, entry = await entries(client, "a", "ENGAGEMENT")
    part = {"points": 30, "suppressed": None, "rule": {"name": "A click"}}
    assert entry == {
        "cause": "RULES_CHANGED",
        "delta": 30,
        "scoreAfter": 60,
        "ruleSetVersion": 2,
        "actor": {"name": "Ada"},
        "parts": [part],
    }
    assert len(await entries(client, "a", "ENGAGEMENT")) == 2
    assert len(await entries(client, "c", "ENGAGEMENT")) == 1


async def test_a_revert_does_so_too(client: Client) -> None:
    (rule,) = await publish(client, CLICK)
    await record(client)
    await draft(client, rule, points=60)
    await replay(client)

    job = await replay(client, "revertRules", version=1)

    assert job["kind"] == "RESCORE"
    assert await score(client) == 30
    causes = [(each["cause"], each["delta"]) for each in await entries(client, "a", "ENGAGEMENT")]
    assert causes == [("ACTIVITY", 30), ("RULES_CHANGED", 30), ("RULES_CHANGED", -30)]


@pytest.mark.parametrize("given", [{}, {"rescore": "NEW_ACTIVITY"}], ids=str)
async def test_without_it_old_points_stay(client: Client, given: Json) -> None:
    (rule,) = await publish(client, CLICK)
    await record(client)
    await draft(client, rule, points=60)

    published = await done(client, "publishRules", PUBLISHED, **given)

    assert published["job"] is None
    assert await score(client) == 30


async def test_nothing_to_publish_makes_no_job(client: Client, contents: Contents) -> None:
    await publish(client, CLICK)
    before = await contents()

    for mutation, given, name in (
        ("publishRules", {}, "NothingToPublish"),
        ("revertRules", {"version": 7}, "NotFound"),
        ("revertRules", {"version": 1, "expectedVersion": 7}, "VersionConflict"),
    ):
        refusal = await refused(client, mutation, rescore="REPLAY", **given)
        assert refusal["__typename"] == name

    assert await contents() == before


async def test_how_far_it_is_is_told_until_it_ends(client: Client, make_client: MakeClient) -> None:
    viewer = await make_client(Role.VIEWER)
    (rule,) = await publish(client, CLICK)
    leads = [{"lead": {"externalId": f"crm-{at}"}, "activity": {"kind": "CLICK"}} for at in range(500)]
    await done(client, "recordActivities", "results { __typename }", records=leads)
    await draft(client, rule, points=60)
    job = (await done(client, "publishRules", PUBLISHED, rescore="REPLAY"))["job"]

    async with viewer.subscribe(PROGRESS, id=job["id"]) as board, asyncio.timeout(PATIENCE):
        frames = [frame async for frame in board]

    last = frames[-1]
    assert (last["state"], last["done"], last["total"], last["changed"]) == ("DONE", 500, 500, 500)
    seen = [(each["done"], each["changed"]) for each in frames]
    assert seen == sorted(seen)


async def test_a_second_takes_the_place_of_the_first(client: Client) -> None:
    (rule,) = await publish(client, CLICK)
    leads = [{"lead": {"externalId": f"crm-{at}"}, "activity": {"kind": "CLICK"}} for at in range(1_000)]
    await done(client, "recordActivities", "results { __typename }", records=leads)
    for points in (60, 70):
        await draft(client, rule, points=points)
        await done(client, "publishRules", PUBLISHED, rescore="REPLAY")
    await all_told(client)

    jobs = await client("{ jobs(first: 2) { state error changed } }")

    assert [each["state"] for each in jobs] == ["DONE", "CANCELLED"]
    assert jobs[1]["error"] == "rules were published again: all is scored by version 3 instead"
    assert [await score(client, f"crm-{at}") for at in (0, 500, 999)] == [70] * 3


class TestPreview:
    async def test_it_tells_what_publishing_then_does_and_writes_nothing(
        self, client: Client, contents: Contents
    ) -> None:
        for dimension in ("ENGAGEMENT", "PROFILE"):
            await with_levels(client, dimension=dimension)
        click, eu = await publish(client, CLICK, {**PROFILE, "condition": IN_EU})
        for lead in "ab":
            await record(client, lead)
        await record(client, "b")
        await upsert(client, "c", addTags=["eu"])
        await with_score(client, "d", 7)
        await draft(client, click, points=20)
        await save(client, {**PROFILE, "condition": IN_EU, "points": 80}, id=eu)
        before = await contents()

        preview = await client(PREVIEW)

        assert await contents() == before
        assert (preview["leads"], preview["total"], preview["changed"]) == (4, 4, 3)
        moves = {
            (each["dimension"], each["from"]["name"], each["to"]["name"]): (
                each["leads"],
                [lead["externalId"] for lead in each["sample"]],
            )
            for each in preview["moves"]
        }
        assert moves == {
            ("ENGAGEMENT", "Warm", "Cold"): (1, ["a"]),
            ("ENGAGEMENT", "Hot", "Warm"): (1, ["b"]),
            ("PROFILE", "Cold", "Very Hot"): (1, ["c"]),
        }
        await replay(client)
        assert (await client("{ jobs(first: 1) { changed } }"))[0]["changed"] == preview["changed"]
        assert [await score(client, lead) for lead in "abcd"] == [20, 40, 0, 7]
        assert await score(client, "c", "profile") == 80

    async def test_the_move_of_most_leads_comes_first_with_five_of_them(self, client: Client) -> None:
        await with_levels(client)
        click, form = await publish(client, CLICK, {**CLICK, "name": "A form", "activity": "FORM"})
        for lead in range(7):
            await record(client, f"click-{lead}")
        for lead in range(2):
            await record(client, f"form-{lead}", "FORM")
        await draft(client, click, points=60)
        await draft(client, form, activity="FORM", points=80)

        moves = (await client(PREVIEW))["moves"]

        assert [(each["to"]["name"], each["leads"]) for each in moves] == [("Hot", 7), ("Very Hot", 2)]
        assert [len(each["sample"]) for each in moves] == [5, 2]

    async def test_without_leads_or_changes_it_has_nothing_to_tell(self, client: Client) -> None:
        await save(client, CLICK)
        assert await client(PREVIEW) == {"leads": 0, "total": 0, "changed": 0, "moves": []}
        await publish(client)
        await record(client)
        await save(client, {**CLICK, "name": "Another", "activity": "NEVER"})

        assert await client(PREVIEW) == {"leads": 1, "total": 1, "changed": 0, "moves": []}

    async def test_without_a_draft_there_is_none(self, client: Client) -> None:
        await publish(client, CLICK)

        answer = await client.answer(PREVIEW)

        assert answer["errors"][0]["extensions"] == {"code": "NotFound"}

    async def test_a_viewer_may_ask(self, client: Client, make_client: MakeClient) -> None:
        await save(client, CLICK)
        viewer = await make_client(Role.VIEWER)

        assert (await viewer(PREVIEW))["total"] == 0
