"""Levels as they are and were."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.types.common import After, First, page_parts, page_size
from api.types.levels import LevelSet, LevelSetConnection
from domain.actors import Role
from domain.levels import Dimension

Of = Annotated[Dimension, strawberry.argument(description="The dimension.")]


async def in_force(info: Info, dimension: Dimension, version: int | None) -> LevelSet:
    """The set of that version, or the current one; raises NotFound."""
    context = info.context
    current = (await context.scoring()).levels[dimension]
    if version is None or version == current.version:
        return LevelSet.of(current, is_current=True)
    past = await context.house.configuration.level_set(context.workspace, dimension, version)
    return LevelSet.of(past, is_current=False)


@strawberry.type
class LevelQueries:
    @strawberry.field(description="The levels in force, or those of a version. Needs VIEWER.")
    async def level_set(
        self,
        info: Info,
        dimension: Of,
        version: Annotated[
            int | None, strawberry.argument(description="A version; null is the current one.")
        ] = None,
    ) -> LevelSet:
        info.context.allow(Role.VIEWER)
        return await in_force(info, dimension, version)

    @strawberry.field(description="The history of the levels, newest first. Needs VIEWER.")
    async def level_sets(
        self, info: Info, dimension: Of, first: First = 20, after: After = None
    ) -> LevelSetConnection:
        context = info.context
        current = (await context.scoring()).levels[dimension]
        page = await context.house.level_sets.page(context.workspace, dimension, page_size(first), after)
        return LevelSetConnection(
            **page_parts(page, lambda each: LevelSet.of(each, is_current=each.version == current.version))
        )
