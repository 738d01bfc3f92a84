"""Leads as they are read: every filter, every order, and walks that neither skip nor repeat."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from api.context import House
from domain.actors import Workspace
from domain.errors import Fault, InvalidInput, LeadNotFound
from domain.leads import Contribution, Lead, LeadRef, Position, Standing
from domain.levels import Dimension, ScoreRange
from persistence import pages
from persistence.documents import from_lead
from persistence.leads import SNAPSHOT_GONE, LeadFilter, LeadOrder, LeadOrderField
from persistence.mongo import Mongo, new_id
from persistence.pages import Page
from tests.persistence.given import (
    CLICK,
    accepted,
    adjusted,
    assert_explained,
    by_id,
    clicked,
    email,
    external,
    leads_of,
    publish,
    written,
)

ALL = LeadFilter()
BY_SCORE = LeadOrder()
EVERY_ORDER = [LeadOrder(field, descending) for field, descending in product(LeadOrderField, (True, False))]
THEN = datetime.fromisoformat("2026-03-01T09:30:00.001Z")

ENGAGEMENT, PROFILE = Dimension.ENGAGEMENT, Dimension.PROFILE


def name_of(order: LeadOrder) -> str:
    return f"{order.field.name} {'down' if order.descending else 'up'}"


every_order = pytest.mark.parametrize("order", EVERY_ORDER, ids=name_of)


def a_lead(number: int, engagement: int = 0, profile: int = 0, **fields: Any) -> Lead:
    standing = Standing(
        Position(engagement, None, 0), THEN, {"adjustments": Contribution("Adjustments", engagement, 1)}
    )
    lead = Lead(new_id(), standing, standing, THEN, THEN, external_id=f"crm-{number}", version=1)
    return replace(lead, profile=Standing(Position(profile, None, 0), THEN), **fields)


async def store(mongo: Mongo, workspace: Workspace, *leads: Lead) -> None:
    await mongo.leads.insert_many([from_lead(workspace.id, lead) for lead in leads])


def scattered(count: int, seed: int = 0) -> list[Lead]:
    """Leads that share their scores and moments, so that only ids keep them apart."""
    random = Random(seed)
    return [
        a_lead(
            number,
            random.randrange(-2, 3),
            random.randrange(4),
            created_at=THEN + timedelta(milliseconds=random.randrange(4)),
            last_activity_at=random.choice([None, THEN, THEN + timedelta(days=random.randrange(3))]),
        )
        for number in range(count)
    ]


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


async def names(house: House, workspace: Workspace, wanted: LeadFilter) -> list[str]:
    """The external ids of the leads that pass, in the order of their number."""
    page = await house.leads.page(workspace.id, wanted, BY_SCORE, 100, None)
    found = [edge.node.external_id or "" for edge in page.edges]
    assert await house.leads.count(workspace.id, wanted) == len(found)
    return sorted(found)


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


def forged(*place: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


# Filters


def scores(dimension: Dimension, *ranges: tuple[int | None, int | None]) -> LeadFilter:
    return LeadFilter(scores=((dimension, tuple(ScoreRange(*each) for each in ranges)),))


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


# Orders and pages


@every_order
async def test_leads_are_listed_in_order_and_those_that_are_equal_by_id(
    house: House, mongo: Mongo, workspace: Workspace, order: LeadOrder
) -> None:
    leads = scattered(40)
    await store(mongo, workspace, *leads)

    page = await house.leads.page(workspace.id, ALL, order, 100, None)

    assert ids(page) == in_order(leads, order)
    assert [edge.node for edge in page.edges] == sorted(leads, key=lambda lead: ids(page).index(lead.id))


@pytest.mark.parametrize("size", [1, 6, 7, 12, 13])
async def test_a_page_tells_whether_there_is_more_on_either_side(
    house: House, mongo: Mongo, workspace: Workspace, size: int
) -> None:
    leads = scattered(12)
    await store(mongo, workspace, *leads)

    pages = [page async for page in walk(house, workspace, ALL, BY_SCORE, size)]

    assert [len(page.edges) for page in pages] == [size] * (12 // size) + ([12 % size] if 12 % size else [])
    assert [page.has_next for page in pages] == [True] * (len(pages) - 1) + [False]
    assert [page.has_previous for page in pages] == [False] + [True] * (len(pages) - 1)


async def test_an_empty_workspace_has_one_empty_page(house: House, workspace: Workspace) -> None:
    page = await house.leads.page(workspace.id, ALL, BY_SCORE, 10, None)

    assert page == Page((), has_next=False, has_previous=False)
    assert await house.leads.count(workspace.id, ALL) == 0


async def test_a_page_of_leads_with_much_to_tell_is_whole(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    """A hundred kilobytes of JSON may be seven times that in the database, whose answers end at sixteen megabytes."""
    much = {"numbers": [0] * 49_000}
    leads = [a_lead(number, number, attributes=much) for number in range(50)]
    await store(mongo, workspace, *leads)

    first = await house.leads.page(workspace.id, ALL, BY_SCORE, 100, None)

    assert (len(first.edges), first.has_next) == (50, False)


# Walks while the leads move


async def move(house: House, workspace: Workspace, leads: list[Lead], random: Random) -> None:
    """Change the scores and last activities of some leads, up and down."""
    chosen = random.sample(leads, len(leads) // 3)
    accepted(
        await house.ledger.apply_all(
            workspace.id,
            [
                (by_id(lead.id), change)
                for lead in chosen
                for change in (
                    adjusted(random.choice([-3, -1, 1, 4]), dimension=random.choice([*Dimension])),
                    clicked(),
                )[: random.randint(1, 2)]
            ],
        )
    )


@every_order
@pytest.mark.parametrize("seed", range(2))
async def test_a_walk_meets_every_lead_once_however_they_move_meanwhile(
    house: House, mongo: Mongo, workspace: Workspace, order: LeadOrder, seed: int
) -> None:
    leads, random = scattered(40, seed), Random(seed)
    await store(mongo, workspace, *leads)
    await publish(house, workspace.id, CLICK)
    met: list[str] = []

    async for page in walk(house, workspace, ALL, order, random.randint(1, 9)):
        stored = await house.leads.by_ids(workspace.id, ids(page))
        assert [edge.node for edge in page.edges] == [stored[each] for each in ids(page)]
        met += ids(page)
        await move(house, workspace, leads, random)

    assert met == in_order(leads, order)


async def test_a_walk_shows_the_scores_of_now(house: House, mongo: Mongo, workspace: Workspace) -> None:
    await store(mongo, workspace, a_lead(1, 30), a_lead(2, 20), a_lead(3, 10))
    first = await house.leads.page(workspace.id, ALL, BY_SCORE, 1, None)
    await house.ledger.apply(workspace.id, external("crm-3"), adjusted(90))

    second = await house.leads.page(workspace.id, ALL, BY_SCORE, 5, first.edges[-1].cursor)

    assert [(edge.node.external_id, edge.node.engagement.score) for edge in second.edges] == [
        ("crm-2", 20),
        ("crm-3", 100),
    ]


@every_order
async def test_leads_created_after_the_first_page_do_not_appear(
    house: House, mongo: Mongo, workspace: Workspace, order: LeadOrder
) -> None:
    leads = scattered(20)
    await store(mongo, workspace, *leads)
    first = await house.leads.page(workspace.id, ALL, order, 5, None)
    newcomers = [(external(f"new-{n}"), adjusted(n)) for n in (-50, 1, 50)]
    accepted(await house.ledger.apply_all(workspace.id, newcomers))

    found = ids(first) + await rest(house, workspace, order, 4, first.edges[-1].cursor)

    assert found == in_order(leads, order)


@every_order
async def test_leads_deleted_meanwhile_vanish_and_no_other_does(
    house: House, mongo: Mongo, workspace: Workspace, order: LeadOrder
) -> None:
    leads = scattered(20)
    await store(mongo, workspace, *leads)
    first = await house.leads.page(workspace.id, ALL, order, 5, None)
    expected = in_order(leads, order)
    for gone in (expected[1], expected[6], expected[13]):
        await house.leads.delete(workspace.id, by_id(gone))

    found = ids(first) + await rest(house, workspace, order, 5, first.edges[-1].cursor)

    assert found == expected[:6] + expected[7:13] + expected[14:]


@pytest.mark.parametrize("count", [3, 4, 7])
async def test_a_walk_goes_on_beyond_a_page_whose_leads_were_all_deleted(
    house: House, mongo: Mongo, workspace: Workspace, count: int
) -> None:
    leads = scattered(20)
    await store(mongo, workspace, *leads)
    first = await house.leads.page(workspace.id, ALL, BY_SCORE, 5, None)
    expected = in_order(leads, BY_SCORE)
    for gone in expected[5 : 5 + count]:
        await house.leads.delete(workspace.id, by_id(gone))

    found = ids(first) + await rest(house, workspace, BY_SCORE, 3, first.edges[-1].cursor)

    assert found == expected[:5] + expected[5 + count :]


async def test_the_last_page_is_known_as_the_last_when_its_last_lead_was_deleted(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    leads = scattered(6)
    await store(mongo, workspace, *leads)
    first = await house.leads.page(workspace.id, ALL, BY_SCORE, 5, None)
    await house.leads.delete(workspace.id, by_id(in_order(leads, BY_SCORE)[-1]))

    second = await house.leads.page(workspace.id, ALL, BY_SCORE, 5, first.edges[-1].cursor)

    assert second == Page((), has_next=False, has_previous=True)


# Cursors


@pytest.fixture
async def forget_snapshots(mongo: Mongo) -> AsyncIterator[None]:
    """The server keeps no past, as one does that is older than five minutes."""
    admin = mongo.client.admin
    name = "minSnapshotHistoryWindowInSeconds"
    window = (await admin.command({"getParameter": 1, name: 1}))[name]
    await admin.command({"setParameter": 1, name: 0})
    yield
    await admin.command({"setParameter": 1, name: window})


async def is_gone(mongo: Mongo, time: Any) -> bool:
    read = {"find": "leads", "limit": 1, "readConcern": {"level": "snapshot", "atClusterTime": time}}
    try:
        await mongo.database.command(read)
    except OperationFailure as error:
        if error.code in SNAPSHOT_GONE:
            return True
        raise
    return False


async def until_gone(mongo: Mongo, time: Any) -> None:
    """Write until the database no longer has the snapshot of that time."""
    while not await is_gone(mongo, time):
        await mongo.database["anything"].insert_one({})


@pytest.mark.usefixtures("forget_snapshots")
@every_order
async def test_a_walk_whose_snapshot_is_gone_goes_on_from_its_place_in_the_list_as_it_is(
    house: House, mongo: Mongo, workspace: Workspace, order: LeadOrder
) -> None:
    leads = scattered(20)
    await store(mongo, workspace, *leads)
    expected = in_order(leads, order)
    first = await house.leads.page(workspace.id, ALL, order, 5, None)
    await house.leads.delete(workspace.id, by_id(expected[9]))
    answer = await mongo.database.command({"find": "leads", "limit": 1, "readConcern": {"level": "snapshot"}})
    await until_gone(mongo, answer["cursor"]["atClusterTime"])

    found = ids(first) + await rest(house, workspace, order, 4, first.edges[-1].cursor)

    assert found == expected[:9] + expected[10:]


@every_order
async def test_a_cursor_of_another_order_is_refused(
    house: House, mongo: Mongo, workspace: Workspace, order: LeadOrder
) -> None:
    await store(mongo, workspace, *scattered(3))
    page = await house.leads.page(workspace.id, ALL, order, 1, None)

    for other in EVERY_ORDER:
        if other != order:
            with pytest.raises(InvalidInput) as refusal:
                await house.leads.page(workspace.id, ALL, other, 1, page.edges[0].cursor)
            assert [problem.fault for problem in refusal.value.problems] == [Fault.MALFORMED_CURSOR]


NAME = "ENGAGEMENT_SCORE -1"
NONSENSE = {
    "blank": " ",
    "no base64": "§§§",
    "half a cursor": forged(NAME, 1, "x", 1, 1)[:9],
    "no json": base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "deep json": base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    "another list": pages.encode("65e1a7c0f0f0f0f0f0f0f0f0.0000000001"),
    "no list": base64.urlsafe_b64encode(b"7").decode(),
    "too short": forged(NAME, 1, "x", 1),
    "too long": forged(NAME, 1, "x", 1, 1, 1),
    "a text for a score": forged(NAME, "1", "x", 1, 1),
    "a flag for a score": forged(NAME, True, "x", 1, 1),
    "a fraction for a score": forged(NAME, 1.5, "x", 1, 1),
    "no id": forged(NAME, 1, None, 1, 1),
    "an object for an id": forged(NAME, 1, {"$gt": ""}, 1, 1),
    "an id that is no text": forged(NAME, 1, "\ud800", 1, 1),
    "a score beyond 64 bits": forged(NAME, 2**63, "x", 1, 1),
    "a time before the beginning": forged(NAME, 1, "x", -1, 1),
    "a time beyond 32 bits": forged(NAME, 1, "x", 2**32, 1),
    "no time": forged(NAME, 1, "x", 0, 0),
    "a time to come": forged(NAME, 1, "x", 2**32 - 1, 1),
}


@pytest.mark.parametrize("cursor", NONSENSE.values(), ids=NONSENSE)
async def test_a_cursor_that_nobody_was_given_is_refused(
    house: House, mongo: Mongo, workspace: Workspace, cursor: str
) -> None:
    await store(mongo, workspace, *scattered(3))

    with pytest.raises(InvalidInput) as refusal:
        await house.leads.page(workspace.id, ALL, BY_SCORE, 10, cursor)

    (problem,) = refusal.value.problems
    assert (problem.path, problem.fault) == (("after",), Fault.MALFORMED_CURSOR)


@pytest.mark.parametrize("value", [10**18, -(10**18), 2**63])
async def test_a_cursor_with_an_impossible_moment_is_refused(
    house: House, workspace: Workspace, value: int
) -> None:
    with pytest.raises(InvalidInput):
        await house.leads.page(
            workspace.id,
            ALL,
            LeadOrder(LeadOrderField.CREATED_AT),
            10,
            forged("CREATED_AT -1", value, "x", 1, 1),
        )


# One lead


async def test_a_lead_is_found_by_each_of_its_names(house: House, mongo: Mongo, workspace: Workspace) -> None:
    lead = a_lead(1, email="ada@example.com")
    await store(mongo, workspace, lead, a_lead(2))

    for ref in (by_id(lead.id), external("crm-1"), email("ada@example.com")):
        assert await house.leads.find(workspace.id, ref) == lead


@pytest.mark.parametrize("ref", [by_id("crm-1"), external("crm-2"), email("crm-1"), external("CRM-1")])
async def test_a_lead_is_not_found_by_what_is_not_its_name(
    house: House, mongo: Mongo, workspace: Workspace, ref: LeadRef
) -> None:
    await store(mongo, workspace, a_lead(1))

    assert await house.leads.find(workspace.id, ref) is None


async def test_leads_are_found_by_those_of_many_ids_that_there_are(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    first, second = a_lead(1), a_lead(2)
    await store(mongo, workspace, first, second, a_lead(3))

    found = await house.leads.by_ids(workspace.id, [second.id, "nobody", first.id])

    assert found == {first.id: first, second.id: second}
    assert await house.leads.by_ids(workspace.id, []) == {}


# Removal


@pytest.mark.parametrize("name", ["id", "external_id", "email"])
async def test_a_deleted_lead_takes_its_activities_and_history_and_nothing_else(
    house: House, mongo: Mongo, workspace: Workspace, name: str
) -> None:
    await publish(house, workspace.id, CLICK)
    for who in ("crm-1", "crm-2", "crm-11"):
        items = [(external(who), clicked(f"{who} {n}")) for n in range(3)]
        accepted(await house.ledger.apply_all(workspace.id, [*items, (external(who), adjusted(5))]))
    await house.ledger.apply(workspace.id, email("ada@example.com"), clicked())
    refs = {"external_id": external("crm-1"), "email": email("ada@example.com")}
    refs["id"] = by_id((await house.ledger.apply(workspace.id, external("crm-1"), clicked())).lead.id)
    lead = await house.leads.find(workspace.id, refs[name])
    assert lead
    before = await written(mongo, workspace.id)

    removed = await house.leads.delete(workspace.id, refs[name])

    assert removed == lead.id
    assert await written(mongo, workspace.id) == {
        **before,
        "leads": [each for each in before["leads"] if each["_id"] != lead.id],
        "activities": [each for each in before["activities"] if each["lead"] != lead.id],
        "score_changes": [each for each in before["score_changes"] if each["lead"] != lead.id],
    }


async def test_a_deleted_lead_s_names_and_keys_are_free_again(house: House, workspace: Workspace) -> None:
    first = await house.ledger.apply(workspace.id, external("crm-1"), adjusted(5, "k"))
    await house.leads.delete(workspace.id, external("crm-1"))

    again = await house.ledger.apply(workspace.id, external("crm-1"), adjusted(5, "k"))

    assert (again.created, again.duplicate, again.lead.engagement.score) == (True, False, 5)
    assert again.lead.id != first.lead.id


@pytest.mark.parametrize("ref", [by_id("nobody"), external("nobody"), email("nobody@example.com")])
async def test_an_unknown_lead_cannot_be_deleted(
    house: House, mongo: Mongo, workspace: Workspace, ref: LeadRef
) -> None:
    await house.ledger.apply(workspace.id, external("crm-1"), adjusted())
    before = await written(mongo, workspace.id)

    with pytest.raises(LeadNotFound):
        await house.leads.delete(workspace.id, ref)

    assert await written(mongo, workspace.id) == before


async def test_a_lead_that_is_written_while_it_is_deleted_is_gone_or_made_anew_whole(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    async def write() -> None:
        for _ in range(30):
            await house.ledger.apply(workspace.id, external("crm-1"), clicked())

    async def delete() -> None:
        for _ in range(10):
            await asyncio.sleep(0.005)
            try:
                await house.leads.delete(workspace.id, external("crm-1"))
            except LeadNotFound:
                continue

    await publish(house, workspace.id, CLICK)
    await asyncio.gather(write(), delete())

    await assert_explained(mongo, workspace.id)
    activities = await mongo.activities.find({"workspace": workspace.id}).to_list(None)
    leads = await leads_of(mongo, workspace.id)
    assert sum(lead.version for lead in leads) == len(activities)


# Two workspaces


async def test_one_workspace_sees_and_touches_nothing_of_another(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    await publish(house, other.id, CLICK)
    theirs = (await house.ledger.apply(other.id, external("crm-1"), clicked())).lead
    theirs = (await house.ledger.apply(other.id, by_id(theirs.id), clicked())).lead
    await store(mongo, workspace, *(ours := scattered(3)))
    await mongo.leads.update_one({"_id": theirs.id}, {"$set": {"email": "ada@example.com"}})
    before = await written(mongo, other.id)

    assert await house.leads.find(workspace.id, by_id(theirs.id)) is None
    assert await house.leads.find(workspace.id, email("ada@example.com")) is None
    assert await house.leads.by_ids(workspace.id, [theirs.id]) == {}
    assert await house.leads.count(workspace.id, ALL) == 3
    assert await house.leads.count(workspace.id, scores(ENGAGEMENT, (50, None))) == 0
    for order in EVERY_ORDER:
        assert await rest(house, workspace, order, 2) == in_order(ours, order)
    for ref in (by_id(theirs.id), email("ada@example.com")):
        with pytest.raises(LeadNotFound):
            await house.leads.delete(workspace.id, ref)
    await house.leads.delete(workspace.id, external("crm-1"))
    assert await written(mongo, other.id) == before


async def test_a_cursor_of_another_workspace_shows_nothing_of_it(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    await store(mongo, other, *scattered(10))
    await store(mongo, workspace, *(ours := scattered(10)))
    page = await house.leads.page(other.id, ALL, BY_SCORE, 3, None)

    found = await rest(house, workspace, BY_SCORE, 3, page.edges[-1].cursor)

    assert set(found) <= {lead.id for lead in ours}


async def test_a_page_that_is_asked_for_again_lists_the_same_leads(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await store(mongo, workspace, *(leads := scattered(9)))
    first = await house.leads.page(workspace.id, ALL, BY_SCORE, 3, None)
    second = await house.leads.page(workspace.id, ALL, BY_SCORE, 3, first.edges[-1].cursor)
    await move(house, workspace, leads, Random(1))

    again = await house.leads.page(workspace.id, ALL, BY_SCORE, 3, first.edges[-1].cursor)

    assert ids(again) == ids(second)
    assert [edge.cursor for edge in again.edges] == [edge.cursor for edge in second.edges]
