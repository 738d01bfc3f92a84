"""Jobs, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Annotated

import strawberry

from api import ids
from api.context import Context, Info
from api.live.again import until_read
from api.live.hub import Frame, Lost
from api.live.streams import Stream, these
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
    def job_progress(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The job.")],  # noqa: A002 - the contract's name
    ) -> AsyncIterable[Job]:
        context = info.context
        context.allow(Role.VIEWER)
        key = ids.key_of("Job", id, "id")
        return Stream[Job](lambda: _Progress(context, key))


class _Progress:
    """One job, until it has ended."""

    def __init__(self, context: Context, key: str) -> None:
        self._context = context
        self._key = key
        self._told: domain.Job | None = None
        # Watched before it is read, so that nothing falls between the two.
        self._watcher = context.house.hub.watch(context.workspace, self._wanted)

    def _wanted(self, event: Event) -> bool:
        return isinstance(event, JobChanged) and event.job.id == self._key

    async def _read(self) -> domain.Job:
        job = await self._context.house.jobs.find(self._context.workspace, self._key)
        if job is None:
            raise NotFound("Job", self._key)
        return job

    async def frames(self) -> AsyncGenerator[Job, None]:
        job = self._told = await self._read()
        yield Job.of(job)
        frames = self._watcher.frames()
        while job.state is JobState.RUNNING:
            newest = await self._newest(await anext(frames))
            if newest.supersedes(job):
                job = self._told = newest
                yield Job.of(job)

    async def _newest(self, frame: Frame) -> domain.Job:
        if isinstance(frame, Lost):
            return await until_read(self._read)
        event = frame[-1]
        assert isinstance(event, JobChanged)
        return event.job

    def welcome(self, after: str | None) -> AsyncGenerator[Job, None] | None:  # noqa: ARG002 - it knows no positions
        return these(Job.of(self._told)) if self._told else None

    def again(self) -> AsyncGenerator[Job, None]:
        return these(*(Job.of(each) for each in [self._told] if each))

    async def reach(self, after: str) -> None:
        pass

    def cursor(self) -> None:
        return None

    def close(self) -> None:
        self._watcher.close()
