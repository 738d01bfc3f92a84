"""What sets an automation off, when it may be set off again, and what it does not hear of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import conditions
from domain.automations import Action, ActionKind, Automation, AutomationEvent, Plan, Trigger
from domain.conditions import Operator
from domain.leads import Lead
from domain.levels import Announce, Dimension
from domain.scoring import Outcome, Scoring, fired
from domain.values import replace
from tests.domain.builders import (
    ADA,
    CREATED,
    NOW,
    RECLASSIFY,
    Event,
    a_lead,
    adjusted,
    edited,
    fold,
    scoring,
    upserted,
)

TAG = Action(ActionKind.ADD_TAG, tag="hot")
ENTERS_HOT = Trigger(AutomationEvent.TIER_ENTERED, level="hot")
REACHES_50 = Trigger(AutomationEvent.SCORE_REACHED, threshold=50)
DROPS_BELOW_50 = Trigger(AutomationEvent.SCORE_DROPPED_BELOW, threshold=50)


def an_automation(trigger: Trigger, automation_id: str = "a", **plan: Any) -> Automation:
    return Automation(automation_id, 1, Plan("Tell", trigger, (TAG,), **plan), ADA, CREATED)


def under(*automations: Automation, **more: Any) -> Scoring:
    return replace(scoring(**more), automations=automations)


def befallen(lead: Lead, event: Event, by: Scoring, now: datetime = NOW) -> Outcome:
    return fired(fold(lead, event, by, now), now)


def firings(lead: Lead, events: Sequence[Event], by: Scoring, apart: timedelta = timedelta()) -> list[int]:
    """How many firings each event makes."""
    found = []
    for at, event in enumerate(events):
        outcome = befallen(lead, event, by, NOW + at * apart)
        lead = outcome.lead
        found.append(len(outcome.firings))
    return found


@pytest.mark.parametrize(
    ("trigger", "score", "delta", "expected"),
    [
        (ENTERS_HOT, 40, 10, 1),
        (ENTERS_HOT, 40, 9, 0),
        (ENTERS_HOT, 50, 5, 0),
        (ENTERS_HOT, 80, -10, 1),
        (Trigger(AutomationEvent.TIER_LEFT, level="Hot"), 60, 40, 1),
        (Trigger(AutomationEvent.TIER_LEFT, level="Hot"), 60, -40, 1),
        (Trigger(AutomationEvent.TIER_LEFT, level="Hot"), 60, 1, 0),
        (Trigger(AutomationEvent.TIER_MOVED, from_level="Hot", to_level="Cold"), 60, -50, 1),
        (Trigger(AutomationEvent.TIER_MOVED, from_level="Hot", to_level="Cold"), 60, -20, 0),
        (Trigger(AutomationEvent.TIER_MOVED, to_level="Cold"), 30, -20, 1),
        (Trigger(AutomationEvent.TIER_MOVED, from_level="Cold"), 10, 80, 1),
        (REACHES_50, 49, 1, 1),
        (REACHES_50, 50, 1, 0),
        (REACHES_50, 51, -2, 0),
        (DROPS_BELOW_50, 50, -1, 1),
        (DROPS_BELOW_50, 49, -1, 0),
        (DROPS_BELOW_50, 49, 1, 0),
    ],
)
def test_it_is_set_off_by_what_its_trigger_waits_for(
    trigger: Trigger, score: int, delta: int, expected: int
) -> None:
    outcome = befallen(a_lead(score), adjusted(delta), under(an_automation(trigger)))

    assert len(outcome.firings) == expected
    assert all(each.entry in outcome.changes and each.hops == 1 for each in outcome.firings)


def test_the_other_dimension_sets_nothing_off() -> None:
    by = under(
        an_automation(REACHES_50), an_automation(replace(REACHES_50, dimension=Dimension.PROFILE), "b")
    )

    outcome = befallen(a_lead(), adjusted(60, Dimension.PROFILE), by)

    assert [each.automation.id for each in outcome.firings] == ["b"]


def test_a_disabled_one_is_not_set_off() -> None:
    assert firings(a_lead(), [adjusted(60)], under(an_automation(REACHES_50, is_enabled=False))) == [0]


def test_every_crossing_counts_where_nothing_is_to_be_remembered() -> None:
    flapping = [adjusted(60), adjusted(-20), adjusted(20)]

    lead = a_lead()
    assert firings(lead, flapping, under(an_automation(REACHES_50))) == [1, 0, 1]
    assert befallen(lead, adjusted(60), under(an_automation(REACHES_50))).lead.fired == {}


def test_a_score_must_go_back_to_where_the_trigger_is_armed_again() -> None:
    reached = an_automation(replace(REACHES_50, rearm_at=30))
    dropped = an_automation(replace(DROPS_BELOW_50, rearm_at=70))

    ups = [adjusted(60), adjusted(-20), adjusted(20), adjusted(-31), adjusted(15), adjusted(20)]
    downs = [adjusted(-20), adjusted(15), adjusted(-15), adjusted(30), adjusted(-30)]
    assert firings(a_lead(), ups, under(reached)) == [1, 0, 0, 0, 0, 1]
    assert firings(a_lead(60), downs, under(dropped)) == [1, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("edit", "back"),
    [({"rearm_at": None}, -20), ({"rearm_at": 50}, -20), ({"rearm_at": 45}, -20), ({"rearm_at": 30}, -40)],
)
def test_who_waits_to_be_armed_is_so_by_the_trigger_as_it_was_edited(edit: dict[str, Any], back: int) -> None:
    """An edit that takes the way back away, or shortens it, must not leave leads waiting for the old one for ever."""
    before = replace(REACHES_50, rearm_at=30)
    lead = befallen(a_lead(), adjusted(60), under(an_automation(before))).lead

    by = under(an_automation(replace(before, **edit)))

    assert firings(lead, [adjusted(back), adjusted(40)], by) == [0, 1]


def test_who_waits_to_be_armed_for_a_score_does_not_for_a_level() -> None:
    lead = befallen(
        a_lead(), adjusted(40), under(an_automation(replace(REACHES_50, threshold=40, rearm_at=5)))
    )

    assert firings(lead.lead, [adjusted(20)], under(an_automation(ENTERS_HOT))) == [1]


def test_a_score_that_went_back_while_nobody_looked_arms_as_well() -> None:
    waiting, resting = [
        under(an_automation(replace(REACHES_50, rearm_at=30), is_enabled=each)) for each in (True, False)
    ]
    lead = befallen(a_lead(), adjusted(60), waiting).lead
    lead = befallen(lead, adjusted(-40), resting).lead

    assert firings(lead, [adjusted(40)], waiting) == [1]


def test_once_per_lead_is_once() -> None:
    flapping = [adjusted(60), adjusted(-60), adjusted(60)]

    assert firings(a_lead(), flapping, under(an_automation(REACHES_50, once_per_lead=True))) == [1, 0, 0]


def test_it_rests_for_as_long_as_its_cooldown() -> None:
    flapping = [adjusted(60), adjusted(-60), adjusted(60), adjusted(-60), adjusted(60)]
    resting = under(an_automation(REACHES_50, cooldown=3 * 60))

    assert firings(a_lead(), flapping, resting, timedelta(minutes=1)) == [1, 0, 0, 0, 1]
    assert firings(a_lead(), flapping, resting, timedelta(minutes=2)) == [1, 0, 1, 0, 1]


def test_a_condition_sees_the_lead_as_it_is_after_the_change() -> None:
    fits = conditions.Test("lead.profile.level", Operator.EQUALS, "Good")
    hot = conditions.Test("lead.engagement.level", Operator.EQUALS, "Hot")
    by = under(an_automation(ENTERS_HOT, condition=fits), an_automation(ENTERS_HOT, "b", condition=hot))

    found = [befallen(a_lead(40, profile), adjusted(15), by).firings for profile in (0, 20)]

    assert [[each.automation.id for each in some] for some in found] == [["b"], ["a", "b"]]


@pytest.mark.parametrize(
    ("announce", "score", "expected"),
    [
        (Announce.ALL, 55, 1),
        (Announce.UPWARD, 55, 0),
        (Announce.SILENT, 55, 0),
    ],
)
def test_an_edit_of_the_levels_says_what_may_be_heard_of_it(
    announce: Announce, score: int, expected: int
) -> None:
    """55 was Hot and is Warm now."""
    by = under(
        an_automation(Trigger(AutomationEvent.TIER_LEFT, level="Hot")), engagement=edited(announce=announce)
    )

    assert firings(a_lead(score), [RECLASSIFY], by) == [expected]


def test_upward_is_heard_of_a_rise() -> None:
    lead = a_lead(55, under=scoring(engagement=edited()))  # announced as Warm
    by = under(
        an_automation(ENTERS_HOT),
        engagement=replace(scoring().levels[Dimension.ENGAGEMENT], version=3, announce=Announce.UPWARD),
    )

    assert firings(lead, [RECLASSIFY], by) == [1]


def test_a_new_lead_enters_no_level_by_being_made_known() -> None:
    cold = an_automation(Trigger(AutomationEvent.TIER_ENTERED, level="Cold"))

    assert firings(replace(a_lead(), version=0), [upserted({"name": "Ada"})], under(cold)) == [0]


def test_what_it_sets_off_counts_the_hops() -> None:
    by = under(an_automation(REACHES_50))

    outcome = befallen(a_lead(), replace(adjusted(60), hops=2), by)

    assert [each.hops for each in outcome.firings] == [3]


@given(st.lists(st.integers(-100, 100).filter(bool), max_size=30), st.integers(1, 80), st.integers(0, 80))
def test_a_threshold_is_never_reached_twice_without_going_back(
    deltas: list[int], threshold: int, back: int
) -> None:
    trigger = Trigger(AutomationEvent.SCORE_REACHED, threshold=threshold, rearm_at=min(back, threshold))
    lead, by, armed = a_lead(), under(an_automation(trigger)), True

    for delta in deltas:
        before = lead.engagement.score
        outcome = befallen(lead, adjusted(delta), by)
        lead = outcome.lead
        crosses = before < threshold <= lead.engagement.score
        assert len(outcome.firings) == (crosses and armed)
        armed = (
            (armed and not crosses)
            or lead.engagement.score < min(back, threshold)
            or (min(back, threshold) == threshold)
        )


def test_a_lead_forgets_automations_that_are_no_more_and_not_those_that_are_disabled() -> None:
    kept, gone = (an_automation(REACHES_50, each, once_per_lead=True) for each in "ab")
    lead = befallen(a_lead(), adjusted(60), under(kept, gone)).lead
    resting = replace(kept, plan=replace(kept.plan, is_enabled=False))

    after = [befallen(lead, adjusted(1), by).lead.fired for by in (under(kept), under(resting), under())]

    assert [set(each) for each in (lead.fired, *after)] == [{"a", "b"}, {"a"}, {"a"}, set()]
