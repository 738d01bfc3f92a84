"""How leads are spread over levels, and how an edit would move them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import strawberry

from api.context import Context, Info
from api.types.automations import AutomationImpact
from api.types.leads import Lead
from api.types.levels import Level, ScoreRange
from api.types.refusals import InputProblem
from api.warnings import in_words
from domain import distribution as domain
from domain.distribution import Counts
from domain.leads import Lead as DomainLead
from domain.levels import Dimension, LevelSet, gaps
from domain.levels import Level as DomainLevel
from persistence.foresight import Firings
from persistence.rehearsal import Crossing, Rehearsal
from persistence.scores import Spread

Find = Callable[[Context], Awaitable[Sequence[DomainLead]]]
SAMPLE = 5  # leads shown of a move: enough to see whom it is about


@strawberry.type(description="How many leads have a level.")
class LevelShare:
    level: Level | None = strawberry.field(description="The level; null is unclassified.")
    leads: int = strawberry.field(description="How many leads have it.")
    share: float = strawberry.field(description="What share of all leads that is, 0 to 1.")

    @classmethod
    def of(cls, share: domain.LevelShare) -> LevelShare:
        return cls(level=Level.maybe(share.level), leads=share.leads, share=share.share)


@strawberry.type(description="How a dimension's leads are spread over its levels, now.")
class TierDistribution:
    dimension: Dimension = strawberry.field(description="The dimension.")
    total: int = strawberry.field(description="How many leads there are.")
    shares: list[LevelShare] = strawberry.field(
        description=(
            "One for each level, lowest first, and where some scores have no level, one more for the unclassified."
        )
    )
    warnings: list[str] = strawberry.field(
        description=(
            "What is odd, and what to do: no levels at all, leads without a level, levels without leads, more than a "
            "fifth of all leads in the highest level."
        )
    )

    @classmethod
    def of(cls, level_set: LevelSet, spread: Spread) -> TierDistribution:
        return cls(
            dimension=level_set.dimension,
            total=sum(spread.counts.values()),
            shares=[LevelShare.of(each) for each in domain.shares(spread.counts)],
            warnings=[in_words(each) for each in domain.warnings(spread.counts, spread.extents)],
        )


@strawberry.type(description="Leads that have one engagement level and one profile level.")
class LevelMatrixCell:
    engagement: Level | None = strawberry.field(description="The engagement level; null is unclassified.")
    profile: Level | None = strawberry.field(description="The profile level; null is unclassified.")
    leads: int = strawberry.field(description="How many leads have both.")


@strawberry.type(description="How leads are spread over both dimensions, now.")
class LevelMatrix:
    total: int = strawberry.field(description="How many leads there are.")
    cells: list[LevelMatrixCell] = strawberry.field(
        description=(
            "One for every pair of levels, with or without leads, the lowest first; and of the unclassified, those "
            "that have leads."
        )
    )

    @classmethod
    def of(
        cls, counts: domain.Pairs, engagement: tuple[DomainLevel, ...], profile: tuple[DomainLevel, ...]
    ) -> LevelMatrix:
        pairs = [(row, column) for row in (*engagement, None) for column in (*profile, None)]
        cells = [
            LevelMatrixCell(
                engagement=Level.maybe(row), profile=Level.maybe(column), leads=counts.get((row, column), 0)
            )
            for row, column in pairs
            if (row and column) or (row, column) in counts
        ]
        return cls(total=sum(counts.values()), cells=cells)


@strawberry.type(description="Leads that an edit would take from one level to another.")
class LevelMove:
    from_: Level | None = strawberry.field(
        name="from", description="The level they have now; null is unclassified."
    )
    to: Level | None = strawberry.field(description="The level they would have; null is unclassified.")
    dimension: Dimension = strawberry.field(description="The dimension of the levels.")
    leads: int = strawberry.field(description="How many leads would move so.")
    find: strawberry.Private[Find]

    @strawberry.field(description="Up to five of them, as they are now.")
    async def sample(self, info: Info) -> list[Lead]:
        scoring = await info.context.scoring()
        return [Lead.of(each, scoring) for each in await self.find(info.context)]

    @classmethod
    def of(cls, dimension: Dimension, move: domain.LevelMove) -> LevelMove:
        async def by_score(context: Context) -> Sequence[DomainLead]:
            return await context.house.scores.sample(context.workspace, dimension, move.scores, SAMPLE)

        before, after = Level.maybe(move.before), Level.maybe(move.after)
        return cls(from_=before, to=after, dimension=dimension, leads=move.leads, find=by_score)

    @classmethod
    def rehearsed(cls, crossing: Crossing, leads: Sequence[DomainLead]) -> LevelMove:
        async def first(_: Context) -> Sequence[DomainLead]:
            return leads[:SAMPLE]

        dimension, before, after = crossing
        return cls(
            from_=Level.maybe(before),
            to=Level.maybe(after),
            dimension=dimension,
            leads=len(leads),
            find=first,
        )


def _impacts(firings: Firings) -> list[AutomationImpact]:
    """The automations by how often they would be set off, the most first."""
    ordered = sorted(firings.items(), key=lambda each: (-each[1], each[0].id))
    return [AutomationImpact.of(*each) for each in ordered]


@strawberry.type(
    description="What publishing the draft with `rescore: REPLAY` would do. Nothing is changed by asking."
)
class RulesPreview:
    leads: int = strawberry.field(
        description="How many leads were looked at: of many, some of the 1,000 that were active last."
    )
    total: int = strawberry.field(
        description="How many leads there are; where that is more, the answer is a sample."
    )
    changed: int = strawberry.field(description="How many of those looked at would have another score.")
    moves: list[LevelMove] = strawberry.field(
        description="Every move from level to level among those looked at, the one of most leads first."
    )
    automations: list[AutomationImpact] = strawberry.field(
        description="The automations that those looked at would set off, with `announce: ALL`."
    )

    @classmethod
    def of(cls, rehearsal: Rehearsal) -> RulesPreview:
        moves = [LevelMove.rehearsed(*each) for each in rehearsal.moves.items()]
        return cls(
            leads=rehearsal.leads,
            total=rehearsal.total,
            changed=rehearsal.changed,
            moves=sorted(moves, key=lambda move: -move.leads),
            automations=_impacts(rehearsal.firings),
        )


@strawberry.type(description="What an edit of the levels would do. Nothing is changed by asking.")
class LevelsPreview:
    gaps: list[ScoreRange] = strawberry.field(
        description="The scores that would have no level, lowest first."
    )
    before: list[LevelShare] = strawberry.field(description="How leads are spread now.")
    after: list[LevelShare] = strawberry.field(
        description="How they would be; empty where there are problems."
    )
    moves: list[LevelMove] = strawberry.field(
        description="Every move from level to level, the one of most leads first."
    )
    automations: list[AutomationImpact] = strawberry.field(
        description=(
            "The automations that it would set off, with `announce: ALL`. Those that look at the lead, or remember it, are "
            "held against up to 2,000 leads of each move, and the others taken to be alike."
        )
    )
    problems: list[InputProblem] = strawberry.field(
        description="Why the table would be refused; empty when it would be taken."
    )

    @classmethod
    def of(
        cls, dimension: Dimension, levels: tuple[DomainLevel, ...], counts: Counts, firings: Firings
    ) -> LevelsPreview:
        """The preview of a table; *counts* are cut by the present one and by *levels*."""
        return cls(
            gaps=[ScoreRange(min=gap.min, max=gap.max) for gap in gaps(levels)],
            before=[LevelShare.of(each) for each in domain.shares(counts)],
            after=[LevelShare.of(each) for each in domain.shares(counts, 1)],
            moves=[LevelMove.of(dimension, each) for each in domain.moves(counts)],
            automations=_impacts(firings),
            problems=[],
        )

    @classmethod
    def refused(cls, problems: list[InputProblem], counts: Counts) -> LevelsPreview:
        """The preview of what is no table."""
        before = [LevelShare.of(each) for each in domain.shares(counts)]
        return cls(gaps=[], before=before, after=[], moves=[], automations=[], problems=problems)
