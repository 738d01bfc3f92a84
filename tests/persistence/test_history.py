"""The history as it is read: a lead's, the workspace's, and the activities behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Any

import pytest

from api.context import House
from domain.actors import Workspace
from domain.errors import Fault, InvalidInput
from domain.history import ScoreChange
from domain.levels import Dimension
from domain.rules import Rule
from persistence import pages
from persistence.batch import Item
from persistence.history import HistoryFilter
from persistence.mongo import Mongo
from persistence.pages import Page
from tests.persistence.given import (
    CLICK,
    COLD,
    HOT,
    WARM,
    accepted,
    adjusted,
    clicked,
    entries_of,
    external,
    leads_of,
    publish,
    set_levels,
)

ALL = HistoryFilter()
Read = Callable[[int, str | None], Awaitable[Page[Any]]]


async def some_history(house: House, workspace: Workspace) -> None:
    """Two leads, both dimensions, tiers changed and not, many entries of one moment."""
    await publish(house, workspace.id, CLICK)
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    for number in range(4):
        items: list[Item] = [
            (external(f"crm-{lead}"), change)
            for lead in (1, 2)
            for change in (
                clicked(f"{lead} {number}"),
                adjusted(-20),
                adjusted(number + 1, dimension=Dimension.PROFILE),
                clicked(kind="EMAIL_OPENED"),
            )
        ]
        accepted(await house.ledger.apply_all(workspace.id, items))


async def walked(read: Read, size: int) -> list[Any]:
    """Everything, page by page."""
    found, after = [], None
    while True:
        page = await read(size, after)
        assert page.has_previous is (after is not None)
        assert len(page.edges) <= size
        found += [edge.node for edge in page.edges]
        if not page.has_next:
            return found
        after = page.edges[-1].cursor


def passes(entry: ScoreChange, wanted: HistoryFilter) -> bool:
    return (
        wanted.dimension in {None, entry.dimension}
        and (entry.tier_changed or not wanted.tier_changes_only)
        and (wanted.since is None or entry.cause.at >= wanted.since)
    )


async def every_filter(mongo: Mongo, workspace: Workspace) -> list[HistoryFilter]:
    moments = sorted({entry.cause.at for entry in await entries_of(mongo, workspace.id)})
    filters = product((None, *Dimension), (False, True), (None, moments[len(moments) // 2]))
    return [HistoryFilter(*each) for each in filters]


@pytest.mark.parametrize("size", [1, 4, 100])
async def test_a_lead_s_history_is_read_from_the_newest_on(
    house: House, mongo: Mongo, workspace: Workspace, size: int
) -> None:
    await some_history(house, workspace)
    entries = await entries_of(mongo, workspace.id)

    for lead in await leads_of(mongo, workspace.id):
        for wanted in await every_filter(mongo, workspace):
            found = await walked(partial(house.history.of_lead, workspace.id, lead.id, wanted), size)
            of_lead = [entry for entry in entries if entry.lead_id == lead.id and passes(entry, wanted)]
            assert found == of_lead[::-1]


@pytest.mark.parametrize("size", [1, 4, 100])
async def test_the_history_of_all_leads_is_read_from_the_newest_on(
    house: House, mongo: Mongo, workspace: Workspace, size: int
) -> None:
    await some_history(house, workspace)
    entries = sorted(
        await entries_of(mongo, workspace.id), key=lambda entry: (entry.cause.at, entry.id), reverse=True
    )

    for wanted in await every_filter(mongo, workspace):
        found = await walked(partial(house.history.of_workspace, workspace.id, wanted), size)
        assert found == [entry for entry in entries if passes(entry, wanted)]


@pytest.mark.parametrize("size", [1, 4, 100])
async def test_a_lead_s_activities_are_read_from_the_latest_on(
    house: House, workspace: Workspace, size: int
) -> None:
    await some_history(house, workspace)
    sent = [clicked() for _ in range(9)]
    items: list[Item] = [(external("crm-3"), each) for each in sent]
    outcomes = accepted(await house.ledger.apply_all(workspace.id, items))
    lead = outcomes[0].lead

    found = await walked(partial(house.history.activities, workspace.id, lead.id), size)

    activities = [each.activity for each in outcomes if each.activity]
    assert found == sorted(activities, key=lambda each: (each.occurred_at, each.id), reverse=True)


async def test_what_comes_while_a_history_is_walked_moves_nothing(house: House, workspace: Workspace) -> None:
    await some_history(house, workspace)
    first = await house.history.of_workspace(workspace.id, ALL, 5, None)
    rest = await walked(partial(house.history.of_workspace, workspace.id, ALL), 100)
    await house.ledger.apply(workspace.id, external("crm-1"), adjusted(5))

    second = await house.history.of_workspace(workspace.id, ALL, 100, first.edges[-1].cursor)

    assert [edge.node for edge in second.edges] == rest[5:]


async def test_entries_and_activities_are_found_by_their_ids_in_their_own_workspace(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    outcome = await house.ledger.apply(workspace.id, external("crm-1"), adjusted(5))
    recorded = await house.ledger.apply(workspace.id, external("crm-1"), clicked())
    (change,), activity = outcome.changes, recorded.activity
    assert activity

    assert await house.history.changes_by_ids(workspace.id, [change.id, "none"]) == {change.id: change}
    assert await house.history.activities_by_ids(workspace.id, [activity.id, "none"]) == {
        activity.id: activity
    }
    assert await house.history.changes_by_ids(other.id, [change.id]) == {}
    assert await house.history.activities_by_ids(other.id, [activity.id]) == {}
    assert await entries_of(mongo, other.id) == []


async def test_one_workspace_reads_nothing_of_another(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    await some_history(house, workspace)
    empty: Page[Any] = Page((), has_next=False, has_previous=False)

    for lead in await leads_of(mongo, workspace.id):
        assert await house.history.of_lead(other.id, lead.id, ALL, 10, None) == empty
        assert await house.history.activities(other.id, lead.id, 10, None) == empty
    assert await house.history.of_workspace(other.id, ALL, 10, None) == empty


NONSENSE = {
    "blank": " ",
    "nonsense": "nonsense",
    "another list": pages.encode("ENGAGEMENT_SCORE -1", 1, "x", 1, 1),
    "a moment that is no number": pages.encode("1", "x"),
    "an id that is no text": pages.encode(1, 2),
    "an impossible moment": pages.encode(10**18, "x"),
    "half a character": pages.encode(1, "\ud800"),
}


@pytest.mark.parametrize("cursor", NONSENSE.values(), ids=NONSENSE)
async def test_a_cursor_of_another_list_is_refused(house: House, workspace: Workspace, cursor: str) -> None:
    reads: list[Read] = [
        partial(house.history.of_lead, workspace.id, "lead", ALL),
        partial(house.history.of_workspace, workspace.id, ALL),
        partial(house.history.activities, workspace.id, "lead"),
    ]

    for read in reads:
        with pytest.raises(InvalidInput) as refusal:
            await read(10, cursor)
        assert [problem.fault for problem in refusal.value.problems] == [Fault.MALFORMED_CURSOR]


async def test_a_lead_s_history_does_not_hold_that_of_a_lead_whose_id_begins_alike(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    entry = (await house.ledger.apply(workspace.id, external("crm-1"), adjusted(5))).changes[0]
    stored = await mongo.score_changes.find_one({"_id": entry.id})
    assert stored
    longer = f"{entry.lead_id}0"
    await mongo.score_changes.insert_one({**stored, "_id": f"{longer}.0000000001", "lead": longer})

    page = await house.history.of_lead(workspace.id, entry.lead_id, ALL, 10, None)

    assert [edge.node for edge in page.edges] == [entry]


async def test_payments_are_counted_by_rule_since_a_moment(
    house: House, workspace: Workspace, other: Workspace
) -> None:
    """What a disabled rule did not pay, what was adjusted by hand, and other workspaces do not count."""
    off = Rule("off", "Off", "LINK_CLICKED", 5, is_enabled=False)
    for each in (workspace, other):
        await publish(house, each.id, CLICK, off)
        for change in (clicked(), clicked(), adjusted(), clicked()):
            await house.ledger.apply(each.id, external("crm-1"), change)
    lately = await house.history.of_workspace(workspace.id, ALL, 10, None)
    last, first = lately.edges[0].node.cause.at, lately.edges[-1].node.cause.at

    assert await house.history.payments(workspace.id, first) == {"click": 3}
    assert await house.history.payments(workspace.id, last + timedelta(milliseconds=1)) == {}
