"""Where a lead stands, and why."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.types.levels import Level
from api.types.rules import Rule
from domain import leads as domain
from domain.levels import Dimension
from domain.pricing import is_full
from domain.scoring import Scoring


@strawberry.type(description="What one source has given to a score.")
class Contribution:
    rule: Rule | None = strawberry.field(
        description="The rule, as it is published now; null for adjustments and for a rule since removed."
    )
    source: str = strawberry.field(description="The rule's name when it last paid, or `Adjustments`.")
    points: float = strawberry.field(description="The points that it has in the score now.")
    uses: int = strawberry.field(description="How often it moved the score.")
    capped: bool = strawberry.field(
        description="Whether it gives no more for now, as the rule's `maxPoints` are in the score."
    )

    @classmethod
    def of(cls, source: str, given: domain.Contribution, scoring: Scoring) -> Contribution:
        rule = scoring.rules.rule(source)
        return cls(
            rule=Rule.maybe(rule),
            source=given.name,
            points=given.points,
            uses=given.uses,
            capped=rule is not None and is_full(rule, given.points),
        )


@strawberry.type(description="A lead's score in one dimension, the level it lies in, and why.")
class Standing:
    dimension: Dimension = strawberry.field(description="The dimension.")
    score: int = strawberry.field(description="The sum of the lead's history in this dimension.")
    level: Level | None = strawberry.field(
        description="The level that the score lies in by the levels in force now; null is unclassified."
    )
    since: datetime = strawberry.field(description="Since when the lead is in this level.")
    standing: strawberry.Private[domain.Standing]
    scoring: strawberry.Private[Scoring]

    @strawberry.field(description="The sources that the score is the sum of, in the order they first paid.")
    def contributions(self) -> list[Contribution]:
        given = self.standing.contributions.items()
        return [Contribution.of(source, contribution, self.scoring) for source, contribution in given]

    @classmethod
    def of(cls, dimension: Dimension, standing: domain.Standing, scoring: Scoring) -> Standing:
        levels = scoring.levels[dimension]
        position = scoring.position(dimension, standing.score)
        return cls(
            dimension=dimension,
            score=standing.score,
            level=Level.maybe(levels.level_of(standing.score)),
            since=standing.since if position.in_level_of(standing.announced) else levels.created_at,
            standing=standing,
            scoring=scoring,
        )
