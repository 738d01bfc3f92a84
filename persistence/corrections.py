"""Corrections of the past: an activity that never was, two leads that are one. What follows is found by replay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.actors import Actor
from domain.changes import Activity
from domain.errors import Fault, InvalidInput, LeadNotFound, NotFound, Problem
from domain.history import Cause, CauseKind
from domain.leads import Lead, LeadRef, RefKind, joined
from domain.levels import Dimension
from domain.scoring import Outcome
from domain.values import replace
from persistence.batch import Batch
from persistence.commits import Passage, write
from persistence.configuration import Configuration
from persistence.documents import from_actor, from_lead, lead_update, to_activity, to_names
from persistence.leads import Leads, Name
from persistence.ledger import Ledger
from persistence.mongo import Mongo, Session
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
            activity, lead = await self._done_by(workspace, activity_id, passage.session)
            if activity.is_retracted:
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

        _, lead = await self._done_by(workspace, activity_id)
        await self._ledger.work_behind(workspace, [_names(workspace, lead)], work, soon=True)
        return outcomes[-1]

    async def _done_by(
        self, workspace: str, activity_id: str, session: Session | None = None
    ) -> tuple[Activity, Lead]:
        """The activity and who did it; raises NotFound."""
        wanted = {"_id": activity_id, "workspace": workspace}
        found = await self._mongo.activities.find_one(wanted, session=session)
        if found is None:
            raise NotFound("Activity", activity_id)
        try:
            lead = await self._named(workspace, LeadRef(RefKind.ID, found["lead"]), session)
        except LeadNotFound as error:
            raise NotFound("Activity", activity_id) from error
        return to_activity(found), lead

    async def merge(self, workspace: str, into: LeadRef, other: LeadRef, actor: Actor) -> Outcome:
        """Make one lead of two; every name of the other is one of the first from then on.

        Merging again what is merged does nothing. Raises LeadNotFound, and InvalidInput for one and the same lead and
        for what is too much for one.
        """
        outcomes: list[Outcome] = []

        async def work(passage: Passage, _: Sequence[str]) -> None:
            one, two = [await self._named(workspace, ref, passage.session) for ref in (into, other)]
            if one.id == two.id:
                if not _was_merged(one, other):
                    raise InvalidInput(Problem(("from",), Fault.SAME_LEAD))
                outcomes.append(Outcome(one, passage.scoring))
                return
            outcomes.append(await self._merged(workspace, one, two, actor, passage))

        leads = [await self._named(workspace, ref) for ref in (into, other)]
        every = [name for lead in leads for name in _names(workspace, lead)]
        await self._ledger.work_behind(workspace, [every], work, soon=True)
        return outcomes[-1]

    async def _named(self, workspace: str, ref: LeadRef, session: Session | None = None) -> Lead:
        """The lead of that name; raises LeadNotFound."""
        lead = await self._leads.find(workspace, ref, session)
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
        if outcome.lead.version == lead.version:
            # Written all the same, or two corrections at once would not meet.
            written = replace(outcome.lead, version=lead.version + 1, updated_at=passage.now)
            outcome = replace(outcome, lead=written)
        batch = Batch(workspace, scoring, [lead], {}, passage.now)
        batch.keep(outcome)
        await write(batch, passage)
        return outcome


def _names(workspace: str, lead: Lead) -> Sequence[Name]:
    return to_names(from_lead(workspace, lead))


def _was_merged(lead: Lead, ref: LeadRef) -> bool:
    return any(ref.value in (each.id, each.external_id, each.email) for each in lead.merged)
