"""The courier: whatever is due is tried, by whoever is there, and no target waits for another."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace

import pytest

from domain.automations import HOPS, Action, ActionKind, AutomationEvent, Trigger
from domain.changes import AdjustScore
from domain.deliveries import ENDED, LOST, PAUSES, Attempt, DeliveryState
from domain.leads import LeadRef, RefKind
from domain.levels import Dimension
from persistence.background import running
from persistence.deliveries import LEASE
from tests.api.deliveries.conftest import DATABASE, Clock, MakeProcess, Process
from tests.api.deliveries.given import ADA
from tests.api.deliveries.receivers import answer, in_turn, receiving
from tests.api.deliveries.waiting import until
from tests.processes import started

LONGEST = PAUSES[-1] * 2  # past the moment at which anything is tried again
MANY = 600


async def test_what_is_due_is_delivered_once_and_the_attempt_is_recorded(process: Process) -> None:
    async with receiving() as receiver, running(process.courier.work()):
        due = await process.fire(await process.hook(receiver.url), MANY)
        await process.until_delivered(MANY)

    found = [await process.found(each) for each in due]
    ids = Counter(each.headers["webhook-id"] for each in receiver.requests)
    assert ids == Counter(f"dlv_{each.id}" for each in due)
    assert {(each.state, len(each.attempts), each.next_attempt_at) for each in found} == {
        (DeliveryState.DELIVERED, 1, None)
    }
    assert {(each.attempts[0].status, each.attempts[0].error) for each in found} == {(200, None)}


async def test_what_is_not_due_yet_waits_for_its_time(process: Process, clock: Clock) -> None:
    async with receiving(in_turn([answer(500), answer(200)])) as receiver, running(process.courier.work()):
        (due,) = await process.fire(await process.hook(receiver.url))
        (once,) = await process.until_tried([due])
        assert once.state is DeliveryState.PENDING
        clock.ahead += PAUSES[0] * 2
        (twice,) = await process.until_tried([due], 2)

    assert twice.state is DeliveryState.DELIVERED
    assert [each.status for each in twice.attempts] == [500, 200]
    assert len({each.headers["webhook-id"] for each in receiver.requests}) == 1


async def test_it_is_given_up_after_the_last_pause(process: Process, clock: Clock) -> None:
    async with receiving(answer(500)) as receiver, running(process.courier.work()):
        (due,) = await process.fire(await process.hook(receiver.url))
        for times in range(len(PAUSES) + 1):
            await process.until_tried([due], times + 1)
            clock.ahead += LONGEST
        found = await process.found(due)

    assert (found.state, found.next_attempt_at) == (DeliveryState.FAILED, None)
    assert [each.error for each in found.attempts] == ["it answered 500 Internal Server Error"] * 7
    assert len(receiver.requests) == len(PAUSES) + 1


async def test_what_was_given_up_is_done_again_when_asked_for(process: Process) -> None:
    async with receiving(in_turn([answer(410), answer(200)])) as receiver, running(process.courier.work()):
        (due,) = await process.fire(await process.hook(receiver.url))
        await process.until_tried([due])
        await process.deliveries.again(process.workspace, due.id)
        (found,) = await process.until_tried([due], 2)

    assert found.state is DeliveryState.DELIVERED
    assert [each.status for each in found.attempts] == [410, 200]


@pytest.mark.parametrize("dead", [1, 40])
async def test_targets_that_never_answer_keep_nobody_waiting(process: Process, dead: int) -> None:
    """They accept and say nothing; each has more to do than it may have at once, and all of it was due first."""
    async with receiving(None, "0.0.0.0") as silent, receiving() as receiver:
        for number in range(1, dead + 1):
            host = silent.url.replace("127.0.0.1", f"127.0.1.{number}")
            await process.fire(await process.hook(host), 20)
        due = await process.fire(await process.hook(receiver.url), 50)
        async with running(process.courier.work()):
            found = await process.until_tried(due)

    assert {each.state for each in found} == {DeliveryState.DELIVERED}
    assert len({each.headers["host"] for each in silent.requests}) == dead


@pytest.mark.slow
async def test_what_a_killed_process_had_taken_up_is_taken_over(
    process: Process, mongo_uri: str, clock: Clock
) -> None:
    """Each is tried at least once, under one id; and says that an attempt may be lost."""
    async with receiving(None) as silent, receiving() as receiver:
        automation = await process.hook(silent.url)
        due = await process.fire(automation, 20)
        async with started(
            sys.executable, "-m", "tests.api.deliveries.worker", mongo_uri, DATABASE
        ) as worker:
            await until(lambda: _true(len(silent.requests) > 0))
            killed = clock()
            worker.kill()
        silent.answers = receiver.answers
        clock.ahead += LEASE
        async with running(process.courier.work()):
            await process.until_delivered(20)

    found = [await process.found(each) for each in due]
    assert {(each.forgiven, *(attempt.error for attempt in each.attempts)) for each in found} == {
        (1, LOST, None)
    }
    assert all(each.attempts[0].at <= killed for each in found)
    assert {each.headers["webhook-id"] for each in silent.requests} == {f"dlv_{each.id}" for each in due}


async def test_what_was_put_off_has_lost_no_attempt_when_its_time_has_come(
    process: Process, clock: Clock
) -> None:
    await process.fire(await process.hook("http://127.0.0.1:9/hook"))
    (due,) = await process.deliveries.take(1, ())
    failed = Attempt(clock(), 1, 500)
    await process.deliveries.save([replace(due, delivery=due.delivery.put_off(failed, 0))])
    clock.ahead += LEASE

    (again,) = await process.deliveries.take(1, ())

    assert [each.status for each in again.delivery.attempts] == [500]


async def test_processes_share_the_work_and_none_of_it_is_done_twice(make_process: MakeProcess) -> None:
    first, second = make_process(), make_process()
    async with receiving() as receiver:
        await first.fire(await first.hook(receiver.url), MANY)
        async with running(first.courier.work()), running(second.courier.work()):
            await first.until_delivered(MANY)

    assert set(Counter(each.headers["webhook-id"] for each in receiver.requests).values()) == {1}
    assert len(receiver.requests) == MANY


@pytest.mark.slow
async def test_a_process_that_ends_leaves_to_others_at_once_what_it_has_not_tried(
    make_process: MakeProcess,
) -> None:
    first, second = make_process(), make_process()
    async with receiving() as receiver:
        said: list[bytes | None] = [None]
        receiver.answers = lambda _: said[0]
        await first.fire(await first.hook(receiver.url), 50)
        async with running(first.courier.work()):
            await until(lambda: _true(len(receiver.requests) > 0))
        said[0] = answer(200)
        await first.courier.close()
        async with running(second.courier.work()):
            await second.until_delivered(50)


async def test_a_process_that_ends_keeps_what_became_of_what_was_under_way(process: Process) -> None:
    async with receiving() as receiver:
        due = await process.fire(await process.hook(receiver.url), 5)
        async with running(process.courier.work()):
            await until(lambda: _true(len(receiver.requests) == 5))
        await process.courier.close()

    assert {(await process.found(each)).state for each in due} == {DeliveryState.DELIVERED}


async def test_a_chain_of_automations_ends_and_says_so(process: Process) -> None:
    """Each of two automations brings about what the other waits for."""
    up, down = (Action(ActionKind.ADJUST_SCORE, points=points) for points in (20, -20))
    falling = Trigger(AutomationEvent.SCORE_DROPPED_BELOW, threshold=50)
    await process.automation(down, name="Down")
    await process.automation(up, name="Up", trigger=falling)

    async with running(process.courier.work()):
        begin = AdjustScore(ADA, Dimension.ENGAGEMENT, 60)
        ref = LeadRef(RefKind.EXTERNAL_ID, "crm-1")
        lead = (await process.house.ledger.apply(process.workspace, ref, begin)).lead
        await until(lambda: _ended(process))

    page = await process.deliveries.page(process.workspace, None, None, 20, None)
    chain = sorted((each.node for each in page.edges), key=lambda each: each.hops)
    assert [each.hops for each in chain] == list(range(1, HOPS + 2))
    assert [each.state for each in chain] == [*[DeliveryState.DELIVERED] * HOPS, DeliveryState.FAILED]
    assert [each.error for each in chain[-1].attempts] == [ENDED]
    found = await process.house.leads.find(process.workspace, LeadRef(RefKind.ID, lead.id))
    assert found
    assert found.engagement.score == 60 - 20 + 20 - 20 + 20 - 20


async def _ended(process: Process) -> bool:
    page = await process.deliveries.page(process.workspace, DeliveryState.FAILED, None, 1, None)
    pending = await process.deliveries.page(process.workspace, DeliveryState.PENDING, None, 1, None)
    return bool(page.edges) and not pending.edges


async def _true(holds: bool) -> bool:
    return holds


async def test_who_asks_for_it_again_while_it_is_being_tried_is_not_forgotten(process: Process) -> None:
    """Neither is what the attempt under way came to."""
    async with receiving() as receiver:
        (made,) = await process.fire(await process.hook(receiver.url))
        (due,) = await process.deliveries.take(1, ())
        await process.deliveries.again(process.workspace, made.id)
        last = replace(due, delivery=due.delivery.failed(Attempt(process.clock(), 1, 500)))
        for _ in range(2):  # as when the answer to the first was lost
            await process.deliveries.save([last])
        found = await process.found(made)
        async with running(process.courier.work()):
            await process.until_delivered(1)

    assert (found.state, [each.status for each in found.attempts]) == (DeliveryState.PENDING, [500])
    assert [each.status for each in (await process.found(made)).attempts] == [500, 200]


async def test_both_attempts_are_recorded_of_what_was_taken_over(process: Process, clock: Clock) -> None:
    (made,) = await process.fire(await process.hook("http://127.0.0.1:9/hook"))
    (late,) = await process.deliveries.take(1, ())
    clock.ahead += LEASE
    (taken,) = await process.deliveries.take(1, ())
    delivered = replace(taken, delivery=taken.delivery.delivered(Attempt(clock(), 1, 200)))
    put_off = replace(late, delivery=late.delivery.put_off(Attempt(clock(), 2, 500), 0))

    await process.deliveries.save([delivered])
    await process.deliveries.save([put_off])

    found = await process.found(made)
    assert (found.state, found.next_attempt_at) == (DeliveryState.DELIVERED, None)
    assert [each.error for each in found.attempts[:1]] == [LOST]
    assert sorted(each.status or 0 for each in found.attempts[1:]) == [200, 500]
