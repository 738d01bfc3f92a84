"""A target that is gone, and wants no more: its automation is disabled, and says why."""

from __future__ import annotations

from api.scalars import now
from domain.actors import Actor, ActorKind
from domain.automations import GONE, Action, ActionKind
from domain.deliveries import Delivery, DeliveryState
from persistence.configuration import Editor
from persistence.deliveries import Due
from tests.api.deliveries.conftest import Process
from tests.api.deliveries.given import ADA, a_delivery, one, plan
from tests.api.deliveries.receivers import answer, receiving

BOB = Actor(ActorKind.USER, "Bob")


async def tried(process: Process, delivery: Delivery) -> Delivery:
    """The delivery after one attempt, which nobody keeps."""
    return (await process.sender.attempt(Due(process.workspace, delivery))).delivery


async def test_gone_fails_at_once_disables_the_automation_and_says_so(process: Process) -> None:
    async with receiving(answer(410)) as receiver:
        automation = await process.hook(receiver.url)
        delivery = await tried(process, a_delivery(automation))

    found = await process.automations.find(process.workspace, automation.id)
    assert (delivery.state, delivery.next_attempt_at) == (DeliveryState.FAILED, None)
    assert (
        delivery.attempts[0].error
        == "it answered 410 Gone: it wants no more, and the automation was disabled"
    )
    assert found
    assert (found.plan.is_enabled, found.version, found.created_by) == (False, 2, GONE)


async def test_who_edits_what_its_target_had_disabled_stands_for_it(process: Process) -> None:
    async with receiving(answer(410)) as receiver:
        automation = await process.hook(receiver.url)
        await tried(process, a_delivery(automation))

    again = await process.automations.update(
        process.workspace, automation.id, automation.plan, Editor(BOB, now())
    )

    assert (again.plan.is_enabled, again.version, again.created_by) == (True, 3, BOB)


async def test_gone_disables_no_automation_that_has_another_target_now(process: Process) -> None:
    """What was set off before the edit goes where it was to go, and may well find nobody there."""
    async with receiving(answer(410)) as receiver:
        automation = await process.hook(receiver.url)
        moved = plan(Action(ActionKind.WEBHOOK, f"{receiver.url}/new"))
        await process.automations.update(process.workspace, automation.id, moved, Editor(ADA, now()))
        delivery = await tried(process, a_delivery(automation))

    found = await process.automations.find(process.workspace, automation.id)
    assert delivery.state is DeliveryState.FAILED
    assert delivery.attempts[0].error == "it answered 410 Gone: it wants no more"
    assert found
    assert (found.plan.is_enabled, found.version) == (True, 2)


async def test_gone_of_an_automation_that_is_no_more_fails_all_the_same(process: Process) -> None:
    async with receiving(answer(410)) as receiver:
        assert (await tried(process, one(ActionKind.WEBHOOK, url=receiver.url))).state is DeliveryState.FAILED
