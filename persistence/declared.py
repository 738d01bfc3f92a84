"""The database's collections, as they are to be: their indexes and validators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pymongo import IndexModel

from persistence.documents import Document

PLACE_IDLE = 86_400  # seconds after which a place at the gate is taken for one of a process that is gone


@dataclass(frozen=True, slots=True)
class Declared:
    """What one collection must have: its indexes, and the BSON types of its required fields."""

    indexes: tuple[IndexModel, ...]
    required: Mapping[str, str]

    @property
    def validator(self) -> Document:
        properties: Document = {name: {"bsonType": kind} for name, kind in self.required.items()}
        return {
            "$jsonSchema": {"bsonType": "object", "required": list(self.required), "properties": properties}
        }


def _ordered_by(*fields: str, when: Document | None = None, unique: bool = False) -> IndexModel:
    keys = [("workspace", 1), *((field, 1) for field in fields)]
    return IndexModel(keys, unique=unique, **({"partialFilterExpression": when} if when else {}))


def _unique(*fields: str, when: Document | None = None) -> IndexModel:
    return _ordered_by(*fields, when=when, unique=True)


BY_HAND = "ADJUSTMENT", "AUTOMATION"  # the causes of points that no rule gave
COLLECTIONS: Mapping[str, Declared] = {
    "workspaces": Declared(
        (IndexModel([("name", 1)], unique=True), IndexModel([("retime", 1)], sparse=True)),
        {
            "name": "string",
            "version": "int",
            "levels": "object",
            "told": "object",
            "rules": "int",
            "rules_last": "int",
        },
    ),
    "leads": Declared(
        (
            # As few as there may be: in a transaction MongoDB 6 looks every index up in its catalog, which holds them
            # all, for each lead whose place in any of them changes. With eleven that took it 250 µs a lead.
            _unique("names", when={"names": {"$exists": True}}),
            _ordered_by("engagement.score", "_id"),
            _ordered_by("profile.score", "_id"),
            _ordered_by("last_activity_at", "_id"),
            _ordered_by("created_at", "_id"),
            # Time passes for every workspace.
            IndexModel(
                [("due_at", 1), ("workspace", 1), ("_id", 1)],
                partialFilterExpression={"due_at": {"$exists": True}},
            ),
        ),
        {
            "engagement": "object",
            "profile": "object",
            "tags": "array",
            "version": "int",
            "created_at": "date",
        },
    ),
    "activities": Declared(
        (_unique("key", when={"key": {"$gt": ""}}), _ordered_by("lead", "occurred_at", "_id")),
        {"lead": "string", "kind": "string", "occurred_at": "date", "received_at": "date"},
    ),
    # A lead's own history needs no index of its own: its entries' _id is the lead's id and their version.
    "score_changes": Declared(
        (
            _unique("key", when={"key": {"$gt": ""}}),
            _ordered_by("at", "_id"),
            _ordered_by("dimension", "at", when={"tier_changed": True}),
            IndexModel(
                [("workspace", 1), ("lead", 1), ("version", 1)],
                name="by_hand",
                partialFilterExpression={"cause": {"$in": list(BY_HAND)}},
            ),
        ),
        {
            "lead": "string",
            "version": "int",
            "delta": "int",
            "after": "object",
            "cause": "string",
            "at": "date",
        },
    ),
    "level_sets": Declared(
        (_unique("dimension", "version"),), {"dimension": "string", "version": "int", "levels": "array"}
    ),
    "rule_sets": Declared(
        (
            _unique("version"),
            _unique("state", when={"state": "DRAFT"}),
            _ordered_by("state", "version"),
            _ordered_by("rules.id", "version"),
        ),
        {"version": "int", "state": "string", "rules": "array"},
    ),
    "automations": Declared(
        (
            _unique("automation", "version"),
            _ordered_by("automation", when={"is_current": True}),
        ),
        {"automation": "string", "version": "int", "name": "string", "trigger": "object", "actions": "array"},
    ),
    "deliveries": Declared(
        (
            # Every firing costs an entry in each: what is asked of all states is merged from those of each.
            _ordered_by("state", "created_at", "_id"),
            _ordered_by("automation", "state", "created_at", "_id"),
            # Whose time has come is looked for in all workspaces.
            IndexModel(
                [("next_attempt_at", 1), ("target", 1)],
                partialFilterExpression={"next_attempt_at": {"$exists": True}},
            ),
        ),
        {
            "automation": "string",
            "lead": "string",
            "state": "string",
            "action": "object",
            "created_at": "date",
        },
    ),
    "jobs": Declared(
        (
            _ordered_by("started_at", "_id"),
            _ordered_by("state", "dimension"),
            IndexModel([("state", 1), ("lease.until", 1)]),  # work is taken up for any workspace
        ),
        {"kind": "string", "state": "string", "started_at": "date"},
    ),
    "leases": Declared((), {"owner": "string", "until": "date"}),
    "gate": Declared(
        (_ordered_by("used_at"), IndexModel([("used_at", 1)], expireAfterSeconds=PLACE_IDLE)),
        {"passed": "int"},
    ),
    "api_keys": Declared((_ordered_by("created_at", "_id"),), {"name": "string", "role": "string"}),
}
