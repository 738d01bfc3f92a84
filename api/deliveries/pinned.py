"""What calls targets: connections to addresses that were looked at, and nothing else that a client would add.

A client would go by the environment's proxies and .netrc, keep the cookies of one workspace's target for another's,
follow redirects when told to, and log URLs, which may be secrets. A transport does none of these.
"""

from __future__ import annotations

import asyncio
import logging
import select
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from api.deliveries.targets import Targets

IDLE = 64  # connections that are kept for the next delivery
EXPIRY = 20.0  # seconds that one is kept for: less than most servers do


class Calls(httpx.AsyncHTTPTransport):
    """The connections of one process; to be closed by whoever opens it. Raises NotATarget for what may not be called."""

    def __init__(self, targets: Targets, tls: ssl.SSLContext | None = None) -> None:
        logging.getLogger("httpcore").setLevel(
            logging.WARNING
        )  # it would log what targets say, word for word
        tls = tls or httpx.create_ssl_context()
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(  # in the place of httpx's own, which is like it but for the last line
            ssl_context=tls,
            max_connections=None,  # as many as there are attempts under way, which the courier sees to
            max_keepalive_connections=IDLE,
            keepalive_expiry=EXPIRY,
            network_backend=_Pinned(targets),
        )


class _Pinned(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that a name stands for now, when all of them may be called."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the protocol's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        last: Exception = httpcore.ConnectError("no address")
        for address in await self._targets.addresses(host, port):
            try:
                return _Stream(
                    await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Stream(httpcore.AsyncNetworkStream):
    """A stream that tells at little cost whether its peer has hung up: the pool asks that of all that are idle, often."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._heard = select.poll()
        self._heard.register(inner.get_extra_info("socket").fileno(), select.POLLIN)

    def get_extra_info(self, info: str) -> Any:
        return bool(self._heard.poll(0)) if info == "is_readable" else self._inner.get_extra_info(info)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the protocol's
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as above
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
    ) -> httpcore.AsyncNetworkStream:
        return _Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout))
