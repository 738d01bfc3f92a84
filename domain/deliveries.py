"""Deliveries: what an automation does, kept until it is done, with every attempt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any

from domain.actors import SYSTEM
from domain.automations import HOPS, Action, ActionKind, Automation
from domain.contributions import NO_RULES, Contributions
from domain.history import Cause, CauseKind, ScoreChange
from domain.leads import Lead
from domain.levels import Dimension
from domain.scoring.terms import Firing, Scoring
from domain.values import dataclass, replace

# How long after each failure the next attempt is made; after the last, none is.
PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 5 * 60, 30 * 60, 2 * 3_600, 5 * 3_600, 10 * 3_600)
)
JITTER = 0.1  # of a pause, added by chance, so that what failed together does not come back together
LONGEST = timedelta(days=1)  # that a target may ask to be spared for
REASONS = 3  # strongest sources of a score that a message names
ENDED = f"a chain of automations that set off each other ends after {HOPS}"
KNOWN = 1_000  # URLs, and actions of automations, that are read once, for each is called many times
LOST = "the process that had taken it up ended before it said what came of it: the target may have it, or not"
_HOST = re.compile(r"^[^:]*://([^/?#]*).*$", re.DOTALL)


class DeliveryState(Enum):
    """PENDING will be tried, again or for the first time; DELIVERED is done; FAILED is given up."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: the answer's HTTP or SMTP status, where there was one, and what went wrong, where something did."""

    at: datetime
    duration_ms: int
    status: int | None = None
    error: str | None = None

    @property
    def ended_at(self) -> datetime:
        return self.at + timedelta(milliseconds=self.duration_ms)


@dataclass(frozen=True, slots=True)
class News:
    """What a delivery tells: what happened, and the lead as it was then."""

    automation: str
    event: str
    dimension: Dimension
    cause: CauseKind
    at: datetime
    score_before: int
    score: int
    level_before: str | None
    level: str | None
    lead_id: str
    external_id: str | None
    email: str | None
    name: str | None
    company: str | None
    reasons: tuple[tuple[str, int], ...] = ()

    def places(self, public_id: str) -> Mapping[str, Any]:
        """What fills the places of a template; the lead's id as callers know it."""
        return {
            "lead.id": public_id,
            "lead.externalId": self.external_id,
            "lead.email": self.email,
            "lead.name": self.name,
            "lead.company": self.company,
            "score": self.score,
            "scoreBefore": self.score_before,
            "level": self.level,
            "levelBefore": self.level_before,
            "reasons": ", ".join(f"{source} ({points:+})" for source, points in self.reasons),
            "automation": self.automation,
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """One action of an automation, set off by one entry of a lead's history; `hops` is how many in a row led to it.

    `target` is whom it goes to, where that is somebody outside: those who are slow share nothing with the others.
    `forgiven` is how many of its attempts count no more, since it is to be done again. `place` tells the action from
    others of its automation that are of the same kind and to the same address, counted from 0.
    """

    id: str
    automation_id: str
    automation_version: int
    action: Action
    news: News
    created_at: datetime
    hops: int = 1
    is_test: bool = False
    state: DeliveryState = DeliveryState.PENDING
    attempts: tuple[Attempt, ...] = ()
    next_attempt_at: datetime | None = None
    forgiven: int = 0
    place: int = 0

    @property
    def lead_id(self) -> str:
        return self.news.lead_id

    @property
    def target(self) -> str:
        match self.action.kind:
            case ActionKind.WEBHOOK | ActionKind.SLACK:
                return _host(self.action.url or "")
            case ActionKind.EMAIL:
                return "email"
            case _:
                return ""

    def delivered(self, attempt: Attempt) -> Delivery:
        return self._tried(attempt, DeliveryState.DELIVERED, None)

    def failed(self, attempt: Attempt) -> Delivery:
        """Given up."""
        return self._tried(attempt, DeliveryState.FAILED, None)

    def put_off(self, attempt: Attempt, chance: float, spared: timedelta | None = None) -> Delivery:
        """To be tried again after a pause, or given up after the last one.

        *chance*, from 0 to 1, spreads the pause; *spared* is how long the target asks to be left alone.
        """
        failures = len(self.attempts) - self.forgiven
        if failures >= len(PAUSES):
            return self.failed(attempt)
        pause = PAUSES[failures] * (1 + JITTER * chance)
        pause = max(pause, min(spared or pause, LONGEST))
        return self._tried(attempt, DeliveryState.PENDING, attempt.ended_at + pause)

    def again(self, now: datetime) -> Delivery:
        """To be tried anew, from the first pause on; what was tried stays on record."""
        return replace(self, state=DeliveryState.PENDING, next_attempt_at=now, forgiven=len(self.attempts))

    def _tried(self, attempt: Attempt, state: DeliveryState, next_at: datetime | None) -> Delivery:
        return replace(self, attempts=(*self.attempts, attempt), state=state, next_attempt_at=next_at)


@lru_cache(KNOWN)
def _host(url: str) -> str:
    return _HOST.sub(r"\1", url).casefold()


def deliveries(firing: Firing, lead: Lead, ids: Iterator[str], now: datetime) -> Iterator[Delivery]:
    """What a firing has to be done, an action each. A chain that is too long ends here, and says so."""
    automation, news = firing.automation, told_of(firing, lead, now)
    for at in range(len(automation.plan.actions)):
        one = delivery(next(ids), automation, at, news, now, hops=firing.hops)
        yield one.failed(Attempt(now, 0, error=ENDED)) if firing.hops > HOPS else one


def delivery(
    delivery_id: str,
    automation: Automation,
    at: int,
    news: News,
    now: datetime,
    *,
    hops: int = 1,
    is_test: bool = False,
) -> Delivery:
    """The action at that index to be done at once. It keeps no secret: those are the automation's."""
    action, place = _parts(automation.plan.actions)[at]
    return Delivery(
        delivery_id,
        automation.id,
        automation.version,
        action,
        news,
        now,
        hops,
        is_test,
        next_attempt_at=now,
        place=place,
    )


@lru_cache(KNOWN)
def _parts(actions: tuple[Action, ...]) -> tuple[tuple[Action, int], ...]:
    """Each action without its secrets, and its place among those of its kind and to its address."""
    bare = [replace(each, secret=None, retired_secret=None, retired_at=None) for each in actions]
    before = [[each.address for each in actions[:at]] for at in range(len(actions))]
    return tuple((each, taken.count(each.address)) for each, taken in zip(bare, before, strict=True))


def told_of(firing: Firing, lead: Lead, now: datetime) -> News:
    """What is told of a firing."""
    entry, automation = firing.entry, firing.automation
    return News(
        automation=automation.plan.name,
        event=automation.plan.trigger.event.value,
        dimension=entry.dimension,
        cause=entry.cause.kind,
        at=entry.cause.at,
        score_before=entry.before.score,
        score=entry.after.score,
        level_before=entry.before.level,
        level=entry.after.level,
        lead_id=lead.id,
        external_id=lead.external_id,
        email=lead.email,
        name=lead.name,
        company=lead.company,
        reasons=strongest(lead.standing(entry.dimension).contributions, now),
    )


def of_test(automation: Automation, lead: Lead, scoring: Scoring, now: datetime) -> News:
    """What a test tells: the lead as it is, come from where it is."""
    dimension = automation.plan.trigger.dimension
    here = scoring.position(dimension, lead.standing(dimension).score)
    cause = Cause(CauseKind.AUTOMATION, SYSTEM, now)
    entry = ScoreChange(lead.id, dimension, lead.version, here, here, cause, (), scoring.rules.version)
    return told_of(Firing(automation, entry, 0), lead, now)


def strongest(contributions: Contributions, now: datetime) -> tuple[tuple[str, int], ...]:
    """The sources that move the score most, either way, rules before others of the same weight."""
    worth = [
        (each.name, round(each.worth(now)), source in NO_RULES) for source, each in contributions.items()
    ]
    ordered = sorted((each for each in worth if each[1]), key=lambda each: (-abs(each[1]), each[2], each[0]))
    return tuple((name, points) for name, points, _ in ordered[:REASONS])
