from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.changes import AdjustScore, Change, RecordActivity
from domain.contributions import Contribution
from domain.errors import Fault, InvalidInput
from domain.history import Adjustment, Cause, CauseKind, ScoreChange, ScorePart, Suppression
from domain.leads import Lead, LeadFields, Position, Standing
from domain.levels import Dimension
from domain.scoring import Outcome, fold, new_lead
from tests.domain.builders import (
    ADA,
    CREATED,
    NOW,
    a_lead,
    a_level_set,
    a_rule,
    adjusted,
    an_activity,
    moved,
    recorded,
    scoring,
    upserted,
)

HOUR = timedelta(hours=1)


def test_a_new_lead_stands_at_0_in_the_levels_of_the_day() -> None:
    lead = new_lead("lead", scoring(), NOW)

    assert lead == Lead(
        "lead",
        engagement=Standing(Position(0, "Cold", 1), since=NOW),
        profile=Standing(Position(0, "Poor", 4), since=NOW),
        created_at=NOW,
        updated_at=NOW,
        settled_at=NOW,
        version=0,
    )


def test_a_new_lead_is_unclassified_where_0_lies_in_no_level() -> None:
    lead = new_lead("lead", scoring(engagement=a_level_set((), 0)), NOW)

    assert lead.engagement.announced == Position(0, None, 0)


def test_an_activity_pays_by_every_rule_of_its_kind() -> None:
    rules = (a_rule(10, "a", name="A"), a_rule(99, "b", "EMAIL_OPENED"), a_rule(-3, "c", name="C"))

    lead, entry = moved(a_lead(20), recorded(), scoring(*rules))

    assert entry.parts == (ScorePart("a", "A", 10), ScorePart("c", "C", -3))
    assert (entry.delta, lead.engagement.score, lead.updated_at) == (7, 27, NOW)


def test_an_activity_s_entry_says_all_that_there_is_to_say() -> None:
    lead, entry = moved(a_lead(20), recorded(), scoring(a_rule(10)))

    assert entry == ScoreChange(
        "lead",
        Dimension.ENGAGEMENT,
        version=2,
        before=Position(20, "Cold", 1),
        after=Position(30, "Warm", 1),
        cause=Cause(CauseKind.ACTIVITY, ADA, NOW, activity_id="activity"),
        parts=(ScorePart("click", "Click", 10),),
        rule_set=1,
    )
    assert lead.engagement.announced == entry.after


def test_an_activity_moves_engagement_only() -> None:
    before = a_lead(20, 5)

    lead, _ = moved(before, recorded(), scoring(a_rule(10)))

    assert lead.profile == before.profile


def test_an_activity_of_a_kind_without_rules_is_kept_and_moves_nothing() -> None:
    change = recorded("PAGE_SEEN")

    outcome = fold(a_lead(20), change, scoring(a_rule(10)), NOW)

    expected = replace(a_lead(20), version=2, last_activity_at=NOW, updated_at=NOW, settled_at=NOW)
    assert outcome == Outcome(expected, scoring(a_rule(10)), (), change.activity)


def test_an_outcome_carries_the_activity_and_what_it_was_scored_under() -> None:
    activity, under = an_activity(properties={"url": "/"}, key="k"), scoring(a_rule())

    outcome = fold(a_lead(), RecordActivity(ADA, activity), under, NOW)

    assert (outcome.activity, outcome.scoring) == (activity, under)
    assert (outcome.created, outcome.duplicate) == (False, False)


def test_a_disabled_rule_gives_nothing_and_says_why() -> None:
    lead, entry = moved(a_lead(20), recorded(), scoring(a_rule(10, enabled=False)))

    assert entry.parts == (ScorePart("click", "Click", 0, Suppression.RULE_DISABLED),)
    assert (entry.delta, lead.engagement) == (0, a_lead(20).engagement)


def test_a_disabled_rule_does_not_hinder_the_others() -> None:
    lead, entry = moved(a_lead(20), recorded(), scoring(a_rule(10, "a", enabled=False), a_rule(5, "b")))

    assert [part.suppressed for part in entry.parts] == [Suppression.RULE_DISABLED, None]
    assert lead.engagement.score == 25


@pytest.mark.parametrize("points", [10, -10])
def test_a_disabled_rule_stays_so_at_the_floor_and_at_the_ceiling(points: int) -> None:
    rules = (a_rule(points, "a"), a_rule(points, "b", enabled=False))

    _, entry = moved(a_lead(), recorded(), scoring(*rules, floor=0, ceiling=0))

    held = Suppression.CEILING if points > 0 else Suppression.FLOOR
    assert [(part.points, part.suppressed) for part in entry.parts] == [
        (0, held),
        (0, Suppression.RULE_DISABLED),
    ]


@pytest.mark.parametrize(
    ("dimension", "before", "after"),
    [
        (Dimension.ENGAGEMENT, Position(20, "Cold", 1), Position(28, "Warm", 1)),
        (Dimension.PROFILE, Position(5, "Poor", 4), Position(13, "Good", 4)),
    ],
)
def test_an_adjustment_moves_the_dimension_it_names(
    dimension: Dimension, before: Position, after: Position
) -> None:
    lead, entry = moved(a_lead(20, 5), adjusted(8, dimension), scoring())

    assert (entry.dimension, entry.before, entry.after) == (dimension, before, after)
    assert [each for each in Dimension if lead.standing(each) != a_lead(20, 5).standing(each)] == [dimension]


def test_an_adjustment_s_entry_carries_reason_and_key() -> None:
    change = AdjustScore(ADA, Dimension.ENGAGEMENT, 8, "Met at the fair", "k-1")

    _, entry = moved(a_lead(), change, scoring())

    assert entry.cause == Cause(
        CauseKind.ADJUSTMENT, ADA, NOW, "Met at the fair", "k-1", adjusted=Adjustment(8)
    )
    assert entry.parts == (ScorePart(None, "Adjustments", 8),)


def test_an_adjustment_is_no_activity() -> None:
    outcome = fold(a_lead(), adjusted(8), scoring(), NOW)

    assert (outcome.activity, outcome.lead.last_activity_at) == (None, None)
    assert outcome.lead.updated_at == NOW


def test_contributions_say_what_each_source_gave_and_how_often() -> None:
    under = scoring(a_rule(10, "a", name="A"), a_rule(5, "b", name="B"), ceiling=27)
    lead, _ = moved(a_lead(2), recorded(), under)
    lead, _ = moved(lead, recorded(), under)
    lead, _ = moved(lead, adjusted(-7), under)

    assert lead.engagement.contributions == {
        "adjustments": Contribution("Adjustments", -5, 2),
        "a": Contribution("A", 20, 2),
        "b": Contribution("B", 5, 1),
    }


def test_a_source_that_gave_nothing_contributes_nothing() -> None:
    lead, _ = moved(a_lead(), recorded(), scoring(a_rule(-10)))

    assert lead.engagement.contributions == {}


def test_a_contribution_goes_by_the_rule_s_newest_name() -> None:
    lead, _ = moved(a_lead(), recorded(), scoring(a_rule(10, name="Old")))
    lead, _ = moved(lead, recorded(), scoring(a_rule(1, name="New")))

    assert lead.engagement.contributions == {"click": Contribution("New", 11, 2)}


@pytest.mark.parametrize(
    "change", [recorded(), recorded("PAGE_SEEN"), adjusted(1), upserted(add_tags=("vip",))]
)
def test_every_change_raises_the_version_by_one(change: Change) -> None:
    outcome = fold(a_lead(), change, scoring(a_rule()), NOW)

    assert outcome.lead.version == 2
    assert all(entry.version == 2 for entry in outcome.changes)


@pytest.mark.parametrize("kind", ["LINK_CLICKED", "PAGE_SEEN"])
def test_the_last_activity_is_the_one_that_happened_last(kind: str) -> None:
    under = scoring(a_rule())
    seen = []
    lead = a_lead()
    for occurred_at in (NOW - 2 * HOUR, NOW, NOW - HOUR):
        lead = fold(lead, recorded(kind, occurred_at), under, NOW).lead
        seen.append(lead.last_activity_at)

    assert seen == [NOW - 2 * HOUR, NOW, NOW]


@pytest.mark.parametrize("change", [recorded(), adjusted(1), upserted(add_tags=("vip",))])
def test_a_change_leaves_the_lead_it_was_given_as_it_was(change: Change) -> None:
    lead = replace(a_lead(20, 5), attributes={"plan": "pro"}, tags=("eu",))
    before = copy.deepcopy(lead)

    fold(lead, change, scoring(a_rule()), NOW)

    assert lead == before


def test_an_upsert_edits_the_lead_and_moves_nothing() -> None:
    lead = replace(a_lead(20, 5), name="Ada", attributes={"plan": "free"})

    outcome = fold(lead, upserted(LeadFields(name="Ada L."), {"plan": "pro"}), scoring(a_rule()), NOW)

    expected = replace(
        lead, name="Ada L.", attributes={"plan": "pro"}, updated_at=NOW, settled_at=NOW, version=2
    )
    assert outcome == Outcome(expected, scoring(a_rule()))


def test_an_upsert_without_effect_returns_the_same_lead() -> None:
    lead = replace(a_lead(20), name="Ada", attributes={"plan": "pro"}, tags=("vip",))

    outcome = fold(
        lead, upserted(LeadFields(name="Ada"), {"plan": "pro", "no": None}, ("vip",), ("eu",)), scoring(), NOW
    )

    assert outcome.lead is lead
    assert outcome.changes == ()


def test_an_upsert_of_a_lead_nobody_has_heard_of_makes_it_known() -> None:
    outcome = fold(new_lead("lead", scoring(), CREATED), upserted(), scoring(), NOW)

    assert (outcome.lead.version, outcome.lead.updated_at) == (1, NOW)


@pytest.mark.parametrize(("had", "given"), [(1, True), (True, 1), (0, False), ({"a": [0]}, {"a": [False]})])
def test_a_number_and_a_truth_are_different_attributes(had: object, given: object) -> None:
    lead = replace(a_lead(), attributes={"vip": had})

    outcome = fold(lead, upserted(attributes={"vip": given}), scoring(), NOW)

    assert (repr(outcome.lead.attributes["vip"]), outcome.lead.version) == (repr(given), 2)


def test_a_refused_upsert_leaves_the_lead_as_it_was() -> None:
    lead = replace(a_lead(), tags=tuple(f"t{at}" for at in range(100)))
    before = copy.deepcopy(lead)
    with pytest.raises(InvalidInput) as refusal:
        fold(lead, upserted(LeadFields(name="Ada"), add_tags=("one more",)), scoring(), NOW)

    assert [problem.fault for problem in refusal.value.problems] == [Fault.TOO_MANY]
    assert lead == before


def test_a_lead_s_entries_sort_by_version() -> None:
    _, entry = moved(a_lead(), adjusted(1), scoring())
    versions = (1, 2, 10, 9_999_999_999)

    ids = [replace(entry, version=version).id for version in versions]

    assert ids == sorted(ids)
    assert ids[0] == "lead.0000000001"
