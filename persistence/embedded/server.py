"""A mongod's life: one owner, one port, one replica set of one node.

The data folder holds `mongo/` (the database's files), `mongo.log` (and `mongo.log.1`, of the start before),
`mongo.port` (where it listens) and `mongo.lock` (locked by the owner).
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO, Any

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from persistence.embedded.program import EmbeddedNotReady, find_mongod

Document = dict[str, Any]

HOST = "127.0.0.1"
REPLICA_SET = "tierwire"

TRANSACTION_SECONDS = 10  # ours take milliseconds, a thousand large changes on a busy machine a second or two
START_SECONDS = 120.0  # replay after a crash takes long, and a mute stranger on our old port alone costs 30 s
STOP_SECONDS = 30.0  # an orderly stop takes 1 s; its checkpoint takes longer on a slow disk
GRACE_SECONDS = 3.0  # on Linux the server of a dead owner is stopping already
ANSWER_MS = 500  # a server on the same machine answers at once or not at all
COMMAND_MS = 10_000  # initiating a replica set writes its first files
PAUSE_SECONDS = 0.02
STARTS = 3  # between our look and mongod's, the port may be taken or a dying server still hold the files
LOG_LINES = 5
COLLISIONS = {48, 100}  # mongod's exit codes for a taken port and for held files
NOT_YET_INITIALIZED = 94

# The process asks to be told of its owner's death (PR_SET_PDEATHSIG is 1), then becomes mongod. Not a
# `preexec_fn`: Python between fork and exec can deadlock when there are threads. A parent other than the owner
# means that the owner died before the asking.
LAUNCHER = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


@contextmanager
def embedded_mongo(data: Path) -> Iterator[str]:
    """The URI of the data folder's MongoDB: a one-node replica set, ready for writes and transactions.

    Whoever comes first owns the server and stops it at the end; it also stops when its owner is killed.
    Whoever comes while an owner lives shares its server and leaves it running.

    Raises EmbeddedUnavailable; EmbeddedNotReady when no server is ready after START_SECONDS.
    """
    place = _Place.under(data)
    with place.lock.open("a") as lock:  # the kernel frees it however the owner dies
        shared = _shared_port(place, lock)
        with nullcontext(shared) if shared else _serving(place) as port:
            yield f"mongodb://{HOST}:{port}/?replicaSet={REPLICA_SET}"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one embedded server keeps what it has."""

    files: Path
    log: Path
    port: Path
    lock: Path

    @classmethod
    def under(cls, data: Path) -> "_Place":
        home = data.resolve()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / "mongo").mkdir(mode=0o700, exist_ok=True)
        return cls(home / "mongo", home / "mongo.log", home / "mongo.port", home / "mongo.lock")

    def kept_port(self) -> int:
        """The port of the last start, 0 when none is known."""
        try:
            return int(self.port.read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def keep_port(self, port: int) -> None:
        new = self.port.with_suffix(".new")
        new.write_text(str(port))
        new.replace(self.port)

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        # A mongod that gives up tells its reason first, then thirty lines of farewell: those are of severity I.
        complaints = [line for line in lines if '"s":"I"' not in line]
        return "\n".join(complaints[-LOG_LINES:])


def _until(seconds: float) -> Iterator[None]:
    """The turns of a bounded wait, at least one."""
    end = time.monotonic() + seconds
    yield
    while time.monotonic() < end:
        time.sleep(PAUSE_SECONDS)
        yield


def _takes(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _shared_port(place: _Place, lock: IO[str]) -> int | None:
    """The port of the living owner's server once it is ready; None when we own *lock* now."""
    for _ in _until(START_SECONDS):
        if _takes(lock):
            return None
        if _is_ready(place, port := place.kept_port()):
            return port
    raise EmbeddedNotReady(
        f"Another process owns {place.lock}, but its MongoDB is not ready.\n{place.last_words()}"
    )


@contextmanager
def _serving(place: _Place) -> Iterator[int]:
    mongod = find_mongod()
    if place.log.exists():
        place.log.replace(place.log.with_suffix(".log.1"))
    place.log.touch(mode=0o600)  # a slow query is logged with the lead's data in it
    with ExitStack() as stops:
        yield _started(mongod, place, stops)


def _started(mongod: Path, place: _Place, stops: ExitStack) -> int:
    """The port of a new server that is ready; *stops* will stop it."""
    for _ in range(STARTS):
        _end_leftover(place.files / "mongod.lock")
        port = _bindable(place.kept_port()) or _bindable(0)
        place.keep_port(port)
        process = _spawned(_command(mongod, place, port), place.log)
        stops.callback(_stop, process)
        if _becomes_ready(process, place, port):
            return port
        if process.poll() not in COLLISIONS:
            break
    raise EmbeddedNotReady(f"{mongod} did not become a writable primary.\n{place.last_words()}")


def _end_leftover(lock: Path) -> None:
    """Wait for the server of a dead owner, which holds *lock* while it lives, or end it."""
    if not lock.exists():
        return
    with lock.open() as held:
        if any(_takes(held) for _ in _until(GRACE_SECONDS)):
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, ValueError):  # gone, or its id not written yet
                os.kill(int(lock.read_text()), number)
            if any(_takes(held) for _ in _until(STOP_SECONDS)):
                return
    raise EmbeddedNotReady(f"The server that holds {lock} cannot be ended: stop it yourself.")


def _bindable(port: int) -> int:
    """*port* if mongod could listen there (any free one for 0), else 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as mongod does
        try:
            probe.bind((HOST, port))
        except OSError:
            return 0
        return int(probe.getsockname()[1])


def _command(mongod: Path, place: _Place, port: int) -> list[str]:
    launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(os.getpid())]
    where = ["--dbpath", str(place.files), "--bind_ip", HOST, "--port", str(port), "--nounixsocket"]
    # Its cache may grow as it chooses, to half of what memory there is beyond one GB: in a small one it writes most
    # pages again and again.
    how = ["--replSet", REPLICA_SET, "--quiet"]
    lean = ["--setParameter", "diagnosticDataCollectionEnabled=false"]  # else up to 200 MB of metrics
    # What a process that died in the middle of a transaction wrote to is free again after so many seconds, not 60.
    freed = ["--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}"]
    return [*(launcher if sys.platform == "linux" else []), str(mongod), *where, *how, *lean, *freed]


def _spawned(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """The process, from a thread that lives as long: Linux takes that thread's end for the owner's death."""
    spawned: Future[subprocess.Popen[bytes]] = Future()
    Thread(target=_keep, args=(command, log, spawned), name="mongod-keeper", daemon=True).start()
    return spawned.result()


def _keep(command: list[str], log: Path, spawned: Future[subprocess.Popen[bytes]]) -> None:
    try:
        with log.open("ab") as out:
            # A session of its own keeps the terminal's Ctrl-C away: the owner stops the server in order.
            process = subprocess.Popen(  # noqa: S603 - runs what find_mongod chose
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
    except OSError as error:
        spawned.set_exception(error)
    else:
        spawned.set_result(process)
        process.wait()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _becomes_ready(process: subprocess.Popen[bytes], place: _Place, port: int) -> bool:
    for _ in _until(START_SECONDS):
        if process.poll() is not None:
            return False
        if _is_ready(place, port, configure=True):
            return True
    return False


def _is_ready(place: _Place, port: int, *, configure: bool = False) -> bool:
    """Whether *place*'s own server is at *port* and takes writes. *configure* sees to its replica set first."""
    try:
        _knock(port)
        with _client(port) as client:
            return _is_writable(client.admin, place, f"{HOST}:{port}" if configure else None)
    except (OSError, PyMongoError):
        return False  # starting, electing or stopping: ask again


def _knock(port: int) -> None:
    """Raise OSError if nobody listens: MongoClient would take half a second to say so."""
    socket.create_connection((HOST, port), ANSWER_MS / 1000).close()


def _client(port: int) -> MongoClient[Document]:
    return MongoClient(
        HOST, port, directConnection=True, serverSelectionTimeoutMS=ANSWER_MS, socketTimeoutMS=COMMAND_MS
    )


def _is_writable(admin: Database[Document], place: _Place, address: str | None) -> bool:
    options = admin.command("getCmdLineOpts")["parsed"]
    if options.get("storage", {}).get("dbPath") != str(place.files):
        return False  # a stranger on a port that once was ours: above all not to be configured
    if address:
        _configure(admin, address)
    return bool(admin.command("hello")["isWritablePrimary"])


def _configure(admin: Database[Document], address: str) -> None:
    """Initiate a new replica set; give one that was started on another port its new address."""
    members = [{"_id": 0, "host": address}]
    try:
        config = admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        # mongod refuses this while it still reads an older config: nothing is ever initiated twice.
        admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
    else:
        if config["members"][0]["host"] != address:
            admin.command("replSetReconfig", config | {"members": members}, force=True)
