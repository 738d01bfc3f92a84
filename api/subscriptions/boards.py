"""Boards of leads, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from api.context import Info
from api.inputs import LeadFilterInput, LeadOrderInput
from api.live import boards as live
from api.live.again import until_read
from api.types.boards import BoardDelta, BoardSnapshot, BoardUpdate
from api.types.common import BOARD_SIZE, First, page_size
from domain.actors import Role
from persistence.boards import BoardFilter, Question
from persistence.leads import LeadOrder


@strawberry.type
class BoardSubscriptions:
    @strawberry.subscription(
        description=(
            "The first page of `leads`, kept true: a snapshot, then what changes on it, by whatever that changes. It is "
            "read again when anything of the workspace's leads was committed, at once, and at most every 100 ms. A level "
            "of the filter is a name: its scores are those that the levels in force give it, and none while there is no "
            "level of that name; when the subscription begins there must be one. Needs VIEWER."
        )
    )
    async def lead_board(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002 - the contract's name
            LeadFilterInput | None, strawberry.argument(description="Which leads; null is all.")
        ] = None,
        order_by: Annotated[
            LeadOrderInput | None,
            strawberry.argument(description="The order; the highest engagement first if null."),
        ] = None,
        first: First = BOARD_SIZE,
    ) -> AsyncGenerator[BoardUpdate, None]:
        workspace = info.context.allow(Role.VIEWER).workspace.id
        if filter:
            filter.wanted(await until_read(info.context.scoring))
        asked = Question(
            workspace,
            filter.standing() if filter else BoardFilter(),
            order_by.order() if order_by else LeadOrder(),
            page_size(first, BOARD_SIZE),
        )
        with info.context.house.boards.watch(asked) as viewing:
            async for update in viewing.updates():
                yield _told(update)


def _told(update: live.Update) -> BoardSnapshot | BoardDelta:
    return BoardSnapshot.of(update) if isinstance(update, live.Snapshot) else BoardDelta.of(update)
