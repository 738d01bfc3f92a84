"""The command line, as processes of their own: what it prints, what it keeps, and that nothing is left behind."""

from __future__ import annotations

import re
import signal
import stat
from pathlib import Path

import pytest

from tests.api.command_line import ROOT, ended, gone, is_alive, running
from tests.api.scenes import told_of, with_levels, with_score
from tests.api.sockets import closing_code, heard, init, opened, subscribe
from tests.client import Client
from tests.conftest import DATABASE, MakeClient


def is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


def mongod_of(data: Path) -> int:
    return int((data / "mongo" / "mongod.lock").read_text())


def owners_key(data: Path) -> str:
    return (data / "tierwire.default.key").read_text().strip()


async def test_schema_prints_the_schemas_file() -> None:
    code, out, complaints = await ended("schema")

    assert (code, complaints) == (0, "")
    assert out == (ROOT / "schema.graphql").read_text()


async def test_key_create_prints_a_key_that_works_as_its_last_word(mongo_uri: str, server: str) -> None:
    settings = {"mongo_uri": mongo_uri, "mongo_database": DATABASE, "workspace": "made by command"}

    code, out, complaints = await ended("key", "create", "--role", "OWNER", "--name", "CRM sync", **settings)

    assert (code, complaints) == (0, "")
    client = Client(server, out.split()[-1])
    viewer = await client("{ viewer { role actor { kind name } workspace { name } } }")
    await client.close()
    assert viewer == {
        "role": "OWNER",
        "actor": {"kind": "API_KEY", "name": "CRM sync"},
        "workspace": {"name": "made by command"},
    }


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("rate_limit", "abc"),
        ("rate_limit", "-1"),
        ("graphiql", "perhaps"),
        ("allowed_origins", "https://app.example"),
        ("mongo_uri", "http://ada:hunter2@localhost"),
    ],
)
async def test_a_bad_setting_is_told_in_one_line(tmp_path: Path, setting: str, value: str) -> None:
    settings = {"data": str(tmp_path), "mongo_uri": "mongodb://127.0.0.1:1", setting: value}

    code, out, complaints = await ended("serve", "--port", "1", **settings)

    assert code != 0
    assert out == ""
    assert len(complaints.strip().splitlines()) == 1
    assert f"TIERWIRE_{setting.upper()}" in complaints
    assert "hunter2" not in complaints
    assert is_empty(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["key", "create", "--role", "KING", "--name", "x"],
        ["serve", "--workers", "0"],
    ],
    ids=" ".join,
)
async def test_a_bad_argument_is_explained(tmp_path: Path, arguments: list[str]) -> None:
    code, _, complaints = await ended(*arguments, data=str(tmp_path))

    assert code == 2
    assert "Usage: tierwire" in complaints
    assert is_empty(tmp_path)


@pytest.mark.slow
async def test_a_served_workspace_outlives_a_kill_and_leaves_no_database_behind(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running(tmp_path / "first.log", data=str(data)) as served:
        key_file = data / "tierwire.default.key"
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        key = owners_key(data)
        client = Client(served.url, key)
        assert await client("{ viewer { role actor { name } workspace { name } } }") == {
            "role": "OWNER",
            "actor": {"name": "owner"},
            "workspace": {"name": "default"},
        }
        await with_levels(client)
        lead = await with_score(client, "a", 30)
        async with client.subscribe("subscription { levelSetChanged { version } }") as board:
            await with_levels(client)
            assert (await told_of(board, 1))[0]["version"] >= 1
        await client.close()
        mongod = mongod_of(data)
        assert is_alive(mongod)
        assert await served.stopped(signal.SIGKILL) == -signal.SIGKILL
        await gone(mongod)
    said = (tmp_path / "first.log").read_text()
    assert served.url in said
    assert str(key_file) in re.sub(r"\s", "", said)
    assert key not in said

    async with running(tmp_path / "second.log", data=str(data)) as served:
        assert owners_key(data) == key
        client = Client(served.url, key)
        found = await client('{ lead(by: {externalId: "a"}) { id engagement { score level { name } } } }')
        assert found == {"id": lead, "engagement": {"score": 30, "level": {"name": "Warm"}}}
        await with_score(client, "a", 30)
        await client.close()
        mongod = mongod_of(data)
        assert await served.stopped(signal.SIGTERM) == 0
        await gone(mongod)
    assert "Traceback" not in (tmp_path / "second.log").read_text()


@pytest.mark.slow
async def test_on_a_database_of_ones_own_no_key_is_made_and_how_to_make_one_is_said(
    tmp_path: Path, mongo_uri: str
) -> None:
    data = tmp_path / "data"
    settings = {"mongo_uri": mongo_uri, "mongo_database": DATABASE, "data": str(data)}
    async with running(tmp_path / "log", **settings):
        pass

    assert not data.exists()
    assert "tierwire key create --role OWNER --name" in (tmp_path / "log").read_text()


async def test_a_server_on_the_command_line_bounds_the_messages_of_a_socket(
    tmp_path: Path, mongo_uri: str, make_client: MakeClient
) -> None:
    key = (await make_client()).key
    async with running(tmp_path / "log", mongo_uri=mongo_uri, mongo_database=DATABASE) as served:
        async with opened(served.url) as socket:
            await socket.send(init(key))
            await heard(socket)
            await socket.send(subscribe("1", "{ viewer { role } }" + " " * 70_000))
            assert await closing_code(socket) == 1009
        client = Client(served.url, key)
        assert "at most 65,536 characters" in await client.error("{ viewer { role } }" + " " * 70_000)
        await client.close()
