"""Rescoring: all that leads did, scored anew by the rules as they were published.

Lead after lead, beside the traffic: what a lead does meanwhile is scored by the new rules anyway, before its turn or
after. A page that was done when its process died is done again, and found to be as it should.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.actors import SYSTEM
from domain.history import Cause, CauseKind
from domain.levels import Dimension
from domain.rules import RuleSet
from persistence import pages
from persistence.batch import Batch
from persistence.commits import Passage, leads_of, write
from persistence.configuration import Configuration
from persistence.documents import Document, to_names
from persistence.jobs import Held, Jobs
from persistence.ledger import Ledger
from persistence.mongo import Mongo, at_once
from persistence.past import anew, pasts

# Of one transaction: leads, as many as have about so many activities together, which is a second's work at the most.
FIRST, MOST, ACTIVITIES = 50, 500, 4_000
BY_AGE = [("workspace", 1), ("created_at", 1), ("_id", 1)]


class Rescoring:
    """Does the rescoring jobs."""

    def __init__(self, mongo: Mongo, configuration: Configuration, jobs: Jobs, ledger: Ledger) -> None:
        self._mongo = mongo
        self._configuration = configuration
        self._jobs = jobs
        self._ledger = ledger

    async def do(self, held: Held) -> None:
        """Rescore the leads that there are, from where the job has come to."""
        job = await self._jobs.find(held.workspace, held.job.id) or held.job
        if not job.total:
            total = await self._mongo.leads.count_documents({"workspace": held.workspace}, hint=BY_AGE)
            await self._jobs.update(held, lambda job: job.counted(total))
        place, size = job.place, FIRST
        while leads := await self._page(held.workspace, place, size):
            activities = await self._rescore(held, leads)
            place = _place(leads[-1])
            size = max(1, min(MOST, size * ACTIVITIES // max(activities, 1)))
        await self._jobs.finish(held)

    async def _page(self, workspace: str, place: str | None, size: int) -> Sequence[Document]:
        """The next leads, the longest known first; of each no more than its names and its place."""
        shown = ["created_at", "names"]

        async def find(part: Document, wanted: int) -> list[Document]:
            found = self._mongo.leads.find({"$and": [{"workspace": workspace}, part]}, shown, hint=BY_AGE)
            return await found.sort(BY_AGE[1:]).limit(wanted).batch_size(at_once(wanted)).to_list(None)

        return await pages.read(pages.beyond_moment("created_at", place, descending=False), size, find)

    async def _rescore(self, held: Held, leads: Sequence[Document]) -> int:
        """Rescore a page of leads, and say how far the job is; how many activities that took."""
        activities: dict[str, int] = {}

        async def work(passage: Passage, ids: Sequence[str]) -> None:
            async with held.progress:  # but not before: a page may wait in line for longer than a lease lasts
                found = await leads_of(passage, held.workspace, ids)
                batch, changed = Batch(held.workspace, passage.scoring, found, {}, passage.now), 0
                rules = passage.scoring.rules
                timeline = await self._configuration.timeline(held.workspace, rules, passage.session)
                cause = _cause(timeline[0], passage.now)
                async for lead, past in pasts(passage.mongo, held.workspace, found, passage.session):
                    outcome = await anew(lead, past, Dimension, passage.scoring, timeline, cause)
                    batch.keep(outcome)
                    changed += outcome.lead.scores != lead.scores
                    activities[lead.id] = len(past.activities)
                await write(batch, passage)
                await self._jobs.update(held, lambda job: job.advanced(0, changed), passage.session)

        await self._ledger.work_behind(held.workspace, [to_names(lead) for lead in leads], work)
        async with held.progress:
            await self._jobs.update(held, lambda job: job.advanced(len(leads), 0).at(_place(leads[-1])))
        return sum(activities.values())


def _cause(rules: RuleSet, now: datetime) -> Cause:
    """The publication that has all scored anew."""
    by = rules.published_by or SYSTEM
    return Cause(CauseKind.RULES_CHANGED, by, now, rules.comment, announce=rules.announce)


def _place(lead: Document) -> str:
    return pages.encode(pages.milliseconds(lead["created_at"]), lead["_id"])
