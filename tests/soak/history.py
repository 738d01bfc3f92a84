"""What is true at rest, as one process after the other says: the leads, and every entry of their history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.soak.pages import Page, pages_of
from tests.soak.servers import Api
from tests.soak.tenants import Json, Tenant

LEADS = """{ leads(first: 200) { edges { node { id externalId version
  engagement { score level { name } } profile { score level { name } } } } } }"""
ENTRIES = """query($after: String) { history(first: 200, after: $after) {
  edges { node { version dimension delta scoreAfter tierChanged reason
    lead { id externalId } activity { key } levelBefore { name } levelAfter { name } } }
  pageInfo { hasNextPage endCursor } } }"""

Badge = tuple[str | None, int]  # a level and a score


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a lead's history."""

    lead: str  # its id: who is deleted and created again is another one
    name: str  # in the system of the writers
    dimension: str
    version: int
    delta: int
    score: int
    tier_changed: bool
    key: str | None
    touched: frozenset[str | None]  # the levels that it left and entered

    @classmethod
    def of(cls, node: Json) -> Entry:
        ends = (node["levelBefore"], node["levelAfter"])
        return cls(
            lead=node["lead"]["id"],
            name=node["lead"]["externalId"],
            dimension=node["dimension"],
            version=node["version"],
            delta=node["delta"],
            score=node["scoreAfter"],
            tier_changed=node["tierChanged"],
            key=node["activity"]["key"] if node["activity"] else node["reason"],
            touched=frozenset(end and end["name"] for end in ends),
        )


@dataclass(frozen=True, slots=True)
class Truth:
    """One workspace at rest: each lead's badge in each dimension, its entries by version, and what boards are to show."""

    badges: Mapping[tuple[str, str], Badge]
    entries: Mapping[str, Sequence[Entry]]
    pages: Mapping[str, Page] = field(default_factory=dict)


def badges_of(leads: Json) -> dict[tuple[str, str], Badge]:
    return {
        (node["id"], dimension.upper()): badge_of(node[dimension])
        for node in nodes(leads)
        for dimension in ("engagement", "profile")
    }


def badge_of(standing: Json) -> Badge:
    level = standing["level"]
    return level and level["name"], standing["score"]


def nodes(connection: Json) -> list[Json]:
    return [edge["node"] for edge in connection["edges"]]


async def truth_of(tenant: Tenant, api: Api) -> Truth:
    entries = defaultdict(list)
    for entry in await _entries(tenant, api):
        entries[entry.lead].append(entry)
    for of_lead in entries.values():
        of_lead.sort(key=lambda entry: entry.version)
    return Truth(badges_of(await tenant.insist(api, LEADS)), entries, await pages_of(tenant, api))


async def _entries(tenant: Tenant, api: Api) -> list[Entry]:
    found: list[Entry] = []
    page: Json = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        answer = await tenant.insist(api, ENTRIES, after=page["endCursor"])
        found += map(Entry.of, nodes(answer))
        page = answer["pageInfo"]
    return found
