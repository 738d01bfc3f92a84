"""What live boards are told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from api.live.hub import Lost
from api.types.leads import Lead
from api.types.levels import Level
from domain import leads as domain
from domain.history import CauseKind, ScoreChange
from domain.levels import Dimension
from domain.scoring import Scoring


@strawberry.type(description="A lead entered another level, or left the last one.")
class TierChange:
    lead: Lead = strawberry.field(description="The lead as it is now, which may be later than this change.")
    dimension: Dimension = strawberry.field(description="The dimension whose level changed.")
    from_: Level | None = strawberry.field(
        name="from", description="The level it left, as it was then; null is unclassified."
    )
    to: Level | None = strawberry.field(
        description="The level it entered, as it was then; null is unclassified."
    )
    score_before: int = strawberry.field(description="The score before the change.")
    score: int = strawberry.field(description="The score after the change.")
    version: int = strawberry.field(description="The lead's version after the change.")
    cause: CauseKind = strawberry.field(description="Why the score moved.")
    at: datetime = strawberry.field(description="When the change was committed.")

    @classmethod
    def of(
        cls,
        change: ScoreChange,
        lead: domain.Lead,
        scoring: Scoring,
        before: Level | None,
        after: Level | None,
    ) -> TierChange:
        return cls(
            lead=Lead.of(lead, scoring),
            dimension=change.dimension,
            from_=before,
            to=after,
            score_before=change.before.score,
            score=change.after.score,
            version=change.version,
            cause=change.cause.kind,
            at=change.cause.at,
        )


@strawberry.type(
    description=(
        "Tier changes in commit order; several when they came together. None when the subscription has just begun: "
        "what is read from now on has every change that is not told."
    )
)
class TierChanges:
    changes: list[TierChange] = strawberry.field(description="The changes, oldest first.")
    cursor: str = strawberry.field(
        description="The position after them, to pass as `after` when coming back."
    )


@strawberry.type(
    description=(
        "Changes were missed, as the position is gone or they were read too slowly, or will not be told, as when the "
        "job of an edit of the levels ends early: fetch afresh. The subscription goes on by itself."
    )
)
class ResyncRequired:
    reason: str = strawberry.field(description="Why; for a log.")
    cursor: str = strawberry.field(description="The position from which the subscription goes on.")

    @classmethod
    def of(cls, lost: Lost) -> ResyncRequired:
        return cls(reason=lost.reason, cursor=lost.cursor)


LeadTierUpdate = Annotated[
    TierChanges | ResyncRequired,
    strawberry.union("LeadTierUpdate", description="What a board of tier changes is told."),
]
