from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.actors import Actor, ActorKind
from domain.conditions import Operator
from domain.conditions import Test as Asked
from domain.errors import Fault, InvalidInput, NotFound, Problem
from domain.levels import Dimension
from domain.rules import (
    Limit,
    Period,
    Rule,
    RuleSet,
    RuleSetState,
    with_changed_rule,
    with_rule,
    without_rule,
)
from tests.domain.builders import ADA, CREATED, KIND, NOW, a_rule, a_rule_set

BOB = Actor(ActorKind.USER, "Bob")
CLICK = a_rule(rule_id="click")
OPEN = a_rule(rule_id="open", activity="EMAIL_OPENED", name="Open")
FORM = a_rule(rule_id="form", activity="FORM_SUBMITTED", name="Form")
RULES = (CLICK, OPEN, FORM)

UNKNOWN = Asked("lead.size", Operator.EXISTS)
OF_ACTIVITY = Asked("activity.plan", Operator.EXISTS)
FITS = replace(
    a_rule(rule_id="fits"),
    activity=None,
    dimension=Dimension.PROFILE,
    condition=Asked("lead.email", Operator.EXISTS),
)

OUT_OF_BOUNDS = [
    pytest.param(replace(OPEN, name="n" * 201), ("name", Fault.TOO_LONG), id="name too long"),
    pytest.param(replace(OPEN, name=" "), ("name", Fault.EMPTY), id="name blank"),
    pytest.param(replace(OPEN, activity="A" * 65), ("activity", Fault.TOO_LONG), id="kind too long"),
    pytest.param(replace(OPEN, activity=""), ("activity", Fault.EMPTY), id="no kind"),
    pytest.param(replace(OPEN, activity="Opened"), ("activity", Fault.NOT_UPPER_SNAKE), id="kind's form"),
    pytest.param(replace(OPEN, points=0), ("points", Fault.ZERO), id="no points"),
    pytest.param(replace(OPEN, points=1_000_001), ("points", Fault.OUT_OF_RANGE), id="too many points"),
    pytest.param(replace(OPEN, points=-1_000_001), ("points", Fault.OUT_OF_RANGE), id="too few points"),
    pytest.param(replace(OPEN, activity=None), ("activity", Fault.EMPTY), id="no kind at all"),
    pytest.param(
        replace(OPEN, limit=Limit(0, Period.DAY)), ("limit.times", Fault.OUT_OF_RANGE), id="no times"
    ),
    pytest.param(
        replace(OPEN, limit=Limit(10_001, Period.EVER)),
        ("limit.times", Fault.OUT_OF_RANGE),
        id="too many times",
    ),
    pytest.param(replace(OPEN, max_points=9), ("maxPoints", Fault.OUT_OF_RANGE), id="less than it pays"),
    pytest.param(
        replace(OPEN, points=-10, max_points=9), ("maxPoints", Fault.OUT_OF_RANGE), id="less than it takes"
    ),
    pytest.param(
        replace(OPEN, max_points=2_000_000_001),
        ("maxPoints", Fault.OUT_OF_RANGE),
        id="more than a score can be",
    ),
    pytest.param(
        replace(OPEN, condition=UNKNOWN), ("condition.test.field", Fault.UNKNOWN_FIELD), id="condition"
    ),
    pytest.param(
        replace(FITS, activity="A"), ("activity", Fault.OF_ENGAGEMENT), id="profile with an activity"
    ),
    pytest.param(
        replace(FITS, limit=Limit(1, Period.DAY)), ("limit", Fault.OF_ENGAGEMENT), id="profile with a limit"
    ),
    pytest.param(
        replace(FITS, max_points=20), ("maxPoints", Fault.OF_ENGAGEMENT), id="profile with max points"
    ),
    pytest.param(replace(FITS, condition=None), ("condition", Fault.EMPTY), id="profile without a condition"),
    pytest.param(
        replace(FITS, condition=OF_ACTIVITY),
        ("condition.test.field", Fault.NOT_IN_PROFILE),
        id="profile of activities",
    ),
]


def many(count: int) -> tuple[Rule, ...]:
    return tuple(a_rule(rule_id=f"r{at}") for at in range(count))


def found(refusal: pytest.ExceptionInfo[InvalidInput]) -> list[tuple[tuple[str, ...], Fault]]:
    return [(problem.path, problem.fault) for problem in refusal.value.problems]


def test_a_rule_is_added_at_the_end() -> None:
    assert with_rule((CLICK, OPEN), FORM) == RULES


def test_a_rule_pays_engagement_and_is_enabled_unless_it_says_otherwise() -> None:
    rule = Rule("open", "Open", "EMAIL_OPENED", 10)

    assert (rule.is_enabled, rule.dimension) == (True, Dimension.ENGAGEMENT)


def test_a_rule_keeps_its_name_without_the_blanks_around_it() -> None:
    (added,) = with_rule((), replace(OPEN, name=" Open\n"))
    (changed,) = with_changed_rule((OPEN,), replace(OPEN, name="\tOpened "))

    assert (added.name, changed.name) == ("Open", "Opened")


@pytest.mark.parametrize("points", [-1_000_000, -1, 1, 1_000_000])
def test_a_rule_at_its_bounds_is_added_and_changed(points: int) -> None:
    rule = a_rule(points, "open", "A" * 64, "n" * 200)

    assert with_rule((CLICK,), rule) == (CLICK, rule)
    assert with_changed_rule((CLICK, OPEN), rule) == (CLICK, rule)


@pytest.mark.parametrize(("rule", "problem"), OUT_OF_BOUNDS)
def test_a_rule_out_of_bounds_is_not_added(rule: Rule, problem: tuple[str, Fault]) -> None:
    field, fault = problem
    with pytest.raises(InvalidInput) as refusal:
        with_rule((), rule)

    assert found(refusal) == [(("rule", *field.split(".")), fault)]


@pytest.mark.parametrize(("rule", "problem"), OUT_OF_BOUNDS)
def test_a_rule_is_not_changed_out_of_bounds(rule: Rule, problem: tuple[str, Fault]) -> None:
    field, fault = problem
    with pytest.raises(InvalidInput) as refusal:
        with_changed_rule((*RULES, FITS), rule)

    assert found(refusal) == [(("rule", *field.split(".")), fault)]


def test_a_refused_rule_tells_everything_that_is_wrong() -> None:
    with pytest.raises(InvalidInput) as refusal:
        with_rule(many(200), a_rule(0, activity="clicked", name=""))

    assert found(refusal) == [
        (("rule", "name"), Fault.EMPTY),
        (("rule", "activity"), Fault.NOT_UPPER_SNAKE),
        (("rule", "points"), Fault.ZERO),
        (("rule",), Fault.TOO_MANY),
    ]


@pytest.mark.parametrize("count", [198, 199])
def test_a_set_has_at_most_200_rules(count: int) -> None:
    assert len(with_rule(many(count), OPEN)) == count + 1


def test_a_201st_rule_is_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        with_rule(many(200), OPEN)

    assert refusal.value.problems == (Problem(("rule",), Fault.TOO_MANY, 200, 201),)


def test_a_rule_of_a_full_set_can_still_be_changed() -> None:
    changed = with_changed_rule(many(200), a_rule(99, "r7"))

    assert [rule.points for rule in changed if rule.id == "r7"] == [99]
    assert len(changed) == 200


def test_a_changed_rule_keeps_its_place() -> None:
    changed = replace(OPEN, points=-3, is_enabled=False)

    assert with_changed_rule(RULES, changed) == (CLICK, changed, FORM)


def test_an_unknown_rule_is_not_changed_however_faulty() -> None:
    with pytest.raises(NotFound) as refusal:
        with_changed_rule(RULES, a_rule(0, "nobody"))

    assert (refusal.value.kind, refusal.value.name) == ("Rule", "nobody")


def test_a_removed_rule_is_gone_and_the_others_keep_their_order() -> None:
    assert without_rule(RULES, "open") == (CLICK, FORM)


def test_an_unknown_rule_is_not_removed() -> None:
    with pytest.raises(NotFound) as refusal:
        without_rule(RULES, "nobody")

    assert (refusal.value.kind, refusal.value.name) == ("Rule", "nobody")


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


def test_a_rule_at_the_bounds_of_its_limits_is_added() -> None:
    for rule in (
        replace(OPEN, limit=Limit(1, Period.DAY), max_points=10),
        replace(OPEN, limit=Limit(10_000, Period.EVER), max_points=2_000_000_000, points=-1),
        FITS,
    ):
        assert with_rule((), rule) == (rule,)


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

    again = old.repeated(7, BOB, NOW, "Back")

    assert (again.version, again.state, again.based_on) == (7, RuleSetState.PUBLISHED, 3)
    assert (again.rules, again.floor, again.ceiling) == (old.rules, old.floor, old.ceiling)
    assert (again.created_by, again.created_at) == (again.published_by, again.published_at) == (BOB, NOW)
    assert again.comment == "Back"
