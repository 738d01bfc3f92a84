"""Changes: what may be done to a lead. Each refuses, when made, what is out of bounds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from domain import bounds
from domain.actors import Actor
from domain.bounds import Problems
from domain.errors import refuse
from domain.history import Adjustment
from domain.leads import LeadEdit
from domain.levels import Dimension
from domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Activity:
    """What a lead did. `key` makes it count once however often it is sent; once retracted it counts no more.

    `rule_set` is the version of the rules that scored it first; None where that is not known.
    """

    id: str
    kind: str
    properties: Mapping[str, Any]
    occurred_at: datetime
    received_at: datetime
    key: str | None = None
    is_retracted: bool = False
    rule_set: int | None = None

    @property
    def counted_at(self) -> datetime:
        """When it counts: as soon as it happened, or at once where the sender's clock is ahead."""
        is_ahead = self.occurred_at > self.received_at
        return self.received_at if is_ahead else self.occurred_at

    def problems(self, ahead: timedelta = bounds.AHEAD) -> Problems:
        """What is wrong with it; it may lie so far *ahead* of when it was received."""
        return (
            *bounds.kind(("activity", "kind"), self.kind),
            *bounds.document(("activity", "properties"), self.properties),
            *bounds.moment(("activity", "occurredAt"), self.occurred_at, self.received_at, ahead),
            *bounds.text(("activity", "key"), self.key, bounds.KEY),
        )


@dataclass(frozen=True, slots=True)
class RecordActivity:
    """A lead did something."""

    actor: Actor
    activity: Activity

    def __post_init__(self) -> None:
        refuse(self.activity.problems())

    @property
    def key(self) -> str | None:
        return self.activity.key


@dataclass(frozen=True, slots=True)
class AdjustScore:
    """Points by hand, or by an integration that scores for itself: for good, or until they expire.

    An automation gives them, too: `hops` is how many of those in a row have led to it, 0 for anybody else.
    """

    actor: Actor
    dimension: Dimension
    delta: int
    reason: str | None = None
    key: str | None = None
    expires_at: datetime | None = None
    hops: int = 0

    def __post_init__(self) -> None:
        refuse(
            (
                *bounds.points(("delta",), self.delta),
                *bounds.text(("reason",), self.reason, bounds.REASON),
                *bounds.text(("key",), self.key, bounds.KEY),
                *bounds.moment(("expiresAt",), self.expires_at),
            )
        )

    @property
    def asked(self) -> Adjustment:
        return Adjustment(self.delta, self.expires_at)


@dataclass(frozen=True, slots=True)
class UpsertLead:
    """A lead is known, or better known; `hops` as of an adjustment."""

    actor: Actor
    edit: LeadEdit
    hops: int = 0


Change = RecordActivity | AdjustScore | UpsertLead
