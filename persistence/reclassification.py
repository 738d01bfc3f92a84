"""Reclassification: telling every lead, its history and its boards, what an edit of the levels made of its level.

Reads are right without it, for no level is stored. It walks only the scores whose level changed, beside the traffic.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from domain.levels import Dimension
from domain.stretches import Stretch, stretches
from persistence.background import ahead
from persistence.commits import Passage
from persistence.configuration import Configuration
from persistence.jobs import Held, Jobs
from persistence.leads import Name
from persistence.ledger import BATCH, Ledger
from persistence.scores import Scores
from persistence.telling import tell

REST = 0.25  # of the time that telling takes: the database serves those who wait for an answer, too
LONGEST_REST = 1.0  # seconds, for some of that time the database may have been away


class Reclassification:
    """Does the reclassification jobs."""

    def __init__(self, configuration: Configuration, jobs: Jobs, scores: Scores, ledger: Ledger) -> None:
        self._configuration = configuration
        self._jobs = jobs
        self._scores = scores
        self._ledger = ledger

    async def do(self, held: Held) -> None:
        """Tell the leads whose level changed and that have not been told yet."""
        dimension = held.job.dimension
        assert dimension
        changed = await self._changed(held, dimension)
        counts = await self._scores.counts(held.workspace, dimension, changed)
        await self._jobs.update(held, lambda job: job.counted(sum(counts.values())))
        clock = asyncio.get_running_loop().time
        for stretch in changed:
            walk = self._scores.announced_otherwise(held.workspace, dimension, stretch, BATCH)
            async with aclosing(ahead(walk)) as pages:
                async for leads in pages:
                    begun = clock()
                    await self._reclassify(held, dimension, leads)
                    await asyncio.sleep(min(REST * (clock() - begun), LONGEST_REST))
        await self._jobs.finish(held)

    async def _changed(self, held: Held, dimension: Dimension) -> list[Stretch]:
        """The scores whose level is another by any two of the sets that leads may have been told by."""
        job = held.job
        sets = [
            await self._configuration.level_set(held.workspace, dimension, version)
            for version in range(job.told, job.version + 1)
        ]
        return [each for each in stretches(*(one.levels for one in sets)) if not each.is_settled]

    async def _reclassify(self, held: Held, dimension: Dimension, leads: Sequence[tuple[Name, ...]]) -> None:
        async def work(passage: Passage, ids: Sequence[str]) -> None:
            told = await tell(passage, held.workspace, dimension, ids)
            await self._jobs.update(held, lambda job: job.advanced(len(ids), told), passage.session)

        async with held.progress:
            await self._ledger.work_behind(held.workspace, leads, work)
