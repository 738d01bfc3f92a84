"""Texts that are empty, too long, of the wrong form, or taken: which mutation refuses them, where, and why."""

from __future__ import annotations

from tests.api.bad_input.inputs import LEAD, LEVEL_EDITS, Case, activity, adjustment

TEXTS: list[Case] = [
    ("upsertLead", {"lead": LEAD, "name": ""}, ["name"], "must not be empty"),
    ("upsertLead", {"lead": LEAD, "name": " \n"}, ["name"], "must not be empty"),
    ("upsertLead", {"lead": LEAD, "name": "x" * 201}, ["name"], "at most 200 characters; it has 201"),
    ("upsertLead", {"lead": LEAD, "company": ""}, ["company"], "must not be empty"),
    ("upsertLead", {"lead": LEAD, "company": "x" * 201}, ["company"], "at most 200 characters; it has 201"),
    ("upsertLead", {"lead": LEAD, "email": ""}, ["email"], "must not be empty"),
    ("upsertLead", {"lead": LEAD, "email": "x" * 321}, ["email"], "at most 320 characters; it has 321"),
    ("upsertLead", {"lead": LEAD, "email": "B@example.com "}, ["email"], "belongs to another lead"),
    ("upsertLead", {"lead": LEAD, "externalId": ""}, ["externalId"], "must not be empty"),
    (
        "upsertLead",
        {"lead": LEAD, "externalId": "x" * 256},
        ["externalId"],
        "at most 255 characters; it has 256",
    ),
    ("upsertLead", {"lead": LEAD, "externalId": "b"}, ["externalId"], "'b' belongs to another lead"),
    ("upsertLead", {"lead": LEAD, "addTags": [""]}, ["addTags", "0"], "must not be empty"),
    ("upsertLead", {"lead": LEAD, "addTags": ["x", "x" * 201]}, ["addTags", "1"], "at most 200 characters"),
    ("upsertLead", {"lead": LEAD, "addTags": ["x"] * 101}, ["addTags"], "at most 100 items; it has 101"),
    ("upsertLead", {"lead": LEAD, "addTags": [str(n) for n in range(41)]}, ["addTags"], "at most 100 items"),
    ("upsertLead", {"lead": LEAD, "removeTags": ["x" * 201]}, ["removeTags", "0"], "at most 200 characters"),
    ("upsertLead", {"lead": {"externalId": "x" * 256}}, ["lead", "externalId"], "at most 255 characters"),
    ("upsertLead", {"lead": {"externalId": ""}}, ["lead", "externalId"], "must not be empty"),
    ("upsertLead", {"lead": {"externalId": " "}}, ["lead", "externalId"], "must not be empty"),
    ("upsertLead", {"lead": {"email": "x" * 321}}, ["lead", "email"], "at most 320 characters; it has 321"),
    ("upsertLead", {"lead": {"email": ""}}, ["lead", "email"], "must not be empty"),
    ("deleteLead", {"lead": {"externalId": "x" * 256}}, ["lead", "externalId"], "at most 255 characters"),
    ("recordActivity", activity(kind=""), ["activity", "kind"], "must not be empty"),
    ("recordActivity", activity(kind="K" * 65), ["activity", "kind"], "at most 64 characters; it has 65"),
    *(
        (
            "recordActivity",
            activity(kind=kind),
            ["activity", "kind"],
            f"must be UPPER_SNAKE, as in EMAIL_OPENED; it is {kind!r}",
        )
        for kind in (
            "click",
            "Click",
            "CLICK_",
            "_CLICK",
            "CLI__CK",
            "CLI-CK",
            "1CLICK",
            "CLICK\n",
            "KLÍK",
            "CLI CK",
        )
    ),
    ("recordActivity", activity(key=""), ["activity", "key"], "must not be empty"),
    ("recordActivity", activity(key="x" * 256), ["activity", "key"], "at most 255 characters; it has 256"),
    (
        "recordActivity",
        {**activity(key="used"), "lead": {"externalId": "b"}},
        ["activity", "key"],
        "'used' was used before for something else",
    ),
    ("recordActivity", activity(key="used", kind="OTHER"), ["activity", "key"], "'used' was used before"),
    ("adjustScore", adjustment(key="x" * 256), ["key"], "at most 255 characters; it has 256"),
    (
        "adjustScore",
        {**adjustment(key="used"), "lead": {"externalId": "b"}},
        ["key"],
        "'used' was used before",
    ),
    ("adjustScore", adjustment(reason=""), ["reason"], "must not be empty"),
    ("adjustScore", adjustment(reason="x" * 1_001), ["reason"], "at most 1,000 characters; it has 1,001"),
    ("publishRules", {"comment": "x" * 1_001}, ["comment"], "at most 1,000 characters; it has 1,001"),
    ("revertRules", {"version": 1, "comment": "x" * 1_001}, ["comment"], "at most 1,000 characters"),
    *(
        (
            mutation,
            {"dimension": "ENGAGEMENT", "comment": "x" * 1_001, **given},
            ["comment"],
            "at most 1,000 characters",
        )
        for mutation, given in LEVEL_EDITS.items()
    ),
]
