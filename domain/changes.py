"""Changes: what may be done to a lead. Each refuses, when made, what is out of bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain import bounds
from domain.actors import Actor
from domain.errors import Problem, refuse
from domain.leads import LeadEdit
from domain.levels import Dimension


@dataclass(frozen=True, slots=True)
class Activity:
    """What a lead did. `key` makes it count once however often it is sent."""

    id: str
    kind: str
    properties: Mapping[str, Any]
    occurred_at: datetime
    received_at: datetime
    key: str | None = None

    def problems(self) -> Iterator[Problem]:
        yield from bounds.kind(("activity", "kind"), self.kind)
        yield from bounds.document(("activity", "properties"), self.properties)
        yield from bounds.moment(("activity", "occurredAt"), self.occurred_at, self.received_at)
        yield from bounds.text(("activity", "key"), self.key, bounds.KEY)


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
    """Points by hand, or by an integration that scores for itself."""

    actor: Actor
    dimension: Dimension
    delta: int
    reason: str | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem]:
        yield from bounds.points(("delta",), self.delta)
        yield from bounds.text(("reason",), self.reason, bounds.REASON)
        yield from bounds.text(("key",), self.key, bounds.KEY)


@dataclass(frozen=True, slots=True)
class UpsertLead:
    """A lead is known, or better known."""

    actor: Actor
    edit: LeadEdit


Change = RecordActivity | AdjustScore | UpsertLead
