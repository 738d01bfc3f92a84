"""Tier changes, live."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from api import ids
from api.context import Info
from api.live.hub import Lost, News, Wanted
from api.types.common import After
from api.types.leads import level_at
from api.types.live import LeadTierUpdate, ResyncRequired, TierChange, TierChanges
from domain.actors import Role
from domain.bounds import BULK, count
from domain.errors import refuse
from domain.levels import Dimension
from persistence.feed import Event, TierChanged
from persistence.mongo import Unreachable
from persistence.pages import malformed

_TOKEN = re.compile("[0-9A-F]{10,1000}")


@strawberry.type
class TierSubscriptions:
    @strawberry.subscription(
        description=(
            "Every tier change from now on, or from `after`, the moment it is committed. What an edit of the levels "
            "does to leads is told lead by lead, as its job goes on; `levelSetChanged` tells of the edit itself at "
            "once. Needs VIEWER."
        )
    )
    async def lead_tier_changed(
        self,
        info: Info,
        leads: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="Only of these leads, at most 1,000.")
        ] = None,
        dimension: Annotated[
            Dimension | None, strawberry.argument(description="Only in this dimension; null is both.")
        ] = None,
        levels: Annotated[
            list[str] | None,
            strawberry.argument(
                description="Only changes that enter or leave one of the levels of these names."
            ),
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[LeadTierUpdate, None]:
        info.context.allow(Role.VIEWER)
        if after is not None and not _TOKEN.fullmatch(after):
            raise malformed(after)
        wanted = _wanted(leads, dimension, levels)
        with info.context.house.hub.watch(info.context.workspace, wanted, after) as watcher:
            async for frame in watcher.frames():
                yield await _told(info, frame)


def _wanted(
    leads: list[strawberry.ID] | None, dimension: Dimension | None, levels: list[str] | None
) -> Wanted:
    refuse(count(("leads",), len(leads or ()), BULK))
    keys = None if leads is None else {ids.key_of("Lead", each, "leads") for each in leads}
    names = None if levels is None else {each.casefold() for each in levels}

    def wanted(event: Event) -> bool:
        if not isinstance(event, TierChanged):
            return False
        change = event.change
        touched = {position.level and position.level.casefold() for position in (change.before, change.after)}
        return (
            (keys is None or change.lead_id in keys)
            and (dimension is None or change.dimension is dimension)
            and (names is None or bool(names & touched))
        )

    return wanted


async def _told(info: Info, frame: list[News] | Lost) -> TierChanges | ResyncRequired:
    if isinstance(frame, Lost):
        return ResyncRequired.of(frame)
    cursor = frame[-1].event.token
    try:
        changes = [await _tier_change(info, news) for news in frame]
    except Unreachable:
        # The subscription must outlive the database's absence; its client reads afresh when it is back.
        return ResyncRequired(reason="the database could not be read for a moment", cursor=cursor)
    return TierChanges(changes=[each for each in changes if each], cursor=cursor)


async def _tier_change(info: Info, news: News) -> TierChange | None:
    """The change in full; None for a lead that was deleted meanwhile."""
    assert isinstance(news.event, TierChanged)
    change = news.event.change
    lead, scoring = await news.lead()
    before = await level_at(info, change.dimension, change.before)
    after = await level_at(info, change.dimension, change.after)
    return TierChange.of(change, lead, scoring, before, after) if lead else None
