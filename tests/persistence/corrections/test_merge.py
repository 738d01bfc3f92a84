"""Two leads that are one: everything either did counts for both, and every name of either names it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.actors import Workspace
from domain.bounds import TAGS
from domain.errors import Fault, InvalidInput, LeadNotFound
from domain.history import CauseKind
from domain.leads import LeadRef, Merged
from domain.rules import Limit, Period, Rescore
from domain.scoring import Outcome
from persistence.batch import Item
from persistence.workspaces import Workspaces
from tests.persistence.given import (
    ADA,
    COLD,
    HOT,
    WARM,
    accepted,
    by_id,
    email,
    entries_of,
    external,
    known,
    leads_of,
    written,
)
from tests.persistence.rescoring.replaying import assert_replayed, assert_summed, published, scores
from tests.persistence.steps.passing import DAY, LASTING, Clock, Process

NEW = Rescore.NEW_ACTIVITY


async def merge(process: Process, workspace: Workspace, into: LeadRef, other: LeadRef) -> Outcome:
    return await process.house.corrections.merge(workspace.id, into, other, ADA)


async def two(process: Process, workspace: Workspace) -> tuple[str, str]:
    """Leads a and b with emails and points; their ids."""
    await published(process, workspace, LASTING, rescore=NEW)
    for name in ("a", "b"):
        await process.do(workspace, name, known({"email": f"{name}@x.com"}))
        await process.do(workspace, name, process.did("LASTING"))
    await process.do(workspace, "b", process.given(7))
    one, other = await leads_of(process.mongo, workspace.id)
    return one.id, other.id


async def test_the_score_is_that_of_both_and_one_entry_says_so(
    process: Process, workspace: Workspace
) -> None:
    await process.set_levels(workspace, COLD, WARM, HOT)
    one, other = await two(process, workspace)

    outcome = await merge(process, workspace, external("a"), external("b"))

    (entry,) = outcome.changes
    assert (entry.lead_id, entry.delta, entry.cause.kind) == (one, 27, CauseKind.MERGE)
    assert sorted((part.name, part.points) for part in entry.parts) == [("Adjustments", 7), ("Lasts", 20)]
    (lead,) = await leads_of(process.mongo, workspace.id)
    assert (lead.id, lead.engagement.score, lead.engagement.announced.level) == (one, 47, "Warm")
    assert lead.merged == (Merged(other, "b", "b@x.com"),)
    kept = [each for each in await entries_of(process.mongo, workspace.id) if each.lead_id == other]
    assert sum(each.delta for each in kept) == 27
    assert {each["lead"] async for each in process.mongo.activities.find({"workspace": workspace.id})} == {
        one
    }
    await assert_replayed(process, workspace)


async def test_every_name_of_either_names_it_in_reads_and_writes(
    process: Process, workspace: Workspace
) -> None:
    one, other = await two(process, workspace)
    await merge(process, workspace, external("a"), external("b"))
    names = [by_id(one), external("a"), email("a@x.com"), by_id(other), external("b"), email("b@x.com")]

    for name in names:
        found = await process.house.leads.find(workspace.id, name)
        assert found
        assert found.id == one
        await process.house.ledger.apply(workspace.id, name, process.did("LASTING"))
        await process.house.ledger.apply(workspace.id, name, process.given(1))
        edited = await process.house.ledger.apply(workspace.id, name, known(add_tags=(name.value,)))
        assert not edited.created
        bulk: list[Item] = [(name, process.given(1)), (external("a"), process.given(1))]
        bulk.append((name, process.did("LASTING")))
        done = accepted(await process.house.ledger.apply_all(workspace.id, bulk))
        assert {each.lead.id for each in done} == {one}
    both = await process.house.leads.by_ids(workspace.id, [one, other, "0" * 24])

    assert {name: lead.id for name, lead in both.items()} == {one: one, other: one}
    (lead,) = await leads_of(process.mongo, workspace.id)
    assert lead.engagement.score == 47 + len(names) * (2 * 20 + 3)
    assert set(lead.tags) == {name.value for name in names}
    assert (lead.external_id, lead.email) == ("a", "a@x.com")
    await assert_replayed(process, workspace)


async def test_its_names_are_taken(process: Process, workspace: Workspace) -> None:
    await two(process, workspace)
    await merge(process, workspace, external("a"), external("b"))
    before = await written(process.mongo, workspace.id)

    for taken in (known({"external_id": "b"}), known({"email": "b@x.com"})):
        with pytest.raises(InvalidInput) as refused:
            await process.house.ledger.apply(workspace.id, external("c"), taken)
        (problem,) = refused.value.problems
        assert problem.fault is Fault.TAKEN

    assert await written(process.mongo, workspace.id) == before


async def test_it_may_be_called_by_a_name_of_the_other_from_then_on(
    process: Process, workspace: Workspace
) -> None:
    await two(process, workspace)
    await merge(process, workspace, external("a"), external("b"))

    await process.do(workspace, "b", known({"external_id": "b"}))
    await process.do(workspace, "a", process.did("LASTING"))

    leads = {lead.external_id: lead.engagement.score for lead in await leads_of(process.mongo, workspace.id)}
    assert leads == {"b": 47, "a": 20}, "a was given up, and is anybody's"


async def test_again_does_nothing(process: Process, workspace: Workspace) -> None:
    one, other = await two(process, workspace)
    await merge(process, workspace, external("a"), external("b"))
    before = await written(process.mongo, workspace.id)

    for name in (external("b"), by_id(other), email("b@x.com")):
        outcome = await merge(process, workspace, external("a"), name)
        assert (outcome.lead.id, outcome.changes) == (one, ())

    assert await written(process.mongo, workspace.id) == before


@pytest.mark.parametrize("order", [("b c", "a b"), ("a b", "b c"), ("c b", "b a")], ids=str)
async def test_a_chain_of_merges_makes_one_lead_of_all(
    process: Process, workspace: Workspace, order: tuple[str, str]
) -> None:
    """Each is merged into the second from the first, by names that may be of one that is merged."""
    await published(process, workspace, LASTING, rescore=NEW)
    for name in "abc":
        await process.do(workspace, name, process.did("LASTING"))
        await process.do(workspace, name, process.given(1))
    ids = {lead.external_id: lead.id for lead in await leads_of(process.mongo, workspace.id)}

    for other, into in map(str.split, order):
        await merge(process, workspace, external(into), external(other))

    (lead,) = await leads_of(process.mongo, workspace.id)
    assert lead.engagement.score == 63
    assert {lead.id, *(each.id for each in lead.merged)} == set(ids.values())
    for each, lead_id in ids.items():
        for ref in (external(str(each)), by_id(lead_id)):
            found = await process.house.leads.find(workspace.id, ref)
            assert found
            assert found.id == lead.id
    await assert_replayed(process, workspace)


async def test_into_itself_is_refused(process: Process, workspace: Workspace) -> None:
    one, _ = await two(process, workspace)
    before = await written(process.mongo, workspace.id)

    for name in (external("a"), email("a@x.com"), by_id(one)):
        with pytest.raises(InvalidInput) as refused:
            await merge(process, workspace, external("a"), name)
        (problem,) = refused.value.problems
        assert (problem.path, problem.fault) == (("from",), Fault.SAME_LEAD)

    assert await written(process.mongo, workspace.id) == before


async def test_with_one_that_is_not_known_is_refused_and_makes_none_known(
    process: Process, workspace: Workspace
) -> None:
    await two(process, workspace)
    other = await Workspaces(process.mongo).named("other", process.clock())
    await process.do(other, "theirs", process.did("LASTING"))
    (theirs,) = await leads_of(process.mongo, other.id)
    before = [await written(process.mongo, each.id) for each in (workspace, other)]

    for name in (external("theirs"), email("c@x.com"), by_id("0" * 24), by_id(theirs.id)):
        for pair in ((external("a"), name), (name, external("a")), (name, name)):
            with pytest.raises(LeadNotFound):
                await merge(process, workspace, *pair)

    assert [await written(process.mongo, each.id) for each in (workspace, other)] == before


async def test_what_is_too_much_for_one_is_refused(process: Process, workspace: Workspace) -> None:
    half = TAGS // 2 + 1
    for name in "ab":
        await process.do(workspace, name, known(add_tags=tuple(f"{name}{each}" for each in range(half))))
        await process.do(workspace, f"large {name}", known({}, {name: "x" * 60_000}))
    before = await written(process.mongo, workspace.id)

    for pair, fault in ((("a", "b"), Fault.TOO_MANY), (("large a", "large b"), Fault.TOO_LARGE)):
        with pytest.raises(InvalidInput) as refused:
            await merge(process, workspace, *map(external, pair))
        assert [each.fault for each in refused.value.problems] == [fault]

    assert await written(process.mongo, workspace.id) == before


async def test_it_takes_over_what_it_did_not_know_of_itself(process: Process, workspace: Workspace) -> None:
    ledger = process.house.ledger
    await ledger.apply(workspace.id, email("a@x.com"), known({"name": "Ann"}, {"x": 1, "y": 1}, ("eu",)))
    more = known({"external_id": "b", "company": "Acme", "name": "Bob"}, {"y": 2, "z": 2}, ("vip", "eu"))
    await ledger.apply(workspace.id, external("b"), more)

    await merge(process, workspace, email("a@x.com"), external("b"))

    (lead,) = await leads_of(process.mongo, workspace.id)
    assert (lead.external_id, lead.email, lead.name, lead.company) == ("b", "a@x.com", "Ann", "Acme")
    assert (lead.attributes, lead.tags) == ({"x": 1, "y": 1, "z": 2}, ("eu", "vip"))
    await process.do(workspace, "b", process.given(5))
    assert await scores(process, workspace) == {"b": 5}


@pytest.mark.parametrize(("per", "paid"), [(Period.DAY, 2), (Period.EVER, 1)])
async def test_limits_hold_for_what_both_did_together(
    process: Process, clock: Clock, workspace: Workspace, per: Period, paid: int
) -> None:
    await published(process, workspace, replace(LASTING, limit=Limit(1, per)), rescore=NEW)
    for name in ("a", "b", "a", "b"):
        await process.do(workspace, name, process.did("LASTING"))
    clock.advance(DAY)
    await process.do(workspace, "b", process.did("LASTING"))

    await merge(process, workspace, external("a"), external("b"))

    assert await scores(process, workspace) == {"a": paid * 20}
    await assert_replayed(process, workspace)
    await process.do(workspace, "b", process.did("LASTING"))
    assert await scores(process, workspace) == {"a": paid * 20}


async def test_a_key_that_either_used_is_known(process: Process, workspace: Workspace) -> None:
    await published(process, workspace, LASTING, rescore=NEW)
    changes = {name: process.did("LASTING", key=name) for name in "ab"}
    for name, change in changes.items():
        await process.do(workspace, name, change)
    await merge(process, workspace, external("a"), external("b"))

    for ref in (external("a"), external("b")):
        for change in changes.values():
            assert (await process.house.ledger.apply(workspace.id, ref, change)).duplicate

    assert await scores(process, workspace) == {"a": 40}


@pytest.mark.parametrize("name", "ab")
async def test_to_delete_it_by_any_name_removes_all(
    process: Process, workspace: Workspace, name: str
) -> None:
    one, _ = await two(process, workspace)
    await merge(process, workspace, external("a"), external("b"))

    assert await process.house.leads.delete(workspace.id, external(name)) == one

    left = await written(process.mongo, workspace.id)
    assert left["leads"] == left["activities"] == left["score_changes"] == []
    for each in "ab":
        outcome = await process.house.ledger.apply(workspace.id, external(each), process.given(1))
        assert outcome.created


async def test_time_goes_on_for_the_one_lead(process: Process, clock: Clock, workspace: Workspace) -> None:
    for name in "ab":
        await process.do(workspace, name, process.given(10, 2 * DAY))
        await process.do(workspace, name, process.given(1))
        clock.advance(DAY / 2)
    await merge(process, workspace, external("a"), external("b"))

    clock.advance(5 * DAY)
    await process.look()

    assert await scores(process, workspace) == {"a": 2}
    await assert_summed(process, workspace)
    await assert_replayed(process, workspace)
