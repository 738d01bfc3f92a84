"""What moves a score first tells what an edit of the levels had made of it."""

from __future__ import annotations

import copy

import pytest

from domain.changes import Change
from domain.history import CauseKind, ScorePart, Suppression
from domain.leads import Position
from domain.levels import Dimension, Level, table
from domain.scoring import Outcome
from tests.domain.builders import (
    EDITED,
    NOW,
    RECLASSIFY,
    TWO_LEVELS,
    Reclassify,
    a_lead,
    a_rule,
    adjusted,
    edited,
    fold,
    recorded,
    scoring,
    told,
    upserted,
)


@pytest.mark.parametrize(
    ("change", "kind", "parts"),
    [
        pytest.param(
            adjusted(5), CauseKind.ADJUSTMENT, (ScorePart(None, "Adjustments", 5),), id="adjustment"
        ),
        pytest.param(
            recorded("FORM_SUBMITTED"), CauseKind.ACTIVITY, (ScorePart("form", "Click", 5),), id="activity"
        ),
        pytest.param(
            recorded("EMAIL_OPENED"),
            CauseKind.ACTIVITY,
            (ScorePart("open", "Click", 0, Suppression.RULE_DISABLED),),
            id="activity of disabled rules",
        ),
    ],
)
def test_what_moves_a_score_first_tells_what_the_edit_did(
    change: Change, kind: CauseKind, parts: tuple[ScorePart, ...]
) -> None:
    rules = (a_rule(5, "form", "FORM_SUBMITTED"), a_rule(5, "open", "EMAIL_OPENED", enabled=False))
    after = 30 + sum(part.points for part in parts)

    outcome = fold(a_lead(30), change, scoring(*rules, engagement=edited()), NOW)

    assert outcome.told == (told(a_lead(30), RECLASSIFY, outcome.scoring)[1],)
    (entry,) = outcome.changes
    assert (entry.before, entry.after) == (Position(30, "Cold", 2), Position(after, "Cold", 2))
    assert (entry.version, entry.cause.kind, entry.parts) == (3, kind, parts)
    assert (outcome.lead.version, outcome.lead.engagement.announced) == (3, entry.after)
    assert (outcome.lead.engagement.since, outcome.lead.updated_at) == (EDITED, NOW)


def test_a_lead_that_points_take_back_to_the_level_it_was_told_has_left_it_and_come_back() -> None:
    outcome = fold(a_lead(30), adjusted(10), scoring(engagement=edited()), NOW)

    levels = [(entry.before.level, entry.after.level) for entry in (*outcome.told, *outcome.changes)]
    assert levels == [("Warm", "Cold"), ("Cold", "Warm")]
    assert outcome.lead.engagement.since == NOW


def test_an_adjustment_that_the_floor_takes_whole_tells_what_the_edit_did() -> None:
    under = scoring(engagement=edited(table([Level("New", 0, None)])))

    outcome = fold(a_lead(), adjusted(-5), under, NOW)

    assert [entry.after for entry in outcome.told] == [Position(0, "New", 2)]
    assert [entry.delta for entry in outcome.changes] == [0]


@pytest.mark.parametrize("change", [adjusted(1), recorded()])
def test_what_was_told_before_a_move_is_not_told_after_it(change: Change) -> None:
    under = scoring(a_rule(1), engagement=edited())
    lead, _ = told(a_lead(30), change, under)

    assert fold(lead, RECLASSIFY, under, NOW) == Outcome(lead, under)
    assert fold(lead, change, under, NOW).told == ()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(recorded("PAGE_SEEN"), id="activity without rules"),
        pytest.param(upserted(add_tags=("vip",)), id="upsert"),
        pytest.param(adjusted(1, Dimension.PROFILE), id="adjustment of the other dimension"),
        pytest.param(Reclassify(Dimension.PROFILE), id="the other dimension's levels"),
    ],
)
def test_what_leaves_a_score_alone_tells_nothing_of_its_level(change: Change) -> None:
    under = scoring(a_rule(), engagement=edited())

    outcome = fold(a_lead(30), change, under, NOW)

    assert outcome.told == ()
    assert outcome.lead.engagement == a_lead(30).engagement
    assert told(outcome.lead, RECLASSIFY, under)[1].version == outcome.lead.version + 1


def test_an_adjustment_of_the_profile_tells_what_an_edit_of_its_levels_did() -> None:
    under = scoring(profile=edited(table([Level("Good", 0, None)]), Dimension.PROFILE))

    lead, entry = told(a_lead(30, 5), adjusted(1, Dimension.PROFILE), under)

    assert (entry.before, entry.after) == (Position(5, "Poor", 4), Position(5, "Good", 5))
    assert (lead.engagement, lead.profile.since) == (a_lead(30, 5).engagement, EDITED)


@pytest.mark.parametrize("change", [RECLASSIFY, adjusted(1), recorded()])
def test_telling_leaves_the_lead_it_was_given_as_it_was(change: Change) -> None:
    lead = a_lead(30, 5)
    before = copy.deepcopy(lead)

    told(lead, change, scoring(a_rule(), engagement=edited(), profile=edited(TWO_LEVELS, Dimension.PROFILE)))

    assert lead == before
