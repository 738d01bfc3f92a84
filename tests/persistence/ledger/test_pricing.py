"""Limits, caps and rules of the profile, as they are kept: whoever writes, and however it is batched."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from api.context import House
from domain.actors import Workspace
from domain.conditions import Operator
from domain.conditions import Test as Asked
from domain.history import CauseKind, Suppression
from domain.leads import LeadFields
from domain.levels import Dimension
from domain.rules import Limit, Period, Rule
from persistence.mongo import Mongo
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import (
    CLICK,
    PROFILE,
    accepted,
    adjusted,
    assert_explained,
    clicked,
    entries_of,
    external,
    known,
    publish,
)
from tests.persistence.ledger.looks import the_lead

LEAD = external("crm-1")
FITS = Rule(
    "eu",
    "In the EU",
    None,
    10,
    dimension=Dimension.PROFILE,
    condition=Asked("lead.tags", Operator.CONTAINS, "eu"),
)


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(replace(CLICK, limit=Limit(3, Period.DAY)), id="a day"),
        pytest.param(replace(CLICK, limit=Limit(3, Period.MONTH)), id="a month"),
        pytest.param(replace(CLICK, limit=Limit(3, Period.EVER)), id="ever"),
        pytest.param(replace(CLICK, max_points=90), id="points"),
    ],
)
async def test_a_rule_pays_no_more_than_it_may_however_many_processes_record(
    make_house: MakeHouse, mongo: Mongo, workspace: Workspace, rule: Rule
) -> None:
    ledgers = [make_house() for _ in range(3)]
    await publish(ledgers[0], workspace.id, rule)

    outcomes = await asyncio.gather(
        *(
            house.ledger.apply(workspace.id, LEAD, clicked(f"{number} {at}"))
            for number in range(5)
            for at, house in enumerate(ledgers)
        )
    )

    parts = [part for outcome in outcomes for change in outcome.changes for part in change.parts]
    assert sorted(part.points for part in parts) == [0] * 12 + [30] * 3
    assert {part.suppressed for part in parts if not part.points} == {Suppression.CAP_REACHED}
    lead = await the_lead(ledgers[0], workspace, LEAD)
    assert (lead.engagement.score, lead.engagement.contributions["click"].uses) == (90, 3)
    await assert_explained(mongo, workspace.id)


async def test_a_condition_sees_the_lead_as_the_changes_before_it_in_the_batch_left_it(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    named = replace(CLICK, condition=Asked("lead.company", Operator.EQUALS, "acme"))
    await publish(house, workspace.id, named)

    outcomes = accepted(
        await house.ledger.apply_all(
            workspace.id,
            [
                (LEAD, clicked()),
                (LEAD, known(LeadFields(company="Acme"))),
                (LEAD, clicked(plan="pro")),
                (LEAD, known(LeadFields(company=None))),
                (LEAD, clicked()),
            ],
        )
    )

    given = [change.delta for outcome in outcomes for change in outcome.changes]
    assert given == [0, 30, 0]
    await assert_explained(mongo, workspace.id)


async def test_a_lead_keeps_what_rules_of_the_profile_gave_it_as_long_as_they_hold(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await publish(house, workspace.id, FITS)

    for change in (known(add_tags=("eu",)), known({"name": "Ada"}), adjusted(5, dimension=PROFILE)):
        await house.ledger.apply(workspace.id, LEAD, change)
    lead = await the_lead(house, workspace, LEAD)
    await publish(house, workspace.id, replace(FITS, points=25))
    raised = (await house.ledger.apply(workspace.id, LEAD, known())).lead

    assert (lead.profile.score, raised.profile.score) == (15, 30)
    causes = [entry.cause.kind for entry in await entries_of(mongo, workspace.id)]
    assert causes == [CauseKind.PROFILE, CauseKind.ADJUSTMENT, CauseKind.PROFILE]
    await assert_explained(mongo, workspace.id)


@pytest.mark.parametrize("batched", [True, False])
async def test_a_change_that_made_a_lead_known_answers_a_repeat_with_all_it_did(
    house: House, mongo: Mongo, workspace: Workspace, batched: bool
) -> None:
    """A new lead is looked at by the rules of the profile, too."""
    anyone = replace(FITS, condition=Asked("lead.email", Operator.MISSING))
    await publish(house, workspace.id, CLICK, anyone)
    items = [
        (external(name), change)
        for name, change in (("crm-1", clicked("k")), ("crm-2", adjusted(7, "k")))
        for _ in range(2)
    ]

    if batched:
        outcomes = accepted(await house.ledger.apply_all(workspace.id, items))
    else:
        outcomes = [await house.ledger.apply(workspace.id, *item) for item in items]

    assert [outcome.duplicate for outcome in outcomes] == [False, True, False, True]
    assert [outcome.changes[0].delta for outcome in outcomes] == [30, 30, 7, 7]
    assert [outcome.lead.profile.score for outcome in outcomes] == [10] * 4
    await assert_explained(mongo, workspace.id)
