"""Automations and deliveries as documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.automations import Action, ActionKind, Automation, AutomationEvent, Plan, Trigger
from domain.deliveries import Attempt, Delivery, DeliveryState, News
from domain.history import CauseKind
from domain.levels import Dimension
from persistence.documents.common import Document, from_actor, present, to_actor
from persistence.documents.conditions import from_condition, to_condition


def from_automation(workspace: str, automation: Automation) -> Document:
    plan = automation.plan
    return {
        "_id": f"{automation.id}.{automation.version:06}",
        "workspace": workspace,
        "automation": automation.id,
        "version": automation.version,
        "name": plan.name,
        "is_enabled": plan.is_enabled,
        "trigger": _from_trigger(plan.trigger),
        "condition": plan.condition and from_condition(plan.condition),
        "once_per_lead": plan.once_per_lead,
        "cooldown": plan.cooldown,
        "actions": [_from_action(each) for each in plan.actions],
        "created_by": from_actor(automation.created_by),
        "updated_at": automation.updated_at,
    }


def to_automation(document: Mapping[str, Any]) -> Automation:
    condition = document["condition"]
    plan = Plan(
        name=document["name"],
        trigger=_to_trigger(document["trigger"]),
        actions=tuple(_to_action(_dated(each, document["updated_at"])) for each in document["actions"]),
        is_enabled=document["is_enabled"],
        condition=condition and to_condition(condition),
        once_per_lead=document["once_per_lead"],
        cooldown=document["cooldown"],
    )
    created_by = to_actor(document["created_by"])
    return Automation(document["automation"], document["version"], plan, created_by, document["updated_at"])


def _from_trigger(trigger: Trigger) -> Document:
    return {
        "event": trigger.event.value,
        "dimension": trigger.dimension.value,
        **present(
            level=trigger.level,
            from_level=trigger.from_level,
            to_level=trigger.to_level,
            threshold=trigger.threshold,
            rearm_at=trigger.rearm_at,
        ),
    }


def _to_trigger(document: Mapping[str, Any]) -> Trigger:
    fields = {**document, "event": AutomationEvent(document["event"])}
    return Trigger(**{**fields, "dimension": Dimension(document["dimension"])})


def _from_action(action: Action) -> Document:
    return {
        "kind": action.kind.value,
        **present(
            url=action.url,
            to=action.to,
            subject=action.subject,
            template=action.template,
            points=action.points,
            tag=action.tag,
            secret=action.secret,
            retired_secret=action.retired_secret,
            retired_at=action.retired_at,
        ),
    }


def _dated(action: Mapping[str, Any], updated_at: datetime) -> Mapping[str, Any]:
    """An earlier version of Tierwire did not write down when a secret was retired: at the last edit, at the latest."""
    return {"retired_at": updated_at, **action} if "retired_secret" in action else action


def _to_action(document: Mapping[str, Any]) -> Action:
    return Action(**{**document, "kind": ActionKind(document["kind"])})


def from_delivery(workspace: str, delivery: Delivery) -> Document:
    """What is due has a `next_attempt_at`; what is over has none."""
    return {
        "_id": delivery.id,
        "workspace": workspace,
        "automation": delivery.automation_id,
        "automation_version": delivery.automation_version,
        "lead": delivery.lead_id,
        "target": delivery.target,
        "action": _from_action(delivery.action),
        "news": _from_news(delivery.news),
        "created_at": delivery.created_at,
        "hops": delivery.hops,
        "state": delivery.state.value,
        "attempts": [from_attempt(each) for each in delivery.attempts],
        **present(
            is_test=delivery.is_test or None,
            next_attempt_at=delivery.next_attempt_at,
            forgiven=delivery.forgiven or None,
            place=delivery.place or None,
        ),
    }


def to_delivery(document: Mapping[str, Any]) -> Delivery:
    return Delivery(
        id=document["_id"],
        automation_id=document["automation"],
        automation_version=document["automation_version"],
        action=_to_action(document["action"]),
        news=_to_news(document["news"]),
        created_at=document["created_at"],
        hops=document["hops"],
        is_test=document.get("is_test", False),
        state=DeliveryState(document["state"]),
        attempts=tuple(Attempt(**each) for each in document["attempts"]),
        next_attempt_at=document.get("next_attempt_at"),
        forgiven=document.get("forgiven", 0),
        place=document.get("place", 0),
    )


def from_attempt(attempt: Attempt) -> Document:
    return {
        "at": attempt.at,
        "duration_ms": attempt.duration_ms,
        **present(status=attempt.status, error=attempt.error),
    }


def _from_news(news: News) -> Document:
    return {
        "automation": news.automation,
        "event": news.event,
        "dimension": news.dimension.value,
        "cause": news.cause.value,
        "at": news.at,
        "score_before": news.score_before,
        "score": news.score,
        "level_before": news.level_before,
        "level": news.level,
        "lead_id": news.lead_id,
        "external_id": news.external_id,
        "email": news.email,
        "name": news.name,
        "company": news.company,
        "reasons": [{"source": source, "points": points} for source, points in news.reasons],
    }


def _to_news(document: Mapping[str, Any]) -> News:
    return News(
        **{
            **document,
            "dimension": Dimension(document["dimension"]),
            "cause": CauseKind(document["cause"]),
            "reasons": tuple((each["source"], each["points"]) for each in document["reasons"]),
        }
    )
