"""What calls targets: connections to addresses that were looked at, and nothing else that a client would add.

A client may go by the environment's proxies and .netrc, keep the cookies of one workspace's target for another's,
follow redirects, unpack what is packed to burst, and try again by itself. This one does none of these.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import certifi
from aiohttp import (
    AddrInfoType,
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    StreamReader,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

from api.deliveries.targets import Targets

IDLE = 256  # connections that are kept for the next delivery: as many as are called at once
EXPIRY = 4.0  # seconds that one is kept for: servers hang up after five, or later
HEARD, HEARD_FOR = 64_000, 1.0  # bytes and seconds of an answer's body, which nobody looks at
PATIENT = ClientTimeout(total=None, sock_connect=None)  # whoever calls has a patience of their own
OURS = ("accept", "accept-encoding", "user-agent", "content-type")  # headers that are ours to send, or not


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: its status, and its headers without regard to case."""

    status: int
    headers: Mapping[str, str]


class Calls:
    """The connections of one process; to be closed by whoever opens it, in a running loop."""

    def __init__(self, targets: Targets, tls: ssl.SSLContext | None = None) -> None:
        self._session = ClientSession(
            connector=_Few(
                ssl=tls or _trusting(),
                resolver=_Pinned(targets),
                use_dns_cache=False,  # a name may stand for something else the next time
                socket_factory=_Checked(targets),
                limit=0,  # as many as there are attempts under way, which the courier sees to
                keepalive_timeout=EXPIRY,
            ),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=OURS,
            timeout=PATIENT,
        )

    async def post(self, url: URL, body: bytes, headers: Mapping[str, str]) -> Said:
        """What the target answers; raises NotATarget for what may not be called, and ClientError."""
        async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            if not answer.content.is_eof():
                await _heard(answer.content)
            return Said(answer.status, answer.headers)

    async def aclose(self) -> None:
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


async def _heard(body: StreamReader) -> None:
    """Read an answer to its end, so that its connection serves again; of one that goes on and on it is closed.

    The status is the answer: what comes after it can make no failure of a success.
    """
    with suppress(ClientError, TimeoutError, EOFError):
        async with asyncio.timeout(HEARD_FOR):
            await body.readexactly(HEARD)


class _Pinned(AbstractResolver):
    """A name is the addresses that it stands for now, when all of them may be called."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - the protocol's, and always any
    ) -> list[ResolveResult]:
        return [_resolved(host, port, each) for each in await self._targets.addresses(host, port)]

    async def close(self) -> None:
        """Names are closed by whoever opened them."""


def _resolved(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
    )


class _Checked:
    """Makes the sockets that connect: only to what may be called, for an address in a URL is asked of no resolver."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets

    def __call__(self, address: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, (host, *_) = address
        self._targets.allow(str(host))
        return socket.socket(family, kind, protocol)


class _Few(TCPConnector):
    """Keeps no more than IDLE connections open that nobody uses; by itself it would count those in use alone."""

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        enough = sum(map(len, self._conns.values())) >= IDLE
        super()._release(key, protocol, should_close=should_close or enough)


def _trusting() -> ssl.SSLContext:
    """Trusts whom the machine does, and whom browsers do, for many a container knows nobody."""
    tls = ssl.create_default_context()
    tls.load_verify_locations(certifi.where())
    return tls
