"""Public ids: a prefix that tells the type, and the key. Opaque to callers, readable in a log."""

from __future__ import annotations

from domain.errors import Fault, InvalidInput, Problem

PREFIXES = {
    "Workspace": "ws_",
    "Lead": "lead_",
    "Activity": "act_",
    "ScoreChange": "chg_",
    "LevelSet": "levels_",
    "RuleSet": "rules_",
    "Rule": "rule_",
    "Job": "job_",
    "Automation": "auto_",
    "Delivery": "dlv_",
}


def public(kind: str, key: str) -> str:
    """The public id of the thing of that type with that key."""
    return PREFIXES[kind] + key


def key_of(kind: str, public_id: str, *path: str) -> str:
    """The key in a public id of that type; raises InvalidInput for the id of anything else."""
    prefix = PREFIXES[kind]
    if not public_id.startswith(prefix) or len(public_id) == len(prefix):
        raise InvalidInput(Problem(path, Fault.WRONG_ID, (kind, prefix), public_id[:60]))
    return public_id.removeprefix(prefix)


def kind_of(public_id: str) -> str | None:
    """The type that a public id belongs to; None when it is no id of ours."""
    return next((kind for kind, prefix in PREFIXES.items() if public_id.startswith(prefix)), None)
