"""Jobs: long work beside the traffic, told of as it goes."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from domain.levels import Dimension
from domain.values import dataclass, replace


class JobKind(Enum):
    """What a job does."""

    RECLASSIFY = "RECLASSIFY"
    RESCORE = "RESCORE"


class JobState(Enum):
    """A job that is no longer RUNNING never runs again."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Job:
    """Work on every lead that an edit concerns: the level set `version` of a dimension, or the rule set of that number.

    RECLASSIFY tells leads what the levels made of their level, by which they may have been told as by any set from
    `told` on. RESCORE, which has no dimension, scores all that they did anew; it has come as far as `place`.

    `total` is counted when the work begins, and 0 until then; `done` leads of it were looked at, and `changed` of those
    were told something.
    """

    id: str
    dimension: Dimension | None
    told: int
    version: int
    started_at: datetime
    kind: JobKind = JobKind.RECLASSIFY
    state: JobState = JobState.RUNNING
    done: int = 0
    total: int = 0
    changed: int = 0
    finished_at: datetime | None = None
    error: str | None = None
    place: str | None = None

    def supersedes(self, other: Job) -> bool:
        """Whether this is the later of two states of one job."""
        return self._progress > other._progress

    @property
    def left_untold(self) -> bool:
        """Whether it ended before every lead was told what an edit of the levels made of its level."""
        ended = self.state in {JobState.CANCELLED, JobState.FAILED}
        return ended and self.kind is JobKind.RECLASSIFY

    @property
    def _progress(self) -> tuple[bool, int, int]:
        return self.state is not JobState.RUNNING, self.done, self.total

    def counted(self, total: int) -> Job:
        """The job when it is known how much there is to do; it has perhaps done some of it before."""
        return replace(self, total=max(total, self.done))

    def advanced(self, done: int, changed: int) -> Job:
        """The job when so many more leads were looked at, and so many of them told."""
        looked = self.done + done
        return replace(self, done=looked, total=max(looked, self.total), changed=self.changed + changed)

    def at(self, place: str) -> Job:
        """The job when it has come so far."""
        return replace(self, place=place)

    def finished(self, at: datetime) -> Job:
        """The job when nothing is left; what it did not come to look at was told in passing by a change of its own."""
        return replace(self, state=JobState.DONE, done=self.total, finished_at=at)

    def ended(self, state: JobState, at: datetime, error: str | None = None) -> Job:
        """The job when it came to nothing more: cancelled or failed, and why."""
        return replace(self, state=state, finished_at=at, error=error)
