"""Jobs are listed, looked at and cancelled; what a cancelled one left untold is told in time."""

from __future__ import annotations

from typing import Any

import pytest

from api.scalars import now
from domain.actors import Role
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.api.calls import UNKNOWN, Json, done, refused
from tests.api.conftest import Contents
from tests.api.levels.asking import JOB, counts, distribution, edit
from tests.api.mutations.reads import lead
from tests.api.scenes import LEVELS, all_told, with_crowd, with_levels
from tests.client import Client
from tests.conftest import MakeClient

MANY = (
    3_000  # leads: several transactions' worth, so that a job is still under way when the next request comes
)
FIND = f"query($id: ID!) {{ job(id: $id) {{ {JOB} }} }}"


def renamed(name: str) -> list[Json]:
    """The table with another name for Cold, so that all that are Cold move."""
    return [{**LEVELS[0], "name": name}, *LEVELS[1:]]


async def with_many(client: Client) -> None:
    """Make many leads known, all of them Cold."""
    await with_levels(client)
    for start in range(0, MANY, 1_000):
        await with_crowd(client, {f"lead {start + number}": 10 for number in range(1_000)})


async def told_of(client: Client, level: str) -> Any:
    """How many leads were told that they are in a level now."""
    found = await client(
        "query($f: LeadFilter) { leads(filter: $f) { totalCount } }",
        f={"moved": {"to": level, "since": "2020-01-01T00:00:00Z"}},
    )
    return found["totalCount"]


class TestJobs:
    async def test_the_newest_are_listed_first(self, client: Client) -> None:
        made = []
        for name in ("Cold", "Cool", "Chilly"):
            made.append((await edit(client, "replaceLevels", levels=renamed(name)))["job"])
            await all_told(client)

        listed = await client(f"{{ jobs {{ {JOB} }} }}")

        assert [job["id"] for job in listed] == [job["id"] for job in reversed(made)]
        assert {job["state"] for job in listed} == {"DONE"}
        assert [job["startedAt"] for job in listed] == sorted((j["startedAt"] for j in made), reverse=True)
        assert await client("{ jobs(first: 2) { id } }") == [{"id": job["id"]} for job in listed[:2]]

    async def test_one_is_found_by_its_id_as_a_node_too(self, client: Client) -> None:
        job = (await edit(client, "replaceLevels", levels=LEVELS))["job"]
        await all_told(client)

        found = await client(FIND, id=job["id"])
        node = await client(
            f"query($id: ID!) {{ node(id: $id) {{ __typename ... on Job {{ {JOB} }} }} }}", id=job["id"]
        )

        assert node == {"__typename": "Job", **found}
        assert (found["id"], found["startedAt"]) == (job["id"], job["startedAt"])

    async def test_a_later_edit_takes_the_place_of_a_job_that_runs(self, client: Client) -> None:
        await with_many(client)
        first = (await edit(client, "replaceLevels", levels=renamed("Cool")))["job"]
        second = (await edit(client, "replaceLevels", levels=renamed("Chilly")))["job"]
        await all_told(client)

        ended = [await client(FIND, id=job["id"]) for job in (first, second)]

        assert [job["state"] for job in ended] == ["CANCELLED", "DONE"]
        assert ended[0]["error"] == "the levels were edited again: version 3 is told instead"
        assert ended[0]["finishedAt"] >= ended[0]["startedAt"]
        assert await told_of(client, "Chilly") == MANY

    @pytest.mark.parametrize("first", [0, -1, 201])
    async def test_no_more_are_listed_than_a_page_holds(self, client: Client, first: int) -> None:
        message = await client.error("query($n: Int) { jobs(first: $n) { id } }", n=first)

        assert message == f"first must lie between 1 and 200; it is {first}"

    async def test_one_that_there_is_not_is_null(self, client: Client) -> None:
        assert await client(FIND, id=UNKNOWN["job"]) is None

    async def test_the_id_of_something_else_is_refused(self, client: Client) -> None:
        answer = await client.answer(FIND, id=UNKNOWN["lead"])

        (error,) = answer["errors"]
        assert error["message"] == f"id {UNKNOWN['lead']!r} is not the id of a Job: those begin with job_"
        assert error["extensions"] == {"code": "InvalidInput"}

    async def test_those_of_another_workspace_are_not_seen(
        self, client: Client, make_client: MakeClient, mongo: Mongo
    ) -> None:
        other = await make_client(of=await Workspaces(mongo).named("somebody else's jobs", now()))
        job = (await edit(other, "replaceLevels", levels=LEVELS))["job"]
        await all_told(other)

        assert await client("{ jobs { id } }") == []
        assert await client(FIND, id=job["id"]) is None
        assert await client("query($id: ID!) { node(id: $id) { id } }", id=job["id"]) is None
        assert (await refused(client, "cancelJob", id=job["id"]))["__typename"] == "NotFound"
        assert (await other(FIND, id=job["id"]))["state"] == "DONE"


class TestCancelJob:
    async def test_what_was_told_stays_and_the_rest_is_told_by_the_next_change_or_edit(
        self, client: Client
    ) -> None:
        await with_many(client)
        job = (await edit(client, "replaceLevels", levels=renamed("Chilly")))["job"]

        cancelled = (await done(client, "cancelJob", f"job {{ {JOB} }}", id=job["id"]))["job"]

        assert (cancelled["id"], cancelled["state"]) == (job["id"], "CANCELLED")
        assert cancelled["finishedAt"] >= cancelled["startedAt"]
        assert cancelled["changed"] < MANY
        assert counts((await distribution(client))["shares"])["Chilly"] == MANY
        assert await told_of(client, "Chilly") == cancelled["changed"]
        await self.the_next_change_of_a_lead_tells_it(client, f"lead {MANY - 1}")
        assert await client(FIND, id=job["id"]) == cancelled
        await edit(client, "updateLevel", name="Hot", level={**LEVELS[2], "color": "#123456"})
        await all_told(client)
        assert await told_of(client, "Chilly") == MANY

    async def the_next_change_of_a_lead_tells_it(self, client: Client, untold: str) -> None:
        adjusted = await done(
            client, "adjustScore", "change { cause delta }", lead={"externalId": untold}, delta=1
        )
        found = await lead(
            client,
            "history { edges { node { cause delta levelBefore { name } levelAfter { name } } } }",
            untold,
        )
        chilly = {"name": "Chilly"}
        own, told = [edge["node"] for edge in found["history"]["edges"]][:2]
        assert adjusted["change"] == {"cause": "ADJUSTMENT", "delta": 1}
        assert own == {**adjusted["change"], "levelBefore": chilly, "levelAfter": chilly}
        assert told == {
            "cause": "LEVELS_CHANGED",
            "delta": 0,
            "levelBefore": {"name": "Cold"},
            "levelAfter": chilly,
        }

    async def test_one_that_ended_is_as_it_was(self, client: Client, contents: Contents) -> None:
        job = (await edit(client, "replaceLevels", levels=LEVELS))["job"]
        before = await contents()

        cancelled = await done(client, "cancelJob", f"job {{ {JOB} }}", id=job["id"])

        assert cancelled["job"]["state"] == "DONE"
        assert cancelled["job"] == await client(FIND, id=job["id"])
        assert await contents() == before

    async def test_one_that_there_is_not_is_not_found(self, client: Client, contents: Contents) -> None:
        before = await contents()

        refusal = await refused(client, "cancelJob", id=UNKNOWN["job"])

        assert (refusal["__typename"], refusal["id"]) == ("NotFound", UNKNOWN["job"])
        assert refusal["message"].startswith(f"there is no Job {UNKNOWN['job']!r} here")
        assert await contents() == before

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.INTEGRATION])
    async def test_who_may_not_edit_may_look_but_not_cancel(
        self, client: Client, make_client: MakeClient, role: Role
    ) -> None:
        job = (await edit(client, "replaceLevels", levels=LEVELS))["job"]
        await all_told(client)
        reader = await make_client(role, "The reader")

        answer = await reader.answer(
            "mutation($id: ID!) { cancelJob(input: {id: $id}) { __typename } }", id=job["id"]
        )

        (error,) = answer["errors"]
        assert error["extensions"] == {"code": "FORBIDDEN"}
        assert await reader(FIND, id=job["id"]) == await client(FIND, id=job["id"])
        assert await reader("{ jobs { id } }") == [{"id": job["id"]}]
