"""Jobs, as far as they are."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api import ids
from api.context import Info
from api.types.common import First, page_size
from api.types.jobs import Job
from domain.actors import Role


@strawberry.type
class JobQueries:
    @strawberry.field(description="A job; null when there is none of that id. Needs VIEWER.")
    async def job(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002 - the contract's name
    ) -> Job | None:
        workspace = info.context.allow(Role.VIEWER).workspace.id
        found = await info.context.house.jobs.find(workspace, ids.key_of("Job", id, "id"))
        return Job.of(found) if found else None

    @strawberry.field(description="The newest jobs, newest first. Needs VIEWER.")
    async def jobs(self, info: Info, first: First = 20) -> list[Job]:
        workspace = info.context.allow(Role.VIEWER).workspace.id
        return [Job.of(each) for each in await info.context.house.jobs.newest(workspace, page_size(first))]
