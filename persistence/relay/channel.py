"""What the relay keeps in Redis: a bounded stream of the log's links, and the lease of the one who writes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bson import decode, encode
from bson.errors import BSONError
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from persistence.feed import Link
from persistence.mongo import Mongo

Result = TypeVar("Result")

ANSWER = 0.25  # seconds for Redis to connect or to answer; the database is asked instead of waiting longer
BLOCK = 0.5  # seconds for which one reading waits for a next entry; what Redis holds back costs at most this
LEASE = 2.0  # seconds until another may lead; the leader renews it with every link, four times as often
KEPT = 20_000  # entries, about 20 MB: seconds of the busiest import, and who is further behind reads the log
READ = 100  # entries read at once: some milliseconds of work, then the loop breathes
BEGINNING = "0-0"

# One script renews and writes, so only the holder writes, and only as long as it writes does it stay the holder.
APPEND = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
for at = 4, #ARGV, 3 do
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*',
    'prev', ARGV[at], 'token', ARGV[at + 1], 'event', ARGV[at + 2])
end
return 1
"""
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"

OPTIONS: Mapping[str, Any] = {
    "retry": Retry(NoBackoff(), 0),
    # The client's own timeout lets a cancellation get lost under Python 3.11 (it uses asyncio.wait_for): see _in_time.
    "socket_timeout": None,
    "socket_connect_timeout": ANSWER,
    # Under 3 a server may announce its maintenance, and the client then waits for longer.
    "protocol": 2,
}


class Away(Exception):
    """Redis does not answer in time, refuses, or holds what the relay did not write."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A link in the stream, at the position `id`; its event is BSON, empty for none."""

    id: str
    prev: str
    token: str
    event: bytes

    @classmethod
    def of(cls, id_: Any, fields: Any) -> Entry:
        try:
            prev, token, event = (fields[name] for name in (b"prev", b"token", b"event"))
            return cls(id_.decode(), prev.decode(), token.decode(), event)
        except (AttributeError, KeyError, TypeError, UnicodeDecodeError) as error:
            raise Away("the stream holds what the relay did not write") from error

    def link(self, mongo: Mongo) -> Link:
        """The link, its event just as the database's own log gives it."""
        try:
            event = decode(self.event, mongo.database.codec_options) if self.event else None
        except BSONError as error:
            raise Away("the stream holds what the relay did not write") from error
        return Link(self.prev, self.token, event)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the relay of one database is: a Redis, and two keys there."""

    url: str = field(repr=False)  # it may hold a password
    lease: str
    stream: str

    @classmethod
    async def of(cls, url: str, mongo: Mongo) -> Place:
        """The place for the database, whatever others of the same name share the Redis.

        Raises ValueError, without the URL in it, when Redis cannot be at *url*.
        """
        try:
            pool = ConnectionPool(**parse_url(url))
            pool.connection_class(**pool.connection_kwargs)  # opens nothing yet
        except (TypeError, ValueError):
            raise ValueError("TIERWIRE_REDIS_URL is not the URL of a Redis") from None
        # The braces let a cluster keep both keys in one place; the 1 is the entries' format.
        name = f"tierwire:{{{mongo.database.name}.{await _identity(mongo)}}}:1"
        return cls(url, f"{name}:lease", f"{name}:stream")

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Channel]:
        """A channel to Redis, connected when it is used; whatever fails within the context raises Away."""
        redis = Redis.from_pool(ConnectionPool(**{**parse_url(self.url), **OPTIONS}))
        try:
            yield Channel(redis, self)
        except (RedisError, OSError) as error:
            raise Away(str(error) or "no answer in time") from error
        finally:
            with suppress(RedisError, OSError):  # it must not stand in the way of a cancellation
                await redis.aclose()


async def _identity(mongo: Mongo) -> str:
    """What tells this database from others of its name: the number its server drew for a collection of it."""
    wanted = {"name": mongo.score_changes.name}
    (collection,) = await (await mongo.database.list_collections(filter=wanted)).to_list(None)
    identity: bytes = collection["info"]["uuid"]
    return identity.hex()


class Channel:
    """The relay's stream and lease, over one client."""

    def __init__(self, redis: Redis, place: Place) -> None:
        self._redis = redis
        self._lease = place.lease
        self._stream = place.stream

    async def take(self, holder: str) -> bool:
        """Take the lease for LEASE seconds, unless somebody holds it."""
        return bool(await _in_time(self._redis.set(self._lease, holder, nx=True, px=_ms(LEASE))))

    async def append(self, holder: str, links: Iterable[Link]) -> bool:
        """Write the links and renew the lease; False, and nothing done, when it is not *holder*'s any more."""
        values = [value for link in links for value in (link.prev, link.token, _packed(link.event))]
        keys = self._lease, self._stream
        return bool(await _in_time(self._redis.eval(APPEND, 2, *keys, holder, _ms(LEASE), KEPT, *values)))

    async def release(self, holder: str) -> None:
        """Let another take the lease now; when Redis cannot be told, it ends by itself."""
        with suppress(RedisError, OSError):
            await _in_time(self._redis.eval(RELEASE, 1, self._lease, holder))

    async def newest(self) -> Entry | None:
        """The last entry, None when there is none."""
        entries = await _in_time(self._redis.xrevrange(self._stream, count=1))
        return next((Entry.of(*entry) for entry in entries or ()), None)

    async def after(self, position: str) -> list[Entry]:
        """The next entries, at most READ; none when none came for BLOCK seconds."""
        asking = self._redis.xread({self._stream: position}, READ, _ms(BLOCK))
        answer: Any = await _in_time(asking, BLOCK + ANSWER)
        return [Entry.of(*entry) for _, entries in answer for entry in entries]


async def _in_time(asking: Awaitable[Result], patience: float = ANSWER) -> Result:
    async with asyncio.timeout(patience):
        return await asking


def _packed(event: Mapping[str, Any] | None) -> bytes:
    return encode(event) if event else b""


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
