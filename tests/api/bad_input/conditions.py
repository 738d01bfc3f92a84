"""Conditions that are too large, or make no sense: where in them the fault lies, and why."""

from __future__ import annotations

from tests.api.bad_input.inputs import Case, rule
from tests.api.calls import Json
from tests.api.scenes import check


def deep(levels: int) -> Json:
    """A condition nested so deep, where a test alone is 1."""
    return {"not": deep(levels - 1)} if levels > 1 else check("lead.email", "EXISTS")


KNOWN = check("lead.email", "EXISTS")
FAULTS: list[tuple[Json, list[str], str]] = [
    (deep(6), ["not"] * 5, "may be nested at most 5 levels deep"),
    ({"all": [KNOWN, deep(5)]}, ["all", "1", *["not"] * 4], "may be nested at most 5 levels deep"),
    ({"all": [KNOWN] * 51}, [], "may have at most 50 tests in all; it has 51"),
    ({"any": [{"all": [KNOWN] * 25}, {"any": [KNOWN] * 26}]}, [], "at most 50 tests in all; it has 51"),
    ({"all": []}, ["all"], "must not be empty"),
    ({"any": []}, ["any"], "must not be empty"),
    ({"all": [KNOWN, {"not": {"any": []}}]}, ["all", "1", "not", "any"], "must not be empty"),
    (check("", "EXISTS"), ["test", "field"], "must not be empty"),
    (check("activity." + "x" * 992, "EXISTS"), ["test", "field"], "at most 1,000 characters; it has 1,001"),
    (check("lead.size", "EXISTS"), ["test", "field"], "names 'lead.size', but there is no such field; there are lead.email"),
    (check("activity.", "EXISTS"), ["test", "field"], "there is no such field"),
    (check("Lead.email", "EXISTS"), ["test", "field"], "there is no such field"),
    (check("lead.email", "EQUALS", "x" * 1_001), ["test", "value"], "at most 1,000 characters; it has 1,001"),
    (check("activity.a", "MATCHES", "x" * 1_001), ["test", "value"], "at most 1,000 characters; it has 1,001"),
    (check("activity.a", "IN", ["x", "x" * 1_001]), ["test", "value", "1"], "at most 1,000 characters"),
    (check("activity.a", "IN", list(range(101))), ["test", "value"], "at most 100 items; it has 101"),
    (check("activity.a", "NOT_IN", ["x"] * 101), ["test", "value"], "at most 100 items; it has 101"),
    (check("activity.a", "IN", []), ["test", "value"], "must not be empty"),
    (check("activity.a", "IN", "x"), ["test", "value"], "must be a list; it is a text"),
    (check("activity.a", "IN", ["x", None]), ["test", "value", "1"], "a text or a number or a boolean; it is null"),
    (check("activity.a", "EQUALS"), ["test", "value"], "a text or a number or a boolean; it is null"),
    (check("activity.a", "EQUALS", [1]), ["test", "value"], "a text or a number or a boolean; it is a list"),
    (check("activity.a", "CONTAINS", {}), ["test", "value"], "a text or a number or a boolean; it is an object"),
    (check("activity.a", "GT", "5"), ["test", "value"], "must be a number; it is a text"),
    (check("activity.a", "LTE", True), ["test", "value"], "must be a number; it is a boolean"),
    (check("activity.a", "GT", 2**63), ["test", "value"], "a whole number must fit 64 bits"),
    (check("activity.a", "STARTS_WITH", 5), ["test", "value"], "must be a text; it is a number"),
    (check("activity.a", "EXISTS", True), ["test", "value"], "must be left out: EXISTS takes none"),
    (check("lead.tags", "MISSING", []), ["test", "value"], "must be left out: MISSING takes none"),
    (check("lead.email", "GT", 5), ["test", "operator"], "one that fits the field: EQUALS, NOT_EQUALS, CONTAINS"),
    (check("lead.tags", "EQUALS", "eu"), ["test", "operator"], "one that fits the field: CONTAINS, NOT_CONTAINS, IN"),
    (check("lead.profile.score", "MATCHES", "1*"), ["test", "operator"], "fits the field: EQUALS, NOT_EQUALS, GT"),
    (check("lead.engagement.level", "LT", 5), ["test", "operator"], "fits the field"),
    (check("lead.engagement.score", "EQUALS", "5"), ["test", "value"], "must be a number; it is a text"),
    (check("lead.tags", "CONTAINS", 5), ["test", "value"], "must be a text; it is a number"),
    ({"any": [KNOWN, {"not": check("lead.name", "IN", ["a", 5])}]}, ["any", "1", "not", "test", "value", "1"], "must be a text; it is a number"),
]  # fmt: skip
OF_PROFILE: list[tuple[Json, list[str], str]] = [
    (check(field, operator, value), ["test", "field"], f"names {field!r}, but a rule of the profile has no activity")
    for field, operator, value in (
        ("activity.a", "EXISTS", None),
        ("lead.engagement.score", "GT", 5),
        ("lead.profile.score", "GT", 5),
        ("lead.engagement.level", "EQUALS", "Hot"),
        ("lead.profile.level", "MISSING", None),
    )
]  # fmt: skip
CONDITIONS: list[Case] = [
    *(
        ("saveRule", rule(condition=given), ["rule", "condition", *path], words)
        for given, path, words in FAULTS
    ),
    *(
        (
            "saveRule",
            rule(dimension="PROFILE", activity=None, condition=given),
            ["rule", "condition", *path],
            words,
        )
        for given, path, words in OF_PROFILE
    ),
]
