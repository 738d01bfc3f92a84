"""Scoring: what changes, edits and time make of a lead. Pure: time and ids are arguments, nothing is stored or told."""

from domain.scoring.ahead import due, scheduled, stepped, upcoming
from domain.scoring.firing import fired, waits_for
from domain.scoring.folding import fold
from domain.scoring.passing import passed
from domain.scoring.replaying import Adjusted, Past, Timeline, replayed, rescored
from domain.scoring.telling import announcement, tell
from domain.scoring.terms import Firing, Outcome, Scoring, new_lead

__all__ = [
    "Adjusted",
    "Firing",
    "Outcome",
    "Past",
    "Scoring",
    "Timeline",
    "announcement",
    "due",
    "fired",
    "fold",
    "new_lead",
    "passed",
    "replayed",
    "rescored",
    "scheduled",
    "stepped",
    "tell",
    "upcoming",
    "waits_for",
]
