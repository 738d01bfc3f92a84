"""Examples: a lead's news, automations with one action, and deliveries of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from api.scalars import now
from domain.actors import Actor, ActorKind
from domain.automations import Action, ActionKind, Automation, AutomationEvent, Plan, Trigger
from domain.deliveries import Delivery, News, delivery
from domain.history import CauseKind
from domain.levels import Dimension
from persistence.mongo import new_id

ADA = Actor(ActorKind.USER, "Ada")
SECRET, OTHER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "c2VjcmV0c2VjcmV0" * 2
LEAD = "65e1a7c0f0f0f0f0f0f0f0f0"
EARLY = datetime(2026, 3, 1, 9, 30, 0, 1_000, UTC)
NEWS = News(
    automation="Hot leads",
    event="TIER_ENTERED",
    dimension=Dimension.ENGAGEMENT,
    cause=CauseKind.ACTIVITY,
    at=EARLY,
    score_before=40,
    score=52,
    level_before="Warm",
    level="Hot",
    lead_id=LEAD,
    external_id="crm-1",
    email="grace@example.com",
    name="Grace Hopper",
    company="Navy",
    reasons=(("Clicked a link", 30), ("Opened a mail", 12), ("Adjustments", 10)),
)
HOT = Trigger(AutomationEvent.SCORE_REACHED, threshold=50)


def plan(*actions: Action, **given: Any) -> Plan:
    return Plan(**{"name": "Hot leads", "trigger": HOT, "actions": actions, **given})


def automation(*actions: Action) -> Automation:
    return Automation(new_id(), 1, plan(*actions), ADA, now())


def a_delivery(of: Automation, news: News = NEWS, *, is_test: bool = False, at: int = 0) -> Delivery:
    """One of the automation's actions, due at once."""
    return delivery(new_id(), of, at, news, now(), is_test=is_test)


def one(kind: ActionKind, *, is_test: bool = False, news: News | None = None, **fields: Any) -> Delivery:
    """A delivery of an action of that kind, whose automation nobody knows."""
    return a_delivery(automation(Action(kind, **fields)), news or NEWS, is_test=is_test)


def of_lead(**known: Any) -> News:
    """News of a lead of whom that is known."""
    return replace(NEWS, **known)
