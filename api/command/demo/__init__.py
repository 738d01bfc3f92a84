"""The demo: a workspace with a past, served, and alive until somebody stops it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from random import Random
from socket import socket

from rich.console import Console

from api.app import connected, create_app, open_house
from api.command.demo.live import feed, narrate
from api.command.demo.people import Person
from api.command.demo.stage import set_up
from api.command.keys import owner_key
from api.command.serving import Server, server_of
from api.scalars import now
from api.settings import Settings
from domain.actors import Workspace
from persistence.workspaces import Workspaces

WORKSPACE = "demo"
SUBSCRIPTION = """\
subscription {
  leadTierChanged(dimension: ENGAGEMENT) {
    ... on TierChanges { changes { lead { name company } from { name } to { name motion } score at } cursor }
    ... on ResyncRequired { reason cursor }
  }
}"""
ADJUSTMENT = """\
mutation {
  adjustScore(input: {lead: {externalId: "crm-1001"}, delta: 30, reason: "Met at the fair"}) {
    ... on AdjustScorePayload { lead { name engagement { score level { name } } } }
    ... on UserError { message }
  }
}"""
GUIDE = """\
Tierwire's demo: {size} leads, of whom one does something every second or two.

Watch it in a browser: open
{url}
paste under "Headers", at the bottom,
{{"Authorization": "Bearer {key}"}}
and run
{subscription}
In a second tab there, have a hand in it:
{adjustment}

Every tier change, as it happens; Ctrl-C ends the demo.
"""


async def play(settings: Settings, listening: socket, console: Console) -> None:
    """Set the scene, serve on the open socket, and let leads live, until a signal says stop."""
    settings = settings.model_copy(update={"workspace": WORKSPACE, "back_office": None})
    with console.status("Setting the scene: some weeks of a sales team's work …"):
        workspace, cast = await _scene(settings)
        key = (await owner_key(settings)).read_text().strip()
    host, port = listening.getsockname()
    url = f"http://{host}:{port}/graphql"
    console.print(
        GUIDE.format(size=len(cast), url=url, key=key, subscription=SUBSCRIPTION, adjustment=ADJUSTMENT),
        soft_wrap=True,
    )
    chance = Random()  # noqa: S311 - tells stories, keeps no secret
    async with open_house(settings) as house:
        server = server_of(create_app(settings))
        async with _beside(server, feed(house, workspace, cast, chance), narrate(house, workspace, console)):
            await server.serve(sockets=[listening])


async def _scene(settings: Settings) -> tuple[Workspace, Sequence[Person]]:
    async with connected(settings) as mongo:
        workspace = await Workspaces(mongo).named(settings.workspace, now())
        return workspace, await set_up(mongo, workspace, now())


@asynccontextmanager
async def _beside(server: Server, *works: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run *works* as long as the server; one that fails stops the server, and its error is raised at the end."""
    tasks = [asyncio.create_task(work) for work in works]
    for task in tasks:
        task.add_done_callback(server.stop)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end
