"""Bells between processes: each rings its own, and nobody is the worse for one who does not listen."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from persistence.bell import Bell, Line, answered

LONG = 60.0  # seconds that nobody waits for


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bell"


@pytest.fixture
def line(path: Path) -> Iterator[Line]:
    with closing(Line(path)) as line:
        yield line


async def has_rung(bell: Bell) -> bool:
    """Whether it rings, or has since somebody last waited for it."""
    try:
        await asyncio.wait_for(bell.wait(LONG), 0.2)
    except TimeoutError:
        return False
    return True


async def test_a_bell_wakes_who_waits_for_it() -> None:
    bell = Bell()
    waiting = asyncio.create_task(bell.wait(LONG))
    await asyncio.sleep(0)

    bell.ring()

    await asyncio.wait_for(waiting, LONG / 10)


async def test_what_rang_before_somebody_waits_is_heard_once() -> None:
    bell = Bell()
    bell.ring()
    bell.ring()

    assert await has_rung(bell)
    assert not await has_rung(bell)


async def test_a_line_rings_the_bell_of_that_name_and_no_other(path: Path, line: Line) -> None:
    jobs, deliveries = Bell(), Bell()
    async with answered(path, {"jobs": jobs, "deliveries": deliveries}):
        Bell(line, "jobs").ring()
        await jobs.wait(LONG)

        assert not await has_rung(deliveries)


async def test_a_bell_with_a_line_rings_here_as_well(line: Line) -> None:
    bell = Bell(line, "jobs")

    bell.ring()

    assert await has_rung(bell)


async def test_what_is_no_bell_rings_none(path: Path, line: Line) -> None:
    jobs = Bell()
    async with answered(path, {"jobs": jobs}):
        for name in ("", "leads", "jobs\0", "j" * 10_000):
            line.ring(name)
        assert not await has_rung(jobs)

        line.ring("jobs")
        await jobs.wait(LONG)


async def test_who_rings_never_waits_for_one_who_does_not_listen(path: Path, line: Line) -> None:
    jobs = Bell()
    line.ring("jobs")  # nobody is there
    async with answered(path, {"jobs": jobs}):
        for _ in range(10_000):  # nor has a turn meanwhile
            line.ring("jobs")

        assert await has_rung(jobs)
    line.ring("jobs")  # nor is any more


async def test_the_place_of_one_who_was_killed_is_taken(path: Path, line: Line) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(path))
    jobs = Bell()

    async with answered(path, {"jobs": jobs}):
        line.ring("jobs")

        assert await has_rung(jobs)
