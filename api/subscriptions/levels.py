"""Changes of levels, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from typing import Annotated

import strawberry

from api.context import Context, Info
from api.live.again import until_read
from api.live.hub import Frame, Lost
from api.live.streams import Stream, these
from api.types.levels import LevelSet
from domain import levels as domain
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
    def level_set_changed(
        self,
        info: Info,
        dimension: Annotated[
            Dimension | None, strawberry.argument(description="Only of this dimension; null is both.")
        ] = None,
    ) -> AsyncIterable[LevelSet]:
        context = info.context
        context.allow(Role.VIEWER)
        return Stream[LevelSet](lambda: _LevelSets(context, dimension))


class _LevelSets:
    """The level sets of one dimension or both, each told once."""

    def __init__(self, context: Context, dimension: Dimension | None) -> None:
        self._context = context
        self._dimension = dimension
        self._newest: dict[Dimension, domain.LevelSet] = {}  # of those that were told
        self._watcher = context.house.hub.watch(context.workspace, self._wanted)

    def _wanted(self, event: Event) -> bool:
        return isinstance(event, LevelsChanged) and self._dimension in (None, event.level_set.dimension)

    async def frames(self) -> AsyncGenerator[LevelSet, None]:
        async for frame in self._watcher.frames():
            sets = [each for each in await self._sets(frame) if self._is_news(each)]
            newest = {each.dimension: each for each in sets}
            for each in sets:
                self._newest[each.dimension] = each
                yield LevelSet.of(each, is_current=each is newest[each.dimension])

    async def _sets(self, frame: Frame) -> Iterable[domain.LevelSet]:
        if isinstance(frame, Lost):
            return (await until_read(self._context.scoring)).levels.values()
        return [event.level_set for event in frame if isinstance(event, LevelsChanged)]

    def _is_news(self, level_set: domain.LevelSet) -> bool:
        known = self._newest.get(level_set.dimension)
        return self._dimension in (None, level_set.dimension) and (
            known is None or level_set.version > known.version
        )

    def welcome(self, after: str | None) -> None:  # noqa: ARG002 - it knows no positions
        return None

    def again(self) -> AsyncGenerator[LevelSet, None]:
        return these(*(LevelSet.of(each, is_current=True) for each in self._newest.values()))

    async def reach(self, after: str) -> None:
        pass

    def cursor(self) -> None:
        return None

    def close(self) -> None:
        self._watcher.close()
