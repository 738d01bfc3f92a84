"""Telling leads what an edit of the levels made of their level: leads that stood alike are told alike, all at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from pymongo import UpdateMany

from domain.history import ScoreChange, entry_id
from domain.leads import Position
from domain.levels import Announce, Dimension
from domain.scoring import Scoring, announcement
from domain.scoring import tell as tell_lead
from persistence.batch import Batch
from persistence.commits import Passage, keep_all, leads_of, write
from persistence.documents import Document, from_score_change, to_position, told_update
from persistence.mongo import at_once

Told = tuple[
    ScoreChange, Sequence[Document]
]  # what leads are told, as for the first of them, and those leads


async def tell(passage: Passage, workspace: str, dimension: Dimension, ids: Sequence[str]) -> int:
    """Announce each of these leads in the level that its score has, where it is not already; how many that are."""
    if _is_awaited(passage.scoring, dimension):
        return await _tell_singly(passage, workspace, dimension, ids)
    told = list(_told(await _standing(passage, workspace, dimension, ids), dimension, passage))
    entries = [each for group in told for each in _entries(workspace, *group)]
    if entries:
        await passage.mongo.leads.bulk_write(list(_updates(told, passage)), session=passage.session)
        await passage.mongo.score_changes.insert_many(entries, session=passage.session)
    return len(entries)


def _is_awaited(scoring: Scoring, dimension: Dimension) -> bool:
    """Whether an automation may be set off by what leads are told; then each is looked at by itself."""
    return scoring.levels[dimension].announce is not Announce.SILENT and any(
        each.plan.is_enabled and each.plan.trigger.is_of_levels and each.plan.trigger.dimension is dimension
        for each in scoring.automations
    )


async def _tell_singly(passage: Passage, workspace: str, dimension: Dimension, ids: Sequence[str]) -> int:
    leads = await leads_of(passage.mongo, workspace, ids, passage.session)
    batch = Batch(workspace, passage.scoring, leads, {}, passage.now)
    outcomes = (tell_lead(lead, dimension, passage.scoring, passage.now) for lead in leads)
    await keep_all(batch, (each for each in outcomes if each.told))
    await write(batch, passage)
    return len(batch.score_changes)


async def _standing(
    passage: Passage, workspace: str, dimension: Dimension, ids: Sequence[str]
) -> Mapping[Position, Sequence[Document]]:
    """The leads by where they are announced to stand; of each no more than it takes to tell it."""
    name = dimension.value.lower()
    shown = ["version", *(f"{name}.{part}" for part in ("score", "level", "level_set"))]
    wanted = {"_id": {"$in": ids}, "workspace": workspace}
    alike: dict[Position, list[Document]] = defaultdict(list)
    found = passage.mongo.leads.find(
        wanted, shown, session=passage.session, hint="_id_", batch_size=at_once(len(ids))
    )
    for lead in await found.to_list(None):
        alike[to_position(lead[name])].append(lead)
    return alike


def _told(
    standing: Mapping[Position, Sequence[Document]], dimension: Dimension, passage: Passage
) -> Iterator[Told]:
    for announced, leads in standing.items():
        lead_id, version = leads[0]["_id"], leads[0]["version"] + 1
        entry = announcement(lead_id, version, dimension, announced, passage.scoring, passage.now)
        if entry is not None:
            yield entry, leads


def _entries(workspace: str, entry: ScoreChange, leads: Sequence[Document]) -> Iterator[Document]:
    document = from_score_change(workspace, entry)
    for lead in leads:
        lead_id, version = lead["_id"], lead["version"] + 1
        yield {**document, "_id": entry_id(lead_id, version), "lead": lead_id, "version": version}


def _updates(told: Sequence[Told], passage: Passage) -> Iterator[UpdateMany]:
    """One statement for each level that leads come into."""
    levels: dict[str | None, list[Told]] = defaultdict(list)
    for entry, leads in told:
        levels[entry.after.level].append((entry, leads))
    for groups in levels.values():
        ids = [lead["_id"] for _, leads in groups for lead in leads]
        entry = groups[0][0]
        since = passage.scoring.levels[entry.dimension].created_at
        yield UpdateMany({"_id": {"$in": ids}}, told_update(entry.dimension, entry.after, since, passage.now))
