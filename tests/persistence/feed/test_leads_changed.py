"""The feed says of a workspace that leads of it changed, whatever changed them, and whatever they stand under."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.app import build_worker
from api.context import House
from api.scalars import now
from domain.actors import Workspace
from domain.errors import LeadNotFound
from domain.rules import Rescore
from domain.templates import TEMPLATES
from persistence.background import running
from persistence.feed import LeadsChanged, thinned
from persistence.mongo import Mongo
from persistence.steps import Steps
from tests.persistence.feed.listening import Listener, assert_rising, jump, last_word, listening
from tests.persistence.given import (
    ADA,
    CLICK,
    COLD,
    HOT,
    adjusted,
    clicked,
    editor,
    entries_of,
    external,
    known,
    publish,
    set_levels,
)
from tests.persistence.reclassification.telling import until_over

Deed = Callable[[House, Mongo, str], Awaitable[object]]


async def delete(house: House, _: Mongo, workspace: str) -> None:
    await house.leads.delete(workspace, external("crm-1"))


async def change(house: House, _: Mongo, workspace: str) -> None:
    await house.ledger.apply_all(
        workspace,
        [
            (external("crm-1"), adjusted(5)),
            (external("crm-2"), clicked()),
            (external("new"), known({"name": "Ada"})),
        ],
    )


async def name(house: House, _: Mongo, workspace: str) -> None:
    await house.ledger.apply(workspace, external("crm-1"), known({"name": "Grace"}))


async def retract(house: House, mongo: Mongo, workspace: str) -> None:
    activity = await mongo.activities.find_one({"workspace": workspace})
    assert activity
    await house.corrections.retract(workspace, activity["_id"], ADA)


async def merge(house: House, _: Mongo, workspace: str) -> None:
    await house.corrections.merge(workspace, external("crm-1"), external("crm-2"), ADA)


async def edit_levels(house: House, _: Mongo, workspace: str) -> None:
    await set_levels(house, workspace, HOT)


async def publish_rules(house: House, _: Mongo, workspace: str) -> None:
    await publish(house, workspace)


async def revert_rules(house: House, _: Mongo, workspace: str) -> None:
    await house.rule_sets.revert(workspace, 1, editor())


DEEDS = (delete, change, name, retract, merge, edit_levels, publish_rules, revert_rules)


def heard(listener: Listener, workspace: Workspace, since: int = 0) -> list[LeadsChanged]:
    return [
        event
        for event in listener.events[since:]
        if isinstance(event, LeadsChanged) and event.workspace == workspace.id
    ]


async def given_leads(house: House, workspace: Workspace) -> None:
    """Two leads who did something, under levels and rules."""
    await set_levels(house, workspace.id, COLD, HOT)
    await publish(house, workspace.id, CLICK)
    for lead in ("crm-1", "crm-2"):
        await house.ledger.apply(workspace.id, external(lead), clicked())


@pytest.mark.parametrize("deed", DEEDS)
async def test_whatever_changes_leads_or_what_they_stand_under_is_told(
    house: House, mongo: Mongo, workspace: Workspace, deed: Deed
) -> None:
    await given_leads(house, workspace)

    async with listening(mongo) as listener:
        await deed(house, mongo, workspace.id)
        await listener.until(lambda: bool(heard(listener, workspace)))


async def test_a_quick_start_is_told(house: House, mongo: Mongo, workspace: Workspace) -> None:
    async with listening(mongo) as listener:
        await house.quick_start.begin(workspace.id, TEMPLATES["agency"], editor())
        await listener.until(lambda: bool(heard(listener, workspace)))


async def test_what_jobs_do_to_leads_is_told(house: House, mongo: Mongo, workspace: Workspace) -> None:
    await given_leads(house, workspace)
    await set_levels(house, workspace.id, HOT)
    await house.rule_sets.edit(workspace.id, lambda _: (replace(CLICK, points=7),), editor())
    await house.rule_sets.publish(workspace.id, editor(), Rescore.REPLAY)
    before = len(await entries_of(mongo, workspace.id))

    async with listening(mongo) as listener:
        async with running(build_worker(mongo, house).work()):
            await until_over(house, workspace.id)
        assert len(await entries_of(mongo, workspace.id)) > before
        await listener.until(lambda: bool(heard(listener, workspace)))


async def test_what_time_does_to_leads_is_told(house: House, mongo: Mongo, workspace: Workspace) -> None:
    soon = replace(adjusted(9), expires_at=now() + timedelta(milliseconds=300))
    await house.ledger.apply(workspace.id, external("crm-1"), soon)
    steps = Steps(mongo, house.ledger, now)

    async with listening(mongo) as listener:
        async with running(steps.work()):
            await listener.until(lambda: bool(heard(listener, workspace)))
        await steps.release()

    assert [entry.delta for entry in await entries_of(mongo, workspace.id)] == [9, -9]


async def test_it_has_its_place_in_the_order_of_all_that_is_told(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await given_leads(house, workspace)

    async with listening(mongo) as listener:
        await jump(house, workspace, external("crm-1"), 5)
        await last_word(house, workspace, listener)

    assert heard(listener, workspace)
    assert_rising(listener.events)


async def test_what_changes_nothing_that_is_read_of_leads_is_not_told(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace
) -> None:
    await given_leads(house, workspace)

    async with listening(mongo) as listener:
        await house.rule_sets.edit(workspace.id, lambda _: (), editor())
        await house.rule_sets.discard(workspace.id, editor())
        with pytest.raises(LeadNotFound):
            await house.leads.delete(workspace.id, external("nobody"))
        await given_leads(house, other)
        await listener.until(lambda: bool(heard(listener, other)))
        await last_word(house, other, listener)

    assert heard(listener, workspace) == []


async def test_a_deletion_leaves_nothing_at_the_gate(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await given_leads(house, workspace)
    before = await mongo.gate.find({"workspace": workspace.id}).sort("_id", 1).to_list(None)

    await delete(house, mongo, workspace.id)

    assert await mongo.gate.find({"workspace": workspace.id}).sort("_id", 1).to_list(None) == before


def event(collection: str, token: str, place: str = "") -> Mapping[str, Any]:
    return {"_id": {"_data": token}, "ns": {"coll": collection}, "documentKey": {"_id": place}}


def test_of_changes_that_come_together_the_last_of_each_workspace_is_told() -> None:
    events = [
        event("gate", "1", "ours.a"),
        event("score_changes", "2"),
        event("gate", "3", "theirs.a"),
        event("gate", "4", "ours"),
        event("score_changes", "5"),
        event("gate", "6", "ours.b"),
        event("jobs", "7"),
    ]

    assert [each["_id"]["_data"] for each in thinned(events)] == ["2", "3", "5", "6", "7"]
