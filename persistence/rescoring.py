"""Rescoring: all that leads did, scored anew by the rules as they were published.

Lead after lead, beside the traffic: what a lead does meanwhile is scored by the new rules anyway, before its turn or
after. A page is rescored while the one before it is written, and what nobody has touched since is kept: every write to
a lead, also what it does, raises its version. A page that was done when its process died is done again, and found to be
as it should.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from domain.actors import SYSTEM
from domain.history import Cause, CauseKind
from domain.leads import Lead
from domain.levels import DIMENSIONS
from domain.rules import RuleSet
from domain.scoring import Outcome, Scoring
from persistence import pages
from persistence.background import INTERRUPTIONS, ahead
from persistence.batch import Batch
from persistence.commits import Passage, keep_all, leads_of, write
from persistence.configuration import Configuration
from persistence.documents import Document, to_lead, to_moment, to_names
from persistence.jobs import Held, Jobs
from persistence.ledger import Ledger
from persistence.mongo import Mongo, Session, at_once
from persistence.past import anew, pasts

# Of one transaction: leads, as many as have about so many activities together, which is a second's work at the most.
FIRST, MOST, ACTIVITIES = 50, 500, 8_000
BY_AGE = [("workspace", 1), ("created_at", 1), ("_id", 1)]


@dataclass(frozen=True, slots=True)
class Rescored:
    """What replay makes of a lead."""

    before: Lead
    outcome: Outcome
    activities: int

    @property
    def is_another(self) -> bool:
        """Whether it has another score."""
        return self.outcome.lead.scores != self.before.scores


@dataclass(frozen=True, slots=True)
class Page:
    """Leads, the longest known first, and what replay makes of them as they were when it was read."""

    leads: Sequence[Document]
    scoring: Scoring
    rescored: Mapping[str, Rescored]

    @property
    def place(self) -> str:
        """Where it ends."""
        last = self.leads[-1]
        return pages.encode(pages.milliseconds(to_moment(last["created_at"])), last["_id"])

    async def unchanged(self, passage: Passage, ids: Sequence[str]) -> list[Rescored]:
        """Those of the leads to which nothing has happened since, if what is in force is the same."""
        if passage.scoring.version != self.scoring.version:
            return []
        found = passage.mongo.leads.find(
            {"_id": {"$in": ids}},
            ["version"],
            session=passage.session,
            hint="_id_",
            batch_size=at_once(len(ids)),
        )
        versions = {lead["_id"]: lead["version"] for lead in await found.to_list(None)}
        known = (self.rescored[each] for each in ids if each in self.rescored)
        return [each for each in known if versions.get(each.before.id) == each.before.version]


class Rescoring:
    """Does the rescoring jobs."""

    def __init__(
        self,
        mongo: Mongo,
        configuration: Configuration,
        jobs: Jobs,
        ledger: Ledger,
        clock: Callable[[], datetime],
    ) -> None:
        self._mongo = mongo
        self._configuration = configuration
        self._jobs = jobs
        self._ledger = ledger
        self._clock = clock

    async def do(self, held: Held) -> None:
        """Rescore the leads that there are, from where the job has come to: a page ahead of what is kept."""
        job = await self._jobs.find(held.workspace, held.job.id) or held.job
        if not job.total:
            total = await self._mongo.leads.count_documents({"workspace": held.workspace}, hint=BY_AGE)
            await self._jobs.update(held, lambda job: job.counted(total))
        found = self._pages(held.workspace, job.place)
        async with aclosing(found), aclosing(ahead(found)) as coming:
            async for page in coming:
                await self._keep(held, page)
        await self._jobs.finish(held)

    async def _pages(self, workspace: str, place: str | None) -> AsyncGenerator[Page, None]:
        """The leads from that place on, rescored as they are now."""
        size = FIRST
        while leads := await self._found(workspace, place, size):
            scoring = await self._configuration.scoring(workspace)
            try:
                some = await self._rescored(workspace, list(map(to_lead, leads)), scoring, self._clock())
            except INTERRUPTIONS:
                raise
            except Exception:  # noqa: BLE001 - whom it is about shows when each is tried by itself, and harms no other
                some = []
            page = Page(leads, scoring, {each.before.id: each for each in some})
            yield page
            place = page.place
            if some:
                size = max(1, min(MOST, size * ACTIVITIES // max(sum(each.activities for each in some), 1)))

    async def _found(self, workspace: str, place: str | None, size: int) -> Sequence[Document]:
        """The next leads, the longest known first."""

        async def find(part: Document, wanted: int) -> list[Document]:
            found = self._mongo.unzoned.leads.find({"$and": [{"workspace": workspace}, part]}, hint=BY_AGE)
            return await found.sort(BY_AGE[1:]).limit(wanted).batch_size(at_once(wanted)).to_list(None)

        return await pages.read(pages.beyond_moment("created_at", place, descending=False), size, find)

    async def _rescored(
        self,
        workspace: str,
        leads: Sequence[Lead],
        scoring: Scoring,
        now: datetime,
        session: Session | None = None,
    ) -> list[Rescored]:
        """What replay makes of the leads."""
        timeline = await self._configuration.timeline(workspace, scoring.rules, session)
        cause = _cause(timeline[0], now)
        made: list[Rescored] = []
        async with aclosing(pasts(self._mongo, workspace, leads, session)) as found:
            async for lead, past in found:
                outcome = await anew(lead, past, DIMENSIONS, scoring, timeline, cause)
                made.append(Rescored(lead, outcome, len(past.activities)))
        return made

    async def _keep(self, held: Held, page: Page) -> None:
        """Keep what a page came to, and say how far the job is."""

        async def work(passage: Passage, ids: Sequence[str]) -> None:
            async with held.progress:  # but not before: a page may wait in line for longer than a lease lasts
                changed = await self._written(held.workspace, page, passage, ids)
                await self._jobs.update(held, lambda job: job.advanced(0, changed), passage.session)

        await self._ledger.work_behind(held.workspace, [to_names(lead) for lead in page.leads], work)
        async with held.progress:
            await self._jobs.update(held, lambda job: job.advanced(len(page.leads), 0).at(page.place))

    async def _written(self, workspace: str, page: Page, passage: Passage, ids: Sequence[str]) -> int:
        """How many of the leads have another score now; whoever was changed since is rescored once more."""
        scoring, now = passage.scoring, passage.now
        some = await page.unchanged(passage, ids)
        if others := set(ids) - {each.before.id for each in some}:
            leads = await leads_of(self._mongo, workspace, list(others), passage.session)
            some += await self._rescored(workspace, leads, scoring, now, passage.session)
        batch = Batch(workspace, scoring, [each.before for each in some], {}, now)
        await keep_all(batch, (each.outcome for each in some))
        await write(batch, passage)
        return sum(each.is_another for each in some)


def _cause(rules: RuleSet, now: datetime) -> Cause:
    """The publication that has all scored anew."""
    by = rules.published_by or SYSTEM
    return Cause(CauseKind.RULES_CHANGED, by, now, rules.comment, announce=rules.announce)
