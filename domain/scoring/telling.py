"""Telling a lead what an edit of the levels made of its level."""

from __future__ import annotations

from datetime import datetime

from domain.history import Cause, CauseKind, ScoreChange
from domain.leads import Lead, Position
from domain.levels import Dimension
from domain.scoring.terms import Outcome, Scoring
from domain.values import replace


def tell(lead: Lead, dimension: Dimension, scoring: Scoring, now: datetime) -> Outcome:
    """*lead* announced in the level that its score has by the levels in force, if it was not already."""
    standing = lead.standing(dimension)
    entry = announcement(lead.id, lead.version + 1, dimension, standing.announced, scoring, now)
    if entry is None:
        return Outcome(lead, scoring)
    told = replace(standing, announced=entry.after, since=scoring.levels[dimension].created_at)
    return Outcome(lead.standing_at(dimension, told, now), scoring, told=(entry,))


def announcement(
    lead_id: str, version: int, dimension: Dimension, announced: Position, scoring: Scoring, now: datetime
) -> ScoreChange | None:
    """What tells a lead, by its next *version*, that an edit has changed the level it stands *announced* in.

    None when it is the same by name. A lead has been in its new level since the levels in force are.
    """
    levels, after = scoring.levels[dimension], scoring.position(dimension, announced.score)
    if announced.in_level_of(after):
        return None
    cause = Cause(CauseKind.LEVELS_CHANGED, levels.created_by, now, levels.comment, announce=levels.announce)
    return ScoreChange(
        lead_id, dimension, version, announced, after, cause, parts=(), rule_set=scoring.rules.version
    )
