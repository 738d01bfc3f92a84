"""The past of leads: all they did that was not retracted, and all points that were given to them by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from itertools import groupby
from operator import itemgetter

from domain.history import Adjustment, Cause
from domain.leads import Lead
from domain.levels import Dimension
from domain.scoring import Adjusted, Outcome, Past, Scoring, Timeline, rescored
from persistence.background import ahead
from persistence.declared import BY_HAND
from persistence.documents import Document, to_activity
from persistence.history import OF_LEAD
from persistence.mongo import Cursor, Mongo, Session

IN_ORDER = [("workspace", 1), ("lead", 1), ("version", 1)]
UNSEEN = {"workspace": False, "key": False, "changes": False}  # by replay
LONG = 500  # activities and adjustments: some milliseconds' work
TURN = 100  # activities and adjustments after which others have a turn: a millisecond's work
LEAST = 10  # for so many counts a lead for which nothing ever happened
PORTION = 1_000  # documents of one answer


async def pasts(
    mongo: Mongo, workspace: str, leads: Sequence[Lead], session: Session | None = None
) -> AsyncGenerator[tuple[Lead, Past], None]:
    """Each lead with its past, one after the other: all of them at once may be more than fits.

    Others have their turn between; and what comes next is read while this is worked on.
    """
    adjustments = await _adjustments(mongo, workspace, leads, session)
    ordered = sorted(leads, key=lambda lead: lead.id)
    wanted = {"workspace": workspace, "lead": {"$in": [lead.id for lead in ordered]}}
    found = mongo.unzoned.activities.find(wanted, UNSEEN, session=session, hint=OF_LEAD, batch_size=PORTION)
    async with aclosing(_by_lead(found.sort(OF_LEAD))) as some:
        coming: Sequence[Document] = ()
        since_turn = 0
        for lead in ordered:
            # Not before it is this one's turn: two long pasts may be more than fits.
            coming = coming or await anext(some, [])  # Python 3.11 fails where the default is a tuple
            own: Sequence[Document] = ()
            if coming and coming[0]["lead"] == lead.id:
                own, coming = coming, ()
            activities = [to_activity(each) for each in own if "is_retracted" not in each]
            by_hand = [each for lead_id in lead.ids for each in adjustments.get(lead_id, ())]
            yield lead, Past(activities, sorted(by_hand, key=lambda each: each.at))
            since_turn += len(activities) + len(by_hand) + LEAST
            if since_turn >= TURN:
                since_turn = 0
                await asyncio.sleep(0)


async def _by_lead(found: Cursor) -> AsyncGenerator[Sequence[Document], None]:
    """The activities of each lead together; those of one may come in several portions."""
    own: list[Document] = []
    async with aclosing(_portions(found)) as portions, aclosing(ahead(portions)) as coming:
        async for portion in coming:
            for lead, some in groupby(portion, key=itemgetter("lead")):
                if own and own[0]["lead"] != lead:
                    yield own
                    own = []
                own += some
    if own:
        yield own


async def _portions(found: Cursor) -> AsyncGenerator[list[Document], None]:
    while portion := await found.to_list(PORTION):
        yield portion


async def _adjustments(
    mongo: Mongo, workspace: str, leads: Sequence[Lead], session: Session | None
) -> Mapping[str, Sequence[Adjusted]]:
    """The adjustments by the lead that they were made of, which may have become part of another since."""
    ids = [each for lead in leads for each in lead.ids]
    wanted = {"workspace": workspace, "cause": {"$in": list(BY_HAND)}, "lead": {"$in": ids}}
    shown = ["lead", "dimension", "at", "adjusted", "parts.points"]
    found = mongo.score_changes.find(wanted, shown, session=session, hint="by_hand", batch_size=PORTION)
    by_lead: dict[str, list[Adjusted]] = {}
    async for each in found.sort(IN_ORDER):
        by_lead.setdefault(each["lead"], []).append(_adjusted(each))
    return by_lead


def _adjusted(entry: Document) -> Adjusted:
    asked = entry.get("adjusted") or {"delta": entry["parts"][0]["points"]}  # entries of before know no more
    return Adjusted(entry["at"], Dimension(entry["dimension"]), Adjustment(**asked))


async def anew(
    lead: Lead,
    past: Past,
    dimensions: Iterable[Dimension],
    scoring: Scoring,
    timeline: Timeline,
    cause: Cause,
) -> Outcome:
    """The lead as replay makes it; a long past is replayed in a thread, for it would hold up all others."""
    if len(past.activities) + len(past.adjustments) < LONG:
        return rescored(lead, past, dimensions, scoring, timeline, cause)
    return await asyncio.to_thread(rescored, lead, past, dimensions, scoring, timeline, cause)
