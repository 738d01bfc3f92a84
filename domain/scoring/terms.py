"""What leads are scored under, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.automations import Automation
from domain.changes import Activity
from domain.history import ScoreChange
from domain.leads import Lead, Position, Standing
from domain.levels import Dimension, LevelSet
from domain.rules import RuleSet
from domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Scoring:
    """What leads are scored under at one moment: the configuration's version, its levels, its rules, its automations."""

    version: int
    levels: Mapping[Dimension, LevelSet]
    rules: RuleSet
    automations: tuple[Automation, ...] = ()

    def position(self, dimension: Dimension, score: int) -> Position:
        levels = self.levels[dimension]
        level = levels.level_of(score)
        return Position(score, level.name if level else None, levels.version)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change made of a lead. `duplicate`: its key was seen before, and this is what it did then.

    `told` is what was to be told of the lead before the change itself: what an earlier edit of the levels made of its
    level, and what time did to its scores. `firings` are the automations that all of it sets off.
    """

    lead: Lead
    scoring: Scoring
    changes: tuple[ScoreChange, ...] = ()
    activity: Activity | None = None
    created: bool = False
    duplicate: bool = False
    told: tuple[ScoreChange, ...] = ()
    firings: tuple[Firing, ...] = ()


@dataclass(frozen=True, slots=True)
class Firing:
    """An automation that an entry of the history set off; `hops` is how many in a row that makes."""

    automation: Automation
    entry: ScoreChange
    hops: int


def new_lead(lead_id: str, scoring: Scoring, now: datetime) -> Lead:
    """A lead nobody has heard of: score 0 in both dimensions, announced in the levels 0 lies in."""
    engagement, profile = beginnings(scoring, now)
    return Lead(lead_id, engagement, profile, created_at=now, updated_at=now, settled_at=now)


def beginnings(scoring: Scoring, since: datetime) -> tuple[Standing, Standing]:
    """Where everybody begins, in engagement and in profile: at 0."""
    engagement, profile = (
        Standing(scoring.position(dimension, 0), since)
        for dimension in (Dimension.ENGAGEMENT, Dimension.PROFILE)
    )
    return engagement, profile
