"""Whatever rules there were, one after the other, replay comes to what they came to."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from domain.history import Cause, CauseKind
from domain.leads import Lead, joined
from domain.levels import Dimension
from domain.scoring import Past, replayed, rescored
from tests.domain.builders import ADA
from tests.domain.histories import UNTIL, History, histories, lived
from tests.domain.strategies import OPEN

ANEW = Cause(CauseKind.RULES_CHANGED, ADA, UNTIL)
ENGAGEMENT = Dimension.ENGAGEMENT


def made(history: History, past: Past | None = None) -> Lead:
    return replayed(history.lead, past or history.past, history.under, history.timeline, UNTIL)


def assert_alike(one: Lead, other: Lead, dimension: Dimension = ENGAGEMENT) -> None:
    assert one.standing(dimension).contributions == other.standing(dimension).contributions
    assert one.standing(dimension).score == other.standing(dimension).score


@OPEN
@given(histories())
def test_each_activity_is_scored_by_the_rules_that_it_was_scored_by(history: History) -> None:
    lead = lived(history)

    anew = made(history)

    assert_alike(anew, lead)
    assert anew.last_activity_at == lead.last_activity_at


@OPEN
@given(histories())
def test_the_order_in_which_the_past_is_read_makes_no_difference(history: History) -> None:
    activities = list(reversed(history.past.activities))
    adjustments = list(reversed(history.past.adjustments))

    anew = made(history, Past(activities, adjustments))

    assert anew == made(history)


@OPEN
@given(histories(), histories())
def test_who_was_rescored_is_as_it_would_be_and_a_second_time_changes_nothing(
    history: History, before: History
) -> None:
    """Rescored from whatever it was, under whatever rules."""
    lead = lived(replace(before, under=history.under, lead=replace(before.lead, tags=history.lead.tags)))

    first = rescored(lead, history.past, Dimension, history.under, history.timeline, ANEW)
    second = rescored(first.lead, history.past, Dimension, history.under, history.timeline, ANEW)

    wanted = made(replace(history, lead=lead))
    for dimension in Dimension:
        assert_alike(first.lead, wanted, dimension)
        entries = [each for each in first.changes if each.dimension is dimension]
        assert len(entries) <= 1
        told = [each for each in first.told if each.dimension is dimension]
        assert sum(each.delta for each in [*told, *entries]) == (
            first.lead.standing(dimension).score - lead.standing(dimension).score
        )
    for entry in (*first.told, *first.changes):
        assert sum(part.points for part in entry.parts) == entry.delta
    versions = [each.version for each in (*first.told, *first.changes)]
    assert versions == sorted(set(versions))
    assert (second.lead, second.changes, second.told) == (first.lead, (), ())


@OPEN
@given(histories(1), histories(1))
def test_two_leads_are_one_in_either_order(one: History, other: History) -> None:
    """Of the same rules, with the activities of both."""
    past = Past(
        [*one.past.activities, *(replace(each, id=f"other {each.id}") for each in other.past.activities)],
        [*one.past.adjustments, *other.past.adjustments],
    )
    here, there = one.lead, replace(other.lead, id="other")
    both = [
        replayed(joined(*pair), past, one.under, one.timeline, UNTIL)
        for pair in ((here, there), (there, here))
    ]

    for dimension in Dimension:
        assert_alike(both[0], both[1], dimension)
    assert both[0].last_activity_at == both[1].last_activity_at


@OPEN
@given(histories(1))
def test_a_set_that_scores_all_anew_forgets_those_before(history: History) -> None:
    """What a set of replay makes of it is what it would have made of it from the first."""
    rules = replace(history.timeline[0], published_at=UNTIL)

    anew = made(replace(history, timeline=[rules], under=replace(history.under, rules=rules)))

    assert_alike(anew, made(history))
