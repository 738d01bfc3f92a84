"""Tier changes, live."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Annotated

import strawberry

from api import ids
from api.context import Context, Info
from api.live.again import until_read
from api.live.hub import FRAME, Lost, Wanted
from api.live.streams import Stream, these
from api.types.common import After
from api.types.leads import level_at
from api.types.live import LeadTierUpdate, ResyncRequired, TierChange, TierChanges
from domain.actors import Role
from domain.bounds import BULK, count
from domain.errors import Fault, Problem, refuse
from domain.history import ScoreChange
from domain.leads import Lead
from domain.levels import LEVELS, Dimension, level_key
from domain.scoring import Scoring
from persistence.feed import Committed, Event, TierChanged
from persistence.mongo import Unreachable
from persistence.pages import malformed

AHEAD = 1.0  # seconds in which the feed must come to a position that another process has given out
NAMES = 2 * LEVELS  # of levels, for one subscription: all that there can be in both dimensions
LOOK = 0.01  # seconds between two looks whether it has

Told = AsyncGenerator[TierChanges | ResyncRequired, None]

_TOKEN = re.compile("[0-9A-F]{10,1000}")


@strawberry.type
class TierSubscriptions:
    @strawberry.subscription(
        description=(
            "Every tier change from now on, or from `after`, the moment it is committed; under load those of 25 ms come "
            "in one message. Without `after` it first says that it has begun, by a message without changes: leads "
            "that are read from then on have every change that will not be told. What an edit of the levels does to "
            "leads is told lead by lead, as its job goes on; `levelSetChanged` tells of the edit itself at once. Needs "
            "VIEWER."
        )
    )
    def lead_tier_changed(
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
                description=(
                    "Only changes that enter or leave one of the levels of these names, at most 100. A level may be "
                    "called what it is called now or ever was; a name that none ever had is refused."
                )
            ),
        ] = None,
        after: After = None,
    ) -> AsyncIterable[LeadTierUpdate]:
        context = info.context
        context.allow(Role.VIEWER)
        after = context.position or after
        if after is not None and not _TOKEN.fullmatch(after):
            raise malformed(after)
        wanted = _wanted(leads, dimension, levels)
        check = partial(_refuse_unknown, context, dimension, dict.fromkeys(levels)) if levels else None
        return Stream[TierChanges | ResyncRequired](lambda: _Tiers(context, wanted, check), after)


def _wanted(
    leads: list[strawberry.ID] | None, dimension: Dimension | None, levels: list[str] | None
) -> Wanted:
    refuse((*count(("leads",), len(leads or ()), BULK), *count(("levels",), len(levels or ()), NAMES)))
    keys = None if leads is None else {ids.key_of("Lead", each, "leads") for each in leads}
    names = None if levels is None else {level_key(each) for each in levels}

    def wanted(event: Event) -> bool:
        if not isinstance(event, TierChanged):
            return False
        change = event.change
        return (
            (keys is None or change.lead_id in keys)
            and (dimension is None or change.dimension is dimension)
            and (names is None or bool(names & _touched(change)))
        )

    return wanted


def _touched(change: ScoreChange) -> set[str]:
    ends = (change.before.level, change.after.level)
    return {level_key(level) for level in ends if level}


async def _refuse_unknown(context: Context, dimension: Dimension | None, names: Iterable[str]) -> None:
    """Raises InvalidInput for the names that no level ever had.

    A board that comes back after a level was renamed may still ask for it by its old name.
    """
    dimensions = [dimension] if dimension else [*Dimension]
    in_force = (await context.scoring()).levels
    there = dict.fromkeys(level.name for each in dimensions for level in in_force[each].levels)
    unknown = _without(names, there)
    for each in dimensions if unknown else ():
        unknown = _without(unknown, await context.house.level_sets.names(context.workspace, each))
    refuse(Problem(("levels",), Fault.UNKNOWN_LEVEL, list(there), name) for name in unknown)


def _without(names: Iterable[str], known: Iterable[str]) -> list[str]:
    keys = set(map(level_key, known))
    return [each for each in names if level_key(each) not in keys]


class _Tiers:
    """The tier changes that are wanted: its position is the token up to which they were told, and never goes back.

    It watches from when it is asked for, so that what is read from then on has every change that it does not tell.
    *check*, which has to read, raises what is wrong with the question before anything is told.
    """

    def __init__(
        self, context: Context, wanted: Wanted, check: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._context = context
        self._check = check
        self._workspace = context.workspace
        self._wanted = wanted
        self._hub = context.house.hub
        self._watcher = self._hub.watch(self._workspace, wanted)
        self._position = self._hub.cursor
        self._is_reading = False

    async def frames(self) -> Told:
        async for frame in self._watcher.frames():
            self._is_reading = True
            told = ResyncRequired.of(frame) if isinstance(frame, Lost) else await self._in_full(frame)
            self._is_reading = False
            self._position = told.cursor
            yield told

    def welcome(self, after: str | None) -> Told | None:
        first = self._first(after)
        return self._checked(first, self._check) if self._check else first

    async def _checked(self, first: Told | None, check: Callable[[], Awaitable[None]]) -> Told:
        await until_read(check)
        self._check = None
        async for each in first or these():
            yield each

    def _first(self, after: str | None) -> Told | None:
        if after is None:  # that it has begun: what is read from now on has everything that is not told
            return these(TierChanges(changes=[], cursor=self.cursor()))
        missed = self._hub.between(self._workspace, self._wanted, after, self.cursor())
        if isinstance(missed, Lost):
            return these(ResyncRequired.of(missed))
        return self._missed(missed) if missed else None

    def again(self) -> Told:
        return these(ResyncRequired(reason="changes came faster than they were read", cursor=self.cursor()))

    async def reach(self, after: str) -> None:
        with suppress(TimeoutError):  # then it is a position that this process does not know
            async with asyncio.timeout(AHEAD):
                while self.cursor() < after:  # noqa: ASYNC110 - it is rare, and over in a moment
                    await asyncio.sleep(LOOK)

    def cursor(self) -> str:
        if self._watcher.is_idle and not self._is_reading:
            self._position = self._hub.cursor
        return self._position

    def close(self) -> None:
        self._watcher.close()

    async def _missed(self, events: Sequence[Committed]) -> Told:
        for start in range(0, len(events), FRAME):
            yield await self._in_full(events[start : start + FRAME])

    async def _in_full(self, events: Sequence[Committed]) -> TierChanges | ResyncRequired:
        """The changes, but for those of leads that were deleted meanwhile."""
        changes = [event.change for event in events if isinstance(event, TierChanged)]
        cursor = events[-1].token
        try:
            leads, scoring = await self._context.house.readings.of(
                self._workspace, (change.lead_id for change in changes)
            )
            told = [
                await self._change(change, leads[change.lead_id], scoring)
                for change in changes
                if change.lead_id in leads
            ]
        except Unreachable:
            # The subscription must outlive the database's absence; its client reads afresh when it is back.
            return ResyncRequired(reason="the database could not be read for a moment", cursor=cursor)
        return TierChanges(changes=told, cursor=cursor)

    async def _change(self, change: ScoreChange, lead: Lead, scoring: Scoring) -> TierChange:
        before = await level_at(self._context, change.dimension, change.before)
        after = await level_at(self._context, change.dimension, change.after)
        return TierChange.of(change, lead, scoring, before, after)
