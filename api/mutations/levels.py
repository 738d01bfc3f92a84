"""Edits of the levels; each makes the next version of the set."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Context, Info
from api.inputs import LevelInput, replaced_by
from api.types.jobs import Job
from api.types.levels import LevelSet
from api.types.refusals import InvalidInput, LevelsOverlap, NotFound, VersionConflict
from domain import levels as domain
from domain.jobs import Job as DomainJob
from domain.levels import Announce, Dimension, added, removed, updated
from persistence.levels import Edit


@strawberry.input(description="Which levels to edit, and on what understanding.")
class LevelsEditInput:
    dimension: Dimension = strawberry.field(description="The dimension whose levels are edited.")
    expected_version: int | None = strawberry.field(
        default=None, description="The version you edit; if it is no longer current, nothing is written."
    )
    comment: str | None = strawberry.field(
        default=None, description="Why, for the history; at most 1,000 characters."
    )
    announce: Announce = strawberry.field(
        default=Announce.ALL,
        description="Which of the moves it makes automations may hear of; boards are told of all.",
    )


@strawberry.input(description="A level to add.")
class AddLevelInput(LevelsEditInput):
    level: LevelInput = strawberry.field(description="The level.")


@strawberry.input(description="A level to change.")
class UpdateLevelInput(LevelsEditInput):
    name: str = strawberry.field(description="The name that it has now, in any case.")
    level: LevelInput = strawberry.field(description="The level as it is to be, whole.")


@strawberry.input(description="A level to remove; leads in it become unclassified.")
class RemoveLevelInput(LevelsEditInput):
    name: str = strawberry.field(description="Its name, in any case.")


@strawberry.input(description="A whole table to put in the place of the present one.")
class ReplaceLevelsInput(LevelsEditInput):
    levels: list[LevelInput] = strawberry.field(description="The levels, in any order; at most 50.")


@strawberry.input(description="A version to go back to.")
class RevertLevelsInput(LevelsEditInput):
    version: int = strawberry.field(description="The version whose table is repeated as the next.")


@strawberry.type(description="The levels in force from now on, everywhere at once.")
class LevelsPayload:
    level_set: LevelSet = strawberry.field(description="The new version.")
    job: Job | None = strawberry.field(
        description="Tells the leads whose level is another now; null when no score has another level than before."
    )

    @classmethod
    def of(cls, level_set: domain.LevelSet, job: DomainJob | None) -> LevelsPayload:
        return cls(level_set=LevelSet.of(level_set, is_current=True), job=Job.of(job) if job else None)


LevelsResult = Annotated[
    LevelsPayload | InvalidInput | LevelsOverlap | VersionConflict | NotFound,
    strawberry.union("LevelsResult", description="The new version, or why there is none."),
]


async def _edited(context: Context, asked: LevelsEditInput, edit: Edit) -> LevelsPayload:
    editor = context.editor(asked.comment, asked.expected_version)
    edited = await context.house.level_sets.change(
        context.workspace, asked.dimension, edit, editor, asked.announce
    )
    return LevelsPayload.of(*edited)


@strawberry.type
class LevelMutations:
    @strawberry.mutation(description="Add a level. Needs EDITOR.")
    async def add_level(
        self,
        info: Info,
        input: Annotated[AddLevelInput, strawberry.argument(description="The level.")],  # noqa: A002
    ) -> LevelsResult:
        return await _edited(info.context, input, lambda levels: added(levels, input.level.level()))

    @strawberry.mutation(
        description="Change a level: its name, bounds, colour or motion. A level is its name: under another name its leads move. "
        "Needs EDITOR."
    )
    async def update_level(
        self,
        info: Info,
        input: Annotated[UpdateLevelInput, strawberry.argument(description="The level.")],  # noqa: A002
    ) -> LevelsResult:
        level, keeps_motion = input.level.level(), input.level.keeps_motion
        return await _edited(
            info.context,
            input,
            lambda levels: updated(levels, input.name, level, keeps_motion=keeps_motion),
        )

    @strawberry.mutation(description="Remove a level. Needs EDITOR.")
    async def remove_level(
        self,
        info: Info,
        input: Annotated[RemoveLevelInput, strawberry.argument(description="The level.")],  # noqa: A002
    ) -> LevelsResult:
        return await _edited(info.context, input, lambda levels: removed(levels, input.name))

    @strawberry.mutation(description="Replace the whole table. Needs EDITOR.")
    async def replace_levels(
        self,
        info: Info,
        input: Annotated[ReplaceLevelsInput, strawberry.argument(description="The table.")],  # noqa: A002
    ) -> LevelsResult:
        return await _edited(info.context, input, lambda levels: replaced_by(levels, input.levels))

    @strawberry.mutation(description="Make the table of an old version the next. Needs EDITOR.")
    async def revert_levels(
        self,
        info: Info,
        input: Annotated[RevertLevelsInput, strawberry.argument(description="The version.")],  # noqa: A002
    ) -> LevelsResult:
        context = info.context
        editor = context.editor(input.comment, input.expected_version)
        reverted = await context.house.level_sets.revert(
            context.workspace, input.dimension, input.version, editor, input.announce
        )
        return LevelsPayload.of(*reverted)
