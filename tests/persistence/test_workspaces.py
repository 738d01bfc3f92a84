"""Workspaces and the keys that open them."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest

from api.scalars import now
from domain.actors import Actor, ActorKind, Role, Viewer, Workspace
from domain.levels import Dimension
from persistence.configuration import Configuration
from persistence.declared import COLLECTIONS
from persistence.mongo import Mongo, open_mongo
from persistence.workspaces import Keys, Workspaces
from tests.persistence.conftest import DATABASE, Fail


async def everything(mongo: Mongo, workspace: Workspace) -> str:
    """All that the database holds of the workspace, as text."""
    wanted = {"$or": [{"workspace": workspace.id}, {"_id": workspace.id}]}
    return str([await mongo.database[name].find(wanted).to_list(None) for name in COLLECTIONS])


# Workspaces


async def test_a_workspace_is_made_at_its_first_naming_and_found_from_then_on(mongo: Mongo) -> None:
    first = await Workspaces(mongo).named("first naming", now())
    again = await Workspaces(mongo).named("first naming", now())

    assert first == again
    assert first.name == "first naming"


async def test_workspaces_of_other_names_are_others(mongo: Mongo) -> None:
    made = [await Workspaces(mongo).named(name, now()) for name in ("acme", "Acme", "acme ", "äcme")]

    assert len({workspace.id for workspace in made}) == 4


async def test_a_new_workspace_scores_under_empty_levels_and_no_rules(
    mongo: Mongo, workspace: Workspace
) -> None:
    scoring = await Configuration(mongo).scoring(workspace.id)

    assert scoring.version == 0
    assert scoring.rules.version == 0
    assert {dimension: scoring.levels[dimension].levels for dimension in Dimension} == dict.fromkeys(
        Dimension, ()
    )


@pytest.mark.parametrize("name", [f"made at once {number}" for number in range(5)])
async def test_processes_that_make_the_same_workspace_at_once_get_one(
    mongo: Mongo, mongo_uri: str, name: str
) -> None:
    async with open_mongo(mongo_uri, DATABASE) as another:
        processes = [Workspaces(mongo), Workspaces(another), Workspaces(mongo), Workspaces(another)]

        made = await asyncio.gather(*(process.named(name, now()) for process in processes))

    assert len(set(made)) == 1
    assert await mongo.workspaces.count_documents({"name": name}) == 1
    assert await mongo.level_sets.count_documents({"workspace": made[0].id}) == len(Dimension)


async def test_preparing_a_database_again_changes_nothing(mongo: Mongo, workspace: Workspace) -> None:
    async def indexes() -> list[Any]:
        return [await mongo.database[name].index_information() for name in COLLECTIONS]

    before = await indexes(), await everything(mongo, workspace)

    await asyncio.gather(mongo.prepare(), mongo.prepare())

    assert (await indexes(), await everything(mongo, workspace)) == before
    assert await mongo.workspaces.count_documents({"_id": workspace.id}) == 1


async def test_processes_that_prepare_a_new_database_at_once_all_succeed(mongo_uri: str) -> None:
    async def prepare() -> None:
        async with open_mongo(mongo_uri, "prepared") as mongo:
            await Workspaces(mongo).named("one", now())

    await asyncio.gather(*(prepare() for _ in range(4)))

    async with open_mongo(mongo_uri, "prepared") as mongo:
        assert await mongo.workspaces.count_documents({}) == 1
        assert set(await mongo.database.list_collection_names()) == set(COLLECTIONS)
        await mongo.client.drop_database("prepared")


@pytest.mark.parametrize(
    "how",
    [
        {"closeConnection": True},
        {"errorCode": 11602},
        {"writeConcernError": {"code": 64, "errmsg": "waited in vain"}},
    ],
    ids=["cut", "stepping", "the majority keeps silent"],
)
async def test_a_database_that_goes_away_while_it_is_prepared_is_prepared_all_the_same(
    fallible: Mongo, fail: Fail, fallible_uri: str, how: dict[str, Any]
) -> None:
    await fail("createIndexes", times=5, **how)

    async with open_mongo(fallible_uri, "interrupted") as mongo:
        indexes = [await mongo.database[name].index_information() for name in COLLECTIONS]
        await mongo.client.drop_database("interrupted")

    assert indexes == [await fallible.database[name].index_information() for name in COLLECTIONS]


# Keys


@pytest.mark.parametrize("role", Role)
async def test_a_key_opens_its_workspace_with_its_role(
    mongo: Mongo, workspace: Workspace, role: Role
) -> None:
    secret = await Keys(mongo).create(workspace, "Zapier", role, now())

    viewer = await Keys(mongo).viewer(secret)

    assert viewer is not None
    assert viewer == Viewer(workspace, Actor(ActorKind.API_KEY, "Zapier"), role, viewer.credential)


async def test_a_key_is_kept_only_as_its_hash(mongo: Mongo, workspace: Workspace) -> None:
    secret = await Keys(mongo).create(workspace, "Zapier", Role.OWNER, now())

    stored = await mongo.api_keys.find({"workspace": workspace.id}).to_list(None)

    assert [each["_id"] for each in stored] == [hashlib.sha256(secret.encode()).hexdigest()]
    assert secret.removeprefix("tw_") not in await everything(mongo, workspace)


async def test_what_a_viewer_is_known_by_does_not_tell_the_key(mongo: Mongo, workspace: Workspace) -> None:
    secret = await Keys(mongo).create(workspace, "Zapier", Role.OWNER, now())

    viewer = await Keys(mongo).viewer(secret)

    assert secret.removeprefix("tw_") not in repr(viewer)


async def test_every_key_is_another_and_long_enough_not_to_be_guessed(
    mongo: Mongo, workspace: Workspace
) -> None:
    secrets = [await Keys(mongo).create(workspace, "Zapier", Role.OWNER, now()) for _ in range(20)]

    viewers = [await Keys(mongo).viewer(secret) for secret in secrets]

    assert len(set(secrets)) == 20
    assert len({viewer.credential for viewer in viewers if viewer}) == 20
    assert {secret[:3] for secret in secrets} == {"tw_"}
    assert min(len(secret) for secret in secrets) >= 3 + 256 // 6


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda _: "tw_",
        lambda _: "tw_unknown",
        lambda _: "tw_\0",
        lambda _: "tw_grüße 🚀",
        lambda _: "tw_" + "x" * 100_000,
        lambda _: "tw_\ud800",
        lambda secret: secret.removeprefix("tw_"),
        lambda secret: secret.upper(),
        lambda secret: secret[:-1],
        lambda secret: secret + "x",
        lambda secret: f" {secret}",
        lambda secret: f"Bearer {secret}",
        lambda secret: hashlib.sha256(secret.encode()).hexdigest(),
        lambda secret: "tw_" + hashlib.sha256(secret.encode()).hexdigest(),
    ],
)
async def test_what_is_not_exactly_a_key_opens_nothing(
    mongo: Mongo, workspace: Workspace, change: Any
) -> None:
    secret = await Keys(mongo).create(workspace, "Zapier", Role.OWNER, now())

    assert await Keys(mongo).viewer(change(secret)) is None


async def test_the_key_of_a_workspace_that_is_gone_opens_nothing(mongo: Mongo) -> None:
    workspace = await Workspaces(mongo).named("soon gone", now())
    secret = await Keys(mongo).create(workspace, "Zapier", Role.OWNER, now())
    await mongo.workspaces.delete_one({"_id": workspace.id})

    assert await Keys(mongo).viewer(secret) is None
