"""Where a field's value is found, and when it is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from domain.conditions import Facts, Operator, holds
from domain.levels import Dimension
from tests.domain.builders import a_lead
from tests.domain.conditions.builders import check, facts, with_attributes

FULL = replace(
    a_lead(30, -4),
    email="ada@example.com",
    name="Ada",
    company="Engines",
    external_id="crm-1",
    tags=("vip", "beta"),
    attributes={"plan": "pro", "size": {"seats": 12}},
)
FACTS = facts({"url": "/pricing"}, FULL, engagement="Warm", profile="Poor")
BARE = Facts(a_lead(), None, {})

DOTS: list[tuple[Mapping[str, Any], str, object]] = [
    ({"a": 1}, "a", 1),
    ({"a": {"b": 1}}, "a.b", 1),
    ({"a": {"b": {"c": 1}}}, "a.b.c", 1),
    ({"a.b": 1}, "a.b", 1),
    ({"a.b": 1, "a": {"b": 2}}, "a.b", 1),
    ({"a": {"b": 2}, "a.b": 1}, "a.b", 1),
    ({"a.b": {"c": 1}, "a": {"b.c": 2}}, "a.b.c", 1),
    ({"a.b": {"x": 1}, "a": {"b.c": 2}}, "a.b.c", 2),
    ({"a": {"b.c": 1}}, "a.b.c", 1),
    ({"a.b": None, "a": {"b": 2}}, "a.b", 2),
    ({"a.b": 5, "a": {"b": {"c": 2}}}, "a.b.c", 2),
    ({"a.": {"b": 1}}, "a..b", 1),
    ({"a": {".b": 1}}, "a..b", 1),
    ({".": 1}, ".", 1),
    ({"a": {"1": 5}}, "a.1", 5),
    ({"kind": 5}, "kind", 5),
]
NOT_THERE: list[tuple[Mapping[str, Any], str]] = [
    ({}, "a"),
    ({"a": None}, "a"),
    ({"A": 1}, "a"),
    ({"a": 1}, "a.b"),
    ({"a": "text"}, "a.0"),
    ({"a": [1, 2]}, "a.0"),
    ({"a": [{"b": 1}]}, "a.b"),
    ({"a": {"b": None}}, "a.b"),
    ({"ab": 1}, "a"),
    ({"a": {"b": 1}}, "a."),
    ({"a": {"b": 1}}, "b"),
]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("activity.url", "/pricing"),
        ("lead.email", "ada@example.com"),
        ("lead.name", "Ada"),
        ("lead.company", "Engines"),
        ("lead.externalId", "crm-1"),
        ("lead.attributes.plan", "pro"),
        ("lead.attributes.size.seats", 12),
        ("lead.engagement.score", 30),
        ("lead.profile.score", -4),
        ("lead.engagement.level", "Warm"),
        ("lead.profile.level", "Poor"),
    ],
)
def test_a_field_has_its_value(field: str, value: object) -> None:
    assert holds(check(field, Operator.EQUALS, value), FACTS)


def test_the_tags_are_a_list() -> None:
    assert holds(check("lead.tags", Operator.CONTAINS, "beta"), FACTS)
    assert not holds(check("lead.tags", Operator.CONTAINS, "bet"), FACTS)


@pytest.mark.parametrize(
    "field",
    [
        "activity.url",
        "lead.email",
        "lead.name",
        "lead.company",
        "lead.externalId",
        "lead.tags",
        "lead.attributes.plan",
        "lead.engagement.level",
        "lead.profile.level",
    ],
)
def test_what_a_lead_does_not_have_is_missing(field: str) -> None:
    assert holds(check(field, Operator.EXISTS), FACTS)
    assert holds(check(field, Operator.MISSING), BARE)


@pytest.mark.parametrize("dimension", Dimension)
def test_a_score_is_always_there_and_a_level_only_where_the_score_has_one(dimension: Dimension) -> None:
    name = dimension.value.lower()
    unclassified = Facts(a_lead(), None, {dimension: None})

    assert holds(check(f"lead.{name}.score", Operator.EQUALS, 0), unclassified)
    assert holds(check(f"lead.{name}.level", Operator.MISSING), unclassified)


@pytest.mark.parametrize(("value", "name", "found"), DOTS)
def test_a_dot_goes_into_an_object_unless_a_name_has_it_and_the_longest_name_is_tried_first(
    value: Mapping[str, Any], name: str, found: object
) -> None:
    assert holds(check(f"activity.{name}", Operator.EQUALS, found), facts(value))
    assert holds(check(f"lead.attributes.{name}", Operator.EQUALS, found), with_attributes(**value))


@pytest.mark.parametrize(("value", "name"), NOT_THERE)
def test_what_stands_elsewhere_or_is_null_is_missing(value: Mapping[str, Any], name: str) -> None:
    assert holds(check(f"activity.{name}", Operator.MISSING), facts(value))
    assert holds(check(f"lead.attributes.{name}", Operator.MISSING), with_attributes(**value))


@pytest.mark.parametrize(
    "field", ["", "lead", "lead.Email", "Lead.email", "activity", "activity.", "score", "."]
)
def test_a_field_that_there_is_not_is_missing(field: str) -> None:
    assert holds(check(field, Operator.MISSING), FACTS)
    assert not holds(check(field, Operator.EXISTS), FACTS)


def test_the_longest_path_in_the_most_hostile_object_is_soon_found_missing() -> None:
    def hostile(depth: int) -> dict[str, Any]:
        names = (".".join(["a"] * size) for size in range(1, 6))
        return {name: hostile(depth - 1) if depth > 1 and len(name) < 8 else {} for name in names}

    path = ".".join(["a"] * 480) + ".b"

    assert holds(check(f"activity.{path}", Operator.MISSING), facts(hostile(6)))
