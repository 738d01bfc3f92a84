"""The workspaces of a soak, and how anybody asks something in one of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
from pydantic import SecretStr

from api.command.keys import make_key
from api.settings import Settings
from domain.actors import Role
from tests.soak.servers import Api, Servers

Json = dict[str, Any]

LEADS = 16  # of each workspace: few, so that changes meet
MANY = 1_000  # leads of one request
POINTS = {"STEPPED_UP": 30, "STEPPED_DOWN": -30}  # what each kind of activity is worth
DIMENSIONS = ("ENGAGEMENT", "PROFILE")
PATIENCE = 60.0  # seconds for an answer when all servers run
PASSING = {"UNAVAILABLE", "OUTCOME_UNKNOWN"}  # codes of errors that ask to be sent again

REPLACE = """mutation($input: ReplaceLevelsInput!) {
  replaceLevels(input: $input) { __typename ... on UserError { message } } }"""
SAVE_RULE = "mutation($rule: RuleInput!) { saveRule(input: {rule: $rule}) { __typename } }"
NO_FLOOR = "mutation { saveScoringPolicy(input: {floor: null}) { __typename } }"
PUBLISH = "mutation { publishRules(input: {}) { __typename } }"
UPSERT = "mutation($leads: [UpsertLeadInput!]!) { upsertLeads(input: {leads: $leads}) { __typename } }"


class Trouble(Exception):
    """Nothing to be blamed for: a server that is away, or says that its database is. Ask again."""


class Refused(Exception):
    """An answer that nobody should be given here."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A workspace, with the key to it and its leads."""

    name: str
    key: str
    http: httpx.AsyncClient = field(repr=False)
    leads: tuple[str, ...]

    async def insist(self, api: Api, document: str, **variables: Any) -> Any:
        """The same, for when nothing is broken any more: a server may take a moment to notice that."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    return await self.ask(api, document, **variables)
                except Trouble:
                    await asyncio.sleep(0.2)

    async def ask(self, api: Api, document: str, **variables: Any) -> Any:
        """The value of the one field asked for; raises Trouble or Refused."""
        headers = {"authorization": f"Bearer {self.key}"}
        body = {"query": document, "variables": variables}
        try:
            response = await self.http.post(api.url, json=body, headers=headers)
            answer = response.json()
        except (httpx.TransportError, ValueError) as error:
            raise Trouble("connection lost") from error
        return value(answer)


def value(answer: Json) -> Any:
    """The value of an answer's one field; raises Trouble or Refused."""
    for error in answer.get("errors", ()):
        code = error.get("extensions", {}).get("code")
        raise Trouble(code) if code in PASSING else Refused(f"{code}: {error['message']}")
    return next(iter(answer["data"].values()))


def levels(shift: int = 0) -> list[Json]:
    """A table whose bounds lie about 0, where the scores wander."""
    return [
        {"name": "Cold", "max": shift - 26},
        {"name": "Warm", "min": shift - 25, "max": shift - 1},
        {"name": "Hot", "min": shift, "max": shift + 24},
        {"name": "Very Hot", "min": shift + 25},
    ]


async def settled(
    servers: Servers, name: str, http: httpx.AsyncClient, random: Random, leads: int = LEADS
) -> Tenant:
    """A new workspace with levels, rules and leads."""
    settings = Settings(mongo_uri=SecretStr(servers.mongod.uri), mongo_database="soak", workspace=name)
    key = await make_key(settings, Role.OWNER, "soak")
    tenant = Tenant(name, key, http, tuple(f"{name}-{number}" for number in range(leads)))
    api = servers.any_api(random)
    for dimension in DIMENSIONS:
        await tenant.insist(api, REPLACE, input={"dimension": dimension, "levels": levels()})
    for kind, points in POINTS.items():
        await tenant.insist(api, SAVE_RULE, rule={"name": kind, "activity": kind, "points": points})
    await tenant.insist(api, NO_FLOOR)  # else a point that is held back looks like one that is lost
    await tenant.insist(api, PUBLISH)
    for begin in range(0, leads, MANY):
        some = tenant.leads[begin : begin + MANY]
        await tenant.insist(api, UPSERT, leads=[{"lead": {"externalId": lead}} for lead in some])
    return tenant
