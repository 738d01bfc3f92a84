"""Workspaces and the API keys that open them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from domain.actors import SYSTEM, Actor, ActorKind, Role, Viewer, Workspace
from domain.levels import Dimension, LevelSet
from persistence.documents import from_level_set
from persistence.gate import gatepost
from persistence.mongo import Mongo, Session, new_id

PREFIX = "tw_"
SECRET_BYTES = 32  # 256 random bits: nothing to guess, so a plain hash keeps them


class Workspaces:
    """Each with its own leads, levels, rules and keys."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def named(self, name: str, now: datetime) -> Workspace:
        """The workspace of that name, made now if there is none: without rules, and with empty level sets."""
        found = await self._find(name)
        try:
            return found or await self._create(name, now)
        except DuplicateKeyError:
            # Another process made it first.
            return await self.named(name, now)

    async def _find(self, name: str) -> Workspace | None:
        document = await self._mongo.workspaces.find_one({"name": name})
        return Workspace(document["_id"], document["name"]) if document else None

    async def _create(self, name: str, now: datetime) -> Workspace:
        workspace = Workspace(new_id(), name)
        level_sets = [LevelSet(dimension, 0, (), now, SYSTEM) for dimension in Dimension]

        async def work(session: Session) -> None:
            await self._mongo.workspaces.insert_one(
                {
                    "_id": workspace.id,
                    "name": name,
                    "version": 0,
                    "levels": {dimension.value: 0 for dimension in Dimension},
                    "told": {dimension.value: 0 for dimension in Dimension},
                    "rules": 0,
                    "rules_last": 0,
                    "created_at": now,
                },
                session=session,
            )
            await self._mongo.gate.insert_one(gatepost(workspace.id), session=session)
            await self._mongo.level_sets.insert_many(
                [from_level_set(workspace.id, each) for each in level_sets], session=session
            )

        await self._mongo.transact(work)
        return workspace


class Keys:
    """API keys: `tw_` and 256 random bits. Only their SHA-256 is kept."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def create(self, workspace: Workspace, name: str, role: Role, now: datetime) -> str:
        """Make a key and return its secret, which cannot be read again."""
        secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        await self._mongo.api_keys.insert_one(
            {
                "_id": _digest(secret),
                "workspace": workspace.id,
                "name": name,
                "role": role.value,
                "created_at": now,
            }
        )
        return secret

    async def viewer(self, secret: str) -> Viewer | None:
        """Whom the key stands for; None for a key nobody was given."""
        if not secret.startswith(PREFIX) or not secret.isascii():
            return None
        digest = _digest(secret)
        return (await self.viewers([digest])).get(digest)

    async def viewers(self, credentials: Collection[str]) -> dict[str, Viewer]:
        """Whom each of these keys stands for, by its `credential`; without those that open nothing any more."""
        keys = await self._mongo.api_keys.find({"_id": {"$in": list(credentials)}}).to_list(None)
        wanted = {"_id": {"$in": list({key["workspace"] for key in keys})}}
        found = await self._mongo.workspaces.find(wanted).to_list(None) if keys else []
        workspaces = {each["_id"]: Workspace(each["_id"], each["name"]) for each in found}
        return {
            key["_id"]: Viewer(
                workspaces[key["workspace"]],
                Actor(ActorKind.API_KEY, key["name"]),
                Role(key["role"]),
                key["_id"],
            )
            for key in keys
            if key["workspace"] in workspaces
        }


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
