"""A server that offers no wire of its own serves boards all the same."""

from __future__ import annotations

import asyncio
import json

import pytest

from api.live.sockets import wire
from api.live.sockets.wire import AsgiWire
from tests.api.conftest import Serve
from tests.api.harmless import QUERY
from tests.api.live.sockets.conversations import closed, greeted, hasten, said, until
from tests.api.scenes import with_levels, with_score
from tests.api.sockets import init, opened, subscribe
from tests.api.subscriptions.boards import TIERS, moves, told
from tests.client import Client

PLAIN = {"ws": "auto"}


async def test_boards_are_told_and_operations_answered(client: Client, serve: Serve) -> None:
    await with_levels(client)
    async with serve(options=PLAIN) as served:
        server = Client(served.url, client.key)
        async with server.subscribe(TIERS) as board:
            (socket,) = served.crowd._sockets
            assert isinstance(socket.wire, AsgiWire)
            await with_score(server, "a", 30)
            assert moves(await told(board, 1)) == [("a", "Cold", "Warm")]
        await until(lambda: len(served.crowd) == 0)
        async with greeted(served, client.key) as other:
            await other.send(subscribe("1", QUERY))
            assert (await said(other))["payload"] == {"data": {"viewer": {"role": "OWNER"}}}
        await server.close()


async def test_sockets_are_pinged_and_closed_with_the_same_codes(client: Client, serve: Serve) -> None:
    async with serve(options=PLAIN) as served:
        hasten(served, ping=0.01, silence=0.1)
        async with greeted(served, client.key) as silent:
            assert (await closed(silent))[0] == 4408
        async with opened(served.url) as wrong:
            await wrong.send(init("tw_never-given-out"))
            assert (await closed(wrong))[0] == 4403
        await until(lambda: len(served.crowd) == 0)


async def test_a_peer_that_answers_is_kept(client: Client, serve: Serve) -> None:
    async with serve(options=PLAIN) as served, greeted(served, client.key) as socket:
        hasten(served, ping=0.01, silence=0.2)
        for _ in range(50):
            assert (await said(socket))["type"] == "ping"
            await socket.send('{"type": "pong"}')

        assert len(served.crowd) == 1


class Server:
    """The `send` of a server that takes messages only while its gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.sent: list[str] = []

    async def send(self, event: object) -> None:
        await self.gate.wait()
        self.sent.append(json.dumps(event))


async def test_what_waits_for_a_slow_socket_is_bounded_and_said_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "SLOW", 100)
    server, drained = Server(), asyncio.Event()
    slow = AsgiWire(server.send)
    slow.on_drained = drained.set
    taken = [slow.tell(b"%d" % number, b"x" * 20) for number in range(10)]
    assert slow.slow_since is not None
    answer = asyncio.create_task(slow.send_text(b"answer"))
    await asyncio.sleep(0)
    assert not answer.done()
    server.gate.set()
    await answer
    await slow.finish()

    count = taken.index(False)
    assert taken == [True] * count + [False] * (10 - count)
    assert drained.is_set()
    assert slow.slow_since is None
    assert [f"{number}xx" in text for number, text in enumerate(server.sent[:count])] == [True] * count
    assert "answer" in server.sent[-1]
    assert len(server.sent) == count + 1


async def test_nobody_waits_for_a_socket_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SLOW", 100)
    gone = asyncio.Event()

    async def send(_: object) -> None:
        await gone.wait()
        raise OSError("the peer is gone")

    slow = AsgiWire(send)
    slow.push(b"x" * 200)
    answer = asyncio.create_task(slow.send_text(b"answer"))
    await asyncio.sleep(0)
    assert not answer.done()
    gone.set()

    await asyncio.wait_for(answer, 1)
    await slow.finish()
    for _ in range(100):
        slow.push(b"x" * 200)
    assert not slow._waiting
