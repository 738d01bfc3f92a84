"""What once went wrong: it must not keep time from passing, nor be paid or lost twice."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from domain.actors import Workspace
from persistence.mongo import Mongo
from tests.persistence.conftest import Fail
from tests.persistence.given import COLD, HOT, WARM, external
from tests.persistence.steps.conftest import database_of_its_own
from tests.persistence.steps.passing import (
    BEGINNING,
    DAY,
    EXPIRING,
    IDLE,
    LASTING,
    Clock,
    Process,
    process_of,
)

pytestmark = pytest.mark.slow


async def break_lead(mongo: Mongo, name: str) -> None:
    """A document that cannot be read."""
    await mongo.leads.update_one({"external_id": name}, {"$unset": {"attributes": ""}})


async def test_publishing_other_rules_forgives_no_loss_that_was_due(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    await process.publish(workspace, LASTING, inactivity=IDLE)
    await process.do(workspace, "crm-0", process.did("LASTING"))

    clock.at = BEGINNING + 15 * DAY
    await process.publish(workspace, LASTING, EXPIRING, inactivity=IDLE)
    await process.look()

    assert (await process.lead(workspace)).engagement.score == 20 - 6 * 3


async def test_an_adjustment_sent_again_after_it_expired_is_known_by_its_key(
    process: Process, clock: Clock, workspace: Workspace
) -> None:
    change = process.given(5, DAY, key="k")
    first = await process.house.ledger.apply(workspace.id, external("crm-0"), change)
    clock.advance(2 * DAY)

    again = await process.house.ledger.apply(workspace.id, external("crm-0"), change)

    assert again.duplicate
    assert again.changes == first.changes


async def test_a_lead_that_cannot_be_read_keeps_nobody_from_their_new_moments(
    process: Process, clock: Clock, workspace: Workspace, mongo: Mongo
) -> None:
    await process.set_levels(workspace, COLD, WARM, HOT)
    await process.publish(workspace, LASTING)
    await process.crowd(workspace, 3, process.did("LASTING"))
    await process.do(workspace, "broken", process.given(1, DAY))
    await break_lead(mongo, "broken")
    clock.advance(DAY)
    await process.look()

    await process.publish(workspace, LASTING, inactivity=IDLE)
    await process.look()

    assert (await process.lead(workspace, "crm-0")).due_at is not None


async def test_a_lead_that_cannot_be_read_keeps_nobody_from_their_time(
    process: Process, clock: Clock, workspace: Workspace, mongo: Mongo
) -> None:
    await process.do(workspace, "broken", process.given(1, DAY / 2))
    await process.crowd(workspace, 2_500, process.given(5, DAY))
    await break_lead(mongo, "broken")

    clock.advance(DAY)
    await process.look()

    assert len(await process.told(workspace)) == 2_500


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("which", ["first", "last"])
async def test_a_lead_that_cannot_be_read_is_told_of_in_the_log(
    process: Process,
    clock: Clock,
    workspace: Workspace,
    mongo: Mongo,
    which: str,
) -> None:
    await process.do(workspace, "first", process.given(1, DAY / 2))
    await process.crowd(workspace, 5, process.given(5, DAY))
    await process.do(workspace, "last", process.given(1, 2 * DAY))
    await break_lead(mongo, which)

    clock.advance(2 * DAY)
    with capture_logs() as logs:
        await process.look()

    assert len(await process.told(workspace)) == 6
    (trouble,) = [each for each in logs if each["log_level"] == "error"]
    assert trouble["event"] == "time could not pass for some leads"


@pytest.mark.parametrize("code", [64, 24, 50], ids=["WriteConcernFailed", "LockTimeout", "MaxTimeMSExpired"])
async def test_a_lease_that_cannot_be_had_for_once_ends_nothing(
    fallible_uri: str, fail: Fail, code: int
) -> None:
    async with database_of_its_own(fallible_uri) as mongo:
        process = process_of(mongo, Clock())
        await fail("update", times=1, errorCode=code)
        work = asyncio.create_task(process.steps.work())
        await asyncio.sleep(1)

        assert not work.done()
        work.cancel()
        await asyncio.wait([work])
