"""Level sets, rule sets and jobs as documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from domain.jobs import Job, JobKind, JobState
from domain.levels import Announce, Dimension, Level, LevelSet
from domain.rules import Inactivity, Limit, Period, Rescore, Rule, RuleSet, RuleSetState
from persistence.documents.common import Document, from_actor, to_actor, to_moment
from persistence.documents.conditions import from_condition, to_condition


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
        "announce": level_set.announce.value,
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
        announce=Announce(document["announce"]),
        created_at=to_moment(document["created_at"]),
        created_by=to_actor(document["created_by"]),
    )


def from_job(workspace: str, job: Job) -> Document:
    return {
        "_id": job.id,
        "workspace": workspace,
        "kind": job.kind.value,
        "dimension": job.dimension and job.dimension.value,
        "told": job.told,
        "version": job.version,
        "state": job.state.value,
        "done": job.done,
        "total": job.total,
        "changed": job.changed,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "error": job.error,
        "place": job.place,
    }


def to_job(document: Mapping[str, Any]) -> Job:
    dimension = document["dimension"]
    return Job(
        id=document["_id"],
        kind=JobKind(document["kind"]),
        dimension=dimension and Dimension(dimension),
        told=document["told"],
        version=document["version"],
        state=JobState(document["state"]),
        done=document["done"],
        total=document["total"],
        changed=document["changed"],
        started_at=to_moment(document["started_at"]),
        finished_at=document["finished_at"] and to_moment(document["finished_at"]),
        error=document["error"],
        place=document.get("place"),
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
        "inactivity": rule_set.inactivity and asdict(rule_set.inactivity),
        "comment": rule_set.comment,
        "created_at": rule_set.created_at,
        "created_by": from_actor(rule_set.created_by),
        "published_at": rule_set.published_at,
        "published_by": published_by and from_actor(published_by),
        "rescore": rule_set.rescore.value,
        "announce": rule_set.announce.value,
        "idle_since": rule_set.idle_since,
    }


def to_rule_set(document: Mapping[str, Any]) -> RuleSet:
    published_by, inactivity = document["published_by"], document.get("inactivity")
    return RuleSet(
        version=document["version"],
        state=RuleSetState(document["state"]),
        rules=tuple(map(_to_rule, document["rules"])),
        created_at=document["created_at"],
        created_by=to_actor(document["created_by"]),
        based_on=document["based_on"],
        floor=document["floor"],
        ceiling=document["ceiling"],
        inactivity=inactivity and Inactivity(**inactivity),
        comment=document["comment"],
        published_at=document["published_at"],
        published_by=published_by and to_actor(published_by),
        rescore=Rescore(document.get("rescore", Rescore.NEW_ACTIVITY.value)),
        announce=Announce(document.get("announce", Announce.ALL.value)),
        idle_since=document.get("idle_since"),
    )


def _from_rule(rule: Rule) -> Document:
    return {
        "id": rule.id,
        "name": rule.name,
        "dimension": rule.dimension.value,
        "is_enabled": rule.is_enabled,
        "activity": rule.activity,
        "points": rule.points,
        "condition": rule.condition and from_condition(rule.condition),
        "limit": rule.limit and {"times": rule.limit.times, "per": rule.limit.per.value},
        "max_points": rule.max_points,
        "expires_after": rule.expires_after,
        "half_life": rule.half_life,
    }


def _to_rule(document: Mapping[str, Any]) -> Rule:
    condition, limit = document.get("condition"), document.get("limit")  # rules of before had none
    return Rule(
        id=document["id"],
        name=document["name"],
        dimension=Dimension(document["dimension"]),
        is_enabled=document["is_enabled"],
        activity=document["activity"],
        points=document["points"],
        condition=condition and to_condition(condition),
        limit=limit and Limit(limit["times"], Period(limit["per"])),
        max_points=document.get("max_points"),
        expires_after=document.get("expires_after"),
        half_life=document.get("half_life"),
    )
