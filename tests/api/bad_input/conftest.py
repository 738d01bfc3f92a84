"""A workspace that holds something of everything, and one of the test's own that may be written to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.scalars import now
from domain.actors import Workspace
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.api.bad_input.inputs import rule
from tests.api.calls import done
from tests.api.scenes import with_activity, with_levels, with_rules, with_score
from tests.client import Client
from tests.conftest import MakeClient, owner_of


@pytest.fixture(scope="package")
async def workspace(mongo: Mongo) -> Workspace:
    """One for the whole package: nothing is ever written to it."""
    return await Workspaces(mongo).named("bad input", now())


@pytest.fixture(scope="package")
async def client(server: str, mongo: Mongo, workspace: Workspace) -> AsyncIterator[Client]:
    """The owner of a workspace that holds something of everything."""
    async with owner_of(workspace, mongo, server) as client:
        await with_levels(client)
        await with_rules(client, CLICK=5)
        await done(client, "saveRule", "rule { id }", **rule())
        await with_activity(client, "a", "CLICK", key="used")
        await with_score(client, "a", 5, key="used")
        await with_activity(client, "b", "CLICK")
        for lead, tags in (("a", 60), ("b", 1)):
            await done(
                client,
                "upsertLead",
                "lead { id }",
                lead={"externalId": lead},
                email=f"{lead}@example.com",
                attributes={"long": "x" * 60_000},
                addTags=[f"tag {number}" for number in range(tags)],
            )
        yield client


@pytest.fixture
async def other(make_client: MakeClient, mongo: Mongo, request: pytest.FixtureRequest) -> Client:
    """The owner of a workspace of the test's own, to be written to."""
    return await make_client(of=await Workspaces(mongo).named(request.node.name, now()))
