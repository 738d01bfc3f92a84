"""How fast deliveries are: signed webhooks to a receiver in another process that answers at once.

usage: python -m tests.benchmarks.deliveries [deliveries, ten thousand by default]

Prints how many a second were delivered and kept as such, and what each took of the process's time: on a machine that
others work on, too, the first tells little without the second.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import uvloop
from pydantic import SecretStr

from api.app import build_house, settle_memory
from api.deliveries.courier import Courier
from api.deliveries.mail import Mail
from api.deliveries.pinned import Calls
from api.deliveries.sending import Sender
from api.deliveries.targets import Names, Targets
from api.scalars import now
from domain.actors import Actor, ActorKind
from domain.automations import Action, ActionKind, AutomationEvent, Plan, Trigger
from persistence.automations import Automations
from persistence.background import running
from persistence.configuration import Configuration, Editor
from persistence.deliveries import Deliveries
from persistence.embedded import embedded_mongo
from persistence.mongo import Mongo, open_mongo
from persistence.workspaces import Workspaces
from tests.api.deliveries.given import SECRET, a_delivery
from tests.processes import started

MANY = 10_000


async def measured(mongo: Mongo, url: str, many: int) -> tuple[float, float]:
    """Deliveries a second, and milliseconds of this process's time for each."""
    house, deliveries = build_house(mongo), Deliveries(mongo, now)
    automations = Automations(mongo, Configuration(mongo))
    workspace = (await Workspaces(mongo).named("deliveries", now())).id
    trigger = Trigger(AutomationEvent.SCORE_REACHED, threshold=50)
    plan = Plan("Hot", trigger, (Action(ActionKind.WEBHOOK, url, secret=SECRET),))
    automation = await automations.create(workspace, plan, Editor(Actor(ActorKind.USER, "benchmark"), now()))
    await deliveries.add(workspace, [a_delivery(automation) for _ in range(many)])
    targets = Targets(Names(), allow_private=True)
    settle_memory()
    async with Calls(targets) as calls:
        mail = Mail(SecretStr("smtp://localhost"), "tierwire@example.com")
        courier = Courier(deliveries, Sender(targets, calls, mail, automations, house.ledger, now))
        since, used = time.perf_counter(), time.process_time()
        async with running(courier.work()):
            while await mongo.deliveries.count_documents({"state": "PENDING"}):  # noqa: ASYNC110 - of the database
                await asyncio.sleep(0.25)  # for counting costs, too
        taken, used = time.perf_counter() - since, time.process_time() - used
        await courier.close()
    tried = await mongo.deliveries.count_documents({"state": "DELIVERED", "attempts": {"$size": 1}})
    assert tried == many, f"{tried} of {many} were delivered at the first attempt"
    return many / taken, used / many * 1_000


async def main(uri: str, many: int) -> None:
    async with (
        open_mongo(uri, "benchmark") as mongo,
        started(sys.executable, "-m", "tests.benchmarks.receiver") as receiver,
    ):
        assert receiver.stdout
        port = int(await receiver.stdout.readline())
        rate, used = await measured(mongo, f"http://127.0.0.1:{port}/hook", many)
        print(f"{many:,} webhooks: {rate:,.0f} a second, at {used:.2f} ms of this process's time each")  # noqa: T201 - its purpose
        receiver.kill()


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory() as data,
        embedded_mongo(Path(data)) as uri,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,  # as uvicorn has it
    ):
        runner.run(main(uri, int(sys.argv[1]) if len(sys.argv) > 1 else MANY))
