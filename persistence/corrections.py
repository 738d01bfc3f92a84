"""Corrections of the past: an activity that never was, two leads that are one. What follows is found by replay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.actors import Actor
from domain.errors import Fault, InvalidInput, LeadNotFound, NotFound, Problem
from domain.history import Cause, CauseKind
from domain.leads import Lead, LeadRef, RefKind, joined
from domain.levels import Dimension
from domain.scoring import Outcome
from persistence.batch import Batch
from persistence.commits import Passage, write
from persistence.configuration import Configuration
from persistence.documents import from_actor, lead_update, to_activity
from persistence.leads import MERGED_FIELDS, Leads, Name
from persistence.ledger import Ledger
from persistence.mongo import Mongo
from persistence.past import anew, pasts


class Corrections:
    """Corrects the past of leads."""

    def __init__(self, mongo: Mongo, configuration: Configuration, leads: Leads, ledger: Ledger) -> None:
        self._mongo = mongo
        self._configuration = configuration
        self._leads = leads
        self._ledger = ledger

    async def retract(
        self, workspace: str, activity_id: str, actor: Actor, reason: str | None = None
    ) -> Outcome:
        """Have an activity count no more; one that was retracted before stays so. Raises NotFound."""
        outcomes: list[Outcome] = []

        async def work(passage: Passage, _: Sequence[str]) -> None:
            found = await self._mongo.activities.find_one(
                {"_id": activity_id, "workspace": workspace}, session=passage.session
            )
            lead = found and await self._leads.find(
                workspace, LeadRef(RefKind.ID, found["lead"]), passage.session
            )
            if not found or not lead:
                raise NotFound("Activity", activity_id)
            if to_activity(found).is_retracted:
                outcomes.append(Outcome(lead, passage.scoring))
                return
            retracted = {"actor": from_actor(actor), "at": passage.now, "reason": reason}
            await self._mongo.activities.update_one(
                {"_id": activity_id},
                {"$set": {"is_retracted": True, "retracted": retracted}},
                session=passage.session,
            )
            cause = Cause(CauseKind.RETRACTION, actor, passage.now, reason, activity_id=activity_id)
            outcomes.append(await self._anew(workspace, lead, [Dimension.ENGAGEMENT], cause, passage))

        found = await self._mongo.activities.find_one({"_id": activity_id, "workspace": workspace}, ["lead"])
        lead = await self._leads.find(workspace, LeadRef(RefKind.ID, found["lead"])) if found else None
        if lead is None:
            raise NotFound("Activity", activity_id)
        await self._ledger.work_behind(workspace, [_names(lead)], work, soon=True)
        return outcomes[-1]

    async def merge(self, workspace: str, into: LeadRef, other: LeadRef, actor: Actor) -> Outcome:
        """Make one lead of two; every name of the other is one of the first from then on.

        Merging again what is merged does nothing. Raises LeadNotFound, and InvalidInput for one and the same lead and
        for what is too much for one.
        """
        outcomes: list[Outcome] = []

        async def work(passage: Passage, _: Sequence[str]) -> None:
            one, two = [await self._there(workspace, ref, passage) for ref in (into, other)]
            if one.id == two.id:
                if not _was_merged(one, other):
                    raise InvalidInput(Problem(("from",), Fault.SAME_LEAD))
                outcomes.append(Outcome(one, passage.scoring))
                return
            outcomes.append(await self._merged(workspace, one, two, actor, passage))

        names: list[Name] = []
        for ref in (into, other):
            lead = await self._leads.find(workspace, ref)
            if lead is None:
                raise LeadNotFound(ref)
            names += _names(lead)
        await self._ledger.work_behind(workspace, [list(dict.fromkeys(names))], work, soon=True)
        return outcomes[-1]

    async def _there(self, workspace: str, ref: LeadRef, passage: Passage) -> Lead:
        lead = await self._leads.find(workspace, ref, passage.session)
        if lead is None:
            raise LeadNotFound(ref)
        return lead

    async def _merged(
        self, workspace: str, into: Lead, other: Lead, actor: Actor, passage: Passage
    ) -> Outcome:
        one = replace(joined(into, other), version=into.version + 1, updated_at=passage.now)
        await self._mongo.leads.delete_one({"_id": other.id}, session=passage.session)
        await self._mongo.leads.update_one({"_id": into.id}, lead_update(into, one), session=passage.session)
        await self._mongo.activities.update_many(
            {"workspace": workspace, "lead": other.id}, {"$set": {"lead": into.id}}, session=passage.session
        )
        return await self._anew(
            workspace, one, Dimension, Cause(CauseKind.MERGE, actor, passage.now), passage
        )

    async def _anew(
        self, workspace: str, lead: Lead, dimensions: Iterable[Dimension], cause: Cause, passage: Passage
    ) -> Outcome:
        """The lead by replay of its past as that is now, written."""
        scoring = passage.scoring
        timeline = await self._configuration.timeline(workspace, scoring.rules, passage.session)
        (past,) = [each async for _, each in pasts(self._mongo, workspace, [lead], passage.session)]
        outcome = await anew(lead, past, dimensions, scoring, timeline, cause)
        if (
            outcome.lead.version == lead.version
        ):  # written all the same, or two corrections at once would not meet
            outcome = replace(
                outcome, lead=replace(outcome.lead, version=lead.version + 1, updated_at=passage.now)
            )
        batch = Batch(workspace, scoring, [lead], {}, passage.now)
        batch.keep(outcome)
        await write(batch, passage)
        return outcome


def _names(lead: Lead) -> Sequence[Name]:
    """All the names it has, its id first."""
    every = (lead, *lead.merged)
    named = [(kind, getattr(each, field)) for each in every for kind, field in MERGED_FIELDS.items()]
    return [(kind, value) for kind, value in named if value is not None]


def _was_merged(lead: Lead, ref: LeadRef) -> bool:
    return any(ref.value in (each.id, each.external_id, each.email) for each in lead.merged)
