"""How leads are spread over levels, how an edit would move them, and which thresholds would suit them."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.errors import problem_in_words, refusal
from api.inputs import LevelInput, replaced_by
from api.queries.levels import Of
from api.types.distribution import LevelMatrix, LevelsPreview, TierDistribution
from api.types.levels import Level
from api.types.refusals import InputProblem
from domain.actors import Role
from domain.distribution import moves
from domain.errors import InvalidInput, LevelsOverlap
from domain.levels import Dimension
from domain.stretches import stretches


@strawberry.type
class DistributionQueries:
    @strawberry.field(
        description="How leads are spread over a dimension's levels, by their scores now. Needs VIEWER."
    )
    async def tier_distribution(self, info: Info, dimension: Of) -> TierDistribution:
        context = info.context
        level_set = (await context.scoring()).levels[dimension]
        return TierDistribution.of(level_set, await context.house.scores.spread(context.workspace, level_set))

    @strawberry.field(
        description="How many leads have each pair of engagement and profile levels. Needs VIEWER."
    )
    async def level_matrix(self, info: Info) -> LevelMatrix:
        context = info.context
        levels = (await context.scoring()).levels
        engagement, profile = levels[Dimension.ENGAGEMENT].levels, levels[Dimension.PROFILE].levels
        counts = await context.house.scores.matrix(context.workspace, engagement, profile)
        return LevelMatrix.of(counts, engagement, profile)

    @strawberry.field(
        description=(
            "What `replaceLevels` with this table would do to the leads there are, without doing it; a table that would "
            "be refused is answered by its problems. Needs VIEWER."
        )
    )
    async def preview_levels(
        self,
        info: Info,
        dimension: Of,
        levels: Annotated[
            list[LevelInput], strawberry.argument(description="The table as it would be, whole.")
        ],
    ) -> LevelsPreview:
        context = info.context
        scoring = await context.scoring()
        current, scores = scoring.levels[dimension].levels, context.house.scores
        try:
            wanted = replaced_by(current, levels)
        except InvalidInput as error:
            problems = [problem_in_words(each) for each in error.problems]
        except LevelsOverlap as error:
            problems = [InputProblem(path=["levels"], message=refusal(error).message)]
        else:
            counts = await scores.counts(context.workspace, dimension, stretches(current, wanted))
            firings = await context.house.foresight.of_levels(
                context.workspace, dimension, wanted, moves(counts), scoring, context.house.clock()
            )
            return LevelsPreview.of(dimension, wanted, counts, firings)
        return LevelsPreview.refused(
            problems, await scores.counts(context.workspace, dimension, stretches(current))
        )

    @strawberry.field(
        description=(
            "A table whose levels would have those shares of today's leads, for a preview or `replaceLevels`; known names keep colour and motion. Leads of "
            "the same score stay together; what that makes a level miss, the levels above it share. Levels for which no "
            "leads are left lie above all leads, 25 points apart. Needs VIEWER."
        )
    )
    async def suggest_levels(
        self,
        info: Info,
        dimension: Of,
        names: Annotated[list[str], strawberry.argument(description="The levels, lowest first; at most 50.")],
        shares: Annotated[
            list[float],
            strawberry.argument(
                description="The share of each, at least 0.001; together 1, give or take 0.02."
            ),
        ],
    ) -> list[Level]:
        context = info.context
        workspace = context.allow(Role.VIEWER).workspace.id
        found = await context.house.scores.thresholds(workspace, dimension, names, shares)
        current = (await context.scoring()).levels[dimension].levels
        return [Level.of(each) for each in found.levels(names, current)]
