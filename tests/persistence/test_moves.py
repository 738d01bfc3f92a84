"""Leads are found by how their level moved, in the order in which it did."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from api.context import House
from domain.actors import Workspace
from domain.errors import Fault, InvalidInput, Problem
from domain.levels import Dimension, Level
from persistence import moves
from persistence.leads import LeadFilter, LeadOrder
from persistence.mongo import Mongo
from persistence.moves import Moves, TierMove
from tests.persistence.given import (
    COLD,
    ENGAGEMENT,
    HOT,
    PROFILE,
    WARM,
    adjusted,
    entries_of,
    external,
    leads_of,
    set_levels,
)
from tests.persistence.leads.lists import ids, scores, walk

LONG_AGO = datetime.fromisoformat("2020-01-01T00:00:00Z")
TO_COLD, TO_WARM, TO_HOT = 10, 30, 60
WALKS = {  # the scores that a lead comes to, one after the other; the first from nothing, which is Cold
    "stays": [TO_COLD],
    "warms": [TO_WARM],
    "heats": [TO_WARM, TO_HOT],
    "leaps": [TO_HOT],
    "cools": [TO_HOT, TO_WARM, TO_COLD],
    "drops": [TO_HOT, TO_COLD],
    "returns": [TO_HOT, TO_COLD, TO_HOT],
}


async def walked(
    house: House, workspace: Workspace, walks: dict[str, list[int]], dimension: Dimension = ENGAGEMENT
) -> None:
    for name, steps in walks.items():
        at = 0
        for step in steps:
            change = adjusted(step - at, dimension=dimension)
            await house.ledger.apply(workspace.id, external(name), change)
            at = step


async def found(mongo: Mongo, workspace: Workspace, move: TierMove) -> set[str]:
    """The external ids of the leads that made the move."""
    names = {lead.id: lead.external_id or "" for lead in await leads_of(mongo, workspace.id)}
    leads = await Moves(mongo).leads(workspace.id, move)
    assert len(leads) == len(set(leads))
    return {names[lead] for lead in leads}


@pytest.mark.parametrize(
    ("left", "entered", "expected"),
    [
        ("Cold", "Warm", {"warms", "heats", "cools"}),
        ("Warm", "Hot", {"heats"}),
        ("Hot", "Cold", {"cools", "drops", "returns"}),
        ("Hot", "Warm", {"cools"}),
        ("Cold", "Hot", {"heats", "leaps", "cools", "drops", "returns"}),
        ("Warm", "Cold", {"cools"}),
        ("Cold", "Cold", {"cools", "drops", "returns"}),
        ("Hot", "Hot", {"returns"}),
        ("Warm", "Warm", set()),
        ("Hot", None, {"cools", "drops", "returns"}),
        (None, "Warm", {"warms", "heats", "cools"}),
        (None, None, {"warms", "heats", "leaps", "cools", "drops", "returns"}),
    ],
)
@pytest.mark.parametrize("dimension", Dimension)
async def test_leads_are_found_that_left_one_level_and_then_entered_the_other(
    house: House,
    mongo: Mongo,
    workspace: Workspace,
    dimension: Dimension,
    left: str | None,
    entered: str | None,
    expected: set[str],
) -> None:
    """At once or by way of others; what was entered before the other was left does not count."""
    await set_levels(house, workspace.id, COLD, WARM, HOT, dimension=dimension)
    await walked(house, workspace, WALKS, dimension)

    assert await found(mongo, workspace, TierMove(LONG_AGO, dimension, left, entered)) == expected


async def test_moves_of_one_dimension_are_not_those_of_the_other(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    for dimension in Dimension:
        await set_levels(house, workspace.id, COLD, WARM, HOT, dimension=dimension)
    await walked(house, workspace, {"here": [TO_HOT, TO_COLD]}, ENGAGEMENT)
    await walked(house, workspace, {"there": [TO_HOT, TO_COLD]}, PROFILE)

    assert await found(mongo, workspace, TierMove(LONG_AGO, ENGAGEMENT, "Hot", "Cold")) == {"here"}
    assert await found(mongo, workspace, TierMove(LONG_AGO, PROFILE, "Hot", "Cold")) == {"there"}


async def test_moves_count_from_a_moment_on_which_is_taken_in(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    """What was left before it does not count, even when the other was entered after it."""
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    await walked(house, workspace, {"cools": [TO_HOT, TO_WARM, TO_COLD]})
    entries = await entries_of(mongo, workspace.id)
    moments = [LONG_AGO + timedelta(days=number) for number in range(1, len(entries) + 1)]
    for entry, at in zip(entries, moments, strict=True):
        await mongo.score_changes.update_one({"_id": entry.id}, {"$set": {"at": at}})
    step = timedelta(milliseconds=1)

    _, left_hot, left_warm = moments
    for since, left, expected in [
        (left_hot, "Hot", {"cools"}),
        (left_hot + step, "Hot", set()),
        (left_hot + step, "Warm", {"cools"}),
        (left_warm, "Warm", {"cools"}),
        (left_warm + step, "Warm", set()),
        (left_warm + step, None, set()),
    ]:
        assert await found(mongo, workspace, TierMove(since, ENGAGEMENT, left, "Cold")) == expected


@pytest.mark.parametrize("name", ["hot", " HOT ", "Hot"])
async def test_levels_are_named_without_regard_to_case(
    house: House, mongo: Mongo, workspace: Workspace, name: str
) -> None:
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    await walked(house, workspace, WALKS)

    assert await found(mongo, workspace, TierMove(LONG_AGO, ENGAGEMENT, name, "cOLD")) == {
        "cools",
        "drops",
        "returns",
    }


async def test_levels_are_found_as_they_are_called_now_and_as_they_were_then(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    await walked(house, workspace, {"before": [TO_HOT, TO_COLD]})
    await set_levels(house, workspace.id, COLD, Level("HOT", 25, 49), Level("Burning", 50, None))
    await walked(house, workspace, {"after": [TO_HOT, TO_WARM, TO_COLD]})

    for left, expected in [("Hot", {"before", "after"}), ("Burning", {"after"}), ("Warm", set())]:
        assert await found(mongo, workspace, TierMove(LONG_AGO, ENGAGEMENT, left, "Cold")) == expected


async def test_what_an_edit_of_the_levels_moved_counts_like_every_move(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    await walked(house, workspace, {"demoted": [TO_HOT]})
    await set_levels(house, workspace.id, COLD, Level("Warm", 25, None))
    await house.ledger.apply(workspace.id, external("demoted"), adjusted(1))

    assert await found(mongo, workspace, TierMove(LONG_AGO, ENGAGEMENT, "Hot", "Warm")) == {"demoted"}


@pytest.mark.parametrize(
    ("move", "path", "name"),
    [
        (TierMove(LONG_AGO, left="Tepid"), "from", "Tepid"),
        (TierMove(LONG_AGO, entered="Tepid"), "to", "Tepid"),
        (TierMove(LONG_AGO, left="Hot", entered=""), "to", ""),
        (TierMove(LONG_AGO, PROFILE, "Hot"), "from", "Hot"),
    ],
)
async def test_a_level_that_there_never_was_is_refused(
    house: House, workspace: Workspace, other: Workspace, move: TierMove, path: str, name: str
) -> None:
    await set_levels(house, workspace.id, COLD, HOT)
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    await set_levels(house, other.id, Level("Tepid", 1, 2))
    known = [] if move.dimension is PROFILE else ["Cold", "Warm", "Hot"]
    wanted = LeadFilter(moved=move)

    for refused in (
        house.leads.page(workspace.id, wanted, LeadOrder(), 10, None),
        house.leads.count(workspace.id, wanted),
    ):
        with pytest.raises(InvalidInput) as refusal:
            await refused
        assert refusal.value.problems == (
            Problem(("filter", "moved", path), Fault.UNKNOWN_LEVEL, known, name),
        )


async def test_leads_of_another_workspace_are_not_found(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    for each in (workspace, other):
        await set_levels(house, each.id, COLD, WARM, HOT)
    await walked(house, other, WALKS)

    assert await Moves(mongo).leads(workspace.id, TierMove(LONG_AGO)) == []
    assert await house.leads.count(workspace.id, LeadFilter(moved=TierMove(LONG_AGO))) == 0
    assert await house.leads.count(other.id, LeadFilter(moved=TierMove(LONG_AGO))) == len(WALKS) - 1


async def test_a_move_of_more_leads_than_one_filter_may_name_is_refused(
    house: House, mongo: Mongo, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    await walked(house, workspace, WALKS)
    move = TierMove(LONG_AGO, ENGAGEMENT, "Hot", "Cold")

    monkeypatch.setattr(moves, "MOVED", 3)
    assert len(await found(mongo, workspace, move)) == 3
    monkeypatch.setattr(moves, "MOVED", 2)
    with pytest.raises(InvalidInput) as refusal:
        await Moves(mongo).leads(workspace.id, move)

    assert refusal.value.problems == (Problem(("filter", "moved", "since"), Fault.TOO_WIDE, 2),)


async def test_pages_and_counts_of_leads_hold_only_those_that_moved(
    house: House, workspace: Workspace
) -> None:
    """Together with every other condition, in any order, page by page."""
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    many = {f"crm-{number}": [TO_HOT, number % 25] for number in range(1, 12)}
    await walked(house, workspace, {**many, "stays": [TO_COLD], "leaps": [TO_HOT]})
    moved = LeadFilter(moved=TierMove(LONG_AGO, ENGAGEMENT, "Hot", "Cold"))
    few = LeadFilter(scores(ENGAGEMENT, (4, 6)).scores, moved=moved.moved)

    pages = [page async for page in walk(house, workspace, moved, LeadOrder(descending=False), 4)]
    found_scores = [edge.node.engagement.score for page in pages for edge in page.edges]
    fewer = await house.leads.page(workspace.id, few, LeadOrder(), 10, None)

    assert [len(ids(page)) for page in pages] == [4, 4, 3]
    assert found_scores == list(range(1, 12))
    assert await house.leads.count(workspace.id, moved) == 11
    assert [edge.node.engagement.score for edge in fewer.edges] == [6, 5, 4]
    assert await house.leads.count(workspace.id, few) == 3


async def test_a_lead_that_was_deleted_is_no_longer_found(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await set_levels(house, workspace.id, COLD, WARM, HOT)
    await walked(house, workspace, {"gone": [TO_HOT], "here": [TO_HOT]})
    await house.leads.delete(workspace.id, external("gone"))

    assert await found(mongo, workspace, TierMove(LONG_AGO, entered="Hot")) == {"here"}
