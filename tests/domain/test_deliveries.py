"""What becomes of a delivery, attempt by attempt."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from domain.automations import HOPS, Action, ActionKind, Automation, AutomationEvent, Plan, Trigger
from domain.contributions import Contribution
from domain.deliveries import (
    ENDED,
    LONGEST,
    PAUSES,
    Attempt,
    Delivery,
    DeliveryState,
    deliveries,
    of_test,
    strongest,
)
from domain.scoring import fired, fold
from domain.values import replace
from tests.domain.builders import ADA, CREATED, NOW, a_lead, adjusted, scoring

HOOK = Action(ActionKind.WEBHOOK, url="https://Example.com:8443/hook", secret="whsec_x")
TAG = Action(ActionKind.ADD_TAG, tag="hot")
PLAN = Plan("Tell", Trigger(AutomationEvent.SCORE_REACHED, threshold=50), (HOOK, TAG))
TELL = Automation("a", 4, PLAN, ADA, CREATED)
FAILED = Attempt(NOW, 0, error="it could not be spoken with")


def set_off(hops: int = 0) -> list[Delivery]:
    change = replace(adjusted(60), hops=hops)
    outcome = fired(fold(a_lead(), change, replace(scoring(), automations=(TELL,)), NOW), NOW)
    (firing,) = outcome.firings
    return list(deliveries(firing, outcome.lead, map(str, count(1)), NOW))


def test_each_action_is_a_delivery_that_is_due_at_once_and_keeps_no_secret() -> None:
    hook, tag = set_off()

    assert [each.id for each in (hook, tag)] == ["1", "2"]
    assert (hook.state, hook.next_attempt_at, hook.hops) == (DeliveryState.PENDING, NOW, 1)
    assert (hook.action, tag.action) == (replace(HOOK, secret=None), TAG)
    assert (hook.target, tag.target) == ("example.com:8443", "")
    assert (hook.automation_id, hook.automation_version) == ("a", 4)
    assert (hook.news.score_before, hook.news.score, hook.news.level) == (0, 60, "Hot")
    assert hook.news.reasons == (("Adjustments", 60),)


def test_a_chain_that_is_too_long_ends_and_says_so() -> None:
    last, over = set_off(HOPS - 1)[0], set_off(HOPS)[0]

    assert last.state is DeliveryState.PENDING
    assert (over.state, over.next_attempt_at, over.attempts[0].error) == (DeliveryState.FAILED, None, ENDED)


def test_it_is_tried_after_longer_and_longer_pauses_and_then_given_up() -> None:
    delivery, pauses = set_off()[0], []
    while delivery.state is DeliveryState.PENDING:
        delivery = delivery.put_off(FAILED, 0)
        if delivery.next_attempt_at:
            pauses.append(delivery.next_attempt_at - FAILED.ended_at)

    assert tuple(pauses) == PAUSES
    assert len(delivery.attempts) == len(PAUSES) + 1
    assert (delivery.state, delivery.next_attempt_at) == (DeliveryState.FAILED, None)


@pytest.mark.parametrize(
    ("chance", "spared", "expected"),
    [
        (1.0, None, timedelta(seconds=5.5)),
        (0.0, timedelta(seconds=60), timedelta(seconds=60)),
        (0.0, timedelta(seconds=1), timedelta(seconds=5)),
        (0.0, timedelta(days=30), LONGEST),
    ],
)
def test_a_pause_is_spread_and_at_least_what_the_target_asks_for(
    chance: float, spared: timedelta | None, expected: timedelta
) -> None:
    assert set_off()[0].put_off(FAILED, chance, spared).next_attempt_at == FAILED.ended_at + expected


def test_what_was_given_up_can_be_tried_again_and_keeps_its_attempts() -> None:
    given_up = set_off()[0].failed(FAILED)

    again = given_up.again(NOW)

    assert (again.id, again.state, again.next_attempt_at, again.attempts) == (
        given_up.id,
        DeliveryState.PENDING,
        NOW,
        (FAILED,),
    )


def test_what_is_done_is_over() -> None:
    done = set_off()[0].delivered(Attempt(NOW, 12, 204))

    assert (done.state, done.next_attempt_at) == (DeliveryState.DELIVERED, None)


def test_a_test_tells_of_the_lead_as_it_is() -> None:
    news = of_test(TELL, a_lead(30), scoring(), NOW)

    assert (news.score_before, news.score, news.level_before, news.level) == (30, 30, "Warm", "Warm")


def test_the_strongest_reasons_come_first_whichever_way_they_move() -> None:
    given = {
        "adjustments": Contribution("Adjustments", 10),
        "a": Contribution("Opened", 3),
        "b": Contribution("Bounced", -20),
        "c": Contribution("Clicked", 10),
        "d": Contribution("Nothing", 0),
    }

    assert strongest(given, NOW) == (("Bounced", -20), ("Clicked", 10), ("Adjustments", 10))
