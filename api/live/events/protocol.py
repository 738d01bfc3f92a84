"""HTTP under uvicorn, for answers that go on for ever: they end when the server stops, whoever reads them or does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.live.sockets.wire import CLOSING

EXTENSION = "tierwire.connection"  # where in a scope's extensions the connection of a request is


class LiveConnection(HttpToolsProtocol):
    """uvicorn's, which would wait for the end of every answer, and for ever for a peer that takes nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_stopping = False
        self.on_stop: Callable[[], None] | None = None  # called when the server stops; set by what has no end

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)["extensions"] = {EXTENSION: self}

    def shutdown(self) -> None:
        self.is_stopping = True
        super().shutdown()
        if self.on_stop:
            self.on_stop()

    def cut(self) -> None:
        """Close it in the middle of the answer, so that its reader comes back."""
        if not self.transport.is_closing():
            self.transport.close()
            self.loop.call_later(CLOSING, self.transport.abort)
