"""A trial: what activities would do, without doing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain import bounds
from domain.actors import Actor
from domain.changes import Activity
from domain.conditions import Operator
from domain.conditions import Test as Asked
from domain.errors import Fault, InvalidInput, Problem
from domain.leads import Lead
from domain.levels import Dimension
from domain.rules import Limit, Period
from domain.scoring import Scoring
from domain.trial import ACTIVITIES, Trial, trials
from tests.domain.builders import ADA, CREATED, NOW, a_lead, a_rule, an_activity, edited, scoring


def tried(lead: Lead, activities: Sequence[Activity], under: Scoring, actor: Actor) -> Trial:
    *_, last = trials(lead, activities, under, actor, NOW)
    return last


FORM = a_rule(40, "form", "FORM_SUBMITTED", "Form")


def test_a_trial_tells_where_the_lead_would_stand_and_by_which_entries() -> None:
    lead = a_lead(5)

    trial = tried(lead, [an_activity(), an_activity("FORM_SUBMITTED")], scoring(a_rule(10), FORM), ADA)

    assert (trial.before, trial.after.engagement.score) == (lead, 55)
    assert [(part.rule_id, part.points) for entry in trial.entries for part in entry.parts] == [
        ("click", 10),
        ("form", 40),
    ]


def test_a_trial_of_nothing_leaves_the_lead_as_it_is() -> None:
    lead = a_lead(5)

    trial = tried(lead, [], scoring(), ADA)

    assert (trial.before, trial.after, trial.entries) == (lead, lead, ())


def test_activities_are_tried_in_the_order_in_which_they_happen() -> None:
    once_a_day = replace(a_rule(10), limit=Limit(1, Period.DAY))
    days = [CREATED + timedelta(days=number) for number in (2, 0, 1, 0)]
    activities = [an_activity(occurred_at=day, activity_id=f"{at}") for at, day in enumerate(days)]

    trial = tried(a_lead(), activities, scoring(once_a_day), ADA)

    assert [entry.cause.activity_id for entry in trial.entries] == ["1", "3", "2", "0"]
    assert [entry.delta for entry in trial.entries] == [10, 0, 10, 10]


def test_an_edit_of_the_levels_that_was_not_told_yet_is_told_in_the_trial() -> None:
    trial = tried(a_lead(30), [an_activity()], scoring(a_rule(1), engagement=edited()), ADA)

    assert [len(entry.parts) for entry in trial.entries] == [0, 1]


def test_activities_may_lie_as_far_ahead_as_one_likes() -> None:
    ahead = an_activity(occurred_at=NOW + timedelta(days=3_000))

    assert tried(a_lead(), [ahead], scoring(a_rule(10)), ADA).after.engagement.score == 10


def test_ten_years_ahead_can_be_tried_and_no_more() -> None:
    last = an_activity(occurred_at=NOW + bounds.FORESEEN)

    assert len(tried(a_lead(), [last], scoring(a_rule(10)), ADA).entries) == 1
    later = replace(last, occurred_at=last.occurred_at + timedelta(seconds=1))
    with pytest.raises(InvalidInput) as refusal:
        tried(a_lead(), [later], scoring(a_rule(10)), ADA)
    path = ("activities", "0", "occurredAt")
    assert refusal.value.problems == (
        Problem(path, Fault.TOO_FAR_AHEAD, bounds.FORESEEN, later.occurred_at.isoformat()),
    )


def test_of_activities_with_one_key_the_first_given_counts() -> None:
    early, late = CREATED, CREATED + timedelta(hours=1)
    activities = [
        an_activity(occurred_at=late, key="k", activity_id="first"),
        an_activity(occurred_at=early, key="k", activity_id="again"),
        an_activity(occurred_at=early, key="l", activity_id="other"),
    ]

    trial = tried(a_lead(), activities, scoring(a_rule(10)), ADA)

    assert [entry.cause.activity_id for entry in trial.entries] == ["other", "first"]


def test_what_is_wrong_is_told_of_each_activity_before_anything_is_tried() -> None:
    wrong = [an_activity("clicked"), an_activity(), an_activity(occurred_at=NOW.replace(tzinfo=None), key="")]

    with pytest.raises(InvalidInput) as refusal:
        next(trials(a_lead(), wrong, scoring(), ADA, NOW))

    assert [(problem.path, problem.fault) for problem in refusal.value.problems] == [
        (("activities", "0", "kind"), Fault.NOT_UPPER_SNAKE),
        (("activities", "2", "occurredAt"), Fault.NO_OFFSET),
        (("activities", "2", "key"), Fault.EMPTY),
    ]


def test_only_so_many_activities_are_tried_at_once() -> None:
    many = [an_activity(activity_id=f"{number}") for number in range(ACTIVITIES + 1)]

    assert len(tried(a_lead(), many[1:], scoring(a_rule()), ADA).entries) == ACTIVITIES
    with pytest.raises(InvalidInput) as refusal:
        next(trials(a_lead(), many, scoring(a_rule()), ADA, NOW))
    assert [problem.fault for problem in refusal.value.problems] == [Fault.TOO_MANY]


def test_a_trial_looks_at_who_the_lead_is_first() -> None:
    fits = replace(
        a_rule(10, "eu"),
        activity=None,
        dimension=Dimension.PROFILE,
        condition=Asked("lead.tags", Operator.CONTAINS, "eu"),
    )
    lead = replace(a_lead(0, 5), tags=("eu",))

    trial = tried(lead, [an_activity()], scoring(fits, a_rule(10)), ADA)

    assert (trial.before.profile.score, trial.after.profile.score) == (5, 15)
    assert [entry.dimension for entry in trial.entries] == [Dimension.PROFILE, Dimension.ENGAGEMENT]
