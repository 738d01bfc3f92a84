"""Numbers, times, JSON and bulks out of bounds: which mutation refuses them, where, and why."""

from __future__ import annotations

from tests.api.bad_input.inputs import LEAD, Case, activity, adjustment, ahead, nested, rule

NUMBERS: list[Case] = [
    ("adjustScore", adjustment(delta=0), ["delta"], "must not be 0"),
    (
        "adjustScore",
        adjustment(delta=1_000_001),
        ["delta"],
        "between -1,000,000 and 1,000,000; it is 1000001",
    ),
    (
        "adjustScore",
        adjustment(delta=-1_000_001),
        ["delta"],
        "between -1,000,000 and 1,000,000; it is -1000001",
    ),
    ("saveRule", rule(points=0), ["rule", "points"], "must not be 0"),
    ("saveRule", rule(points=1_000_001), ["rule", "points"], "between -1,000,000 and 1,000,000"),
]
TIMES: list[Case] = [
    (
        "recordActivity",
        activity(occurredAt="2026-03-01T09:30:00"),
        ["activity", "occurredAt"],
        "needs an offset, as in 2026-03-01T09:30:00Z",
    ),
    ("recordActivity", activity(occurredAt="2026-03-01"), ["activity", "occurredAt"], "needs an offset"),
    ("recordActivity", activity(occurredAt="yesterday"), ["activity", "occurredAt"], "it is 'yesterday'"),
    ("recordActivity", activity(occurredAt=""), ["activity", "occurredAt"], "must be a time as ISO 8601"),
    ("recordActivity", activity(occurredAt=1_772_000_000), ["activity", "occurredAt"], "must be a time"),
    (
        "recordActivity",
        activity(occurredAt="0001-01-01T00:00:00+14:00"),
        ["activity", "occurredAt"],
        "must be a time as ISO 8601",
    ),
    (
        "recordActivity",
        activity(occurredAt=ahead(days=1, minutes=10)),
        ["activity", "occurredAt"],
        "at most 24 hours ahead",
    ),
    (
        "recordActivity",
        activity(occurredAt="9999-12-31T23:59:59Z"),
        ["activity", "occurredAt"],
        "at most 24 hours ahead",
    ),
    (
        "recordActivity",
        activity(occurredAt="1969-12-31T23:59:59Z"),
        ["activity", "occurredAt"],
        "must lie between 1970-01-02",
    ),
    (
        "recordActivity",
        activity(occurredAt="0001-01-02T00:00:00Z"),
        ["activity", "occurredAt"],
        "must lie between 1970-01-02",
    ),
]
DOCUMENTS: list[tuple[object, list[str], str]] = [
    ([], [], "must be a JSON object"),
    ([{}], [], "must be a JSON object"),
    ("text", [], "must be a JSON object"),
    ("", [], "must be a JSON object"),
    (5, [], "must be a JSON object"),
    (0, [], "must be a JSON object"),
    (False, [], "must be a JSON object"),
    ({"text": "x" * 100_001}, [], "at most 100,000 bytes as JSON; it takes 100,012"),
    ({"text": "é" * 50_001}, [], "at most 100,000 bytes as JSON"),
    (nested(11), ["a"] * 10, "nested at most 10 levels deep"),
    ({"a": [[[[[[[[[[]]]]]]]]]]}, ["a", *"000000000"], "nested at most 10 levels deep"),
    ({"number": 2**63}, ["number"], "a whole number must fit 64 bits"),
    ({"number": -(2**63) - 1}, ["number"], "a whole number must fit 64 bits"),
    ({"number": 2**64}, ["number"], "a whole number must fit 64 bits"),
    ({"number": 10**30}, ["number"], "a whole number must fit 64 bits"),
    ({"list": [{"number": 2**63}]}, ["list", "0", "number"], "a whole number must fit 64 bits"),
    ({"$where": 1}, ["'$where'"], "a name must not be empty, begin with $ or hold NUL"),
    ({"inner": {"$ne": 1}}, ["inner", "'$ne'"], "a name must not be empty, begin with $ or hold NUL"),
    ({"": 1}, ["''"], "a name must not be empty, begin with $ or hold NUL"),
    ({"a\0b": 1}, [r"'a\x00b'"], "a name must not be empty, begin with $ or hold NUL"),
]
JSON: list[Case] = [
    case
    for value, inner, words in DOCUMENTS
    for case in (
        ("recordActivity", activity(properties=value), ["activity", "properties", *inner], words),
        ("upsertLead", {"lead": {"externalId": "new"}, "attributes": value}, ["attributes", *inner], words),
    )
] + [
    (
        "upsertLead",
        {"lead": LEAD, "attributes": {"more": "x" * 50_000}},
        ["attributes"],
        "at most 100,000 bytes",
    )
]
BULKS: list[Case] = [
    (mutation, {items: [item] * 1_001}, [items], "at most 1,000 items; it has 1,001")
    for mutation, items, item in (
        ("upsertLeads", "leads", {"lead": LEAD}),
        ("recordActivities", "records", activity()),
        ("adjustScores", "adjustments", adjustment()),
    )
]
