"""Levels and level sets."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

import strawberry

from api import ids
from api.scalars import Color
from api.types.common import Actor, Connection, Node
from domain import levels as domain
from domain.levels import Announce, Dimension


@strawberry.type(description="One level of a table: a named, coloured range of scores.")
class Level:
    name: str = strawberry.field(description="Unique in its table, without regard to case.")
    min: int | None = strawberry.field(description="The lowest score in it; null is open at the bottom.")
    max: int | None = strawberry.field(description="The highest score in it; null is open at the top.")
    color: Color = strawberry.field(description="The badge's colour.")
    motion: str | None = strawberry.field(description="The sales action this level stands for.")
    rank: int = strawberry.field(description="Its place in the table; 1 is the lowest.")

    @classmethod
    def of(cls, level: domain.Level) -> Level:
        return _level(level)

    @classmethod
    def maybe(cls, level: domain.Level | None) -> Level | None:
        return None if level is None else _level(level)


@lru_cache(maxsize=1_000)  # every lead of a page shows one of a few
def _level(level: domain.Level) -> Level:
    return Level(
        name=level.name,
        min=level.min,
        max=level.max,
        color=Color(level.color or domain.PALETTE[0]),
        motion=level.motion,
        rank=level.rank,
    )


@strawberry.type(description="Whole scores from `min` to `max`, both inclusive.")
class ScoreRange:
    min: int | None = strawberry.field(description="The lowest score; null is open-ended.")
    max: int | None = strawberry.field(description="The highest score; null is open-ended.")


@strawberry.type(
    description="A numbered, immutable table of levels of one dimension. Every edit makes the next version."
)
class LevelSet(Node):
    dimension: Dimension = strawberry.field(description="The dimension whose scores it sorts.")
    version: int = strawberry.field(
        description="Its number; 0 is the empty table that a workspace begins with."
    )
    is_current: bool = strawberry.field(description="Whether it is the one in force.")
    levels: list[Level] = strawberry.field(description="The levels, lowest first.")
    gaps: list[ScoreRange] = strawberry.field(
        description="The scores that have no level, lowest first; leads there are unclassified."
    )
    comment: str | None = strawberry.field(description="What its maker said of it.")
    reverted_from: int | None = strawberry.field(
        description="The version it repeats, when it came by a revert."
    )
    announce: Announce = strawberry.field(
        description="Which of the moves it made automations were to hear of."
    )
    created_at: datetime = strawberry.field(description="When it came into force.")
    created_by: Actor = strawberry.field(description="Who made it.")

    @classmethod
    def of(cls, level_set: domain.LevelSet, *, is_current: bool) -> LevelSet:
        return cls(
            id=strawberry.ID(ids.public("LevelSet", f"{level_set.dimension.value}.{level_set.version}")),
            dimension=level_set.dimension,
            version=level_set.version,
            is_current=is_current,
            levels=[Level.of(level) for level in level_set.levels],
            gaps=[ScoreRange(min=gap.min, max=gap.max) for gap in level_set.gaps],
            comment=level_set.comment,
            reverted_from=level_set.reverted_from,
            announce=level_set.announce,
            created_at=level_set.created_at,
            created_by=Actor.of(level_set.created_by),
        )


@strawberry.type(description="A page of the history of levels, newest first.")
class LevelSetConnection(Connection[LevelSet]):
    pass
