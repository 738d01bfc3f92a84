"""A peer that is there is pinged and left alone; one that is silent, or never says who it is, is closed."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from datetime import datetime

from tests.api.conftest import Serve
from tests.api.live.sockets.conversations import closed, greeted, hasten, said, until
from tests.api.scenes import with_levels, with_score
from tests.api.sockets import heard, init, opened, subscribe
from tests.api.subscriptions.boards import TIERS, moves, told
from tests.client import Client
from tests.processes import started


class TestPings:
    async def test_a_ping_says_when_and_how_far_everything_was_told(
        self, client: Client, serve: Serve
    ) -> None:
        await with_levels(client)
        async with serve() as served, greeted(served, client.key) as socket:
            await socket.send(subscribe("1", TIERS))
            await with_score(client, "a", 30)
            frame = (await said(socket))["payload"]["data"]["leadTierChanged"]
            hasten(served, ping=0.05)
            ping = await said(socket)

        assert ping["type"] == "ping"
        assert datetime.fromisoformat(ping["payload"]["at"]).tzinfo
        assert ping["payload"]["cursor"] >= frame["cursor"]

    async def test_a_board_goes_on_from_the_cursor_of_a_ping(self, client: Client, serve: Serve) -> None:
        await with_levels(client)
        async with serve() as served:
            hasten(served, ping=0.05)
            async with greeted(served, client.key) as socket:
                await socket.send(subscribe("1", TIERS))
                cursor = (await said(socket))["payload"]["cursor"]
            for lead in ("a", "b"):
                await with_score(client, lead, 30)
            server = Client(served.url, client.key)
            async with server.subscribe(TIERS, after=cursor) as board:
                changes = await told(board, 2)
            await server.close()

        assert moves(changes) == [("a", "Cold", "Warm"), ("b", "Cold", "Warm")]

    async def test_a_peer_that_answers_is_kept(self, client: Client, serve: Serve) -> None:
        async with serve() as served, greeted(served, client.key) as socket:
            hasten(served, ping=0.01, silence=1)
            for _ in range(20):
                assert (await said(socket))["type"] == "ping"
                await socket.send('{"type": "pong"}')

            assert len(served.crowd) == 1

    async def test_anything_that_a_peer_says_is_a_sign_of_life(self, client: Client, serve: Serve) -> None:
        async with serve() as served, greeted(served, client.key) as socket:
            hasten(served, ping=0.01, silence=0.5)
            for _ in range(10):
                assert (await said(socket))["type"] == "ping"
                await socket.ping()
            assert len(served.crowd) == 1


class TestSilence:
    async def test_a_peer_that_is_silent_is_closed_and_may_come_back(
        self, client: Client, serve: Serve
    ) -> None:
        async with serve() as served, greeted(served, client.key) as socket:
            hasten(served, ping=0.01, silence=0.1)

            code, reason = await closed(socket)
            await until(lambda: len(served.crowd) == 0)

        assert code == 4408
        assert "ping" in reason

    async def test_a_peer_that_was_stopped_is_cut_off_and_takes_nothing_with_it(
        self, client: Client, serve: Serve
    ) -> None:
        """As a laptop is that sleeps: its connection is there, but nobody reads or writes."""
        sleeper = (
            "import asyncio, sys\n"
            "from websockets.asyncio.client import connect\n"
            "async def main():\n"
            "    async with connect(sys.argv[1], subprotocols=['graphql-transport-ws']) as socket:\n"
            "        for message in sys.argv[2:]:\n"
            "            await socket.send(message)\n"
            "        print(await socket.recv(), flush=True)\n"
            "        await asyncio.sleep(60)\n"
            "asyncio.run(main())\n"
        )
        await with_levels(client)
        async with serve() as served:
            url = served.url.replace("http", "ws", 1)
            messages = (init(client.key), subscribe("1", TIERS))
            async with (
                started(sys.executable, "-c", sleeper, url, *messages) as process,
                greeted(served, client.key) as beside,
            ):
                assert process.stdout
                await process.stdout.readline()
                await beside.send(subscribe("1", TIERS))
                await until(lambda: sum(map(len, served.crowd.channels)) == 2)
                process.send_signal(signal.SIGSTOP)
                hasten(served, ping=0.1, silence=0.2)
                reading = asyncio.create_task(heard(beside))
                await until(lambda: sum(map(len, served.crowd.channels)) == 1)
                await until(lambda: len(served.crowd) == 1)
                await with_score(client, "a", 30)

                assert (await reading)["payload"]["data"]["leadTierChanged"]["changes"]

    async def test_a_socket_that_never_says_who_it_is_is_closed(self, serve: Serve) -> None:
        async with serve() as served:
            hasten(served, init=0.05)
            async with opened(served.url) as socket:
                await socket.send(json.dumps({"type": "pong"}))

                code, reason = await closed(socket)
            await until(lambda: len(served.crowd) == 0)

        assert (code, reason) == (4408, "connection_init did not come in time")
