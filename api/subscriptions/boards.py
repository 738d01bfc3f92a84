"""Boards of leads, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import ExitStack
from typing import Annotated

import strawberry

from api.context import Context, Info
from api.inputs import LeadFilterInput, LeadOrderInput
from api.live import boards as live
from api.live.again import until_read
from api.live.streams import Stream, these
from api.types.boards import BoardDelta, BoardSnapshot, BoardUpdate
from api.types.common import BOARD_SIZE, First, page_size
from domain.actors import Role
from persistence.boards import BoardFilter, Question
from persistence.leads import LeadOrder

ELSEWHERE = ""  # where every newcomer comes from: no position, but what it has seen there must not be newer


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
    ) -> AsyncIterable[BoardUpdate]:
        workspace = info.context.allow(Role.VIEWER).workspace.id
        if filter:
            filter.wanted(await until_read(info.context.scoring))
        asked = Question(
            workspace,
            filter.standing() if filter else BoardFilter(),
            order_by.order() if order_by else LeadOrder(),
            page_size(first, BOARD_SIZE),
        )
        return Stream[BoardSnapshot | BoardDelta](lambda: _Board(info.context, asked), ELSEWHERE)


class _Board:
    """A board, of which a newcomer is told all, and so is one who missed something."""

    def __init__(self, context: Context, asked: Question) -> None:
        self._watching = ExitStack()
        self._viewing = self._watching.enter_context(context.house.boards.watch(asked))

    async def frames(self) -> AsyncGenerator[BoardSnapshot | BoardDelta, None]:
        async for update in self._viewing.updates():
            yield _told(update)

    def welcome(self, after: str | None) -> AsyncGenerator[BoardSnapshot | BoardDelta, None] | None:  # noqa: ARG002 - it knows no positions
        # A delta that is on its way may be in it already: to apply it twice does no harm.
        snapshot = self._viewing.snapshot()
        return these(BoardSnapshot.of(snapshot)) if snapshot else None

    def again(self) -> AsyncGenerator[BoardSnapshot | BoardDelta, None]:
        return self.welcome(None) or these()

    async def reach(self, after: str) -> None:  # noqa: ARG002 - whatever was seen elsewhere is older
        await self._viewing.catch_up()

    def cursor(self) -> None:
        return None

    def close(self) -> None:
        self._watching.close()


def _told(update: live.Update) -> BoardSnapshot | BoardDelta:
    return BoardSnapshot.of(update) if isinstance(update, live.Snapshot) else BoardDelta.of(update)
