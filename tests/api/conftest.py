"""What the tests of the edge share: a look at all that a workspace holds, and applications of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import httpx
import pytest

from domain.actors import Workspace
from persistence.declared import COLLECTIONS
from persistence.mongo import Mongo
from tests.api.sockets import PATIENCE
from tests.conftest import Served, serving

Contents = Callable[[], Awaitable[dict[str, Any]]]
Serve = Callable[..., AbstractAsyncContextManager[Served]]


async def contents_of(mongo: Mongo, workspace: Workspace) -> dict[str, Any]:
    """Every document of the workspace, by collection: equal if and only if nothing was written.

    Jobs that were under way are done first. The gate is no content: whoever scores leaves a trace there;
    nor is how far time has been told of an edit.
    """
    await at_rest(mongo, workspace)
    names = sorted(set(COLLECTIONS) - {"gate"})
    wanted = {name: "_id" if name == "workspaces" else "workspace" for name in names}
    found = await asyncio.gather(
        *(
            mongo.database[name]
            .find({wanted[name]: workspace.id}, {"retime": 0})
            .sort("_id", 1)
            .to_list(None)
            for name in names
        )
    )
    return dict(zip(names, found, strict=True))


async def at_rest(mongo: Mongo, workspace: Workspace) -> None:
    """Wait until no job of the workspace runs."""
    running = {"workspace": workspace.id, "state": "RUNNING"}
    async with asyncio.timeout(PATIENCE):
        while await mongo.database.jobs.find_one(running):  # noqa: ASYNC110 - the database tells nobody here
            await asyncio.sleep(0.01)


@pytest.fixture
def contents(mongo: Mongo, workspace: Workspace) -> Contents:
    """Reads everything that the test's workspace holds."""
    return lambda: contents_of(mongo, workspace)


@pytest.fixture
def serve(mongo_uri: str) -> Serve:
    """Serves an application with the given settings on the tests' database, as long as the context lasts."""
    return partial(serving, mongo_uri)


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """For requests that no client would send."""
    async with httpx.AsyncClient(verify=False, timeout=30) as http:
        yield http
