"""Whatever Redis does, nothing is lost or told twice."""

from __future__ import annotations

import asyncio
import signal

import pytest
from structlog.testing import capture_logs

from persistence.mongo import Mongo
from persistence.relay import open_feed
from persistence.relay.channel import Place
from tests.persistence.relay.conftest import Start
from tests.persistence.relay.valkey import Valkey
from tests.persistence.relay.writer import Writer


async def test_a_redis_that_dies_and_comes_back_empty_costs_nothing(
    valkey: Valkey, start: Start, writer: Writer
) -> None:
    async with start() as one, start() as two, start() as three:
        await writer.write_until_read_by(3)
        await writer.write(50)
        await valkey.kill()
        await writer.write(50)
        await writer.is_told_by(one, two, three)
        await writer.write(50)
        await valkey.start()
        await writer.write(50)
        await writer.write_until_read_by(3)
        await writer.write(50)
        await writer.is_told_by(one, two, three)


async def test_a_redis_that_hangs_costs_nothing(valkey: Valkey, start: Start, writer: Writer) -> None:
    async with start() as one, start() as two:
        await writer.write_until_read_by(2)
        await writer.write(50)
        valkey.send(signal.SIGSTOP)
        await writer.write(50)
        await writer.is_told_by(one, two)
        await writer.write(50)
        valkey.send(signal.SIGCONT)
        await writer.write_until_read_by(2)
        await writer.write(50)
        await writer.is_told_by(one, two)


async def test_a_redis_that_is_away_at_first_is_used_as_soon_as_it_comes(
    valkey: Valkey, start: Start, writer: Writer
) -> None:
    await valkey.kill()
    async with start() as one, start() as two:
        await writer.write(50)
        await writer.is_told_by(one, two)
        await valkey.start()
        await writer.write_until_read_by(2)
        await writer.write(50)
        await writer.is_told_by(one, two)
        assert (await valkey.entries())[-1].token == one.told[-1].token


async def test_a_flushed_redis_costs_nothing(valkey: Valkey, start: Start, writer: Writer) -> None:
    async with start() as one, start() as two:
        await writer.write_until_read_by(2)
        for _ in range(5):
            await writer.write(20)
            await valkey.redis.flushall()
        await writer.write(20)
        await writer.is_told_by(one, two)
        await writer.write_until_read_by(2)


async def test_it_is_said_once_that_redis_is_away_and_once_that_it_is_back(
    valkey: Valkey, start: Start, writer: Writer
) -> None:
    async with start() as one:
        await writer.write_until_read_by(1)
        with capture_logs() as logs:
            await valkey.kill()
            await writer.write(10)
            await writer.is_told_by(one)
            await asyncio.sleep(1.5)  # several tries' time
            await valkey.start()
            await writer.write_until_read_by(1)
            await writer.write(10)
            await writer.is_told_by(one)

    assert sorted(log["event"] for log in logs) == [
        "the feed is read from the database",
        "the feed is read through Redis",
        "this process does not relay the feed",
        "this process relays the feed",
    ]


async def test_the_password_is_not_told(mongo: Mongo, valkey: Valkey, start: Start, writer: Writer) -> None:
    await valkey.redis.config_set("requirepass", "the right one")
    valkey.url = valkey.url.replace("//", "//:hunter2@")
    with capture_logs() as logs:
        async with start() as one:
            await writer.write(10)
            await writer.is_told_by(one)

    assert "invalid username-password pair" in str(logs)
    assert "hunter2" not in str(logs)
    assert "hunter2" not in repr(await Place.of(valkey.url, mongo))


@pytest.mark.parametrize(
    "url", ["hunter2", "http://:hunter2@redis", "redis://:hunter2/@redis", "redis://redis?secret=hunter2"]
)
async def test_a_url_that_is_none_is_refused_without_repeating_it(mongo: Mongo, url: str) -> None:
    with pytest.raises(ValueError, match="not the URL of a Redis") as refused:
        async with open_feed(mongo, url):
            pass

    assert "hunter2" not in str(refused.getrepr(chain=True, style="short"))
