"""Every query that persistence makes is answered from an index, in the index's order.

The real methods are called on a database of some size, the driver's commands are written down, and each is explained.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from bson.codec_options import CodecOptions, DatetimeConversion

from api.app import build_house
from api.scalars import now
from domain.actors import Role
from persistence.mongo import Mongo, open_mongo
from persistence.recent import recent
from persistence.workspaces import Keys, Workspaces
from tests.persistence.given import external
from tests.persistence.indexes.askers import askers, noticing
from tests.persistence.indexes.heard import DATABASE, Heard
from tests.persistence.indexes.plans import Plan
from tests.persistence.indexes.questions import (
    LEADS,
    PAGE,
    ask_for_boards,
    ask_for_configuration,
    ask_for_filtered_lists,
    ask_for_leads,
    ask_for_whole_lists,
    ask_the_ledger,
    every_filter,
    furnished,
)
from tests.persistence.indexes.questions_of_levels import (
    ask_for_automations,
    ask_for_moves,
    ask_for_scores,
    ask_for_the_past,
    ask_the_jobs,
    ask_the_time,
    ask_to_begin,
)
from tests.persistence.leads.lists import EVERY_ORDER
from tests.persistence.meanwhile import heard_by

KEYS = 2 * (PAGE + 1) + 2  # that a page may look at: where values differ, each is sought before it is read
FORBIDDEN = {"COLLSCAN", "SORT", "SORT_DEFAULT", "SORT_SIMPLE", "$sort"}


@pytest.fixture(scope="module")
async def mongo_of_some_size(mongo_uri: str) -> AsyncIterator[Mongo]:
    async with open_mongo(mongo_uri, DATABASE) as mongo:
        yield mongo
        await mongo.client.drop_database(DATABASE)


@pytest.fixture(scope="module")
async def heard(mongo_uri: str, mongo_of_some_size: Mongo) -> Heard:
    """Everything that persistence asks, and who asked."""
    workspace = await furnished(mongo_of_some_size)
    lead = await build_house(mongo_of_some_size).leads.find(workspace.id, external("crm-7"))
    assert lead
    heard = Heard()
    async with heard_by(mongo_uri, DATABASE, heard) as mongo:
        house = build_house(mongo)
        with noticing(heard.called):
            await ask_for_whole_lists(house, workspace.id, lead)
            await ask_for_boards(house, mongo, workspace.id)
            heard.of_whole_lists = len(heard.commands)
            await ask_for_filtered_lists(house, workspace.id, lead)
            await ask_for_boards(house, mongo, workspace.id, every_filter())
            await ask_for_leads(house, workspace.id, lead)
            await ask_for_configuration(house, workspace.id)
            await ask_the_ledger(house, workspace.id, lead)
            await ask_for_scores(house, workspace.id)
            await ask_for_moves(mongo, workspace.id)
            await ask_the_jobs(house, mongo, workspace.id)
            await ask_the_time(house, mongo, workspace.id)
            await ask_for_the_past(house, mongo, workspace.id)
            await ask_for_automations(house, workspace.id)
            assert await recent(mongo, "")
            assert await house.health.database_answers()
            ours, workspace = [await Workspaces(mongo).named(name, now()) for name in ("ours", "new")]
            await ask_to_begin(house, ours, workspace)
            assert await Keys(mongo).viewer(await Keys(mongo).create(workspace, "key", Role.OWNER, now()))
    return heard


@pytest.fixture(scope="module")
async def plans(heard: Heard, mongo_of_some_size: Mongo) -> list[Plan]:
    # The bounds of an open range of moments lie beyond what Python can tell.
    codec = CodecOptions[Any](datetime_conversion=DatetimeConversion.DATETIME_CLAMP)
    return [
        Plan.of(
            command,
            await mongo_of_some_size.database.command(
                {"explain": command, "verbosity": "executionStats"}, codec_options=codec
            ),
        )
        for command in heard.commands
    ]


async def test_every_method_that_asks_the_database_is_called_here(heard: Heard) -> None:
    assert len(askers()) > 20
    assert set(askers().values()) - heard.called == set()


async def test_no_query_scans_a_collection_or_sorts_in_memory(plans: list[Plan]) -> None:
    assert len(plans) > 200
    assert [plan.command for plan in plans if plan.stages & FORBIDDEN] == []


async def test_every_query_of_a_collection_is_answered_by_an_index_or_by_nothing(plans: list[Plan]) -> None:
    by_index = {"IXSCAN", "IDHACK", "COUNT_SCAN", "EOF"}

    assert [plan.command for plan in plans if not plan.stages & by_index] == []


async def test_a_page_of_a_whole_list_reads_no_more_than_it_shows(heard: Heard, plans: list[Plan]) -> None:
    paged = [plan for plan in plans[: heard.of_whole_lists] if plan.command.get("limit", LEADS) <= PAGE + 1]
    assert len(paged) >= 2 * (len(EVERY_ORDER) + 3) + 2 * len(EVERY_ORDER)

    greedy = [plan for plan in paged if plan.documents > plan.command["limit"] or plan.keys > KEYS]

    assert [(plan.keys, plan.documents, plan.command) for plan in greedy] == []
