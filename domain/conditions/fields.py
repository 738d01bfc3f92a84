"""The fields that a condition may name, and where their values are found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from operator import methodcaller
from typing import Any

from domain.changes import Activity
from domain.conditions.values import Kind
from domain.leads import Lead
from domain.levels import Dimension
from domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """What a condition is held against.

    `activity` is None where nothing was done; its fields are missing then. `levels` names the level that the lead's
    score has now in each dimension; None, or no entry, is unclassified, and then the level is missing.
    """

    lead: Lead
    activity: Activity | None
    levels: Mapping[Dimension, str | None]


@dataclass(frozen=True, slots=True)
class Field:
    """What a path names. `kind` is what its values always are; None is anything that JSON has."""

    kind: Kind | None
    value: Callable[[Facts], Any]
    in_profile: bool = True  # whether a rule of the profile may ask for it


_FIELDS: dict[str, Field] = {
    "lead.email": Field(Kind.TEXT, lambda facts: facts.lead.email),
    "lead.name": Field(Kind.TEXT, lambda facts: facts.lead.name),
    "lead.company": Field(Kind.TEXT, lambda facts: facts.lead.company),
    "lead.externalId": Field(Kind.TEXT, lambda facts: facts.lead.external_id),
    # A lead without tags misses them; else they would be there for every lead, and EXISTS would tell nothing.
    "lead.tags": Field(Kind.LIST, lambda facts: facts.lead.tags or None),
    "lead.engagement.score": Field(Kind.NUMBER, lambda facts: facts.lead.engagement.score, in_profile=False),
    "lead.profile.score": Field(Kind.NUMBER, lambda facts: facts.lead.profile.score, in_profile=False),
    "lead.engagement.level": Field(
        Kind.TEXT, lambda facts: facts.levels.get(Dimension.ENGAGEMENT), in_profile=False
    ),
    "lead.profile.level": Field(
        Kind.TEXT, lambda facts: facts.levels.get(Dimension.PROFILE), in_profile=False
    ),
}
_ACTIVITY, _ATTRIBUTES = "activity.", "lead.attributes."


@lru_cache(maxsize=10_000)  # every test of every rule asks for its own, activity after activity
def field_at(path: str) -> Field | None:
    """The field of that path, its letters as given; None when there is no such field.

    `activity.<property>` and `lead.attributes.<name>` name what a sender chose to send, and exist for any name.
    """
    if path.startswith(_ACTIVITY) and path != _ACTIVITY:
        find = _finder(path.removeprefix(_ACTIVITY))
        return Field(None, lambda facts: facts.activity and find(facts.activity.properties), in_profile=False)
    if path.startswith(_ATTRIBUTES) and path != _ATTRIBUTES:
        look = _finder(path.removeprefix(_ATTRIBUTES))
        return Field(None, lambda facts: look(facts.lead.attributes))
    return _FIELDS.get(path)


def _finder(name: str) -> Callable[[Mapping[str, Any]], Any]:
    """What looks a name up in an object; without a dot there is nothing to go into."""
    return partial(inside, name=name) if "." in name else methodcaller("get", name)


def is_of_activity(path: str) -> bool:
    return path.startswith(_ACTIVITY)


def paths(*, profile: bool, activity: bool = True) -> tuple[str, ...]:
    """Every path there is, or every one that a rule of the profile may name, or that is not of an activity."""
    known = (path for path, field in _FIELDS.items() if field.in_profile or not profile)
    asked = (f"{_ACTIVITY}<property>",) if activity and not profile else ()
    return (*known, f"{_ATTRIBUTES}<name>", *asked)


def inside(value: object, name: str) -> object:
    """What an object has under *name*; None when that is nothing, or null.

    A dot goes into an object, unless a name has the dot itself: the longest such name is tried first. A list's index
    is no name. Each object inside has one place only, so this takes time linear in the size of the value.
    """
    if not isinstance(value, Mapping):
        return None
    if (found := value.get(name)) is not None:
        return found
    if "." not in name:
        return None
    steps = (step for step in value if name.startswith(f"{step}."))
    for step in sorted(steps, key=len, reverse=True):
        if (found := inside(value[step], name[len(step) + 1 :])) is not None:
            return found
    return None
