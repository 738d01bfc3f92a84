"""Ids of another kind, or of none: which mutation refuses them, where, and why."""

from __future__ import annotations

from api.ids import PREFIXES
from tests.api.bad_input.inputs import LEAD_WRITES, NONSENSE, Case, rule

WRONG_LEAD_IDS = [f"{prefix}0123456789abcdef01234567" for kind, prefix in PREFIXES.items() if kind != "Lead"]
WRONG_RULE_IDS = [f"{prefix}0123456789abcdef01234567" for kind, prefix in PREFIXES.items() if kind != "Rule"]
IDS: list[Case] = [
    *(
        (mutation, {"lead": {"id": each}, **given}, ["lead", "id"], "is not the id of a Lead: those begin with lead_")
        for mutation, given in LEAD_WRITES.items()
        for each in (*WRONG_LEAD_IDS, *NONSENSE)
    ),
    ("deleteLead", {"lead": {"id": ""}}, ["lead", "id"], "must not be empty"),
    *(
        (mutation, {"id": each, **given}, ["id"], "is not the id of a Rule: those begin with rule_")
        for mutation, given in {"saveRule": rule(), "removeRule": {}}.items()
        for each in (*WRONG_RULE_IDS, *NONSENSE, "")
    ),
]  # fmt: skip
