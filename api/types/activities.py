"""What leads do."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api import ids
from api.scalars import JSON
from api.types.common import Connection, Node
from domain import changes as domain


@strawberry.type(description="Something a lead did.")
class Activity(Node):
    key: str | None = strawberry.field(description="The sender's key, which makes it count once.")
    kind: str = strawberry.field(description="What kind of thing, UPPER_SNAKE.")
    properties: JSON = strawberry.field(description="What the sender said of it.")
    occurred_at: datetime = strawberry.field(description="When the lead did it.")
    received_at: datetime = strawberry.field(description="When Tierwire heard of it.")
    is_retracted: bool = strawberry.field(description="Whether it was retracted, and counts no more.")

    @classmethod
    def of(cls, activity: domain.Activity) -> Activity:
        return cls(
            id=strawberry.ID(ids.public("Activity", activity.id)),
            key=activity.key,
            kind=activity.kind,
            properties=JSON(activity.properties),
            occurred_at=activity.occurred_at,
            received_at=activity.received_at,
            is_retracted=activity.is_retracted,
        )


@strawberry.type(description="A page of what a lead did, newest first.")
class ActivityConnection(Connection[Activity]):
    pass
