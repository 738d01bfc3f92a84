"""What databases of earlier versions lack, and how it is added when they are opened."""

from __future__ import annotations

from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection

from persistence.documents import Document

_KINDS = {"external_id": "external_id", "email": "email"}
_OF_MERGED = {"id": "id", **_KINDS}


async def name_leads(leads: AsyncIOMotorCollection[Document]) -> None:
    """Give leads `names`, which were kept in fields with an index each.

    An earlier version that was started once more changes those fields and not the names: such are made anew.
    """
    own = [_name(kind, f"${field}") for kind, field in _KINDS.items()]
    merged: Any = {"$ifNull": ["$merged", []]}
    of_merged = [
        {"$map": {"input": merged, "in": _name(kind, f"$$this.{field}")}}
        for kind, field in _OF_MERGED.items()
    ]
    every = {"$setUnion": [own, *of_merged]}
    named = {"$filter": {"input": every, "cond": {"$ne": ["$$this", None]}}}
    is_otherwise = {"$not": {"$setEquals": ["$names", named]}}
    # All that are wrong are taken away first, for one may be another lead's by now.
    await leads.update_many({"names": {"$exists": True}, "$expr": is_otherwise}, {"$unset": {"names": ""}})
    await leads.update_many(
        {"names": {"$exists": False}},
        [
            {"$set": {"names": named}},
            {"$set": {"names": {"$cond": [{"$eq": ["$names", []]}, "$$REMOVE", "$names"]}}},
        ],
    )


def _name(kind: str, field: str) -> Document:
    """As `from_name` has it; null where the field is absent, as $concat is of what is missing."""
    return {"$concat": [f"{kind}:", field]}
