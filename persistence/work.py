"""Work on jobs: taken up by whichever process is free, kept by a lease, begun anew where it was interrupted."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import structlog

from domain.jobs import JobKind
from persistence.background import despite_trouble, running
from persistence.jobs import Held, JobGone, Jobs

COMPANY = 4  # jobs that a process works on at once: a large one must not keep all others waiting
POLL = 2.0  # seconds between two looks for jobs that another process left lying
FAILED = {
    JobKind.RECLASSIFY: "Levels are right everywhere all the same; the next edit of them tells what is left",
    JobKind.RESCORE: "Leads it has not come to keep their old points; publish rules with REPLAY to score them again",
}

_log = structlog.get_logger()


class Worker:
    """Works on the jobs of every workspace, on each in the way of its kind."""

    def __init__(self, jobs: Jobs, ways: Mapping[JobKind, Callable[[Held], Awaitable[None]]]) -> None:
        self._jobs = jobs
        self._ways = ways

    async def work(self) -> None:
        """Take up job after job, for as long as the process lives."""
        await asyncio.gather(*(self._work() for _ in range(COMPANY)))

    async def _work(self) -> None:
        while True:
            if held := await despite_trouble(self._jobs.take):
                await self._run(held)
            else:
                await self._jobs.bell.wait(POLL)

    async def _run(self, held: Held) -> None:
        do = self._ways[held.job.kind]
        with suppress(JobGone):  # cancelled, or taken up elsewhere because this process was too slow
            try:
                async with running(self._jobs.keep(held)):
                    await despite_trouble(lambda: do(held))
            except JobGone:
                raise
            except Exception as error:  # noqa: BLE001 - a bug ends this job, and must not end all others
                error_id = uuid.uuid4().hex[:12]
                _log.exception("a job failed", job=held.job.id, error_id=error_id, exc_info=error)
                why = f"something went wrong here; it is logged as {error_id}. {FAILED[held.job.kind]}"
                await despite_trouble(lambda: self._jobs.fail(held, why))
