"""A job is told as it goes, from the moment one asks until it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from api.scalars import now
from domain.actors import Role
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.api.calls import UNKNOWN, Json, done
from tests.api.levels.asking import JOB, edit
from tests.api.scenes import LEVELS, all_told, with_crowd, with_levels
from tests.api.sockets import PATIENCE, heard, init, opened, subscribe
from tests.api.subscriptions.boards import LEVEL_SETS
from tests.client import Client
from tests.conftest import MakeClient

PROGRESS = f"subscription($id: ID!) {{ jobProgress(id: $id) {{ {JOB} }} }}"
MANY = 1_500  # leads: three transactions' worth


async def running(client: Client) -> str:
    """The id of a job that has just begun, and has some work before it."""
    await with_levels(client)
    for start in range(0, MANY, 500):
        await with_crowd(client, {f"lead {start + number}": 10 for number in range(500)})
    edited = await edit(client, "updateLevel", name="Cold", level={**LEVELS[0], "name": "Chilly"})
    job: str = edited["job"]["id"]
    return job


async def all_of(board: AsyncIterator[Any]) -> list[Json]:
    """Everything until the subscription completes."""
    async with asyncio.timeout(PATIENCE):
        return [frame async for frame in board]


class TestJobProgress:
    async def test_it_is_told_at_once_as_it_goes_and_no_more_when_it_has_ended(
        self, client: Client, make_client: MakeClient
    ) -> None:
        viewer = await make_client(Role.VIEWER)
        job = await running(client)

        async with viewer.subscribe(PROGRESS, id=job) as board:
            frames = await all_of(board)

        *before, last = frames
        assert before
        assert {frame["state"] for frame in before} == {"RUNNING"}
        assert {frame["finishedAt"] for frame in before} == {None}
        seen = [(each["state"] == "DONE", each["total"], each["done"], each["changed"]) for each in frames]
        assert seen == sorted(set(seen))
        assert all(frame["done"] <= frame["total"] for frame in frames)
        assert (last["state"], last["done"], last["total"], last["changed"]) == ("DONE", MANY, MANY, MANY)
        assert last == await client(f"query($id: ID!) {{ job(id: $id) {{ {JOB} }} }}", id=job)

    async def test_one_that_is_cancelled_ends_so(self, client: Client) -> None:
        job = await running(client)

        async with client.subscribe(PROGRESS, id=job) as board:
            first = await asyncio.wait_for(anext(board), PATIENCE)
            await done(client, "cancelJob", "job { state }", id=job)
            *_, last = [first, *await all_of(board)]

        assert first["state"] == "RUNNING"
        assert last["state"] == "CANCELLED"
        assert last["finishedAt"]

    async def test_one_that_has_ended_is_told_once(self, client: Client) -> None:
        job = (await edit(client, "replaceLevels", levels=LEVELS))["job"]["id"]
        await all_told(client)

        async with client.subscribe(PROGRESS, id=job) as board:
            (frame,) = await all_of(board)

        assert (frame["id"], frame["state"]) == (job, "DONE")

    async def test_who_joins_later_is_told_how_far_it_is_and_the_rest(
        self, client: Client, make_client: MakeClient
    ) -> None:
        other = await make_client(name="Later")
        job = await running(client)
        async with client.subscribe(PROGRESS, id=job) as early:
            first = await asyncio.wait_for(anext(early), PATIENCE)
            async with other.subscribe(PROGRESS, id=job) as late:
                told = [[first, *await all_of(early)], await all_of(late)]

        for frames in told:
            seen = [(each["state"] != "RUNNING", each["done"], each["total"]) for each in frames]
            assert seen == sorted(set(seen))
            assert (frames[-1]["state"], frames[-1]["done"]) == ("DONE", MANY)

    async def test_one_that_there_is_not_is_an_error_of_that_operation_alone(
        self, client: Client, make_client: MakeClient, mongo: Mongo
    ) -> None:
        other = await make_client(of=await Workspaces(mongo).named("somebody else's progress", now()))
        theirs = (await edit(other, "replaceLevels", levels=LEVELS))["job"]["id"]
        asked = {theirs: "NotFound", UNKNOWN["job"]: "NotFound", UNKNOWN["lead"]: "InvalidInput"}
        async with opened(client.url) as socket:
            await socket.send(init(client.key))
            await heard(socket)
            await socket.send(subscribe("levels", LEVEL_SETS))
            for name, code in asked.items():
                await socket.send(subscribe(name, PROGRESS, id=name))
                while (answer := await heard(socket)).get("id") != name or answer["type"] == "complete":
                    pass
                (error,) = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
                assert error["extensions"] == {"code": code}
                assert name in error["message"]
            await with_levels(client)
            while (answer := await heard(socket))["id"] != "levels":
                pass

        assert answer["payload"]["data"]["levelSetChanged"]["version"] == 1
