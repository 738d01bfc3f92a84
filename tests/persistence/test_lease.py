"""A lease is one process's, for as long as it renews it, and the next one's when that ends."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from persistence.lease import TERM, Lease
from persistence.mongo import Mongo

MOMENT = timedelta(milliseconds=1)
_numbers = itertools.count(1)


class Clock:
    at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def name() -> str:
    return f"work {next(_numbers)}"


async def test_it_is_given_to_one(mongo: Mongo, clock: Clock, name: str) -> None:
    leases = [Lease(mongo, name, clock) for _ in range(8)]

    taken = await asyncio.gather(*(lease.take() for lease in leases))

    assert sorted(taken) == [False] * 7 + [True]
    assert [await lease.take() for lease in leases] == taken


async def test_each_kind_of_work_has_its_own(mongo: Mongo, clock: Clock, name: str) -> None:
    assert await Lease(mongo, name, clock).take()
    assert await Lease(mongo, f"other {name}", clock).take()


async def test_it_ends_with_its_term(mongo: Mongo, clock: Clock, name: str) -> None:
    first, second = (Lease(mongo, name, clock) for _ in range(2))
    await first.take()

    clock.at += TERM - MOMENT
    assert not await second.take()
    clock.at += MOMENT
    assert await second.take()

    assert not await first.take()


async def test_it_lasts_as_long_as_it_is_renewed(mongo: Mongo, clock: Clock, name: str) -> None:
    first, second = (Lease(mongo, name, clock) for _ in range(2))

    for _ in range(4):
        assert await first.take()
        clock.at += TERM - MOMENT
        assert not await second.take()


async def test_who_comes_late_but_before_others_has_it_still(mongo: Mongo, clock: Clock, name: str) -> None:
    first, second = (Lease(mongo, name, clock) for _ in range(2))
    await first.take()
    clock.at += 10 * TERM

    assert await first.take()
    assert not await second.take()


async def test_released_it_is_given_at_once(mongo: Mongo, clock: Clock, name: str) -> None:
    first, second = (Lease(mongo, name, clock) for _ in range(2))
    await first.take()

    await first.release()

    assert await second.take()
    assert not await first.take()


async def test_nobody_releases_what_is_anothers(mongo: Mongo, clock: Clock, name: str) -> None:
    first, second = (Lease(mongo, name, clock) for _ in range(2))
    await second.release()
    await first.take()

    await second.release()

    assert not await second.take()
    assert await first.take()
