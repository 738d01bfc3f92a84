"""How fast deliveries are: signed webhooks to a receiver in another process that answers at once.

usage: python -m tests.benchmarks.deliveries [deliveries, ten thousand by default]

Prints how many a second were delivered and kept as such, and what each took of the process's time: on a machine that
others work on, too, the first tells little without the second. Then, in turns, the rate of 64 callers of adjustScore in
the same process alone and beside deliveries at full speed, and how many of these there were a second meanwhile.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import uvloop
from pydantic import SecretStr

from api.app import build_courier, build_house, settle_memory
from api.context import House
from api.deliveries.mail import Mail
from api.deliveries.pinned import Calls
from api.deliveries.targets import Names, Targets
from api.scalars import now
from domain.automations import Action, ActionKind, Automation, AutomationEvent, Plan, Trigger
from persistence.background import running
from persistence.configuration import Editor
from persistence.embedded import embedded_mongo
from persistence.feed import tail
from persistence.mongo import Mongo, open_mongo
from persistence.workspaces import Workspaces
from tests.api.deliveries.given import SECRET, a_delivery
from tests.benchmarks.levels import ACTOR, adjusting, for_seconds, furnished, say
from tests.processes import started

MANY, LEADS = 10_000, 1_000
ROUNDS, SECONDS = 5, 4.0
FULL_SPEED = 3_000  # a second: more than there will be, so that there is always something due


@dataclass(frozen=True, slots=True)
class Sending:
    """A process that delivers, and the automation whose webhooks it sends."""

    mongo: Mongo
    house: House
    calls: Calls
    workspace: str
    automation: Automation

    async def fire(self, many: int) -> None:
        """So many deliveries, due at once, and none but these."""
        await self.mongo.deliveries.delete_many({})
        await self.house.deliveries.add(self.workspace, [a_delivery(self.automation) for _ in range(many)])

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        courier = build_courier(
            self.house, self.calls, Mail(SecretStr("smtp://localhost"), "tierwire@example.com")
        )
        async with running(courier.work()):
            yield
        await courier.close()

    async def delivered(self) -> int:
        return await self.mongo.deliveries.count_documents({"state": "DELIVERED", "attempts": {"$size": 1}})


@asynccontextmanager
async def sending(mongo: Mongo, url: str) -> AsyncIterator[Sending]:
    targets = Targets(Names(), allow_private=True)
    house = build_house(mongo, targets=targets)
    workspace = (await Workspaces(mongo).named("deliveries", now())).id
    trigger = Trigger(AutomationEvent.SCORE_REACHED, threshold=50)
    plan = Plan("Hot", trigger, (Action(ActionKind.WEBHOOK, url, secret=SECRET),))
    automation = await house.automations.create(workspace, plan, Editor(ACTOR, now()))
    async with Calls(targets) as calls:
        yield Sending(mongo, house, calls, workspace, automation)
        await house.ledger.close()


async def alone(sender: Sending, many: int) -> tuple[float, float]:
    """Deliveries a second, and milliseconds of this process's time for each."""
    await sender.fire(many)
    since, used = time.perf_counter(), time.process_time()
    async with sender.delivering():
        while await sender.mongo.deliveries.count_documents({"state": "PENDING"}):  # noqa: ASYNC110 - of the database
            await asyncio.sleep(0.25)  # for counting costs, too
        taken, used = time.perf_counter() - since, time.process_time() - used
    tried = await sender.delivered()
    assert tried == many, f"{tried} of {many} were delivered at the first attempt"
    return many / taken, used / many * 1_000


async def beside(sender: Sending) -> None:
    """Live traffic alone and beside deliveries, in turns, so that both have the same weather."""
    house = sender.house
    workspace = await furnished(sender.mongo, house, LEADS)
    rates: dict[bool, list[float]] = {False: [], True: []}
    delivered: list[float] = []
    async with running(house.hub.follow(tail(sender.mongo))):
        for _ in range(ROUNDS):
            rates[False].append(await adjusting(house, workspace, LEADS, for_seconds(SECONDS)))
            await sender.fire(int(FULL_SPEED * SECONDS))
            since = time.perf_counter()
            async with sender.delivering():
                rates[True].append(await adjusting(house, workspace, LEADS, for_seconds(SECONDS)))
                taken, done = time.perf_counter() - since, await sender.delivered()
            delivered.append(done / taken)
    without, with_them = median(rates[False]), median(rates[True])
    say(f"adjustScore alone {without:,.0f}/s; beside deliveries {with_them:,.0f}/s,")
    say(f"ratio {with_them / without:.2f}, while {median(delivered):,.0f}/s were delivered")


async def main(uri: str, many: int) -> None:
    async with (
        open_mongo(uri, "benchmark") as mongo,
        started(sys.executable, "-m", "tests.benchmarks.receiver") as receiver,
    ):
        assert receiver.stdout
        port = int(await receiver.stdout.readline())
        async with sending(mongo, f"http://127.0.0.1:{port}/hook") as sender:
            settle_memory()
            rate, used = await alone(sender, many)
            say(f"{many:,} webhooks: {rate:,.0f} a second, at {used:.2f} ms of this process's time each")
            await beside(sender)
        receiver.kill()


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory() as data,
        embedded_mongo(Path(data)) as uri,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,  # as uvicorn has it
    ):
        runner.run(main(uri, int(sys.argv[1]) if len(sys.argv) > 1 else MANY))
