"""Examples of replay: what leads did, scored again from nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.changes import Activity
from domain.conditions import Operator
from domain.history import Adjustment, Cause, CauseKind
from domain.leads import Lead
from domain.levels import Dimension
from domain.rules import Inactivity, Limit, Period, Rescore, Rule, RuleSet
from domain.scoring import Adjusted, Outcome, Past, rescored
from tests.domain.builders import ADA, CREATED, KIND, a_lead, a_rule, a_rule_set, scoring
from tests.domain.conditions.builders import check
from tests.domain.waiting import DAY, expiring, halving

NOW = CREATED + 40 * DAY
ANEW = Cause(CauseKind.RULES_CHANGED, ADA, NOW)
ENGAGEMENT, PROFILE = Dimension.ENGAGEMENT, Dimension.PROFILE


def on(day: float, late: float = 0, kind: str = KIND, **properties: Any) -> Activity:
    """Done that many days after the lead was made, and heard of so much later."""
    at = CREATED + day * DAY
    return Activity(f"{kind} {day:08.3f}", kind, properties, at, at + late * DAY)


def given(day: float, delta: int, lasting: float | None = None) -> Adjusted:
    at = CREATED + day * DAY
    return Adjusted(at, ENGAGEMENT, Adjustment(delta, None if lasting is None else at + lasting * DAY))


def rules(*rules: Rule, day: float | None = None, version: int = 1, **policy: Any) -> RuleSet:
    at = CREATED - DAY if day is None else CREATED + day * DAY
    made = replace(a_rule_set(*rules, version=version), published_at=at, rescore=Rescore.REPLAY)
    return replace(made, **policy)


def anew(timeline: Sequence[RuleSet], past: Past, lead: Lead | None = None) -> Outcome:
    under = replace(scoring(), rules=timeline[-1])
    outcome = rescored(lead or a_lead(under=under), past, Dimension, under, timeline, ANEW)
    for entry in outcome.changes:
        assert sum(part.points for part in entry.parts) == entry.delta
    return outcome


def score(timeline: Sequence[RuleSet], *activities: Activity, by_hand: Sequence[Adjusted] = ()) -> int:
    return anew(timeline, Past(activities, by_hand)).lead.engagement.score


def parts(outcome: Outcome) -> list[tuple[str, int]]:
    (entry,) = outcome.changes
    return [(part.name, part.points) for part in entry.parts]


class TestOneSetAfterTheOther:
    SETS = (rules(a_rule(1)), rules(a_rule(10), day=10, version=2), rules(a_rule(100), day=20, version=3))

    def test_each_activity_is_scored_by_the_rules_of_when_it_became_known(self) -> None:
        assert score(self.SETS, on(5), on(15), on(16), on(25)) == 1 + 10 + 10 + 100

    def test_a_source_has_given_what_it_gave_under_each(self) -> None:
        outcome = anew(self.SETS, Past([on(5), on(15), on(16), on(25)]))

        (source,) = outcome.lead.engagement.contributions.values()
        assert (source.points, source.uses) == (1 + 10 + 10 + 100, 4)

    @pytest.mark.parametrize(
        "more", [{"limit": Limit(2, Period.EVER)}, {"max_points": 20}], ids=["a limit", "a cap"]
    )
    def test_what_a_rule_paid_without_a_bound_counts_when_it_gets_one(self, more: dict[str, Any]) -> None:
        sets = [rules(a_rule(10)), rules(replace(a_rule(10), **more), day=10, version=2)]

        assert score(sets, on(5), on(15), on(16), on(17)) == 20

    def test_a_source_has_the_name_that_it_last_gave_by(self) -> None:
        renamed = replace(a_rule(10), name="Renamed", limit=Limit(5, Period.DAY))
        outcome = anew([rules(a_rule(1)), rules(renamed, day=10, version=2)], Past([on(5), on(15)]))

        (source,) = outcome.lead.engagement.contributions.values()
        assert source.name == "Renamed"

    def test_one_that_became_known_late_is_scored_by_the_rules_of_then(self) -> None:
        assert score(self.SETS, on(5, late=10), on(5.1, late=20)) == 10 + 100

    def test_the_first_scores_all_that_was_done_before_it(self) -> None:
        replay = rules(a_rule(10), day=20, version=2)

        assert score([replay], on(5), on(15), on(25)) == 30

    def test_a_rule_that_is_gone_keeps_what_it_gave(self) -> None:
        assert score([self.SETS[0], rules(day=10, version=2)], on(5), on(15)) == 1

    def test_a_limit_counts_what_was_paid_under_the_rules_before(self) -> None:
        once = [
            rules(replace(each, limit=Limit(1, Period.EVER)), day=day, version=at)
            for at, (each, day) in enumerate(((a_rule(1), -1), (a_rule(10), 10)), 1)
        ]

        assert score(once, on(5), on(15)) == 1

    def test_a_rule_that_is_of_the_same_moment_scores_what_became_known_at_it(self) -> None:
        assert score(self.SETS, on(10)) == 10


class TestInTheirPlace:
    def test_late_activities_expire_as_if_they_had_been_known_at_once(self) -> None:
        assert score([rules(expiring(10, 30))], on(5, late=30), on(20, late=15)) == 10

    def test_late_activities_halve_from_when_they_were_done(self) -> None:
        assert score([rules(halving(40, 10))], on(20, late=19), on(30, late=5)) == 10 + 20

    def test_a_condition_sees_the_score_of_then(self) -> None:
        cold = replace(a_rule(10), condition=check("lead.engagement.score", Operator.LT, 15))

        assert score([rules(cold)], on(1), on(3), on(2, late=9)) == 20

    @pytest.mark.parametrize(
        ("per", "expected"), [(Period.EVER, 1), (Period.DAY, 4), (Period.WEEK, 3), (Period.MONTH, 2)]
    )
    def test_a_limit_is_kept_in_every_period(self, per: Period, expected: int) -> None:
        """From Sunday, 1 March: two on the Monday, one on the Tuesday, one a week later, one in April."""
        once = replace(a_rule(1), limit=Limit(1, per))

        assert score([rules(once)], on(1), on(1.1), on(2), on(8), on(35)) == expected

    def test_no_more_than_the_cap_is_in_the_score(self) -> None:
        capped = replace(expiring(10, 10), max_points=20)

        assert score([rules(capped)], on(31), on(32), on(33), on(34)) == 20
        assert score([rules(capped)], on(1), on(2), on(3), on(35)) == 10

    def test_a_sender_whose_clock_is_ahead_did_it_when_it_became_known(self) -> None:
        ahead = replace(on(20), received_at=CREATED + 19 * DAY)

        assert score([rules(expiring(10, 21))], ahead) == 0
        assert score([rules(expiring(10, 21))], on(20)) == 10


class TestByHand:
    def test_points_that_expired_are_gone_and_others_stay(self) -> None:
        by_hand = (given(1, 5), given(2, 30, lasting=10), given(35, 7, lasting=10))

        assert score([rules()], by_hand=by_hand) == 12

    def test_the_floor_holds_back_what_it_held_back_then(self) -> None:
        assert score([rules(a_rule(10))], on(5), by_hand=[given(1, -30)]) == 10
        assert score([rules(a_rule(10))], on(5), by_hand=[given(6, -30)]) == 0
        assert score([rules(a_rule(10), floor=None)], on(5), by_hand=[given(1, -30)]) == -20

    def test_the_ceiling_does_as_well(self) -> None:
        assert score([rules(a_rule(10), ceiling=15)], on(1), on(2), by_hand=[given(3, -5)]) == 10


class TestInactivity:
    IDLE = Inactivity(after_days=10, every_days=5, points=3)

    def test_it_costs_as_it_would_have_from_the_first(self) -> None:
        """20 points on the day 3, less 3 on the days 13, 18, 23, 28, 33 and 38."""
        outcome = anew([rules(a_rule(20), inactivity=self.IDLE, idle_since=NOW)], Past([on(3)]))

        assert outcome.lead.engagement.score == 2
        assert parts(outcome) == [("Click", 20), ("Inactivity", -18)]

    def test_late_activity_takes_it_back(self) -> None:
        assert score([rules(a_rule(20), inactivity=self.IDLE)], on(3), on(12, late=20)) == 40 - 4 * 3

    def test_of_rules_that_came_later_it_costs_from_then_on(self) -> None:
        """On the days 28, 33 and 38."""
        since = CREATED + 25 * DAY
        sets = [
            rules(a_rule(20)),
            rules(a_rule(20), day=25, version=2, inactivity=self.IDLE, idle_since=since),
        ]

        assert score(sets, on(3)) == 20 - 3 * 3


class TestTheEntry:
    def test_nothing_is_told_where_nothing_changes(self) -> None:
        set_ = rules(expiring(10, 90), inactivity=TestInactivity.IDLE)
        past = Past([on(3), on(20)], [given(4, 5)])
        first = anew([set_], past)

        second = anew([set_], past, first.lead)

        assert (second.lead, second.changes, second.told) == (first.lead, (), ())

    def test_each_source_says_what_it_gives_more_or_less(self) -> None:
        before = anew([rules(a_rule(10), a_rule(5, "old", name="Old"))], Past([on(3)]))

        outcome = anew(
            [rules(a_rule(30), a_rule(7, "new", name="New"))], Past([on(3)], [given(4, 2)]), before.lead
        )

        assert parts(outcome) == [("Click", 20), ("Old", -5), ("New", 7), ("Adjustments", 2)]
        (entry,) = outcome.changes
        assert (entry.before.score, entry.after.score, entry.cause) == (15, 39, ANEW)

    def test_floor_and_ceiling_are_a_part_of_their_own(self) -> None:
        before = anew([rules(a_rule(30))], Past([on(3)]))
        outcome = anew([rules(expiring(30, 1))], Past([on(3)], [given(3.5, -30)]), before.lead)

        assert outcome.lead.engagement.score == 0
        assert parts(outcome) == [("Click", -30), ("Adjustments", -30), ("Floor and ceiling", 30)]

    def test_what_only_comes_by_other_ways_is_kept_and_not_told(self) -> None:
        limited = rules(replace(a_rule(10), limit=Limit(1, Period.EVER)))
        before = anew([rules(a_rule(10))], Past([on(3)]))

        outcome = anew([limited], Past([on(3)]), before.lead)

        assert outcome.changes == ()
        assert outcome.lead.engagement.contributions["click"].days == {(CREATED + 3 * DAY).date(): 1}
        assert outcome.lead.version == before.lead.version + 1

    def test_each_dimension_has_its_own(self) -> None:
        vip = Rule("vip", "Vip", None, 15, True, PROFILE, check("lead.tags", Operator.CONTAINS, "vip"))
        set_ = rules(a_rule(10), vip)
        lead = replace(a_lead(), tags=("vip",))

        outcome = anew([set_], Past([on(3)]), lead)

        assert [(each.dimension, each.delta) for each in outcome.changes] == [(ENGAGEMENT, 10), (PROFILE, 15)]
        assert [each.version for each in outcome.changes] == [2, 3]

    def test_who_the_lead_is_counts_as_it_is_now_by_the_rules_in_force(self) -> None:
        old = Rule("vip", "Vip", None, 15, True, PROFILE, check("lead.tags", Operator.CONTAINS, "vip"))
        sets = [rules(old), rules(replace(old, points=40), day=10, version=2)]

        assert anew(sets, Past(()), replace(a_lead(), tags=("vip",))).lead.profile.score == 40
        assert anew(sets, Past(()), replace(a_lead(), tags=())).lead.profile.score == 0

    def test_points_that_time_will_take_are_due(self) -> None:
        outcome = anew([rules(expiring(10, 30))], Past([on(20)]))

        assert outcome.lead.due_at == CREATED + 50 * DAY

    def test_it_was_last_active_when_the_past_says(self) -> None:
        def last(*activities: Activity) -> datetime | None:
            return anew([rules(a_rule())], Past(activities)).lead.last_activity_at

        assert last(on(7), on(3, late=20)) == CREATED + timedelta(days=7)
        assert last() is None
