"""Keys made on the command line, and the owner's, which is kept in the data folder."""

from __future__ import annotations

from pathlib import Path

from api.app import connected
from api.scalars import now
from api.settings import Settings
from domain.actors import Role
from persistence.mongo import Mongo
from persistence.workspaces import Keys, Workspaces


async def make_key(settings: Settings, role: Role, name: str) -> str:
    """A new key of the settings' workspace, which is made if there is none."""
    async with connected(settings) as mongo:
        return await _created(mongo, settings, role, name)


async def _created(mongo: Mongo, settings: Settings, role: Role, name: str) -> str:
    workspace = await Workspaces(mongo).named(settings.workspace, now())
    return await Keys(mongo).create(workspace, name, role, now())


async def owner_key(settings: Settings) -> Path:
    """The file with the owner's key, readable by its owner alone.

    The key is made at the first start, and again when the database no longer knows it.
    """
    path = settings.data / f"{settings.mongo_database}.{settings.workspace}.key"
    async with connected(settings) as mongo:
        kept = path.read_text().strip() if path.exists() else ""
        if await Keys(mongo).viewer(kept) is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(await _created(mongo, settings, Role.OWNER, "owner") + "\n")
    return path
