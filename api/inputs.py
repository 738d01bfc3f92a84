"""Inputs as the contract names them, and the domain values they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import strawberry

from api import ids
from api.context import Context
from api.direct import direct
from api.scalars import JSON, Color
from api.types.common import OrderDirection
from domain import bounds
from domain.changes import Activity, AdjustScore, RecordActivity, UpsertLead
from domain.errors import Fault, InvalidInput, Problem, refuse
from domain.leads import LeadEdit, LeadFields, LeadRef, RefKind, normal_email
from domain.levels import LEVELS, Dimension, Level, ScoreRange, level_key, replaced
from domain.scoring import Scoring
from persistence.batch import Item
from persistence.boards import BoardFilter
from persistence.leads import LeadFilter, LeadOrder, LeadOrderField
from persistence.mongo import new_id
from persistence.moves import TierMove

UNSET: Any = strawberry.UNSET


@direct
@strawberry.input(
    name="LeadRef",
    one_of=True,
    description="How a lead is named. In a write, an unknown externalId or email creates the lead; an id never does.",
)
class LeadRefInput:
    id: strawberry.ID | None = strawberry.field(default=UNSET, description="The lead's id here.")
    external_id: str | None = strawberry.field(
        default=UNSET, description="Its id in the caller's system; 1 to 255 characters."
    )
    email: str | None = strawberry.field(
        default=UNSET, description="Its email, in any case; 1 to 320 characters."
    )

    def ref(self, *path: str) -> LeadRef:
        """The reference; raises InvalidInput, its problems under *path*."""
        if self.id:
            return LeadRef(RefKind.ID, ids.key_of("Lead", self.id, *path, "id"))
        if self.external_id:
            refuse(bounds.text((*path, "externalId"), self.external_id, bounds.KEY))
            return LeadRef(RefKind.EXTERNAL_ID, self.external_id)
        if self.email:
            refuse(bounds.text((*path, "email"), self.email, bounds.EMAIL))
            return LeadRef(RefKind.EMAIL, normal_email(self.email))
        name = "externalId" if self.external_id == "" else "email" if self.email == "" else "id"
        raise InvalidInput(Problem((*path, name), Fault.EMPTY))


@direct
@strawberry.input(description="Something a lead did.")
class ActivityInput:
    kind: str = strawberry.field(description="UPPER_SNAKE, at most 64 characters, as in EMAIL_OPENED.")
    properties: JSON | None = strawberry.field(
        default=None, description="An object of at most 100,000 bytes and 10 levels."
    )
    occurred_at: datetime | None = strawberry.field(
        default=None, description="When it happened: at most a day ahead; now when left out."
    )
    key: str | None = strawberry.field(
        default=None,
        description="At most 255 characters. An activity with a key that an activity had before is not recorded again.",
    )

    def activity(self, context: Context) -> Activity:
        now = context.house.clock()
        return Activity(
            new_id(),
            self.kind,
            {} if self.properties is None else self.properties,
            now if self.occurred_at is None else self.occurred_at,
            now,
            self.key,
        )


@direct
@strawberry.input(description="An activity of a lead.")
class RecordActivityInput:
    lead: LeadRefInput = strawberry.field(description="Whose; created when unknown, unless named by id.")
    activity: ActivityInput = strawberry.field(description="What it did.")

    def item(self, context: Context) -> Item:
        return self.lead.ref("lead"), RecordActivity(context.actor, self.activity.activity(context))


@direct
@strawberry.input(description="Points given or taken by hand, or by an integration that scores for itself.")
class AdjustScoreInput:
    lead: LeadRefInput = strawberry.field(description="Whose; created when unknown, unless named by id.")
    dimension: Dimension = strawberry.field(
        default=Dimension.ENGAGEMENT, description="Which of the lead's scores."
    )
    delta: int = strawberry.field(description="What to add: within ±1,000,000, and not 0.")
    reason: str | None = strawberry.field(
        default=None, description="Why, for the history; at most 1,000 characters."
    )
    key: str | None = strawberry.field(
        default=None,
        description="At most 255 characters. An adjustment with a key that an adjustment had before is not made again.",
    )
    expires_at: datetime | None = strawberry.field(
        default=None,
        description="When its points are gone again, within ten years; left out, they are for good.",
    )

    def item(self, context: Context) -> Item:
        change = AdjustScore(
            context.actor, self.dimension, self.delta, self.reason, self.key, self.expires_at
        )
        return self.lead.ref("lead"), change


@direct
@strawberry.input(description="What is known of a lead. What is left out stays as it is; null clears it.")
class UpsertLeadInput:
    lead: LeadRefInput = strawberry.field(description="Which; created when unknown, unless named by id.")
    external_id: str | None = strawberry.field(
        default=UNSET, description="Its id in the caller's system; unique, 1 to 255 characters."
    )
    email: str | None = strawberry.field(default=UNSET, description="Unique; 1 to 320 characters.")
    name: str | None = strawberry.field(default=UNSET, description="1 to 200 characters.")
    company: str | None = strawberry.field(default=UNSET, description="1 to 200 characters.")
    attributes: JSON | None = strawberry.field(
        default=None,
        description="Attributes to set, by name, and null to remove one; together at most 100,000 bytes and 10 levels.",
    )
    add_tags: list[str] | None = strawberry.field(
        default=None, description="Tags to add: 1 to 200 characters each; a lead has at most 100."
    )
    remove_tags: list[str] | None = strawberry.field(default=None, description="Tags to take away.")

    def item(self, context: Context) -> Item:
        edit = LeadEdit(
            self._fields(),
            {} if self.attributes is None else self.attributes,
            tuple(self.add_tags or ()),
            tuple(self.remove_tags or ()),
        )
        return self.lead.ref("lead"), UpsertLead(context.actor, edit)

    def _fields(self) -> LeadFields:
        fields = LeadFields()
        if self.external_id is not UNSET:
            fields["external_id"] = self.external_id
        if self.email is not UNSET:
            fields["email"] = normal_email(self.email) if self.email else self.email
        if self.name is not UNSET:
            fields["name"] = self.name
        if self.company is not UNSET:
            fields["company"] = self.company
        return fields


@strawberry.input(description="A level as it is to be.")
class LevelInput:
    name: str = strawberry.field(
        description="1 to 200 characters, unique in the table without regard to case."
    )
    min: int | None = strawberry.field(
        default=None, description="The lowest score in it; null, on the lowest level only, is open."
    )
    max: int | None = strawberry.field(
        default=None, description="The highest score in it; null, on the highest level only, is open."
    )
    color: Color | None = strawberry.field(
        default=None, description="The badge's colour; by default it keeps its own, or takes one by its rank."
    )
    motion: str | None = strawberry.field(
        default=UNSET,
        description="The sales action it stands for; at most 200 characters. Left out, it keeps its own; null is none.",
    )

    @property
    def keeps_motion(self) -> bool:
        return self.motion is UNSET

    def level(self) -> Level:
        return Level(self.name, self.min, self.max, self.color, None if self.keeps_motion else self.motion)


def replaced_by(levels: tuple[Level, ...], inputs: Iterable[LevelInput]) -> tuple[Level, ...]:
    """The table that the inputs make of *levels*; raises InvalidInput or LevelsOverlap."""
    wanted = [(each.level(), each.keeps_motion) for each in inputs]
    unmoved = {level.key for level, keeps_motion in wanted if keeps_motion}
    return replaced(levels, [level for level, _ in wanted], unmoved)


@strawberry.input(
    name="TierMoveFilter",
    description=(
        "Leads that moved from level to level, at once or by others between. They may have moved on since: add "
        "`engagementLevels` or `profileLevels` for those that are still there."
    ),
)
class TierMoveInput:
    dimension: Dimension = strawberry.field(
        default=Dimension.ENGAGEMENT, description="The dimension whose level changed."
    )
    from_: str | None = strawberry.field(
        name="from", default=None, description="The level they left, by a name it has or had; null is any."
    )
    to: str | None = strawberry.field(
        default=None, description="The level they entered after that; null is any."
    )
    since: datetime = strawberry.field(description="Since when they left the one and entered the other.")

    def move(self) -> TierMove:
        refuse(bounds.moment(("filter", "moved", "since"), self.since))
        return TierMove(self.since, self.dimension, self.from_, self.to)


@strawberry.input(
    name="LeadFilter", description="Which leads are wanted: those that meet every condition given."
)
class LeadFilterInput:
    engagement_levels: list[str] | None = strawberry.field(
        default=None, description="Names of engagement levels, at most 50, any of which will do."
    )
    profile_levels: list[str] | None = strawberry.field(
        default=None, description="Names of profile levels, at most 50, any of which will do."
    )
    unclassified_in: Dimension | None = strawberry.field(
        default=None, description="Leads whose score in this dimension lies in no level."
    )
    min_engagement: int | None = strawberry.field(default=None, description="The lowest engagement score.")
    max_engagement: int | None = strawberry.field(default=None, description="The highest engagement score.")
    tags: list[str] | None = strawberry.field(default=None, description="Tags that a lead must all have.")
    search: str | None = strawberry.field(
        default=None,
        description="Text found anywhere in name, email, company or externalId, without regard to case.",
    )
    moved: TierMoveInput | None = strawberry.field(
        default=None, description="Leads whose level moved so; at most 100,000 of them."
    )
    inactive_since: datetime | None = strawberry.field(
        default=None, description="Leads that did nothing from this moment on."
    )

    def wanted(self, scoring: Scoring) -> LeadFilter:
        """The filter by the levels in force; raises InvalidInput for an unknown level."""
        standing = self.standing()
        for dimension, path, names in self._levels():
            scoring.levels[dimension].ranges(names, "filter", path)
        return standing.under(scoring)

    def standing(self) -> BoardFilter:
        """The filter for good, whatever levels there come to be; equal for those that ask the same."""
        refuse(self._problems())
        scores = ScoreRange(self.min_engagement, self.max_engagement)
        return BoardFilter(
            tuple(
                (dimension, tuple(sorted(set(map(level_key, names)))))
                for dimension, _, names in self._levels()
            ),
            self.unclassified_in,
            LeadFilter(
                () if scores == ScoreRange(None, None) else ((Dimension.ENGAGEMENT, (scores,)),),
                tuple(sorted(set(self.tags or ()))),
                self.search and self.search.casefold(),
                self.inactive_since,
                self.moved.move() if self.moved else None,
            ),
        )

    def _problems(self) -> Iterator[Problem]:
        yield from bounds.text(("filter", "search"), self.search, bounds.EMAIL)
        if "\0" in (self.search or ""):
            yield Problem(("filter", "search"), Fault.NOT_STORABLE)
        yield from bounds.count(("filter", "tags"), len(self.tags or ()), bounds.TAGS)
        for _, path, names in self._levels():
            yield from bounds.count(("filter", path), len(names), LEVELS)
        yield from bounds.moment(("filter", "inactiveSince"), self.inactive_since)

    def _levels(self) -> Iterator[tuple[Dimension, str, list[str]]]:
        """The dimensions in which levels are wanted, the field that says so, and their names."""
        if self.engagement_levels is not None:
            yield Dimension.ENGAGEMENT, "engagementLevels", self.engagement_levels
        if self.profile_levels is not None:
            yield Dimension.PROFILE, "profileLevels", self.profile_levels


@strawberry.input(name="LeadOrder", description="The order of a list of leads.")
class LeadOrderInput:
    field: LeadOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.DESC, description="Which end comes first."
    )

    def order(self) -> LeadOrder:
        return LeadOrder(self.field, self.direction is OrderDirection.DESC)
