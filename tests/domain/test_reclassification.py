"""An edit of the levels, told to one lead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.history import Cause, CauseKind, ScoreChange
from domain.leads import Position, Standing
from domain.levels import Announce, Dimension, Level, table
from domain.scoring import Outcome, new_lead
from tests.domain.builders import (
    CREATED,
    EDITED,
    FOUR_LEVELS,
    GRACE,
    NOW,
    RAISED,
    RECLASSIFY,
    Reclassify,
    a_lead,
    a_level_set,
    adjusted,
    edited,
    fold,
    moved,
    scoring,
    told,
)


def test_the_entry_says_all_that_there_is_to_say() -> None:
    _, entry = told(a_lead(30), RECLASSIFY, scoring(engagement=edited()))

    assert entry == ScoreChange(
        "lead",
        Dimension.ENGAGEMENT,
        version=2,
        before=Position(30, "Warm", 1),
        after=Position(30, "Cold", 2),
        cause=Cause(CauseKind.LEVELS_CHANGED, GRACE, NOW, "Quarterly review", announce=Announce.ALL),
        parts=(),
        rule_set=1,
    )
    assert (entry.delta, entry.tier_changed) == (0, True)


def test_a_lead_that_was_told_has_its_new_level_since_the_edit_and_nothing_else_new() -> None:
    before = replace(a_lead(30, 5), last_activity_at=CREATED, tags=("eu",))

    lead, entry = told(before, RECLASSIFY, scoring(engagement=edited()))

    standing = Standing(entry.after, EDITED, before.engagement.contributions)
    assert lead == replace(before, engagement=standing, version=2, updated_at=NOW)


def test_telling_is_no_change_of_the_score() -> None:
    outcome = fold(a_lead(30), RECLASSIFY, scoring(engagement=edited()), NOW)

    assert (outcome.changes, outcome.activity) == ((), None)
    assert (outcome.created, outcome.duplicate) == (False, False)


@pytest.mark.parametrize("announce", Announce)
def test_every_move_is_told_and_says_whether_automations_may_hear_of_it(announce: Announce) -> None:
    _, entry = told(a_lead(30), RECLASSIFY, scoring(engagement=edited(announce=announce)))

    assert entry.cause.announce is announce


def test_an_edit_without_a_comment_gives_no_reason() -> None:
    _, entry = told(a_lead(30), RECLASSIFY, scoring(engagement=edited(comment=None)))

    assert entry.cause.reason is None


def test_a_move_by_points_says_nothing_of_announcing() -> None:
    _, entry = moved(a_lead(30), adjusted(50), scoring())

    assert (entry.tier_changed, entry.cause.announce) == (True, None)


@pytest.mark.parametrize(
    ("score", "before", "after"),
    [
        pytest.param(30, "Warm", "Cold", id="down"),
        pytest.param(-5, None, "Frozen", id="from unclassified"),
        pytest.param(80, "Very Hot", None, id="to unclassified"),
        pytest.param(60, "Hot", "Boiling", id="renamed"),
    ],
)
def test_a_lead_is_told_when_its_level_is_another_by_name(
    score: int, before: str | None, after: str | None
) -> None:
    wanted = edited(table([Level("Frozen", None, -1), Level("Cold", 0, 49), Level("Boiling", 50, 74)]))

    lead, entry = told(a_lead(score), RECLASSIFY, scoring(engagement=wanted))

    assert (entry.before, entry.after) == (Position(score, before, 1), Position(score, after, 2))
    assert lead.engagement.announced == entry.after


def test_the_first_levels_of_all_are_told_to_leads_that_had_none() -> None:
    none = a_level_set((), 0)
    lead = new_lead("lead", scoring(engagement=none), CREATED)

    _, entry = told(lead, RECLASSIFY, scoring(engagement=none.next(FOUR_LEVELS, GRACE, EDITED)))

    assert (entry.before, entry.after) == (Position(0, None, 0), Position(0, "Cold", 1))


@pytest.mark.parametrize(
    ("score", "levels"),
    [
        pytest.param(30, FOUR_LEVELS, id="the same table again"),
        pytest.param(10, RAISED, id="wider bounds"),
        pytest.param(70, RAISED, id="narrower bounds"),
        pytest.param(30, table([Level("WARM", 25, 49, "#000000", "Call")]), id="another case and colour"),
        pytest.param(-5, RAISED, id="unclassified as before"),
    ],
)
def test_a_lead_whose_level_is_the_same_by_name_is_told_nothing(
    score: int, levels: tuple[Level, ...]
) -> None:
    lead, under = a_lead(score), scoring(engagement=edited(levels))

    outcome = fold(lead, RECLASSIFY, under, NOW)

    assert outcome == Outcome(a_lead(score), under)
    assert outcome.lead is lead


def test_a_lead_is_told_once() -> None:
    under = scoring(engagement=edited())
    lead, _ = told(a_lead(30), RECLASSIFY, under)

    assert fold(lead, RECLASSIFY, under, NOW) == Outcome(lead, under)


def test_several_edits_that_were_not_told_between_are_told_as_one_move_by_the_last() -> None:
    last = edited(comment="First").next(table([Level("Boiling", 0, None)]), GRACE, NOW, "Second")

    lead, entry = told(a_lead(30), RECLASSIFY, scoring(engagement=last))

    assert (entry.before, entry.after) == (Position(30, "Warm", 1), Position(30, "Boiling", 3))
    assert (entry.cause.reason, lead.engagement.since) == ("Second", NOW)


def test_an_edit_that_was_reverted_before_it_was_told_is_never_told() -> None:
    lead, under = a_lead(30), scoring(engagement=edited().next(FOUR_LEVELS, GRACE, NOW, reverted_from=1))

    assert fold(lead, RECLASSIFY, under, NOW) == Outcome(lead, under)


@pytest.mark.parametrize(
    ("dimension", "before", "after"),
    [
        (Dimension.ENGAGEMENT, Position(30, "Warm", 1), Position(30, "Cold", 2)),
        (Dimension.PROFILE, Position(5, "Poor", 4), Position(5, "Good", 5)),
    ],
)
def test_only_the_dimension_that_is_named_is_told(
    dimension: Dimension, before: Position, after: Position
) -> None:
    good = table([Level("Good", 0, None)])
    under = scoring(engagement=edited(), profile=edited(good, Dimension.PROFILE))

    lead, entry = told(a_lead(30, 5), Reclassify(dimension), under)

    assert (entry.dimension, entry.before, entry.after) == (dimension, before, after)
    assert [each for each in Dimension if lead.standing(each) != a_lead(30, 5).standing(each)] == [dimension]


def test_a_lead_nobody_has_heard_of_has_nothing_to_be_told() -> None:
    under = scoring(engagement=edited(table([Level("New", 0, None)])))
    lead = new_lead("lead", under, NOW)

    assert fold(lead, adjusted(5), under, NOW).told == ()
    assert fold(lead, RECLASSIFY, under, NOW) == Outcome(lead, under)
