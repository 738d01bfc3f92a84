"""After an edit every lead whose level is another now is told so: once, in its history and to its boards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from domain.actors import Role
from tests.api.calls import Json, done
from tests.api.levels.asking import JOB, edit, levels_now, moves_in, name_of, told
from tests.api.mutations.reads import lead
from tests.api.scenes import (
    LEVELS,
    all_told,
    told_of,
    with_activity,
    with_crowd,
    with_levels,
    with_rules,
    with_score,
)
from tests.api.subscriptions.boards import LEVEL_SETS, TIERS, moves
from tests.api.subscriptions.boards import told as told_to
from tests.client import Client
from tests.conftest import MakeClient

CROWD = {"a": 10, "b": 22, "c": 30, "d": 60}
WIDER = {"level": {"name": "Warm", "min": 20, "max": 49, "color": "#abcdef"}}


async def widened(client: Client, **more: Any) -> Json:
    """Take from Cold what it has from 20 on, and give it to Warm: of the crowd this moves b alone."""
    table = [{**LEVELS[0], "max": 19}, WIDER["level"], *LEVELS[2:]]
    return await edit(client, "replaceLevels", levels=table, **more)


@pytest.fixture
async def crowded(client: Client) -> Client:
    """Two Cold leads, a Warm one and a Hot one; nothing is left to tell."""
    await with_levels(client)
    await with_crowd(client, CROWD)
    await all_told(client)
    return client


class TestTheHistory:
    @pytest.mark.usefixtures("crowded")
    async def test_a_lead_that_moved_has_an_entry_that_says_it_all(self, make_client: MakeClient) -> None:
        eve = await make_client(Role.EDITOR, "Eve")
        edited = await widened(eve, comment="Warm begins at 20")
        assert edited["levelSet"]["announce"] == "ALL"
        await all_told(eve)

        (entry,) = await told(eve)

        number = entry.pop("id"), entry.pop("version")
        assert number[0]
        assert number[1] == (await lead(eve, "version", "b"))["version"]
        assert entry.pop("at") >= edited["levelSet"]["createdAt"]
        assert entry == {
            "dimension": "ENGAGEMENT",
            "delta": 0,
            "scoreBefore": 22,
            "scoreAfter": 22,
            "levelBefore": {"name": "Cold", "min": 0, "max": 24, "color": "#3b82f6", "motion": None, "rank": 1},
            "levelAfter": {"name": "Warm", "min": 20, "max": 49, "color": "#abcdef", "motion": None, "rank": 2},
            "tierChanged": True,
            "cause": "LEVELS_CHANGED",
            "reason": "Warm begins at 20",
            "levelSetVersion": 2,
            "actor": {"kind": "API_KEY", "name": "Eve"},
            "parts": [],
            "activity": None,
            "lead": {"externalId": "b"},
        }  # fmt: skip

    async def test_who_stays_is_not_told_and_stays_since_when_it_was(self, crowded: Client) -> None:
        before = {each: await lead(crowded, "version engagement { since }", each) for each in "acd"}

        await widened(crowded)
        await all_told(crowded)

        assert {each: await lead(crowded, "version engagement { since }", each) for each in "acd"} == before

    async def test_who_moved_is_in_its_level_since_the_edit_told_or_not(self, crowded: Client) -> None:
        edited = await widened(crowded)

        at_once = await lead(crowded, "engagement { since }", "b")
        await all_told(crowded)
        when_told = await lead(crowded, "engagement { since }", "b")

        assert at_once == when_told == {"engagement": {"since": edited["levelSet"]["createdAt"]}}

    async def test_out_of_every_level_and_back(self, crowded: Client) -> None:
        for mutation, given in (("removeLevel", {"name": "Cold"}), ("revertLevels", {"version": 1})):
            await edit(crowded, mutation, **given)
            await all_told(crowded)

        back, out = moves_in((await told(crowded))[:2]), moves_in((await told(crowded))[2:])

        assert out == {("Cold", None): 2}
        assert back == {(None, "Cold"): 2}

    @pytest.mark.parametrize(
        ("mutation", "given"),
        [
            ("updateLevel", {"name": "Cold", "level": {**LEVELS[0], "color": "#000000", "motion": "Wait"}}),
            ("updateLevel", {"name": "Cold", "level": {**LEVELS[0], "name": "COLD"}}),
            ("replaceLevels", {"levels": LEVELS}),
            ("revertLevels", {"version": 1}),
        ],
        ids=["other colours", "other letters", "the same table", "the same version"],
    )
    async def test_an_edit_that_moves_nobody_has_no_job(
        self, crowded: Client, mutation: str, given: Json
    ) -> None:
        jobs = await crowded("{ jobs { id } }")

        edited = await edit(crowded, mutation, **given)

        assert edited["levelSet"]["version"] == 2
        assert edited["job"] is None
        assert await crowded("{ jobs { id } }") == jobs
        assert await told(crowded) == []

    async def test_each_dimension_is_told_by_itself(self, crowded: Client) -> None:
        await edit(crowded, "replaceLevels", dimension="PROFILE", levels=[{"name": "Everyone"}])
        await all_told(crowded)

        entries = await told(crowded)

        assert {entry["dimension"] for entry in entries} == {"PROFILE"}
        assert moves_in(entries) == {(None, "Everyone"): 4}

    async def test_edits_one_upon_the_other_leave_no_break_in_the_history(self, crowded: Client) -> None:
        for number in range(6):
            await widened(crowded) if number % 2 else await edit(crowded, "revertLevels", version=1)
            await edit(crowded, "removeLevel", name="Hot")
        await all_told(crowded)
        await edit(crowded, "addLevel", level={"name": "Scorching", "min": 55, "max": 60})
        await all_told(crowded)

        now = await levels_now(crowded)

        assert now == {"a": "Cold", "b": "Warm", "c": "Warm", "d": "Scorching"}
        for each, level in now.items():
            page = await lead(
                crowded,
                "history(first: 50) { edges { node { delta levelBefore { name } levelAfter { name } } } }",
                each,
            )
            entries = [edge["node"] for edge in page["history"]["edges"]]
            assert name_of(entries[0]["levelAfter"]) == level
            assert all(later["levelBefore"] == earlier["levelAfter"] for later, earlier in pairwise(entries))
            assert sum(entry["delta"] for entry in entries) == CROWD[each]


class TestAChangeRightAfterAnEdit:
    async def test_an_adjustment_answers_with_its_own_change(self, crowded: Client) -> None:
        for number in range(8):
            name = f"Chilly {number}"
            renamed = [{**LEVELS[0], "name": name}, *LEVELS[1:]]
            await edit(crowded, "replaceLevels", levels=renamed)
            adjusted = await done(
                crowded,
                "adjustScore",
                "change { cause delta levelBefore { name } levelAfter { name } version } lead { version }",
                lead={"externalId": "a"},
                delta=1,
            )

            version = adjusted["lead"]["version"]
            level = {"name": name}
            assert adjusted["change"] == {
                "cause": "ADJUSTMENT",
                "delta": 1,
                "levelBefore": level,
                "levelAfter": level,
                "version": version,
            }
        await all_told(crowded)
        own = [entry for entry in await told(crowded) if entry["lead"]["externalId"] == "a"]
        assert [name_of(entry["levelAfter"]) for entry in own] == [f"Chilly {n}" for n in range(7, -1, -1)]

    async def test_an_activity_answers_with_its_own_changes(self, crowded: Client) -> None:
        await with_rules(crowded, CLICK=5)
        await widened(crowded)

        recorded = await with_activity(crowded, "b", "CLICK")

        (change,) = recorded["changes"]
        found = await crowded(
            "query($id: ID!) { node(id: $id) { ... on ScoreChange { cause delta } } }", id=change["id"]
        )
        assert found == {"cause": "ACTIVITY", "delta": 5}
        await all_told(crowded)
        assert moves_in(await told(crowded)) == {("Cold", "Warm"): 1}


async def told_until(board: AsyncIterator[Any], last: str) -> list[Json]:
    """What edits of the levels made of leads, by what the board is told until that lead is given points."""
    changes: list[Json] = []
    while ("ADJUSTMENT", last) not in [(each["cause"], each["lead"]["externalId"]) for each in changes]:
        changes += await told_to(board, 1)
    return [each for each in changes if each["cause"] == "LEVELS_CHANGED"]


class TestBoards:
    async def test_every_lead_that_moved_is_told_once(self, crowded: Client) -> None:
        await with_crowd(crowded, {f"lead {number}": 20 + number % 5 for number in range(100)})
        async with crowded.subscribe(TIERS) as board:
            await widened(crowded)
            await all_told(crowded)
            await with_score(crowded, "last", 30)
            changes = await told_until(board, "last")

        assert sorted(moves(changes)) == sorted(
            (each, "Cold", "Warm") for each in ("b", *(f"lead {number}" for number in range(100)))
        )
        assert {each["dimension"] for each in changes} == {"ENGAGEMENT"}
        assert all(each["scoreBefore"] == each["score"] for each in changes)
        versions = {entry["lead"]["externalId"]: entry["version"] for entry in await told(crowded)}
        assert {each["lead"]["externalId"]: each["version"] for each in changes} == versions

    async def test_a_board_of_some_levels_is_told_of_those(self, crowded: Client) -> None:
        async with crowded.subscribe(TIERS, levels=["warm"]) as board:
            await edit(crowded, "removeLevel", name="Hot")
            await all_told(crowded)  # or boards would be told to read afresh
            for name, following in (("Warm", "Tepid"), ("Tepid", "Warm")):
                await edit(crowded, "updateLevel", name=name, level={"name": following, "min": 25, "max": 49})
                await all_told(crowded)
            await with_score(crowded, "last", 30)

            assert moves(await told_until(board, "last")) == [("c", "Warm", "Tepid"), ("c", "Tepid", "Warm")]

    @pytest.mark.parametrize("announce", ["ALL", "UPWARD", "SILENT"])
    async def test_boards_are_told_of_all_whatever_automations_hear(
        self, crowded: Client, announce: str
    ) -> None:
        async with crowded.subscribe(TIERS) as board, crowded.subscribe(LEVEL_SETS) as tables:
            edited = await edit(crowded, "removeLevel", name="Cold", announce=announce)
            await all_told(crowded)
            await with_score(crowded, "last", 30)

            assert edited["levelSet"]["announce"] == announce
            assert sorted(moves(await told_until(board, "last"))) == [
                ("a", "Cold", None),
                ("b", "Cold", None),
            ]
            while (await told_of(tables, 1))[0]["version"] != 2:
                pass


async def test_a_job_runs_until_it_is_done(crowded: Client) -> None:
    job = (await widened(crowded))["job"]

    assert (job["kind"], job["state"], job["error"], job["finishedAt"]) == (
        "RECLASSIFY",
        "RUNNING",
        None,
        None,
    )
    await all_told(crowded)
    ended = await crowded(f"query($id: ID!) {{ job(id: $id) {{ {JOB} }} }}", id=job["id"])
    assert (ended["state"], ended["done"], ended["total"], ended["changed"]) == ("DONE", 1, 1, 1)
    assert ended["finishedAt"] >= ended["startedAt"] == job["startedAt"]
    assert ended["error"] is None
