"""Edits taken back, or cancelled, before their job has told all: who read meanwhile is told by nobody but ResyncRequired."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import Random

from tests.soak.boards import Board
from tests.soak.record import Record
from tests.soak.servers import Servers
from tests.soak.tenants import Json, Refused, Tenant, Trouble, levels

CROWD = 1_500  # leads, so that a job takes a moment
REST = 8.0  # seconds between two edits that are taken back, at most
MOMENT = 0.3  # seconds for which such an edit is in force, at most
LAST = 3  # rounds when nothing is broken any more, after which nothing but the server helps the boards

EDIT = """mutation($input: ReplaceLevelsInput!) { replaceLevels(input: $input) {
  __typename ... on LevelsPayload { job { id } } ... on UserError { message } } }"""
CANCEL = """mutation($input: CancelJobInput!) { cancelJob(input: $input) {
  __typename ... on JobPayload { job { state done total } } ... on UserError { message } } }"""


class Taker:
    """Edits the levels of a crowd that nobody else touches, and takes it back."""

    def __init__(
        self, tenant: Tenant, boards: Sequence[Board], servers: Servers, record: Record, random: Random
    ) -> None:
        self._tenant = tenant
        self._boards = boards
        self._servers = servers
        self._record = record
        self._random = random
        self._shift = 0

    async def take_back(self, over: asyncio.Event) -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self._random.uniform(0, REST))
            await self._round()

    async def last(self) -> None:
        for _ in range(LAST):
            await self._round()
            await asyncio.sleep(self._random.uniform(0, 1))
        # At once, so that few are told: those who do not read by themselves know only by what the server says.
        await self._edit(12 - self._shift, cancelled=True, moment=0)

    async def _round(self) -> None:
        """An edit that some boards read, and another that undoes it."""
        before = self._shift
        await self._edit(12 - before, cancelled=self._random.random() < 0.5)
        await self._edit(before, cancelled=False)

    async def _edit(self, shift: int, *, cancelled: bool, moment: float = MOMENT) -> None:
        table = {"dimension": "ENGAGEMENT", "levels": levels(shift)}
        answer = await self._ask(EDIT, table)
        if answer is None:
            return
        self._shift = shift
        self._record.did("edits to a crowd")
        for board in self._random.sample(self._boards, len(self._boards) // 2):
            board.reload()
        await asyncio.sleep(self._random.uniform(0, moment))
        if cancelled and answer["job"]:
            await self._cancel(answer["job"]["id"])

    async def _cancel(self, job: str) -> None:
        answer = await self._ask(CANCEL, {"id": job})
        if answer:
            state, is_whole = answer["job"]["state"], answer["job"]["done"] == answer["job"]["total"]
            self._record.did(f"jobs cancelled: {state}, {'whole' if is_whole else 'not told to all'}")

    async def _ask(self, document: str, given: Json) -> Json | None:
        """The answer; None where it is not known."""
        try:
            answer: Json = await self._tenant.ask(self._servers.any_api(self._random), document, input=given)
        except Trouble as trouble:
            self._record.did(f"edits to a crowd given up ({trouble})")
            return None
        except Refused as refused:
            self._record.wrong(f"an edit to a crowd was refused: {refused}")
            return None
        if "message" in answer:
            self._record.wrong(f"an edit to a crowd was refused: {answer}")
            return None
        return answer
