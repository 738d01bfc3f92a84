"""Leads are found by every filter, and by all its conditions at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.context import House
from domain.actors import Workspace
from persistence.leads import LeadFilter, LeadOrder
from persistence.mongo import Mongo
from tests.persistence.given import ENGAGEMENT, PROFILE
from tests.persistence.leads.crowds import THEN, a_lead, scattered, store
from tests.persistence.leads.lists import BY_SCORE, every_order, ids, in_order, scores, walk


async def names(house: House, workspace: Workspace, wanted: LeadFilter) -> list[str]:
    """The external ids of the leads that pass, in the order of their number."""
    page = await house.leads.page(workspace.id, wanted, BY_SCORE, 100, None)
    found = [edge.node.external_id or "" for edge in page.edges]
    assert await house.leads.count(workspace.id, wanted) == len(found)
    return sorted(found)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (scores(ENGAGEMENT, (10, 20)), [10, 20]),
        (scores(ENGAGEMENT, (None, 10)), [-10, 0, 10]),
        (scores(ENGAGEMENT, (20, None)), [20, 30]),
        (scores(ENGAGEMENT, (None, None)), [-10, 0, 10, 20, 30]),
        (scores(ENGAGEMENT, (None, -10), (10, 10), (30, None)), [-10, 10, 30]),
        (scores(ENGAGEMENT, (11, 19)), []),
        (scores(ENGAGEMENT), []),
        (scores(PROFILE, (0, 1)), [-10, 0, 10, 20, 30]),
        (scores(PROFILE, (1, 1)), [10, 30]),
        (LeadFilter(scores=(*scores(ENGAGEMENT, (0, 20)).scores, *scores(PROFILE, (0, 0)).scores)), [0, 20]),
        (
            LeadFilter(scores=(*scores(ENGAGEMENT, (0, 20)).scores, *scores(ENGAGEMENT, (20, 30)).scores)),
            [20],
        ),
    ],
)
async def test_leads_are_found_by_ranges_of_their_scores(
    house: House, mongo: Mongo, workspace: Workspace, wanted: LeadFilter, expected: list[int]
) -> None:
    values = [-10, 0, 10, 20, 30]
    await store(mongo, workspace, *(a_lead(n, n, int(n in {10, 30})) for n in values))

    found = await names(house, workspace, wanted)

    assert found == sorted(f"crm-{number}" for number in expected)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((), ["crm-1", "crm-2", "crm-3"]),
        (("vip",), ["crm-1", "crm-2"]),
        (("beta", "vip"), ["crm-2"]),
        (("VIP",), []),
    ],
)
async def test_leads_are_found_by_all_the_tags_wanted(
    house: House, mongo: Mongo, workspace: Workspace, tags: tuple[str, ...], expected: list[str]
) -> None:
    await store(mongo, workspace, a_lead(1, tags=("vip",)), a_lead(2, tags=("vip", "beta")), a_lead(3))

    assert await names(house, workspace, LeadFilter(tags=tags)) == expected


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("lovelace", ["crm-1"]),
        ("ADA", ["crm-1", "crm-2"]),
        ("@example.com", ["crm-2"]),
        ("Engines", ["crm-1"]),
        ("CRM-3", ["crm-3"]),
        ("grösse", []),
        ("STRASSE", ["crm-3"]),
        ("straße", ["crm-3"]),
        (".*", ["crm-4"]),
        ("a.a", []),
        ("100% (new) [x] ^$", ["crm-4"]),
        ("\\", ["crm-4"]),
        ("#1 & ~ - ", ["crm-4"]),
        ("nobody", []),
    ],
)
async def test_leads_are_found_by_what_stands_in_their_names_and_never_by_a_pattern(
    house: House, mongo: Mongo, workspace: Workspace, search: str, expected: list[str]
) -> None:
    await store(
        mongo,
        workspace,
        a_lead(1, name="Ada Lovelace", company="Analytical Engines"),
        a_lead(2, email="ada@example.com"),
        a_lead(3, company="Hauptstraße 7"),
        a_lead(4, name="100% (new) [x] ^$ .* \\ #1 & ~ - end"),
    )

    assert await names(house, workspace, LeadFilter(search=search)) == expected


async def test_leads_are_found_by_their_last_activity_or_none(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    before, after = THEN - timedelta(milliseconds=1), THEN + timedelta(milliseconds=1)
    moments = {1: before, 2: THEN, 3: after, 4: None}
    await store(mongo, workspace, *(a_lead(n, last_activity_at=at) for n, at in moments.items()))

    found = await names(house, workspace, LeadFilter(inactive_since=THEN))

    assert found == ["crm-1", "crm-4"]


async def test_every_condition_of_a_filter_must_hold(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    right: dict[str, Any] = {"tags": ("vip",), "name": "Ada", "last_activity_at": None}
    wrong: list[dict[str, Any]] = [{"tags": ()}, {"name": "Bob"}, {"last_activity_at": THEN}]
    await store(
        mongo,
        workspace,
        a_lead(0, 10, **right),
        a_lead(1, 11, **right),
        *(a_lead(n, 10, **{**right, **each}) for n, each in enumerate(wrong, 2)),
    )

    found = await names(
        house, workspace, LeadFilter(scores(ENGAGEMENT, (10, 10)).scores, ("vip",), "ada", THEN)
    )

    assert found == ["crm-0"]


@every_order
async def test_a_filter_holds_on_every_page(
    house: House, mongo: Mongo, workspace: Workspace, order: LeadOrder
) -> None:
    leads = scattered(40)
    await store(mongo, workspace, *leads)
    wanted = scores(ENGAGEMENT, (None, -1), (1, 1))

    found = [each async for page in walk(house, workspace, wanted, order, 7) for each in ids(page)]

    assert found == in_order([lead for lead in leads if lead.engagement.score in {-2, -1, 1}], order)
