"""Clients that never read: what they cost the servers is to be bounded."""

from __future__ import annotations

import asyncio
from random import Random

from websockets.exceptions import WebSocketException

from tests.soak.record import Record
from tests.soak.wire import Entrance, opened, reset, subscribe

SUBSCRIPTIONS = 10  # of one socket
HELD = 20.0  # seconds until it looks whether it is still wanted

WHOLE = """subscription { leadTierChanged { __typename ... on TierChanges { cursor changes {
  version dimension scoreBefore score cause at from { name min max motion } to { name min max motion }
  lead { id externalId attributes tags updatedAt engagement { score since contributions { source points } } }
} } } }"""


async def be_deaf(entrance: Entrance, record: Record, random: Random) -> None:
    """Subscribe to much and read none of it, over and over, until cancelled."""
    while True:
        try:
            async with opened(entrance, random) as socket:
                for number in range(SUBSCRIPTIONS):
                    await socket.send(subscribe(str(number), WHOLE))
                socket.transport.pause_reading()
                record.did("sockets that were never read")
                try:
                    await asyncio.sleep(HELD)
                finally:
                    reset(socket)
        except (OSError, TimeoutError, WebSocketException):
            await asyncio.sleep(1)
