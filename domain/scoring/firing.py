"""Firing: which automations the entries of a lead's history set off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from domain.automations import Automation, AutomationEvent, Trigger
from domain.conditions import Facts, holds
from domain.history import ScoreChange
from domain.leads import Fired, Lead
from domain.levels import DIMENSIONS, Announce, LevelSet, level_key
from domain.scoring.terms import Firing, Outcome, Scoring
from domain.values import replace

Hears = Callable[[ScoreChange], bool]


def fired(outcome: Outcome, now: datetime) -> Outcome:
    """The outcome with the automations that it sets off, which the lead remembers of those that ask it to.

    Each looks at entry after entry. Conditions see the lead as it is after all of them, in the levels in force. Of
    automations that are no more the lead remembers nothing.
    """
    entries = (*outcome.told, *outcome.changes)
    lead, automations, firings = outcome.lead, outcome.scoring.automations, []
    if not entries or not (automations or lead.fired):
        return outcome
    remembered = {each.id: lead.fired[each.id] for each in automations if each.id in lead.fired}
    for automation in automations:
        if not automation.plan.is_enabled:
            continue
        hears = _hearing(automation, lead, outcome.scoring)
        heard, memory = _set_off(automation, entries, hears, lead.fired.get(automation.id), now)
        firings += [Firing(automation, entry, entry.cause.hops + 1) for entry in heard]
        if memory and automation.remembers:
            remembered[automation.id] = memory
    if remembered != lead.fired:
        outcome = replace(outcome, lead=replace(lead, fired=remembered))
    return replace(outcome, firings=tuple(sorted(firings, key=_version))) if firings else outcome


def _version(firing: Firing) -> int:
    return firing.entry.version


def _facts(lead: Lead, scoring: Scoring) -> Facts:
    levels = {each: scoring.position(each, lead.standing(each).score).level for each in DIMENSIONS}
    return Facts(lead, None, levels)


def _hearing(automation: Automation, lead: Lead, scoring: Scoring) -> Hears:
    """Whether an entry is one that the automation may hear of, for the lead that it is of."""
    condition = automation.plan.condition

    def hears(entry: ScoreChange) -> bool:
        return _is_announced(entry, scoring.levels[entry.dimension]) and (
            condition is None or holds(condition, _facts(lead, scoring))
        )

    return hears


def _is_announced(entry: ScoreChange, levels: LevelSet) -> bool:
    """Whether automations may hear of it at all: of what an edit made, that is for the editor to say."""
    match entry.cause.announce:
        case Announce.SILENT:
            return False
        case Announce.UPWARD:
            return entry.delta > 0 or (entry.delta == 0 and _rises(entry, levels))
        case _:
            return True


def _rises(entry: ScoreChange, levels: LevelSet) -> bool:
    """Whether the new level is above the old one, as far as the levels in force know that; no level is below all."""
    before, after = levels.named(entry.before.level), levels.named(entry.after.level)
    if entry.before.level is not None and before is None:
        return False
    return (after.rank if after else 0) > (before.rank if before else 0)


def _set_off(
    automation: Automation, entries: Iterable[ScoreChange], hears: Hears, memory: Fired | None, now: datetime
) -> tuple[Sequence[ScoreChange], Fired | None]:
    """The entries that set it off, and what the lead then remembers of it."""
    trigger = automation.plan.trigger
    armed = trigger.rearm_at in (None, trigger.threshold)  # at once: the score must come back to cross again
    heard: list[ScoreChange] = []
    for entry in entries:
        if entry.dimension is not trigger.dimension:
            continue
        # An edit may have moved where it arms, and while it was disabled nobody looked: so where the score comes from
        # counts, too.
        if memory and not memory.armed and (armed or _is_back(trigger, entry.before.score)):
            memory = replace(memory, armed=True)
        if _happens(trigger, entry) and _may_fire(automation, memory, now) and hears(entry):
            heard.append(entry)
            memory = Fired(now, armed)
        elif memory and not memory.armed and _is_back(trigger, entry.after.score):
            memory = replace(memory, armed=True)
    return heard, memory


def _may_fire(automation: Automation, memory: Fired | None, now: datetime) -> bool:
    if memory is None:
        return True
    plan = automation.plan
    resting = plan.cooldown is not None and now - memory.at < timedelta(seconds=plan.cooldown)
    return memory.armed and not plan.once_per_lead and not resting


def _happens(trigger: Trigger, entry: ScoreChange) -> bool:
    """Whether an entry of the trigger's dimension is what it waits for."""
    before, after, threshold = entry.before, entry.after, trigger.threshold or 0
    match trigger.event:
        case AutomationEvent.SCORE_REACHED:
            return before.score < threshold <= after.score
        case AutomationEvent.SCORE_DROPPED_BELOW:
            return after.score < threshold <= before.score
        case _:
            return entry.tier_changed and waits_for(trigger, before.level, after.level)


def waits_for(trigger: Trigger, before: str | None, after: str | None) -> bool:
    """Whether a trigger of levels waits for the move from one to the other, which are not the same."""
    match trigger.event:
        case AutomationEvent.TIER_ENTERED:
            return _is_named(after, trigger.level)
        case AutomationEvent.TIER_LEFT:
            return _is_named(before, trigger.level)
        case AutomationEvent.TIER_MOVED:
            ends = ((before, trigger.from_level), (after, trigger.to_level))
            return all(name is None or _is_named(level, name) for level, name in ends)
        case _:
            return False


def _is_named(level: str | None, name: str | None) -> bool:
    return level is not None and name is not None and level_key(level) == level_key(name)


def _is_back(trigger: Trigger, score: int) -> bool:
    """Whether a score arms the trigger again."""
    if trigger.rearm_at is None:
        return False
    if trigger.event is AutomationEvent.SCORE_REACHED:
        return score < trigger.rearm_at
    return score >= trigger.rearm_at
