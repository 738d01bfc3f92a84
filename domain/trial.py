"""A trial: what activities would do to a lead, without doing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain import bounds
from domain.actors import Actor
from domain.changes import Activity, RecordActivity, UpsertLead
from domain.errors import Problem, refuse
from domain.history import ScoreChange
from domain.leads import Lead, LeadEdit
from domain.scoring import Firing, Outcome, Scoring, fired, fold
from domain.values import dataclass, replace

ACTIVITIES = 100  # in one trial: as much as one would type, and a moment's work


@dataclass(frozen=True, slots=True)
class Trial:
    """The lead as it was and as it would be, the entries that its history would have, and what those would set off."""

    before: Lead
    after: Lead
    entries: tuple[ScoreChange, ...] = ()
    firings: tuple[Firing, ...] = ()

    @classmethod
    def begun(cls, lead: Lead) -> Trial:
        return cls(lead, lead)

    def then(self, activity: Activity, scoring: Scoring, actor: Actor) -> Trial:
        """The trial with one more activity, recorded when it happens, be that in some years."""
        known = replace(activity, received_at=max(activity.occurred_at, activity.received_at))
        outcome = fold(self.after, RecordActivity(actor, known), scoring, known.occurred_at)
        return self.also(outcome, known.occurred_at)

    def also(self, outcome: Outcome, now: datetime) -> Trial:
        outcome = fired(outcome, now)
        return Trial(
            self.before,
            outcome.lead,
            (*self.entries, *outcome.told, *outcome.changes),
            (*self.firings, *outcome.firings),
        )


def trials(
    lead: Lead, activities: Sequence[Activity], scoring: Scoring, actor: Actor, now: datetime
) -> Iterator[Trial]:
    """The trial of who the lead is, then with one activity more each, as they happen; raises InvalidInput at the first.

    Of those that share a key only the first one given counts.
    """
    refuse((*bounds.count(("activities",), len(activities), ACTIVITIES), *_problems(activities)))
    trial = Trial.begun(lead).also(fold(lead, UpsertLead(actor, LeadEdit()), scoring, now), now)
    yield trial
    for activity in sorted(_once(activities), key=lambda each: each.occurred_at):
        trial = trial.then(activity, scoring, actor)
        yield trial


def _once(activities: Sequence[Activity]) -> Iterator[Activity]:
    keys: set[str | None] = set()
    for activity in activities:
        if activity.key is None or activity.key not in keys:
            yield activity
        keys.add(activity.key)


def _problems(activities: Sequence[Activity]) -> Iterator[Problem]:
    for at, activity in enumerate(activities):
        for problem in activity.problems(bounds.FORESEEN):
            yield replace(problem, path=("activities", str(at), *problem.path[1:]))
