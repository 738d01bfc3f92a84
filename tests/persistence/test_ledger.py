"""The ledger: what is applied is applied once, whole, in order, and under the configuration in force."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import chain

import pytest

from api.app import build_house
from api.context import House
from domain.actors import Workspace
from domain.changes import Change
from domain.errors import DomainError, Fault, InvalidInput, LeadNotFound
from domain.leads import Lead, LeadRef
from domain.levels import Dimension
from domain.rules import Rule
from domain.scoring import Outcome
from persistence.batch import Item
from persistence.mongo import Mongo
from tests.conftest import DATABASE
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import (
    CLICK,
    COLD,
    HOT,
    WARM,
    accepted,
    adjusted,
    assert_explained,
    by_id,
    clicked,
    email,
    entries_of,
    external,
    known,
    leads_of,
    publish,
    set_levels,
    written,
)
from tests.persistence.meanwhile import Meanwhile, heard_by

Make = Callable[[], Change]


def click_with_key() -> Change:
    """A sender that sends again makes the activity anew: only its key is the same."""
    return clicked("k")


def adjustment_with_key() -> Change:
    return adjusted(5, "k")


KEYED = pytest.mark.parametrize("keyed", [click_with_key, adjustment_with_key])


async def the_lead(house: House, workspace: Workspace, ref: LeadRef) -> Lead:
    lead = await house.leads.find(workspace.id, ref)
    assert lead is not None
    return lead


def fault_of(result: Outcome | DomainError) -> tuple[tuple[str, ...], Fault]:
    """Where the one problem stands, and what it is."""
    assert isinstance(result, InvalidInput), result
    (problem,) = result.problems
    return problem.path, problem.fault


# Names


@pytest.mark.parametrize("make", [clicked, adjusted, lambda: known({"name": "Ada"})])
async def test_an_unknown_external_id_creates_the_lead(
    house: House, workspace: Workspace, make: Make
) -> None:
    outcome = await house.ledger.apply(workspace.id, external("crm-1"), make())

    assert (outcome.created, outcome.lead.external_id, outcome.lead.email) == (True, "crm-1", None)
    assert outcome.lead.version == 1
    assert await house.leads.find(workspace.id, external("crm-1")) == outcome.lead


@pytest.mark.parametrize("make", [clicked, adjusted, lambda: known({"name": "Ada"})])
async def test_an_unknown_email_creates_the_lead(house: House, workspace: Workspace, make: Make) -> None:
    outcome = await house.ledger.apply(workspace.id, email("ada@example.com"), make())

    assert (outcome.created, outcome.lead.external_id, outcome.lead.email) == (True, None, "ada@example.com")
    assert await house.leads.find(workspace.id, email("ada@example.com")) == outcome.lead


@pytest.mark.parametrize("make", [click_with_key, adjustment_with_key, lambda: known({"name": "Ada"})])
async def test_an_unknown_id_creates_nothing(
    house: House, mongo: Mongo, workspace: Workspace, make: Make
) -> None:
    before = await written(mongo, workspace.id)

    with pytest.raises(LeadNotFound):
        await house.ledger.apply(workspace.id, by_id("65e1a7c0f0f0f0f0f0f0f0f0"), make())

    assert await written(mongo, workspace.id) == before


async def test_a_lead_of_another_workspace_is_unknown(
    house: House, workspace: Workspace, other: Workspace, mongo: Mongo
) -> None:
    theirs = (await house.ledger.apply(other.id, external("crm-1"), clicked("k"))).lead

    with pytest.raises(LeadNotFound):
        await house.ledger.apply(workspace.id, by_id(theirs.id), clicked())
    ours = await house.ledger.apply(workspace.id, external("crm-1"), clicked("k"))

    assert (ours.created, ours.duplicate) == (True, False)
    assert await leads_of(mongo, other.id) == [theirs]


async def test_a_known_lead_is_changed_under_each_of_its_names(house: House, workspace: Workspace) -> None:
    made = await house.ledger.apply(workspace.id, external("crm-1"), known({"email": "ada@example.com"}))

    refs = [by_id(made.lead.id), external("crm-1"), email("ada@example.com")]
    outcomes = [await house.ledger.apply(workspace.id, ref, adjusted(5)) for ref in refs]

    assert [outcome.lead.engagement.score for outcome in outcomes] == [5, 10, 15]
    assert {outcome.lead.id for outcome in outcomes} == {made.lead.id}


async def test_one_bulk_creates_a_new_lead_once(house: House, workspace: Workspace, mongo: Mongo) -> None:
    items: list[Item] = [
        (external("crm-1"), known({"email": "ada@example.com"})),
        (email("ada@example.com"), adjusted(5)),
        (external("crm-1"), adjusted(5)),
    ]

    outcomes = accepted(await house.ledger.apply_all(workspace.id, items))

    assert [outcome.created for outcome in outcomes] == [True, False, False]
    (lead,) = await leads_of(mongo, workspace.id)
    assert (lead.engagement.score, lead.version) == (10, 3)


# Keys


@KEYED
async def test_a_key_repeated_later_gives_the_first_outcome(
    house: House, workspace: Workspace, mongo: Mongo, keyed: Make
) -> None:
    await publish(house, workspace.id, CLICK)
    first = await house.ledger.apply(workspace.id, external("crm-1"), keyed())
    await house.ledger.apply(workspace.id, external("crm-1"), adjusted(1))
    before = await written(mongo, workspace.id)

    again = await house.ledger.apply(workspace.id, external("crm-1"), keyed())

    assert (again.duplicate, again.created) == (True, False)
    assert first.changes
    assert (again.changes, again.activity) == (first.changes, first.activity)
    assert await written(mongo, workspace.id) == before


@KEYED
async def test_a_key_repeated_through_another_process_gives_the_first_outcome(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo, keyed: Make
) -> None:
    first = await make_house().ledger.apply(workspace.id, external("crm-1"), keyed())
    before = await written(mongo, workspace.id)

    again = await make_house().ledger.apply(workspace.id, by_id(first.lead.id), keyed())

    assert again.duplicate
    assert (again.changes, again.activity, again.lead) == (first.changes, first.activity, first.lead)
    assert await written(mongo, workspace.id) == before


@KEYED
async def test_a_key_repeated_within_one_bulk_counts_once(
    house: House, workspace: Workspace, mongo: Mongo, keyed: Make
) -> None:
    items = [(external("crm-1"), keyed()) for _ in range(3)]

    outcomes = accepted(await house.ledger.apply_all(workspace.id, items))

    assert [outcome.duplicate for outcome in outcomes] == [False, True, True]
    assert outcomes[1] == outcomes[2]
    assert (outcomes[1].activity, outcomes[1].changes) == (outcomes[0].activity, outcomes[0].changes)
    (lead,) = await leads_of(mongo, workspace.id)
    assert lead.version == 1


@KEYED
async def test_a_key_sent_by_many_at_once_counts_once(
    house: House, workspace: Workspace, mongo: Mongo, keyed: Make
) -> None:
    sending = (house.ledger.apply(workspace.id, external("crm-1"), keyed()) for _ in range(50))

    outcomes = await asyncio.gather(*sending)

    assert sum(not outcome.duplicate for outcome in outcomes) == 1
    assert sum(outcome.created for outcome in outcomes) == 1
    (lead,) = await leads_of(mongo, workspace.id)
    assert lead.version == 1


@KEYED
async def test_a_key_sent_through_two_processes_at_once_counts_once(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo, keyed: Make
) -> None:
    houses = [make_house(), make_house()]

    outcomes = await asyncio.gather(
        *(house.ledger.apply(workspace.id, external("crm-1"), keyed()) for _ in range(20) for house in houses)
    )

    assert sum(not outcome.duplicate for outcome in outcomes) == 1
    (lead,) = await leads_of(mongo, workspace.id)
    assert lead.version == 1


@pytest.mark.parametrize("kind", ["activity", "adjustment"])
async def test_bulks_of_the_same_keys_sent_through_two_processes_at_once_count_once(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo, kind: str
) -> None:
    houses = [make_house(), make_house(), make_house()]
    items: list[Item] = [
        (
            external(f"crm-{number % 7}"),
            clicked(f"k{number}") if kind == "activity" else adjusted(1, f"k{number}"),
        )
        for number in range(60)
    ]
    orders = [items, items[::-1], items[30:] + items[:30]]

    results = await asyncio.gather(
        *(house.ledger.apply_all(workspace.id, order) for house, order in zip(houses, orders, strict=True))
    )

    outcomes = [outcome for result in results for outcome in accepted(result)]
    assert sum(not outcome.duplicate for outcome in outcomes) == 60
    assert sum(lead.version for lead in await leads_of(mongo, workspace.id)) == 60
    await assert_explained(mongo, workspace.id)


async def test_a_key_used_while_its_repeat_is_looked_up_is_a_repeat(
    make_house: MakeHouse, mongo_uri: str, workspace: Workspace
) -> None:
    """The lead is read first and is not there, then the key is read and is: both were committed between."""
    other = make_house()
    await other.ledger.apply(workspace.id, external("crm-1"), clicked("old"))
    new: Item = (external("crm-2"), clicked("new"))

    async def commit_elsewhere() -> None:
        await asyncio.sleep(0.2)  # lets the read of the leads, which runs beside, come first
        await other.ledger.apply(workspace.id, *new)

    meanwhile = Meanwhile("find", "activities", commit_elsewhere)
    async with heard_by(mongo_uri, DATABASE, meanwhile) as mongo:
        ledger = build_house(mongo).ledger
        results = await ledger.apply_all(workspace.id, [(external("crm-1"), clicked("old")), new])

    assert meanwhile.done
    assert [outcome.duplicate for outcome in accepted(results)] == [True, True]


async def test_a_repeat_of_a_key_whose_lead_is_being_deleted_harms_no_other(
    make_house: MakeHouse, mongo_uri: str, workspace: Workspace
) -> None:
    other = make_house()
    await publish(other, workspace.id, CLICK)
    lead = (await other.ledger.apply(workspace.id, external("crm-1"), clicked("old"))).lead

    async def delete_elsewhere() -> None:
        await other.leads.delete(workspace.id, by_id(lead.id))

    meanwhile = Meanwhile("find", "score_changes", delete_elsewhere)
    async with heard_by(mongo_uri, DATABASE, meanwhile) as mongo:
        ledger = build_house(mongo).ledger
        repeated = ledger.apply(workspace.id, external("crm-1"), clicked("old"))
        results = await asyncio.gather(
            repeated, ledger.apply(workspace.id, external("crm-2"), clicked()), return_exceptions=True
        )

    assert meanwhile.done
    assert not [result for result in results if not isinstance(result, Outcome | DomainError)]
    assert isinstance(results[1], Outcome)


@pytest.mark.parametrize(
    ("keyed", "path"), [(click_with_key, ("activity", "key")), (adjustment_with_key, ("key",))]
)
@pytest.mark.parametrize("ref", [external("crm-2"), external("crm-3"), email("new@example.com")])
async def test_a_key_reused_for_another_lead_is_refused_and_nothing_written(
    house: House, workspace: Workspace, mongo: Mongo, keyed: Make, path: tuple[str, ...], ref: LeadRef
) -> None:
    await house.ledger.apply(workspace.id, external("crm-1"), keyed())
    await house.ledger.apply(workspace.id, external("crm-2"), adjusted())
    before = await written(mongo, workspace.id)

    (result,) = await house.ledger.apply_all(workspace.id, [(ref, keyed())])

    assert fault_of(result) == (path, Fault.KEY_REUSED)
    assert await written(mongo, workspace.id) == before


async def test_a_key_reused_for_another_kind_of_activity_is_refused_and_nothing_written(
    house: House, workspace: Workspace, mongo: Mongo
) -> None:
    await house.ledger.apply(workspace.id, external("crm-1"), clicked("k"))
    before = await written(mongo, workspace.id)

    (result,) = await house.ledger.apply_all(
        workspace.id, [(external("crm-1"), clicked("k", kind="EMAIL_OPENED"))]
    )

    assert fault_of(result) == (("activity", "key"), Fault.KEY_REUSED)
    assert await written(mongo, workspace.id) == before


async def test_a_key_reused_within_one_bulk_for_another_lead_is_refused(
    house: House, workspace: Workspace, mongo: Mongo
) -> None:
    items: list[Item] = [(external("crm-1"), clicked("k")), (external("crm-2"), clicked("k"))]

    first, second = await house.ledger.apply_all(workspace.id, items)

    assert isinstance(first, Outcome)
    assert fault_of(second) == (("activity", "key"), Fault.KEY_REUSED)
    assert [lead.external_id for lead in await leads_of(mongo, workspace.id)] == ["crm-1"]


async def test_activities_and_adjustments_have_keys_of_their_own(house: House, workspace: Workspace) -> None:
    changes = [click_with_key(), adjustment_with_key()]

    outcomes = [await house.ledger.apply(workspace.id, external("crm-1"), change) for change in changes]

    assert [outcome.duplicate for outcome in outcomes] == [False, False]


async def test_the_key_of_a_refused_item_stays_free(house: House, workspace: Workspace) -> None:
    unknown = by_id("65e1a7c0f0f0f0f0f0f0f0f0")

    refused, first = await house.ledger.apply_all(
        workspace.id, [(unknown, clicked("k")), (external("crm-1"), clicked("k"))]
    )

    assert isinstance(refused, LeadNotFound)
    assert isinstance(first, Outcome)
    assert not first.duplicate


# Bulks


async def test_a_refused_item_harms_no_other_and_results_are_in_order(
    house: House, workspace: Workspace, mongo: Mongo
) -> None:
    await house.ledger.apply(workspace.id, external("taken"), known({"email": "taken@example.com"}))
    items: list[Item] = [
        (external("crm-1"), adjusted(1)),
        (by_id("65e1a7c0f0f0f0f0f0f0f0f0"), adjusted(2)),
        (external("crm-1"), adjusted(4)),
        (external("crm-2"), known({"email": "taken@example.com"})),
        (external("crm-2"), known({"email": "free@example.com"})),
        (external("crm-1"), adjusted(8)),
    ]

    results = await house.ledger.apply_all(workspace.id, items)

    kinds = [type(result) for result in results]
    assert kinds == [Outcome, LeadNotFound, Outcome, InvalidInput, Outcome, Outcome]
    scores = [result.lead.engagement.score for result in results if isinstance(result, Outcome)]
    assert scores == [1, 5, 0, 13]
    assert len(await entries_of(mongo, workspace.id)) == 3


async def test_an_empty_bulk_has_no_results(house: House, workspace: Workspace) -> None:
    assert await house.ledger.apply_all(workspace.id, []) == []


async def test_the_changes_of_a_large_bulk_are_made_in_order_under_whatever_name_their_lead_goes(
    house: House, workspace: Workspace
) -> None:
    made = await house.ledger.apply(workspace.id, external("crm-1"), known({"email": "ada@example.com"}))
    names = [external("crm-1"), email("ada@example.com"), by_id(made.lead.id)]
    items: list[Item] = [(names[number * 3 // 3_000], adjusted(1)) for number in range(3_000)]

    outcomes = accepted(await house.ledger.apply_all(workspace.id, items))

    assert [outcome.lead.engagement.score for outcome in outcomes] == list(range(1, 3_001))


async def test_calls_made_one_after_the_other_are_applied_in_that_order(
    house: House, workspace: Workspace
) -> None:
    calls = [house.ledger.apply(workspace.id, external("crm-1"), adjusted(1)) for _ in range(100)]

    outcomes = await asyncio.gather(*calls)

    assert [outcome.lead.engagement.score for outcome in outcomes] == list(range(1, 101))


# Names that are taken, given up, and exchanged


async def test_a_taken_external_id_is_refused_and_nothing_written(
    house: House, workspace: Workspace, mongo: Mongo
) -> None:
    await house.ledger.apply(workspace.id, external("crm-1"), known())
    await house.ledger.apply(workspace.id, external("crm-2"), known())
    before = await written(mongo, workspace.id)

    (result,) = await house.ledger.apply_all(
        workspace.id, [(external("crm-2"), known({"external_id": "crm-1", "name": "Ada"}))]
    )

    assert fault_of(result) == (("externalId",), Fault.TAKEN)
    assert await written(mongo, workspace.id) == before


async def test_a_taken_email_is_refused_and_nothing_written(
    house: House, workspace: Workspace, mongo: Mongo
) -> None:
    await house.ledger.apply(workspace.id, email("ada@example.com"), known())
    before = await written(mongo, workspace.id)

    (result,) = await house.ledger.apply_all(
        workspace.id, [(external("crm-2"), known({"email": "ada@example.com"}))]
    )

    assert fault_of(result) == (("email",), Fault.TAKEN)
    assert await written(mongo, workspace.id) == before


async def test_a_name_taken_by_another_process_meanwhile_is_refused(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo
) -> None:
    houses = [make_house() for _ in range(3)]
    wanted = known({"email": "ada@example.com"})

    results = await asyncio.gather(
        *(
            house.ledger.apply_all(workspace.id, [(external(f"crm-{number}"), wanted)])
            for number, house in enumerate(houses)
        )
    )

    refused = [result for result in chain(*results) if not isinstance(result, Outcome)]
    assert [fault_of(result) for result in refused] == [(("email",), Fault.TAKEN)] * 2
    assert len(await leads_of(mongo, workspace.id)) == 1


async def test_a_name_given_up_may_be_taken_within_the_same_bulk(house: House, workspace: Workspace) -> None:
    await house.ledger.apply(workspace.id, external("crm-1"), known({"email": "ada@example.com"}))
    items: list[Item] = [
        (external("crm-1"), known({"email": None})),
        (external("crm-2"), known({"email": "ada@example.com"})),
    ]

    accepted(await house.ledger.apply_all(workspace.id, items))

    assert (await the_lead(house, workspace, email("ada@example.com"))).external_id == "crm-2"
    assert (await the_lead(house, workspace, external("crm-1"))).email is None


async def test_two_leads_may_exchange_their_names_within_one_bulk(house: House, workspace: Workspace) -> None:
    first, second = accepted(
        await house.ledger.apply_all(
            workspace.id, [(email("a@example.com"), known()), (email("b@example.com"), known())]
        )
    )
    items: list[Item] = [
        (by_id(first.lead.id), known({"email": None})),
        (by_id(second.lead.id), known({"email": "a@example.com"})),
        (by_id(first.lead.id), known({"email": "b@example.com"})),
    ]

    accepted(await house.ledger.apply_all(workspace.id, items))

    assert (await the_lead(house, workspace, email("a@example.com"))).id == second.lead.id
    assert (await the_lead(house, workspace, email("b@example.com"))).id == first.lead.id


async def test_a_cleared_field_is_gone_and_its_name_creates_anew(house: House, workspace: Workspace) -> None:
    made = await house.ledger.apply(
        workspace.id, external("crm-1"), known({"email": "ada@example.com", "name": "Ada", "company": "AE"})
    )
    await house.ledger.apply(
        workspace.id, by_id(made.lead.id), known({"external_id": None, "name": None, "company": None})
    )

    lead = await the_lead(house, workspace, by_id(made.lead.id))
    again = await house.ledger.apply(workspace.id, external("crm-1"), known())

    assert (lead.external_id, lead.name, lead.company, lead.email) == (None, None, None, "ada@example.com")
    assert again.created


# Upserts


async def test_an_upsert_without_effect_writes_nothing(
    house: House, workspace: Workspace, mongo: Mongo
) -> None:
    edit = known({"name": "Ada"}, {"plan": "pro"}, ("vip",))
    first = await house.ledger.apply(workspace.id, external("crm-1"), edit)
    before = await written(mongo, workspace.id)

    again = await house.ledger.apply(workspace.id, external("crm-1"), edit)

    assert (again.created, again.duplicate, again.lead) == (False, False, first.lead)
    assert await written(mongo, workspace.id) == before


async def test_an_upsert_without_any_field_still_creates_its_lead(house: House, workspace: Workspace) -> None:
    first = await house.ledger.apply(workspace.id, external("crm-1"), known())
    again = await house.ledger.apply(workspace.id, external("crm-1"), known())

    assert (first.created, first.lead.version) == (True, 1)
    assert (again.created, again.lead.version) == (False, 1)


# Several processes


async def test_concurrent_changes_to_one_lead_lose_nothing(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo
) -> None:
    ledgers = [make_house().ledger for _ in range(4)]

    outcomes = await asyncio.gather(
        *(
            ledger.apply(workspace.id, external("crm-1"), adjusted(number))
            for number in range(1, 26)
            for ledger in ledgers
        )
    )

    (lead,) = await leads_of(mongo, workspace.id)
    assert lead.engagement.score == 4 * sum(range(1, 26))
    assert (lead.version, len(outcomes)) == (100, 100)
    assert sum(outcome.created for outcome in outcomes) == 1
    await assert_explained(mongo, workspace.id)


async def test_concurrent_edits_of_different_fields_all_survive(
    make_house: MakeHouse, workspace: Workspace
) -> None:
    houses = [make_house() for _ in range(4)]

    await asyncio.gather(
        *(
            house.ledger.apply(
                workspace.id, external("crm-1"), known(None, {f"a{number}": number}, (f"t{number}",))
            )
            for number, house in enumerate(houses * 5)
        )
    )

    lead = await the_lead(houses[0], workspace, external("crm-1"))
    assert dict(lead.attributes) == {f"a{number}": number for number in range(20)}
    assert set(lead.tags) == {f"t{number}" for number in range(20)}


async def test_a_lead_deleted_meanwhile_is_made_anew_or_not_found(
    make_house: MakeHouse, mongo_uri: str, workspace: Workspace, mongo: Mongo
) -> None:
    other = make_house()
    lead = (await other.ledger.apply(workspace.id, external("crm-1"), adjusted(7))).lead

    async def delete_elsewhere() -> None:
        await other.leads.delete(workspace.id, by_id(lead.id))

    meanwhile = Meanwhile("update", "leads", delete_elsewhere)
    async with heard_by(mongo_uri, DATABASE, meanwhile) as heard:
        results = await build_house(heard).ledger.apply_all(
            workspace.id, [(by_id(lead.id), adjusted(1)), (external("crm-1"), adjusted(2))]
        )

    assert meanwhile.done
    assert isinstance(results[0], LeadNotFound)
    (anew,) = await leads_of(mongo, workspace.id)
    assert (anew.id != lead.id, anew.engagement.score) == (True, 2)
    await assert_explained(mongo, workspace.id)


# The configuration


async def test_rules_published_through_another_process_score_at_once(
    make_house: MakeHouse, workspace: Workspace
) -> None:
    here, there = make_house(), make_house()
    await publish(here, workspace.id, CLICK)
    await here.ledger.apply(workspace.id, external("crm-1"), clicked())

    published = await publish(there, workspace.id, Rule("click", "Click", "LINK_CLICKED", 7))
    outcome = await here.ledger.apply(workspace.id, external("crm-1"), clicked())

    (change,) = outcome.changes
    assert (change.delta, change.rule_set) == (7, published.version)


async def test_levels_changed_through_another_process_classify_at_once(
    make_house: MakeHouse, workspace: Workspace
) -> None:
    here, there = make_house(), make_house()
    await set_levels(here, workspace.id, COLD, WARM, HOT)
    await here.ledger.apply(workspace.id, external("crm-1"), adjusted(30))

    await set_levels(there, workspace.id, HOT)
    outcome = await here.ledger.apply(workspace.id, external("crm-1"), adjusted(1))

    (change,) = outcome.changes
    assert (change.before.level, change.before.level_set) == ("Warm", 1)
    assert (change.after.level, change.after.level_set) == (None, 2)
    assert outcome.lead.engagement.announced == change.after


async def test_rules_first_published_while_a_change_is_under_way_score_it(
    make_house: MakeHouse, mongo_uri: str, workspace: Workspace
) -> None:
    other = make_house()

    async def publish_elsewhere() -> None:
        await publish(other, workspace.id, CLICK)

    meanwhile = Meanwhile("find", "workspaces", publish_elsewhere)
    async with heard_by(mongo_uri, DATABASE, meanwhile) as mongo:
        outcome = await build_house(mongo).ledger.apply(workspace.id, external("crm-1"), clicked())

    assert meanwhile.done
    assert [(change.delta, change.rule_set) for change in outcome.changes] == [(30, 1)]


@pytest.mark.parametrize("dimension", Dimension)
async def test_levels_changed_while_a_change_is_under_way_classify_it(
    make_house: MakeHouse, mongo_uri: str, workspace: Workspace, dimension: Dimension
) -> None:
    """Whatever this process remembers, what counts is what the transaction reads of the configuration."""
    other = make_house()
    await set_levels(other, workspace.id, COLD, WARM, dimension=dimension)

    async def edit_elsewhere() -> None:
        await set_levels(other, workspace.id, HOT, dimension=dimension)

    meanwhile = Meanwhile("find", "workspaces", edit_elsewhere)
    async with heard_by(mongo_uri, DATABASE, meanwhile) as mongo:
        house = build_house(mongo)
        meanwhile.done = True  # not yet: the first change only lets the process remember
        await house.ledger.apply(workspace.id, external("crm-1"), adjusted(30, dimension=dimension))
        meanwhile.done = False
        outcome = await house.ledger.apply(workspace.id, external("crm-1"), adjusted(30, dimension=dimension))

    assert meanwhile.done
    (change,) = outcome.changes
    assert (change.before.level, change.before.level_set) == ("Warm", 1)
    assert (change.after.level, change.after.level_set) == ("Hot", 2)


async def test_edits_without_pause_are_known_to_the_changes_beside_them(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo
) -> None:
    """A transaction may see an edit a moment before the majority has it; it must then see all of it."""
    here, there = make_house(), make_house()
    await publish(there, workspace.id, CLICK)

    async def edit() -> None:
        for points in range(1, 51):
            await publish(there, workspace.id, Rule("click", "Click", "LINK_CLICKED", points))
            await set_levels(there, workspace.id, COLD, WARM, HOT)

    async def click() -> None:
        while not editing.done():
            outcome = await here.ledger.apply(workspace.id, external("crm-1"), clicked())
            assert [change.parts[0].rule_id for change in outcome.changes] == ["click"]

    editing = asyncio.create_task(edit())
    await asyncio.gather(editing, click())

    await assert_explained(mongo, workspace.id)


# Coming and going


async def test_closing_waits_for_what_was_accepted(
    make_house: MakeHouse, workspace: Workspace, mongo: Mongo
) -> None:
    ledger = make_house().ledger
    calls = [
        asyncio.create_task(ledger.apply(workspace.id, external(f"crm-{number % 3}"), adjusted(1)))
        for number in range(100)
    ]
    await asyncio.sleep(0)

    await ledger.close()

    assert sum(lead.engagement.score for lead in await leads_of(mongo, workspace.id)) == 100
    await asyncio.gather(*calls)


async def test_a_ledger_that_has_nothing_to_do_closes_and_goes_on(
    make_house: MakeHouse, workspace: Workspace
) -> None:
    ledger = make_house().ledger

    await ledger.close()
    outcome = await ledger.apply(workspace.id, external("crm-1"), adjusted(5))

    assert outcome.lead.engagement.score == 5


@pytest.mark.parametrize("delay", [0, 0.001, 0.01])
async def test_a_caller_cancelled_while_waiting_harms_no_other(
    house: House, workspace: Workspace, mongo: Mongo, delay: float
) -> None:
    calls = [
        asyncio.create_task(house.ledger.apply(workspace.id, external("crm-1"), adjusted(1, f"k{number}")))
        for number in range(30)
    ]
    await asyncio.sleep(delay)
    for call in calls[::3]:
        call.cancel()
    results = await asyncio.gather(*calls, return_exceptions=True)
    again = accepted(
        await house.ledger.apply_all(
            workspace.id, [(external("crm-1"), adjusted(1, f"k{number}")) for number in range(30)]
        )
    )

    assert not [result for result in results if isinstance(result, Exception)]
    assert all(isinstance(result, Outcome) for at, result in enumerate(results) if at % 3)
    assert all(outcome.duplicate for at, outcome in enumerate(again) if at % 3)
    (lead,) = await leads_of(mongo, workspace.id)
    assert (lead.engagement.score, lead.version) == (30, 30)
    await assert_explained(mongo, workspace.id)


async def test_a_cancelled_bulk_harms_no_other(house: House, workspace: Workspace, mongo: Mongo) -> None:
    bulk = asyncio.create_task(
        house.ledger.apply_all(workspace.id, [(external(f"crm-{n}"), adjusted(1)) for n in range(1_200)])
    )
    await asyncio.sleep(0)
    other = asyncio.create_task(house.ledger.apply(workspace.id, external("other"), adjusted(1)))
    await asyncio.sleep(0.01)

    bulk.cancel()
    outcome = await other
    await house.ledger.close()

    assert outcome.created
    assert (await the_lead(house, workspace, external("other"))).version == 1
    await assert_explained(mongo, workspace.id)
