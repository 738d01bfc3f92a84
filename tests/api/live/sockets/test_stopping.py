"""A server that stops says so to its sockets, not to all at once, and is gone in time."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from api.live.sockets import protocol
from tests.api.conftest import Serve
from tests.api.live.sockets.conversations import closed, greeted
from tests.api.sockets import heard, init, opened, subscribe
from tests.api.subscriptions.boards import TIERS
from tests.client import Client
from tests.processes import started

pytestmark = pytest.mark.slow


async def test_each_socket_is_closed_at_a_moment_of_its_own(
    client: Client, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "PACE", 20)
    moments: list[float] = []

    async def end(board: object) -> tuple[int, str]:
        found = await closed(board)  # type: ignore[arg-type]
        moments.append(asyncio.get_running_loop().time())
        return found

    async with AsyncExitStack() as boards:
        async with serve() as served:
            sockets = [await boards.enter_async_context(greeted(served, client.key)) for _ in range(20)]
            for each in sockets:
                await each.send(subscribe("1", TIERS))
            ends = [asyncio.create_task(end(each)) for each in sockets]
        codes = {code for code, _ in await asyncio.gather(*ends)}

    assert codes == {1012}
    assert max(moments) - min(moments) > 0.3
    assert len(served.crowd) == 0


async def test_serve_ends_in_order_at_a_signal_though_boards_are_open(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = (str(Path(sys.executable).with_name("tierwire")), "serve", "--port", str(port))
    async with started(*command, env={**os.environ, "TIERWIRE_DATA": str(tmp_path)}) as process:
        url = f"http://127.0.0.1:{port}/graphql"
        await _ready(url.replace("/graphql", "/healthz"))
        key = (tmp_path / "tierwire.default.key").read_text().strip()
        async with opened(url) as board:
            await board.send(init(key))
            await heard(board)
            await board.send(subscribe("1", TIERS))
            process.send_signal(signal.SIGTERM)
            code, reason = await closed(board)
        assert await asyncio.wait_for(process.wait(), 30) == 0

    assert code == 1012
    assert "come back" in reason


async def _ready(url: str) -> None:
    async with httpx.AsyncClient(verify=False) as http, asyncio.timeout(60):
        while True:
            try:
                await http.get(url)
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return
