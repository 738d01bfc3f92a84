"""The database goes away: deliveries go on when it is back, and what became of them is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.deliveries import DeliveryState
from persistence.background import running
from persistence.mongo import Mongo
from tests.api.deliveries.conftest import Process
from tests.api.deliveries.receivers import answer, receiving
from tests.persistence.conftest import Fail, fail, fallible, fallible_uri  # noqa: F401 - fixtures

pytestmark = pytest.mark.slow

MANY = 40


@pytest.fixture
async def mongo(fallible: Mongo) -> AsyncIterator[Mongo]:  # noqa: F811 - the fixture
    yield fallible
    await fallible.deliveries.delete_many({})


@pytest.mark.parametrize("command", ["find", "update"])
@pytest.mark.parametrize("how", [{"closeConnection": True}, {"errorCode": 11602}], ids=["cut", "stepping"])
async def test_it_goes_on_when_the_database_is_back(
    process: Process,
    fail: Fail,  # noqa: F811 - the fixture
    command: str,
    how: dict[str, Any],
) -> None:
    async with receiving() as receiver:
        due = await process.fire(await process.hook(receiver.url), MANY)
        await fail(command, times=6, **how)
        async with running(process.courier.work()) as work:
            await process.until_delivered(MANY)
            assert not work.done()

    found = [await process.found(each) for each in due]
    assert {each.attempts[-1].status for each in found} == {200}


async def test_what_became_of_a_delivery_is_kept_when_the_database_is_back(
    process: Process,
    fail: Fail,  # noqa: F811 - the fixture
) -> None:
    """It was away just when the target had answered."""
    async with receiving() as receiver, running(process.courier.work()):
        due = await process.fire(await process.hook(receiver.url), 1)
        receiver.answers = lambda _: answer(500)
        await fail("update", times=3, closeConnection=True)
        (found,) = await process.until_tried(due)

    assert found.state in {DeliveryState.PENDING, DeliveryState.DELIVERED}
    assert len(found.attempts) == len(receiver.requests) == 1
