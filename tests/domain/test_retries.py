"""Deliveries that fail: when they are tried again, and when they are given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from domain.actors import Actor, ActorKind
from domain.automations import Action, ActionKind, Automation, AutomationEvent, Plan, Trigger
from domain.deliveries import JITTER, LONGEST, PAUSES, Attempt, Delivery, DeliveryState, News, delivery
from domain.history import CauseKind
from domain.levels import Dimension
from domain.values import replace

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
HOOK = Action(ActionKind.WEBHOOK, "https://hooks.example.com/x", secret="whsec_x", retired_secret="whsec_y")
PLAN = Plan("Hot", Trigger(AutomationEvent.SCORE_REACHED, threshold=50), (HOOK,))
NEWS = News(
    "Hot",
    "SCORE_REACHED",
    Dimension.ENGAGEMENT,
    CauseKind.ACTIVITY,
    NOW,
    40,
    52,
    None,
    "Hot",
    "1",
    None,
    None,
    None,
    None,
)


def due(url: str = "https://hooks.example.com/x") -> Delivery:
    plan = replace(PLAN, actions=(replace(HOOK, url=url),))
    return delivery("2", Automation("1", 1, plan, Actor(ActorKind.USER, "Ada"), NOW), 0, NEWS, NOW)


def failed_times(one: Delivery, times: int, at: datetime = NOW) -> list[Delivery]:
    """The delivery after each of so many failures, every attempt made when it was due."""
    after = []
    for _ in range(times):
        one = one.put_off(Attempt(one.next_attempt_at or at, 0, 500, "no"), 0)
        after.append(one)
    return after


def test_pauses_grow_and_after_the_last_of_them_it_is_given_up() -> None:
    after = failed_times(due(), len(PAUSES) + 1)

    moments = [NOW, *(each.next_attempt_at for each in after[:-1] if each.next_attempt_at)]
    assert [later - earlier for earlier, later in pairwise(moments)] == list(PAUSES)
    assert {each.state for each in after[:-1]} == {DeliveryState.PENDING}
    assert (after[-1].state, after[-1].next_attempt_at) == (DeliveryState.FAILED, None)
    assert len(after[-1].attempts) == len(PAUSES) + 1


def test_a_pause_begins_when_the_attempt_has_ended() -> None:
    tried = due().put_off(Attempt(NOW, 15_000, error="no answer"), 0)

    assert tried.next_attempt_at == NOW + timedelta(seconds=15) + PAUSES[0]


def test_chance_lengthens_a_pause_by_a_tenth_at_most() -> None:
    tried = due().put_off(Attempt(NOW, 0), 1)

    assert tried.next_attempt_at == NOW + PAUSES[0] * (1 + JITTER)


@pytest.mark.parametrize(
    ("spared", "pause"),
    [
        (timedelta(0), PAUSES[0]),
        (timedelta(seconds=-5), PAUSES[0]),
        (timedelta(minutes=7), timedelta(minutes=7)),
        (timedelta(days=9), LONGEST),
    ],
)
def test_who_asks_to_be_spared_is_within_reason(spared: timedelta, pause: timedelta) -> None:
    assert due().put_off(Attempt(NOW, 0), 0, spared).next_attempt_at == NOW + pause


def test_what_is_to_be_done_again_has_all_its_pauses_and_keeps_its_record() -> None:
    given_up = failed_times(due(), len(PAUSES) + 1)[-1]

    again = given_up.again(NOW)
    after = failed_times(again, len(PAUSES) + 1)

    assert (again.state, again.next_attempt_at, again.attempts) == (
        DeliveryState.PENDING,
        NOW,
        given_up.attempts,
    )
    assert after[0].next_attempt_at == NOW + PAUSES[0]
    assert [each.state for each in after] == [*[DeliveryState.PENDING] * len(PAUSES), DeliveryState.FAILED]


def test_a_delivery_keeps_no_secret() -> None:
    assert (due().action.secret, due().action.retired_secret) == (None, None)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://Hooks.Example.com/services/T0", "hooks.example.com"),
        ("https://hooks.example.com:8443?x=1", "hooks.example.com:8443"),
        ("https://hooks.example.com#x", "hooks.example.com"),
        ("https://[::1]/x", "[::1]"),
        ("https://[::1", "[::1"),
        ("no url", "no url"),
    ],
)
def test_a_target_is_a_host_and_what_is_no_url_harms_nobody(url: str, target: str) -> None:
    assert due(url).target == target
