"""Stewards name and tag leads, and let guests come and go: leads that are deleted, and created again."""

from __future__ import annotations

import asyncio
from random import Random

from tests.soak.pages import TAGS
from tests.soak.record import Record
from tests.soak.servers import Servers
from tests.soak.tenants import DIMENSIONS, Json, Refused, Tenant, Trouble

REST = 0.5  # seconds between two deeds, at most
GUESTS = 4  # whose points are not numbered: their history goes with them

NAME = """mutation($input: UpsertLeadInput!) { upsertLead(input: $input) {
  __typename ... on UserError { message } } }"""
SCORE = """mutation($input: AdjustScoreInput!) { adjustScore(input: $input) {
  __typename ... on UserError { message } } }"""
DELETE = """mutation($input: DeleteLeadInput!) { deleteLead(input: $input) {
  __typename ... on UserError { message } } }"""
EXPECTED = {"UpsertLeadPayload", "AdjustScorePayload", "DeleteLeadPayload", "LeadNotFound"}


class Steward:
    """Of one workspace."""

    def __init__(self, tenant: Tenant, servers: Servers, record: Record, random: Random) -> None:
        self._tenant = tenant
        self._servers = servers
        self._record = record
        self._random = random
        self._guests = [f"{tenant.name}-guest-{n}" for n in range(GUESTS)]

    async def keep(self, over: asyncio.Event) -> None:
        deeds = [self._name, self._name, self._score_guest, self._score_guest, self._delete_guest]
        while not over.is_set():
            await self._random.choice(deeds)()
            await asyncio.sleep(self._random.uniform(0, REST))

    async def _name(self) -> None:
        lead = self._random.choice([*self._tenant.leads, *self._guests])
        tags = {self._random.choice(["addTags", "removeTags"]): [self._random.choice(TAGS)]}
        given = {"lead": {"externalId": lead}, "name": f"Name {self._random.randint(1, 99)}", **tags}
        await self._do("names and tags", NAME, given)

    async def _score_guest(self) -> None:
        """Which brings it back if it was deleted."""
        given = {
            "lead": {"externalId": self._random.choice(self._guests)},
            "dimension": self._random.choice(DIMENSIONS),
            "delta": self._random.choice([-40, -15, 15, 40]),
        }
        await self._do("scores of guests", SCORE, given)

    async def _delete_guest(self) -> None:
        await self._do("deletions", DELETE, {"lead": {"externalId": self._random.choice(self._guests)}})

    async def _do(self, what: str, document: str, given: Json) -> None:
        """Once, and whether it was done or not is all the same."""
        try:
            answer = await self._tenant.ask(self._servers.any_api(self._random), document, input=given)
        except Trouble as trouble:
            self._record.did(f"{what} given up ({trouble})")
        except Refused as refused:
            self._record.wrong(f"{what} were refused: {refused}")
        else:
            self._record.did(f"{what}: {answer['__typename']}")
            if answer["__typename"] not in EXPECTED:
                self._record.wrong(f"{what} were refused: {answer}")
