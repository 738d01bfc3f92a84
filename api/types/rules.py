"""Rules and rule sets."""

from __future__ import annotations

from datetime import datetime, timedelta

import strawberry

from api import ids
from api.context import Info
from api.scalars import JSON
from api.types.common import Actor, Connection, Node
from api.warnings import oddity_in_words
from domain import rules as domain
from domain.levels import Dimension
from domain.review import oddities
from domain.rules import Period, RuleSetState
from persistence.documents import from_condition

LATELY = timedelta(days=30)


@strawberry.type(description="How often a rule pays at most.")
class Limit:
    times: int = strawberry.field(description="So many times.")
    per: Period = strawberry.field(description="Within each of these.")

    @classmethod
    def maybe(cls, limit: domain.Limit | None) -> Limit | None:
        return None if limit is None else cls(times=limit.times, per=limit.per)


@strawberry.type(
    description="Engagement that a lead loses that does nothing; never so much that its score falls under 0 or the floor."
)
class Inactivity:
    after_days: int = strawberry.field(
        description="How many days after its last activity, or after it became known, it loses some first."
    )
    every_days: int = strawberry.field(description="After how many days it loses some again, and again.")
    points: int | None = strawberry.field(description="How many points; null where it is a share.")
    percent: float | None = strawberry.field(
        description="How much of its score, in per cent and at least one point; null where it is points."
    )

    @classmethod
    def maybe(cls, inactivity: domain.Inactivity | None) -> Inactivity | None:
        if inactivity is None:
            return None
        return cls(
            after_days=inactivity.after_days,
            every_days=inactivity.every_days,
            points=inactivity.points,
            percent=inactivity.percent,
        )


@strawberry.type(description="A price: what an activity is worth, or something that is known of a lead.")
class Rule(Node):
    name: str = strawberry.field(description="What it pays for, as people say it.")
    dimension: Dimension = strawberry.field(description="The dimension whose score it moves.")
    is_enabled: bool = strawberry.field(
        description="Whether it pays; a disabled rule still explains why it does not."
    )
    activity: str | None = strawberry.field(
        description="The activity kind that triggers it; null for a rule of the profile."
    )
    condition: JSON | None = strawberry.field(
        description="What must hold for it to pay, in the form of `ConditionInput`; null is nothing."
    )
    points: int = strawberry.field(description="What it gives, or takes when negative.")
    limit: Limit | None = strawberry.field(description="How often it pays; null is every time.")
    max_points: int | None = strawberry.field(
        description="How many of its points may be in the score, either way; null is any number."
    )
    expires_after_days: int | None = strawberry.field(
        description="After how many days what it pays is gone again; null is never."
    )
    half_life_days: int | None = strawberry.field(
        description="In how many days what it pays halves; null is never."
    )

    @classmethod
    def of(cls, rule: domain.Rule) -> Rule:
        return cls(
            id=strawberry.ID(ids.public("Rule", rule.id)),
            name=rule.name,
            dimension=rule.dimension,
            is_enabled=rule.is_enabled,
            activity=rule.activity,
            condition=JSON(from_condition(rule.condition)) if rule.condition else None,
            points=rule.points,
            limit=Limit.maybe(rule.limit),
            max_points=rule.max_points,
            expires_after_days=rule.expires_after,
            half_life_days=rule.half_life,
        )

    @classmethod
    def maybe(cls, rule: domain.Rule | None) -> Rule | None:
        return None if rule is None else cls.of(rule)


@strawberry.type(
    description="A numbered set of rules. A draft takes a new number with every edit; a published set never changes."
)
class RuleSet(Node):
    version: int = strawberry.field(description="Its number, to pass as `expectedVersion`.")
    state: RuleSetState = strawberry.field(description="Whether it is edited, scores, or did.")
    based_on: int | None = strawberry.field(
        description="The version the draft was opened on; null for the first."
    )
    rules: list[Rule] = strawberry.field(description="The rules, in the order they were added.")
    floor: int | None = strawberry.field(description="No score falls under it; null is none.")
    ceiling: int | None = strawberry.field(description="No score rises over it; null is none.")
    inactivity: Inactivity | None = strawberry.field(
        description="What a lead loses that does nothing; null is nothing."
    )
    comment: str | None = strawberry.field(description="What its publisher said of it.")
    rule_set: strawberry.Private[domain.RuleSet]
    created_at: datetime = strawberry.field(description="When the draft was opened.")
    created_by: Actor = strawberry.field(description="Who opened the draft.")
    published_at: datetime | None = strawberry.field(
        description="Since when it scores or scored; null for a draft."
    )
    published_by: Actor | None = strawberry.field(description="Who published it; null for a draft.")

    @strawberry.field(
        description=(
            "What is odd about its enabled rules, and what to do: conditions that contradict themselves, two rules that pay "
            "for the same, one that gives more than two fifths of all points (by the last 30 days, or the newest 10,000 "
            "entries of the history), no rule that takes points away."
        )
    )
    async def warnings(self, info: Info) -> list[str]:
        context = info.context
        since = context.house.clock() - LATELY
        payments = await context.house.history.payments(context.workspace, since)
        return [oddity_in_words(each) for each in oddities(self.rule_set, payments)]

    @classmethod
    def of(cls, rule_set: domain.RuleSet) -> RuleSet:
        published_by = rule_set.published_by
        return cls(
            id=strawberry.ID(ids.public("RuleSet", str(rule_set.version))),
            rule_set=rule_set,
            version=rule_set.version,
            state=rule_set.state,
            based_on=rule_set.based_on,
            rules=[Rule.of(rule) for rule in rule_set.rules],
            floor=rule_set.floor,
            ceiling=rule_set.ceiling,
            inactivity=Inactivity.maybe(rule_set.inactivity),
            comment=rule_set.comment,
            created_at=rule_set.created_at,
            created_by=Actor.of(rule_set.created_by),
            published_at=rule_set.published_at,
            published_by=Actor.of(published_by) if published_by else None,
        )


@strawberry.type(description="A page of the history of rules, newest first.")
class RuleSetConnection(Connection[RuleSet]):
    pass
