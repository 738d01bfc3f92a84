"""What it costs a bulk change to set an automation off for each of its leads.

usage: python -m tests.benchmarks.firings [leads, ten thousand by default]

Gives every lead points enough to enter Hot and takes them again, in calls of a thousand, with no automation and with
one that waits for it, in turns; prints the seconds of each at the median, and the ratio.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from api.app import build_house, settle_memory
from api.context import Context, House
from api.scalars import now
from api.schema import schema
from domain.actors import Role, Viewer, Workspace
from domain.automations import Action, ActionKind, AutomationEvent, Plan, Trigger
from persistence.configuration import Editor
from persistence.embedded import embedded_mongo
from persistence.mongo import open_mongo
from persistence.workspaces import Workspaces
from tests.benchmarks.levels import ACTOR, TABLES, edit, say

CALL, ROUNDS = 1_000, 5
DOCUMENT = """mutation($input: AdjustScoresInput!) {
  adjustScores(input: $input) { ... on AdjustScoresPayload { results { __typename } } } }"""
PLAN = Plan(
    "Tell",
    Trigger(AutomationEvent.TIER_ENTERED, level="Hot"),
    (Action(ActionKind.SLACK, url="https://hooks.example.com/x"),),
)


async def given(house: House, workspace: Workspace, leads: int, delta: int) -> float:
    """Seconds for which everybody's points take, by the mutation that an integration calls."""
    context = Context(house, Viewer(workspace, ACTOR, Role.INTEGRATION, "benchmark"))
    started = time.perf_counter()
    for first in range(0, leads, CALL):
        names = [f"l{number}" for number in range(first, first + CALL)]
        items = [{"lead": {"externalId": name}, "delta": delta} for name in names]
        result = await schema.execute(DOCUMENT, {"input": {"adjustments": items}}, context)
        assert result.data, result.errors
        done = result.data["adjustScores"]["results"]
        assert [each["__typename"] for each in done] == ["AdjustScorePayload"] * CALL
    return time.perf_counter() - started


async def main(uri: str, leads: int) -> None:
    async with open_mongo(uri, "benchmark") as mongo:
        house = build_house(mongo)
        settle_memory()
        workspace = await Workspaces(mongo).named("firings", now())
        await edit(house, workspace, TABLES[0])
        await given(house, workspace, leads, 1)
        taken: dict[bool, list[float]] = {False: [], True: []}
        made = await house.automations.create(workspace.id, PLAN, Editor(ACTOR, now()))
        for at in range(2 * ROUNDS):
            awaited = at % 2 == 1
            plan = PLAN if awaited else Plan(PLAN.name, PLAN.trigger, PLAN.actions, is_enabled=False)
            await house.automations.update(workspace.id, made.id, plan, Editor(ACTOR, now()))
            taken[awaited].append(await given(house, workspace, leads, 90))
            await given(house, workspace, leads, -90)
        fired = await mongo.deliveries.count_documents({"workspace": workspace.id})
        assert fired == ROUNDS * leads
        without, with_one = median(taken[False]), median(taken[True])
        say(f"{leads:,} leads: {without:.2f} s without firings, {with_one:.2f} s with one each")
        say(f"ratio {with_one / without:.2f}")
        await house.ledger.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data, embedded_mongo(Path(data)) as uri:
        asyncio.run(main(uri, int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
