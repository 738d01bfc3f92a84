from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.jobs import Job, JobKind, JobState
from domain.levels import Dimension
from tests.domain.builders import CREATED, NOW
from tests.domain.strategies import OPEN

STARTED = Job("job", Dimension.PROFILE, told=2, version=3, started_at=CREATED)
UNDER_WAY = STARTED.counted(10).advanced(4, 3)

looks = st.integers(1, 1_000).flatmap(lambda done: st.tuples(st.just(done), st.integers(0, done)))


def progress(job: Job) -> tuple[int, int, int]:
    return job.done, job.total, job.changed


def test_a_new_job_runs_and_has_done_nothing() -> None:
    assert (STARTED.kind, STARTED.state) == (JobKind.RECLASSIFY, JobState.RUNNING)
    assert progress(STARTED) == (0, 0, 0)
    assert (STARTED.finished_at, STARTED.error) == (None, None)


def test_a_job_knows_how_much_there_is_to_do_once_it_was_counted() -> None:
    assert progress(STARTED.counted(10)) == (0, 10, 0)


def test_a_job_adds_up_the_leads_it_looked_at_and_those_it_told() -> None:
    assert progress(UNDER_WAY.advanced(5, 0).advanced(1, 1)) == (10, 10, 4)


def test_a_job_that_meets_more_leads_than_were_counted_has_that_much_more_to_do() -> None:
    assert progress(UNDER_WAY.advanced(8, 8)) == (12, 12, 11)


def test_a_job_that_is_taken_up_again_has_still_done_what_it_did() -> None:
    assert progress(UNDER_WAY.counted(20)) == (4, 20, 3)


def test_a_job_has_never_less_to_do_than_it_has_done() -> None:
    assert progress(UNDER_WAY.counted(0)) == (4, 4, 3)


def test_progress_changes_nothing_else_of_a_job() -> None:
    job = UNDER_WAY

    assert (job.id, job.dimension, job.told, job.version, job.started_at) == (
        "job", Dimension.PROFILE, 2, 3, CREATED
    )  # fmt: skip
    assert (job.state, job.finished_at, job.error) == (JobState.RUNNING, None, None)


def test_a_finished_job_has_done_all_that_there_was_to_do() -> None:
    job = UNDER_WAY.finished(NOW)

    assert (job.state, job.finished_at, job.error) == (JobState.DONE, NOW, None)
    assert progress(job) == (10, 10, 3)


def test_a_job_that_found_nothing_to_do_is_finished_with_nothing_done() -> None:
    assert progress(STARTED.counted(0).finished(NOW)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("state", "error"), [(JobState.CANCELLED, None), (JobState.FAILED, "something went wrong")]
)
def test_a_job_that_came_to_nothing_more_keeps_its_progress_and_says_why(
    state: JobState, error: str | None
) -> None:
    job = UNDER_WAY.ended(state, NOW, error)

    assert (job.state, job.finished_at, job.error) == (state, NOW, error)
    assert progress(job) == progress(UNDER_WAY)


@pytest.mark.parametrize(
    "end",
    [
        UNDER_WAY.finished(NOW),
        UNDER_WAY.ended(JobState.CANCELLED, NOW),
        UNDER_WAY.ended(JobState.FAILED, NOW, "why"),
    ],
    ids=lambda job: job.state.name,
)
def test_a_job_at_a_later_time_supersedes_every_earlier_one_of_itself(end: Job) -> None:
    times = [STARTED, STARTED.counted(10), UNDER_WAY, UNDER_WAY.advanced(1, 0), end]

    for earlier, later in combinations(times, 2):
        assert later.supersedes(earlier)
        assert not earlier.supersedes(later)


@pytest.mark.parametrize("job", [STARTED, UNDER_WAY, UNDER_WAY.finished(NOW)])
def test_a_job_does_not_supersede_itself(job: Job) -> None:
    assert not job.supersedes(job)


def test_a_job_that_has_ended_is_superseded_by_no_progress() -> None:
    cancelled = UNDER_WAY.ended(JobState.CANCELLED, NOW)

    assert not UNDER_WAY.advanced(100, 100).supersedes(cancelled)


@OPEN
@given(st.lists(looks | st.integers(0, 2_000), max_size=10))
def test_what_was_told_was_looked_at_and_what_was_looked_at_was_to_do(
    steps: list[tuple[int, int] | int],
) -> None:
    job = STARTED
    for step in steps:
        job = job.counted(step) if isinstance(step, int) else job.advanced(*step)

        assert 0 <= job.changed <= job.done <= job.total
    assert job.finished(NOW).done == job.total
