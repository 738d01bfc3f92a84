"""Reclassification: telling every lead, its history and its boards, what an edit of the levels made of its level.

Reads are right without it, for no level is stored. It walks only the scores whose level changed, beside the traffic.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import TypeVar

import structlog

from domain.stretches import Stretch, stretches
from persistence.background import running
from persistence.commits import Passage
from persistence.configuration import Configuration
from persistence.jobs import Held, JobGone, Jobs
from persistence.leads import Name
from persistence.ledger import BATCH, Ledger
from persistence.mongo import Conflict, OutcomeUnknown, Unreachable
from persistence.scores import Scores
from persistence.telling import tell

COMPANY = 4  # jobs that a process works on at once: a large one must not keep all others waiting
POLL = 2.0  # seconds between two looks for jobs that another process left lying
PAUSE = 1.0  # seconds before what the database's absence interrupted is taken up again
PASSING = (Unreachable, OutcomeUnknown, Conflict)

FAILED = (
    "something went wrong here; it is logged as {}. Levels are right everywhere all the same; "
    "the next edit of them tells what is left"
)

_log = structlog.get_logger()
Result = TypeVar("Result")


class Reclassifier:
    """Works on the reclassification jobs of every workspace."""

    def __init__(self, configuration: Configuration, jobs: Jobs, scores: Scores, ledger: Ledger) -> None:
        self._configuration = configuration
        self._jobs = jobs
        self._scores = scores
        self._ledger = ledger

    async def work(self) -> None:
        """Take up job after job, for as long as the process lives."""
        await asyncio.gather(*(self._work() for _ in range(COMPANY)))

    async def _work(self) -> None:
        while True:
            if held := await _despite_trouble(self._jobs.take):
                await self._run(held)
            else:
                await self._jobs.wait(POLL)

    async def _run(self, held: Held) -> None:
        with suppress(JobGone):  # cancelled, or taken up elsewhere because this process was too slow
            try:
                async with running(self._jobs.keep(held)):
                    await _despite_trouble(lambda: self._tell(held))
            except JobGone:
                raise
            except Exception as error:  # noqa: BLE001 - a bug ends this job, and must not end all others
                error_id = uuid.uuid4().hex[:12]
                _log.exception("a job failed", job=held.job.id, error_id=error_id, exc_info=error)
                await _despite_trouble(lambda: self._jobs.fail(held, FAILED.format(error_id)))

    async def _tell(self, held: Held) -> None:
        changed = await self._changed(held)
        counts = await self._scores.counts(held.workspace, held.job.dimension, changed)
        await self._jobs.update(held, lambda job: job.counted(sum(counts.values())))
        for stretch in changed:
            walk = self._scores.announced_otherwise(held.workspace, held.job.dimension, stretch, BATCH)
            async with aclosing(_ahead(walk)) as pages:
                async for leads in pages:
                    await self._reclassify(held, leads)
        await self._jobs.finish(held)

    async def _changed(self, held: Held) -> list[Stretch]:
        """The scores whose level is another by any two of the sets that leads may have been told by."""
        job = held.job
        sets = [
            await self._configuration.level_set(held.workspace, job.dimension, version)
            for version in range(job.told, job.version + 1)
        ]
        return [each for each in stretches(*(one.levels for one in sets)) if not each.is_settled]

    async def _reclassify(self, held: Held, leads: Sequence[tuple[Name, ...]]) -> None:
        async def work(passage: Passage, ids: Sequence[str]) -> None:
            told = await tell(passage, held.workspace, held.job.dimension, ids)
            await self._jobs.update(held, lambda job: job.advanced(len(ids), told), passage.session)

        async with held.progress:
            await self._ledger.work_behind(held.workspace, leads, work)


async def _ahead(pages: AsyncIterator[Result]) -> AsyncGenerator[Result, None]:
    """The pages, each of which is read while the one before it is worked on."""

    async def read() -> Result | None:
        return await anext(pages, None)

    coming = asyncio.create_task(read())
    try:
        while (page := await coming) is not None:
            coming = asyncio.create_task(read())
            yield page
    finally:
        coming.cancel()
        await asyncio.wait([coming])


async def _despite_trouble(work: Callable[[], Awaitable[Result]]) -> Result:
    """What *work* comes to, begun anew as often as the database is away."""
    while True:
        try:
            return await work()
        except PASSING as error:
            _log.warning("work on jobs was interrupted and goes on soon", cause=type(error).__name__)
            await asyncio.sleep(PAUSE)
