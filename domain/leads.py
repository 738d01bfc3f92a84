"""Leads, and where they stand in each dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum
from typing import Any, TypedDict

from domain import bounds
from domain.errors import Fault, Problem, refuse
from domain.levels import Dimension

DAYS = 62  # days of payments that are remembered: this month and the one before, whole
ADJUSTMENTS = "adjustments"  # the source of points that no rule gave


class RefKind(Enum):
    ID = "id"
    EXTERNAL_ID = "external_id"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class LeadRef:
    """How a caller names a lead. An unknown external id or email in a write creates the lead; an id never does."""

    kind: RefKind
    value: str

    def __post_init__(self) -> None:
        match self.kind:
            case RefKind.EXTERNAL_ID:
                refuse(bounds.text(("lead", "externalId"), self.value, bounds.KEY))
            case RefKind.EMAIL:
                refuse(bounds.text(("lead", "email"), self.value, bounds.EMAIL))


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one source has given a lead: points in the score now, and how often it paid.

    `days` are the UTC days that a rule with a limit has paid on, and how often: the newest DAYS of them.
    """

    name: str
    points: int = 0
    uses: int = 0
    days: Mapping[date, int] = field(default_factory=dict)

    def plus(self, name: str, points: int, day: date | None = None) -> Contribution:
        """With points that were paid, on *day* where days are counted."""
        days = self.days
        if day is not None and points:
            counted = {**days, day: days.get(day, 0) + 1}
            days = {each: counted[each] for each in sorted(counted)[-DAYS:]}
        return Contribution(name, self.points + points, self.uses + (points != 0), days)

    def forgot(self, day: date) -> bool:
        """Whether it may have been paid on that day, so long before the others that it is no longer counted."""
        return len(self.days) == DAYS and day < min(self.days)


@dataclass(frozen=True, slots=True)
class Position:
    """A score, and the name of the level it lies in by the level set of that version; None is unclassified."""

    score: int
    level: str | None
    level_set: int

    def in_level_of(self, other: Position) -> bool:
        """Whether both have the same level, by name and without regard to case."""
        if self.level is None or other.level is None:
            return self.level is other.level
        return self.level == other.level or self.level.casefold() == other.level.casefold()


@dataclass(frozen=True, slots=True)
class Standing:
    """A lead's score in one dimension, and the sources it is the sum of.

    `announced` is the position last told to boards. Its score is the lead's score; its level only says what is
    still to be told after a change of levels, never what the lead's level is. `since` is when that level was entered.
    """

    announced: Position
    since: datetime
    contributions: Mapping[str, Contribution] = field(default_factory=dict)

    @property
    def score(self) -> int:
        return self.announced.score


@dataclass(frozen=True, slots=True)
class Lead:
    """`version` rises with every write and by at least one with every score change."""

    id: str
    engagement: Standing
    profile: Standing
    created_at: datetime
    updated_at: datetime
    external_id: str | None = None
    email: str | None = None
    name: str | None = None
    company: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    last_activity_at: datetime | None = None
    version: int = 0

    def standing(self, dimension: Dimension) -> Standing:
        return self.engagement if dimension is Dimension.ENGAGEMENT else self.profile

    def standing_at(self, dimension: Dimension, standing: Standing, now: datetime) -> Lead:
        """This lead, one version on, standing there from *now* on."""
        version = self.version + 1
        if dimension is Dimension.ENGAGEMENT:
            return replace(self, engagement=standing, updated_at=now, version=version)
        return replace(self, profile=standing, updated_at=now, version=version)


def normal_email(email: str) -> str:
    return email.strip().casefold()


class LeadFields(TypedDict, total=False):
    """The plain fields of a lead that a caller may set; None clears one."""

    external_id: str | None
    email: str | None
    name: str | None
    company: str | None


@dataclass(frozen=True, slots=True)
class LeadEdit:
    """What to set. Fields that are absent stay; attributes merge, and null removes one."""

    fields: LeadFields = field(default_factory=LeadFields)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem]:
        yield from bounds.text(("externalId",), self.fields.get("external_id"), bounds.KEY)
        yield from bounds.text(("email",), self.fields.get("email"), bounds.EMAIL)
        yield from bounds.text(("name",), self.fields.get("name"), bounds.NAME)
        yield from bounds.text(("company",), self.fields.get("company"), bounds.NAME)
        yield from bounds.document(("attributes",), self.attributes)
        for path, tags in (("addTags", self.add_tags), ("removeTags", self.remove_tags)):
            yield from bounds.count((path,), len(tags), bounds.TAGS)
            for at, tag in enumerate(tags):
                yield from bounds.text((path, str(at)), tag, bounds.NAME)

    def applied(self, lead: Lead) -> Lead:
        """*lead* with the edit made, or itself when that changes nothing; raises InvalidInput.

        It is refused where tags or attributes outgrow their bounds.
        """
        attributes = {**lead.attributes, **self.attributes}
        edited = replace(
            lead,
            **self.fields,
            attributes={name: value for name, value in attributes.items() if value is not None},
            tags=_tags(lead.tags, self.add_tags, self.remove_tags),
        )
        # Equal is not the same: 1 == True, and an attribute may go from one to the other.
        if edited == lead and repr(edited.attributes) == repr(lead.attributes):
            return lead
        refuse(_outgrown(edited))
        return edited


def _tags(had: tuple[str, ...], add: tuple[str, ...], remove: tuple[str, ...]) -> tuple[str, ...]:
    wanted = dict.fromkeys((*had, *(tag.strip() for tag in add)))
    gone = {tag.strip() for tag in remove}
    return tuple(tag for tag in wanted if tag not in gone)


def _outgrown(lead: Lead) -> Iterator[Problem]:
    yield from bounds.count(("addTags",), len(lead.tags), bounds.TAGS)
    yield from (p for p in bounds.document(("attributes",), lead.attributes) if p.fault is Fault.TOO_LARGE)
