"""Changes of levels, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from api.context import Info
from api.live.again import until_read
from api.live.hub import Lost
from api.types.levels import LevelSet
from domain.actors import Role
from domain.levels import Dimension
from persistence.feed import Event, LevelsChanged


@strawberry.type
class LevelSubscriptions:
    @strawberry.subscription(
        description=(
            "Every new level set, the moment it comes into force. Needs VIEWER. After a gap in the feed the sets "
            "in force are sent again."
        )
    )
    async def level_set_changed(
        self,
        info: Info,
        dimension: Annotated[
            Dimension | None, strawberry.argument(description="Only of this dimension; null is both.")
        ] = None,
    ) -> AsyncGenerator[LevelSet, None]:
        workspace = info.context.allow(Role.VIEWER).workspace.id

        def wanted(event: Event) -> bool:
            return isinstance(event, LevelsChanged) and dimension in (None, event.level_set.dimension)

        with info.context.house.hub.watch(workspace, wanted) as watcher:
            async for frame in watcher.frames():
                if isinstance(frame, Lost):
                    sets = tuple((await until_read(info.context.scoring)).levels.values())
                else:
                    sets = tuple(
                        news.event.level_set for news in frame if isinstance(news.event, LevelsChanged)
                    )
                newest = {each.dimension: each.version for each in sets}
                for each in sets:
                    if dimension in (None, each.dimension):
                        yield LevelSet.of(each, is_current=each.version == newest[each.dimension])
