"""Where a lead stands, and why."""

from __future__ import annotations

import asyncio
from datetime import datetime

import strawberry

from api.types.levels import Level
from api.types.rules import Rule
from domain import contributions as domain
from domain.leads import Lead
from domain.levels import Dimension
from domain.pricing import is_full
from domain.scoring import Scoring, upcoming


@strawberry.type(description="What one source has given to a score.")
class Contribution:
    rule: Rule | None = strawberry.field(
        description="The rule, as it is published now; null for other sources, and for a rule since removed."
    )
    source: str = strawberry.field(
        description="The rule's name when it last paid, or `Adjustments`, or `Inactivity`."
    )
    points: float = strawberry.field(
        description="The points that it has in the score; a fraction where some of them halve."
    )
    uses: int = strawberry.field(description="How often it paid, be its points in the score still or not.")
    capped: bool = strawberry.field(
        description="Whether it gives no more for now, as the rule's `maxPoints` are in the score."
    )
    expires_at: datetime | None = strawberry.field(
        description="When the next of its points expire; null when none do."
    )

    @classmethod
    def of(cls, source: str, given: domain.Contribution, points: float, scoring: Scoring) -> Contribution:
        rule = scoring.rules.rule(source)
        return cls(
            rule=Rule.maybe(rule),
            source=given.name,
            points=points,
            uses=given.uses,
            capped=rule is not None and is_full(rule, points),
            expires_at=given.expiring[0].at if given.expiring else None,
        )


@strawberry.type(description="A level that is to come.")
class UpcomingLevel:
    level: Level | None = strawberry.field(description="The level; null is none.")
    at: datetime = strawberry.field(description="When, to the second.")


@strawberry.type(description="A lead's score in one dimension, the level it lies in, and why.")
class Standing:
    dimension: Dimension = strawberry.field(description="The dimension.")
    score: int = strawberry.field(description="The sum of the lead's history in this dimension.")
    level: Level | None = strawberry.field(
        description="The level that the score lies in by the levels in force now; null is unclassified."
    )
    since: datetime = strawberry.field(description="Since when the lead is in this level.")
    lead: strawberry.Private[Lead]
    scoring: strawberry.Private[Scoring]

    @strawberry.field(
        description=(
            "The sources of the score, in the order they first paid: their sum, rounded (half to even) and held between "
            "floor and ceiling, is the score."
        )
    )
    def contributions(self) -> list[Contribution]:
        given, at = self.lead.standing(self.dimension).contributions, self.lead.settled_at
        return [
            Contribution.of(source, each, domain.worth_of(source, given, at), self.scoring)
            for source, each in given.items()
        ]

    @strawberry.field(
        description=(
            "The level that the lead will next be in, and when, if nothing but time happens: points expire or halve, or "
            "inactivity takes some. Null when that is not within ten years, or after more than a thousand such losses."
        )
    )
    async def next(self) -> UpcomingLevel | None:
        await asyncio.sleep(0)  # others have their turn: it is looked far ahead, and for every lead of a page
        found = upcoming(self.lead, self.dimension, self.scoring)
        if found is None:
            return None
        position, at = found
        return UpcomingLevel(
            level=Level.maybe(self.scoring.levels[self.dimension].named(position.level)), at=at
        )

    @classmethod
    def of(cls, dimension: Dimension, lead: Lead, scoring: Scoring) -> Standing:
        standing, levels = lead.standing(dimension), scoring.levels[dimension]
        position = scoring.position(dimension, standing.score)
        return cls(
            dimension=dimension,
            score=standing.score,
            level=Level.maybe(levels.level_of(standing.score)),
            since=standing.since if position.in_level_of(standing.announced) else levels.created_at,
            lead=lead,
            scoring=scoring,
        )
