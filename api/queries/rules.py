"""Rules as they are and were."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.types.rules import RuleSet
from domain.actors import Role
from domain.rules import RuleSetState


@strawberry.type
class RuleQueries:
    @strawberry.field(
        description="The newest rule set in a state, or the one of a version; null when there is none. Needs VIEWER."
    )
    async def rule_set(
        self,
        info: Info,
        state: Annotated[
            RuleSetState | None,
            strawberry.argument(description="The state; ignored when a version is given."),
        ] = RuleSetState.PUBLISHED,
        version: Annotated[int | None, strawberry.argument(description="A version in any state.")] = None,
    ) -> RuleSet | None:
        workspace = info.context.allow(Role.VIEWER).workspace.id
        rule_sets = info.context.house.rule_sets
        if version is not None:
            found = await rule_sets.numbered(workspace, version)
        else:
            found = await rule_sets.in_state(workspace, state or RuleSetState.PUBLISHED)
        return RuleSet.of(found) if found else None
