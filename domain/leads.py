"""Leads, and where they stand in each dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, TypedDict

from domain import bounds
from domain.contributions import Contributions, total
from domain.errors import Fault, Problem, refuse
from domain.levels import ENGAGEMENT, Dimension
from domain.values import dataclass, field, replace

MERGED = 100  # leads that became part of one: more is no person


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
    contributions: Contributions = field(default_factory=dict)

    @property
    def score(self) -> int:
        return self.announced.score

    @property
    def is_timed(self) -> bool:
        """Whether time alone moves it, by points that expire or halve."""
        for each in self.contributions.values():  # noqa: SIM110 - asked before every change, and any() takes twice as long
            if each.is_timed:
                return True
        return False

    @property
    def is_halving(self) -> bool:
        """Whether it moves between the moments, too, at which points are lost."""
        for each in self.contributions.values():  # noqa: SIM110 - as above
            if each.halving:
                return True
        return False

    @property
    def may_rise(self) -> bool:
        """Whether time alone may raise it."""
        return any(each.may_rise for each in self.contributions.values())

    def unbounded(self, at: datetime) -> int:
        """The score as it would be at a moment without floor and ceiling: whole, halves to even."""
        return round(total(self.contributions, at))


@dataclass(frozen=True, slots=True)
class Merged:
    """A lead that became part of another, by the names it had: they name that other one now."""

    id: str
    external_id: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Fired:
    """When an automation was last set off by a lead, and whether it may be again before the score has gone back."""

    at: datetime
    armed: bool = True


@dataclass(frozen=True, slots=True)
class Lead:
    """`version` rises with every write and by at least one with every score change.

    What time does to the scores is in them up to `settled_at`, and moves one of them next at `due_at`; None is never.
    `fired` are the automations, by id, that must know whether the lead has set them off.
    """

    id: str
    engagement: Standing
    profile: Standing
    created_at: datetime
    updated_at: datetime
    settled_at: datetime
    due_at: datetime | None = None
    external_id: str | None = None
    email: str | None = None
    name: str | None = None
    company: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    last_activity_at: datetime | None = None
    version: int = 0
    merged: tuple[Merged, ...] = ()
    fired: Mapping[str, Fired] = field(default_factory=dict)

    @property
    def is_timed(self) -> bool:
        """Whether time alone moves a score of it, by points that expire or halve."""
        return self.engagement.is_timed or self.profile.is_timed

    @property
    def ids(self) -> tuple[str, ...]:
        """Its id, and those of the leads that became part of it."""
        return self.id, *(each.id for each in self.merged)

    @property
    def scores(self) -> tuple[int, int]:
        """Its engagement and its profile."""
        return self.engagement.score, self.profile.score

    def standing(self, dimension: Dimension) -> Standing:
        return self.engagement if dimension is ENGAGEMENT else self.profile

    def standing_at(self, dimension: Dimension, standing: Standing, now: datetime) -> Lead:
        """This lead, one version on, standing there from *now* on."""
        version = self.version + 1
        if dimension is ENGAGEMENT:
            return replace(self, engagement=standing, updated_at=now, version=version)
        return replace(self, profile=standing, updated_at=now, version=version)


def joined(into: Lead, other: Lead) -> Lead:
    """Two leads as one: what *into* does not know of itself it has from *other*; raises InvalidInput.

    Scores and activities are not joined here.
    """
    one = replace(
        into,
        external_id=into.external_id or other.external_id,
        email=into.email or other.email,
        name=into.name or other.name,
        company=into.company or other.company,
        attributes={**other.attributes, **into.attributes},
        tags=_tags(into.tags, other.tags, ()),
        created_at=min(into.created_at, other.created_at),
        merged=(*into.merged, *other.merged, Merged(other.id, other.external_id, other.email)),
        fired=_last_fired(into.fired, other.fired),
    )
    refuse(replace(problem, path=("from", *problem.path)) for problem in _outgrown(one))
    if len(one.merged) > MERGED:
        refuse([Problem(("from",), Fault.TOO_MANY_IN_ONE, MERGED, len(one.merged))])
    return one


def _last_fired(one: Mapping[str, Fired], other: Mapping[str, Fired]) -> Mapping[str, Fired]:
    """What either remembers of each automation, and of what both do the latest: who rests, rests on."""
    newer = {each: fired for each, fired in other.items() if each not in one or one[each].at < fired.at}
    return {**one, **newer}


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
