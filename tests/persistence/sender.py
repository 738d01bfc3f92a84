"""A process that sends numbered changes through a ledger of its own, for as long as it is left alive.

    python -m tests.persistence.sender send|stall URI DATABASE WORKSPACE SEED

It says "sending" when it begins; "stall" stands still in the middle of its first transaction and says "writing".
"""

from __future__ import annotations

import asyncio
import sys
from random import Random

from api.app import build_house
from api.context import House
from persistence.batch import Item
from persistence.mongo import open_mongo
from tests.persistence.given import adjusted, clicked, external
from tests.persistence.meanwhile import Meanwhile, heard_by

LEADS = 8
ITEMS = 2_500


def numbered_items(seed: int) -> list[Item]:
    """What the process sends: each with its own key, the same for the same seed but for ids and times."""
    random = Random(seed)
    return [_numbered_item(f"sender-{number}", random) for number in range(ITEMS)]


def _numbered_item(key: str, random: Random) -> Item:
    ref = external(f"crm-{random.randrange(LEADS)}")
    if random.random() < 0.7:
        return ref, clicked(key)
    return ref, adjusted(random.choice([-3, 2, 5]), key)


async def send(house: House, workspace: str, items: list[Item], random: Random) -> None:
    """All *items*, in bulks and one by one, some of them at once."""
    at = 0
    while at < len(items):
        bulks = []
        for _ in range(random.randint(1, 5)):
            size = random.choice([1, 1, 1, 3, 20, 60])
            bulks.append(items[at : at + size])
            at += size
        await asyncio.gather(*(house.ledger.apply_all(workspace, bulk) for bulk in bulks))


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def stall() -> None:
    say("writing")
    await asyncio.sleep(600)


async def main(manner: str, uri: str, database: str, workspace: str, seed: str) -> None:
    items = numbered_items(int(seed))
    if manner == "stall":
        async with heard_by(uri, database, Meanwhile("insert", "activities", stall, patience=600)) as mongo:
            await build_house(mongo).ledger.apply_all(workspace, items)
    async with open_mongo(uri, database) as mongo:
        say("sending")
        await send(build_house(mongo), workspace, items, Random(f"{seed} sends"))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
