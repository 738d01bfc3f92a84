"""What boards of `leadBoard` ask, and what the query `leads` answers to the same."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.soak.servers import Api
from tests.soak.tenants import Json, Tenant

ROW = """fragment Row on Lead { id version name tags
  engagement { score level { name } } profile { score level { name } } }"""
ASKED = """$filter: LeadFilter, $orderBy: LeadOrder, $first: Int!"""
GIVEN = """filter: $filter, orderBy: $orderBy, first: $first"""
PAGE = f"""query({ASKED}) {{ leads({GIVEN}) {{ edges {{ node {{ ...Row }} }} }} }} {ROW}"""
BOARD = f"""subscription({ASKED}) {{ leadBoard({GIVEN}) {{ __typename
  ... on BoardSnapshot {{ entries {{ position lead {{ ...Row }} }} }}
  ... on BoardDelta {{ left entered {{ position lead {{ ...Row }} }} updated {{ position lead {{ ...Row }} }} }}
}} }} {ROW}"""
TAGS = ("vip", "new")

# All ask for fewer than there are.
QUESTIONS: tuple[Json, ...] = (
    {"first": 9},
    {"first": 5, "filter": {"tags": [TAGS[0]]}},
    {"first": 6, "orderBy": {"field": "PROFILE_SCORE", "direction": "ASC"}},
    {
        "first": 4,
        "filter": {"engagementLevels": ["Hot", "Very Hot"]},
        "orderBy": {"field": "CREATED_AT", "direction": "DESC"},
    },
    {"first": 7, "filter": {"profileLevels": ["Warm"], "minEngagement": -20}},
    {"first": 3, "orderBy": {"field": "LAST_ACTIVITY_AT", "direction": "DESC"}},
)

Page = Sequence[Json]


def name_of(asked: Json) -> str:
    return json.dumps(asked, sort_keys=True)


async def pages_of(tenant: Tenant, api: Api) -> dict[str, Page]:
    """What each of the questions is answered now."""
    return {name_of(each): await _page(tenant, api, each) for each in QUESTIONS}


async def _page(tenant: Tenant, api: Api, asked: Json) -> Page:
    answer = await tenant.insist(api, PAGE, **asked)
    return [edge["node"] for edge in answer["edges"]]
