"""Jobs, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from api import ids
from api.context import Info
from api.live.again import until_read
from api.live.hub import Lost, News
from api.types.jobs import Job
from domain import jobs as domain
from domain.actors import Role
from domain.errors import NotFound
from domain.jobs import JobState
from persistence.feed import Event, JobChanged


@strawberry.type
class JobSubscriptions:
    @strawberry.subscription(
        description="A job as it is, then at every bit of progress, until it has ended. Needs VIEWER."
    )
    async def job_progress(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The job.")],  # noqa: A002 - the contract's name
    ) -> AsyncGenerator[Job, None]:
        context = info.context
        workspace = context.allow(Role.VIEWER).workspace.id
        key = ids.key_of("Job", id, "id")

        def wanted(event: Event) -> bool:
            return isinstance(event, JobChanged) and event.job.id == key

        async def read() -> domain.Job:
            job = await context.house.jobs.find(workspace, key)
            if job is None:
                raise NotFound("Job", key)
            return job

        # Watched before it is read, so that nothing falls between the two.
        with context.house.hub.watch(workspace, wanted) as watcher:
            job = await read()
            yield Job.of(job)
            frames = watcher.frames()
            while job.state is JobState.RUNNING:
                frame = await anext(frames)
                newest = await until_read(read) if isinstance(frame, Lost) else _newest(frame)
                if newest.supersedes(job):
                    job = newest
                    yield Job.of(job)


def _newest(frame: list[News]) -> domain.Job:
    event = frame[-1].event
    assert isinstance(event, JobChanged)
    return event.job
