"""Rehearsal: what publishing the draft with replay would do, found on leads as they are, nothing written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from domain.automations import Automation
from domain.history import Cause, CauseKind
from domain.leads import Lead
from domain.levels import DIMENSIONS, Dimension, Level
from domain.rules import RuleSet
from domain.scoring import Outcome, Scoring, fired
from domain.values import replace
from persistence.documents import to_lead
from persistence.mongo import Mongo, at_once
from persistence.past import anew, pasts

REHEARSED, ACTIVITIES = 1_000, 50_000  # leads, and how much they may have done together: a second's work
BY_ACTIVITY = [("workspace", 1), ("last_activity_at", 1), ("_id", 1)]

Crossing = tuple[Dimension, Level | None, Level | None]  # of one level into another


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How many leads there are and how many were looked at; of those, how many would change, and which change level.

    And how often that would set off each automation.
    """

    total: int
    leads: int
    changed: int
    moves: Mapping[Crossing, list[Lead]]
    firings: Mapping[Automation, int]


class Rehearsals:
    """Rehearses rules on leads."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def of(self, workspace: str, rules: RuleSet, scoring: Scoring, now: datetime) -> Rehearsal:
        """What these rules would make of the leads that were active last."""
        here = {"workspace": workspace}
        total = await self._mongo.leads.count_documents(here, hint=BY_ACTIVITY)
        newest = [(name, -direction) for name, direction in BY_ACTIVITY]
        found = self._mongo.leads.find(here, hint=BY_ACTIVITY, batch_size=at_once(REHEARSED))
        leads = [to_lead(each) for each in await found.sort(newest).limit(REHEARSED).to_list(None)]
        rules = replace(rules, published_at=now).following(scoring.rules)
        under = replace(scoring, rules=rules)
        cause = Cause(CauseKind.RULES_CHANGED, rules.created_by, now)
        done, activities, changed, moves = 0, 0, 0, defaultdict(list)
        firings: Counter[Automation] = Counter()
        async with aclosing(pasts(self._mongo, workspace, leads)) as coming:
            async for lead, past in coming:
                outcome = fired(await anew(lead, past, DIMENSIONS, under, [rules], cause), now)
                firings.update(each.automation for each in outcome.firings)
                changed += lead.scores != outcome.lead.scores
                for crossing in _crossings(lead, outcome, scoring):
                    moves[crossing].append(lead)
                done, activities = done + 1, activities + len(past.activities)
                if activities >= ACTIVITIES:
                    break
        return Rehearsal(total, done, changed, moves, firings)


def _crossings(lead: Lead, outcome: Outcome, scoring: Scoring) -> list[Crossing]:
    found = []
    for dimension in DIMENSIONS:
        levels = scoring.levels[dimension]
        before, after = (levels.level_of(each.standing(dimension).score) for each in (lead, outcome.lead))
        if before != after:
            found.append((dimension, before, after))
    return found
