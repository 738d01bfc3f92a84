"""What is asked of each mutation when all but one of its values is within its bounds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from api.scalars import now
from tests.api.calls import Json
from tests.api.scenes import LEVELS

LEAD = {"externalId": "a"}
UNKNOWN = "lead_0123456789abcdef01234567"
NONSENSE = ["nonsense", "lead_", "LEAD_0123456789abcdef01234567", " ", "\0", "$ne", "🦓"]

Case = tuple[str, Json, list[str], str]


def activity(**given: Any) -> Json:
    return {"lead": LEAD, "activity": {"kind": "CLICK", **given}}


def adjustment(**given: Any) -> Json:
    return {"lead": LEAD, "delta": 1, **given}


def level(**given: Any) -> Json:
    return {"name": "New", "min": -20, "max": -10, **given}


def rule(**given: Any) -> Json:
    return {"rule": {"name": "New", "activity": "CLICK", "points": 1, **given}}


def nested(levels: int) -> Json:
    """An object of that many levels, itself among them."""
    return {"a": nested(levels - 1)} if levels > 1 else {}


def ahead(**time: int) -> str:
    return (now() + timedelta(**time)).isoformat()


LEVEL_EDITS: dict[str, Json] = {
    "addLevel": {"level": level()},
    "updateLevel": {"name": "Cold", "level": level()},
    "removeLevel": {"name": "Cold"},
    "replaceLevels": {"levels": LEVELS},
    "revertLevels": {"version": 1},
}
LEAD_WRITES: dict[str, Json] = {
    "upsertLead": {},
    "deleteLead": {},
    "recordActivity": {"activity": {"kind": "CLICK"}},
    "adjustScore": {"delta": 1},
}
