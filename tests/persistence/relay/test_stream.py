"""The stream: each database's own, bounded, and trusted no further than it goes."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest
from bson import encode

from persistence.feed import COMMITTED
from persistence.mongo import Mongo, open_mongo
from persistence.relay import channel
from persistence.relay.channel import Entry, Place
from tests.persistence.relay.conftest import Start
from tests.persistence.relay.valkey import Valkey
from tests.persistence.relay.waiting import WAIT
from tests.persistence.relay.writer import Writer

FIRST = Entry("0-0", "", "", b"")  # before every other


async def test_what_was_trimmed_before_it_was_read_is_read_from_the_database(
    valkey: Valkey, start: Start, writer: Writer
) -> None:
    async with start() as slow, start() as other:
        await writer.write_until_read_by(2)
        await writer.write()
        await writer.is_told_by(slow, other)
        slow.awake.clear()
        for _ in range(5):
            await writer.write(20)
            await writer.is_told_by(other)
            await valkey.redis.xtrim(await valkey.key("stream"), maxlen=0, approximate=False)
        slow.awake.set()
        await writer.is_told_by(slow)
        await writer.write_until_read_by(2)
        await writer.write(20)
        await writer.is_told_by(slow, other)


STRANGERS: list[Any] = [
    {"of": "a stranger"},
    {"prev": b"\xff", "token": "", "events": ""},
    {"prev": "", "token": "FF", "events": "no BSON"},
    {"prev": "", "token": "FF", "events": encode({"no": "events"})},
    {"prev": "FF", "token": "FF", "events": ""},
]


@pytest.mark.parametrize("entry", STRANGERS)
async def test_what_a_stranger_wrote_into_the_stream_is_not_told(
    valkey: Valkey, start: Start, writer: Writer, entry: Any
) -> None:
    async with start() as one:
        await writer.write_until_read_by(1)
        await writer.write(10)
        await valkey.redis.xadd(await valkey.key("stream"), entry)
        await writer.write(10)
        await writer.is_told_by(one)
        await writer.write_until_read_by(1)
        await writer.write(10)
        await writer.is_told_by(one)


@pytest.mark.parametrize("entry", [STRANGERS[0], STRANGERS[-1]])
async def test_a_stream_whose_end_is_strange_is_gone_on_with(
    mongo: Mongo, valkey: Valkey, start: Start, writer: Writer, entry: Any
) -> None:
    place = await Place.of(valkey.url, mongo)
    await valkey.redis.xadd(place.stream, entry)
    async with start() as one:
        await writer.write(10)
        await writer.write_until_read_by(1)
        await writer.write(10)
        await writer.is_told_by(one)


async def test_a_key_of_another_type_in_the_place_of_the_stream_costs_nothing(
    valkey: Valkey, start: Start, writer: Writer
) -> None:
    async with start() as one:
        await writer.write_until_read_by(1)
        stream = await valkey.key("stream")
        await valkey.redis.set(stream, "no stream")
        await writer.write(10)
        await writer.is_told_by(one)
        await valkey.redis.delete(stream)
        await writer.write_until_read_by(1)
        await writer.write(10)
        await writer.is_told_by(one)


async def test_databases_that_share_a_redis_have_each_their_own_stream(
    mongo: Mongo, mongo_uri: str, valkey: Valkey
) -> None:
    """Even two of one name, as on two servers: the one that is made again stands for both."""
    places = [await Place.of(valkey.url, mongo)]
    for _ in range(2):
        async with open_mongo(mongo_uri, "other") as other:
            places.append(await Place.of(valkey.url, other))
            await other.client.drop_database("other")

    assert len({place.stream for place in places} | {place.lease for place in places}) == 6


async def test_versions_that_tell_of_different_things_have_each_their_own_stream(
    mongo: Mongo, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link is true only of what its writer looked for."""
    ours = await Place.of(valkey.url, mongo)
    monkeypatch.setattr("persistence.relay.channel.COMMITTED", [*COMMITTED, {"$match": {}}])

    assert (await Place.of(valkey.url, mongo)).stream != ours.stream


async def test_the_stream_is_bounded_and_who_is_further_behind_reads_the_database(
    valkey: Valkey, start: Start, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "KEPT", 10)
    async with start() as slow, start() as other:
        await writer.write_until_read_by(2)
        slow.awake.clear()
        for _ in range(200):
            await writer.write()
        await writer.is_told_by(other)
        kept = await valkey.entries()
        slow.awake.set()
        await writer.is_told_by(slow)

    assert len(kept) < 100
    assert await valkey.redis.pttl(await valkey.key("stream")) > 0


async def test_a_cancellation_is_never_lost(valkey: Valkey, mongo: Mongo) -> None:
    """The client's own timeouts lose one in twenty of these."""
    place, random = await Place.of(valkey.url, mongo), Random(1)

    async def read_for_ever() -> None:
        async with place.connect() as redis:
            while True:
                await redis.after((await redis.newest() or FIRST).id)

    for _ in range(300):
        reading = asyncio.create_task(read_for_ever())
        await asyncio.sleep(random.uniform(0, 0.003))
        reading.cancel()
        done, _ = await asyncio.wait([reading], timeout=WAIT)
        assert done
