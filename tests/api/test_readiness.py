"""A process says whether it is ready to serve, in bounded time, and tells strangers nothing else."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from persistence.embedded import embedded_mongo
from tests.api.conftest import Serve
from tests.api.sockets import PATIENCE
from tests.conftest import Served, serving
from tests.persistence.relay.valkey import Valkey
from tests.persistence.relay.waiting import until


async def asked(http: httpx.AsyncClient, served: Served) -> httpx.Response:
    async with asyncio.timeout(PATIENCE):
        return await http.get(served.url.replace("/graphql", "/readyz"))


async def test_it_is_ready_while_the_database_answers(http: httpx.AsyncClient, serve: Serve) -> None:
    async with serve() as served:
        answer = await asked(http, served)

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "reached"}
    assert answer.headers["cache-control"] == "no-store"


async def test_whether_the_relay_is_reached_is_said_and_it_is_ready_without(
    http: httpx.AsyncClient, serve: Serve
) -> None:
    valkey = Valkey()
    await valkey.start()

    async def becomes(relay: str) -> None:
        async def holds() -> bool:
            answer = await asked(http, served)
            assert (answer.status_code, answer.json()["ready"]) == (200, True)
            return bool(answer.json()["relay"] == relay)

        await until(holds)

    async with serve(redis_url=SecretStr(valkey.url)) as served:
        await becomes("reached")
        await valkey.kill()
        await becomes("away")
        await valkey.start()
        await becomes("reached")
    await valkey.redis.aclose()
    await valkey.kill()


@pytest.mark.slow
async def test_it_is_not_ready_while_the_database_does_not_answer_however_many_ask(
    http: httpx.AsyncClient, tmp_path: Path
) -> None:
    with embedded_mongo(tmp_path) as uri:
        mongod = int((tmp_path / "mongo" / "mongod.lock").read_text())
        async with serving(uri) as served:

            async def answers_again() -> bool:
                return (await asked(http, served)).status_code == 200

            os.kill(mongod, signal.SIGSTOP)
            try:
                answers = await asyncio.gather(*(asked(http, served) for _ in range(50)))
            finally:
                os.kill(mongod, signal.SIGCONT)
            await until(answers_again)

    assert {each.status_code for each in answers} == {503}
    assert {each.text for each in answers} == {
        '{"ready":false,"reason":"the database does not answer","database":"away"}'
    }
