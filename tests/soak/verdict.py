"""The verdict at rest: nothing lost, nothing doubled, nothing stale, and everybody well."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

from tests.soak.changes import Change
from tests.soak.history import LEADS, Truth, badges_of, truth_of
from tests.soak.pages import pages_of
from tests.soak.servers import Servers
from tests.soak.tenants import Tenant
from tests.soak.views import View

Shown = tuple[str, str, View]  # a board's name, its workspace, and what it shows
Look = Callable[[], Awaitable[Iterable[Shown]]]
JOBS = "{ jobs(first: 50) { state } }"
SETTLING = 60.0  # seconds in which the boards have to come to rest
MEGABYTES = 300.0  # of one process at most; it begins with a third of that


async def at_rest(tenants: Sequence[Tenant], servers: Servers) -> dict[str, Truth]:
    """What is true of each workspace, once no job moves it any more."""
    for tenant in tenants:
        while "RUNNING" in str(await tenant.insist(servers.apis[0], JOBS)):  # noqa: ASYNC110 - a list tells nobody
            await asyncio.sleep(0.2)
    return {tenant.name: await truth_of(tenant, servers.apis[0]) for tenant in tenants}


async def boards_at_rest(look: Look, truths: Mapping[str, Truth]) -> list[str]:
    """What is wrong with boards, once they have had their time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + SETTLING
    while (faults := [*_faults(await look(), truths)]) and loop.time() < end:  # noqa: ASYNC110 - nor do boards
        await asyncio.sleep(0.5)
    return faults


def _faults(boards: Iterable[Shown], truths: Mapping[str, Truth]) -> Iterator[str]:
    for name, workspace, view in boards:
        for fault in view.faults(truths[workspace]):
            yield f"{name}: {fault}"


def changes(written: Sequence[Change], truth: Truth) -> Iterator[str]:
    """Each is in the history exactly once, as it was sent, and no other is."""
    found = Counter(
        (entry.key, entry.name, entry.dimension, entry.delta)
        for entries in truth.entries.values()
        for entry in entries
        if entry.key
    )
    sent = Counter((change.key, change.lead, change.dimension, change.delta) for change in written)
    for lost in (sent - found).elements():
        yield f"{lost} was acknowledged and is lost"
    for made_up in (found - sent).elements():
        yield f"{made_up} is there, but not once as it was sent"


def sums(truth: Truth) -> Iterator[str]:
    """Every score is the sum of its history, whose entries join without a gap."""
    for (lead, dimension), (_, score) in truth.badges.items():
        entries = truth.entries.get(lead, ())
        total = sum(entry.delta for entry in entries if entry.dimension == dimension)
        if total != score:
            yield f"{lead} {dimension}: the score is {score}, its history comes to {total}"
        versions = [entry.version for entry in entries]
        if len(set(versions)) != len(versions):
            yield f"{lead}: two entries of its history have one version"


async def agreement(tenant: Tenant, servers: Servers, truth: Truth) -> list[str]:
    """Every process says the same."""
    faults = []
    for api in servers.apis:
        if badges_of(await tenant.insist(api, LEADS)) != truth.badges:
            faults.append(f"{api.name} tells of other leads than the first")
        if await pages_of(tenant, api) != truth.pages:
            faults.append(f"{api.name} has other pages than the first")
    return faults


async def health(servers: Servers) -> list[str]:
    """All run, answer, have kept within their memory, and complain of nothing that they cannot help."""
    faults = []
    for program in (servers.mongod, servers.valkey, *servers.apis):
        program.has_lived()
        if not await program.answers():
            faults.append(f"{program.name} does not answer")
    for api in servers.apis:
        if api.memory("VmHWM") > MEGABYTES:
            faults.append(f"{api.name} took {api.memory('VmHWM'):.0f} MB")
        faults += [f"{api.name} said: {each[:400]}" for each in complaints(api.said.read_text())]
    return faults


def complaints(said: str) -> list[str]:
    """What was logged as a bug, and what every traceback ends with."""
    logged = [
        line for line in said.splitlines() if '"level": "critical"' in line or '"level": "error"' in line
    ]
    raised: list[str] = re.findall(r"^Traceback .*\n(?:[ ].*\n|\n)*(.*)", said, re.MULTILINE)
    return logged + raised
