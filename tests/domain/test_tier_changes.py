from __future__ import annotations

import pytest

from domain.leads import Position
from domain.levels import Level, table
from domain.scoring import fold
from tests.domain.builders import (
    CREATED,
    EDITED,
    NOW,
    a_lead,
    a_level_set,
    a_rule,
    adjusted,
    moved,
    recorded,
    scoring,
)

RAISED = a_level_set(
    table([Level("Cold", 0, 19), Level("Hot", 20, 99), Level("Boiling", 100, None)]), 2, created_at=EDITED
)


@pytest.mark.parametrize(
    ("score", "delta", "since"), [(0, 24, CREATED), (0, 25, NOW), (49, -24, CREATED), (49, -25, NOW)]
)
def test_since_changes_only_with_the_level(score: int, delta: int, since: object) -> None:
    lead, entry = moved(a_lead(score), adjusted(delta), scoring())

    assert lead.engagement.since == since
    assert entry.tier_changed == (since == NOW)


def test_leaving_every_level_is_a_tier_change() -> None:
    lead, entry = moved(a_lead(5), adjusted(-6), scoring(floor=None))

    assert (entry.before.level, entry.after.level, entry.tier_changed) == ("Cold", None, True)
    assert lead.engagement.since == NOW


def test_moving_among_unclassified_scores_is_no_tier_change() -> None:
    lead, entry = moved(a_lead(-5), adjusted(-6), scoring(floor=None))

    assert (entry.before.level, entry.after.level, entry.tier_changed) == (None, None, False)
    assert lead.engagement.since == CREATED


def test_a_tier_change_is_told_from_the_level_last_announced() -> None:
    outcome = fold(a_lead(30), adjusted(1), scoring(engagement=RAISED), NOW)

    (told,), (entry,) = outcome.told, outcome.changes
    assert (told.before, told.after) == (Position(30, "Warm", 1), Position(30, "Hot", 2))
    assert (entry.before, entry.after) == (Position(30, "Hot", 2), Position(31, "Hot", 2))
    assert (told.tier_changed, entry.tier_changed) == (True, False)
    assert outcome.lead.engagement.since == EDITED


def test_new_levels_under_an_old_name_are_no_tier_change() -> None:
    lead, entry = moved(a_lead(70), adjusted(10), scoring(engagement=RAISED))

    assert (entry.before, entry.after) == (Position(70, "Hot", 1), Position(80, "Hot", 2))
    assert (entry.tier_changed, lead.engagement.since) == (False, CREATED)


def test_a_level_renamed_in_another_case_is_no_tier_change() -> None:
    shouted = a_level_set(table([Level("WARM", 25, 49)]), version=2)

    lead, entry = moved(a_lead(30), adjusted(1), scoring(engagement=shouted))

    assert (entry.after.level, entry.tier_changed) == ("WARM", False)
    assert lead.engagement.since == CREATED


def test_a_tier_changes_even_where_the_score_stays() -> None:
    under = scoring(a_rule(enabled=False), engagement=RAISED)

    outcome = fold(a_lead(30), recorded(), under, NOW)

    (told,), (entry,) = outcome.told, outcome.changes
    assert (told.delta, told.tier_changed) == (0, True)
    assert (entry.delta, entry.tier_changed) == (0, False)
    assert outcome.lead.engagement.since == EDITED


def test_a_lead_announced_in_a_level_that_is_gone_becomes_unclassified() -> None:
    under = scoring(engagement=a_level_set((), version=2))

    outcome = fold(a_lead(30), adjusted(1), under, NOW)

    (told,), (entry,) = outcome.told, outcome.changes
    assert (told.after, told.tier_changed) == (Position(30, None, 2), True)
    assert (entry.after, entry.tier_changed) == (Position(31, None, 2), False)
