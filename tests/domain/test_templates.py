from __future__ import annotations

from collections import Counter

import pytest

from domain import bounds
from domain.levels import Level, table
from domain.rules import rule_problems
from domain.templates import TEMPLATES, Template
from tests.domain.builders import a_level_set, a_rule_set

OPENED = "EMAIL_OPENED"
AT_AN_OPEN_DAY = "PROSPECTUS_DOWNLOADED OPEN_DAY_BOOKED OPEN_DAY_ATTENDED"

every_template = pytest.mark.parametrize("template", TEMPLATES.values(), ids=list(TEMPLATES))
every_table = pytest.mark.parametrize(
    "levels",
    [
        pytest.param(levels, id=f"{template.name}-{dimension}")
        for template in TEMPLATES.values()
        for dimension, levels in (("engagement", template.engagement), ("profile", template.profile))
    ],
)


def rank_after(template: Template, *activities: str | None) -> int:
    """The rank of a new lead's level of engagement when it has done these things."""
    rule_set, score = a_rule_set(*template.rules), 0
    for activity in activities:
        (rule,) = rule_set.triggered_by(activity or "")
        score = rule_set.allowed(score, score + rule.points)
    level = a_level_set(template.engagement).level_of(score)
    assert level
    return level.rank


def test_five_industries_can_be_started_from() -> None:
    assert list(TEMPLATES)[:5] == ["b2b-saas", "e-commerce", "agency", "real-estate", "education"]


def test_a_template_is_found_by_its_own_name() -> None:
    assert [template.name for template in TEMPLATES.values()] == list(TEMPLATES)


@every_template
def test_a_template_says_what_it_is_and_for_whom(template: Template) -> None:
    assert template.title
    assert template.description.startswith("For ")


@every_template
def test_the_description_names_a_level_that_makes_a_lead_hot(template: Template) -> None:
    assert any(level.name in template.description for level in template.engagement[-2:])


@every_table
def test_a_table_is_one_that_a_workspace_may_have(levels: tuple[Level, ...]) -> None:
    assert len(levels) >= 3
    assert table(levels) == levels


@every_table
def test_a_table_leaves_no_score_without_a_level(levels: tuple[Level, ...]) -> None:
    assert a_level_set(levels).gaps == ()
    assert (levels[0].min, levels[-1].max) == (None, None)


@every_table
def test_every_level_says_what_to_do_about_a_lead(levels: tuple[Level, ...]) -> None:
    assert all(level.motion for level in levels)


@every_table
def test_every_level_has_a_colour_of_its_own(levels: tuple[Level, ...]) -> None:
    assert all(level.color for level in levels)
    assert len({level.color for level in levels}) == len(levels)


@every_template
def test_the_rules_are_within_bounds(template: Template) -> None:
    assert [problem for rule in template.rules for problem in rule_problems(rule)] == []
    assert 8 <= len(template.rules) <= 14


@every_template
def test_a_kind_of_activity_has_one_rule_in_a_template(template: Template) -> None:
    kinds = Counter(rule.activity for rule in template.rules)

    assert [kind for kind, count in kinds.items() if count > 1] == []


def test_a_rule_s_id_is_its_own_among_all_templates() -> None:
    ids = Counter(rule.id for template in TEMPLATES.values() for rule in template.rules)

    assert [rule_id for rule_id, count in ids.items() if count > 1] == []


@every_template
def test_a_rule_s_id_follows_from_its_template_and_activity(template: Template) -> None:
    ids = {rule.activity: rule.id for rule in template.rules}

    assert ids[OPENED] == f"{template.name}-email-opened"
    assert all(rule_id.startswith(f"{template.name}-") for rule_id in ids.values())


@every_template
def test_a_rule_s_name_tells_what_happened_and_why_it_counts(template: Template) -> None:
    assert [rule.name for rule in template.rules if rule.name.count(": ") != 1] == []


@every_template
def test_every_name_is_within_bounds(template: Template) -> None:
    levels = (level.name for level in (*template.engagement, *template.profile))
    rules = (rule.name for rule in template.rules)

    assert max(map(len, (template.name, template.title, *levels, *rules))) <= bounds.NAME


@every_template
def test_some_activities_cost_points_but_most_earn_them(template: Template) -> None:
    losses = sum(rule.points < 0 for rule in template.rules)

    assert 2 <= losses < len(template.rules) / 2


@every_template
def test_an_email_opened_earns_something_and_leaves_a_new_lead_in_the_lowest_level(
    template: Template,
) -> None:
    (opened,) = (rule for rule in template.rules if rule.activity == OPENED)

    assert opened.points > 0
    assert rank_after(template, OPENED) == 1


@every_template
def test_no_single_activity_makes_a_new_lead_of_the_highest_level(template: Template) -> None:
    assert max(rank_after(template, rule.activity) for rule in template.rules) < len(template.engagement)


@every_template
def test_the_three_strongest_activities_reach_the_second_highest_level_or_the_highest(
    template: Template,
) -> None:
    strongest = sorted(template.rules, key=lambda rule: -rule.points)[:3]

    assert rank_after(template, *(rule.activity for rule in strongest)) >= len(template.engagement) - 1


@pytest.mark.parametrize(
    ("name", "level", "activities"),
    [
        ("b2b-saas", "Hot", "TRIAL_STARTED INTEGRATION_CONNECTED SEAT_ADDED"),
        ("b2b-saas", "Hot", "PRICING_PAGE_VISITED INTEGRATION_DOCS_READ DEMO_REQUESTED"),
        ("e-commerce", "Buying", "PRODUCT_VIEWED PRODUCT_VIEWED WISHLIST_ADDED CART_ADDED CHECKOUT_STARTED"),
        ("e-commerce", "Buying", "ORDER_PLACED"),
        ("e-commerce", "Loyal", "ORDER_PLACED ORDER_REPEATED"),
        ("agency", "Hot", "RATE_CARD_REQUESTED BRIEF_SUBMITTED"),
        ("agency", "Hot", "AUDIT_REQUESTED CASE_STUDY_READ DISCOVERY_CALL_BOOKED"),
        ("real-estate", "Serious", "SEARCH_ALERT_CREATED LISTING_SAVED MORTGAGE_CALCULATED VIEWING_BOOKED"),
        ("real-estate", "Ready to Buy", "MORTGAGE_APPROVED VIEWING_BOOKED SECOND_VIEWING_BOOKED"),
        ("education", "Likely to Apply", AT_AN_OPEN_DAY),
        ("education", "Likely to Enrol", f"{AT_AN_OPEN_DAY} APPLICATION_STARTED APPLICATION_SUBMITTED"),
    ],
)
def test_a_description_keeps_its_word(name: str, level: str, activities: str) -> None:
    template = TEMPLATES[name]

    assert level in template.description
    assert template.engagement[rank_after(template, *activities.split()) - 1].name == level
