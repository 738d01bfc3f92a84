"""The history of the whole workspace."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from api.context import Info
from api.types.common import After, First, page_parts, page_size
from api.types.leads import ScoreChange, ScoreChangeConnection
from domain.actors import Role
from domain.bounds import moment
from domain.errors import refuse
from domain.levels import Dimension
from persistence.history import HistoryFilter


@strawberry.type
class HistoryQueries:
    @strawberry.field(description="All score changes of the workspace, newest first. Needs VIEWER.")
    async def history(
        self,
        info: Info,
        dimension: Annotated[
            Dimension | None, strawberry.argument(description="Only this dimension's; null is both.")
        ] = None,
        tier_changes_only: Annotated[
            bool | None, strawberry.argument(description="Only those that took a lead into another level.")
        ] = False,
        since: Annotated[datetime | None, strawberry.argument(description="None before this moment.")] = None,
        first: First = 20,
        after: After = None,
    ) -> ScoreChangeConnection:
        workspace = info.context.allow(Role.VIEWER).workspace.id
        refuse(moment(("since",), since))
        wanted = HistoryFilter(dimension, bool(tier_changes_only), since)
        page = await info.context.house.history.of_workspace(workspace, wanted, page_size(first), after)
        return ScoreChangeConnection(**page_parts(page, ScoreChange.of))
