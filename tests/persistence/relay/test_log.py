"""The database's own log, from which the relay reads: it goes on after a token, or is opened anew."""

from __future__ import annotations

from contextlib import aclosing

from domain.actors import Workspace
from persistence.background import running
from persistence.feed import Link, Opened, Reached, links, tail
from persistence.mongo import Mongo, open_mongo
from tests.persistence.relay.listeners import Process
from tests.persistence.relay.writer import Writer


async def lost_token(uri: str) -> str:
    """A token after which no log goes on: that of a database's end."""
    lost = ""
    async with open_mongo(uri, "dropped") as mongo, aclosing(links(mongo)) as log:
        assert isinstance(await anext(log), Opened)
        await mongo.client.drop_database("dropped")
        while isinstance(link := await anext(log), Link):
            lost = link.token
    return lost


async def test_the_log_goes_on_after_a_token(mongo: Mongo, workspace: Workspace, writer: Writer) -> None:
    before = Process(workspace.id)
    async with aclosing(tail(mongo)) as feed, running(before.follow(feed)):
        await before.opened.wait()
        await writer.write(10)
        await writer.is_told_by(before)
    after = Process(workspace.id)
    async with aclosing(tail(mongo, before.told[5].token)) as feed, running(after.follow(feed)):
        await after.is_told(10)

    assert after.told == before.told[6:]


async def test_a_log_that_does_not_reach_back_is_opened_anew(mongo: Mongo, mongo_uri: str) -> None:
    lost = await lost_token(mongo_uri)
    async with aclosing(tail(mongo, lost)) as feed:
        opened = await anext(feed)

    assert isinstance(opened, Opened)
    assert opened.token > lost


async def test_a_database_that_was_dropped_is_followed_anew(mongo_uri: str) -> None:
    async with open_mongo(mongo_uri, "dropped") as mongo, aclosing(tail(mongo)) as feed:
        first = await anext(feed)
        await mongo.client.drop_database("dropped")
        second = await anext(event async for event in feed if not isinstance(event, Reached))

    assert isinstance(first, Opened)
    assert isinstance(second, Opened)
    assert second.token > first.token
