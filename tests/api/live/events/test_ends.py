"""An event stream outlives no key and holds up no server; slow readers are bounded, and there are not too many."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from api.live.sockets import crowd, wire
from persistence.mongo import Mongo
from persistence.workspaces import _digest
from tests.api.conftest import Serve
from tests.api.live.events.following import EVENTS, following
from tests.api.live.sockets.conversations import hasten, until
from tests.api.live.sockets.test_slow_readers import BULKY, flip, heavy
from tests.api.scenes import with_levels, with_score
from tests.api.subscriptions.boards import moves
from tests.client import Client
from tests.conftest import MakeClient, Served

SLOW = 300_000  # bytes, here
PLAIN = {"http": "auto"}


@asynccontextmanager
async def deaf(served: Served, key: str) -> AsyncIterator[asyncio.StreamReader]:
    """A stream of which next to nothing is taken from the network, unless the test reads it."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    narrow.setblocking(False)
    host, port = served.url.removeprefix("http://").partition("/")[0].split(":")
    await asyncio.get_running_loop().sock_connect(narrow, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=narrow, limit=4_096)
    body = json.dumps({"query": BULKY})
    writer.write(
        f"POST /graphql HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\naccept: {EVENTS}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()
    )
    try:
        yield reader
    finally:
        writer.transport.abort()


@pytest.mark.slow
class TestSlowReaders:
    async def test_one_that_reads_nothing_waits_within_bounds_and_is_cut_off_while_another_goes_on(
        self, client: Client, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(wire, "SLOW", SLOW)
        await heavy(client)
        async with serve() as served, deaf(served, client.key), following(served.url, client.key) as board:
            await board.told()
            await until(lambda: sum(map(len, served.crowd.channels)) == 2)
            for number in range(60):
                await with_score(client, "a", -30 if number % 2 else 30)
                assert (await board.told())["changes"]
            waiting = sorted(stream._outbox._size for stream in served.crowd._streams)
            assert SLOW < waiting[-1] < 2 * SLOW
            hasten(served, stalled=0.2)
            await until(lambda: len(served.crowd) == 1)
            await with_score(client, "a", 60)

            assert (await board.told())["changes"]

    async def test_one_that_reads_again_is_told_to_read_afresh_and_goes_on(
        self, client: Client, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(wire, "SLOW", SLOW)
        await heavy(client)
        async with serve() as served, deaf(served, client.key) as reader:
            await until(lambda: len(served.crowd.channels))
            await flip(client, 60)
            (slow,) = served.crowd._streams
            await until(lambda: slow.slow_since is not None)
            text = b""
            while b"ResyncRequired" not in text:
                text += await asyncio.wait_for(reader.read(65_536), 10)
            await with_score(client, "a", 60)
            while b'"version":62' not in text:
                text += await asyncio.wait_for(reader.read(65_536), 10)

            assert slow.slow_since is None

    async def test_one_that_reads_nothing_does_not_keep_a_server_from_stopping(
        self, client: Client, serve: Serve
    ) -> None:
        await heavy(client)
        async with AsyncExitStack() as streams:
            async with serve(options={"timeout_graceful_shutdown": 60}) as served, asyncio.timeout(30):
                await streams.enter_async_context(deaf(served, client.key))
                await until(lambda: len(served.crowd.channels))
                await flip(client, 60)
                (slow,) = served.crowd._streams
                assert slow._outbox._size

            assert len(served.crowd) == 0


class TestEnds:
    async def test_a_server_that_stops_breaks_off_its_streams_and_their_clients_go_on_at_another(
        self, client: Client, serve: Serve
    ) -> None:
        await with_levels(client)
        async with AsyncExitStack() as streams:
            async with serve(options={"timeout_graceful_shutdown": 60}) as served, asyncio.timeout(30):
                events = await streams.enter_async_context(following(served.url, client.key))
                last = (await events.heard())["id"]
            rest = await events.ends()
        await with_score(client, "a", 30)

        assert rest == []
        async with following(client.url, client.key, headers={"last-event-id": last}) as events:
            assert moves((await events.told())["changes"]) == [("a", "Cold", "Warm")]

    @pytest.mark.parametrize("options", [{}, PLAIN], ids=["our own connection", "any other"])
    async def test_every_stream_of_a_key_that_is_removed_is_broken_off_and_no_other(
        self, make_client: MakeClient, mongo: Mongo, serve: Serve, options: dict[str, str]
    ) -> None:
        removed, kept = await make_client(), await make_client()
        await with_levels(kept)
        async with (
            serve(options=options) as served,
            following(served.url, removed.key) as first,
            following(served.url, kept.key) as second,
        ):
            hasten(served)
            await mongo.database.api_keys.delete_one({"_id": _digest(removed.key)})
            ends = await first.ends()
            await with_score(kept, "a", 30)

            assert len(ends) == 1
            assert [await second.told(), await second.told()][1]["changes"]
            await until(lambda: len(served.crowd) == 1)

    async def test_a_client_that_vanishes_is_forgotten(self, client: Client, serve: Serve) -> None:
        async with serve() as served:
            async with deaf(served, client.key):
                await until(lambda: len(served.crowd.channels))
            await until(lambda: len(served.crowd) == 0)

            assert len(served.crowd.channels) == 0


class TestBounds:
    async def test_a_key_has_no_more_streams_than_it_may_have_sockets(
        self, make_client: MakeClient, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(crowd, "KEY_SOCKETS", 1)
        busy, other = await make_client(), await make_client()
        async with serve() as served:
            async with following(served.url, busy.key), following(served.url, other.key) as fine:
                async with following(served.url, busy.key) as refused:
                    answer = json.loads(await refused.response.aread())
                assert refused.response.status_code == 429
                assert answer["errors"][0]["extensions"] == {"code": "RATE_LIMITED"}
                assert await fine.told()
            await until(lambda: len(served.crowd) == 0)
            async with following(served.url, busy.key) as again:
                assert await again.told()

    async def test_a_process_with_all_it_bears_takes_no_more(
        self, client: Client, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(crowd, "SOCKETS", 1)
        async with (
            serve() as served,
            following(served.url, client.key),
            following(served.url, client.key) as refused,
        ):
            assert refused.response.status_code == 503
