"""Rules of the profile: their points are in the score for as long as they hold for the lead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.conditions import Condition, Operator
from domain.conditions import Test as Asked
from domain.contributions import Contribution
from domain.history import CauseKind, ScorePart, Suppression
from domain.leads import Lead
from domain.levels import Announce, Dimension, Level, table
from domain.rules import Rule
from domain.scoring import Scoring, new_lead
from tests.domain.builders import (
    ADA,
    GRACE,
    NOW,
    TWO_LEVELS,
    Event,
    a_lead,
    a_rule,
    adjusted,
    edited,
    fold,
    moved,
    recorded,
    scoring,
    upserted,
)

IS_EU = Asked("lead.tags", Operator.CONTAINS, "eu")
HAS_MAIL = Asked("lead.email", Operator.EXISTS)


def fits(
    points: int = 10, condition: Condition = IS_EU, rule_id: str = "eu", *, enabled: bool = True
) -> Rule:
    return replace(
        a_rule(points, rule_id, name=rule_id.title(), enabled=enabled),
        activity=None,
        dimension=Dimension.PROFILE,
        condition=condition,
    )


def in_eu(lead: Lead, under: Scoring) -> Lead:
    return fold(lead, upserted(add_tags=("eu",)), under, NOW).lead


def test_a_rule_that_comes_to_hold_gives_its_points() -> None:
    lead, entry = moved(a_lead(0, 5), upserted(add_tags=("eu",)), scoring(fits(10)))

    assert entry.parts == (ScorePart("eu", "Eu", 10),)
    assert (entry.dimension, entry.delta, entry.version) == (Dimension.PROFILE, 10, lead.version)
    cause = entry.cause
    assert (cause.kind, cause.actor, cause.at) == (CauseKind.PROFILE, ADA, NOW)
    assert (lead.profile.score, lead.profile.contributions["eu"]) == (15, Contribution("Eu", 10, 1))
    assert lead.version == 3  # the edit, and what followed from it


def test_a_rule_that_no_longer_holds_takes_them_back() -> None:
    under = scoring(fits(10))

    lead, entry = moved(in_eu(a_lead(), under), upserted(remove_tags=("eu",)), under)

    assert entry.parts == (ScorePart("eu", "Eu", -10),)
    assert (lead.profile.score, lead.profile.contributions["eu"].points) == (0, 0)


@pytest.mark.parametrize("change", [upserted(), upserted(add_tags=("eu",)), recorded(), adjusted(5)])
def test_a_rule_that_holds_still_gives_nothing_again(change: Event) -> None:
    under = scoring(fits(10))
    lead = in_eu(a_lead(), under)

    outcome = fold(lead, change, under, NOW)

    assert outcome.lead.profile == lead.profile
    assert [entry for entry in outcome.changes if entry.dimension is Dimension.PROFILE] == []


def test_several_rules_move_the_score_in_one_entry() -> None:
    under = scoring(fits(10), fits(-3, HAS_MAIL, "mail"))
    lead = fold(
        a_lead(), upserted({"email": "a@example.com"}), scoring(*under.rules.rules, floor=None), NOW
    ).lead

    lead, entry = moved(
        lead, upserted({"email": None}, add_tags=("eu",)), scoring(*under.rules.rules, floor=None)
    )

    assert [(part.rule_id, part.points) for part in entry.parts] == [("eu", 10), ("mail", 3)]
    assert lead.profile.score == 10


@pytest.mark.parametrize(
    ("now", "parts"),
    [
        pytest.param([fits(15)], [("eu", 5)], id="worth more"),
        pytest.param([fits(10, enabled=False)], [("eu", -10)], id="disabled"),
        pytest.param([], [("eu", -10)], id="removed"),
        pytest.param([fits(10, HAS_MAIL)], [("eu", -10)], id="with another condition"),
    ],
)
def test_what_became_of_a_rule_meanwhile_is_seen_at_the_next_edit(
    now: list[Rule], parts: list[tuple[str, int]]
) -> None:
    lead = in_eu(a_lead(), scoring(fits(10)))

    _, entry = moved(lead, upserted(), scoring(*now))

    assert [(part.rule_id, part.points) for part in entry.parts] == parts


def test_points_by_hand_stay_whatever_rules_say() -> None:
    lead = fold(a_lead(), adjusted(7, Dimension.PROFILE), scoring(), NOW).lead

    outcome = fold(lead, upserted(), scoring(), NOW)

    assert (outcome.lead.profile.score, outcome.changes) == (7, ())


@pytest.mark.parametrize("change", [recorded(), adjusted(5), upserted()])
def test_who_a_lead_is_is_looked_at_when_it_is_first_heard_of(change: Event) -> None:
    under = scoring(a_rule(), fits(10, Asked("lead.company", Operator.MISSING), "nobody"))

    outcome = fold(new_lead("lead", under, NOW), change, under, NOW)

    last = outcome.changes[-1]
    assert (last.dimension, last.delta, last.cause.kind) == (Dimension.PROFILE, 10, CauseKind.PROFILE)
    assert [entry.dimension for entry in outcome.changes[:-1]] == [
        Dimension.ENGAGEMENT for _ in outcome.changes[:-1]
    ]


def test_what_the_floor_hides_is_told_and_given_back_unseen() -> None:
    under = scoring(fits(-10))

    outcome = fold(a_lead(), upserted(add_tags=("eu",)), under, NOW)
    back = fold(outcome.lead, upserted(remove_tags=("eu",)), under, NOW)

    for (entry,), points in ((outcome.changes, -10), (back.changes, 0)):
        assert entry.parts == (ScorePart("eu", "Eu", 0, Suppression.FLOOR),)
        lead = outcome.lead if points else back.lead
        assert (lead.profile.score, lead.profile.contributions["eu"].points) == (0, points)


def test_what_the_floor_hid_surfaces_when_the_floor_is_gone() -> None:
    hidden = in_eu(a_lead(), scoring(fits(-10)))

    outcome = fold(hidden, upserted({"name": "Ada"}), scoring(fits(-10), floor=None), NOW)

    (entry,) = outcome.told
    assert (entry.cause.kind, entry.delta) == (CauseKind.RULES_CHANGED, -10)
    assert entry.parts == (ScorePart(None, "Floor and ceiling", -10),)
    assert outcome.lead.profile.score == -10


@pytest.mark.parametrize("announce", Announce)
def test_what_surfaces_is_for_automations_to_hear_as_the_publication_has_it(announce: Announce) -> None:
    hidden, free = in_eu(a_lead(), scoring(fits(-10))), scoring(fits(-10), floor=None)
    free = replace(free, rules=replace(free.rules, announce=announce))

    outcome = fold(hidden, upserted({"name": "Ada"}), free, NOW)

    assert [entry.cause.announce for entry in outcome.told] == [announce]


def test_an_edit_of_the_levels_is_told_before_the_rules_move_the_score() -> None:
    """As with every move of points."""
    wanted = edited(table([Level("Bad", None, 9), Level("Fine", 10, None)]), Dimension.PROFILE)
    under = scoring(fits(10), profile=wanted)
    lead = a_lead(0, 5, scoring(profile=scoring().levels[Dimension.PROFILE]))

    outcome = fold(lead, upserted(add_tags=("eu",)), under, NOW)

    assert [(entry.cause.actor, entry.after.level) for entry in (*outcome.told, *outcome.changes)] == [
        (GRACE, "Bad"),
        (ADA, "Fine"),
    ]
    assert lead.profile.announced.level == TWO_LEVELS[0].name
