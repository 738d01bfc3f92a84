"""A socket outlives no key, and a key has no more sockets than it may."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Collection, Mapping

import pytest
from structlog.testing import capture_logs

from api.live.sockets import crowd
from domain.actors import Role, Viewer, Workspace
from persistence.mongo import Mongo
from persistence.workspaces import _digest
from tests.api.conftest import Serve
from tests.api.harmless import QUERY
from tests.api.live.sockets.conversations import closed, greeted, hasten, until
from tests.api.scenes import with_levels, with_score
from tests.api.sockets import PATIENCE, heard, init, opened, subscribe
from tests.api.subscriptions.boards import TIERS
from tests.client import Client
from tests.conftest import MakeClient


class TestRevocation:
    async def test_every_socket_of_a_key_that_is_removed_is_closed_and_no_other(
        self, make_client: MakeClient, mongo: Mongo, serve: Serve
    ) -> None:
        removed, kept = await make_client(), await make_client()
        async with (
            serve() as served,
            greeted(served, removed.key) as first,
            greeted(served, removed.key) as second,
            greeted(served, kept.key) as third,
        ):
            hasten(served)
            for socket in (first, second, third):
                await socket.send(subscribe("1", TIERS))
            await mongo.database.api_keys.delete_one({"_id": _digest(removed.key)})
            ends = [await closed(first), await closed(second)]
            await with_levels(kept)
            await with_score(kept, "a", 30)

            assert {code for code, _ in ends} == {4403}
            assert (await heard(third))["payload"]["data"]["leadTierChanged"]["changes"]
            await until(lambda: len(served.crowd) == 1)

    async def test_a_key_that_may_something_else_now_is_asked_for_again(
        self, client: Client, mongo: Mongo, serve: Serve
    ) -> None:
        async with serve() as served, greeted(served, client.key) as socket:
            hasten(served)
            await mongo.database.api_keys.update_one(
                {"_id": _digest(client.key)}, {"$set": {"role": Role.VIEWER.value}}
            )

            assert (await closed(socket))[0] == 4403

    async def test_a_socket_that_comes_while_the_keys_are_looked_at_is_left_alone(
        self, make_client: MakeClient, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        early, late = await make_client(), await make_client()
        async with serve() as served, greeted(served, early.key):
            door, looks, go_on = served.crowd._door, Counter[str](), asyncio.Event()
            look = door.viewers

            async def slowly(credentials: Collection[str]) -> Mapping[str, Viewer]:
                looks.update(credentials)
                found = await look(credentials)
                await go_on.wait()
                return found

            monkeypatch.setattr(door, "viewers", slowly)
            hasten(served)
            await until(lambda: looks[_digest(early.key)] == 1)
            async with greeted(served, late.key) as socket:
                go_on.set()
                await until(lambda: looks[_digest(early.key)] == 3)
                await socket.send(json.dumps({"type": "ping"}))

                assert await heard(socket) == {"type": "pong"}

    async def test_a_look_that_fails_is_logged_and_the_next_one_closes_what_is_revoked(
        self, client: Client, mongo: Mongo, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with serve() as served, greeted(served, client.key) as socket:
            door, failed = served.crowd._door, asyncio.Event()
            look = door.viewers

            async def brokenly(_: Collection[str]) -> Mapping[str, Viewer]:
                monkeypatch.setattr(door, "viewers", look)
                failed.set()
                raise RuntimeError("a bug")

            with capture_logs() as log:
                monkeypatch.setattr(door, "viewers", brokenly)
                hasten(served)
                await asyncio.wait_for(failed.wait(), PATIENCE)
                await mongo.database.api_keys.delete_one({"_id": _digest(client.key)})
                code, _ = await closed(socket)

        (entry,) = [each for each in log if each["log_level"] == "error"]
        assert code == 4403
        assert entry["error_id"]
        assert "a bug" in str(entry["exc_info"])

    async def test_the_sockets_of_a_workspace_that_is_gone_are_closed(
        self, client: Client, mongo: Mongo, workspace: Workspace, serve: Serve
    ) -> None:
        async with serve() as served, greeted(served, client.key) as socket:
            hasten(served)
            await mongo.workspaces.delete_one({"_id": workspace.id})

            assert (await closed(socket))[0] == 4403


class TestBounds:
    async def test_a_key_with_all_the_sockets_it_may_have_gets_no_more_until_one_is_closed(
        self, make_client: MakeClient, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(crowd, "KEY_SOCKETS", 2)
        busy, other = await make_client(), await make_client()
        async with serve() as served, greeted(served, busy.key), greeted(served, other.key):
            async with greeted(served, busy.key), opened(served.url) as third:
                await third.send(init(busy.key))
                code, reason = await closed(third)
            await until(lambda: len(served.crowd) == 2)
            async with greeted(served, busy.key) as again:
                await again.send(subscribe("1", QUERY))
                assert (await heard(again))["type"] == "next"

        assert code == 1013
        assert "sockets" in reason

    async def test_a_process_with_all_the_sockets_it_bears_takes_no_more(
        self, client: Client, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(crowd, "SOCKETS", 1)
        async with serve() as served, greeted(served, client.key) as first, opened(served.url) as second:
            code, _ = await closed(second)
            await first.send(json.dumps({"type": "ping"}))

            assert await heard(first) == {"type": "pong"}
        assert code == 1013
