"""The refusals of the contract: expected failures as data."""

from __future__ import annotations

import strawberry

from api.types.levels import Level


@strawberry.interface(description="A refusal: nothing was changed, and the message says why and what to do.")
class UserError:
    message: str = strawberry.field(description="What was refused, why, and the way out; for people.")


@strawberry.type(description="One faulty field of an input.")
class InputProblem:
    path: list[str] = strawberry.field(
        description="Where the field stands in the input, or in its item of a bulk; list items by index."
    )
    message: str = strawberry.field(description="The reason and the bound, to be read after the path.")


@strawberry.type(description="The input breaks bounds; every problem that was found is listed.")
class InvalidInput(UserError):
    problems: list[InputProblem] = strawberry.field(description="Each faulty field, with reason and bound.")


@strawberry.type(description="The reference names no lead of this workspace.")
class LeadNotFound(UserError):
    pass


@strawberry.type(description="The id or name names nothing in this workspace.")
class NotFound(UserError):
    id: strawberry.ID | None = strawberry.field(
        description="The id that was asked for; null when it was a name or a number."
    )


@strawberry.type(description="Two levels claim the same scores.")
class LevelsOverlap(UserError):
    first: Level = strawberry.field(description="The lower of the two, as it was to be.")
    second: Level = strawberry.field(description="The higher of the two, as it was to be.")


@strawberry.type(
    description="Somebody else edited first; nothing of theirs was lost and nothing was written."
)
class VersionConflict(UserError):
    current_version: int = strawberry.field(description="The version to read and edit now.")


@strawberry.type(description="There is no draft to publish.")
class NothingToPublish(UserError):
    pass


@strawberry.type(description="The workspace has levels or rules of its own already.")
class AlreadyConfigured(UserError):
    pass
