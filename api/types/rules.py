"""Rules and rule sets."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api import ids
from api.types.common import Actor, Node
from domain import rules as domain
from domain.levels import Dimension
from domain.rules import RuleSetState


@strawberry.type(description="A price: what an activity is worth.")
class Rule(Node):
    name: str = strawberry.field(description="What it pays for, as people say it.")
    dimension: Dimension = strawberry.field(description="The dimension whose score it moves.")
    is_enabled: bool = strawberry.field(
        description="Whether it pays; a disabled rule still explains why it does not."
    )
    activity: str | None = strawberry.field(description="The activity kind that triggers it.")
    points: int = strawberry.field(description="What it gives, or takes when negative.")

    @classmethod
    def of(cls, rule: domain.Rule) -> Rule:
        return cls(
            id=strawberry.ID(ids.public("Rule", rule.id)),
            name=rule.name,
            dimension=rule.dimension,
            is_enabled=rule.is_enabled,
            activity=rule.activity,
            points=rule.points,
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
    comment: str | None = strawberry.field(description="What its publisher said of it.")
    created_at: datetime = strawberry.field(description="When the draft was opened.")
    created_by: Actor = strawberry.field(description="Who opened the draft.")
    published_at: datetime | None = strawberry.field(
        description="Since when it scores or scored; null for a draft."
    )
    published_by: Actor | None = strawberry.field(description="Who published it; null for a draft.")

    @classmethod
    def of(cls, rule_set: domain.RuleSet) -> RuleSet:
        published_by = rule_set.published_by
        return cls(
            id=strawberry.ID(ids.public("RuleSet", str(rule_set.version))),
            version=rule_set.version,
            state=rule_set.state,
            based_on=rule_set.based_on,
            rules=[Rule.of(rule) for rule in rule_set.rules],
            floor=rule_set.floor,
            ceiling=rule_set.ceiling,
            comment=rule_set.comment,
            created_at=rule_set.created_at,
            created_by=Actor.of(rule_set.created_by),
            published_at=rule_set.published_at,
            published_by=Actor.of(published_by) if published_by else None,
        )
