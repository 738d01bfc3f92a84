"""All open sockets of this process: let in, kept alive, and closed when their time has come."""

from __future__ import annotations

from starlette.websockets import WebSocket

from api.auth import Door
from api.context import House
from api.live.channels import Channels
from api.sockets.socket import Socket
from api.sockets.wire import EXTENSION, AsgiWire, Wire
from domain.actors import Viewer


class Crowd:
    """The sockets, and the channels that they share."""

    def __init__(self, house: House, door: Door) -> None:
        self.channels = Channels()
        self._house = house
        self._door = door
        self._sockets: set[Socket] = set()

    async def serve(self, websocket: WebSocket) -> None:
        """Speak with one that was accepted, until it is closed."""
        wire: Wire = websocket.scope["extensions"].get(EXTENSION) or AsgiWire(websocket.send)
        socket = Socket(wire, self._house, self._door, self.channels, websocket.headers, self._admit)
        self._sockets.add(socket)
        try:
            await socket.converse(websocket.receive)
        finally:
            self._sockets.discard(socket)
            await wire.finish()

    def _admit(self, viewer: Viewer) -> None:
        pass
