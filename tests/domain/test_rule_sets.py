"""Rule sets: drafted, published, repeated, and between which ends they keep a score."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import Fault, InvalidInput
from domain.rules import Inactivity, RuleSet, RuleSetState
from tests.domain.builders import ADA, CREATED, KIND, NOW, a_rule, a_rule_set
from tests.domain.test_rules import BOB, CLICK, FITS, OPEN, RULES, found


def test_a_published_set_opens_a_draft_that_is_based_on_it() -> None:
    published = a_rule_set(CLICK, version=3, floor=-10, ceiling=100).published(ADA, CREATED, "First")

    draft = published.drafted(4, RULES, BOB, NOW)

    assert draft == RuleSet(4, RuleSetState.DRAFT, RULES, NOW, BOB, based_on=3, floor=-10, ceiling=100)
    assert (published.version, published.rules) == (3, (CLICK,))


def test_the_first_draft_of_a_workspace_is_based_on_nothing() -> None:
    draft = a_rule_set(version=0).drafted(1, (CLICK,), BOB, NOW)

    assert (draft.version, draft.based_on) == (1, None)


def test_an_edited_draft_takes_a_new_number_and_remembers_who_opened_it() -> None:
    draft = a_rule_set(CLICK, version=3).drafted(4, (CLICK, OPEN), BOB, NOW)

    edited = draft.drafted(5, RULES, ADA, NOW + timedelta(hours=1))

    assert edited == replace(draft, version=5, rules=RULES)
    assert (edited.state, edited.based_on, edited.created_by) == (RuleSetState.DRAFT, 3, BOB)


def test_an_edited_draft_scores_by_its_new_rules() -> None:
    edited = a_rule_set(CLICK, state=RuleSetState.DRAFT).drafted(2, (OPEN,), ADA, NOW)

    assert edited.triggered_by("EMAIL_OPENED") == (OPEN,)
    assert edited.triggered_by(KIND) == ()


def test_a_draft_is_published_under_its_number_with_who_when_and_why() -> None:
    draft = a_rule_set(*RULES, version=4, state=RuleSetState.DRAFT, floor=None, ceiling=50)

    published = draft.published(BOB, NOW, "Spring")

    assert published == replace(
        draft, state=RuleSetState.PUBLISHED, comment="Spring", published_at=NOW, published_by=BOB
    )
    assert draft.state is RuleSetState.DRAFT


@pytest.mark.parametrize("comment", [None, "c" * 1_000])
def test_a_set_is_published_with_a_comment_of_at_most_1_000_characters(comment: str | None) -> None:
    assert a_rule_set().published(ADA, NOW, comment).comment == comment


@pytest.mark.parametrize(("comment", "fault"), [("c" * 1_001, Fault.TOO_LONG), ("", Fault.EMPTY)])
def test_a_comment_out_of_bounds_publishes_nothing(comment: str, fault: Fault) -> None:
    draft = a_rule_set(state=RuleSetState.DRAFT)
    with pytest.raises(InvalidInput) as refusal:
        draft.published(ADA, NOW, comment)

    assert found(refusal) == [(("comment",), fault)]
    assert (draft.state, draft.published_at) == (RuleSetState.DRAFT, None)


def test_an_activity_sets_off_the_rules_of_its_kind_in_the_set_s_order() -> None:
    again = a_rule(5, "again")

    assert a_rule_set(CLICK, OPEN, again).triggered_by(KIND) == (CLICK, again)


def test_a_rule_is_found_by_its_id() -> None:
    assert a_rule_set(*RULES).rule("open") == OPEN
    assert a_rule_set(*RULES).rule("nobody") is None


def test_a_set_has_floor_0_and_no_ceiling_unless_it_says_otherwise() -> None:
    rules = RuleSet(1, RuleSetState.DRAFT, (), CREATED, ADA)

    assert (rules.floor, rules.ceiling) == (0, None)


@pytest.mark.parametrize(
    ("before", "wanted", "allowed"),
    [
        pytest.param(50, 0, 0, id="at the floor"),
        pytest.param(50, -1, 0, id="under the floor"),
        pytest.param(50, 100, 100, id="at the ceiling"),
        pytest.param(50, 101, 100, id="over the ceiling"),
        pytest.param(50, 60, 60, id="between"),
        pytest.param(-20, -30, -20, id="under, moved further"),
        pytest.param(-20, -20, -20, id="under, not moved"),
        pytest.param(-20, -5, -5, id="under, moved back, not pulled in"),
        pytest.param(-20, 120, 100, id="under, moved across"),
        pytest.param(120, 130, 120, id="over, moved further"),
        pytest.param(120, 120, 120, id="over, not moved"),
        pytest.param(120, 105, 105, id="over, moved back, not pulled in"),
        pytest.param(120, -5, 0, id="over, moved across"),
    ],
)
def test_a_score_is_held_between_floor_and_ceiling(before: int, wanted: int, allowed: int) -> None:
    assert a_rule_set(floor=0, ceiling=100).allowed(before, wanted) == allowed


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [
        (-2_000_000_001, -2_000_000_000),
        (-2_000_000_000, -2_000_000_000),
        (2_000_000_000, 2_000_000_000),
        (2_000_000_001, 2_000_000_000),
    ],
)
def test_without_floor_and_ceiling_a_score_ends_at_two_thousand_million(wanted: int, allowed: int) -> None:
    assert a_rule_set(floor=None, ceiling=None).allowed(0, wanted) == allowed


def test_a_set_knows_its_rules_of_the_profile() -> None:
    rules = a_rule_set(CLICK, FITS)

    assert (rules.of_profile, rules.triggered_by(KIND)) == ((FITS,), (CLICK,))


@pytest.mark.parametrize(("floor", "ceiling"), [(0, 1), (None, None), (-2_000_000_000, 2_000_000_000)])
def test_scores_may_end_where_a_new_lead_is_between(floor: int | None, ceiling: int | None) -> None:
    limited = a_rule_set(CLICK).within(floor, ceiling)

    assert limited == replace(a_rule_set(CLICK), floor=floor, ceiling=ceiling)


@pytest.mark.parametrize(
    ("floor", "ceiling", "wrong"),
    [
        (1, None, [("floor",)]),
        (0, 0, [("ceiling",)]),
        (-2_000_000_001, 2_000_000_001, [("floor",), ("ceiling",)]),
    ],
)
def test_ends_that_a_new_lead_would_be_beyond_are_refused(
    floor: int, ceiling: int | None, wrong: list[tuple[str, ...]]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        a_rule_set().within(floor, ceiling)

    assert [problem.path for problem in refusal.value.problems] == wrong


def test_a_set_repeated_is_a_new_published_one_with_the_same_content() -> None:
    old = replace(a_rule_set(CLICK, floor=-5), version=3, state=RuleSetState.RETIRED)

    again = old.repeated(7, BOB, NOW).published(BOB, NOW, "Back")

    assert (again.version, again.state, again.based_on) == (7, RuleSetState.PUBLISHED, 3)
    assert (again.rules, again.floor, again.ceiling) == (old.rules, old.floor, old.ceiling)
    assert (again.created_by, again.created_at) == (again.published_by, again.published_at) == (BOB, NOW)
    assert again.comment == "Back"


def test_what_inactivity_costs_is_in_force_since_it_was_published_first() -> None:
    policy = Inactivity(30, 7, points=5)
    first = replace(a_rule_set(), inactivity=policy, published_at=CREATED).following(a_rule_set())
    second = replace(a_rule_set(CLICK), inactivity=policy, published_at=NOW).following(first)
    third = replace(a_rule_set(), inactivity=Inactivity(9, 9, points=5), published_at=NOW).following(second)

    assert [each.idle_since for each in (first, second, third)] == [CREATED, CREATED, NOW]
