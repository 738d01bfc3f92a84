"""A database of some size, and everything that may be asked of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import fields
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Any

from api.app import build_house
from api.context import House
from api.scalars import now
from domain.actors import Role, Workspace
from domain.changes import Change
from domain.errors import LeadNotFound, NothingToPublish
from domain.leads import Lead, LeadRef
from domain.levels import Dimension, ScoreRange
from domain.rules import RuleSetState
from domain.scoring import Outcome
from persistence.batch import Item
from persistence.boards import BoardFilter, BoardPages, Question
from persistence.history import HistoryFilter
from persistence.leads import LeadFilter
from persistence.mongo import Mongo
from persistence.moves import TierMove
from persistence.pages import Page
from persistence.workspaces import Keys, Workspaces
from tests.persistence.given import (
    CLICK,
    COLD,
    HOT,
    WARM,
    accepted,
    adjusted,
    by_id,
    clicked,
    editor,
    email,
    external,
    known,
    publish,
    set_levels,
)
from tests.persistence.leads.lists import EVERY_ORDER

LEADS = 300
PAGE = 10


async def furnished(mongo: Mongo) -> Workspace:
    """A workspace among others, with leads of which many are alike, and a long history."""
    house = build_house(mongo)
    ours, *_ = [await _furnished(mongo, house, name) for name in ("ours", "theirs", "another")]
    return ours


async def _furnished(mongo: Mongo, house: House, name: str) -> Workspace:
    workspace = await Workspaces(mongo).named(name, now())
    for _ in range(3):
        for dimension in Dimension:
            await set_levels(house, workspace.id, COLD, WARM, HOT, dimension=dimension)
        await publish(house, workspace.id, CLICK)
    for number in range(10):
        await Keys(mongo).create(workspace, f"key {number}", Role.VIEWER, now())
    items: list[Item] = []
    for number in range(LEADS):
        ref = external(f"crm-{number}")
        items += [
            (
                ref,
                known(
                    {"email": f"{number}@example.com", "name": f"Lead {number}"},
                    None,
                    ("vip",) * (number % 2),
                ),
            ),
            (ref, clicked(f"click {number}")),
            (ref, adjusted(number % 5 - 2 or 3, f"adjustment {number}", Dimension.PROFILE)),
        ]
    items += [(external("crm-7"), clicked()) for _ in range(LEADS)]
    accepted(await house.ledger.apply_all(workspace.id, items))
    return workspace


def every_filter() -> Iterator[LeadFilter]:
    """No condition, each by itself, some together; a new one must find its place here."""
    one, two = (ScoreRange(30, 60),), (ScoreRange(None, 0), ScoreRange(60, None))
    conditions: dict[str, list[Any]] = {
        "scores": [((each, ranges),) for each in Dimension for ranges in (one, two, ())],
        "tags": [("vip",), ("vip", "beta")],
        "search": ["lead 1"],
        "inactive_since": [now() - timedelta(days=1), now() + timedelta(days=1)],
        "moved": [TierMove(now() - timedelta(days=1), entered="Warm")],
    }
    assert set(conditions) == {each.name for each in fields(LeadFilter)}
    yield LeadFilter()
    for name, values in conditions.items():
        yield from (LeadFilter(**{name: value}) for value in values)
    for together in product(conditions["scores"][:2], conditions["tags"], conditions["search"]):
        yield LeadFilter(*together)


async def ask_for_whole_lists(house: House, workspace: str, lead: Lead) -> None:
    """The first page of each list, and one deep in it, where nothing but the place is asked for."""
    history, everything = house.history, HistoryFilter()
    lists: list[Callable[[int, str | None], Awaitable[Page[Any]]]] = [
        *(partial(house.leads.page, workspace, LeadFilter(), order) for order in EVERY_ORDER),
        partial(history.of_lead, workspace, lead.id, everything),
        partial(history.of_workspace, workspace, everything),
        partial(history.activities, workspace, lead.id),
    ]
    for page in lists:
        deep = await page(LEADS // 2, None)
        for after in (None, deep.edges[-1].cursor):
            await page(PAGE, after)


async def ask_for_filtered_lists(house: House, workspace: str, lead: Lead) -> None:
    for order in EVERY_ORDER:
        deep = await house.leads.page(workspace, LeadFilter(), order, LEADS // 2, None)
        for wanted, after in product(every_filter(), (None, deep.edges[-1].cursor)):
            await house.leads.page(workspace, wanted, order, PAGE, after)
    of_lead = await house.history.of_lead(workspace, lead.id, HistoryFilter(), LEADS // 2, None)
    of_all = await house.history.of_workspace(workspace, HistoryFilter(), LEADS // 2, None)
    since = now() - timedelta(days=1)
    for each in product((None, *Dimension), (False, True), (None, since)):
        for after in (None, of_lead.edges[-1].cursor):
            await house.history.of_lead(workspace, lead.id, HistoryFilter(*each), PAGE, after)
        for after in (None, of_all.edges[-1].cursor):
            await house.history.of_workspace(workspace, HistoryFilter(*each), PAGE, after)


async def ask_for_boards(
    house: House, mongo: Mongo, workspace: str, filters: Iterable[LeadFilter] = (LeadFilter(),)
) -> None:
    """The first page, and again when it is known."""
    pages = BoardPages(mongo, house.configuration, house.leads)
    for wanted, order in product(filters, EVERY_ORDER):
        asked = Question(workspace, BoardFilter(rest=wanted), order, PAGE)
        page = await pages.read(asked)
        assert await pages.read(asked, page) == page


async def ask_for_leads(house: House, workspace: str, lead: Lead) -> None:
    for ref in (by_id(lead.id), external("crm-7"), email("7@example.com")):
        assert await house.leads.find(workspace, ref) == lead
    assert len(await house.leads.by_ids(workspace, [lead.id, "nobody"])) == 1
    await house.leads.by_ids(workspace, [])
    for wanted in every_filter():
        await house.leads.count(workspace, wanted)
    activities = await house.history.activities(workspace, lead.id, 1, None)
    assert len(await house.history.activities_by_ids(workspace, [activities.edges[0].node.id, "none"])) == 1
    changes = await house.history.of_lead(workspace, lead.id, HistoryFilter(), 1, None)
    assert len(await house.history.changes_by_ids(workspace, [changes.edges[0].node.id, "none"])) == 1
    for gone in (external("crm-1"), email("2@example.com"), by_id("nobody")):
        with suppress(LeadNotFound):
            await house.leads.delete(workspace, gone)


async def ask_for_configuration(house: House, workspace: str) -> None:
    for dimension in Dimension:
        await house.level_sets.names(workspace, dimension)
        page = await house.level_sets.page(workspace, dimension, 1, None)
        await house.level_sets.page(workspace, dimension, 1, page.edges[-1].cursor)
        await house.level_sets.revert(workspace, dimension, 0, editor())
    await publish(house, workspace, CLICK)
    with suppress(NothingToPublish):
        await house.rule_sets.publish(workspace, editor())
    published = await house.rule_sets.rule(workspace, CLICK.id)
    assert published
    assert await house.rule_sets.numbered(workspace, 1)
    for state in RuleSetState:
        await house.rule_sets.in_state(workspace, state)
    rule_sets = await house.rule_sets.page(workspace, 1, None)
    await house.rule_sets.page(workspace, 1, rule_sets.edges[-1].cursor)
    await house.rule_sets.revert(workspace, 1, editor())
    await house.rule_sets.edit(workspace, lambda rules: rules, editor())
    await house.rule_sets.discard(workspace, editor())
    await house.history.payments(workspace, now() - timedelta(days=1))


async def ask_the_ledger(house: House, workspace: str, lead: Lead) -> None:
    refs: list[LeadRef] = [by_id(lead.id), external("crm-8"), email("9@example.com"), external("new")]
    changes: list[Change] = [
        clicked("click 0"),
        adjusted(1, "adjustment 0"),
        clicked("unused"),
        adjusted(1, "unused"),
        known(),
    ]
    items: list[Item] = [(ref, change) for ref in refs for change in changes]
    items += [(external("crm-9"), known({"email": f"{number}@example.com"})) for number in range(5)]
    items += [(external("crm-0"), clicked("click 0")), (external("crm-0"), adjusted(1, "adjustment 0"))]
    results = await house.ledger.apply_all(workspace, items)
    assert any(isinstance(result, Outcome) and result.duplicate for result in results)
    for item in items:
        await house.ledger.apply_all(workspace, [item])
    await house.ledger.apply(workspace, by_id(lead.id), clicked())
    await house.ledger.close()
