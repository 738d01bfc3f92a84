"""Domain values as documents and back: pure functions, one pair a value, each pair a round trip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from domain.actors import Actor, ActorKind
from domain.changes import Activity
from domain.history import Cause, CauseKind, ScoreChange, ScorePart, Suppression
from domain.leads import Contribution, Lead, Position, Standing
from domain.levels import Dimension, Level, LevelSet
from domain.rules import Rule, RuleSet, RuleSetState

Document = dict[str, Any]

# Stands for "no activity yet", so that leads without one have a place in the order of last activity.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def from_actor(actor: Actor) -> Document:
    return {"kind": actor.kind.value, "name": actor.name}


def to_actor(document: Mapping[str, Any]) -> Actor:
    return Actor(ActorKind(document["kind"]), document["name"])


def from_lead(workspace: str, lead: Lead) -> Document:
    """Absent names are left out: the unique indexes hold only leads that have an external id or email."""
    fields = {name: write(getattr(lead, name)) for name, write in _LEAD_FIELDS.items()}
    return {
        "_id": lead.id,
        "workspace": workspace,
        **{name: value for name, value in fields.items() if value is not None},
        "search": _search(lead),
        "version": lead.version,
    }


def lead_update(before: Lead, after: Lead) -> Document:
    """What makes the document of *before* that of *after*; equal for all leads that change alike."""
    fields = {
        name: write(getattr(after, name))
        for name, write in _LEAD_FIELDS.items()
        if getattr(after, name) is not getattr(before, name)
    }
    if not _SEARCHED.isdisjoint(fields):
        fields["search"] = _search(after)
    gone = {name: "" for name, value in fields.items() if value is None}
    return {
        "$set": {name: value for name, value in fields.items() if value is not None},
        "$inc": {"version": after.version - before.version},
        **({"$unset": gone} if gone else {}),
    }


def _search(lead: Lead) -> str:
    return "\n".join(filter(None, (lead.name, lead.email, lead.company, lead.external_id))).casefold()


def to_lead(document: Mapping[str, Any]) -> Lead:
    return Lead(
        id=document["_id"],
        external_id=document.get("external_id"),
        email=document.get("email"),
        name=document.get("name"),
        company=document.get("company"),
        attributes=document["attributes"],
        tags=tuple(document["tags"]),
        engagement=_to_standing(document["engagement"]),
        profile=_to_standing(document["profile"]),
        last_activity_at=None if document["last_activity_at"] == NEVER else document["last_activity_at"],
        created_at=document["created_at"],
        updated_at=document["updated_at"],
        version=document["version"],
    )


def _as_it_is(value: Any) -> Any:
    return value


def _or_never(moment: datetime | None) -> datetime:
    return moment or NEVER


def _present(**fields: object) -> Document:
    return {name: value for name, value in fields.items() if value is not None}


def _from_standing(standing: Standing) -> Document:
    return {
        "score": standing.score,
        "level": standing.announced.level,
        "level_set": standing.announced.level_set,
        "since": standing.since,
        "contributions": {
            source: {"name": given.name, "points": given.points, "uses": given.uses}
            for source, given in standing.contributions.items()
        },
    }


def _to_standing(document: Mapping[str, Any]) -> Standing:
    return Standing(
        announced=_to_position(document),
        since=document["since"],
        contributions={
            source: Contribution(given["name"], given["points"], given["uses"])
            for source, given in document["contributions"].items()
        },
    )


_LEAD_FIELDS: Mapping[str, Callable[[Any], Any]] = {
    "external_id": _as_it_is,
    "email": _as_it_is,
    "name": _as_it_is,
    "company": _as_it_is,
    "attributes": dict,
    "tags": list,
    "engagement": _from_standing,
    "profile": _from_standing,
    "last_activity_at": _or_never,
    "created_at": _as_it_is,
    "updated_at": _as_it_is,
}
_SEARCHED = {"external_id", "email", "name", "company"}


def _from_position(position: Position) -> Document:
    return {"score": position.score, "level": position.level, "level_set": position.level_set}


def _to_position(document: Mapping[str, Any]) -> Position:
    return Position(document["score"], document["level"], document["level_set"])


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
        **_present(key=activity.key),
    }


def to_activity(document: Mapping[str, Any]) -> Activity:
    return Activity(
        id=document["_id"],
        kind=document["kind"],
        properties=document["properties"],
        occurred_at=document["occurred_at"],
        received_at=document["received_at"],
        key=document.get("key"),
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
        "before": _from_position(change.before),
        "after": _from_position(change.after),
        "tier_changed": change.tier_changed,
        "cause": cause.kind.value,
        "actor": from_actor(cause.actor),
        "at": cause.at,
        **_present(reason=cause.reason, key=cause.key, activity=cause.activity_id),
        "parts": [_from_part(part) for part in change.parts],
        "rule_set": change.rule_set,
    }


def to_score_change(document: Mapping[str, Any]) -> ScoreChange:
    return ScoreChange(
        lead_id=document["lead"],
        dimension=Dimension(document["dimension"]),
        version=document["version"],
        before=_to_position(document["before"]),
        after=_to_position(document["after"]),
        cause=Cause(
            CauseKind(document["cause"]),
            to_actor(document["actor"]),
            document["at"],
            document.get("reason"),
            document.get("key"),
            document.get("activity"),
        ),
        parts=tuple(map(_to_part, document["parts"])),
        rule_set=document["rule_set"],
    )


def _from_part(part: ScorePart) -> Document:
    suppressed = part.suppressed and part.suppressed.value
    return {"points": part.points, "name": part.name, **_present(rule=part.rule_id, suppressed=suppressed)}


def _to_part(document: Mapping[str, Any]) -> ScorePart:
    suppressed = document.get("suppressed")
    return ScorePart(
        document.get("rule"), document["name"], document["points"], suppressed and Suppression(suppressed)
    )


def from_level_set(workspace: str, level_set: LevelSet) -> Document:
    return {
        "_id": f"{workspace}.{level_set.dimension.value}.{level_set.version}",
        "workspace": workspace,
        "dimension": level_set.dimension.value,
        "version": level_set.version,
        "levels": [
            {"name": row.name, "min": row.min, "max": row.max, "color": row.color, "motion": row.motion}
            for row in level_set.levels
        ],
        "comment": level_set.comment,
        "reverted_from": level_set.reverted_from,
        "created_at": level_set.created_at,
        "created_by": from_actor(level_set.created_by),
    }


def to_level_set(document: Mapping[str, Any]) -> LevelSet:
    return LevelSet(
        dimension=Dimension(document["dimension"]),
        version=document["version"],
        levels=tuple(Level(**row, rank=rank) for rank, row in enumerate(document["levels"], 1)),
        comment=document["comment"],
        reverted_from=document["reverted_from"],
        created_at=document["created_at"],
        created_by=to_actor(document["created_by"]),
    )


def from_rule_set(workspace: str, rule_set: RuleSet) -> Document:
    published_by = rule_set.published_by
    return {
        "_id": f"{workspace}.{rule_set.version}",
        "workspace": workspace,
        "version": rule_set.version,
        "state": rule_set.state.value,
        "based_on": rule_set.based_on,
        "rules": [_from_rule(rule) for rule in rule_set.rules],
        "floor": rule_set.floor,
        "ceiling": rule_set.ceiling,
        "comment": rule_set.comment,
        "created_at": rule_set.created_at,
        "created_by": from_actor(rule_set.created_by),
        "published_at": rule_set.published_at,
        "published_by": published_by and from_actor(published_by),
    }


def to_rule_set(document: Mapping[str, Any]) -> RuleSet:
    published_by = document["published_by"]
    return RuleSet(
        version=document["version"],
        state=RuleSetState(document["state"]),
        rules=tuple(map(_to_rule, document["rules"])),
        created_at=document["created_at"],
        created_by=to_actor(document["created_by"]),
        based_on=document["based_on"],
        floor=document["floor"],
        ceiling=document["ceiling"],
        comment=document["comment"],
        published_at=document["published_at"],
        published_by=published_by and to_actor(published_by),
    )


def _from_rule(rule: Rule) -> Document:
    return {
        "id": rule.id,
        "name": rule.name,
        "dimension": rule.dimension.value,
        "is_enabled": rule.is_enabled,
        "activity": rule.activity,
        "points": rule.points,
    }


def _to_rule(document: Mapping[str, Any]) -> Rule:
    return Rule(**{**document, "dimension": Dimension(document["dimension"])})
