"""One process relays for all, and whatever becomes of it another goes on where it was."""

from __future__ import annotations

import signal
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest

from tests.persistence.relay.conftest import Start, StartChild
from tests.persistence.relay.valkey import Valkey
from tests.persistence.relay.writer import Writer

pytestmark = pytest.mark.slow


async def test_exactly_one_process_relays(valkey: Valkey, start: Start, writer: Writer) -> None:
    async with start() as one, start() as two, start() as three:
        await writer.write_until_read_by(3)
        await writer.write(200)
        await writer.is_told_by(one, two, three)

        assert await valkey.clients("eval") == 1
        assert await valkey.clients("set") == 2
    assert all(earlier.token == later.prev for earlier, later in pairwise(await valkey.entries()))


async def test_one_who_stops_hands_over_at_once(valkey: Valkey, start: Start, writer: Writer) -> None:
    async with AsyncExitStack() as leaving:
        await leaving.enter_async_context(start())
        await writer.write_until_read_by(1)
        async with start() as other:
            await writer.write_until_read_by(2)
            leader = await valkey.holder()
            await writer.write(10)
            await leaving.aclose()

            assert await valkey.holder() != leader
            await writer.write(10)
            await valkey.is_led_by_another_than(leader)
            await writer.write(10)
            await writer.is_told_by(other)
    assert await valkey.holder() is None


async def test_one_who_is_killed_is_replaced_and_nothing_is_lost_or_told_twice(
    valkey: Valkey, start: Start, start_child: StartChild, writer: Writer
) -> None:
    async with start_child() as child:
        await writer.write_until_read_by(1)
        leader = await valkey.holder()
        async with start() as one, start() as two:
            await writer.write_until_read_by(3)
            await writer.write(100)
            child.send(signal.SIGKILL)
            await writer.write(100)
            await valkey.is_led_by_another_than(leader)
            await writer.write(100)
            await writer.is_told_by(one, two)


async def test_one_who_slept_longer_than_it_held_the_lease_does_no_harm(
    valkey: Valkey, start: Start, start_child: StartChild, writer: Writer
) -> None:
    async with start_child() as child:
        await writer.write_until_read_by(1)
        leader = await valkey.holder()
        async with start() as one, start() as two:
            await writer.write_until_read_by(3)
            await writer.write(100)
            child.send(signal.SIGSTOP)
            await writer.write(100)
            await valkey.is_led_by_another_than(leader)
            await writer.write(100)
            child.send(signal.SIGCONT)
            await writer.write(100)
            await writer.is_told_by(one, two, child)

            assert await valkey.holder() not in {None, leader}


async def test_one_whose_lease_was_lost_writes_no_more(valkey: Valkey, start: Start, writer: Writer) -> None:
    async with start() as one:
        await writer.write_until_read_by(1)
        await valkey.redis.set(await valkey.key("lease"), "somebody else")
        before = await valkey.entries()
        await writer.write(10)
        await writer.is_told_by(one)

        assert await valkey.entries() == before
        await valkey.redis.delete(await valkey.key("lease"))
        await writer.write_until_read_by(1)
        await writer.write(10)
        await writer.is_told_by(one)
