"""Activities and score changes as documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.changes import Activity
from domain.history import Adjustment, Cause, CauseKind, ScoreChange, ScorePart, Suppression
from domain.levels import Announce, Dimension
from persistence.documents.common import (
    Document,
    from_actor,
    from_position,
    present,
    to_actor,
    to_moment,
    to_position,
)


def from_activity(
    workspace: str, lead_id: str, activity: Activity, changes: tuple[ScoreChange, ...]
) -> Document:
    """`changes` are what the activity did, so that a repeat of its key can answer with them."""
    return {
        "_id": activity.id,
        "workspace": workspace,
        "lead": lead_id,
        "kind": activity.kind,
        "properties": dict(activity.properties),
        "occurred_at": activity.occurred_at,
        "received_at": activity.received_at,
        "changes": [change.id for change in changes],
        **present(key=activity.key, is_retracted=activity.is_retracted or None, rule_set=activity.rule_set),
    }


def to_activity(document: Mapping[str, Any]) -> Activity:
    return Activity(  # by place, which takes half the time: replay reads thousands
        document["_id"],
        document["kind"],
        document["properties"],
        to_moment(document["occurred_at"]),
        to_moment(document["received_at"]),
        document.get("key"),
        document.get("is_retracted", False),
        document.get("rule_set"),
    )


def from_score_change(workspace: str, change: ScoreChange) -> Document:
    cause = change.cause
    return {
        "_id": change.id,
        "workspace": workspace,
        "lead": change.lead_id,
        "dimension": change.dimension.value,
        "version": change.version,
        "delta": change.delta,
        "before": from_position(change.before),
        "after": from_position(change.after),
        "tier_changed": change.tier_changed,
        "cause": cause.kind.value,
        "actor": from_actor(cause.actor),
        "at": cause.at,
        **present(
            reason=cause.reason,
            key=cause.key,
            activity=cause.activity_id,
            announce=cause.announce and cause.announce.value,
            adjusted=cause.adjusted and _from_adjustment(cause.adjusted),
            hops=cause.hops or None,
        ),
        "parts": [_from_part(part) for part in change.parts],
        "rule_set": change.rule_set,
    }


def _from_adjustment(adjusted: Adjustment) -> Document:
    return {"delta": adjusted.delta, **present(expires_at=adjusted.expires_at)}


def to_score_change(document: Mapping[str, Any]) -> ScoreChange:
    announce, adjusted = document.get("announce"), document.get("adjusted")
    return ScoreChange(  # by place, as above: the feed reads thousands
        document["lead"],
        Dimension(document["dimension"]),
        document["version"],
        to_position(document["before"]),
        to_position(document["after"]),
        Cause(
            CauseKind(document["cause"]),
            to_actor(document["actor"]),
            to_moment(document["at"]),
            document.get("reason"),
            document.get("key"),
            document.get("activity"),
            announce and Announce(announce),
            adjusted and _to_adjustment(adjusted),
            document.get("hops", 0),
        ),
        tuple(map(_to_part, document["parts"])),
        document["rule_set"],
    )


def _to_adjustment(document: Mapping[str, Any]) -> Adjustment:
    expires_at = document.get("expires_at")
    return Adjustment(document["delta"], expires_at and to_moment(expires_at))


def _from_part(part: ScorePart) -> Document:
    suppressed = part.suppressed and part.suppressed.value
    return {"points": part.points, "name": part.name, **present(rule=part.rule_id, suppressed=suppressed)}


def _to_part(document: Mapping[str, Any]) -> ScorePart:
    suppressed = document.get("suppressed")
    return ScorePart(
        document.get("rule"), document["name"], document["points"], suppressed and Suppression(suppressed)
    )
