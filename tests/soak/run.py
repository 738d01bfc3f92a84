"""One soak: everything started, everything broken for so many seconds, everything judged at rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from persistence.background import running
from tests.soak import verdict
from tests.soak.boards import Board, boards_of
from tests.soak.deaf import be_deaf
from tests.soak.mischief import Mischief
from tests.soak.record import Record
from tests.soak.servers import Servers, serving
from tests.soak.sleepers import Sleepers, dreaming
from tests.soak.stewards import Steward
from tests.soak.takers import CROWD, Taker
from tests.soak.tenants import Tenant, settled
from tests.soak.writers import Editor, Writer

TENANTS, WRITERS, BOARDS = 3, 2, 12  # workspaces, and of each: writers, boards
ENDING = 150.0  # seconds for the writers to have their last acknowledgement; and then for everything to rest
LIMITS = httpx.Limits(max_connections=None)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part."""

    servers: Servers
    record: Record
    tenants: Sequence[Tenant]
    writers: Sequence[Writer]
    editors: Sequence[Editor]
    stewards: Sequence[Steward]
    taker: Taker
    boards: Sequence[Board]
    sleepers: Sequence[Sleepers]

    async def look(self) -> list[verdict.Shown]:
        """At the boards of this process."""
        return [(each.name, each.workspace, each.view) for each in self.boards]


async def soak(folder: Path, seconds: float, seed: str, *, sleepers: bool = False) -> Record:
    """What was tried in so many seconds, and all that was wrong; *sleepers* are boards in processes of their own."""
    record = Record()
    async with (
        serving(folder, record) as servers,
        httpx.AsyncClient(timeout=60, verify=False, limits=LIMITS) as http,
        AsyncExitStack() as stack,
    ):
        random = Random(f"{seed} scene")
        tenants = [await settled(servers, f"soak {n}", http, random) for n in range(1, TENANTS + 1)]
        crowd = await settled(servers, "soak crowd", http, random, CROWD)
        entrances = [servers.entrance(tenant.name, tenant.key) for tenant in tenants]
        asleep = [await stack.enter_async_context(dreaming(entrances, seed, record))] if sleepers else []
        cast = _cast(servers, tenants, crowd, asleep, record, seed)
        for board in cast.boards:
            await stack.enter_async_context(running(board.live()))
        async with running(be_deaf(entrances[0], record, Random(f"{seed} deaf"))):
            await _within(
                seconds + ENDING, "the mischief or a writer does not end", _play, cast, seconds, seed
            )
        await _within(ENDING, "the servers do not come to rest", _judge, cast)
    return record


async def _within(
    seconds: float, fault: str, act: Callable[..., Awaitable[None]], cast: Cast, *more: object
) -> None:
    """One act of the play; that it does not end is a fault, too, and must not hide the others."""
    try:
        async with asyncio.timeout(seconds):
            await act(cast, *more)
    except TimeoutError:
        cast.record.wrong(fault)


def _cast(
    servers: Servers,
    tenants: Sequence[Tenant],
    crowd: Tenant,
    asleep: Sequence[Sleepers],
    record: Record,
    seed: str,
) -> Cast:
    boards = {
        each.name: boards_of(servers.entrance(each.name, each.key), BOARDS, record, seed)
        for each in (*tenants, crowd)
    }
    return Cast(
        servers=servers,
        record=record,
        tenants=[*tenants, crowd],
        writers=[
            Writer(tenant, name, servers, record, Random(f"{seed} {name}"))
            for tenant in tenants
            for name in (f"{tenant.name} writer {n}" for n in range(1, WRITERS + 1))
        ],
        editors=[Editor(each, servers, record, Random(f"{seed} {each.name} edits")) for each in tenants],
        stewards=[Steward(each, servers, record, Random(f"{seed} {each.name} names")) for each in tenants],
        taker=Taker(crowd, boards[crowd.name], servers, record, Random(f"{seed} edits taken back")),
        boards=[board for some in boards.values() for board in some],
        sleepers=asleep,
    )


async def _play(cast: Cast, seconds: float, seed: str) -> None:
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for each in cast.writers:
            group.create_task(each.write(over))
        for editor in cast.editors:
            group.create_task(editor.edit(over))
        for steward in cast.stewards:
            group.create_task(steward.keep(over))
        group.create_task(cast.taker.take_back(over))
        mischief = Mischief(cast.servers, cast.boards, cast.sleepers, cast.record, seed, over)
        group.create_task(mischief.make())
        await asyncio.sleep(seconds)
        over.set()
    await cast.taker.last()


async def _judge(cast: Cast) -> None:
    record, servers = cast.record, cast.servers
    truths = await verdict.at_rest(cast.tenants, servers)
    for look in (cast.look, *(each.look for each in cast.sleepers)):
        record.faults += await verdict.boards_at_rest(look, truths)
    for tenant in cast.tenants:
        truth = truths[tenant.name]
        written = [
            each for writer in cast.writers if writer.tenant is tenant for each in writer.numbered.drawn
        ]
        record.faults += [*verdict.changes(written, truth), *verdict.sums(truth)]
        record.faults += await verdict.agreement(tenant, servers, truth)
        record.did("entries of the history", sum(map(len, truth.entries.values())))
        record.did("tier changes", sum(each.tier_changed for some in truth.entries.values() for each in some))
    record.faults += await verdict.health(servers)
    record.did("megabytes of the largest process", round(max(api.memory("VmHWM") for api in servers.apis)))
