"""Leads as documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from domain.contributions import Contribution, Expiring, Halving
from domain.leads import Fired, Lead, Merged, Position, RefKind, Standing
from domain.levels import Dimension
from persistence.documents.common import Document, from_position, present, to_moment, to_position

# Stands for "no activity yet", so that leads without one have a place in the order of last activity.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def from_lead(workspace: str, lead: Lead) -> Document:
    """Absent names are left out: the unique index holds only leads that have any."""
    fields = {name: write(getattr(lead, name)) for name, write in _LEAD_FIELDS.items()}
    return {
        "_id": lead.id,
        "workspace": workspace,
        **{name: value for name, value in fields.items() if value is not None},
        **present(names=_names(lead)),
        "search": _search(lead),
        "version": lead.version,
    }


def lead_update(before: Lead, after: Lead) -> Document:
    """What makes the document of *before* that of *after*; equal for all leads that change alike."""
    fields: Document = {}
    for name, write in _LEAD_FIELDS.items():
        was, is_now = getattr(before, name), getattr(after, name)
        if is_now is was:
            continue
        if name in _STANDINGS and is_now.contributions is was.contributions:
            fields |= {f"{name}.{part}": value for part, value in _from_place(is_now).items()}
        else:
            fields[name] = write(is_now)
    if not _SEARCHED.isdisjoint(fields):
        fields["search"] = _search(after)
    if not _NAMED.isdisjoint(fields):
        fields["names"] = _names(after)
    gone = {name: "" for name, value in fields.items() if value is None and name in _OPTIONAL}
    return {
        "$set": {name: value for name, value in fields.items() if name not in gone},
        "$inc": {"version": after.version - before.version},
        **({"$unset": gone} if gone else {}),
    }


def told_update(dimension: Dimension, after: Position, since: datetime, now: datetime) -> Document:
    """What announces a lead in the level of *after*, whatever its score is."""
    level = {**from_position(after), "since": since}
    del level["score"]
    name = dimension.value.lower()
    return {
        "$set": {"updated_at": now, **{f"{name}.{part}": value for part, value in level.items()}},
        "$inc": {"version": 1},
    }


def from_name(kind: RefKind, value: str) -> str:
    """A name of a lead, as it is among all that a workspace has."""
    return f"{kind.value}:{value}"


def to_names(lead: Mapping[str, Any]) -> tuple[tuple[RefKind, str], ...]:
    """All the names of a lead's document, its id first."""
    others = (each.split(":", 1) for each in lead.get("names", ()))
    return ((RefKind.ID, lead["_id"]), *((RefKind(kind), value) for kind, value in others))


def _names(lead: Lead) -> list[str] | None:
    """Every name of the lead but its id, and all names of those that became part of it."""
    given = [(RefKind.EXTERNAL_ID, lead.external_id), (RefKind.EMAIL, lead.email)]
    for each in lead.merged:
        given += [(RefKind.ID, each.id), (RefKind.EXTERNAL_ID, each.external_id), (RefKind.EMAIL, each.email)]
    return list(dict.fromkeys(from_name(kind, value) for kind, value in given if value is not None)) or None


def _search(lead: Lead) -> str:
    return "\n".join(filter(None, (lead.name, lead.email, lead.company, lead.external_id))).casefold()


def to_lead(document: Mapping[str, Any]) -> Lead:
    last, updated, due = (
        to_moment(document["last_activity_at"]),
        document["updated_at"],
        document.get("due_at"),
    )
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
        last_activity_at=None if last == NEVER else last,
        created_at=to_moment(document["created_at"]),
        updated_at=to_moment(updated),
        settled_at=to_moment(document.get("settled_at", updated)),  # time did nothing to leads of before
        due_at=due and to_moment(due),
        version=document["version"],
        merged=tuple(Merged(**each) for each in document.get("merged", ())),
        fired={
            each: Fired(to_moment(fired["at"]), fired["armed"])
            for each, fired in document.get("fired", {}).items()
        },
    )


def _as_it_is(value: Any) -> Any:
    return value


def _or_never(moment: datetime | None) -> datetime:
    return moment or NEVER


def _from_merged(merged: tuple[Merged, ...]) -> list[Document] | None:
    return [present(id=each.id, external_id=each.external_id, email=each.email) for each in merged] or None


def _from_fired(fired: Mapping[str, Fired]) -> Document | None:
    return {each: {"at": memory.at, "armed": memory.armed} for each, memory in fired.items()} or None


def _from_place(standing: Standing) -> Document:
    return {**from_position(standing.announced), "since": standing.since}


def _from_standing(standing: Standing) -> Document:
    return {
        **_from_place(standing),
        "contributions": {
            source: _from_contribution(given) for source, given in standing.contributions.items()
        },
    }


def _to_standing(document: Mapping[str, Any]) -> Standing:
    return Standing(
        announced=to_position(document),
        since=to_moment(document["since"]),
        contributions={
            source: _to_contribution(given) for source, given in document["contributions"].items()
        },
    )


def _from_contribution(given: Contribution) -> Document:
    document: Document = {"name": given.name, "points": given.points, "uses": given.uses}
    if given.days:
        document["days"] = {day.isoformat(): times for day, times in given.days.items()}
    if given.expiring:
        document["expiring"] = [{"at": each.at, "points": each.points} for each in given.expiring]
    if given.halving:
        document["halving"] = [
            {"half_life": each.half_life, "value": each.value, "at": each.at} for each in given.halving
        ]
    return document


def _to_contribution(document: Mapping[str, Any]) -> Contribution:
    if len(document) == _PLAIN:
        return Contribution(document["name"], document["points"], document["uses"])
    days = document.get("days", {})
    return Contribution(
        document["name"],
        document["points"],
        document["uses"],
        {date.fromisoformat(day): times for day, times in days.items()},
        tuple([Expiring(to_moment(each["at"]), each["points"]) for each in document.get("expiring", ())]),
        tuple(
            [
                Halving(each["half_life"], each["value"], to_moment(each["at"]))
                for each in document.get("halving", ())
            ]
        ),
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
    "settled_at": _as_it_is,
    "due_at": _as_it_is,
    "merged": _from_merged,
    "fired": _from_fired,
}
_STANDINGS = {"engagement", "profile"}
_PLAIN = 3  # fields of a contribution without days, and with points for good alone, as most are
_SEARCHED = {"external_id", "email", "name", "company"}
_NAMED = {"external_id", "email", "merged"}
_OPTIONAL = {*_LEAD_FIELDS, "names"}
