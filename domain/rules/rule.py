"""A rule: what an activity or a lead's profile is worth."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from domain import bounds
from domain.conditions import Condition, Facts, Ready, ready
from domain.contributions import DAY, Payment
from domain.history import ScorePart
from domain.levels import Dimension
from domain.values import dataclass, field

SPAN = bounds.FORESEEN // DAY  # days that time takes to act at the most


class Period(Enum):
    """What a limit counts within, by the activities' own time: UTC days, ISO weeks, calendar months, or for ever."""

    EVER = "EVER"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many times in each period."""

    times: int
    per: Period


@dataclass(frozen=True, slots=True)
class Rule:
    """Pays `points` where `condition` holds, or always where there is none.

    A rule of engagement pays for every activity of the kind `activity`, at most as often as `limit` says, and never so
    much that more than `max_points` of its points, either way, are in the score. A rule of the profile has none of the
    three: its points are in the score for as long as the condition holds for the lead. What a rule of engagement pays is
    for good, expires after `expires_after` days, or halves every `half_life` days.

    `part` is all that it pays, as the history tells it; `is_timed` says whether time takes that back, `is_plain` whether
    it pays so for every activity of its kind, come what may.
    """

    id: str
    name: str
    activity: str | None
    points: int
    is_enabled: bool = True
    dimension: Dimension = Dimension.ENGAGEMENT
    condition: Condition | None = None
    limit: Limit | None = None
    max_points: int | None = None
    expires_after: int | None = None
    half_life: int | None = None
    # What follows from the others, and is asked for with every activity.
    part: ScorePart = field(init=False, repr=False, compare=False)
    is_timed: bool = field(init=False, repr=False, compare=False)
    is_plain: bool = field(init=False, repr=False, compare=False)
    _ready: Ready | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        is_timed = self.expires_after is not None or self.half_life is not None
        is_bound = is_timed or self.limit is not None or self.max_points is not None
        object.__setattr__(self, "part", ScorePart(self.id, self.name, self.points))
        object.__setattr__(self, "is_timed", is_timed)
        object.__setattr__(self, "is_plain", self.is_enabled and self.condition is None and not is_bound)
        object.__setattr__(self, "_ready", None)

    def is_met(self, facts: Facts | None) -> bool:
        """Whether its condition holds, if it has one; *facts* may be None where no rule has."""
        if self.condition is None or facts is None:
            return self.condition is None
        check = self._ready
        if check is None:  # not before: most sets that are read score nobody
            check = ready(self.condition)
            object.__setattr__(self, "_ready", check)
        return check(facts)

    def payment(self, points: int, at: datetime) -> Payment:
        """Points of this rule for something that happened then."""
        expires_at = None if self.expires_after is None else at + self.expires_after * DAY
        return Payment(points, at, expires_at, self.half_life)
