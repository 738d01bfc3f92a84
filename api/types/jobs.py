"""Jobs: long work, told of as it goes."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api import ids
from api.types.common import Node
from domain import jobs as domain
from domain.jobs import JobKind, JobState


@strawberry.type(
    description="Long work that goes on beside everything else. It survives the process that began it."
)
class Job(Node):
    kind: JobKind = strawberry.field(description="What it does.")
    state: JobState = strawberry.field(description="Whether it goes on, or how it ended.")
    done: int = strawberry.field(
        description="How many leads it is done with; those told in passing by a change of their own count at the end."
    )
    total: int = strawberry.field(
        description="How many leads there are to look at, as counted when it began; 0 until then."
    )
    changed: int = strawberry.field(description="How many leads have another level, or another score, by it.")
    started_at: datetime = strawberry.field(description="When it was asked for.")
    finished_at: datetime | None = strawberry.field(description="When it ended; null while it goes on.")
    error: str | None = strawberry.field(description="Why it failed, or what took its place when cancelled.")

    @classmethod
    def of(cls, job: domain.Job) -> Job:
        return cls(
            id=strawberry.ID(ids.public("Job", job.id)),
            kind=job.kind,
            state=job.state,
            done=job.done,
            total=job.total,
            changed=job.changed,
            started_at=job.started_at,
            finished_at=job.finished_at,
            error=job.error,
        )
