"""Writers of numbered changes, each sent with its own key until it is acknowledged; and editors of levels."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import Random

from tests.soak.changes import Change, Numbered, operation
from tests.soak.record import Record
from tests.soak.servers import Servers
from tests.soak.tenants import REPLACE, Json, Refused, Tenant, Trouble, levels

REST = 0.25  # seconds between two changes of one writer, at most
HASTE = 0.02  # seconds after which one in ten gives an answer up, and sends again
BULK = 100  # changes in one request, at most
EDITS = 8.0  # seconds between two edits of the levels, at most


class Writer:
    """Writes to one workspace; two of them write to the same leads."""

    def __init__(self, tenant: Tenant, name: str, servers: Servers, record: Record, random: Random) -> None:
        self.tenant = tenant
        self.numbered = Numbered(name, tenant.leads, random)
        self._servers = servers
        self._record = record
        self._random = random

    async def write(self, over: asyncio.Event) -> None:
        """Change upon change; the last is acknowledged, too."""
        while not over.is_set():
            await self._deliver(self._next())
            await asyncio.sleep(self._random.choice([0, 0, REST * self._random.random()]))

    def _next(self) -> list[Change]:
        if self._random.random() < 0.95:
            return [self.numbered.next()]
        return [self.numbered.next(may_act=False) for _ in range(self._random.randint(2, BULK))]

    async def _deliver(self, changes: Sequence[Change]) -> None:
        while not await self._is_sent(changes):  # noqa: ASYNC110 - it is sent again
            await asyncio.sleep(self._random.uniform(0, 0.5))

    async def _is_sent(self, changes: Sequence[Change]) -> bool:
        """Whether there is nothing more to send."""
        try:
            answer = await self._answer(changes)
        except Trouble as trouble:
            self._record.did(f"writes sent again ({trouble})")
            return False
        except Refused as refused:
            self._record.wrong(f"{changes[0].key} was refused: {refused}")
            return True
        for change, result in zip(changes, answer.get("results", [answer]), strict=True):
            self._acknowledged(change, result)
        return True

    async def _answer(self, changes: Sequence[Change]) -> Json:
        document, given = operation(changes)
        patience = self._random.uniform(0, HASTE) if self._random.random() < 0.1 else None
        try:
            async with asyncio.timeout(patience):
                answer: Json = await self.tenant.ask(
                    self._servers.any_api(self._random), document, input=given
                )
        except TimeoutError as error:
            raise Trouble("not waited for") from error
        return answer

    def _acknowledged(self, change: Change, result: Json) -> None:
        if "duplicate" not in result:
            self._record.wrong(f"{change.key} was refused: {result}")
            return
        self._record.did("changes acknowledged")
        self._record.did("changes acknowledged as already there", result["duplicate"])


class Editor:
    """Edits the levels of one workspace, and now and then again before the edit was told to all."""

    def __init__(self, tenant: Tenant, servers: Servers, record: Record, random: Random) -> None:
        self._tenant = tenant
        self._servers = servers
        self._record = record
        self._random = random

    async def edit(self, over: asyncio.Event) -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self._random.uniform(0, EDITS))
            dimension = self._random.choice(["ENGAGEMENT", "PROFILE"])
            for _ in range(self._random.choice([1, 1, 2])):
                await self._replace(dimension, self._random.choice([-7, 0, 12]))

    async def _replace(self, dimension: str, shift: int) -> None:
        table = {"dimension": dimension, "levels": levels(shift)}
        try:
            await self._tenant.ask(self._servers.any_api(self._random), REPLACE, input=table)
        except Trouble as trouble:
            self._record.did(f"edits of levels given up ({trouble})")
        except Refused as refused:
            self._record.wrong(f"an edit of levels was refused: {refused}")
        else:
            self._record.did("edits of levels")
