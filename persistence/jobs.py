"""Jobs as they are kept: who works on each, and how far it is.

A worker holds a job by a lease, which every bit of progress renews, and time where there is none. Progress is written
in the transaction of the work itself, so a job that was cancelled, or that somebody else took up meanwhile, undoes what
its worker was about to do.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from domain.errors import NotFound
from domain.jobs import Job, JobKind, JobState
from domain.levels import Dimension
from persistence.bell import Bell
from persistence.commits import Withdrawn
from persistence.documents import Document, from_job, to_job
from persistence.mongo import Mongo, Session, new_id

LEASE = timedelta(seconds=10)  # after which the job of a process that died is taken up by another
RENEWAL = LEASE / 3  # how often a lease is renewed where progress does not
_log = structlog.get_logger()
NEWEST = [("started_at", -1), ("_id", -1)]


class JobGone(Withdrawn):
    """The job was cancelled, or somebody else took it up."""


@dataclass(frozen=True, slots=True)
class Held:
    """A job that this process works on, by the lease `owner`: each taking has its own, even in one process.

    `progress` is locked while there is some: it renews the lease, and would conflict with whatever else does.
    """

    workspace: str
    job: Job
    owner: str
    progress: asyncio.Lock = field(default_factory=asyncio.Lock, compare=False)


class Jobs:
    """The jobs of every workspace. Its bell rings when there is a new one."""

    def __init__(self, mongo: Mongo, clock: Callable[[], datetime], bell: Bell | None = None) -> None:
        self._mongo = mongo
        self._clock = clock
        self._process = new_id()
        self._taken = itertools.count(1)
        self.bell = bell or Bell()

    async def add(self, workspace: str, job: Job, session: Session) -> None:
        document = {**from_job(workspace, job), "lease": {"owner": None, "until": job.started_at}}
        await self._mongo.jobs.insert_one(document, session=session)

    async def find(self, workspace: str, job_id: str) -> Job | None:
        found = await self._mongo.jobs.find_one({"_id": job_id, "workspace": workspace})
        return to_job(found) if found else None

    async def newest(self, workspace: str, first: int) -> list[Job]:
        found = self._mongo.jobs.find({"workspace": workspace}).sort(NEWEST).limit(first)
        return [to_job(each) for each in await found.to_list(None)]

    async def cancel(self, workspace: str, job_id: str) -> Job:
        """Let the job do nothing more from now on, if it is not over already; raises NotFound."""

        async def work(session: Session) -> Job:
            found = await self._mongo.jobs.find_one({"_id": job_id, "workspace": workspace}, session=session)
            if found is None:
                raise NotFound("Job", job_id)
            job = to_job(found)
            if job.state is JobState.RUNNING:
                job = job.ended(JobState.CANCELLED, self._clock())
                await self._replace(found, job, session)
            return job

        return await self._mongo.transact(work)

    async def supersede(
        self, workspace: str, dimension: Dimension | None, why: str, at: datetime, session: Session
    ) -> None:
        """End the jobs of that dimension, or without one of rules: another does what they had still to do."""
        running = {
            "workspace": workspace,
            "state": JobState.RUNNING.value,
            "dimension": dimension and dimension.value,
        }
        for found in await self._mongo.jobs.find(running, session=session).to_list(None):
            await self._replace(found, to_job(found).ended(JobState.CANCELLED, at, why), session)

    # For whoever works on them

    async def take(self) -> Held | None:
        """Take up a job that nobody works on."""
        owner = f"{self._process}.{next(self._taken)}"
        found = await self._mongo.jobs.find_one_and_update(
            {
                "state": JobState.RUNNING.value,
                "kind": {"$in": [kind.value for kind in JobKind]},  # a newer process may know of others
                "lease.until": {"$lt": self._clock()},
            },
            {"$set": {"lease": self._lease(owner)}},
            return_document=ReturnDocument.AFTER,
        )
        return Held(found["workspace"], to_job(found), owner) if found else None

    async def update(self, held: Held, change: Callable[[Job], Job], session: Session | None = None) -> None:
        """Change a job that is held, and renew the lease; raises JobGone when it no longer is."""
        mine = _held_still(held)
        found = await self._mongo.jobs.find_one(mine, session=session)
        if found is None:
            raise JobGone(held.job.id)
        document = {**from_job(held.workspace, change(to_job(found))), "lease": self._lease(held.owner)}
        replaced = await self._mongo.jobs.replace_one(mine, document, session=session)
        if not replaced.matched_count:
            raise JobGone(held.job.id)

    async def keep(self, held: Held) -> None:
        """Renew the lease, as often as progress has not, until this is cancelled; who lost it learns so by progress."""
        while True:
            await asyncio.sleep(RENEWAL.total_seconds())
            async with held.progress:
                unrenewed = {**_held_still(held), "lease.until": {"$lt": self._clock() + LEASE - RENEWAL}}
                try:
                    await self._mongo.jobs.update_one(unrenewed, {"$set": {"lease": self._lease(held.owner)}})
                except PyMongoError as error:
                    _log.warning("the lease of a job could not be renewed", job=held.job.id, error=str(error))

    async def finish(self, held: Held) -> None:
        """Nothing is left to do: of levels, nothing to tell of that set, nor of those before it. Raises JobGone."""
        dimension = held.job.dimension

        async def work(session: Session) -> None:
            await self.update(held, lambda job: job.finished(self._clock()), session)
            if dimension is not None:
                told = {f"told.{dimension.value}": held.job.version}
                await self._mongo.workspaces.update_one(
                    {"_id": held.workspace}, {"$set": told}, session=session
                )

        await self._mongo.transact(work)

    async def fail(self, held: Held, why: str) -> None:
        """Give the job up; raises JobGone."""
        await self.update(held, lambda job: job.ended(JobState.FAILED, self._clock(), why))

    async def release(self) -> None:
        """Leave what this process worked on to others, at once."""
        await self._mongo.jobs.update_many(
            {"state": JobState.RUNNING.value, "lease.owner": {"$regex": f"^{self._process}[.]"}},
            {"$set": {"lease": {"owner": None, "until": self._clock()}}},
        )

    def _lease(self, owner: str) -> Document:
        return {"owner": owner, "until": self._clock() + LEASE}

    async def _replace(self, found: Document, job: Job, session: Session) -> None:
        """Write the job whole: the feed tells of what is written whole, without asking for it again."""
        document = {**from_job(found["workspace"], job), "lease": found["lease"]}
        await self._mongo.jobs.replace_one({"_id": job.id}, document, session=session)


def _held_still(held: Held) -> Document:
    """The job, if it was neither ended nor taken up by somebody else."""
    return {"_id": held.job.id, "state": JobState.RUNNING.value, "lease.owner": held.owner}
