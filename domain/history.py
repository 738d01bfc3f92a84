"""The history of a score: one entry for every movement, and the sum of them is the score."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from domain.actors import Actor
from domain.leads import Position
from domain.levels import Announce, Dimension
from domain.values import dataclass


def entry_id(lead_id: str, version: int) -> str:
    """The id of what a lead's history says of that version of it."""
    # Ten digits, so that a lead's entries sort by version: nobody writes to one lead ten thousand million times.
    return f"{lead_id}.{version:010}"


class CauseKind(Enum):
    """Why a score moved."""

    ACTIVITY = "ACTIVITY"
    PROFILE = "PROFILE"
    ADJUSTMENT = "ADJUSTMENT"
    DECAY = "DECAY"
    EXPIRY = "EXPIRY"
    AUTOMATION = "AUTOMATION"
    RULES_CHANGED = "RULES_CHANGED"
    LEVELS_CHANGED = "LEVELS_CHANGED"
    RETRACTION = "RETRACTION"
    MERGE = "MERGE"


class Suppression(Enum):
    """Why a part gave less than its rule pays."""

    CAP_REACHED = "CAP_REACHED"
    RULE_DISABLED = "RULE_DISABLED"
    CONDITION_FAILED = "CONDITION_FAILED"
    FLOOR = "FLOOR"
    CEILING = "CEILING"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class ScorePart:
    """What one source gave or took: a rule, or one that is none and has a name alone; and why that was less."""

    rule_id: str | None
    name: str
    points: int
    suppressed: Suppression | None = None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What was asked for by hand, of which floor and ceiling may have held back some."""

    delta: int
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """What moved a score or its level, by whom, when, and what they said of it.

    `announce`, of an edit, is which of its moves automations may hear of; `adjusted` is what an ADJUSTMENT asked for,
    or an AUTOMATION, of which `hops` is how many in a row have led to this.
    """

    kind: CauseKind
    actor: Actor
    at: datetime
    reason: str | None = None
    key: str | None = None
    activity_id: str | None = None
    announce: Announce | None = None
    adjusted: Adjustment | None = None
    hops: int = 0


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """One entry. `before.level` is the level last announced, so that entries join without a gap.

    `version` is the lead's after it; `rule_set` is 0 where no rules were published.
    """

    lead_id: str
    dimension: Dimension
    version: int
    before: Position
    after: Position
    cause: Cause
    parts: tuple[ScorePart, ...]
    rule_set: int

    @property
    def id(self) -> str:
        return entry_id(self.lead_id, self.version)

    @property
    def delta(self) -> int:
        """What was applied, after floor and ceiling."""
        return self.after.score - self.before.score

    @property
    def tier_changed(self) -> bool:
        return not self.before.in_level_of(self.after)
