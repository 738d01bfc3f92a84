"""The pace of deliveries: whoever waits for an answer of the process goes before targets."""

from __future__ import annotations

import asyncio
import time

import pytest

from api.deliveries.pace import CALM, CAUGHT_UP, FLOOR, LATE, Pace
from persistence.background import running
from tests.api.deliveries.conftest import Process
from tests.api.deliveries.receivers import receiving


def begun(pace: Pace, now: float, most: int = 10 * FLOOR) -> int:
    """How many begin at one moment, of so many that would."""
    for count in range(most):
        if not pace.allows(now):
            return count
        pace.begun(now)
    return most


def busy(since: float) -> Pace:
    pace = Pace()
    pace.ran(since - 2 * LATE, since)
    return pace


def test_there_is_no_bound_while_nothing_runs_late() -> None:
    pace = Pace()
    pace.ran(0, LATE)

    assert begun(pace, LATE, 10_000) == 10_000


def test_a_process_that_is_busy_has_its_floor() -> None:
    pace, count = busy(0), 0
    for tick in range(1, 51):
        pace.ran(tick / 50 - 2 * LATE, tick / 50)
        count += begun(pace, tick / 50)

    assert count == pytest.approx(FLOOR, rel=0.2)


def test_what_was_fast_while_it_was_calm_is_not_held_against_it() -> None:
    pace = Pace()
    begun(pace, 0, 10_000)
    pace.ran(0, 2 * LATE)

    assert begun(pace, 2 * LATE) > 0


def test_no_more_is_made_up_for_than_a_moment() -> None:
    pace = busy(0)
    begun(pace, 0)
    pace.ran(59, 60)

    assert begun(pace, 60) <= FLOOR * CAUGHT_UP + 1


def test_the_bound_ends_when_nothing_has_run_late_for_a_while() -> None:
    pace = busy(0)

    assert begun(pace, CALM - 0.01) < FLOOR
    assert begun(pace, CALM, 10_000) == 10_000


async def test_what_is_held_back_is_delivered_all_the_same(process: Process) -> None:
    async def hold_up() -> None:
        while True:
            time.sleep(2 * LATE)  # noqa: ASYNC251 - as work does that takes the loop for itself
            await asyncio.sleep(0)

    async with receiving() as receiver, running(hold_up()), running(process.courier.work()):
        await process.fire(await process.hook(receiver.url), 60)
        await process.until_delivered(60)

    assert len(receiver.requests) == 60
