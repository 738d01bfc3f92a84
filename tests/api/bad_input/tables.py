"""Levels and rules out of bounds: which mutation refuses them, where, and why."""

from __future__ import annotations

from tests.api.bad_input.inputs import Case, level, rule
from tests.api.calls import Json

LEVEL_FAULTS: list[tuple[Json, list[str], str]] = [
    ({"name": ""}, ["name"], "must not be empty"),
    ({"name": "x" * 201}, ["name"], "at most 200 characters; it has 201"),
    ({"motion": ""}, ["motion"], "must not be empty"),
    ({"motion": "x" * 201}, ["motion"], "at most 200 characters; it has 201"),
    ({"min": -5, "max": -6}, ["max"], "must not be under min: -6 is less than -5"),
    (
        {"min": -2_000_000_001},
        ["min"],
        "must lie between -2,000,000,000 and 2,000,000,000; it is -2000000001",
    ),
    ({"min": 100, "max": 2_000_000_001}, ["max"], "must lie between -2,000,000,000 and 2,000,000,000"),
    ({"color": "red"}, ["color"], "must be a colour as \"#rrggbb\"; it is 'red'"),
    ({"color": "#12345"}, ["color"], "must be a colour"),
    ({"color": "#12345g"}, ["color"], "must be a colour"),
    ({"color": "#123456\n"}, ["color"], "must be a colour"),
    ({"color": 123456}, ["color"], "must be a colour"),
]
TABLES: list[Case] = [
    case
    for given, inner, words in LEVEL_FAULTS
    for case in (
        ("addLevel", {"dimension": "ENGAGEMENT", "level": level(**given)}, ["level", *inner], words),
        (
            "updateLevel",
            {"dimension": "ENGAGEMENT", "name": "Cold", "level": level(**given)},
            ["level", *inner],
            words,
        ),
        (
            "replaceLevels",
            {"dimension": "PROFILE", "levels": [{"name": "A", "min": 0}, level(**given)]},
            ["levels", "1", *inner],
            words,
        ),
    )
] + [
    (
        "addLevel",
        {"dimension": "ENGAGEMENT", "level": level(name=" hot ")},
        ["level", "name"],
        "' hot ' is there twice",
    ),
    (
        "updateLevel",
        {"dimension": "ENGAGEMENT", "name": "Cold", "level": level(name="HOT")},
        ["level", "name"],
        "'HOT' is there twice",
    ),
    (
        "replaceLevels",
        {"dimension": "PROFILE", "levels": [level(), level(name="NEW", min=0, max=5)]},
        ["levels", "1", "name"],
        "'NEW' is there twice",
    ),
    (
        "replaceLevels",
        {"dimension": "PROFILE", "levels": [{"name": str(n), "min": n, "max": n} for n in range(51)]},
        ["levels"],
        "at most 50 items; it has 51",
    ),
]
RULES: list[Case] = [
    ("saveRule", rule(name=""), ["rule", "name"], "must not be empty"),
    ("saveRule", rule(name="x" * 201), ["rule", "name"], "at most 200 characters; it has 201"),
    ("saveRule", rule(activity="click"), ["rule", "activity"], "must be UPPER_SNAKE"),
    ("saveRule", rule(activity="K" * 65), ["rule", "activity"], "at most 64 characters; it has 65"),
    ("saveRule", rule(activity=None), ["rule", "activity"], "must not be empty"),
    *(
        ("saveRule", rule(limit={"times": times, "per": per}), ["rule", "limit", "times"], f"1 and 10,000; it is {times}")
        for times, per in ((0, "EVER"), (-1, "DAY"), (10_001, "MONTH"))
    ),
    *(
        ("saveRule", rule(points=points, maxPoints=most), ["rule", "maxPoints"], f"{abs(points):,} and 2,000,000,000; it is {most}")
        for points, most in ((30, 29), (-30, 29), (1, 0), (5, -5), (1_000_000, 999_999), (1, 2_000_000_001))
    ),
]  # fmt: skip
FIRM: Json = {"test": {"field": "lead.company", "operator": "EXISTS"}}
OF_ENGAGEMENT: Json = {"activity": "CLICK", "limit": {"times": 1, "per": "DAY"}, "maxPoints": 5}
PROFILES: list[Case] = [
    *(
        ("saveRule", rule(**{"dimension": "PROFILE", "activity": None, "condition": FIRM, name: value}), ["rule", name], "is for rules of engagement")
        for name, value in OF_ENGAGEMENT.items()
    ),
    ("saveRule", rule(dimension="PROFILE", activity=None), ["rule", "condition"], "must not be empty"),
    ("saveRule", rule(dimension="PROFILE", activity=None, condition=FIRM, points=0), ["rule", "points"], "must not be 0"),
]  # fmt: skip
POLICIES: list[Case] = [
    *(
        ("saveScoringPolicy", {"floor": floor}, ["floor"], f"must lie between -2,000,000,000 and 0; it is {floor}")
        for floor in (-2_000_000_001, 1, 2**31 - 1)
    ),
    *(
        ("saveScoringPolicy", {"ceiling": ceiling}, ["ceiling"], f"must lie between 1 and 2,000,000,000; it is {ceiling}")
        for ceiling in (-1, 0, 2_000_000_001)
    ),
]  # fmt: skip
