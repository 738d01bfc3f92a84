"""Foresight: which automations an edit of the levels would set off, found without doing it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from domain.automations import Automation
from domain.distribution import LevelMove
from domain.leads import Lead
from domain.levels import Dimension, Level
from domain.scoring import Scoring, fired, tell, waits_for
from domain.values import replace
from persistence.commits import TURN
from persistence.scores import Scores

LOOKED = 2_000  # leads of one move that are looked at one by one: a fraction of a second's work

Firings = Mapping[Automation, int]


class Foresight:
    """Looks ahead for every workspace."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores

    async def of_levels(
        self,
        workspace: str,
        dimension: Dimension,
        levels: Sequence[Level],
        moves: Sequence[LevelMove],
        scoring: Scoring,
        now: datetime,
    ) -> Firings:
        """How often each automation would be set off by these moves; those that would not be are left out.

        Of an automation that looks at the lead, or remembers it, this is found on up to LOOKED leads of a move, and
        taken to be alike for the others.
        """
        plain, asking = _sorted(scoring.automations, dimension)
        found: Counter[Automation] = Counter()
        for move in moves:
            found.update({each: move.leads for each in plain if _waits_for(each, move)})
        if asking:
            under = _under(scoring, dimension, levels, asking, now)
            for move in moves:
                found.update(await self._asked(workspace, dimension, move, under, now))
        return {each: firings for each, firings in found.items() if firings}

    async def _asked(
        self, workspace: str, dimension: Dimension, move: LevelMove, under: Scoring, now: datetime
    ) -> Firings:
        leads = await self._scores.sample(workspace, dimension, move.scores, LOOKED)
        found = await _told(leads, dimension, under, now)
        scale = move.leads / len(leads) if len(leads) == LOOKED else 1
        return {each: round(firings * scale) for each, firings in found.items()}


def _waits_for(automation: Automation, move: LevelMove) -> bool:
    names = [level.name if level else None for level in (move.before, move.after)]
    return waits_for(automation.plan.trigger, *names)


def _sorted(
    automations: Iterable[Automation], dimension: Dimension
) -> tuple[Sequence[Automation], Sequence[Automation]]:
    """Those that may hear of levels of the dimension: all that go by levels alone, and the others."""
    plain: list[Automation] = []
    asking: list[Automation] = []
    for each in automations:
        trigger = each.plan.trigger
        if each.plan.is_enabled and trigger.is_of_levels and trigger.dimension is dimension:
            (asking if each.plan.condition or each.remembers else plain).append(each)
    return plain, asking


def _under(
    scoring: Scoring,
    dimension: Dimension,
    levels: Sequence[Level],
    asking: Sequence[Automation],
    now: datetime,
) -> Scoring:
    """What leads would be scored under."""
    current = scoring.levels[dimension]
    # Of all moves, as long as the editor says nothing else: not as the table before was announced.
    following = current.next(tuple(levels), current.created_by, now)
    return replace(scoring, levels={**scoring.levels, dimension: following}, automations=tuple(asking))


async def _told(
    leads: Sequence[Lead], dimension: Dimension, under: Scoring, now: datetime
) -> Counter[Automation]:
    found: Counter[Automation] = Counter()
    for at, lead in enumerate(leads):
        found.update(each.automation for each in fired(tell(lead, dimension, under, now), now).firings)
        if at % TURN == TURN - 1:
            await asyncio.sleep(0)
    return found
