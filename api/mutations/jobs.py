"""What can be done with a job: end it."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api import ids
from api.context import Info
from api.types.jobs import Job
from api.types.refusals import InvalidInput, NotFound
from domain.actors import Role


@strawberry.input(description="A job to end.")
class CancelJobInput:
    id: strawberry.ID = strawberry.field(description="The job.")


@strawberry.type(description="The job as it is now.")
class JobPayload:
    job: Job = strawberry.field(description="The job; one that had ended before is as it was.")


JobResult = Annotated[
    JobPayload | NotFound | InvalidInput,
    strawberry.union("JobResult", description="The job, or why there is none."),
]


@strawberry.type
class JobMutations:
    @strawberry.mutation(
        description=(
            "Let a job do nothing more; what it did stays. Levels are right everywhere all the same: what a "
            "reclassification has not told yet is told by the next edit of the levels, or when the lead's score next moves; "
            "leads that a rescoring has not come to keep their old points. Needs EDITOR."
        )
    )
    async def cancel_job(
        self,
        info: Info,
        input: Annotated[CancelJobInput, strawberry.argument(description="The job.")],  # noqa: A002
    ) -> JobResult:
        workspace = info.context.allow(Role.EDITOR).workspace.id
        key = ids.key_of("Job", input.id, "id")
        return JobPayload(job=Job.of(await info.context.house.jobs.cancel(workspace, key)))
