"""A database of their own, for a courier delivers whatever is due in it; and the parts of one process on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from api.app import build_house
from api.context import House
from api.deliveries.courier import Courier
from api.deliveries.mail import Mail
from api.deliveries.pinned import Calls
from api.deliveries.sending import Sender
from api.deliveries.targets import Names, Targets
from api.scalars import now
from domain.automations import Action, ActionKind, Automation
from domain.deliveries import Delivery, DeliveryState
from persistence.automations import Automations
from persistence.configuration import Configuration, Editor
from persistence.deliveries import Deliveries, Due
from persistence.mongo import Mongo, open_mongo
from tests.api.deliveries.given import ADA, a_delivery, plan
from tests.api.deliveries.waiting import until

DATABASE = "deliveries"


@dataclass(slots=True)
class Clock:
    """The present, and what a test adds to it."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return now() + self.ahead


@dataclass(slots=True)
class Process:
    """What one process has to deliver with, in one workspace."""

    mongo: Mongo
    workspace: str
    clock: Clock
    house: House
    automations: Automations
    deliveries: Deliveries
    sender: Sender
    courier: Courier
    calls: Calls = field(repr=False)

    async def automation(self, *actions: Action, **given: Any) -> Automation:
        """One in force with these actions."""
        return await self.automations.create(self.workspace, plan(*actions, **given), Editor(ADA, now()))

    async def hook(self, url: str) -> Automation:
        return await self.automation(Action(ActionKind.WEBHOOK, url))

    async def fire(self, automation: Automation, times: int = 1) -> list[Delivery]:
        """So many deliveries of its first action, due at once."""
        due = [a_delivery(automation) for _ in range(times)]
        await self.deliveries.add(self.workspace, due)
        return due

    async def found(self, delivery: Delivery) -> Delivery:
        found = await self.deliveries.find(self.workspace, delivery.id)
        assert found
        return found

    async def attempt(self, delivery: Delivery) -> Delivery:
        """The delivery after one more attempt, which is kept."""
        tried = await self.sender.attempt(Due(self.workspace, delivery))
        await self.deliveries.save([tried])
        return await self.found(delivery)

    async def until_tried(self, deliveries: list[Delivery], times: int = 1) -> list[Delivery]:
        """The deliveries, once each has had so many attempts."""

        async def tried() -> bool:
            return all([len((await self.found(each)).attempts) >= times for each in deliveries])

        await until(tried)
        return [await self.found(each) for each in deliveries]

    async def until_delivered(self, count: int) -> None:
        async def delivered() -> bool:
            wanted = {"workspace": self.workspace, "state": DeliveryState.DELIVERED.value}
            return await self.mongo.deliveries.count_documents(wanted) >= count

        await until(delivered)

    async def close(self) -> None:
        await self.courier.close()
        await self.house.ledger.close()
        await self.calls.aclose()


MakeProcess = Callable[..., Process]


def process_of(mongo: Mongo, workspace: str, clock: Clock, patience: float = 15.0, **mail: Any) -> Process:
    """One more process; *mail* are the settings of mail."""
    house, automations = build_house(mongo, clock), Automations(mongo, Configuration(mongo))
    deliveries, targets = Deliveries(mongo, clock), Targets(Names(), allow_private=True)
    calls = Calls(targets)
    post = Mail(SecretStr(mail["smtp_url"]) if "smtp_url" in mail else None, mail.get("mail_from"))
    sender = Sender(targets, calls, post, automations, house.ledger, clock, patience)
    courier = Courier(deliveries, sender)
    return Process(mongo, workspace, clock, house, automations, deliveries, sender, courier, calls)


@pytest.fixture(scope="session")
async def mongo(mongo_uri: str) -> AsyncIterator[Mongo]:
    async with open_mongo(mongo_uri, DATABASE) as mongo:
        yield mongo


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def make_process(mongo: Mongo, workspace: Any, clock: Clock) -> AsyncIterator[MakeProcess]:
    """Makes processes on the tests' database, in which nothing is due yet."""
    await mongo.deliveries.delete_many({})
    made: list[Process] = []

    def make(**settings: Any) -> Process:
        made.append(process_of(mongo, workspace.id, clock, **settings))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture
async def process(make_process: MakeProcess) -> Process:
    return make_process()
