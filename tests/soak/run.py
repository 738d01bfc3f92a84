"""One soak: everything started, everything broken for so many seconds, everything judged at rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx

from persistence.background import running
from tests.soak import verdict
from tests.soak.boards import Board
from tests.soak.deaf import be_deaf
from tests.soak.mischief import Mischief
from tests.soak.record import Record
from tests.soak.servers import Servers, serving
from tests.soak.tenants import Tenant, settled
from tests.soak.views import TierView
from tests.soak.writers import Editor, Writer

TENANTS, WRITERS, BOARDS = 3, 2, 12  # workspaces, and of each: writers, boards
ENDING = (
    150.0  # seconds in which the writers must have their last acknowledgement, and then everything its rest
)
VIEWS: tuple[dict[str, Any], ...] = (
    {},
    {"dimension": "ENGAGEMENT"},
    {"levels": ["Hot", "Very Hot"]},
    {"dimension": "PROFILE"},
)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part."""

    servers: Servers
    record: Record
    tenants: Sequence[Tenant]
    writers: Sequence[Writer]
    editors: Sequence[Editor]
    boards: Sequence[Board]


async def soak(folder: Path, seconds: float, seed: str) -> Record:
    """What was tried in so many seconds, and all that was wrong."""
    record = Record()
    limits = httpx.Limits(max_connections=None)
    async with (
        serving(folder, record) as servers,
        httpx.AsyncClient(timeout=60, verify=False, limits=limits) as http,
        AsyncExitStack() as stack,
    ):
        cast = await _cast(servers, http, record, seed)
        for board in cast.boards:
            await stack.enter_async_context(running(board.live()))
        async with running(be_deaf(cast.tenants[0], servers, record, Random(f"{seed} deaf"))):
            await _within(
                seconds + ENDING, "the mischief, or a writer, does not end", _play, cast, seconds, seed
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


async def _cast(servers: Servers, http: httpx.AsyncClient, record: Record, seed: str) -> Cast:
    random = Random(f"{seed} scene")
    tenants = [await settled(servers, f"soak {n}", http, random) for n in range(1, TENANTS + 1)]
    return Cast(
        servers,
        record,
        tenants,
        [
            Writer(tenant, name, servers, record, Random(f"{seed} {name}"))
            for tenant in tenants
            for name in (f"{tenant.name} writer {n}" for n in range(1, WRITERS + 1))
        ],
        [Editor(each, servers, record, Random(f"{seed} {each.name} edits")) for each in tenants],
        [
            Board(name, tenant, TierView(**VIEWS[n % len(VIEWS)]), servers, record, Random(f"{seed} {name}"))
            for tenant in tenants
            for n, name in ((n, f"{tenant.name} board {n}") for n in range(1, BOARDS + 1))
        ],
    )


async def _play(cast: Cast, seconds: float, seed: str) -> None:
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for each in cast.writers:
            group.create_task(each.write(over))
        for editor in cast.editors:
            group.create_task(editor.edit(over))
        group.create_task(Mischief(cast.servers, cast.boards, cast.record, seed, over).make())
        await asyncio.sleep(seconds)
        over.set()


async def _judge(cast: Cast) -> None:
    record, servers = cast.record, cast.servers
    truths = await verdict.at_rest(cast.tenants, servers)
    record.faults += await verdict.boards_at_rest(cast.boards, truths)
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
