"""Several processes share one feed through Redis; each tells every event once and in order."""

from __future__ import annotations

import asyncio

from pydantic import SecretStr

from api.app import open_house
from api.context import House
from api.live.hub import Lost
from api.scalars import now
from api.settings import Settings
from domain.actors import Workspace
from domain.levels import Dimension, LevelSet, table
from persistence.documents import from_level_set
from persistence.feed import LeadsChanged, LevelsChanged, TierChanged
from persistence.mongo import Mongo, new_id
from tests.api.live.watching import become_true, everything, watching
from tests.persistence.conftest import DATABASE
from tests.persistence.given import ADA, COLD, HOT, adjusted, external, set_levels
from tests.persistence.relay.conftest import Start
from tests.persistence.relay.valkey import Valkey
from tests.persistence.relay.waiting import WAIT
from tests.persistence.relay.writer import Writer


async def test_every_process_is_told_everything_once_and_in_order(
    mongo: Mongo, workspace: Workspace, start: Start, writer: Writer
) -> None:
    levels = LevelSet(Dimension.PROFILE, 1, table([COLD, HOT]), now(), ADA, "why", None)
    async with start() as one, start() as two, start() as three:
        await writer.write_until_read_by(3)
        await writer.write(50)
        await writer.write(50, together=True)
        await mongo.level_sets.insert_one(from_level_set(workspace.id, levels))
        await writer.write()
        await writer.is_told_by(one, two, three)

    changes = [event.change for event in one.told if isinstance(event, TierChanged)]
    assert changes == writer.written
    assert [event.level_set for event in one.told if isinstance(event, LevelsChanged)] == [levels]
    assert one.told[1:] == two.told[1:] == three.told[1:]


async def test_what_came_through_redis_is_what_the_database_itself_tells(
    start: Start, writer: Writer
) -> None:
    async with start() as relayed, start(directly=True) as direct:
        await writer.write_until_read_by(1)
        await writer.write(20)
        await writer.is_told_by(relayed, direct)

    assert relayed.told[1:] == direct.told[1:]


async def test_that_leads_changed_is_told_to_all_however_many_changes_come_together(
    house: House, workspace: Workspace, start: Start, writer: Writer
) -> None:
    leads = [external(f"crm-{number}") for number in range(40)]
    async with start() as one, start() as two:
        await writer.write_until_read_by(2)
        for _ in range(5):
            await asyncio.gather(*(house.ledger.apply(workspace.id, lead, adjusted(1)) for lead in leads))
        await house.leads.delete(workspace.id, leads[0])
        await writer.write()
        await writer.is_told_by(one, two)

    # Of those that came together only the last is told, and what came together depends on who read it.
    last, other = [
        [event for event in process.told if isinstance(event, LeadsChanged)][-1] for process in (one, two)
    ]
    assert last == other == one.told[-2] == two.told[-2]


async def test_servers_that_share_a_redis_tell_of_each_others_changes(
    mongo_uri: str, workspace: Workspace, valkey: Valkey
) -> None:
    settings = Settings(
        mongo_uri=SecretStr(mongo_uri), mongo_database=DATABASE, redis_url=SecretStr(valkey.url)
    )
    async with open_house(settings) as one, open_house(settings) as two:
        await set_levels(one, workspace.id, COLD, HOT)
        await valkey.is_read_by(2)
        with two.hub.watch(workspace.id, lambda event: isinstance(event, TierChanged)) as watcher:
            outcome = await one.ledger.apply(workspace.id, external("crm-1"), adjusted(60))
            frame = await asyncio.wait_for(anext(watcher.frames()), WAIT)

    assert not isinstance(frame, Lost)
    changes = [event.change for event in frame if isinstance(event, TierChanged)]
    assert changes == list(outcome.changes)


async def test_servers_that_share_a_redis_keep_their_boards_true(
    mongo_uri: str, workspace: Workspace, valkey: Valkey
) -> None:
    settings = Settings(
        mongo_uri=SecretStr(mongo_uri), mongo_database=DATABASE, redis_url=SecretStr(valkey.url)
    )
    async with open_house(settings) as one, open_house(settings) as two:
        await valkey.is_read_by(2)
        async with watching(one, everything(workspace.id)) as here, watching(two, here.asked) as there:
            await one.ledger.apply(workspace.id, external("crm-1"), adjusted(60))
            await become_true(one, here, there)
            await two.leads.delete(workspace.id, external("crm-1"))
            await become_true(one, here, there)

    assert [len(client.told) for client in (here, there)] == [3, 3]


async def test_a_quiet_installation_goes_through_redis_too(valkey: Valkey, start: Start) -> None:
    async with start(), start():
        await valkey.is_read_by(2)


async def test_how_far_the_log_was_read_goes_through_redis_too(
    mongo: Mongo, valkey: Valkey, start: Start
) -> None:
    async with start() as one, start() as two:
        await valkey.is_read_by(2)
        async with start(directly=True) as another:
            opened = another.told[0].token
            untold = {"_id": new_id(), "owner": "nobody", "until": now()}
            await mongo.leases.insert_one(untold)
            for each in (one, two):
                await each.reaches(opened)
        assert await valkey.clients("xread") == 2


async def test_nothing_is_left_running(valkey: Valkey, start: Start, writer: Writer) -> None:
    before = asyncio.all_tasks()
    async with start() as one:
        await writer.write(10)
        await writer.is_told_by(one)
    async with start(), start():
        await writer.write_until_read_by(2)

    assert asyncio.all_tasks() == before
    assert await valkey.holder() is None
