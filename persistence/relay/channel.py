"""What the relay keeps in Redis: a bounded stream of the log's links, and the lease of the one who writes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, TypeVar

from bson import decode, encode
from bson.errors import BSONError
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from persistence.feed import COMMITTED, Link
from persistence.mongo import Mongo

Result = TypeVar("Result")

ANSWER = 0.25  # seconds for Redis to connect or to answer; the database is asked instead of waiting longer
BLOCK = 0.5  # seconds for which one reading waits for a next entry; what Redis holds back costs at most this
LEASE = 2.0  # seconds until another may lead; the leader renews it with every entry, four times as often
KEPT = 500  # entries, full ones about 30 MB; who is further behind reads the database's log
READ = 20  # entries read at once, full ones about a megabyte
UNUSED = 3_600.0  # seconds until a stream that nobody writes any more, as that of an older version, is gone
FORMAT = 1  # of an entry; another one takes other keys

# One script renews and writes, so only the holder writes, and only as long as it writes does it stay the holder.
APPEND = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'prev', ARGV[4], 'token', ARGV[5], 'events', ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
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

STRANGE = "the stream holds what the relay did not write"


class Away(Exception):
    """Redis does not answer in time, refuses, or holds what the relay did not write."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A link in the stream, at the position `id`; `packed` are its events as BSON, empty for none."""

    id: str
    prev: str
    token: str
    packed: bytes

    @classmethod
    def of(cls, id_: Any, fields: Any) -> Entry:
        try:
            prev, token, packed = (fields[name] for name in (b"prev", b"token", b"events"))
            return cls(id_.decode(), prev.decode(), token.decode(), packed)
        except (AttributeError, KeyError, TypeError, UnicodeDecodeError) as error:
            raise Away(STRANGE) from error

    def link(self, mongo: Mongo) -> Link:
        """The link, with its events just as the database's own log gives them."""
        try:
            events = decode(self.packed, mongo.unzoned.codec_options)["events"] if self.packed else ()
        except (BSONError, KeyError) as error:
            raise Away(STRANGE) from error
        return Link(self.prev, self.token, tuple(events))


@dataclass(frozen=True, slots=True)
class Place:
    """Where the relay of one database is: a Redis, and two keys there."""

    url: str = field(repr=False)  # it may hold a password
    lease: str
    stream: str

    @classmethod
    async def of(cls, url: str, mongo: Mongo) -> Place:
        """The place for the database and this version, whatever others of the same name share the Redis.

        Raises ValueError, without the URL in it, when Redis cannot be at *url*.
        """
        try:
            pool = ConnectionPool(**parse_url(url))
            pool.connection_class(**pool.connection_kwargs)  # opens nothing yet
        except (TypeError, ValueError):
            raise ValueError("TIERWIRE_REDIS_URL is not the URL of a Redis") from None
        # The braces let a cluster keep both keys in one place.
        name = f"tierwire:{{{mongo.database.name}.{await _identity(mongo)}}}:{_language()}"
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


def _language() -> str:
    """What tells processes from those of another version, whose links may leave out what these would tell."""
    return blake2b(encode({"format": FORMAT, "told": COMMITTED}), digest_size=4).hexdigest()


class Channel:
    """The relay's stream and lease, over one client."""

    def __init__(self, redis: Redis, place: Place) -> None:
        self._redis = redis
        self._lease = place.lease
        self._stream = place.stream

    async def take(self, holder: str) -> bool:
        """Take the lease for LEASE seconds, unless somebody holds it."""
        return bool(await _in_time(self._redis.set(self._lease, holder, nx=True, px=_ms(LEASE))))

    async def append(self, holder: str, link: Link) -> bool:
        """Write the link and renew the lease; False, and nothing done, when it is not *holder*'s any more."""
        keys, packed = (self._lease, self._stream), encode({"events": link.events}) if link.events else b""
        values = holder, _ms(LEASE), KEPT, link.prev, link.token, packed, _ms(UNUSED)
        return bool(await _in_time(self._redis.eval(APPEND, 2, *keys, *values)))

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


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
