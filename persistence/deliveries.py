"""Deliveries as they are kept: taken up by whichever process is free, and marked with every attempt.

What a process has taken up is due again after LEASE, should it die: so a delivery is tried at least once, and may be
tried twice; its id tells its target that it is the same, and its attempts say that one may be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo import UpdateOne

from domain.deliveries import LOST, Attempt, Delivery, DeliveryState
from domain.errors import NotFound
from persistence import pages
from persistence.bell import Bell
from persistence.documents import Document, from_attempt, from_delivery, present, to_delivery
from persistence.mongo import Mongo, at_once, new_id
from persistence.pages import Edge, Page

SEEN = ["claim", "next_attempt_at"]  # of what is due, beside its id
STATES = [each.value for each in DeliveryState]
LEASE = timedelta(seconds=60)  # four times what an attempt may take


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that this process has taken up, the workspace it is of, and by what the process claims it."""

    workspace: str
    delivery: Delivery
    claim: str | None = None


class Deliveries:
    """The deliveries of every workspace. Its bell rings when there may be something new to deliver."""

    def __init__(self, mongo: Mongo, clock: Callable[[], datetime], bell: Bell | None = None) -> None:
        self._mongo = mongo
        self._clock = clock
        self.bell = bell or Bell()

    async def find(self, workspace: str, delivery_id: str) -> Delivery | None:
        found = await self._mongo.deliveries.find_one({"_id": delivery_id, "workspace": workspace})
        return to_delivery(found) if found else None

    async def page(
        self,
        workspace: str,
        state: DeliveryState | None,
        automation_id: str | None,
        first: int,
        after: str | None,
    ) -> Page[Delivery]:
        """Deliveries, newest first; raises InvalidInput for a cursor of another list."""
        wanted: Document = {
            "workspace": workspace,
            **({"automation": automation_id} if automation_id is not None else {}),
            "state": state.value if state else {"$in": STATES},
        }

        async def find(part: Document, limit: int) -> list[Document]:
            found = self._mongo.deliveries.find({"$and": [wanted, part]})
            # Of those of one moment the ids alone are the order: else the database would not merge, but sort them.
            order = ["_id"] if "_id" in part else ["created_at", "_id"]
            return await found.sort([(each, -1) for each in order]).limit(limit).to_list(None)

        parts = pages.beyond_moment("created_at", after, descending=True)
        found = [to_delivery(each) for each in await pages.read(parts, first + 1, find)]
        return pages.page([Edge(_cursor(each), each) for each in found], first, after)

    async def add(self, workspace: str, deliveries: Sequence[Delivery]) -> None:
        """Have these done, too."""
        await self._mongo.deliveries.insert_many([from_delivery(workspace, each) for each in deliveries])
        self.bell.ring()

    async def again(self, workspace: str, delivery_id: str) -> Delivery:
        """Have one done again, whatever became of it; raises NotFound."""
        delivery = await self.find(workspace, delivery_id)
        if delivery is None:
            raise NotFound("Delivery", delivery_id)
        again = delivery.again(self._clock())
        # Whoever is trying it now has no say any more in what becomes of it.
        kept = {"$set": _kept(again), "$unset": {"claim": ""}}
        await self._mongo.deliveries.update_one({"_id": delivery_id}, kept)
        self.bell.ring()
        return again

    # For whoever delivers

    async def take(self, most: int, busy: Collection[str]) -> list[Due]:
        """Take up deliveries whose time has come, the longest overdue first, none to a target that is *busy*."""
        now, claim = self._clock(), new_id()
        due = {"next_attempt_at": {"$lte": now}, "target": {"$nin": list(busy)}}
        asked = self._mongo.deliveries.find(due, SEEN, hint=[("next_attempt_at", 1), ("target", 1)])
        found = await asked.sort("next_attempt_at", 1).limit(most).to_list(None)
        if not found:
            return []
        ids, claimed = [each["_id"] for each in found], {"next_attempt_at": now + LEASE, "claim": claim}
        await self._mongo.deliveries.update_many(
            {"_id": {"$in": ids}, "next_attempt_at": {"$lte": now}, "claim": None}, {"$set": claimed}
        )
        if left := [_taken_over(each, claimed) for each in found if "claim" in each]:
            await self._mongo.deliveries.bulk_write(left, ordered=False)
        mine = self._mongo.deliveries.find(
            {"_id": {"$in": ids}, "claim": claim}, hint="_id_", batch_size=at_once(len(ids))
        )
        return [Due(each["workspace"], to_delivery(each), claim) for each in await mine.to_list(None)]

    async def release(self, taken: Collection[Due]) -> None:
        """Leave to others at once what was taken up and not tried, unless they took it over already."""
        if taken:
            ids, claims = [each.delivery.id for each in taken], {each.claim for each in taken}
            await self._mongo.deliveries.update_many(
                {"_id": {"$in": ids}, "claim": {"$in": list(claims)}, "next_attempt_at": {"$exists": True}},
                {"$set": {"next_attempt_at": self._clock()}, "$unset": {"claim": ""}},
            )

    async def save(self, tried: Sequence[Due]) -> None:
        """Keep what became of them, which were tried once more.

        Of what others took over, or is to be done again, no more than the attempt.
        """
        kept = await self._mongo.deliveries.bulk_write([_saved(each) for each in tried], ordered=False)
        if kept.matched_count < len(tried):
            await self._mongo.deliveries.bulk_write([_recorded(each) for each in tried], ordered=False)


def _taken_over(found: Document, claimed: Document) -> UpdateOne:
    """Of what is still claimed whoever claimed it has ended. The attempt that may be lost counts for nothing."""
    lost = Attempt(found["next_attempt_at"] - LEASE, 0, error=LOST)
    update = {"$set": claimed, "$push": {"attempts": from_attempt(lost)}, "$inc": {"forgiven": 1}}
    return UpdateOne(found, update)


def _saved(due: Due) -> UpdateOne:
    claimed = {} if due.claim is None else {"claim": due.claim}
    gone = {"claim": ""} if due.delivery.next_attempt_at else {"next_attempt_at": "", "claim": ""}
    update = {"$set": _kept(due.delivery), **_with_attempt(due.delivery), "$unset": gone}
    return UpdateOne({"_id": due.delivery.id, **claimed}, update)


def _recorded(due: Due) -> UpdateOne:
    return UpdateOne({"_id": due.delivery.id, "claim": {"$ne": due.claim}}, _with_attempt(due.delivery))


def _with_attempt(delivery: Delivery) -> Document:
    """The last one added to those there are, for others may have added some; once, however often it is written."""
    return {"$addToSet": {"attempts": from_attempt(delivery.attempts[-1])}}


def _kept(delivery: Delivery) -> Document:
    """What becomes of it, beside its attempts."""
    return {
        "state": delivery.state.value,
        **present(next_attempt_at=delivery.next_attempt_at, forgiven=delivery.forgiven or None),
    }


def _cursor(delivery: Delivery) -> str:
    return pages.encode(pages.milliseconds(delivery.created_at), delivery.id)
