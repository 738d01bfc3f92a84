import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.uri_parser import parse_uri

from persistence.embedded import EmbeddedNotReady, EmbeddedUnavailable, embedded_mongo, find_mongod

pytestmark = pytest.mark.slow

OWNER = """
import sys, time
from pathlib import Path
from persistence.embedded import embedded_mongo

with embedded_mongo(Path(sys.argv[1])) as uri:
    print(uri, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    shutil.rmtree(tmp_path)  # 200 MB that pytest would keep for three runs


@contextmanager
def client_of(uri: str) -> Iterator[MongoClient[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=5_000) as client:
        yield client


@contextmanager
def another_owner(data: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that owns *data*'s server until its standard input closes."""
    command = [sys.executable, "-c", OWNER, str(data)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        yield owner, owner.stdout.readline().strip()


def remember(uri: str, lead: str) -> None:
    with client_of(uri) as client:
        client.tierwire.leads.insert_one({"_id": lead})


def remembered(uri: str) -> list[str]:
    with client_of(uri) as client:
        return [lead["_id"] for lead in client.tierwire.leads.find(sort=["_id"])]


def port_of(uri: str) -> int:
    return int(parse_uri(uri)["nodelist"][0][1])


def pid_of_server(data: Path) -> int:
    return int((data / "mongo" / "mongod.lock").read_text())


def is_answering(uri: str) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port_of(uri))) == 0


def goes_silent(uri: str) -> bool:
    end = time.monotonic() + 10
    while is_answering(uri) and time.monotonic() < end:
        time.sleep(0.05)
    return not is_answering(uri)


@contextmanager
def unowned_server(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server on *data* as a killed owner leaves it where the system does not tell it of that death."""
    files, port = str(data / "mongo"), (data / "mongo.port").read_text()
    command = [str(find_mongod()), "--dbpath", files, "--port", port, "--replSet", "tierwire"]
    with subprocess.Popen([*command, "--nounixsocket"], stdout=subprocess.DEVNULL) as server:
        try:
            while not Path(files, "mongod.lock").read_text():
                time.sleep(0.05)
            yield server
        finally:
            server.terminate()


def fake_mongod(folder: Path, script: str) -> Path:
    folder.mkdir()
    mongod = folder / "mongod"
    mongod.write_text(f"#!/bin/sh\n{script}\n")
    mongod.chmod(0o755)
    return mongod


def test_a_transaction_works_on_a_fresh_data_folder(data: Path) -> None:
    with embedded_mongo(data) as uri, client_of(uri) as client:
        with client.start_session() as session, session.start_transaction():
            client.tierwire.leads.insert_one({"_id": "ada"}, session=session)
        hello = client.admin.command("hello")

    assert hello["isWritablePrimary"]
    assert hello["setName"] == "tierwire"
    assert hello["hosts"] == [f"127.0.0.1:{port_of(uri)}"]


def test_only_the_owner_may_look_into_the_data(data: Path) -> None:
    with embedded_mongo(data):
        modes = {name: (data / name).stat().st_mode & 0o777 for name in ("", "mongo", "mongo.log")}

    assert modes == {"": 0o700, "mongo": 0o700, "mongo.log": 0o600}


def test_the_server_stops_with_the_context_and_the_data_and_address_stay(data: Path) -> None:
    with embedded_mongo(data) as uri:
        remember(uri, "ada")
    assert not is_answering(uri)

    with embedded_mongo(data) as again:
        assert again == uri
        assert remembered(again) == ["ada"]


def test_the_server_stops_when_the_context_is_left_by_an_error(data: Path) -> None:
    with pytest.raises(ZeroDivisionError), embedded_mongo(data) as uri:
        raise ZeroDivisionError

    assert not is_answering(uri)


def test_the_server_outlives_the_thread_that_started_it(data: Path) -> None:
    mongo = embedded_mongo(data)
    with ThreadPoolExecutor(max_workers=1) as short_lived:
        uri = short_lived.submit(mongo.__enter__).result()
    try:
        remember(uri, "ada")
        assert remembered(uri) == ["ada"]
    finally:
        mongo.__exit__(None, None, None)


def test_the_server_of_a_killed_owner_goes_away_by_itself(data: Path) -> None:
    with another_owner(data) as (owner, uri):
        owner.kill()

    assert goes_silent(uri)


def test_a_start_at_once_after_the_owner_was_killed_has_the_data(data: Path) -> None:
    with another_owner(data) as (owner, uri):
        remember(uri, "ada")
        orphan = pid_of_server(data)
        owner.kill()

    with embedded_mongo(data) as again:
        assert pid_of_server(data) != orphan
        assert remembered(again) == ["ada"]


def test_a_leftover_server_that_nobody_owns_is_ended_by_the_next_start(data: Path) -> None:
    with embedded_mongo(data) as uri:
        remember(uri, "ada")
    with unowned_server(data) as leftover, embedded_mongo(data) as again:
        assert leftover.wait(0) == 0
        assert remembered(again) == ["ada"]


def test_a_second_process_shares_the_running_server_and_leaves_it_running(data: Path) -> None:
    with another_owner(data) as (owner, uri):
        with embedded_mongo(data) as shared:
            remember(shared, "ada")
        assert shared == uri
        assert remembered(uri) == ["ada"]
        owner.communicate()

    assert not is_answering(uri)


def test_processes_that_start_at_once_share_one_server(data: Path) -> None:
    with ThreadPoolExecutor() as pool, ExitStack() as stack:
        starts = [pool.submit(stack.enter_context, another_owner(data)) for _ in range(3)]
        uris = {start.result()[1] for start in starts}

    assert len(uris) == 1
    assert not is_answering(uris.pop())


def test_when_another_tierwire_has_our_port_both_keep_their_own_data(data: Path) -> None:
    ours, theirs = data / "ours", data / "theirs"
    with embedded_mongo(ours) as uri:
        remember(uri, "ada")
    theirs.mkdir()
    shutil.copy(ours / "mongo.port", theirs)

    with embedded_mongo(theirs) as stranger:
        remember(stranger, "bob")
        assert stranger == uri
        with embedded_mongo(ours) as moved:
            remember(moved, "cleo")
            assert moved != uri
            assert remembered(moved) == ["ada", "cleo"]
            assert remembered(stranger) == ["bob"]
    with embedded_mongo(ours) as again:
        assert again == moved


def test_a_server_that_gives_up_is_quoted(data: Path) -> None:
    (data / "mongo").mkdir(parents=True)
    (data / "mongo" / "storage.bson").write_bytes(b"not a MongoDB")

    with (
        pytest.raises(EmbeddedNotReady, match="Unable to read the storage engine metadata file"),
        embedded_mongo(data),
    ):
        pytest.fail("started on files that are not its own")


def test_a_missing_library_is_told_in_one_line_with_the_command_that_installs_it(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file"
    mongod = fake_mongod(data, f"echo '{words}' >&2; exit 127")
    monkeypatch.setenv("PATH", str(mongod.parent))

    with pytest.raises(EmbeddedUnavailable) as refusal, embedded_mongo(data):
        pytest.fail("started without libcurl")

    assert str(refusal.value) == (
        f"{mongod} cannot run here: libcurl.so.4 is missing. Install it: sudo apt-get install -y libcurl4 "
        "libssl3, or set TIERWIRE_MONGO_URI to a MongoDB replica set of your own."
    )


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (
            "echo 'x: error while loading shared libraries: libz.so.1: no' >&2; exit 127",
            "libz.so.1 is missing",
        ),
        ("kill -ILL $$", "a processor with AVX"),
        ("echo 'no good'; exit 3", r"ended with code 3 \(no good\)"),
    ],
)
def test_a_mongod_that_cannot_run_is_told_with_its_reason(
    data: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    monkeypatch.setenv("PATH", str(fake_mongod(data, script).parent))

    with pytest.raises(EmbeddedUnavailable, match=words):
        find_mongod()


def test_a_mongod_on_path_is_preferred_to_the_one_of_the_wheel(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mongod = fake_mongod(data, "exit 0")
    monkeypatch.setenv("PATH", str(mongod.parent))

    assert find_mongod() == mongod


def test_the_mongod_of_the_wheel_is_made_runnable(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = data / "fiftyone" / "db"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    mongod = fake_mongod(package / "bin", "exit 0")
    mongod.chmod(0o644)
    monkeypatch.setenv("PATH", str(data))
    monkeypatch.delitem(sys.modules, "fiftyone", raising=False)
    monkeypatch.syspath_prepend(data)

    assert find_mongod() == mongod
    assert os.access(mongod, os.X_OK)


def test_without_any_mongod_the_way_out_is_told(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(data))
    monkeypatch.setitem(sys.modules, "fiftyone", None)  # as if the wheel were not installed

    with pytest.raises(EmbeddedUnavailable, match=r"no `mongod` on PATH.*pip install.*TIERWIRE_MONGO_URI"):
        find_mongod()
