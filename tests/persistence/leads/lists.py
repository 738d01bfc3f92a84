"""Lists of leads: asked for, in the order they must have, and walked to their end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import pytest

from api.context import House
from domain.actors import Workspace
from domain.leads import Lead
from domain.levels import Dimension, ScoreRange
from persistence import pages
from persistence.leads import LeadFilter, LeadOrder, LeadOrderField
from persistence.pages import Page

ALL = LeadFilter()
BY_SCORE = LeadOrder()
EVERY_ORDER = [LeadOrder(field, descending) for field, descending in product(LeadOrderField, (True, False))]


def name_of(order: LeadOrder) -> str:
    return f"{order.field.name} {'down' if order.descending else 'up'}"


every_order = pytest.mark.parametrize("order", EVERY_ORDER, ids=name_of)


def value_of(lead: Lead, order: LeadOrder) -> Any:
    match order.field:
        case LeadOrderField.ENGAGEMENT_SCORE:
            return lead.engagement.score
        case LeadOrderField.PROFILE_SCORE:
            return lead.profile.score
        case LeadOrderField.LAST_ACTIVITY_AT:
            return lead.last_activity_at or pages.EPOCH
        case LeadOrderField.CREATED_AT:
            return lead.created_at


def in_order(leads: list[Lead], order: LeadOrder) -> list[str]:
    """The ids of the leads as a page of that order must list them."""
    ordered = sorted(leads, key=lambda lead: (value_of(lead, order), lead.id), reverse=order.descending)
    return [lead.id for lead in ordered]


def ids(page: Page[Lead]) -> list[str]:
    return [edge.node.id for edge in page.edges]


async def walk(
    house: House,
    workspace: Workspace,
    wanted: LeadFilter,
    order: LeadOrder,
    size: int,
    after: str | None = None,
) -> AsyncIterator[Page[Lead]]:
    """The pages from there to the end."""
    while True:
        page = await house.leads.page(workspace.id, wanted, order, size, after)
        yield page
        if not page.has_next:
            return
        assert page.edges, "there is more, but nothing to go on from"
        after = page.edges[-1].cursor


async def rest(
    house: House, workspace: Workspace, order: LeadOrder, size: int, after: str | None = None
) -> list[str]:
    return [each async for page in walk(house, workspace, ALL, order, size, after) for each in ids(page)]


def scores(dimension: Dimension, *ranges: tuple[int | None, int | None]) -> LeadFilter:
    return LeadFilter(scores=((dimension, tuple(ScoreRange(*each) for each in ranges)),))
