"""How near the ledger and the API come to what the driver alone reaches with the same documents and indexes.

usage: python -m tests.benchmarks.bulk [seconds]

Four senders write 500 activities at a time to 20,000 leads: through GraphQL (parsed, scored, answered), through the
ledger, and by the driver alone, which reads the leads, updates them and inserts the activities in one transaction and
does nothing else. Prints activities a second, and each as a share of the driver's.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
from pymongo import UpdateMany
from pymongo.read_concern import ReadConcern

from api.app import build_house
from api.context import Context, House
from api.scalars import now
from api.schema import schema
from domain.actors import Actor, ActorKind, Role, Viewer
from domain.changes import Activity, RecordActivity
from domain.leads import LeadRef, RefKind
from persistence.documents import from_activity
from persistence.embedded import embedded_mongo
from persistence.mongo import Mongo, new_id, open_mongo
from persistence.workspaces import Workspaces

LEADS = 20_000
BATCH = 500
SENDERS = 4
ACTOR = Actor(ActorKind.API_KEY, "benchmark")
DOCUMENT = """mutation($r: [RecordActivityInput!]!) { recordActivities(input: {records: $r}) {
  ... on RecordActivitiesPayload { results { __typename } } ... on UserError { message } } }"""

Send = Callable[[list[int]], Awaitable[None]]


def _batches(sender: int) -> Iterator[list[int]]:
    """Numbers of leads, 500 at a time, round and round within the sender's own quarter."""
    size = LEADS // SENDERS
    for start in itertools.cycle(range(sender * size, (sender + 1) * size, BATCH)):
        yield list(range(start, start + BATCH))


async def _rate(send: Send, seconds: float) -> float:
    """Activities a second."""
    started = time.perf_counter()
    done = 0

    async def sender(number: int) -> None:
        nonlocal done
        for batch in _batches(number):
            if time.perf_counter() - started > seconds:
                return
            await send(batch)
            done += len(batch)

    await asyncio.gather(*map(sender, range(SENDERS)))
    return done / (time.perf_counter() - started)


def _activity() -> Activity:
    return Activity(new_id(), "EMAIL_OPENED", {"campaign": "spring"}, now(), now(), new_id())


def by_api(context: Context) -> Send:
    async def send(batch: list[int]) -> None:
        activity = {"kind": "EMAIL_OPENED", "properties": {"campaign": "spring"}}
        records = [
            {"lead": {"externalId": f"l{i}"}, "activity": {**activity, "key": new_id()}} for i in batch
        ]
        variables: dict[str, Any] = orjson.loads(orjson.dumps({"r": records}))
        result = await schema.execute(DOCUMENT, variables, context)
        assert result.data, result.errors
        assert len(result.data["recordActivities"]["results"]) == len(batch)

    return send


def by_ledger(house: House, workspace: str) -> Send:
    async def send(batch: list[int]) -> None:
        refs = (LeadRef(RefKind.EXTERNAL_ID, f"l{i}") for i in batch)
        await house.ledger.apply_all(workspace, [(ref, RecordActivity(ACTOR, _activity())) for ref in refs])

    return send


def by_driver(mongo: Mongo, workspace: str) -> Send:
    async def send(batch: list[int]) -> None:
        named = {"workspace": workspace, "names": {"$in": [f"external_id:l{i}" for i in batch]}}
        async with await mongo.client.start_session() as session:
            session.start_transaction(ReadConcern("snapshot"))
            found = await mongo.leads.find(
                named, session=session, hint=[("workspace", 1), ("names", 1)]
            ).to_list(None)
            ids = [lead["_id"] for lead in found]
            seen = {"$set": {"last_activity_at": now(), "updated_at": now()}, "$inc": {"version": 1}}
            await mongo.leads.bulk_write([UpdateMany({"_id": {"$in": ids}}, seen)], session=session)
            activities = [from_activity(workspace, lead_id, _activity(), ()) for lead_id in ids]
            await mongo.activities.insert_many(activities, ordered=False, session=session)
            await session.commit_transaction()

    return send


async def main(uri: str, seconds: float) -> None:
    async with open_mongo(uri, "benchmark") as mongo:
        house = build_house(mongo)
        workspace = await Workspaces(mongo).named("benchmark", now())
        viewer = Viewer(workspace, ACTOR, Role.INTEGRATION, "benchmark")
        ways = {
            "driver": by_driver(mongo, workspace.id),
            "ledger": by_ledger(house, workspace.id),
            "api": by_api(Context(house, viewer)),
        }
        for batch in itertools.chain.from_iterable(
            itertools.islice(_batches(sender), LEADS // SENDERS // BATCH) for sender in range(SENDERS)
        ):
            await ways["ledger"](batch)
        rates = {way: await _rate(send, seconds) for way, send in ways.items()}
        for way, rate in rates.items():
            print(f"{way:<8}{rate:>10,.0f} activities/s{rate / rates['driver']:>8.2f}")  # noqa: T201 - its purpose
        await house.ledger.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data, embedded_mongo(Path(data)) as uri:
        asyncio.run(main(uri, float(sys.argv[1]) if len(sys.argv) > 1 else 5))
