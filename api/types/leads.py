"""Leads, and the history of their scores: each leads to the other."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from api import ids
from api.context import Context, Info
from api.scalars import JSON
from api.types.activities import Activity, ActivityConnection
from api.types.common import Actor, After, Connection, First, Node, page_parts, page_size
from api.types.levels import Level
from api.types.rules import Rule
from api.types.standings import Standing
from domain.history import CauseKind, Suppression
from domain.history import ScoreChange as DomainScoreChange
from domain.history import ScorePart as DomainScorePart
from domain.leads import Lead as DomainLead
from domain.leads import Position
from domain.levels import Dimension
from domain.rules import Rule as DomainRule
from domain.rules import RuleSet
from domain.scoring import Scoring
from persistence.history import HistoryFilter
from persistence.leads import LeadFilter


@strawberry.type(description="Somebody who may become a customer.")
class Lead(Node):
    external_id: str | None = strawberry.field(
        description="The lead's id in the caller's own system; unique."
    )
    email: str | None = strawberry.field(description="In lower case; unique.")
    name: str | None = strawberry.field(description="The person's name.")
    company: str | None = strawberry.field(description="The company's name.")
    attributes: JSON = strawberry.field(description="What else is known, by name.")
    tags: list[str] = strawberry.field(description="Tags, in the order they were added.")
    engagement: Standing = strawberry.field(description="Where the lead stands by what it does.")
    profile: Standing = strawberry.field(description="Where the lead stands by who it is.")
    last_activity_at: datetime | None = strawberry.field(description="When the lead last did something.")
    created_at: datetime = strawberry.field(description="When the lead became known.")
    updated_at: datetime = strawberry.field(description="When anything of the lead last changed.")
    version: int = strawberry.field(
        description="Rises with every change of the lead: of two answers, the one with the higher version is newer."
    )
    key: strawberry.Private[str]

    @strawberry.field(description="The lead's score changes, newest first.")
    async def history(
        self,
        info: Info,
        dimension: Annotated[
            Dimension | None, strawberry.argument(description="Only this dimension's; null is both.")
        ] = None,
        tier_changes_only: Annotated[
            bool | None, strawberry.argument(description="Only those that took the lead into another level.")
        ] = False,
        first: First = 20,
        after: After = None,
    ) -> ScoreChangeConnection:
        context = info.context
        wanted = HistoryFilter(dimension, bool(tier_changes_only))
        page = await context.house.history.of_lead(
            context.workspace, self.key, wanted, page_size(first), after
        )
        return ScoreChangeConnection(**page_parts(page, ScoreChange.of))

    @strawberry.field(description="What the lead did, by when it did it, newest first.")
    async def activities(self, info: Info, first: First = 20, after: After = None) -> ActivityConnection:
        context = info.context
        page = await context.house.history.activities(context.workspace, self.key, page_size(first), after)
        return ActivityConnection(**page_parts(page, Activity.of))

    @classmethod
    def of(cls, lead: DomainLead, scoring: Scoring) -> Lead:
        """The lead under the levels and rules of *scoring*."""
        return cls(
            id=strawberry.ID(ids.public("Lead", lead.id)),
            external_id=lead.external_id,
            email=lead.email,
            name=lead.name,
            company=lead.company,
            attributes=JSON(lead.attributes),
            tags=list(lead.tags),
            engagement=Standing.of(Dimension.ENGAGEMENT, lead, scoring),
            profile=Standing.of(Dimension.PROFILE, lead, scoring),
            last_activity_at=lead.last_activity_at,
            created_at=lead.created_at,
            updated_at=lead.updated_at,
            version=lead.version,
            key=lead.id,
        )


@strawberry.type(description="A page of leads.")
class LeadConnection(Connection[Lead]):
    wanted: strawberry.Private[LeadFilter]

    @strawberry.field(description="How many leads match the filter now, on all pages together.")
    async def total_count(self, info: Info) -> int:
        return await info.context.house.leads.count(info.context.workspace, self.wanted)


@strawberry.type(
    description="What one rule, or another source, gave or took in one score change, and why it was less."
)
class ScorePart:
    rule: Rule | None = strawberry.field(
        description="The rule as it was then, or was last; null for a source that is none."
    )
    source: str = strawberry.field(
        description="The rule's name then, `Adjustments`, `Inactivity`, or `Floor and ceiling`."
    )
    points: int = strawberry.field(description="What was applied.")
    suppressed: Suppression | None = strawberry.field(
        description="Why it gave less than it pays; null when it gave all."
    )

    @classmethod
    def of(cls, part: DomainScorePart, rule: DomainRule | None) -> ScorePart:
        return cls(rule=Rule.maybe(rule), source=part.name, points=part.points, suppressed=part.suppressed)


async def _rule_of(context: Context, part: DomainScorePart, rules: RuleSet | None) -> DomainRule | None:
    """The part's rule, even if that was taken out before its points were."""
    if part.rule_id is None:
        return None
    known = rules and rules.rule(part.rule_id)
    return known or await context.house.rule_sets.rule(context.workspace, part.rule_id)


@strawberry.type(description="One entry of the history: a movement of a lead's score.")
class ScoreChange(Node):
    dimension: Dimension = strawberry.field(description="The dimension that moved.")
    version: int = strawberry.field(description="The lead's version after it.")
    delta: int = strawberry.field(description="What was applied; a score is the sum of its deltas.")
    score_before: int = strawberry.field(description="The score before it.")
    score_after: int = strawberry.field(description="The score after it.")
    tier_changed: bool = strawberry.field(description="Whether it took the lead into another level.")
    cause: CauseKind = strawberry.field(description="Why it happened.")
    actor: Actor = strawberry.field(description="Who made it happen.")
    reason: str | None = strawberry.field(description="What they said of it.")
    rule_set_version: int | None = strawberry.field(
        description="The version of the rules it was scored under; null where none were published."
    )
    level_set_version: int = strawberry.field(
        description="The version of the levels it was classified under; 0 is the empty table."
    )
    at: datetime = strawberry.field(description="When it was committed.")
    change: strawberry.Private[DomainScoreChange]

    @strawberry.field(description="The lead, as it is now.")
    async def lead(self, info: Info) -> Lead:
        lead = await info.context.lead(self.change.lead_id)
        if lead is None:
            raise LookupError("a score change outlived its lead")
        return Lead.of(lead, await info.context.scoring())

    @strawberry.field(description="The level before it, as it was then; null is unclassified.")
    async def level_before(self, info: Info) -> Level | None:
        return await level_at(info.context, self.dimension, self.change.before)

    @strawberry.field(description="The level after it, as it was then; null is unclassified.")
    async def level_after(self, info: Info) -> Level | None:
        return await level_at(info.context, self.dimension, self.change.after)

    @strawberry.field(description="The activity behind it; null for any other cause.")
    async def activity(self, info: Info) -> Activity | None:
        activity_id = self.change.cause.activity_id
        activity = activity_id and await info.context.activity(activity_id)
        return Activity.of(activity) if activity else None

    @strawberry.field(description="What each rule gave, and why it gave less than it pays.")
    async def parts(self, info: Info) -> list[ScorePart]:
        context = info.context
        rules = await context.house.configuration.rule_set(context.workspace, self.change.rule_set)
        return [ScorePart.of(part, await _rule_of(context, part, rules)) for part in self.change.parts]

    @classmethod
    def of(cls, change: DomainScoreChange) -> ScoreChange:
        return cls(
            id=strawberry.ID(ids.public("ScoreChange", change.id)),
            dimension=change.dimension,
            version=change.version,
            delta=change.delta,
            score_before=change.before.score,
            score_after=change.after.score,
            tier_changed=change.tier_changed,
            cause=change.cause.kind,
            actor=Actor.of(change.cause.actor),
            reason=change.cause.reason,
            rule_set_version=change.rule_set or None,
            level_set_version=change.after.level_set,
            at=change.cause.at,
            change=change,
        )


@strawberry.type(description="A page of score changes, newest first.")
class ScoreChangeConnection(Connection[ScoreChange]):
    pass


async def level_at(context: Context, dimension: Dimension, position: Position) -> Level | None:
    """The level of a position in the past, as it was then."""
    levels = await context.house.configuration.level_set(context.workspace, dimension, position.level_set)
    return Level.maybe(levels.named(position.level))
