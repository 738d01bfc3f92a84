"""Quick start: levels and rules at once, from a template."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.types.levels import LevelSet
from api.types.refusals import AlreadyConfigured, NotFound
from api.types.rules import RuleSet
from domain import errors
from domain.actors import Role
from domain.templates import TEMPLATES


@strawberry.input(description="What to start from.")
class QuickStartInput:
    template: str = strawberry.field(description="The template's name, as `templates` lists it.")


@strawberry.type(description="The levels and rules in force from now on.")
class QuickStartPayload:
    level_sets: list[LevelSet] = strawberry.field(description="The levels of engagement and of profile.")
    rule_set: RuleSet = strawberry.field(description="The rules, published.")


QuickStartResult = Annotated[
    QuickStartPayload | NotFound | AlreadyConfigured,
    strawberry.union("QuickStartResult", description="What was set up, or why nothing was."),
]


@strawberry.type
class QuickStartMutations:
    @strawberry.mutation(
        description=(
            "Put a template's levels and rules in force, in a workspace that has none. Everything can be edited "
            "and reverted afterwards. Needs EDITOR."
        )
    )
    async def quick_start(
        self,
        info: Info,
        input: Annotated[QuickStartInput, strawberry.argument(description="What to start from.")],  # noqa: A002
    ) -> QuickStartResult:
        context = info.context
        context.allow(Role.EDITOR)
        template = TEMPLATES.get(input.template.strip().casefold())
        if template is None:
            raise errors.NotFound("Template", input.template)
        editor = context.editor(f"Quick start: {template.title}", None)
        level_sets, rule_set = await context.house.quick_start.begin(context.workspace, template, editor)
        return QuickStartPayload(
            level_sets=[LevelSet.of(each, is_current=True) for each in level_sets],
            rule_set=RuleSet.of(rule_set),
        )
