"""Every query that persistence makes is answered from an index, in the index's order.

The real methods are called on a database of some size, the driver's commands are written down, and each is explained.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import partial
from itertools import product
from types import CodeType, FrameType
from typing import Any

import pytest
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

import persistence
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
from persistence.history import HistoryFilter
from persistence.leads import LeadFilter, LeadOrder, LeadOrderField
from persistence.mongo import COLLECTIONS, Mongo, open_mongo
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
from tests.persistence.meanwhile import heard_by

DATABASE = "indexes"  # of its own, so that what other tests leave behind sways no plan
LEADS = 300
PAGE = 10
KEYS = 2 * (PAGE + 1) + 2  # that a page may look at: where values differ, each is sought before it is read
QUERIES = {"find", "aggregate", "count", "distinct", "update", "delete", "findAndModify"}
OF_THE_SESSION = {"lsid", "txnNumber", "startTransaction", "autocommit", "readConcern", "writeConcern"}
FORBIDDEN = {"COLLSCAN", "SORT", "SORT_DEFAULT", "SORT_SIMPLE", "$sort"}
ASKING = {*COLLECTIONS, "command"}

Command = dict[str, Any]


@dataclass(slots=True)
class Heard(CommandListener):
    """What was asked of the database, the first of it for whole lists, and which methods of persistence asked."""

    commands: list[Command] = field(default_factory=list)
    of_whole_lists: int = 0
    called: set[str] = field(default_factory=set)

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in QUERIES and event.database_name == DATABASE:
            self.commands += _singly(
                {
                    name: value
                    for name, value in event.command.items()
                    if name not in OF_THE_SESSION and not name.startswith("$")
                }
            )

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


def _singly(command: Command) -> Iterator[Command]:
    """The command, or each of its many updates or deletions: explain takes one at a time."""
    name = next(iter(command))
    many = {"update": "updates", "delete": "deletes"}.get(name)
    if many is None:
        yield command
    else:
        yield from ({name: command[name], many: [each]} for each in command[many])


# The methods that ask


def modules() -> Iterator[Any]:
    for module in pkgutil.walk_packages(persistence.__path__, "persistence."):
        yield importlib.import_module(module.name)


def asks(code: CodeType) -> bool:
    """Whether the code, or a function within it, names a collection or sends a command."""
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return not ASKING.isdisjoint(code.co_names) or any(map(asks, inner))


def askers() -> dict[CodeType, str]:
    """Every public coroutine of the classes that ask the database, and every function that does, by its code."""
    found: dict[CodeType, str] = {}
    for module in modules():
        own = [
            each
            for _, each in inspect.getmembers(module)
            if getattr(each, "__module__", "") == module.__name__
        ]
        for member in own:
            if inspect.iscoroutinefunction(member) and asks(member.__code__):
                found |= {member.__code__: member.__name__} if member.__name__[0] != "_" else {}
            elif inspect.isclass(member) and member is not Mongo:
                found |= askers_of(member)
    return found


def askers_of(kind: type) -> dict[CodeType, str]:
    methods = inspect.getmembers(kind, inspect.isfunction)
    if not any(asks(method.__code__) for _, method in methods):
        return {}
    return {
        method.__code__: f"{kind.__name__}.{name}"
        for name, method in methods
        if not name.startswith("_") and inspect.iscoroutinefunction(method)
    }


@contextmanager
def noticing(called: set[str]) -> Iterator[None]:
    """Every asker that is called meanwhile, by name."""
    codes = askers()

    def notice(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in codes:
            called.add(codes[frame.f_code])

    sys.setprofile(notice)
    try:
        yield
    finally:
        sys.setprofile(None)


# The database, and everything that may be asked of it


async def furnished(mongo: Mongo) -> Workspace:
    """A workspace among others, with leads of which many are alike, and a long history."""
    house = build_house(mongo)
    ours, *_ = [await _furnished(mongo, house, name) for name in ("ours", "theirs", "another")]
    return ours


async def _furnished(mongo: Mongo, house: House, name: str) -> Workspace:
    workspace = await Workspaces(mongo).named(name, now())
    for _ in range(3):
        await set_levels(house, workspace.id, COLD, WARM, HOT)
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
    }
    assert set(conditions) == {each.name for each in fields(LeadFilter)}
    yield LeadFilter()
    for name, values in conditions.items():
        yield from (LeadFilter(**{name: value}) for value in values)
    for together in product(conditions["scores"][:2], conditions["tags"], conditions["search"]):
        yield LeadFilter(*together)


EVERY_ORDER = [LeadOrder(each, descending) for each, descending in product(LeadOrderField, (True, False))]


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
            heard.of_whole_lists = len(heard.commands)
            await ask_for_filtered_lists(house, workspace.id, lead)
            await ask_for_leads(house, workspace.id, lead)
            await ask_for_configuration(house, workspace.id)
            await ask_the_ledger(house, workspace.id, lead)
            for name in ("ours", "new"):
                workspace = await Workspaces(mongo).named(name, now())
            assert await Keys(mongo).viewer(await Keys(mongo).create(workspace, "key", Role.OWNER, now()))
    return heard


# What the database says of it


@dataclass(frozen=True, slots=True)
class Plan:
    command: Command
    stages: frozenset[str]
    keys: int
    documents: int

    @classmethod
    def of(cls, command: Command, explained: Any) -> Plan:
        stats = [each for name, each in _within(explained) if name == "executionStats"]
        return cls(
            command,
            frozenset(stage for stage in _stages(explained)),
            max(each["totalKeysExamined"] for each in stats),
            max(each["totalDocsExamined"] for each in stats),
        )


def _within(value: Any) -> Iterator[tuple[str, Any]]:
    """Every named thing in an explanation, but for what was rejected or merely repeats the question."""
    if isinstance(value, list):
        for each in value:
            yield from _within(each)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in {"rejectedPlans", "command", "parsedQuery", "slotBasedPlan", "executionStages"}:
                yield name, inner
                yield from _within(inner)


def _stages(explained: Any) -> Iterator[str]:
    for name, value in _within(explained):
        if name == "stage":
            yield value
        elif name == "$sort":
            yield name


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
    assert len(paged) >= 2 * (len(EVERY_ORDER) + 3)

    greedy = [plan for plan in paged if plan.documents > plan.command["limit"] or plan.keys > KEYS]

    assert [(plan.keys, plan.documents, plan.command) for plan in greedy] == []
