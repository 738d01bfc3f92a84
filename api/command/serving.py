"""How the API is served, by every command that does."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from api.live.events.protocol import LiveConnection
from api.live.sockets.protocol import LiveProtocol

SOCKET_MESSAGE = 65_536  # bytes; operations are small, and bulk goes over HTTP
DRAIN = 30  # seconds that open requests and sockets have to end when the server stops
HELD_UP = 60  # seconds without a sign of life after which a worker is begun anew; a busy machine takes half of them to start one
APP = "api.app:create_app"  # by name, for every worker process makes its own

OPTIONS: dict[str, Any] = {
    "access_log": False,
    "log_level": "warning",
    "http": LiveConnection,
    "ws": LiveProtocol,
    "ws_max_size": SOCKET_MESSAGE,
    # uvicorn's own keepalive closes with 1011, which clients take for final.
    "ws_ping_interval": None,
    "ws_per_message_deflate": False,
    "timeout_graceful_shutdown": DRAIN,
    "timeout_worker_healthcheck": HELD_UP,
}


class Server(uvicorn.Server):
    """A server that stops at a signal and then lets the process end in order.

    uvicorn's own raises the signal again once it has stopped, which would cut short whatever is still to be closed:
    the embedded MongoDB above all.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, self.handle_exit, each, None)
        try:
            yield
        finally:
            for each in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(each)

    def stop(self, *_: object) -> None:
        """Stop as at a signal; may be given as a callback."""
        self.should_exit = True


def server_of(app: ASGIApp) -> Server:
    """A server of *app*, to be given an open socket."""
    return Server(uvicorn.Config(app, **OPTIONS))


def run_server(host: str, port: int, workers: int) -> None:
    """Serve the application of the environment until told to stop."""
    if workers == 1:
        Server(uvicorn.Config(APP, factory=True, host=host, port=port, **OPTIONS)).run()
    else:
        uvicorn.run(APP, factory=True, host=host, port=port, workers=workers, **OPTIONS)
