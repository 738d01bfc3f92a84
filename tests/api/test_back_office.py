"""The back office: it does what nobody waits for, is begun anew, and never outlives whoever began it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest
from pydantic import SecretStr

from api.app import bells_of, build_worker, furnished
from api.command import back_office
from api.command.back_office import COMMAND
from api.context import House
from api.scalars import now
from api.settings import Settings
from domain.actors import Role, Workspace
from domain.jobs import JobState
from domain.levels import Dimension, Level, table
from persistence import background, work
from persistence.bell import answered
from persistence.configuration import Editor
from persistence.mongo import Mongo, open_mongo
from persistence.work import COMPANY
from persistence.workspaces import Keys
from tests.api.command_line import PATIENCE, Running, gone, running
from tests.api.scenes import LEVELS, all_told, with_crowd, with_levels
from tests.client import Client
from tests.conftest import ACTOR
from tests.processes import children, on_linux

pytestmark = pytest.mark.slow

OWN = "beside"  # a database where nobody else is at work
MANY = 3_000  # leads: several transactions' worth


@pytest.fixture
async def mongo(mongo_uri: str) -> AsyncIterator[Mongo]:
    async with open_mongo(mongo_uri, OWN) as mongo:
        yield mongo


@dataclass(frozen=True, slots=True)
class Scene:
    """A server with its back office, and an owner who calls it."""

    server: Running
    client: Client

    async def back_office(self) -> int:
        """The process, once it is there."""
        async with asyncio.timeout(PATIENCE):
            while not (found := children(self.server.process.pid, "back_office")):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        (pid,) = found
        return pid

    async def with_many(self) -> None:
        """Many leads, all of them Cold."""
        await with_levels(self.client)
        for start in range(0, MANY, 1_000):
            await with_crowd(self.client, {f"lead {start + number}": 10 for number in range(1_000)})
        await all_told(self.client)

    async def rename(self, name: str) -> str:
        """Give Cold another name, which all leads are to be told; the id of the job."""
        await with_levels(self.client, [{**LEVELS[0], "name": name}, *LEVELS[1:]])
        (job,) = await self.client("{ jobs(first: 1) { id } }")
        return str(job["id"])

    async def done_of(self, job: str) -> int:
        return int((await self.client("query($id: ID!) { job(id: $id) { done } }", id=job))["done"])

    async def state_of(self, job: str) -> str:
        return str((await self.client("query($id: ID!) { job(id: $id) { state } }", id=job))["state"])


@pytest.fixture
async def scene(mongo: Mongo, workspace: Workspace, mongo_uri: str, tmp_path: Path) -> AsyncIterator[Scene]:
    key = await Keys(mongo).create(workspace, "Ada", Role.OWNER, now())
    settings = {"mongo_uri": mongo_uri, "mongo_database": OWN, "rate_limit": "0"}
    async with running(tmp_path / "log", **settings) as server:
        client = Client(server.url, key)
        yield Scene(server, client)
        await client.close()


@on_linux
async def test_reads_are_right_while_the_back_office_stands_still_and_it_tells_everybody_when_it_goes_on(
    scene: Scene,
) -> None:
    await with_levels(scene.client)
    await with_crowd(scene.client, {"a": 10, "b": 10})
    pid = await scene.back_office()
    os.kill(pid, signal.SIGSTOP)
    await scene.rename("Cool")

    found = await scene.client("{ leads { edges { node { engagement { level { name } } } } } }")
    (job,) = await scene.client("{ jobs(first: 1) { state changed } }")
    os.kill(pid, signal.SIGCONT)
    await all_told(scene.client)
    (over,) = await scene.client("{ jobs(first: 1) { state changed } }")

    assert [each["node"]["engagement"]["level"]["name"] for each in found["edges"]] == ["Cool", "Cool"]
    assert job == {"state": "RUNNING", "changed": 0}
    assert over == {"state": "DONE", "changed": 2}


@on_linux
@pytest.mark.slow
async def test_one_that_is_killed_is_begun_anew_and_tells_each_lead_once(
    scene: Scene, mongo: Mongo, workspace: Workspace
) -> None:
    await scene.with_many()
    pid = await scene.back_office()
    job = await scene.rename("Cool")
    async with asyncio.timeout(PATIENCE):
        while not await scene.done_of(job):  # noqa: ASYNC110 - to be caught in the middle
            await asyncio.sleep(0.005)

    os.kill(pid, signal.SIGKILL)
    await gone(pid)
    at_the_kill = await scene.done_of(job)
    async with asyncio.timeout(PATIENCE):  # the dead one's lease lasts, and what it had open
        while await scene.state_of(job) == "RUNNING":  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.1)

    told = mongo.score_changes.aggregate(
        [
            {"$match": {"workspace": workspace.id, "after.level": "Cool"}},
            {"$group": {"_id": "$lead", "times": {"$sum": 1}}},
        ]
    )
    times = [each["times"] for each in await told.to_list(None)]
    assert 0 < at_the_kill < MANY
    assert times == [1] * MANY
    assert await scene.back_office() != pid
    assert "the back office has ended and is begun anew" in scene.server.said.read_text()


@on_linux
@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda how: how.name)
async def test_it_ends_with_who_began_it(scene: Scene, how: signal.Signals) -> None:
    pid = await scene.back_office()
    await scene.with_many()
    os.kill(pid, signal.SIGINT)  # as by Ctrl-C, which both are told
    await scene.rename("Cool")

    code = await scene.server.stopped(how)

    await gone(pid)
    assert code == (-how if how is signal.SIGKILL else 0)
    assert "ended and is begun anew" not in scene.server.said.read_text()


def test_it_is_of_the_same_installation_whatever_lies_in_the_folder_it_is_begun_in(tmp_path: Path) -> None:
    for package in ("api", "domain", "persistence", "signal"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise SystemExit(9)")

    begun = subprocess.run(
        [*COMMAND[:-1], f"import signal, {back_office.__name__}"], cwd=tmp_path, check=False
    )

    assert begun.returncode == 0


def test_one_that_cannot_live_takes_the_server_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(back_office, "COMMAND", [sys.executable, "-c", "raise SystemExit(3)"])
    monkeypatch.setattr(back_office, "PAUSE", 0.0)
    monkeypatch.setattr(back_office, "TRIES", 3)
    monkeypatch.setattr(os, "kill", lambda *what: told.append(what))

    back_office._keep(Event())

    assert told == [(os.getpid(), signal.SIGTERM)]


def test_one_that_cannot_be_begun_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(back_office, "COMMAND", ["/nowhere/python"])

    assert back_office._lived(Event()) == "not begun: No such file or directory"


class TestBells:
    @pytest.fixture
    async def front(self, mongo: Mongo, mongo_uri: str, tmp_path: Path) -> AsyncIterator[House]:
        async with furnished(mongo, self.settings(mongo_uri, tmp_path / "bell")) as house:
            yield house

    @pytest.fixture
    async def back(
        self, mongo: Mongo, mongo_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[House]:
        """Who looks for work but once an hour, unless somebody rings."""
        monkeypatch.setattr(work, "POLL", 3_600.0)
        async with (
            furnished(mongo, self.settings(mongo_uri, None)) as house,
            answered(tmp_path / "bell", bells_of(house)),
            background.running(build_worker(mongo, house).work()),
        ):
            yield house

    @staticmethod
    def settings(uri: str, bell: Path | None) -> Settings:
        return Settings(mongo_uri=SecretStr(uri), mongo_database=OWN, back_office=bell)

    async def test_a_job_is_begun_when_it_rings(
        self, front: House, back: House, workspace: Workspace
    ) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(back.jobs.bell._rung._waiters) < COMPANY:  # noqa: ASYNC110 - nor here
                await asyncio.sleep(0.01)
        cold = table([Level("Cold", None, None)])

        _, job = await front.level_sets.change(
            workspace.id, Dimension.ENGAGEMENT, lambda _: cold, Editor(ACTOR, now())
        )

        assert job
        async with asyncio.timeout(PATIENCE):
            while (found := await front.jobs.find(workspace.id, job.id)) and found.state is JobState.RUNNING:  # noqa: ASYNC110 - the feed is not followed here
                await asyncio.sleep(0.01)
        assert found
        assert found.state is JobState.DONE

    async def test_deliveries_ring_there_too(self, front: House, back: House) -> None:
        front.deliveries.bell.ring()

        await asyncio.wait_for(back.deliveries.bell.wait(3_600.0), PATIENCE)
